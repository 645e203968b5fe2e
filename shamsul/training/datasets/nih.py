"""NIH ChestX-ray14."""

from pathlib import Path
from typing import Final

import numpy as np

from shamsul.training.datasets.columns import Columns, find, needed, unpacked
from shamsul.training.datasets.table import Label, Side, Table, View, objects

LABELS: Final = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
    "No Finding",
)
_LISTS: Final = {"train_val_list.txt": Side.TRAIN, "test_list.txt": Side.TEST}
_VIEWS: Final = {"PA": View.PA, "AP": View.AP}


def read(root: Path) -> Table:
    """The rows of ``Data_Entry_2017_v2020.csv`` or, if there is none, ``Data_Entry_2017.csv``.

    Parameters
    ----------
    root : Path
        With the images in ``images`` (the owner's archives unpacked) or ``images_001/images`` to
        ``images_012/images``.

    Returns
    -------
    Table
        A finding that is not named is absent; "No Finding" is a label of its own. Images in
        ``test_list.txt`` are the test side, those in ``train_val_list.txt`` the training side, of
        which validation is still to be drawn; without these files all are open.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If there is no table, or it is another one; one sentence.

    References
    ----------
    Wang X et al. ChestX-ray8: hospital-scale chest X-ray database and benchmarks. CVPR 2017.
    doi:10.1109/CVPR.2017.369
    """
    path = needed(root, "Data_Entry_2017_v2020.csv", "Data_Entry_2017.csv")
    columns = Columns(
        path,
        (
            "Image Index",
            "Finding Labels",
            "Patient ID",
            "Patient Age",
            "Patient Gender",
            "View Position",
        ),
    )
    sides = _sides(root)
    images = columns["Image Index"]
    return columns.table(
        root,
        LABELS,
        _values(columns),
        images,
        patients=columns["Patient ID"],
        views=columns.members("View Position", _VIEWS, View.UNKNOWN),
        sexes=columns.sexes("Patient Gender"),
        ages=columns.ages("Patient Age"),
        sides=objects([sides.get(name, Side.OPEN) for name in images]),
        folders=("images", "images_*/images", "images_*"),
    )


def _values(columns: Columns) -> np.ndarray[tuple[int, int], np.dtype[np.int8]]:
    """Findings that a row names; a row with another word is refused."""
    place = {name: index for index, name in enumerate(LABELS)}
    values = np.full((len(columns), len(LABELS)), Label.ABSENT, np.int8)
    unknown = np.zeros(len(columns), bool)
    reasons = []
    for row, cell in enumerate(columns["Finding Labels"]):
        names = cell.split("|")
        strange = [name for name in names if name not in place]
        if strange:
            unknown[row] = True
            reasons.append(f"{strange[0]!r} is no label of the data set")
        else:
            values[row, [place[name] for name in names]] = Label.PRESENT
    columns.refuse(unknown, reasons)
    return values


def _sides(root: Path) -> dict[str, Side]:
    """The owner's side of each image that its lists name."""
    sides: dict[str, Side] = {}
    for name, side in _LISTS.items():
        path = find(root, name)
        if path is not None:
            names = unpacked(path).decode("utf-8", errors="replace").split()
            sides |= dict.fromkeys(names, side)
    return sides
