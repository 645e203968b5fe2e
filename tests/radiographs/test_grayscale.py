"""Each formula by hand."""

import numpy as np
import pytest

from shamsul.radiographs.grayscale import Grayscale, LookupTable, Rescale, Window


def shown(pipeline: Grayscale, stored: list[int], kind: type = np.uint16) -> list[float]:
    values, (black, white) = pipeline.render(np.array([stored], dtype=kind))
    assert values.dtype == np.float32
    return np.clip((values[0] - black) / (white - black), 0, 1).tolist()


def test_linear_window_subtracts_half_from_center_and_one_from_width():
    # c - 0.5 = 9.5, w - 1 = 10: black at 4.5, white at 14.5
    pipeline = Grayscale(8, voi=Window(10, 11))
    assert shown(pipeline, [4, 5, 9, 10, 14, 15]) == pytest.approx([0, 0.05, 0.45, 0.55, 0.95, 1])


def test_linear_exact_window_subtracts_nothing():
    pipeline = Grayscale(8, voi=Window(10, 10, "LINEAR_EXACT"))
    assert shown(pipeline, [5, 6, 10, 15]) == pytest.approx([0, 0.1, 0.5, 1])


def test_linear_window_of_width_one_is_a_step():
    assert shown(Grayscale(16, voi=Window(60001, 1)), [60000, 60001]) == [0, 1]


def test_sigmoid():
    pipeline = Grayscale(8, voi=Window(10, 4, "SIGMOID"))
    values, window = pipeline.render(np.array([[8, 10, 12]], dtype=np.uint8))
    assert window == (0, 1)
    e2 = np.exp(2)
    np.testing.assert_allclose(values, [[1 / (1 + e2), 0.5, e2 / (1 + e2)]], rtol=1e-6)


def test_rescale_comes_before_the_window():
    pipeline = Grayscale(8, modality=Rescale(2, -10), voi=Window(0, 20, "LINEAR_EXACT"))
    values, window = pipeline.render(np.array([[0, 5, 10]], dtype=np.uint8))
    assert values.tolist() == [[-10, 0, 10]]
    assert window == (-10, 10)


def test_negative_slope_turns_the_order():
    values, _ = Grayscale(8, modality=Rescale(-1, 255)).render(np.array([[0, 255]], np.uint8))
    assert values.tolist() == [[255, 0]]


def test_inverted_image_is_reflected_with_its_window():
    pipeline = Grayscale(12, voi=Window(1000, 500, "LINEAR_EXACT"), inverted=True)
    values, window = pipeline.render(np.array([[0, 750, 1250]], dtype=np.uint16))
    assert values.tolist() == [[4095, 3345, 2845]]
    assert window == (2845, 3345)


def test_inverted_sigmoid_is_reflected_in_the_unit_interval():
    pipeline = Grayscale(8, voi=Window(10, 4, "SIGMOID"), inverted=True)
    values, window = pipeline.render(np.array([[8, 10]], dtype=np.uint8))
    np.testing.assert_allclose(values, [[1 / (1 + np.exp(-2)), 0.5]], rtol=1e-6)
    assert window == (0, 1)


def test_signed_values_keep_their_sign():
    values, _ = Grayscale(12, signed=True).render(np.array([[-2048, 0, 2047]], dtype=np.int16))
    assert values.tolist() == [[-2048, 0, 2047]]


def test_table_holds_its_ends():
    table = LookupTable(first=2, bits=8, entries=np.array([10, 20, 30]))
    assert table(np.array([-5.0, 1, 2, 3, 4, 9])).tolist() == [10, 10, 10, 20, 30, 30]


def test_voi_table_follows_modality_table_and_sets_the_window():
    modality = LookupTable(0, 8, np.array([0, 2, 1]))
    voi = LookupTable(0, 10, np.array([100, 200, 300]))
    values, window = Grayscale(8, modality=modality, voi=voi).render(np.array([[0, 1, 2]]))
    assert values.tolist() == [[100, 300, 200]]
    assert window == (0, 1023)


def test_inverted_table_is_reflected_in_its_range():
    voi = LookupTable(0, 10, np.array([100, 200]))
    values, window = Grayscale(8, voi=voi, inverted=True).render(np.array([[0, 1]]))
    assert values.tolist() == [[923, 823]]
    assert window == (0, 1023)


def test_eight_bits_without_window_are_shown_as_they_are():
    assert Grayscale(8).render(np.array([[3, 9]], dtype=np.uint8))[1] == (0, 255)


def test_more_bits_without_window_are_shown_between_robust_percentiles():
    stored = np.arange(1001, dtype=np.uint16).reshape(7, 143) + 1000
    assert Grayscale(12).render(stored)[1] == pytest.approx((1005, 1995))
    stored[0, 0] = 4095  # one hot pixel changes nothing to speak of
    assert Grayscale(12).render(stored)[1] == pytest.approx((1006, 1996), abs=1)


@pytest.mark.parametrize("inverted", [False, True])
def test_flat_image_is_black(inverted):
    values, (black, white) = Grayscale(12, inverted=inverted).render(np.full((2, 2), 7))
    assert black < white
    assert (values == black).all()


@pytest.mark.parametrize("inverted", [False, True])
def test_padding_is_background_and_outside_the_percentiles(inverted):
    stored = np.arange(1000, 2000).reshape(40, 25)
    stored[:20, 0] = 4095
    stored[20:, 0] = 4000
    measured = stored < 4000
    pipeline = Grayscale(12, inverted=inverted, padding=(4000, 4095))
    values, (black, white) = pipeline.render(stored)
    assert (values[~measured] <= values[measured].min()).all()
    assert (values[~measured] <= black).all()
    assert white - black == pytest.approx(0.99 * 998, rel=0.01)


def test_nothing_but_padding_is_black():
    values, (black, white) = Grayscale(12, padding=(0, 0)).render(np.zeros((3, 3), dtype=int))
    assert black < white
    assert (values <= black).all()


NOTHING = {
    "above": Window(40000, 100),
    "below": Window(-500, 100),
    "of 8 bits": Window(127, 255),
    "far too wide": Window(0, 1e9),
    "exact": Window(40000, 100, "LINEAR_EXACT"),
    "sigmoid": Window(40000, 100, "SIGMOID"),
    "step": Window(40000, 1),
    "table": LookupTable(0, 12, np.full(4096, 7)),
    "table beside": LookupTable(9000, 12, np.arange(4096)),
}
SOMETHING = {
    "narrow": Window(2000, 60),
    "step": Window(2000, 1),
    "edge of the range": Window(900, 250),
    "table": LookupTable(0, 12, np.arange(4096) // 2),
    "none": None,
}
SPREAD = np.linspace(800, 3000, 1200).astype(np.uint16).reshape(40, 30)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("voi", NOTHING)
def test_window_that_leaves_one_value_gives_way_to_the_full_range(voi, inverted):
    pipeline = Grayscale(12, voi=NOTHING[voi], inverted=inverted)
    instead = pipeline.that_shows_something(SPREAD)
    pixels = shown(instead, SPREAD[[0, -1]][:, [0, -1]].ravel().tolist())
    assert pixels[0] == pytest.approx(float(inverted))
    assert pixels[-1] == pytest.approx(float(not inverted))
    assert 0 < pixels[1] < 1


@pytest.mark.parametrize("voi", SOMETHING)
def test_window_that_shows_something_stays(voi):
    pipeline = Grayscale(12, voi=SOMETHING[voi])
    assert pipeline.that_shows_something(SPREAD) is pipeline


def test_window_of_what_is_one_value_anyway_stays():
    for stored in (np.full((4, 4), 7), np.zeros((4, 4), int)):
        pipeline = Grayscale(12, voi=Window(3000, 100), padding=(0, 0))
        assert pipeline.that_shows_something(stored) is pipeline
    object_on_background = np.zeros((40, 40), dtype=np.uint16)
    object_on_background[:5, :5] = 2000
    pipeline = Grayscale(12, voi=Window(2000, 500))
    assert pipeline.that_shows_something(object_on_background) is pipeline


def test_padding_does_not_hide_that_a_window_shows_nothing():
    stored = SPREAD.copy()
    stored[:20] = 0
    pipeline = Grayscale(12, voi=Window(127, 255), padding=(0, 0))
    instead = pipeline.that_shows_something(stored)
    values, (black, white) = instead.render(stored)
    assert (values[:20] <= black).all()
    assert black == stored[20:].min()
    assert white == 3000


def test_thirty_two_bits_are_computed_pixel_by_pixel():
    pipeline = Grayscale(32, voi=Window(2**20, 2**21, "LINEAR_EXACT"), inverted=False)
    assert shown(pipeline, [0, 2**20, 2**21], np.uint32) == [0, 0.5, 1]
