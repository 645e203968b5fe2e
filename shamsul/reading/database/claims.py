"""Who computes what, where several servers share a database."""

import threading
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from shamsul.reading.database.transactions import Database


class Claims:
    """Claims to compute something, of which PostgreSQL lets one server have each.

    They are its advisory locks (PostgreSQL's documentation, chapter 13.3.5): whatever a server has
    claimed is free again as soon as its connection ends, and with it the server.

    Parameters
    ----------
    database : Database
        The store's, on PostgreSQL.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._using = threading.Lock()

    @classmethod
    def of(cls, database: Database) -> "Claims | None":
        """The claims on a database; None where it is a file, which is of one server."""
        return cls(database) if database.has_server else None

    def take(self, digest: str) -> bool:
        """Claim what has a digest (SHA-256, hexadecimal); False where another server has it.

        Where the database fails everything may be had: better twice than never.
        """
        return self._ask("SELECT pg_try_advisory_lock(:key)", digest)

    def give_back(self, digest: str) -> None:
        """Let others have it."""
        self._ask("SELECT pg_advisory_unlock(:key)", digest)

    def close(self) -> None:
        """Let others have all that was claimed."""
        with self._using:
            if self._connection is not None:
                self._connection.invalidate()  # the locks are the connection's, not the pool's
                self._connection.close()
                self._connection = None

    def _ask(self, question: str, digest: str) -> bool:
        # The lock's number: two's complement of the digest's beginning.
        key = int.from_bytes(bytes.fromhex(digest)[:8], signed=True)
        with self._using:
            try:
                if self._connection is None:
                    self._connection = self._database.connect()
                return bool(self._connection.execute(text(question), {"key": key}).scalar())
            except SQLAlchemyError:
                # What was claimed is lost with the connection; the next one begins anew.
                if self._connection is not None:
                    with suppress(SQLAlchemyError):
                        self._connection.invalidate()
                        self._connection.close()
                    self._connection = None
                return True
