"""RSNA Pneumonia Detection Challenge 2018."""

from pathlib import Path
from typing import Final

from shamsul.training.datasets.columns import Columns, needed
from shamsul.training.datasets.table import Label, Table, View

#: The owner's column Target.
LABELS: Final = ("Pneumonia",)
_TARGETS: Final = {"1": Label.PRESENT, "0": Label.ABSENT}


def read(root: Path) -> Table:
    """The pictures of ``stage_2_train_labels.csv``.

    Parameters
    ----------
    root : Path
        With the folder ``stage_2_train_images``.

    Returns
    -------
    Table
        The table has a row for each box: one that is positive makes its picture positive. Each
        picture is of a patient of its own, from the front (PA or AP: the table does not say); sex
        and age are unknown, since they stand in the DICOM files alone.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is missing, or another table; one sentence.

    References
    ----------
    Shih G et al. Augmenting the National Institutes of Health chest radiograph dataset with expert
    annotations of possible pneumonia. Radiology: Artificial Intelligence 2019.
    doi:10.1148/ryai.2019180041
    """
    columns = Columns(needed(root, "stage_2_train_labels.csv"), ("patientId", "Target"))
    values = columns.labels(("Target",), _TARGETS)
    pictures, values = columns.by_picture("patientId", values)
    return pictures.table(
        root,
        LABELS,
        values,
        pictures["patientId"] + ".dcm",
        patients=pictures["patientId"],
        views=View.FRONTAL,
        folders=("stage_2_train_images",),
    )
