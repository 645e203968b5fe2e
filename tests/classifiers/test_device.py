"""Where networks run, and what happens when a GPU's memory is too small."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers import device
from shamsul.classifiers.classifier import Classifier
from shamsul.explainers.registry import METHODS
from shamsul.settings import SettingsError, settings
from tests.explainers.conftest import SIZE, manifest, radiograph

#: Stands for a GPU: a device that is not called like the processor, but is it.
ELSEWHERE = torch.device("cpu", 0)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    device.device.cache_clear()
    settings.cache_clear()
    yield
    device.device.cache_clear()
    settings.cache_clear()


def test_the_processor_is_used_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.device() == torch.device("cpu")


def test_a_gpu_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.device() == torch.device("cuda")


def test_the_setting_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("SHAMSUL_DEVICE", "cpu")
    assert device.device() == torch.device("cpu")


def test_a_gpu_that_is_not_there_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("SHAMSUL_DEVICE", "cuda")
    with pytest.raises(SettingsError, match="torch sees no such GPU"):
        device.device()


class Small(nn.Module):
    """A network that a stand-in for a GPU has no memory for."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, 4, 5, stride=4)
        self.head = nn.Linear(4, 2)
        self.room = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.room:
            raise torch.OutOfMemoryError("full")
        pooled = nn.functional.adaptive_avg_pool2d(torch.relu(self.features(x)), (1, 1))
        return self.head(torch.flatten(pooled, 1))

    def to(self, *args, **kwargs):
        self.room = torch.device("cpu") in args
        return super().to(*args, **kwargs)


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> Classifier:
    monkeypatch.setattr("shamsul.classifiers.classifier.device", lambda: ELSEWHERE)
    return Classifier(manifest(("A", "B")), Small())


def test_prediction_goes_on_on_the_processor(
    crowded: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng(0)
    image = radiograph(rng.random((SIZE, SIZE)))
    first = crowded.predict(image)
    assert crowded.device == torch.device("cpu")
    assert crowded.notice == "The GPU's memory is too small; test runs on the processor."
    assert crowded.notice in caplog.text
    assert crowded.predict(image) == first


def test_explanation_goes_on_on_the_processor(crowded: Classifier) -> None:
    image = crowded.prepare(radiograph(np.random.default_rng(0).random((SIZE, SIZE))))
    maps = METHODS["occlusion"].explain(crowded, image)
    again = METHODS["occlusion"].explain(crowded, image)
    for found, expected in zip(maps, again, strict=True):
        np.testing.assert_allclose(found.values, expected.values, atol=1e-6)


def test_memory_that_is_short_on_the_processor_itself_is_an_error() -> None:
    network = Small()
    classifier = Classifier(manifest(("A", "B")), network)
    network.room = False
    with pytest.raises(torch.OutOfMemoryError):
        classifier.predict(radiograph(np.zeros((SIZE, SIZE))))
