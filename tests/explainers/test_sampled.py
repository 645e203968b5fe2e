"""LIME and SHAP over superpixels, on models whose answer is known."""

from collections.abc import Callable
from itertools import combinations
from math import comb, factorial

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Normalisation
from shamsul.explainers import designs, lime, shap, superpixels
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError, Method, Task
from tests.explainers.conftest import SIZE, manifest


class Products(nn.Module):
    """Sums and products of the mean brightness of the image's quarters: not additive."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q = nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)
        first = 2 * q[:, 0] + 3 * q[:, 1] * q[:, 2] - q[:, 3]
        return torch.stack([first, -first], 1)


@pytest.fixture(scope="module")
def products() -> Classifier:
    return Classifier(
        manifest(("Up", "Down"), channels=1, normalisation=Normalisation((0.0,), (1.0,))),
        Products(),
    )


def task(classifier: Classifier, image: GridImage, seed: int = 0) -> Task:
    outputs = tuple(range(len(classifier.manifest.labels)))
    return Task(classifier, image, outputs, Target.LOGIT, seed, lambda done, planned: None)


CUT = {
    "superpixels": "slic",
    "segments": 12,
    "compactness": 30.0,
    "sigma": 1.0,
    "background": "black",
}


def shapley(values: dict[frozenset[int], float], players: int) -> list[float]:
    """Shapley values by their definition."""
    result = [0.0] * players
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for chosen in combinations(others, size):
                before = frozenset(chosen)
                result[player] += weight * (values[before | {player}] - values[before])
    return result


@pytest.mark.parametrize("estimator", ["surrogate", "package"])
def test_shap_with_every_coalition_is_exact(
    products: Classifier, noise: GridImage, estimator: str
) -> None:
    work = task(products, noise)
    cut = CUT | {"segments": 8}
    perturbation = superpixels.Perturbation.of(work, **cut)
    players = perturbation.count
    assert 4 <= players <= 12
    coalitions = np.array([[(n >> i) & 1 for i in range(players)] for n in range(2**players)], bool)
    outputs = perturbation.evaluate(work, coalitions, done=0, planned=len(coalitions))
    values = {
        frozenset(np.flatnonzero(c).tolist()): float(o[0])
        for c, o in zip(coalitions, outputs, strict=True)
    }
    expected = shapley(values, players)
    found = shap.shap(work, estimator=estimator, samples=2**players, selection="none", **cut)
    per_superpixel = [found.values[0][perturbation.segments == s][0] for s in range(players)]
    np.testing.assert_allclose(per_superpixel, expected, atol=1e-5)


@pytest.mark.parametrize("estimator", ["surrogate", "package"])
def test_shap_sums_to_output_minus_background(
    densenet: Classifier, noise: GridImage, estimator: str
) -> None:
    work = task(densenet, noise)
    perturbation = superpixels.Perturbation.of(work, **CUT)
    whole, nothing = perturbation.evaluate(
        work,
        np.array([[True] * perturbation.count, [False] * perturbation.count]),
        done=0,
        planned=2,
    )
    found = shap.shap(work, estimator=estimator, samples=300, selection="none", **CUT)
    sums = [
        sum(values[perturbation.segments == s][0] for s in range(perturbation.count))
        for values in found.values
    ]
    np.testing.assert_allclose(sums, whole - nothing, atol=1e-4)


def test_linear_models_are_those_of_the_package() -> None:
    from lime.lime_base import LimeBase

    rng = np.random.default_rng(1)
    coalitions = rng.integers(0, 2, (200, 30)).astype(bool)
    outputs = rng.normal(size=(200, 3)) + coalitions[:, :3]
    weights, intercepts = lime._linear(coalitions, outputs, 0.25)
    base = LimeBase(lambda distances: lime._kernel(distances, 0.25))
    for row in range(3):
        intercept, pairs, _, _ = base.explain_instance_with_data(
            coalitions.astype(float),
            outputs,
            lime._distances(coalitions),
            row,
            30,
            feature_selection="none",
        )
        assert intercepts[row] == pytest.approx(intercept, abs=1e-10)
        np.testing.assert_allclose(weights[row], [dict(pairs)[k] for k in range(30)], atol=1e-10)


def test_lime_equals_the_package_on_the_same_neighbourhood(
    densenet: Classifier, noise: GridImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The package's own image explainer, given our superpixels, background and coalitions."""
    from lime import lime_image

    work = task(densenet, noise)
    perturbation = superpixels.Perturbation.of(work, **CUT)
    coalitions = np.random.default_rng(0).integers(0, 2, (150, perturbation.count)).astype(bool)
    coalitions[0] = True

    explainer = lime_image.LimeImageExplainer(feature_selection="none", random_state=0)
    # The first evaluations of a network find out whether half precision will do.
    perturbation.evaluate(work, coalitions, done=0, planned=150)
    outputs = perturbation.evaluate(work, coalitions, done=0, planned=150)
    monkeypatch.setattr(explainer, "data_labels", lambda *_, **__: (coalitions * 1, outputs))
    theirs = explainer.explain_instance(
        np.repeat(noise.values[..., None], 3, 2).astype(float),
        lambda images: images,
        labels=range(3),
        top_labels=None,
        num_features=perturbation.count,
        segmentation_fn=lambda image: perturbation.segments,
    )
    ours = lime.lime(work, estimator="package", samples=150, kernel_width=0.25, **CUT)
    assert ours.fit is not None
    assert ours.fit[2] == pytest.approx(theirs.score)  # the package keeps the last label's
    for label in range(3):
        for superpixel, weight in theirs.local_exp[label]:
            mine = ours.values[label][perturbation.segments == superpixel]
            np.testing.assert_allclose(mine, weight, rtol=1e-4, atol=1e-6)


def test_masked_images_equal_a_loop_over_superpixels(
    densenet: Classifier, noise: GridImage
) -> None:
    perturbation = superpixels.Perturbation.of(task(densenet, noise), **CUT)
    rng = np.random.default_rng(1)
    coalitions = rng.integers(0, 2, (5, perturbation.count)).astype(bool)
    for coalition, image in zip(coalitions, perturbation.compose(coalitions), strict=True):
        expected = noise.values.copy()
        for superpixel in np.flatnonzero(~coalition):
            hidden = perturbation.segments == superpixel
            expected[hidden] = perturbation.background[hidden]
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("segments", [4, 12, 50])
def test_superpixels_are_numbered_from_0_without_gaps(noise: GridImage, segments: int) -> None:
    found = superpixels.segment(noise.values, segments=segments, compactness=30, sigma=3)
    assert found.shape == (SIZE, SIZE)
    assert np.unique(found).tolist() == list(range(found.max() + 1))


def test_flat_image_still_has_superpixels(grid_image: Callable[[np.ndarray], GridImage]) -> None:
    found = superpixels.segment(
        grid_image(np.zeros((SIZE, SIZE))).values, segments=20, compactness=30, sigma=3
    )
    assert found.max() >= 4


@pytest.mark.parametrize(
    "kind", ["blur", "segment_mean", "image_mean", "black", "white", "training_mean"]
)
def test_background_is_what_it_is_called(densenet: Classifier, noise: GridImage, kind: str) -> None:
    segments = superpixels.segment(noise.values, segments=12, compactness=30, sigma=1)
    found = superpixels.background_of(densenet, noise.values, kind, segments)
    assert found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1
    if kind == "segment_mean":
        chosen = segments == 3
        np.testing.assert_allclose(found[chosen], noise.values[chosen].mean(), rtol=1e-5)
    elif kind == "blur":
        assert np.diff(found).std() < np.diff(noise.values).std() / 3
    elif kind == "training_mean":
        np.testing.assert_array_equal(found, densenet.training_mean)
    else:
        expected = {"image_mean": noise.values.mean(), "black": 0, "white": 1}[kind]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_mean_of_training_images_that_a_model_lacks_is_said_so(
    products: Classifier, noise: GridImage
) -> None:
    with pytest.raises(ExplainerError, match="does not come with the mean of its training"):
        shap.METHOD.explain(products, noise, background="training_mean")


def test_quickshift_is_the_lime_packages_segmentation(noise: GridImage) -> None:
    from lime.wrappers.scikit_image import SegmentationAlgorithm

    package = SegmentationAlgorithm(
        "quickshift", kernel_size=4, max_dist=200, ratio=0.2, random_seed=42
    )
    theirs = package(np.repeat(noise.values[..., None], 3, 2).astype(float))
    ours = superpixels.quickshift_segment(noise.values)
    assert np.unique(ours).tolist() == list(range(ours.max() + 1))
    pairs = set(zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True))
    assert len(pairs) == ours.max() + 1 == theirs.max() + 1  # the same, up to their numbers


@pytest.mark.parametrize("selection", ["ten", "aic"])
def test_selection_sets_weak_superpixels_to_zero(
    densenet: Classifier, noise: GridImage, selection: str
) -> None:
    cut = CUT | {"segments": 30}
    found = shap.shap(
        task(densenet, noise),
        estimator="package",
        samples=200,
        selection=selection,
        **cut,
    )
    assert (found.values[0] == 0).any()
    if selection == "ten":
        assert len(np.unique(found.values[0])) <= 11


class Brightness(nn.Module):
    """The mean brightness: additive over superpixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


@pytest.mark.parametrize("method", [lime.METHOD, shap.METHOD], ids=["lime", "shap"])
def test_fit_is_whole_for_an_additive_output_and_less_for_another(
    products: Classifier, noise: GridImage, method: Method
) -> None:
    unit = Normalisation((0.0,), (1.0,))
    additive = Classifier(manifest(("Mean",), channels=1, normalisation=unit), Brightness())
    few = {"samples": 200, "segments": 12, "background": "black"}
    (found,) = method.explain(additive, noise, **few)
    assert found.fit == pytest.approx(1, abs=0.02)
    up, _ = method.explain(products, noise, **few)
    assert up.fit is not None
    assert 0.3 < up.fit < 0.9999


@pytest.mark.parametrize("estimator", ["surrogate", "package"])
def test_shap_fit_is_weighted_r_squared(
    products: Classifier, noise: GridImage, estimator: str
) -> None:
    """With every coalition, by the definition."""
    work = task(products, noise)
    cut = CUT | {"segments": 8}
    perturbation = superpixels.Perturbation.of(work, **cut)
    players = perturbation.count
    found = shap.shap(work, estimator=estimator, samples=2**players, selection="none", **cut)
    phi = [found.values[0][perturbation.segments == s][0] for s in range(players)]
    coalitions = np.array(
        [[(n >> i) & 1 for i in range(players)] for n in range(1, 2**players - 1)], bool
    )
    empty = np.zeros((1, players), bool)
    base = perturbation.evaluate(work, empty, done=0, planned=1)[0, 0]
    outputs = perturbation.evaluate(work, coalitions, done=0, planned=1)[:, 0] - base
    sizes = coalitions.sum(1)
    weights = np.array([1 / (comb(players, s) * s * (players - s)) for s in sizes.tolist()])
    mean = (weights * outputs).sum() / weights.sum()
    left = (weights * (outputs - coalitions @ phi) ** 2).sum()
    expected = 1 - left / (weights * (outputs - mean) ** 2).sum()
    assert found.fit is not None
    assert found.fit[0] == pytest.approx(expected, abs=1e-4)


def test_what_was_evaluated_for_lime_is_not_evaluated_again_for_shap(
    densenet: Classifier, noise: GridImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated = 0
    cells = Classifier.cells

    def counted(self: Classifier, grids: np.ndarray, **options: bool) -> np.ndarray:
        nonlocal evaluated
        evaluated += len(grids)
        return cells(self, grids, **options)

    monkeypatch.setattr(Classifier, "cells", counted)
    settings = {"samples": 400, "segments": 30}
    superpixels._cut.cache_clear()
    first = {m.name: m.explain(densenet, noise, **settings) for m in (lime.METHOD, shap.METHOD)}
    together = evaluated
    again = {}
    for method in (shap.METHOD, lime.METHOD):
        superpixels._cut.cache_clear()
        again[method.name] = method.explain(densenet, noise, **settings)
    apart = evaluated - together
    assert apart - together == first["lime"][0].evaluations >= 30
    for name, maps in first.items():  # whoever comes first
        for found, expected in zip(maps, again[name], strict=True):
            assert found.evaluations == expected.evaluations
            np.testing.assert_allclose(found.values, expected.values, rtol=1e-5, atol=1e-7)


@pytest.mark.long
@pytest.mark.parametrize("method", [lime.METHOD, shap.METHOD], ids=["lime", "shap"])
def test_more_samples_are_more_evaluations_and_smaller_errors(
    densenet: Classifier, noise: GridImage, method: Method
) -> None:
    def run(samples: int) -> tuple[int, float]:
        maps = method.explain(densenet, noise, segments=30, samples=samples)
        doubts = [found.doubt for found in maps if found.doubt is not None]
        assert len(doubts) == 3
        return maps[0].evaluations, float(np.mean(doubts))

    few, some, many = run(60), run(600), run(8_000)
    assert few[0] < some[0] < many[0]
    assert few[1] > some[1] > many[1]
    for (evaluations, _), samples in ((few, 60), (some, 600), (many, 8_000)):
        assert evaluations <= samples


@pytest.mark.long
def test_error_of_a_few_chosen_evaluations_is_below_that_of_as_many_at_random(
    densenet: Classifier, noise: GridImage
) -> None:
    for method in (lime.METHOD, shap.METHOD):

        def weights(method: Method = method, **given: object) -> tuple[np.ndarray, int]:
            maps = method.explain(densenet, noise, segments=30, **given)
            return np.stack([m.values for m in maps]), maps[0].evaluations

        reference, _ = weights(estimator="package", samples=8000, seed=99)
        ours, theirs = [], []
        for seed in range(4):
            found, evaluations = weights(samples=200, seed=seed)
            ours.append(np.linalg.norm(found - reference))
            found, _ = weights(estimator="package", samples=evaluations, seed=seed)
            theirs.append(np.linalg.norm(found - reference))
        assert np.mean(ours) < 0.9 * np.mean(theirs)


def test_one_block_of_the_design_is_never_enough(
    grid_image: Callable[[np.ndarray], GridImage], products: Classifier
) -> None:
    """In one block an interaction of three superpixels looks like the effect of another."""
    rng = np.random.default_rng(0)
    image = grid_image(np.kron(rng.uniform(0.2, 1, (8, 8)), np.ones((SIZE // 8, SIZE // 8))))
    for method in (lime.METHOD, shap.METHOD):
        (first, _) = method.explain(products, image, segments=30, background="black")
        blocks = 2 * 32
        assert first.evaluations >= superpixels.ENDS + 3 * blocks // 2


@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_is_the_error_of_a_linear_fit_to_so_many_random_coalitions(
    products: Classifier, noise: GridImage, seed: int
) -> None:
    """By every coalition, though few are evaluated, and main effects leave little over."""
    work = task(products, noise, seed)
    perturbation = superpixels.Perturbation.of(work, **CUT)
    players = perturbation.count
    every = designs.every(players)
    outputs = perturbation.evaluate(work, every, done=0, planned=len(every))
    effects = np.array([outputs[on].mean(0) - outputs[~on].mean(0) for on in every.T])
    left = outputs.var(0) - (effects**2).sum(0) / 4
    assert (left < 0.1 * outputs.var(0)).all()
    samples = 600
    assert samples < len(every)
    known = perturbation.enough(work, samples)
    assert len(known.surrogate.signs) < samples
    error = np.sqrt(4 * left / (samples - players) * players)
    expected = np.mean(error / np.linalg.norm(effects, axis=0))
    assert known.asked == pytest.approx(superpixels._MARGIN * expected, rel=0.15)
    assert superpixels.doubt(known.surrogate.main_effects()[0], known.errors) <= known.asked


@pytest.mark.parametrize("method", [lime.METHOD, shap.METHOD])
def test_progress_counts_what_is_expected_and_not_the_bound(
    products: Classifier, noise: GridImage, method: Method
) -> None:
    """A model that is nearly additive needs two blocks of the design."""
    superpixels._cut.cache_clear()  # what another test has evaluated is reported at once
    seen: list[tuple[int, int]] = []
    (found, _) = method.explain(
        products,
        noise,
        samples=1000,
        segments=24,
        progress=lambda done, planned: seen.append((done, planned)),
    )
    assert found.evaluations < 400
    assert seen[-1] == (found.evaluations, found.evaluations)
    assert max(planned for _, planned in seen) < 2 * found.evaluations
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
