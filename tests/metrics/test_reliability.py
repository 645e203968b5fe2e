"""Agreement of readers: published worked examples, slow second implementations, no variation."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from shamsul.metrics.reliability import (
    Level,
    fleiss_kappa,
    intraclass_correlation,
    krippendorff_alpha,
    weighted_kappa,
)

_ = np.nan

#: Krippendorff 2011, Computing Krippendorff's alpha-reliability, example C: 4 observers, 12 units.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]

#: Shrout & Fleiss 1979, table 2: 6 targets, 4 judges.
SHROUT_FLEISS = np.transpose(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)

#: https://en.wikipedia.org/wiki/Fleiss'_kappa, worked example: how many of 14 raters put each of
#: 10 subjects in each of 5 categories.
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def scores(rng: np.random.Generator, readers: int = 5, units: int = 30) -> NDArray[np.float64]:
    """Ratings from 1 to 5 that share something, a tenth of them missing."""
    truth = rng.normal(3, 1.2, units)
    ratings = np.clip(np.round(truth + rng.normal(0, 1, (readers, units))), 1, 5)
    ratings[rng.random(ratings.shape) < 0.1] = np.nan
    return ratings


def slow_alpha(ratings: NDArray[np.float64], level: Level) -> float:
    """Mean difference of all pairs within units, each unit weighted, by that of all pairs."""
    columns = [[x for x in column if not np.isnan(x)] for column in ratings.T]
    columns = [column for column in columns if len(column) > 1]
    everything = [x for column in columns for x in column]

    def difference(a: float, b: float) -> float:
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(1 for x in everything if low <= x <= high)
        return (between - (everything.count(a) + everything.count(b)) / 2) ** 2 if a != b else 0

    observed = sum(
        sum(difference(a, b) for a, b in itertools.permutations(column, 2)) / (len(column) - 1)
        for column in columns
    ) / len(everything)
    pairs = list(itertools.permutations(everything, 2))
    return 1 - observed / (sum(difference(a, b) for a, b in pairs) / len(pairs))


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_of_krippendorffs_four_observers(level: Level, published: float) -> None:
    alpha = krippendorff_alpha(KRIPPENDORFF, level)
    assert round(alpha.value, 3) == published
    # The twelfth unit has one rating and pairs with nothing.
    assert (alpha.n, alpha.left_out) == (11, 1)


def test_alpha_of_krippendorffs_two_observers() -> None:
    """The same paper, examples A (binary data) and B (nominal data)."""
    meg, owen = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert round(krippendorff_alpha([meg, owen], "nominal").value, 3) == 0.095
    ben, gerry = ([ord(letter) for letter in row] for row in ("aabbdcccedda", "babbbccceddd"))
    assert round(krippendorff_alpha([ben, gerry], "nominal").value, 3) == 0.692


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_agrees_with_a_slow_second_implementation(
    level: Level, rng: np.random.Generator
) -> None:
    for _case in range(3):
        ratings = scores(rng)
        assert krippendorff_alpha(ratings, level).value == pytest.approx(slow_alpha(ratings, level))


def test_ordinal_alpha_looks_at_order_only(rng: np.random.Generator) -> None:
    ratings = scores(rng)
    stretched = krippendorff_alpha(np.exp(ratings))
    assert stretched.value == pytest.approx(krippendorff_alpha(ratings).value)
    assert krippendorff_alpha(ratings, "interval").value != pytest.approx(
        krippendorff_alpha(np.exp(ratings), "interval").value
    )


def test_the_order_of_readers_does_not_matter(rng: np.random.Generator) -> None:
    ratings = scores(rng)
    assert krippendorff_alpha(ratings[::-1]).value == pytest.approx(
        krippendorff_alpha(ratings).value
    )


def test_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="must be nominal, ordinal or interval"):
        krippendorff_alpha(KRIPPENDORFF, "ratio")  # type: ignore[arg-type]


def test_icc_of_shrout_and_fleiss() -> None:
    """Their table 4."""
    icc = intraclass_correlation(SHROUT_FLEISS)
    found = (icc.icc_1_1, icc.icc_2_1, icc.icc_3_1, icc.icc_1_k, icc.icc_2_k, icc.icc_3_k)
    assert [round(x, 2) for x in found] == [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    assert (icc.n, icc.left_out) == (6, 0)


def test_icc_leaves_units_with_a_missing_rating_out() -> None:
    extra = np.array([[3.0, _], [_, _], [5.0, 2.0], [1.0, 9.0]])
    icc = intraclass_correlation(np.hstack([extra, SHROUT_FLEISS]))
    assert (icc.n, icc.left_out) == (6, 2)
    alone = intraclass_correlation(SHROUT_FLEISS)
    assert icc.icc_2_1 == pytest.approx(alone.icc_2_1, rel=1e-12)


def test_reader_who_is_stricter_by_a_constant_lowers_absolute_agreement_only() -> None:
    # Two readers one point apart on units 1, 2, 3: mean squares 2 (units), 1.5 (readers), 0.
    icc = intraclass_correlation([[1, 2, 3], [2, 3, 4]])
    assert icc.icc_3_1 == pytest.approx(1)
    assert icc.icc_2_1 == pytest.approx(2 / (2 + 2 * 1.5 / 3))


def test_fleiss_kappa_of_the_worked_example() -> None:
    categories = np.array([np.repeat(np.arange(5), row) for row in FLEISS])
    kappa = fleiss_kappa(categories.T)
    assert round(kappa.value, 3) == 0.210
    assert (kappa.n, kappa.left_out) == (10, 0)


def test_fleiss_kappa_leaves_units_with_a_missing_rating_out() -> None:
    kappa = fleiss_kappa([[1, 2, 3, _], [1, 2, 4, 1]])
    # Pairs agree in 2 of 3; shares 1/3, 1/3, 1/6, 1/6 agree by chance in 10/36.
    assert kappa.value == pytest.approx((2 / 3 - 10 / 36) / (1 - 10 / 36))
    assert (kappa.n, kappa.left_out) == (3, 1)


def slow_weighted_kappa(first: list[float], second: list[float]) -> float:
    """1 - mean squared difference of the pairs by that of all crossed pairs."""
    observed = np.mean([(a - b) ** 2 for a, b in zip(first, second, strict=True)])
    return float(1 - observed / np.mean([(a - b) ** 2 for a in first for b in second]))


def test_weighted_kappa_agrees_with_a_slow_second_implementation(
    rng: np.random.Generator,
) -> None:
    for _case in range(5):
        first, second = (rng.choice([1, 2, 5], 12).astype(float).tolist() for _reader in range(2))
        kappa = weighted_kappa(first, second)
        assert kappa.value == pytest.approx(slow_weighted_kappa(first, second))
    # Nobody chose 2, 3 or 4, and yet 5 is four points from 1: by hand 16 / 4 and 158 / 16.
    assert weighted_kappa([1, 1, 5, 6], [1, 5, 5, 6]).value == pytest.approx(1 - 4 / 9.875)


def test_weighted_kappa_leaves_pairs_with_a_missing_rating_out() -> None:
    kappa = weighted_kappa([1, 2, _, 4], [1, _, 3, 5])
    assert (kappa.n, kappa.left_out) == (2, 2)
    assert kappa.value == pytest.approx(slow_weighted_kappa([1, 4], [1, 5]))


def test_weighted_kappa_refuses_halves() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        weighted_kappa([1.5, 2], [1, 2])


@pytest.mark.parametrize(
    "ratings",
    [
        np.full((3, 4), 2.0),  # constant
        np.full((3, 4), 0.1),  # constant, with rounding errors
        np.full((3, 4), np.nan),  # all missing
        np.empty((3, 0)),  # no units
        np.empty((0, 4)),  # no readers
        np.array([[1.0, 2.0, 3.0]]),  # one reader
    ],
)
def test_without_variation_or_pairs_agreement_is_undefined(ratings: NDArray[np.float64]) -> None:
    alpha, kappa = krippendorff_alpha(ratings), fleiss_kappa(ratings)
    icc = intraclass_correlation(ratings)
    assert np.isnan([alpha.value, kappa.value, icc.icc_2_1, icc.icc_1_k, icc.icc_3_1]).all()
    for result in (alpha, kappa, icc):
        assert result.n + result.left_out == ratings.shape[1]


def test_one_unit_has_an_alpha_and_no_icc() -> None:
    # All disagreement there is lies within the unit: observed equals expected.
    assert krippendorff_alpha([[1.0], [2.0]]).value == pytest.approx(0)
    assert np.isnan(intraclass_correlation([[1.0], [2.0]]).icc_2_1)


def test_no_pairs_and_equal_pairs_have_no_weighted_kappa() -> None:
    assert np.isnan(weighted_kappa([], []).value)
    assert np.isnan(weighted_kappa([3, 3], [3, 3]).value)


@pytest.mark.parametrize("metric", [krippendorff_alpha, fleiss_kappa, intraclass_correlation])
def test_list_of_ratings_is_refused(metric) -> None:
    with pytest.raises(ValueError, match="shape"):
        metric([1.0, 2.0])
