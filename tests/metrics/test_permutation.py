"""Exchanging methods within cases, by all exchanges one by one."""

import itertools

import numpy as np
import pytest

from shamsul.metrics.permutation import exchange


def every_exchange(scores: np.ndarray) -> float:
    """Of complete scores: the share of all orders of methods in all cases as far apart or more."""
    methods, _, cases = scores.shape
    orders = list(itertools.permutations(range(methods)))

    def apart(chosen: np.ndarray) -> float:
        return float(np.var(chosen.mean((1, 2))))

    observed = apart(scores)
    found = [
        apart(np.stack([scores[list(order), :, case] for case, order in enumerate(one)], axis=2))
        for one in itertools.product(orders, repeat=cases)
    ]
    return float(np.mean([value >= observed - 1e-12 for value in found]))


@pytest.mark.parametrize("seed", range(3))
def test_pairs_are_all_exchanges_one_by_one(seed: int) -> None:
    scores = np.random.default_rng(seed).integers(1, 6, (2, 3, 7)).astype(float)
    found = exchange(scores)
    assert found.p == found.pairs[0] == found.pairs_holm[0] == pytest.approx(every_exchange(scores))


def test_three_methods_in_five_cases_are_all_exchanges_too() -> None:
    scores = (
        np.random.default_rng(1).normal(size=(3, 2, 5)) + np.array([0, 0.4, 0.8])[:, None, None]
    )
    assert exchange(scores).p == pytest.approx(every_exchange(scores))


def test_readers_levels_do_not_count() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(3, 4, 6))
    shifted = scores + rng.normal(size=(1, 4, 1)) * 10
    assert exchange(shifted).p == pytest.approx(exchange(scores).p)


def test_a_missing_score_leaves_the_readers_others_of_the_case() -> None:
    scores = np.zeros((3, 1, 8))
    scores[0] = 1.0
    scores[2] = np.nan
    found = exchange(scores)
    assert found.pairs[0] == 2 / 2**8
    assert np.isnan(found.pairs[1:]).all() and np.isnan(found.pairs_holm[1:]).all()
    # The third is nowhere: exchanging it with the others moves their scores about.
    assert 0 < found.p < 0.05


def test_alike_methods_are_as_far_apart_as_any_exchange() -> None:
    assert exchange(np.ones((3, 2, 6))).p == 1
    assert np.isnan(exchange(np.full((2, 2, 6), np.nan)).p)


def test_the_same_seed_draws_the_same_exchanges() -> None:
    scores = np.random.default_rng(2).normal(size=(4, 3, 30))
    assert exchange(scores, seed=1) == exchange(scores, seed=1) != exchange(scores, seed=2)


def test_equal_methods_are_told_apart_at_the_level_whatever_suits_the_cases() -> None:
    """Cases that suit a method, the same for all readers, are what reading-level tests forget."""
    rng = np.random.default_rng(3)
    runs = 300
    rejected = 0
    for _ in range(runs):
        scores = rng.normal(size=(2, 6, 12)) + rng.normal(0, 0.7, (2, 1, 12))
        rejected += exchange(scores).p < 0.05
    # Within three standard errors.
    assert abs(rejected / runs - 0.05) < 3 * np.sqrt(0.05 * 0.95 / runs)
