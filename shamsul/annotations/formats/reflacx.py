"""REFLACX: ellipses that radiologists drew around abnormalities of MIMIC-CXR images; their gaze.

References
----------
.. [1] Bigolin Lanfredi R, et al. REFLACX, a dataset of reports and eye-tracking data for
   localization of abnormalities in chest x-rays. Sci Data. 2022;9:350.
   doi:10.1038/s41597-022-01441-z
.. [2] https://physionet.org/content/reflacx-xray-localization/
.. [3] https://github.com/ricbl/eyetracking, whose README says what the columns are
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Fault, Found, Looked
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.values import size
from shamsul.annotations.gaze import Gaze, together
from shamsul.annotations.marks import Ellipses
from shamsul.findings.labels import GAZE
from shamsul.storage.text import Row, Table

_FILE, _GAZE, _WORDS = (
    "anomaly_location_ellipses.csv",
    "fixations.csv",
    "timestamps_transcription.csv",
)
_BOX = ("xmin", "ymin", "xmax", "ymax")
_START, _END = "timestamp_start_fixation", "timestamp_end_fixation"
#: Both names are in use.
_PLACES = (("y_position", "x_position"), ("average_y_position", "average_x_position"))
_PER_DEGREE = tuple(f"angular_resolution_{axis}_pixels_per_degree" for axis in "yx")
_SHOWN = tuple(f"{edge}_shown_from_image" for edge in ("ymin", "xmin", "ymax", "xmax"))
_SPOKEN = "timestamp_start_word"
#: Phases of a reading: the first word that is dictated divides them.
BEFORE, DURING = "before dictation", "during dictation"
#: "Possibly", about 50%; the authors use what is at least that.
_SURE_ENOUGH = 3
_TRUE = ("true", "1", "1.0")


def _files(given: Given, name: str, fits: Callable[[Given], bool]) -> list[Given]:
    """The files of a name in a folder, or the one that is given, if it is such a file."""
    if given.path.is_dir():
        return [Given(path) for path in sorted(given.path.rglob(name))]
    return [given] if fits(given) else []


def _is_ellipses(file: Given) -> bool:
    return {*_BOX, "certainty"} <= file.columns


def _is_gaze(file: Given) -> bool:
    placed = any({*places} <= file.columns for places in _PLACES)
    return placed and {_START, _END, *_PER_DEGREE} <= file.columns


def _images(files: list[Given]) -> tuple[dict[str, list[Row]], list[Fault]]:
    """Which images each reading is of, from the metadata in the folders above the readings."""
    folders = {folder for file in files for folder in file.path.absolute().parents[:3]}
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
    """The ellipses, each by the box around it, and the gaze of every reading.

    An image may be read more than once; a reading is an annotator. Its folder is named by its id,
    and the metadata say which image that is of and how large it is. Without metadata the folder's
    name is taken for the image's.
    """
    ellipses, gazes = _files(given, _FILE, _is_ellipses), _files(given, _GAZE, _is_gaze)
    images, faults = _images(ellipses + gazes)
    yield from faults
    wrong = set()
    for file in (*ellipses, *gazes):
        reading = file.path.absolute().parent.name
        try:
            image, shape = _image(reading, images.get(reading, []))
        except ValueError as error:
            if reading not in wrong:
                yield Fault(reading, str(error))
            wrong.add(reading)
            continue
        if file in gazes:
            place = reading if file is given else f"{reading}, {_GAZE}"
            yield from _gaze(file, image, reading, shape, place)
            continue
        if image != reading:
            yield Looked(image, reading)
        read = partial(_ellipse, image=image, reading=reading, shape=shape)
        yield from file.each_row(read, reading)


def _gaze(
    file: Given, image: str, reading: str, shape: tuple[int, int] | None, place: str
) -> Iterator[Entry]:
    """The fixations of a reading, each with the degree and the part shown that it had."""
    if not _is_gaze(file):
        yield Fault(reading, f"{file.path.name} has no columns that say where somebody looked")
        return
    spoken, faults = _first_word(file.path.with_name(_WORDS), reading)
    yield from faults
    columns = next(columns for columns in _PLACES if {*columns} <= file.columns)
    is_cut = {*_SHOWN} <= file.columns
    found: list[Gaze] = []

    def read(row: Row) -> tuple[()]:
        start = row.number(_START)
        line, column = map(row.number, columns)
        degree = [row.number(name) for name in _PER_DEGREE]
        found.append(
            Gaze(
                np.array([[line, column, row.number(_END) - start]]),
                1.0,
                starts=np.array([start]),
                phases=() if spoken is None else (BEFORE if start < spoken else DURING,),
                per_degree=np.array([degree]),
                shown=np.array([[row.number(name) for name in _SHOWN]] if is_cut else []),
            )
        )
        return ()

    yield from file.each_row(read, place)
    if found:
        gaze = together(found)
        gaze = replace(gaze, sigma=float(np.median(gaze.per_degree)))
        yield Found(image, Annotation(GAZE, "REFLACX", gaze, reading), shape)


def _first_word(path: Path, reading: str) -> tuple[float | None, list[Fault]]:
    """When dictation began, in seconds; None where that is not known."""
    if not path.is_file():
        return None, []
    try:
        table = Table.read(path).require(_SPOKEN)
        return min((row.number(_SPOKEN) for _, row in table.rows()), default=None), []
    except ValueError as error:
        return None, [Fault(reading, f"its phases are not known: {error}")]


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
    # A folder of another data set may have a file of the same name.
    return bool(_files(given, _FILE, _is_ellipses)) or any(
        map(_is_gaze, _files(given, _GAZE, _is_gaze))
    )


REFLACX = Format(
    "reflacx",
    f"REFLACX ellipses and gaze ({_FILE}, {_GAZE}, or the folder)",
    "Bigolin Lanfredi 2022, doi:10.1038/s41597-022-01441-z",
    "https://physionet.org/content/reflacx-xray-localization/",
    (".csv",),
    _fits,
    _entries,
)
