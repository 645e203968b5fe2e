"""The bootstrap: cases of which every resample is known, and scipy's as a second implementation."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from shamsul.metrics.bootstrap import interval, intervals, means
from shamsul.metrics.reliability import krippendorff_alpha


def test_estimate_is_that_of_the_cases_as_they_are() -> None:
    values = np.array([1.0, 2.0, 6.0])
    assert interval(lambda times: float(times @ values / times.sum()), 3).estimate == 3


def test_all_rows_of_a_drawn_case_come_along() -> None:
    seen = []

    def record(times: NDArray[np.int64]) -> float:
        seen.append(times.tolist())
        return 0.0

    interval(record, 4, replicates=50)
    assert seen[0] == [1, 1, 1, 1]
    assert len(seen) == 51 and all(sum(times) == 4 for times in seen)
    assert any(max(times) > 1 for times in seen)


def test_two_cases_are_drawn_as_coins_fall() -> None:
    # Means 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4.
    values = np.array([0.0, 1.0])

    def mean(times: NDArray[np.int64]) -> float:
        return float(times @ values / 2)

    assert interval(mean, 2).low == 0 and interval(mean, 2).high == 1
    narrow = interval(mean, 2, level=0.4)
    assert (narrow.low, narrow.high) == (0.5, 0.5)


def test_mean_agrees_with_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).normal(size=60)
    ours = interval(lambda times: float(times @ values / times.sum()), 60, replicates=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_ratings_of_one_case_do_not_count_as_independent() -> None:
    """Ten equal ratings of each case say no more than one."""
    means = np.random.default_rng(4).normal(size=25)
    rows, case = np.repeat(means, 10), np.repeat(np.arange(25), 10)
    ten = interval(lambda times: float(np.mean(np.repeat(rows, times[case]))), 25)
    one = interval(lambda times: float(np.mean(np.repeat(means, times))), 25)
    assert (ten.low, ten.high) == pytest.approx((one.low, one.high))


def test_same_seed_gives_the_same_interval_and_another_another() -> None:
    values = np.random.default_rng(1).normal(size=30)

    def mean(times: NDArray[np.int64]) -> float:
        return float(times @ values / 30)

    assert interval(mean, 30, seed=3) == interval(mean, 30, seed=3)
    assert interval(mean, 30, seed=3).low != interval(mean, 30, seed=4).low


def test_replicates_without_a_number_are_left_out_and_counted() -> None:
    def mean_of_the_first(times: NDArray[np.int64]) -> float:
        return 7.0 if times[0] else np.nan

    found = interval(mean_of_the_first, 3, replicates=2000)
    assert (found.low, found.high) == (7, 7)
    # The first of three is never drawn in (2/3)³ of the resamples.
    assert found.undefined / 2000 == pytest.approx(8 / 27, abs=0.04)


def test_interval_without_any_number_is_undefined() -> None:
    found = interval(lambda times: 1.0 if times.max() == 1 else np.nan, 30, replicates=20)
    assert found.estimate == 1 and np.isnan([found.low, found.high]).all()
    assert found.undefined == 20


def test_one_case_has_an_estimate_and_no_interval_and_none_has_nothing() -> None:
    one, none = interval(lambda times: 2.0, 1), interval(lambda times: 2.0, 0)
    assert one.estimate == 2 and np.isnan([one.low, one.high, none.estimate, none.low]).all()
    assert np.isnan(interval(lambda times: np.nan, 5).low)


@pytest.mark.parametrize(("replicates", "level"), [(0, 0.95), (10, 0), (10, 1)])
def test_no_replicates_and_no_level_are_refused(replicates: int, level: float) -> None:
    with pytest.raises(ValueError, match="replicates at a level"):
        interval(lambda times: 0.0, 3, replicates, level)


def test_interval_of_alpha_takes_seconds() -> None:
    """100 cases, 4 methods, 5 readers."""
    rng = np.random.default_rng(0)
    ratings = np.clip(np.round(rng.normal(3, 1, 400) + rng.normal(0, 1, (5, 400))), 1, 5)
    case = np.repeat(np.arange(100), 4)
    started = time.perf_counter()
    found = interval(
        lambda times: krippendorff_alpha(np.repeat(ratings, times[case], axis=1)).value, 100
    )
    assert time.perf_counter() - started < 5
    assert found.low < found.estimate < found.high


def test_means_of_columns_are_those_of_single_statistics() -> None:
    table = np.random.default_rng(5).normal(size=(12, 3))
    table[3:8, 1] = np.nan
    for found, column in zip(means(table, seed=2), table.T, strict=True):
        known = ~np.isnan(column)
        values = np.where(known, column, 0)

        def mean(times: NDArray[np.int64], known=known, values=values) -> float:
            return float(times @ values / (times @ known)) if times @ known else np.nan

        single = interval(mean, 12, seed=2)
        assert found.cases == known.sum()
        assert (found.estimate, found.low, found.high) == pytest.approx(
            (single.estimate, single.low, single.high)
        )


def test_columns_with_fewer_than_two_values_have_no_interval() -> None:
    table = np.array([[1.0, np.nan], [np.nan, np.nan]])
    one, none = means(table)
    assert (one.estimate, one.cases) == (1, 1) and np.isnan([one.low, one.high]).all()
    assert np.isnan(none.estimate) and none.cases == 0
    assert np.isnan(means(np.empty((0, 1)))[0].estimate)


def test_many_statistics_at_once_are_as_each_by_itself() -> None:
    values = np.random.default_rng(0).normal(size=(30, 2))
    values[:29, 1] = np.nan  # a mean of one case, undefined where that is not drawn

    def mean(column: int, times: NDArray[np.int64]) -> float:
        there = ~np.isnan(values[:, column])
        count = times[there].sum()
        return float(times[there] @ values[there, column] / count) if count else np.nan

    seen: list[tuple[int, int]] = []
    found = intervals(
        lambda times: [mean(0, times), mean(1, times), np.nan],
        30,
        replicates=200,
        seed=4,
        progress=lambda done, planned: seen.append((done, planned)),
    )
    for column in (0, 1):
        alone = interval(lambda times, c=column: mean(c, times), 30, replicates=200, seed=4)
        assert found[column] == alone
    assert found[1].undefined > 0
    assert np.isnan(found[2].low) and found[2].undefined == 0
    assert seen[-1] == (200, 200)
    assert np.isnan(intervals(lambda times: [1.0], 1)[0].low)
    with pytest.raises(ValueError, match="0 replicates"):
        intervals(lambda times: [1.0], 3, replicates=0)
