"""Maps of models that have forgotten, or never learnt, what they should be maps of."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from shamsul.classifiers import architecture, registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage, resample
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.classifiers.randomised import randomised, stages
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.registry import METHODS
from shamsul.faithfulness.measure import Result, Subject
from shamsul.faithfulness.registry import MEASURES
from shamsul.phantom import render
from shamsul.training import devices
from shamsul.training.loop import Examples, train
from shamsul.training.recipe import Recipe
from tests.training.examples import CHANGES, squares

STAGES = [
    "classifier",
    "features.denseblock4",
    "features.transition3",
    "features.denseblock3",
    "features.transition2",
    "features.denseblock2",
    "features.transition1",
    "features.denseblock1",
    "features.conv0",
]


@pytest.fixture(scope="module")
def subject() -> Subject:
    classifier = registry.load("phantom")
    pixels = render(3, findings=None, shape=(128, 108)).pixels
    image = resample(pixels, classifier.manifest.input_size, Resize.STRETCH)
    maps = METHODS["grad_cam"].explain(classifier, image, ["Cardiomegaly"])
    maps += METHODS["lrp"].explain(classifier, image, ["Cardiomegaly"])
    return Subject(classifier, image, maps)


def values(rows: tuple[Result, ...], statistic: str) -> list[float]:
    return [row.value for row in rows if row.statistic == statistic]


@pytest.mark.long
def test_stages_go_from_the_output_to_the_input_and_hold_every_weight(subject: Subject) -> None:
    found = stages(subject.classifier)
    assert list(found) == STAGES
    state = subject.classifier.module.state_dict()
    names = [name for names in found.values() for name in names]
    assert sorted(names) == sorted(name for name, tensor in state.items() if tensor.ndim > 1)


def test_only_the_stages_chosen_are_shuffled(subject: Subject) -> None:
    classifier = subject.classifier
    before = {name: tensor.clone() for name, tensor in classifier.module.state_dict().items()}
    chosen = ["classifier", "features.conv0"]
    twin = randomised(classifier, chosen, seed=5)
    names = {name for stage in chosen for name in stages(classifier)[stage]}
    for name, tensor in twin.module.state_dict().items():
        assert torch.equal(tensor, before[name]) == (name not in names), name
        assert torch.equal(tensor.flatten().sort()[0], before[name].flatten().sort()[0]), name
        assert torch.equal(classifier.module.state_dict()[name], before[name]), name
    assert twin.manifest.fingerprint != classifier.manifest.fingerprint
    # A stage is shuffled in the same way whatever else is.
    alone = randomised(classifier, ["features.conv0"], seed=5).module.state_dict()
    everything = randomised(classifier, STAGES, seed=5).module.state_dict()
    for name in stages(classifier)["features.conv0"]:
        assert torch.equal(alone[name], everything[name])
    other = randomised(classifier, ["features.conv0"], seed=6).module.state_dict()
    assert not torch.equal(alone["features.conv0.weight"], other["features.conv0.weight"])
    with pytest.raises(KeyError, match="nonsense"):
        randomised(classifier, ["nonsense"])


@pytest.fixture(scope="module")
def cascade(subject: Subject) -> list[tuple[Result, ...]]:
    return MEASURES["cascading_randomisation"].of(subject)


@pytest.mark.long
def test_maps_change_with_what_the_model_has_learnt(cascade: list[tuple[Result, ...]]) -> None:
    for rows in cascade:
        assert [row.detail for row in rows][::4] == STAGES
        assert values(rows, "ssim_absolute")[-1] < 0.5
        spearman = values(rows, "spearman_absolute")[-1]
        assert np.isnan(spearman) or spearman < 0.5  # Grad-CAM can be blank: it has no order


def test_one_stage_alone_is_the_first_step_of_the_cascade(
    subject: Subject, cascade: list[tuple[Result, ...]]
) -> None:
    (rows,) = MEASURES["independent_randomisation"].of(replace(subject, maps=subject.maps[:1]))
    assert [row.detail for row in rows][::4] == STAGES
    numbers = [row.value for row in rows]
    first = [row.value for row in cascade[0]]
    assert numbers[:4] == pytest.approx(first[:4], nan_ok=True)
    assert numbers[4:8] != pytest.approx(first[4:8], nan_ok=True)


@pytest.mark.long
@pytest.mark.parametrize(
    ("method", "parameters"),
    [("lime", {"samples": 60}), ("shap", {"samples": 60}), ("rise", {"samples": 48})],
)
def test_sampled_methods_do_not_repeat_themselves(
    subject: Subject, method: str, parameters: dict[str, int]
) -> None:
    maps = METHODS[method].explain(
        subject.classifier, subject.image, ["Cardiomegaly"], seed=0, **parameters
    )
    (rows,) = MEASURES["repeatability"].of(replace(subject, maps=maps), seeds=2)
    assert all(row.value < 1 for row in rows)
    (other,) = METHODS[method].explain(
        subject.classifier, subject.image, ["Cardiomegaly"], seed=1, **parameters
    )
    expected = stats.spearmanr(maps[0].values.ravel(), other.values.ravel()).statistic
    assert values(rows, "spearman")[0] == pytest.approx(expected)


def test_methods_that_draw_nothing_repeat_themselves_exactly(subject: Subject) -> None:
    for rows in MEASURES["repeatability"].of(subject):
        assert [row.value for row in rows] == [1, 1, 1, 1]


TINY = Manifest(
    name="tiny",
    arch="torchvision/densenet",
    labels=("Edema",),
    input_size=32,
    channels=1,
    normalisation=Normalisation((0.5,), (0.25,)),
    resize=Resize.STRETCH,
    sha256="0" * 64,
    arch_options={"growth_rate": 4, "block_config": (1, 1), "num_init_features": 8},
)


def trained(training: Examples, folder: Path, name: str) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = architecture.build(TINY)
        recipe = Recipe(epochs=4, optimiser="adamw", rate=3e-3, decay=0.02, schedule="one-cycle")
        fabric = devices.fabric("cpu", 1, "32-true")
        fabric.launch()
        usual = (fabric, module, TINY.scaling, TINY.labels, training, squares(100, 1))
        train(*usual, recipe, CHANGES, folder, about={}, resume=False)
    return Classifier(replace(TINY, name=name), module)


def test_maps_of_a_model_that_learnt_shuffled_labels_are_others(tmp_path: Path) -> None:
    training = squares(384, 0)
    order = np.random.default_rng(0).permutation(384)
    shuffled = replace(training, values=training.values[order])
    model = trained(training, tmp_path, "tiny")
    other = trained(shuffled, tmp_path, "shuffled")
    held_out = squares(40, 2)
    index = int(np.flatnonzero(held_out.values[:, 0])[0])
    pixels = np.asarray(held_out.pixels[index], np.float32) / 255
    image: GridImage = resample(pixels, 32, Resize.STRETCH)
    maps = METHODS["lrp"].explain(model, image)
    subject = Subject(model, image, maps, label_randomised=other)
    (rows,) = MEASURES["label_randomisation"].of(subject)
    assert {row.detail for row in rows} == {"shuffled"}
    # As alike as maps of a model can be is that of the model itself.
    (same,) = MEASURES["label_randomisation"].of(replace(subject, label_randomised=model))
    assert [row.value for row in same] == [1, 1, 1, 1]
    assert all(row.value < 0.9 for row in rows)


def test_label_randomisation_needs_a_model_of_the_same_labels(subject: Subject) -> None:
    measure = MEASURES["label_randomisation"]
    with pytest.raises(ExplainerError, match="needs a model"):
        measure.of(subject)
    other = Classifier(TINY, architecture.build(TINY))
    with pytest.raises(ExplainerError, match="tiny has other labels or another grid than phantom"):
        measure.of(replace(subject, label_randomised=other))
