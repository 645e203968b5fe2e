"""What a person is told when the database fails: a sentence, and nothing of where it is."""

import pytest
from sqlalchemy.exc import OperationalError

from shamsul.reading import Store, StoreError
from shamsul.reading.database.transactions import Database

SERVER = 'connection to server at "db.example" (10.0.0.7), port 5432 failed: '
PRIVATE = ("db.example", "10.0.0.7", "5432", "hunter2", "ada_dbo")


class DriverError(Exception):
    """As PostgreSQL's driver raises it."""

    __module__ = "psycopg"


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        (f"{SERVER}Connection refused", "The ratings database failed: it cannot be reached."),
        (
            f'{SERVER}FATAL:  password authentication failed for user "ada_dbo"',
            "refuses the app's account",
        ),
        (f"{SERVER}FATAL:  sorry, too many clients already", "has too many connections"),
        (f"{SERVER}FATAL:  the database system is starting up", "just being started"),
        ('could not translate host name "db.example" to address', "cannot be reached"),
        ("server closed the connection unexpectedly", "was stopped"),
        ("out of memory\nDETAIL: Failed on request of size 24", "too little memory"),
        ("could not serialize access due to concurrent update", "busy with another writer"),
        ("database disk image is malformed", "is damaged"),
        ("oops at db.example:5432", "The ratings database failed (DriverError)."),
    ],
)
def test_a_failure_is_a_sentence_without_places(tmp_path, caplog, cause: str, says: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")

    def fail(session: object) -> None:
        raise OperationalError("SELECT 1", {}, DriverError(cause))

    for run, ends in ((database.read, ""), (database.write, "; nothing was saved")):
        with pytest.raises(StoreError) as caught:
            run(fail)
        said = str(caught.value)
        assert says.removesuffix(".") in said and said.endswith(f"{ends}.")
        assert not any(word in said + caplog.text for word in PRIVATE)
    database.close()


def test_too_little_memory_is_a_sentence(tmp_path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.db'}")

    def fail(session: object) -> None:
        raise MemoryError

    with pytest.raises(StoreError, match="too little memory; nothing was saved"):
        database.write(fail)
    database.close()


def test_a_server_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(StoreError, match=r"^The ratings database failed: it cannot be reached\.$"):
        Store("postgresql+psycopg://ada_dbo:hunter2@127.0.0.1:1/x")
