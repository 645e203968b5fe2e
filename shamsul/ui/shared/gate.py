"""What the server asks of every request before Streamlit sees it, and adds to every answer.

References
----------
.. [1] Content Security Policy Level 3, https://www.w3.org/TR/CSP3/
.. [2] The WebSocket Protocol, RFC 6455, 10.2 (Origin Considerations)
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime

from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Account, Role
from shamsul.settings import settings

#: Files of the largest size that a session may have on the server at a time.
FILES_AT_A_TIME: Final = 20
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")
_MEDIA = re.compile(r"/media/([^/.]+)[^/]*$")
#: Sessions whose visitors are known; the oldest are forgotten.
_KNOWN: Final = 10_000
#: Connections of those who have not signed in, each of which holds a session's memory.
MOST_STRANGERS: Final = 200


def policy(frame_ancestors: str) -> str:
    """What a page may load and run [1]_: nothing that is not from this server.

    Parameters
    ----------
    frame_ancestors : str
        Sources of the pages that may show this one in a frame, for example "'self'".
    """
    directives = {
        "default-src": "'self'",
        # Streamlit's page sets a variable inline, and its components are modules of their own.
        "script-src": "'self' 'unsafe-inline' 'wasm-unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "frame-src": "'self' blob: data:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frame_ancestors,
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def prefix() -> str:
    """What every address of the server begins with: "/" and its base, or nothing."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}" if base else ""


class Visitors:
    """Who is behind each session of the server, to be asked at any time."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Callable[[], Account | None], str]] = OrderedDict()
        self._connected: list[str] = []

    def remember(
        self, session: str, visitor: Callable[[], Account | None], proof: str = ""
    ) -> None:
        """A page was drawn for somebody in a session, who showed a proof of who they are."""
        self._known[session] = visitor, proof
        self._known.move_to_end(session)
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)

    def may_upload(self, session: str) -> bool:
        """Whether somebody is behind a session who may bring radiographs in."""
        return self._may(session, Role.COORDINATOR)

    def may_load(self, proof: str, holders: Collection[str]) -> bool:
        """Whether a file of a page may be loaded: an image, or what a button has made.

        A coordinator may load what any page shows; others what a page of theirs shows, or one that
        was drawn for nobody, which is the app's icon.

        Parameters
        ----------
        proof : str
            What is shown with the request; empty if nothing is.
        holders : collection of str
            The sessions whose pages show the file.
        """
        own = [
            session for session, (_, shown) in list(self._known.items()) if proof and shown == proof
        ]
        return (
            any(session not in self._known for session in holders)
            or any(self._may(session, Role.COORDINATOR) for session in own[-1:])
            or any(self._may(session, Role.READER) for session in own if session in holders)
        )

    def may_connect(self, proof: str) -> bool:
        """Whether a page may be opened: by those who have signed in always, by few others."""
        signed_in = {shown for _, shown in list(self._known.values()) if shown}
        strangers = sum(one not in signed_in for one in list(self._connected))
        return proof in signed_in or strangers < MOST_STRANGERS

    @contextmanager
    def connected(self, proof: str) -> Iterator[None]:
        """While a page is open, for whoever shows a proof."""
        self._connected.append(proof)
        try:
            yield
        finally:
            self._connected.remove(proof)

    def _may(self, session: str, role: Role) -> bool:
        visitor, _ = self._known.get(session, (lambda: None, ""))
        try:
            account = visitor()
        except StoreError:
            return False
        return account is not None and account.may(role)


#: Of this server.
VISITORS: Final = Visitors()


class Gate:
    """ASGI middleware: refuses what is not to be answered, and says how answers are to be used.

    A WebSocket is opened for pages of this server only [2]_: a browser sends the sign-in cookie to
    every port of a host, and a page on another port must not use it; and for no more than
    `MOST_STRANGERS` who have not signed in, since each takes memory. Files are taken from sessions
    of coordinators only, and no more at a time than `FILES_AT_A_TIME` of the largest size. Images
    and files of pages have addresses of their own: they are for those whose pages show them.

    Parameters
    ----------
    app : ASGI application
        Streamlit's.
    proof_of : callable
        What a request shows of who asks, as `Visitors.remember` was told; empty if nothing.
    visitors : Visitors
    """

    def __init__(
        self, app: ASGIApp, proof_of: Callable[[Scope], str], visitors: Visitors = VISITORS
    ) -> None:
        self.app, self.proof_of, self.visitors = app, proof_of, visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have Streamlit answer."""
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(message)
            await send(message)

        upload = _UPLOAD.search(scope["path"])
        if upload and scope["method"] in ("PUT", "POST", "DELETE"):
            refusal = await run_in_threadpool(self._refusal, upload[1], Headers(scope=scope))
            if refusal is not None:
                await refusal(scope, receive, with_headers)
                return
        media = None if _is_static(scope["path"]) else _MEDIA.search(scope["path"])
        if media and not await run_in_threadpool(
            self.visitors.may_load, self.proof_of(scope), _holders(media[1])
        ):
            refused = PlainTextResponse("Sign in first.", 403)
            await refused(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_of_this_server(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008, "reason": "another origin"})
            return
        proof = self.proof_of(scope)
        if not self.visitors.may_connect(proof):
            reason = "too many have not signed in"
            await send({"type": "websocket.close", "code": 1013, "reason": reason})
            return
        with self.visitors.connected(proof):
            await self.app(scope, receive, send)

    def _refusal(self, session: str, headers: Headers) -> PlainTextResponse | None:
        if not self.visitors.may_upload(session):
            return PlainTextResponse("Sign in as a coordinator first.", 403)
        most = FILES_AT_A_TIME * settings().max_upload_mb * 2**20
        told = headers.get("content-length", "")
        if _held(session) + (int(told) if told.isdecimal() else 0) > most:
            reason = f"More than {most // 2**20} MB at a time; take the files in parts."
            return PlainTextResponse(reason, 413)
        return None


def _add_headers(message: MutableMapping[str, Any]) -> None:
    headers = MutableHeaders(scope=message)
    headers.setdefault("Content-Security-Policy", policy(settings().frame_ancestors))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    # Addresses name cases and studies.
    headers.setdefault("Referrer-Policy", "same-origin")


def _is_of_this_server(headers: Headers) -> bool:
    """Whether a page asks that this server has sent, or one that its owner allows; or no page."""
    origin = headers.get("origin")
    if origin is None or origin in st.get_option("server.corsAllowedOrigins"):
        return True
    return urlsplit(origin).netloc == headers.get("host")


def _held(session: str) -> int:
    """Bytes of the files that a session has on the server."""
    if not runtime.exists():
        return 0
    files: Any = runtime.get_instance().uploaded_file_mgr
    return sum(len(file.data) for file in list(files.file_storage.get(session, {}).values()))


def _is_static(path: str) -> bool:
    """Whether a path is that of Streamlit's own files, which also has a folder media: its fonts."""
    return path.startswith(f"{prefix()}/static/")


def _holders(file: str) -> set[str]:
    """Sessions whose pages show a file, by its identifier."""
    if not runtime.exists():
        return set()
    files: Any = runtime.get_instance().media_file_mgr
    by_session = files._files_by_session_and_coord  # Streamlit tells it nowhere else
    return {session for session, held in list(by_session.items()) if file in list(held.values())}
