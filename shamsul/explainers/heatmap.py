"""What an explainer returns: a raw, signed map that knows where it lies."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shamsul.radiographs.geometry import Geometry


class Target(Enum):
    """The model output that is explained."""

    LOGIT = "logit"
    """Before the sigmoid: steadier where the probability is near 0 or 1."""
    PROBABILITY = "probability"
    """After the sigmoid, as the SHAMSUL paper did; calibrated where the model is."""


@dataclass(frozen=True, eq=False)
class Heatmap:
    """One method's map for one label.

    Attributes
    ----------
    values : ndarray of shape (h, w), float32
        Raw signed relevance on the model's grid; positive speaks for the label. No normalising.
    label, method : str
        The label's and the method's registered name.
    parameters : mapping
        Every parameter the method ran with, JSON-able.
    geometry : Geometry
        From the model's grid to the radiograph.
    evaluations : int
        Model evaluations spent (for all labels together).
    seconds : float
        Wall time of the method (for all labels together).
    target : Target
    output : float
        The model's output that is explained, for the unperturbed radiograph.
    fit : float or None
        R squared of the method's own model of the output, at most 1; None where it has none.
    error : ndarray of shape (h, w), float32, or None
        Standard error of each value, of methods that sample; None where it is not known.
    engine : str
        What most of the evaluations were computed by, and in which precision; empty where it is not
        known.
    """

    values: NDArray[np.float32]
    label: str
    method: str
    parameters: Mapping[str, object]
    geometry: Geometry
    evaluations: int
    seconds: float
    target: Target
    output: float
    fit: float | None = None
    error: NDArray[np.float32] | None = None
    engine: str = ""

    def __post_init__(self) -> None:
        if self.values.dtype != np.float32 or self.values.shape != self.geometry.grid_shape:
            raise ValueError("values must be float32 on the model's grid")
        if not np.isfinite(self.values).all():
            raise ValueError(f"{self.method} gave values that are not finite")
        self.values.setflags(write=False)

    @property
    def doubt(self) -> float | None:
        """Standard error as a share of the values, both root mean square over pixels; or None."""
        size = float(np.linalg.norm(self.values))
        if self.error is None or size == 0:
            return None
        return float(np.linalg.norm(self.error)) / size

    @property
    def notice(self) -> str:
        """What has to be known about the map, one sentence; empty where it is as usual."""
        if self.evaluations or self.values.any():
            return ""
        return "The map is empty, since hiding parts of this radiograph changes nothing in it."

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the values and of what they are a map of, hexadecimal."""
        about = [self.label, self.method, dict(self.parameters), self.target.value]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        digest.update(np.ascontiguousarray(self.values).tobytes())
        return digest.hexdigest()
