"""The surrogate against the definition of a Gaussian process, and of what is read off it."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from shamsul.explainers import designs
from shamsul.explainers.surrogate import Process, Surrogate

PLAYERS = 6
ALL = designs.every(PLAYERS)


def output(coalitions: np.ndarray) -> np.ndarray:
    """Additive, with interactions of two and three."""
    c = coalitions.astype(float)
    return 3 + 2 * c[:, 0] - c[:, 1] + 1.5 * c[:, 2] * c[:, 3] + c[:, 3] * c[:, 4] * c[:, 5]


def fitted(coalitions: np.ndarray, outputs: np.ndarray) -> Surrogate:
    """To one output, of which no cells are known."""
    nowhere = np.zeros((1, coalitions.shape[1]))
    return Surrogate.fit(coalitions, outputs[:, None, None], nowhere)


@pytest.fixture
def process() -> Process:
    some = ALL[np.random.default_rng(1).choice(len(ALL), 24, replace=False)]
    ((_, process),) = fitted(some, output(some)).processes()
    return process


def covariance(left: np.ndarray, right: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """As the class' text writes it, one pair after the other."""
    return np.array(
        [
            [np.prod([1 + r * a * b for r, a, b in zip(shares, x, y, strict=True)]) for y in right]
            for x in left
        ]
    )


def posterior(process: Process) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the process at all coalitions, by the textbook."""
    signs = np.where(ALL, 1, -1)
    known = covariance(process.signs, process.signs, process.shares)
    known += 1e-3 * np.eye(len(known))
    crossed = covariance(signs, process.signs, process.shares)
    gain = crossed @ np.linalg.inv(known)
    at = output(process.signs > 0)
    mean = at.mean() + gain @ (at - at.mean())
    left = covariance(signs, signs, process.shares) - gain @ crossed.T
    return mean, process.variances[0] * left


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


def test_prediction_is_the_processs_mean(process: Process) -> None:
    mean, _ = posterior(process)
    found = process.predict(np.where(ALL, 1.0, -1.0))
    np.testing.assert_allclose(found[:, 0], mean, rtol=1e-8)


@pytest.mark.parametrize(
    ("functionals", "read"),
    [
        (main_effect_functionals(), Process.main_effects),
        (shapley_functionals(), Process.shapley),
    ],
    ids=["main effects", "Shapley values"],
)
def test_estimates_are_those_of_the_process(process: Process, functionals, read) -> None:
    mean, left = posterior(process)
    ((values,), (errors,)) = read(process)
    np.testing.assert_allclose(values, functionals @ mean, atol=1e-8)
    expected = np.sqrt(np.diag(functionals @ left @ functionals.T))
    np.testing.assert_allclose(errors, expected, rtol=1e-5)


def test_what_is_left_out_is_predicted_from_the_others(process: Process) -> None:
    """One evaluation after the other, by the textbook."""
    known = covariance(process.signs, process.signs, process.shares) + 1e-3 * np.eye(24)
    at = output(process.signs > 0) - process.means[0]
    for one, found in enumerate(process.left_out()[:, 0]):
        others = np.arange(24) != one
        gain = known[one, others] @ np.linalg.inv(known[np.ix_(others, others)])
        left = process.variances[0] * (known[one, one] - gain @ known[others, one])
        np.testing.assert_allclose(found, (at[one] - gain @ at[others]) / np.sqrt(left), rtol=1e-6)


def test_shapley_values_of_everything_known_are_the_outputs_own() -> None:
    ((values,), (errors,)) = fitted(ALL, output(ALL)).shapley()
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
        ((values,), (errors,)) = fitted(some, of(some)).main_effects()
        ratios.append(((values - truth) ** 2).sum() / (errors**2).sum())
    assert 0.5 < np.mean(ratios) < 2


def test_constant_output_has_no_effects() -> None:
    some = ALL[::3]
    surrogate = fitted(some, np.full(len(some), 2.5))
    for read in (Surrogate.main_effects, Surrogate.shapley):
        values, errors = read(surrogate)
        np.testing.assert_array_equal(values, 0)
        np.testing.assert_array_equal(errors, 0)
    np.testing.assert_allclose(surrogate.predict(ALL), 2.5)


SIDE = 6
PLACES = np.stack(np.meshgrid(*[(np.arange(SIDE) + 0.5) / SIDE] * 2, indexing="ij"), 2)
PLACES = PLACES.reshape(-1, 2)
APART = np.linalg.norm(PLACES[:, None] - PLACES, axis=2)


def local(rng: np.random.Generator, labels: int = 3):
    """Outputs in 36 cells, each of which sees the superpixels around it in its own way."""
    near = np.exp(-((APART / 0.2) ** 2)) * (APART < 0.5)
    first, second = (rng.normal(size=(labels, 36, 36)) * near for _ in range(2))

    def of(coalitions: np.ndarray) -> np.ndarray:
        s = np.where(coalitions, 1.0, -1.0)
        # Neighbouring cells see the same interaction, so that their errors go together.
        shared = np.einsum("ck,nk->nc", near, s) ** 2
        linear, other = (np.einsum("nk,lck->nlc", s, part) for part in (first, second))
        return linear + 0.3 * other**2 + 0.05 * other**3 + 0.1 * shared[:, None]

    return of


def test_cells_tell_more_than_their_sum_and_say_how_much() -> None:
    rng = np.random.default_rng(3)
    in_cells, in_sum, stated = [], [], []
    for _ in range(6):
        of = local(rng)
        many = np.concatenate([designs.fold_over(36, rng) for _ in range(40)])
        truth = 2 * np.where(many, 1, -1).T @ of(many).sum(2) / len(many)
        some = rng.random((80, 36)) < 0.5
        cells = of(some)
        values, errors = Surrogate.fit(some, cells, APART).main_effects()
        summed, _ = Surrogate.fit(some, cells.sum(2, keepdims=True), APART[:1]).main_effects()
        in_cells.append(((values - truth.T) ** 2).sum())
        in_sum.append(((summed - truth.T) ** 2).sum())
        stated.append((errors**2).sum())
    assert np.sum(in_cells) < 0.5 * np.sum(in_sum)
    assert 0.5 < np.sum(in_cells) / np.sum(stated) < 2


def test_estimates_add_up_over_cells() -> None:
    rng = np.random.default_rng(4)
    some = designs.fold_over(36, rng)
    surrogate = Surrogate.fit(some, local(rng)(some), APART)
    processes = [process for _, process in surrogate.processes()]
    assert len(processes) == 36
    for read in ("main_effects", "shapley"):
        values, _ = getattr(surrogate, read)()
        alone = [getattr(process, read)()[0] for process in processes]
        np.testing.assert_allclose(values, np.sum(alone, 0), atol=1e-12)
    signs = np.where(some, 1.0, -1.0)
    expected = np.sum([process.predict(signs) for process in processes], 0)
    np.testing.assert_allclose(surrogate.predict(some), expected, atol=1e-12)


def test_cells_that_never_change_add_nothing() -> None:
    rng = np.random.default_rng(5)
    some = designs.fold_over(36, rng)
    cells = np.zeros((len(some), 2, 36))
    values, errors = Surrogate.fit(some, cells + 1.5, APART).main_effects()
    np.testing.assert_array_equal(values, 0)
    np.testing.assert_array_equal(errors, 0)
    cells[:, 0, 7] = local(rng)(some)[:, 0, 7]
    values, errors = Surrogate.fit(some, cells, APART).shapley()
    assert np.abs(values[0]).max() > 0 and errors[0].max() > 0
    np.testing.assert_array_equal(values[1], 0)
