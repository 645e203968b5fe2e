"""What is concluded from how far maps agree."""

import numpy as np
import pytest
from scipy import stats

from shamsul.metrics.agreement import top_overlap
from shamsul.ui.review.conclusion import ALONE, APART, SAME, TOGETHER, conclusion

NAN = np.nan


def said(*pairs: float, titles: str = "ABCD") -> str:
    """The conclusion from the overlaps of A and B, A and C and so on; NaN is a blank map's."""
    count = int((1 + np.sqrt(1 + 8 * len(pairs))) / 2)
    matrix = np.eye(count)
    matrix[np.triu_indices(count, 1)] = pairs
    matrix.T[np.triu_indices(count, 1)] = pairs
    for i in range(count):
        if np.isnan(matrix[i, [j for j in range(count) if j != i]]).all():
            matrix[i, i] = NAN
    return conclusion(list(titles[:count]), matrix)


@pytest.mark.parametrize(
    ("pairs", "words", "end"),
    [
        ((0.5,), "A and B point at the same region", TOGETHER),
        ((1 / 3,), "A and B point at the same region", TOGETHER),  # half of each
        ((0.2,), "A and B point at regions that overlap in part at most", ALONE),
        ((0.05,), "A and B point at different regions", ALONE),
        ((0.6, 0.6, 0.6), "A, B and C point at the same region", TOGETHER),
        ((0.6, 0.0, 0.1), "A and B point at the same region; C points elsewhere", ALONE),
        ((0.6, 0.2, 0.0), "A and B point at the same region; C overlaps it in part", ALONE),
        (
            (0.4, 0.0, 0.0, 0.0, 0.0, 0.9),  # of two pairs the one most alike is named first
            "C and D point at the same region; A and B point at another, the same for both",
            ALONE,
        ),
        (
            (0.6, 0.0, 0.0, 0.0, 0.0, 0.0),
            "A and B point at the same region; C and D point elsewhere",
            ALONE,
        ),
        (
            (0.6, NAN, NAN),
            "A and B point at the same region; C shows nothing that speaks for the label",
            ALONE,
        ),
        ((NAN,), "No map points anywhere.", "No map points anywhere."),
    ],
)
def test_who_points_where_is_said_and_what_follows(
    pairs: tuple[float, ...], words: str, end: str
) -> None:
    text = said(*pairs)
    assert text.startswith(words)
    assert text.endswith(end)


def test_a_method_that_alone_points_anywhere_is_named() -> None:
    text = conclusion(["A", "B"], np.array([[1, NAN], [NAN, NAN]]))
    assert text.startswith("A alone points at a region; B shows nothing")


def test_bounds_are_far_from_what_chance_gives() -> None:
    """As the documents say: fifty superpixels, of which five are a map's top."""
    shared = stats.hypergeom(50, 5, 5)
    assert shared.sf(np.ceil(SAME * 5) - 1) == pytest.approx(0.005, abs=5e-4)
    assert shared.cdf(np.floor(APART * 5)) == pytest.approx(0.93, abs=5e-3)


def test_bounds_are_shares_of_the_tops() -> None:
    one, other = np.zeros((10, 10)), np.zeros((10, 10))
    one[0], other[0, :5], other[1, :5] = 1, 1, 1  # of ten pixels each, five are shared
    overlap = np.array([[1, top_overlap(one, other)], [top_overlap(one, other), 1]])
    assert "same region" in conclusion(["A", "B"], overlap)
    other[0, 4], other[2, 0] = 0, 1
    overlap[0, 1] = overlap[1, 0] = top_overlap(one, other)
    assert "overlap in part" in conclusion(["A", "B"], overlap)
