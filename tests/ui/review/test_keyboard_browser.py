"""A case is reviewed and rated by keys alone in a real browser; one always sees where one is."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import eventually, settled
from tests.ui.review.test_labels_browser import bar, row
from tests.ui.shared.test_viewer_browser import panel

pytestmark = pytest.mark.browser

#: More stops of the tab key than this nobody takes.
MOST = 80

# What has the focus, and whether one sees it: in the window, with a line or a shadow around it or
# around what it is in.
FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const { left, top, right, bottom } = at.getBoundingClientRect();
  const around = [at, at.parentElement, at.parentElement?.parentElement].filter(Boolean);
  const marked = around.some((one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  });
  // Streamlit colours the border of its field; the end of a measurement grows thicker.
  const field = at.closest("[data-testid='stTextInputRootElement']");
  const thick = at.matches("circle") && parseFloat(getComputedStyle(at).strokeWidth) >= 3;
  const inside = left < innerWidth && top < innerHeight && right > 0 && bottom > 0;
  // Past the last stop it is the browser's own turn.
  if (at === document.body) return ["", true];
  return [at.ariaLabel || at.textContent.trim(), Boolean(marked || field || thick) && inside];
}"""


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path_factory.mktemp("keys"))})


def tab_to(page: Page, name: str) -> None:
    """Press the tab key until what is called so has the focus."""
    passed = []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        found, _ = page.evaluate(FOCUS)
        eventually(page, lambda: page.evaluate(FOCUS)[1])
        passed.append(found)
        if re.match(name, found):
            return
    raise AssertionError(f"{name} is none of {passed}")


def test_a_case_is_reviewed_and_rated_by_keys_alone(page: Page, url: str) -> None:
    page.goto(f"{url}/?reader=Ada")
    expect(page.get_by_role("link", name="phantom-0002")).to_be_visible()
    settled(page)
    tab_to(page, "phantom-0001$")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="phantom-0002")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row(page, "No Finding")).to_be_visible()
    settled(page)

    tab_to(page, "No Finding")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(bar(page, "No Finding")).to_be_focused()
    labels = page.get_by_role("list", name="Labels to explain").locator(".label")
    second = labels.nth(1)
    page.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-pressed", "true")
    label = str(second.locator(".name").text_content())
    lime, shap = (panel(page, method, label) for method in ("LIME", "SHAP"))
    expect(shap).to_have_attribute("aria-busy", "false", timeout=240_000)
    # The list of labels is left by one key, and so is that of cases.
    tab_to(page, "Radiograph$")
    page.keyboard.press("3")
    eventually(page, lambda: width(shap) > 1.5 * width(lime))
    page.keyboard.press("o")
    eventually(page, lambda: width(shap) == width(lime))
    for key in ("l", "ArrowUp", "Enter", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_text(re.compile(r"^Saved at \d\d:\d\d:\d\d: your ruler"))).to_have_count(1)
    page.keyboard.press("Escape")

    page.keyboard.press("u")
    answer = page.get_by_role("radio", name="agree", exact=True)
    expect(answer).to_be_visible()
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_be_focused()
    page.keyboard.press("u")
    expect(answer).to_be_focused()
    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="disagree", exact=True)).to_be_checked()
    expect(
        page.get_by_text(re.compile(r"^Saved at \d\d:\d\d:\d\d: .*Do you agree"))
    ).to_be_visible()
    settled(page)
    page.keyboard.press("]")
    expect(page.locator(".st-key-bar-here").get_by_text("phantom-0003", exact=True)).to_be_visible()


def test_questions_are_opened_from_anywhere(page: Page, url: str) -> None:
    """Also where the form of answers is there, but shut and without questions."""
    page.goto(f"{url}/review?case=2&reader=Ada")
    expect(row(page, "No Finding")).to_be_visible()
    expect(page.locator(".st-key-questionnaire")).to_have_count(1)
    expect(page.get_by_role("button", name="Keys", exact=True)).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("radio", name="Rate", exact=True)).to_be_checked()
    answer = page.get_by_role("radio", name="agree", exact=True)
    expect(answer).to_be_visible()
    page.keyboard.press("u")
    expect(answer).to_be_focused()


def width(film: Locator) -> float:
    box = film.bounding_box()
    return box["width"] if box else 0.0
