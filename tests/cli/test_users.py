"""``shamsul users`` as a program and as a person at a terminal would call it."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from shamsul.reading.database.accounts import Account, Accounts, Role, SignInError
from shamsul.reading.database.transactions import Database

PASSWORD = "correct horse"
SHAMSUL = [sys.executable, "-c", "from shamsul.cli import main; main()"]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SHAMSUL_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def accounts(data_dir: Path) -> Accounts:
    database = Database(f"sqlite:///{data_dir / 'shamsul.db'}")
    database.migrate()
    return Accounts(database)


@pytest.fixture
def users(data_dir: Path):
    """Run ``shamsul users`` in an empty installation."""

    def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [*SHAMSUL, "users", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=data_dir)

    return run


def test_account_from_the_first_to_the_last_command(users, accounts: Accounts) -> None:
    add = ("add", "Ada", "--role", "reader", "--password-stdin", "--json")
    done = users(*add, stdin=f"{PASSWORD}\nanother line\n")
    assert json.loads(done.stdout) == {"name": "Ada", "role": "reader", "disabled": False}
    assert PASSWORD not in done.stdout + done.stderr
    token = accounts.sign_in("Ada", PASSWORD)

    assert json.loads(users("role", "Ada", "coordinator", "--json").stdout)["role"] == "coordinator"
    assert accounts.who(token) == Account("Ada", Role.COORDINATOR)

    users("password", "Ada", "--password-stdin", stdin="a new password")
    token = accounts.sign_in("Ada", "a new password")

    assert users("disable", "Ada").stdout == "coordinator Ada (disabled)\n"
    assert accounts.who(token) is None
    assert users("enable", "Ada").stdout == "coordinator Ada\n"

    users("add", "bea@example.org", "--role", "reader", "--no-password")
    with pytest.raises(SignInError):
        accounts.sign_in("bea@example.org", "")
    assert users("list").stdout == "coordinator Ada\nreader      bea@example.org\n"
    assert json.loads(users("list", "--json").stdout) == {
        "users": [
            {"name": "Ada", "role": "coordinator", "disabled": False},
            {"name": "bea@example.org", "role": "reader", "disabled": False},
        ]
    }


def test_password_is_asked_for_twice_without_an_echo(accounts: Accounts) -> None:
    keyboard, terminal = os.openpty()
    asked = subprocess.Popen(
        [*SHAMSUL, "users", "add", "Ada", "--role", "reader"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # away from the terminal of whoever runs the tests
    )
    assert asked.stderr is not None
    for question in (b"Password: ", b"Repeat for confirmation: "):
        assert asked.stderr.read(len(question)) == question
        os.write(keyboard, f"{PASSWORD}\n".encode())
        assert asked.stderr.read(1) == b"\n"
    out, _ = asked.communicate(timeout=60)
    assert (asked.returncode, out) == (0, b"reader      Ada\n")
    assert select.select([keyboard], [], [], 0)[0] == []  # nothing was echoed
    os.close(keyboard)
    os.close(terminal)
    assert accounts.sign_in("Ada", PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("add", "Ada", "--role", "reader", "--password-stdin"),
            "A password has at least 10 characters.",
        ),
        (
            ("add", "Ada", "--role", "reader"),
            "There is no terminal to ask for the password: use --password-stdin.",
        ),
        (
            ("add", "Ada", "--role", "king", "--no-password"),
            "There is no role 'king'; there are reader, coordinator.",
        ),
        (
            ("add", "Ada", "--role", "reader", "--no-password", "--password-stdin"),
            "Either --no-password or --password-stdin, not both.",
        ),
        (("disable", "Zoe"), "There is no account named Zoe."),
    ],
)
def test_bad_input_is_one_sentence(users, arguments: tuple[str, ...], sentence: str) -> None:
    done = users(*arguments, stdin="short\n")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{sentence}\n")
