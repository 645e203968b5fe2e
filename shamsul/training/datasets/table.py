"""A data set's rows: images with their labels, patients, views and sides."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul.findings.labels import BUILT_IN, NAMES


class Label(IntEnum):
    """What a data set says of one finding in one image."""

    PRESENT = 1
    ABSENT = 0
    UNCERTAIN = -1
    """It is mentioned, but may or may not be there."""
    MISSING = -2
    """Nothing is said."""


class View(Enum):
    """How the patient was projected."""

    PA = "PA"
    AP = "AP"
    FRONTAL = "FRONTAL"
    """PA or AP, which of them is not said."""
    LATERAL = "LATERAL"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


#: Views from the front or from behind.
FRONTAL_VIEWS = (View.PA, View.AP, View.FRONTAL)


class Sex(Enum):
    """The patient's sex as the data set gives it."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "O"
    UNKNOWN = "UNKNOWN"


class Side(Enum):
    """What an image is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    """Chooses the epoch, the operating points and the calibration."""
    TEST = "test"
    OPEN = "open"
    """Not said: still to be drawn."""


@dataclass(frozen=True)
class Skipped:
    """A row that cannot be used, and why.

    Attributes
    ----------
    file : str
        The table's file, by its name.
    place : str
        Where it stands there, as spreadsheets count, for example "row 2"; or the image.
    reason : str
        One clause without a full stop.
    """

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, {self.place}: {self.reason}"


@dataclass(frozen=True)
class Row:
    """One image of a table; its fields are the table's columns."""

    image: str
    labels: Mapping[str, Label]
    patient: str
    view: View
    sex: Sex
    age: float
    side: Side


@dataclass(frozen=True, eq=False)
class Table:
    """All rows of a data set, column by column, so that hundreds of thousands stay small.

    Attributes
    ----------
    root : Path
        The data set's folder.
    labels : tuple of str
        L names, as the owner writes them.
    images : ndarray of shape (N,), object (str)
        Each a path below the root, or a file's name in one of `folders`; none twice.
    values : ndarray of shape (N, L), int8
        Values of `Label`.
    patients : ndarray of shape (N,), object (str)
        The owner's pseudonym; where the owner tells none, the image's name, as if each image were
        of a patient of its own.
    views : ndarray of shape (N,), object (View)
    sexes : ndarray of shape (N,), object (Sex)
    ages : ndarray of shape (N,), float32
        In years; NaN where unknown.
    sides : ndarray of shape (N,), object (Side)
        The owner's split; `Side.OPEN` where there is none.
    skipped : tuple of Skipped
        The rows that could not be used.
    folders : tuple of str
        Patterns below the root of the folders in which the images lie, where the table does not
        tell; empty where it does.

    Raises
    ------
    ValueError
        If the columns differ in length.
    """

    root: Path
    labels: tuple[str, ...]
    images: NDArray[np.object_]
    values: NDArray[np.int8]
    patients: NDArray[np.object_]
    views: NDArray[np.object_]
    sexes: NDArray[np.object_]
    ages: NDArray[np.float32]
    sides: NDArray[np.object_]
    skipped: tuple[Skipped, ...] = ()
    folders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {len(column) for column in self._columns().values()}
        if len(lengths) != 1 or self.values.shape[1:] != (len(self.labels),):
            raise ValueError("The columns of a table must have the same length.")

    def __len__(self) -> int:
        return len(self.images)

    def row(self, index: int) -> Row:
        """One row."""
        return Row(
            self.images[index],
            dict(zip(self.labels, map(Label, self.values[index]), strict=True)),
            self.patients[index],
            self.views[index],
            self.sexes[index],
            float(self.ages[index]),
            self.sides[index],
        )

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Table":
        """Some of the rows, given by a mask or by their indices; `skipped` stays."""
        columns: dict[str, Any] = {name: column[rows] for name, column in self._columns().items()}
        return replace(self, **columns)

    def count(self, label: str, value: Label) -> int:
        """How many images have a label's value."""
        return int(np.count_nonzero(self.values[:, self.labels.index(label)] == value))

    def renamed(self) -> "Table":
        """The table under the app's names of findings; labels that it has no name for keep theirs.

        Labels that become one are joined. It is present where any of them is, else uncertain where
        any is, else missing where any is: absent are only findings of which each is.

        See Also
        --------
        shamsul.findings.labels : the names, and which labels stand for them.
        """
        of_app = [BUILT_IN.of_model(label, NAMES) or label for label in self.labels]
        names = tuple(dict.fromkeys(of_app))
        values = np.empty((len(self), len(names)), np.int8)
        for place, name in enumerate(names):
            values[:, place] = _any_of(self.values[:, [one == name for one in of_app]])
        return replace(self, labels=names, values=values)

    def located(self) -> tuple["Table", list[Path]]:
        """The rows whose image is there, and where each is; the others are skipped.

        Folders are listed, no image is opened. The names of images stay as they are, so that a
        split that was written before is found again.
        """
        found = self._found()
        there = np.array([path is not None for path in found], bool)
        missing = tuple(
            Skipped(self.root.name, name, "there is no such image") for name in self.images[~there]
        )
        table = replace(self, skipped=self.skipped + missing).take(there)
        return table, [Path(path) for path in found if path is not None]

    def _found(self) -> list[str | None]:
        """The path of each image; None where it is not there."""
        if not self.folders:
            paths = [f"{self.root}/{name}" for name in self.images]
            return [path if os.path.isfile(path) else None for path in paths]
        places: dict[str, str] = {}
        for pattern in self.folders:
            for folder in self.root.glob(pattern):
                with os.scandir(folder) as entries:
                    places.update({entry.name: entry.path for entry in entries if entry.is_file()})
        return [places.get(name) for name in self.images]

    def _columns(self) -> dict[str, NDArray[Any]]:
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}


def _any_of(values: NDArray[np.int8]) -> NDArray[np.int8]:
    """Of each row of labels, shape (N, L), what they say of a finding that comprises them."""
    first = (Label.PRESENT, Label.UNCERTAIN, Label.MISSING)
    found = np.select([(values == one).any(1) for one in first], first, Label.ABSENT)
    return found.astype(np.int8)


def joined(tables: Sequence[Table]) -> Table:
    """The rows of several tables of the same data set, one after the other.

    Raises
    ------
    ValueError
        If their labels differ; one sentence.
    """
    first = tables[0]
    if any(table.labels != first.labels for table in tables):
        raise ValueError("The tables of the data set have different labels.")
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(table, name) for table in tables])
        for name in first._columns()
    }
    skipped = tuple(one for table in tables for one in table.skipped)
    return replace(first, **columns, skipped=skipped)


def constant(member: Enum, count: int) -> NDArray[np.object_]:
    """A column that has the same in every row."""
    column = np.empty(count, object)
    column[:] = member
    return column


def objects(items: Sequence[object]) -> NDArray[np.object_]:
    """A column of what a sequence holds."""
    column = np.empty(len(items), object)
    column[:] = items
    return column
