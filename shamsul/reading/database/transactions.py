"""Transactions on SQLite or PostgreSQL, and what went wrong with them in one sentence."""

import os
import random
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from shamsul.reading.database import migrations

T = TypeVar("T")

#: How long a writer waits for another before giving up.
BUSY_SECONDS = 10
#: Attempts when writers collide; in each round one of them gets through.
ATTEMPTS = 20

#: Of the lock in PostgreSQL under which tables are changed; any number that nobody else uses.
_LOCK = 7_235_981

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


class UnreadableError(StoreError):
    """Nothing can be made of some rows; the message says of which, in one sentence."""


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

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        url = self._engine.url
        if url.get_backend_name() != "sqlite" or not url.database:
            return None
        return None if url.database.startswith((":", "file:")) else Path(url.database)

    def migrate(self) -> None:
        """Bring the tables to this version; an SQLite file that has answers is copied before.

        Safe for several processes at once: one does the work, the others find it done.

        Raises
        ------
        StoreError
            If the database is of a later version.
        """
        # Looking first lets a read-only database be read.
        found = self.read(lambda session: migrations.version(session.connection()))
        if found == migrations.newest():
            return
        if found is not None and found not in migrations.known():
            raise StoreError(
                "The ratings database was made by a later version of SHAMSUL; use that one."
            )

        def work(session: Session) -> None:
            connection = session.connection()
            if connection.dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            now = migrations.version(connection)
            if now == migrations.newest():
                return
            if now is not None and self.file is not None:
                # Under the lock of this transaction, so that nobody's answer comes in between.
                self.backup(self.file.with_name(f"{self.file.name}.before-{migrations.newest()}"))
            migrations.upgrade(connection)

        self.write(work)

    def backup(self, target: Path) -> None:
        """Copy an SQLite database as it is at one moment, while others may write.

        Raises
        ------
        StoreError
            If it is not an SQLite file, or the copy cannot be written; none is left half written.
        """
        if self.file is None:
            raise StoreError("Only SQLite files are copied here; use pg_dump for PostgreSQL.")
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            with (
                closing(
                    sqlite3.connect(f"{self.file.resolve().as_uri()}?mode=ro", uri=True)
                ) as one,
                closing(sqlite3.connect(draft)) as other,
            ):
                one.backup(other)
            os.replace(draft, target)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"The ratings database could not be copied to {target} ({_line(error)})."
            ) from error
        finally:
            draft.unlink(missing_ok=True)

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

    def restore(self, source: Path) -> Path:
        """Put a copy made by :meth:`backup` in place of an SQLite database's content.

        Returns
        -------
        Path
            Where the content that was replaced is kept.

        Raises
        ------
        StoreError
            If `source` is no sound copy; the database is then left as it is.
        """
        if self.file is None:
            raise StoreError("Only SQLite files are restored here; use psql for PostgreSQL.")
        kept = self.file.with_name(f"{self.file.name}.before-restore-{time.time_ns()}")
        try:
            with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as one:
                sound = one.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                tables = {name for (name,) in one.execute("SELECT name FROM sqlite_master")}
                if not sound or "revision" not in tables:
                    raise StoreError(f"{source} is no sound copy of a ratings database.")
                self.backup(kept)
                with closing(sqlite3.connect(self.file, timeout=BUSY_SECONDS)) as other:
                    one.backup(other)
        except sqlite3.Error as error:
            raise StoreError(f"{source} could not be restored ({_line(error)}).") from error
        return kept


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: DBAPIConnection, _record: object) -> None:
        # Else the driver begins transactions late and reads outside of them.
        connection.isolation_level = None
        # A text that is not UTF-8 is a fault of its row; the driver's own error is the database's.
        connection.text_factory = bytes.decode
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
