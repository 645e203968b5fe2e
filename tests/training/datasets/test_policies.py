"""Targets, done by hand and against torchxrayvision's own reader."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.training.datasets import chexpert
from shamsul.training.datasets.policies import (
    SMOOTHED_ONES,
    SMOOTHED_ZEROS,
    Blank,
    Policy,
    Targets,
    Uncertain,
    chosen,
    targets,
)
from shamsul.training.datasets.table import Label, Side, View
from tests.training.datasets.tables import table
from tests.training.datasets.writers import findings, write_csv

PRESENT, ABSENT, UNCERTAIN, MISSING = Label
ALL = [[PRESENT], [ABSENT], [UNCERTAIN], [MISSING]]


@pytest.mark.parametrize(
    ("policy", "values", "known"),
    [
        (Policy(), [1, 0, 0, 0], [1, 1, 0, 0]),
        (Policy(Uncertain.ONE), [1, 0, 1, 0], [1, 1, 1, 0]),
        (Policy(Uncertain.ZERO), [1, 0, 0, 0], [1, 1, 1, 0]),
        (Policy(blank=Blank.ZERO), [1, 0, 0, 0], [1, 1, 0, 1]),
        (Policy(Uncertain.ONE, blank=Blank.ZERO), [1, 0, 1, 0], [1, 1, 1, 1]),
    ],
)
def test_each_label_becomes_what_the_policy_says(
    policy: Policy, values: list[float], known: list[int]
) -> None:
    learned = targets(table(ALL, ("Edema",)), policy, seed=0)
    assert learned.values.dtype == np.float32
    assert learned.values[:, 0].tolist() == values
    assert learned.known[:, 0].tolist() == [bool(one) for one in known]


def test_labels_may_be_treated_otherwise() -> None:
    """CheXpert's baseline: ones for edema, zeros for consolidation."""
    policy = Policy(per_label={"Edema": Uncertain.ONE, "Consolidation": Uncertain.ZERO})
    labels = ("Edema", "Consolidation", "Fracture")
    learned = targets(table([[UNCERTAIN] * 3], labels), policy, seed=0)
    assert learned.values.tolist() == [[1, 0, 0]]
    assert learned.known.tolist() == [[True, True, False]]


@pytest.mark.parametrize(
    ("rule", "limits"),
    [(Uncertain.SMOOTHED_ONE, SMOOTHED_ONES), (Uncertain.SMOOTHED_ZERO, SMOOTHED_ZEROS)],
)
def test_smoothed_targets_fill_their_range(rule: Uncertain, limits: tuple[float, float]) -> None:
    uncertain = table([[UNCERTAIN]] * 4000, ("Edema",))
    learned = targets(uncertain, Policy(rule), seed=1)
    low, high = limits
    assert learned.known.all()
    assert (learned.values >= low).all() and (learned.values <= high).all()
    # Of 4,000 uniform draws the mean errs by less than 5 of its standard errors.
    error = (high - low) / np.sqrt(12 * 4000)
    assert abs(learned.values.mean() - (low + high) / 2) < 5 * error
    assert learned.values.min() < low + 0.01 and learned.values.max() > high - 0.01


def test_smoothing_leaves_what_is_certain() -> None:
    learned = targets(table(ALL, ("Edema",)), Policy(Uncertain.SMOOTHED_ONE), seed=1)
    assert learned.values[:2, 0].tolist() == [1, 0]
    assert learned.known[:, 0].tolist() == [True, True, True, False]


def test_smoothed_targets_depend_on_the_seed_and_the_label_alone() -> None:
    rows = table([[UNCERTAIN, UNCERTAIN]] * 20, ("Edema", "Fracture"))
    both = targets(rows, Policy(Uncertain.SMOOTHED_ONE), seed=1).values
    one = targets(rows, Policy(per_label={"Fracture": Uncertain.SMOOTHED_ONE}), seed=1).values
    other = targets(rows, Policy(Uncertain.SMOOTHED_ONE), seed=2).values
    assert np.array_equal(both[:, 1], one[:, 1])
    assert not np.array_equal(both[:, 0], both[:, 1])
    assert not np.array_equal(both, other)


def test_no_finding_clears_all_but_support_devices() -> None:
    labels = ("No Finding", "Edema", "Fracture", "Support Devices")
    rows = [[PRESENT, UNCERTAIN, MISSING, UNCERTAIN], [MISSING, UNCERTAIN, MISSING, PRESENT]]
    learned = targets(table(rows, labels), Policy(no_finding_clears=True), seed=0)
    assert learned.values.tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]
    assert learned.known.tolist() == [[True, True, True, False], [False, False, False, True]]


def test_the_table_is_left_as_it_was() -> None:
    rows = table([[PRESENT, UNCERTAIN]], ("No Finding", "Edema"))
    targets(rows, Policy(Uncertain.ONE, no_finding_clears=True), seed=0)
    assert rows.values.tolist() == [[PRESENT, UNCERTAIN]]


def test_frontal_images_alone() -> None:
    rows = table([[ABSENT]] * len(View), ("Edema",), views=list(View))
    frontal = chosen(rows, Policy(frontal_only=True))
    assert frontal.views.tolist() == [View.PA, View.AP, View.FRONTAL]
    assert len(chosen(rows, Policy())) == len(View)


@pytest.mark.parametrize(
    "policy", [Policy(per_label={"No Finding": Uncertain.ONE}), Policy(no_finding_clears=True)]
)
def test_a_label_that_the_table_lacks_is_refused(policy: Policy) -> None:
    with pytest.raises(ValueError, match=r"^The data set has no label No Finding\.$"):
        targets(table(ALL, ("Edema",)), policy, seed=0)


@pytest.mark.long
def test_targets_are_those_of_torchxrayvision(tmp_path: Path) -> None:
    """Its reader of CheXpert, on invented rows, is the second implementation."""
    datasets = pytest.importorskip("torchxrayvision.datasets")
    rng = np.random.default_rng(4)
    rows = []
    for index in range(200):
        cells = rng.choice(["", "0.0", "1.0", "-1.0"], len(chexpert.LABELS)).tolist()
        path = f"CheXpert-v1.0-small/train/patient{index // 2:05}/study1/view{index}_frontal.jpg"
        rows.append((path, "Female", 50, "Frontal", rng.choice(["AP", "PA"]), *cells))
    lateral = "CheXpert-v1.0-small/train/patient00001/study9/view1_lateral.jpg"
    rows.append((lateral, "Male", 50, "Lateral", "", *findings(Edema="1.0")))
    header = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *chexpert.LABELS)
    write_csv(tmp_path / "train.csv", header, rows)
    theirs = datasets.CheX_Dataset(
        str(tmp_path), str(tmp_path / "train.csv"), views=["PA", "AP"], unique_patients=False
    )

    policy = Policy(no_finding_clears=True, frontal_only=True)
    ours = chosen(chexpert.read(tmp_path), policy)
    learned = targets(ours, policy, seed=0)
    for label in chexpert.LABELS[1:]:
        named = label.removeprefix("Pleural ") if label == "Pleural Effusion" else label
        expected = theirs.labels[:, theirs.pathologies.index(named)]
        index = ours.labels.index(label)
        found = np.where(learned.known[:, index], learned.values[:, index], np.nan)
        np.testing.assert_array_equal(found, expected)


def test_shuffled_targets_go_to_other_training_images_only() -> None:
    rng = np.random.default_rng(0)
    rows = rng.choice([PRESENT, ABSENT, MISSING], (60, 2)).tolist()
    sides = np.array([Side.TRAIN, Side.VALIDATION, Side.TEST] * 20, dtype=object)
    found = replace(table(rows, ("Edema", "Fracture")), sides=sides)
    usual, shuffled = (targets(found, Policy(shuffled=on), seed=3) for on in (False, True))
    held_out = sides != Side.TRAIN
    for one, other in ((usual.values, shuffled.values), (usual.known, shuffled.known)):
        assert np.array_equal(one[held_out], other[held_out])
        assert not np.array_equal(one[~held_out], other[~held_out])

    def pairs(learned: Targets) -> list[list[float]]:
        whole = np.hstack([learned.values, learned.known])
        return sorted(whole[~held_out].tolist())

    assert pairs(usual) == pairs(shuffled)
