"""Probabilities against what is so."""

import math

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from shamsul.metrics.calibration import (
    Scaling,
    expected_calibration_error,
    platt,
    proportion,
    reliability,
    temperature,
)


def test_error_by_hand() -> None:
    """Two cases at 0.1 of which one has it (0.4 apart), two at 0.9 that both have (0.1 apart)."""
    said, so = [0.1, 0.1, 0.9, 0.9], [False, True, True, True]
    assert expected_calibration_error(said, so) == pytest.approx(0.25)
    low, high = reliability(said, so)
    assert (low.predicted, low.observed.value, low.observed.cases) == (0.1, 0.5, 2)
    assert (high.predicted, high.observed.value, high.observed.cases) == (0.9, 1, 2)


def test_certainty_is_in_the_last_bin() -> None:
    (only,) = reliability([1.0, 0.95], [True, True])
    assert only.observed.cases == 2
    assert math.isnan(expected_calibration_error([], []))


def test_probabilities_that_are_true_have_little_error() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(50_000)
    so = rng.random(50_000) < said
    assert expected_calibration_error(said, so) < 0.01
    assert expected_calibration_error(said**3, so) == pytest.approx(0.25, abs=0.02)


def test_wilsons_interval() -> None:
    """Eight of ten: 0.490 to 0.943, as any table has it."""
    found = proportion([True] * 8 + [False] * 2)
    assert (found.value, found.low, found.high) == pytest.approx((0.8, 0.4902, 0.9433), abs=1e-4)
    assert math.isnan(proportion([]).low)


def drawn(slope: float, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits that such a scaling calibrates, and what is so."""
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 3, 40_000)
    return logits, rng.random(len(logits)) < expit(slope * logits + offset)


def test_temperature_is_found_again() -> None:
    logits, so = drawn(0.4, 0)
    found = temperature(logits, so)
    assert (found.slope, found.offset) == (pytest.approx(0.4, abs=0.01), 0)
    before = expected_calibration_error(expit(logits), so)
    after = expected_calibration_error(found.probabilities(logits), so)
    assert after < 0.015 < 0.1 < before


def test_slope_and_offset_are_found_again_as_by_another_regression() -> None:
    logits, so = drawn(0.5, -1.2)
    found = platt(logits, so)
    assert (found.slope, found.offset) == pytest.approx((0.5, -1.2), abs=0.05)
    other = LogisticRegression(C=1e9).fit(logits[:, None], so)
    assert found.slope == pytest.approx(other.coef_[0, 0], abs=1e-3)
    assert found.offset == pytest.approx(other.intercept_[0], abs=1e-3)


def test_cases_that_a_threshold_separates_keep_a_finite_slope() -> None:
    found = platt([-2, -1, 1, 2], [False, False, True, True])
    # Smoothed targets: a quarter and three quarters.
    assert found.offset == pytest.approx(0, abs=1e-4)
    assert 0 < found.slope < 2
    assert np.allclose(found.probabilities([0]), 0.5, atol=1e-4)


def test_nothing_is_fitted_where_nothing_can_be() -> None:
    with pytest.raises(ValueError, match="cases without it"):
        platt([1, 2], [True, True])
    with pytest.raises(ValueError, match="cases without it"):
        temperature([1, 2], [False, False])
    for separated in ([-2, -1, 1, 2], [2, 1, -1, -2]):
        with pytest.raises(ValueError, match="all cases apart, or nothing"):
            temperature(separated, [False, False, True, True])
    with pytest.raises(ValueError, match="fewer findings"):
        platt([-2, -1, 1, 2], [True, True, False, False])


def test_no_scaling_is_the_sigmoid() -> None:
    assert np.array_equal(Scaling().probabilities([-1, 0, 3]), expit([-1, 0, 3]))
