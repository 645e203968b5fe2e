"""Areas under ROC curves: their intervals, their differences, and cases that are drawn again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from shamsul.metrics import roc


def by_placements(scores: NDArray[np.float64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    """DeLong's covariances as his paper writes them: each pair of cases looked at."""
    above = np.array(
        [
            [[(p > n) + 0.5 * (p == n) for n in row[~present]] for p in row[present]]
            for row in scores
        ]
    )
    of_positive, of_negative = above.mean(2), above.mean(1)
    return sum(
        (one - one.mean(1, keepdims=True))
        @ (one - one.mean(1, keepdims=True)).T
        / (one.shape[1] - 1)
        / one.shape[1]
        for one in (of_positive, of_negative)
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores of three readers with many ties, and at least two cases of either kind."""
    positive, negative = draw(st.integers(2, 9)), draw(st.integers(2, 9))
    present = np.arange(positive + negative) < positive
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(0, 4, (3, len(present))).astype(float), rng.permutation(present)


@given(cases())
def test_covariance_is_delongs(drawn: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    scores, present = drawn
    assert roc.covariance(scores, present) == pytest.approx(by_placements(scores, present))


@given(cases(), st.integers(0, 1000))
def test_cases_drawn_again(drawn: tuple[NDArray[np.float64], NDArray[np.bool_]], seed: int) -> None:
    (scores, *_), present = drawn
    again = roc.Drawn(scores, present)
    assert again.auc(np.ones(len(present), int)) == pytest.approx(roc_auc_score(present, scores))
    times = np.random.default_rng(seed).multinomial(
        len(present), np.full(len(present), 1) / len(present)
    )
    expected = roc.auc(np.repeat(scores, times), np.repeat(present, times))
    assert again.auc(times) == pytest.approx(expected, nan_ok=True)


def test_area_by_hand() -> None:
    """Placements 0.75 and 1 of the positive cases, 1 and 0.75 of the negative: variance 1/32."""
    found = roc.area([0.1, 0.4, 0.4, 0.9], [False, False, True, True])
    assert (found.value, found.positive, found.negative) == (0.875, 2, 2)
    assert found.low == pytest.approx(0.875 - 1.959964 * math.sqrt(1 / 32), abs=1e-6)
    assert found.high == 1


@pytest.mark.parametrize("present", [[True] * 4, [False] * 4, [True, False, False, False]])
def test_too_few_cases_have_no_interval(present: list[bool]) -> None:
    found = roc.area([1, 2, 3, 4], present)
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    with pytest.raises(ValueError, match="fewer than two cases"):
        roc.difference([1, 2, 3, 4], [1, 2, 3, 4], present)


def test_difference_by_hand() -> None:
    """The first score orders all cases; placements of the second vary alone, by 1/8 a kind."""
    present = np.array([False, False, True, True])
    found = roc.difference([1, 2, 3, 4], [1, 3, 2, 4], present)
    deviation = math.sqrt(2 * 0.125 / 2)
    assert found.value == 0.25
    assert (found.low, found.high) == pytest.approx(
        (0.25 - 1.959964 * deviation, 0.25 + 1.959964 * deviation)
    )
    assert found.p == pytest.approx(math.erfc(0.25 / deviation / math.sqrt(2)))


def test_scores_that_order_alike_have_no_test() -> None:
    found = roc.difference([1, 2, 3, 4], [10, 20, 30, 40], [False, True, False, True])
    assert found.value == 0
    assert math.isnan(found.p)


def test_equal_scores_are_told_apart_as_often_as_they_should() -> None:
    rng = np.random.default_rng(1)
    present = np.arange(120) < 40
    truth = present + rng.normal(size=(400, 1, 120))
    scores = truth + rng.normal(size=(400, 2, 120))
    apart = [roc.difference(*both, present).p < 0.05 for both in scores]
    assert 0.025 <= np.mean(apart) <= 0.085


@given(cases(), st.integers(0, 2**32 - 1))
def test_average_precision_of_drawn_cases_is_sklearns_of_repeated_ones(
    drawn: tuple[NDArray[np.float64], NDArray[np.bool_]], seed: int
) -> None:
    scores, present = drawn
    assert roc.average_precision(scores[0], present) == pytest.approx(
        average_precision_score(present, scores[0])
    )
    times = np.random.default_rng(seed).multinomial(len(present), [1 / len(present)] * len(present))
    again = np.repeat(np.arange(len(present)), times)
    found = roc.Drawn(scores[0], present).average_precision(times)
    if len(set(present[again])) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(average_precision_score(present[again], scores[0][again]))


def test_operating_point_is_the_best_of_all_thresholds() -> None:
    rng = np.random.default_rng(0)
    present = rng.random(80) < 0.4
    probabilities = np.clip(rng.normal(0.4 + 0.2 * present, 0.2), 0, 1)

    def youden(threshold: float) -> float:
        return float(
            (probabilities[present] >= threshold).mean()
            + (probabilities[~present] < threshold).mean()
        )

    best = max(map(youden, np.linspace(0, 1, 20_001)))
    assert youden(roc.operating_point(probabilities, present)) == pytest.approx(best)


@pytest.mark.parametrize("present", [[True, True], [False, False]])
def test_one_kind_of_case_has_no_operating_point(present: list[bool]) -> None:
    assert roc.operating_point(np.array([0.1, 0.2]), np.array(present)) == 0.5
