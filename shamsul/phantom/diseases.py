"""Findings of heart, pleura and lung, inserted as changed path lengths with their exact masks.

Each function changes `paths` only on the mask it returns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cavity import Wall
from .phantom import Grade
from .scene import Scene
from .tissues import Paths, Tissue
from .tubes import curve, join, solid
from .vessels import hilum

FAINTEST = 0.06
"""Share of a consolidation's strongest opacity at which its mask ends."""


def _pick(
    grade: Grade, subtle: tuple[Any, ...], moderate: tuple[Any, ...], obvious: tuple[Any, ...]
) -> tuple[Any, ...]:
    return {Grade.SUBTLE: subtle, Grade.MODERATE: moderate, Grade.OBVIOUS: obvious}[grade]


def _smoothstep(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0, 1)
    step: np.ndarray = x * x * (3 - 2 * x)
    return step


def _fill(paths: Paths, share: np.ndarray, tissue: Tissue | None) -> None:
    """Turn a share of the lung on each ray, with its vessels, into something else."""
    paths.replace(Tissue.LUNG, tissue, share * paths.mm[Tissue.LUNG])
    paths.replace(Tissue.BLOOD, tissue, share * paths.mm[Tissue.BLOOD])


def cardiomegaly(scene: Scene, paths: Paths, grade: Grade, rng: np.random.Generator) -> np.ndarray:
    """Enlarge the heart; the mask is its whole silhouette."""
    low, high = _pick(grade, (0.51, 0.54), (0.565, 0.60), (0.64, 0.70))
    heart = scene.heart_of_ratio(rng.uniform(low, high))
    lost = scene.lungs.thickness - scene.lungs_around(heart).thickness
    _fill(paths, lost / np.maximum(scene.lungs.thickness, 1e-3), Tissue.SOFT)
    return heart.relative(scene.detector) < 1


def effusion(scene: Scene, paths: Paths, grade: Grade, rng: np.random.Generator) -> np.ndarray:
    """Fluid with a meniscus that climbs along the chest wall, one-sided or both."""
    patient = scene.patient
    sides = {0: (-1,), 1: (1,), 2: (-1, 1)}[int(rng.choice(3, p=[0.38, 0.38, 0.24]))]
    left, down = scene.lungs.left, scene.lungs.down
    width, _, _ = Wall(patient).at(down)
    mask = np.zeros(scene.detector.shape, dtype=bool)
    for side in sides:
        peak = patient.dome_right if side < 0 else patient.dome_left
        level, climb, reach, blend = _pick(
            grade,
            (patient.angle_down - rng.uniform(4, 12), rng.uniform(14, 22), rng.uniform(9, 14), 7.0),
            (peak + rng.uniform(2, 14), rng.uniform(22, 40), rng.uniform(24, 40), 20.0),
            (peak - rng.uniform(28, 75), rng.uniform(25, 50), rng.uniform(35, 60), 34.0),
        )
        inward = np.maximum(width - np.abs(left), 0)
        surface = level - climb * np.exp(-inward / reach) + rng.normal(0, 0.02) * inward
        # Fluid ends at the spine and the oesophagus, not in the midline.
        share = _smoothstep((down - surface) / blend) * _smoothstep((left * side - 8) / 22)
        if grade is Grade.SUBTLE:
            # Only the angle: fluid low behind the dome would be marked where nobody can see it.
            share *= _smoothstep((48 - inward) / 20)
        share[share * scene.lungs.thickness < 0.8] = 0
        _fill(paths, share, Tissue.SOFT)
        mask |= share > 0
    return mask


def pneumothorax(scene: Scene, paths: Paths, grade: Grade, rng: np.random.Generator) -> np.ndarray:
    """Air between chest wall and a partly collapsed lung, bounded by the visceral pleural line."""
    patient = scene.patient
    side = int(rng.choice([-1, 1]))
    drop, gap, extent = _pick(
        grade,
        (rng.uniform(9, 14), rng.uniform(4.5, 7), rng.uniform(0.3, 0.42)),
        (rng.uniform(22, 32), rng.uniform(13, 20), rng.uniform(0.6, 0.85)),
        (rng.uniform(40, 65), rng.uniform(36, 56), 1.6),
    )
    left, down = scene.lungs.left, scene.lungs.down
    across = left * side
    sunk = down - drop - 2.0 * np.sin(down / 31 + rng.uniform(0, 6))
    width, _, _ = Wall(patient).at(sunk)
    lateral = gap * _smoothstep(1 - down / (extent * patient.angle_down) + 0.35)
    edge = (width - lateral) * np.sqrt(np.clip(1 - np.exp(-sunk / 9.0), 0, 1))
    slope = np.gradient(across - edge, *scene.detector.spacing_mm)
    outside = (across - edge) / np.maximum(np.hypot(*slope), 0.2)
    field = (scene.lungs.thickness > 8) & (across > 0)
    # At least a pixel wide, at the same mass: a thinner line would break up into dots.
    line = max(1.1, 0.9 * scene.detector.pixel_mm)
    mask: np.ndarray = field & (outside > -line)
    air = mask * np.clip(outside / scene.detector.pixel_mm + 0.5, 0, 1)
    _fill(paths, air, None)
    pleura = mask * np.clip(1 - np.abs(outside) / line, 0, 1)
    pleura = rng.uniform(4.0, 7.0) * (1.1 / line) * pleura
    paths.mm[Tissue.SOFT] += pleura.astype(np.float32)
    return mask


def _spot(
    scene: Scene, rng: np.random.Generator, thickness: float, low: float, high: float
) -> tuple[float, float]:
    """A place with enough lung on its ray, between two levels (shares of lung height)."""
    plan, patient = scene.plan, scene.patient
    level = plan.down / patient.angle_down
    free = (plan.thickness > thickness * plan.thickness.max()) & (level > low) & (level < high)
    index = rng.integers(np.count_nonzero(free))
    rows, columns = np.nonzero(free)
    return float(plan.left[rows[index], columns[index]]), float(
        plan.down[rows[index], columns[index]]
    )


def _aerated_spot(
    scene: Scene,
    paths: Paths,
    rng: np.random.Generator,
    thickness: float,
    low: float,
    high: float,
    radius: float,
) -> tuple[float, float]:
    """A place as of :func:`_spot` around which air and fluid of the pleura have left the lung."""
    lung = paths.mm[Tissue.LUNG] + paths.mm[Tissue.BLOOD] > 0.5 * scene.lungs.thickness
    for _ in range(40):
        centre = _spot(scene, rng, thickness, low, high)
        near = np.hypot(scene.lungs.left - centre[0], scene.lungs.down - centre[1]) < radius
        if lung[near].mean() > 0.9:
            break
    return centre


def consolidation(scene: Scene, paths: Paths, grade: Grade, rng: np.random.Generator) -> np.ndarray:
    """Patchy airspace opacity with an irregular edge and air bronchograms."""
    (small, large), strength, count = _pick(
        grade,
        ((20, 28), rng.uniform(0.13, 0.18), 1),
        ((30, 42), rng.uniform(0.26, 0.36), int(rng.integers(1, 3))),
        ((42, 66), rng.uniform(0.42, 0.60), int(rng.integers(1, 4))),
    )
    detector, left, down = scene.detector, scene.lungs.left, scene.lungs.down
    grain = (
        0.34 * detector.field(rng, 17.0)
        + 0.16 * detector.field(rng, 8.0)
        + 0.07 * detector.field(rng, 3.5)
    )
    opacity = np.zeros(detector.shape, dtype=np.float32)
    for _ in range(count):
        reach = rng.uniform(small, large)
        centre = _aerated_spot(scene, paths, rng, 0.5, 0.12, 0.95, reach / 2)
        angle, squeeze = rng.uniform(0, np.pi), rng.uniform(0.6, 0.95)
        a, b = left - centre[0], down - centre[1]
        a, b = a * np.cos(angle) + b * np.sin(angle), b * np.cos(angle) - a * np.sin(angle)
        blob = 1 - (a / reach) ** 2 - (b / (squeeze * reach)) ** 2
        patch = _smoothstep((0.85 * blob + grain + 0.1) / 1.25)
        if rng.random() < 0.4:
            # Stopped by a fissure: one edge is sharp.
            fissure = centre[1] + 0.35 * reach + 0.12 * (left - centre[0])
            patch *= _smoothstep((fissure - down) / 2.5)
        opacity = np.maximum(opacity, patch * np.sign(left * centre[0]).clip(0, 1))
    opacity = strength * np.where(opacity > FAINTEST, opacity, 0)
    before = paths.mm[Tissue.SOFT].copy()
    _fill(paths, opacity, Tissue.SOFT)
    added = paths.mm[Tissue.SOFT] - before
    paths.replace(Tissue.SOFT, None, np.minimum(_bronchograms(scene, rng), 0.55 * added))
    mask: np.ndarray = (opacity > 0) & (added > 0)
    return mask


def _bronchograms(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """Air in bronchi running out from both hila; shows only where the lung is airless."""
    clouds = []
    patient, step = scene.patient, 0.95 * scene.detector.pixel_mm
    for side in (-1, 1):
        start = hilum(patient, side)
        for angle in np.deg2rad(np.arange(-70, 90, 27)) + rng.normal(0, 0.15, 6):
            reach = rng.uniform(50, 85)
            way = np.array([side * np.cos(angle), np.sin(angle) * 1.2, rng.normal(0, 0.3)])
            bend = np.array([0, 1, 0]) * rng.normal(0, 6)
            line = curve(
                np.stack([start, start + 0.5 * reach * way + bend, start + reach * way]), step
            )
            clouds.append(solid(line, np.linspace(2.4, 0.9, len(line)), scene.detector.pixel_mm))
    return scene.detector.splat(*join(clouds))


def lesion(scene: Scene, paths: Paths, grade: Grade, rng: np.random.Generator) -> np.ndarray:
    """A lightly lobulated or spiculated nodule or mass."""
    (small, large), density, depth = _pick(
        grade, ((7, 11), 0.75, 0.35), ((17, 26), 0.95, 0.62), ((27, 44), 1.0, 0.6)
    )
    detector = scene.detector
    radius = rng.uniform(small, large) / 2
    centre = _aerated_spot(scene, paths, rng, depth, 0.08, 0.95, radius)
    a, b = scene.lungs.left - centre[0], scene.lungs.down - centre[1]
    angle = np.arctan2(b, a)
    outline = np.ones(detector.shape)
    for order in range(2, 7):
        outline += rng.normal(0, 0.08 / np.sqrt(order)) * np.cos(
            order * angle + rng.uniform(0, 6.3)
        )
    if rng.random() < 0.4:
        for spike in rng.uniform(0, 2 * np.pi, 9):
            outline += rng.uniform(0.1, 0.35) * np.exp(
                -(((np.angle(np.exp(1j * (angle - spike)))) / 0.10) ** 2)
            )
    inside = np.maximum(1 - (np.hypot(a, b) / (radius * outline)) ** 2, 0)
    thickness = density * 2 * radius * inside**0.65 * (scene.lungs.thickness > 0)
    thickness = np.minimum(thickness, paths.mm[Tissue.LUNG] + paths.mm[Tissue.BLOOD])
    _fill(
        paths,
        thickness / np.maximum(paths.mm[Tissue.LUNG] + paths.mm[Tissue.BLOOD], 1e-3),
        Tissue.SOFT,
    )
    mask: np.ndarray = thickness > 0
    return mask
