"""A sign-in by OpenID Connect that fails on its way: a sentence on the sign-in screen.

References
----------
.. [1] OpenID Connect Core 1.0, 3.1.2.6 (Authentication Error Response),
   https://openid.net/specs/openid-connect-core-1_0.html
"""

from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shamsul.ui.shared.gate import prefix

#: Of the sign-in screen's address: why a sign-in failed.
PARAMETER: Final = "sign-in"
#: What is said, by the parameter's value.
SENTENCES: Final = {
    "away": "Your organisation's sign-in cannot be reached: try again later.",
    "failed": "Your organisation's sign-in did not let you in: try again, or ask your coordinator.",
}
_COOKIE: Final = "_streamlit_user="


class Provider:
    """ASGI middleware: Streamlit answers failures with a bare line of text, or not at all.

    Its answer to ``/auth/login`` is an error where the provider cannot be asked; that to
    ``/oauth2callback`` leads to the app without having made anybody known where the provider sends
    an error [1]_ or its code is good for nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have Streamlit answer, and lead to the sign-in screen where that is a failure."""
        path = str(scope.get("path", "")).rstrip("/")
        if scope["type"] != "http" or not path.endswith(("/auth/login", "/oauth2callback")):
            await self.app(scope, receive, send)
            return
        returned = {"code", "error"} & parse_qs(scope["query_string"].decode("latin-1")).keys()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                known = any(
                    cookie.startswith(_COOKIE) and not cookie.startswith(f'{_COOKIE}""')
                    for cookie in headers.getlist("set-cookie")
                )
                if path.endswith("/auth/login"):
                    why = "away" if message["status"] >= 400 else ""
                else:
                    why = "failed" if returned and not known else ""
                if why:
                    message["status"] = 302
                    headers["location"] = _screen(why)
            await send(message)

        await self.app(scope, receive, told)


def _screen(why: str) -> str:
    return f"{prefix()}/?{PARAMETER}={why}"
