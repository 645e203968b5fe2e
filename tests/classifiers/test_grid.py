from dataclasses import replace

import numpy as np
import pytest

from shamsul.classifiers import registry
from shamsul.classifiers.grid import geometry_of, prepare, resample
from shamsul.classifiers.manifest import Manifest, Resize
from shamsul.radiographs.radiograph import Radiograph


def brute_force(region: np.ndarray, size: int) -> np.ndarray:
    """Mean of all pixels under a triangle as wide as the reduction, one grid pixel at a time."""

    def weights(length: int) -> np.ndarray:
        scale = length / size
        support = max(scale, 1.0)
        rows = np.empty((size, length))
        for i in range(size):
            centre = (i + 0.5) * scale
            rows[i] = np.maximum(0, 1 - abs(np.arange(length) + 0.5 - centre) / support)
        return rows / rows.sum(axis=1, keepdims=True)

    return weights(region.shape[0]) @ region @ weights(region.shape[1]).T


@pytest.mark.parametrize("shape", [(61, 40), (17, 90), (12, 12)])
def test_each_way_agrees_with_an_obvious_implementation(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).random(shape, np.float32)
    side, wide = min(shape), max(shape)
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    square = np.zeros((wide, wide))
    above, before = (wide - shape[0]) // 2, (wide - shape[1]) // 2
    square[above : above + shape[0], before : before + shape[1]] = pixels
    regions = {
        Resize.STRETCH: pixels,
        Resize.CENTRE_CROP: pixels[top : top + side, left : left + side],
        Resize.LETTERBOX: square,
    }
    for resize, region in regions.items():
        grid = resample(pixels, 16, resize)
        assert grid.values.dtype == np.float32
        np.testing.assert_allclose(grid.values, brute_force(region, 16), atol=1e-5)


@pytest.mark.parametrize("resize", list(Resize))
@pytest.mark.parametrize("shape", [(301, 200), (200, 301), (90, 64)])
def test_a_blob_lies_where_the_geometry_says(resize: Resize, shape: tuple[int, int]) -> None:
    row, column = shape[0] * 0.55, shape[1] * 0.45
    rows, columns = np.indices(shape) + 0.5
    pixels = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 50).astype(np.float32)
    grid = resample(pixels, 64, resize)
    weight = grid.values / grid.values.sum()
    centre = np.einsum("ij,kij->k", weight, np.indices(grid.values.shape))
    np.testing.assert_allclose(grid.geometry.to_image([centre]), [[row, column]], atol=0.1)


def test_a_read_only_image_is_taken_and_left_alone() -> None:
    pixels = np.ones((40, 30), np.float32)
    pixels.setflags(write=False)
    np.testing.assert_allclose(resample(pixels, 8, Resize.STRETCH).values, 1, atol=1e-6)


@pytest.mark.parametrize("resize", [Resize.LETTERBOX, Resize.CENTRE_CROP])
@pytest.mark.parametrize("aspect", [0.5, 0.7, 1.0, 1.6, 2.0])
@pytest.mark.parametrize("film", [(300, 200), (200, 300)])
def test_a_disc_stays_a_disc(resize: Resize, aspect: float, film: tuple[int, int]) -> None:
    """Pixels that are not square keep the film's proportions."""
    shape = round(film[0] / aspect), film[1]
    rows, columns = np.indices(shape) + 0.5
    centre = shape[0] / 2, shape[1] / 2
    disc = np.hypot((rows - centre[0]) * aspect, columns - centre[1]) < 60
    grid = resample(disc.astype(np.float32), 128, resize, aspect)
    side = max(film) if resize is Resize.LETTERBOX else min(film)
    diameter = 120 * 128 / side
    assert grid.values.sum(axis=0).max() == pytest.approx(diameter, rel=0.02)
    assert grid.values.sum(axis=1).max() == pytest.approx(diameter, rel=0.02)
    ((down, across),) = grid.geometry.to_image([[63.5, 63.5]])
    np.testing.assert_allclose((down, across), centre, atol=1)


@pytest.mark.parametrize("resize", Resize)
@pytest.mark.parametrize("shape", [(61, 40), (40, 61)])
def test_where_the_grid_lies_is_known_without_resampling(
    resize: Resize, shape: tuple[int, int]
) -> None:
    pixels = np.zeros(shape, np.float32)
    radiograph = Radiograph(pixels, (0.0, 1.0), (0.2, 0.15), "", "0" * 64)
    manifest = replace(Manifest.read(registry.folder_of("phantom")), resize=resize)
    assert geometry_of(radiograph, manifest) == prepare(radiograph, manifest).geometry
