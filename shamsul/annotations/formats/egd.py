"""EGD-CXR: where a radiologist looked while reading MIMIC-CXR images, and where anatomy is on them.

References
----------
.. [1] Karargyris A, et al. Creation and validation of a chest X-ray dataset with eye-tracking and
   report dictation for AI development. Sci Data. 2021;8:92. doi:10.1038/s41597-021-00863-5
.. [2] https://github.com/cxr-eye-gaze/eye-gaze-dataset
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Fault, Found
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.gaze import KARARGYRIS_SIGMA, Gaze, together
from shamsul.annotations.marks import Boxes
from shamsul.findings.labels import ANATOMY, GAZE
from shamsul.storage.text import Row, Table

_SOURCE = "EGD-CXR"
_FIXATIONS, _SHEET, _BOXES = "fixations.csv", "master_sheet.csv", "bounding_boxes.csv"
#: Every sample of the eye tracker, in the same columns: no list of fixations.
_SAMPLES = "eye_gaze.csv"
_VALID = "FPOGV"
_IMAGE, _SECONDS = "DICOM_ID", "FPOGD"
#: When a fixation began, on the eye tracker's clock; else when its row was written, at its end.
_BEGAN = ("FPOGS", "Time (in secs)")
#: In pixels of the original image; negative where the eyes were off it.
_ON_IMAGE = ("X_ORIGINAL", "Y_ORIGINAL")
#: In shares of the screen.
_ON_SCREEN = ("FPOGX", "FPOGY")
_SCREEN = (1920, 1080)
#: Pixels of the screen that the image left free.
_PADDINGS = ("image_left_pad", "image_right_pad", "image_top_pad", "image_bottom_pad")
_ORDER = ("CNT", "FPOGID")
_BOX = ("y1", "x1", "y2", "x2")

Paddings = Sequence[float]


class _Fixation(NamedTuple):
    """One row: by what it is ordered, whether it is in shares of the image, and what it says."""

    order: tuple[float, ...]
    relative: bool
    gaze: Gaze

    @property
    def is_on_image(self) -> bool:
        row, column, _ = self.gaze.fixations[0]
        most = 1 if self.relative else np.inf
        return bool(min(row, column) >= 0 and max(row, column) < most)


def _fixations(file: Given, sheet: Path, about: str) -> Iterator[Entry]:
    """The gaze of each image; what the eye tracker marked as not valid, or saw off it, is left out.

    Grouped by image and session, and not by where the image changes, so that the last one of a
    session is like any other.
    """
    readings: dict[str, dict[str, list[_Fixation]]] = defaultdict(lambda: defaultdict(list))
    paddings = _paddings(sheet)

    def read(row: Row) -> tuple[()]:
        if not row[_IMAGE]:
            raise ValueError(f"it has no {_IMAGE}")
        one = _fixation(row, paddings)
        if one is not None:
            readings[row[_IMAGE]][row.get("SESSION_ID", "")].append(one)
        return ()

    yield from file.each_row(read, about)
    for image, sessions in readings.items():
        for session, fixations in sessions.items():
            author = f"session {session}" if len(sessions) > 1 else ""
            yield from _reading(image, author, sorted(fixations, key=lambda one: one.order))


def _reading(image: str, author: str, fixations: Sequence[_Fixation]) -> Iterator[Entry]:
    """The gaze of a session on an image, in pixels or shares as its rows have it."""
    began = np.fmin.reduce([one.gaze.starts[0] for one in fixations])
    if not any(one.is_on_image for one in fixations):
        yield Fault(image, "none of its fixations is on the image")
    for relative in (False, True):
        own = [one.gaze for one in fixations if one.is_on_image and one.relative is relative]
        if own:
            gaze = together(own)
            gaze = replace(gaze, starts=gaze.starts - began)
            yield Found(image, Annotation(GAZE, _SOURCE, gaze, author), relative=relative)


def _fixation(row: Row, paddings: Callable[[str], Paddings]) -> _Fixation | None:
    """What a row says; None where it is not valid."""
    valid = row.number(_VALID) if _VALID in row else 1
    if valid not in (0, 1):
        raise ValueError(f"{_VALID} is {row[_VALID]!r}, not 0 or 1")
    if not valid:
        return None
    relative = not all(row.get(name) for name in _ON_IMAGE)
    if relative:
        place = _on_image(row, paddings(row[_IMAGE]))
    else:
        place = [row.number(name) for name in _ON_IMAGE[::-1]]
    start = next((row.number(name) for name in _BEGAN if row.get(name)), np.nan)
    fixation = np.array([[*place, row.number(_SECONDS)]])
    order = tuple(row.number(name) for name in _ORDER if row.get(name))
    gaze = Gaze(fixation, KARARGYRIS_SIGMA, starts=np.array([start]))
    return _Fixation(order, relative, gaze)


def _on_image(row: Row, free: Paddings) -> list[float]:
    """Row and column in shares of the image, from shares of the screen that it was on."""
    x, y = (row.number(name) * size for name, size in zip(_ON_SCREEN, _SCREEN, strict=True))
    left, right, top, bottom = free
    return [(y - top) / (_SCREEN[1] - top - bottom), (x - left) / (_SCREEN[0] - left - right)]


def _paddings(sheet: Path) -> Callable[[str], Paddings]:
    """Finds what an image left free on the screen: left, right, top and bottom, in pixels.

    The sheet, which has a row for each image, is opened when it is first needed.
    """

    @cache
    def listed() -> dict[str, Row]:
        if not sheet.is_file():
            raise ValueError(
                f"{_ON_IMAGE[0]} and {_ON_IMAGE[1]} are missing, and so is {sheet.name} beside the "
                "file, which says where the image was on the screen"
            )
        table = Table.read(sheet).require("dicom_id", *_PADDINGS)
        return {row["dicom_id"]: row for _, row in table.rows()}

    def find(image: str) -> Paddings:
        row = listed().get(image)
        if row is None:
            raise ValueError(f"{sheet.name} has no row of the image {image}")
        free = [row.number(name) for name in _PADDINGS]
        left, right, top, bottom = free
        if min(free) < 0 or left + right >= _SCREEN[0] or top + bottom >= _SCREEN[1]:
            raise ValueError(f"{sheet.name} leaves no room on the screen for the image {image}")
        return free

    return find


def _anatomy(file: Given, about: str) -> Iterator[Entry]:
    """Boxes around parts of the body, ill or not, in pixels of the original image."""

    def read(row: Row) -> Iterator[Entry]:
        if not row["bbox_name"]:
            raise ValueError("it has no bbox_name")
        mark = Boxes(np.array([[row.number(column) for column in _BOX]]))
        yield Found(row["dicom_id"], Annotation(ANATOMY + row["bbox_name"], _SOURCE, mark))

    return file.each_row(read, about)


def _is_fixations(file: Given) -> bool:
    if file.path.name == _SAMPLES or not {_IMAGE, _SECONDS} <= file.columns:
        return False
    return {*_ON_IMAGE} <= file.columns or {*_ON_SCREEN} <= file.columns


def _is_anatomy(file: Given) -> bool:
    return {"dicom_id", "bbox_name", *_BOX} <= file.columns


def _files(given: Given) -> list[Given]:
    """The files of a folder that are read, or the one that is given."""
    if not given.path.is_dir():
        return [given]
    found = [Given(given.path / name) for name in (_FIXATIONS, _BOXES)]
    return [file for file in found if file.path.is_file()]


def _entries(given: Given) -> Iterator[Entry]:
    for file in _files(given):
        about = "" if file is given else file.path.name
        if _is_fixations(file):
            yield from _fixations(file, file.path.with_name(_SHEET), about)
        elif _is_anatomy(file):
            yield from _anatomy(file, about)
        else:
            yield Fault(about, "it has other columns than EGD-CXR's file of this name")


EGD = Format(
    "egd-cxr",
    f"EGD-CXR gaze and anatomy ({_FIXATIONS} with {_SHEET} beside it, {_BOXES}, or the folder)",
    "Karargyris 2021, doi:10.1038/s41597-021-00863-5",
    "https://physionet.org/content/egd-cxr/",
    (".csv",),
    lambda given: any(_is_fixations(file) or _is_anatomy(file) for file in _files(given)),
    _entries,
)
