"""U-Nets whose encoder classifies: ``unet/ENCODER``, with masks beside the logits.

Karargyris et al. 2021, doi 10.1038/s41597-021-00863-5, train one where radiologists looked,
Watanabe et al. 2022, doi 10.3389/fradi.2022.991683, put its masks to use.
segmentation-models-pytorch has such networks, but their forward depends on the input's shape, so
that their graph cannot be traced, and their encoders come in fixed sizes; a decoder takes little.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import torch
from torch import nn

from shamsul.classifiers.vision import torchvision

#: Those of `UNet` that are not the encoder's.
OPTIONS: Final = ("decoder", "masks", "gated", "dropout")
#: Rows and columns of what is sent through an encoder to see where it halves them.
_TRIAL: Final = 64


class Seen(NamedTuple):
    """All that a U-Net gives for N images.

    Attributes
    ----------
    logits : Tensor of shape (N, L)
    masks : Tensor of shape (N, M, h', w'), or None
        Logits of the masks, M being 1 or L, on a coarser grid than the images; None without a
        decoder.
    evidence : Tensor of shape (N, L, h", w")
        What each place of the last feature map gives to each logit, whose mean over places, and the
        last layer's bias, are the logit. Its positive part is the classifier's Grad-CAM times the
        number of places.
    """

    logits: torch.Tensor
    masks: torch.Tensor | None
    evidence: torch.Tensor

    def like(self, other: torch.Tensor) -> "Seen":
        """The same, of another's kind of numbers."""
        masks = None if self.masks is None else self.masks.to(other)
        return Seen(self.logits.to(other), masks, self.evidence.to(other))


class UNet(nn.Module):
    """An encoder with a classifier on its deepest features and a decoder for masks.

    Parameters
    ----------
    encoder : str
        Name of a torchvision classifier that is a sequence of steps: DenseNet, ResNet, VGG,
        EfficientNet, MobileNet and their kin; ``densenet`` is any size of DenseNet.
    labels : int
    decoder : tuple of int
        Channels after each doubling of rows and columns, from the deepest features on.
    masks : {"one", "labels", "none"}
        One mask for all labels, or one for each; without any there is no decoder.
    gated : bool
        The classifier sees the deepest features times the mask; needs one mask.
    dropout : float
        Before the last layer.
    **options
        Of the encoder.

    Attributes
    ----------
    masks : int
        How many there are: 0, 1 or that of the labels.
    reduction : int
        By which rows and columns of the images must be divisible: that of the deepest features.

    Raises
    ------
    ValueError
        An option does not fit; one clause.
    """

    def __init__(
        self,
        encoder: str,
        labels: int,
        *,
        decoder: tuple[int, ...] = (128, 64, 32),
        masks: str = "one",
        gated: bool = False,
        dropout: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__()
        if masks not in ("one", "labels", "none"):
            raise ValueError(f'masks must be "one", "labels" or "none", not {masks!r}')
        if gated and masks != "one":
            raise ValueError('gated needs masks = "one"')
        self.encoder = _steps(encoder, options)
        halving, channels, reduction = _halving(self.encoder)
        self.reduction: int = reduction
        if not 1 <= len(decoder) <= len(halving):
            raise ValueError(f"decoder needs from 1 to {len(halving)} numbers of channels")
        #: Names of the encoder's steps whose output the decoder gets, the deepest first.
        self._skips = tuple(reversed(halving))[: len(decoder)]
        wide = channels[-1]
        last = list(self.encoder.children())[-1]
        self.active = nn.ReLU() if isinstance(last, nn.BatchNorm2d) else nn.Identity()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(wide, labels)
        self.gated = gated
        self.masks = {"none": 0, "one": 1, "labels": labels}[masks]
        if not self.masks:
            return
        names = list(dict(self.encoder.named_children()))
        ups = []
        for skip, narrow in zip(self._skips, decoder, strict=True):
            ups.append(_Up(wide, channels[names.index(skip)], narrow))
            wide = narrow
        self.decoder = nn.ModuleList(ups)
        self.mask = nn.Conv2d(wide, self.masks, 3, padding=1)
        self.coarse = nn.AvgPool2d(2 ** len(decoder))
        self.sigmoid = nn.Sigmoid()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits, shape (N, L), of normalised images (N, C, h, w)."""
        features, skips = self._features(images)
        if self.gated:
            features = self._gate(features, self._masks(features, skips))
        return self._classified(features)

    def whole(self, images: torch.Tensor) -> Seen:
        """Logits, masks and evidence of normalised images (N, C, h, w)."""
        features, skips = self._features(images)
        masks = self._masks(features, skips) if self.masks else None
        if self.gated and masks is not None:
            features = self._gate(features, masks)
        weights = self.classifier.weight[:, :, None, None]
        evidence = nn.functional.conv2d(features, weights)
        return Seen(self._classified(features), masks, evidence)

    def mask_size(self, size: int) -> int:
        """Rows and columns of the masks of images of so many; as many as the decoder could give."""
        return (size // self.reduction) << len(self._skips)

    def _features(self, images: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The deepest features, and those that the decoder gets besides."""
        x, skips = images, {}
        for name, step in self.encoder.named_children():
            x = step(x)
            if name in self._skips:
                skips[name] = x
        features: torch.Tensor = self.active(x)
        return features, skips

    def _masks(self, features: torch.Tensor, skips: Mapping[str, torch.Tensor]) -> torch.Tensor:
        x = features
        for name, up in zip(self._skips, self.decoder, strict=True):
            x = up(x, skips[name])
        masks: torch.Tensor = self.mask(x)
        return masks

    def _gate(self, features: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        gate: torch.Tensor = self.sigmoid(self.coarse(masks))
        return features * gate

    def _classified(self, features: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(self.dropout(torch.flatten(self.pool(features), 1)))
        return logits


class _Up(nn.Module):
    """Twice as many rows and columns, joined with the encoder's features of that size."""

    def __init__(self, deep: int, beside: int, channels: int) -> None:
        super().__init__()
        self.up = nn.Upsample(scale_factor=2)
        self.both = nn.Sequential(
            nn.Conv2d(deep + beside, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
        joined: torch.Tensor = self.both(torch.cat([self.up(x), beside], 1))
        return joined


def _steps(name: str, options: Mapping[str, Any]) -> nn.Sequential:
    """A torchvision classifier up to its deepest features."""
    models = torchvision.models
    if name == "densenet":
        network = models.DenseNet(**options)
    elif name in models.list_models(models):
        network = models.get_model(name, weights=None, **options)
    else:
        raise ValueError(f"there is no encoder {name!r}")
    features = getattr(network, "features", None)
    if isinstance(features, nn.Sequential):
        return features
    if isinstance(network, models.ResNet):
        steps = [(n, step) for n, step in network.named_children() if n not in ("avgpool", "fc")]
        return nn.Sequential(OrderedDict(steps))
    raise ValueError(f"{name} is no sequence of steps that could be an encoder")


def _halving(encoder: nn.Sequential) -> tuple[list[str], list[int], int]:
    """Steps before which rows and columns are halved, channels after each step, the reduction."""
    first = next(child for child in encoder.modules() if isinstance(child, nn.Conv2d))
    x = first.weight.new_zeros(1, first.in_channels, _TRIAL, _TRIAL)
    names, channels, before = [], [], ""
    encoder.eval()
    with torch.no_grad():
        for name, step in encoder.named_children():
            size, x = x.shape[2], step(x)
            if x.shape[2] < size and before:
                names.append(before)
            before = name
            channels.append(x.shape[1])
    encoder.train()
    return names, channels, _TRIAL // x.shape[2]
