"""A table of one's own, with a row for each image."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.storage.atomic import write_atomically
from shamsul.storage.spreadsheet import as_cell, meant
from shamsul.training.datasets.columns import Columns, needed
from shamsul.training.datasets.table import Label, Sex, Side, Table, View, objects

_VIEWS: Final = {view.value: view for view in View} | {"": View.UNKNOWN, "L": View.LATERAL}
_SIDES: Final = {side.value: side for side in Side} | {"": Side.OPEN}
_OPTIONAL: Final = ("patient", "view", "sex", "age", "split")
#: What is not known is an empty cell.
_EMPTY: Final[Mapping[Enum, str]] = {View.UNKNOWN: "", Sex.UNKNOWN: "", Side.OPEN: ""}


@dataclass(frozen=True)
class Names:
    """What the table and its columns are called.

    Attributes
    ----------
    file : str
        Below the data set's folder.
    image : str
        The column with the image's path below that folder.
    labels : tuple of str, optional
        A column each. By default, all columns that are nothing else.
    patient, view, sex, age, split : str, optional
        By default, the column of this name if there is one.
    """

    file: str = "dataset.csv"
    image: str = "image"
    labels: tuple[str, ...] | None = None
    patient: str | None = None
    view: str | None = None
    sex: str | None = None
    age: str | None = None
    split: str | None = None


def read(root: Path, names: Names | None = None) -> Table:
    """The rows of a table that people made, in whatever way their program saves it.

    Parameters
    ----------
    root : Path
    names : Names, optional

    Returns
    -------
    Table
        Labels are 1, 0, -1 (uncertain) or empty (missing). Views are PA, AP, FRONTAL, LATERAL (or
        L), other words `View.OTHER`; sexes F, M and O (or Female, Male); ages in years; splits
        train, validation, test, or empty (still to be drawn). Without a patient an image
        counts as of one of its own.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is missing, is no table, or lacks a column that is named; one sentence.
    """
    names = names or Names()
    columns = Columns(needed(root, names.file))
    roles = {"image": names.image}
    for role in _OPTIONAL:
        named = getattr(names, role)
        if named is not None or role in columns.names:
            roles[role] = named or role
    taken = set(roles.values())
    labels = names.labels
    if labels is None:
        labels = tuple(name for name in columns.names if name and name not in taken)
    return _table(root, columns, roles, labels)


def write(root: Path, table: Table) -> None:
    """Write a table as `read` reads it, ``dataset.csv`` in a data set's folder.

    Raises
    ------
    OSError
        If it cannot be written; none is left half written.
    ValueError
        If a label has the name of another column; one sentence.
    """
    names = Names()
    roles = (names.image, *_OPTIONAL)
    taken = next((label for label in table.labels if label in roles), None)
    if taken is not None:
        raise ValueError(f"A finding cannot be called {taken}, as a column of {names.file} is.")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*roles, *map(as_cell, table.labels)))
    for row in map(table.row, range(len(table))):
        writer.writerow(
            (
                as_cell(row.image),
                as_cell(row.patient),
                _EMPTY.get(row.view, row.view.value),
                _EMPTY.get(row.sex, row.sex.value),
                "" if math.isnan(row.age) else f"{row.age:g}",
                _EMPTY.get(row.side, row.side.value),
                *("" if one is Label.MISSING else int(one) for one in row.labels.values()),
            )
        )
    write_atomically(root / names.file, text.getvalue().encode())


def _table(root: Path, columns: Columns, roles: dict[str, str], labels: tuple[str, ...]) -> Table:
    images = _meant(columns[roles["image"]])
    columns.refuse(
        np.array([_outside(name) for name in images], bool), "its image is not below the folder"
    )
    values = columns.labels(labels)
    sides = objects([Side.OPEN] * len(columns))
    if "split" in roles:
        words = columns[roles["split"]]
        unknown = np.array([word.lower() not in _SIDES for word in words], bool)
        columns.refuse(unknown, [f"{word!r} is no split" for word in words[unknown]])
        sides = objects([_SIDES.get(word.lower(), Side.OPEN) for word in words])
    views: NDArray[np.object_] | View = View.UNKNOWN
    if "view" in roles:
        views = objects([_VIEWS.get(word.upper(), View.OTHER) for word in columns[roles["view"]]])
    return columns.table(
        root,
        tuple(map(meant, labels)),
        values,
        images,
        patients=_meant(columns[roles["patient"]]) if "patient" in roles else None,
        views=views,
        sexes=columns.sexes(roles["sex"]) if "sex" in roles else None,
        ages=columns.ages(roles["age"]) if "age" in roles else None,
        sides=sides,
    )


def _meant(cells: NDArray[np.object_]) -> NDArray[np.object_]:
    return objects([meant(cell) for cell in cells])


def _outside(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts
