"""Small windows, and large ones at 200%: no words are cut, and no page is wider than its window."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import eventually

pytestmark = pytest.mark.browser

PAGES = (
    "worklist",
    "evaluate",
    "evaluate?view=Study",
    "evaluate?view=Faithfulness",
    "evaluate?view=Annotations",
    "evaluate?view=Phantom+benchmark",
    "results",
    "setup",
    "models",
)
# What is cut: it holds more than it shows, and is neither a field, nor a table that scrolls by
# itself, nor for those who listen only.
CUT = """() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    [one, ...(one.shadowRoot ? within(one.shadowRoot) : [])]);
  return within(document)
    .filter((one) => one.clientWidth > 2 && one.scrollWidth > one.clientWidth + 1)
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => getComputedStyle(one).overflowX !== "visible")
    .filter((one) => !one.matches("input, textarea, .dvn-scroller, .st-key-leaderboard"))
    .map((one) => `${one.className}: ${one.textContent.trim().slice(0, 40)}`);
}"""


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path_factory.mktemp("narrow"))})


@pytest.mark.parametrize(("width", "height"), [(640, 400), (820, 1180), (1024, 768)])
def test_nothing_is_cut(page: Page, url: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for address in PAGES:
        page.goto(f"{url}/{address}")
        app = page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        expect(page.get_by_text("Loading the page")).to_have_count(0)
        eventually(page, lambda: not page.evaluate(CUT))
