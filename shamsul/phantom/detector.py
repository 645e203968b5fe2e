"""The detector grid: where body points land and which body points a pixel sees.

Body frame, mm: *left* (the patient's left, to the right of the picture), *down* (caudal, 0 at the
lung apices) and *front* (anterior, 0 in the middle of the chest). Detector frame, mm: *row* and
*column* from the centre of the field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import BSpline

_PIECE = 40_000


@dataclass(frozen=True)
class Pose:
    """How the patient stands in the beam.

    Attributes
    ----------
    front_on_detector : bool
        True for PA, False for AP.
    source_mm : float
        Distance from the source to the detector.
    gap_mm : float
        Distance from the middle of the chest to the detector.
    turn, lean, roll : float
        Radians about the body's down, left and front axes.
    centre : tuple of float
        (down, left) of the body point in the centre of the field.
    """

    front_on_detector: bool
    source_mm: float
    gap_mm: float
    turn: float
    lean: float
    roll: float
    centre: tuple[float, float]

    def magnification(self, front: np.ndarray | float) -> np.ndarray:
        """Enlargement on the detector of things at a depth."""
        sign = -1.0 if self.front_on_detector else 1.0
        return np.asarray(self.source_mm / (self.source_mm - self.gap_mm - sign * front))


def enlarge(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Linear interpolation to a larger grid over the same field.

    Returns
    -------
    ndarray of the given shape, float32
    """
    large = image.astype(np.float32)
    for axis, count in enumerate(shape):
        size = large.shape[axis]
        position = np.clip((np.arange(count) + 0.5) * size / count - 0.5, 0, size - 1)
        lower = np.minimum(position.astype(np.intp), max(size - 2, 0))
        upper = np.minimum(lower + 1, size - 1)
        share = np.expand_dims((position - lower).astype(np.float32), 1 - axis)
        large = large.take(lower, axis) * (1 - share) + large.take(upper, axis) * share
    return large


class Detector:
    """A pixel grid over a fixed field, whatever the shape.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns).
    field_mm : tuple of float
        (height, width) of the field. Pixels are as tall and wide as they must be to fill it, so
        that two shapes show the same field.
    pose : Pose
        The patient in the beam.
    """

    def __init__(self, shape: tuple[int, int], field_mm: tuple[float, float], pose: Pose) -> None:
        self.shape = shape
        self.field_mm = field_mm
        self.pose = pose
        self.spacing_mm = (field_mm[0] / shape[0], field_mm[1] / shape[1])
        self.pixel_mm = float(np.sqrt(self.spacing_mm[0] * self.spacing_mm[1]))
        self.rows = ((np.arange(shape[0]) + 0.5) * self.spacing_mm[0] - field_mm[0] / 2).astype(
            np.float32
        )
        self.columns = ((np.arange(shape[1]) + 0.5) * self.spacing_mm[1] - field_mm[1] / 2).astype(
            np.float32
        )
        self._planes: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where body points land.

        Parameters
        ----------
        points : ndarray of shape (n, 3)
            (left, down, front) in mm.

        Returns
        -------
        row, column : ndarray of shape (n,)
            Fractional pixel indices.
        magnification : ndarray of shape (n,)
            Enlargement at each point.
        """
        pose = self.pose
        left, down = points[:, 0], points[:, 1] - pose.centre[0]
        front = points[:, 2]
        left, front = left + pose.turn * front, front - pose.turn * left
        down, front = down + pose.lean * front, front - pose.lean * down
        left = left - pose.centre[1]
        left, down = left - pose.roll * down, down + pose.roll * left
        scale = pose.magnification(front)
        row = (down * scale + self.field_mm[0] / 2) / self.spacing_mm[0] - 0.5
        column = (left * scale + self.field_mm[1] / 2) / self.spacing_mm[1] - 0.5
        return row, column, scale

    def plane(self, front: float) -> tuple[np.ndarray, np.ndarray]:
        """Body coordinates seen by each pixel in a coronal plane.

        Returns
        -------
        left, down : ndarray of shape (H, W), float32
            To first order in the small angles, as in `project`.
        """
        if front not in self._planes:
            pose = self.pose
            scale = pose.magnification(front)
            down, left = np.meshgrid(self.rows / scale, self.columns / scale, indexing="ij")
            left, down = left + pose.roll * down, down - pose.roll * left
            left = left + np.float32(pose.centre[1] - pose.turn * front)
            down = down + np.float32(pose.centre[0] - pose.lean * front)
            self._planes[front] = (left.astype(np.float32), down.astype(np.float32))
        return self._planes[front]

    def field(self, rng: np.random.Generator, grain_mm: float) -> np.ndarray:
        """Smooth random field with a grain in mm, the same at every shape.

        Returns
        -------
        ndarray of shape (H, W), float32
            Mean 0, standard deviation about 1.
        """
        counts = [int(np.ceil(extent / grain_mm)) + 4 for extent in self.field_mm]
        lattice = rng.standard_normal(counts)
        bases = []
        for axis, centres in enumerate((self.rows, self.columns)):
            position = (centres + self.field_mm[axis] / 2) / grain_mm + 3
            knots = np.arange(counts[axis] + 4, dtype=float)
            bases.append(BSpline.design_matrix(np.clip(position, 3, counts[axis]), knots, 3))
        # A cubic B-spline of unit white noise has variance (sum of squared weights) near 0.23.
        values: np.ndarray = (bases[1] @ (bases[0] @ lattice).T).T / 0.48
        return values.astype(np.float32)

    def splat(self, points: np.ndarray, volume: np.ndarray) -> np.ndarray:
        """Project scattered volume elements to path lengths.

        Parameters
        ----------
        points : ndarray of shape (n, 3)
            Centres in the body frame, mm.
        volume : ndarray of shape (n,)
            Volume of each, in cubic mm; mass is conserved whatever the pixel size.

        Returns
        -------
        ndarray of shape (H, W), float32
            Path length in mm.
        """
        height, width = self.shape
        padded = width + 2
        total = np.zeros((height + 2) * padded, dtype=np.float32)
        area = self.spacing_mm[0] * self.spacing_mm[1]
        # In pieces that stay in the processor's cache.
        for first in range(0, len(points), _PIECE):
            piece = slice(first, first + _PIECE)
            row, column, scale = self.project(points[piece])
            keep = np.flatnonzero((row > -1) & (row < height) & (column > -1) & (column < width))
            row, column = row[keep] + 1, column[keep] + 1
            weight = volume[piece][keep] * scale[keep] ** 2 / area
            top, nearest = row.astype(np.intp), column.astype(np.intp)
            lower = weight * (row - top)
            upper = weight - lower
            right = column - nearest
            index = top * padded + nearest
            for shift, part in (
                (0, upper * (1 - right)),
                (1, upper * right),
                (padded, lower * (1 - right)),
                (padded + 1, lower * right),
            ):
                np.add.at(total, index + shift, part.astype(np.float32, copy=False))
        return total.reshape(height + 2, padded)[1:-1, 1:-1]
