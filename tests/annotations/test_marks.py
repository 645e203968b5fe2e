import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, binary_erosion

from shamsul.annotations import marks
from shamsul.annotations.annotation import Annotation, union
from shamsul.annotations.marks import Boxes, Ellipses, Gaze, Mark, Mask, Points, Polygons
from shamsul.radiographs.turn import Turn

SHAPE = (8, 10)


def pixels(mark) -> set[tuple[int, int]]:
    return set(map(tuple, np.argwhere(mark.mask(SHAPE)).tolist()))


def test_a_box_covers_the_pixels_whose_centres_are_inside() -> None:
    assert pixels(Boxes([[1, 2, 3, 4]])) == {(1, 2), (1, 3), (2, 2), (2, 3)}
    assert pixels(Boxes([[1.5, 2.51, 2.5, 4.5]])) == {(1, 3)}
    assert pixels(Boxes([[-5, -5, 1, 1], [7, 9, 20, 20]])) == {(0, 0), (7, 9)}


def test_a_polygon_is_filled_with_its_outline() -> None:
    square = np.array([[1, 1], [1, 3], [3, 3], [3, 1]])
    expected = {(row, column) for row in (1, 2, 3) for column in (1, 2, 3)}
    assert pixels(Polygons((square,))) == expected
    assert pixels(Polygons((square, square + 4))) == expected | {
        (r + 4, c + 4) for r, c in expected
    }


def test_points_cover_the_pixels_they_are_in() -> None:
    assert pixels(Points([[0.99, 2.0], [7.5, 9.999], [8.0, 1.0]])) == {(0, 2), (7, 9)}


def test_an_ellipse_covers_what_its_equation_says() -> None:
    covered = Ellipses([[4, 5, 2, 3, 30]]).mask(SHAPE)
    turn = math.radians(30)
    for row, column in np.ndindex(SHAPE):
        # x to the right and y upwards, as one sees it, turned back by 30 degrees.
        x, y = column + 0.5 - 5, 4 - (row + 0.5)
        along, upright = (
            x * math.cos(turn) + y * math.sin(turn),
            y * math.cos(turn) - x * math.sin(turn),
        )
        assert covered[row, column] == ((along / 3) ** 2 + (upright / 2) ** 2 <= 1)


def test_an_upright_ellipse_is_inside_up_to_its_edges() -> None:
    assert Ellipses([[4, 5, 4, 5, 0]]).inside(SHAPE)
    assert not Ellipses([[4, 5, 4, 5, 45]]).inside(SHAPE)
    assert not Ellipses([[4, 5, 4.1, 5, 0]]).inside(SHAPE)


def test_gaze_is_a_sum_of_gaussians() -> None:
    shape = (41, 41)
    gaze = Gaze([[20.5, 20.5, 0.3], [20.5, 26.5, 0.1]], sigma=2.0)
    heatmap = gaze.heatmap(shape)
    assert heatmap.sum() == pytest.approx(0.4, rel=1e-6)
    rows, columns = np.indices(shape)
    expected = sum(
        seconds
        * np.exp(-((rows - 20) ** 2 + (columns - column) ** 2) / (2 * 2.0**2))
        / (2 * math.pi * 2.0**2)
        for column, seconds in ((20, 0.3), (26, 0.1))
    )
    # The filter ends after four standard deviations.
    np.testing.assert_allclose(heatmap, expected, atol=expected.max() * 2e-3)
    covered = gaze.mask(shape)
    assert covered[20, 20] and not covered[20, 26]
    assert not Gaze([[50, 50, 1]], sigma=2.0).mask(shape).any()


@pytest.mark.parametrize(
    "mark, inside",
    [
        (Boxes([[0, 0, 8, 10]]), True),
        (Boxes([[0, 0, 8.1, 10]]), False),
        (Points([[8, 10]]), True),
        (Points([[-0.1, 3]]), False),
        (Polygons(([[0, 0], [8, 10], [0, 10]],)), True),
        (Polygons(([[0, 0], [8, 11], [0, 10]],)), False),
        (Gaze([[9, 3, 1]], sigma=1), False),
        (Mask(np.zeros(SHAPE, bool)), True),
        (Mask(np.zeros((3, 3), bool)), False),
    ],
)
def test_what_is_off_the_image(mark, inside: bool) -> None:
    assert mark.inside(SHAPE) is inside


@pytest.mark.parametrize(
    "make, reason",
    [
        (lambda: Boxes([[2, 2, 2, 4]]), "height and a width"),
        (lambda: Boxes(np.zeros((0, 4))), "height and a width"),
        (lambda: Points([[math.nan, 1]]), "finite"),
        (lambda: Points([]), "no point"),
        (lambda: Polygons(()), "two corners"),
        (lambda: Polygons(([[1, 1]],)), "two corners"),
        (lambda: Ellipses([[1, 1, 0, 1, 0]]), "height and a width"),
        (lambda: Gaze([[1, 1, 0]], sigma=1), "some time"),
        (lambda: Gaze([[1, 1, 1]], sigma=0), "sigma"),
        (lambda: Mask(np.zeros(3, bool)), "rows and columns"),
    ],
)
def test_what_is_no_mark_is_refused(make, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        make()


coordinates = st.floats(-5, 15, allow_nan=False, width=32)


@given(st.lists(st.tuples(coordinates, coordinates), min_size=2, max_size=6))
def test_polygons_come_back_from_json(corners) -> None:
    mark = Polygons((np.array(corners),))
    again = marks.from_json(marks.to_json(mark))
    np.testing.assert_array_equal(again.mask(SHAPE), mark.mask(SHAPE))


@pytest.mark.parametrize("content", [{"kind": "mask"}, {"kind": "boxes", "edges": [[1, 2]]}])
def test_what_is_no_json_of_a_mark_is_refused(content) -> None:
    with pytest.raises(ValueError):
        marks.from_json(content)


def test_union_of_annotations() -> None:
    both = [Annotation("A", "x", Boxes([[0, 0, 1, 1]])), Annotation("A", "y", Points([[3, 3]]))]
    assert np.argwhere(union(both, SHAPE)).tolist() == [[0, 0], [3, 3]]
    assert not union([], SHAPE).any()


@pytest.mark.parametrize("turn", [Turn(*each) for each in product((False, True), repeat=3)])
@pytest.mark.parametrize(
    "mark",
    [
        Mask(np.arange(30 * 40).reshape(30, 40) % 7 < 3),
        Boxes(np.array([[2.0, 3, 9, 20], [10, 30, 28, 39]])),
        Points(np.array([[0.5, 0.5], [12.5, 33.5]])),
        Ellipses(np.array([[12.2, 17.1, 9, 4, 30], [20, 30, 3, 5, -10]])),
        Gaze(np.array([[5.5, 6.5, 1.0], [20.5, 30.5, 2.0]]), sigma=2.0),
    ],
    ids=lambda mark: mark.kind,
)
def test_a_turned_mark_covers_the_turned_pixels(mark: Mark, turn: Turn) -> None:
    turned = mark.turned(turn, (30, 40))
    shape = turn.shape((30, 40))
    np.testing.assert_array_equal(turned.mask(shape), turn.pixels(mark.mask((30, 40))))
    assert turned.inside(shape)
    back = turned.turned(turn.inverse, shape)
    np.testing.assert_array_equal(back.mask((30, 40)), mark.mask((30, 40)))


@pytest.mark.parametrize("turn", [Turn(*each) for each in product((False, True), repeat=3)])
def test_corners_of_a_turned_polygon_are_the_turned_corners(turn: Turn) -> None:
    """Its outline is drawn from corner to corner, so that its mask may differ by a pixel there."""
    polygons = Polygons((np.array([[2.0, 3], [25, 5], [14, 36]]),))
    turned = polygons.turned(turn, (30, 40))
    np.testing.assert_allclose(turned.rings[0], turn.places(polygons.rings[0], (30, 40)))
    differ = turned.mask(turn.shape((30, 40))) ^ turn.pixels(polygons.mask((30, 40)))
    mask, square = turned.mask(turn.shape((30, 40))), np.ones((3, 3))
    assert not (differ & ~(binary_dilation(mask, square) ^ binary_erosion(mask, square))).any()
