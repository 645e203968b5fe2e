"""Small networks and pictures that they can learn."""

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from shamsul.classifiers import architecture
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.training.loop import Examples
from shamsul.training.recipe import Augmentation

MANIFEST = Manifest(
    name="tiny",
    arch="torchvision/densenet",
    labels=("Edema",),
    input_size=32,
    channels=1,
    normalisation=Normalisation((0.5,), (0.25,)),
    resize=Resize.STRETCH,
    sha256="0" * 64,
    arch_options={"growth_rate": 4, "block_config": (1, 1, 1, 1), "num_init_features": 8},
)
#: As the bundled model's images are changed.
CHANGES = Augmentation(
    shift=0.05,
    turn=6,
    scale=0.08,
    contrast=0.2,
    brightness=0.08,
    gamma=0.25,
    blur=0.3,
    noise=0.02,
)


def squares(count: int, seed: int) -> Examples:
    """A bright square anywhere, or none."""
    rng = np.random.default_rng(seed)
    images = rng.integers(60, 100, (count, 32, 32)).astype(np.uint8)
    present = rng.random((count, 1)) < 0.5
    for index in np.flatnonzero(present):
        row, column = rng.integers(4, 18, 2)
        images[index, row : row + 10, column : column + 10] += 110
    return Examples(images, present.astype(np.float32), np.ones_like(present))


def fresh(manifest: Manifest = MANIFEST) -> nn.Module:
    """The network with the same weights each time."""
    torch.manual_seed(0)
    # More threads only wait for each other on pictures as small as these.
    torch.set_num_threads(1)
    return architecture.build(manifest)


def one_process(precision: str = "32-true") -> Fabric:
    """This process, launched."""
    fabric = Fabric(accelerator="cpu", devices=1, precision=precision)  # type: ignore[arg-type]
    fabric.launch()
    return fabric
