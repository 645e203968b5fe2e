"""Signing in and out in a real browser, and what a reader can reach there."""

import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shamsul.reading.database.accounts import Accounts, Role
from shamsul.reading.database.transactions import Database
from shamsul.ui.shared.sign_in import COOKIE

pytestmark = pytest.mark.browser

PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def accounts(data_dir: Path) -> Iterator[Accounts]:
    database = Database(f"sqlite:///{data_dir / 'shamsul.db'}")
    database.migrate()
    accounts = Accounts(database)
    accounts.add("Ada", Role.READER, PASSWORD)
    accounts.add("Carl", Role.COORDINATOR, PASSWORD)
    yield accounts
    database.close()


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], data_dir: Path, accounts: Accounts) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(data_dir), "SHAMSUL_SIGN_IN": "accounts"})


def fill(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def signed_in(page: Page, url: str, name: str) -> None:
    page.goto(url)
    fill(page, name)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def expect_form(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_reader_signs_in_stays_so_and_signs_out(page: Page, url: str) -> None:
    page.goto(f"{url}/reading")
    expect_form(page)
    expect(page.get_by_role("link", name="Worklist")).to_have_count(0)
    fill(page, "Ada", "wrong password")
    expect(page.get_by_text("The name or the password is wrong.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Password")).to_have_value("")

    fill(page, "Ada")
    expect(page.get_by_text("No study has been assigned to you.")).to_be_visible()
    expect(page.get_by_text("Ada", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("No study has been assigned to you.")).to_be_visible()

    second = page.context.new_page()
    second.goto(url)
    expect(second.get_by_text("Ada", exact=True)).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect_form(page)
    second.reload()
    expect_form(second)
    second.close()


def test_no_script_can_read_who_is_signed_in(page: Page, url: str, accounts: Accounts) -> None:
    signed_in(page, url, "Ada")
    (cookie,) = [cookie for cookie in page.context.cookies() if cookie["name"] == COOKIE]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["value"] not in page.evaluate("document.cookie")
    assert cookie["value"] not in page.content() + page.url
    account = accounts.who(cookie["value"])
    assert account is not None and account.name == "Ada"


@pytest.mark.parametrize("address", ["/worklist", "/review?case=1", "/models?reader=Bob"])
def test_reader_at_a_coordinators_address_is_told_so(page: Page, url: str, address: str) -> None:
    said: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: said.append(str(frame))),
    )
    signed_in(page, url, "Ada")
    page.goto(f"{url}{address}")
    expect(page.get_by_text("This page is for coordinators.")).to_be_visible()
    for name in ("Worklist", "Review", "Models"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    assert said
    for secret in ("phantom-000", "Download ratings", "Upload radiographs", "Bob"):
        assert secret not in page.content().replace(page.url, "")
        assert not any(secret in frame for frame in said if "reader=Bob" not in frame)


def test_coordinator_has_every_page(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=My+radiographs")
    fill(page, "Carl")
    expect(page.get_by_text("No radiographs yet.")).to_be_visible()
    page.goto(f"{url}/worklist")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    page.get_by_role("link", name="Models").click()
    expect(page.get_by_role("heading", name="Your own")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_disabled_account_is_out_on_the_next_click(
    page: Page, url: str, accounts: Accounts
) -> None:
    accounts.add("Dora", Role.COORDINATOR, PASSWORD)
    signed_in(page, url, "Dora")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    page.get_by_role("link", name="Models").click()  # which does not draw itself anew
    expect(page.get_by_role("heading", name="Your own")).to_be_visible()
    accounts.disable("Dora")
    page.get_by_role("link", name="Results").click()
    expect_form(page)


@pytest.mark.parametrize("width", [640, 1024, 1280, 1920])
def test_signing_out_is_reached_whatever_the_name_and_the_width(
    page: Page, url: str, accounts: Accounts, width: int
) -> None:
    name = f"a.very.long.name.{width}@department.hospital.example.org"
    accounts.add(name, Role.COORDINATOR, PASSWORD)
    page.set_viewport_size({"width": width, "height": 800})
    signed_in(page, url, name)
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect_form(page)


def test_somebody_elses_session_is_not_taken_over(browser: Browser, url: str) -> None:
    """Two people, two browsers: none is taken for the other."""
    contexts: list[BrowserContext] = [browser.new_context() for _ in range(2)]
    ada, carl = (context.new_page() for context in contexts)
    signed_in(ada, url, "Ada")
    signed_in(carl, url, "Carl")
    ada.reload()
    expect(ada.get_by_text("No study has been assigned to you.")).to_be_visible()
    expect(carl.get_by_role("link", name="phantom-0001")).to_be_visible()
    for context in contexts:
        context.close()


def post(url: str, headers: dict[str, str]) -> tuple[int, str | None]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("POST", "/sign-in", headers=headers)
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.getheader("Set-Cookie")


@pytest.mark.parametrize("headers", [{}, {"X-Sign-In-Code": ""}, {"X-Sign-In-Code": "x" * 43}])
def test_no_cookie_without_a_code(url: str, headers: dict[str, str]) -> None:
    assert post(url, headers) == (403, None)


def status_of(address: str, cookie: str = "") -> int:
    headers = {"Cookie": f"a=b; {COOKIE}={cookie}"} if cookie else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code


def test_files_of_a_page_need_its_sign_in(page: Page, url: str, accounts: Accounts) -> None:
    signed_in(page, url, "Carl")
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download ratings (CSV)").click()
    assert download.value.path().stat().st_size > 0
    (carl,) = [one["value"] for one in page.context.cookies() if one["name"] == COOKIE]
    address = download.value.url
    assert status_of(address, carl) == 200
    assert status_of(address) == 403
    assert status_of(address, accounts.sign_in("Ada", PASSWORD)) == 403
    assert status_of(address, "x" * 43) == 403
    page.get_by_role("button", name="Sign out").click()
    expect_form(page)
    assert status_of(address, carl) in (403, 404)


def test_a_copied_cookie_is_worth_nothing_after_signing_out(
    page: Page, browser: Browser, url: str
) -> None:
    signed_in(page, url, "Carl")
    copied = page.context.cookies()
    other = browser.new_context()
    other.add_cookies(copied)
    thief = other.new_page()
    thief.goto(url)
    expect(thief.get_by_role("link", name="phantom-0001")).to_be_visible()
    thief.get_by_role("link", name="Models").click()  # which does not draw itself anew
    expect(thief.get_by_role("heading", name="Your own")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect_form(page)
    thief.get_by_role("link", name="Results").click()
    expect_form(thief)
    thief.goto(f"{url}/results")
    expect_form(thief)
    other.close()


def test_another_site_cannot_send_a_code(url: str) -> None:
    """A browser asks before it sends a header of ours across sites, and is told no."""
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    asking["Access-Control-Request-Headers"] = "x-sign-in-code"
    request = urllib.request.Request(f"{url}/sign-in", method="OPTIONS", headers=asking)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.headers.get("Access-Control-Allow-Origin") is None
    refused.value.close()


def test_code_is_taken_once_and_the_cookie_is_secure_behind_https(page: Page, url: str) -> None:
    codes: list[str] = []

    def withhold(route, request) -> None:
        codes.append(request.headers["x-sign-in-code"])
        route.abort()

    page.route("**/sign-in", withhold)
    page.goto(url)
    fill(page, "Ada")
    expect(page.get_by_text("This browser could not be signed in: try again.")).to_be_visible()
    headers = {"X-Sign-In-Code": codes[0], "Origin": "https://shamsul.example.org"}
    status, cookie = post(url, headers)
    assert status == 204
    assert cookie is not None
    assert re.search("HttpOnly.*SameSite=strict; Secure", cookie)
    assert post(url, headers) == (403, None)


def test_without_sign_in_a_foreign_address_is_refused(
    browser: Browser, start_app: Callable[..., str], tmp_path: Path
) -> None:
    """As DNS rebinding would do it: the name of another site leads to this machine."""
    url = start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path)})
    rebound = browser.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
        args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP evil.example 127.0.0.1"],
    )
    page = rebound.new_page()
    page.goto(url.replace("127.0.0.1", "evil.example"))
    expect(page.get_by_text("on its own machine only")).to_be_visible()
    expect(page.get_by_role("link", name="phantom-0001")).to_have_count(0)
    rebound.close()
