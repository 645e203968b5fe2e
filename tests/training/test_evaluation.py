import math

import numpy as np
import pytest

from shamsul.phantom import LABELS
from shamsul.training.cases import Cases
from shamsul.training.evaluation import (
    auc,
    evaluate,
    mean_auc,
    operating_point,
)


def obvious_auc(scores: np.ndarray, present: np.ndarray) -> float:
    """Compare every positive with every negative case."""
    pairs = [
        1.0 if high > low else 0.5 if high == low else 0.0
        for high in scores[present]
        for low in scores[~present]
    ]
    return float(np.mean(pairs)) if pairs else math.nan


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_auc_counts_pairs(rng: np.random.Generator) -> None:
    for _ in range(20):
        scores = rng.integers(0, 6, 30).astype(float)
        present = rng.random(30) < 0.3
        assert auc(scores, present) == pytest.approx(obvious_auc(scores, present), nan_ok=True)


@pytest.mark.parametrize("present", [[True, True], [False, False]])
def test_one_class_only_gives_nan(present: list[bool]) -> None:
    assert math.isnan(auc(np.array([0.1, 0.2]), np.array(present)))
    assert math.isnan(mean_auc(np.zeros((2, 1)), np.array(present)[:, None]))
    assert operating_point(np.array([0.1, 0.2]), np.array(present)) == 0.5


def test_operating_point_is_the_best_of_all_thresholds(rng: np.random.Generator) -> None:
    present = rng.random(80) < 0.4
    probabilities = np.clip(rng.normal(0.4 + 0.2 * present, 0.2), 0, 1)

    def youden(threshold: float) -> float:
        return float(
            (probabilities[present] >= threshold).mean()
            + (probabilities[~present] < threshold).mean()
        )

    best = max(map(youden, np.linspace(0, 1, 20_001)))
    assert youden(operating_point(probabilities, present)) == pytest.approx(best)


def test_grades_are_compared_with_cases_without_the_finding(rng: np.random.Generator) -> None:
    grades = rng.choice(4, (300, len(LABELS)), p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
    grades[:, 0] = 0
    present = grades > 0
    present[:, 0] = ~present[:, 1:].any(axis=1)
    logits = rng.normal(size=grades.shape) + 0.7 * grades
    cases = Cases(np.zeros((300, 1, 1), np.uint8), present, grades)
    results = evaluate(logits, cases, seed=1)
    column = LABELS.index("Pneumothorax")
    used = np.isin(grades[:, column], [0, 2])
    moderate = results["Pneumothorax"]["moderate"]
    assert moderate.value == auc(logits[used, column], present[used, column])
    assert moderate.positive == (grades[:, column] == 2).sum()
    assert moderate.negative == (grades[:, column] == 0).sum()
    assert moderate.low < moderate.value < moderate.high
    assert set(results["No Finding"]) == {"all"}
    mean = results["Mean"]["subtle"]
    assert mean.value == pytest.approx(
        np.mean([results[label]["subtle"].value for label in LABELS[1:]])
    )
    assert mean.high - mean.low < moderate.high - moderate.low
    assert mean.value < results["Mean"]["obvious"].value
    assert evaluate(logits, cases, seed=1) == results
