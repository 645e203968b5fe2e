"""The labels' bars, which are switches, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import eventually

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path_factory.mktemp("labels"))})


def bar(page: Page, label: str) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^{label} probability "))


def row(page: Page, label: str) -> Locator:
    return page.get_by_role("group", name=label, exact=True)


def test_a_click_shows_one_label_alone_and_plus_shows_it_besides(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=2")
    expect(row(page, "No Finding")).to_be_visible()
    expect(bar(page, "No Finding")).to_have_attribute("aria-pressed", "true")
    bar(page, "Lung Lesion").click()
    expect(row(page, "Lung Lesion")).to_be_visible()
    expect(row(page, "No Finding")).to_have_count(0)
    expect(bar(page, "No Finding")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Show Cardiomegaly besides").click()
    expect(row(page, "Cardiomegaly")).to_be_visible()
    expect(row(page, "Lung Lesion")).to_be_visible()
    page.get_by_role("button", name="Do not show Lung Lesion").click()
    expect(row(page, "Lung Lesion")).to_have_count(0)
    # One is always shown.
    expect(page.get_by_role("button", name="Do not show Cardiomegaly")).to_have_count(0)


def test_bars_say_probability_operating_point_and_annotation(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=2")
    expect(page.get_by_text("not calibrated", exact=True)).to_be_visible()
    labels = page.get_by_role("list", name="Labels to explain")
    expect(bar(page, "No Finding")).to_be_visible()
    named = [" ".join(one.all_inner_texts()) for one in labels.locator(".label").all()]
    named = [re.sub(r"[▲✎\s]+", " ", one).strip() for one in named]
    told = [
        re.fullmatch(
            r".+ probability (\S+) (above|below) its operating point of (\d\.\d\d)"
            r"(, annotated)?",
            name,
        )
        for name in named
    ]
    assert len(told) > 5 and all(told)
    numbers = [float(one[1]) for one in told if one]
    assert numbers == sorted(numbers, reverse=True)
    # The demo's second phantom has a lung lesion that its expert outlined.
    assert [name.split(" probability")[0] for name in named if name.endswith("annotated")] == [
        "Lung Lesion"
    ]
    expect(labels.get_by_text("✎")).to_have_count(1)


def test_several_labels_leave_the_questions_in_the_window(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{url}/review?case=2&reader=Ada")
    expect(row(page, "No Finding")).to_be_visible()
    for label in ("Cardiomegaly", "Lung Lesion"):
        page.get_by_role("button", name=f"Show {label} besides").click()
        expect(row(page, label)).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True).click()
    answer = page.get_by_role("radio", name="disagree", exact=True)
    expect(answer).to_be_visible()

    def whole() -> bool:
        boxes = [answer.bounding_box(), row(page, "Cardiomegaly").bounding_box()]
        return all(box is not None and box["y"] + box["height"] <= 800 for box in boxes)

    eventually(page, whole)
    page.get_by_role("radio", name="Rate Lung Lesion").click()
    expect(page.get_by_role("radiogroup", name="Lung Lesion: Do you agree")).to_be_visible()
    eventually(page, whole)


@pytest.mark.parametrize("theme", ["Dark", "Light"])
def test_numbers_of_the_comparison_have_the_colour_of_the_page(
    page: Page, url: str, theme: str
) -> None:
    page.add_init_script(f"""localStorage.setItem("shamsul-theme", '"{theme}"')""")
    page.goto(f"{url}/review?case=2&reader=Ada")
    film = page.get_by_role("img", name="LRP heatmap")
    expect(film).to_have_attribute("aria-busy", "false", timeout=240_000)
    page.get_by_test_id("stButtonGroup").get_by_text("Compare", exact=True).click()
    expect(page.locator(".st-key-compare svg .textpoint text").first).to_be_visible()
    # The figure is drawn again with each map that comes.
    eventually(
        page,
        lambda: page.evaluate("""() => {
            const number = document.querySelector(".st-key-compare svg .textpoint text");
            const page = number && getComputedStyle(number.closest(".st-key-compare"));
            return number !== null && getComputedStyle(number).fill === page.color;
        }"""),
    )
