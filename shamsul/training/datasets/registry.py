"""The data sets, from which configuration files, documentation and tests take their names."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shamsul.training.datasets import (
    chexpert,
    egd,
    mimic,
    nih,
    own_csv,
    padchest,
    phantoms,
    rsna,
    siim,
    vindr,
)
from shamsul.training.datasets.table import Table


@dataclass(frozen=True)
class Dataset:
    """A data set that can be read.

    Attributes
    ----------
    name : str
        As a configuration file names it.
    title : str
    read : callable
        From the data set's folder to its `Table`; raises OSError and ValueError, the latter with
        one sentence.
    """

    name: str
    title: str
    read: Callable[[Path], Table]


DATASETS: Final = {
    one.name: one
    for one in (
        Dataset("chexpert", "CheXpert", chexpert.read),
        Dataset("nih", "NIH ChestX-ray14", nih.read),
        Dataset("mimic-cxr-jpg", "MIMIC-CXR-JPG", mimic.read),
        Dataset("egd-cxr", "EGD-CXR", egd.read),
        Dataset("vindr-cxr", "VinDr-CXR", vindr.read),
        Dataset("padchest", "PadChest", padchest.read),
        Dataset("rsna-pneumonia", "RSNA pneumonia", rsna.read),
        Dataset("siim-pneumothorax", "SIIM pneumothorax", siim.read),
        Dataset("phantoms", "Phantoms", phantoms.read),
        Dataset("csv", "A table of one's own", own_csv.read),
    )
}
