"""Light random changes to training images that a radiograph's labels survive."""

import math
from collections.abc import Sequence
from typing import Final

import torch
from torch.nn import functional

from shamsul.training.recipe import Augmentation

_BLUR = 0.8
#: What is drawn for each image, besides noise.
_DRAWS: Final = (
    "flip",
    "turn",
    "scale",
    "down",
    "across",
    "blur",
    "contrast",
    "brightness",
    "gamma",
)


def augment(images: torch.Tensor, seeds: Sequence[int], largest: Augmentation) -> torch.Tensor:
    """Mirror, shift, turn, scale, blur, change contrast, brightness and gamma, add noise.

    Parameters
    ----------
    images : Tensor of shape (N, 1, h, w), float, in [0, 1]
    seeds : sequence of N int
        What becomes of an image depends on its seed alone, not on those beside it.
    largest : Augmentation

    Returns
    -------
    Tensor of shape (N, 1, h, w), float, in [0, 1]

    Notes
    -----
    Edge pixels are repeated outwards.
    """
    if largest == Augmentation():
        return images
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    draws = _drawn(generators, images)
    signed = {name: 2 * draw - 1 for name, draw in draws.items()}
    images = _moved(images, draws, signed, largest)
    if largest.blur:
        chosen = draws["blur"] < largest.blur
        images = images.index_put((chosen,), _blur(images[chosen]))
    if largest.contrast or largest.brightness or largest.gamma:
        contrast, brightness, gamma = (
            (getattr(largest, name) * signed[name]).view(-1, 1, 1, 1)
            for name in ("contrast", "brightness", "gamma")
        )
        images = (images - 0.5) * (1 + contrast) + 0.5 + brightness
        images = images.clamp(0, 1) ** gamma.exp()
    if largest.noise:
        size = images.shape[1:]
        noise = torch.stack([torch.randn(size, generator=one) for one in generators]).to(images)
        strength = torch.stack([torch.rand(1, 1, 1, generator=one) for one in generators])
        images = (images + largest.noise * strength.to(images) * noise).clamp(0, 1)
    return images


def move(maps: torch.Tensor, seeds: Sequence[int], largest: Augmentation) -> torch.Tensor:
    """Mirror, shift, turn and scale maps over images as `augment` does the images.

    Parameters
    ----------
    maps : Tensor of shape (N, M, h, w), float
        On any grid over the images.
    seeds, largest
        As those of the images.
    """
    draws = _drawn([torch.Generator().manual_seed(seed) for seed in seeds], maps)
    return _moved(maps, draws, {name: 2 * draw - 1 for name, draw in draws.items()}, largest)


def _drawn(generators: Sequence[torch.Generator], like: torch.Tensor) -> dict[str, torch.Tensor]:
    """What is drawn for each image, in [0, 1), by name."""
    uniform = torch.stack([torch.rand(len(_DRAWS), generator=one) for one in generators])
    return dict(zip(_DRAWS, uniform.to(like).T, strict=True))


def _moved(
    images: torch.Tensor,
    draws: dict[str, torch.Tensor],
    signed: dict[str, torch.Tensor],
    largest: Augmentation,
) -> torch.Tensor:
    """Mirrored, shifted, turned, scaled."""
    if largest.flip:
        mirrored = (draws["flip"] < largest.flip).view(-1, 1, 1, 1)
        images = torch.where(mirrored, images.flip(3), images)
    if not (largest.turn or largest.scale or largest.shift):
        return images
    angle = math.radians(largest.turn) * signed["turn"]
    scale = 1 + largest.scale * signed["scale"]
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    down, across = 2 * largest.shift * signed["down"], 2 * largest.shift * signed["across"]
    rows = [torch.stack([cosine, -sine, across], 1), torch.stack([sine, cosine, down], 1)]
    places = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, places, padding_mode="border", align_corners=False)


def _blur(images: torch.Tensor) -> torch.Tensor:
    """Gaussian blur over 5 x 5 pixels."""
    kernel = torch.exp(-(torch.arange(-2.0, 3.0) ** 2) / (2 * _BLUR**2))
    shares = (kernel / kernel.sum()).tolist()
    # Five sums take a fraction of a convolution of one channel.
    for dimension, size in ((2, images.shape[2]), (3, images.shape[3])):
        sides = (0, 0, 2, 2) if dimension == 2 else (2, 2, 0, 0)
        wide = functional.pad(images, sides, mode="replicate")
        parts = (share * wide.narrow(dimension, k, size) for k, share in enumerate(shares))
        images = sum(parts, torch.zeros_like(images))
    return images
