"""Tables with a box in each row: NIH ChestX-ray14, VinDr-CXR, RSNA pneumonia.

References
----------
.. [1] Wang X, et al. ChestX-ray8. CVPR 2017:3462-3471. doi:10.1109/CVPR.2017.369
.. [2] Nguyen HQ, et al. VinDr-CXR. Sci Data. 2022;9:429. doi:10.1038/s41597-022-01498-w
.. [3] Shih G, et al. Augmenting the National Institutes of Health chest radiograph dataset with
   expert annotations of possible pneumonia. Radiol Artif Intell. 2019;1(1):e180041.
   doi:10.1148/ryai.2019180041
"""

from collections.abc import Iterator

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found, Looked
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.marks import Boxes
from shamsul.storage.text import Row

#: Images of ChestX-ray14, and those of RSNA's challenge which are taken from it.
_NIH_SHAPE = (1024, 1024)
# The header's "Bbox [x,y,w,h]" is four columns to a reader of CSV.
_NIH_BOX = ("Bbox [x", "y", "w", "h]")
_RSNA_BOX = ("x", "y", "width", "height")
_VINDR_BOX = ("x_min", "y_min", "x_max", "y_max")


def _cornered(row: Row, columns: tuple[str, str, str, str]) -> Boxes:
    """A box of its left, top, width and height."""
    left, top, width, height = (row.number(column) for column in columns)
    return Boxes(np.array([[top, left, top + height, left + width]]))


def _nih(given: Given) -> Iterator[Entry]:
    def read(row: Row) -> Iterator[Entry]:
        mark = _cornered(row, _NIH_BOX)
        found = Annotation(row["Finding Label"], "NIH ChestX-ray14", mark)
        yield Found(row["Image Index"], found, _NIH_SHAPE)

    return given.each_row(read)


def _rsna(given: Given) -> Iterator[Entry]:
    def read(row: Row) -> Iterator[Entry]:
        target = row.number("Target")
        if target not in (0, 1):
            raise ValueError(f"Target is {row['Target']!r}, not 0 or 1")
        if not target and any(row[column] for column in _RSNA_BOX):
            raise ValueError("Target is 0, which is no pneumonia, but it has a box")
        if target:
            mark = _cornered(row, _RSNA_BOX)
            found = Annotation("Pneumonia", "RSNA pneumonia challenge", mark)
            yield Found(row["patientId"], found, _NIH_SHAPE)

    return given.each_row(read)


def _vindr(given: Given) -> Iterator[Entry]:
    def read(row: Row) -> Iterator[Entry]:
        author = row.get("rad_id", "")
        if row["class_name"].casefold() == "no finding":
            yield Looked(row["image_id"], author)
            return
        left, top, right, bottom = (row.number(column) for column in _VINDR_BOX)
        mark = Boxes(np.array([[top, left, bottom, right]]))
        found = Annotation(row["class_name"], "VinDr-CXR", mark, author)
        yield Found(row["image_id"], found)

    return given.each_row(read)


NIH = Format(
    "nih",
    "NIH ChestX-ray14 boxes (BBox_List_2017.csv)",
    "Wang 2017, doi:10.1109/CVPR.2017.369",
    "https://nihcc.app.box.com/v/ChestXray-NIHCC",
    (".csv",),
    lambda given: {"Image Index", "Finding Label", *_NIH_BOX} <= given.columns,
    _nih,
)
RSNA = Format(
    "rsna",
    "RSNA pneumonia detection challenge",
    "Shih 2019, doi:10.1148/ryai.2019180041",
    "https://www.kaggle.com/c/rsna-pneumonia-detection-challenge",
    (".csv",),
    lambda given: {"patientId", "Target", *_RSNA_BOX} <= given.columns,
    _rsna,
)
VINDR = Format(
    "vindr",
    "VinDr-CXR (annotations_train.csv, annotations_test.csv)",
    "Nguyen 2022, doi:10.1038/s41597-022-01498-w",
    "https://physionet.org/content/vindr-cxr/",
    (".csv",),
    lambda given: {"image_id", "class_name", *_VINDR_BOX} <= given.columns,
    _vindr,
)
