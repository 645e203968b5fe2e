"""Baselines keep to what methods keep to, and know nothing of the finding."""

import numpy as np
import pytest
from PIL import Image

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage, resample
from shamsul.classifiers.manifest import Resize
from shamsul.classifiers.randomised import randomised, stages
from shamsul.explainers.baselines import (
    BASELINES,
    LUNG_FIELD,
    LUNG_SEEDS,
    mean_lung_field,
    without_model,
)
from shamsul.explainers.method import Method
from shamsul.explainers.registry import METHODS
from shamsul.phantom import render

LABELS = ["Pneumothorax", "Cardiomegaly"]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return registry.load("phantom")


@pytest.fixture(scope="module")
def image() -> GridImage:
    return resample(render(3, shape=(128, 108)).pixels, 224, Resize.STRETCH)


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES)
def test_a_baseline_is_a_method(baseline: Method, classifier: Classifier, image: GridImage) -> None:
    assert baseline.name not in METHODS
    maps = baseline.explain(classifier, image, LABELS, seed=2)
    assert [(found.label, found.method) for found in maps] == [
        (label, baseline.name) for label in LABELS
    ]
    again = baseline.explain(classifier, image, LABELS, seed=2)
    assert [found.sha256 for found in again] == [found.sha256 for found in maps]
    logits = classifier.logits(image.values[None])[0]
    expected = [logits[classifier.manifest.labels.index(label)] for label in LABELS]
    assert [found.output for found in maps] == pytest.approx(expected)


def test_the_gaussian_is_centred_and_as_wide_as_stated(
    classifier: Classifier, image: GridImage
) -> None:
    (found,) = BASELINES["centred_gaussian"].explain(classifier, image, LABELS[:1], sigma=0.125)
    values = found.values
    np.testing.assert_allclose(values, values[::-1])
    np.testing.assert_allclose(values, values.T)
    assert values.max() == values[111, 111] == values[112, 112]
    # 28 pixels are one standard deviation.
    assert values[112 + 28, 112] / values[112, 112] == pytest.approx(
        np.exp(-(28.5**2 - 0.5**2) / (2 * 28**2)), rel=1e-5
    )


@pytest.mark.parametrize("resize", list(Resize))
def test_baselines_without_a_model_are_those_with_one(
    classifier: Classifier, resize: Resize
) -> None:
    image = resample(render(3, shape=(128, 80)).pixels, 224, resize)
    found = without_model(image.geometry)
    assert found.keys() == BASELINES.keys() - {"random_model"}
    for name, values in found.items():
        (expected,) = BASELINES[name].explain(classifier, image, LABELS[:1])
        np.testing.assert_array_equal(values, expected.values)


def test_the_lung_field_is_the_phantoms() -> None:
    with Image.open(LUNG_FIELD) as picture:
        stored = np.asarray(picture) / 255
    few = mean_lung_field(LUNG_SEEDS[:12], stored.shape)
    assert np.corrcoef(stored.ravel(), few.ravel())[0, 1] > 0.95
    # Two lungs, and none at the edges.
    assert stored[50, 30] > 0.8 < stored[50, 78]
    assert max(stored[0].max(), stored[-1].max(), stored[:, 0].max(), stored[:, -1].max()) < 0.3


@pytest.mark.parametrize("resize", list(Resize))
def test_the_lung_field_lies_on_the_radiograph(classifier: Classifier, resize: Resize) -> None:
    image = resample(render(3, shape=(128, 80)).pixels, 224, resize)
    (found,) = BASELINES["lung_field"].explain(classifier, image, LABELS[:1])
    with Image.open(LUNG_FIELD) as picture:
        field = np.asarray(picture.resize((80, 128), Image.Resampling.BILINEAR)) / 255
    # Nearest pixel of the radiograph to each pixel of the grid.
    rows, columns = np.indices((224, 224)).reshape(2, -1)
    places = np.floor(image.geometry.to_image(np.stack([rows, columns], 1))).astype(int)
    inside = ((places >= 0) & (places < (128, 80))).all(1)
    expected = np.where(inside, field[tuple(np.clip(places, 0, (127, 79)).T)], 0)
    difference = np.abs(found.values.ravel() - expected)
    assert difference.mean() < 0.02
    assert found.values.ravel()[~inside].max(initial=0) < 0.3


def test_the_random_model_has_forgotten_everything(
    classifier: Classifier, image: GridImage
) -> None:
    baseline = BASELINES["random_model"]
    (found,) = baseline.explain(classifier, image, LABELS[:1], seed=1, method="lrp")
    (learnt,) = METHODS["lrp"].explain(classifier, image, LABELS[:1])
    assert np.corrcoef(found.values.ravel(), learnt.values.ravel())[0, 1] < 0.5
    twin = randomised(classifier, stages(classifier), seed=1)
    (expected,) = METHODS["lrp"].explain(twin, image, LABELS[:1])
    np.testing.assert_array_equal(found.values, expected.values)
    (other,) = baseline.explain(classifier, image, LABELS[:1], seed=2, method="lrp")
    assert not np.array_equal(found.values, other.values)
