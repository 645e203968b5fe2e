"""Where less motion is asked for nothing on a page moves by itself, in a real browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.conftest import ROOT, Apps
from tests.ui.shared.test_viewer_browser import PROGRESS

pytestmark = pytest.mark.browser

# Of what moves in a root and in the components in it: whose, and what it is called.
MOVING = """() => {
  const roots = (root) => [root, ...[...root.querySelectorAll("*")]
    .filter((one) => one.shadowRoot).flatMap((one) => roots(one.shadowRoot))];
  return roots(document).flatMap((root) => root.getAnimations())
    .filter((one) => one.playState === "running")
    .map((one) => `${one.effect.target?.className} ${one.animationName ?? one.transitionProperty}`);
}"""


@pytest.fixture(scope="module")
def viewer(start_app: Apps) -> str:
    return start_app(ROOT / "tests" / "ui" / "shared" / "viewer_app.py")


def test_what_is_computed_turns_unless_less_motion_is_asked_for(
    browser: Browser, viewer: str
) -> None:
    for motion, turns in (("no-preference", True), ("reduce", False)):
        context = browser.new_context(reduced_motion=motion)
        page = context.new_page()
        page.goto(f"{viewer}/?pending=LRP")
        expect(page.get_by_text(PROGRESS)).to_be_visible(timeout=60_000)
        moving = page.evaluate(MOVING)
        assert bool([one for one in moving if "turn" in one]) == turns
        context.close()
