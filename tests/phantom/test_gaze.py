"""Behaviour of the simulated reader: what it looks at, how long, what it misses."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, distance_transform_edt

from shamsul.phantom import Finding, Grade, Phantom, render
from shamsul.phantom.detector import Detector
from shamsul.phantom.gaze import (
    DEGREE,
    Outcome,
    Phase,
    Scanpath,
    habits,
    habits_of,
    heatmap,
    look,
)
from shamsul.phantom.gaze.anatomy import Field, boxes, see_anatomy, small
from shamsul.phantom.look_alikes import add_look_alikes
from shamsul.phantom.patient import sample_patient
from shamsul.phantom.scene import PLANNING_SHAPE, build
from shamsul.phantom.streams import Stream, generator
from shamsul.phantom.tissues import Paths, Tissue

SHAPE = (192, 162)
DEGREE_PIXELS = DEGREE * SHAPE[0]
#: Of nipple shadows, a fold of skin, a necklace and clothing snaps.
LOOK_ALIKES = {3: "clothing snaps", 4: "skin fold", 20: "necklace", 17: "nipple shadows"}


@pytest.fixture(scope="module")
def phantoms() -> list[Phantom]:
    return [render(seed, shape=SHAPE) for seed in range(6)]


def dwell(path: Scanpath, mask: np.ndarray) -> float:
    """Seconds of the fixations that are at most one degree off a mask."""
    near = distance_transform_edt(~mask) <= DEGREE_PIXELS
    pixels = path.fixations[:, :2].astype(int)
    return float(path.fixations[near[tuple(pixels.T)], 3].sum())


def with_a_lesion(seed: int, grade: Grade, radius: float = 3.0) -> Phantom:
    """A flat picture of which a finding of a grade is said, in the patient's left upper lung."""
    rows, columns = np.indices(SHAPE)
    zone = see_anatomy(seed).fields[Field.LEFT_UPPER]
    centre = np.argwhere(zone).mean(0) * np.divide(SHAPE, PLANNING_SHAPE)
    mask = np.hypot(rows - centre[0], columns - centre[1]) < radius
    pixels = np.full(SHAPE, 0.5, np.float32)
    return Phantom(pixels, (2.0, 2.0), (Finding("Lung Lesion", grade, mask),), (), seed)


def test_the_same_seed_and_reader_look_the_same(phantoms: list[Phantom]) -> None:
    phantom = phantoms[0]
    first, again = look(phantom, 7, reader=2), look(render(0, shape=SHAPE), 7, reader=2)
    assert first.fixations.tobytes() == again.fixations.tobytes()
    assert (first.phases, first.outcomes) == (again.phases, again.outcomes)
    for other in (look(phantom, 8, reader=2), look(phantom, 7, reader=3), look(phantoms[1], 7)):
        assert other.fixations.tobytes() != first.fixations.tobytes()


def test_the_same_place_is_meant_at_every_shape() -> None:
    large, low = render(7, shape=(384, 324)), render(7, shape=SHAPE)
    assert look(large).outcomes == look(low).outcomes
    maps = [heatmap(look(one), (64, 54)) for one in (large, low)]
    assert np.corrcoef(maps[0].ravel(), maps[1].ravel())[0, 1] > 0.6


@pytest.mark.parametrize("reader", [1, 2, 3])
def test_fixations_lie_on_the_picture_one_after_the_other(
    phantoms: list[Phantom], reader: int
) -> None:
    for phantom in phantoms:
        path = look(phantom, reader=reader)
        rows, columns, starts, seconds = path.fixations.T
        assert path.shape == SHAPE
        assert ((rows > 0) & (rows < SHAPE[0]) & (columns > 0) & (columns < SHAPE[1])).all()
        assert starts[0] == 0
        assert (starts[1:] > starts[:-1] + seconds[:-1]).all()
        assert ((seconds >= 0.1) & (seconds <= 1.5)).all()
        assert 20 <= len(path.phases) == len(path.fixations) <= habits.MOST
        assert 5 < path.seconds < 40
        assert path.seconds == starts[-1] + seconds[-1]
        assert path.phases[:3] == (Phase.GIST,) * 3
        assert len(path.outcomes) == len(phantom.findings)


def test_search_lasts_as_long_a_fixation_as_is_said() -> None:
    phantom = with_a_lesion(1, Grade.OBVIOUS)
    seconds = [
        fixation[3]
        for path in (look(phantom, seed) for seed in range(60))
        for fixation, phase in zip(path.fixations, path.phases, strict=True)
        if phase is Phase.SEARCH
    ]
    assert np.mean(seconds) == pytest.approx(0.275, abs=0.01)
    assert np.median(seconds) == pytest.approx(habits.MEDIAN_SECONDS[Phase.SEARCH], abs=0.01)


@pytest.mark.long
@pytest.mark.parametrize(
    "label", ["Lung Lesion", "Consolidation", "Pneumothorax", "Pleural Effusion"]
)
def test_an_obvious_finding_is_looked_at_longer_than_its_place_without_it(label: str) -> None:
    gained = []
    for patient in (3, 8):
        case = render(patient, findings={label: Grade.OBVIOUS}, shape=SHAPE)
        without = render(patient, findings={}, shape=SHAPE)
        mask = case.mask(label)
        pairs = [(look(case, seed), look(without, seed)) for seed in range(12)]
        gained.append([dwell(one, mask) - dwell(other, mask) for one, other in pairs])
    # Six fixations of 0.44 s are meant, beside which others stay away.
    assert np.mean(gained) > 1.2


@pytest.mark.long
def test_the_more_conspicuous_is_looked_at_longer_and_earlier() -> None:
    seconds, first = [], []
    for grade in Grade:
        phantom = with_a_lesion(5, grade)
        (mask,) = (finding.mask for finding in phantom.findings)
        paths = [look(phantom, seed) for seed in range(50)]
        paths = [path for path in paths if path.outcomes == (Outcome.REPORTED,)]
        seconds.append(np.mean([dwell(path, mask) for path in paths]))
        first.append(
            np.mean([path.fixations[path.phases.index(Phase.INSPECTION), 2] for path in paths])
        )
    assert seconds[0] < seconds[1] < seconds[2]
    assert first[2] < 1.5 < min(first[:2])


@pytest.mark.long
@pytest.mark.parametrize("grade", list(Grade))
def test_findings_are_missed_as_often_as_is_said(grade: Grade) -> None:
    phantom = with_a_lesion(5, grade)
    missed = [look(phantom, seed).outcomes != (Outcome.REPORTED,) for seed in range(500)]
    assert np.mean(missed) == pytest.approx(habits.MISSES[grade], abs=0.05)


@pytest.fixture
def half_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual reader misses half of everything."""
    monkeypatch.setattr(habits, "MISSES", dict.fromkeys(Grade, 0.5))


@pytest.mark.long
@pytest.mark.usefixtures("half_missed")
def test_what_is_missed_is_missed_in_the_three_ways_of_the_literature() -> None:
    phantom = with_a_lesion(5, Grade.SUBTLE)
    (mask,) = (finding.mask for finding in phantom.findings)
    far = distance_transform_edt(~mask) / DEGREE_PIXELS
    paths = [look(phantom, seed) for seed in range(500)]
    counts = Counter(path.outcomes[0] for path in paths)
    missed = sum(counts.values()) - counts[Outcome.REPORTED]
    for outcome, share in habits.WHY_MISSED.items():
        assert counts[outcome] / missed == pytest.approx(share, abs=0.08)
    long: dict[Outcome, list[float]] = {outcome: [] for outcome in Outcome}
    for path in paths:
        (outcome,) = path.outcomes
        away = far[tuple(path.fixations[:, :2].astype(int).T)].min()
        if outcome is Outcome.NOT_SCANNED:
            # Tracker's noise brings what is measured nearer than what was looked at.
            assert away > habits.USEFUL - 4 * np.hypot(habits.NOISE, habits.DRIFT)
        else:
            assert away < habits.USEFUL
        assert (Phase.INSPECTION in path.phases) == (
            outcome in (Outcome.REPORTED, Outcome.REJECTED)
        )
        long[outcome].append(dwell(path, mask))
    means = {outcome: np.mean(seconds) for outcome, seconds in long.items()}
    assert means[Outcome.NOT_SCANNED] < 0.05 < means[Outcome.NOT_RECOGNISED]
    assert means[Outcome.NOT_RECOGNISED] < 0.6 * means[Outcome.REJECTED]
    assert means[Outcome.REJECTED] == pytest.approx(means[Outcome.REPORTED], rel=0.2)


@pytest.mark.usefixtures("half_missed")
def test_nobody_looks_past_what_is_large() -> None:
    phantom = with_a_lesion(5, Grade.SUBTLE, radius=30.0)
    outcomes = {look(phantom, seed).outcomes[0] for seed in range(40)}
    assert outcomes == set(Outcome) - {Outcome.NOT_SCANNED}


@pytest.mark.usefixtures("half_missed")
def test_one_that_is_in_view_brings_the_next_into_view() -> None:
    """Small ones within one useful field: both are never scanned, or none."""
    one = with_a_lesion(5, Grade.SUBTLE)
    (lesion,) = one.findings
    beside = Finding("Consolidation", Grade.SUBTLE, np.roll(lesion.mask, 15, axis=0))
    both = Phantom(one.pixels, one.spacing_mm, (beside, lesion), (), one.seed)
    counts = {look(both, seed).outcomes.count(Outcome.NOT_SCANNED) for seed in range(80)}
    assert counts == {0, 2}


@pytest.mark.parametrize(("seed", "name"), LOOK_ALIKES.items())
def test_look_alikes_are_where_the_picture_has_them(seed: int, name: str) -> None:
    shape = (384, 324)
    patient = sample_patient(generator(seed, Stream.PATIENT))
    detector = Detector(shape, patient.field_mm, patient.pose)
    paths = Paths.empty(shape)
    assert name in add_look_alikes(patient, detector, paths, generator(seed, Stream.LOOK_ALIKES))
    drawn = np.zeros(shape, bool)
    for tissue in (Tissue.SOFT, Tissue.METAL):
        drawn |= paths.mm[tissue] > 0.5 * max(paths.mm[tissue].max(), 1e-6)
    masks = see_anatomy(seed).look_alikes
    union = np.logical_or.reduce(masks)
    assert (small(drawn) & binary_dilation(union)).sum() > 0.95 * small(drawn).sum()
    assert not (union & ~binary_dilation(small(paths.mm.sum(0) > 0))).any()
    assert sum(mask.sum() for mask in masks) == union.sum()


@pytest.mark.long
def test_look_alikes_attract(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, chances = [], (0.0, habits.ATTRACTS, 1.0)
    for chance in chances:
        monkeypatch.setattr(habits, "ATTRACTS", chance)
        for seed in LOOK_ALIKES:
            pixels = np.full(PLANNING_SHAPE, 0.5, np.float32)
            phantom = Phantom(pixels, (2.0, 2.0), (), (), seed)
            for mask in see_anatomy(seed).look_alikes:
                rows, columns = np.nonzero(binary_dilation(mask, iterations=6))
                places = set(zip(rows.tolist(), columns.tolist(), strict=True))
                for path in (look(phantom, again) for again in range(8)):
                    at = map(tuple, path.fixations[:, :2].astype(int).tolist())
                    near = [place in places for place in at]
                    seconds.append((chance, path.fixations[near, 3].sum()))
    never, usually, always = (
        np.mean([second for given, second in seconds if given == chance]) for chance in chances
    )
    assert never + 0.5 < usually < always


def test_readers_have_habits_and_differ() -> None:
    usual = habits_of(1)
    assert usual.misses == habits.MISSES
    others = [habits_of(reader) for reader in range(1, 30)]
    assert others[4] == habits_of(5)
    assert len({one.order[0] for one in others}) == 3
    assert len({one.thoroughness for one in others}) == len(others)
    for one in others:
        assert sorted(one.order, key=list(Field).index) == list(Field)
        chances = [one.misses[grade] for grade in Grade]
        assert 0 < chances[2] < chances[1] < chances[0] < 1
    phantom = with_a_lesion(5, Grade.MODERATE)
    by_thoroughness = sorted(range(1, 30), key=lambda reader: habits_of(reader).thoroughness)
    least, most = (
        np.mean([len(look(phantom, seed, reader=reader).phases) for seed in range(10)])
        for reader in (by_thoroughness[0], by_thoroughness[-1])
    )
    assert most > 1.2 * least
    with pytest.raises(ValueError, match="reader must be 1 or more, not 0"):
        look(phantom, reader=0)


def test_the_anatomy_is_that_of_the_scene() -> None:
    scene, fields = build(8, SHAPE), see_anatomy(8).fields
    heart = small((scene.heart.relative(scene.detector) < 1) & (scene.lungs.ribcage > 0))
    both = fields[Field.HEART]
    assert (heart & both).sum() / (heart | both).sum() > 0.9
    lungs = np.logical_or.reduce([fields[field] for field in fields if "zone" in field.value])
    assert (scene.plan.thickness[lungs] > 8).all()
    right, left = fields[Field.RIGHT_LOWER], fields[Field.LEFT_LOWER]
    assert np.nonzero(right)[1].max() <= np.nonzero(left)[1].min()
    upper, lower = fields[Field.LEFT_UPPER], fields[Field.LEFT_LOWER]
    assert np.nonzero(upper)[0].mean() < np.nonzero(lower)[0].mean()


def test_boxes_go_around_the_anatomy() -> None:
    normal = render(8, findings={}, shape=SHAPE)
    large = render(8, findings={"Cardiomegaly": Grade.OBVIOUS}, shape=SHAPE)
    rows, columns = np.nonzero(large.mask("Cardiomegaly"))
    top, left, bottom, right = boxes(large)["cardiac silhouette"]
    cell = SHAPE[0] / PLANNING_SHAPE[0]
    assert left == pytest.approx(columns.min(), abs=2 * cell)
    assert right == pytest.approx(columns.max() + 1, abs=2 * cell)
    assert top < rows.min() + cell
    assert bottom > rows.max() + 1 - cell
    narrow = boxes(normal)
    assert right - left > narrow["cardiac silhouette"][3] - narrow["cardiac silhouette"][1]
    assert len(narrow) == 15
    for zone in ("upper", "mid", "lower"):
        lung, part = narrow["left lung"], narrow[f"left {zone} lung zone"]
        assert lung[0] <= part[0] < part[2] <= lung[2]
        assert lung[1] <= part[1] < part[3] <= lung[3]
    for top, left, bottom, right in narrow.values():
        assert 0 <= top < bottom <= SHAPE[0]
        assert 0 <= left < right <= SHAPE[1]


def test_heatmap_by_hand() -> None:
    fixations = np.array([[10.5, 20.5, 0.0, 1.0], [90.5, 20.5, 2.0, 0.5]])
    path = Scanpath(fixations, (Phase.GIST, Phase.SEARCH), (), (100, 84))
    map_ = heatmap(path, (100, 84), sigma=0.04)
    assert map_.dtype == np.float32
    assert map_.shape == (100, 84)
    assert map_[10, 20] == map_.max() == 1
    assert map_[90, 20] == pytest.approx(0.5)
    assert map_[14, 20] == pytest.approx(np.exp(-0.5), abs=1e-4)
    # As far across on the patient, whose pixels are a little narrower than high here.
    wide = 0.04 * 1024 / 864 * 84
    assert map_[10, 24] == pytest.approx(np.exp(-0.5 * (4 / wide) ** 2), abs=1e-4)
    assert map_.min() >= 0


def test_heatmap_covers_the_picture_at_every_size(phantoms: list[Phantom]) -> None:
    path = look(phantoms[0])
    large, low = heatmap(path, (224, 224)), heatmap(path, (56, 56))
    reduced = large.reshape(56, 4, 56, 4).mean((1, 3))
    np.testing.assert_allclose(reduced / reduced.max(), low / low.max(), atol=0.02)


def test_looking_changes_no_phantom() -> None:
    before = render(4, shape=SHAPE)
    kept = before.pixels.copy(), [finding.mask.copy() for finding in before.findings]
    for reader in (1, 2):
        look(before, reader=reader)
    after = render(4, shape=SHAPE)
    for phantom in (before, after):
        assert phantom.pixels.tobytes() == kept[0].tobytes()
        for finding, mask in zip(phantom.findings, kept[1], strict=True):
            np.testing.assert_array_equal(finding.mask, mask)


def test_the_reader_draws_from_no_stream_of_the_phantom() -> None:
    drawn = habits.generator(3, 1, 0).random(4)
    for stream in Stream:
        for first in (3, 1000):
            for parts in ((), (1,), (1, 0), (3, 1)):
                assert not np.isin(generator(first, stream, *parts).random(4), drawn).any()
