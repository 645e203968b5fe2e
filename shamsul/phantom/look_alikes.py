"""Harmless things that resemble findings, drawn whatever the labels, and the side marker."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .detector import Detector
from .patient import Patient
from .tissues import Paths, Tissue
from .tubes import curve, join, solid


def add_look_alikes(
    patient: Patient, detector: Detector, paths: Paths, rng: np.random.Generator
) -> tuple[str, ...]:
    """Add distractors to path lengths.

    Returns
    -------
    tuple of str
        Names of what was added, with what the patient's position and build already mimic.
    """
    added = []
    for name, chance, draw in (
        ("nipple shadows", 0.25, _nipples),
        ("skin fold", 0.22, _skin_fold),
        ("necklace", 0.06, _necklace),
        ("clothing snaps", 0.10, _snaps),
    ):
        # Each has its own stream: whether one is there does not move the next.
        own = np.random.default_rng(rng.integers(2**63))
        if own.random() < chance:
            draw(patient, detector, paths, own)
            added.append(name)
    if patient.female:
        added.append("breast shadows")
    if abs(patient.pose.turn) > np.deg2rad(5):
        added.append("rotation")
    if patient.spine_bend > 6:
        added.append("scoliosis")
    return tuple(added)


def _nipples(patient: Patient, detector: Detector, paths: Paths, rng: np.random.Generator) -> None:
    left, down = detector.plane(95.0)
    level = patient.dome_right - rng.uniform(8, 35) + (14 if patient.female else 0)
    across = patient.half_width * rng.uniform(0.55, 0.66)
    for side in (-1, 1):
        if rng.random() < 0.2:
            continue
        a, b = left - side * across - rng.normal(0, 4), down - level - rng.normal(0, 4)
        inside = np.maximum(1 - np.hypot(a, b) ** 2 / rng.uniform(3.5, 5.5) ** 2, 0)
        # In air on its outer edge, so sharply seen on one side only.
        paths.mm[Tissue.SOFT] += (
            rng.uniform(4, 9) * inside * np.clip(0.6 + side * a / 9, 0.2, 1)
        ).astype(np.float32)


def _skin_fold(
    patient: Patient, detector: Detector, paths: Paths, rng: np.random.Generator
) -> None:
    """A band of extra skin: dense up to its edge, then not; lung markings go on beyond."""
    left, down = detector.plane(-90.0)
    side = rng.choice([-1, 1])
    place = patient.half_width * rng.uniform(0.5, 0.85)
    top = rng.uniform(20, 90)
    length = rng.uniform(90, 190)
    lean, bow = rng.normal(0.1, 0.15), rng.normal(0, 10)
    along = (down - top) / length
    edge = place - lean * (down - top) + bow * np.sin(np.pi * np.clip(along, 0, 1))
    inward = edge - side * left
    ends = np.clip(along / 0.25, 0, 1) * np.clip((1 - along) / 0.25, 0, 1)
    width = rng.uniform(18, 40)
    band = np.clip(1 - inward / width, 0, 1) ** 1.5 * np.clip(inward / 1.2 + 0.5, 0, 1)
    paths.mm[Tissue.SOFT] += (rng.uniform(5, 11) * band * ends).astype(np.float32)


def _necklace(patient: Patient, detector: Detector, paths: Paths, rng: np.random.Generator) -> None:
    low = rng.uniform(45, 85)
    controls = [
        [-62, -45, -10],
        [-45, 0, 60],
        [-18, 0.75 * low, 85],
        [rng.normal(0, 5), low, 92],
        [18, 0.75 * low, 85],
        [45, 0, 60],
        [62, -45, -10],
    ]
    line = curve(np.array(controls), 0.5 * detector.pixel_mm)
    beads = 0.5 + 0.5 * np.sin(np.arange(len(line)) * detector.pixel_mm * 0.5 * 2 * np.pi / 3.2)
    points, volume = solid(line, max(0.6, 0.5 * detector.pixel_mm), detector.pixel_mm)
    volume = (
        volume
        * np.repeat(beads, len(volume) // len(line))
        * (0.6 / max(0.6, 0.5 * detector.pixel_mm)) ** 2
    )
    paths.mm[Tissue.METAL] += 0.45 * detector.splat(points, volume)


def _snaps(patient: Patient, detector: Detector, paths: Paths, rng: np.random.Generator) -> None:
    ring = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    across, start = rng.normal(0, 45), rng.uniform(-30, 60)
    clouds = []
    radius, thick = rng.uniform(3.2, 5.0), max(0.9, 0.5 * detector.pixel_mm)
    for number in range(int(rng.integers(1, 5))):
        middle = np.array([across + rng.normal(0, 3), start + 62 * number, 100.0])
        circle = middle + np.stack([radius * np.cos(ring), radius * np.sin(ring), 0 * ring], axis=1)
        points, volume = solid(
            curve(circle, 0.6 * detector.pixel_mm, closed=True), thick, detector.pixel_mm
        )
        clouds.append((points, 0.4 * volume * (0.9 / thick) ** 2))
    paths.mm[Tissue.METAL] += detector.splat(*join(clouds))


def add_marker(detector: Detector, paths: Paths, rng: np.random.Generator) -> None:
    """A lead L or R beside the shoulder on the side it names."""
    side = int(rng.choice([-1, 1], p=[0.35, 0.65]))
    size = rng.uniform(5.5, 8.5)
    strokes = (
        [[[-0.5, -1], [-0.5, 1]], [[-0.5, 1], [0.6, 1]]]
        if side > 0
        else [
            [[-0.5, -1], [-0.5, 1]],
            [[-0.5, -1], [0.3, -0.98], [0.6, -0.5], [0.3, -0.02], [-0.5, 0]],
            [[0.05, 0], [0.65, 1]],
        ]
    )
    height, width = detector.field_mm
    turn = rng.normal(0, 0.12)
    place = np.array([side * width * rng.uniform(0.40, 0.45), -height * rng.uniform(0.38, 0.45)])
    rotate = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    mark = np.zeros(detector.shape, dtype=np.float32)
    thick = max(0.16 * size, 0.6 * detector.pixel_mm)
    for stroke in strokes:
        points = np.array(stroke) * size @ rotate + place
        for first, second in pairwise(points):
            mark = np.maximum(mark, _stroke(detector, first, second, thick))
    paths.mm[Tissue.METAL] += rng.uniform(0.5, 1.5) * mark


def _stroke(detector: Detector, start: np.ndarray, end: np.ndarray, thick: float) -> np.ndarray:
    """Coverage by a straight stroke, given as (column, row) mm from the middle of the field."""
    row, column = np.meshgrid(detector.rows, detector.columns, indexing="ij")
    along = end - start
    t = np.clip(
        ((column - start[0]) * along[0] + (row - start[1]) * along[1]) / (along @ along), 0, 1
    )
    away = np.hypot(column - start[0] - t * along[0], row - start[1] - t * along[1])
    cover: np.ndarray = np.clip((thick - away) / detector.pixel_mm + 0.5, 0, 1)
    return cover.astype(np.float32)
