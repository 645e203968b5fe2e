"""How far readers who rate the same things agree.

Ratings are arrays of shape (readers, units), NaN where a reader has not rated a unit. A unit that a
coefficient cannot use is left out of it and counted. Where all ratings used are equal, chance
cannot be told from agreement, and every coefficient is undefined: NaN.

References
----------
.. [1] Krippendorff 2011, Computing Krippendorff's alpha-reliability,
   https://repository.upenn.edu/asc_papers/43
.. [2] Shrout, Fleiss 1979, Intraclass correlations: uses in assessing rater reliability,
   doi 10.1037/0033-2909.86.2.420
.. [3] Fleiss 1971, Measuring nominal scale agreement among many raters, doi 10.1037/h0031619
.. [4] Cohen 1968, Weighted kappa: nominal scale agreement with provision for scaled disagreement
   or partial credit, doi 10.1037/h0026256
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater

Level = Literal["nominal", "ordinal", "interval"]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement.

    Attributes
    ----------
    value : float
        At most 1; NaN if it is undefined.
    n : int
        Units it was computed from.
    left_out : int
        Units it could not use.
    """

    value: float
    n: int
    left_out: int


@dataclass(frozen=True)
class IntraclassCorrelation:
    """The six intraclass correlations of Shrout and Fleiss [2]_.

    Attributes
    ----------
    icc_1_1, icc_1_k : float
        Each unit is rated by readers of its own: of one reader, of the mean of k.
    icc_2_1, icc_2_k : float
        The readers are a random sample of readers; their different levels count as disagreement.
    icc_3_1, icc_3_k : float
        The readers are the only ones of interest; their different levels do not count.
    n : int
        Units rated by every reader.
    left_out : int
        Units with a missing rating.
    """

    icc_1_1: float
    icc_2_1: float
    icc_3_1: float
    icc_1_k: float
    icc_2_k: float
    icc_3_k: float
    n: int
    left_out: int


def krippendorff_alpha(ratings: ArrayLike, level: Level = "ordinal") -> Coefficient:
    """Krippendorff's alpha [1]_: 1 - observed by expected disagreement.

    Parameters
    ----------
    ratings : array_like of shape (readers, units), float
        NaN is missing. For the ordinal level only the order of the values counts.
    level : {"nominal", "ordinal", "interval"}
        What the difference of two ratings is.

    Returns
    -------
    Coefficient
        Of the units with two ratings or more. 0 is what chance gives.

    Raises
    ------
    ValueError
        If the array does not have two dimensions, or for another level.

    Examples
    --------
    >>> krippendorff_alpha([[1, 2, 2, np.nan], [1, 2, 2, 5]], "nominal")
    Coefficient(value=1.0, n=3, left_out=1)
    """
    values, counts = _counts(_readers_by_units(ratings))
    rated = counts.sum(axis=1)
    counts, rated = counts[rated >= 2], rated[rated >= 2]
    # Of the m ratings of a unit each pairs with m - 1 others, and not with itself.
    share = counts / (rated[:, None] - 1)
    coincidences = share.T @ counts - np.diag(share.sum(axis=0))
    totals = coincidences.sum(axis=0)
    distances = _squared_distances(values, totals, level)
    observed = np.sum(coincidences * distances)
    expected = (totals @ distances @ totals) / (totals.sum() - 1) if len(rated) else 0.0
    alpha = 1 - observed / expected if expected > 0 else np.nan
    return Coefficient(float(alpha), len(rated), np.shape(ratings)[1] - len(rated))


def fleiss_kappa(ratings: ArrayLike) -> Coefficient:
    """Fleiss' kappa [3]_: agreement on categories beyond chance.

    Parameters
    ----------
    ratings : array_like of shape (readers, units), float
        Categories as numbers, NaN is missing. Their order does not count.

    Returns
    -------
    Coefficient
        Of the units rated by every reader; NaN for fewer than two readers.

    Raises
    ------
    ValueError
        If the array does not have two dimensions.
    """
    ratings = _readers_by_units(ratings)
    complete = _complete(ratings)
    left_out = ratings.shape[1] - complete.shape[1]
    if len(complete) < 2 or _constant(complete):
        return Coefficient(np.nan, complete.shape[1], left_out)
    kappa = inter_rater.fleiss_kappa(_counts(complete)[1], method="fleiss")
    return Coefficient(float(kappa), complete.shape[1], left_out)


def intraclass_correlation(ratings: ArrayLike) -> IntraclassCorrelation:
    """Intraclass correlations [2]_, from the mean squares of units, readers and what is left.

    Parameters
    ----------
    ratings : array_like of shape (readers, units), float
        NaN is missing.

    Returns
    -------
    IntraclassCorrelation
        Of the units rated by every reader. All are NaN for fewer than two units or readers, and
        each whose denominator is zero.

    Raises
    ------
    ValueError
        If the array does not have two dimensions.
    """
    ratings = _readers_by_units(ratings)
    x = _complete(ratings)
    (k, n), left_out = x.shape, ratings.shape[1] - x.shape[1]
    if n < 2 or k < 2:
        nan = np.nan
        return IntraclassCorrelation(nan, nan, nan, nan, nan, nan, n, left_out)
    deviations = x - x.mean()
    units = k * np.sum(deviations.mean(axis=0) ** 2)
    readers = n * np.sum(deviations.mean(axis=1) ** 2)
    rest = np.sum((deviations - deviations.mean(axis=0) - deviations.mean(axis=1)[:, None]) ** 2)
    # Sums of squares that are rounding errors would become ratios of rounding errors.
    floor = 1e-12 * np.sum(x**2)
    units, readers, rest = (0.0 if square <= floor else square for square in (units, readers, rest))
    between, judges, error = units / (n - 1), readers / (k - 1), rest / ((n - 1) * (k - 1))
    within = (readers + rest) / (n * (k - 1))
    bias = (judges - error) / n
    return IntraclassCorrelation(
        _ratio(between - within, between + (k - 1) * within),
        _ratio(between - error, between + (k - 1) * error + k * bias),
        _ratio(between - error, between + (k - 1) * error),
        _ratio(between - within, between),
        _ratio(between - error, between + bias),
        _ratio(between - error, between),
        n,
        left_out,
    )


def weighted_kappa(first: ArrayLike, second: ArrayLike) -> Coefficient:
    """Cohen's kappa with quadratic weights [4]_ of two ratings of each unit.

    Parameters
    ----------
    first, second : array_like of shape (n,), float
        Whole numbers, NaN is missing.

    Returns
    -------
    Coefficient
        Of the units that have both.

    Raises
    ------
    ValueError
        If the shapes differ or a rating is no whole number.

    Examples
    --------
    >>> weighted_kappa([1, 2, 3], [1, 2, np.nan])
    Coefficient(value=1.0, n=2, left_out=1)
    """
    pairs = np.array([first, second], dtype=float)
    complete = _complete(pairs)
    n, left_out = complete.shape[1], pairs.shape[1] - complete.shape[1]
    if np.any(complete % 1):
        raise ValueError("ratings must be whole numbers")
    if not n or _constant(complete):
        return Coefficient(np.nan, n, left_out)
    # The weights count places in the list of labels: points that nobody chose must stand in it.
    points = np.arange(complete.min(), complete.max() + 1)
    kappa = cohen_kappa_score(*complete, labels=points, weights="quadratic")
    return Coefficient(float(kappa), n, left_out)


def _readers_by_units(ratings: ArrayLike) -> Floats:
    array = np.asarray(ratings, dtype=float)
    if array.ndim != 2:
        raise ValueError(f"ratings must have shape (readers, units), not {array.shape}")
    return array


def _complete(ratings: Floats) -> Floats:
    return ratings[:, ~np.isnan(ratings).any(axis=0)]


def _constant(ratings: Floats) -> bool:
    return ratings.size == 0 or bool(ratings.min() == ratings.max())


def _counts(ratings: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The values that occur, and how often each does in each unit (units, values)."""
    present = ~np.isnan(ratings)
    values, codes = np.unique(ratings[present], return_inverse=True)
    units = np.nonzero(present)[1]
    size = ratings.shape[1] * len(values)
    counts = np.bincount(units * len(values) + codes, minlength=size)
    return values, counts.reshape(ratings.shape[1], len(values))


def _squared_distances(values: Floats, totals: Floats, level: Level) -> Floats:
    """Difference functions of [1]_, squared, for each value with each."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "interval":
        places = values
    elif level == "ordinal":
        # Ratings up to a value, half of its own: differences are the ratings passed on the way.
        places = np.cumsum(totals) - totals / 2
    else:
        raise ValueError(f"level must be nominal, ordinal or interval, not {level!r}")
    return np.asarray((places[:, None] - places) ** 2, dtype=float)


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else np.nan
