import io
import json
import math

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image
from scipy.ndimage import gaussian_filter

from shamsul.annotations import marks
from shamsul.annotations.gaze import MODES, Gaze, heat, karargyris, together
from shamsul.radiographs.turn import Turn

SHAPE = (40, 60)
matplotlib.use("Agg")


def slow_heatmap(gaze: Gaze, shape: tuple[int, int]) -> np.ndarray:
    """Fixation by fixation and pixel by pixel, as the owners of REFLACX say it."""
    seconds = np.zeros(shape)
    for i, (row, column, duration) in enumerate(gaze.fixations):
        if not (0 <= row < shape[0] and 0 <= column < shape[1]):
            continue
        down, across = gaze.per_degree[i] if len(gaze.per_degree) else (gaze.sigma, gaze.sigma)
        top, left, bottom, right = gaze.shown[i] if len(gaze.shown) else (0, 0, *shape)
        for r, c in np.ndindex(shape):
            if top < r + 0.5 < bottom and left < c + 0.5 < right:
                distance = ((r + 0.5 - row) / down) ** 2 + ((c + 0.5 - column) / across) ** 2
                seconds[r, c] += duration * math.exp(-distance / 2) / (2 * math.pi * down * across)
    return seconds


def zoomed() -> Gaze:
    """Two fixations with all that may be known, and one off the image."""
    return Gaze(
        np.array([[10.5, 30, 0.4], [22, 12.5, 0.2], [-3, 5, 1.0]]),
        5.0,
        starts=np.array([0.5, 1.0, 2.5]),
        phases=("looking", "telling", "telling"),
        per_degree=np.array([[2.0, 4.0], [3.0, 1.5], [2, 2]]),
        shown=np.array([[8, 25, 20, 60], [0, 0, 40, 60], [0, 0, 40, 60]]),
    )


@pytest.mark.parametrize("gaze", [zoomed(), Gaze([[10.5, 30, 0.4], [22, 12.5, 0.2]], 3.0)])
def test_a_heatmap_is_gaussians_in_seconds_cut_to_what_was_shown(gaze: Gaze) -> None:
    np.testing.assert_allclose(gaze.heatmap(SHAPE), slow_heatmap(gaze, SHAPE), atol=1e-12)


def test_nothing_is_seen_beyond_the_part_that_was_shown() -> None:
    heatmap = zoomed().during("looking").heatmap(SHAPE)
    assert heatmap[8:20, 25:].all()
    heatmap[8:20, 25:] = 0
    assert not heatmap.any()


def test_heat_is_linear_in_seconds_and_has_a_true_zero() -> None:
    gaze = Gaze([[10.5, 10.5, 0.3], [10.5, 40.5, 0.1]], sigma=1.0)
    linear = heat(gaze, SHAPE)
    assert linear.dtype == np.float32 and linear.max() == 1
    assert linear[10, 40] == pytest.approx(1 / 3, rel=1e-6)
    assert linear[30, 10] < 1e-30
    wide = heat(gaze, SHAPE, sigma=4.0)
    np.testing.assert_allclose(
        wide, heat(Gaze(gaze.fixations, sigma=4.0), SHAPE), rtol=1e-6, atol=1e-30
    )


def test_heat_of_some_degrees_is_as_wide_as_the_fixations_say() -> None:
    half = heat(zoomed(), SHAPE, degrees=0.5)
    narrow = Gaze(
        zoomed().fixations, 1.0, per_degree=zoomed().per_degree / 2, shown=zoomed().shown
    ).heatmap(SHAPE)
    np.testing.assert_allclose(half, narrow / narrow.max(), atol=1e-6)


def test_a_phase_has_its_own_heat() -> None:
    looking, telling = (zoomed().during(phase) for phase in ("looking", "telling"))
    both = looking.heatmap(SHAPE) + telling.heatmap(SHAPE)
    np.testing.assert_allclose(both, zoomed().heatmap(SHAPE))
    assert telling.starts.tolist() == [1.0, 2.5]
    assert heat(telling, SHAPE).argmax() == np.ravel_multi_index((21, 12), SHAPE)


@pytest.mark.parametrize(
    "asked, reason",
    [
        (lambda: heat(zoomed(), SHAPE, sigma=1.0, degrees=1.0), "not in both"),
        (lambda: heat(Gaze([[1, 1, 1]], 1.0), SHAPE, degrees=1.0), "is not known"),
        (lambda: heat(Gaze([[90, 1, 1]], 1.0), SHAPE), "on the image"),
        (lambda: karargyris(Gaze([[0.5, 1, 1]], 1.0), SHAPE), "below its first row"),
        (lambda: zoomed().during("resting"), "phase 'resting'"),
        (lambda: Gaze([[1, 1, 1]], 1.0, starts=np.zeros(2)), "as there are"),
        (lambda: Gaze([[1, 1, 1]], 1.0, phases=("a", "b")), "as there are"),
        (lambda: Gaze([[1, 1, 1]], 1.0, per_degree=np.array([[1, 0]])), "positive"),
        (lambda: Gaze([[1, 1, 1]], 1.0, starts=np.array([np.inf])), "finite"),
        (lambda: Gaze([[1, 1, 1]], 1.0, shown=np.array([[2, 2, 2, 4]])), "height and a width"),
    ],
)
def test_what_cannot_be_is_said(asked, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        asked()


def published(gaze: Gaze, shape: tuple[int, int]) -> np.ndarray:
    """The published preprocessing as its code has it, with a picture that is written and read."""
    rows, columns = shape[0] + shape[0] % 2, shape[1] + shape[1] % 2
    record = np.zeros((rows, columns))
    for row, column, _ in gaze.fixations:
        on = 0 <= row < shape[0] and 0 <= column < shape[1]
        y, x = (int(row), int(column)) if on else (-1, -1)
        if y > 0:
            record[y, x] += 1
    file = io.BytesIO()
    pyplot.imsave(file, gaussian_filter(record, 150))
    gray = Image.open(file).convert("RGB").convert("L")
    return np.asarray(gray, float)[: shape[0], : shape[1]] / 255


def test_the_published_heatmap_is_reproduced_with_its_faults() -> None:
    shape = (401, 560)
    places = [[100.2, 50.7, 5.0], [100.9, 50.1, 0.1], [390, 500, 0.2], [0.4, 300, 9], [-2, -2, 1]]
    gaze = Gaze(np.array(places), 1.0)
    got = karargyris(gaze, shape)
    assert got.shape == shape and got.dtype == np.float32
    # A value between two of the 256 colours may fall to either.
    np.testing.assert_allclose(got, published(gaze, shape), atol=1.5 / 255)
    # Where nobody looked is not zero, and how long somebody looked does not matter.
    assert (got.min(), got.max()) == (np.float32(30 / 255), np.float32(215 / 255))
    longer = Gaze(gaze.fixations * [1, 1, 7], 1.0)
    np.testing.assert_array_equal(karargyris(longer, shape), got)


def test_modes_are_the_two_heatmaps() -> None:
    gaze = Gaze([[10.5, 10.5, 0.3]], 2.0)
    np.testing.assert_array_equal(MODES["linear"](gaze, SHAPE), heat(gaze, SHAPE))
    np.testing.assert_array_equal(MODES["karargyris"](gaze, SHAPE), karargyris(gaze, SHAPE))


def test_fixations_are_in_the_order_of_their_starts_where_all_are_known() -> None:
    places = np.array([[1, 1, 0.1], [2, 2, 0.2], [3, 3, 0.3]])
    gaze = Gaze(places, 1.0, starts=np.array([2.0, 0.0, 1.0]), phases=("b", "a", "a"))
    assert gaze.fixations[:, 0].tolist() == [2, 3, 1]
    assert (gaze.starts.tolist(), gaze.phases) == ([0, 1, 2], ("a", "a", "b"))
    unknown = Gaze(places, 1.0, starts=np.array([2.0, np.nan, 1.0]))
    assert unknown.fixations[:, 0].tolist() == [1, 2, 3]
    assert np.isnan(Gaze(places, 1.0).starts).all()


def test_gaze_comes_back_from_json() -> None:
    content = json.loads(json.dumps(marks.to_json(zoomed())))
    again = marks.from_json(content)
    assert isinstance(again, Gaze) and again.phases == zoomed().phases
    for name in ("fixations", "starts", "per_degree", "shown"):
        np.testing.assert_array_equal(getattr(again, name), getattr(zoomed(), name))
    partly = Gaze([[1, 1, 1], [2, 2, 1]], 1.0, starts=np.array([np.nan, 3]))
    content = json.loads(json.dumps(marks.to_json(partly), allow_nan=False))
    np.testing.assert_array_equal(marks.from_json(content).starts, [np.nan, 3])


def test_gaze_of_which_nothing_more_is_known_is_kept_as_it_always_was() -> None:
    """So that an earlier release reads it; what that wrote is read here."""
    content = {"kind": "gaze", "fixations": [[1.0, 2.0, 0.5]], "sigma": 150.0, "level": 0.5}
    assert marks.to_json(Gaze([[1, 2, 0.5]], 150.0)) == content
    old = marks.from_json(content)
    assert isinstance(old, Gaze)
    assert np.isnan(old.starts).all() and not old.phases and not len(old.per_degree)


def test_gaze_together_keeps_what_each_knows() -> None:
    plain = Gaze([[30, 30, 0.5]], 5.0, starts=np.array([1.5]), phases=("telling",))
    both = together([zoomed(), plain])
    np.testing.assert_allclose(
        both.heatmap(SHAPE), zoomed().heatmap(SHAPE) + plain.heatmap(SHAPE), atol=1e-15
    )
    assert both.starts.tolist() == [0.5, 1.0, 1.5, 2.5]
    upside_down = both.turned(Turn(False, True, False), SHAPE)
    np.testing.assert_allclose(upside_down.heatmap(SHAPE), both.heatmap(SHAPE)[::-1], atol=1e-12)
    with pytest.raises(ValueError, match="one gaze"):
        together([zoomed(), Gaze([[1, 1, 1]], 5.0)])


@pytest.mark.parametrize("turn", [Turn(True), Turn(True, True, False), Turn(False, True, True)])
def test_turned_gaze_keeps_its_degrees_and_what_was_shown(turn: Turn) -> None:
    turned = zoomed().turned(turn, SHAPE)
    np.testing.assert_allclose(
        turned.heatmap(turn.shape(SHAPE)), turn.pixels(zoomed().heatmap(SHAPE)), atol=1e-12
    )


def test_on_a_coarser_grid_it_is_the_same_gaze() -> None:
    fixations = [[12.0, 20.5, 1.0], [25.0, 40.0, 3.0]]
    gaze = Gaze(
        fixations, 5.0, per_degree=[[6, 4], [8, 8]], shown=[[0, 0, 40, 60], [10, 20, 40, 60]]
    )
    coarse = gaze.on_grid(SHAPE, (20, 20)).heatmap((20, 20))
    blocks = gaze.heatmap(SHAPE).reshape(20, 2, 20, 3).sum((1, 3))
    np.testing.assert_allclose(coarse, blocks, atol=0.03 * blocks.max())
    plain = Gaze(fixations, 5.0)
    assert plain.on_grid(SHAPE, SHAPE).heatmap(SHAPE) == pytest.approx(plain.heatmap(SHAPE))
