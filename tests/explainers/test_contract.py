"""What every registered method keeps to."""

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import expit

from shamsul.classifiers.calibration import Calibration
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Cancelled, Method
from shamsul.explainers.registry import METHODS, by_waiting_time
from tests.explainers.conftest import SIZE

FAST = {"samples": 200, "segments": 30}


def fast(method: Method) -> dict[str, int]:
    """The method's parameters that a test can lower."""
    declared = {parameter.name for parameter in method.parameters}
    return {name: value for name, value in FAST.items() if name in declared}


@pytest.fixture(params=METHODS.values(), ids=METHODS)
def method(request: pytest.FixtureRequest) -> Method:
    return request.param


@pytest.fixture
def classifier(
    method: Method, densenet: Classifier, unet: Classifier, vit: Classifier
) -> Classifier:
    """One that the method can explain."""
    if method.needs_attention:
        return vit
    return unet if method.needs_masks else densenet


def test_maps_are_finite_signed_float32_on_the_grid(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    maps = method.explain(classifier, noise, **fast(method))
    assert [m.label for m in maps] == ["Edema", "Cardiomegaly", "No Finding"]
    for found in maps:
        assert found.values.shape == (SIZE, SIZE)
        assert found.values.dtype == np.float32
        assert np.isfinite(found.values).all()
        assert found.geometry == noise.geometry
        assert found.method == method.name
        assert found.evaluations > 0
    logits = classifier.logits(noise.values[None])[0]
    assert [m.output for m in maps] == pytest.approx(logits.tolist())


def test_same_seed_gives_the_same_map(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first = method.explain(classifier, noise, seed=3, **fast(method))
    np.random.random(5)  # noqa: NPY002
    second = method.explain(classifier, noise, seed=3, **fast(method))
    assert [m.sha256 for m in first] == [m.sha256 for m in second]
    np.random.set_state(("MT19937", state, 624))  # noqa: NPY002
    if "samples" in {parameter.name for parameter in method.parameters}:
        other = method.explain(classifier, noise, seed=4, **fast(method))
        assert not np.array_equal(first[0].values, other[0].values)


def test_global_random_state_is_left_alone(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    np.random.seed(11)  # noqa: NPY002
    torch.manual_seed(11)
    expected = np.random.random(), torch.rand(1)  # noqa: NPY002
    np.random.seed(11)  # noqa: NPY002
    torch.manual_seed(11)
    method.explain(classifier, noise, **fast(method))
    assert (np.random.random(), torch.rand(1)) == expected  # noqa: NPY002


def _traces(module: torch.nn.Module) -> list[object]:
    return [
        (len(part._forward_hooks), len(part._backward_hooks), part.training)
        for part in module.modules()
    ]


@pytest.mark.parametrize("fails", [False, True], ids=["success", "failure"])
def test_input_and_model_are_left_as_found(
    method: Method, classifier: Classifier, noise: GridImage, fails: bool
) -> None:
    weights = copy.deepcopy(classifier.module.state_dict())
    values, traces = noise.values.copy(), _traces(classifier.module)

    def stop(done: int, planned: int) -> None:
        if fails:
            raise Cancelled

    try:
        method.explain(classifier, noise, progress=stop, **fast(method))
        assert not fails
    except Cancelled:
        assert fails
    assert np.array_equal(noise.values, values)
    assert _traces(classifier.module) == traces
    for name, parameter in classifier.module.named_parameters():
        assert parameter.grad is None, name
        assert not parameter.requires_grad, name
    for name, value in classifier.module.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_unknown_parameter_is_refused(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    with pytest.raises(TypeError, match="no parameter nonsense"):
        method.explain(classifier, noise, nonsense=1)


def test_unknown_label_is_refused(method: Method, classifier: Classifier, noise: GridImage) -> None:
    with pytest.raises(KeyError, match="no label Hernia"):
        method.explain(classifier, noise, ["Hernia"])


def test_labels_come_in_the_order_asked(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    everything = {m.label: m for m in method.explain(classifier, noise, **fast(method))}
    chosen = method.explain(classifier, noise, ["No Finding", "Edema"], **fast(method))
    assert [m.label for m in chosen] == ["No Finding", "Edema"]
    for found in chosen:
        apart = found.values - everything[found.label].values
        if method.together:  # how many evaluations depends on all labels that are asked for
            assert found.error is not None
            assert np.linalg.norm(apart) <= 2 * np.linalg.norm(found.error)
        else:
            np.testing.assert_allclose(apart, 0, atol=1e-6)


def test_progress_ends_at_its_plan(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    seen: list[tuple[int, int]] = []
    method.explain(
        classifier,
        noise,
        progress=lambda done, planned: seen.append((done, planned)),
        **fast(method),
    )
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_what_is_explained_of_a_calibrated_model_is_the_probability_that_is_shown(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    calibration = Calibration("platt", "made up", 1, {"Edema": 3.0}, {"Edema": 1.0})
    changed = Classifier(
        replace(classifier.manifest, calibration=calibration),
        classifier.module,
        classifier.training_mean,
    )
    logits = classifier.logits(noise.values[None])[0]
    asked = {"target": Target.PROBABILITY, **fast(method)}
    edema, other, _ = method.explain(changed, noise, **asked)
    assert edema.output == pytest.approx(expit(3 * logits[0] + 1))
    before = method.explain(classifier, noise, **asked)
    np.testing.assert_allclose(other.values, before[1].values, atol=1e-6)
    same = method.explain(changed, noise, **fast(method))[0]
    logit = method.explain(classifier, noise, **fast(method))[0]
    np.testing.assert_allclose(same.values, logit.values, atol=1e-6)


@pytest.mark.parametrize("name", ["grad_cam", "integrated_gradients", "occlusion"])
def test_a_calibrated_probability_is_explained_as_that_of_a_scaled_last_layer(
    name: str, densenet: Classifier, noise: GridImage
) -> None:
    slope, offset, labels = 3.0, 1.0, densenet.manifest.labels
    module = copy.deepcopy(densenet.module)
    with torch.no_grad():
        module.classifier.weight *= slope
        module.classifier.bias.mul_(slope).add_(offset)
    calibration = Calibration(
        "platt", "made up", 1, dict.fromkeys(labels, slope), dict.fromkeys(labels, offset)
    )
    calibrated = replace(densenet.manifest, calibration=calibration)
    found = [
        METHODS[name].explain(one, noise, target=Target.PROBABILITY)[0].values
        for one in (
            Classifier(calibrated, densenet.module, densenet.training_mean),
            Classifier(densenet.manifest, module, densenet.training_mean),
        )
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)


def test_fast_methods_come_first() -> None:
    sampled = [method.sampled for method in by_waiting_time()]
    assert sampled == sorted(sampled)
    assert set(by_waiting_time()) == set(METHODS.values())


def test_predictions_during_an_explanation_are_right(
    method: Method, classifier: Classifier, noise: GridImage
) -> None:
    expected = classifier.logits(noise.values[None])
    with ThreadPoolExecutor(1) as worker:
        explanation = worker.submit(method.explain, classifier, noise, **fast(method))
        while not explanation.done():
            np.testing.assert_allclose(classifier.logits(noise.values[None]), expected, atol=1e-5)
    assert explanation.result()
