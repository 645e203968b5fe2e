"""A server that has just started, goes away and comes back: what is on the screen meanwhile."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shamsul.ui.shared.connection import AWAY
from tests.ui.conftest import Apps, free_port

pytestmark = [pytest.mark.browser, pytest.mark.long]

#: Notes all that was ever there: Streamlit's list of the files of pages/, its dialog in sight.
WATCH = """
globalThis.foreign = [];
new MutationObserver(() => {
  for (const list of document.querySelectorAll('[data-testid="stSidebar"]')) {
    foreign.push(list.textContent);
  }
}).observe(document, { childList: true, subtree: true });
const look = () => {
  for (const dialog of document.querySelectorAll('[data-testid="stDialog"]')) {
    if (getComputedStyle(dialog).visibility === "visible") foreign.push(dialog.textContent);
  }
  requestAnimationFrame(look);
};
look();
"""


def test_only_our_own_frame_and_message_are_shown(
    page: Page, start_app: Apps, tmp_path: Path
) -> None:
    env = {"SHAMSUL_DATA_DIR": str(tmp_path)}
    port = free_port()
    url = start_app("app.py", env, port)
    page.add_init_script(WATCH)
    page.goto(f"{url}/review?case=2")
    # The page's modules bring torch; its frame does not wait for them.
    expect(page.get_by_text("Loading the page …")).to_be_visible()
    expect(page.get_by_role("button", name="SHAMSUL")).to_be_visible()
    expect(page.get_by_text("phantom-0002", exact=True)).to_be_visible()
    expect(page.get_by_text("Loading the page …")).to_have_count(0)

    for _ in range(2):
        with page.expect_console_message(lambda said: "server is not responding" in said.text):
            start_app.kill(url)
        expect(page.get_by_text(AWAY)).to_be_visible()
        page.get_by_role("button", name="Invert").click()  # nothing lies over the page
        start_app("app.py", env, port)
        expect(page.get_by_text(AWAY)).to_have_count(0)
        expect(page.get_by_text("phantom-0002", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Next")).to_be_enabled()
    assert page.evaluate("foreign") == []


def test_a_dialog_of_ours_stays_open(page: Page, start_app: Apps, tmp_path: Path) -> None:
    script = tmp_path / "dialog_app.py"
    script.write_text(
        "import streamlit as st\n"
        "from shamsul.ui.shared import connection\n"
        "connection.watch()\n"
        "@st.dialog('Close the study?')\n"
        "def ask():\n"
        "    st.button('Close it')\n"
        "if st.button('Ask'):\n"
        "    ask()\n"
    )
    url = start_app(script)
    page.goto(url)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("button", name="Close it")).to_be_visible()
    start_app.kill(url)
    expect(page.get_by_text(AWAY)).to_be_visible()
    expect(page.get_by_text("Close the study?")).to_be_visible()
