"""What comes of looking: fixations, and the map of how long was looked where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from ..patient import ASPECT

DEGREE: Final = 1 / 24
"""One degree of visual angle, as a share of the picture's height: 30 cm, that of a 24-inch screen,
seen from 70 cm."""


class Phase(Enum):
    """Why the reader looks there."""

    GIST = "gist"
    """The global look at the beginning."""
    SEARCH = "search"
    """Going through the anatomy."""
    INSPECTION = "inspection"
    """Something has the attention, or its place on the other side is compared."""
    RETURN = "return"
    """Coming back to it at the end."""


class Outcome(Enum):
    """What becomes of a finding."""

    REPORTED = "reported"
    """Seen and reported."""
    NOT_SCANNED = "not scanned"
    """Missed: it never was within the useful field."""
    NOT_RECOGNISED = "not recognised"
    """Missed: looked at no longer than anything else."""
    REJECTED = "rejected"
    """Missed: looked at long, and taken for nothing."""


@dataclass(frozen=True, eq=False)
class Scanpath:
    """One simulated reader's way over one phantom.

    Attributes
    ----------
    fixations : ndarray of shape (n, 4), float64
        Row and column in image coordinates (pixels), start and duration in seconds; in the order
        of time, the first at 0 s.
    phases : tuple of Phase
        Of each fixation.
    outcomes : tuple of Outcome
        Of each of the phantom's findings, in their order.
    shape : tuple of int
        Rows and columns of the phantom.
    """

    fixations: np.ndarray
    phases: tuple[Phase, ...]
    outcomes: tuple[Outcome, ...]
    shape: tuple[int, int]

    @property
    def seconds(self) -> float:
        """From the first fixation's start to the last one's end."""
        return float(self.fixations[-1, 2:].sum())


def heatmap(path: Scanpath, shape: tuple[int, int], *, sigma: float = DEGREE) -> np.ndarray:
    """How long was looked where, linear, the most at 1.

    Parameters
    ----------
    path : Scanpath
    shape : tuple of int
        Rows and columns of the map, which covers the whole picture.
    sigma : float
        Standard deviation of the Gaussian around each fixation, as a share of the picture's
        height; by default one degree of visual angle. It is round on the patient, also
        where the map is stretched.

    Returns
    -------
    ndarray of shape (h, w), float32, in [0, 1]
        Durations times Gaussians, summed and divided by the largest sum.
    """
    share = path.fixations[:, :2] / path.shape
    height, width = ((np.arange(count) + 0.5) / count for count in shape)
    down = np.exp(-0.5 * ((height[:, None] - share[:, 0]) / sigma) ** 2)
    across = np.exp(-0.5 * ((width[:, None] - share[:, 1]) / (sigma * ASPECT)) ** 2)
    total: np.ndarray = (down * path.fixations[:, 3]) @ across.T
    return np.asarray(total / total.max(), np.float32)
