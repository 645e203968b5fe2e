"""Tissue classes, their attenuation, and path lengths along each ray."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Tissue(IntEnum):
    """Rows of a path-length stack. Air is what is left: it attenuates nothing."""

    SOFT = 0
    """Muscle, organs, fluid."""
    FAT = 1
    """Subcutaneous and breast fat."""
    LUNG = 2
    """Aerated parenchyma."""
    CORTEX = 3
    """Compact bone."""
    MARROW = 4
    """Trabecular bone with its marrow."""
    PLASTIC = 5
    """Barium-filled polymer of tubes and their stripes."""
    METAL = 6
    """Steel and titanium."""
    BLOOD = 7
    """Vessels inside the lungs, kept apart so that they can go with the lung."""


# Linear attenuation per mm at 40, 55 and 75 keV: mass coefficients of NIST XCOM (water, adipose,
# cortical bone ICRU-44, iron) times density; lung is water at 0.20 g/cm3.
ATTENUATION = np.array(
    [
        [0.0284, 0.0230, 0.0199],
        [0.0228, 0.0194, 0.0174],
        [0.0056, 0.0046, 0.0040],
        [0.1278, 0.0705, 0.0465],
        [0.0480, 0.0345, 0.0275],
        [0.2500, 0.1250, 0.0750],
        [2.8600, 1.2400, 0.5600],
        [0.0292, 0.0237, 0.0205],
    ],
    dtype=np.float32,
)

# Share of the detected signal in each bin for a filtered 90-110 kV beam.
SPECTRUM = np.array([0.27, 0.43, 0.30], dtype=np.float32)


class Paths:
    """Path length of every tissue on every ray.

    Attributes
    ----------
    mm : ndarray of shape (8, H, W), float32
        Path lengths in mm, indexed by `Tissue`.
    """

    def __init__(self, mm: np.ndarray) -> None:
        self.mm = mm

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Paths:
        """Nothing but air."""
        return cls(np.zeros((len(Tissue), *shape), dtype=np.float32))

    def copy(self) -> Paths:
        """An independent copy."""
        return Paths(self.mm.copy())

    def replace(self, old: Tissue, new: Tissue | None, thickness: np.ndarray) -> np.ndarray:
        """Turn up to `thickness` mm of one tissue into another (None: air).

        Returns
        -------
        ndarray of shape (H, W), float32
            What was really replaced: never more than was there.
        """
        moved: np.ndarray = np.clip(thickness, 0, np.maximum(self.mm[old], 0)).astype(np.float32)
        self.mm[old] -= moved
        if new is not None:
            self.mm[new] += moved
        return moved

    def attenuation(self) -> np.ndarray:
        """Line integrals of attenuation.

        Returns
        -------
        ndarray of shape (3, H, W), float32
            One exponent per energy bin.
        """
        return np.tensordot(ATTENUATION.T, self.mm, axes=1)
