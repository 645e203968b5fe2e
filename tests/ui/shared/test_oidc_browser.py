"""Sign-in by OpenID Connect against a certified provider, npm's oidc-provider, on this machine."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shamsul.reading.database.accounts import SIGNED_IN_FOR, Account, Accounts, Role
from shamsul.reading.database.transactions import Database
from tests.ui.conftest import ROOT, Apps, free_port, make_study, study_text
from tests.ui.npm import package

pytestmark = [pytest.mark.browser, pytest.mark.long]

#: With the major version that the test was written for.
PACKAGE = "oidc-provider@9"
SCRIPT = Path(__file__).with_name("provider.mjs")
SIGN_IN = "Sign in with your organisation"


@pytest.fixture(scope="module")
def node() -> tuple[Path, Path]:
    """Node.js, and the folder that has the provider."""
    return package(PACKAGE)


@dataclass
class Organisation:
    """The provider, and SHAMSUL that trusts it."""

    node: Path
    modules: Path
    folder: Path
    port: int = field(default_factory=free_port)
    app_port: int = field(default_factory=free_port)
    #: Of the app in which the provider gives roles.
    by_claim_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.app_port}"

    @property
    def app_ports(self) -> tuple[int, int]:
        return self.app_port, self.by_claim_port

    def start(self) -> None:
        # Modules are looked for from where a script lies.
        script = Path(shutil.copy(SCRIPT, self.modules))
        with (self.folder / "provider.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self.node, script, str(self.port)),
                    *(f"http://127.0.0.1:{port}/oauth2callback" for port in self.app_ports),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.be_late(0)
                return
            except urllib.error.URLError:
                assert self.process.poll() is None, (self.folder / "provider.txt").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
            self.process = None

    def be_late(self, seconds: float) -> None:
        """Set the provider's clock back."""
        self._tell(f"behind?seconds={seconds}")

    def put_into(self, account: str, groups: list[str] | str) -> None:
        """State an account's groups, as a list or as one text."""
        stated = urllib.parse.quote(json.dumps(groups))
        self._tell(f"groups?account={account}&stated={stated}")

    def _tell(self, what: str) -> None:
        address = f"http://127.0.0.1:{self.port}/{what}"
        with urllib.request.urlopen(address, timeout=30) as answer:
            assert answer.status == 200


def serve(
    organisation: Organisation, start_app: Apps, folder: Path, port: int, **settings: str
) -> str:
    """Start the app, with its settings and secrets as docs/sign-in.md has them."""
    secrets = folder / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir(parents=True)
    secrets.write_text(
        f"""
[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{"0123456789abcdef" * 4}"
client_id = "shamsul"
client_secret = "a secret of this test"
server_metadata_url = "http://127.0.0.1:{organisation.port}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login" }}
"""
    )
    options = [f"--server.port={port}", "--server.headless=true", "--server.address=127.0.0.1"]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), *options]
    env = {"SHAMSUL_DATA_DIR": str(folder / "data"), "SHAMSUL_SIGN_IN": "oidc", **settings}
    return start_app.serve(command, port, {**env, "PYTHONPATH": str(ROOT)}, folder)


@pytest.fixture(scope="module")
def organisation(
    node: tuple[Path, Path], start_app: Apps, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Organisation]:
    folder = tmp_path_factory.mktemp("organisation")
    made = Organisation(*node, folder)
    made.start()
    make_study(folder / "data", study_text(readers=("ada@example.org", "bo@example.org")))
    serve(made, start_app, folder, made.app_port)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def accounts(organisation: Organisation) -> Iterator[Accounts]:
    database = Database(f"sqlite:///{organisation.folder / 'data' / 'shamsul.db'}")
    accounts = Accounts(database)
    for name in ("ada", "bo", "unverified"):
        accounts.add(f"{name}@example.org", Role.READER)
    accounts.add("carl@example.org", Role.COORDINATOR)
    yield accounts
    database.close()


@pytest.fixture(autouse=True)
def every_page_works(page: Page, accounts: Accounts) -> Iterator[None]:
    """No test may leave a traceback on the screen."""
    yield
    assert "Traceback" not in page.inner_text("body")


def go_through(page: Page, name: str, *, agree: bool = True) -> None:
    """What one does at the provider, which asks once whether SHAMSUL may know who one is."""
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()
    if agree:
        page.get_by_role("button", name="Continue").click()


def sign_in(page: Page, organisation: Organisation, name: str) -> None:
    page.goto(organisation.url)
    page.get_by_role("button", name=SIGN_IN).click()
    go_through(page, name)


def sign_out(page: Page, button: str = "Sign out") -> None:
    page.get_by_role("button", name=button).click()
    page.get_by_role("button", name="Yes, sign me out").click()


def expect_screen(page: Page, sentence: str = "") -> None:
    """The sign-in screen, and one sentence if any."""
    expect(page.get_by_role("button", name=SIGN_IN)).to_be_visible()
    faults = page.get_by_test_id("stAlertContentError")
    expect(faults).to_have_text([sentence] if sentence else [])


def choose(page: Page, name: str) -> None:
    """Go to a page by the menu, which has all at any width; nothing is loaded again."""
    link = page.get_by_test_id("stPopoverBody").get_by_role("link", name=name)
    if not link.is_visible():  # it stays open on the page that was gone to
        page.get_by_role("button", name="SHAMSUL").click()
    link.click()


def to_models(page: Page) -> None:
    """The page that does not draw itself anew, as the list does while cases are appraised."""
    choose(page, "Models")
    expect(page.get_by_role("heading", name="Your own")).to_be_visible()


def years(organisation: Organisation, reader: str) -> list[str]:
    """What is stored of a reader's answer to the first question of the study."""
    with sqlite3.connect(organisation.folder / "data" / "shamsul.db") as database:
        query = "SELECT value FROM reader_answer WHERE reader = ? AND item = 'years'"
        return [str(value) for (value,) in database.execute(query, (reader,))]


def answer(page: Page, value: int) -> None:
    field = page.get_by_label("Years of reading?")
    field.fill(str(value))
    field.press("Tab")


def open_study(page: Page, organisation: Organisation) -> None:
    page.goto(f"{organisation.url}/?study=trial")
    expect(page.get_by_label("Years of reading?")).to_be_visible()


def test_roles_are_those_of_accounts_whatever_the_provider_claims(
    page: Page, organisation: Organisation
) -> None:
    sign_in(page, organisation, "ada")
    expect(page.get_by_text("ada@example.org", exact=True)).to_be_visible()
    page.goto(f"{organisation.url}/models")
    expect(page.get_by_text("This page is for coordinators.")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, organisation, "carl")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()


def test_refused_account_is_told_and_another_can_be_used(
    page: Page, organisation: Organisation
) -> None:
    sign_in(page, organisation, "zoe")
    expect_screen(page, "There is no account for zoe@example.org: ask your coordinator.")
    expect(page.get_by_role("link", name="Reading")).to_have_count(0)
    page.get_by_role("button", name=SIGN_IN).click()
    go_through(page, "unverified")
    expect_screen(page, "Your provider does not say that your e-mail address is verified.")
    sign_out(page, "Sign out there")
    expect_screen(page)
    sign_in(page, organisation, "nameless")
    expect_screen(page, "Your provider does not tell your e-mail address: ask your coordinator.")
    page.get_by_role("button", name=SIGN_IN).click()
    go_through(page, "ada")
    expect(page.get_by_text("ada@example.org", exact=True)).to_be_visible()


def test_who_gives_up_at_the_provider_is_told(page: Page, organisation: Organisation) -> None:
    page.goto(organisation.url)
    page.get_by_role("button", name=SIGN_IN).click()
    page.get_by_role("link", name="[ Cancel ]").click()
    expect_screen(
        page, "Your organisation's sign-in did not let you in: try again, or ask your coordinator."
    )


def test_signing_out_ends_it_in_every_tab_and_for_a_kept_cookie(
    page: Page, organisation: Organisation
) -> None:
    sign_in(page, organisation, "carl")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    second = page.context.new_page()
    second.goto(organisation.url)
    expect(second.get_by_role("link", name="phantom-0001")).to_be_visible()
    to_models(second)
    kept = page.context.cookies()
    sign_out(page)
    expect_screen(page)
    choose(second, "Results")
    expect_screen(second, "This sign-in has ended: sign in again.")
    page.context.add_cookies([{**one} for one in kept])  # type: ignore[typeddict-item]
    page.goto(organisation.url)
    expect_screen(page, "This sign-in has ended: sign in again.")
    second.close()


def test_sign_in_of_too_long_ago_asks_to_sign_in_again(
    page: Page, organisation: Organisation
) -> None:
    organisation.be_late(SIGNED_IN_FOR.total_seconds() + 3600)
    sign_in(page, organisation, "ada")
    expect_screen(page, "You signed in too long ago: sign in again.")
    organisation.be_late(0)
    page.get_by_role("button", name=SIGN_IN).click()
    go_through(page, "ada", agree=False)
    expect(page.get_by_text("ada@example.org", exact=True)).to_be_visible()


def test_disabled_account_is_out_at_the_next_run_and_stores_nothing(
    page: Page, organisation: Organisation, accounts: Accounts
) -> None:
    sign_in(page, organisation, "bo")
    open_study(page, organisation)
    accounts.disable("bo@example.org")
    answer(page, 7)
    expect_screen(page, "There is no account for bo@example.org: ask your coordinator.")
    assert years(organisation, "bo@example.org") == []
    accounts.enable("bo@example.org")


def test_what_was_answered_when_a_sign_in_ended_is_stored_after_the_next(
    page: Page, organisation: Organisation
) -> None:
    sign_in(page, organisation, "ada")
    open_study(page, organisation)
    with sqlite3.connect(organisation.folder / "data" / "shamsul.db") as database:
        database.execute("UPDATE sign_in SET expires_at = created_at")
    answer(page, 7)
    expect_screen(page, "This sign-in has ended: sign in again.")
    assert years(organisation, "ada@example.org") == []
    # Somebody else at the same screen is not taken for who answered.
    page.get_by_role("button", name=SIGN_IN).click()
    go_through(page, "bo")
    open_study(page, organisation)
    expect(page.get_by_label("Years of reading?")).to_have_value("")
    sign_out(page)
    sign_in(page, organisation, "ada")
    open_study(page, organisation)
    expect(page.get_by_text("Saved at")).to_be_visible()
    expect(page.get_by_label("Years of reading?")).to_have_value("7")
    assert years(organisation, "ada@example.org") == ["7.0"]
    assert years(organisation, "bo@example.org") == []


def test_provider_that_is_away_is_a_sentence(page: Page, organisation: Organisation) -> None:
    sign_in(page, organisation, "carl")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    organisation.stop()
    # Who is signed in goes on, and can sign out.
    to_models(page)
    page.get_by_role("button", name="Sign out").click()
    expect_screen(page)
    page.get_by_role("button", name=SIGN_IN).click()
    expect_screen(page, "Your organisation's sign-in cannot be reached: try again later.")
    organisation.start()
    page.get_by_role("button", name=SIGN_IN).click()
    go_through(page, "carl")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()


def test_roles_by_claim(
    page: Page, organisation: Organisation, start_app: Apps, tmp_path: Path
) -> None:
    """Readers and coordinators without an account before; who is neither is refused."""
    url = serve(
        organisation,
        start_app,
        tmp_path,
        organisation.by_claim_port,
        SHAMSUL_OIDC_ROLE_CLAIM="groups",
        SHAMSUL_OIDC_READERS="radiologists, residents",
        SHAMSUL_OIDC_COORDINATORS="study office",
    )
    database = Database(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    database.migrate()
    accounts = Accounts(database)
    refused = "Your provider does not say that you may use this: ask your coordinator."

    def enter(name: str, groups: list[str] | str) -> None:
        organisation.put_into(name, groups)
        page.context.clear_cookies()
        page.goto(url)
        page.get_by_role("button", name=SIGN_IN).click()
        go_through(page, name)

    def expect_reader(name: str) -> None:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
        page.goto(f"{url}/models")
        expect(page.get_by_text("This page is for coordinators.")).to_be_visible()

    enter("nora", ["nurses", "others"])
    expect_screen(page, refused)
    assert accounts.all() == ()
    sign_out(page, "Sign out there")
    expect_screen(page)

    enter("nora", ["others", "residents"])
    expect_reader("nora@example.org")
    assert accounts.all() == (Account("nora@example.org", Role.READER),)

    enter("nora", ["residents", "study office"])
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    assert accounts.all() == (Account("nora@example.org", Role.COORDINATOR),)

    # Without an account before, by a text.
    enter("olga", "study office")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    assert Account("olga@example.org", Role.COORDINATOR) in accounts.all()

    # Withdrawn while signed in: at the next sign-in.
    organisation.put_into("olga", "others radiologists")
    to_models(page)
    enter("olga", "others radiologists")
    expect_reader("olga@example.org")
    enter("olga", [])
    expect_screen(page, refused)

    enter("nora", ["study office"])
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    to_models(page)
    accounts.disable("nora@example.org")
    disabled = "There is no account for nora@example.org: ask your coordinator."
    choose(page, "Results")
    expect_screen(page, disabled)
    enter("nora", ["study office"])
    expect_screen(page, disabled)
    database.close()
