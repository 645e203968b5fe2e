"""Pictures of maps have the film's proportions, whatever its pixels are like."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.phantom import render
from shamsul.radiographs import Geometry, Radiograph
from shamsul.reporting.colormaps import SEQUENTIAL, display_scale, table
from shamsul.reporting.overlay import LONGEST, OPACITY, Canvas, overlay, png


def disc(aspect: float) -> np.ndarray:
    """A disc of 60 mm in a film of 200 mm x 100 mm, whose pixels are 1 mm wide."""
    rows, columns = np.indices((round(200 / aspect), 100)) + 0.5
    return (np.hypot(rows * aspect - 100, columns - 50) < 30).astype(np.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def heatmap(values: np.ndarray, geometry: Geometry) -> Heatmap:
    return Heatmap(
        values.astype(np.float32), "Edema", "lime", {}, geometry, 1, 0.0, Target.LOGIT, 0.0
    )


@pytest.mark.parametrize("aspect", [0.5, 1.0, 1.25, 2.0])
@pytest.mark.parametrize("stated", [True, False])
def test_a_disc_is_drawn_as_a_disc(aspect: float, stated: bool) -> None:
    pixels = disc(aspect)
    spacing = {"spacing_mm": (aspect, 1.0)} if stated else {"declared_aspect": aspect}
    film = Radiograph(pixels, (0.0, 1.0), **{"spacing_mm": None, **spacing}, view="", sha256="a")
    geometry = Geometry.window(
        film.shape, (20, 10), top=0, left=0, height=film.shape[0], width=film.shape[1]
    )
    drawn = overlay(film, heatmap(np.zeros((20, 10)), geometry))[..., 0]
    assert drawn.shape[0] == pytest.approx(2 * drawn.shape[1], rel=0.01)
    assert max(drawn.shape) <= LONGEST
    bright = drawn > 127
    high, wide = bright.any(1).sum(), bright.any(0).sum()
    assert high == pytest.approx(wide, rel=0.04)
    assert high / drawn.shape[0] == pytest.approx(0.3, rel=0.04)


def slow(radiograph: Radiograph, heatmap: Heatmap) -> np.ndarray:
    """Every pixel on its own and nothing rounded before the end: the slow second implementation."""
    rows, columns = radiograph.shape
    height, width = (
        rows * max(1, radiograph.pixel_aspect),
        columns / min(1, radiograph.pixel_aspect),
    )
    reduction = max(1.0, max(height, width) / LONGEST)
    shape = max(1, round(height / reduction)), max(1, round(width / reduction))
    blur = [max(0.0, (rows / shape[0] - 1) / 2), max(0.0, (columns / shape[1] - 1) / 2)]
    down = (np.arange(shape[0]) + 0.5) * rows / shape[0]
    across = (np.arange(shape[1]) + 0.5) * columns / shape[1]
    points = np.stack(np.meshgrid(down, across, indexing="ij"), -1).reshape(-1, 2)
    grid = heatmap.geometry.to_grid(points).T
    brightness = ndimage.map_coordinates(
        ndimage.gaussian_filter(radiograph.pixels, blur), (points - 0.5).T, order=1, mode="nearest"
    )
    height, width = heatmap.geometry.grid_shape
    inside = (np.abs(grid[0] - (height - 1) / 2) <= height / 2) & (
        np.abs(grid[1] - (width - 1) / 2) <= width / 2
    )
    relevance = ndimage.map_coordinates(heatmap.values, grid, order=1, mode="nearest") * inside
    scale, _ = display_scale(heatmap.values)
    level = np.clip(relevance / scale if scale > 0 else relevance * 0, 0, 1)
    alpha = OPACITY * level[:, None]
    colours = table(SEQUENTIAL[0])[np.rint(level * 255).astype(int)] / 255
    picture = (1 - alpha) * np.clip(brightness, 0, 1)[:, None] + alpha * colours
    return np.rint(picture * 255).astype(np.uint8).reshape(*shape, 3)


@pytest.mark.parametrize("kind", ["smooth", "noise", "zero", "negative"])
@pytest.mark.parametrize(
    ("shape", "aspect"),
    [
        ((90, 60), 1.0),
        ((61, 92), 1.0),
        ((1, 7), 1.0),
        ((1500, 1100), 1.0),
        ((700, 1300), 0.5),
        ((333, 200), 1.7),
    ],
)
@pytest.mark.parametrize("window", ["stretch", "letterbox", "centre-crop"])
def test_pictures_are_those_of_the_slow_way_to_a_grey_level(
    rng: np.random.Generator, kind: str, shape: tuple[int, int], aspect: float, window: str
) -> None:
    high, wide = shape
    coarse = rng.random((high // 9 + 2, wide // 9 + 2))
    pixels = ndimage.zoom(coarse, 9, order=1)[:high, :wide].astype(np.float32)
    film = Radiograph(pixels, (0.1, 0.9), (aspect, 1.0), view="", sha256="a")
    # In units of a pixel's width, so that squares are squares of the film.
    sides = {
        "stretch": None,
        "letterbox": max(high * aspect, wide),
        "centre-crop": min(high * aspect, wide),
    }
    side = sides[window]
    height, width = (high, wide) if side is None else (side / aspect, side)
    geometry = Geometry.window(
        shape,
        (32, 32),
        top=(high - height) / 2,
        left=(wide - width) / 2,
        height=height,
        width=width,
    )
    values = {
        "smooth": ndimage.gaussian_filter(rng.normal(size=(32, 32)), 3),
        "noise": rng.normal(size=(32, 32)),
        "zero": np.zeros((32, 32)),
        "negative": -rng.random((32, 32)),
    }[kind]
    own = heatmap(values, geometry)
    drawn = Canvas.of(film).draw(own)
    assert drawn.dtype == np.uint8
    assert np.abs(drawn.astype(int) - slow(film, own)).max() <= 1


def test_a_picture_is_kept_as_it_is_by_png(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (13, 17, 3)).astype(np.uint8)
    with Image.open(io.BytesIO(png(picture))) as opened:
        assert opened.format == "PNG"
        assert np.array_equal(opened, picture)


def test_png_is_hardly_larger_than_what_takes_longer(rng: np.random.Generator) -> None:
    """Of a radiograph, which has noise."""
    film = Radiograph(render(1, shape=(600, 500)).pixels, (0.0, 1.0), None, view="", sha256="a")
    geometry = Geometry.window(film.shape, (32, 32), top=0, left=0, height=600, width=500)
    values = ndimage.gaussian_filter(rng.normal(size=(32, 32)), 3)
    drawn = overlay(film, heatmap(values, geometry))
    slowly = io.BytesIO()
    Image.fromarray(drawn).save(slowly, "PNG")
    assert len(png(drawn)) < 1.3 * len(slowly.getvalue())
