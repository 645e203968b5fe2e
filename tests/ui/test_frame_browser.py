"""The bar that is above every page, in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Apps, eventually

pytestmark = pytest.mark.browser

# Boxes of what can be pressed or typed into in the bar: name, left, top, right, bottom.
CONTROLS = """() => [document, ...document.querySelectorAll(".st-key-bar *")]
  .map((one) => (one === document ? one : one.shadowRoot))
  .flatMap((root) => [...(root?.querySelectorAll(
    root === document ? ".st-key-bar :is(a, button, input)" : "a, button, input") ?? [])])
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height > 0)
  .map(([one, box]) => [one.textContent || one.ariaLabel, box.left, box.top, box.right, box.bottom])
"""


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("frame")
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder), "SHAMSUL_THEME": "light"})


def on_case(page: Page, number: int) -> None:
    here = page.locator(".st-key-bar-here")
    expect(here.get_by_text(f"phantom-000{number}", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_be_visible()


def on_models(page: Page) -> None:
    """The page Models stands, and nothing of it is still to come."""
    expect(page.get_by_role("heading", name="Models", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def background(page: Page) -> str:
    return str(
        page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    )


def test_bar_of_40_pixels_stays_at_the_top(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 400})
    page.goto(f"{url}/models")
    on_models(page)
    main = page.get_by_test_id("stMain")
    bar = page.locator(".st-key-bar")
    for down in (0, 150):
        eventually(
            page,
            lambda down=down: (
                main.evaluate("(m, y) => (m.scrollTo(0, y), m.scrollTop)", down) == down
            ),
        )
        box = bar.bounding_box()
        assert box is not None
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 1280, 40)


def test_theme_is_the_installations_until_one_is_chosen_which_is_kept(page: Page, url: str) -> None:
    page.goto(f"{url}/models")
    on_models(page)
    assert background(page) == "rgb(255, 255, 255)"
    page.get_by_role("button", name="Main menu").click()
    page.get_by_test_id("stMainMenuItem-theme-Dark").click()
    dark = "rgb(12, 14, 16)"
    eventually(page, lambda: background(page) == dark)
    page.keyboard.press("Escape")
    page.goto(f"{url}/results")
    eventually(page, lambda: background(page) == dark)
    page.reload()
    eventually(page, lambda: background(page) == dark)


def test_keys_go_from_case_to_case_but_not_while_one_writes(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=2&reader=Ada")
    on_case(page, 2)
    for key, number in (("]", 3), ("PageDown", 4), ("[", 3), ("PageUp", 2)):
        page.keyboard.press(key)
        on_case(page, number)
    name = page.get_by_role("textbox", name="Reader")
    name.focus()
    page.keyboard.press("]")
    expect(name).to_have_value("Ada]")
    on_case(page, 2)


def test_question_mark_opens_the_keys_and_escape_closes_them(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=1")
    on_case(page, 1)
    dialog = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("The next case")).to_be_visible()
    page.keyboard.press("]")  # is of the page behind
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    on_case(page, 1)
    page.get_by_role("button", name="Keys", exact=True).click()
    expect(dialog).to_be_visible()


def test_every_page_is_in_the_menu(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=1&reader=Ada")
    on_case(page, 1)
    page.get_by_role("button", name="SHAMSUL").click()
    page.get_by_role("link", name="Models", exact=True).click()
    on_models(page)


def test_bar_has_room_for_what_is_computed(page: Page, start_app: Apps, tmp_path: Path) -> None:
    url = start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path)})
    page.goto(f"{url}/review?case=1")
    on_case(page, 1)
    expect(page.get_by_role("button", name="Computing:")).to_be_visible()
    for width, height in ((640, 400), (820, 1180), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        eventually(page, lambda width=width: not trouble(page, width))  # type: ignore[misc]
        for name in ("Previous", "Next"):
            box = page.get_by_role("button", name=name, exact=True).bounding_box()
            assert box is not None
            assert box["width"] > 20


@pytest.mark.parametrize(("width", "height"), [(640, 400), (820, 1180), (1024, 768)])
@pytest.mark.parametrize("address", ["review?case=1", "models"])
def test_nothing_in_the_bar_is_cut_or_overlaps(
    page: Page, url: str, address: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{url}/{address}")
    if address == "models":
        on_models(page)
    else:
        on_case(page, 1)
    # What comes last is the page's style.
    eventually(page, lambda: not trouble(page, width))


def trouble(page: Page, width: int) -> list[str]:
    """What in the bar is cut, or lies on something else."""
    found = page.evaluate(CONTROLS)
    bar = page.locator(".st-key-bar").bounding_box()
    assert bar is not None
    cut = [
        name
        for name, left, top, right, bottom in found
        if left < 0 or right > width or top < 0 or bottom > bar["height"] + 1
    ]
    for n, (name, left, top, right, bottom) in enumerate(found):
        for other, west, north, east, south in found[n + 1 :]:
            apart = right <= west + 1 or east <= left + 1 or bottom <= north + 1 or south <= top + 1
            if not apart:
                cut.append(f"{name} on {other}")
    return cut if len(found) >= 3 else ["controls are still to come"]
