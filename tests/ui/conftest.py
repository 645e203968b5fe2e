"""Pages under test: in a headless Chromium, or by their logic alone.

``start_app(script, env)`` runs a Streamlit script and gives its address; ``page`` is a fresh page
that fails its test if the browser reported an uncaught error. ``pages`` runs the app in the test's
own process, with one-line explainers and a stand-in for the questionnaire's browser side.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from playwright.sync_api import Browser, Page, expect, sync_playwright
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.context import ContextProxy
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from shamsul.annotations.archive import AnnotationArchive
from shamsul.classifiers import registry
from shamsul.classifiers.grid import GridImage
from shamsul.computing.worker import Worker
from shamsul.explainers.cache import MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Method, Progress, Relevance, Task
from shamsul.explainers.registry import METHODS
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store
from shamsul.reading.demo import ensure_default_studies
from shamsul.reading.design.study_file import StudyFile, read_study_file
from shamsul.settings import ASSETS, settings
from shamsul.studies import opening
from shamsul.ui.reading import place
from shamsul.ui.review import rating
from shamsul.ui.shared import outbox, questionnaire
from shamsul.ui.shared.outbox import Event, Outbox
from shamsul.ui.shared.questionnaire import NEXT, Column
from shamsul.ui.worklist.background import Background
from tests.questions import asked

#: Pages, which run when they are imported.
collect_ignore = [
    "shared/answering_app.py",
    "shared/computing_app.py",
    "shared/screens_app.py",
]

ROOT = Path(__file__).resolve().parents[2]
LOCATION = "location"


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


# Streamlit's own message of an exception, which no page may show, becomes an error of the page.
NO_EXCEPTIONS = """new MutationObserver(() => {
  const shown = document.querySelector("[data-testid=stException]");
  if (shown) setTimeout(() => { throw new Error(shown.textContent); });
}).observe(document, { childList: true, subtree: true })"""


@contextmanager
def a_page(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page in a context of its own; nothing may fail in it."""
    context = browser.new_context(**options)
    page = context.new_page()
    # The first run of an app imports everything while other tests keep the processor busy.
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.add_init_script(NO_EXCEPTIONS)
    yield page
    context.close()
    assert not errors


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with a_page(browser, viewport={"width": 1280, "height": 900}, accept_downloads=True) as page:
        yield page


def settled(page: Page) -> None:
    """Wait until the page is drawn; nothing in it tells of an error."""
    expect(page.locator('[data-test-script-state="notRunning"]')).to_be_visible()
    for fault in ("stException", "stAlertContentError"):
        expect(page.get_by_test_id(fault)).to_have_count(0)


def eventually(page: Page, condition: Callable[[], bool]) -> None:
    """Wait for a condition of pixels, which the browser has no event for."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        page.wait_for_timeout(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Apps:
    """Streamlit scripts that run, by their addresses."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __call__(
        self, script: str | Path, env: Mapping[str, str] | None = None, port: int = 0
    ) -> str:
        """Start a script, at a free port if none is given, until it answers; gives its address."""
        port = port or free_port()
        options = {
            "server.port": port,
            "server.address": "127.0.0.1",
            "server.headless": "true",
            "server.fileWatcherType": "none",
            "browser.gatherUsageStats": "false",
            "client.showErrorDetails": "full",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "streamlit", "run", str(script), *arguments]
        return self.serve(command, port, env or {}, ROOT)

    def serve(self, command: list[str], port: int, env: Mapping[str, str], folder: Path) -> str:
        """Run a command in a folder until it answers at a port; gives its address."""
        url = f"http://127.0.0.1:{port}"
        log = self.log(url)
        with log.open("ab") as output:
            app = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **env},
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

    def log(self, url: str) -> Path:
        """The file of what a script has said."""
        return self._logs / f"{url.rsplit(':', 1)[1]}.txt"

    def said(self) -> str:
        """The end of what each script has said."""
        return "\n".join(log.read_text()[-5000:] for log in sorted(self._logs.iterdir()))

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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, Any, Any]:
    """What the scripts have said stands beside a failure: a page tells an error's type alone."""
    report = yield
    apps = item.funcargs.get("start_app")
    if report.failed and isinstance(apps, Apps):
        report.sections.append(("What the apps have said", apps.said()))
    return report


@pytest.fixture(scope="module")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apps]:
    """Start a Streamlit script; after its file's tests every app is stopped, for its memory."""
    apps = Apps(tmp_path_factory.mktemp("apps"))
    yield apps
    apps.stop()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def ones(task: Task) -> Relevance:
    return Relevance(np.ones((len(task.outputs), *task.image.values.shape)), 1)


def explain_here(
    _: Worker, folder: Path, key: MapKey, image: GridImage, progress: Progress
) -> tuple[Heatmap, ...]:
    """What the worker process does, in this one, which has the one-line explainers."""
    return METHODS[key.method].explain(
        registry.load(folder), image, target=key.target, progress=progress, **key.parameters
    )


class IdleWorker(Worker):
    """Starts no process, which would outlive the tests."""

    def start(self) -> None:  # type: ignore[override]
        """Do nothing."""


@pytest.fixture(autouse=True, scope="session")
def no_worker() -> Iterator[None]:
    """Pages drawn in the tests' own process have an idle worker.

    Between two tests too, when a job of the first may still be at work.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shamsul.computing.worker.Worker", IdleWorker)
        yield


@pytest.fixture(autouse=True, scope="session")
def no_appraisal() -> Iterator[None]:
    """Nor do they appraise cases in a thread, which would go on into the next test."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Background, "look", lambda self, study, first: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def packages_are_looked_through_once() -> Iterator[None]:
    """By Streamlit, for components; otherwise a second for each page that a test draws."""
    scan = manifest_scanner.scan_component_manifests
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture(autouse=True, scope="session")
def app_navigates_by_itself() -> Iterator[None]:
    """As where app.py is served; AppTest begins with Streamlit's older discovery of pages."""
    begin = PagesManager.__init__

    def without_discovery(self: PagesManager, *arguments: Any, **options: Any) -> None:
        PagesManager.uses_pages_directory = False
        begin(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PagesManager, "__init__", without_discovery)
        yield


def components(app: AppTest) -> list[Any]:
    """The components of ours that a page has drawn, besides those in every page's frame."""
    frame = ("connection", "keys", "computing")
    return [one for one in app.get("bidi_component") if one.key not in frame]


def start(folder: Path, database: str = "") -> tuple[Store, RadiographArchive, AnnotationArchive]:
    """What the app opens, and makes where it is not there yet, when it starts."""
    store = Store(database or f"sqlite:///{folder / 'shamsul.db'}")
    archive = RadiographArchive(folder / "radiographs")
    annotations = AnnotationArchive(folder / "annotations")
    ensure_default_studies(store, archive, annotations, ASSETS)
    return store, archive, annotations


@pytest.fixture(scope="session")
def started_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is on the disk once the app has been started."""
    folder = tmp_path_factory.mktemp("started-once")
    start(folder)[0].close()
    return folder


@pytest.fixture
def installation(
    started_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An installation with the default studies only, whose explainers answer at once."""
    shutil.copytree(started_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SHAMSUL_DATABASE_URL", raising=False)
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()
    for name, method in list(METHODS.items()):
        needs = {"needs_masks": method.needs_masks, "needs_attention": method.needs_attention}
        fake = Method(name, method.title, ones, (), False, "", "", **needs)
        monkeypatch.setitem(METHODS, name, fake)
    monkeypatch.setattr(Worker, "explain", explain_here)
    yield tmp_path
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()


def as_read(markdown: str) -> str:
    """What is seen of Markdown in which everything is escaped."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown).replace("\u2060", "")


class FakeBrowser:
    """The questionnaire's browser side: what is shown, and the outbox; and the viewers' outbox."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] | None = None
        self.events: list[Event] = []
        self.drawings: list[Event] = []
        self.number = 0

    def mount(self, **shown: Any) -> None:
        self.shown = shown
        saved = shown["saved"].get("browser", 0)
        self.events = [event for event in self.events if event.number > saved]

    def outbox(self, key: str) -> Outbox:
        if key in (rating.KEY, place.KEY):
            return Outbox("browser", tuple(self.events))
        return Outbox("viewer", tuple(self.drawings))

    def put(self, token: str, item: str, value: object) -> None:
        self.number += 1
        self.events.append(Event(self.number, token, item, value))

    def draw(self, token: str, item: str, value: object) -> None:
        self.number += 1
        self.drawings.append(Event(self.number, token, item, value))


@pytest.fixture
def fake_browser(installation: Path, monkeypatch: pytest.MonkeyPatch) -> FakeBrowser:
    browser = FakeBrowser()
    monkeypatch.setattr(questionnaire, "mount", browser.mount)
    monkeypatch.setattr(outbox, "received", browser.outbox)
    return browser


class Pages:
    """What a reader does, again and again."""

    def __init__(self, browser: FakeBrowser) -> None:
        self.browser = browser
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
        if settings().sign_in == "open":
            self.app.text_input(key="reader").set_value("Reader 1").run()

    def listed(self) -> list[dict[str, Any]]:
        """The rows of the worklist's table."""
        (table,) = [one for one in components(self.app) if "worklist" in one.proto.component_name]
        rows: list[dict[str, Any]] = json.loads(table.proto.json)["rows"]
        return rows

    def texts(self) -> str:
        app = self.app
        assert not app.exception
        assert not [error for error in app.error if "could not be drawn" in error.value]
        kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success)
        return "\n".join(element.value for kind in kinds for element in kind)

    def upload(self, *files: tuple[str, bytes]) -> None:
        uploader = self.app.file_uploader[0]
        uploader.set_value([(name, data, "application/octet-stream") for name, data in files])
        self.app.run()

    def review(self, case: int = 1, dock: str | None = "Rate") -> None:
        self.app.query_params["case"] = str(case)
        self.app.session_state["dock"] = dock
        self.app.switch_page("pages/review.py").run()
        self.settle()

    def settle(self) -> None:
        """Look again until every map has come, as the page does by itself."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            self.browser.shown = None
            self.app.run()
            self.texts()
            form = self.browser.shown
            if form is None or all(c.token or c.waiting == "no map" for c in form["maps"]):
                return
            # Looking again and again would keep the maps from being computed.
            time.sleep(0.1)
        raise AssertionError("the maps did not come")

    def viewer_message(self) -> str:
        """What the page sends to the viewer, in JSON."""
        (viewer,) = [one for one in components(self.app) if "viewer" in one.proto.component_name]
        return str(viewer.proto.json)

    def form(self) -> dict[str, Any]:
        """The questionnaire as this run drew it."""
        assert self.browser.shown is not None
        return self.browser.shown

    def column(self, title: str) -> Column:
        return next(column for column in self.form()["maps"] if column.title == title)

    def shown(self, title: str, item: str = LOCATION) -> object:
        return self.column(title).values.get(item)

    def answer(self, title: str, value: object, item: str = LOCATION) -> None:
        self.browser.put(self.column(title).token, item, value)
        self.app.run()


@pytest.fixture
def pages(fake_browser: FakeBrowser) -> Pages:
    return Pages(fake_browser)


#: A study's questions, one of each step.
QUESTIONS = asked("years", "present", "agreement", "location", "comment", "useful")


def study_text(
    *,
    name: str = "trial",
    readers: tuple[str, ...] = ("Ada", "Bo"),
    cases: tuple[str, ...] = ("phantom-0001", "phantom-0005"),
    labels: tuple[str, ...] = ("Pleural Effusion",),
    methods: tuple[str, ...] = ("grad_cam", "lrp"),
    questions: str = QUESTIONS,
    **design: object,
) -> str:
    """A study file about the demo's effusions."""
    design = {"shuffled": False, "counterbalanced": False} | design
    switches = "\n".join(f"{name} = {json.dumps(value)}" for name, value in design.items())
    return f"""
name = {json.dumps(name)}
title = "Trial"
about = "Effusions."
model = "phantom"
methods = {json.dumps(methods)}
readers = {json.dumps(readers)}

[cases]
study = "phantom-demo"
only = {json.dumps(cases)}

[labels]
from = "given"
given = {json.dumps(labels)}
most = {len(labels)}

[design]
{switches}
{questions}
"""


def described(text: str, store: Store) -> StudyFile:
    return read_study_file(text, opening.known(store))


def make_study(folder: Path, text: str, database: str = "") -> None:
    """Make a study in the installation that keeps its data in a folder."""
    store, archive, annotations = start(folder, database)
    made = opening.create(
        described(text, store),
        folder,
        store=store,
        archive=archive,
        annotations=annotations,
        load=registry.load,
        max_bytes=1,
    )
    assert not made.left_out
    store.close()


class Reader(Pages):
    """Somebody who reads the study."""

    def __init__(self, browser: FakeBrowser, name: str = "Ada") -> None:
        super().__init__(browser)
        self.app.text_input(key="reader").set_value(name).run()

    def open(self, study: str = "trial") -> None:
        self.app.query_params["study"] = study
        self.app.switch_page("pages/reading.py").run()
        self.settle()

    def fill(self, **about_case: object) -> None:
        """Answer what is required."""
        values = {"years": 7, "present": "yes", "sure": 3, "agreement": "agree", "useful": "yes"}
        values |= about_case
        for question in self.form()["about_case"]:
            value = values[question.id.split("_with_")[0]]
            self.browser.put(self.form()["case"].token, question.id, value)
        for position, column in enumerate(self.form()["maps"]):
            if self.form()["about_maps"] and column.token:
                self.browser.put(column.token, "location", 4 - position)
        self.app.run()

    def go_on(self, item: str = NEXT) -> None:
        self.browser.put(self.form()["finish"].token, item, None)
        self.app.run()
        self.settle()

    def fill_and_go_on(self) -> None:
        self.fill()
        self.go_on()

    def read_case(self) -> None:
        """Both screens of a case, and what may be shown once it is locked."""
        self.fill_and_go_on()
        self.fill_and_go_on()
        if "finish" in (self.browser.shown or {}) and self.form()["locked"]:
            self.go_on()

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click().run()
        self.settle()

    def asked(self) -> list[str]:
        return [question.id for question in self.form()["about_case"]]

    def titles(self) -> list[str]:
        return [column.title for column in self.form()["maps"]]

    def answers(self) -> dict[str, object]:
        case: Column = self.form()["case"]
        return dict(case.values)
