"""The heart: a star-shaped silhouette inflated in depth."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from .depths import Interval
from .detector import Detector
from .patient import Patient

# Silhouette radii by angle (degrees, 0 the patient's left, 90 caudal), before scaling.
_ANGLES = np.array(
    [0, 15, 30, 50, 70, 90, 115, 140, 160, 180, 205, 235, 260, 285, 305, 325, 342, 360.0]
)
_RADII = np.array(
    [
        0.82,
        1.00,
        1.16,
        1.05,
        0.90,
        0.84,
        0.88,
        1.0,
        1.02,
        0.98,
        0.95,
        0.96,
        1.05,
        1.04,
        0.88,
        0.74,
        0.72,
        0.82,
    ]
)


class Contour:
    """Heart silhouette.

    Attributes
    ----------
    centre : tuple of float
        (left, down) in the body frame, mm.
    radii : ndarray of shape (720,)
        Radius at each half degree.
    depth : float
        Half-depth in the middle, mm.
    """

    FRONT = 24.0

    def __init__(self, centre: tuple[float, float], radii: np.ndarray, depth: float) -> None:
        self.centre = centre
        self.radii = radii
        self.depth = depth

    def relative(self, detector: Detector) -> np.ndarray:
        """Distance from the centre over the radius in that direction, shape (H, W)."""
        across, along = self._offset(detector)
        angle = np.arctan2(along, across) * (360 / np.pi) % 720
        table = np.append(self.radii, self.radii[0])
        ratio: np.ndarray = np.hypot(across, along) / np.interp(angle, np.arange(721), table)
        return ratio

    def interval(self, detector: Detector) -> Interval:
        """Depths between which a ray is inside the heart."""
        across, along = self._offset(detector)
        # Towards the great vessels the base of the heart has no edge of its own.
        upward = np.clip((-along / self.radii[540] - 0.25) / 0.6, 0, 1)
        base = upward * np.exp(-(((across + 0.75 * self.centre[0]) / 24) ** 2))
        half = self.depth * np.maximum(1 - self.relative(detector) ** 2.2, 0) ** (0.45 + 1.2 * base)
        return self.FRONT - 1.2 * half, self.FRONT + 1.25 * half

    def _offset(self, detector: Detector) -> tuple[np.ndarray, np.ndarray]:
        left, down = detector.plane(self.FRONT)
        return left - self.centre[0], down - self.centre[1]

    @property
    def width(self) -> float:
        """Greatest transverse extent, mm."""
        across = self.radii * np.cos(np.deg2rad(np.arange(720) / 2))
        return float(across.max() - across.min())


def _outline(rng: np.random.Generator, tilt: float) -> np.ndarray:
    """Unscaled (720, 2) silhouette points, individual to the patient."""
    radii = _RADII[:-1] * np.exp(rng.normal(0, 0.018, len(_RADII) - 1))
    spline = CubicSpline(_ANGLES, np.append(radii, radii[0]), bc_type="periodic")
    angle = np.arange(0, 360, 0.5)
    radius, turned = spline(angle), np.deg2rad(angle) - tilt
    return np.stack([radius * np.cos(turned), radius * np.sin(turned)], axis=1)


def contour(patient: Patient, rng: np.random.Generator, ratio: float | None = None) -> Contour:
    """The patient's heart, or the same heart enlarged.

    Parameters
    ----------
    patient : Patient
        Sets size, place and axis.
    rng : numpy.random.Generator
        Individual irregularity; pass the same state for the same heart.
    ratio : float, optional
        Cardiothoracic ratio to reach; the patient's own by default. An enlarged heart contains
        the normal one.
    """
    points = _outline(rng, patient.heart_tilt)
    wanted = 2 * patient.half_width * patient.heart_ratio
    top = patient.vertebra(5.6)
    bottom = 0.5 * (patient.dome_right + patient.dome_left) + 30
    spans = np.ptp(points, axis=0)
    scaled = points * np.array([wanted, bottom - top]) / spans
    offset = 0.165 * wanted
    middle = top - scaled[:, 1].min()
    radii = _radii(scaled)
    if ratio is not None and ratio > patient.heart_ratio:
        target = 2 * patient.half_width * ratio
        growth = ratio / patient.heart_ratio
        for _ in range(8):
            grown = _enlarge(scaled, growth)
            growth += (target - np.ptp(grown[:, 0])) / wanted
        radii = np.maximum(radii, _radii(_enlarge(scaled, growth)))
    return Contour((offset, middle), radii, 0.46 * wanted)


def _enlarge(points: np.ndarray, growth: float) -> np.ndarray:
    """Grow an outline sideways, to the left and below most: the ventricles dilate."""
    across, along = points.T
    low = np.clip((along / np.abs(along).max() + 0.9) / 1.2, 0.15, 1)
    side = np.where(across > 0, 1.15, 0.75)
    return np.stack(
        [across * (1 + (growth - 1) * low * side), along * (1 + 0.12 * (growth - 1) * (along > 0))],
        axis=1,
    )


def _radii(points: np.ndarray) -> np.ndarray:
    """Radius at each half degree of a closed star-shaped outline."""
    angle = np.rad2deg(np.arctan2(points[:, 1], points[:, 0])) * 2 % 720
    order = np.argsort(angle)
    lengths = np.hypot(points[order, 0], points[order, 1])
    return np.asarray(np.interp(np.arange(720), angle[order], lengths, period=720))
