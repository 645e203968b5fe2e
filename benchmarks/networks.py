"""What benchmarks explain: the bundled model, and a DenseNet-121 of full size."""

import torch
import torchvision
from torch import nn

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.phantom import render
from shamsul.radiographs.radiograph import Radiograph

#: Seeds that no model was trained on.
FIRST_SEED = 900_000


def phantom(number: int, classifier: Classifier) -> GridImage:
    """A phantom on the model's grid."""
    pixels = render(FIRST_SEED + number, shape=(512, 432)).pixels
    return classifier.prepare(Radiograph(pixels, (0.0, 1.0), None, "", "0" * 64))


def network(name: str) -> Classifier:
    """``phantom``, the bundled model, or ``densenet121`` with 14 labels.

    The DenseNet-121 computes what the bundled model computes, whose channels are some of its own;
    the others are zero. So it has a DenseNet-121's cost and a trained network's answers: those of
    random weights hardly vary from one image to the next. Its labels beyond the bundled model's are
    mixtures of them.
    """
    small = registry.load("phantom")
    if name == "phantom":
        return small
    manifest = Manifest(
        name="densenet121",
        arch="torchvision/densenet121",
        labels=tuple(f"Label {number}" for number in range(14)),
        input_size=224,
        channels=3,
        normalisation=Normalisation((0.5,) * 3, (0.25,) * 3),
        resize=Resize.STRETCH,
        sha256="0" * 64,
        trained_on="Nothing of its own.",
    )
    large = torchvision.models.densenet121(num_classes=14)
    with torch.no_grad():
        _embed(small.module, large)
    return Classifier(manifest, large)


def _embed(small: nn.Module, large: nn.Module) -> None:
    """Make a large DenseNet compute what a small one does, and mixtures of it."""
    for part in large.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.zeros_(part.weight)
    kept = _copy(small.features.conv0, large.features.conv0, [0])
    _copy_norm(small.features.norm0, large.features.norm0, kept)
    for number in range(1, 5):
        block = getattr(large.features, f"denseblock{number}")
        for layer, theirs in getattr(small.features, f"denseblock{number}").named_children():
            ours = getattr(block, layer)
            _copy_norm(theirs.norm1, ours.norm1, kept)
            middle = _copy(theirs.conv1, ours.conv1, kept)
            _copy_norm(theirs.norm2, ours.norm2, middle)
            added = _copy(theirs.conv2, ours.conv2, middle)
            kept = kept + [ours.norm1.num_features + channel for channel in added]
        if number < 4:
            name = f"transition{number}"
            theirs, ours = getattr(small.features, name), getattr(large.features, name)
            _copy_norm(theirs.norm, ours.norm, kept)
            kept = _copy(theirs.conv, ours.conv, kept)
    _copy_norm(small.features.norm5, large.features.norm5, kept)
    rows = _copy(small.classifier, large.classifier, kept)
    torch.manual_seed(0)
    mixing = torch.randn(large.classifier.out_features - len(rows), len(rows)) / len(rows) ** 0.5
    large.classifier.weight[len(rows) :] = mixing @ large.classifier.weight[: len(rows)]
    large.classifier.bias[: len(rows)] = small.classifier.bias
    large.classifier.bias[len(rows) :] = mixing @ small.classifier.bias


def _copy(small: nn.Module, large: nn.Module, inputs: list[int]) -> list[int]:
    """Copy weights onto some of the large layer's inputs; gives the outputs that they reach."""
    outputs = list(range(len(small.weight)))
    for output in outputs:
        large.weight[output, inputs] = small.weight[output]
    return outputs


def _copy_norm(small: nn.Module, large: nn.Module, channels: list[int]) -> None:
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(large, name)[channels] = getattr(small, name)
