"""A folder of phantoms, as ``shamsul phantom render`` writes it."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from shamsul.training.datasets.columns import Columns, needed
from shamsul.training.datasets.own_csv import Names
from shamsul.training.datasets.own_csv import read as read_own
from shamsul.training.datasets.table import Table, View, constant

_FILE: Final = "labels.csv"
_GRADE: Final = " grade"
_IMAGE: Final = "file"
_CASE: Final = "case"


def read(root: Path) -> Table:
    """The rows of ``labels.csv``.

    Parameters
    ----------
    root : Path

    Returns
    -------
    Table
        Each phantom is a patient of its own, seen from the front. How conspicuous a finding is (the
        columns that end with "grade") is left out.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is missing, or another table; one sentence.
    """
    columns = Columns(needed(root, _FILE), (_IMAGE,))
    labels = tuple(
        name
        for name in columns.names
        if name not in ("", _IMAGE, _CASE) and not name.endswith(_GRADE)
    )
    table = read_own(root, Names(file=_FILE, image=_IMAGE, labels=labels))
    return replace(table, views=constant(View.FRONTAL, len(table)))
