"""How certain a number is, by drawing the cases again.

Ratings of one case resemble each other, whoever gives them and whatever map they are for. Whole
cases are drawn, with all that was said about them: an interval from single ratings would be too
narrow.

References
----------
.. [1] Efron, Tibshirani 1993, An introduction to the bootstrap, chapter 13,
   doi 10.1201/9780429246593
.. [2] Davison, Hinkley 1997, Bootstrap methods and their application, section 3.8,
   doi 10.1017/CBO9780511802843
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Gives a number from how often each case is drawn, an integer array of shape (cases,): its sums
#: are weighted with it, or its rows repeated that often by `numpy.repeat`.
Statistic = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True)
class Interval:
    """A statistic with its bootstrap percentile interval.

    Attributes
    ----------
    estimate : float
        Of the cases as they are; NaN where undefined.
    low, high : float
        NaN for fewer than two cases, which have nothing to vary, and for an undefined estimate.
    cases : int
    undefined : int
        Replicates in which the statistic was NaN. They are left out of the interval.
    """

    estimate: float
    low: float
    high: float
    cases: int
    undefined: int


def interval(
    statistic: Statistic,
    cases: int,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile interval [1]_ of any statistic over cases drawn with replacement [2]_.

    Parameters
    ----------
    statistic : callable
        Called with an int64 array of shape (cases,), which tells how often each case is drawn and
        sums to `cases`; with ones for the estimate.
    cases : int
        How many there are, 0 or more.
    replicates : int
        1 or more.
    level : float
        Between 0 and 1.
    seed : int
        The same seed and number of cases draw the same cases for every statistic.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError
        If there are no replicates or the level is not between 0 and 1.

    Examples
    --------
    >>> sums, counts = np.array([2.0, 9.0, 4.0]), np.array([1, 3, 2])
    >>> interval(lambda times: float(times @ sums / (times @ counts)), 3).estimate
    2.5
    """
    if replicates < 1 or not 0 < level < 1:
        raise ValueError(f"{replicates} replicates at a level of {level}")
    estimate = statistic(np.ones(cases, dtype=np.int64)) if cases else np.nan
    if cases < 2 or np.isnan(estimate):
        return Interval(estimate, np.nan, np.nan, cases, 0)
    values = np.array([statistic(times) for times in _draws(cases, replicates, seed)])
    return _percentiles(estimate, values, level, cases)


def means(
    table: NDArray[np.float64],
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> list[Interval]:
    """`interval` of the mean of each of many columns, for the same draws of the cases at once.

    Parameters
    ----------
    table : ndarray of shape (cases, columns), float64
        NaN where undefined: such a case counts neither in the mean nor in the number it is
        divided by.
    replicates, level, seed
        As of `interval`.

    Returns
    -------
    list of Interval
        One for each column. `cases` are those with a value; fewer than two have no interval.

    Raises
    ------
    ValueError
        As `interval` does.
    """
    if replicates < 1 or not 0 < level < 1:
        raise ValueError(f"{replicates} replicates at a level of {level}")
    cases = len(table)
    defined = ~np.isnan(table)
    counts = defined.sum(0)
    draws = _draws(cases, replicates, seed).astype(float) if cases else np.zeros((replicates, 0))
    known = np.where(defined, table, 0.0)
    with np.errstate(invalid="ignore"):
        estimates = known.sum(0) / counts
        drawn = (draws @ known) / (draws @ defined)
    return [
        _percentiles(float(estimate), values, level, int(count))
        if count > 1
        else Interval(float(estimate), np.nan, np.nan, int(count), 0)
        for estimate, values, count in zip(estimates, drawn.T, counts, strict=True)
    ]


def intervals(
    statistics: Callable[[NDArray[np.int64]], ArrayLike],
    cases: int,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> list[Interval]:
    """`interval` of each of many statistics that one function gives, of the same draws at once.

    Parameters
    ----------
    statistics : callable
        Called as that of `interval`; gives S numbers, the same ones in the same order each time.
    cases, replicates, level, seed
        As of `interval`.
    progress : callable
        Called after each replicate with those done and those planned.

    Returns
    -------
    list of Interval
        Of length S.

    Raises
    ------
    ValueError
        As `interval` does.
    """
    if replicates < 1 or not 0 < level < 1:
        raise ValueError(f"{replicates} replicates at a level of {level}")
    estimates = np.asarray(statistics(np.ones(cases, dtype=np.int64)), dtype=float)
    values = np.full((replicates, len(estimates)), np.nan)
    if cases > 1:
        random = np.random.default_rng(seed)
        for number in range(replicates):
            # One by one: draws of many patients would not fit into memory together.
            times = random.multinomial(cases, np.full(cases, 1 / cases))
            values[number] = statistics(times)
            progress(number + 1, replicates)
    return [
        Interval(float(estimate), np.nan, np.nan, cases, 0)
        if cases < 2 or np.isnan(estimate)
        else _percentiles(float(estimate), column, level, cases)
        for estimate, column in zip(estimates, values.T, strict=True)
    ]


def _draws(cases: int, replicates: int, seed: int) -> NDArray[np.int64]:
    """How often each case is drawn in each replicate, of shape (replicates, cases)."""
    random = np.random.default_rng(seed)
    return random.multinomial(cases, np.full(cases, 1 / cases), replicates)


def _percentiles(
    estimate: float, values: NDArray[np.float64], level: float, cases: int
) -> Interval:
    defined = values[~np.isnan(values)]
    tails = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(defined, tails) if len(defined) else (np.nan, np.nan)
    return Interval(estimate, float(low), float(high), cases, len(values) - len(defined))
