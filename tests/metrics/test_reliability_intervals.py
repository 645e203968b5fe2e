"""Intervals of agreement: ratings themselves left out and drawn again, and how they hold."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from benchmarks.inference import Agreement, measure_agreement
from shamsul.metrics.reliability import (
    Coefficient,
    Sums,
    alpha_sums,
    fleiss_kappa,
    icc_sums,
    intraclass_correlation,
    kappa_sums,
    krippendorff_alpha,
)
from shamsul.metrics.reliability_intervals import of_readers_and_cases, of_these_readers

COEFFICIENTS: list[tuple[Callable[..., Sums], Callable[..., float]]] = [
    (alpha_sums, lambda ratings: krippendorff_alpha(ratings).value),
    (kappa_sums, lambda ratings: fleiss_kappa(ratings).value),
    (icc_sums, lambda ratings: intraclass_correlation(ratings).icc_2_1),
]


def drawn(readers: int = 4, cases: int = 9, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    case = np.repeat(np.arange(cases), 2)
    truth = np.repeat(rng.integers(1, 5, cases), 2)
    ratings = np.clip(truth + rng.integers(-1, 2, (readers, 2 * cases)), 1, 5).astype(float)
    ratings[0, 3] = np.nan
    return ratings, case


@pytest.mark.parametrize(("sums_of", "coefficient"), COEFFICIENTS)
def test_sums_of_drawn_cases_are_the_ratings_of_those_cases(sums_of, coefficient) -> None:
    ratings, case = drawn()
    sums = sums_of(ratings)
    assert sums.whole.value == pytest.approx(coefficient(ratings))
    times = np.random.default_rng(1).multinomial(9, np.full(9, 1 / 9), 20)[:, case]
    expected = [coefficient(np.repeat(ratings, one, axis=1)) for one in times]
    assert sums.coefficient(times @ sums.of_units) == pytest.approx(expected)


@pytest.mark.parametrize(("sums_of", "coefficient"), COEFFICIENTS)
def test_interval_for_readers_and_cases_leaves_out_ratings(sums_of, coefficient) -> None:
    ratings, case = drawn()
    readers, cases = 4, 9
    whole = coefficient(ratings)
    without_case = np.array([coefficient(ratings[:, case != one]) for one in range(cases)])
    fewer = [np.delete(ratings, one, axis=0) for one in range(readers)]
    without_reader = np.array([coefficient(one) for one in fewer])
    both = np.array([[coefficient(one[:, case != c]) for c in range(cases)] for one in fewer])
    of_case = (cases - 1) * without_case.var()
    of_reader = (readers - 1) * without_reader.var()
    left = both - both.mean(0) - both.mean(1)[:, None] + both.mean()
    of_both = (readers - 1) * (cases - 1) * (left**2).mean()
    variance = max(of_case + of_reader - of_both, of_case, of_reader)
    df = (of_case + of_reader) ** 2 / (of_case**2 / (cases - 1) + of_reader**2 / (readers - 1))
    reach = stats.t.ppf(0.975, df) * np.sqrt(variance)
    centre = cases * whole - (cases - 1) * without_case.mean()
    expected = np.clip([centre - reach, centre + reach], -1, 1)
    assert of_readers_and_cases(sums_of, ratings, case) == pytest.approx(tuple(expected))


def test_bootstrap_t_draws_whole_cases_and_measures_each_by_its_own_error() -> None:
    ratings, case = drawn()
    cases = 9

    def with_error(units: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
        names = np.unique(groups)
        without = [krippendorff_alpha(units[:, groups != one]).value for one in names]
        # A case drawn twice is two cases.
        return krippendorff_alpha(units).value, float(np.sqrt((cases - 1) * np.var(without)))

    estimate, error = with_error(ratings, case)
    scores = []
    for times in np.random.default_rng(3).multinomial(cases, np.full(cases, 1 / cases), 50):
        picked = np.repeat(np.arange(cases), times)
        units = np.concatenate([ratings[:, case == one] for one in picked], axis=1)
        value, own = with_error(units, np.repeat(np.arange(cases), 2))
        scores.append((value - estimate) / own)
    low, high = estimate - np.quantile(scores, [0.975, 0.025]) * error
    found = of_these_readers(alpha_sums(ratings), case, replicates=50, seed=3)
    assert found == pytest.approx((max(low, -1), min(high, 1)))


@pytest.mark.parametrize(
    ("ratings", "case"),
    [
        (np.ones((3, 6)), np.arange(6)),  # nothing varies
        (np.array([[1.0, 2.0], [1.0, 3.0]]), np.zeros(2)),  # one case
        (np.full((3, 4), np.nan), np.arange(4)),
    ],
)
def test_what_cannot_be_known_is_undefined(ratings: np.ndarray, case: np.ndarray) -> None:
    for sums_of, _ in COEFFICIENTS:
        assert np.isnan(of_these_readers(sums_of(ratings), case, 20)).all()
        assert np.isnan(of_readers_and_cases(sums_of, ratings, case)).all()


def test_two_readers_say_nothing_about_others() -> None:
    ratings, case = drawn(readers=2)
    assert np.isnan(of_readers_and_cases(alpha_sums, ratings, case)).all()
    assert np.isfinite(of_these_readers(alpha_sums(ratings), case, 50)).all()


def test_left_out_units_are_counted_as_before() -> None:
    ratings, _ = drawn()
    assert kappa_sums(ratings).whole == Coefficient(fleiss_kappa(ratings).value, 17, 1)


def test_intervals_hold_as_often_as_they_claim() -> None:
    """Within what 100 studies can tell."""
    found = measure_agreement(Agreement(readers=5, cases=20), runs=100, seed=2)
    for name in ("alpha", "kappa", "icc"):
        assert found[f"{name}_held"] >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)
        assert 0.05 < found[f"{name}_these_width"] <= found[f"{name}_width"] < 0.6
