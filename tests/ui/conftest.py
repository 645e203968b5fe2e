"""A headless Chromium and the app under test, for whoever needs a real page.

``start_app(script, env)`` runs a Streamlit script and gives its address; ``page`` is a fresh page
that fails its test if the browser reported an uncaught error.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit.runtime.context import ContextProxy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@dataclass
class Visitor:
    """What the server knows of the browser in tests without one: at first, one on this machine."""

    ip_address: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def visitor(monkeypatch: pytest.MonkeyPatch) -> Visitor:
    visitor = Visitor()
    for name in ("ip_address", "headers", "cookies"):
        known = property(lambda _, name=name: getattr(visitor, name))
        monkeypatch.setattr(ContextProxy, name, known)
    return visitor


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    # The first run of an app imports everything while other tests keep the processor busy.
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors


def eventually(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for a condition of pixels, which the browser has no event for."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        page.wait_for_timeout(30)


class Apps:
    """Streamlit scripts that run, by their addresses."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __call__(
        self, script: str | Path, env: Mapping[str, str] | None = None, port: int = 0
    ) -> str:
        """Start a script, at a free port if none is given, until it answers; gives its address."""
        if not port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        log = self._logs / f"{port}.txt"
        options = {
            "server.port": port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": "false",
            "client.showErrorDetails": "full",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        with log.open("ab") as output:
            app = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(script), *arguments],
                cwd=ROOT,
                env={**os.environ, **(env or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._running[url] = app
        deadline = time.monotonic() + 120
        while not _healthy(url):
            if app.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the app did not start:\n{log.read_text()}")
            time.sleep(0.1)
        return url

    def kill(self, url: str) -> None:
        """Stop a script with SIGKILL, as a power cut would."""
        app = self._running.pop(url)
        app.kill()
        app.wait(20)

    def stop(self) -> None:
        """Stop every script."""
        for app in self._running.values():
            app.terminate()
        for app in self._running.values():
            app.wait(20)


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apps]:
    """Start a Streamlit script; every app is stopped when the tests end."""
    apps = Apps(tmp_path_factory.mktemp("apps"))
    yield apps
    apps.stop()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
