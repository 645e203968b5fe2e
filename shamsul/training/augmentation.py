"""Light random changes to training images that a radiograph's labels survive."""

import math

import torch
from torch.nn import functional

_SHIFT = 0.05
_TURN = math.radians(6)
_SCALE = 0.08
_CONTRAST = 0.2
_BRIGHTNESS = 0.08
_GAMMA = 0.25
_NOISE = 0.02
_BLUR = 0.8
_BLURRED = 0.3


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Shift, turn, scale, change contrast, brightness and gamma, blur, add noise.

    Parameters
    ----------
    images : Tensor of shape (N, 1, h, w), float32, in [0, 1]
    generator : torch.Generator
        The only source of randomness.

    Returns
    -------
    Tensor of shape (N, 1, h, w), float32, in [0, 1]

    Notes
    -----
    Never mirrored: left and right tell the heart's side. Edge pixels are repeated outwards.
    """
    count = len(images)

    def uniform(limit: float) -> torch.Tensor:
        draw = torch.rand(count, 1, 1, 1, generator=generator)
        return limit * (2 * draw - 1)

    angle, scale = uniform(_TURN).flatten(), 1 + uniform(_SCALE).flatten()
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    down, across = 2 * uniform(_SHIFT).flatten(), 2 * uniform(_SHIFT).flatten()
    rows = [torch.stack([cosine, -sine, across], 1), torch.stack([sine, cosine, down], 1)]
    places = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    images = functional.grid_sample(images, places, padding_mode="border", align_corners=False)

    chosen = torch.rand(count, 1, 1, 1, generator=generator) < _BLURRED
    images = torch.where(chosen, _blur(images), images)
    images = (images - 0.5) * (1 + uniform(_CONTRAST)) + 0.5 + uniform(_BRIGHTNESS)
    images = images.clamp(0, 1) ** uniform(_GAMMA).exp()
    strength = _NOISE * torch.rand(count, 1, 1, 1, generator=generator)
    return (images + strength * torch.randn(images.shape, generator=generator)).clamp(0, 1)


def _blur(images: torch.Tensor) -> torch.Tensor:
    """Gaussian blur over 5 x 5 pixels."""
    kernel = torch.exp(-(torch.arange(-2.0, 3.0) ** 2) / (2 * _BLUR**2))
    kernel = kernel / kernel.sum()
    images = functional.pad(images, (2, 2, 2, 2), mode="replicate")
    images = functional.conv2d(images, kernel.view(1, 1, 5, 1))
    return functional.conv2d(images, kernel.view(1, 1, 1, 5))
