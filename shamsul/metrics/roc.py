"""How well scores tell cases with a finding from those without.

References
----------
.. [1] Hanley, McNeil 1982, doi 10.1148/radiology.143.1.7063747
.. [2] DeLong, DeLong, Clarke-Pearson 1988, doi 10.2307/2531595
.. [3] Sun, Xu 2014, doi 10.1109/LSP.2014.2337313
.. [4] Davis, Goadrich 2006, doi 10.1145/1143844.1143874
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata


def auc(scores: NDArray[np.floating], present: NDArray[np.bool_]) -> float:
    """Probability that a positive case scores above a negative one, ties counting half [1]_.

    Parameters
    ----------
    scores : ndarray of shape (N,)
    present : ndarray of shape (N,), bool

    Returns
    -------
    float
        In [0, 1]; NaN without both kinds of case.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    positive = int(present.sum())
    negative = len(present) - positive
    if positive == 0 or negative == 0:
        return float("nan")
    ranks = rankdata(scores)[present].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))


def average_precision(scores: ArrayLike, present: ArrayLike) -> float:
    """Area under the precision-recall curve, without interpolation [4]_.

    Precision at each score, weighted with the recall that is gained there.

    Parameters
    ----------
    scores : array_like of shape (N,)
    present : array_like of shape (N,), bool

    Returns
    -------
    float
        In [0, 1]; the share of positive cases for scores that tell nothing; NaN without both kinds
        of case.

    Examples
    --------
    >>> round(average_precision([0.1, 0.4, 0.4, 0.9], [False, False, True, True]), 4)
    0.8333
    """
    drawn = Drawn(scores, present)
    return drawn.average_precision(np.ones(np.shape(present), dtype=np.int64))


class Drawn:
    """Areas under the curves of cases that are drawn again, for a bootstrap.

    Parameters
    ----------
    scores : array_like of shape (N,)
    present : array_like of shape (N,), bool
    """

    def __init__(self, scores: ArrayLike, present: ArrayLike) -> None:
        values, place = np.unique(np.asarray(scores), return_inverse=True)
        self._levels = len(values)
        # Negative cases by their score, then positive ones.
        self._place = place + self._levels * np.asarray(present, dtype=bool)

    def auc(self, times: NDArray[np.integer]) -> float:
        """The area where each case counts as often as it was drawn; `times` has the shape (N,).

        NaN where both kinds of case were not drawn.
        """
        negative, positive = self._counts(times)
        pairs = positive.sum() * negative.sum()
        if pairs == 0:
            return float("nan")
        below = np.cumsum(negative) - negative / 2
        return float(positive @ below / pairs)

    def average_precision(self, times: NDArray[np.integer]) -> float:
        """As :func:`average_precision`, of cases that count as often as they were drawn."""
        # From the highest score down.
        negative, positive = self._counts(times)[:, ::-1]
        found = np.cumsum(positive)
        if found[-1] == 0 or negative.sum() == 0:
            return float("nan")
        taken = found + np.cumsum(negative)
        # Scores above all that were drawn have no precision, and gain no recall.
        return float(positive @ (found / np.maximum(taken, 1)) / found[-1])

    def _counts(self, times: NDArray[np.integer]) -> NDArray[np.float64]:
        """How many negative and positive cases were drawn of each score, from the lowest."""
        weights = np.asarray(times, dtype=float)
        counts = np.bincount(self._place, weights, minlength=2 * self._levels)
        return np.asarray(counts, dtype=float).reshape(2, self._levels)


def operating_point(probabilities: NDArray[np.floating], present: NDArray[np.bool_]) -> float:
    """Threshold with the largest sensitivity + specificity - 1 (Youden's J).

    Parameters
    ----------
    probabilities : ndarray of shape (N,), in [0, 1]
    present : ndarray of shape (N,), bool

    Returns
    -------
    float
        Half-way between the two cases that it separates; 0.5 without both kinds of case.

    References
    ----------
    Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.

    Examples
    --------
    >>> operating_point(np.array([0.1, 0.2, 0.4, 0.9]), np.array([False, False, True, True]))
    0.3
    """
    if present.all() or not present.any():
        return 0.5
    values = np.unique(probabilities)
    sensitivity = np.array([(probabilities[present] >= value).mean() for value in values])
    specificity = np.array([(probabilities[~present] < value).mean() for value in values])
    best = int(np.argmax(sensitivity + specificity))
    below = values[best - 1] if best else values[best]
    return round(float((values[best] + below) / 2), 6)


@dataclass(frozen=True)
class Area:
    """An area under the ROC curve with its interval.

    Attributes
    ----------
    value : float
        In [0, 1]; NaN without both kinds of case.
    low, high : float
        Of the normal interval, cut at 0 and 1; NaN with fewer than two cases of a kind.
    positive, negative : int
        Numbers of cases.
    """

    value: float
    low: float
    high: float
    positive: int
    negative: int


@dataclass(frozen=True)
class Difference:
    """How far two scores' areas are apart, and the test of no difference.

    Attributes
    ----------
    value : float
        The first area less the second.
    low, high, p : float
        NaN where the difference has no variance: two scores that order all cases alike.
    """

    value: float
    low: float
    high: float
    p: float


def covariance(scores: NDArray[np.floating], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Covariances of the areas of several scores of the same cases [2]_, by midranks [3]_.

    Parameters
    ----------
    scores : ndarray of shape (M, N)
    present : ndarray of shape (N,), bool
        At least two cases of either kind.

    Returns
    -------
    ndarray of shape (M, M), float64
    """
    positive, negative = scores[:, present], scores[:, ~present]
    ranks = rankdata(scores, axis=1)
    # Of each case, how many of the other kind it is rightly above or below.
    above = (ranks[:, present] - rankdata(positive, axis=1)) / negative.shape[1]
    below = 1 - (ranks[:, ~present] - rankdata(negative, axis=1)) / positive.shape[1]
    count = len(scores)
    found = np.zeros((count, count))
    for placements in (above, below):
        found += np.cov(placements).reshape(count, count) / placements.shape[1]
    return found


def area(scores: ArrayLike, present: ArrayLike, level: float = 0.95) -> Area:
    """The area under the ROC curve with DeLong's interval [2]_.

    Parameters
    ----------
    scores : array_like of shape (N,)
    present : array_like of shape (N,), bool
    level : float
        Of confidence, in (0, 1). Cases must be independent: several images of a patient are not.
    """
    values, kinds = np.asarray(scores, dtype=float), np.asarray(present, dtype=bool)
    value = auc(values, kinds)
    positive = int(kinds.sum())
    negative = len(kinds) - positive
    if min(positive, negative) < 2:
        return Area(value, float("nan"), float("nan"), positive, negative)
    half = norm.ppf((1 + level) / 2) * np.sqrt(covariance(values[None], kinds)[0, 0])
    low, high = max(0.0, value - half), min(1.0, value + half)
    return Area(value, float(low), float(high), positive, negative)


def difference(
    first: ArrayLike, second: ArrayLike, present: ArrayLike, level: float = 0.95
) -> Difference:
    """Compare two scores of the same cases by their areas, with DeLong's test [2]_.

    Parameters
    ----------
    first, second : array_like of shape (N,)
    present : array_like of shape (N,), bool
        At least two cases of either kind.
    level : float
        Of confidence, in (0, 1).

    Raises
    ------
    ValueError
        There are fewer than two cases of a kind.
    """
    kinds = np.asarray(present, dtype=bool)
    if min(kinds.sum(), (~kinds).sum()) < 2:
        raise ValueError("there are fewer than two cases with the finding, or without it")
    scores = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)])
    value = auc(scores[0], kinds) - auc(scores[1], kinds)
    spread = covariance(scores, kinds)
    variance = spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]
    if variance <= 1e-15:
        return Difference(value, float("nan"), float("nan"), float("nan"))
    deviation = np.sqrt(variance)
    half = norm.ppf((1 + level) / 2) * deviation
    p = 2 * norm.sf(abs(value) / deviation)
    return Difference(value, float(value - half), float(value + half), float(p))
