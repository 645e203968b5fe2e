"""Numbers by hand, and again by a slow second implementation."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from shamsul.assessment.scored import Scored
from shamsul.assessment.tables import tables
from shamsul.classifiers.calibration import Calibration
from shamsul.metrics import roc
from shamsul.metrics.comparison import holm
from tests.assessment.made import made

REPLICATES, SEED = 60, 3


def again(scored: Scored) -> list[np.ndarray]:
    """The images of each replicate, written out: whole patients, as often as they are drawn."""
    rng = np.random.default_rng(SEED)
    patients = scored.patients.max() + 1
    found = []
    for _ in range(REPLICATES):
        times = rng.multinomial(patients, np.full(patients, 1 / patients))
        found.append(
            np.array(
                [
                    image
                    for patient in range(patients)
                    for _ in range(times[patient])
                    for image in np.flatnonzero(scored.patients == patient)
                ]
            )
        )
    return found


def bounds(values: list[float]) -> list[float]:
    return list(np.nanquantile(values, [0.025, 0.975]))


def test_a_label_by_hand() -> None:
    probabilities = np.array([0.9, 0.6, 0.3, 0.5, 0.2, 0.1, 0.7])[:, None]
    scored = replace(
        made(7, ("Edema",)),
        logits=np.log(probabilities / (1 - probabilities)),
        probabilities=probabilities,
        thresholds=np.array([0.5]),
        present=np.array([1, 1, 1, 0, 0, 0, 1], bool)[:, None],
        known=np.array([1, 1, 1, 1, 1, 1, 0], bool)[:, None],
        patients=np.array([0, 0, 1, 2, 3, 3, 4]),
    )
    row = tables(scored, replicates=20)["metrics"].iloc[0]
    assert (row["images"], row["patients"]) == (6, 4)
    assert (row["positives"], row["negatives"], row["left_out"]) == (3, 3, 1)
    assert row["prevalence"] == 0.5
    assert row["auroc"] == pytest.approx(8 / 9)
    assert row["auprc"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    assert row["sensitivity"] == pytest.approx(2 / 3)
    # One at the operating point counts as positive.
    assert row["specificity"] == pytest.approx(2 / 3)
    # Wilson by his formula.
    z, p, n = 1.959964, 2 / 3, 3
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    wilson = row[["sensitivity_wilson_low", "sensitivity_wilson_high"]].astype(float)
    expected = np.array([middle - half, middle + half]) / (1 + z**2 / n)
    np.testing.assert_allclose(wilson, expected, atol=1e-6)
    assert row["why"].startswith("Fewer than 10")


def test_intervals_are_those_of_patients_drawn_one_by_one() -> None:
    scored = made()
    found = tables(scored, replicates=REPLICATES, seed=SEED)["metrics"].set_index("label")
    for column, label in enumerate(scored.labels):
        seen: dict[str, list[float]] = {
            name: [] for name in ("auroc", "auprc", "sensitivity", "specificity")
        }
        for images in again(scored):
            rows = images[scored.known[images, column]]
            present, positive = scored.present[rows, column], scored.positive[rows, column]
            seen["auroc"].append(roc_auc_score(present, scored.logits[rows, column]))
            seen["auprc"].append(average_precision_score(present, scored.logits[rows, column]))
            seen["sensitivity"].append(positive[present].mean())
            seen["specificity"].append((~positive[~present]).mean())
        for name, values in seen.items():
            interval = found.loc[label, [f"{name}_low", f"{name}_high"]].astype(float)
            np.testing.assert_allclose(interval, bounds(values), err_msg=name)


def test_images_that_are_there_twice_make_only_delongs_interval_narrower() -> None:
    once = replace(made(60), patients=np.arange(60), known=np.ones((60, 2), bool))
    places = np.repeat(np.arange(60), 2)
    twice = Scored(
        once.labels,
        once.logits[places],
        once.probabilities[places],
        once.thresholds,
        once.present[places],
        once.known[places],
        places,
        {factor: told[places] for factor, told in once.groups.items()},
        np.arange(1, 121),
    )
    first, second = (tables(one, replicates=50)["metrics"].iloc[0] for one in (once, twice))
    assert second["auroc"] == pytest.approx(first["auroc"])
    assert second["auroc_low"] == pytest.approx(first["auroc_low"])
    assert second["delong_low"] > first["delong_low"]


def test_subgroups_are_compared_with_all_others_that_are_known() -> None:
    scored = made(500)
    found = tables(scored, replicates=REPLICATES, seed=SEED)["subgroups"]
    row = found.set_index(["group", "label"]).loc[("female", "Edema")]
    told, known = scored.groups["sex"], scored.known[:, 0]
    inside = known & (told == "female")
    outside = known & (told != "female") & (told != "")

    def area(images: np.ndarray) -> float:
        return float(roc_auc_score(scored.present[images, 0], scored.logits[images, 0]))

    everything = np.arange(len(scored))
    assert row["auroc"] == pytest.approx(area(everything[inside]))
    assert row["difference"] == pytest.approx(area(everything[inside]) - area(everything[outside]))
    differences = [
        area(images[inside[images]]) - area(images[outside[images]]) for images in again(scored)
    ]
    interval = row[["difference_low", "difference_high"]].astype(float)
    np.testing.assert_allclose(interval, bounds(differences))
    assert row["images"] == inside.sum() and row["positives"] == scored.present[inside, 0].sum()
    assert "" not in set(found["group"])


def test_groups_of_few_are_not_judged() -> None:
    scored = made(60)
    sexes = np.array(["female"] * 12 + ["male"] * 48, object)
    scored = replace(scored, groups={**scored.groups, "sex": sexes})
    found = tables(scored, replicates=20)["subgroups"].set_index(["group", "label"])
    small, large = found.loc[("female", "Edema")], found.loc[("male", "Edema")]
    assert np.isnan(small["auroc"]) and small["why"].startswith("Fewer than 10")
    assert np.isfinite(large["auroc"]) and np.isnan(large["difference"])
    assert large["why"].startswith("Among the others")


def test_two_models_are_compared_by_delong_on_the_same_images() -> None:
    scored = made(150, ("Edema", "Pneumonia", "Fracture"))
    noise = np.random.default_rng(9).normal(0, 1, scored.logits.shape)
    other = replace(scored, logits=scored.logits + noise)
    other = replace(
        other,
        labels=("Pneumonia", "Edema"),
        logits=other.logits[:, [1, 0]],
        present=scored.present[:, [1, 0]],
    )
    found = tables(scored, other, replicates=REPLICATES, seed=SEED)["comparison"]
    assert list(found["label"]) == ["Edema", "Pneumonia"]
    for column, row in enumerate(found.to_dict("records")):
        rows = scored.known[:, column]
        expected = roc.difference(
            scored.logits[rows, column],
            other.logits[rows, 1 - column],
            scored.present[rows, column],
        )
        assert (row["difference"], row["p"]) == (expected.value, expected.p)
        differences = []
        for images in again(scored):
            used = images[rows[images]]
            present = scored.present[used, column]
            mine, theirs = (scored.logits[used, column], other.logits[used, 1 - column])
            differences.append(roc_auc_score(present, mine) - roc_auc_score(present, theirs))
        np.testing.assert_allclose([row["low"], row["high"]], bounds(differences))
    np.testing.assert_allclose(found["p_holm"], holm(list(found["p"])))
    same = tables(scored, scored, replicates=20)["comparison"]
    assert same["why"].str.startswith("Both models put all images").all()


def test_calibration_is_told_before_and_after() -> None:
    scored = made()
    halved = 1 / (1 + np.exp(-0.5 * scored.logits))
    calibration = Calibration("platt", "x", 1, {"Edema": 0.5}, {"Edema": 0.0})
    found = tables(replace(scored, probabilities=halved), calibration=calibration, replicates=5)[
        "calibration"
    ].set_index("label")
    rows = scored.known[:, 0]
    present = scored.present[rows, 0]
    for name, probabilities in (("", halved), ("raw_", scored.probabilities)):
        brier = ((probabilities[rows, 0] - present) ** 2).mean()
        assert found.loc["Edema", f"{name}brier"] == pytest.approx(brier)
    assert found.loc["Edema", "method"] == "platt" and found.loc["Edema", "slope"] == 0.5
    assert found.loc["Pneumonia", "method"] == "" and found.loc["Pneumonia", "slope"] == 1


@pytest.mark.parametrize("there", [True, False])
def test_findings_that_all_images_have_or_none_has_are_no_error(there: bool) -> None:
    scored = replace(made(30), present=np.full((30, 2), there))
    found = tables(scored, scored, replicates=5)
    assert found["metrics"]["auroc"].isna().all()
    assert found["metrics"]["why"].str.startswith("All images").all()
    assert found["subgroups"]["auroc"].isna().all()
    assert found["comparison"]["p"].isna().all()


def test_a_label_of_which_nothing_is_known_is_no_error() -> None:
    scored = made(30)
    scored = replace(scored, known=scored.known & np.array([True, False]))
    row = tables(scored, replicates=5)["metrics"].set_index("label").loc["Pneumonia"]
    assert row["images"] == 0 and np.isnan(row["auroc"])
