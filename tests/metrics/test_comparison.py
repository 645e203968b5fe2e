"""Tests for differences: published worked examples, slow second implementations, no difference."""

import itertools

import numpy as np
import pytest
from scipy import stats

from shamsul.metrics.comparison import EXACT, pairwise_wilcoxon

#: Hollander & Wolfe 1973, page 29: depression scales of nine patients at two visits.
#: R 4's help("wilcox.test") gives V = 40, one-sided p-value = 0.01953.
DEPRESSION = [
    [1.83, 0.878],
    [0.50, 0.647],
    [1.62, 0.598],
    [2.48, 2.05],
    [1.68, 1.06],
    [1.88, 1.29],
    [1.55, 1.06],
    [3.06, 3.14],
    [1.30, 1.29],
]

#: Blocks of four treatments, rated from 1 to 5.
_ = np.nan
RATED = [[5, 3, 2, 1], [4, 4, 2, 1], [5, 2, 3, 1], [4, 3, 3, _]]


def test_wilcoxon_of_hollander_and_wolfe() -> None:
    (test,) = pairwise_wilcoxon(DEPRESSION, ("first", "second"))
    assert test.statistic == 9 * 10 / 2 - 40
    assert round(test.p / 2, 5) == 0.01953
    assert test.p_holm == test.p
    assert (test.n, test.nonzero, test.left_out) == (9, 9, 0)


def slow_signed_rank(differences: list[float]) -> tuple[float, float]:
    """Every sign of every difference, one by one."""
    ranks = stats.rankdata(np.abs(differences))
    total = sum(ranks)

    def smaller(signs: tuple[int, ...]) -> float:
        positive = sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign > 0)
        return min(positive, total - positive)

    seen = smaller(tuple(np.sign(differences).astype(int)))
    every = [smaller(signs) for signs in itertools.product((-1, 1), repeat=len(ranks))]
    return seen, sum(one <= seen for one in every) / len(every)


def test_wilcoxon_of_tied_ratings_counts_every_sign() -> None:
    rng = np.random.default_rng(3)
    for n in (1, 2, 6, 9):
        differences = rng.choice([-2, -1, 1, 2, 3], n).astype(float)
        (test,) = pairwise_wilcoxon(np.stack([differences, 0 * differences], axis=1), "ab")
        assert (test.statistic, test.p) == pytest.approx(slow_signed_rank(differences.tolist()))


def test_wilcoxon_without_ties_is_scipys_exact_test() -> None:
    differences = np.random.default_rng(8).normal(0.3, 1, EXACT)
    (test,) = pairwise_wilcoxon(np.stack([differences, 0 * differences], axis=1), "ab")
    expected = stats.wilcoxon(differences, method="exact")
    assert (test.statistic, test.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_wilcoxon_of_many_ratings_is_the_normal_approximation_with_ties() -> None:
    differences = np.array([1.0] * 40 + [-1.0] * 20 + [0.0] * 7)
    (test,) = pairwise_wilcoxon(np.stack([differences, 0 * differences], axis=1), "ab")
    n, rank = 60, 30.5
    # One tie of all: the variance is the sum of rank² / 4.
    z = (20 * rank - n * rank / 2) / np.sqrt(n * rank**2 / 4)
    assert test.statistic == 20 * rank
    assert test.p == pytest.approx(2 * stats.norm.sf(abs(z)))
    assert (test.n, test.nonzero) == (67, 60)
    assert test.median_difference == 1


def test_every_pair_is_tested_and_adjusted_after_holm() -> None:
    rng = np.random.default_rng(5)
    blocks = np.clip(np.round(rng.normal([2, 2.6, 3.4, 3.6], 1, (40, 4))), 1, 5)
    blocks[0, 0] = np.nan
    tests = pairwise_wilcoxon(blocks, ("lime", "shap", "grad_cam", "lrp"))
    assert [(test.first, test.second) for test in tests] == [
        ("lime", "shap"),
        ("lime", "grad_cam"),
        ("lime", "lrp"),
        ("shap", "grad_cam"),
        ("shap", "lrp"),
        ("grad_cam", "lrp"),
    ]
    assert [test.left_out for test in tests] == [1, 1, 1, 0, 0, 0]
    # Holm: the smallest p times 6, the next times 5 ..., never below the one before, at most 1.
    reached = 0.0
    for place, test in enumerate(sorted(tests, key=lambda test: test.p)):
        reached = max(reached, min(1, (6 - place) * test.p))
        assert test.p_holm == pytest.approx(reached)


def test_pair_that_never_differs_has_no_test_and_costs_the_others_nothing() -> None:
    same, other, third = pairwise_wilcoxon([[1, 1, 2], [2, 2, 4], [3, 3, 5]], "abc")
    assert np.isnan([same.statistic, same.p, same.p_holm]).all()
    assert (same.n, same.nonzero, same.median_difference) == (3, 0, 0)
    assert other.p == third.p == 0.25
    assert other.p_holm == 0.5


def test_nothing_rated_has_no_test() -> None:
    (test,) = pairwise_wilcoxon([[1, _], [_, 2]], "ab")
    assert np.isnan([test.p, test.p_holm, test.median_difference]).all()
    assert (test.n, test.left_out) == (0, 2)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="2 names for 3 treatments"):
        pairwise_wilcoxon([[1, 2, 3]], "ab")
    with pytest.raises(ValueError, match="shape"):
        pairwise_wilcoxon([1, 2, 3], "abc")
