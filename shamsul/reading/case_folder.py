"""A folder of radiographs with exact masks, as rendered phantoms are written and read.

``NAME.png`` is the image, ``NAME--<Label with spaces as _>.png`` the mask of one finding.
``labels.csv`` has the column ``file``, one column of 0 and 1 for each label, and a column
``<label> grade`` for each finding, empty where it is absent. A column ``case`` may name the cases.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from shamsul.storage.atomic import write_atomically
from shamsul.storage.text import Table

if TYPE_CHECKING:
    from shamsul.phantom.phantom import Phantom

LABELS_FILE = "labels.csv"
_GRADE = " grade"
_NO_FINDING = "No Finding"


@dataclass(frozen=True)
class FolderCase:
    """One image of a folder.

    Attributes
    ----------
    name : str
        Of the file, without its ending.
    image : Path
    case : str
        What the case is called in a study; empty where that is not said. The file's name may be a
        patient's.
    labels : mapping of str to bool
        Whether each finding is present.
    grades : mapping of str to str
        How conspicuous a present finding is.
    masks : mapping of str to Path
        Where a present finding is, if that is known.
    """

    name: str
    image: Path
    case: str
    labels: Mapping[str, bool]
    grades: Mapping[str, str]
    masks: Mapping[str, Path]


def write_phantoms(phantoms: "Iterable[Phantom]", directory: Path) -> tuple[Path, ...]:
    """Write phantoms as a folder of cases, images in 8 bits.

    Parameters
    ----------
    phantoms : iterable of Phantom
        Taken one at a time.
    directory : Path
        Made if missing; files of the same names are replaced.

    Returns
    -------
    tuple of Path
        The images.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    images, rows = [], []
    for number, phantom in enumerate(phantoms, 1):
        image = directory / f"phantom-{number:04d}.png"
        _write_png(image, np.rint(phantom.pixels * 255).astype(np.uint8))
        grades = {finding.label: finding.grade.value for finding in phantom.findings}
        for label in grades:
            _write_png(_mask_path(image, label), phantom.mask(label))
        findings = [label for label in phantom.labels if label != _NO_FINDING]
        rows.append(
            {"file": image.name, "case": image.stem}
            | {label: str(int(present)) for label, present in phantom.labels.items()}
            | {label + _GRADE: grades.get(label, "") for label in findings}
        )
        images.append(image)
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write_atomically(directory / LABELS_FILE, text.getvalue().encode())
    return tuple(images)


def read_folder(directory: Path) -> tuple[FolderCase, ...]:
    """The cases that a folder's ``labels.csv`` lists; images and masks are not opened.

    Raises
    ------
    OSError
        If there is no ``labels.csv``.
    ValueError
        If it is not laid out as it should be, or an image is missing.
    """
    table = Table.read(directory / LABELS_FILE)
    if not table.columns:  # no cases were written
        return ()
    return tuple(_folder_case(directory, row) for _, row in table.require("file").rows())


def _folder_case(directory: Path, row: Mapping[str, str]) -> FolderCase:
    name = row["file"]
    image = directory / name
    if Path(name).name != name or not image.is_file():
        raise ValueError(f"{LABELS_FILE} names {name!r}, which is no image in {directory}")
    columns = {column: cell for column, cell in row.items() if column not in ("", "file", "case")}
    grades = {
        column.removesuffix(_GRADE): cell
        for column, cell in columns.items()
        if column.endswith(_GRADE) and cell
    }
    labels = {}
    for column, cell in columns.items():
        if not column.endswith(_GRADE):
            if cell not in ("0", "1"):
                raise ValueError(f"{LABELS_FILE}: {column} of {name} is {cell!r}, not 0 or 1")
            labels[column] = cell == "1"
    paths = {label: _mask_path(image, label) for label, present in labels.items() if present}
    masks = {label: path for label, path in paths.items() if path.is_file()}
    return FolderCase(image.stem, image, row.get("case", ""), labels, grades, masks)


def _mask_path(image: Path, label: str) -> Path:
    return image.with_name(f"{image.stem}--{label.replace(' ', '_')}.png")


def _write_png(path: Path, array: np.ndarray) -> None:
    png = io.BytesIO()
    Image.fromarray(array).save(png, "PNG")
    write_atomically(path, png.getvalue())
