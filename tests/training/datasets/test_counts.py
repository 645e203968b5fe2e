"""The owners' real tables, as the package torchxrayvision ships them, come out as they are known.

The numbers were counted in these files by other means (torchxrayvision 1.5, November 2026); none of
their rows is kept here.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from shamsul.training.datasets import chexpert, nih, padchest, rsna, siim, vindr
from shamsul.training.datasets.table import Label, Table, View

pytestmark = pytest.mark.long


def shipped(read: Callable[[Path], Table], root: Path, name: str, owners: str) -> Table:
    """The table that a data set's reader makes of a shipped file under its owner's name."""
    package = find_spec("torchxrayvision")
    assert package is not None and package.origin is not None
    file = Path(package.origin).parent / "data" / name
    if not file.exists():
        pytest.skip(f"this torchxrayvision does not ship {name}")
    (root / owners).symlink_to(file)
    return read(root)


def views(table: Table) -> dict[View, int]:
    return {view: int((table.views == view).sum()) for view in View if (table.views == view).any()}


def test_chexpert(tmp_path: Path) -> None:
    table = shipped(chexpert.read, tmp_path, "chexpert_train.csv.gz", "train.csv.gz")
    assert (len(table), len(table.skipped), len(set(table.patients))) == (223_414, 0, 64_540)
    assert views(table) == {
        View.AP: 161_590,
        View.PA: 29_420,
        View.LATERAL: 32_387,
        View.OTHER: 17,
    }
    said = (Label.PRESENT, Label.ABSENT, Label.UNCERTAIN)
    counts = {label: tuple(table.count(label, one) for one in said) for label in table.labels}
    assert counts["No Finding"] == (22_381, 0, 0)
    assert counts["Cardiomegaly"] == (27_000, 11_116, 8_087)
    assert counts["Lung Opacity"] == (105_581, 6_599, 5_598)
    assert counts["Edema"] == (52_246, 20_726, 12_984)
    assert counts["Consolidation"] == (14_783, 28_097, 27_742)
    assert counts["Atelectasis"] == (33_376, 1_328, 33_739)
    assert counts["Support Devices"] == (116_001, 6_137, 1_079)


def test_nih(tmp_path: Path) -> None:
    name = "Data_Entry_2017_v2020.csv.gz"
    table = shipped(nih.read, tmp_path, name, name)
    assert (len(table), len(table.skipped), len(set(table.patients))) == (112_120, 0, 30_805)
    assert views(table) == {View.PA: 67_310, View.AP: 44_810}
    counts = {label: table.count(label, Label.PRESENT) for label in table.labels}
    assert counts["No Finding"] == 60_361
    assert counts["Infiltration"] == 19_894
    assert counts["Effusion"] == 13_317
    assert counts["Hernia"] == 227
    renamed = table.renamed()
    assert renamed.count("Pleural Effusion", Label.PRESENT) == 13_317
    lesions = [table.values[:, table.labels.index(label)] == 1 for label in ("Nodule", "Mass")]
    both = int((lesions[0] & lesions[1]).sum())
    assert renamed.count("Lung Lesion", Label.PRESENT) == 6_331 + 5_782 - both
    # Who has no finding has none of the others.
    others = table.values[:, :-1].max(axis=1)
    assert (others == 1 - table.values[:, -1]).all()


def test_vindr(tmp_path: Path) -> None:
    table = shipped(vindr.read, tmp_path, "vinbigdata-train.csv.gz", "train.csv.gz")
    assert (len(table), len(table.skipped)) == (15_000, 0)
    # Three readers a picture: no half of them.
    assert set(np.unique(table.values)) == {Label.ABSENT, Label.PRESENT}


def test_rsna(tmp_path: Path) -> None:
    name = "kaggle_stage_2_train_labels.csv.zip"
    table = shipped(rsna.read, tmp_path, name, name.removeprefix("kaggle_"))
    assert (len(table), len(table.skipped), len(set(table.patients))) == (26_684, 0, 26_684)
    # Negative pictures have one row each: 30,227 rows less the 9,555 positive ones.
    assert table.count("Pneumonia", Label.ABSENT) == 30_227 - 9_555


def test_siim(tmp_path: Path) -> None:
    name = "siim-pneumothorax-train-rle.csv.gz"
    table = shipped(siim.read, tmp_path, name, "train-rle.csv.gz")
    assert (len(table), len(table.skipped)) == (12_047, 0)
    assert table.count("Pneumothorax", Label.ABSENT) == 9_378


def test_padchest(tmp_path: Path) -> None:
    name = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz"
    table = shipped(padchest.read, tmp_path, name, name)
    assert len(table) + len(table.skipped) == 160_861
    assert {one.reason for one in table.skipped} == {"its owner excludes its projection"}
    assert len(set(table.patients)) == 67_625
    counts = views(table)
    assert counts[View.PA] == 91_728
    assert counts[View.LATERAL] == 49_579
    assert counts[View.AP] == 14_346 + 4_559
