"""A PostgreSQL server of one's own, on a socket in a temporary directory."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

#: Debian keeps the server's programs out of the path.
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
OWNER = "shamsul"


def program(name: str) -> str | None:
    found = shutil.which(name)
    return found or next((str(f / name) for f in FOLDERS if (f / name).exists()), None)


class Postgres:
    """Started when made; `stop` ends it and removes its data."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="shamsul-pg-"))
        # The server refuses to run as root.
        self._as = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self._folder, "postgres")
        self._numbers = count()
        self._run("initdb", "-D", str(self.data), "-U", OWNER, "-A", "trust", "-E", "UTF8")
        self.start()

    @property
    def data(self) -> Path:
        return self._folder / "data"

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as, str(program(name)), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
        )

    def _control(self, *arguments: str) -> None:
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self.data), "-l", log, "-w", *arguments)

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._control("-o", options, "start")

    def halt(self) -> None:
        """End the server at once, connections included; its data stay."""
        self._control("-m", "immediate", "stop")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self._folder}"

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected: thousands of them fill a disk."""
        self._execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def loaded(self, dump: Path) -> str:
        """The URL of a database with what pg_dump wrote into a file."""
        url = self.new_database()
        name = str(make_url(url).database)
        where = ("-h", str(self._folder), "-U", OWNER, "-d", name)
        psql = [str(program("psql")), *where, "-v", "ON_ERROR_STOP=1", "-q"]
        with dump.open("rb") as commands:
            subprocess.run(psql, stdin=commands, stdout=subprocess.DEVNULL, check=True)
        return url


@contextmanager
def a_server() -> Iterator[Postgres]:
    """One as long as it is needed; the test is skipped where PostgreSQL is not installed."""
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    server = Postgres()
    yield server
    server.stop()
