"""Owners' labels under the app's names, joined by rules done by hand."""

import pytest

from shamsul.findings.labels import NAMES
from shamsul.phantom import LABELS as OF_PHANTOMS
from shamsul.training.datasets import chexpert
from shamsul.training.datasets.table import Label
from tests.training.datasets.tables import table

PRESENT, ABSENT, UNCERTAIN, MISSING = Label


@pytest.mark.parametrize(
    ("of_owner", "of_app"),
    [
        # NIH
        ("Effusion", "Pleural Effusion"),
        ("Infiltration", "Infiltration"),
        ("Infiltrate", "Infiltration"),
        ("Pleural_Thickening", "Pleural Other"),
        ("Hernia", "Hernia"),
        # VinDr-CXR
        ("Pleural effusion", "Pleural Effusion"),
        ("Nodule/Mass", "Lung Lesion"),
        ("No finding", "No Finding"),
        ("Pulmonary fibrosis", "Pulmonary fibrosis"),
        # SIIM, RSNA
        ("Pneumothorax", "Pneumothorax"),
        ("Pneumonia", "Pneumonia"),
        # PadChest
        ("pleural effusion", "Pleural Effusion"),
        ("infiltrates", "Infiltration"),
        ("laminar atelectasis", "Atelectasis"),
        ("hiatal hernia", "Hernia"),
        ("NSG tube", "Support Devices"),
        ("costophrenic angle blunting", "costophrenic angle blunting"),
    ],
)
def test_an_owners_label_has_the_apps_name_if_there_is_one(of_owner: str, of_app: str) -> None:
    assert table([[PRESENT]], (of_owner,)).renamed().labels == (of_app,)


def test_the_app_has_a_name_for_each_label_of_phantoms_and_of_chexpert() -> None:
    assert {*OF_PHANTOMS, *chexpert.LABELS} <= set(NAMES)
    assert table([], chexpert.LABELS).renamed().labels == chexpert.LABELS


@pytest.mark.parametrize(
    ("nodule", "mass", "lesion"),
    [
        (PRESENT, PRESENT, PRESENT),
        (PRESENT, ABSENT, PRESENT),
        (MISSING, PRESENT, PRESENT),
        (UNCERTAIN, PRESENT, PRESENT),
        (UNCERTAIN, ABSENT, UNCERTAIN),
        (MISSING, UNCERTAIN, UNCERTAIN),
        (ABSENT, ABSENT, ABSENT),
        (ABSENT, MISSING, MISSING),
        (MISSING, MISSING, MISSING),
    ],
)
def test_labels_that_become_one_are_joined(nodule: Label, mass: Label, lesion: Label) -> None:
    owners = table([[nodule, ABSENT, mass]], ("Nodule", "Edema", "Mass"))
    renamed = owners.renamed()
    assert renamed.labels == ("Lung Lesion", "Edema")
    assert renamed.values.tolist() == [[lesion, ABSENT]]
    assert owners.labels == ("Nodule", "Edema", "Mass")


def test_a_table_without_rows_is_renamed_too() -> None:
    renamed = table([], ("Nodule", "Mass")).renamed()
    assert (renamed.labels, renamed.values.shape) == (("Lung Lesion",), (0, 1))
