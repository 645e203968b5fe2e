"""Fingers instead of a mouse, in a real browser."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import ROOT, Apps, a_page, eventually
from tests.ui.review.test_labels_browser import bar, row
from tests.ui.shared.test_tools_browser import centre_of_heat, touches
from tests.ui.shared.test_viewer_browser import panel

pytestmark = pytest.mark.browser

Touch = Callable[..., None]


@pytest.fixture(scope="module")
def viewer(start_app: Apps) -> str:
    return start_app(ROOT / "tests" / "ui" / "shared" / "viewer_app.py")


@pytest.fixture(scope="module")
def url(start_app: Apps, tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path_factory.mktemp("touched"))})


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Page]:
    """A page on a screen of 1180 by 820 pixels that is touched."""
    with a_page(browser, viewport={"width": 1180, "height": 820}, has_touch=True) as page:
        yield page


def zoomed(page: Page, viewer: str) -> tuple[Touch, float, float]:
    """The viewer, twice as large by two fingers; gives the fingers, and the film's middle."""
    page.goto(viewer)
    expect(panel(page, "LRP")).to_be_visible()
    expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)
    box = panel(page, "Radiograph").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = touches(page)
    touch("Start", (x - 15, y))
    touch("Start", (x - 15, y), (x + 15, y))
    touch("Move", (x - 30, y), (x + 30, y))
    touch("End")
    expect(page.locator(".readout")).to_have_text(re.compile(r"\b200 %$"))
    return touch, x, y


def test_two_fingers_zoom_and_then_one_moves_the_film(tablet: Page, viewer: str) -> None:
    touch, x, y = zoomed(tablet, viewer)
    before = centre_of_heat(tablet)
    touch("Start", (x, y))
    touch("Move", (x + 6, y - 5))
    touch("Move", (x + 12, y - 10))
    touch("End")
    box = panel(tablet, "Radiograph").bounding_box()
    moved = (before[0] - 10 / box["height"], before[1] + 12 / box["width"])
    eventually(tablet, lambda: centre_of_heat(tablet) == pytest.approx(moved, abs=0.015))
    expect(tablet.get_by_text("window 0 4000")).to_be_visible()
    expect(tablet.get_by_text("zoom 2.00")).to_be_visible()


def test_one_finger_windows_where_that_is_in_hand(tablet: Page, viewer: str) -> None:
    touch, x, y = zoomed(tablet, viewer)
    before = centre_of_heat(tablet)
    tablet.get_by_role("button", name="Window", exact=True).tap()
    touch("Start", (x, y))
    touch("Move", (x + 10, y))
    touch("Move", (x + 30, y))
    touch("End")
    # A three-hundredth of the film's own window for each pixel, half of it at each end.
    expect(tablet.get_by_text("window -200 4200")).to_be_visible()
    assert centre_of_heat(tablet) == pytest.approx(before, abs=0.01)


def test_a_finger_moves_a_slider(tablet: Page, viewer: str) -> None:
    touch, *_ = zoomed(tablet, viewer)
    box = tablet.get_by_role("slider", name="Opacity of all maps").bounding_box()
    middle = box["y"] + box["height"] / 2
    touch("Start", (box["x"] + 0.6 * box["width"], middle))
    touch("Move", (box["x"] + 0.8 * box["width"], middle))
    touch("Move", (box["x"] + box["width"] + 20, middle))
    touch("End")
    expect(tablet.get_by_text("grad-cam opacity 1.00")).to_be_visible()


def test_taps_choose_labels_and_rate(tablet: Page, url: str) -> None:
    tablet.goto(f"{url}/review?case=2&reader=Ada")
    expect(row(tablet, "No Finding")).to_be_visible()
    bar(tablet, "Lung Lesion").tap()
    expect(row(tablet, "Lung Lesion")).to_be_visible()
    expect(row(tablet, "No Finding")).to_have_count(0)
    tablet.get_by_role("button", name="Show Cardiomegaly besides").tap()
    expect(row(tablet, "Cardiomegaly")).to_be_visible()
    tablet.get_by_role("button", name="Do not show Cardiomegaly").tap()
    expect(row(tablet, "Cardiomegaly")).to_have_count(0)
    tablet.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True).tap()
    answer = tablet.get_by_role("radio", name="agree", exact=True)
    box = answer.bounding_box()
    assert box is not None
    assert box["height"] >= 36
    answer.tap()
    expect(answer).to_have_attribute("aria-checked", "true")
    expect(tablet.get_by_text(re.compile(r"Saved at \d\d:\d\d"))).to_be_visible()
    tablet.get_by_role("button", name="Next question").tap()
    expect(answer).to_be_hidden()


# Controls under 24 pixels wide or high (WCAG 2.2, 2.5.8), which a finger misses.
SMALL = """() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])]);
  return within(document)
    .filter((one) => one.getRootNode() !== document)
    .filter((one) => one.matches("button, input, select, a"))
    .map((one) => [one.ariaLabel || one.textContent, one.getBoundingClientRect()])
    .filter(([, { width, height }]) => width && height && Math.min(width, height) < 24)
    .map(([name, { width, height }]) => `${name}: ${width} x ${height}`);
}"""


def test_no_control_is_too_small_for_a_finger(tablet: Page, url: str) -> None:
    tablet.goto(f"{url}/review?case=2")
    expect(row(tablet, "No Finding")).to_be_visible()
    expect(panel(tablet, "LRP", "No Finding")).to_be_visible()
    assert tablet.evaluate(SMALL) == []
