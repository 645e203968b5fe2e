"""Small classifiers that tests make themselves."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.radiograph import Radiograph

SIZE = 64


def manifest(labels: tuple[str, ...], **changes: object) -> Manifest:
    values: dict[str, object] = {
        "name": "test",
        "arch": "torchvision/densenet",
        "labels": labels,
        "input_size": SIZE,
        "channels": 3,
        "normalisation": Normalisation((0.5,) * 3, (0.25,) * 3),
        "resize": Resize.STRETCH,
        "sha256": "0" * 64,
        "trained_on": "nothing",
    }
    return Manifest(**(values | changes))  # type: ignore[arg-type]


def unsettle(module: nn.Module) -> nn.Module:
    """Give batch normalisations statistics that are not those of a fresh network."""
    generator = torch.Generator().manual_seed(1)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.3, generator=generator)  # type: ignore[union-attr]
            part.running_var.uniform_(0.5, 2, generator=generator)  # type: ignore[union-attr]
            part.weight.data.uniform_(0.5, 1.5, generator=generator)
            part.bias.data.normal_(0, 0.2, generator=generator)
    return module


@pytest.fixture(scope="session")
def densenet() -> Classifier:
    """A small random DenseNet of three labels."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = torchvision.models.DenseNet(
            growth_rate=8, block_config=(2, 2), num_init_features=8, num_classes=3
        )
    rows = np.linspace(0.2, 0.7, SIZE, dtype=np.float32)
    mean = np.repeat(rows[:, None], SIZE, 1)
    return Classifier(manifest(("Edema", "Cardiomegaly", "No Finding")), unsettle(module), mean)


@pytest.fixture(scope="session")
def unet() -> Classifier:
    """A small random U-Net with a mask for each of three labels."""
    about = manifest(
        ("Edema", "Cardiomegaly", "No Finding"),
        arch="unet/densenet",
        arch_options={
            "growth_rate": 8,
            "block_config": (2, 2),
            "num_init_features": 8,
            "decoder": (12, 8),
            "masks": "labels",
        },
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = architecture.build(about)
    return Classifier(about, unsettle(module))


VIT = {"patch_size": 8, "num_layers": 2, "num_heads": 2, "hidden_dim": 16, "mlp_dim": 32}
SWIN = {
    "patch_size": (4, 4),
    "embed_dim": 16,
    "depths": (2, 2),
    "num_heads": (2, 4),
    "window_size": (4, 4),
}


def transformer(arch: str, size: int = SIZE, **options: object) -> Classifier:
    """A small random vision transformer of three labels; nothing in it is zero."""
    about = manifest(
        ("Edema", "Cardiomegaly", "No Finding"), arch=arch, input_size=size, arch_options=options
    )
    module = architecture.build(about)
    generator = torch.Generator().manual_seed(0)
    for name, weights in module.named_parameters():
        centre = 1.0 if "norm" in name or ".ln" in name else 0.0
        weights.data.normal_(centre if name.endswith("weight") else 0, 0.3, generator=generator)
    return Classifier(about, module)


@pytest.fixture(scope="session")
def vit() -> Classifier:
    return transformer("torchvision/vit", **VIT)


@pytest.fixture(scope="session")
def swin() -> Classifier:
    return transformer("torchvision/swin", **SWIN)


class SquareDetector(nn.Module):
    """Answers to how much bright square of 8 x 8 there is anywhere, and to its absence."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(1, 1, 8, stride=2, padding=3)
        self.features.weight.data.fill_(1 / 64)
        self.features.bias.data.fill_(-0.6)  # type: ignore[union-attr]
        self.classifier = nn.Linear(1, 2, bias=False)
        self.classifier.weight.data = torch.tensor([[100.0], [-100.0]])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found = torch.nn.functional.relu(self.features(x), inplace=True)
        pooled = torch.nn.functional.adaptive_avg_pool2d(found, (1, 1))
        return self.classifier(torch.flatten(pooled, 1))


@pytest.fixture(scope="session")
def detector() -> Classifier:
    """A classifier that answers to a bright square, done by hand."""
    return Classifier(
        manifest(("Square", "No square"), channels=1, normalisation=Normalisation((0.0,), (1.0,))),
        SquareDetector(),
    )


def radiograph(pixels: np.ndarray) -> Radiograph:
    return Radiograph(pixels.astype(np.float32), (0.0, 1.0), None, "", "0" * 64)


@pytest.fixture
def grid_image() -> Callable[[np.ndarray], GridImage]:
    """An image given on the model's grid itself."""

    def make(values: np.ndarray) -> GridImage:
        shape = values.shape
        geometry = Geometry.window(shape, shape, top=0, left=0, height=shape[0], width=shape[1])
        return GridImage(values.astype(np.float32), geometry)

    return make


@pytest.fixture
def noise(grid_image: Callable[[np.ndarray], GridImage]) -> GridImage:
    """Smooth noise on the model's grid."""
    from scipy import ndimage

    rng = np.random.default_rng(0)
    values = ndimage.gaussian_filter(rng.random((SIZE, SIZE)), 3)
    return grid_image((values - values.min()) / np.ptp(values))
