"""What the server answers to whom, and with which headers."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Account, Role
from shamsul.settings import Settings
from shamsul.ui.shared import gate
from shamsul.ui.shared.gate import Gate, Visitors, policy

UPLOAD = "/_stcore/upload_file/session-1/file-1"


def run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: browser tests keep an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def app(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
    """Takes whatever it is asked."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"taken"})


def of(role: Role) -> Account:
    return Account("Ada", role, False)


@pytest.fixture
def visitors() -> Visitors:
    return Visitors()


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""


class Client:
    """Asks an ASGI application, without a server."""

    def __init__(self, asked: Gate) -> None:
        self.asked = asked

    def get(self, path: str, proof: str = "") -> Answer:
        return self._ask("GET", path, b"", proof)

    def put(self, path: str, content: bytes = b"") -> Answer:
        return self._ask("PUT", path, content)

    def _ask(self, method: str, path: str, content: bytes, proof: str = "") -> Answer:
        length = str(len(content)).encode()
        scope = {"type": "http", "method": method, "path": path, "proof": proof}
        scope["headers"] = [(b"host", b"127.0.0.1:8501"), (b"content-length", length)]
        answer = Answer()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {k.decode(): v.decode() for k, v in message["headers"]}
            else:
                answer.text += message["body"].decode()

        run(self.asked(scope, receive, send))
        return answer


@pytest.fixture
def client(visitors: Visitors) -> Client:
    return Client(Gate(app, lambda scope: scope.get("proof", ""), visitors))


def test_every_answer_says_that_nothing_comes_from_elsewhere(client: Client) -> None:
    for answer in (client.get("/"), client.get("/_stcore/health"), client.put(UPLOAD)):
        sources = dict(
            part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
        )
        assert sources["default-src"] == sources["frame-ancestors"] == "'self'"
        assert sources["object-src"] == "'none'"
        assert not [one for one in sources.values() if "http" in one or "*" in one]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_sites_that_may_frame_the_app_are_a_setting() -> None:
    assert policy("'self' https://ward.example.org").endswith(
        "frame-ancestors 'self' https://ward.example.org"
    )
    with pytest.raises(ValueError, match="frame_ancestors"):
        Settings(frame_ancestors="'self'; script-src *")


@pytest.mark.parametrize("role", [None, Role.READER])
def test_files_are_taken_from_coordinators_only(
    client: Client, visitors: Visitors, role: Role | None
) -> None:
    if role is not None:
        visitors.remember("session-1", lambda: of(role))
    refused = client.put(UPLOAD, content=b"x")
    assert (refused.status, refused.text) == (403, "Sign in as a coordinator first.")
    visitors.remember("session-1", lambda: of(Role.COORDINATOR))
    assert client.put(UPLOAD, content=b"x").text == "taken"
    assert client.put(UPLOAD.replace("session-1", "session-2"), content=b"x").status == 403


def test_somebody_who_signs_out_brings_nothing_in_any_more(
    client: Client, visitors: Visitors
) -> None:
    accounts = [of(Role.COORDINATOR)]
    visitors.remember("session-1", lambda: accounts[0] if accounts else None)
    assert client.put(UPLOAD, content=b"x").status == 200
    accounts.clear()
    assert client.put(UPLOAD, content=b"x").status == 403

    def away() -> Account:
        raise StoreError("The ratings database cannot be opened.")

    visitors.remember("session-1", away)
    assert client.put(UPLOAD, content=b"x").status == 403


def test_what_a_session_holds_is_bounded(
    client: Client, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitors.remember("session-1", lambda: of(Role.COORDINATOR))
    monkeypatch.setattr(gate, "settings", lambda: Settings(max_upload_mb=1))
    most = gate.FILES_AT_A_TIME * 2**20
    monkeypatch.setattr(gate, "_held", lambda session: most - 3)
    assert client.put(UPLOAD, content=b"xyz").status == 200
    refused = client.put(UPLOAD, content=b"wxyz")
    assert refused.status == 413 and "20 MB at a time" in refused.text


@pytest.mark.parametrize(
    ("origin", "opened"),
    [
        (None, True),  # no browser
        ("http://127.0.0.1:8501", True),
        ("http://127.0.0.1:9999", False),  # another port gets the cookie too
        ("http://localhost:8501", False),
        ("https://elsewhere.example.org", False),
        ("null", False),
    ],
)
def test_pages_of_this_server_alone_open_a_connection(origin: str | None, opened: bool) -> None:
    headers = [(b"host", b"127.0.0.1:8501")] + ([(b"origin", origin.encode())] if origin else [])
    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": headers}
    sent: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    run(Gate(app, lambda scope: "")(scope, None, send))  # type: ignore[arg-type]
    assert ("websocket.accept" in sent) == opened


def test_strangers_have_few_connections_and_take_none_from_those_who_signed_in(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_STRANGERS", 2)
    door = Gate(app, lambda scope: scope["proof"], visitors)

    def opens(proof: str) -> bool:
        sent: list[str] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message["type"])

        headers = [(b"host", b"127.0.0.1:8501")]
        scope = {"type": "websocket", "path": "/", "headers": headers, "proof": proof}
        run(door(scope, None, send))  # type: ignore[arg-type]
        return "websocket.accept" in sent

    assert [opens("") for _ in range(5)] == [True] * 5  # one after another
    with ExitStack() as held:
        for proof in ("", "made up"):
            assert visitors.may_connect(proof)
            held.enter_context(visitors.connected(proof))
        assert not opens("") and not opens("of Ada")
        visitors.remember("Ada's page", lambda: of(Role.READER), "of Ada")
        assert opens("of Ada") and not opens("")
        # Who signs in on an open page is no stranger any more.
        visitors.remember("another page", lambda: of(Role.READER), "made up")
        assert opens("")
    assert opens("")


def test_old_sessions_are_forgotten(visitors: Visitors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_KNOWN", 2)
    for number in range(3):
        visitors.remember(str(number), lambda: of(Role.COORDINATOR))
    assert [visitors.may_upload(str(number)) for number in range(3)] == [False, True, True]


@pytest.mark.parametrize(
    ("proof", "loaded"),
    [
        ("", {"icon"}),
        ("of Ada", {"icon", "Ada's"}),
        ("of Bo", {"icon"}),  # disabled or signed out meanwhile
        ("of Carl", {"icon", "Ada's", "Carl's", "made by a click"}),
        ("of nobody", {"icon"}),
    ],
)
def test_files_of_pages_are_for_those_who_see_the_page(
    client: Client,
    visitors: Visitors,
    monkeypatch: pytest.MonkeyPatch,
    proof: str,
    loaded: set[str],
) -> None:
    visitors.remember("session-ada", lambda: of(Role.READER), "of Ada")
    visitors.remember("session-bo", lambda: None, "of Bo")
    visitors.remember("session-carl", lambda: of(Role.COORDINATOR), "of Carl")
    held = {
        "icon": {"session-of-nobody", "session-carl"},
        "Ada's": {"session-ada", "session-bo"},
        "Carl's": {"session-carl"},
        "made by a click": set(),
    }
    monkeypatch.setattr(gate, "_holders", lambda file: held[file])
    answers = {file: client.get(f"/base/media/{file}.png", proof) for file in held}
    assert {file for file, answer in answers.items() if answer.status == 200} == loaded
    refused = [answer for file, answer in answers.items() if file not in loaded]
    assert all((one.status, one.text) == (403, "Sign in first.") for one in refused)


@pytest.mark.parametrize("base", ["", "of/static"])
def test_streamlits_own_fonts_need_no_sign_in_and_files_always_do(
    client: Client, visitors: Visitors, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    visitors.remember("session-ada", lambda: of(Role.READER), "of Ada")
    monkeypatch.setattr(gate, "_holders", lambda file: {"session-ada"})
    monkeypatch.setattr("streamlit.get_option", {"server.baseUrlPath": base}.__getitem__)
    under = f"/{base}" if base else ""
    assert client.get(f"{under}/static/media/MaterialSymbols-Rounded.nEdyypZU.woff2").status == 200
    for path in (f"{under}/media/film.png", "/other/static/media/film.png"):
        assert client.get(path).status == 403
