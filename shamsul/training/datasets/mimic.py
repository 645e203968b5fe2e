"""MIMIC-CXR-JPG."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from shamsul.training.datasets.chexpert import LABELS
from shamsul.training.datasets.columns import Columns, needed
from shamsul.training.datasets.table import Side, Table, View, objects

_SIDES: Final = {"train": Side.TRAIN, "validate": Side.VALIDATION, "test": Side.TEST}
_VIEWS: Final = {
    "PA": View.PA,
    "AP": View.AP,
    "AP AXIAL": View.AP,
    "LATERAL": View.LATERAL,
    "LL": View.LATERAL,
    "XTABLE LATERAL": View.LATERAL,
    "": View.UNKNOWN,
}


def read(root: Path) -> Table:
    """The images of the metadata table, with their study's labels and the owner's split.

    Parameters
    ----------
    root : Path
        With ``mimic-cxr-2.0.0-metadata.csv``, ``-chexpert.csv`` and ``-split.csv`` (of whatever
        version) and the folder ``files``, as PhysioNet ships them.

    Returns
    -------
    Table
        Labels are of the study, hence of each of its images, by CheXpert's labeller. Sex and age
        are not in this release: unknown.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If a table is missing, or another one; one sentence.

    References
    ----------
    Johnson AEW et al. MIMIC-CXR-JPG, a large publicly available database of labeled chest
    radiographs. arXiv 1901.07042
    """
    columns = Columns(
        needed(root, "mimic-cxr-*-metadata.csv"),
        ("dicom_id", "subject_id", "study_id", "ViewPosition"),
    )
    labels = Columns(needed(root, "mimic-cxr-*-chexpert.csv"), ("subject_id", "study_id", *LABELS))
    values = labels.labels(LABELS)
    studies = zip(labels["subject_id"], labels["study_id"], strict=True)
    at = {study: row for row, study in enumerate(studies) if labels.usable[row]}
    splits = Columns(needed(root, "mimic-cxr-*-split.csv"), ("dicom_id", "split"))
    words = dict(zip(splits["dicom_id"], splits["split"], strict=True))

    images, patients = columns["dicom_id"], columns["subject_id"]
    rows = [at.get(study, -1) for study in zip(patients, columns["study_id"], strict=True)]
    columns.refuse(np.array(rows, int) < 0, f"its study has no labels in {labels.file}")
    sides = objects([_SIDES.get(words.get(image, ""), Side.OPEN) for image in images])
    columns.refuse(sides == Side.OPEN, f"{splits.file} does not say its split")
    paths = zip(patients, columns["study_id"], images, strict=True)
    table = columns.table(
        root,
        LABELS,
        values[rows] if len(labels) else np.empty((len(columns), len(LABELS)), np.int8),
        objects([f"files/p{p[:2]}/p{p}/s{s}/{image}.jpg" for p, s, image in paths]),
        patients=patients,
        views=columns.members("ViewPosition", _VIEWS, View.OTHER),
        sides=sides,
    )
    return replace(table, skipped=labels.skipped + table.skipped)
