"""From an owner's CSV file to the columns of a table, naming every row that cannot be used."""

import gzip
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from copy import copy
from enum import Enum
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shamsul.storage import text
from shamsul.training.datasets.table import (
    Label,
    Sex,
    Side,
    Skipped,
    Table,
    View,
    constant,
    objects,
)

E = TypeVar("E", bound=Enum)

#: Labels as CheXpert's labeller, and most others, write them (Irvin et al. 2019, arXiv 1901.07031).
CELLS: Mapping[str, Label] = {
    "1": Label.PRESENT,
    "1.0": Label.PRESENT,
    "0": Label.ABSENT,
    "0.0": Label.ABSENT,
    "-1": Label.UNCERTAIN,
    "-1.0": Label.UNCERTAIN,
    "": Label.MISSING,
}
SEXES: Mapping[str, Sex] = {
    "F": Sex.FEMALE,
    "Female": Sex.FEMALE,
    "M": Sex.MALE,
    "Male": Sex.MALE,
    "O": Sex.OTHER,
}
#: Nobody is known to have grown older (years); in DICOM headers of the public sets some are 155.
_OLDEST = 123
_STRANGE = min(Label) - 1
_ENDINGS = ("", ".gz", ".zip")


def find(root: Path, *names: str) -> Path | None:
    """The first table there is, as it is or compressed (``.gz``, ``.zip``).

    Parameters
    ----------
    root : Path
    names : str
        Below the root; a * stands for a version.
    """
    for name in names:
        for ending in _ENDINGS:
            path = root / (name + ending)
            paths = sorted(root.glob(name + ending)) if "*" in name else [path]
            found = next(filter(Path.is_file, paths), None)
            if found is not None:
                return found
    return None


def needed(root: Path, *names: str) -> Path:
    """As `find`; ValueError if there is none, one sentence."""
    path = find(root, *names)
    if path is None:
        raise ValueError(f"There is no {' or '.join(names)} in {root} (nor as .gz or .zip).")
    return path


def unpacked(path: Path) -> bytes:
    """The content of a file, or of the only file in it if it is compressed.

    Raises
    ------
    OSError
        If it cannot be opened.
    ValueError
        If it is damaged, or a ZIP archive holds more than one file; one sentence.
    """
    try:
        if path.suffix == ".gz":
            return gzip.decompress(path.read_bytes())
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = [one for one in archive.namelist() if not one.startswith("__MACOSX/")]
                if len(names) != 1:
                    raise ValueError(f"{path.name} holds {len(names)} files, not one table.")
                return archive.read(names[0])
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError):
        raise ValueError(f"{path.name} is damaged.") from None
    return path.read_bytes()


class Columns:
    """Columns of a CSV file while its rows are being understood.

    What cannot be understood is refused, row by row; `table` leaves these rows out.

    Parameters
    ----------
    path : Path
        A table of `shamsul.storage.text`, also compressed.
    names : sequence of str, optional
        The columns that are read; all of them by default.

    Attributes
    ----------
    names : tuple of str
        The file's columns.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is no table, or has no such column; one sentence.
    """

    def __init__(self, path: Path, names: Sequence[str] | None = None) -> None:
        self.file = path.name
        data = unpacked(path)
        try:
            table = text.Table.of(text.decoded(data, path.name), path.name)
            wanted = table.columns if names is None else names
            table.require(*wanted)
            self._places, cells, self._skipped = _rows(table, wanted)
        except ValueError as error:
            raise ValueError(f"{error}.") from None
        self.names = table.columns
        self._cells = {name: objects(column) for name, column in zip(wanted, cells, strict=True)}
        self.usable: NDArray[np.bool_] = np.ones(len(self), bool)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> NDArray[np.object_]:
        if name not in self._cells:
            raise ValueError(f"{self.file} has no column {name}.")
        return self._cells[name]

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The rows that are left out so far, from top to bottom."""
        return tuple(sorted(self._skipped, key=lambda one: int(one.place.removeprefix("row "))))

    def refuse(self, rows: NDArray[np.bool_], reasons: str | Sequence[str]) -> None:
        """Leave rows out; those that are left out already keep their first reason.

        Parameters
        ----------
        rows : ndarray of shape (N,), bool
        reasons : str, or sequence of str
            One clause for all, or one for each row that is marked.
        """
        indices = np.flatnonzero(rows)
        each = [reasons] * len(indices) if isinstance(reasons, str) else reasons
        for index, reason in zip(indices, each, strict=True):
            if self.usable[index]:
                self.usable[index] = False
                self._skipped.append(Skipped(self.file, self._places[index], reason))

    def take(self, rows: NDArray[np.intp]) -> "Columns":
        """Some of the rows, none of them refused; what was refused before stays named."""
        taken = copy(self)
        taken._skipped = list(self._skipped)
        taken._places = [self._places[row] for row in rows]
        taken._cells = {name: cells[rows] for name, cells in self._cells.items()}
        taken.usable = np.ones(len(rows), bool)
        return taken

    def by_picture(self, name: str, values: NDArray[np.int8]) -> tuple["Columns", NDArray[np.int8]]:
        """One row for each picture of a table that has one for each of its boxes or masks.

        Parameters
        ----------
        name : str
            The column that names the picture.
        values : ndarray of shape (N, L), int8
            `Label.PRESENT` or `Label.ABSENT`.

        Returns
        -------
        Columns
            The first usable row of each picture, P rows.
        ndarray of shape (P, L), int8
            Present where one of the picture's usable rows says so, else absent.
        """
        first, of_row = pictures(self[name][self.usable])
        rows = np.flatnonzero(self.usable)
        found = np.full((len(first), values.shape[1]), Label.ABSENT, np.int8)
        np.maximum.at(found, of_row, values[rows])
        return self.take(rows[first]), found

    def labels(self, names: Sequence[str], known: Mapping[str, Label] = CELLS) -> NDArray[np.int8]:
        """Columns that hold a label each; a row with another word in one is refused.

        Returns
        -------
        ndarray of shape (N, L), int8
            Values of `Label`.
        """
        values = np.full((len(self), len(names)), Label.MISSING, np.int8)
        for index, name in enumerate(names):
            cells = self[name]
            said = np.array([known.get(cell, _STRANGE) for cell in cells], np.int8)
            strange = said == _STRANGE
            self.refuse(strange, [f"{name} is {cell!r}" for cell in cells[strange]])
            values[:, index] = said
        return values

    def members(self, name: str, known: Mapping[str, E], otherwise: E) -> NDArray[np.object_]:
        """A column as members of an enum; a word that is not known is `otherwise`."""
        return objects([known.get(cell, otherwise) for cell in self[name]])

    def sexes(self, name: str) -> NDArray[np.object_]:
        """A column as members of `Sex`."""
        return self.members(name, SEXES, Sex.UNKNOWN)

    def ages(self, name: str) -> NDArray[np.float32]:
        """A column as ages; see `age`."""
        ages = {cell: age(cell) for cell in set(self[name])}
        return np.array([ages[cell] for cell in self[name]], np.float32)

    def table(
        self,
        root: Path,
        labels: Sequence[str],
        values: NDArray[np.int8],
        images: NDArray[np.object_],
        *,
        patients: NDArray[np.object_] | None = None,
        views: NDArray[np.object_] | View = View.UNKNOWN,
        sexes: NDArray[np.object_] | None = None,
        ages: NDArray[np.float32] | None = None,
        sides: NDArray[np.object_] | Side = Side.OPEN,
        folders: tuple[str, ...] = (),
    ) -> Table:
        """The rows that are left, with the meaning that was given to them.

        A row that names an image a second time, or none, is refused.
        """
        count = len(self)
        self.refuse(images == "", "it names no image")
        seen: set[str] = set()
        twice = np.zeros(count, bool)
        for index in np.flatnonzero(self.usable):
            twice[index] = images[index] in seen
            seen.add(images[index])
        self.refuse(twice, "it names an image for the second time")
        given = images if patients is None else np.where(patients == "", images, patients)
        table = Table(
            root,
            tuple(labels),
            images,
            values,
            given,
            constant(views, count) if isinstance(views, View) else views,
            constant(Sex.UNKNOWN, count) if sexes is None else sexes,
            np.full(count, np.nan, np.float32) if ages is None else ages,
            constant(sides, count) if isinstance(sides, Side) else sides,
            self.skipped,
            folders,
        )
        return table.take(self.usable)


def pictures(names: NDArray[np.object_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pictures that a column of N names, in the order in which it does.

    Returns
    -------
    ndarray of shape (P,), intp
        The row in which each is named first.
    ndarray of shape (N,), intp
        Which of the P pictures each row is about.

    Examples
    --------
    >>> first, of_row = pictures(np.array(["b", "a", "b"], object))
    >>> first.tolist(), of_row.tolist()
    ([0, 1], [0, 1, 0])
    """
    place: dict[str, int] = {}
    of_row = [place.setdefault(name, len(place)) for name in names]
    first = {picture: row for row, picture in reversed(list(enumerate(of_row)))}
    return (
        np.array([first[picture] for picture in range(len(place))], np.intp),
        np.array(of_row, np.intp),
    )


def age(cell: str) -> float:
    """An age in years; NaN if it is blank, no number, or one that nobody reaches.

    Written as a number, or as in DICOM (PS3.5 6.2, AS) with Y, M, W or D behind it.

    Examples
    --------
    >>> age("58"), age("058Y"), age("006M"), age("414"), age("")
    (58.0, 58.0, 0.5, nan, nan)
    """
    parts = {"Y": 1.0, "M": 12.0, "W": 52.18, "D": 365.25}
    divisor = parts.get(cell[-1:], 0.0)
    try:
        years = float(cell[:-1]) / divisor if divisor else float(cell)
    except ValueError:
        return float("nan")
    return years if 0 <= years <= _OLDEST else float("nan")


def _rows(
    table: text.Table, wanted: Sequence[str]
) -> tuple[list[str], list[Sequence[str]], list[Skipped]]:
    """Where whole rows stand, their cells column by column, and the rows that are not whole."""
    at = [table.columns.index(name) for name in wanted]
    # A slice where a single column is wanted, for which itemgetter would give no tuple.
    pick = itemgetter(*at) if len(at) > 1 else itemgetter(slice(at[0], at[0] + 1))
    places: list[str] = []
    rows: list[Sequence[str]] = []
    skipped = []
    for place, cells in table.lines():
        try:
            if len(cells) != len(table.columns):
                table.row(cells)
        except ValueError as error:
            skipped.append(Skipped(table.name, place, str(error)))
            continue
        places.append(place)
        rows.append(pick(cells))
    return places, list(zip(*rows, strict=True)) or [()] * len(at), skipped
