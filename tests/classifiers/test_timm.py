"""Weights of timm's DenseNets and ResNets are taken as they are, for torchvision's same networks.

Both networks are written down here once more, with the names that timm 1.0 has for their weights
(``timm/models/densenet.py`` and ``resnet.py``, read on 29 November 2026).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor

from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.manifest import Manifest, ModelError, Scaling
from shamsul.classifiers.registry import load
from tests.classifiers.conftest import tiny

LABELS = ("Edema", "Fracture", "Pneumonia")
GRIDS = np.random.default_rng(0).random((2, 64, 64), np.float32)


class Steps:
    """The steps of a network, whose weights are drawn where they are first needed."""

    def __init__(self) -> None:
        self.weights: dict[str, Tensor] = {}
        self._generator = torch.Generator().manual_seed(0)

    def _drawn(self, name: str, shape: tuple[int, ...], mean: float, std: float) -> Tensor:
        drawn = torch.randn(shape, generator=self._generator) * std + mean
        return self.weights.setdefault(name, drawn)

    def conv(self, name: str, x: Tensor, out: int, kernel: int, stride: int = 1) -> Tensor:
        shape = (out, x.shape[1], kernel, kernel)
        std = (2 / (x.shape[1] * kernel**2)) ** 0.5
        weight = self._drawn(f"{name}.weight", shape, 0, std)
        return F.conv2d(x, weight, stride=stride, padding=kernel // 2)

    def norm(self, name: str, x: Tensor) -> Tensor:
        shape = (x.shape[1],)
        mean = self._drawn(f"{name}.running_mean", shape, 0, 0.1)
        var = self._drawn(f"{name}.running_var", shape, 0, 0.1).abs_().add_(1)
        self.weights[f"{name}.num_batches_tracked"] = torch.tensor(7)
        weight = self._drawn(f"{name}.weight", shape, 0.8, 0.1)
        return F.batch_norm(x, mean, var, weight, self._drawn(f"{name}.bias", shape, 0, 0.1))

    def dense(self, name: str, x: Tensor) -> Tensor:
        weight = self._drawn(f"{name}.weight", (len(LABELS), x.shape[1]), 0, x.shape[1] ** -0.5)
        return x @ weight.T + self._drawn(f"{name}.bias", (len(LABELS),), 0, 1)


def densenet121(steps: Steps, x: Tensor) -> Tensor:
    x = steps.conv("features.conv0", x, 64, 7, 2)
    x = F.max_pool2d(steps.norm("features.norm0", x).relu(), 3, 2, 1)
    for block, layers in enumerate((6, 12, 24, 16), 1):
        for layer in range(1, layers + 1):
            at = f"features.denseblock{block}.denselayer{layer}"
            inner = steps.conv(f"{at}.conv1", steps.norm(f"{at}.norm1", x).relu(), 128, 1)
            new = steps.conv(f"{at}.conv2", steps.norm(f"{at}.norm2", inner).relu(), 32, 3)
            x = torch.cat([x, new], 1)
        if block < 4:
            at = f"features.transition{block}"
            x = steps.conv(f"{at}.conv", steps.norm(f"{at}.norm", x).relu(), x.shape[1] // 2, 1)
            x = F.avg_pool2d(x, 2)
    return steps.dense("classifier", steps.norm("features.norm5", x).relu().mean((2, 3)))


def resnet50(steps: Steps, x: Tensor) -> Tensor:
    x = F.max_pool2d(steps.norm("bn1", steps.conv("conv1", x, 64, 7, 2)).relu(), 3, 2, 1)
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        width = 32 * 2**stage
        for block in range(blocks):
            at, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            inner = steps.norm(f"{at}.bn1", steps.conv(f"{at}.conv1", x, width, 1)).relu()
            inner = steps.conv(f"{at}.conv2", inner, width, 3, stride)
            inner = steps.norm(f"{at}.bn2", inner).relu()
            inner = steps.norm(f"{at}.bn3", steps.conv(f"{at}.conv3", inner, 4 * width, 1))
            if block == 0:
                x = steps.conv(f"{at}.downsample.0", x, 4 * width, 1, stride)
                x = steps.norm(f"{at}.downsample.1", x)
            x = (x + inner).relu()
    return steps.dense("fc", x.mean((2, 3)))


def manifest(network: Callable[[Steps, Tensor], Tensor]) -> Manifest:
    return tiny(
        arch=f"torchvision/{network.__name__}",
        labels=LABELS,
        input_size=64,
        channels=3,
        normalisation=Scaling.UNIT,
        arch_options={},
    )


@pytest.mark.parametrize("network", [densenet121, resnet50])
def test_logits_are_those_of_the_network_with_timms_names(
    network: Callable[[Steps, Tensor], Tensor], tmp_path: Path
) -> None:
    steps = Steps()
    expected = network(steps, torch.from_numpy(GRIDS)[:, None].repeat(1, 3, 1, 1)).numpy()
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file(steps.weights, file)
    import_weights(file, manifest(network), tmp_path / "mine")
    assert 0.1 < np.abs(expected).max() < 100
    np.testing.assert_allclose(load(tmp_path / "mine").logits(GRIDS), expected, rtol=0, atol=1e-5)


def test_another_stem_is_another_network(tmp_path: Path) -> None:
    steps = Steps()
    resnet50(steps, torch.zeros(1, 3, 64, 64))
    # As in resnet50d: three convolutions in place of the first.
    del steps.weights["conv1.weight"]
    for place, (taken, given) in {0: (3, 32), 3: (32, 32), 6: (32, 64)}.items():
        found = steps.conv(f"conv1.{place}", torch.zeros(1, taken, 8, 8), given, 3)
        if place < 6:
            steps.norm(f"conv1.{place + 1}", found)
    safetensors.torch.save_file(steps.weights, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="do not fit torchvision/resnet50"):
        import_weights(tmp_path / "model.safetensors", manifest(resnet50), tmp_path / "mine")
