"""CheXpert, the full release and the small one, and its test set, which came later."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.findings.labels import CHEXPERT
from shamsul.training.datasets.columns import Columns, find
from shamsul.training.datasets.table import Side, Table, View, joined, objects

#: Of CheXpert and of MIMIC-CXR-JPG.
LABELS: Final = CHEXPERT
#: The tables of each side, of which the first one counts; the second names are CheXlocalize's.
_TABLES: Final[Mapping[Side, tuple[str, ...]]] = {
    Side.TRAIN: ("train.csv",),
    Side.VALIDATION: ("valid.csv", "val_labels.csv"),
    Side.TEST: ("test.csv", "test_labels.csv"),
}
_FRONTAL: Final = {"PA": View.PA, "AP": View.AP, "": View.FRONTAL}
#: From the folder of the side on: what stands before it differs from release to release.
_PATH: Final = re.compile(r"(?:^|/)([^/]+/(patient\d+)/.*)")


def read(root: Path) -> Table:
    """The rows of ``train.csv``, ``valid.csv`` and ``test.csv``, whichever are there.

    Parameters
    ----------
    root : Path
        The folder ``CheXpert-v1.0`` or ``CheXpert-v1.0-small``, under whatever name: the column
        Path is read from the folder ``train``, ``valid`` or ``test`` on. Or CheXlocalize's folder
        ``CheXpert``, with ``val_labels.csv`` and ``test_labels.csv``.

    Returns
    -------
    Table
        ``valid.csv`` is the validation side. The patient is in the path. Frontal images are AP or
        PA as the column says (LL and RL, on 17 frontal rows, are `View.OTHER`). Where there are no
        such columns, the view is what the file's name says, frontal or lateral; sex and age are
        unknown.

    Raises
    ------
    OSError
        If a file cannot be opened.
    ValueError
        If none is there, or one is no such table; one sentence.

    References
    ----------
    Irvin J et al. CheXpert: a large chest radiograph dataset with uncertainty labels and expert
    comparison. AAAI 2019. doi:10.1609/aaai.v33i01.3301590

    Saporta A et al. Benchmarking saliency methods for chest X-ray interpretation. Nature Machine
    Intelligence 2022. doi:10.1038/s42256-022-00536-x
    """
    paths = {side: find(root, *names) for side, names in _TABLES.items()}
    tables = [_read(root, path, side) for side, path in paths.items() if path is not None]
    if not tables:
        first = " or ".join(names[0] for names in _TABLES.values())
        raise ValueError(f"There is no {first} in {root} (nor as .gz or .zip).")
    return joined(tables)


def _read(root: Path, path: Path, side: Side) -> Table:
    columns = Columns(path)
    matches = [_PATH.search(name) for name in columns["Path"]]
    patients = objects([match[2] if match else "" for match in matches])
    columns.refuse(patients == "", "its path names no patient")
    images = objects([match[1] if match else "" for match in matches])
    return columns.table(
        root,
        LABELS,
        columns.labels(LABELS),
        images,
        patients=patients,
        views=_views(columns, images),
        sexes=columns.sexes("Sex") if "Sex" in columns.names else None,
        ages=columns.ages("Age") if "Age" in columns.names else None,
        sides=side,
    )


def _views(columns: Columns, images: NDArray[np.object_]) -> NDArray[np.object_]:
    if "Frontal/Lateral" not in columns.names:
        ends = (PurePosixPath(name).stem.rpartition("_")[2] for name in images)
        return objects([_view(end.capitalize(), "") for end in ends])
    pairs = zip(columns["Frontal/Lateral"], columns["AP/PA"], strict=True)
    return objects([_view(*pair) for pair in pairs])


def _view(projection: str, direction: str) -> View:
    if projection == "Frontal":
        return _FRONTAL.get(direction, View.OTHER)
    return View.LATERAL if projection == "Lateral" else View.UNKNOWN
