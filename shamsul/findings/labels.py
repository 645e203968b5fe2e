"""From labels as annotators and owners of data sets have them to a model's or the app's."""

import csv
import io
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shamsul.storage.spreadsheet import as_cell, meant
from shamsul.storage.text import Table

#: What gaze is labelled with: it belongs to an image, not to a finding, and is kept as it is.
GAZE = "Gaze"
#: What the label of a part of the body begins with, which is marked to say where it is, ill or not.
ANATOMY = "Anatomy: "
_COLUMNS = ("annotated", "model")
#: CheXpert's labels and MIMIC-CXR-JPG's, in CheXpert's order.
CHEXPERT: Final = (
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
#: What the app calls findings: the labels of CheXpert, which those of the bundled model are among,
#: and those of torchxrayvision that none of them comprises.
NAMES: Final = (
    *CHEXPERT,
    "Infiltration",
    "Emphysema",
    "Fibrosis",
    "Hernia",
)


def is_finding(label: str) -> bool:
    """Whether a label is a finding's, not where somebody looked nor a part of the body.

    Examples
    --------
    >>> is_finding("Edema"), is_finding(GAZE), is_finding(ANATOMY + "left lung")
    (True, False, False)
    """
    return label != GAZE and not label.startswith(ANATOMY)


def normalised(label: str) -> str:
    """A label as it is compared: lower case, with one space for spaces, underscores and hyphens.

    Examples
    --------
    >>> normalised(" Pleural_Thickening ")
    'pleural thickening'
    """
    return " ".join(label.replace("_", " ").replace("-", " ").split()).casefold()


@dataclass(frozen=True)
class LabelTable:
    """Which label of a model stands for a label of the annotators.

    Attributes
    ----------
    rows : tuple of (str, str)
        The annotators' label and the model's. Where several rows have the same, the first one whose
        label the model has counts; an empty one says that the label is left out.
    first : tuple of (str, str)
        Rows of the user's own, which come before labels of the same name.
    """

    rows: tuple[tuple[str, str], ...]
    first: tuple[tuple[str, str], ...] = ()

    @property
    def all_rows(self) -> tuple[tuple[str, str], ...]:
        """The rows, in the order in which they count."""
        return self.first + self.rows

    def knows(self, label: str) -> bool:
        """Whether the label is anywhere in the table."""
        wanted = normalised(label)
        return any(wanted == normalised(name) for row in self.all_rows for name in row)

    def of_model(self, label: str, labels: Collection[str]) -> str | None:
        """The model's label for an annotators' one; None if there is none.

        The user's rows come first, then a label of the same name, then the other rows.

        Parameters
        ----------
        label : str
        labels : collection of str
            Those of the model.
        """
        if not is_finding(label):
            return label
        own = self._candidates(label, self.first)
        wanted = own if own else [label, *self._candidates(label, self.rows)]
        by_name = {normalised(name): name for name in labels}
        return next((by_name[name] for name in map(normalised, wanted) if name in by_name), None)

    @staticmethod
    def _candidates(label: str, rows: Iterable[tuple[str, str]]) -> list[str]:
        return [model for annotated, model in rows if normalised(annotated) == normalised(label)]

    def with_csv(self, path: Path) -> "LabelTable":
        """The table with the rows of a CSV file before it.

        Raises
        ------
        OSError
            If it cannot be opened.
        ValueError
            If it does not have the columns annotated and model, or a row too few cells or too many;
            one sentence.
        """
        try:
            table = Table.read(path)
            if not set(_COLUMNS) <= set(table.columns):
                raise ValueError(f"{path.name} does not have the columns annotated and model")
            rows = [(meant(row["annotated"]), meant(row["model"])) for _, row in table.rows()]
        except ValueError as error:
            raise ValueError(f"{error}.") from None
        return LabelTable(self.rows, (*rows, *self.first))

    def to_csv(self) -> str:
        """The table as CSV text, such as :meth:`with_csv` reads."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(_COLUMNS)
        writer.writerows(map(as_cell, row) for row in self.all_rows)
        return text.getvalue()


#: CheXpert, CheXlocalize, NIH ChestX-ray14, VinDr-CXR, RSNA, SIIM-ACR, PadChest and REFLACX on one
#: side; the bundled model, CheXpert's and torchxrayvision's labels on the other. Findings that only
#: resemble each other, such as pulmonary fibrosis and "Fibrosis", are not in it.
BUILT_IN = LabelTable(
    (
        ("Airspace Opacity", "Lung Opacity"),
        ("Lung Opacity", "Airspace Opacity"),
        ("Groundglass opacity", "Lung Opacity"),
        ("Groundglass opacity", "Airspace Opacity"),
        ("Effusion", "Pleural Effusion"),
        ("Pleural effusion", "Effusion"),
        ("Infiltrate", "Infiltration"),
        ("infiltrates", "Infiltration"),
        ("Nodule", "Lung Lesion"),
        ("Mass", "Lung Lesion"),
        ("Nodule/Mass", "Lung Lesion"),
        ("Lung nodule or mass", "Lung Lesion"),
        ("Lung tumor", "Lung Lesion"),
        ("pulmonary mass", "Mass"),
        ("pulmonary mass", "Lung Lesion"),
        ("Pulmonary edema", "Edema"),
        ("Enlarged cardiac silhouette", "Cardiomegaly"),
        ("Wide mediastinum", "Enlarged Cardiomediastinum"),
        ("mediastinal enlargement", "Enlarged Cardiomediastinum"),
        ("Pleural thickening", "Pleural Other"),
        ("apical pleural thickening", "Pleural_Thickening"),
        ("apical pleural thickening", "Pleural Other"),
        ("laminar atelectasis", "Atelectasis"),
        ("lobar atelectasis", "Atelectasis"),
        ("total atelectasis", "Atelectasis"),
        ("Acute fracture", "Fracture"),
        ("Rib fracture", "Fracture"),
        ("Clavicle fracture", "Fracture"),
        ("vertebral fracture", "Fracture"),
        ("Hiatal hernia", "Hernia"),
        ("High lung volume / emphysema", "Emphysema"),
        ("pacemaker", "Support Devices"),
        ("endotracheal tube", "Support Devices"),
        ("central venous catheter", "Support Devices"),
        ("NSG tube", "Support Devices"),
    )
)


def counterparts(labels: Collection[str], others: Collection[str]) -> dict[str, str]:
    """What another model calls the findings of a model, as far as it has them.

    Parameters
    ----------
    labels, others : collection of str
        Of the two models.

    Returns
    -------
    dict
        The other's label by the model's own. Only where each is the other's: "Effusion" is
        "Pleural Effusion", but a "Nodule" is less than a "Lung Lesion" where there is also "Mass".

    Examples
    --------
    >>> counterparts(["Edema", "Pleural Effusion"], ["Effusion", "Mass"])
    {'Pleural Effusion': 'Effusion'}
    """
    there = {label: BUILT_IN.of_model(label, others) for label in labels}
    return {
        label: other
        for label, other in there.items()
        if other is not None and BUILT_IN.of_model(other, labels) == label
    }
