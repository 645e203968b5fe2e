"""Pulmonary arteries and veins, and the airways."""

from __future__ import annotations

import numpy as np

from .cavity import Wall, dome
from .detector import Detector
from .patient import Patient
from .tubes import Cloud, curve, join, segments, solid

GENERATIONS = 9

Branches = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Starts, bends and ends, shape (n, 3), and radii, shape (n, 2), of tapering Bezier segments."""


def _targets(patient: Patient, side: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Points spread through one lung, in the body frame."""
    wall = Wall(patient)
    found = np.zeros((0, 3))
    while len(found) < count:
        down = rng.uniform(6, patient.angle_down + 20, 6 * count)
        width, depth, centre = wall.at(down)
        across = rng.uniform(22, patient.half_width, 6 * count)
        front = rng.uniform(-patient.half_depth, patient.half_depth, 6 * count)
        inside = (across / (width - 5)) ** 2.5 + (
            np.abs(front - centre) / np.maximum(depth - 4, 1)
        ) ** 2.4 < 1
        low = dome(patient, side * across, down)
        inside &= ~((front > low[0] - 4) & (front < low[1] + 4) & (low[1] > low[0]))
        # The heart and great vessels keep the middle front to themselves.
        inside &= (across > 42) | (front < -25)
        found = np.concatenate([found, np.stack([side * across, down, front], axis=1)[inside]])
    # Flattened in depth: fewer vessels seen end-on, as along the fan of the segments.
    found[:, 2] = -10 + 0.65 * (found[:, 2] + 10)
    return found[:count]


def _tree(
    root: np.ndarray,
    heading: np.ndarray,
    targets: np.ndarray,
    tip_mm: float,
    rng: np.random.Generator,
) -> Branches:
    """Branch towards every target by halving the targets again and again."""
    groups = targets[None]
    nodes, headings, widths = root[None], heading[None], np.array([np.inf])
    parts = []
    for generation in range(GENERATIONS):
        members = groups.shape[1]
        spread = groups.var(axis=1).argmax(axis=1)
        # Sorting along a jittered axis keeps the forks from looking mechanical.
        key = np.take_along_axis(groups, spread[:, None, None], axis=2)[..., 0]
        key = key + rng.normal(0, 6.0, key.shape)
        order = np.argsort(key, axis=1)[..., None]
        groups = np.take_along_axis(groups, order, axis=1).reshape(-1, members // 2, 3)
        parents, headings = np.repeat(nodes, 2, axis=0), np.repeat(headings, 2, axis=0)
        goal = groups.mean(axis=1)
        reach = rng.uniform(0.28, 0.48, (len(goal), 1)) if members > 2 else np.ones((len(goal), 1))
        ends = parents + reach * (goal - parents)
        ends += rng.normal(0, 0.06, ends.shape) * np.linalg.norm(
            ends - parents, axis=1, keepdims=True
        )
        span = np.linalg.norm(ends - parents, axis=1, keepdims=True)
        bends = parents + 0.45 * span * headings
        # Murray's law: cross-section follows the number of tips served.
        here = tip_mm * (members / 2) ** (1 / 2.6) * rng.uniform(0.85, 1.15, len(goal))
        start = np.minimum(np.repeat(widths, 2), (1.3 if generation else 0.3) * here)
        radii = np.stack([start, 0.85 * here], axis=1)
        widths = 0.85 * here
        parts.append((parents, bends, ends, radii))
        headings = ends - bends
        headings = headings / np.maximum(np.linalg.norm(headings, axis=1, keepdims=True), 1e-9)
        nodes = ends
    starts, bends, ends, radii = (np.concatenate(c) for c in zip(*parts, strict=True))
    return starts, bends, ends, radii


def hilum(patient: Patient, side: int) -> np.ndarray:
    """Root of a lung; the left lies higher."""
    level = patient.vertebra(6.2) + (2 if side < 0 else -9)
    return np.array([side * 33.0 + (4 if side > 0 else 0), level, -8.0])


def see_vessels(patient: Patient, detector: Detector, rng: np.random.Generator) -> np.ndarray:
    """Path through blood vessels of the lungs.

    Returns
    -------
    ndarray of shape (H, W), float32
        mm.
    """
    clouds: list[Cloud] = []
    scale = patient.half_width / 138
    for side in (-1, 1):
        targets = _targets(patient, side, 2 ** (GENERATIONS + 1), rng)
        for which, (offset, tip) in enumerate((((-15, 0, 0), 0.60), ((-15, 30, -6), 0.55))):
            root = hilum(patient, side) + np.array([side * offset[0], offset[1], offset[2]])
            heading = np.array([side * 0.75, 0.6 if which == 0 else -0.1, -0.2])
            heading /= np.linalg.norm(heading)
            parts = _tree(root, heading, targets[which::2], tip * scale, rng)
            clouds.append(segments(*parts, detector.pixel_mm))
        clouds.append(_trunks(patient, side, detector, rng))
    return detector.splat(*join(clouds))


def _trunks(patient: Patient, side: int, detector: Detector, rng: np.random.Generator) -> Cloud:
    """Main and interlobar artery with the vein root: the hilar shadow."""
    scale = patient.half_width / 138
    start = hilum(patient, side)
    step = 0.95 * detector.pixel_mm
    interlobar = curve(
        start
        + np.array([[-side * 14, -4, 6], [0, 0, 0], [side * 9, 18, -6], [side * 11, 44, -14]]),
        step,
    )
    taper = (8.0 - 5.6 * np.linspace(0, 1, len(interlobar)) ** 1.4) * scale * rng.uniform(0.9, 1.1)
    upper = curve(
        start + np.array([[-side * 8, -2, 4], [side * 2, -16, 2], [side * 9, -32, -4]]), step
    )
    vein = curve(start + np.array([[-side * 20, 30, -10], [0, 27, -8], [side * 18, 32, -12]]), step)
    pixel = detector.pixel_mm
    return join(
        [
            solid(interlobar, taper, pixel),
            solid(upper, np.linspace(6, 2.0, len(upper)) * scale, pixel),
            solid(vein, np.linspace(6, 2.2, len(vein)) * scale, pixel),
        ]
    )


def carina(patient: Patient) -> np.ndarray:
    """Where the trachea divides."""
    level = patient.vertebra(5.2)
    return np.array([patient.spine_left(level) - 2.0, level, -22.0])


def bronchi(patient: Patient, side: int) -> np.ndarray:
    """Control points of a main bronchus down to its lobar branch."""
    start = carina(patient)
    if side < 0:
        steps = [[0, 0, 0], [-16, 18, -2], [-28, 34, -4], [-35, 56, -8]]
    else:
        steps = [[0, 0, 0], [20, 15, -4], [38, 29, -10], [47, 50, -16]]
    controls: np.ndarray = start + np.array(steps, dtype=float)
    return controls


def see_airways(patient: Patient, detector: Detector) -> np.ndarray:
    """Path through the air of the trachea and main bronchi, mm."""
    scale = patient.half_width / 138
    fork, step, pixel = carina(patient), 0.95 * detector.pixel_mm, detector.pixel_mm
    trachea = curve(
        np.array(
            [
                [0, -150, 22],
                [0, -80, 10],
                [-1, -20, -6],
                np.add(fork, [0, -12, 2]),
                np.add(fork, [0, 2, 0]),
            ]
        ),
        step,
    )
    trachea[:, 0] += patient.spine_left(trachea[:, 1]) * 0.6
    clouds = [solid(trachea, 10.2 * scale * (0.9 if patient.female else 1.0), pixel)]
    for side, radius in ((-1, 6.6), (1, 5.8)):
        line = curve(bronchi(patient, side), step)
        clouds.append(solid(line, scale * np.linspace(radius, 0.6 * radius, len(line)), pixel))
    return detector.splat(*join(clouds))
