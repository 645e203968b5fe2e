"""SIIM-ACR Pneumothorax Segmentation Challenge 2019."""

import re
from pathlib import Path
from typing import Final

import numpy as np

from shamsul.training.datasets.columns import Columns, needed
from shamsul.training.datasets.table import Label, Table, View

LABELS: Final = ("Pneumothorax",)
_NONE: Final = "-1"
#: Pairs of a start, counted from the end of the run before, and a length.
_RUNS: Final = re.compile(r"\d+ \d+(?: \d+ \d+)*", re.ASCII)


def read(root: Path) -> Table:
    """The pictures of ``train-rle.csv`` or ``stage_2_train.csv``.

    Parameters
    ----------
    root : Path
        With the folder ``dicom-images-train``, in which each file lies two folders deep.

    Returns
    -------
    Table
        The table has a row for each mask, "-1" for none: one mask makes its picture positive. Each
        picture counts as of a patient of its own, from the front (PA or AP: the table does not
        say); sex and age are unknown, since they stand in the DICOM files alone.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is missing, or another table; one sentence.

    References
    ----------
    SIIM-ACR Pneumothorax Segmentation, https://www.kaggle.com/c/siim-acr-pneumothorax-segmentation;
    its masks are described by Filice RW et al., J Digit Imaging 2020,
    doi:10.1007/s10278-019-00299-9.
    """
    columns = Columns(
        needed(root, "train-rle.csv", "stage_2_train.csv"), ("ImageId", "EncodedPixels")
    )
    masks = columns["EncodedPixels"]
    broken = [mask != _NONE and not _RUNS.fullmatch(mask) for mask in masks]
    columns.refuse(np.array(broken, bool), "its mask is neither -1 nor pairs of numbers")
    values = np.where(masks == _NONE, Label.ABSENT, Label.PRESENT).astype(np.int8)[:, None]
    pictures, values = columns.by_picture("ImageId", values)
    return pictures.table(
        root,
        LABELS,
        values,
        pictures["ImageId"] + ".dcm",
        views=View.FRONTAL,
        folders=("dicom-images-train/*/*",),
    )
