"""Behaviour of the phantom: what is inserted, where, how strongly, and that nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from shamsul.phantom import LABELS, Grade, render
from shamsul.phantom.imaging import Technique, add_noise
from shamsul.phantom.render import INSERTS, insert, sample_findings
from shamsul.phantom.scene import Scene, build
from shamsul.phantom.tissues import Tissue

SHAPE = (192, 162)
SMALL = (96, 81)


@pytest.fixture(scope="module")
def scenes() -> dict[int, Scene]:
    return {seed: build(seed, SHAPE) for seed in (3, 8, 21)}


def added(scene: Scene, label: str, grade: Grade) -> tuple[np.ndarray, np.ndarray]:
    """Change of the attenuation exponent (middle energy) by one finding, and its mask."""
    paths = scene.paths.copy()
    (finding,) = insert(scene, {label: grade}, paths)
    return paths.attenuation()[1] - scene.paths.attenuation()[1], finding.mask


def widest_row(mask: np.ndarray) -> int:
    return max(int(np.ptp(np.flatnonzero(row))) + 1 for row in mask if row.any())


def technique(quanta: float) -> Technique:
    return Technique(
        quanta=quanta,
        scatter=0.5,
        unsharpness=0.3,
        detail=1.0,
        equalise=0.3,
        steepness=5.0,
        lung_level=0.2,
        heel=(0.0, 0.0),
    )


def test_same_arguments_give_identical_bytes() -> None:
    first, second = render(5, shape=SMALL), render(5, shape=SMALL)
    assert first.pixels.tobytes() == second.pixels.tobytes()
    assert [f.mask.tobytes() for f in first.findings] == [f.mask.tobytes() for f in second.findings]
    assert first.look_alikes == second.look_alikes


def test_different_seeds_give_different_patients() -> None:
    assert (
        np.abs(
            render(1, findings={}, shape=SMALL).pixels - render(2, findings={}, shape=SMALL).pixels
        ).mean()
        > 0.02
    )


@pytest.mark.parametrize("seed", range(4))
def test_pixels_are_displayed_brightness(seed: int) -> None:
    pixels = render(seed, shape=SMALL).pixels
    assert pixels.dtype == np.float32
    assert pixels.shape == SMALL
    assert 0 <= pixels.min() < 0.1
    assert 0.9 < pixels.max() <= 1


@pytest.mark.parametrize("seed", range(6))
def test_labels_match_findings_and_masks_are_not_empty(seed: int) -> None:
    case = render(seed, shape=SMALL)
    assert tuple(case.labels) == LABELS
    assert {f.label: f.grade for f in case.findings} == sample_findings(seed)
    assert case.labels["No Finding"] == (not case.findings)
    for label in LABELS[1:]:
        assert case.mask(label).any() == case.labels[label]
        assert case.mask(label).dtype == bool


def test_prevalence() -> None:
    drawn = [sample_findings(seed) for seed in range(3000)]
    assert np.mean([not d for d in drawn]) == pytest.approx(0.18, abs=0.025)
    for label in INSERTS:
        assert np.mean([label in d for d in drawn]) == pytest.approx(0.30, abs=0.03)
    grades = [grade for d in drawn for grade in d.values()]
    for grade in Grade:
        assert grades.count(grade) / len(grades) == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize("findings", [{"Fracture": Grade.SUBTLE}, {"No Finding": Grade.SUBTLE}])
def test_unknown_finding_is_refused(findings: dict[str, Grade]) -> None:
    with pytest.raises(ValueError, match="is not a finding"):
        render(0, findings=findings, shape=SMALL)


def test_grade_must_be_a_grade() -> None:
    with pytest.raises(ValueError, match="must be a Grade"):
        render(0, findings={"Lung Lesion": "obvious"}, shape=SMALL)  # type: ignore[dict-item]


def test_mask_of_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown label"):
        render(0, findings={}, shape=SMALL).mask("Fracture")


@pytest.mark.long
@pytest.mark.parametrize("label", [label for label in INSERTS if label != "Support Devices"])
def test_masks_agree_between_shapes(label: str) -> None:
    large = render(8, findings={label: Grade.OBVIOUS}, shape=(384, 324)).mask(label)
    small = render(8, findings={label: Grade.OBVIOUS}, shape=(192, 162)).mask(label)
    enlarged = small.repeat(2, axis=0).repeat(2, axis=1)
    assert (large & enlarged).sum() / (large | enlarged).sum() > 0.9


def test_same_patient_at_two_shapes() -> None:
    large = render(8, findings={}, shape=(384, 324))
    small = render(8, findings={}, shape=(192, 162))
    reduced = large.pixels.reshape(192, 2, 162, 2).mean(axis=(1, 3))
    assert np.abs(reduced - small.pixels).mean() < 0.02
    assert np.multiply(large.spacing_mm, 2) == pytest.approx(small.spacing_mm)


@pytest.mark.parametrize("label", list(INSERTS))
@pytest.mark.parametrize("grade", list(Grade))
def test_attenuation_changes_only_on_the_mask(
    scenes: dict[int, Scene], label: str, grade: Grade
) -> None:
    for scene in scenes.values():
        change, mask = added(scene, label, grade)
        assert mask.any()
        assert np.abs(change[~mask]).max() < 1e-5
        assert np.abs(change[mask]).max() > 0.01


def test_picture_changes_only_near_the_mask() -> None:
    without = render(4, findings={}, shape=SHAPE)
    case = render(4, findings={"Lung Lesion": Grade.OBVIOUS}, shape=SHAPE)
    change = np.abs(case.pixels - without.pixels)
    mask = case.mask("Lung Lesion")
    rows, columns = np.nonzero(mask)
    row, column = np.indices(SHAPE)
    far = np.hypot(row - rows.mean(), column - columns.mean()) > 0.4 * SHAPE[0]
    assert change[mask].mean() > 0.08
    assert change[far].max() < 0.01


def test_effusion_is_low_and_lateral(scenes: dict[int, Scene]) -> None:
    for scene in scenes.values():
        change, mask = added(scene, "Pleural Effusion", Grade.SUBTLE)
        left, down = scene.lungs.left[mask], scene.lungs.down[mask]
        assert np.median(down) > scene.patient.dome_right
        assert np.median(np.abs(left)) > 0.5 * scene.patient.half_width
        assert change[mask].mean() > 0


def test_pneumothorax_is_air_within_the_lung(scenes: dict[int, Scene]) -> None:
    for seed, scene in scenes.items():
        change, mask = added(scene, "Pneumothorax", Grade.MODERATE)
        assert (scene.lungs.thickness[mask] > 0).all()
        assert np.median(change[mask]) < 0
        case = render(seed, findings={"Pneumothorax": Grade.MODERATE}, shape=SHAPE)
        without = render(seed, findings={}, shape=SHAPE)
        assert case.pixels[mask].mean() < without.pixels[mask].mean()


def test_air_of_a_pneumothorax_holds_no_vessels(scenes: dict[int, Scene]) -> None:
    scene = scenes[3]
    paths = scene.paths.copy()
    (finding,) = insert(scene, {"Pneumothorax": Grade.OBVIOUS}, paths)
    gone = finding.mask & (paths.mm[Tissue.LUNG] == 0)
    assert gone.sum() > 0.8 * finding.mask.sum()
    assert paths.mm[Tissue.BLOOD][gone].max() == 0


@pytest.mark.parametrize("label", ["Lung Lesion", "Consolidation"])
def test_opacities_are_brighter(label: str) -> None:
    for seed in (3, 8):
        case = render(seed, findings={label: Grade.OBVIOUS}, shape=SHAPE)
        without = render(seed, findings={}, shape=SHAPE)
        mask = case.mask(label)
        assert case.pixels[mask].mean() > without.pixels[mask].mean() + 0.03


def test_cardiothoracic_ratio_grows_with_grade(scenes: dict[int, Scene]) -> None:
    for scene in scenes.values():
        thorax = widest_row(scene.lungs.ribcage > 0)
        normal = widest_row(scene.heart.relative(scene.detector) < 1) / thorax
        ratios = [widest_row(added(scene, "Cardiomegaly", grade)[1]) / thorax for grade in Grade]
        assert normal < 0.5
        assert ratios[0] > 0.5
        assert normal < ratios[0] < ratios[1] < ratios[2] < 0.8


def test_normal_hearts_are_below_half_the_thorax() -> None:
    for seed in range(12):
        scene = build(seed, SMALL)
        assert scene.heart.width / (2 * scene.patient.half_width) < 0.49


@pytest.mark.parametrize("label", [label for label in INSERTS if label != "Cardiomegaly"])
def test_conspicuity_grows_with_grade(scenes: dict[int, Scene], label: str) -> None:
    totals = []
    for grade in Grade:
        changes = [np.abs(added(scene, label, grade)[0]).sum() for scene in scenes.values()]
        totals.append(np.mean(changes))
    assert totals[0] < totals[1] < totals[2]


def test_noise_variance_is_proportional_to_signal(scenes: dict[int, Scene]) -> None:
    detector = scenes[3].detector
    once = technique(1e4)
    relative = []
    for level in (0.02, 0.2):
        flat = np.full(detector.shape, level, dtype=np.float32)
        noisy = add_noise(flat, detector, once, np.random.default_rng(0))
        assert noisy.mean() == pytest.approx(level, rel=0.01)
        relative.append(noisy.var() / level)
    assert relative[0] == pytest.approx(relative[1], rel=0.02)
    doubled = technique(2e4)
    quieter = add_noise(flat, detector, doubled, np.random.default_rng(0)).var() / 0.2
    assert quieter == pytest.approx(relative[1] / 2, rel=0.02)
