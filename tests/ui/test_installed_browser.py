"""``shamsul app`` as it is installed from the wheel, in a real browser."""

import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shamsul.ui.shared.frame import PAGES
from tests.ui.conftest import Apps, free_port

pytestmark = pytest.mark.browser


def start(apps: Apps, installed: Path, folder: Path, *options: str) -> str:
    """Start the installed app in a folder that has its owner's own options and secrets."""
    own = folder / ".streamlit"
    own.mkdir()
    (own / "config.toml").write_text("[server]\nheadless = true\n", encoding="utf-8")
    (own / "secrets.toml").write_text("[shamsul]\nmax_upload_mb = 7\n", encoding="utf-8")
    port = free_port()
    shamsul = [sys.executable, "-P", str(installed / "bin" / "shamsul")]
    command = [*shamsul, "app", "--port", str(port), *options]
    env = {"PYTHONPATH": str(installed), "SHAMSUL_DATA_DIR": "data"}
    return apps.serve(command, port, env, folder)


def background(page: Page) -> str:
    return str(
        page.get_by_test_id("stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    )


def go(page: Page, title: str) -> None:
    """To a page by its link, which is in the menu where the bar is full."""
    link = page.get_by_role("link", name=title, exact=True)
    if not link.count():
        page.get_by_role("button", name="SHAMSUL").click()
    link.first.click()


def test_every_page_opens_and_a_map_is_computed(
    page: Page, start_app: Apps, installed: Path, tmp_path: Path
) -> None:
    url = start(start_app, installed, tmp_path)
    page.goto(f"{url}/?reader=Ada")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    expect(page.get_by_text("7MB per file").first).to_be_visible()  # of the folder's secrets file
    assert background(page) == "rgb(12, 14, 16)"  # of the options beside the app
    shown = {
        "Worklist": page.get_by_role("link", name="phantom-0008"),
        "Review": page.get_by_role("img", name="Grad-CAM heatmap for Pleural Effusion"),
        "Reading": page.get_by_text("No study has been assigned to you."),
        "Study set-up": page.get_by_text("The file is in order."),
        "Evaluate": page.get_by_text("maps are computed."),
        "Results": page.get_by_text("Nothing has been rated in this study yet."),
        "Units": page.get_by_text("looked at in 0 of 8 cases"),
        "Adjudicate": page.get_by_text("there is nothing to adjudicate"),
        "Models": page.get_by_text("A study is read with one model"),
    }
    assert set(shown) == {title for _, title, *_ in PAGES}
    for title, sign in shown.items():
        go(page, title)
        expect(sign).to_be_visible()
        expect(page.locator('[data-test-script-state="notRunning"]')).to_be_visible()
        for fault in ("stException", "stAlertContentError"):
            expect(page.get_by_test_id(fault)).to_have_count(0)
    go(page, "Review")
    expect(shown["Review"]).not_to_have_attribute("aria-busy", "true", timeout=240_000)
    page.goto(f"{url}/evaluate?view=Phantom+benchmark")
    expect(page.get_by_role("heading", name="Phantom benchmark")).to_be_visible()
    assert list((tmp_path / "data" / "maps").iterdir())
    assert "Traceback" not in start_app.log(url).read_text()


def test_light_theme_is_an_option(
    page: Page, start_app: Apps, installed: Path, tmp_path: Path
) -> None:
    page.goto(start(start_app, installed, tmp_path, "--theme", "light"))
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    assert background(page) == "rgb(255, 255, 255)"
