"""How certain a coefficient of agreement is.

Ratings of one case belong together, whatever map they are for: whole cases are drawn or left out.
Readers are not drawn with replacement, since a reader drawn twice agrees with himself; they are
left out one by one.

References
----------
.. [1] Efron, Tibshirani 1993, An introduction to the bootstrap, section 12.5,
   doi 10.1201/9780429246593 (bootstrap-t)
.. [2] Efron, Stein 1981, The jackknife estimate of variance, doi 10.1214/aos/1176345462
.. [3] Gwet 2008, Variance estimation of nominal-scale inter-rater reliability with random selection
   of raters, doi 10.1007/s11336-007-9054-8 (both readers and units left out in turn)
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from shamsul.metrics.mrmc import LEVEL, jackknifed
from shamsul.metrics.reliability import Sums

Floats = NDArray[np.float64]

#: Replicates computed at once hold at most so many numbers.
_AT_ONCE = 2_000_000


def of_these_readers(
    sums: Sums, case: ArrayLike, replicates: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Bootstrap-t interval [1]_ over cases: of the agreement of these very readers.

    Each replicate is measured by its own standard error, from leaving out its cases in turn.

    Parameters
    ----------
    sums : Sums
    case : array_like of shape (units,)
        Of each unit.
    replicates : int
    seed : int

    Returns
    -------
    low, high : float
        Within [-1, 1]; NaN for fewer than two cases, and where nothing varies or the coefficient
        is undefined without some case.
    """
    (of_cases,) = _by_case([sums], case)
    cases = len(of_cases)
    if cases < 2:
        return np.nan, np.nan
    ones = np.ones((1, cases))
    (estimate,), (error,) = _with_errors(sums, of_cases, ones)
    if not error > 0:  # nor is NaN
        return np.nan, np.nan
    draws = np.random.default_rng(seed).multinomial(cases, np.full(cases, 1 / cases), replicates)
    step = max(_AT_ONCE // of_cases.size, 1)
    parts = [
        _with_errors(sums, of_cases, draws[start : start + step].astype(float))
        for start in range(0, replicates, step)
    ]
    values, errors = (np.concatenate(part) for part in zip(*parts, strict=True))
    told = errors > 0
    if not told.any():
        return np.nan, np.nan
    tails = np.quantile(
        (values[told] - estimate) / errors[told], [(1 + LEVEL) / 2, (1 - LEVEL) / 2]
    )
    low, high = np.clip(estimate - tails * error, -1, 1)
    return float(low), float(high)


def of_readers_and_cases(
    sums_of: Callable[[Floats], Sums], ratings: Floats, case: ArrayLike
) -> tuple[float, float]:
    """Interval over readers and cases: of the agreement of readers like these.

    The variance is that of cases left out in turn and that of readers left out in turn, less that
    of one of each left out together, which both contain [2]_ [3]_; the degrees of freedom are
    Satterthwaite's. The interval lies about the jackknife's estimate without bias.

    Parameters
    ----------
    sums_of : callable
        Gives the coefficient of ratings of shape (readers, units).
    ratings : ndarray of shape (readers, units), float
        NaN is missing. A reader without any rating is none.
    case : array_like of shape (units,)

    Returns
    -------
    low, high : float
        Within [-1, 1]; NaN for fewer than three readers or two cases, and where nothing varies or
        the coefficient is undefined without some reader or case.
    """
    ratings = ratings[~np.isnan(ratings).all(axis=1)]
    readers = len(ratings)
    if readers < 3:
        return np.nan, np.nan
    sums = sums_of(ratings)
    fewer = [sums_of(np.delete(ratings, reader, axis=0)) for reader in range(readers)]
    of_cases, *of_fewer = _by_case([sums, *fewer], case)
    cases = len(of_cases)
    if cases < 2:
        return np.nan, np.nan
    estimate = float(sums.coefficient(of_cases.sum(0)))
    pairs = list(zip(fewer, of_fewer, strict=True))
    without_reader = np.array([part.coefficient(mine.sum(0)) for part, mine in pairs])
    both = np.array([part.coefficient(mine.sum(0) - mine) for part, mine in pairs])
    without_case = sums.coefficient(of_cases.sum(0) - of_cases)
    of_case = float((jackknifed(without_case) ** 2).sum())
    of_reader = float((jackknifed(without_reader) ** 2).sum())
    both = both - both.mean(0) - both.mean(1, keepdims=True) + both.mean()
    of_both = (readers - 1) / readers * (cases - 1) / cases * float((both**2).sum())
    variance = max(of_case + of_reader - of_both, of_case, of_reader)
    if not variance > 0:
        return np.nan, np.nan
    df = (of_case + of_reader) ** 2 / (of_case**2 / (cases - 1) + of_reader**2 / (readers - 1))
    centre = cases * estimate - (cases - 1) * float(without_case.mean())
    reach = stats.t.ppf((1 + LEVEL) / 2, df) * np.sqrt(variance)
    low, high = np.clip([centre - reach, centre + reach], -1, 1)
    return float(low), float(high)


def _by_case(parts: Sequence[Sums], case: ArrayLike) -> list[Floats]:
    """Sums of shape (cases, numbers) of each part, without cases that none of them uses."""
    names, codes = np.unique(np.asarray(case), return_inverse=True)
    used = np.zeros(len(names), bool)
    found = []
    for part in parts:
        sums = np.zeros((len(names), part.of_units.shape[1]))
        np.add.at(sums, codes, part.of_units)
        found.append(sums)
        used[codes[part.used]] = True
    return [sums[used] for sums in found]


def _with_errors(sums: Sums, of_cases: Floats, draws: Floats) -> tuple[Floats, Floats]:
    """Coefficients of draws of shape (draws, cases), and their standard errors."""
    totals = draws @ of_cases
    without = sums.coefficient(totals[:, None] - of_cases)
    # Of a case that is not drawn there is nothing to leave out.
    kept = np.where(draws > 0, without, 0.0)
    cases = draws.shape[1]
    mean = (draws * kept).sum(1, keepdims=True) / cases
    errors = np.sqrt((cases - 1) / cases * (draws * (kept - mean) ** 2).sum(1))
    # Where nothing varies only rounding is left.
    return sums.coefficient(totals), np.where(errors > 1e-9, errors, 0.0)
