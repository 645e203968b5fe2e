"""How well a map and a mask of the finding lie on each other.

Maps are raw and signed; positive relevance speaks for the finding. What weighs relevance (`mass`)
counts negative values as zero; what only compares values (`hit`, `Ranking`) takes them as they are.
Pass ``np.maximum(values, 0)`` where evidence against the finding should rank with no evidence.

Undefined is NaN, never 0. A map or mask of another shape, or a map that is not finite, is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

#: Tolerance of the pointing game in pixels, as its authors have it (Zhang et al. 2018, section 5).
TOLERANCE = 15.0

NAN = float("nan")


def _same_shape(one: NDArray[np.generic], other: NDArray[np.generic], what: str) -> None:
    if one.shape != other.shape:
        raise ValueError(f"{what} have different shapes, {one.shape} and {other.shape}")


def _check(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> None:
    _same_shape(values, mask, "map and mask")
    # NaN survives a sum, and so does infinity; a sum of squares could overflow, a mean does not.
    if not np.isfinite(values.min()) or not np.isfinite(values.max()):
        raise ValueError("the map has values that are not finite")


@dataclass(frozen=True)
class Overlap:
    """How many pixels two masks have in common.

    Attributes
    ----------
    both, predicted, actual : int
        Pixels in both masks, in the predicted one and in the actual one.
    """

    both: int
    predicted: int
    actual: int

    @classmethod
    def of(cls, predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> "Overlap":
        """Count; both of shape (H, W).

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        _same_shape(predicted, mask, "masks")
        counted = (int(np.count_nonzero(one)) for one in (predicted & mask, predicted, mask))
        return cls(*counted)

    @property
    def iou(self) -> float:
        """Intersection over union; NaN where both masks are empty."""
        union = self.predicted + self.actual - self.both
        return self.both / union if union else NAN

    @property
    def dice(self) -> float:
        """Twice the intersection over the sum of both; NaN where both masks are empty."""
        total = self.predicted + self.actual
        return 2 * self.both / total if total else NAN

    @property
    def precision(self) -> float:
        """Share of what is predicted that is right; NaN where nothing is predicted."""
        return self.both / self.predicted if self.predicted else NAN

    @property
    def recall(self) -> float:
        """Share of the finding that is predicted; NaN where there is no finding."""
        return self.both / self.actual if self.actual else NAN


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of one shape; NaN where both are empty."""
    return Overlap.of(one, other).iou


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Dice coefficient of two masks of one shape; NaN where both are empty.

    References
    ----------
    Dice 1945, doi 10.2307/1932409
    """
    return Overlap.of(one, other).dice


def precision(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Share of the predicted pixels that are the finding; NaN where none is predicted."""
    return Overlap.of(predicted, mask).precision


def recall(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Share of the finding's pixels that are predicted; NaN where there is no finding."""
    return Overlap.of(predicted, mask).recall


def hit(
    values: NDArray[np.floating],
    mask: NDArray[np.bool_],
    *,
    tolerance: float = 0.0,
    spacing: tuple[float, float] = (1.0, 1.0),
    lenient: bool = False,
) -> float:
    """Whether the greatest value lies in the mask, or near it (pointing game).

    Parameters
    ----------
    values : ndarray of shape (H, W)
    mask : ndarray of shape (H, W), bool
    tolerance : float
        Distance that still counts, from pixel centre to the nearest pixel centre of the mask, in
        the unit of `spacing`.
    spacing : (float, float)
        Size of a pixel, rows before columns: in mm for a tolerance in mm, ones for one in pixels.
    lenient : bool
        Of several greatest values one in the mask is enough: a map with a plateau, as superpixels
        have, then hits more often than any single point of it would.

    Returns
    -------
    float
        In [0, 1]; NaN for an empty mask. Of several greatest values it is the share of those in the
        mask, which is what a point drawn from them scores on average. A constant map points
        nowhere: 0.

    References
    ----------
    Zhang et al. 2018, doi 10.1007/s11263-017-1059-x
    """
    _check(values, mask)
    if not mask.any():
        return NAN
    greatest = values.max()
    if values.min() == greatest:
        return 0.0
    peaks = values == greatest
    inside = mask[peaks]
    if tolerance > 0 and not inside.all():
        near = _around(peaks, tolerance, spacing)
        if mask[near].any():
            distance = distance_transform_edt(~mask[near], sampling=spacing)
            inside = distance[peaks[near]] <= tolerance
    return float(inside.any() if lenient else inside.mean())


def _around(
    region: NDArray[np.bool_], distance: float, spacing: tuple[float, float]
) -> tuple[slice, slice]:
    """A rectangle that holds a region and all within some distance of it."""
    left, top, width, height = cv2.boundingRect(region.view(np.uint8))
    down, across = (int(np.ceil(distance / size)) for size in spacing)
    rows = slice(max(top - down, 0), top + height + down)
    return rows, slice(max(left - across, 0), left + width + across)


def mass(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Relevance mass accuracy: share of the positive relevance that lies in the mask.

    Returns
    -------
    float
        In [0, 1]; NaN for an empty mask and where no relevance is positive. Negative relevance
        counts as zero.

    References
    ----------
    Arras, Osman, Samek 2022, CLEVR-XAI, doi 10.1016/j.inffus.2021.11.008
    """
    _check(values, mask)
    positive = np.maximum(values, 0)
    total = float(positive.sum(dtype=np.float64))
    if total == 0 or not mask.any():
        return NAN
    return min(1.0, float(positive[mask].sum(dtype=np.float64)) / total)


@dataclass(frozen=True, eq=False)
class Ranking:
    """Where the mask's pixels stand among all pixels, ordered by the map's value.

    Made once, it gives every score that depends on the order alone. Pixels of equal value are in
    no order: each score is that of a cut which takes all of them, or the mean over their orders.

    Attributes
    ----------
    inside : ndarray of shape (n,), int64
        How many of the mask's pixels have each of the values found in the mask, greatest first.
    above, level : ndarray of shape (n,), int64
        How many of the other pixels are greater than that value, and equal to it.
    outside : int
        Number of the other pixels.
    """

    inside: NDArray[np.int64]
    above: NDArray[np.int64]
    level: NDArray[np.int64]
    outside: int

    @classmethod
    def of(cls, values: NDArray[np.floating], mask: NDArray[np.bool_]) -> "Ranking":
        """Rank the pixels of a map of shape (H, W) against a mask of that shape.

        Raises
        ------
        ValueError
            If the shapes differ or a value is not finite.
        """
        _check(values, mask)
        found, inside = np.unique(values[mask], return_counts=True)
        others = np.sort(values[~mask])
        below = np.asarray(np.searchsorted(others, found, "left"))[::-1]
        upto = np.asarray(np.searchsorted(others, found, "right"))[::-1]
        return cls(inside[::-1], len(others) - upto, upto - below, len(others))

    @property
    def auroc(self) -> float:
        """Area under the ROC curve; NaN where the mask is empty or the whole image.

        The chance that a pixel of the mask has a greater value than another one, equal values
        counting one half [1]_. 0.5 for a constant map.

        References
        ----------
        .. [1] Hanley, McNeil 1982, doi 10.1148/radiology.143.1.7063747
        """
        pairs = int(self.inside.sum()) * self.outside
        if not pairs:
            return NAN
        lower = self.outside - self.above - self.level / 2
        return float(self.inside @ lower / pairs)

    @property
    def auprc(self) -> float:
        """Area under the precision-recall curve as average precision; NaN for an empty mask.

        Precision at each value, weighted with the recall gained there, without interpolation [1]_.
        The mask's share of the image for a constant map.

        References
        ----------
        .. [1] Davis, Goadrich 2006, doi 10.1145/1143844.1143874
        """
        if not len(self.inside):
            return NAN
        right = np.cumsum(self.inside)
        return float(self.inside @ (right / (right + self.above + self.level)) / right[-1])

    @property
    def rank(self) -> float:
        """Relevance rank accuracy [1]_; NaN for an empty mask.

        Share of the mask among as many of the greatest pixels as the mask has. Where equal values
        straddle the cut, the mean over all ways to choose from them: the mask's share of the image
        for a constant map.

        References
        ----------
        .. [1] Arras, Osman, Samek 2022, CLEVR-XAI, doi 10.1016/j.inffus.2021.11.008
        """
        if not len(self.inside):
            return NAN
        size = int(self.inside.sum())
        better = np.cumsum(self.inside) - self.inside + self.above
        taken = np.clip((size - better) / (self.inside + self.level), 0, 1)
        return float(self.inside @ taken / size)


def rank(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Relevance rank accuracy, see `Ranking`."""
    return Ranking.of(values, mask).rank


def auroc(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Area under the ROC curve of a map as a classifier of pixels, see `Ranking`."""
    return Ranking.of(values, mask).auroc


def auprc(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Average precision of a map as a classifier of pixels, see `Ranking`."""
    return Ranking.of(values, mask).auprc


def boxes(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Bounding boxes of a mask's connected parts; pixels that touch at a corner are connected.

    Returns
    -------
    ndarray of shape (n, 4), int64
        Top, left, bottom and right of each in image coordinates.
    """
    contours, _ = cv2.findContours(
        mask.astype(np.uint8, copy=False), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    found = np.array([cv2.boundingRect(contour) for contour in contours], np.int64).reshape(-1, 4)
    left, top, width, height = found.T
    return np.stack([top, left, top + height, left + width], axis=1)


def filled(edges: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels that any of some boxes covers: top, left, bottom and right of each."""
    region = np.zeros(shape, bool)
    for top, left, bottom, right in edges:
        region[top:bottom, left:right] = True
    return region


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest of a mask's connected parts; pixels that touch at a corner are connected.

    Of several largest the first by rows; empty for an empty mask.
    """
    _, parts, numbers, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8, copy=False))
    areas = numbers[1:, cv2.CC_STAT_AREA]
    if not len(areas):
        return np.zeros(mask.shape, bool)
    return np.asarray(parts == 1 + int(np.argmax(areas)))


def best_box(predicted: NDArray[np.bool_], edges: NDArray[np.int64]) -> Overlap:
    """What the bounding box of a mask has in common with that box which it overlaps most.

    Parameters
    ----------
    predicted : ndarray of shape (H, W), bool
        One part, so that it has one bounding box.
    edges : ndarray of shape (n, 4), int64
        Top, left, bottom and right of each box, within the image.

    Returns
    -------
    Overlap
        With the greatest IoU; of nothing where either is empty.
    """
    own = filled(boxes(predicted)[:1], predicted.shape)
    found = [Overlap.of(own, filled(one[None], own.shape)) for one in edges]
    empty = Overlap(0, int(np.count_nonzero(own)), 0)
    return max(found, key=lambda one: one.iou if one.iou == one.iou else -1.0, default=empty)


def outside_inside(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> float:
    """Outside-inside relevance ratio: mean relevance outside the mask by mean relevance inside.

    Returns
    -------
    float
        0 or more; less is better. NaN where the mask is empty or the whole image, or no relevance
        is positive; infinite is NaN, too: no relevance inside. Negative relevance counts as zero.

    References
    ----------
    Lapuschkin et al. 2016, doi 10.1109/CVPR.2016.318
    """
    _check(values, mask)
    positive = np.maximum(values, 0)
    if not mask.any() or mask.all() or not positive[mask].any():
        return NAN
    outside, inside = (float(positive[part].mean(dtype=np.float64)) for part in (~mask, mask))
    return outside / inside


def iou_curve(
    values: NDArray[np.floating], mask: NDArray[np.bool_], shares: Sequence[float]
) -> tuple[float, ...]:
    """IoU of a mask and the pixels above each of some shares of the map's greatest value.

    Parameters
    ----------
    values : ndarray of shape (H, W)
    mask : ndarray of shape (H, W), bool
    shares : sequence of float, in [0, 1)

    Returns
    -------
    tuple of float
        NaN for an empty mask; 0 where no relevance is positive.
    """
    _check(values, mask)
    size = int(np.count_nonzero(mask))
    if not size:
        return (NAN,) * len(shares)
    levels = np.asarray(shares) * max(float(values.max()), 0.0)
    inside, outside = np.sort(values[mask]), np.sort(values[~mask])
    both = size - np.searchsorted(inside, levels, "right")
    beside = len(outside) - np.searchsorted(outside, levels, "right")
    return tuple((both / (size + beside)).tolist())


def box_overlap(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> Overlap:
    """What the bounding boxes of two masks' connected parts have in common.

    Its `iou` is the box IoU and its `precision` the IoBB, intersection over detected bounding box,
    by which the ChestX-ray8 authors judge localisation [1]_. The box IoU is NaN where both masks
    are empty, the IoBB where nothing is predicted.

    Parameters
    ----------
    predicted, mask : ndarray of shape (H, W), bool

    Notes
    -----
    The paper compares one detected box with one drawn box. Here all boxes of a side are taken
    together, overlaps counting once, so that many small boxes are no advantage.

    References
    ----------
    .. [1] Wang et al. 2017, doi 10.1109/CVPR.2017.369
    """
    _same_shape(predicted, mask, "masks")
    return Overlap.of(filled(boxes(predicted), mask.shape), filled(boxes(mask), mask.shape))


def box_iou(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """IoU of bounding boxes, see `box_overlap`."""
    return box_overlap(predicted, mask).iou


def iobb(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Intersection over detected bounding box, see `box_overlap`."""
    return box_overlap(predicted, mask).precision


def centre_distance(
    predicted: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    *,
    spacing: Sequence[float] = (1.0, 1.0),
) -> float:
    """Distance between the centres of mass of two masks.

    Parameters
    ----------
    predicted, mask : ndarray of shape (H, W), bool
    spacing : two floats
        Size of a pixel, rows before columns: in mm for a distance in mm, ones for one in pixels.

    Returns
    -------
    float
        NaN where a mask is empty.
    """
    _same_shape(predicted, mask, "masks")
    one, other = _centre(predicted), _centre(mask)
    return float(np.hypot(*((one - other) * spacing)))


def _centre(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    moments = cv2.moments(mask.astype(np.uint8, copy=False), binaryImage=True)
    if not moments["m00"]:
        return np.full(2, NAN)
    return np.array([moments["m01"], moments["m10"]]) / moments["m00"]
