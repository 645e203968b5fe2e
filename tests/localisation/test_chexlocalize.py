"""CheXlocalize's protocol beside slow implementations of the steps that its scripts take."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image, ImageDraw
from scipy import ndimage
from torch.nn.functional import interpolate

from shamsul.localisation import chexlocalize
from shamsul.localisation.maps import find
from shamsul.localisation.reference import read_references
from shamsul.metrics.localisation import Overlap


def some_map(rng: np.random.Generator) -> np.ndarray:
    """Of any size and magnitude, some with much that is zero."""
    values = rng.normal(size=rng.integers(1, 40, 2)) * 10 ** rng.uniform(-8, 5)
    return (np.maximum(values, 0) if rng.random() < 0.5 else values).astype(np.float32)


def some_region(rng: np.random.Generator) -> np.ndarray:
    """Noise of any density, or blobs."""
    shape = rng.integers(1, 40, 2)
    if rng.random() < 0.5:
        return rng.random(shape) < rng.random()
    return ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(0.3, 3)) > 0


def outlines_drawn(marked: np.ndarray) -> np.ndarray:
    """Every outline, of holes too, drawn as a polygon unless it is a point."""
    outlines, _ = cv2.findContours(marked.astype(np.uint8), cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    drawn = Image.new("1", marked.shape[::-1])
    for outline in outlines:
        if len(outline) > 1:
            corners = [(int(x), int(y)) for x, y in outline[:, 0]]
            ImageDraw.Draw(drawn).polygon(corners, outline=1, fill=1)
    return np.array(drawn)


def parts_without_holes(marked: np.ndarray) -> np.ndarray:
    """What it comes to: parts of at least two pixels, and what they enclose."""
    parts, count = ndimage.label(marked, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    large = sizes > 1
    large[0] = False
    return ndimage.binary_fill_holes(large[parts])


@pytest.mark.parametrize("seed", range(300))
def test_filling_is_drawing_outlines_is_dropping_single_pixels_and_holes(seed: int) -> None:
    marked = some_region(np.random.default_rng(seed))
    found = chexlocalize.filled(marked.astype(np.uint8))
    assert (found == outlines_drawn(marked)).all()
    assert (found == parts_without_holes(marked)).all()


def test_single_pixel_vanishes_but_two_that_touch_at_a_corner_do_not() -> None:
    marked = np.zeros((6, 8), np.uint8)
    marked[1, 1] = marked[3, 4] = marked[4, 5] = 1
    assert np.argwhere(chexlocalize.filled(marked)).tolist() == [[3, 4], [4, 5]]


def test_hole_is_filled_also_where_a_diagonal_closes_it() -> None:
    marked = np.zeros((5, 5), np.uint8)
    marked[1, 2] = marked[2, 1] = marked[2, 3] = marked[3, 2] = 1
    assert chexlocalize.filled(marked)[2, 2]
    ring = np.ones((7, 7), np.uint8)
    ring[1:6, 1:6] = 0
    ring[3, 3] = 1  # a single pixel, but in the hole
    assert chexlocalize.filled(ring).all()


@pytest.mark.parametrize("shape", [(7, 9), (100, 90), (256, 256), (300, 640), (1000, 700)])
def test_upsampling_is_bit_by_bit_that_of_torch(
    shape: tuple[int, int], rng: np.random.Generator
) -> None:
    for _ in range(10):
        values = some_map(rng)
        expected = interpolate(
            torch.from_numpy(values)[None, None], size=shape, mode="bilinear", align_corners=False
        )
        assert (chexlocalize.upsampled(values, shape) == expected[0, 0].numpy()).all()


def otsu(bins: np.ndarray) -> int:
    """The greatest bin of the lower class, trying each."""

    def between(last: int) -> float:
        low, high = bins[bins <= last], bins[bins > last]
        if not low.size or not high.size:
            return 0
        return low.size * high.size * (low.mean() - high.mean()) ** 2

    return max(range(256), key=between)


def test_segmentation_is_normalised_binned_cut_by_otsu_and_filled(
    rng: np.random.Generator,
) -> None:
    for _ in range(25):
        brought = chexlocalize.upsampled(some_map(rng), (50, 60))
        if brought.min() == brought.max():
            continue
        shifted = torch.from_numpy(brought) - brought.min()
        bins = np.uint8(255 * shifted.div(shifted.max()).numpy())
        expected = parts_without_holes(bins > otsu(bins))
        assert (chexlocalize.segmented(brought) == expected).all()


@pytest.mark.parametrize("share", [0.2, 0.3, 0.4, 0.7])
def test_fixed_threshold_is_a_share_of_the_range_and_fills_nothing(
    share: float, rng: np.random.Generator
) -> None:
    brought = chexlocalize.upsampled(rng.normal(size=(9, 9)).astype(np.float32), (50, 60))
    shifted = torch.from_numpy(brought) - brought.min()
    expected = shifted.div(shifted.max()).numpy() > np.float64(share)
    assert (chexlocalize.segmented(brought, share) == expected).all()
    # Single precision's 0.2 is greater than 0.2.
    exact = np.array([[0, 0.2, 1]], np.float32)
    assert chexlocalize.segmented(exact, 0.2).tolist() == [[False, True, True]]


@pytest.mark.parametrize("share", [None, 0.4])
def test_constant_map_marks_nothing(share: float | None) -> None:
    assert not chexlocalize.segmented(np.full((5, 5), 3, np.float32), share).any()


@pytest.mark.parametrize(
    ("overlap", "true_positives_only", "expected"),
    [
        (Overlap(1, 2, 3), True, 0.25),
        (Overlap(0, 0, 3), True, math.nan),
        (Overlap(0, 2, 0), True, math.nan),
        (Overlap(1, 2, 3), False, 0.25),
        (Overlap(0, 0, 3), False, 0),
        (Overlap(0, 2, 0), False, 0),
        (Overlap(0, 0, 0), False, math.nan),
    ],
)
def test_images_that_count(overlap: Overlap, true_positives_only: bool, expected: float) -> None:
    found = chexlocalize.iou(overlap, true_positives_only)
    assert found == pytest.approx(expected, nan_ok=True)


def test_hit_is_at_the_first_of_the_greatest_values() -> None:
    values = np.zeros((3, 4), np.float32)
    values[1, 1] = values[2, 2] = 1
    mask = np.zeros((3, 4), bool)
    assert math.isnan(chexlocalize.hit(values, mask))
    mask[2, 2] = True
    assert chexlocalize.hit(values, mask) == 0
    assert chexlocalize.hit(values, ~mask) == 1
    assert chexlocalize.hit(np.ones((3, 4), np.float32), ~mask) == 1  # the first pixel


def test_any_point_in_the_mask_hits() -> None:
    mask = np.zeros((3, 4), bool)
    points = np.array([[0.5, 0.5], [2.9, 3.9]])
    assert math.isnan(chexlocalize.point_hit(points, mask))
    mask[2, 3] = True
    assert chexlocalize.point_hit(points, mask) == 1
    assert chexlocalize.point_hit(points[:1], mask) == 0
    assert chexlocalize.point_hit(points[:0], mask) == 0
    with pytest.raises(ValueError, match="off the image"):
        chexlocalize.point_hit(np.array([[3.0, 0.0]]), mask)


@pytest.mark.parametrize("images", [1, 2, 7, 40])
def test_bootstrap_draws_the_same_images_as_numpys_global_generator(
    images: int, rng: np.random.Generator
) -> None:
    table = pd.DataFrame(rng.random((images, 4)))
    table[rng.random((images, 4)) < 0.6] = np.nan
    legacy = np.random.RandomState(5)  # as np.random is after np.random.seed(5)
    drawn = [table.iloc[legacy.choice(images, images)].mean() for _ in range(1000)]
    found = chexlocalize.bootstrap(table.to_numpy(), seed=5)
    for one, means in zip(found, pd.DataFrame(drawn).items(), strict=True):
        ordered = means[1].sort_values()  # those without a value last
        expected = (ordered.mean(), ordered.iloc[24], ordered.iloc[974])
        assert (one.mean, one.low, one.high) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_bootstrap_of_no_image_is_undefined() -> None:
    (found,) = chexlocalize.bootstrap(np.empty((0, 1)))
    assert math.isnan(found.mean)


def test_cutoff_is_that_of_the_highest_mean_iou(tmp_path: Path) -> None:
    file = tmp_path / "probability_tuning_results.csv"
    rows = ["prob_threshold,mIoU,task", "0.0,0.1,Edema", "0.1,0.3,Edema", "0.2,0.3,Edema"]
    file.write_text("\n".join([*rows, "0.5,0.0,Mass"]))
    assert chexlocalize.read_cutoffs(file) == {"Edema": 0.1, "Mass": 0.5}
    text = "\n".join([*rows, "0.0,nan,Mass", "0.5,0.0,Mass"]).replace(",", ";").replace(".", ",")
    file.write_text(text, encoding="utf-16")
    assert chexlocalize.read_cutoffs(file) == {"Edema": 0.1, "Mass": 0.5}
    file.write_text("\n".join([*rows, "0.5,high,Mass"]))
    with pytest.raises(ValueError, match="high where numbers"):
        chexlocalize.read_cutoffs(file)


@pytest.mark.parametrize("annotations", ["gt_annotations.json", "gt_segmentations.json"])
def test_scores_are_those_of_the_projects_own_scripts(
    annotations: str, chexlocalize_case: Path
) -> None:
    expected = json.loads((chexlocalize_case / "expected.json").read_text())
    (reference,) = read_references(chexlocalize_case / annotations).values()
    (file,) = find(chexlocalize_case / "gradcam_maps.npz", reference.image)
    compared = 0
    for one in file.read():
        mask = reference.mask(one.label)
        brought = chexlocalize.upsampled(one.values, reference.shape)
        iou = chexlocalize.iou(Overlap.of(chexlocalize.segmented(brought), mask))
        if one.label in expected["iou_otsu"]:
            assert iou == pytest.approx(expected["iou_otsu"][one.label], abs=1e-9)
            assert chexlocalize.hit(brought, mask) == expected["hit"][one.label]
            compared += 1
        else:
            assert math.isnan(iou)
    assert compared == len(expected["iou_otsu"])
