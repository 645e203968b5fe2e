"""The thoracic cavity: ribcage wall, diaphragm, mediastinal core and the lungs between them.

Each boundary is an interval of depth on every ray, so that lung thickness is exact and its edges
are as sharp as the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from .depths import Interval, common, covered, length
from .detector import Detector
from .heart import Contour
from .patient import Patient

_LEVELS = np.array([0.0, 0.01, 0.03, 0.06, 0.10, 0.20, 0.35, 0.55, 0.80, 1.0, 1.3])
_BELL = np.array([0.29, 0.39, 0.47, 0.55, 0.62, 0.75, 0.865, 0.945, 0.99, 1.0, 1.0])
_BARREL = np.array([0.30, 0.42, 0.52, 0.61, 0.70, 0.84, 0.93, 0.985, 1.0, 0.98, 0.95])
_DEPTH = np.array([0.0, 0.18, 0.32, 0.43, 0.51, 0.64, 0.79, 0.93, 1.0, 1.02, 1.0])
_CENTRE = np.array([-0.50, -0.49, -0.48, -0.46, -0.43, -0.34, -0.20, -0.08, 0.0, 0.02, 0.02])


class Wall:
    """Inner surface of the ribcage."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        outline = patient.taper * _BELL + (1 - patient.taper) * _BARREL
        self._table = np.linspace(0, 1.3, 400)
        self._width, self._depth, self._centre = (
            PchipInterpolator(_LEVELS, profile)(self._table)
            for profile in (
                outline * patient.half_width,
                _DEPTH * patient.half_depth,
                _CENTRE * patient.half_depth,
            )
        )

    def at(self, down: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half-width, half-depth and middle depth at each level, mm."""
        level = np.clip(down / self.patient.angle_down, 0, 1.3)
        width, depth, centre = (
            np.interp(level, self._table, row).astype(np.float32)
            for row in (self._width, self._depth, self._centre)
        )
        return width, depth, centre

    def interval(self, left: np.ndarray, down: np.ndarray) -> Interval:
        """Depths between which a ray is inside the ribcage; `left` is measured from the spine."""
        width, depth, centre = self.at(down)
        across = np.clip(np.abs(left) / width, 0, 1)
        half = depth * (1 - across**2.5) ** 0.45
        half = np.where(down > 0, half, 0)
        return centre - half, centre + half


def dome(
    patient: Patient, left: np.ndarray, down: np.ndarray, waviness: np.ndarray | float = 0.0
) -> Interval:
    """Depths between which a ray runs below the diaphragm; `left` is measured from the spine."""
    right_side = left < 0
    # The central tendon joins the two domes under the heart.
    share_left = 1 / (1 + np.exp(-np.clip(left / 10.0, -30, 30)))
    peak = patient.dome_right + share_left * (patient.dome_left - patient.dome_right) + waviness
    height = 105.0

    def share(drop: float) -> float:
        return 1 - (1 - min(drop / height, 0.98)) ** 2

    top = 0.47 * patient.half_width
    lateral = np.where(
        right_side, share(patient.angle_depth), share(patient.angle_down - patient.dome_left)
    )
    outward = np.abs(left) - top
    sideways = np.where(
        outward > 0,
        (outward / (patient.half_width - top)) ** 2 * lateral,
        (outward / top) ** 2 * share(9.0),
    )
    rise = np.maximum((down - peak) / height, 0)
    reached = np.where(rise < 1, 1 - (1 - np.minimum(rise, 1)) ** 2, 1 + 3 * (rise - 1))
    half = np.sqrt(np.maximum(reached - sideways, 0))
    back = (patient.half_depth + 12) / np.sqrt(share(patient.angle_depth + 24))
    front = (patient.half_depth - 12) / np.sqrt(share(30.0))
    return 12.0 - back * half, 12.0 + front * half


def core(
    patient: Patient, left: np.ndarray, down: np.ndarray, depth: np.ndarray, centre: np.ndarray
) -> Interval:
    """Depths between which a ray is inside the mediastinum without the heart."""
    rows = np.linspace(-20, 420, 600)
    opening = 24 * np.exp(-np.maximum(rows, 0) / 8.0)
    upper = 1 / (1 + np.exp((rows - 115) / 10))
    right = (
        opening + 15 + upper * (5 + 6 * patient.habitus) + 2.5 * np.exp(-(((rows - 88) / 14) ** 2))
    )
    plain = opening + 17 + upper * (2 + 7 * patient.habitus)
    arch = patient.vertebra(4.6)
    knob = _bulge(rows, arch, 15.0, 1.1 * patient.knob)
    trunk = _bulge(rows, arch + 36, -14.0, 46.0)
    aorta = np.where(rows > arch, 20 + 0.3 * (patient.knob - 14), 0)
    lefts = (plain**6 + knob**6 + trunk**6 + aorta**6) ** (1 / 6)
    side_right, side_left = np.interp(down, rows, right), np.interp(down, rows, lefts)
    middle, half_width = (side_left - side_right) / 2, (side_left + side_right) / 2
    across = np.minimum(np.abs(left - middle) / half_width, 1)
    # Below the great vessels only the spine, oesophagus and aorta keep the lungs apart.
    low = 1 / (1 + np.exp(-(down - arch - 45) / 12))
    half = ((1 - low) * (0.74 * depth + 4) + low * 27) * (1 - across**2.2) ** (0.72 + 0.45 * low)
    centre = (1 - low) * (centre - 5) - low * 52
    return centre - half, centre + half


def _bulge(rows: np.ndarray, centre: float, offset: float, radius: float) -> np.ndarray:
    """Lateral extent of a round structure on each row; 0 off it."""
    chord = np.maximum(radius**2 - (rows - centre) ** 2, 0)
    return np.where(
        chord > 0, offset * np.minimum(1, chord / (0.3 * radius**2)) + np.sqrt(chord), 0
    )


@dataclass(frozen=True)
class Lungs:
    """What the rays see of the lungs.

    Attributes
    ----------
    thickness : ndarray of shape (H, W), float32
        Aerated path in mm, both lungs.
    ribcage : ndarray of shape (H, W), float32
        Path inside the ribcage in mm.
    below : ndarray of shape (H, W), float32
        Path below the diaphragm inside the ribcage in mm.
    left, down : ndarray of shape (H, W), float32
        Body coordinates, `left` measured from the spine.
    """

    thickness: np.ndarray
    ribcage: np.ndarray
    below: np.ndarray
    left: np.ndarray
    down: np.ndarray


def see_lungs(patient: Patient, detector: Detector, heart: Contour, waviness: np.ndarray) -> Lungs:
    """Lung thickness on every ray.

    Parameters
    ----------
    patient : Patient
        The anatomy.
    detector : Detector
        The rays.
    heart : Contour
        Displaces lung.
    waviness : ndarray of shape (H, W)
        Height added to the diaphragm, mm.
    """
    left, down = detector.plane(0.0)
    left = left - patient.spine_left(down).astype(np.float32)
    wall = Wall(patient)
    _, depth, centre = wall.at(down)
    cage = wall.interval(left, down)
    below = common(cage, dome(patient, left, down, waviness))
    middle = common(cage, core(patient, left + 0.6 * waviness, down, depth, centre))
    filled = covered(below, middle, common(cage, heart.interval(detector)))
    inside = length(cage)
    return Lungs(
        np.maximum(inside - filled, 0).astype(np.float32),
        inside.astype(np.float32),
        length(below).astype(np.float32),
        left,
        down,
    )
