"""REFLACX: ellipses that radiologists drew around abnormalities of MIMIC-CXR images.

References
----------
.. [1] Bigolin Lanfredi R, et al. REFLACX, a dataset of reports and eye-tracking data for
   localization of abnormalities in chest x-rays. Sci Data. 2022;9:350.
   doi:10.1038/s41597-022-01441-z
.. [2] https://physionet.org/content/reflacx-xray-localization/
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Fault, Found, Looked
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.values import size
from shamsul.annotations.marks import Ellipses
from shamsul.storage.text import Row, Table

_FILE = "anomaly_location_ellipses.csv"
_BOX = ("xmin", "ymin", "xmax", "ymax")
#: "Possibly", about 50%; the authors use what is at least that.
_SURE_ENOUGH = 3
_TRUE = ("true", "1", "1.0")


def _files(given: Given) -> list[Path]:
    return sorted(given.path.rglob(_FILE)) if given.path.is_dir() else [given.path]


def _images(files: list[Path]) -> tuple[dict[str, list[Row]], list[Fault]]:
    """Which images each reading is of, from the metadata in the folders above the readings."""
    folders = {folder for file in files for folder in file.absolute().parents[:3]}
    images: dict[str, list[Row]] = {}
    faults = []
    for path in sorted(table for folder in folders for table in folder.glob("metadata*.csv")):
        table = Table.read(path)
        if {"id", "dicom_id", "image_size_x", "image_size_y"} <= set(table.columns):
            for place, cells in table.lines():
                try:
                    row = table.row(cells)
                    images.setdefault(row["id"], []).append(row)
                except ValueError as error:
                    faults.append(Fault(f"{path.name}, {place}", str(error)))
    return images, faults


def _image(reading: str, rows: list[Row]) -> tuple[str, tuple[int, int] | None]:
    """The image that a reading is of, and its size; the reading's name where nothing is known."""
    if not rows:
        return reading, None
    told = {(row["dicom_id"], row["image_size_y"], row["image_size_x"]) for row in rows}
    if len(told) > 1:
        raise ValueError(f"its metadata name {len(told)} images or sizes")
    ((image, height, width),) = told
    shape = size(height, width)
    if shape is None:
        raise ValueError("its metadata have no size of the image")
    return image, shape


def _entries(given: Given) -> Iterator[Entry]:
    """The ellipses, each by the box around it, of every reading.

    An image may be read more than once; a reading is an annotator. Its folder is named by its id,
    and the metadata say which image that is of and how large it is. Without metadata the folder's
    name is taken for the image's.
    """
    files = _files(given)
    images, faults = _images(files)
    yield from faults
    for file in files:
        reading = file.absolute().parent.name
        try:
            image, shape = _image(reading, images.get(reading, []))
        except ValueError as error:
            yield Fault(reading, str(error))
            continue
        if image != reading:
            yield Looked(image, reading)
        read = partial(_ellipse, image=image, reading=reading, shape=shape)
        yield from Given(file).each_row(read, reading)


def _ellipse(row: Row, image: str, reading: str, shape: tuple[int, int] | None) -> Iterator[Entry]:
    if row["certainty"] and row.number("certainty") < _SURE_ENOUGH:
        raise ValueError(f"certainty {row['certainty']} of 5 is less than “possibly”")
    left, top, right, bottom = (row.number(column) for column in _BOX)
    axes = [(top + bottom) / 2, (left + right) / 2, (bottom - top) / 2, (right - left) / 2, 0]
    mark = Ellipses(np.array([axes]))
    labels = [
        label
        for label, cell in row.items()
        if cell.casefold() in _TRUE and label not in ("", *_BOX, "certainty")
    ]
    if not labels:
        raise ValueError("no finding of it is True or 1")
    for label in labels:
        yield Found(image, Annotation(label, "REFLACX", mark, reading), shape)


def _fits(given: Given) -> bool:
    if given.path.is_dir():
        return bool(_files(given))
    return {*_BOX, "certainty"} <= given.columns


REFLACX = Format(
    "reflacx",
    f"REFLACX ellipses ({_FILE}, or the folder)",
    "Bigolin Lanfredi 2022, doi:10.1038/s41597-022-01441-z",
    "https://physionet.org/content/reflacx-xray-localization/",
    (".csv",),
    _fits,
    _entries,
)
