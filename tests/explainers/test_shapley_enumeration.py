"""SHAP against Shapley values by enumeration of every coalition of twelve superpixels."""

from collections.abc import Callable
from math import factorial

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Normalisation
from shamsul.explainers import superpixels
from shamsul.explainers.registry import METHODS
from tests.explainers.conftest import SIZE, manifest

#: Superpixels: a grid of blocks.
ROWS, COLUMNS = 3, 4
PLAYERS = ROWS * COLUMNS


def _blocks() -> np.ndarray:
    """Block of each pixel; their sizes differ, since 64 is no multiple of three."""
    rows = np.arange(SIZE) * ROWS // SIZE
    columns = np.arange(SIZE) * COLUMNS // SIZE
    return rows[:, None] * COLUMNS + columns


BLOCKS = _blocks()


class Interactions(nn.Module):
    """Products and maxima of the blocks' mean brightness: far from additive.

    It has no layer that half precision would round, so that what is left is the estimator's error.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sums = x.new_zeros(len(x), PLAYERS).index_add(
            1, torch.from_numpy(BLOCKS.ravel()), x.flatten(1)
        )
        b = sums / torch.from_numpy(np.bincount(BLOCKS.ravel()))
        products = 3 * b[:, 0] * b[:, 5] - 2 * b[:, 1] * b[:, 6] * b[:, 11] + b[:, 4]
        maxima = b[:, :4].amax(1) + 2 * torch.relu(b[:, 7] + b[:, 8] - b[:, 9] - 0.3)
        return torch.stack([products, maxima], 1)


def exact(value: np.ndarray) -> np.ndarray:
    """Shapley values by their definition.

    Parameters
    ----------
    value : ndarray of shape (2**PLAYERS, outputs)
        Of the coalition whose members are the bits of the row's number.

    Returns
    -------
    ndarray of shape (outputs, PLAYERS)
    """
    result = np.zeros((value.shape[1], PLAYERS))
    for coalition in range(2**PLAYERS):
        size = coalition.bit_count()
        weight = factorial(size) * factorial(PLAYERS - size - 1) if size < PLAYERS else 0
        for player in range(PLAYERS):
            if not coalition >> player & 1:
                gain = value[coalition | 1 << player] - value[coalition]
                result[:, player] += weight / factorial(PLAYERS) * gain
    return result


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    unit = Normalisation((0.0,), (1.0,))
    return Classifier(
        manifest(("Products", "Maxima"), channels=1, normalisation=unit), Interactions()
    )


@pytest.fixture
def image(grid_image: Callable[[np.ndarray], GridImage]) -> GridImage:
    """Blocks of different brightness, none of them even."""
    rng = np.random.default_rng(0)
    return grid_image(rng.uniform(0.2, 1, PLAYERS)[BLOCKS] * rng.uniform(0.9, 1, (SIZE, SIZE)))


@pytest.fixture
def shapley_values(classifier: Classifier, image: GridImage) -> np.ndarray:
    """What is to be found, against a black background: of shape (outputs, PLAYERS)."""
    coalitions = np.arange(2**PLAYERS)[:, None] >> np.arange(PLAYERS) & 1
    return exact(classifier.logits(coalitions[:, BLOCKS] * image.values).astype(float))


Found = Callable[..., np.ndarray]


@pytest.fixture
def found(classifier: Classifier, image: GridImage, monkeypatch: pytest.MonkeyPatch) -> Found:
    """SHAP's values of the blocks for some parameters: of shape (outputs, PLAYERS)."""
    monkeypatch.setattr(superpixels, "segment", lambda *_, **__: BLOCKS)

    def explain(**parameters: object) -> np.ndarray:
        maps = METHODS["shap"].explain(classifier, image, background="black", **parameters)
        for heatmap in maps:
            assert all(np.ptp(heatmap.values[block == BLOCKS]) == 0 for block in range(PLAYERS))
        places = [tuple(np.argwhere(block == BLOCKS)[0]) for block in range(PLAYERS)]
        return np.array([[heatmap.values[place] for place in places] for heatmap in maps])

    return explain


def test_enumeration_gives_shapley_values_known_by_hand() -> None:
    """A product of two players' presence is shared evenly, one player's own part is its own."""
    present = np.arange(2**PLAYERS)[:, None] >> np.arange(PLAYERS) & 1
    value = 4 * present[:, 2] * present[:, 7] - present[:, 3]
    expected = np.zeros(PLAYERS)
    expected[[2, 7, 3]] = 2, 2, -1
    np.testing.assert_allclose(exact(value[:, None].astype(float)), [expected], atol=1e-9)


@pytest.mark.parametrize("estimator", ["surrogate", "package"])
def test_every_coalition_gives_exact_shapley_values(
    found: Found, shapley_values: np.ndarray, estimator: str
) -> None:
    values = found(samples=2**PLAYERS, estimator=estimator)
    np.testing.assert_allclose(values, shapley_values, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("estimator", "budgets", "times"),
    [("surrogate", (32, 64, 4000), 2), ("package", (32, 64, 128), 3)],
)
def test_error_falls_as_samples_grow(
    found: Found,
    shapley_values: np.ndarray,
    estimator: str,
    budgets: tuple[int, ...],
    times: float,
) -> None:
    def error(samples: int) -> float:
        # The mean over seeds, since one draw of few samples can be lucky.
        draws = [found(samples=samples, estimator=estimator, seed=seed) for seed in range(5)]
        off = [np.linalg.norm(drawn - shapley_values) for drawn in draws]
        return float(np.mean(off) / np.linalg.norm(shapley_values))

    few, some, many = map(error, budgets)
    assert few > some > many
    assert many < few / times
    assert many < 0.1
