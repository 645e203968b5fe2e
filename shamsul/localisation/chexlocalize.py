"""The protocol of CheXlocalize, so that figures can be compared with its.

References
----------
.. [1] Saporta et al. 2022, Benchmarking saliency methods for chest X-ray interpretation,
   doi 10.1038/s42256-022-00536-x; code at https://github.com/rajpurkarlab/cheXlocalize
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from shamsul.metrics.localisation import Overlap
from shamsul.storage.text import Row, Table

#: Rows that are worked on at once: few enough to stay in a processor's cache.
BLOCK = 32

#: Rows or columns below which an image costs too little time to be saved.
SMALL = 256


def upsampled(values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """A map at an image's size: bilinear, pixel areas on pixel areas, edges continued.

    Parameters
    ----------
    values : ndarray of shape (h, w), float32
    shape : (int, int)
        Rows and columns.

    Returns
    -------
    ndarray of shape `shape`, float32
        Bit by bit what ``torch.nn.functional.interpolate`` gives with ``align_corners=False``.
    """
    # Here, because it takes seconds: what is asked for may be refused long before.
    import torch
    from torch.nn.functional import interpolate

    grid = torch.from_numpy(np.array(values, np.float32))[None, None]
    # It interpolates in a row before it does between rows: all columns of the few rows there are
    # first gives the same numbers in half of the time. Small images go another way there.
    wide = (values.shape[0], shape[1])
    for size in (wide, shape) if min(shape) >= SMALL else (shape,):
        grid = interpolate(grid, size=size, mode="bilinear", align_corners=False)
    array: NDArray[np.float32] = grid[0, 0].numpy()
    return array


def segmented(values: NDArray[np.float32], share: float | None = None) -> NDArray[np.bool_]:
    """What a map marks as the finding.

    Parameters
    ----------
    values : ndarray of shape (H, W), float32
        At the image's size.
    share : float or None
        Of the way from the least to the greatest value, above which pixels are marked. None for
        Otsu's threshold of the map in 256 steps; its parts are then `filled`.

    Returns
    -------
    ndarray of shape (H, W), bool
        Empty for a constant map, which cannot be normalised.
    """
    least, greatest = values.min(), values.max()
    if least == greatest:
        return np.zeros(values.shape, bool)
    marked = np.empty(values.shape, np.uint8)
    # Above a number in double precision is above the greatest single one not beyond it.
    level = np.float32(share or 0)
    if float(level) > (share or 0):
        level = np.nextafter(level, np.float32(-1))
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK] - least
        block /= greatest - least
        if share is None:
            block *= 255
            # Cut off, not rounded, as a conversion to bytes does.
            marked[start : start + BLOCK] = block
        else:
            marked[start : start + BLOCK] = block > level
    if share is None:
        cv2.threshold(marked, 0, 1, cv2.THRESH_OTSU, dst=marked)
        return filled(marked)
    return marked.view(np.bool_)


def filled(marked: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The parts of a region without their holes; single pixels vanish.

    The CheXlocalize scripts follow the region's outlines and draw them as filled polygons. An
    outline goes along the outermost pixels of a part, whose pixels touch at a side or corner, so
    that drawing it gives back all the part and whatever it encloses. The outline of a single pixel
    is a single point, which the scripts do not draw. What lies inside of an outer outline is
    filled with it, so that outer outlines are enough.

    Parameters
    ----------
    marked : ndarray of shape (H, W), uint8
        Not 0 where marked.

    Returns
    -------
    ndarray of shape (H, W), bool
    """
    outlines, _ = cv2.findContours(marked, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    region = np.zeros_like(marked)
    drawn = [outline for outline in outlines if len(outline) > 1]
    cv2.drawContours(region, drawn, -1, 1, cv2.FILLED)
    return region.view(np.bool_)


def iou(overlap: Overlap, true_positives_only: bool = True) -> float:
    """Intersection over union, NaN where the protocol leaves an image out.

    Parameters
    ----------
    overlap : Overlap
    true_positives_only : bool
        Leave images out in which nothing is annotated or nothing is predicted; otherwise only
        those with neither.
    """
    if true_positives_only and not (overlap.predicted and overlap.actual):
        return float("nan")
    return overlap.iou


def hit(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Whether the map's greatest value is in the mask; NaN for an empty mask.

    Of several greatest values the first counts, row by row; of a constant map the first pixel.

    Parameters
    ----------
    values : ndarray of shape (H, W), float32
        Raw, at the image's size.
    mask : ndarray of shape (H, W), bool
    """
    if mask.flat[np.argmax(values)]:
        return 1.0
    return 0.0 if mask.any() else float("nan")


def point_hit(points: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Whether any of a person's points is in the mask; NaN for an empty mask.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        Rows and columns in image coordinates; none is a miss.
    mask : ndarray of shape (H, W), bool

    Raises
    ------
    ValueError
        If a point is off the image.
    """
    if not mask.any():
        return float("nan")
    rows_, columns = np.trunc(points.reshape(-1, 2).T).astype(int)
    if ((rows_ < 0) | (rows_ >= mask.shape[0]) | (columns < 0) | (columns >= mask.shape[1])).any():
        raise ValueError("a point is off the image")
    return float(mask[rows_, columns].any())


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval.

    Attributes
    ----------
    mean : float
        Mean of the means of all replicates, as the scripts report it.
    low, high : float
    """

    mean: float
    low: float
    high: float


def bootstrap(
    scores: NDArray[np.float64], *, replicates: int = 1000, level: float = 0.95, seed: int = 0
) -> list[Estimate]:
    """Means over images with the intervals of the CheXlocalize scripts.

    Parameters
    ----------
    scores : ndarray of shape (images, columns)
        Images ordered by their ids. NaN is left out of each mean.
    replicates : int
    level : float
    seed : int
        Of numpy's legacy generator: the images drawn are those that the scripts draw.

    Returns
    -------
    list of Estimate
        One for each column; NaN where no replicate has a mean.

    Notes
    -----
    Bounds are the sorted means numbered ``int(tail * replicates) - 1`` from zero, one below the
    usual ones; replicates without a mean come last and are counted.
    """
    if not len(scores):
        return [Estimate(*[float("nan")] * 3)] * scores.shape[1]
    # The scripts' results depend on the legacy generator.
    random = np.random.RandomState(seed)
    drawn = random.randint(0, len(scores), (replicates, len(scores)))
    times = np.stack([np.bincount(row, minlength=len(scores)) for row in drawn]).astype(float)
    defined = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        means = (times @ np.where(defined, scores, 0)) / (times @ defined)
    means.sort(axis=0)
    tail = (1 - level) / 2
    low, high = (int(share * replicates) - 1 for share in (tail, 1 - tail))
    return [_estimate(column, low, high) for column in means.T]


def _estimate(means: NDArray[np.float64], low: int, high: int) -> Estimate:
    known = means[~np.isnan(means)]
    mean = float(known.mean()) if len(known) else float("nan")
    return Estimate(mean, float(means[low]), float(means[high]))


def read_cutoffs(path: Path) -> dict[str, float]:
    """Probability cut-offs by label, from the scripts' ``probability_tuning_results.csv``.

    The file has the columns prob_threshold, mIoU and task; a label's cut-off is that of the highest
    mIoU, the first where several are equal.

    Raises
    ------
    ValueError
        If it is no such file.
    """
    best: dict[str, tuple[float, float]] = {}
    for _, row in Table.read(path).require("task", "prob_threshold", "mIoU").rows():
        if row["mIoU"].casefold() in ("", "nan"):  # no image of the label at this cut-off
            continue
        label, cutoff, miou = (
            row["task"],
            _number(path, row, "prob_threshold"),
            _number(path, row, "mIoU"),
        )
        if label not in best or miou > best[label][1]:
            best[label] = cutoff, miou
    return {label: cutoff for label, (cutoff, _) in best.items()}


def _number(path: Path, row: Row, column: str) -> float:
    try:
        return row.number(column)
    except ValueError:
        raise ValueError(f"{path} has {row[column]} where numbers are expected") from None
