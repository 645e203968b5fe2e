import torch

from shamsul.training.augmentation import augment


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_generator_decides() -> None:
    images = torch.rand(4, 1, 32, 32)
    once = augment(images, generator())
    assert torch.equal(once, augment(images, generator()))
    assert not torch.equal(once, augment(images, generator(1)))
    assert once.shape == images.shape and once.min() >= 0 and once.max() <= 1


def test_nothing_is_mirrored_or_moved_far() -> None:
    images = torch.full((200, 1, 64, 64), 0.2)
    images[:, :, 28:36, 12:20] = 0.9
    columns = torch.arange(64.0)
    bright = (augment(images, generator()) - 0.5).clamp(min=0)
    centre = (bright * columns).sum((1, 2, 3)) / bright.sum((1, 2, 3))
    assert (centre - 15.5).abs().max() < 8
    assert (centre - 15.5).std() > 0.5
