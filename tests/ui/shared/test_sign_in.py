"""Who may see what, in each of the three ways to be known; no browser."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from shamsul.computing.worker import Worker
from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Account, Accounts, Role
from shamsul.settings import settings
from shamsul.ui.shared import downloads, provider, sign_in
from shamsul.ui.shared.frame import PAGES
from tests.ui.conftest import Visitor, components

APP = Path(__file__).resolve().parents[3] / "app.py"
PASSWORD = "correct horse"
COORDINATORS_ONLY = "This page is for coordinators."
#: Of a coordinator's pages: what none of them shows to a reader.
SECRETS = re.compile("phantom|Uploads?|ratings|Models?|Reader 1|Bob|CSV", re.I)


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh one, with sign-in by a password."""
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SHAMSUL_DATABASE_URL", raising=False)
    monkeypatch.setattr(Worker, "start", lambda self: None)
    mode(monkeypatch, "accounts")
    yield
    forget()


def forget() -> None:
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()


def mode(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("SHAMSUL_SIGN_IN", name)
    forget()


@pytest.fixture
def accounts() -> Accounts:
    accounts = sign_in._accounts()
    accounts.add("Ada", Role.READER, PASSWORD)
    accounts.add("Carl", Role.COORDINATOR, PASSWORD)
    return accounts


@pytest.fixture
def as_ada(accounts: Accounts, visitor: Visitor) -> str:
    """A browser that is signed in as a reader; gives its token."""
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Ada", PASSWORD)
    return visitor.cookies[sign_in.COOKIE]


@pytest.fixture
def as_carl(accounts: Accounts, visitor: Visitor) -> str:
    """A browser that is signed in as a coordinator; gives its token."""
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Carl", PASSWORD)
    return visitor.cookies[sign_in.COOKIE]


def opened(page: str = "", user: dict[str, Any] | None = None, **query: str) -> AppTest:
    """The app at an address."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.user = user or {}
    app.query_params.update(query)
    app.run()
    if page:
        app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    kinds = (app.text, app.markdown, app.caption, app.error, app.warning, app.info, app.success)
    buttons = [button.label for button in app.button]
    return "\n".join([element.value for kind in kinds for element in kind] + buttons)


def is_sign_in(app: AppTest) -> bool:
    return "Sign in" in [button.label for button in app.button]


def submit(app: AppTest, name: str, password: str) -> AppTest:
    app.text_input(key="sign-in-name").set_value(name)
    app.text_input(key="sign-in-password").set_value(password)
    (button,) = [button for button in app.button if button.label == "Sign in"]
    return button.click().run()


# By a password


@pytest.mark.parametrize("page", ["", *(name for name, *_ in PAGES)])
def test_stranger_sees_nothing_but_the_form(accounts: Accounts, page: str) -> None:
    app = opened(page, case="1", reader="Bob", study="phantom-demo")
    assert is_sign_in(app)
    assert not SECRETS.search(texts(app))
    assert not app.file_uploader


@pytest.mark.parametrize("token", ["", "Carl", "1", "x" * 43])
def test_made_up_cookie_is_nobody(accounts: Accounts, visitor: Visitor, token: str) -> None:
    visitor.cookies[sign_in.COOKIE] = token
    assert is_sign_in(opened())


@pytest.mark.parametrize("page", [name for name, *_, role in PAGES if role is Role.COORDINATOR])
def test_page_for_coordinators_says_so_to_a_reader(as_ada: str, page: str) -> None:
    app = opened(page, case="1", reader="Bob", study="phantom-demo")
    assert [error.value for error in app.error] == [COORDINATORS_ONLY]
    assert not SECRETS.search(texts(app))
    assert not app.file_uploader
    assert [button.label for button in app.button] == ["Sign out"]


def test_reader_sees_the_reading_page_and_their_name(as_ada: str) -> None:
    for page in ("", "reading"):
        app = opened(page, reader="Bob")
        assert "No study has been assigned to you." in texts(app)
        assert [text.value for text in app.text] == ["Ada"]
        assert not SECRETS.search(texts(app))


def test_state_that_a_browser_could_make_up_makes_nobody(as_ada: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    made_up = {"reader": "Carl", "account": "Ada", "framed": True, "role": "coordinator"}
    for key, value in made_up.items():
        app.session_state[key] = value
    app.run()
    assert [text.value for text in app.text] == ["Ada"]
    app.switch_page("pages/worklist.py").run()
    assert [error.value for error in app.error] == [COORDINATORS_ONLY]


@pytest.mark.parametrize("page", [name for name, *_ in PAGES])
def test_coordinator_may_open_every_page(as_carl: str, page: str) -> None:
    app = opened(page)
    assert COORDINATORS_ONLY not in texts(app)
    assert not app.error
    assert "Carl" in texts(app)


def test_answers_are_kept_under_the_name_of_the_account(as_carl: str) -> None:
    app = AppTest.from_function(reader_of_this_run)
    app.query_params["reader"] = "Bob"
    app.session_state["reader"] = "Bob"
    assert app.run().markdown[0].value == "Carl"


def reader_of_this_run() -> None:
    import streamlit as st

    from shamsul.ui.shared.session import reader

    st.markdown(reader())


def test_wrong_password_is_one_sentence_and_not_kept(accounts: Accounts) -> None:
    app = submit(opened(), "Ada", "wrong password")
    assert [error.value for error in app.error] == ["The name or the password is wrong."]
    assert app.text_input(key="sign-in-name").value == "Ada"
    assert app.text_input(key="sign-in-password").value == ""
    assert not components(app)
    assert "wrong password" not in str(app.session_state)


def test_too_many_wrong_passwords_are_said(accounts: Accounts) -> None:
    app = opened()
    for _ in range(5):
        submit(app, "Ada", "wrong password")
    submit(app, "Ada", PASSWORD)
    (error,) = app.error
    assert error.value.endswith("try again in 15 minutes.")


def test_right_password_hands_a_token_over_once(accounts: Accounts) -> None:
    app = submit(opened(), "Ada", PASSWORD)
    assert not app.error
    assert components(app)
    (code,) = sign_in._waiting
    token, _ = sign_in._waiting.pop(code)
    assert accounts.who(token) is not None
    assert token not in str(app.session_state)
    assert PASSWORD not in str(app.session_state)


def test_failed_database_is_a_sentence(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, as_ada: str
) -> None:
    def broken(*arguments: object) -> None:
        raise StoreError("The ratings database cannot be opened.")

    monkeypatch.setattr(Accounts, "sign_in", broken)
    app = opened()
    sign_in._accounts().sign_out(as_ada)
    app = submit(app.run(), "Ada", PASSWORD)
    assert [error.value for error in app.error] == ["The ratings database cannot be opened."]
    monkeypatch.setattr(Accounts, "who", broken)
    (error,) = opened().error
    assert error.value.startswith("The ratings database cannot be opened.")


def test_signing_out_ends_it_for_every_tab(as_carl: str) -> None:
    one, other = opened("models"), opened("worklist")
    (button,) = [button for button in one.button if button.label == "Sign out"]
    assert is_sign_in(button.click().run())
    assert is_sign_in(other.run())


def test_failed_sign_out_is_said(as_ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise StoreError("The ratings database is read-only.")

    monkeypatch.setattr(Accounts, "sign_out", broken)
    app = opened()
    app.button[0].click().run()
    (error,) = app.error
    assert error.value == "The ratings database is read-only. You are still signed in."
    assert "Ada" in texts(app)


def fragment_of_a_page() -> None:
    import streamlit as st

    from shamsul.reading.database.accounts import Role
    from shamsul.ui.shared import sign_in

    account = sign_in.current()
    st.text("nobody" if account is None else account.name)

    @st.fragment
    def part() -> None:
        sign_in.require(Role.READER)
        st.button("Again")
        st.markdown("for readers")

    if account is not None:
        sign_in.begin(account)
        part()


def test_fragment_asks_who_it_is_and_runs_the_page_again(
    as_ada: str, accounts: Accounts, visitor: Visitor
) -> None:
    app = AppTest.from_function(fragment_of_a_page).run()
    app.button[0].click().run()
    assert [app.text[0].value, app.markdown[0].value] == ["Ada", "for readers"]
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Carl", PASSWORD)
    app.button[0].click().run()
    assert [text.value for text in app.text] == ["Carl"]
    accounts.disable("Carl")
    app.button[0].click().run()
    assert [text.value for text in app.text] == ["nobody"]
    assert not app.markdown


def test_disabled_account_and_changed_role_hold_on_the_next_click(
    as_carl: str, accounts: Accounts
) -> None:
    app = opened("models")
    accounts.set_role("Carl", Role.READER)
    app.run()
    assert [error.value for error in app.error] == [COORDINATORS_ONLY]
    accounts.disable("Carl")
    assert is_sign_in(app.run())


def test_download_asks_again_who_it_is(as_carl: str, accounts: Accounts) -> None:
    opened("worklist")
    make = downloads.for_coordinators(lambda: b"ratings")
    assert make() == b"ratings"
    accounts.disable("Carl")
    with pytest.raises(PermissionError):
        make()


def test_session_that_comes_back_as_somebody_else_is_empty(
    as_carl: str, accounts: Accounts, visitor: Visitor
) -> None:
    app = opened("worklist")
    app.session_state["subjects"] = {"Carl/1/Cardiomegaly": "an answer of Carl's"}
    app.run()
    assert "subjects" in app.session_state
    accounts.add("Cora", Role.COORDINATOR, PASSWORD)
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Cora", PASSWORD)
    app.run()
    assert "Cora" in texts(app)
    assert "subjects" not in app.session_state


# Without sign-in


@pytest.mark.parametrize(
    ("ip_address", "headers"),
    [
        (None, {"Host": "localhost:8501", "Origin": "http://localhost:8501"}),
        (None, {"Host": "127.0.0.1:8501"}),
        ("127.0.0.2", {"Host": "[::1]:8501"}),
        ("::ffff:127.0.0.1", {"Host": "shamsul.localhost"}),
    ],
)
def test_this_machine_may_do_everything(
    monkeypatch: pytest.MonkeyPatch,
    visitor: Visitor,
    ip_address: str | None,
    headers: dict[str, str],
) -> None:
    mode(monkeypatch, "open")
    visitor.ip_address, visitor.headers = ip_address, headers
    app = opened()
    assert not app.error
    assert app.text_input(key="reader").value == ""
    assert app.file_uploader


@pytest.mark.parametrize(
    ("ip_address", "headers"),
    [
        ("10.0.0.7", {"Host": "localhost:8501"}),  # a Host that was made up
        ("172.17.0.1", {"Host": "localhost:8501"}),  # a container's network
        (None, {"Host": "shamsul.example.org"}),  # a proxy that keeps the Host
        (None, {"Host": "localhost:8501", "Origin": "https://shamsul.example.org"}),
        (None, {"Host": "localhost:8501", "X-Forwarded-For": "10.0.0.7"}),
        (None, {"Host": "localhost.example.org"}),  # DNS rebinding
        ("fe80::1", {"Host": "[::1]"}),
    ],
)
def test_elsewhere_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    visitor: Visitor,
    ip_address: str | None,
    headers: dict[str, str],
) -> None:
    mode(monkeypatch, "open")
    visitor.ip_address, visitor.headers = ip_address, headers
    for page in ("", "worklist", "models"):
        app = opened(page, case="1")
        (error,) = app.error
        assert "on its own machine only" in error.value
        assert not app.button
        assert not app.file_uploader
        assert not app.text_input


# By OpenID Connect


def ada_at_the_provider(**claims: Any) -> dict[str, Any]:
    user = {"is_logged_in": True, "email": "ada@example.org", "email_verified": True}
    return {**user, "iat": int(time.time()), **claims}


def test_verified_address_of_an_account_is_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    mode(monkeypatch, "oidc")
    sign_in._accounts().add("ada@example.org", Role.READER)
    app = opened("reading", ada_at_the_provider(role="coordinator"), reader="Bob")
    assert [text.value for text in app.text] == ["ada@example.org"]
    assert "No study has been assigned to you." in texts(app)
    app = opened("models", ada_at_the_provider(role="coordinator"))
    assert [error.value for error in app.error] == [COORDINATORS_ONLY]
    sign_in._accounts().disable("ada@example.org")
    (error,) = app.run().error
    assert error.value.startswith("There is no account for `ada@example.org`")


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email": "zoe@example.org"}, "There is no account for `zoe@example.org`"),
        ({"email_verified": False}, "does not say that your e-mail address is verified"),
        ({"email_verified": None}, "does not say that your e-mail address is verified"),
        ({"email": None}, "does not tell your e-mail address"),
        ({"iat": int(time.time()) - 13 * 3600}, "You signed in too long ago"),
        ({"iat": None}, "You signed in too long ago"),
        ({"is_logged_in": False}, ""),
    ],
)
def test_whoever_the_provider_does_not_vouch_for_is_nobody(
    monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], sentence: str
) -> None:
    mode(monkeypatch, "oidc")
    sign_in._accounts().add("ada@example.org", Role.COORDINATOR)
    app = opened("", ada_at_the_provider(**claims))
    assert [sentence in error.value for error in app.error] == ([True] if sentence else [])
    ways = ["Sign in with your organisation", "Sign out there"]
    assert [button.label for button in app.button] == ways[: 2 if sentence else 1]
    assert not SECRETS.search(texts(app))


@pytest.fixture
def roles_by_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMSUL_OIDC_ROLE_CLAIM", "groups")
    monkeypatch.setenv("SHAMSUL_OIDC_READERS", "residents, the radiologists")
    monkeypatch.setenv("SHAMSUL_OIDC_COORDINATORS", "office")
    mode(monkeypatch, "oidc")


NEITHER = "Your provider does not say that you may use this: ask your coordinator."


@pytest.mark.parametrize(
    ("stated", "role"),
    [
        ("office", Role.COORDINATOR),
        ("residents", Role.READER),
        ("the radiologists", Role.READER),
        ("others residents", Role.READER),
        ("residents office", Role.COORDINATOR),
        (["residents", "office"], Role.COORDINATOR),
        (["others", "the radiologists"], Role.READER),
        ("radiologists", None),
        ("Office", None),
        ("back-office", None),
        ("residents,office", None),
        (["others office"], None),
        ("", None),
        ([], None),
        (None, None),
        (True, None),
        (7, None),
        ({"office": True}, None),
        ([["office"]], None),
        (["office", 7], None),
        (["office", None], None),
    ],
)
def test_role_is_that_of_the_claim(roles_by_claim: None, stated: object, role: Role | None) -> None:
    app = opened("", ada_at_the_provider(groups=stated, role="coordinator", roles=["office"]))
    assert [error.value for error in app.error] == ([] if role else [NEITHER])
    expected = (Account("ada@example.org", role),) if role else ()
    assert sign_in._accounts().all() == expected


def test_account_without_a_value_of_the_claim_is_refused(roles_by_claim: None) -> None:
    sign_in._accounts().add("ada@example.org", Role.COORDINATOR)
    app = opened("", ada_at_the_provider())
    assert [error.value for error in app.error] == [NEITHER]
    ways = ["Sign in with your organisation", "Sign out there"]
    assert [button.label for button in app.button] == ways


def test_role_follows_the_claim_at_the_next_sign_in(roles_by_claim: None) -> None:
    first = opened("models", ada_at_the_provider(nonce="1", groups="office"))
    assert not first.error
    second = opened("models", ada_at_the_provider(nonce="2", groups="residents"))
    assert [error.value for error in second.error] == [COORDINATORS_ONLY]
    # One person has one role, whichever browser they use.
    assert [error.value for error in first.run().error] == [COORDINATORS_ONLY]


def test_disabled_account_is_refused_whatever_the_claim(roles_by_claim: None) -> None:
    app = opened("models", ada_at_the_provider(nonce="1", groups="office"))
    sign_in._accounts().disable("ada@example.org")
    again = opened("", ada_at_the_provider(nonce="2", groups="office"))
    for refused in (app.run(), again):
        (error,) = refused.error
        assert error.value.startswith("There is no account for `ada@example.org`")


def test_address_that_is_not_verified_gets_no_account(roles_by_claim: None) -> None:
    app = opened("", ada_at_the_provider(email_verified=False, groups="office"))
    assert "is verified" in app.error[0].value
    assert sign_in._accounts().all() == ()


@pytest.mark.parametrize(
    "email", ["a" * 81, "ada@example.org\x07", " ada@example.org", ["ada@example.org"], 7]
)
def test_address_that_cannot_be_a_name_is_refused_in_a_sentence(
    roles_by_claim: None, email: object
) -> None:
    app = opened("", ada_at_the_provider(email=email, groups="office"))
    (error,) = app.error
    assert "e-mail address" in error.value and "ask your coordinator" in error.value
    assert sign_in._accounts().all() == ()


def test_claim_is_nothing_where_no_setting_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMSUL_OIDC_COORDINATORS", "office")
    mode(monkeypatch, "oidc")
    app = opened("", ada_at_the_provider(groups="office"))
    assert app.error[0].value.startswith("There is no account for `ada@example.org`")
    assert sign_in._accounts().all() == ()


def test_signing_out_ends_what_the_provider_said_in_every_tab(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mode(monkeypatch, "oidc")
    sign_in._accounts().add("ada@example.org", Role.READER)
    said = ada_at_the_provider(nonce="1")
    one, other = opened("", said), opened("", said)
    one.button[0].click().run()
    (error,) = other.run().error
    assert error.value == "This sign-in has ended: sign in again."
    assert not opened("", ada_at_the_provider(nonce="2")).error


@pytest.mark.parametrize("why", provider.SENTENCES)
def test_failure_at_the_provider_is_said(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    mode(monkeypatch, "oidc")
    app = opened("", **{provider.PARAMETER: why})
    assert [error.value for error in app.error] == [provider.SENTENCES[why]]
    assert not opened("", **{provider.PARAMETER: "<b>made up</b>"}).error


def test_cookie_of_ours_is_nothing_to_the_provider(
    monkeypatch: pytest.MonkeyPatch, as_carl: str
) -> None:
    monkeypatch.setenv("SHAMSUL_SIGN_IN", "oidc")
    settings.cache_clear()
    assert [button.label for button in opened().button] == ["Sign in with your organisation"]


def test_provider_that_is_not_set_up_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    mode(monkeypatch, "oidc")
    app = opened()
    app.button[0].click().run()
    assert not app.exception
    (error,) = app.error
    assert "not set up" in error.value
