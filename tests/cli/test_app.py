"""``shamsul app``: what it starts Streamlit with; tests/ui/test_installed_browser.py starts it."""

import os
import socket
import sys
from functools import partial
from pathlib import Path

import pytest

from shamsul.settings import HOME
from tests.cli.command import Run, run_in


@pytest.fixture
def app(tmp_path: Path) -> Run:
    """Run ``shamsul app`` in an empty folder."""
    return partial(run_in, tmp_path, "app")


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str | None]]:
    """What this process would have become, and the theme that its pages would have at first."""
    found: list[tuple[list[str], str | None]] = []
    monkeypatch.delenv("SHAMSUL_THEME", raising=False)
    monkeypatch.setattr(
        os,
        "execv",
        lambda program, arguments: found.append((arguments, os.environ.get("SHAMSUL_THEME"))),
    )
    return found


def test_without_options_streamlit_gets_none(
    app: Run, began: list[tuple[list[str], str | None]]
) -> None:
    assert app().returncode == 0
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(HOME / "app.py")]
    assert began == [(command, None)]


def test_options_become_streamlits_and_what_follows_the_dashes_comes_last(
    app: Run, began: list[tuple[list[str], str | None]]
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    further = ["--server.headless=true", "--server.port", "9000"]
    done = app("--port", port, "--address", "localhost", "--theme", "light", "--", *further)
    assert done.returncode == 0
    ((command, theme),) = began
    assert command[6:] == [
        "--server.address=localhost",
        f"--server.port={port}",
        *further,
    ]
    # No option of Streamlit's: it holds only until somebody chooses in the app's menu.
    assert theme == "light"


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
    app: Run, began: list[tuple[list[str], str | None]], arguments: tuple[str, ...], says: str
) -> None:
    done = app(*arguments)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert says in line and not began


def test_port_that_is_taken_is_a_sentence(
    app: Run, began: list[tuple[list[str], str | None]]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = app("--port", port)
    assert done.returncode == 2 and not began
    assert f"cannot answer at 127.0.0.1, port {port}: " in done.stderr
