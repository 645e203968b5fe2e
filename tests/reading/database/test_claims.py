"""Who computes what, where several servers share a PostgreSQL."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shamsul.reading.database.claims import Claims
from shamsul.reading.database.transactions import Database
from tests.reading.database.postgres import Postgres

ONE, OTHER = "ff" * 32, "01" * 32


def test_a_file_is_of_one_server(tmp_path: Path) -> None:
    assert Claims.of(Database(f"sqlite:///{tmp_path / 'ratings.db'}")) is None


Made = Callable[[str], Claims]


@pytest.fixture
def claims_on() -> Iterator[Made]:
    """Makes the claims of one more server."""
    with ExitStack() as stack:

        def make(url: str) -> Claims:
            database = Database(url)
            stack.callback(database.close)
            claims = Claims.of(database)
            assert claims is not None
            stack.callback(claims.close)
            return claims

        yield make


@pytest.mark.long
def test_one_server_has_each(postgres: Postgres, claims_on: Made) -> None:
    url = postgres.new_database()
    first, second = claims_on(url), claims_on(url)
    assert first.take(ONE)
    assert not second.take(ONE)
    assert second.take(OTHER)
    assert not first.take(OTHER)
    first.give_back(ONE)
    assert second.take(ONE)
    second.close()
    assert first.take(ONE)
    assert first.take(OTHER)


@pytest.mark.long
def test_what_a_server_had_is_free_once_it_is_gone(postgres: Postgres, claims_on: Made) -> None:
    url = postgres.new_database()
    code = f"""
import time
from shamsul.reading.database.claims import Claims
from shamsul.reading.database.transactions import Database
assert Claims.of(Database({url!r})).take({ONE!r})
print("taken", flush=True)
time.sleep(600)
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"taken\n"
    claims = claims_on(url)
    assert not claims.take(ONE)
    other.kill()
    other.communicate()
    deadline = time.monotonic() + 20
    while not claims.take(ONE):
        assert time.monotonic() < deadline, "it is still claimed"
        time.sleep(0.05)


@pytest.mark.long
def test_without_its_database_a_server_computes_and_asks_again(
    postgres: Postgres, claims_on: Made
) -> None:
    url = postgres.new_database()
    claims, other = claims_on(url), claims_on(url)
    assert claims.take(ONE)
    postgres.halt()
    try:
        assert claims.take(OTHER)
        claims.give_back(OTHER)
    finally:
        postgres.start()
    assert claims.take(OTHER)
    assert not other.take(OTHER)
