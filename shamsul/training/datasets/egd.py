"""EGD-CXR: the chest radiographs of MIMIC-CXR that a radiologist read with an eye tracker."""

from pathlib import Path
from typing import Final

from shamsul.training.datasets.columns import Columns, needed
from shamsul.training.datasets.table import Side, Table, View, objects

#: The owner's three classes.
LABELS: Final = ("Normal", "CHF", "pneumonia")
_FILE: Final = "master_sheet.csv"


def read(root: Path) -> Table:
    """The rows of ``master_sheet.csv``.

    Parameters
    ----------
    root : Path
        With the images of MIMIC-CXR or MIMIC-CXR-JPG, below the folder ``files`` as the column
        ``path`` has them.

    Returns
    -------
    Table
        Nothing is said of the side. Sex and age are told where the sheet has ``gender`` and
        ``anchor_age``. The owner chose frontal radiographs; PA or AP is not told.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is missing, or another table; one sentence.

    References
    ----------
    Karargyris A, et al. Creation and validation of a chest X-ray dataset with eye-tracking and
    report dictation for AI development. Sci Data. 2021;8:92. doi:10.1038/s41597-021-00863-5
    """
    path = needed(root, _FILE)
    columns = Columns(path)
    names = {name: columns[name] for name in ("dicom_id", "path", "patient_id")}
    values = columns.labels(LABELS)
    images = objects([_image(root, one) for one in names["path"]])
    columns.refuse(names["dicom_id"] == "", "it names no image")
    return columns.table(
        root,
        LABELS,
        values,
        images,
        patients=names["patient_id"],
        views=View.FRONTAL,
        sexes=columns.sexes("gender") if "gender" in columns.names else None,
        ages=columns.ages("anchor_age") if "anchor_age" in columns.names else None,
        sides=Side.OPEN,
    )


def _image(root: Path, path: str) -> str:
    """The DICOM file that the sheet names, or MIMIC-CXR-JPG's of the same image."""
    picture = path.removesuffix(".dcm") + ".jpg"
    return picture if not (root / path).is_file() and (root / picture).is_file() else path
