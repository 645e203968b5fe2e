"""VinDr-CXR, as PhysioNet ships it and as the competition on Kaggle did."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.training.datasets.columns import CELLS, Columns, find, pictures
from shamsul.training.datasets.table import Label, Side, Table, View, joined

#: Of the competition, by their number there.
FINDINGS: Final = (
    "Aortic enlargement",
    "Atelectasis",
    "Calcification",
    "Cardiomegaly",
    "Consolidation",
    "ILD",
    "Infiltration",
    "Lung Opacity",
    "Nodule/Mass",
    "Other lesion",
    "Pleural effusion",
    "Pleural thickening",
    "Pneumothorax",
    "Pulmonary fibrosis",
    "No finding",
)
_READERS: Final = {"image_id", "rad_id"}
_SAID: Final = {word: label for word, label in CELLS.items() if label >= 0}
_TRAIN: Final = "annotations/image_labels_train.csv"
_TEST: Final = "annotations/image_labels_test.csv"


def read(root: Path) -> Table:
    """The pictures of PhysioNet's tables of labels or else of Kaggle's ``train.csv``.

    Parameters
    ----------
    root : Path
        With ``annotations/image_labels_train.csv``, ``annotations/image_labels_test.csv`` (either
        may be missing) and the folders ``train`` and ``test``; or with ``train.csv`` and ``train``.

    Returns
    -------
    Table
        Three readers looked at each training picture: a finding is present if more than half of a
        picture's readers name it, uncertain if exactly half do, else absent. PhysioNet's test
        pictures have the readers' consensus. All are PA; the owner names no patient, so each
        picture counts as of one of its own; sex and age are unknown.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If no table is there, or it is another one; one sentence.

    References
    ----------
    Nguyen HQ et al. VinDr-CXR: an open dataset of chest X-rays with radiologist's annotations.
    Scientific Data 2022. doi:10.1038/s41597-022-01498-w
    """
    train, test, boxes = (find(root, name) for name in (_TRAIN, _TEST, "train.csv"))
    if train or test:
        given = ((train, Side.TRAIN), (test, Side.TEST))
        return joined([_by_label(root, path, side) for path, side in given if path])
    if boxes:
        return _by_box(root, boxes)
    raise ValueError(f"There is no {_TRAIN}, {_TEST} or train.csv in {root} (nor as .gz or .zip).")


def _by_label(root: Path, path: Path, side: Side) -> Table:
    """PhysioNet's tables: a row for each picture, in the training set for each of its readers."""
    columns = Columns(path)
    labels = tuple(name for name in columns.names if name and name not in _READERS)
    named = columns.labels(labels, _SAID) == Label.PRESENT
    readers = columns["rad_id"] if "rad_id" in columns.names else columns["image_id"]
    return _majority(root, columns, labels, named, readers, side)


def _by_box(root: Path, path: Path) -> Table:
    """Kaggle's table: a row for each box, or for a reader who found nothing."""
    columns = Columns(path, ("image_id", "class_name", "rad_id"))
    place = {name: index for index, name in enumerate(FINDINGS)}
    words = columns["class_name"]
    unknown = np.array([word not in place for word in words], bool)
    columns.refuse(unknown, [f"{word!r} is no label of the data set" for word in words[unknown]])
    named = np.zeros((len(columns), len(FINDINGS)), bool)
    named[np.arange(len(columns)), [place.get(word, 0) for word in words]] = True
    return _majority(root, columns, FINDINGS, named, columns["rad_id"], Side.OPEN)


def _majority(
    root: Path,
    columns: Columns,
    labels: tuple[str, ...],
    named: NDArray[np.bool_],
    readers: NDArray[np.object_],
    side: Side,
) -> Table:
    """What most of the readers of each picture name; `named` says what each row does."""
    rows = np.flatnonzero(columns.usable)
    names = columns["image_id"][rows]
    first, picture = pictures(names)
    # A reader counts once, however many boxes he or she drew.
    reading_first, reading = pictures(names + "\n" + readers[rows])
    read_by = np.zeros((len(reading_first), len(labels)), bool)
    np.logical_or.at(read_by, reading, named[rows])
    picture_read = picture[reading_first]
    votes = np.zeros((len(first), len(labels)), int)
    np.add.at(votes, picture_read, read_by)
    readers_of = np.bincount(picture_read, minlength=len(first))[:, None]
    values = np.where(2 * votes > readers_of, Label.PRESENT, Label.ABSENT)
    values[2 * votes == readers_of] = Label.UNCERTAIN
    table_rows = columns.take(rows[first])
    return table_rows.table(
        root,
        labels,
        values.astype(np.int8),
        table_rows["image_id"] + ".dicom",
        views=View.PA,
        sides=side,
        folders=("train", "test"),
    )
