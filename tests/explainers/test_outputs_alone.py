"""Of an ONNX file, methods that need outputs alone give the torch network's maps; others refuse."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.registry import load
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError
from shamsul.faithfulness.measure import Subject
from shamsul.faithfulness.registry import MEASURES
from tests.classifiers.conftest import tiny

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from tests.classifiers.onnx_graphs import LABELS, SIZE, Small, graph

LOOK_INSIDE = {
    "grad_cam",
    "lrp",
    "rap",
    "rsp",
    "cam",
    "score_cam",
    "attention_rollout",
    "integrated_gradients",
    "own_mask",
    "random_model",
}
#: Few evaluations; no choice that the last digit of an output could turn.
FEW: dict[str, dict[str, object]] = {
    "lime": {"estimator": "package", "samples": 60},
    "shap": {"estimator": "package", "samples": 400, "selection": "none"},
    "rise": {"samples": 40},
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classifier, Classifier]:
    """The same network: an ONNX file, and torch's."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "theirs.onnx").write_bytes(graph(Small()).SerializeToString())
    manifest = tiny(arch="onnx", labels=LABELS, input_size=SIZE, arch_options={})
    import_weights(folder / "theirs.onnx", manifest, folder / "mine")
    torch_one = Classifier(tiny(labels=LABELS), Small())
    torch_one.half = None
    return load(folder / "mine"), torch_one


@pytest.fixture
def image(grid_image: Callable[[np.ndarray], GridImage]) -> GridImage:
    values = ndimage.gaussian_filter(np.random.default_rng(0).random((SIZE, SIZE)), 2)
    return grid_image((values - values.min()) / np.ptp(values))


@pytest.mark.parametrize("name", sorted(EXPLAINERS.keys() - LOOK_INSIDE))
@pytest.mark.parametrize("target", Target)
def test_maps_are_those_of_the_torch_network(
    pair: tuple[Classifier, Classifier], image: GridImage, name: str, target: Target
) -> None:
    ours, expected = (
        EXPLAINERS[name].explain(one, image, target=target, seed=3, **FEW.get(name, {}))
        for one in pair
    )
    for found, other in zip(ours, expected, strict=True):
        assert np.ptp(other.values) > 1e-4
        np.testing.assert_allclose(found.values, other.values, atol=1e-4)
        assert found.output == pytest.approx(other.output, abs=1e-4)
        assert found.engine == "onnxruntime float32"


@pytest.mark.parametrize("name", sorted(LOOK_INSIDE))
def test_methods_that_look_inside_say_why_not(
    pair: tuple[Classifier, Classifier], image: GridImage, name: str
) -> None:
    opaque, seen = pair
    method = EXPLAINERS[name]
    with pytest.raises(ExplainerError) as refused:
        method.explain(opaque, image)
    assert str(refused.value) == (
        "tiny is an ONNX file, of which the outputs are known, but neither gradients, layers nor "
        "weights."
    )
    assert method.refusal(opaque.manifest) == method.failure(refused.value) == str(refused.value)
    assert not method.refusal(seen.manifest) or method.needs_masks or method.needs_attention


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_gives_numbers_or_says_why_not(
    pair: tuple[Classifier, Classifier], image: GridImage, name: str
) -> None:
    opaque, _ = pair
    measure = MEASURES[name]
    maps = EXPLAINERS["occlusion"].explain(opaque, image, LABELS[:1], window=400, stride=300)
    subject = Subject(opaque, image, maps, label_randomised=opaque)
    if name in ("cascading_randomisation", "independent_randomisation"):
        with pytest.raises(ExplainerError, match="is an ONNX file"):
            measure.of(subject)
        assert measure.refusal(opaque.manifest)
    else:
        (rows,) = measure.of(subject)
        assert rows and not measure.refusal(opaque.manifest)
