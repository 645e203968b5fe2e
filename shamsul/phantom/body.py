"""Soft tissue outside the ribcage: trunk, neck, shoulders, arms, breasts, and gas below."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from .cavity import Lungs, Wall
from .detector import Detector
from .patient import Patient
from .tissues import Paths, Tissue


def see_body(patient: Patient, detector: Detector, lungs: Lungs, rng: np.random.Generator) -> Paths:
    """Path lengths of everything soft, with the lungs cut out."""
    left, down = lungs.left, lungs.down
    outer = _trunk(patient, left, down, 0.0)
    skin_fat = 3 + 16 * patient.habitus
    inner = _trunk(patient, left, down, skin_fat)
    arms, arms_lean = _arms(patient, detector, skin_fat)
    outer = (outer**5 + arms**5) ** 0.2
    inner = (inner**5 + arms_lean**5) ** 0.2
    muscle = _girdle(patient, left, down)
    outer, inner = outer + muscle, np.minimum(inner + muscle, outer + muscle)
    paths = Paths.empty(detector.shape)
    paths.mm[Tissue.SOFT] = inner
    paths.mm[Tissue.FAT] = np.maximum(outer - inner, 0)
    if patient.bowel_gas:
        paths.replace(Tissue.SOFT, None, _bowel_gas(patient, detector, rng))
    if patient.female:
        paths.mm[Tissue.FAT] += _breasts(patient, detector, rng)
    lung = np.minimum(lungs.thickness, paths.mm[Tissue.SOFT])
    paths.mm[Tissue.SOFT] -= lung
    paths.mm[Tissue.LUNG] += lung
    return paths


def _trunk(patient: Patient, left: np.ndarray, down: np.ndarray, inset: float) -> np.ndarray:
    """Thickness of neck, shoulders and trunk, `inset` mm inside the skin."""
    width, size = patient.half_width, patient.half_width / 138
    wall = patient.wall
    knots = np.array([-200, -95, -62, -40, -22, -2, 30, 75, 120, 200, 420], dtype=float) * size
    chest = Wall(patient).at(np.array([75, 120, 200, 420.0]) * size)[0] + wall
    half_widths = (
        np.array([57, 58, 68, 96, 128, width + wall + 14, width + wall + 22, *chest])
        + np.array([8, 10, 14, 12, 8, 0, 0, 0, 0, 0, 0]) * patient.habitus
    )
    halves = PchipInterpolator(knots, half_widths)(rows := np.linspace(-200, 420, 700))
    depth = patient.half_depth + 12 + 20 * patient.habitus
    depths = PchipInterpolator(
        knots,
        np.array(
            [56, 56, 58, 58, 60, 64, 0.68 * depth, 0.84 * depth, 0.94 * depth, depth, 1.05 * depth]
        ),
    )(rows)
    half = np.maximum(np.interp(down, rows, halves) - inset, 1)
    deep = np.maximum(np.interp(down, rows, depths) - inset, 1)
    across = np.minimum(np.abs(left) / half, 1)
    thickness: np.ndarray = 2 * deep * (1 - across**4.2) ** 0.42
    return thickness


def _arms(patient: Patient, detector: Detector, fat: float) -> tuple[np.ndarray, np.ndarray]:
    """Thickness of shoulders and upper arms with and without their fat."""
    left, down = detector.plane(-10.0)
    total, lean = np.zeros(detector.shape), np.zeros(detector.shape)
    radius = 45 + 14 * patient.habitus - (5 if patient.female else 0)
    for side in (-1, 1):
        start = np.array([side * (patient.half_width + 28), 12.0])
        end = start + np.array([side * (22 + 95 * patient.arm), 280.0])
        along = end - start
        t = np.clip(
            ((left - start[0]) * along[0] + (down - start[1]) * along[1]) / (along @ along), -0.0, 1
        )
        away = np.hypot(left - start[0] - t * along[0], down - start[1] - t * along[1])
        thick = radius * (1 - 0.1 * t)
        total = np.maximum(total, 2 * np.sqrt(np.maximum(thick**2 - away**2, 0)))
        lean = np.maximum(lean, 2 * np.sqrt(np.maximum((thick - 0.6 * fat) ** 2 - away**2, 0)))
    return total, lean


def _girdle(patient: Patient, left: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Pectoral and back muscles, converging on the armpit, mm."""
    width = patient.half_width
    across = np.abs(left)
    # The lower pectoral edge runs from the armpit down to the sternum.
    edge = 118 + 0.35 * (0.75 * width - across)
    sheet = 1 / (1 + np.exp((down - edge) / 5.0)) / (1 + np.exp((-8 - down) / 8.0))
    toward = np.exp(-(((across - (width + 18)) / (0.42 * width)) ** 2))
    scale = 20 if patient.female else 30
    thickness: np.ndarray = scale * sheet * toward
    return thickness


def _breasts(patient: Patient, detector: Detector, rng: np.random.Generator) -> np.ndarray:
    """Fat and gland thickness added by the breasts, mm."""
    left, down = detector.plane(70.0)
    total = np.zeros(detector.shape)
    size = rng.uniform(0.55, 1.0) * (0.85 + 0.5 * patient.habitus)
    for side in (-1, 1):
        reach = 76 * size * rng.uniform(0.95, 1.05)
        centre = (
            side * (0.60 * patient.half_width + rng.normal(0, 4)),
            158 + 40 * size + rng.normal(0, 5),
        )
        across, along = (left - centre[0]) / reach, (down - centre[1]) / reach
        # Hanging tissue: sharp below, fading above.
        stretched = np.where(along < 0, along / 1.5, along)
        inside = np.maximum(1 - across**2 - stretched**2, 0)
        total += 40 * size * inside ** (1.3 - 0.55 / (1 + np.exp(-np.clip(8 * along, -30, 30))))
    return total


def _bowel_gas(patient: Patient, detector: Detector, rng: np.random.Generator) -> np.ndarray:
    """Gas in the stomach under the left dome, sometimes in the colon beside it, mm."""
    left, down = detector.plane(25.0)
    wobble = detector.field(rng, 11.0)

    def pocket(across: float, level: float, wide: float, tall: float) -> np.ndarray:
        relative = ((left - across) / wide) ** 2 + ((down - level) / tall) ** 2 + 0.28 * wobble
        return 1.2 * tall * np.asarray(np.maximum(1 - relative, 0)) ** 0.55

    level, tall = patient.dome_left + rng.uniform(20, 30), rng.uniform(7, 15)
    total = pocket(rng.uniform(38, 62), level, rng.uniform(9, 26), tall)
    if rng.random() < 0.5:
        # Upright: a fluid level closes the stomach's bubble below.
        total *= np.clip((level + 0.5 * tall - down) / 1.5, 0, 1)
    for _ in range(int(rng.integers(0, 4))):
        level = patient.dome_left + rng.uniform(26, 70)
        total = np.maximum(
            total, pocket(rng.uniform(60, 105), level, rng.uniform(9, 17), rng.uniform(8, 14))
        )
    return np.asarray(np.minimum(total, 60))
