import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.chexlocalize import read_points
from shamsul.localisation import chexlocalize
from shamsul.localisation.features import Features
from shamsul.localisation.human_benchmark import score_points
from shamsul.localisation.images import score_images
from shamsul.localisation.maps import MapFile, find, on_image
from shamsul.localisation.protocol import Protocol, Rules
from shamsul.localisation.reference import Reference, read_references
from shamsul.localisation.score import (
    METRICS,
    NO_ANNOTATION,
    NO_MAP,
    NO_SPACING,
    NOT_ANNOTATED,
    NOTHING_PREDICTED,
    ImageScores,
    Score,
)
from shamsul.localisation.summary import summarise, summarise_chexlocalize
from shamsul.localisation.tuning import tuned
from shamsul.metrics import localisation
from shamsul.metrics.localisation import Overlap, Ranking
from shamsul.metrics.thresholds import GRID, Fixed, Otsu, TopPercent, Tuned
from shamsul.radiographs.geometry import Geometry
from tests.localisation.conftest import SHAPE, run_lengths

CHEXLOCALIZE = Rules(protocol=Protocol.CHEXLOCALIZE)
WHOLE = Geometry.window(SHAPE, (12, 10), top=0, left=0, height=SHAPE[0], width=SHAPE[1])


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(12, 10)).astype(np.float32)


@pytest.fixture
def maps(write_maps: Callable[..., Path]) -> list[MapFile]:
    """Two methods' maps of both images for three labels, one of which is annotated nowhere."""
    for number, image in enumerate(("one", "two")):
        content = {
            f"{method}/{label}": noise(100 * number + 10 * i + j)
            for i, method in enumerate(("lime", "shap"))
            for j, label in enumerate(("Edema", "Fracture", "Mass"))
        }
        folder = write_maps(image, content)
    return find(folder)


@pytest.fixture
def references(polygons: Path) -> dict[str, Reference]:
    return read_references(polygons)


def table(by_image: list[ImageScores]) -> dict[tuple[str, str, str], Score]:
    return {(one.image, one.label, one.method): one for each in by_image for one in each.scores}


def test_every_image_label_and_method_has_a_row(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    found = table(list(score_images(maps, references, Rules())))
    assert len(found) == 2 * 3 * 2
    assert found["one", "Mass", "lime"].reason == NOT_ANNOTATED
    assert all(math.isnan(getattr(found["one", "Mass", "lime"], name)) for name in METRICS)


def test_scores_are_those_of_the_functions(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    found = table(list(score_images(maps, references, Rules(tolerance=40))))["two", "Mass", "shap"]
    mask = references["two"].mask("Mass")
    values = np.maximum(on_image(noise(112), WHOLE), 0)
    region = values > Otsu().level(values)
    ranking = Ranking.of(values, mask)
    expected = Score(
        image="two",
        label="Mass",
        method="shap",
        threshold=Otsu().level(values),
        mask_area=mask.sum(),
        predicted_area=region.sum(),
        **vars(Features.of(mask)),
        labels_in_image=1,
        iou=localisation.iou(region, mask),
        dice=localisation.dice(region, mask),
        precision=localisation.precision(region, mask),
        recall=localisation.recall(region, mask),
        hit=localisation.hit(values, mask),
        hit_tolerant=localisation.hit(values, mask, tolerance=40),
        mass=localisation.mass(values, mask),
        rank=ranking.rank,
        auprc=ranking.auprc,
        auroc=ranking.auroc,
        box_iou=localisation.box_iou(region, mask),
        iobb=localisation.iobb(region, mask),
        centre_distance_px=localisation.centre_distance(region, mask),
        reason=NO_SPACING,
    )
    for name, value in vars(expected).items():
        assert getattr(found, name) == pytest.approx(value, nan_ok=True), name


def test_scores_of_chexlocalizes_protocol_are_those_of_its_steps(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    found = table(list(score_images(maps, references, CHEXLOCALIZE)))
    for (image, label, method), one in found.items():
        seed = 100 * (image == "two") + 10 * (method == "shap")
        values = noise(seed + ("Edema", "Fracture", "Mass").index(label))
        mask = references[image].mask(label)
        brought = chexlocalize.upsampled(values, SHAPE)
        overlap = Overlap.of(chexlocalize.segmented(brought), mask)
        assert one.iou == pytest.approx(chexlocalize.iou(overlap), nan_ok=True)
        assert one.hit == pytest.approx(chexlocalize.hit(brought, mask), nan_ok=True)
        if overlap.actual:
            assert one.predicted_area == overlap.predicted > 0
        else:  # nothing of the map is looked at
            assert (one.reason, one.mask_area) == (NOT_ANNOTATED, 0)
            assert np.isnan(one.predicted_area)
    assert found["one", "Edema", "lime"].iou > 0


@pytest.mark.long
def test_processes_find_the_same(maps: list[MapFile], references: dict[str, Reference]) -> None:
    alone, together = (list(score_images(maps, references, Rules(), jobs)) for jobs in (1, 2))
    assert repr(alone) == repr(together)


def test_findings_that_are_not_there_count_where_all_are_asked_for(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    for rules in (Rules(), CHEXLOCALIZE):
        one = table(list(score_images(maps, references, replace(rules, true_positives_only=False))))
        assert one["one", "Mass", "lime"].iou == 0
        assert one["one", "Mass", "lime"].reason.startswith(NOT_ANNOTATED)
        assert math.isnan(one["one", "Mass", "lime"].hit)


def test_images_without_annotation(maps: list[MapFile], references: dict[str, Reference]) -> None:
    del references["two"]
    for rules in (Rules(), replace(Rules(), true_positives_only=False), CHEXLOCALIZE):
        _, two = score_images(maps, references, rules)
        assert two == ImageScores("two", (), (NO_ANNOTATION,))
    _, two = score_images(maps, references, replace(CHEXLOCALIZE, true_positives_only=False))
    assert {(one.iou, one.reason) for one in two.scores} == {(0, NO_ANNOTATION)}
    assert all(math.isnan(one.hit) for one in two.scores)


def test_annotated_images_without_maps_count_in_chexlocalizes_protocol(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    assert [one.image for one in score_images(maps[:1], references, Rules())] == ["one"]
    *_, two = score_images(maps[:1], references, CHEXLOCALIZE)
    assert len(two.scores) == 6 and all(math.isnan(one.iou) for one in two.scores)
    *_, two = score_images(maps[:1], references, replace(CHEXLOCALIZE, true_positives_only=False))
    ious = {one.label: one.iou for one in two.scores}
    assert ious["Mass"] == 0 and math.isnan(ious["Edema"])
    assert {one.reason for one in two.scores} == {NO_MAP}


def test_nothing_is_predicted_below_the_cutoff(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    probabilities = {"one": {"Edema": 0.3, "Mass": 0.6, "Fracture": 0.5}}
    for rules in (Rules(), CHEXLOCALIZE):
        asked = replace(rules, cutoffs=0.5, probabilities=probabilities, true_positives_only=False)
        found = table(list(score_images(maps[:1], references, asked)))
        edema = found["one", "Edema", "lime"]
        assert (edema.iou, edema.predicted_area, edema.probability) == (0, 0, 0.3)
        assert edema.reason.startswith("the probability is below")
        assert found["one", "Fracture", "lime"].predicted_area > 0  # at the cut-off is not below
        by_label = replace(asked, cutoffs={"Edema": 0.2, "Mass": 0.7})
        (one, *_) = score_images(maps[:1], references, by_label)
        assert table([one])["one", "Edema", "lime"].iou > 0
        assert "lime, Fracture: there is no probability cut-off for the label" in one.faults
        (one, *_) = score_images(maps[:1], references, replace(asked, probabilities={}))
        assert "lime, Edema: there is no probability to compare with the cut-off" in one.faults


def test_constant_map_predicts_nothing(
    write_maps: Callable[..., Path], references: dict[str, Reference]
) -> None:
    files = find(write_maps("one", {"Edema": np.zeros((4, 4))}))
    ((found,),) = (each.scores for each in score_images(files, references, Rules()))
    assert (found.iou, found.hit, found.auroc, found.predicted_area) == (0, 0, 0.5, 0)
    assert math.isnan(found.mass) and found.reason.startswith(NOTHING_PREDICTED)


def test_without_threshold_only_the_map_is_scored(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    found = table(list(score_images(maps, references, Rules(threshold=None))))[
        "one", "Edema", "lime"
    ]
    assert found.auroc > 0 and math.isnan(found.iou) and math.isnan(found.predicted_area)
    found = table(list(score_images(maps, references, replace(CHEXLOCALIZE, threshold=None))))
    assert found["one", "Edema", "lime"].hit in (0, 1)
    assert math.isnan(found["one", "Edema", "lime"].iou)


def test_chexlocalize_has_no_percentage() -> None:
    with pytest.raises(ValueError, match="no threshold top10%"):
        Rules(protocol=Protocol.CHEXLOCALIZE, threshold=TopPercent(10))


def test_a_fault_of_one_map_leaves_the_others(
    write_maps: Callable[..., Path], references: dict[str, Reference]
) -> None:
    files = find(write_maps("two", {"Edema": noise(0), "Fracture": noise(1)}))
    rules = Rules(threshold=Tuned({"Edema": 0.4}), true_positives_only=False)
    (found,) = score_images(files, references, rules)
    assert [one.label for one in found.scores] == ["Edema"]
    assert found.faults == (
        "map, Fracture: there is no tuned threshold for Fracture",
        "Mass is annotated but has no map",
    )


def test_masks_in_run_lengths_and_polygons_agree(
    tmp_path: Path, references: dict[str, Reference]
) -> None:
    content = {
        image: {label: run_lengths(reference.mask(label)) for label in ("Edema", "Mass")}
        for image, reference in references.items()
    }
    file = tmp_path / "segmentations.json"
    file.write_text(json.dumps(content))
    encoded = read_references(file)
    for image, reference in references.items():
        assert encoded[image].shape == SHAPE
        assert (encoded[image].mask("Edema") == reference.mask("Edema")).all()
        assert (encoded[image].mask("Mass") == reference.mask("Mass")).all()


@pytest.mark.parametrize("content", ["[]", "{", '{"one": {"Edema": [[1, 2]]}}', '{"one": 3}'])
def test_other_annotations_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "annotations.json"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"is not valid JSON|neither CheXlocalize polygons nor"):
        read_references(file)


def test_annotation_of_another_size_is_a_fault(
    tmp_path: Path, references: dict[str, Reference]
) -> None:
    np.savez(tmp_path / "heatmaps.npz", **{"lime/Edema": noise(0)})
    geometry = Geometry.window((30, 40), (12, 10), top=0, left=0, height=30, width=40)
    entry = {"key": "lime/Edema", "label": "Edema", "method": "lime"}
    facts = {"file": "one.png", **geometry.to_json(), "maps": [entry]}
    (tmp_path / "explanation.json").write_text(json.dumps(facts))
    for rules in (Rules(), CHEXLOCALIZE):
        (found, *_) = score_images(find(tmp_path), references, rules)
        assert found.scores == ()
        assert "an image of 30 x 40 pixels, the annotation of one of 300 x 260" in found.faults[0]


def test_map_is_scored_where_its_geometry_puts_it_and_in_millimetres(tmp_path: Path) -> None:
    """The map of the lower right quarter, with spacing known."""
    np.savez(tmp_path / "heatmaps.npz", **{"lime/Edema": np.eye(2, dtype=np.float32)})
    geometry = Geometry.window((40, 40), (2, 2), top=20, left=20, height=20, width=20)
    entry = {"key": "lime/Edema", "label": "Edema", "method": "lime", "probability": 0.9}
    facts = {"file": "x.png", **geometry.to_json(), "spacing_mm": [0.5, 0.5], "maps": [entry]}
    (tmp_path / "explanation.json").write_text(json.dumps(facts))
    mask = np.zeros((40, 40), bool)
    mask[:20, :20] = True
    references = {"x": Reference("x", (40, 40), (Annotation.of_region("Edema", "test", mask),))}
    files = find(tmp_path)
    ((found,),) = (
        each.scores for each in score_images(files, references, Rules(threshold=Fixed(0)))
    )
    assert (found.iou, found.mass, found.hit, found.probability) == (0, 0, 0, 0.9)
    assert found.centre_distance_px == pytest.approx(math.hypot(20, 20))
    assert found.centre_distance_mm == pytest.approx(math.hypot(10, 10))
    assert found.reason == ""
    (refused,) = score_images(files, references, CHEXLOCALIZE)
    assert "needs a map of just the whole image" in refused.faults[0]


@pytest.mark.parametrize("protocol", Protocol)
def test_tuning_takes_the_threshold_that_scores_best(
    protocol: Protocol, maps: list[MapFile], references: dict[str, Reference]
) -> None:
    files = [replace(file, method="lime") for file in maps]
    best = tuned(files, references, protocol)
    assert set(best.shares) == {"Edema", "Mass"}  # the others are annotated nowhere
    for label, image in (("Edema", "one"), ("Mass", "two")):
        ious = [
            table(list(score_images(files, references, Rules(protocol, Fixed(share)))))[
                image, label, "lime"
            ].iou
            for share in GRID
        ]
        assert best.shares[label] == GRID[int(np.argmax(ious))]
        applied = table(list(score_images(files, references, Rules(protocol, best))))
        assert applied[image, label, "lime"].iou == max(ious)


def test_tuning_is_of_one_method_and_of_annotated_images(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    with pytest.raises(ValueError, match="one method at a time, not lime, shap"):
        tuned(maps, references, Protocol.SHAMSUL)
    with pytest.raises(ValueError, match="no annotated image"):
        tuned(maps, {}, Protocol.SHAMSUL)


def test_points_of_people_hit_or_miss(tmp_path: Path, references: dict[str, Reference]) -> None:
    file = tmp_path / "points.json"
    file.write_text(json.dumps({"one": {"Edema": [[31.5, 60.5], [0, 0]], "Mass": [[5, 5]]}}))
    found = table(list(score_points(read_points(file), references)))
    assert found["one", "Edema", "human"].hit == 1  # column 31, row 60
    assert math.isnan(found["one", "Mass", "human"].hit)
    assert found["two", "Mass", "human"].hit == 0  # nobody pointed


def scores_of(metric: str, values: list[list[float]]) -> list[Score]:
    """One method's, of images in rows and labels in columns."""
    return [
        Score(f"image{i}", f"label{j}", "lime", **{metric: value})
        for i, row in enumerate(values)
        for j, value in enumerate(row)
    ]


def test_summary_has_the_mean_and_what_is_left_out(rng: np.random.Generator) -> None:
    values = rng.random((30, 2))
    values[5:10, 1] = math.nan
    means = {(one.label, one.metric): one for one in summarise(scores_of("iou", values.tolist()))}
    one = means["label1", "iou"]
    assert one.mean == pytest.approx(np.nanmean(values[:, 1]))
    assert one.low < one.mean < one.high
    assert (one.n, one.left_out) == (25, 5)
    assert means["label0", "dice"].n == 0 and math.isnan(means["label0", "dice"].mean)


def test_summary_of_chexlocalize_orders_images_and_drops_those_that_have_no_hit(
    rng: np.random.Generator,
) -> None:
    values = rng.random((12, 2))
    scores = scores_of("iou", values.tolist())
    order = sorted(range(12), key=lambda i: f"image{i}")
    expected = chexlocalize.bootstrap(values[order], seed=3)
    shuffled = [scores[i] for i in rng.permutation(len(scores))]
    found = [one for one in summarise_chexlocalize(shuffled, seed=3) if one.metric == "iou"]
    for one, other in zip(found, expected, strict=True):
        assert (one.mean, one.low, one.high) == (other.mean, other.low, other.high)
        assert one.reported()["mean"] == round(other.mean, 3)
    unmapped = replace(scores[0], reason=NO_MAP)
    hits = [one for one in summarise_chexlocalize([unmapped, *scores[1:]]) if one.metric == "hit"]
    assert hits[0].left_out == 11


def test_scores_tell_what_the_finding_looks_like_and_how_many_there_are(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    more = replace(
        references["one"],
        annotations=(
            *references["one"].annotations,
            *(replace(one, label="Nodule") for one in references["one"].annotations),
        ),
    )
    for rules in (Rules(), CHEXLOCALIZE):
        found = table(list(score_images(maps, {**references, "one": more}, rules)))
        features = Features.of(references["two"].mask("Mass"))
        for name, value in vars(features).items():
            assert getattr(found["two", "Mass", "lime"], name) == value
        assert features.regions == 2
        assert found["one", "Edema", "shap"].labels_in_image == 2  # the other has no map
        assert found["two", "Mass", "shap"].labels_in_image == 1
        assert found["two", "Edema", "shap"].area_share == 0


def test_images_without_maps_and_points_have_features_too(
    maps: list[MapFile], references: dict[str, Reference]
) -> None:
    share = Features.of(references["one"].mask("Edema")).area_share
    unmapped = table(list(score_images(maps[1:], references, CHEXLOCALIZE)))["one", "Edema", "lime"]
    pointed = table(list(score_points({}, references)))["one", "Edema", "human"]
    for one in (unmapped, pointed):
        assert (one.area_share, one.labels_in_image) == (share, 1)
