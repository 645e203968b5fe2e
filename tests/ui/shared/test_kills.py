"""Servers killed a hundred times while answers come: none is lost, none is kept twice."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.ui.conftest import ROOT, free_port, make_study, study_text

SERVER = Path(__file__).with_name("answering_server.py")
#: Each has a server of their own; the database is the same.
READERS = ("Ada", "Bo")
KILLS = 50
NOTES = """
[[question]]
id = "notes"
wording = "Notes"
kind = "text"
step = "image"

[[question]]
id = "more"
wording = "More notes"
kind = "text"
step = "image"
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the servers are forked")


class Outbox:
    """What questionnaire.js does with clicks: keep and send them until they are saved."""

    def __init__(self, reader: str) -> None:
        self.reader = reader
        self.clicks: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.widget = ""
        self.shown_as_saved = 0

    def click(self) -> None:
        number = len(self.clicks) + 1
        click = {
            "number": number,
            "token": "case",
            "item": "more" if number % 3 == 0 else "notes",
            "value": f"note {number}",
            "seconds": number / 7,
        }
        self.clicks.append(click)
        self.events.append(click)

    def send(self, socket: ClientConnection) -> None:
        message = BackMsg()
        message.rerun_script.query_string = f"reader={self.reader}"
        if self.widget:
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self.widget
            state.json_value = json.dumps({"outbox": {"id": "browser", "events": self.events}})
        socket.send(message.SerializeToString())

    def hear(self, frame: str | bytes) -> bool:
        """Take a message in; whether it was about answers."""
        assert isinstance(frame, bytes)
        component = ForwardMsg.FromString(frame).delta.new_element.bidi_component
        if not component.json:
            return False
        self.widget = component.id
        up_to = json.loads(component.json)["saved"].get("browser", 0)
        self.shown_as_saved = max(self.shown_as_saved, up_to)
        self.events = [event for event in self.events if event["number"] > up_to]
        return True


@contextmanager
def connected(port: int, process: int) -> Iterator[ClientConnection]:
    """A connection as soon as the server takes one."""
    deadline = time.monotonic() + 120
    while True:
        try:
            socket = connect(f"ws://127.0.0.1:{port}/_stcore/stream", open_timeout=5)
            break
        except OSError:
            os.kill(process, 0)  # raises once it is gone
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.01)
    with socket:
        yield socket


def answer_until_killed(reader: str, folder: Path) -> tuple[Outbox, int]:
    """Answer, with up to three clicks on their way, through servers that are killed."""
    port, outbox, chance = free_port(), Outbox(reader), random.Random(time.time_ns())
    with subprocess.Popen(
        [sys.executable, SERVER, str(port)],
        cwd=ROOT,
        env={**os.environ, "SHAMSUL_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            amid = 0
            for _ in range(KILLS):
                process = int(server.stdout.readline())
                amid += answer_for(chance.random(), outbox, port, process)
                os.kill(process, signal.SIGKILL)
            process = int(server.stdout.readline())
            with connected(port, process) as socket:
                settle(outbox, socket)
            return outbox, amid
        finally:
            server.kill()
            os.kill(process, signal.SIGKILL)


def answer_for(share: float, outbox: Outbox, port: int, process: int) -> bool:
    """Answer until some time after the first word about answers; whether any was on its way.

    A share of the time that the first word took, as on a busy machine all takes longer.
    """
    with connected(port, process) as socket:
        outbox.send(socket)
        sent, end = time.monotonic(), None
        while end is None or time.monotonic() < end:
            try:
                heard = outbox.hear(socket.recv(timeout=20 if end is None else 0.01))
            except TimeoutError:
                assert end is not None, "the server does not answer"
                continue
            if not heard:
                continue
            # A session's first message does not know yet that its answers are any.
            again = end is None
            now = time.monotonic()
            end = end or now + share * max(0.25, now - sent)
            if len(outbox.events) < 3:
                outbox.click()
                again = True
            if again:
                outbox.send(socket)
    return bool(outbox.events)


def settle(outbox: Outbox, socket: ClientConnection) -> None:
    """Send what is left, again and again as the page does, until it is saved."""
    for _ in range(5):
        outbox.send(socket)
        with suppress(TimeoutError):
            while outbox.events:
                outbox.hear(socket.recv(timeout=4))


def test_no_answer_is_lost_or_kept_twice_by_a_hundred_kills(tmp_path: Path) -> None:
    make_study(tmp_path, study_text(questions=NOTES, readers=READERS))
    with ThreadPoolExecutor(len(READERS)) as readers:
        outcomes = list(readers.map(answer_until_killed, READERS, [tmp_path] * len(READERS)))
    with closing(sqlite3.connect(tmp_path / "shamsul.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute(
            "SELECT reader, item, value FROM revision JOIN answer ON answer.id = answer_id "
            "ORDER BY answer_id, number"
        ).fetchall()
    for outbox, amid in outcomes:
        assert amid > KILLS / 4  # else nothing was at stake
        assert outbox.shown_as_saved == len(outbox.clicks) > KILLS
        for item in ("notes", "more"):
            clicked = [click["value"] for click in outbox.clicks if click["item"] == item]
            kept = [json.loads(row[2]) for row in rows if row[:2] == (outbox.reader, item)]
            # Each once, in the order given: the last one is the current one.
            assert kept == clicked
