import numpy as np
import pytest

from shamsul.metrics.localisation import hit, iou, otsu


def test_iou_of_two_squares_by_hand() -> None:
    one, other = np.zeros((2, 6, 6), bool)
    one[0:4, 0:4] = True
    other[2:6, 2:6] = True
    assert iou(one, other) == 4 / 28
    assert iou(one, one) == 1
    assert iou(one, ~one) == 0


def test_two_empty_masks_have_no_iou() -> None:
    empty = np.zeros((3, 3), bool)
    assert np.isnan(iou(empty, empty))
    assert iou(empty, ~empty) == 0


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="different shapes"):
        iou(np.zeros((2, 2), bool), np.zeros((3, 2), bool))
    with pytest.raises(ValueError, match="different shapes"):
        hit(np.zeros((2, 2)), np.zeros((3, 2), bool))


def test_otsu_parts_two_levels_and_knows_positive_relevance_only() -> None:
    values = np.full((8, 8), 0.1)
    values[2:4, 2:4] = 0.9
    values[6, 6] = -5
    assert (otsu(values) == (values > 0.5)).all()


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_constant_map_shows_nothing(value: float) -> None:
    constant = np.full((4, 4), value)
    assert not otsu(constant).any()
    assert not hit(constant, np.ones((4, 4), bool))


def test_hit_is_where_the_greatest_value_is() -> None:
    values = np.zeros((4, 4))
    values[1, 2] = 3
    mask = np.zeros((4, 4), bool)
    mask[1, 2] = True
    assert hit(values, mask)
    assert not hit(values, ~mask)
    values[0, 0] = 3  # one of two greatest is enough
    assert hit(values, mask)
