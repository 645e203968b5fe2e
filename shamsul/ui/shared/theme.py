"""Light or dark: chosen in the app's menu, kept by the browser, and of an installation at first."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shamsul.settings import settings

# Streamlit keeps the choice of its menu apart for each page that one comes to first; a page that
# nobody has chosen for looks as the browser prefers, which in a reading room may be too bright.
_SCRIPT: Final = """<script>
try {{
  const theirs = `stActiveTheme-${{location.pathname}}-v2`;
  localStorage.setItem(theirs, localStorage.getItem("shamsul-theme") ?? '"{first}"');
  const keep = () => localStorage.setItem("shamsul-theme", localStorage.getItem(theirs));
  addEventListener("click", () => setTimeout(keep));
  addEventListener("keyup", () => setTimeout(keep));
}} catch {{ /* storage is forbidden: the browser's own preference */ }}
</script></head>"""


class Theme:
    """ASGI middleware: pages begin in the theme that was chosen, at first in the installation's.

    Parameters
    ----------
    app : ASGI application
        Streamlit's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as Streamlit does; its page gets a script that runs before its own."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        start: Message = {}
        body = b""

        async def with_script(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            if not _is_page(start):
                await send(message)
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                page = body.replace(b"</head>", _script(), 1)
                MutableHeaders(raw=start["headers"])["content-length"] = str(len(page))
                await send(start)
                await send({"type": "http.response.body", "body": page})

        await self.app({**scope, "headers": plain}, receive, with_script)


def _is_page(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _script() -> bytes:
    return _SCRIPT.format(first=settings().theme.capitalize()).encode()
