"""What cells add to logits: exact sums, for networks that are such sums, and for no others."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from shamsul.classifiers import registry
from shamsul.classifiers.cells import MOST, Cells
from shamsul.classifiers.inference import candidates
from shamsul.classifiers.vision import torchvision

LABELS = 3


class Own(nn.Module):
    """A network that pools in its own way between its features and its dense layer."""

    def __init__(self, pool: str, stride: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.features = nn.Conv2d(3, 5, 3, stride=stride, padding=1)
        self.dense = nn.Linear(5, LABELS)
        self.pool = pool

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = F.relu(self.features(x))
        if self.pool == "mean":
            return self.dense(features.mean((2, 3)))
        if self.pool == "torch.mean":
            return self.dense(torch.mean(features, dim=(-2, -1)))
        if self.pool == "channels":
            return F.adaptive_avg_pool2d(features[:, :LABELS], 1).flatten(1)
        if self.pool == "maximum":
            return self.dense(features.amax((2, 3)))
        if self.pool == "clamped":
            return self.dense(features.mean((2, 3)).clamp_(max=0.01))
        if self.pool == "squashed":
            return torch.tanh(self.dense(features.mean((2, 3))))
        raise AssertionError


def images(size: int = 28, count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("pool", ["mean", "torch.mean", "channels"])
def test_cells_are_weighted_features_and_sum_to_the_logits(pool: str) -> None:
    network = Own(pool).eval()
    with torch.no_grad():
        cells = Cells(network)(images())
        features = F.relu(network.features(images()))
        assert cells.shape == (2, LABELS, 7, 7)
        np.testing.assert_allclose(cells.sum((2, 3)), network(images()), atol=1e-6)
        for label in range(LABELS):
            for row, column in [(0, 0), (3, 5), (6, 6)]:
                here = features[:, :, row, column]
                if pool == "channels":
                    expected = here[:, label] / 49
                else:
                    weighted = here @ network.dense.weight[label] + network.dense.bias[label]
                    expected = weighted / 49
                np.testing.assert_allclose(cells[:, label, row, column], expected, atol=1e-6)


@pytest.mark.parametrize("pool", ["maximum", "clamped", "squashed"])
def test_a_network_that_is_no_such_sum_has_a_single_cell(pool: str) -> None:
    network = Own(pool).eval()
    with torch.no_grad():
        cells = Cells(network)(images())
        np.testing.assert_array_equal(cells, network(images())[:, :, None, None])


@pytest.mark.parametrize(("stride", "side", "groups"), [(1, 28, 8), (2, 14, 8), (3, 10, 8)])
def test_many_cells_are_added_up_to_few(stride: int, side: int, groups: int) -> None:
    network = Own("mean", stride).eval()
    with torch.no_grad():
        cells = Cells(network)(images())
        features = F.relu(network.features(images()))
        assert features.shape[2] == side and cells.shape[2:] == (groups, groups) and groups <= MOST
        np.testing.assert_allclose(cells.sum((2, 3)), network(images()), atol=1e-5)
        maps = F.conv2d(features, network.dense.weight[:, :, None, None], network.dense.bias)
        of = [row * groups // side for row in range(side)]
        expected = np.zeros(cells.shape)
        for row in range(side):
            for column in range(side):
                expected[:, :, of[row], of[column]] += maps[:, :, row, column].numpy() / side**2
        np.testing.assert_allclose(cells, expected, atol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("resnet18", 2),
        ("efficientnet_b0", 2),  # averages inside its blocks, too
        ("squeezenet1_1", 3),  # whose averaged channels are the outputs
        ("swin_t", 2),
        ("vgg11", 1),
        ("mobilenet_v3_small", 1),
        ("convnext_tiny", 1),
    ],
)
def test_architectures(name: str, cells: int) -> None:
    torch.manual_seed(0)
    network = torchvision.models.get_model(name, num_classes=LABELS).eval()
    with torch.no_grad():
        found = Cells(network)(images(64))
        assert found.shape == (2, LABELS, cells, cells)
        np.testing.assert_allclose(found.sum((2, 3)), network(images(64)), atol=1e-5)


@pytest.mark.long
def test_every_engine_gives_the_same_cells(tmp_path: Path) -> None:
    classifier = registry.load("phantom")
    size = classifier.manifest.input_size
    grids = torch.rand(3, size, size, generator=torch.Generator().manual_seed(2))
    batch = classifier.normalise(grids)
    expected = classifier.reference.cells(batch)
    assert expected.shape[1:] == (len(classifier.manifest.labels), 7, 7)
    np.testing.assert_array_equal(classifier.cells(grids), expected)
    np.testing.assert_allclose(expected.sum((2, 3)), classifier.reference(batch), atol=1e-5)
    engines, note = candidates(classifier, tmp_path)
    if note:
        pytest.skip(note)
    for name, engine in engines.items():
        allowed = 1e-6 if name.endswith("float32") else 0.05 * expected.std()
        np.testing.assert_allclose(engine.cells(batch), expected, rtol=0, atol=allowed)
        np.testing.assert_allclose(
            engine(batch), engine.cells(batch).sum((2, 3)), atol=20 * allowed
        )
