"""Who is using the app: looked up anew in every run, never taken from a widget or an address.

The browser shows who it is by a cookie that no script can read. A page's run cannot set such a
cookie, so it hands the token over by way of a route: the run leaves it there under a code, and the
browser fetches it with that code, once.
"""

import ipaddress
import json
import secrets
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Scope
from streamlit.errors import StreamlitAuthError
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import AUTH_COOKIE_NAME

from shamsul.operations.log import REQUEST
from shamsul.reading import StoreError, reader_name
from shamsul.reading.database.accounts import SIGNED_IN_FOR, Account, Accounts, Role, SignInError
from shamsul.reading.database.transactions import Database
from shamsul.settings import settings
from shamsul.ui.shared import provider
from shamsul.ui.shared.gate import VISITORS, prefix
from shamsul.ui.shared.wording import plain

COOKIE = "shamsul-sign-in"
#: Seconds that a token waits to be fetched.
PATIENCE = 60.0
#: What a reverse proxy says of who is behind it.
_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
_CODE = "X-Sign-In-Code"  # a header of one's own cannot be sent from another site

_NOT_HERE = (
    "Without sign-in SHAMSUL can be used on its own machine only, at `http://localhost`; whoever "
    "runs it switches sign-in on by the setting `SHAMSUL_SIGN_IN`."
)

_fetch = st.components.v2.component(
    "shamsul_sign_in",
    html='<p role="alert"></p>',
    css="p { font: var(--st-font); color: var(--st-red-text-color); }",
    js=f"""
let fetched = "";
export default function ({{ data, parentElement }}) {{
  if (fetched === data.code) return;
  fetched = data.code;
  fetch(data.url, {{ method: "POST", headers: {{ "{_CODE}": data.code }} }})
    .then((answer) => {{
      if (!answer.ok) throw new Error(answer.status);
      location.reload();
    }})
    .catch(() => {{
      const said = parentElement.querySelector("p");
      said.textContent = "This browser could not be signed in: try again.";
    }});
}}
""",
)


@st.cache_resource(show_spinner=False)
def _accounts() -> Accounts:
    database = Database(settings().database)
    database.migrate()
    return Accounts(database)


def visitor() -> Callable[[], Account | None]:
    """Who is using this page, to be asked at any time, also when no page is run."""
    if settings().sign_in == "accounts":
        return partial(_accounts().who, st.context.cookies.get(COOKIE, ""))
    if settings().sign_in == "oidc":
        email, _ = _vouched_for()
        if not email:
            return lambda: None
        return partial(_accounts().vouched_for, email, _word(), _claimed())
    account = Account(_typed_name(), Role.COORDINATOR) if _on_this_machine() else None
    return lambda: account


def current() -> Account | None:
    """Who is using this page; None where nobody is signed in.

    Without sign-in it is a coordinator of the name that is typed, which may be empty.
    """
    return visitor()()


def require(role: Role) -> Account:
    """Who is using this page, if they may do what a role is for; else a sentence ends the run.

    Every page calls this, and every fragment, since that runs without the page. Where somebody has
    signed out meanwhile, or somebody else in, the whole page is run again.
    """
    REQUEST.set(st.session_state.get("request", ""))
    account = current()
    if account is None or _is_another(account):
        st.rerun()
    if not account.may(role):
        st.error(f"This page is for {role.value}s.")
        st.stop()
    return account


def begin(account: Account) -> None:
    """Forget what the session holds if it was somebody else's.

    It is if its connection was lost and came back after somebody else had signed in.
    """
    if _is_another(account):
        st.session_state.clear()
    st.session_state["account"] = account.name
    context = get_script_run_ctx()
    if context is not None:
        proof = _proof(st.context.headers, st.context.ip_address)
        VISITORS.remember(context.session_id, visitor(), proof)


def proof_of(scope: Scope) -> str:
    """What a request shows of who asks, to be compared with that of a page; empty if nothing."""
    address = scope.get("client")
    return _proof(Headers(scope=scope), address[0] if address else None)


def _proof(headers: Mapping[str, str], address: str | None) -> str:
    if settings().sign_in == "open":
        return "here" if _is_here(headers, address) else ""
    given = {name.lower(): value for name, value in headers.items()}.get("cookie", "")
    cookie = COOKIE if settings().sign_in == "accounts" else AUTH_COOKIE_NAME
    shown = sorted(one for one in map(str.strip, given.split(";")) if one.startswith(cookie))
    return "; ".join(shown)


def _is_another(account: Account) -> bool:
    before = st.session_state.get("account", account.name)
    return settings().sign_in != "open" and before != account.name


def screen() -> None:
    """What is drawn where nobody is signed in."""
    if settings().sign_in == "open":
        st.error(_NOT_HERE)
        return
    with st.columns([1, 1.1, 1])[1], st.container(border=True, key="sign-in-screen"):
        st.markdown("#### Sign in to SHAMSUL")
        if settings().sign_in == "accounts":
            _password_form()
        else:
            _provider_button()


def sign_out() -> None:
    """Forget this browser, in a callback."""
    by_provider = settings().sign_in == "oidc"
    try:
        _accounts().sign_out(_word() if by_provider else st.context.cookies.get(COOKIE, ""))
    except StoreError as error:
        st.error(f"{plain(str(error))} You are still signed in.")
        return
    if by_provider:
        st.logout()
    st.session_state.clear()


# Without sign-in


def _typed_name() -> str:
    try:
        return reader_name(st.session_state.get("name", ""))
    except ValueError:
        return ""


def _on_this_machine() -> bool:
    """Whether the connection is from this machine, by an address of its own, through no proxy.

    The browser's address cannot be made up, but may be that of a proxy on this machine. Such a
    proxy names itself or passes on for which address it was asked. This holds for a page of
    another site, too, whose name was made to lead here.
    """
    return _is_here(st.context.headers, st.context.ip_address)


def _is_here(headers: Mapping[str, str], address: str | None) -> bool:
    origin = urlsplit(headers.get("Origin", "")).hostname
    host = urlsplit(f"//{headers.get('Host', '')}").hostname
    return (
        not any(name in headers for name in _PROXIES)
        and all(name is None or _is_local(name) for name in (origin, host))
        and _is_local(address or "localhost")
    )


def _is_local(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    # An IPv6 socket says ::ffff:127.0.0.1.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


# By a password


def _password_form() -> None:
    with st.form("sign-in", border=False, enter_to_submit=True):
        st.text_input("Name", key="sign-in-name", max_chars=80, autocomplete="username")
        st.text_input(
            "Password", key="sign-in-password", type="password", autocomplete="current-password"
        )
        st.form_submit_button("Sign in", width="stretch", on_click=_submit)
    if refused := st.session_state.get("sign_in_refused"):
        st.error(refused)
    if code := st.session_state.get("sign_in_code"):
        _fetch(key="sign-in-fetch", data={"code": code, "url": _path()})


def _submit() -> None:
    state = st.session_state
    state["sign_in_refused"], state["sign_in_code"] = "", ""
    try:
        token = _accounts().sign_in(state["sign-in-name"], state["sign-in-password"])
    except (SignInError, StoreError) as error:
        state["sign_in_refused"] = str(error)
    else:
        state["sign_in_code"] = _leave(token)
    state["sign-in-password"] = ""


#: Tokens that wait to be fetched, and until when, by their codes.
_waiting: dict[str, tuple[str, float]] = {}


def _leave(token: str) -> str:
    """Let a token be fetched; gives the code."""
    now = time.monotonic()
    for code, (_, until) in list(_waiting.items()):
        if until < now:
            _waiting.pop(code, None)
    code = secrets.token_urlsafe(32)
    _waiting[code] = (token, now + PATIENCE)
    return code


async def _hand_over(request: Request) -> Response:
    """The token of a code, as a cookie."""
    token, until = _waiting.pop(request.headers.get(_CODE, ""), ("", 0.0))
    if until < time.monotonic():
        return Response(status_code=403)
    response = Response(status_code=204)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SIGNED_IN_FOR.total_seconds()),
        httponly=True,
        samesite="strict",
        # What the browser sees; behind a proxy the server itself may speak plain HTTP.
        secure=request.headers.get("Origin", "").startswith("https:"),
    )
    return response


def _path() -> str:
    return f"{prefix()}/sign-in"


def routes() -> list[Route]:
    """What the app's server answers besides pages."""
    return [Route(_path(), _hand_over, methods=["POST"])]


# By OpenID Connect


def _vouched_for() -> tuple[str, str]:
    """The e-mail address that the provider vouches for, or empty and why, in a sentence."""
    user: dict[str, Any] = dict(st.user.to_dict())
    if not user.get("is_logged_in"):
        return "", ""
    # Streamlit's cookie lives for 30 days.
    issued_at = user.get("iat")
    if not isinstance(issued_at, int | float) or (
        time.time() > issued_at + SIGNED_IN_FOR.total_seconds()
    ):
        return "", "You signed in too long ago: sign in again."
    email = user.get("email")
    if not isinstance(email, str) or not email:
        return "", "Your provider does not tell your e-mail address: ask your coordinator."
    if not _is_a_name(email):
        return "", "Your e-mail address cannot be the name of an account: ask your coordinator."
    if user.get("email_verified") not in (True, "true"):
        return "", "Your provider does not say that your e-mail address is verified."
    if settings().oidc_role_claim and _claimed() is None:
        return "", "Your provider does not say that you may use this: ask your coordinator."
    return email, ""


def _is_a_name(email: str) -> bool:
    """Whether an account can have it as its name, letter by letter."""
    try:
        return reader_name(email) == email
    except ValueError:
        return False


def _claimed() -> Role | None:
    """The role that the provider gives, where that is its to say."""
    stated: object = st.user.to_dict().get(settings().oidc_role_claim)
    # A list as most have it; a text may be one value, or several words.
    values = [stated, *stated.split()] if isinstance(stated, str) else stated
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        return None
    if not set(settings().oidc_coordinators).isdisjoint(values):
        return Role.COORDINATOR
    return None if set(settings().oidc_readers).isdisjoint(values) else Role.READER


def _word() -> str:
    """What the provider said of this sign-in: a tab keeps it until it is loaded again."""
    return json.dumps(st.user.to_dict(), sort_keys=True, default=str)


def _provider_button() -> None:
    email, refused = _vouched_for()
    if email:
        refused = (
            "This sign-in has ended: sign in again."
            if _accounts().named(email)
            else f"There is no account for `{email.replace('`', '')}`: ask your coordinator."
        )
    failed = provider.SENTENCES.get(st.query_params.get(provider.PARAMETER, ""), "")
    if refused := st.session_state.pop("sign_in_refused", "") or refused or failed:
        st.error(refused)
    st.button("Sign in with your organisation", width="stretch", on_click=_leave_for)
    if st.user.get("is_logged_in"):
        # Else a provider that asks nothing gives the same account again.
        st.button("Sign out there", width="stretch", on_click=sign_out)


def _leave_for() -> None:
    try:
        st.login()
    except StreamlitAuthError:
        st.session_state["sign_in_refused"] = (
            "Sign-in is not set up yet: it needs `pip install 'shamsul[oidc]'` and the table "
            "`[auth]` in `.streamlit/secrets.toml`."
        )
