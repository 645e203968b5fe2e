"""Bootstrap intervals of tables, by case."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from shamsul.metrics.bootstrap import Interval, Statistic
from shamsul.metrics.mrmc import LEVEL as LEVEL  # of all intervals

#: :func:`shamsul.metrics.bootstrap.interval` with its replicates and seed.
Resample = Callable[[Statistic, int], Interval]


def of_mean(values: ArrayLike, case: ArrayLike, resample: Resample) -> Interval:
    """The mean of values, each of one case; NaN values do not count."""
    numbers = np.asarray(values, dtype=float)
    present = ~np.isnan(numbers)
    codes, cases = _codes(np.asarray(case)[present])
    sums = np.bincount(codes, numbers[present], minlength=cases)
    counts = np.bincount(codes, minlength=cases)
    return resample(lambda times: float(times @ sums / (times @ counts)), cases)


def of_rows(
    statistic: Callable[[NDArray[np.int64]], float], case: ArrayLike, resample: Resample
) -> Interval:
    """A statistic of rows, each of one case: it is given the places of the rows drawn."""
    codes, cases = _codes(np.asarray(case))
    rows = np.arange(len(codes))
    return resample(lambda times: statistic(np.repeat(rows, times[codes])), cases)


def of_spearman(one: ArrayLike, other: ArrayLike, case: ArrayLike, resample: Resample) -> Interval:
    """Spearman's rank correlation [1]_ of pairs of values, each of one case.

    Equal values share their mean rank. NaN where either side is constant.

    References
    ----------
    .. [1] Spearman 1904, The proof and measurement of association between two things,
       doi 10.2307/1412159
    """
    codes, cases = _codes(np.asarray(case))
    # Values in order once and for all: only how often each is there changes with the draw.
    places = [np.unique(np.asarray(side, float), return_inverse=True)[1] for side in (one, other)]

    def correlation(times: NDArray[np.int64]) -> float:
        counts = times[codes].astype(float)
        x, y = (_centred_ranks(place, counts) for place in places)
        spread = np.sqrt((counts @ x**2) * (counts @ y**2))
        return float(np.clip((counts * x) @ y / spread, -1, 1)) if spread else np.nan

    return resample(correlation, cases)


def why(*reasons: tuple[object, str]) -> str:
    """The first sentence whose condition holds; empty if none does.

    Examples
    --------
    >>> why((False, "No ratings."), (True, "One case only: no interval."))
    'One case only: no interval.'
    """
    return next((sentence for condition, sentence in reasons if condition), "")


#: Columns of :func:`estimated` after the estimate.
ESTIMATED = ("low", "high", "n", "cases", "left_out", "undefined", "why")


def estimated(
    found: Interval, n: int, left_out: int, *reasons: tuple[object, str]
) -> tuple[object, ...]:
    """An estimate from n values with its interval, as cells of a table.

    Parameters
    ----------
    found : Interval
    n, left_out : int
        Values used and not.
    *reasons : tuple of object and str
        Conditions and sentences for :func:`why`; why there is no interval comes after them.
    """
    reason = why(
        *reasons,
        (found.cases < 2, "One case only: no interval."),
        (np.isnan(found.low), "Undefined in every replicate: no interval."),
    )
    return found.estimate, found.low, found.high, n, found.cases, left_out, found.undefined, reason


def _codes(case: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    codes, names = pd.factorize(case)
    return codes, len(names)


def _centred_ranks(place: NDArray[np.int64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean ranks less the mean of all, of values that are there so often."""
    of_place = np.bincount(place, counts)
    ranks = np.cumsum(of_place) - of_place / 2 - counts.sum() / 2
    return np.asarray(ranks[place])
