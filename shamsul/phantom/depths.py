"""Intervals of depth along rays."""

from __future__ import annotations

import numpy as np

Interval = tuple[np.ndarray, np.ndarray]
"""Back and front depth on each ray, mm; empty where back is at or beyond front."""


def length(interval: Interval) -> np.ndarray:
    """Length of each interval, 0 where empty."""
    extent: np.ndarray = np.maximum(interval[1] - interval[0], 0)
    return extent


def common(first: Interval, second: Interval) -> Interval:
    """Overlap of two intervals on each ray."""
    return np.maximum(first[0], second[0]), np.minimum(first[1], second[1])


def covered(first: Interval, second: Interval, third: Interval) -> np.ndarray:
    """Length of the union of three intervals, by inclusion and exclusion."""
    both = common(first, second)
    singles = length(first) + length(second) + length(third)
    pairs = length(both) + length(common(first, third)) + length(common(second, third))
    union: np.ndarray = singles - pairs + length(common(both, third))
    return union
