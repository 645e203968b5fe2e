"""Drawn studies: their parts, and their analysis as that of each one by itself."""

import numpy as np
import pytest

from shamsul.metrics import mrmc
from shamsul.metrics.simulated_studies import Setting, draw, like, worth

SETTING = Setting(
    readers=4,
    cases=7,
    reader=0.5,
    case=0.8,
    reader_by_method=0.3,
    case_by_method=0.6,
    reader_by_case=0.4,
    rest=1.0,
)


def readings(scores: np.ndarray) -> mrmc.Readings:
    methods, readers, _ = scores.shape
    return mrmc.Readings(
        tuple(f"M{n}" for n in range(methods)), tuple(f"R{n}" for n in range(readers)), scores
    )


def test_worth_counts_the_analyses_of_the_studies_one_by_one() -> None:
    scores = draw(SETTING, 60, np.random.default_rng(5))
    found = [mrmc.analyse(readings(one), mrmc.mean) for one in scores]
    first = [one.methods["M0"] for one in found]
    expected = worth(SETTING, studies=60, seed=5)
    assert expected.rejected == np.mean([one.p < 0.05 for one in found])
    assert expected.mean_held == np.mean([one.low <= 0 <= one.high for one in first])


def test_parts_have_the_deviations_that_were_asked_for() -> None:
    scores = draw(SETTING, 4000, np.random.default_rng(0))
    variance = 0.5**2 + 0.8**2 + 0.3**2 + 0.6**2 + 0.4**2 + 1
    assert scores.var() == pytest.approx(variance, rel=0.05)
    a, b = scores[:, 0, 0, 0], scores[:, 1, 0, 0]
    assert np.mean(a * b) == pytest.approx(0.5**2 + 0.8**2 + 0.4**2, rel=0.1)  # reader and case
    a, b = scores[:, 0, 0, 0], scores[:, 0, 1, 0]
    assert np.mean(a * b) == pytest.approx(0.8**2 + 0.6**2, rel=0.1)  # case and method
    a, b = scores[:, 0, 0, 0], scores[:, 0, 0, 1]
    assert np.mean(a * b) == pytest.approx(0.5**2 + 0.3**2, rel=0.15)  # reader and method


def test_like_finds_the_parts_of_the_study_that_it_is_like() -> None:
    big = Setting(40, 400, 0.5, 0.8, 0.3, 0.6, reader_by_case=0.4)
    scores = draw(big, 1, np.random.default_rng(1))[0]
    found = like(mrmc.analyse(readings(scores), mrmc.mean).components, 40, 400, 3)
    for name in ("reader", "case", "reader_by_method", "case_by_method", "reader_by_case", "rest"):
        assert getattr(found, name) == pytest.approx(getattr(big, name), abs=0.1), name


def test_estimates_below_nothing_are_nothing() -> None:
    names = ("var_r", "var_tr", "var", "cov1", "cov2", "cov3")
    found = like(dict(zip(names, (-1.0, -1.0, 0.5, 0.0, -0.1, 0.1), strict=True)), 3, 10, 2)
    assert (found.reader, found.reader_by_method, found.case_by_method) == (0, 0, 0)
    assert found.case == pytest.approx(1.0)
