"""The surrogate against the definition of a Gaussian process, and of what is read off it."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from shamsul.explainers import designs
from shamsul.explainers.surrogate import Surrogate

PLAYERS = 6
ALL = designs.every(PLAYERS)


def output(coalitions: np.ndarray) -> np.ndarray:
    """Additive, with interactions of two and three."""
    c = coalitions.astype(float)
    return 3 + 2 * c[:, 0] - c[:, 1] + 1.5 * c[:, 2] * c[:, 3] + c[:, 3] * c[:, 4] * c[:, 5]


@pytest.fixture
def surrogate() -> Surrogate:
    some = ALL[np.random.default_rng(1).choice(len(ALL), 24, replace=False)]
    return Surrogate.fit(some, output(some))


def covariance(left: np.ndarray, right: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """As the class' text writes it, one pair after the other."""
    return np.array(
        [
            [np.prod([1 + r * a * b for r, a, b in zip(shares, x, y, strict=True)]) for y in right]
            for x in left
        ]
    )


def posterior(surrogate: Surrogate) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the process at all coalitions, by the textbook."""
    signs = np.where(ALL, 1, -1)
    known = covariance(surrogate.signs, surrogate.signs, surrogate.shares)
    known += 1e-3 * np.eye(len(known))
    crossed = covariance(signs, surrogate.signs, surrogate.shares)
    gain = crossed @ np.linalg.inv(known)
    at = output(surrogate.signs > 0)
    mean = at.mean() + gain @ (at - at.mean())
    left = covariance(signs, signs, surrogate.shares) - gain @ crossed.T
    return mean, surrogate.variance * left


def main_effect_functionals() -> np.ndarray:
    """Mean where a superpixel is shown less the mean where it is not, (K, 2^K)."""
    return np.where(ALL, 1, -1).T / (len(ALL) / 2)


def shapley_functionals() -> np.ndarray:
    """Shapley's definition, (K, 2^K)."""
    index = {frozenset(np.flatnonzero(c).tolist()): n for n, c in enumerate(ALL)}
    result = np.zeros((PLAYERS, len(ALL)))
    for player in range(PLAYERS):
        others = [other for other in range(PLAYERS) if other != player]
        for size in range(PLAYERS):
            for chosen in combinations(others, size):
                weight = 1 / (PLAYERS * comb(PLAYERS - 1, size))
                result[player, index[frozenset(chosen) | {player}]] += weight
                result[player, index[frozenset(chosen)]] -= weight
    return result


def test_prediction_is_the_processs_mean(surrogate: Surrogate) -> None:
    mean, _ = posterior(surrogate)
    np.testing.assert_allclose(surrogate.predict(ALL), mean, rtol=1e-8)


@pytest.mark.parametrize(
    ("functionals", "read"),
    [
        (main_effect_functionals(), Surrogate.main_effects),
        (shapley_functionals(), Surrogate.shapley),
    ],
    ids=["main effects", "Shapley values"],
)
def test_estimates_are_those_of_the_process(surrogate: Surrogate, functionals, read) -> None:
    mean, left = posterior(surrogate)
    values, errors = read(surrogate)
    np.testing.assert_allclose(values, functionals @ mean, atol=1e-8)
    expected = np.sqrt(np.diag(functionals @ left @ functionals.T))
    np.testing.assert_allclose(errors, expected, rtol=1e-5)


def test_shapley_values_of_everything_known_are_the_outputs_own() -> None:
    surrogate = Surrogate.fit(ALL, output(ALL))
    values, errors = surrogate.shapley()
    np.testing.assert_allclose(values, shapley_functionals() @ output(ALL), atol=0.01)
    np.testing.assert_allclose(values, [2, -1, 0.75, 0.75 + 1 / 3, 1 / 3, 1 / 3], atol=0.01)
    assert errors.max() < 0.05


def test_standard_errors_are_as_large_as_errors_are() -> None:
    """Over random outputs with interactions, the mean squared error is the variance stated."""
    rng = np.random.default_rng(7)
    players = 20
    ratios = []
    for _ in range(40):
        linear = rng.normal(size=players) * (rng.random(players) < 0.5)
        pairs = np.triu(rng.normal(size=(players, players)), 1) * 0.1

        def of(coalitions: np.ndarray, linear=linear, pairs=pairs) -> np.ndarray:
            s = np.where(coalitions, 1.0, -1.0)
            return s @ linear + np.einsum("ni,ij,nj->n", s, pairs, s) + 0.02 * (s @ linear) ** 3

        many = np.concatenate([designs.fold_over(players, rng) for _ in range(60)])
        truth = 2 * np.where(many, 1, -1).T @ of(many) / len(many)
        some = rng.random((96, players)) < 0.5
        values, errors = Surrogate.fit(some, of(some)).main_effects()
        ratios.append(((values - truth) ** 2).sum() / (errors**2).sum())
    assert 0.5 < np.mean(ratios) < 2


def test_constant_output_has_no_effects() -> None:
    some = ALL[::3]
    surrogate = Surrogate.fit(some, np.full(len(some), 2.5))
    for read in (Surrogate.main_effects, Surrogate.shapley):
        values, errors = read(surrogate)
        np.testing.assert_array_equal(values, 0)
        np.testing.assert_array_equal(errors, 0)
    np.testing.assert_allclose(surrogate.predict(ALL), 2.5)
