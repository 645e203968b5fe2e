"""The agreement of maps: by hand, by slow second implementations, and where there is none."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shamsul.metrics.agreement import WINDOW, Agreement, pairwise, spearman, ssim, top_overlap
from shamsul.metrics.scale import full_scale

ALL = (spearman, ssim, top_overlap)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def smooth(rng: np.random.Generator) -> NDArray[np.float32]:
    """A map of both signs, 24 by 18 pixels, with ties."""
    rows, columns = np.mgrid[:24, :18]
    wave = np.sin(rows / rng.uniform(2, 5) + columns / rng.uniform(2, 5))
    return (np.round(4 * wave) + rng.normal(size=wave.shape).round(1)).astype(np.float32)


def slow_ranks(values: NDArray[np.floating]) -> list[float]:
    """1 + the smaller values + half of the other equal ones."""
    flat = values.ravel()
    return [1 + np.sum(flat < x) + (np.sum(flat == x) - 1) / 2 for x in flat]


def slow_spearman(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    a, b = (np.array(slow_ranks(values)) for values in (one, other))
    a, b = a - a.mean(), b - b.mean()
    return float(np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2)))


def slow_ssim(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Equation 13 of Wang et al. in every window that lies inside, averaged."""
    a, b = (np.clip(x / np.percentile(np.abs(x), 99.5), 0, 1) for x in (one, other))
    offsets = np.arange(WINDOW) - WINDOW // 2
    weight = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    weight /= weight.sum()
    c1, c2 = 0.01**2, 0.03**2
    found = []
    for row in range(a.shape[0] - WINDOW + 1):
        for column in range(a.shape[1] - WINDOW + 1):
            window = np.s_[row : row + WINDOW, column : column + WINDOW]
            x, y = a[window], b[window]
            mx, my = np.sum(weight * x), np.sum(weight * y)
            vx, vy = np.sum(weight * (x - mx) ** 2), np.sum(weight * (y - my) ** 2)
            cov = np.sum(weight * (x - mx) * (y - my))
            found.append(
                (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
            )
    return float(np.mean(found))


def slow_overlap(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    tops = []
    for values in (one.ravel().tolist(), other.ravel().tolist()):
        last = sorted(values, reverse=True)[round(len(values) / 10) - 1]
        tops.append({i for i, x in enumerate(values) if x >= last and x > 0 and x > min(values)})
    return len(tops[0] & tops[1]) / len(tops[0] | tops[1])


@pytest.mark.parametrize(
    ("agreement", "slow"),
    [(spearman, slow_spearman), (ssim, slow_ssim), (top_overlap, slow_overlap)],
)
def test_agrees_with_a_slow_second_implementation(
    agreement: Agreement, slow: Agreement, rng: np.random.Generator
) -> None:
    for _ in range(5):
        one, other = smooth(rng), smooth(rng)
        assert agreement(one, other) == pytest.approx(slow(one, other), abs=1e-6)


@pytest.mark.parametrize("agreement", ALL)
def test_map_agrees_with_itself_and_pairs_are_symmetric(
    agreement: Agreement, rng: np.random.Generator
) -> None:
    one, other = smooth(rng), smooth(rng)
    assert agreement(one, one) == pytest.approx(1)
    assert agreement(one, other) == pytest.approx(agreement(other, one))
    assert agreement(one, other) < 0.9


@pytest.mark.parametrize("agreement", ALL)
def test_scale_of_a_map_does_not_matter(agreement: Agreement, rng: np.random.Generator) -> None:
    one, other = smooth(rng), smooth(rng)
    assert agreement(one * 512, other) == pytest.approx(agreement(one, other))


@pytest.mark.parametrize("agreement", ALL)
def test_maps_of_different_shapes_are_refused(agreement: Agreement) -> None:
    with pytest.raises(ValueError, match="different shapes"):
        agreement(np.zeros((20, 20)), np.zeros((20, 21)))


def test_spearman_by_hand() -> None:
    one = np.array([[1.0, 2.0], [3.0, 4.0]])
    # Ranks 1 2 3 4 and 2 1 4 3: 1 - 6 (1 + 1 + 1 + 1) / (4 (16 - 1)).
    assert spearman(one, np.array([[-1.0, -7.0], [9.0, 0.5]])) == pytest.approx(0.6)
    assert spearman(one, one**3) == pytest.approx(1)
    assert spearman(one, -one) == pytest.approx(-1)
    # Ranks 1 2 3 4 and 1.5 1.5 3.5 3.5: covariance 4, variances 5 and 4.
    tied = np.array([[0.0, 0.0], [1.0, 1.0]])
    assert spearman(one, tied) == pytest.approx(4 / np.sqrt(20))


def test_ssim_looks_at_what_is_shown(rng: np.random.Generator) -> None:
    one = smooth(rng)
    brighter = np.where(one == one.max(), 1000, one)  # beyond full scale, where nothing is seen
    assert full_scale(brighter) == full_scale(one)
    assert ssim(one, brighter) == pytest.approx(1)


def test_map_and_its_negative_are_not_alike(rng: np.random.Generator) -> None:
    one = smooth(rng)
    assert ssim(one, -one) < 0.1
    assert ssim(np.abs(one), -np.abs(one)) < 0.1


def test_ssim_refuses_maps_smaller_than_its_window() -> None:
    with pytest.raises(ValueError, match="smaller than the window"):
        ssim(np.ones((WINDOW, WINDOW - 1)), np.ones((WINDOW, WINDOW - 1)))


def hot(*pixels: int, size: int = 20, value: float = 1.0) -> NDArray[np.float64]:
    """One row, zero but for some pixels; its top tenth are two."""
    values = np.zeros((1, size))
    values[0, list(pixels)] = value
    return values


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (hot(3, 4), hot(3, 4, value=9), 1),
        (hot(3, 4), hot(4, 5), 1 / 3),
        (hot(3, 4), hot(5, 6), 0),
        (hot(3, 4), hot(4), 1 / 2),  # fewer are positive than a tenth
        (hot(3, 4), hot(1, 2, 3, 4), 1 / 2),  # ties with the last of the tenth belong to it
        (hot(3, 4) - 5 * hot(7), hot(3, 4), 1),  # what speaks against is never on top
        (hot(3, 4) + 1, hot(3, 4), 1),  # nor is what equals the smallest value
    ],
)
def test_top_overlap_by_hand(
    one: NDArray[np.float64], other: NDArray[np.float64], expected: float
) -> None:
    assert top_overlap(one, other) == pytest.approx(expected)


@pytest.mark.parametrize("value", [-2.0, 0.0, 2.0])
def test_constant_map_has_neither_order_nor_top(value: float, rng: np.random.Generator) -> None:
    constant = np.full((24, 18), value, dtype=np.float32)
    for other in (constant, smooth(rng)):
        assert np.isnan(spearman(constant, other))
        assert np.isnan(top_overlap(constant, other))
        assert np.isnan(top_overlap(other, constant))


def test_constant_maps_look_alike_if_both_are_positive_or_neither() -> None:
    zero, ones = np.zeros((20, 20)), np.ones((20, 20))
    assert ssim(zero, zero) == ssim(ones, 5 * ones) == pytest.approx(1)
    assert ssim(zero, -ones) == pytest.approx(1)
    # (2·0·1 + c1) / (0 + 1 + c1) with c1 = 0.01².
    assert ssim(zero, ones) == ssim(-ones, ones) == pytest.approx(1e-4 / (1 + 1e-4))


def test_map_that_is_nowhere_positive_has_no_top() -> None:
    assert np.isnan(top_overlap(-hot(1, 2), hot(1, 2)))


def test_matrix_holds_each_pair_once_and_its_mirror(rng: np.random.Generator) -> None:
    maps = [smooth(rng), smooth(rng), np.zeros((24, 18), dtype=np.float32)]
    matrix = pairwise(maps, spearman)
    assert matrix.shape == (3, 3)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert matrix[0, 1] == spearman(maps[0], maps[1])
    assert matrix[0, 0] == pytest.approx(1)
    assert np.isnan(matrix[2]).all()


def test_no_maps_give_an_empty_matrix() -> None:
    assert pairwise([], ssim).shape == (0, 0)


def test_full_scale_leaves_single_bright_pixels_out() -> None:
    values = np.ones((100, 100))
    values[0, 0] = -1000
    assert full_scale(values) == 1
    assert full_scale(values - 1) == 1001  # zero nearly everywhere: its maximum
    assert full_scale(np.zeros((3, 3))) == 0
