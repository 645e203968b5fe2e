"""Transactions on SQLite or PostgreSQL, and what went wrong with them in one sentence."""

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

T = TypeVar("T")

#: How long a writer waits for another before giving up.
BUSY_SECONDS = 10
#: Attempts when writers collide; in each round one of them gets through.
ATTEMPTS = 20

#: PostgreSQL's codes for losing a race: serialisation, deadlock, a table made meanwhile.
_LOST_RACES = {"40001", "40P01", "42P07"}

#: What is found in the database's message, and what is said instead.
_REASONS = {
    "disk is full": "The disk of the ratings database is full",
    "no space left": "The disk of the ratings database is full",
    "disk i/o": "The disk of the ratings database cannot be written or read",
    "readonly": "The ratings database is read-only",
    "locked": "The ratings database is busy with another writer",
    "unable to open": "The ratings database cannot be opened",
    "not a database": "The file of the ratings database is not a database",
}


class StoreError(Exception):
    """The database failed; the message is one sentence for the reader."""


class Database:
    """A database, by its URL.

    Parameters
    ----------
    url : str
        SQLAlchemy URL. The directory of an SQLite file is made.

    Raises
    ------
    StoreError
        From every method, if the database fails.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
            sqlite = parsed.get_backend_name() == "sqlite"
            if sqlite and parsed.database and not parsed.database.startswith((":", "file:")):
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self._engine = create_engine(parsed, pool_pre_ping=not sqlite)
        except (SQLAlchemyError, ImportError, OSError) as error:
            raise StoreError(f"The ratings database cannot be opened: {_line(error)}.") from error
        if sqlite:
            _prepare_sqlite(self._engine)
        self._writer = self._engine.execution_options(shamsul_write=True)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def read(self, work: Callable[[Session], T]) -> T:
        """Run a transaction that sees one moment of the database."""
        try:
            with Session(self._engine) as session, session.begin():
                return work(session)
        except SQLAlchemyError as error:
            raise _explained(error, "") from error

    def write(self, work: Callable[[Session], T]) -> T:
        """Run a transaction, again from its start where another writer was quicker.

        Returns after the commit: the result is on the disk.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with Session(self._writer) as session, session.begin():
                    result = work(session)
                return result
            except SQLAlchemyError as error:
                if attempt == ATTEMPTS or not _lost_race(error):
                    raise _explained(error, "; nothing was saved") from error
            time.sleep(random.uniform(0, 0.01 * attempt))
        raise AssertionError("the last attempt returns or raises")


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: DBAPIConnection, _record: object) -> None:
        # Else the driver begins transactions late and reads outside of them.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA foreign_keys = ON")
        # In WAL mode only FULL makes a commit survive a power cut.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone() == ("delete",):
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock before it reads, so that what it read cannot change.
        write = connection.get_execution_options().get("shamsul_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _lost_race(error: SQLAlchemyError) -> bool:
    if isinstance(error, IntegrityError):
        return True
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _LOST_RACES


def _explained(error: SQLAlchemyError, outcome: str) -> StoreError:
    cause = _line(error.orig if isinstance(error, DBAPIError) else error)
    for sign, reason in _REASONS.items():
        if sign in cause.lower():
            return StoreError(f"{reason}{outcome}.")
    return StoreError(f"The ratings database failed ({cause}){outcome}.")


def _line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
