"""Support devices: lines, tubes and pacemakers along plausible courses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .phantom import Grade
from .scene import Scene
from .tissues import Paths, Tissue
from .tubes import curve, solid
from .vessels import carina

# Less than this share of a device's strongest shadow is the blur of the pixel grid, not device.
_EDGE = 0.08


Points = np.ndarray | Sequence[Sequence[float] | np.ndarray]
"""Control points (left, down, front), mm."""


class Tray:
    """Draws devices and remembers where.

    Parameters
    ----------
    scene : Scene
        The patient.
    paths : Paths
        Receives plastic and metal.
    opacity : float
        Scales radio-opacity.
    """

    def __init__(self, scene: Scene, paths: Paths, opacity: float) -> None:
        self.scene = scene
        self.paths = paths
        self.opacity = opacity
        self.mask = np.zeros(scene.detector.shape, dtype=bool)
        self.step = 0.6 * scene.detector.pixel_mm

    def wire(
        self,
        controls: Points,
        radius: float,
        tissue: Tissue,
        density: float,
        closed: bool = False,
    ) -> None:
        """A solid strand through control points."""
        detector = self.scene.detector
        line = curve(np.asarray(controls, dtype=float), self.step, closed)
        # Never thinner than a pixel's footprint, at the same mass: the shadow stays connected.
        wide = max(radius, 0.55 * detector.pixel_mm)
        points, volume = solid(line, wide, detector.pixel_mm)
        self.add(detector.splat(points, volume * (radius / wide) ** 2), tissue, density)

    def add(self, thickness: np.ndarray, tissue: Tissue, density: float) -> None:
        """Path through a device."""
        thickness = np.where(thickness > _EDGE * thickness.max(initial=0), thickness, 0)
        self.paths.mm[tissue] += (self.opacity * density * thickness).astype(np.float32)
        self.mask |= thickness > 0


def support_devices(
    scene: Scene, paths: Paths, grade: Grade, rng: np.random.Generator
) -> np.ndarray:
    """One or several devices; the mask is their pixels."""
    opacity = {Grade.SUBTLE: 0.45, Grade.MODERATE: 0.8, Grade.OBVIOUS: 1.3}[grade]
    tray = Tray(scene, paths, opacity)
    slight = [_central_line, _nasogastric_tube, _endotracheal_tube]
    choices = slight if grade is Grade.SUBTLE else [*slight, _chest_tube, _pacemaker, _electrodes]
    count = {
        Grade.SUBTLE: 1,
        Grade.MODERATE: int(rng.integers(1, 3)),
        Grade.OBVIOUS: int(rng.integers(2, 5)),
    }[grade]
    for index in rng.permutation(len(choices))[:count]:
        choices[index](tray, rng)
    return tray.mask


def _central_line(tray: Tray, rng: np.random.Generator) -> None:
    patient = tray.scene.patient
    side = rng.choice([-1, 1], p=[0.7, 0.3])
    tip = patient.vertebra(6.5) + rng.normal(0, 8)
    if rng.random() < 0.5:  # jugular
        start = [[side * 52, -95, 10], [side * 36, -60, 20], [side * 26, -15, 25]]
    else:  # subclavian
        start = [[side * 112, 38, 50], [side * 78, 22, 45], [side * 40, 18, 32]]
    knee = [[-19, 38, 22]] if side < 0 else [[5, 34, 30], [-16, 52, 22]]
    line = start + knee + [[-24, 0.5 * (45 + tip), 15], [-25 + rng.normal(0, 2), tip, 12]]
    tray.wire(line, 1.0, Tissue.PLASTIC, 1.1)


def _endotracheal_tube(tray: Tray, rng: np.random.Generator) -> None:
    fork = carina(tray.scene.patient)
    end = fork[1] - rng.uniform(18, 55)
    for offset, radius, tissue, density in (
        (-4.4, 0.55, Tissue.SOFT, 2.2),
        (4.4, 0.55, Tissue.SOFT, 2.2),
        (3.3, 0.6, Tissue.PLASTIC, 1.6),
    ):
        tray.wire(
            [
                [offset, -150, 22],
                [offset - 1, -60, 6],
                [offset - 1, end - 30, -8],
                [offset - 1.5, end, -14],
            ],
            radius,
            tissue,
            density,
        )


def _nasogastric_tube(tray: Tray, rng: np.random.Generator) -> None:
    patient = tray.scene.patient
    end = patient.dome_left + rng.uniform(30, 75)
    line = [
        [rng.normal(0, 3), -150, 0],
        [rng.normal(2, 2), -40, -20],
        [rng.normal(3, 2), 60, -35],
        [rng.normal(6, 3), 150, -32],
        [14, patient.dome_left - 8, -12],
        [34, patient.dome_left + 22, 10],
        [rng.uniform(45, 80), end, 25],
    ]
    tray.wire(line, 0.9, Tissue.PLASTIC, 1.3)


def _chest_tube(tray: Tray, rng: np.random.Generator) -> None:
    patient = tray.scene.patient
    side = rng.choice([-1, 1])
    low = rng.uniform(130, 190)
    width = patient.half_width
    line = np.array(
        [
            [side * (width + 45), low + 25, 10],
            [side * (width - 6), low, 0],
            [side * (width - 22), 0.6 * low, -25],
            [side * rng.uniform(45, 75), rng.uniform(18, 50), -35],
        ]
    )
    tray.wire(line, 0.75, Tissue.PLASTIC, 2.0)
    tray.wire(np.add(line, [side * 5.5, 2.5, 0]), 3.0, Tissue.SOFT, 0.9)


def _pacemaker(tray: Tray, rng: np.random.Generator) -> None:
    patient = tray.scene.patient
    side = rng.choice([-1, 1], p=[0.15, 0.85])
    middle = np.array(
        [side * (0.66 * patient.half_width + rng.normal(0, 5)), 48 + rng.normal(0, 6), 75.0]
    )
    left, down = tray.scene.detector.plane(75.0)
    turn = rng.normal(0, 0.4)
    a, b = left - middle[0], down - middle[1]
    a, b = a * np.cos(turn) + b * np.sin(turn), b * np.cos(turn) - a * np.sin(turn)
    inside = np.maximum(1 - (np.abs(a) / 23) ** 3.2 - (np.abs(b) / 21) ** 3.2, 0)
    core = np.maximum(1 - (np.abs(a + 3) / 13) ** 6 - (np.abs(b - 4) / 11) ** 6, 0)
    tray.add((2.2 * inside**0.3 + 0.9 * core**0.5) * (inside > 0), Tissue.METAL, 0.5)
    vein = [[side * 30, 26, 35], [-19, 44, 22], [-25, 100, 15]]
    start = [middle, np.add(middle, [-side * 5, -27, -5])]
    for end in (
        [[-24, 165, 25], [20, 205, 40], [62, 200, 48]],
        [[-28, 130, 30], [-16, 140, 45], [-24, 118, 52]],
    ):
        wobble = rng.normal(0, 2.5, (8, 3))
        tray.wire(np.vstack([start, vein, end]) + wobble, 0.65, Tissue.METAL, 0.5)
        if rng.random() < 0.4:
            break


def _electrodes(tray: Tray, rng: np.random.Generator) -> None:
    patient = tray.scene.patient
    for place in ((-0.75, 20.0), (0.75, 20.0), (0.95, 190.0), (-0.9, 195.0))[
        : int(rng.integers(2, 5))
    ]:
        spot = np.array([place[0] * patient.half_width, place[1], 95.0]) + rng.normal(0, 9, 3)
        ring = np.linspace(0, 2 * np.pi, 10, endpoint=False)
        circle = spot + np.stack([3.6 * np.cos(ring), 3.6 * np.sin(ring), 0 * ring], axis=1)
        tray.wire(circle, 0.7, Tissue.METAL, 0.9, closed=True)
        tray.wire(spot + np.array([[-1, 0, 0], [0, 0.2, 0], [1, 0, 0]]), 1.6, Tissue.METAL, 0.8)
        sign = np.sign(place[0])
        away = spot + np.array(
            [
                [0, 4, 0],
                [sign * rng.uniform(-25, 10), 45, 5],
                [rng.normal(0, 20), 120, 5],
                [sign * 40, 330, 5],
            ]
        )
        tray.wire(away, 0.55, Tissue.METAL, 0.35)
