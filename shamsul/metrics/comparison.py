"""Whether treatments differ that were tried on the same blocks, independent of each other.

Scores are arrays of shape (blocks, treatments): a block is what is compared with itself, such as a
finding, a treatment is an explanation method. NaN is missing. What several readers said of the same
cases are no independent blocks: see :mod:`shamsul.metrics.mrmc`.

References
----------
.. [1] Wilcoxon 1945, Individual comparisons by ranking methods, doi 10.2307/3001968
.. [2] Holm 1979, A simple sequentially rejective multiple test procedure,
   https://www.jstor.org/stable/4615733
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

#: Up to this many differences Wilcoxon's p is exact, above approximated.
EXACT = 50


@dataclass(frozen=True)
class Wilcoxon:
    """Wilcoxon's signed-rank test [1]_ of two treatments.

    Attributes
    ----------
    first, second : str
        Names of the treatments.
    median_difference : float
        Median of first - second over the blocks with both, equal pairs among them.
    statistic : float
        The smaller of the sums of ranks of positive and of negative differences.
    p, p_holm : float
        Two-sided; as it is, and adjusted [2]_ for all defined tests of the family.
    n : int
        Blocks with both.
    nonzero : int
        Those in which the two differ, from which the test is computed.
    left_out : int
        Blocks in which one is missing.
    """

    first: str
    second: str
    median_difference: float
    statistic: float
    p: float
    p_holm: float
    n: int
    nonzero: int
    left_out: int


def pairwise_wilcoxon(blocks: ArrayLike, names: Sequence[str]) -> tuple[Wilcoxon, ...]:
    """Every pair of treatments, each with the blocks that have both.

    Parameters
    ----------
    blocks : array_like of shape (n, k), float
    names : sequence of str
        Of the k treatments.

    Returns
    -------
    tuple of Wilcoxon
        In the order of `itertools.combinations`. The test of a pair that never differs is NaN and
        does not count for Holm's adjustment.

    Raises
    ------
    ValueError
        If the array does not have two dimensions, or has not one column for each name.

    Notes
    -----
    Equal pairs are left out of the test, as Wilcoxon did. With `EXACT` differences or fewer p is
    exact, also where they are tied, as ratings are (scipy's exact p knows no ties). Above it is
    the normal approximation, corrected for ties and not for continuity.
    """
    values = _blocks(blocks)
    if values.shape[1] != len(names):
        raise ValueError(f"{len(names)} names for {values.shape[1]} treatments")
    found = []
    for one, other in itertools.combinations(range(len(names)), 2):
        differences = values[:, one] - values[:, other]
        found.append(_signed_rank(differences[~np.isnan(differences)]))
    adjusted = holm([p for *_, p in found])
    pairs = itertools.combinations(names, 2)
    return tuple(
        Wilcoxon(*pair, median, statistic, p, p_holm, n, nonzero, len(values) - n)
        for pair, (n, nonzero, median, statistic, p), p_holm in zip(
            pairs, found, adjusted, strict=True
        )
    )


def _blocks(blocks: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(blocks, dtype=float)
    if array.ndim != 2:
        raise ValueError(f"blocks must have shape (blocks, treatments), not {array.shape}")
    return array


def _signed_rank(differences: NDArray[np.float64]) -> tuple[int, int, float, float, float]:
    """How many, how many are not zero, their median, the statistic and its p."""
    nonzero = differences[differences != 0]
    median = float(np.median(differences)) if len(differences) else np.nan
    if not len(nonzero):
        return len(differences), 0, median, np.nan, np.nan
    ranks = stats.rankdata(np.abs(nonzero))
    statistic = float(min(ranks[nonzero > 0].sum(), ranks[nonzero < 0].sum()))
    if len(nonzero) <= EXACT:
        p = _exact_p(ranks, statistic)
    else:
        p = float(stats.wilcoxon(nonzero, method="asymptotic").pvalue)
    return len(differences), len(nonzero), median, statistic, p


def _exact_p(ranks: NDArray[np.float64], statistic: float) -> float:
    """Two-sided, over all signs that differences of these ranks could have."""
    # Twice the ranks are whole numbers. Each adds to the sum of the positive ones or does not.
    ways = np.ones(1)
    for rank in (2 * ranks).astype(int):
        ways = np.pad(ways, (0, rank)) + np.pad(ways, (rank, 0))
    tail = ways[: int(2 * statistic) + 1].sum() / ways.sum()
    return float(min(1, 2 * tail))


def holm(ps: Sequence[float]) -> NDArray[np.float64]:
    """The kth smallest of m is multiplied with m + 1 - k, none is less than a smaller one's."""
    adjusted = np.array(ps, dtype=float)
    defined = np.flatnonzero(~np.isnan(adjusted))
    order = defined[np.argsort(adjusted[defined])]
    scaled = adjusted[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted
