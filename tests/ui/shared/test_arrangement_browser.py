"""How pictures and questions share a window, in a real browser."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from benchmarks.viewer import ALIGNED, FILM, STUDY
from tests.ui.conftest import ROOT, Apps, eventually
from tests.ui.shared.test_viewer_browser import METHODS, difference, panel, pixels

pytestmark = [pytest.mark.browser, pytest.mark.long]

SIZES = [(1280, 800), (1440, 900), (1920, 1080)]


@pytest.fixture(scope="module")
def url(start_app: Apps, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("arrangement")
    file = folder / "study.toml"
    file.write_text(STUDY, encoding="utf-8")
    environment = {"SHAMSUL_DATA_DIR": str(folder / "data")}
    command = [sys.executable, "-m", "shamsul", "study", "create", str(file)]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | environment)
    return start_app(ROOT / "app.py", environment)


@pytest.fixture(scope="module")
def harness(start_app: Apps) -> str:
    return start_app(ROOT / "tests" / "ui" / "shared" / "viewer_app.py")


def opened(page: Page, address: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(address)
    expect(page.get_by_role("img", name="LRP heatmap").or_(map_d(page)).first).to_be_visible()


def map_d(page: Page):
    return page.get_by_role("img", name="Map D heatmap")


def scrolls(page: Page) -> bool:
    return bool(
        page.evaluate("""() => {
            const main = document.querySelector('[data-testid="stMain"]');
            return main.scrollHeight > main.clientHeight + 1;
        }""")
    )


def rate(page: Page) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True).click()
    expect(page.get_by_text(re.compile(r"^\d+ of \d+ answered$"))).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_review_is_mostly_film(page: Page, url: str, size: tuple[int, int]) -> None:
    opened(page, f"{url}/review?case=1&reader=Ada", size)
    eventually(page, lambda: page.evaluate(FILM, 4) >= 0.42)
    eventually(page, lambda: not scrolls(page))
    rate(page)
    eventually(page, lambda: page.evaluate(FILM, 4) >= 0.28)
    eventually(page, lambda: not scrolls(page))


@pytest.mark.parametrize("size", SIZES)
def test_answers_of_a_reading_stand_under_their_panels(
    page: Page, url: str, size: tuple[int, int]
) -> None:
    opened(page, f"{url}/reading?reader=Ada&study=viewer", size)
    for letter in "ABCD":
        group = page.get_by_role("radiogroup", name=f"Map {letter}: The map highlights")
        expect(group).to_be_visible(timeout=240_000)

    def aligned() -> bool:
        apart = page.evaluate(ALIGNED)
        return apart is not None and apart <= 4

    eventually(page, aligned)
    assert page.evaluate(FILM, 4) >= 0.28
    assert not scrolls(page)


def test_a_narrow_window_asks_one_question_at_a_time(page: Page, url: str) -> None:
    opened(page, f"{url}/review?case=1&reader=Ada", (820, 1180))
    rate(page)
    expect(page.get_by_text("Do you agree with the model?")).to_be_visible()
    location = page.get_by_text("The map highlights the correct location of the finding.")
    expect(location).to_be_hidden()
    expect(page.get_by_role("button", name="Back", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Next question").click()
    expect(location).to_be_visible()
    expect(page.get_by_text("Do you agree with the model?")).to_be_hidden()
    expect(page.get_by_text("Question 2 of")).to_have_count(0)  # is drawn by its style
    page.get_by_role("button", name="Back", exact=True).click()
    expect(location).to_be_hidden()


def settled(page: Page, address: str) -> None:
    page.goto(address)
    expect(panel(page, "LRP")).to_be_visible()
    expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)


def width(page: Page, method: str) -> float:
    box = panel(page, method).bounding_box()
    assert box is not None
    return float(box["width"])


def test_keys_choose_the_map_of_one_film(page: Page, harness: str) -> None:
    settled(page, harness)
    panel(page, "Radiograph").focus()
    page.keyboard.press("4")
    eventually(page, lambda: width(page, "Grad-CAM") > 1.5 * width(page, "LIME"))
    page.keyboard.press("2")
    eventually(page, lambda: width(page, "LIME") > 1.5 * width(page, "Grad-CAM"))
    page.keyboard.press("o")
    eventually(page, lambda: width(page, "LIME") == width(page, "Grad-CAM"))


def test_a_held_key_takes_the_maps_away(page: Page, harness: str) -> None:
    settled(page, harness)
    assert difference(page, "Grad-CAM").max() > 50
    panel(page, "Grad-CAM").focus()
    page.keyboard.down("b")
    eventually(page, lambda: difference(page, "Grad-CAM").max() == 0)
    page.keyboard.up("b")
    eventually(page, lambda: difference(page, "Grad-CAM").max() > 50)


def test_wipe_shows_one_map_left_and_the_one_before_right(page: Page, harness: str) -> None:
    settled(page, harness)
    panel(page, "Radiograph").focus()
    page.keyboard.press("1")  # the radiograph alone, to be wiped against
    page.keyboard.press("4")
    eventually(page, lambda: width(page, "Grad-CAM") > 1.5 * width(page, "LIME"))
    # The hot spot of the scene is in the left half of the film.
    page.keyboard.press("x")
    divider = page.get_by_role("slider", name="Wipe Grad-CAM")
    expect(divider).to_be_visible()
    whole = pixels(page, "Grad-CAM")
    divider.fill("100")
    eventually(page, lambda: abs(pixels(page, "Grad-CAM") - whole).max() < 3)
    divider.fill("5")
    eventually(page, lambda: abs(pixels(page, "Grad-CAM") - whole).max() > 50)
    page.keyboard.press("Escape")
    panel(page, "Grad-CAM").focus()
    page.keyboard.press("x")
    expect(divider).to_be_hidden()
    for method in METHODS:
        expect(panel(page, method)).to_be_visible()


@pytest.mark.parametrize("follow", [True, False])
def test_settings_follow_to_the_next_case_unless_told_otherwise(
    page: Page, harness: str, follow: bool
) -> None:
    settled(page, f"{harness}/?drawing=Ada")
    if not follow:
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="Settings follow from case to case").click()
    page.get_by_role("slider", name="LRP opacity", exact=True).fill("15")
    panel(page, "LRP").focus()
    page.keyboard.press("i")
    inverts = page.get_by_role("button", name="Invert", exact=True)
    expect(inverts).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Other case").click()
    expect(inverts).to_have_attribute("aria-pressed", "true" if follow else "false")
    slider = page.get_by_role("slider", name="LRP opacity", exact=True)
    expect(slider).to_have_value("15" if follow else "60")
