"""Features of masks, beside the steps of CheXlocalize's script and shapes done by hand."""

import math

import cv2
import numpy as np
import pytest
from scipy import ndimage

from shamsul.localisation.features import Features


def rectangle(height: int, width: int) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[5 : 5 + height, 7 : 7 + width] = True
    return mask


def test_rectangle_is_measured_between_the_centres_of_its_pixels() -> None:
    found = Features.of(rectangle(11, 41))
    assert found.area_share == 11 * 41 / 4800
    assert found.regions == 1
    assert found.elongation == pytest.approx(4)
    assert found.rectangularity == pytest.approx(1)


def test_triangle_fills_half_of_its_rectangle() -> None:
    mask = np.tri(40, dtype=bool)
    found = Features.of(mask)
    assert found.rectangularity == pytest.approx(0.5, abs=0.01)


def test_turning_a_mask_changes_nothing() -> None:
    mask = rectangle(11, 41)
    for turned in (mask.T, mask[::-1], np.rot90(mask)):
        one, other = vars(Features.of(mask)), vars(Features.of(turned))
        assert one == pytest.approx(other)


@pytest.mark.parametrize(
    ("mask", "regions"),
    [
        (np.zeros((9, 9), bool), 0),
        (rectangle(1, 1), 1),
        (rectangle(1, 9), 1),
        (np.eye(9, dtype=bool), 1),
    ],
    ids=["empty", "pixel", "line", "diagonal"],
)
def test_what_encloses_nothing_has_no_shape(mask: np.ndarray, regions: int) -> None:
    found = Features.of(mask)
    assert found.regions == regions
    assert found.area_share == mask.sum() / mask.size
    assert math.isnan(found.elongation) and math.isnan(found.rectangularity)


def test_full_mask_is_measured_up_to_the_image_s_edge() -> None:
    found = Features.of(np.ones((21, 11), bool))
    assert (found.area_share, found.regions) == (1, 1)
    assert found.elongation == pytest.approx(2)


def test_hole_is_no_region_but_a_part_in_it_is() -> None:
    mask = rectangle(31, 31)
    mask[10:30, 12:32] = False
    assert Features.of(mask).regions == 1
    mask[15:20, 17:22] = True
    assert Features.of(mask).regions == 2


def script(mask: np.ndarray) -> tuple[float, float]:
    """Elongation and rectangularity, step by step on the whole mask."""
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    lengths = [len(outline) for outline in outlines]
    longest = outlines[lengths.index(max(lengths))]
    _, (width, height), _ = cv2.minAreaRect(longest)
    return max(width, height) / min(width, height), cv2.contourArea(longest) / (width * height)


@pytest.mark.parametrize("seed", range(60))
def test_blobs_have_the_features_of_the_script(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.normal(size=(90, 70)), rng.uniform(2, 5)) > 0.03
    found = Features.of(mask)
    assert (found.elongation, found.rectangularity) == pytest.approx(script(mask), rel=1e-5)
    assert found.regions == ndimage.label(mask, np.ones((3, 3)))[1]
