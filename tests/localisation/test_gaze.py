"""Maps against gaze: identities, cases by hand, and the measures called one by one beside."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.marks import Boxes, Gaze, Mask
from shamsul.explainers.baselines import without_model
from shamsul.localisation.gaze import Elsewhere, Gazed, viewings
from shamsul.localisation.gaze_scores import (
    CONSTANT,
    LONGEST,
    METRICS,
    NO_FIXATION,
    NO_GAZE,
    NO_OTHERS,
    GazeRules,
    GazeScore,
    Prior,
    Scene,
    score_gaze,
)
from shamsul.localisation.maps import LabelMap, MapFile
from shamsul.localisation.reference import Reference
from shamsul.localisation.score import HUMAN, NO_RELEVANCE
from shamsul.metrics import fixations, saliency
from shamsul.radiographs.geometry import Geometry

SHAPE = (60, 80)
SIGMA = 4.0
EDEMA = Annotation("Edema", "expert", Boxes([[10, 10, 30, 30]]))


def looked(
    places: Sequence[Sequence[float]], reader: str = "", source: str = "gaze", sigma: float = SIGMA
) -> Annotation:
    """Gaze of some rows, columns and seconds."""
    return Annotation("Gaze", source, Gaze(np.array(places, float), sigma), reader)


def gazed(image: str, *annotations: Annotation, shape: tuple[int, int] = SHAPE) -> Gazed:
    found = Gazed.of(Reference(image, shape, annotations))
    assert found is not None
    return found


ONE = gazed("one", looked([[10, 20, 0.2], [40, 60, 0.5], [41, 58, 0.3]]))
OTHER = gazed("other", looked([[30, 40, 0.4], [12, 25, 0.1]]))
BOTH = Elsewhere.of([ONE, OTHER])


def scores(
    values: np.ndarray,
    of: Gazed = ONE,
    elsewhere: Elsewhere = BOTH,
    rules: GazeRules = GazeRules(),  # noqa: B008
    geometry: Geometry | None = None,
) -> list[GazeScore]:
    found = LabelMap("Edema", "lime", np.asarray(values, np.float32))
    return list(Scene(of, geometry, rules, elsewhere).map_scores(found))


def numbers(score: GazeScore) -> list[float]:
    return [getattr(score, name) for name in METRICS]


@pytest.fixture
def values(rng: np.random.Generator) -> np.ndarray:
    """A map of every pixel, with negative relevance too."""
    return rng.normal(size=SHAPE).astype(np.float32)


# ---- Whose gaze it is ----------------------------------------------------------------------------


def test_gaze_is_put_together_by_reader() -> None:
    marked = [
        looked([[1, 2, 0.5]], source="EGD-CXR"),
        looked([[3, 4, 0.6], [5, 6, 0.7]], source="EGD-CXR", sigma=9),
        looked([[7, 8, 0.1]], "R2", "REFLACX"),
        EDEMA,
        looked([[9, 9, 0.1]], "R1", "REFLACX"),
    ]
    first, second, third = viewings(marked)
    assert [one.reader for one in (first, second, third)] == [
        "EGD-CXR",
        "REFLACX, R1",
        "REFLACX, R2",
    ]
    np.testing.assert_array_equal(first.fixations, [[1, 2, 0.5], [3, 4, 0.6], [5, 6, 0.7]])
    np.testing.assert_array_equal(first.sigmas, [SIGMA, 9, 9])
    assert viewings([EDEMA]) == ()


def test_findings_of_an_image_are_those_that_are_marked_in_it() -> None:
    empty = Annotation("Mass", "expert", Mask(np.zeros(SHAPE, bool)))
    assert gazed("i", looked([[1, 1, 1]]), EDEMA, empty).labels == {"Edema"}
    assert gazed("i", looked([[1, 1, 1]])).labels is None
    assert Gazed.of(Reference("i", SHAPE, (EDEMA,))) is None


def test_other_images_are_all_but_the_image_itself() -> None:
    wide = gazed(
        "wide", looked([[50, 30, 0.4]], "A"), looked([[25, 15, 0.6]], "B"), shape=(100, 60)
    )
    every = Elsewhere.of([ONE, wide])
    np.testing.assert_allclose(every.without("one"), [[0.5, 0.5, 0.4], [0.25, 0.25, 0.6]])
    assert len(every.without("wide")) == 3
    assert len(every.without("none of them")) == 5
    assert Elsewhere.of([]).without("one").shape == (0, 3)


# ---- A map ---------------------------------------------------------------------------------------


def test_scores_are_the_measures_of_positive_relevance(values: np.ndarray) -> None:
    (score,) = scores(values)
    positive = np.maximum(values, 0)
    mark = Gaze(ONE.viewings[0].fixations, SIGMA)
    places, others = mark.fixations[:, :2], OTHER.viewings[0].fixations[:, :2]
    # All fixations weigh the same, so that seconds of the heatmap are counts.
    density = Gaze(np.c_[places, np.ones(3)], SIGMA).heatmap(SHAPE)
    prior = fixations.prior(others, SHAPE, SIGMA)
    expected = [
        saliency.auc_judd(positive, places),
        saliency.auc_shuffled(positive, places, others),
        saliency.nss(positive, places),
        saliency.cc(positive, density),
        saliency.sim(positive, density),
        saliency.kl_divergence(positive, density),
        saliency.information_gain(positive, places, prior),
    ]
    assert numbers(score) == pytest.approx(expected, rel=1e-5)
    assert (score.image, score.label, score.method) == ("one", "Edema", "lime")
    assert (score.reader, score.fixations, score.seconds) == ("gaze", 3, pytest.approx(1.0))
    assert score.reason == "" and math.isnan(score.annotated)
    assert numbers(scores(positive)[0]) == numbers(score)


def test_fixations_weigh_as_long_as_they_lasted_where_that_is_asked_for(
    values: np.ndarray,
) -> None:
    (score,) = scores(values, rules=GazeRules(by_duration=True))
    positive = np.maximum(values, 0)
    mark = Gaze(ONE.viewings[0].fixations, SIGMA)
    assert score.nss == pytest.approx(saliency.nss(positive, mark.fixations), rel=1e-5)
    assert score.cc == pytest.approx(saliency.cc(positive, mark.heatmap(SHAPE)), rel=1e-5)
    (alike,) = scores(values)
    assert score.nss != pytest.approx(alike.nss)


def test_gaze_itself_is_the_best_map() -> None:
    marked = [[30, 40, 1.0], [31, 44, 1.0]]
    heatmap = Gaze(np.array(marked), SIGMA).heatmap(SHAPE)
    (score,) = scores(heatmap, gazed("one", looked(marked)))
    assert (score.cc, score.sim) == (pytest.approx(1), pytest.approx(1))
    assert score.kl_divergence == pytest.approx(0, abs=1e-5)
    assert score.auc_judd > 0.99 and score.information_gain > 1


def test_centre_can_be_the_prior(values: np.ndarray) -> None:
    (score,) = scores(values, rules=GazeRules(prior=Prior.CENTRE), elsewhere=Elsewhere.of([ONE]))
    places = ONE.viewings[0].fixations[:, :2]
    expected = saliency.information_gain(values, places, fixations.centre_prior(SHAPE))
    assert score.information_gain == pytest.approx(expected, rel=1e-5)
    assert math.isnan(score.auc_shuffled) and score.reason == NO_OTHERS


def test_map_lies_where_its_geometry_puts_it(values: np.ndarray) -> None:
    part = Geometry.window(SHAPE, (20, 30), top=10, left=40, height=20, width=30)
    padded = np.zeros(SHAPE, np.float32)
    padded[10:30, 40:70] = np.maximum(values[10:30, 40:70], 0)
    (cut,) = scores(values[10:30, 40:70], geometry=part)
    (whole,) = scores(padded)
    assert numbers(cut) == pytest.approx(numbers(whole))


def test_large_images_are_scored_on_a_coarser_grid(values: np.ndarray) -> None:
    factor = 2 * LONGEST // SHAPE[1]
    size = (SHAPE[0] * factor, SHAPE[1] * factor)
    small = (SHAPE[0] * LONGEST // SHAPE[1], LONGEST)

    def enlarged(of: Gazed, shape: tuple[int, int]) -> Gazed:
        found = of.viewings[0].fixations * [shape[0] / SHAPE[0], shape[1] / SHAPE[1], 1]
        return gazed(of.image, looked(found, sigma=SIGMA * shape[1] / SHAPE[1]), shape=shape)

    results = []
    for shape in (size, small):
        pair = [enlarged(one, shape) for one in (ONE, OTHER)]
        results.append(numbers(scores(values, pair[0], Elsewhere.of(pair))[0]))
    assert results[0] == pytest.approx(results[1], rel=1e-6)


def test_several_gaussians_of_a_reader_add_up(values: np.ndarray) -> None:
    marked = [looked([[10, 20, 1]], sigma=2), looked([[40, 60, 1]], sigma=6)]
    (score,) = scores(values, gazed("one", *marked))
    density = sum(one.mark.heatmap(SHAPE) for one in marked)
    assert score.cc == pytest.approx(saliency.cc(np.maximum(values, 0), density), rel=1e-5)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (np.zeros(SHAPE), NO_RELEVANCE),
        (-np.ones(SHAPE), NO_RELEVANCE),
        (np.ones(SHAPE), CONSTANT),
    ],
)
def test_degenerate_maps_say_why_scores_are_undefined(found: np.ndarray, reason: str) -> None:
    (score,) = scores(found)
    assert score.reason == reason
    assert score.auc_judd == score.auc_shuffled == 0.5
    assert math.isnan(score.nss) and math.isnan(score.cc)
    assert math.isnan(score.sim) == (reason == NO_RELEVANCE)


def test_reader_who_looked_elsewhere_has_no_score(values: np.ndarray) -> None:
    away = gazed("one", looked([[-5, 300, 1.0]]))
    (score,) = scores(values, away)
    assert score.reason == NO_FIXATION and score.fixations == 0
    assert all(map(math.isnan, numbers(score)))


def test_maps_of_an_image_of_another_size_are_refused() -> None:
    geometry = Geometry.window((30, 40), (3, 4), top=0, left=0, height=30, width=40)
    with pytest.raises(ValueError, match="30 x 40 pixels, the gaze on one of 60 x 80"):
        Scene(ONE, geometry, GazeRules(), BOTH)


# ---- What maps are compared with -----------------------------------------------------------------


def test_other_readers_are_scored_like_a_map() -> None:
    ada, bob = looked([[10, 20, 0.2], [40, 60, 0.5]], "Ada"), looked([[12, 22, 0.3]], "Bob")
    cleo = looked([[30, 30, 9.0], [31, 31, 9.0], [32, 32, 9.0]], "Cleo")
    three = gazed("one", ada, bob, cleo)
    found = Scene(three, None, GazeRules(), BOTH).beside("Edema", ())
    people = {one.reader: one for one in found if one.method == HUMAN}
    assert list(people) == ["gaze, Ada", "gaze, Bob", "gaze, Cleo"]
    parts = []
    for one in (ada, cleo):  # each counts alike, however many fixations there are
        places = one.mark.fixations[:, :2]
        density = Gaze(np.c_[places, np.ones(len(places))], SIGMA).heatmap(SHAPE)
        parts.append(density / density.sum())
    expected = saliency.nss(sum(parts), [[12, 22]])
    assert people["gaze, Bob"].nss == pytest.approx(expected)
    of_bob = bob.mark.heatmap(SHAPE)
    assert people["gaze, Bob"].sim == pytest.approx(saliency.sim(sum(parts), of_bob))


def test_one_reader_alone_has_nobody_to_be_compared_with() -> None:
    alone = Scene(ONE, None, GazeRules(), BOTH).beside("Edema", ())
    assert {one.method for one in alone} == {"centred_gaussian", "lung_field"}
    unseen = gazed("one", looked([[10, 20, 1]], "Ada"), looked([[-9, -9, 1]], "Bob"))
    found = Scene(unseen, None, GazeRules(), BOTH).beside("Edema", ())
    # Nothing can be said of Bob by Ada's gaze, nor of Ada by none.
    (bob,) = [one for one in found if one.method == HUMAN]
    assert bob.reader == "gaze, Bob" and bob.reason == NO_FIXATION


def test_baselines_without_a_model_stand_beside_every_label() -> None:
    geometry = Geometry.window(SHAPE, (16, 16), top=-10, left=0, height=80, width=80)
    scene = Scene(ONE, geometry, GazeRules(), BOTH)
    found = {one.method: one for one in scene.beside("Edema", {"lime"})}
    for name, values in without_model(geometry).items():
        (expected,) = scene.map_scores(LabelMap("Edema", name, values))
        assert found[name] == expected
    left = {one.method for one in scene.beside("Mass", {"lime", "lung_field"})}
    assert left == {"centred_gaussian"}


# ---- Files ---------------------------------------------------------------------------------------


def written(folder: Path, image: str, maps: Mapping[str, np.ndarray]) -> MapFile:
    np.savez(folder / f"{image}.npz", **maps)
    return MapFile(image, folder / f"{image}.npz")


def test_maps_of_annotated_findings_count_where_these_are_known(
    tmp_path: Path, values: np.ndarray
) -> None:
    maps = {"lime/Edema": values, "lime/Mass": values}
    files = [written(tmp_path, name, maps) for name in ("known", "unknown", "healthy", "nobody")]
    other = Annotation("Fracture", "expert", Boxes([[1, 1, 5, 5]]))
    marked = [[10, 20, 0.2], [40, 60, 0.5]]
    images = {
        "known": gazed("known", looked(marked), EDEMA),
        "unknown": gazed("unknown", looked(marked)),
        "healthy": gazed("healthy", looked(marked), other),
    }

    def labels(rules: GazeRules) -> dict[str, dict[str, float]]:
        found = score_gaze(files, images, rules)
        return {one.image: {score.label: score.annotated for score in one.scores} for one in found}

    default = labels(GazeRules())
    assert default["known"] == {"Edema": 1}
    assert default["unknown"] == pytest.approx({"Edema": math.nan, "Mass": math.nan}, nan_ok=True)
    assert default["healthy"] == default["nobody"] == {}
    assert labels(GazeRules(annotated_only=False))["known"] == {"Edema": 1, "Mass": 0}
    faults = {one.image: one.faults for one in score_gaze(files, images, GazeRules())}
    assert faults["nobody"] == (NO_GAZE,)
    assert faults["healthy"] == ("no map is of a finding that is annotated in the image",)
    assert faults["known"] == faults["unknown"] == ()


@pytest.mark.long
def test_processes_give_the_same_as_one(tmp_path: Path, values: np.ndarray) -> None:
    files = [written(tmp_path, name, {"lime/Edema": values}) for name in ("one", "other")]
    images = {"one": ONE, "other": OTHER}
    alone, together = (list(score_gaze(files, images, GazeRules(), jobs)) for jobs in (1, 2))
    assert json.dumps([score.to_json() for one in alone for score in one.scores]) == json.dumps(
        [score.to_json() for one in together for score in one.scores]
    )


def test_damaged_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "one.npz").write_bytes(b"nothing")
    (found,) = score_gaze([MapFile("one", tmp_path / "one.npz")], {"one": ONE}, GazeRules())
    assert found.scores == () and len(found.faults) == 1
