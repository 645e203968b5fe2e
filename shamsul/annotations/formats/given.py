"""A file or folder as it is given, looked into as little as it takes."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from shamsul.annotations.formats.entry import Entry, each
from shamsul.storage.text import Row, Table, read_json


class Given:
    """A file or folder that may hold annotations.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        From every attribute, if the file cannot be opened.
    ValueError
        From every attribute, if its text is damaged; one sentence without a full stop.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def json(self) -> Any:
        """The content of a JSON file; None where it is no such file."""
        return read_json(self.path) if self._ends(".json") else None

    @cached_property
    def table(self) -> Table | None:
        """The table in a CSV file; None where it is no such file."""
        return Table.read(self.path) if self._ends(".csv", ".tsv") else None

    @property
    def columns(self) -> frozenset[str]:
        """Names of a CSV file's columns; empty where it is no such file."""
        return frozenset(self.table.columns if self.table else ())

    def each_row(self, read: Callable[[Row], Iterable[Entry]], about: str = "") -> Iterator[Entry]:
        """What the rows of a CSV file say, see `each`; a place begins with what they are about."""
        table = self.table
        if table is None:
            return iter(())
        lines = ((f"{about}, {place}" if about else place, cells) for place, cells in table.lines())
        return each(lines, lambda cells: read(table.row(cells)))

    def _ends(self, *suffixes: str) -> bool:
        return self.path.suffix.lower() in suffixes and self.path.is_file()
