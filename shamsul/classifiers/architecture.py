"""Building the module that a manifest names, without downloading anything."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from shamsul.classifiers.manifest import UNET, Manifest, ModelError
from shamsul.classifiers.unet import UNet
from shamsul.classifiers.vision import torchvision

models = torchvision.models


#: What constructors raise of options that they do not take; torch._assert is one of them.
_UNFIT = (TypeError, ValueError, ArithmeticError, RuntimeError, LookupError, AssertionError)


def build(manifest: Manifest) -> nn.Module:
    """Build the manifest's architecture with one plain logit per label, weights still random.

    Raises
    ------
    ModelError
        No such architecture, it does not take the manifest's options, or it is in an ONNX file.

    Notes
    -----
    torchxrayvision's DenseNet and torchvision's are the same network with the same parameter
    names; what torchxrayvision adds in ``forward`` (resizing, rescaled probabilities) is not
    wanted here. So ``xrv/densenet`` is built from torchvision's class, which leaves one DenseNet
    to explain and saves importing torchxrayvision, which silences all warnings.
    """
    if manifest.opaque:
        raise ModelError(manifest.opaque)
    family, name = manifest.arch.split("/")
    labels, options = len(manifest.labels), manifest.arch_options
    # Random initial values are mostly thrown away; they should not advance the global state.
    with torch.random.fork_rng(devices=[]):
        try:
            module = _construct(family, name, labels, manifest.input_size, options)
        except _UNFIT as error:
            raise ModelError(f"{manifest.arch} cannot be built as described ({error}).") from None
        _set_input_channels(module, manifest.channels)
    if isinstance(module, UNet) and manifest.input_size % module.reduction:
        raise ModelError(
            f"{manifest.arch} needs an input_size that can be divided by {module.reduction}."
        )
    return module


def _construct(
    family: str, name: str, labels: int, size: int, options: Mapping[str, Any]
) -> nn.Module:
    module: nn.Module
    if family == UNET:
        module = UNet(name, labels, **options)
    elif name == "densenet":
        module = models.DenseNet(num_classes=labels, **options)
    elif family == "torchvision" and name == "vit":
        module = models.VisionTransformer(size, num_classes=labels, **options)
    elif family == "torchvision" and name == "swin":
        module = models.SwinTransformer(num_classes=labels, **options)
    elif family == "torchvision" and name == "swin_v2":
        module = models.SwinTransformer(
            num_classes=labels,
            block=models.swin_transformer.SwinTransformerBlockV2,
            downsample_layer=models.swin_transformer.PatchMergingV2,
            **options,
        )
    elif family == "torchvision" and name in models.list_models(models):
        # The auxiliary heads of two only serve training and take seconds to initialise; a vision
        # transformer has a position for each patch of its grid.
        extra: dict[str, object] = {}
        if name in ("inception_v3", "googlenet"):
            extra["init_weights"] = False
        elif name.startswith("vit_"):
            extra["image_size"] = size
        module = models.get_model(name, weights=None, num_classes=labels, **extra, **options)
    else:
        raise ModelError(f"There is no architecture {family}/{name}.")
    return module


def _set_input_channels(module: nn.Module, channels: int) -> None:
    """Make the first convolution take another number of channels."""
    first = next(child for child in module.modules() if isinstance(child, nn.Conv2d))
    if first.in_channels != channels:
        first.in_channels = channels
        first.weight = nn.Parameter(torch.empty(first.out_channels, channels, *first.kernel_size))
        nn.init.kaiming_normal_(first.weight)
