"""Localisation: identities, cases by hand, and slow or other implementations beside."""

import math
from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from sklearn.metrics import average_precision_score, roc_auc_score

from shamsul.metrics.localisation import (
    Overlap,
    Ranking,
    auprc,
    auroc,
    best_box,
    box_iou,
    boxes,
    centre_distance,
    dice,
    filled,
    hit,
    iobb,
    iou,
    iou_curve,
    largest_part,
    mass,
    outside_inside,
    precision,
    rank,
    recall,
)

Region = tuple[slice, slice]


def region(*parts: Region, shape: tuple[int, int] = (8, 10)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for part in parts:
        mask[part] = True
    return mask


EMPTY = region()
FULL = ~EMPTY
SQUARE = region(np.s_[2:5, 3:6])


def test_overlap_of_two_squares_by_hand() -> None:
    one, other = region(np.s_[0:4, 0:4]), region(np.s_[2:6, 1:3])
    assert Overlap.of(one, other) == Overlap(both=4, predicted=16, actual=8)
    assert iou(one, other) == 4 / 20
    assert dice(one, other) == 8 / 24
    assert precision(one, other) == 4 / 16
    assert recall(one, other) == 4 / 8


masks = st.lists(st.booleans(), min_size=12, max_size=12).map(
    lambda bits: np.array(bits).reshape(3, 4)
)


@given(masks, masks)
def test_overlap_agrees_with_sets_of_pixels(one: np.ndarray, other: np.ndarray) -> None:
    predicted, actual = (set(map(tuple, np.argwhere(mask))) for mask in (one, other))
    both, either = len(predicted & actual), len(predicted | actual)
    for found, top, bottom in (
        (iou(one, other), both, either),
        (dice(one, other), 2 * both, len(predicted) + len(actual)),
        (precision(one, other), both, len(predicted)),
        (recall(one, other), both, len(actual)),
    ):
        assert found == top / bottom if bottom else math.isnan(found)


def test_mask_has_everything_in_common_with_itself_and_nothing_with_its_complement() -> None:
    for score in (iou, dice, precision, recall, box_iou, iobb):
        assert score(SQUARE, SQUARE) == 1
    for score in (iou, dice, precision, recall):
        assert score(SQUARE, ~SQUARE) == 0
    assert centre_distance(SQUARE, SQUARE) == 0


@pytest.mark.parametrize(
    ("score", "nothing_predicted", "nothing_there"),
    [
        (iou, 0, 0),
        (dice, 0, 0),
        (precision, math.nan, 0),
        (recall, 0, math.nan),
        (box_iou, 0, 0),
        (iobb, math.nan, 0),
        (centre_distance, math.nan, math.nan),
    ],
)
def test_empty_masks(
    score: Callable[..., float], nothing_predicted: float, nothing_there: float
) -> None:
    assert score(EMPTY, SQUARE) == pytest.approx(nothing_predicted, nan_ok=True)
    assert score(SQUARE, EMPTY) == pytest.approx(nothing_there, nan_ok=True)
    assert math.isnan(score(EMPTY, EMPTY))


@pytest.mark.parametrize(
    "score",
    [iou, dice, precision, recall, box_iou, iobb, centre_distance, hit, mass, rank, auroc, auprc],
)
def test_different_shapes_are_refused(score: Callable[..., float]) -> None:
    with pytest.raises(ValueError, match="different shapes"):
        score(np.zeros((2, 2), bool), np.zeros((3, 2), bool))


@pytest.mark.parametrize("score", [hit, mass, rank, auroc, auprc])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_maps_that_are_not_finite_are_refused(score: Callable[..., float], value: float) -> None:
    values = np.zeros(SQUARE.shape)
    values[1, 1] = value
    with pytest.raises(ValueError, match="not finite"):
        score(values, SQUARE)


@pytest.mark.parametrize("score", [hit, mass, rank, auroc, auprc])
def test_no_map_can_be_judged_where_there_is_no_finding(score: Callable[..., float]) -> None:
    assert math.isnan(score(np.arange(80.0).reshape(8, 10), EMPTY))


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_constant_map(value: float) -> None:
    constant = np.full(SQUARE.shape, value)
    share = SQUARE.mean()
    assert hit(constant, FULL) == 0
    assert mass(constant, SQUARE) == pytest.approx(share if value > 0 else math.nan, nan_ok=True)
    assert rank(constant, SQUARE) == pytest.approx(share)
    assert auprc(constant, SQUARE) == pytest.approx(share)
    assert auroc(constant, SQUARE) == 0.5


def test_hit_is_where_the_greatest_value_is() -> None:
    values = np.zeros(SQUARE.shape)
    values[3, 4] = 3
    assert hit(values, SQUARE) == 1
    assert hit(values, ~SQUARE) == 0
    values[0, 0] = values[0, 1] = 3
    assert hit(values, SQUARE) == pytest.approx(1 / 3)  # as a point drawn from the three
    assert hit(values, ~SQUARE) == pytest.approx(2 / 3)
    assert hit(values, SQUARE, lenient=True) == hit(values, ~SQUARE, lenient=True) == 1


def test_tolerant_hit_is_within_a_distance_of_the_mask() -> None:
    values = np.zeros(SQUARE.shape)
    values[6, 8] = 1  # the nearest pixel of the mask is (4, 5): 2 down, 3 across
    assert hit(values, SQUARE, tolerance=3.60) == 0
    assert hit(values, SQUARE, tolerance=3.61) == 1
    in_mm = math.hypot(2 * 0.5, 3 * 0.2)
    assert hit(values, SQUARE, tolerance=in_mm - 0.01, spacing=(0.5, 0.2)) == 0
    assert hit(values, SQUARE, tolerance=in_mm + 0.01, spacing=(0.5, 0.2)) == 1


def test_tolerant_hit_agrees_with_all_distances(rng: np.random.Generator) -> None:
    for _ in range(200):
        values = rng.integers(0, 4, (9, 7)).astype(float)
        mask = rng.random((9, 7)) < 0.1
        tolerance, spacing = rng.uniform(0, 4), tuple(rng.uniform(0.5, 2, 2))
        peaks = np.argwhere(values == values.max())
        near = np.linalg.norm((peaks[:, None] - np.argwhere(mask)) * spacing, axis=2)
        close = (near <= tolerance).any(1)
        for lenient, expected in ((False, close.mean()), (True, float(close.any()))):
            found = hit(values, mask, tolerance=tolerance, spacing=spacing, lenient=lenient)
            assert found == pytest.approx(expected if mask.any() else math.nan, nan_ok=True)


def test_mass_is_the_share_of_positive_relevance() -> None:
    values = np.zeros(SQUARE.shape)
    values[3, 4], values[0, 0], values[7, 7] = 3, 1, -100
    values[2, 3] = -100
    assert mass(values, SQUARE) == 0.75
    assert mass(values, FULL) == 1
    assert math.isnan(mass(-np.abs(values), SQUARE))


def test_rank_is_the_share_of_the_greatest_pixels_in_the_mask() -> None:
    mask = region(np.s_[0, 0:4])
    values = np.zeros(mask.shape)
    values[0, :3] = 5, 4, 1
    values[1, :2] = 3, 2
    assert rank(values, mask) == 2 / 4  # the four greatest are 5, 4, 3 and 2


def test_rank_is_the_mean_over_all_orders_of_equal_values() -> None:
    values = np.array([[3.0, 2.0, 2.0, 2.0, 1.0]])
    mask = np.array([[False, True, False, True, True]])
    orders = [
        mask[0][sorted(range(5), key=lambda i: (-values[0, i], order[i]))[:3]].mean()
        for order in permutations(range(5))
    ]
    assert rank(values, mask) == pytest.approx(np.mean(orders))


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=60).filter(
        lambda pixels: len({inside for _, inside in pixels}) == 2
    )
)
def test_areas_under_curves_agree_with_scikit_learn(pixels: list[tuple[int, bool]]) -> None:
    values, mask = (np.array(column).reshape(1, -1) for column in zip(*pixels, strict=True))
    values = values.astype(np.float32)
    assert auroc(values, mask) == pytest.approx(roc_auc_score(mask[0], values[0]))
    assert auprc(values, mask) == pytest.approx(average_precision_score(mask[0], values[0]))


def test_areas_under_curves_agree_with_scikit_learn_on_large_maps(
    rng: np.random.Generator,
) -> None:
    values = ndimage.gaussian_filter(rng.normal(size=(200, 300)), 8).astype(np.float32)
    mask = ndimage.gaussian_filter(rng.normal(size=(200, 300)), 20) > 0.02
    assert 0 < mask.mean() < 1
    ranking = Ranking.of(np.maximum(values, 0), mask)
    scores = np.maximum(values, 0).ravel()
    assert ranking.auroc == pytest.approx(roc_auc_score(mask.ravel(), scores), abs=1e-9)
    assert ranking.auprc == pytest.approx(average_precision_score(mask.ravel(), scores), abs=1e-9)


def test_finding_that_is_the_whole_image_leaves_nothing_to_tell_apart() -> None:
    values = np.arange(80.0).reshape(8, 10)
    assert math.isnan(auroc(values, FULL))
    assert auprc(values, FULL) == rank(values, FULL) == hit(values, FULL) == 1


def test_perfect_map_and_its_negative() -> None:
    values = SQUARE.astype(float)
    assert auroc(values, SQUARE) == auprc(values, SQUARE) == rank(values, SQUARE) == 1
    assert auroc(-values, SQUARE) == rank(-values, SQUARE) == 0


def test_boxes_enclose_parts_that_touch_at_a_corner_together() -> None:
    parts = region(np.s_[0:2, 0:3], np.s_[2:4, 3:4], np.s_[6:7, 8:9])
    assert sorted(boxes(parts).tolist()) == [[0, 0, 4, 4], [6, 8, 7, 9]]


def test_boxes_agree_with_labelled_parts(rng: np.random.Generator) -> None:
    for _ in range(100):
        mask = rng.random((20, 15)) < rng.uniform(0, 0.7)
        labelled, _ = ndimage.label(mask, np.ones((3, 3)))
        whole = [
            [rows.start, columns.start, rows.stop, columns.stop]
            for rows, columns in ndimage.find_objects(labelled)
        ]
        # A part in a hole of another is inside of its box.
        outer = [
            box
            for box in whole
            if not any(
                other != box
                and other[0] <= box[0]
                and other[1] <= box[1]
                and other[2] >= box[2]
                and other[3] >= box[3]
                for other in whole
            )
        ]
        covered, expected = region(shape=mask.shape), region(shape=mask.shape)
        for top, left, bottom, right in boxes(mask):
            covered[top:bottom, left:right] = True
        for top, left, bottom, right in outer:
            expected[top:bottom, left:right] = True
        assert (covered == expected).all()


def test_box_scores_by_hand() -> None:
    predicted = region(np.s_[0:4, 0], np.s_[3, 0:4])  # an L: its box is 4 by 4
    mask = region(np.s_[2:6, 2:6])
    assert box_iou(predicted, mask) == 4 / 28
    assert iobb(predicted, mask) == 4 / 16
    far = predicted | region(np.s_[6:8, 8:10])  # four more pixels, boxed apart
    assert iobb(far, mask) == 4 / 20


def test_centre_distance_in_pixels_and_millimetres() -> None:
    one, other = region(np.s_[0:2, 0:2]), region(np.s_[3:5, 4:6])
    assert centre_distance(one, other) == 5
    assert centre_distance(one, other, spacing=(0.2, 0.1)) == pytest.approx(math.hypot(0.6, 0.4))


@given(masks, st.lists(st.integers(-3, 5), min_size=12, max_size=12))
def test_iou_curve_is_the_iou_at_each_threshold(mask: np.ndarray, numbers: list[int]) -> None:
    values = np.array(numbers, float).reshape(3, 4)
    shares = (0.0, 0.2, 0.5, 0.95)
    found = iou_curve(values, mask, shares)
    for share, one in zip(shares, found, strict=True):
        expected = iou(values > share * max(values.max(), 0), mask) if mask.any() else math.nan
        assert one == pytest.approx(expected, nan_ok=True)


def test_largest_part_is_that_of_most_pixels() -> None:
    row, square, corner = np.s_[0:1, 0:5], np.s_[3:6, 2:4], np.s_[6:7, 4:5]
    # The corner touches the square.
    assert np.array_equal(largest_part(region(row, square, corner)), region(square, corner))
    assert np.array_equal(largest_part(region(row)), region(row))
    assert not largest_part(EMPTY).any()
    parts, count = ndimage.label(region(row, square, corner), np.ones((3, 3)))
    assert count == 2 and (parts > 0).sum() == 12


def test_box_is_compared_with_the_one_that_it_overlaps_most() -> None:
    edges = np.array([[0, 0, 4, 4], [2, 5, 6, 9], [7, 0, 8, 1]])
    predicted = region(np.s_[3:6, 6:7], np.s_[5:6, 6:9])  # an L: its box is rows 3-5, columns 6-8
    assert best_box(predicted, edges) == Overlap(both=9, predicted=9, actual=16)
    assert best_box(EMPTY, edges[1:2]) == Overlap(0, 0, 16)
    assert best_box(predicted, edges[:0]) == Overlap(0, 9, 0)
    assert filled(edges, EMPTY.shape).sum() == 16 + 16 + 1


def test_outside_inside_by_hand() -> None:
    values = np.zeros((8, 10))
    values[2:5, 3:6] = 2.0  # inside: 2 on each of 9
    values[0, 0], values[7] = 71.0, -1.0  # outside: 71 on 71 pixels, negative counts as none
    assert outside_inside(values, SQUARE) == pytest.approx(0.5)
    assert outside_inside(np.where(SQUARE, values, 0), SQUARE) == 0
    for undefined in (np.where(SQUARE, 0, values), -np.abs(values)):
        assert math.isnan(outside_inside(undefined, SQUARE))
    assert math.isnan(outside_inside(values, EMPTY)) and math.isnan(outside_inside(values, FULL))
