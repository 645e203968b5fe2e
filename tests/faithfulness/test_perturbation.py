"""Measures of maps by what the model answers, with models done by hand and the bundled one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage, resample
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.method import Cancelled, ExplainerError, Method, Relevance, Task
from shamsul.explainers.registry import METHODS
from shamsul.faithfulness import measure as measures_room
from shamsul.faithfulness.measure import Measure, Result, Statistic, Subject
from shamsul.faithfulness.registry import MEASURES
from shamsul.phantom import render
from shamsul.storage.result_cache import ResultCache

SIZE = 32
DIRECT = [one for one in MEASURES.values() if not one.explains_again]
FAST = {
    "pixel_flipping": {"steps": 8, "orders": 2},
    "sensitivity_n": {"sizes": 2, "draws": 20},
    "infidelity": {"draws": 20},
}


class Linear(nn.Module):
    """Two weighted sums of brightness, the second minus the first."""

    def __init__(self) -> None:
        super().__init__()
        rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
        weights = torch.sin(rows / 5.0) * torch.cos(columns / 7.0) / 10
        self.weights = nn.Parameter(weights.flatten()[None])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = x.flatten(1) @ self.weights.T
        return torch.cat([total, -total], 1)


@pytest.fixture(scope="module")
def linear() -> Classifier:
    manifest = Manifest(
        name="linear",
        arch="torchvision/densenet",
        labels=("Edema", "No Finding"),
        input_size=SIZE,
        channels=1,
        normalisation=Normalisation((0.0,), (1.0,)),
        resize=Resize.STRETCH,
        sha256="0" * 64,
    )
    return Classifier(manifest, Linear())


@pytest.fixture(scope="module")
def image() -> GridImage:
    return resample(
        np.random.default_rng(0).random((40, 32)).astype(np.float32), SIZE, Resize.STRETCH
    )


def heatmap(classifier: Classifier, image: GridImage, values: np.ndarray, label: str) -> Heatmap:
    return Heatmap(
        values=values.astype(np.float32),
        label=label,
        method="toy",
        parameters={"seed": 0},
        geometry=image.geometry,
        evaluations=1,
        seconds=0.0,
        target=Target.LOGIT,
        output=0.0,
    )


def exact(classifier: Classifier, image: GridImage) -> tuple[Heatmap, Heatmap]:
    """Gradient x input of the linear model, for both labels."""
    weights = classifier.module.weights.detach().numpy().reshape(SIZE, SIZE)
    return (
        heatmap(classifier, image, weights * image.values, "Edema"),
        heatmap(classifier, image, -weights * image.values, "No Finding"),
    )


def by_statistic(rows: tuple[Result, ...]) -> dict[str, Result]:
    return {row.statistic: row for row in rows}


def test_an_exact_map_of_a_linear_model_is_faithful(linear: Classifier, image: GridImage) -> None:
    subject = Subject(linear, image, exact(linear, image))
    output = linear.logits(image.values[None])[0]
    for index, rows in enumerate(MEASURES["sensitivity_n"].of(subject, baseline="black")):
        assert [row.detail for row in rows] == ["n=1", "n=5", "n=29", "n=157"]
        for row in rows:
            assert row.value == pytest.approx(1, abs=1e-3)
            assert row.reversed == -row.value
            assert abs(row.random) < 0.2
        assert subject.maps[index].values.sum() == pytest.approx(output[index], rel=1e-4)
    for rows in MEASURES["infidelity"].of(subject, baseline="black"):
        found = by_statistic(rows)
        assert found["mean_squared_error"].value == pytest.approx(0, abs=1e-4)
        assert found["mean_squared_error"].random > 1
        assert found["unexplained"].value == pytest.approx(0, abs=1e-4)
        assert found["unexplained"].random > 0.2
        assert found["unexplained"].reversed == 1


def test_references_of_pixel_flipping(linear: Classifier, image: GridImage) -> None:
    subject = Subject(linear, image, exact(linear, image))
    for rows in MEASURES["pixel_flipping"].of(subject, baseline="black", steps=16):
        found = by_statistic(rows)
        deletion, insertion = found["deletion_auc"], found["insertion_auc"]
        assert deletion.value < deletion.random < deletion.reversed
        assert insertion.value > insertion.random > insertion.reversed
        assert deletion.reversed == insertion.value
        assert found["relevance_gain"].value == insertion.value - deletion.value
    # In random order the output of a linear model falls evenly.
    start, end = linear.logits(np.stack([image.values, np.zeros_like(image.values)]))
    chance = by_statistic(MEASURES["pixel_flipping"].of(subject, baseline="black", orders=50)[0])
    assert chance["deletion_auc"].random == pytest.approx((start[0] + end[0]) / 2, abs=0.5)
    # The area is that of the same curve, drawn by hand.
    order = np.argsort(-subject.maps[0].values, axis=None)
    outputs, now = [], image.values.copy()
    for first in range(0, SIZE**2 + 1, SIZE**2 // 16):
        now.flat[order[:first]] = 0
        outputs.append(linear.logits(now[None])[0, 0])
    found = by_statistic(MEASURES["pixel_flipping"].of(subject, baseline="black", steps=16)[0])
    assert found["deletion_auc"].value == pytest.approx(np.trapezoid(outputs) / 16, abs=0.02)


def test_superpixels_and_squares_are_units(linear: Classifier, image: GridImage) -> None:
    subject = Subject(linear, image, exact(linear, image))
    areas = {
        units: by_statistic(MEASURES["pixel_flipping"].of(subject, units=units, steps=1000)[0])
        for units in ("pixels", "squares", "superpixels")
    }
    gains = {units: rows["relevance_gain"].value for units, rows in areas.items()}
    assert gains["pixels"] > gains["squares"] > 0
    assert gains["pixels"] > gains["superpixels"] > 0


def test_the_explained_probability_is_what_is_measured(
    linear: Classifier, image: GridImage
) -> None:
    first, _ = exact(linear, image)
    subject = Subject(linear, image, (replace(first, target=Target.PROBABILITY),))
    found = by_statistic(MEASURES["pixel_flipping"].of(subject)[0])
    assert 0 <= found["deletion_auc"].value <= found["insertion_auc"].value <= 1


@pytest.fixture(scope="module")
def phantom() -> Subject:
    classifier = registry.load("phantom")
    pixels = render(3, findings=None, shape=(128, 108)).pixels
    image = resample(pixels, classifier.manifest.input_size, Resize.STRETCH)
    maps = METHODS["grad_cam"].explain(classifier, image, ["Cardiomegaly", "Pneumothorax"])
    return Subject(classifier, image, maps, seed=3)


@pytest.mark.long
@pytest.mark.parametrize("one", DIRECT, ids=lambda one: one.name)
def test_a_map_is_measured_the_same_whatever_is_beside_it(one: Measure, phantom: Subject) -> None:
    given = FAST[one.name]
    together = one.of(phantom, **given)
    for heatmap_, expected in zip(phantom.maps, together, strict=True):
        (alone,) = one.of(replace(phantom, maps=(heatmap_,)), **given)
        for row, other in zip(alone, expected, strict=True):
            assert (row.measure, row.statistic, row.detail) == (
                other.measure,
                other.statistic,
                other.detail,
            )
            assert row.measure == one.name
            numbers = [row.value, row.random, row.reversed]
            assert numbers == pytest.approx(
                [other.value, other.random, other.reversed], nan_ok=True
            )
    assert one.of(phantom, **given) == together
    assert one.of(replace(phantom, seed=4), **given) != together


@pytest.mark.long
@pytest.mark.parametrize("one", MEASURES.values(), ids=MEASURES)
def test_progress_ends_at_its_plan_and_can_cancel(one: Measure, phantom: Subject) -> None:
    seen: list[tuple[int, int]] = []
    given = FAST.get(one.name, {})
    part = replace(phantom, maps=phantom.maps[:1], label_randomised=phantom.classifier)
    (rows,) = one.of(replace(part, progress=lambda *state: seen.append(state)), **given)
    assert {row.statistic for row in rows} == {declared.name for declared in one.statistics}
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)

    def stop(done: int, planned: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        one.of(replace(part, progress=stop), **given)


@pytest.mark.parametrize("one", MEASURES.values(), ids=MEASURES)
def test_unknown_parameters_are_refused(one: Measure, phantom: Subject) -> None:
    with pytest.raises(TypeError, match=f"{one.title} has no parameter nonsense"):
        one.of(phantom, nonsense=1)


def test_results_are_computed_once(
    phantom: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def count(subject: Subject, *, points: int) -> list[tuple[Result, ...]]:
        calls.append(len(subject.maps))
        return [(Result("toy", "points", "", points, np.nan, m.output),) for m in subject.maps]

    parameters = (MEASURES["pixel_flipping"].parameters[0],)
    toy = Measure(
        "toy",
        "Toy",
        count,
        (replace(parameters[0], name="points", minimum=0),),
        (Statistic("points", "Points"),),
        False,
        "",
        "",
        "",
    )
    cache = ResultCache(tmp_path / "measures")
    one, rest = replace(phantom, maps=phantom.maps[:1]), phantom
    assert toy.of(one, cache=cache, points=5)[0][0].value == 5
    both = toy.of(rest, cache=cache, points=5)
    assert calls == [1, 1]  # what was known is not measured again
    again = toy.of(rest, cache=cache, points=5)
    assert calls == [1, 1]
    for rows, stored in zip(both, again, strict=True):
        assert np.isnan(stored[0].random)
        assert stored[0].to_json() == rows[0].to_json()
    toy.of(one, cache=cache, points=6)
    toy.of(replace(one, seed=9), cache=cache, points=5)
    toy.of(replace(one, label_randomised=phantom.classifier), cache=cache, points=5)
    other = replace(phantom.image, values=1 - phantom.image.values)
    toy.of(replace(one, image=other), cache=cache, points=5)
    assert len(calls) == 6
    for file in cache.directory.iterdir():
        file.write_text("{", encoding="utf-8")
    toy.of(one, cache=cache, points=5)  # a damaged file is as good as none
    assert len(calls) == 7

    def fail(subject: Subject, *, points: int) -> list[tuple[Result, ...]]:
        raise Cancelled

    before = sorted(cache.directory.iterdir())
    with pytest.raises(Cancelled):
        replace(toy, function=fail).of(one, cache=cache, points=7)
    assert sorted(cache.directory.iterdir()) == before


def toy_method(monkeypatch: pytest.MonkeyPatch, values: object) -> None:
    def function(task: Task) -> Relevance:
        task.progress(1, 1)
        return Relevance(np.stack([values(task)] * len(task.outputs)), 1)  # type: ignore[operator]

    toy = Method("toy", "Toy", function, (), False, "", "")
    monkeypatch.setitem(measures_room.EXPLAINERS, "toy", toy)


def test_an_equivariant_map_is_robust_to_shifts(
    linear: Classifier, image: GridImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_method(monkeypatch, lambda task: task.image.values - 0.5)
    subject = Subject(linear, image, (heatmap(linear, image, image.values - 0.5, "Edema"),))
    (rows,) = MEASURES["shift"].of(subject, pixels=3)
    assert [row.value for row in rows] == [1, 1, 1, 1]
    # What does not move with the image is not.
    fixed = np.random.default_rng(1).normal(size=(SIZE, SIZE))
    toy_method(monkeypatch, lambda task: fixed)
    (rows,) = MEASURES["shift"].of(
        replace(subject, maps=(heatmap(linear, image, fixed, "Edema"),)), pixels=3
    )
    assert all(abs(row.value) < 0.3 for row in rows)


def test_a_grid_too_small_to_shift_is_refused(linear: Classifier, image: GridImage) -> None:
    subject = Subject(linear, image, exact(linear, image))
    with pytest.raises(ExplainerError, match="32 pixels cannot shift by 11"):
        MEASURES["shift"].of(subject, pixels=11)


def test_noise_changes_maps_as_much_as_they_follow_it(
    linear: Classifier, image: GridImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy_method(monkeypatch, lambda task: task.image.values - 0.5)
    subject = Subject(linear, image, (heatmap(linear, image, image.values - 0.5, "Edema"),))

    def spearman(sigma: float) -> float:
        (rows,) = MEASURES["noise"].of(subject, sigma=sigma)
        return by_statistic(rows)["spearman"].value

    assert spearman(0) == 1
    assert 1 > spearman(0.02) > spearman(0.2) > 0.3
    (rows,) = MEASURES["max_sensitivity"].of(subject, radius=0.02, draws=4)
    size = np.linalg.norm(image.values - 0.5)
    # A uniform change has a standard deviation of radius / sqrt(3).
    assert rows[0].value == pytest.approx(0.02 / 3**0.5 * SIZE / size, rel=0.1)
    (rows,) = MEASURES["max_sensitivity"].of(subject, radius=0)
    assert rows[0].value == 0
