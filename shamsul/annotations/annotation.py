"""An expert's mark on a radiograph."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Annotation:
    """Where a finding is, according to somebody.

    Attributes
    ----------
    label : str
        The finding.
    source : str
        Who or what says so, for example "phantom (exact)" or "CheXlocalize".
    region : ndarray of shape (H, W), bool
        The finding on the radiograph's pixels.
    """

    label: str
    source: str
    region: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.region.ndim != 2 or self.region.dtype != np.bool_:
            raise ValueError("region must be a boolean array of rows and columns")
        self.region.setflags(write=False)

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """The finding as a mask of the radiograph.

        Raises
        ------
        ValueError
            If the annotation was made on an image of another shape.
        """
        if self.region.shape != shape:
            raise ValueError(f"annotation is for an image of {self.region.shape}, not {shape}")
        return self.region
