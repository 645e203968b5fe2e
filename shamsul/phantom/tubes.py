"""Solids swept along curves, as clouds of volume elements for `Detector.splat`."""

from __future__ import annotations

from functools import cache

import numpy as np

Cloud = tuple[np.ndarray, np.ndarray]
"""Points of shape (n, 3) in mm and the volume of each in cubic mm."""

_RAY = np.array([0.003, 0.005, 1.0], dtype=np.float32)
"""Nearly along the rays; the tilt keeps it from being parallel to anything drawn."""


def curve(controls: np.ndarray, step_mm: float, closed: bool = False) -> np.ndarray:
    """Smooth curve through control points.

    Parameters
    ----------
    controls : ndarray of shape (k, 3)
        Points passed through, mm; k at least 2.
    step_mm : float
        Distance of the samples along the curve.
    closed : bool
        Join the last point to the first.

    Returns
    -------
    ndarray of shape (n, 3)
    """
    controls = np.asarray(controls, dtype=float)
    if closed:
        controls = np.concatenate([controls[-2:], controls, controls[:3]])
    knots = np.concatenate(
        [[0.0], np.cumsum(np.sqrt((np.diff(controls, axis=0) ** 2).sum(axis=1)))]
    )
    # Hermite pieces with finite-difference slopes: as smooth as the eye asks, and cheap.
    slopes = np.gradient(controls, knots, axis=0)
    first, last = (knots[2], knots[-3]) if closed else (0.0, knots[-1])
    along = np.linspace(first, last, max(3, int(np.ceil((last - first) / step_mm)) + 1))
    piece = np.clip(np.searchsorted(knots, along, side="right") - 1, 0, len(knots) - 2)
    width = np.diff(knots)[piece][:, None]
    t = (along[:, None] - knots[piece][:, None]) / width
    start, end = controls[piece], controls[piece + 1]
    bend = width * ((1 - t) * slopes[piece] - t * slopes[piece + 1])
    blend = t * t * (3 - 2 * t)
    line: np.ndarray = (1 - blend) * start + blend * end + t * (1 - t) * bend
    return line


def join(clouds: list[Cloud]) -> Cloud:
    """One cloud out of several."""
    if not clouds:
        return np.zeros((0, 3)), np.zeros(0)
    return np.concatenate([c[0] for c in clouds]), np.concatenate([c[1] for c in clouds])


def _single(values: np.ndarray) -> np.ndarray:
    """Single precision: a thousandth of a pixel is enough, and half the memory."""
    return values.astype(np.float32)


def _frame(line: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Length of curve at each sample and two unit vectors across it, the first along `normal`."""
    tangent = np.gradient(line, axis=0)
    length = np.linalg.norm(tangent, axis=1)
    length[[0, -1]] /= 2  # the end samples stand for half a step
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    first = np.broadcast_to(normal, line.shape)
    first = first - (first * tangent).sum(1, keepdims=True) * tangent
    first = first / np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(tangent, first)
    return _single(length), _single(first), _single(second)


def _radii(length: np.ndarray, radius: np.ndarray | float, capped: bool) -> np.ndarray:
    """Radius at each sample of a tube, its ends rounded off if capped."""
    radius = np.broadcast_to(np.asarray(radius, dtype=np.float32), length.shape)
    if not capped:
        return radius
    travelled = np.cumsum(length) - 0.5 * length
    to_end = np.minimum(travelled, travelled[-1] + 0.5 * length[-1] - travelled)
    rounded: np.ndarray = radius * np.sqrt(1 - np.maximum(1 - to_end / radius, 0) ** 2)
    return rounded


@cache
def _chords(across: int, deep: int) -> tuple[np.ndarray, np.ndarray]:
    """A unit disc as parallel chords.

    Regular chords leave no grain behind, where scattered points would.

    Returns
    -------
    offsets : ndarray of shape (across * deep, 2)
        Position across and along the chords.
    share : ndarray of shape (across * deep,)
        Share of the disc's area; sums to 1.
    """
    u = (np.arange(across) + 0.5) * 2 / across - 1
    half = np.sqrt(1 - u**2)
    v = half[:, None] * ((np.arange(deep) + 0.5) * 2 / deep - 1)
    offsets = np.stack([np.repeat(u, deep), v.ravel()], axis=1)
    return _single(offsets), _single(np.repeat(half / half.sum() / deep, deep))


def solid(
    line: np.ndarray,
    radius: np.ndarray | float,
    pixel_mm: float,
    normal: np.ndarray | None = None,
    flatness: float = 1.0,
    capped: bool = True,
) -> Cloud:
    """Filled tube.

    Parameters
    ----------
    line : ndarray of shape (n, 3)
        Centre line, mm.
    radius : ndarray of shape (n,) or float
        Half-width along the binormal, mm.
    pixel_mm : float
        Pixel size; sets how many samples are needed.
    normal : ndarray of shape (3,) or (n, 3), optional
        Direction of the thin axis; along the rays by default.
    flatness : float
        Thin over wide axis.
    capped : bool
        Round the ends off.
    """
    length, first, second = _frame(line, _RAY if normal is None else normal)
    radius = _radii(length, radius, capped)
    # Half-pixel spacing: others beat with the pixel grid.
    across = max(3, int(np.ceil(2 * radius.max() / (0.47 * pixel_mm))))
    # Chords along the rays need one sample; tilted ones spread over pixels.
    tilt = np.abs(first[:, :2]).max()
    deep = max(1, int(np.ceil(across * flatness * tilt)))
    offsets, share = _chords(across, deep)
    points = (
        line[:, None]
        + (
            second[:, None] * offsets[None, :, :1]
            + first[:, None] * (flatness * offsets[None, :, 1:])
        )
        * radius[:, None, None]
    )
    volume = (length * np.pi * radius**2 * flatness)[:, None] * share
    return points.reshape(-1, 3), volume.reshape(-1)


def shell(
    line: np.ndarray,
    radius: np.ndarray | float,
    wall_mm: np.ndarray | float,
    pixel_mm: float,
    normal: np.ndarray | None = None,
    flatness: float = 1.0,
    capped: bool = True,
) -> Cloud:
    """Wall of a hollow tube with an elliptical section; parameters as in `solid`.

    `wall_mm` is the thickness of the wall, whose middle lies at `radius`.
    """
    wall = np.broadcast_to(np.asarray(wall_mm, dtype=np.float32), (len(line),))
    length, first, second = _frame(line, _RAY if normal is None else normal)
    radius = _radii(length, radius, capped)
    count = int(np.clip(2 * np.pi * radius.max() / (0.95 * pixel_mm), 8, 160))
    # Staggering the rings breaks up the moire of one regular grid on another.
    angle = (np.arange(count)[None] + 0.618 * np.arange(len(line))[:, None]) * 2 * np.pi / count
    angle = _single(angle)
    sine, cosine = np.sin(angle), np.cos(angle)
    points = (
        _single(line)[:, None]
        + first[:, None] * (cosine * radius[:, None] * flatness)[..., None]
        + second[:, None] * (sine * radius[:, None])[..., None]
    )
    arc = np.hypot(flatness * sine, cosine) * 2 * np.pi / count
    volume = (length * wall * radius)[:, None] * arc
    return points.reshape(-1, 3), volume.reshape(-1)


def segments(
    starts: np.ndarray, bends: np.ndarray, ends: np.ndarray, radii: np.ndarray, pixel_mm: float
) -> Cloud:
    """Many short filled tubes at once, each a quadratic Bezier curve that tapers.

    Parameters
    ----------
    starts, bends, ends : ndarray of shape (n, 3)
        Bezier points, mm.
    radii : ndarray of shape (n, 2)
        Radius at the start and the end, mm.
    pixel_mm : float
        Pixel size.
    """
    length = np.linalg.norm(bends - starts, axis=1) + np.linalg.norm(ends - bends, axis=1)
    starts, bends, ends, radii = map(_single, (starts, bends, ends, radii))
    sag = np.abs(ends - starts)[:, 2] / np.maximum(np.linalg.norm(ends - starts, axis=1), 1e-9)
    across = np.ceil(2 * radii.mean(axis=1) / (0.9 * pixel_mm)).astype(int)
    across = np.array([3, 6, 12, 22, 40, 60])[np.digitize(across, [3, 6, 12, 22, 40])]
    deep = np.maximum(
        1, np.ceil(across * np.array([0.0, 0.75, 1.0])[np.digitize(sag, [0.35, 0.75])])
    ).astype(int)
    clouds = []
    for pair in np.unique(np.stack([across, deep], axis=1), axis=0):
        chosen = np.flatnonzero((across == pair[0]) & (deep == pair[1]))
        steps = np.maximum(2, np.ceil(length[chosen] / (0.95 * pixel_mm)).astype(int))
        segment = np.repeat(chosen, steps)
        position = (
            np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps) + 0.5
        ) / np.repeat(steps, steps)
        position = _single(position)
        t = position[:, None]
        a, b, c = starts[segment], bends[segment], ends[segment]
        centre = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
        tangent = (1 - t) * (b - a) + t * (c - b)
        half_speed = np.maximum(np.linalg.norm(tangent, axis=1), 1e-9)
        second = np.cross(tangent / half_speed[:, None], _RAY)
        second /= np.maximum(np.linalg.norm(second, axis=1, keepdims=True), 1e-9)
        first = np.cross(second, tangent / half_speed[:, None])
        radius = radii[segment, 0] * (1 - position) + radii[segment, 1] * position
        offsets, share = _chords(int(pair[0]), int(pair[1]))
        points = (
            centre[:, None]
            + (second[:, None] * offsets[None, :, :1] + first[:, None] * offsets[None, :, 1:])
            * radius[:, None, None]
        )
        volume = (2 * half_speed / _single(np.repeat(steps, steps)) * np.pi * radius**2)[
            :, None
        ] * share
        clouds.append((points.reshape(-1, 3), volume.reshape(-1)))
    return join(clouds)
