"""Take the README's screenshots from the running app, with phantoms only.

``python scripts/screenshots.py`` starts the app on an empty data directory, waits for the maps of
a demo case, and writes ``assets/screenshots/*.png``. It needs Chromium.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "assets" / "screenshots"
#: The demo case that is shown.
CASE = 1
#: Maps of a case, even on a slow machine.
PATIENCE = 600_000


def start(data_dir: str, theme: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the app; gives the process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
        cwd=ROOT,
        env={
            **os.environ,
            "SHAMSUL_DATA_DIR": data_dir,
            "SHAMSUL_THEME": theme,
            "STREAMLIT_SERVER_HEADLESS": "true",
        },
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
            return app, url
        except OSError:
            time.sleep(0.2)


def settled(page: Page) -> None:
    """Wait until the page has stopped running and no map is awaited."""
    ran = page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(ran).to_have_count(1, timeout=PATIENCE)
    expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0, timeout=PATIENCE)
    page.wait_for_timeout(1500)


def main() -> None:
    """Take every screenshot."""
    OUT.mkdir(parents=True, exist_ok=True)
    browser_path = shutil.which("chromium")
    if browser_path is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    with tempfile.TemporaryDirectory() as data_dir, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for theme in ("dark", "light"):
            app, url = start(data_dir, theme)
            try:
                take(browser.new_page(viewport={"width": 1440, "height": 900}), url, theme)
            finally:
                app.terminate()
                app.wait(20)
        browser.close()


def take(page: Page, url: str, theme: str) -> None:
    """Review with nothing and with the questions below it, and the worklist, in one theme."""
    page.goto(f"{url}/review?case={CASE}&reader=Reader+1")
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_be_visible(timeout=PATIENCE)
    settled(page)
    page.get_by_label("Show expert annotation").select_option("outline")
    settled(page)
    page.screenshot(path=OUT / f"review-{theme}.png")
    page.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True).click()
    expect(page.get_by_text("0 of", exact=False).first).to_be_visible()
    settled(page)
    page.screenshot(path=OUT / f"rate-{theme}.png")
    page.goto(f"{url}/?reader=Reader+1")
    expect(page.get_by_text("phantom-0001", exact=True).first).to_be_visible(timeout=PATIENCE)
    # What is found in the background comes by itself.
    expect(page.get_by_text("not yet", exact=True)).to_have_count(0, timeout=PATIENCE)
    settled(page)
    page.screenshot(path=OUT / f"worklist-{theme}.png")
    page.close()


if __name__ == "__main__":
    main()
