"""Maps against gaze: cases by hand, identities, and slow or other implementations beside."""

import math
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy, pearsonr
from sklearn.metrics import roc_auc_score

from shamsul.metrics.fixations import brought, centre_prior, density, on_image, prior
from shamsul.metrics.saliency import (
    EPSILON,
    auc_judd,
    auc_shuffled,
    cc,
    information_gain,
    kl_divergence,
    nss,
    sim,
)

SHAPE = (6, 9)
#: Ranks by rows, the last pixel highest.
RAMP = np.arange(54.0).reshape(SHAPE)
FLAT = np.ones(SHAPE)
NOTHING = np.zeros(SHAPE)
NOBODY = np.empty((0, 2))


def at(*pixels: tuple[int, int]) -> np.ndarray:
    """Fixations at the centres of pixels."""
    return np.array(pixels, float) + 0.5


# ---- Fixations -----------------------------------------------------------------------------------


def test_fixations_are_in_the_pixels_that_their_coordinates_fall_into() -> None:
    given = [[0, 0], [0.99, 1.0], [5.99, 8.99], [6.0, 1], [-0.01, 3], [1, 9]]
    (rows, columns), weights = on_image(given, SHAPE)
    assert (rows.tolist(), columns.tolist()) == ([0, 0, 5], [0, 1, 8])
    assert weights.tolist() == [1, 1, 1]
    assert on_image([[1, 1, 0.25], [9, 9, 3]], SHAPE).weights.tolist() == [0.25]


@pytest.mark.parametrize(
    ("fixations", "words"),
    [
        ([[1.0]], "shape"),
        ([[1, 2, 3, 4]], "shape"),
        ([1, 2], "shape"),
        ([[np.nan, 1]], "not finite"),
        ([[1, 1, -1]], "negative"),
        ([[1, 1, np.inf]], "not finite"),
    ],
)
def test_what_is_no_table_of_fixations_is_refused(fixations: list, words: str) -> None:
    for measure in (auc_judd, nss):
        with pytest.raises(ValueError, match=words):
            measure(RAMP, fixations)


def test_density_adds_up_gaussians_by_their_weights() -> None:
    shape, sigma = (41, 61), 2.0
    fixations = [[20.5, 30.5, 0.3], [12.5, 40.5, 0.1]]
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    by_hand = sum(
        weight * np.exp(-((rows - r) ** 2 + (columns - c) ** 2) / (2 * sigma**2))
        for r, c, weight in fixations
    ) / (2 * math.pi * sigma**2)
    np.testing.assert_allclose(density(fixations, shape, sigma), by_hand, atol=1e-4 * by_hand.max())
    assert not density([[99, 99]], shape, sigma).any()


def test_centre_prior_is_in_proportion_to_the_image() -> None:
    wide = centre_prior((40, 100), 0.25)
    assert wide.sum() == pytest.approx(1)
    np.testing.assert_allclose(wide, wide[::-1, ::-1])
    # A quarter of a side from the middle is one deviation away, on either axis.
    odd = centre_prior((41, 81), 10 / 41)
    assert odd[10, 40] / odd[20, 40] == pytest.approx(math.exp(-0.5))
    of_columns = odd[20] / odd[20, 40]
    np.testing.assert_allclose(
        of_columns, np.exp(-(((np.arange(81) - 40) / (81 * 10 / 41)) ** 2) / 2)
    )


def test_prior_of_others_is_their_density_and_a_share_for_every_pixel() -> None:
    looked = at((2, 3), (4, 4))
    plain = density(looked, SHAPE, 1.0)
    found = prior(looked, SHAPE, 1.0, uniform=0.2)
    np.testing.assert_allclose(found, 0.8 * plain / plain.sum() + 0.2 / 54)
    np.testing.assert_allclose(prior(looked, SHAPE, 1.0, uniform=1), 1 / 54)
    assert not prior(NOBODY, SHAPE, 1.0).any()
    with pytest.raises(ValueError, match="share"):
        prior(looked, SHAPE, 1.0, uniform=1.5)


def test_fixations_are_brought_to_the_same_shares_of_another_image() -> None:
    there = brought([[30, 20, 0.7]], (60, 80), (6, 8))
    np.testing.assert_allclose(there, [[3, 2, 0.7]])
    np.testing.assert_allclose(brought(there, (6, 8), (60, 80)), [[30, 20, 0.7]])
    assert brought(NOBODY, (60, 80), (6, 8)).shape == (0, 2)


# ---- By hand -------------------------------------------------------------------------------------


def test_auc_judd_by_hand() -> None:
    values = np.array([[5.0, 4.0, 3.0], [2.0, 2.0, 0.0]])
    # 4 is above 3, 2, 2, 0 and below 5, of five pixels that are not fixated.
    assert auc_judd(values, at((0, 1))) == 4 / 5
    # 5 is above all four; 2 is above 0, level with 2, and below 4 and 3.
    assert auc_judd(values, at((0, 0), (1, 0))) == (4 + 1.5) / 8
    # With three times the weight, or looked at three times, the latter counts threefold.
    weighed = np.c_[at((0, 0), (1, 0)), [1, 3]]
    assert auc_judd(values, weighed) == pytest.approx((4 + 3 * 1.5) / 16)
    again = at((0, 0), (1, 0), (1, 0), (1, 0))
    assert auc_judd(values, again) == pytest.approx((4 + 3 * 1.5) / 16)


def test_auc_shuffled_by_hand() -> None:
    values = np.array([[5.0, 4.0, 3.0], [2.0, 2.0, 0.0]])
    others = at((0, 0), (0, 2), (1, 1))
    assert auc_shuffled(values, at((0, 1)), others) == 2 / 3
    assert auc_shuffled(values, at((1, 0)), others) == 0.5 / 3
    assert auc_shuffled(values, at((0, 1)), np.c_[others, [2, 1, 1]]) == 2 / 4
    # What is fixated in other images counts also where it is fixated here.
    assert auc_shuffled(values, at((0, 1)), at((0, 1))) == 0.5


def test_nss_by_hand() -> None:
    values = np.array([[0.0, 0.0], [0.0, 4.0]])  # mean 1, variance 3
    assert nss(values, at((1, 1))) == pytest.approx(3 / math.sqrt(3))
    assert nss(values, at((0, 0))) == pytest.approx(-1 / math.sqrt(3))
    assert nss(values, np.c_[at((1, 1), (0, 0)), [1, 3]]) == pytest.approx(0)


def test_similarity_and_divergence_by_hand() -> None:
    values, gaze = np.array([[2.0, 2.0, -7.0]]), np.array([[1.0, 3.0, 0.0]])
    assert sim(values, gaze) == pytest.approx(0.25 + 0.5)
    expected = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    assert kl_divergence(values, gaze) == pytest.approx(expected)
    # Gaze where the map is zero: log(1 / epsilon).
    alone = kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    assert alone == pytest.approx(52 * math.log(2))
    milder = kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), epsilon=0.01)
    assert milder == pytest.approx(math.log(0.01 + 1 / 0.01))


def test_information_gain_by_hand() -> None:
    values, known = np.array([[1.0, 3.0], [-5.0, 0.0]]), np.full((2, 2), 7.0)
    # Three quarters against one quarter, and one quarter against one quarter.
    assert information_gain(values, at((0, 1)), known) == pytest.approx(math.log2(3))
    both = at((0, 1), (0, 0))
    assert information_gain(values, both, known) == pytest.approx(math.log2(3) / 2)
    weighed = np.c_[both, [3, 1]]
    assert information_gain(values, weighed, known) == pytest.approx(math.log2(3) * 3 / 4)
    assert information_gain(values, at((1, 0)), known) == pytest.approx(-52 + 2)


def test_correlation_by_hand() -> None:
    assert cc(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 3.0]])) == pytest.approx(1)
    assert cc(np.array([[-1.0, -2.0, -3.0]]), np.array([[1.0, 2.0, 3.0]])) == pytest.approx(-1)
    assert cc(np.array([[1.0, 0.0, 1.0]]), np.array([[1.0, 2.0, 3.0]])) == pytest.approx(0)


# ---- Slow or other implementations ---------------------------------------------------------------

small = st.integers(-3, 3).map(float)
maps = st.lists(small, min_size=12, max_size=12).map(lambda numbers: np.reshape(numbers, (3, 4)))
looks = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(1, 4)), min_size=1, max_size=6
).map(lambda rows: np.add(rows, [0.5, 0.5, 0]))


def in_pairs(positive: list[tuple[float, float]], negative: list[tuple[float, float]]) -> float:
    """Each value with its weight beside each other one."""
    won = total = 0.0
    for one, weight in positive:
        for other, beside in negative:
            won += weight * beside * (1.0 if one > other else 0.5 if one == other else 0.0)
            total += weight * beside
    return won / total if total else math.nan


def looked_at(values: np.ndarray, fixations: np.ndarray) -> list[tuple[float, float]]:
    return [(values[int(row), int(column)], weight) for row, column, weight in fixations]


@given(maps, looks, looks)
def test_areas_are_counts_of_pairs(
    values: np.ndarray, fixations: np.ndarray, others: np.ndarray
) -> None:
    fixated = {(int(row), int(column)) for row, column, _ in fixations}
    free = [(values[place], 1.0) for place in np.ndindex(values.shape) if place not in fixated]
    mine = looked_at(values, fixations)
    assert auc_judd(values, fixations) == pytest.approx(in_pairs(mine, free), nan_ok=True)
    there = in_pairs(mine, looked_at(values, others))
    assert auc_shuffled(values, fixations, others) == pytest.approx(there)


@given(maps, looks)
def test_measures_of_distributions_pixel_by_pixel(
    values: np.ndarray, fixations: np.ndarray
) -> None:
    gaze = density(fixations, values.shape, 1.0)
    known = prior(fixations[:1], values.shape, 1.0)
    total = sum(max(value, 0.0) for value in values.flat)
    if not total:
        for found in (
            sim(values, gaze),
            kl_divergence(values, gaze),
            information_gain(values, fixations, known),
        ):
            assert math.isnan(found)
        return
    common = divergence = 0.0
    for value, looked in zip(values.flat, gaze.flat, strict=True):
        p, q = max(value, 0.0) / total, looked / gaze.sum()
        common += min(p, q)
        divergence += q * math.log(EPSILON + q / (p + EPSILON))
    gained = weights = 0.0
    for row, column, weight in fixations:
        p, q = max(values[int(row), int(column)], 0.0) / total, known[int(row), int(column)]
        gained += weight * (math.log2(EPSILON + p) - math.log2(EPSILON + q))
        weights += weight
    assert sim(values, gaze) == pytest.approx(common)
    assert kl_divergence(values, gaze) == pytest.approx(divergence)
    assert information_gain(values, fixations, known) == pytest.approx(gained / weights)


def test_other_implementations_agree(rng: np.random.Generator) -> None:
    values = rng.normal(size=(20, 30)).round(1)  # with ties
    looked = np.c_[rng.uniform(0, (20, 30), (40, 2)), rng.uniform(0.1, 2, 40)]
    gaze = density(looked, values.shape, 2.0)
    (rows, columns), weights = on_image(looked, values.shape)
    free = np.ones(values.shape, bool)
    free[rows, columns] = False
    scores = np.r_[values[rows, columns], values[free]]
    truth = np.r_[np.ones(40), np.zeros(free.sum())]
    weigh = np.r_[weights, np.ones(free.sum())]
    expected = roc_auc_score(truth, scores, sample_weight=weigh)
    assert auc_judd(values, looked) == pytest.approx(expected)
    assert cc(values, gaze) == pytest.approx(pearsonr(values.ravel(), gaze.ravel()).statistic)
    everywhere = np.abs(values) + 0.1
    assert kl_divergence(everywhere, gaze) == pytest.approx(entropy(gaze.flat, everywhere.flat))
    z = (values - values.mean()) / values.std()
    assert nss(values, looked) == pytest.approx(np.average(z[rows, columns], weights=weights))


def test_published_auc_is_greater_by_its_straight_lines(rng: np.random.Generator) -> None:
    """The published algorithm, of values that all differ: thresholds at fixations, trapezoids."""
    values = rng.permutation(200.0 * np.arange(1, 201)).reshape(10, 20)
    looked = at((2, 3), (9, 9), (4, 17), (0, 0))
    fixated = sorted((values[int(r), int(c)] for r, c in looked), reverse=True)
    true, false = [0.0], [0.0]
    for place, level in enumerate(fixated, 1):
        true.append(place / 4)
        false.append(((values >= level).sum() - place) / 196)
    published = np.trapezoid([*true, 1], [*false, 1])
    assert published - auc_judd(values, looked) == pytest.approx(false[-1] / 8)


def test_shuffled_auc_is_the_mean_over_all_draws_of_as_many(rng: np.random.Generator) -> None:
    values = rng.integers(0, 5, (6, 9)).astype(float)
    looked, others = at((1, 1), (5, 8), (2, 7)), at((0, 0), (3, 3), (4, 1), (1, 1), (5, 5), (2, 0))
    draws = [
        auc_shuffled(values, looked, others[list(drawn)]) for drawn in combinations(range(6), 3)
    ]
    assert auc_shuffled(values, looked, others) == pytest.approx(np.mean(draws))


# ---- Identities ----------------------------------------------------------------------------------


def test_gaze_itself_is_the_best_map() -> None:
    looked = at((1, 2), (4, 6))
    gaze = density(looked, SHAPE, 0.8)
    assert cc(gaze, gaze) == pytest.approx(1)
    assert sim(gaze, gaze) == pytest.approx(1)
    assert kl_divergence(gaze, gaze) == pytest.approx(0, abs=1e-9)
    assert information_gain(gaze, looked, gaze) == 0
    assert auc_judd(gaze, looked) == 1
    other = centre_prior(SHAPE)
    assert kl_divergence(other, gaze) > 0.1
    assert sim(other, gaze) == sim(gaze, other) < 0.9


def test_order_alone_matters_to_areas_and_no_shift_or_factor_to_nss_and_cc() -> None:
    looked, others = at((1, 2), (4, 6), (5, 8)), at((0, 3), (3, 3))
    gaze = density(looked, SHAPE, 1.0)
    values = np.sin(RAMP)
    for measure in (
        lambda found: auc_judd(found, looked),
        lambda found: auc_shuffled(found, looked, others),
    ):
        assert measure(np.exp(values)) == measure(values)
        assert measure(-values) == pytest.approx(1 - measure(values))
    for measure in (lambda found: nss(found, looked), lambda found: cc(found, gaze)):
        assert measure(3 * values - 100) == pytest.approx(measure(values))
        assert measure(-values) == pytest.approx(-measure(values))


def test_a_factor_and_what_is_negative_do_not_change_distributions() -> None:
    looked = at((1, 2), (4, 6))
    gaze, known = density(looked, SHAPE, 1.0), centre_prior(SHAPE)
    values = np.sin(RAMP)
    for measure in (
        lambda found: sim(found, gaze),
        lambda found: kl_divergence(found, gaze),
        lambda found: information_gain(found, looked, known),
    ):
        assert measure(np.maximum(values, 0)) == measure(values)
        assert measure(1e-200 * values) == pytest.approx(measure(values))
        assert measure(1e200 * values) == pytest.approx(measure(values))


def test_units_of_weights_and_densities_do_not_matter() -> None:
    looked = np.c_[at((1, 2), (4, 6)), [0.2, 0.7]]
    milliseconds = looked * [1, 1, 1000]
    gaze, known = density(looked, SHAPE, 1.0), centre_prior(SHAPE)
    values = np.sin(RAMP)
    for measure in (
        lambda found: auc_judd(values, found),
        lambda found: nss(values, found),
        lambda found: information_gain(values, found, known),
    ):
        assert measure(milliseconds) == pytest.approx(measure(looked))
    for measure in (cc, sim, kl_divergence):
        assert measure(values, 1000 * gaze) == pytest.approx(measure(values, gaze))


# ---- Degenerate cases ----------------------------------------------------------------------------

LOOKED = at((1, 2), (4, 6))
GAZE = density(LOOKED, SHAPE, 1.0)
MEASURES: dict[str, Callable[[np.ndarray], float]] = {
    "auc_judd": lambda found: auc_judd(found, LOOKED),
    "auc_shuffled": lambda found: auc_shuffled(found, LOOKED, at((0, 0))),
    "nss": lambda found: nss(found, LOOKED),
    "cc": lambda found: cc(found, GAZE),
    "sim": lambda found: sim(found, GAZE),
    "kl_divergence": lambda found: kl_divergence(found, GAZE),
    "information_gain": lambda found: information_gain(found, LOOKED, FLAT),
}


@pytest.mark.parametrize("name", MEASURES)
def test_constant_and_zero_maps_have_the_stated_value(name: str) -> None:
    measure = MEASURES[name]
    if name.startswith("auc"):
        assert measure(FLAT) == measure(NOTHING) == measure(-FLAT) == 0.5
        return
    assert math.isnan(measure(NOTHING))
    if name in ("nss", "cc"):
        assert math.isnan(measure(0.1 * FLAT)) and math.isnan(measure(-FLAT))
        return
    assert math.isnan(measure(-FLAT))  # nowhere positive
    assert math.isfinite(measure(FLAT))


def test_constant_map_is_the_uniform_distribution() -> None:
    gaze = GAZE / GAZE.sum()
    assert information_gain(FLAT, LOOKED, FLAT) == 0
    assert sim(FLAT, GAZE) == pytest.approx(np.minimum(gaze, 1 / 54).sum())
    assert kl_divergence(FLAT, GAZE) == pytest.approx(math.log(54) - entropy(gaze.ravel()))


@pytest.mark.parametrize("looked", [NOBODY, at((40, 40)), np.array([[1, 1, 0.0]])])
def test_without_a_fixation_nothing_is_defined(looked: np.ndarray) -> None:
    nobody = density(looked, SHAPE, 1.0)
    for found in (
        auc_judd(RAMP, looked),
        auc_shuffled(RAMP, looked, LOOKED),
        auc_shuffled(RAMP, LOOKED, looked),
        nss(RAMP, looked),
        information_gain(RAMP, looked, FLAT),
        information_gain(RAMP, LOOKED, nobody),
        cc(RAMP, nobody),
        sim(RAMP, nobody),
        kl_divergence(RAMP, nobody),
    ):
        assert math.isnan(found)


def test_image_that_is_fixated_everywhere_has_no_pixel_to_compare_with() -> None:
    everywhere = np.argwhere(np.ones((2, 2), bool)) + 0.5
    assert math.isnan(auc_judd(np.eye(2), everywhere))


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("bad", [RAMP * np.nan, RAMP.ravel(), np.where(RAMP == 3, np.inf, RAMP)])
def test_what_is_no_map_is_refused(name: str, bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"finite numbers|different shapes"):
        MEASURES[name](bad)


def test_densities_of_another_shape_or_below_zero_are_refused() -> None:
    for measure in (cc, sim, kl_divergence):
        with pytest.raises(ValueError, match="different shapes"):
            measure(RAMP, np.ones((9, 6)))
        with pytest.raises(ValueError, match="not negative"):
            measure(RAMP, -GAZE)
    with pytest.raises(ValueError, match="different shapes"):
        information_gain(RAMP, LOOKED, np.ones((9, 6)))
    for epsilon in (0, -1):
        with pytest.raises(ValueError, match="epsilon"):
            kl_divergence(RAMP, GAZE, epsilon=epsilon)
        with pytest.raises(ValueError, match="epsilon"):
            information_gain(RAMP, LOOKED, FLAT, epsilon=epsilon)


@pytest.mark.parametrize("name", MEASURES)
def test_maps_are_left_as_they_are_and_the_same_each_time(name: str) -> None:
    values = np.sin(RAMP).astype(np.float32)
    before = values.copy()
    first = MEASURES[name](values)
    assert MEASURES[name](values) == first
    np.testing.assert_array_equal(values, before)
