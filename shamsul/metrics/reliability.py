"""How far readers who rate the same things agree.

Ratings are arrays of shape (readers, units), NaN where a reader has not rated a unit. A unit that a
coefficient cannot use is left out of it and counted. Where all ratings used are equal, chance
cannot be told from agreement, and every coefficient is undefined: NaN. Each coefficient is a
function of sums over units (:class:`Sums`), which are quickly made of other units.

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

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import cohen_kappa_score

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


@dataclass(frozen=True, eq=False)
class Sums:
    """A coefficient as a function of sums over units.

    Attributes
    ----------
    of_units : ndarray of shape (units, numbers), float
        What each unit adds; zeros of units that the coefficient cannot use.
    used : ndarray of shape (units,), bool
    coefficient : callable
        Gives coefficients of shape (...) from sums of shape (..., numbers), NaN where undefined.
    """

    of_units: Floats
    used: NDArray[np.bool_]
    coefficient: Callable[[Floats], Floats]

    @property
    def whole(self) -> Coefficient:
        """The coefficient of all units."""
        value = float(self.coefficient(self.of_units.sum(axis=0)))
        n = int(self.used.sum())
        return Coefficient(value, n, len(self.used) - n)


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
    _check_level(level)
    values, counts = _counts(_readers_by_units(ratings))
    share = _share_of_pairs(counts)
    coincidences = share.T @ counts - np.diag(share.sum(axis=0))
    n = int((counts.sum(axis=1) >= 2).sum())
    return Coefficient(float(_alpha(coincidences, values, level)), n, len(counts) - n)


def alpha_sums(ratings: ArrayLike, level: Level = "ordinal") -> Sums:
    """:func:`krippendorff_alpha` by sums over units: how often values stand beside each other.

    For scales: memory grows with the square of the number of values.

    Raises
    ------
    ValueError
        As of it.
    """
    _check_level(level)
    values, counts = _counts(_readers_by_units(ratings))
    size = len(values)
    coincidences = _share_of_pairs(counts)[:, :, None] * (counts[:, None, :] - np.eye(size))
    return Sums(
        coincidences.reshape(len(counts), size**2),
        counts.sum(axis=1) >= 2,
        lambda sums: _alpha(sums.reshape(*sums.shape[:-1], size, size), values, level),
    )


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
    return kappa_sums(ratings).whole


def kappa_sums(ratings: ArrayLike) -> Sums:
    """:func:`fleiss_kappa` by sums over units: ratings of each category, and pairs that agree.

    Raises
    ------
    ValueError
        As of it.
    """
    array = _readers_by_units(ratings)
    readers = len(array)
    used = _rated_by_all(array)
    counts = _counts(array)[1] * used[:, None]
    agreeing = (counts * (counts - 1)).sum(axis=1)

    def kappa(sums: Floats) -> Floats:
        categories, agree = sums[..., :-1], sums[..., -1]
        total = categories.sum(axis=-1)  # ratings
        chance = _ratio((categories**2).sum(axis=-1), total**2)
        observed = _ratio(agree, total * (readers - 1))
        return _ratio(observed - chance, 1 - chance)

    return Sums(np.column_stack([counts, agreeing]).astype(float), used, kappa)


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
    array = _readers_by_units(ratings)
    k, used = len(array), _rated_by_all(array)
    n, left_out = int(used.sum()), int((~used).sum())
    if n < 2 or k < 2:
        nan = np.nan
        return IntraclassCorrelation(nan, nan, nan, nan, nan, nan, n, left_out)
    sums = _square_sums(array, used)
    between, judges, error = _mean_squares(sums.sum(axis=0), k)
    within = (judges + (n - 1) * error) / n
    bias = (judges - error) / n

    def ratio(numerator: Floats, denominator: Floats) -> float:
        return float(_ratio(numerator, denominator))

    return IntraclassCorrelation(
        ratio(between - within, between + (k - 1) * within),
        ratio(between - error, between + (k - 1) * error + k * bias),
        ratio(between - error, between + (k - 1) * error),
        ratio(between - within, between),
        ratio(between - error, between + bias),
        ratio(between - error, between),
        n,
        left_out,
    )


def icc_sums(ratings: ArrayLike) -> Sums:
    """ICC(2,1) of :func:`intraclass_correlation` by sums over units.

    Raises
    ------
    ValueError
        As of it.
    """
    array = _readers_by_units(ratings)
    k, used = len(array), _rated_by_all(array)

    def icc(sums: Floats) -> Floats:
        between, judges, error = _mean_squares(sums, k)
        n = sums[..., -1]
        whole = between + (k - 1) * error + k * _ratio(judges - error, n)
        return np.where(n >= 2, _ratio(between - error, whole), np.nan)

    return Sums(_square_sums(array, used), used, icc)


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
    return ratings[:, _rated_by_all(ratings)]


def _rated_by_all(ratings: Floats) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(ratings).any(axis=0))


def _square_sums(ratings: Floats, used: NDArray[np.bool_]) -> Floats:
    """What mean squares are made of, by unit.

    Each reader's rating, the sum of their squares, the square of their sum, and one.
    """
    # About the mean: squares far from zero would lose digits.
    x = np.where(used, ratings, 0.0)
    x = np.where(used, x - x.sum() / max(x.shape[0] * used.sum(), 1), 0.0)
    return np.column_stack([x.T, (x**2).sum(axis=0), x.sum(axis=0) ** 2, used.astype(float)])


def _mean_squares(sums: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """Between units, between the k readers and of what is left, from :func:`_square_sums`."""
    readers, square, of_units, n = sums[..., :k], sums[..., k], sums[..., k + 1], sums[..., k + 2]
    mean = _ratio(readers.sum(axis=-1) ** 2, k * n)
    parts = [_ratio(of_units, k) - mean, _ratio((readers**2).sum(axis=-1), n) - mean]
    parts.append(square - mean - parts[0] - parts[1])
    # Sums of squares that are rounding errors would become ratios of rounding errors.
    units, judges, rest = (np.where(part <= 1e-12 * square, 0.0, part) for part in parts)
    return (
        _ratio(units, n - 1),
        _ratio(judges, k - 1),
        _ratio(rest, (n - 1) * (k - 1)),
    )


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


def _share_of_pairs(counts: NDArray[np.int64]) -> Floats:
    """How often each value counts in each unit.

    Of the m ratings of a unit each pairs with m - 1 others, and not with itself.
    """
    others = counts.sum(axis=1)[:, None] - 1
    return np.where(others > 0, counts / np.maximum(others, 1), 0.0)


def _alpha(coincidences: Floats, values: Floats, level: Level) -> Floats:
    """From coincidences of shape (..., values, values)."""
    totals = coincidences.sum(axis=-1)
    distances = _squared_distances(values, totals, level)
    observed = (coincidences * distances).sum(axis=(-2, -1))
    expected = np.einsum("...i,...ij,...j->...", totals, distances, totals)
    return 1 - _ratio(observed * (totals.sum(axis=-1) - 1), expected)


def _check_level(level: str) -> None:
    if level not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"level must be nominal, ordinal or interval, not {level!r}")


def _squared_distances(values: Floats, totals: Floats, level: Level) -> Floats:
    """Difference functions of [1]_, squared, for each value with each."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    # Ordinal: ratings up to a value, half of its own; differences are those passed on the way.
    places = values if level == "interval" else np.cumsum(totals, axis=-1) - totals / 2
    return np.asarray((places[..., :, None] - places[..., None, :]) ** 2, dtype=float)


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """NaN where it is undefined."""
    below = np.asarray(denominator, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below != 0, np.asarray(numerator, float) / below, np.nan))
