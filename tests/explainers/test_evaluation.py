"""Half precision: used where its rounding is small beside what is measured, and only there."""

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Normalisation
from shamsul.explainers import evaluation
from shamsul.explainers.evaluation import Evaluator
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Task
from tests.explainers.conftest import manifest


class Offset(nn.Module):
    """The mean brightness, on top of an offset."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.mean = nn.Conv2d(1, 1, 64)
        self.mean.weight.data.fill_(1 / 64**2)
        self.mean.bias.data.fill_(offset)  # type: ignore[union-attr]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.mean(x).flatten(1)


def task(image: GridImage, offset: float, target: Target = Target.LOGIT) -> Task:
    unit = Normalisation((0.0,), (1.0,))
    classifier = Classifier(manifest(("A",), channels=1, normalisation=unit), Offset(offset))
    return Task(classifier, image, (0,), target, 0, lambda done, planned: None)


@pytest.fixture
def grids() -> np.ndarray:
    """Images of different mean brightness."""
    return np.linspace(0.1, 0.9, 16, dtype=np.float32)[:, None, None] * np.ones((1, 64, 64))


@pytest.fixture
def bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor that has it; others emulate it, with the same results."""
    monkeypatch.setattr(evaluation, "has_bfloat16", lambda: True)


@pytest.mark.usefixtures("bfloat16")
@pytest.mark.parametrize("target", list(Target))
def test_half_precision_is_used_where_rounding_is_small(
    noise: GridImage, grids: np.ndarray, target: Target
) -> None:
    work = task(noise, 0.0, target)
    exact = work.explained(work.classifier.logits(grids))
    evaluate = Evaluator(work)
    np.testing.assert_array_equal(evaluate(grids), exact)  # the batch that it is judged on
    rounded = evaluate(grids)
    assert not np.array_equal(rounded, exact)
    np.testing.assert_allclose(rounded, exact, atol=0.01)


@pytest.mark.usefixtures("bfloat16")
def test_outputs_that_would_drown_in_rounding_stay_in_single_precision(
    noise: GridImage, grids: np.ndarray
) -> None:
    """bfloat16 has eight bits: beside 1,000 it cannot tell 0.1 from 0.9."""
    work = task(noise, 1000.0)
    evaluate = Evaluator(work)
    for _ in range(2):
        np.testing.assert_array_equal(
            evaluate(grids), work.explained(work.classifier.logits(grids))
        )


@pytest.mark.usefixtures("bfloat16")
def test_few_versions_are_not_judged_on(noise: GridImage, grids: np.ndarray) -> None:
    work = task(noise, 0.0)
    evaluate = Evaluator(work)
    for _ in range(3):
        np.testing.assert_array_equal(
            evaluate(grids[:2]), work.explained(work.classifier.logits(grids[:2]))
        )


def test_processor_without_bfloat16_computes_in_single_precision(
    noise: GridImage, grids: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "has_bfloat16", lambda: False)
    work = task(noise, 0.0)
    evaluate = Evaluator(work)
    for _ in range(2):
        np.testing.assert_array_equal(
            evaluate(grids), work.explained(work.classifier.logits(grids))
        )
