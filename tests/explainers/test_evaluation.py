"""Half precision: used where its rounding is small beside what is measured, and only there."""

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import Normalisation
from shamsul.explainers import evaluation
from shamsul.explainers.evaluation import Evaluator
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


def classifier(offset: float) -> Classifier:
    unit = Normalisation((0.0,), (1.0,))
    return Classifier(manifest(("A",), channels=1, normalisation=unit), Offset(offset))


@pytest.fixture
def grids() -> np.ndarray:
    """Images of different mean brightness."""
    return np.linspace(0.1, 0.9, 16, dtype=np.float32)[:, None, None] * np.ones((1, 64, 64))


@pytest.fixture
def bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a processor that has it; others emulate it, with the same results."""
    monkeypatch.setattr("shamsul.classifiers.classifier.has_bfloat16", lambda kind: True)


@pytest.mark.usefixtures("bfloat16")
def test_half_precision_is_used_where_rounding_is_small(grids: np.ndarray) -> None:
    network = classifier(0.0)
    exact = network.logits(grids)
    evaluate = Evaluator(network)
    judged = slice(evaluation.PROBE)
    np.testing.assert_array_equal(evaluate(grids)[judged], exact[judged])
    rounded = evaluate(grids)
    assert not np.array_equal(rounded, exact)
    np.testing.assert_allclose(rounded, exact, atol=0.01)


@pytest.mark.usefixtures("bfloat16")
def test_outputs_that_would_drown_in_rounding_stay_in_single_precision(grids: np.ndarray) -> None:
    """bfloat16 has eight bits: beside 1,000 it cannot tell 0.1 from 0.9."""
    network = classifier(1000.0)
    evaluate = Evaluator(network)
    for _ in range(2):
        np.testing.assert_array_equal(evaluate(grids), network.logits(grids))


@pytest.mark.usefixtures("bfloat16")
def test_few_versions_are_not_judged_on(grids: np.ndarray) -> None:
    network = classifier(0.0)
    evaluate = Evaluator(network)
    for _ in range(3):
        np.testing.assert_array_equal(evaluate(grids[:2]), network.logits(grids[:2]))


def test_processor_without_bfloat16_computes_in_single_precision(
    grids: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shamsul.classifiers.classifier.has_bfloat16", lambda kind: False)
    network = classifier(0.0)
    evaluate = Evaluator(network)
    for _ in range(2):
        np.testing.assert_array_equal(evaluate(grids), network.logits(grids))
