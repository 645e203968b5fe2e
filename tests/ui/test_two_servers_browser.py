"""Two servers with one database and one data folder behind docs/deploy/nginx.conf."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from prometheus_client.parser import text_string_to_metric_families

from shamsul.phantom import render
from shamsul.reading import Store
from shamsul.reading.database.accounts import Accounts, Role
from shamsul.reading.database.transactions import Database
from tests.questions import asked
from tests.reading.database.postgres import Postgres, a_server
from tests.ui.conftest import ROOT, Apps, a_page, free_port, make_study, settled, study_text

pytestmark = [pytest.mark.browser, pytest.mark.long]

PASSWORD = "correct horse"
SAVED = re.compile(r"Saved at \d\d:\d\d")
COOKIE = "shamsul_server"


@dataclass
class Site:
    """nginx and what is behind it."""

    url: str
    apps: Apps
    environment: dict[str, str]
    ports: dict[str, int]
    metrics: dict[str, int]

    def start(self, name: str) -> None:
        port = {"SHAMSUL_METRICS_PORT": str(self.metrics[name])}
        self.apps("app.py", self.environment | port, self.ports[name])

    def kill(self, name: str) -> None:
        self.apps.kill(f"http://127.0.0.1:{self.ports[name]}")

    def maps(self, name: str) -> int:
        """Jobs of maps that a server has done."""
        with urlopen(f"http://127.0.0.1:{self.metrics[name]}/metrics") as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return sum(
            int(sample.value)
            for family in families
            for sample in family.samples
            if sample.name == "shamsul_jobs_ended_total"
            and (sample.labels["kind"], sample.labels["outcome"]) == ("maps", "done")
        )


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with a_server() as server:
        yield server


@pytest.fixture(scope="module")
def site(
    start_app: Apps, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    if shutil.which("nginx") is None:
        pytest.skip("nginx is not installed")
    folder, database = tmp_path_factory.mktemp("site"), postgres.new_database()
    data = folder / "data"
    make_study(data, study_text(questions=asked("present", "agreement", "sure")), database)
    known = Database(database)
    accounts = Accounts(known)
    accounts.add("Ada", Role.READER, PASSWORD)
    accounts.add("Carl", Role.COORDINATOR, PASSWORD)
    known.close()
    port = free_port()
    made = Site(
        url=f"https://localhost:{port}",
        apps=start_app,
        environment={
            "SHAMSUL_DATA_DIR": str(data),
            "SHAMSUL_DATABASE_URL": database,
            "SHAMSUL_SIGN_IN": "accounts",
        },
        ports={"one": free_port(), "two": free_port()},
        metrics={"one": free_port(), "two": free_port()},
    )
    for name in made.ports:
        made.start(name)
    with nginx(folder, port, made.ports):
        yield made


class nginx:
    """The documented site, at ports that are free and with a certificate of its own."""

    def __init__(self, folder: Path, port: int, ports: dict[str, int]) -> None:
        self._folder = folder
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        made = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        files = ["-keyout", str(key), "-out", str(certificate)]
        subprocess.run(["openssl", "req", *made, *files], check=True, capture_output=True)
        text = (ROOT / "docs" / "deploy" / "nginx.conf").read_text()
        for old, new in {
            ":8501": f":{ports['one']}",
            ":8502": f":{ports['two']}",
            "listen 443": f"listen 127.0.0.1:{port}",
            "listen 80": f"listen 127.0.0.1:{free_port()}",
            "shamsul.example.org": "localhost",
            "/etc/ssl/certs/shamsul.pem": str(certificate),
            "/etc/ssl/private/shamsul.key": str(key),
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        (folder / "site.conf").write_text(text)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
        (folder / "nginx.conf").write_text(
            f"user root; daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}"
            f"http {{ access_log off; {places} include {folder}/site.conf; }}"
        )

    def __enter__(self) -> None:
        self._process = subprocess.Popen(["nginx", "-c", str(self._folder / "nginx.conf")])
        deadline = time.monotonic() + 20
        while not (self._folder / "pid").exists():
            assert self._process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[[str, str], Page]]:
    """Open pages in browsers of their own: each of somebody who signs in, first at a server."""
    with ExitStack() as pages:

        def signed_in(name: str, server: str) -> Page:
            size = {"width": 1280, "height": 900}
            page = pages.enter_context(a_page(browser, ignore_https_errors=True, viewport=size))
            page.context.add_cookies([{"name": COOKIE, "value": server, "url": site.url}])
            page.goto(site.url)
            page.get_by_label("Name").fill(name)
            page.get_by_role("textbox", name="Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            return page

        yield signed_in


def server_of(page: Page) -> str:
    return {one["name"]: one["value"] for one in page.context.cookies()}[COOKIE]


def sure(page: Page, point: int) -> Locator:
    return page.get_by_role("radio", name=str(point), exact=True)


def answers(site: Site) -> dict[str, object]:
    store = Store(site.environment["SHAMSUL_DATABASE_URL"])
    found = {row.answer.item: row.answer.value for row in store.export_rows("trial", "Ada")}
    store.close()
    return found


def test_readers_of_a_server_that_is_killed_go_on_at_the_other(
    visit: Callable[[str, str], Page], site: Site
) -> None:
    page = visit("Ada", "one")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("radio", name="yes", exact=True).click()
    expect(page.locator(".status")).to_have_text(SAVED)
    assert server_of(page) == "one"
    site.kill("one")
    sure(page, 4).click()
    expect(page.locator(".status")).to_have_text(SAVED)
    assert server_of(page) == "two"
    assert answers(site) == {"present": "yes", "sure": 4}
    # That the first one is back takes nobody away from the second.
    site.start("one")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Do you agree with the model?")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Do you agree with the model?")).to_be_visible()
    assert server_of(page) == "two"


def test_what_a_server_holds_for_a_page_comes_from_that_one(
    visit: Callable[[str, str], Page], site: Site, tmp_path: Path
) -> None:
    """Files that are uploaded and pictures, which are requests of their own."""
    page = visit("Carl", "two")
    site.kill("two")
    page.goto(f"{site.url}/worklist")
    settled(page)
    assert server_of(page) == "one"
    site.start("two")
    for seed in (1, 2):
        file = tmp_path / f"{seed}.png"
        Image.fromarray((render(seed, shape=(256, 216)).pixels * 255).astype("uint8")).save(file)
        upload = page.get_by_label("Upload radiographs").locator("input[type=file]")
        upload.set_input_files([file])
        expect(page.get_by_role("rowheader")).to_have_count(seed)
    assert server_of(page) == "one"


def test_a_map_that_is_asked_for_at_both_is_computed_by_one(
    visit: Callable[[str, str], Page], site: Site
) -> None:
    first, second = visit("Carl", "one"), visit("Carl", "two")
    before = sum(map(site.maps, site.ports))
    for page in (first, second):
        page.goto(f"{site.url}/review?study=phantom-demo&case=2")
    for page in (first, second):
        shown = page.get_by_role("img", name=re.compile("heatmap"))
        expect(shown).to_have_count(4)
        for one in shown.all():
            expect(one).not_to_have_attribute("aria-busy", "true", timeout=240_000)
    assert {server_of(first), server_of(second)} == {"one", "two"}
    assert sum(map(site.maps, site.ports)) - before == 4
