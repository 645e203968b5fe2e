"""``shamsul app``: what it starts Streamlit with; tests/ui/test_installed_browser.py starts it."""

import os
import socket
import sys
from functools import partial
from pathlib import Path

import pytest

from shamsul.cli.app import THEMES
from shamsul.settings import HOME
from tests.cli.command import Run, run_in


@pytest.fixture
def app(tmp_path: Path) -> Run:
    """Run ``shamsul app`` in an empty folder."""
    return partial(run_in, tmp_path, "app")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What this process would have become."""
    command: list[str] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: command.extend(arguments))
    return command


def test_without_options_streamlit_gets_none(app: Run, started: list[str]) -> None:
    assert app().returncode == 0
    assert started == [sys.executable, "-P", "-m", "streamlit", "run", str(HOME / "app.py")]


def test_options_become_streamlits_and_what_follows_the_dashes_comes_last(
    app: Run, started: list[str]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    further = ["--server.headless=true", "--server.port", "9000"]
    done = app("--port", port, "--address", "localhost", "--theme", "light", "--", *further)
    assert done.returncode == 0
    assert started[6:] == [
        "--theme.base=light",
        *(f"--theme.{name}={value}" for name, value in THEMES["light"].items() if name != "base"),
        "--server.address=localhost",
        f"--server.port={port}",
        *further,
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--port", "0"), "--port"),
        (("--port", "65536"), "--port"),
        (("--port", "http"), "--port"),
        (("--theme", "blue"), "no theme 'blue'; there are dark, light"),
        (("--address", "nowhere.invalid"), "cannot answer at nowhere.invalid: "),
        (("9000",), "starts with --, unlike '9000'"),
        (("--server.headless=true",), "--server.headless"),
    ],
    ids=str,
)
def test_bad_option_is_one_sentence_and_status_2(
    app: Run, started: list[str], arguments: tuple[str, ...], says: str
) -> None:
    done = app(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert says in line and not started


def test_port_that_is_taken_is_a_sentence(app: Run, started: list[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = app("--port", port)
    assert done.returncode == 2 and not started
    assert f"cannot answer at 127.0.0.1, port {port}: " in done.stderr
