"""An assessment: the tables, and what they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import pandas as pd

import shamsul
from shamsul.assessment.scored import Scored
from shamsul.classifiers.manifest import Manifest

#: What the numbers depend on, besides this software.
PACKAGES: Final = ("numpy", "scipy", "pandas", "torch")


@dataclass(frozen=True)
class Evaluated:
    """The data that a model was assessed on.

    Attributes
    ----------
    title : str
        Of the data set.
    side : str
        Which of its sides: test, validation or all.
    policy : str
        How its uncertain and blank labels are taken, in words.
    images, patients : int
    each_its_own : bool
        The table tells no patients: each image counts as of a patient of its own.
    """

    title: str
    side: str
    policy: str
    images: int
    patients: int
    each_its_own: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Assessment:
    """What a report is written from.

    Attributes
    ----------
    manifest : Manifest
        The model's, as it is after calibration.
    data : Evaluated
    scored : Scored
    tables : mapping of str to DataFrame
        Of :func:`shamsul.assessment.tables.tables`.
    date : str
        ISO 8601.
    replicates, seed : int
        Of the bootstrap.
    notes : tuple of str
        Sentences on what was left out.
    other, other_scored
        The model that it is compared with; None without one.
    """

    manifest: Manifest
    data: Evaluated
    scored: Scored
    tables: Mapping[str, pd.DataFrame]
    date: str
    replicates: int
    seed: int
    notes: tuple[str, ...] = ()
    other: Manifest | None = None
    other_scored: Scored | None = None

    @property
    def software(self) -> dict[str, str]:
        """Versions by package."""
        return {"shamsul": shamsul.__version__, **{name: version(name) for name in PACKAGES}}

    @property
    def facts(self) -> dict[str, str]:
        """What was assessed, by name."""
        manifest, data = self.manifest, self.data
        side = {"all": "all sides, training among them"}.get(data.side, f"its {data.side} side")
        told = "each image counted as a patient" if data.each_its_own else f"{data.patients:,}"
        found = {
            "Model": manifest.name,
            "Architecture": f"{manifest.arch}, {manifest.input_size} × {manifest.input_size} "
            f"pixels, {manifest.channels} {'channel' if manifest.channels == 1 else 'channels'}",
            "Weights (SHA-256)": manifest.sha256,
            "Trained on": manifest.trained_on or "not known",
            "Probabilities": manifest.about_probabilities,
            "Data": f"{data.title}, {side}",
            "Images": f"{data.images:,}",
            "Patients": told,
            "Labels": ", ".join(self.scored.labels),
            "Uncertain and blank labels": data.policy,
        }
        if self.other is not None:
            found["Compared with"] = f"{self.other.name}, weights {self.other.sha256}"
        return found | {"Assessed on": self.date}

    @property
    def limits(self) -> tuple[str, ...]:
        """What follows from the facts."""
        said = []
        if self.data.side == "all":
            said.append(
                "Images that a model may have learned from are among those it is assessed on: the "
                "numbers may be too good."
            )
        if self.data.side == "validation":
            said.append(
                "The validation side usually chooses the epoch, the operating points and the "
                "calibration: numbers on it are rather too good."
            )
        if self.data.each_its_own:
            said.append(
                "The data set does not tell patients: were several images of one patient, the "
                "intervals would be too narrow."
            )
        calibration = self.manifest.calibration
        if calibration is None:
            said.append("Probabilities are not calibrated: they order images, no more.")
        elif calibration.fitted_on == self.data.title and self.data.side != "test":
            said.append("The calibration was fitted on images that are among those here.")
        said.append(
            "Labels are what the data set says. Where they were read from reports, a model's error "
            "and a report's cannot be told apart."
        )
        said.append(
            "Predictive values and calibration change with how frequent a finding is; they hold "
            "for no other hospital."
        )
        return tuple(said)
