"""PadChest."""

import ast
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.training.datasets.columns import Columns, age, needed
from shamsul.training.datasets.table import Label, Table, View

_COLUMNS: Final = (
    "ImageID",
    "ImageDir",
    "StudyDate_DICOM",
    "PatientID",
    "PatientBirth",
    "PatientSex_DICOM",
    "Projection",
    "Labels",
)
_VIEWS: Final = {
    "PA": View.PA,
    "AP": View.AP,
    "AP_horizontal": View.AP,
    "L": View.LATERAL,
    "COSTAL": View.OTHER,
}
#: What stands there instead of a list where a report has no labels.
_NONE: Final = ("nan", "")
_EXCLUDED: Final = "EXCLUDE"
#: Words with which a report leaves open what it does not name.
_OPEN: Final = frozenset({"exclude", "unchanged", "suboptimal study"})


def read(root: Path) -> Table:
    """The rows of ``PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv``.

    Parameters
    ----------
    root : Path
        With the owner's folders ``0`` to ``54``, which the table names.

    Returns
    -------
    Table
        Labels are all words that the table uses, without blanks around them, in alphabetical
        order. What a report does not name is absent; where it says "exclude", "unchanged" or
        "suboptimal study", missing, as where there are no labels (our choice: such a report says
        nothing of the rest). AP lying counts as AP; the age is the difference of the years of
        study and birth. Rows whose projection the owner excludes are skipped.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is missing, or another table; one sentence.

    References
    ----------
    Bustos A et al. PadChest: a large chest x-ray image dataset with multi-label annotated reports.
    Medical Image Analysis 2020. doi:10.1016/j.media.2020.101797

    Notes
    -----
    Some of its PNG files are known to be damaged; that is found when they are opened.
    """
    columns = Columns(needed(root, "PADCHEST_chest_x_ray_images_labels_160K_*.csv"), _COLUMNS)
    columns.refuse(columns["Projection"] == _EXCLUDED, "its owner excludes its projection")
    labels, values = _values(columns)
    years = zip(columns["StudyDate_DICOM"], columns["PatientBirth"], strict=True)
    return columns.table(
        root,
        labels,
        values,
        columns["ImageDir"] + "/" + columns["ImageID"],
        patients=columns["PatientID"],
        views=columns.members("Projection", _VIEWS, View.UNKNOWN),
        sexes=columns.sexes("PatientSex_DICOM"),
        ages=np.array([_age(*pair) for pair in years], np.float32),
    )


def _values(columns: Columns) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    cells = columns["Labels"]
    words = {cell: _words(cell) for cell in set(cells)}
    # A report without labels says nothing.
    words |= dict.fromkeys(_NONE, frozenset())
    unreadable = np.array([words[cell] is None for cell in cells], bool)
    columns.refuse(unreadable, "its labels are no list of words")
    names = tuple(sorted(set().union(*(each for each in words.values() if each))))
    place = {name: index for index, name in enumerate(names)}
    values = np.full((len(columns), len(names)), Label.ABSENT, np.int8)
    for row, cell in enumerate(cells):
        named = words[cell] or frozenset()
        if named & _OPEN or cell in _NONE:
            values[row] = Label.MISSING
        values[row, [place[name] for name in named]] = Label.PRESENT
    return names, values


def _words(cell: str) -> frozenset[str] | None:
    """The words of a list as Python writes it; None if it is none."""
    try:
        words = ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return frozenset(word.strip() for word in words) - {""}


def _age(study: str, birth: str) -> float:
    """Years between a date (YYYYMMDD) and a year (as a number, 0 where unknown)."""
    try:
        return age(str(int(study[:4]) - int(float(birth))))
    except (ValueError, OverflowError):
        return float("nan")
