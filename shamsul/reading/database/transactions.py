"""Transactions on SQLite or PostgreSQL, and what went wrong with them in one sentence."""

import logging
import os
import random
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from shamsul.reading.database import migrations

T = TypeVar("T")

log = logging.getLogger(__name__)

_NOT_KEPT = re.compile("[\0\ud800-\udfff]")

#: How long a writer waits for another before giving up.
BUSY_SECONDS = 10
#: Attempts when writers collide; in each round one of them gets through.
ATTEMPTS = 20

#: Of the lock in PostgreSQL under which tables are changed; any number that nobody else uses.
_LOCK = 7_235_981

#: PostgreSQL's codes for losing a race: serialisation, deadlock, a table made meanwhile.
_LOST_RACES = {"40001", "40P01", "42P07"}

_DAMAGED = "The ratings database is damaged and was not copied; `shamsul restore` an earlier copy."

#: What is found in the database's message, and what is said instead.
_REASONS = {
    "disk is full": "The disk of the ratings database is full",
    "no space left": "The disk of the ratings database is full",
    "disk i/o": "The disk of the ratings database cannot be written or read",
    "readonly": "The ratings database is read-only",
    "read-only folder": "The folder of the ratings database is read-only",
    "locked": "The ratings database is busy with another writer",
    "unable to open": "The ratings database cannot be opened",
    "not a database": "The file of the ratings database is not a database",
    "malformed": "The ratings database is damaged",
    "out of memory": "The machine of the ratings database has too little memory",
    # PostgreSQL's; its own words name hosts, ports and accounts.
    "authentication failed": "The ratings database failed: it refuses the app's account",
    "permission denied": "The ratings database failed: it refuses the app's account",
    "connection slots": "The ratings database failed: it has too many connections",
    "too many clients": "The ratings database failed: it has too many connections",
    "closed the connection": "The ratings database failed: it was stopped",
    "terminating connection": "The ratings database failed: it was stopped",
    "shutting down": "The ratings database failed: it was stopped",
    "starting up": "The ratings database failed: it is just being started",
    "could not serialize": "The ratings database is busy with another writer",
    "deadlock": "The ratings database is busy with another writer",
    "read-only": "The ratings database is read-only",
    "connection": "The ratings database failed: it cannot be reached",
    "host name": "The ratings database failed: it cannot be reached",
}


class StoreError(Exception):
    """The database failed; the message is one sentence for the reader."""


class UnreadableError(StoreError):
    """What is kept is damaged, or of a later version; the message says what, in one sentence."""


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
        event.listen(self._engine, "before_cursor_execute", _check_texts)
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

    @property
    def has_server(self) -> bool:
        """Whether several machines may use it."""
        return self._engine.dialect.name == "postgresql"

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
        UnreadableError
            If it is damaged: no copy is made.
        """
        if self.file is None:
            raise StoreError("Only SQLite files are copied here; use pg_dump for PostgreSQL.")
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            _copy(self.file, draft)
            if not _is_sound(draft):
                raise UnreadableError(_DAMAGED)
            os.replace(draft, target)
        except (sqlite3.Error, OSError) as error:
            if _is_damage(error):
                raise UnreadableError(_DAMAGED) from error
            raise StoreError(
                f"The ratings database could not be copied to {target} ({_line(error)})."
            ) from error
        finally:
            draft.unlink(missing_ok=True)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def connect(self) -> Connection:
        """A connection of one's own, each of whose statements is a transaction.

        Raises
        ------
        sqlalchemy.exc.SQLAlchemyError
            If there is none to be had.
        """
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def read(self, work: Callable[[Session], T]) -> T:
        """Run a transaction that sees one moment of the database."""
        try:
            with Session(self._engine) as session, session.begin():
                return work(session)
        except (SQLAlchemyError, MemoryError) as error:
            raise self._explained(error, "") from error

    def write(self, work: Callable[[Session], T]) -> T:
        """Run a transaction, again from its start where another writer was quicker.

        Returns after the commit: the result is on the disk.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with Session(self._writer) as session, session.begin():
                    result = work(session)
                return result
            except (SQLAlchemyError, MemoryError) as error:
                if attempt == ATTEMPTS or not _lost_race(error):
                    raise self._explained(error, "; nothing was saved") from error
            time.sleep(random.uniform(0, 0.01 * attempt))
        raise AssertionError("the last attempt returns or raises")

    def restore(self, source: Path) -> Path | None:
        """Put a copy made by :meth:`backup` in place of an SQLite database's content.

        The copy is copied again, checked and brought to this version before anything is replaced.

        Returns
        -------
        Path or None
            Where the content that was replaced is kept; None where there was none.

        Raises
        ------
        StoreError
            If `source` is no sound copy of a ratings database of this version or an earlier one,
            or holds what no copy does; the database is then left as it is, byte for byte.
        """
        if self.file is None:
            raise StoreError("Only SQLite files are restored here; use psql for PostgreSQL.")
        live = self.file
        kept = live.with_name(f"{live.name}.before-restore-{time.time_ns()}")
        try:
            with TemporaryDirectory(prefix=".restore-", dir=live.parent) as folder:
                draft = Path(folder) / live.name
                _copy(source, draft)
                _check_copy(source, draft)
                if not live.exists():
                    os.replace(draft, live)
                    return None
                try:
                    self.backup(kept)
                except UnreadableError:
                    self._set_aside(kept)
                    os.replace(draft, live)
                else:
                    # Page by page into the file that others have open.
                    _copy(draft, live)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{source} could not be restored ({_line(error)}).") from error
        return kept

    def _explained(self, error: Exception, outcome: str) -> StoreError:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        said = "out of memory" if isinstance(error, MemoryError) else _line(cause)
        if "unable to open" in said and self.file and not os.access(self.file.parent, os.W_OK):
            # SQLite keeps files beside its own, even while it is only read.
            said = "read-only folder"
        for sign, reason in _REASONS.items():
            if sign in said.lower():
                return StoreError(f"{reason}{outcome}.")
        if type(cause).__module__.startswith("psycopg"):  # may name hosts, and quote what was sent
            said = type(cause).__name__
            log.error("The ratings database failed: %s %s", said, getattr(cause, "sqlstate", None))
        return StoreError(f"The ratings database failed ({said}){outcome}.")

    def _set_aside(self, kept: Path) -> None:
        """Move a damaged file, with what was not written into it yet."""
        assert self.file is not None
        self.close()
        for ending in ("-shm", "-wal", ""):
            with suppress(FileNotFoundError):
                os.replace(f"{self.file}{ending}", f"{kept}{ending}")


def _copy(source: Path, target: Path) -> None:
    """Copy an SQLite file as it is at one moment.

    Raises
    ------
    sqlite3.Error
        If one of them cannot be opened or is damaged so that it cannot be copied.
    """
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as one,
        closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as other,
    ):
        one.backup(other)


def _is_sound(file: Path) -> bool:
    """Whether SQLite finds no fault in a file of its own."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found: list[tuple[str]] = connection.execute("PRAGMA integrity_check").fetchall()
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return False
    return found == [("ok",)]


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says where
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _check_copy(source: Path, draft: Path) -> None:
    """Refuse to restore a copy of `source` that is not one of ours, and bring it to this version.

    Raises
    ------
    StoreError
    """
    if not _is_sound(draft):
        raise StoreError(f"{source} is no sound copy of a ratings database.")
    with closing(sqlite3.connect(draft)) as connection:
        kinds = {kind for (kind,) in connection.execute("SELECT type FROM sqlite_master")}
    # They would run with every answer that is written or read.
    if kinds & {"trigger", "view"}:
        raise StoreError(f"{source} holds triggers or views, which no copy of ratings does.")
    copy, empty = Database(f"sqlite:///{draft}"), Database("sqlite://")
    try:
        found = copy.read(lambda session: migrations.version(session.connection()))
        if found is None:
            raise StoreError(f"{source} is no copy of a ratings database.")
        if found not in migrations.known():
            raise StoreError(f"{source} was made by a later version of SHAMSUL; use that one.")
        copy.migrate()
        empty.migrate()
        missing = empty.read(_columns) - copy.read(_columns)
    finally:
        copy.close()
        empty.close()
    if missing:
        table, column = min(missing)
        raise StoreError(f"{source} is no whole copy: {column} of {table} is missing.")


def _columns(session: Session) -> set[tuple[str, str]]:
    """Every table's columns."""
    found = inspect(session.connection())
    return {
        (table, column["name"])
        for table in found.get_table_names()
        for column in found.get_columns(table)
    }


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: DBAPIConnection, _record: object) -> None:
        # Else the driver begins transactions late and reads outside of them.
        connection.isolation_level = None
        # A text that is not UTF-8 is a fault of its row; the driver's own error is the database's.
        connection.text_factory = bytes.decode
        # Its own knows no letters beyond English, which a search without case needs.
        connection.create_function("lower", 1, lambda text: text and text.lower())
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


def _check_texts(
    _connection: Connection,
    _cursor: object,
    _statement: str,
    parameters: object,
    _context: object,
    _many: bool,
) -> None:
    """PostgreSQL keeps no NUL in a text: nor does SQLite, so that every study fits into both.

    Neither keeps half a pair of UTF-16, which is no character.
    """
    if any(_NOT_KEPT.search(text) for text in _texts(parameters)):
        raise ValueError("a text holds a NUL or half a character, which cannot be kept")


def _texts(parameters: object) -> Iterator[str]:
    """The texts among a statement's parameters: of one row, or of several."""
    if isinstance(parameters, str):
        yield parameters
    elif isinstance(parameters, Mapping):
        yield from _texts(list(parameters.values()))
    elif isinstance(parameters, list | tuple):
        for one in parameters:
            yield from _texts(one)


def _lost_race(error: Exception) -> bool:
    if isinstance(error, IntegrityError):
        return True
    return getattr(getattr(error, "orig", None), "sqlstate", None) in _LOST_RACES


def _line(error: BaseException | None) -> str:
    said = error.strerror if isinstance(error, OSError) and error.strerror else error
    return str(said).strip().partition("\n")[0].rstrip(".")
