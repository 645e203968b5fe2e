import torch

from shamsul.training.augmentation import augment, move
from shamsul.training.recipe import Augmentation
from tests.training.examples import CHANGES


def test_an_image_is_changed_by_its_own_seed_alone() -> None:
    images = torch.rand(4, 1, 32, 32)
    once = augment(images, range(4), CHANGES)
    assert torch.equal(once, augment(images, range(4), CHANGES))
    assert not torch.equal(once, augment(images, range(1, 5), CHANGES))
    assert once.shape == images.shape and once.min() >= 0 and once.max() <= 1
    torch.testing.assert_close(augment(images[2:3], [2], CHANGES)[0], once[2])


def test_nothing_is_mirrored_or_moved_far() -> None:
    images = torch.full((200, 1, 64, 64), 0.2)
    images[:, :, 28:36, 12:20] = 0.9
    columns = torch.arange(64.0)
    bright = (augment(images, range(200), CHANGES) - 0.5).clamp(min=0)
    centre = (bright * columns).sum((1, 2, 3)) / bright.sum((1, 2, 3))
    assert (centre - 15.5).abs().max() < 8
    assert (centre - 15.5).std() > 0.5


def test_maps_move_with_their_images_on_whatever_grid() -> None:
    columns, rows = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="xy")
    spots = torch.exp(-((rows - 30) ** 2 + (columns - 20) ** 2) / 50)
    images = spots.expand(20, 1, 64, 64)
    moved = Augmentation(flip=0.5, shift=0.1, turn=20, scale=0.2)
    expected = augment(images, range(20), moved)
    torch.testing.assert_close(move(images, range(20), moved), expected)
    # What is drawn for brightness and noise changes nothing of where maps go.
    louder = moved.model_copy(update={"noise": 0.1, "contrast": 0.2})
    assert torch.equal(move(images, range(20), louder), move(images, range(20), moved))
    coarse = torch.nn.functional.avg_pool2d(images, 4)
    for one, fine in zip(move(coarse, range(20), moved), expected, strict=True):
        at = torch.nn.functional.avg_pool2d(fine, 4)
        assert torch.corrcoef(torch.stack([one.flatten(), at.flatten()]))[0, 1] > 0.97


def test_without_any_change_images_stay_as_they_are() -> None:
    images = torch.rand(3, 1, 8, 8)
    assert torch.equal(augment(images, range(3), Augmentation()), images)


def test_flipping_alone_exchanges_left_and_right_of_about_half() -> None:
    images = torch.rand(200, 1, 4, 6)
    flipped = augment(images, range(200), Augmentation(flip=0.5))
    kept = (flipped == images).all((1, 2, 3))
    mirrored = (flipped == images.flip(3)).all((1, 2, 3))
    assert (kept ^ mirrored).all()
    assert 70 < mirrored.sum() < 130


def test_brightness_is_shifted_by_no_more_than_is_said() -> None:
    images = torch.full((100, 1, 4, 4), 0.5)
    shifted = augment(images, range(100), Augmentation(brightness=0.1)) - 0.5
    assert 0.05 < shifted.abs().max() <= 0.1
    assert torch.equal(shifted.amin((1, 2, 3)), shifted.amax((1, 2, 3)))


def test_a_blur_is_a_gaussian_of_what_is_chosen() -> None:
    images = torch.zeros(1, 1, 15, 15, dtype=torch.float64)
    images[0, 0, 7, 7] = 1
    blurred = augment(images, [0], Augmentation(blur=1))
    steps = torch.arange(-2.0, 3.0, dtype=torch.float64)
    line = torch.exp(-(steps**2) / (2 * 0.8**2))
    expected = torch.zeros(15, 15, dtype=torch.float64)
    expected[5:10, 5:10] = torch.outer(line, line) / line.sum() ** 2
    torch.testing.assert_close(blurred[0, 0], expected, rtol=1e-6, atol=1e-9)
    flat = torch.full((20, 1, 6, 6), 0.3)
    torch.testing.assert_close(augment(flat, range(20), Augmentation(blur=0.5)), flat)
