"""CheXpert, the full release and the small one."""

import re
from pathlib import Path
from typing import Final

from shamsul.training.datasets.columns import Columns, find
from shamsul.training.datasets.table import Side, Table, View, joined, objects

#: Of CheXpert and of MIMIC-CXR-JPG, in CheXpert's order.
LABELS: Final = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)
_SIDES: Final = {"train.csv": Side.TRAIN, "valid.csv": Side.VALIDATION}
_FRONTAL: Final = {"PA": View.PA, "AP": View.AP, "": View.FRONTAL}
_PATIENT: Final = re.compile(r"(?:^|/)(patient\d+)/")


def read(root: Path) -> Table:
    """The rows of ``train.csv`` and of ``valid.csv``, whichever are there.

    Parameters
    ----------
    root : Path
        The folder ``CheXpert-v1.0`` or ``CheXpert-v1.0-small``, under whatever name: that with
        which the column Path begins is taken for it.

    Returns
    -------
    Table
        ``valid.csv`` is the validation side. The patient is in the path. Frontal images are AP or
        PA as the column says (LL and RL, on 17 frontal rows, are `View.OTHER`).

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If neither is there, or one is no such table; one sentence.

    References
    ----------
    Irvin J et al. CheXpert: a large chest radiograph dataset with uncertainty labels and expert
    comparison. AAAI 2019. doi:10.1609/aaai.v33i01.3301590
    """
    paths = {side: find(root, name) for name, side in _SIDES.items()}
    tables = [_read(root, path, side) for side, path in paths.items() if path is not None]
    if not tables:
        raise ValueError(f"There is no {' or '.join(_SIDES)} in {root} (nor as .gz or .zip).")
    return joined(tables)


def _read(root: Path, path: Path, side: Side) -> Table:
    columns = Columns(path, ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *LABELS))
    images = objects([name.partition("/")[2] for name in columns["Path"]])
    matches = [_PATIENT.search(name) for name in images]
    patients = objects([match[1] if match else "" for match in matches])
    columns.refuse(patients == "", "its path names no patient")
    pairs = zip(columns["Frontal/Lateral"], columns["AP/PA"], strict=True)
    views = objects([_view(*pair) for pair in pairs])
    return columns.table(
        root,
        LABELS,
        columns.labels(LABELS),
        images,
        patients=patients,
        views=views,
        sexes=columns.sexes("Sex"),
        ages=columns.ages("Age"),
        sides=side,
    )


def _view(projection: str, direction: str) -> View:
    if projection == "Frontal":
        return _FRONTAL.get(direction, View.OTHER)
    return View.LATERAL if projection == "Lateral" else View.UNKNOWN
