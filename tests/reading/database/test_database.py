"""Losing a race, which SQLite's lock prevents and PostgreSQL does not."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from shamsul.reading import StoreError
from shamsul.reading.database import transactions
from shamsul.reading.database.transactions import Database


class Deadlock(Exception):
    sqlstate = "40P01"


@pytest.fixture
def memory(monkeypatch):
    monkeypatch.setattr(transactions.time, "sleep", lambda seconds: None)
    memory = Database("sqlite://")
    memory.write(lambda session: session.execute(text("CREATE TABLE note (line TEXT)")))
    yield memory
    memory.close()


@pytest.mark.parametrize(
    "error",
    [
        IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed")),
        OperationalError("INSERT", {}, Deadlock("deadlock detected")),
    ],
)
def test_the_loser_of_a_race_starts_again_from_nothing(memory, error):
    attempts = []

    def work(session):
        session.execute(text("INSERT INTO note VALUES ('once')"))
        attempts.append(error)
        if len(attempts) < 3:
            raise error
        return "done"

    assert memory.write(work) == "done"
    assert memory.read(lambda session: session.scalar(text("SELECT count(*) FROM note"))) == 1


def test_a_race_that_is_always_lost_ends(memory):
    def work(session):
        raise IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed"))

    with pytest.raises(StoreError, match=r"\(UNIQUE constraint failed\); nothing was saved\.$"):
        memory.write(work)


def test_another_error_is_not_tried_again(memory):
    attempts = []

    def work(session):
        attempts.append(session)
        session.execute(text("SELECT * FROM nowhere"))

    with pytest.raises(StoreError, match=r"\(no such table: nowhere\)"):
        memory.write(work)
    assert len(attempts) == 1


def test_passwords_are_not_told():
    with pytest.raises(StoreError) as caught:
        Database("postgresql+psycopg://reader:s3cret@localhost:1/shamsul").read(
            lambda session: session.execute(text("SELECT 1"))
        )
    assert "s3cret" not in str(caught.value)
