"""Networks whose weights are drawn by NumPy, so that any implementation can have the same."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

OUTPUTS = 3
SIZE = 48
KINDS = ("dense", "vgg", "resnet")


def network(kind: str, layers: Any, resnet: Any) -> nn.Module:
    """One of three networks, of some implementation's layers, in evaluation mode.

    `layers` has the classes of ``torch.nn``, `resnet` gives a ResNet of one bottleneck a stage.
    """
    if kind == "resnet":
        module = resnet()
    elif kind == "dense":
        module = layers.Sequential(
            layers.Conv2d(3, 6, 5, stride=3),
            layers.ReLU(),
            layers.MaxPool2d(3),
            layers.Flatten(),
            layers.Linear(150, 40),
            layers.ReLU(),
            layers.Linear(40, 30),
            layers.ReLU(),
            layers.Linear(30, OUTPUTS),
        )
    else:
        module = layers.Sequential(
            layers.Conv2d(3, 8, 3, padding=1),
            layers.ReLU(),
            layers.MaxPool2d(2),
            layers.Conv2d(8, 12, 3, padding=1),
            layers.BatchNorm2d(12),
            layers.ReLU(),
            layers.MaxPool2d(2),
            layers.Conv2d(12, 16, 3, stride=2, padding=1),
            layers.ReLU(),
            layers.AdaptiveAvgPool2d((2, 2)),
            layers.Flatten(),
            layers.Linear(64, 20),
            layers.ReLU(),
            layers.Linear(20, OUTPUTS),
        )
    rng = np.random.default_rng(KINDS.index(kind))
    for name, value in module.state_dict().items():
        if value.ndim == 0:
            continue
        if name.endswith("running_var"):
            drawn = rng.uniform(0.5, 2, value.shape)
        elif value.ndim == 1 and name.endswith("weight"):  # of batch normalisation
            drawn = rng.uniform(0.5, 1.5, value.shape)
        elif value.ndim == 1:
            drawn = rng.normal(0, 0.1, value.shape)
        else:
            drawn = rng.normal(0, np.sqrt(2 / value[0].numel()), value.shape)
        value.copy_(torch.from_numpy(drawn))
    return module.eval().double()


def batch() -> torch.Tensor:
    """An input of shape (1, 3, SIZE, SIZE)."""
    return torch.from_numpy(np.random.default_rng(9).normal(0, 1, (1, 3, SIZE, SIZE)))


#: The layers of torch.
TORCH = SimpleNamespace(**vars(nn))
