"""A linear model's curves, correlations and errors are known by hand; captum is the reference."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max as captum_sensitivity_max
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from shamsul.metrics import faithfulness as metric

SHAPE = (6, 8)


def linear(weights: np.ndarray) -> metric.Model:
    return lambda images: images.reshape(len(images), -1).astype(float) @ weights.ravel()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def image_and_weights(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.random(SHAPE).astype(np.float32), rng.normal(size=SHAPE)


def test_deletion_and_insertion_by_hand() -> None:
    image = np.array([[1, 2], [3, 4]], np.float32)
    weights = np.array([[1.0, 1.0], [-1.0, 1.0]])
    black = np.zeros_like(image)
    order = metric.ranks(weights * image, metric.single_pixels(image.shape))
    assert order.tolist() == [[2, 1], [3, 0]]
    deletion = metric.replacement(linear(weights), image, black, order, 4)
    assert deletion.replaced.tolist() == [0, 0.25, 0.5, 0.75, 1]
    # 1 + 2 - 3 + 4, then without 4, 2, 1 and -3.
    assert deletion.outputs.tolist() == [4, 0, -2, -3, 0]
    assert deletion.area == (4 / 2 + 0 - 2 - 3 + 0 / 2) / 4
    insertion = metric.replacement(linear(weights), black, image, order, 4)
    assert insertion.outputs.tolist() == [0, 4, 6, 7, 4]
    assert insertion.area == (0 / 2 + 4 + 6 + 7 + 4 / 2) / 4


def obvious(
    score: metric.Model, start: np.ndarray, end: np.ndarray, order: np.ndarray
) -> list[float]:
    """One unit after another, one image at a time."""
    now, outputs = start.copy(), []
    for rank in range(-1, order.max() + 1):
        for pixel in zip(*np.where(order == rank), strict=True):
            now[pixel] = end[pixel]
        outputs.append(float(score(now[None])[0]))
    return outputs


@given(seed=st.integers(0, 1000), cells=st.integers(1, 6))
def test_curves_are_those_of_replacing_unit_after_unit(seed: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    image, weights = image_and_weights(rng)
    background = rng.random(SHAPE).astype(np.float32)
    score: metric.Model = lambda images: np.tanh(linear(weights)(images))  # noqa: E731
    order = metric.ranks(rng.normal(size=SHAPE), metric.squares(SHAPE, cells), seed)
    curve = metric.replacement(score, image, background, order, cells**2)
    np.testing.assert_allclose(curve.outputs, obvious(score, image, background, order))
    shares = [(order < rank).mean() for rank in range(cells**2 + 1)]
    np.testing.assert_allclose(curve.replaced, shares)
    # Inserting is deleting in the reversed order, backwards.
    inserted = metric.replacement(score, background, image, order, cells**2)
    turned = metric.replacement(score, image, background, order.max() - order, cells**2)
    np.testing.assert_allclose(inserted.outputs, turned.outputs[::-1])
    assert inserted.area == pytest.approx(turned.area)


def test_gradient_times_input_of_a_linear_model_has_the_least_deletion_area(
    rng: np.random.Generator,
) -> None:
    image, weights = image_and_weights(rng)
    units, black = metric.squares(SHAPE, 2), np.zeros(SHAPE, np.float32)

    def area(places: np.ndarray) -> float:
        return float(metric.replacement(linear(weights), image, black, places, 4).area)

    best = area(metric.ranks(weights * image, units))
    areas = [area(np.array(order)[units]) for order in itertools.permutations(range(4))]
    assert best == pytest.approx(min(areas))
    assert area(metric.ranks(-weights * image, units)) == pytest.approx(max(areas))


def test_few_steps_take_equal_numbers_of_units(rng: np.random.Generator) -> None:
    image, weights = image_and_weights(rng)
    order = rng.permutation(48).reshape(SHAPE)
    black = np.zeros(SHAPE, np.float32)
    fine = metric.replacement(linear(weights), image, black, order, 48)
    coarse = metric.replacement(linear(weights), image, black, order, 4)
    assert coarse.replaced.tolist() == [0, 0.25, 0.5, 0.75, 1]
    np.testing.assert_allclose(coarse.outputs, fine.outputs[::12])
    more = metric.replacement(linear(weights), image, black, order, 1000)
    np.testing.assert_allclose(more.outputs, fine.outputs)


def test_outputs_of_several_maps_come_at_once(rng: np.random.Generator) -> None:
    image, weights = image_and_weights(rng)
    two: metric.Model = lambda images: np.stack(  # noqa: E731
        [linear(weights)(images), linear(-weights)(images)], axis=1
    )
    black, order = np.zeros(SHAPE, np.float32), rng.permutation(48).reshape(SHAPE)
    areas = metric.replacement(two, image, black, order, 8).area
    assert areas[0] == pytest.approx(-areas[1])
    masks = metric.random_squares(SHAPE, 5, rng)
    fallen = metric.drops(two, image, black, masks)
    assert fallen.shape == (5, 2)
    np.testing.assert_allclose(fallen[:, 0], -fallen[:, 1])


def test_units_are_ranked_by_their_mean() -> None:
    values = np.array([[1.0, 1.0, 5.0, -5.0], [0.0, 2.0, 9.0, 0.0]])
    order = metric.ranks(values, metric.squares((2, 4), 2))
    assert order.tolist() == [[1, 1, 3, 3], [2, 2, 0, 0]] or order.tolist() == [
        [2, 2, 3, 3],
        [1, 1, 0, 0],
    ]


def test_equal_pixels_come_in_no_order_of_memory() -> None:
    units = metric.single_pixels((40, 40))
    order = metric.ranks(np.zeros((40, 40)), units, seed=1)
    assert sorted(order.ravel()) == list(range(1600))
    rows = np.arange(40)[:, None] * np.ones(40)
    assert abs(np.corrcoef(order.ravel(), rows.ravel())[0, 1]) < 0.1
    assert np.array_equal(order, metric.ranks(np.zeros((40, 40)), units, seed=1))
    assert not np.array_equal(order, metric.ranks(np.zeros((40, 40)), units, seed=2))


def test_subsets_have_their_size_and_every_unit_its_turn(rng: np.random.Generator) -> None:
    sets = metric.subsets(10, 3, 4000, rng)
    assert (sets.sum(1) == 3).all()
    np.testing.assert_allclose(sets.mean(0), 0.3, atol=0.04)


def test_masks_are_squares_of_the_sides_asked(rng: np.random.Generator) -> None:
    for mask in metric.random_squares((30, 50), 50, rng, (0.1, 0.5)):
        rows, columns = mask.any(1).sum(), mask.any(0).sum()
        assert rows == columns and 3 <= rows <= 15
        assert mask.sum() == rows * columns


@given(seed=st.integers(0, 1000), size=st.integers(1, 15))
def test_a_linear_model_is_sensitive_in_proportion(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    image, weights = image_and_weights(rng)
    units = metric.squares(SHAPE, 4)
    masks = metric.subsets(16, size, 30, rng)[:, units]
    black = np.zeros(SHAPE, np.float32)
    fallen = metric.drops(linear(weights), image, black, masks)
    relevance = metric.removed_relevance(weights * image, masks)
    assert metric.sensitivity_n(relevance, fallen) == pytest.approx(1)
    assert metric.sensitivity_n(-3 * relevance, fallen) == pytest.approx(-1)
    assert metric.infidelity(relevance, fallen) == pytest.approx(0, abs=1e-9)
    assert metric.relative_infidelity(7 * relevance, fallen) == pytest.approx(0, abs=1e-9)
    assert metric.relative_infidelity(-relevance, fallen) == 1
    # Another background: the relevance is what the pixel differs from it by.
    background = rng.random(SHAPE).astype(np.float32)
    fallen = metric.drops(linear(weights), image, background, masks)
    relevance = metric.removed_relevance(weights * (image - background), masks)
    assert metric.infidelity(relevance, fallen) == pytest.approx(0, abs=1e-9)


def test_relative_infidelity_is_what_the_best_scale_leaves(rng: np.random.Generator) -> None:
    relevance = rng.normal(size=40)
    fallen = 0.3 * relevance + rng.normal(size=40)
    scales = np.linspace(-2, 2, 4001)
    best = min(metric.infidelity(scale * relevance, fallen) for scale in scales)
    expected = best / np.mean(fallen**2)
    assert metric.relative_infidelity(relevance, fallen) == pytest.approx(expected, abs=1e-5)


def test_what_does_not_vary_is_undefined() -> None:
    varied, constant = np.arange(4.0), np.ones(4)
    assert math.isnan(metric.sensitivity_n(varied, constant))
    assert math.isnan(metric.sensitivity_n(constant, varied))
    assert math.isnan(metric.relative_infidelity(varied, np.zeros(4)))
    assert metric.relative_infidelity(np.zeros(4), varied) == 1
    assert math.isnan(metric.max_sensitivity(np.zeros(SHAPE), [np.ones(SHAPE)]))


class Network(nn.Module):
    """Small, and not linear."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.convolution, self.dense = nn.Conv2d(1, 4, 3), nn.Linear(4 * 4 * 6, 1)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.3

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(torch.relu(self.convolution(x)).flatten(1))[:, 0]


@pytest.mark.parametrize("normalise", [False, True])
def test_infidelity_is_captums(rng: np.random.Generator, normalise: bool) -> None:
    network = Network().double().requires_grad_(False)
    image, background = rng.random((2, *SHAPE))
    values = rng.normal(size=SHAPE)
    masks = metric.random_squares(SHAPE, 50, rng)

    def score(images: np.ndarray) -> np.ndarray:
        return network(torch.from_numpy(images)[:, None]).numpy()

    def perturb(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        removed = torch.from_numpy(masks)[:, None].double()
        return removed, inputs * (1 - removed) + torch.from_numpy(background) * removed

    fallen = metric.drops(score, image, background, masks)  # type: ignore[arg-type]
    relevance = metric.removed_relevance(values, masks)
    if relevance @ fallen < 0:  # where captum's scale would be negative, and ours 0
        values, relevance = -values, -relevance
    expected = captum_infidelity(
        network,
        perturb,
        torch.from_numpy(image)[None, None],
        torch.from_numpy(values)[None, None],
        n_perturb_samples=50,
        normalize=normalise,
    ).item()
    if normalise:
        found = metric.relative_infidelity(relevance, fallen) * np.mean(fallen**2)
    else:
        found = metric.infidelity(relevance, fallen)
    assert found == pytest.approx(expected, rel=1e-9)


def test_max_sensitivity_is_captums(rng: np.random.Generator) -> None:
    image = rng.random(SHAPE)

    def explain(x: torch.Tensor) -> torch.Tensor:
        return x**2 - x.flip(2)

    changes = rng.uniform(-0.05, 0.05, (10, *SHAPE))
    others = [explain(torch.from_numpy(image + change)[None]) for change in changes]
    expected = captum_sensitivity_max(
        lambda inputs: (explain(inputs[0]),),
        torch.from_numpy(image)[None],
        perturb_func=lambda inputs: (inputs[0] + torch.from_numpy(changes),),
        n_perturb_samples=10,
    ).item()
    values = explain(torch.from_numpy(image)[None])[0].numpy()
    found = metric.max_sensitivity(values, [other[0].numpy() for other in others])
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metric.squares((4, 4), 5), "5 cells along a side of 4"),
        (lambda: metric.squares((4, 4), 0), "0 cells"),
        (lambda: metric.subsets(4, 5, 1, np.random.default_rng(0)), "subsets of 5 of 4"),
        (lambda: metric.ranks(np.zeros((2, 2)), np.zeros((2, 3), int)), "different shapes"),
        (lambda: metric.infidelity(np.zeros(3), np.zeros(4)), "different shapes"),
        (lambda: metric.sensitivity_n(np.zeros(3), np.zeros(4)), "different shapes"),
        (lambda: metric.max_sensitivity(np.zeros(3), [np.zeros(4)]), "different shapes"),
        (
            lambda: metric.replacement(
                linear(np.zeros(4)),
                np.zeros((2, 2), np.float32),
                np.zeros((2, 2), np.float32),
                np.zeros((2, 2), int),
                0,
            ),
            "0 steps",
        ),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
