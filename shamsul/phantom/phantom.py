"""The finished case: pixels, exact findings and the closed sets that name them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

LABELS = (
    "No Finding",
    "Cardiomegaly",
    "Pleural Effusion",
    "Pneumothorax",
    "Consolidation",
    "Lung Lesion",
    "Support Devices",
)


class Grade(Enum):
    """How conspicuous a finding is made."""

    SUBTLE = "subtle"
    """A careful reader may miss it."""
    MODERATE = "moderate"
    """Visible on a 224 x 224 reduction."""
    OBVIOUS = "obvious"
    """Seen at a glance."""


@dataclass(frozen=True)
class Finding:
    """One inserted finding and where it lies.

    Attributes
    ----------
    label : str
        One of `LABELS`, never ``"No Finding"``.
    grade : Grade
        Intended conspicuity.
    mask : ndarray of shape (H, W), bool
        Exact projected extent in pixel indices.
    """

    label: str
    grade: Grade
    mask: np.ndarray


@dataclass(frozen=True)
class Phantom:
    """A synthetic frontal chest radiograph.

    Attributes
    ----------
    pixels : ndarray of shape (H, W), float32, in [0, 1]
        Displayed brightness, bone bright. The patient's right is at column 0.
    spacing_mm : tuple of float
        (row, column) pixel spacing on the detector.
    findings : tuple of Finding
        In the order of `LABELS`.
    look_alikes : tuple of str
        Names of harmless distractors in the picture.
    seed : int
        What it was rendered from.
    """

    pixels: np.ndarray
    spacing_mm: tuple[float, float]
    findings: tuple[Finding, ...]
    look_alikes: tuple[str, ...]
    seed: int

    @property
    def labels(self) -> dict[str, bool]:
        """Presence of every entry of `LABELS`."""
        present = {finding.label for finding in self.findings}
        return {label: label in present for label in LABELS} | {"No Finding": not present}

    def mask(self, label: str) -> np.ndarray:
        """Union of the masks of a label.

        Parameters
        ----------
        label : str
            One of `LABELS`.

        Returns
        -------
        ndarray of shape (H, W), bool
            All False when the finding is absent.

        Raises
        ------
        ValueError
            If the label is not one of `LABELS`.
        """
        if label not in LABELS:
            raise ValueError(f"unknown label {label!r}; known are {', '.join(LABELS)}")
        union = np.zeros(self.pixels.shape, dtype=bool)
        for finding in self.findings:
            if finding.label == label:
                union |= finding.mask
        return union
