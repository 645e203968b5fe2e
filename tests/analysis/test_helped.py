"""Whether readers got better: by hand, a published study, and what must not matter."""

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shamsul.analysis.helped import EVERYBODY, FIGURES, Helped, helped
from shamsul.analysis.helped_figures import draw
from shamsul.analysis.selection import select
from shamsul.analysis.steps import ALL, read_truth, truth_table
from shamsul.reading.exports.ratings import Truth
from tests.analysis.readings import case_row, case_table, table

VAN_DYKE = Path(__file__).resolve().parents[3] / "shared" / "data" / "mrmc" / "vandyke.csv"
ENDINGS = {"image": "", "probability": "_with_probability", "maps": "_with_maps"}
FINDING = "Cardiomegaly"


def answered(
    reader: str,
    case: str,
    step: str,
    probability: float | None = None,
    says: str | None = None,
    confidence: int | None = None,
    seconds: float = 10.0,
    **about: object,
) -> list[dict[str, object]]:
    """What a reader answers on one screen, as exported."""
    given = {
        "finding_present": says,
        "finding_probability": probability,
        "confidence": confidence,
    }
    return [
        case_row(
            reader=reader,
            case=case,
            item=item + ENDINGS[step],
            answer=str(answer),
            active_seconds=seconds,
            **about,
        )
        for item, answer in given.items()
        if answer is not None
    ]


def known(cases: dict[str, bool], label: str = FINDING) -> pd.DataFrame:
    return truth_table(Truth(case, label, present, "given") for case, present in cases.items())


def of_auc(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["statistic"] == "auc"]


def compare(rows: Iterable[dict[str, object]], truth: pd.DataFrame | None) -> Helped:
    """As the analysis of a study does it."""
    return helped(select(table([]), case_table(list(rows)), (), ()).answers, truth)


def one(found: pd.DataFrame, **where: object) -> pd.Series:
    for name, value in where.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def drawn(seed: int = 0, readers: int = 4, cases: int = 24) -> list[dict[str, object]]:
    """Readers whom each step makes better."""
    rng = np.random.default_rng(seed)
    rows = []
    for case in range(cases):
        for reader in range(readers):
            for gain, step in enumerate(ENDINGS):
                score = 50 + 8 * (1 + gain) * (1 if case % 2 else -1) + 25 * rng.normal()
                about = {"says": "yes" if score > 50 else "no", "confidence": 3}
                rows += answered(
                    f"R{reader}",
                    f"case-{case}",
                    step,
                    float(np.clip(round(score), 0, 100)),
                    seconds=10.0 * (gain + 1),
                    **about,  # type: ignore[arg-type]
                )
    return rows


TRUTH = known({f"case-{case}": bool(case % 2) for case in range(24)})


def by_hand() -> Helped:
    """Four cases by one reader: a and b have the finding."""
    rows = [
        *answered("Ada", "a", "image", 60, "yes", 2, 12.0),
        *answered("Ada", "b", "image", 30, "no", 4, 20.0),
        *answered("Ada", "c", "image", 40, "yes", 3, 30.0),
        *answered("Ada", "d", "image", 30, "no", 5, 40.0),
        *answered("Ada", "a", "probability", 60, "yes", 4, 15.0),
        *answered("Ada", "b", "probability", 80, "yes", 4, 24.0),
        *answered("Ada", "c", "probability", 50, "yes", 2, 40.0),
        *answered("Ada", "d", "probability", 10, "no", 5, 45.0),
    ]
    return compare(rows, known({"a": True, "b": True, "c": False, "d": False}))


def test_a_readers_performance_by_hand() -> None:
    found = by_hand().readers
    image, after = (one(found, step=step) for step in ("image", "probability"))
    # Of the four pairs 60 beats 40 and 30; 30 loses to 40 and ties with 30.
    assert (image["auc"], image["n"], image["with_finding"]) == (2.5 / 4, 4, 2)
    assert (after["auc"], after["left_out"]) == (1.0, 0)
    assert (image["sensitivity"], image["specificity"]) == (0.5, 0.5)
    assert (after["sensitivity"], after["specificity"]) == (1.0, 0.5)


def test_a_readers_confidence_and_time_by_hand() -> None:
    found = by_hand().confidence
    image, after = (one(found, step=step) for step in ("image", "probability"))
    assert image["n"] == 4
    assert image["brier"] == pytest.approx((0.4**2 + 0.7**2 + 0.4**2 + 0.3**2) / 4)
    # Right about a and d, wrong about b and c.
    assert (image["confidence_right"], image["confidence_wrong"]) == (3.5, 3.5)
    assert (after["confidence_right"], after["confidence_wrong"]) == (13 / 3, 2.0)
    # The seconds of the case so far, less those of the step before: 3, 4, 10 and 5.
    assert (image["median_seconds"], after["median_seconds"]) == (25.0, 4.5)


def test_changes_towards_the_truth_and_away_from_it_by_hand() -> None:
    moved = one(by_hand().change, reader="Ada")
    assert (moved["before"], moved["after"]) == ("image", "probability")
    # a stays; b gains 50 points and d 20 towards the truth, c goes 10 away.
    assert (moved["n"], moved["towards"], moved["away"]) == (4, 2, 1)
    assert moved["mean_change"] == pytest.approx((0 + 50 - 10 + 20) / 4)
    assert (moved["corrected"], moved["spoiled"]) == (1, 0)


def test_all_readers_changes_are_the_sum() -> None:
    change = compare(drawn(), TRUTH).change
    counts = ["n", "towards", "away", "corrected", "spoiled"]
    everybody = change[change["reader"] == EVERYBODY].set_index(["before", "after"])
    single = change[change["reader"] != EVERYBODY].groupby(["before", "after"])
    pd.testing.assert_frame_equal(
        everybody[counts].sort_index(), single[counts].sum().sort_index(), check_dtype=False
    )
    assert everybody["mean_change"].to_dict() == pytest.approx(
        single["mean_change"].mean().to_dict()  # all readers read the same number
    )
    assert len(everybody) == 3


def test_of_a_probability_alone_50_percent_is_the_threshold() -> None:
    rows = [
        *(row for case, p in (("a", 50), ("b", 49)) for row in answered("Ada", case, "image", p)),
        *(row for case in "ab" for row in answered("Ada", case, "maps", 50)),
    ]
    found = one(compare(rows, known({"a": True, "b": True})).readers, step="image")
    assert found["sensitivity"] == 0.5


def test_van_dykes_study_is_one_of_two_steps() -> None:
    """Figures of other software, as in tests/metrics/test_mrmc.py."""
    if not VAN_DYKE.exists():
        pytest.skip("the study's readings are not here")
    with VAN_DYKE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    steps = {"1": "image", "2": "maps"}
    answers = [
        row
        for entry in rows
        for row in answered(
            entry["reader"], entry["case"], steps[entry["treatment"]], 20 * int(entry["rating"])
        )
    ]
    found = compare(answers, known({entry["case"]: entry["truth"] == "1" for entry in rows}))
    test, gain = of_auc(found.test).iloc[0], of_auc(found.differences).iloc[0]
    assert (test["f"], test["df2"], test["p"]) == (
        pytest.approx(4.456319, abs=1e-6),
        pytest.approx(15.2597, abs=1e-4),
        pytest.approx(0.051666, abs=1e-6),
    )
    assert (test["readers"], test["cases"], test["with_finding"]) == (5, 114, 45)
    assert (gain["before"], gain["after"]) == ("image", "maps")
    assert gain["gain"] == pytest.approx(0.0438, abs=1e-6)
    assert (gain["low"], gain["high"]) == (
        pytest.approx(-0.000359, abs=1e-6),
        pytest.approx(0.087959, abs=1e-6),
    )
    means = of_auc(found.means).set_index("step")["mean"]
    assert means.to_dict() == pytest.approx({"image": 0.897037, "maps": 0.940837}, abs=1e-6)


def test_three_steps_are_tested_at_once_and_by_pairs() -> None:
    found = compare(drawn(), TRUTH)
    assert of_auc(found.test).iloc[0]["df1"] == 2
    pairs = of_auc(found.differences)
    assert list(zip(pairs["before"], pairs["after"], strict=True)) == [
        ("probability", "maps"),
        ("image", "maps"),
        ("image", "probability"),
    ]
    means = of_auc(found.means).set_index("step")["mean"]
    by_reader = found.readers.groupby("step")["auc"].mean()
    assert means.to_dict() == pytest.approx(by_reader.to_dict())
    for _, pair in pairs.iterrows():
        assert pair["gain"] == pytest.approx(means[pair["after"]] - means[pair["before"]])
        assert pair["low"] < pair["gain"] < pair["high"]
        assert pair["p_holm"] >= pair["p"]
    assert one(pairs, before="image", after="maps")["gain"] > 0


def test_what_readers_say_is_tested_as_anybodys_table_is() -> None:
    found = compare(drawn(), TRUTH)
    says = {
        step: found.readers[found.readers["step"] == step].set_index("reader") for step in ENDINGS
    }
    for name in ("sensitivity", "specificity"):
        mine = found.means[found.means["statistic"] == name].set_index("step")["mean"]
        for step, performance in says.items():
            assert mine[step] == pytest.approx(performance[name].mean())
        pairs = found.differences[found.differences["statistic"] == name]
        for _, pair in pairs.iterrows():
            assert pair["gain"] == pytest.approx(mine[pair["after"]] - mine[pair["before"]])
        assert len(pairs) == 3 and pairs["p_holm"].ge(pairs["p"]).all()


def test_practice_repeats_and_the_order_of_rows_do_not_matter() -> None:
    rows = drawn()
    others = [
        *answered("R0", "practice", "image", 1, warm_up=True),
        *answered("R0", "case-1", "image", 1, repeat_of="case-1"),
        *answered("R0", "case-1", "maps", 1, repeat_of="case-1"),
    ]
    plain, mixed = compare(rows, TRUTH), compare([*others, *rows[::-1]], TRUTH)
    for name, found in plain.tables.items():
        pd.testing.assert_frame_equal(found, mixed.tables[name])


def test_a_case_counts_at_every_step_or_at_none() -> None:
    rows = drawn()
    unfinished = [
        row
        for row in rows
        if not (
            row["case"] == "case-3"
            and row["reader"] == "R1"
            and str(row["item"]).endswith("with_maps")
        )
    ]
    unknown = TRUTH[TRUTH["case"] != "case-4"]
    found = compare(unfinished, unknown).readers.set_index(["reader", "step"])
    assert found["n"].to_dict() == {
        (f"R{reader}", step): 22 if reader == 1 else 23 for reader in range(4) for step in ENDINGS
    }
    assert found["left_out"].loc["R1"].tolist() == [2, 2, 2]
    assert found["left_out"].loc["R0"].tolist() == [1, 1, 1]


def test_of_a_crossover_the_session_without_maps_is_the_image_alone() -> None:
    rows = []
    for case, probability in (("a", 90), ("b", 20)):
        with_maps, without = (1, 2) if case == "a" else (2, 1)
        rows += answered("Ada", case, "image", 1, session=with_maps, seconds=20.0)
        rows += answered("Ada", case, "maps", probability, session=with_maps, seconds=50.0)
        rows += answered("Ada", case, "image", 70, session=without, seconds=25.0)
    found = compare(rows, known({"a": True, "b": False}))
    image, maps = (one(found.readers, step=step) for step in ("image", "maps"))
    assert (image["auc"], maps["auc"]) == (0.5, 1.0)
    seconds = found.confidence.set_index("step")["median_seconds"]
    assert seconds.to_dict() == {"image": 25.0, "maps": 30.0}
    assert one(found.change, reader="Ada")["mean_change"] == pytest.approx((20 + 50) / 2)


def test_of_two_sessions_alike_the_first_counts() -> None:
    rows = [
        row
        for session, probability in ((2, 10), (1, 80))
        for step in ("image", "maps")
        for row in answered("Ada", "a", step, probability, session=session)
    ]
    found = one(compare(rows, known({"a": True})).confidence, step="maps")
    assert found["brier"] == pytest.approx(0.2**2)


def test_findings_are_pooled_only_where_cases_are_independent() -> None:
    def rows(labels: dict[str, tuple[str, ...]]) -> list[dict[str, object]]:
        return [
            row
            for case, own in labels.items()
            for label in own
            for step in ("image", "maps")
            for row in answered("Ada", case, step, 50, label=label)
        ]

    truth = pd.concat([known({"a": True, "b": False}, label) for label in ("Edema", "Mass")])
    apart = compare(rows({"a": ("Edema",), "b": ("Mass",)}), truth)
    assert set(apart.readers["label"]) == {ALL}
    assert set(apart.readers["n"]) == {2}
    together = compare(rows({"a": ("Edema", "Mass"), "b": ("Edema",)}), truth)
    assert together.readers.groupby("label")["n"].max().to_dict() == {"Edema": 2, "Mass": 1}


def test_a_study_that_reads_the_image_once_has_nothing_to_compare() -> None:
    found = compare([row for row in drawn() if "_with_" not in str(row["item"])], TRUTH)
    assert all(table.empty for table in found.tables.values())
    assert list(draw(found)) == []


@pytest.mark.parametrize(
    ("rows", "truth", "reason"),
    [
        (drawn(), None, "No case of known truth"),
        (drawn(cases=4), TRUTH, "Fewer than 5 cases"),
        (drawn(readers=1), TRUTH, "There are fewer than two readers"),
        (drawn(), TRUTH.assign(present=True), "R0 has read fewer than two cases without"),
        ([r for r in drawn() if "probab" not in str(r["item"])], TRUTH, "No case of known truth"),
        (
            [r | {"answer": "50"} for r in drawn() if "finding_prob" in str(r["item"])],
            TRUTH,
            "It varies neither",
        ),
    ],
)
def test_what_cannot_be_tested_is_nan_and_says_why(
    rows: list[dict[str, object]], truth: pd.DataFrame | None, reason: str
) -> None:
    found = compare(rows, truth)
    assert found.test["p"].isna().all() and list(found.test["statistic"]) == list(FIGURES)
    assert found.test.iloc[0]["why"].startswith(reason)
    for name, content in found.tables.items():
        undefined = content.isna().any(axis=1)
        if undefined.any():
            assert (content.loc[undefined, "why"] != "").all(), name
        if "why" in content:
            assert (content.loc[~undefined, "why"] == "").all(), name
    for picture in draw(found):
        assert picture.caption.count("n = ") == 1


def test_a_roc_curve_has_the_area_and_the_corners_of_the_probabilities() -> None:
    found = compare(drawn(), TRUTH)
    for (step, reader), curve in found.roc.groupby(["step", "reader"]):
        x, y = curve["false_positive_rate"], curve["sensitivity"]
        assert (x.iloc[0], y.iloc[0], x.iloc[-1], y.iloc[-1]) == (0, 0, 1, 1)
        auc = one(found.readers, step=step, reader=reader)["auc"]
        assert np.trapezoid(y, x) == pytest.approx(auc)


def test_the_mean_curve_is_the_mean_of_sensitivities() -> None:
    rows = [
        *(r for c, p in zip("abcd", (90, 40, 60, 10), strict=True) for r in both("Ada", c, p)),
        *(r for c, p in zip("abcd", (90, 80, 60, 10), strict=True) for r in both("Bo", c, p)),
    ]
    truth = known({"a": True, "b": True, "c": False, "d": False})
    picture = next(p for p in draw(compare(rows, truth)) if p.name == "helped_roc")
    first, second = picture.figure.axes
    (thick,) = [line for line in first.lines if line.get_linewidth() > 2]
    mean = dict(zip(np.round(thick.get_xdata(), 3), thick.get_ydata(), strict=True))
    # Ada has 1/2 up to a false positive rate of 1/2, and 1 from there; Bo has 1 throughout.
    assert (mean[0.0], mean[0.25], mean[0.5], mean[1.0]) == (0.75, 0.75, 1.0, 1.0)
    assert first.get_title(loc="left") == "Image alone"
    assert second.get_title(loc="left") == "With the model's maps"


def both(reader: str, case: str, probability: float) -> list[dict[str, object]]:
    return [row for step in ("image", "maps") for row in answered(reader, case, step, probability)]


def test_lines_from_step_to_step_are_the_readers_areas() -> None:
    found = compare(drawn(), TRUTH)
    picture = next(p for p in draw(found) if p.name == "helped_readers")
    (axes,) = picture.figure.axes
    lines = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    for reader in ("R0", "R1", "R2", "R3"):
        expected = [one(found.readers, reader=reader, step=step)["auc"] for step in ENDINGS]
        assert lines[reader] == pytest.approx(expected)
    assert lines["mean"] == pytest.approx(of_auc(found.means)["mean"].tolist())
    assert "n = 24 cases, 12 with the finding, read by 4 readers" in picture.caption
    assert "From 4 readers only" in picture.caption
    far = [row | {"reader": f"{row['reader']} 香织"} for row in drawn()]
    picture = next(p for p in draw(compare(far, TRUTH)) if p.name == "helped_readers")
    named = {line.get_label() for line in picture.figure.axes[0].lines}
    assert {"reader 1", "reader 4", "mean"} <= named
    assert "numbered as in the tables" in picture.words


def test_long_names_stay_in_the_figures() -> None:
    name = "$Dr$ with a name of as many words as the name of a reader may have"
    label = "A finding with a name that is much longer than those of all models are, $x$"
    rows = [
        row | {"reader": f"{row['reader']} {name}", "label": label} for row in drawn(readers=11)
    ]
    for picture in draw(compare(rows, TRUTH.assign(label=label))):
        picture.figure.draw_without_rendering()
        box, (width, height) = picture.figure.get_tightbbox(), picture.figure.get_size_inches()
        assert box.x0 >= 0 and box.y0 >= 0, picture.name
        assert box.x1 <= width and box.y1 <= height, picture.name


def test_no_area_is_drawn_beyond_what_one_can_be() -> None:
    """Intervals from few readers and cases reach far."""
    found = compare(drawn(seed=3, readers=2, cases=6), TRUTH)
    assert found.means["low"].min() < 0 < 1 < found.means["high"].max()
    picture = next(p for p in draw(found) if p.name == "helped_readers")
    low, high = picture.figure.axes[0].get_ylim()
    assert (low, high) == (-0.02, 1.02)


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        (TRUTH.drop(columns="present"), "the truth has no column present"),
        (TRUTH.assign(present="perhaps"), "true or false, not 'perhaps'"),
        (pd.concat([TRUTH, TRUTH]), "told twice"),
    ],
)
def test_a_truth_that_is_none_is_refused(truth: pd.DataFrame, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        compare(drawn(), truth)


def test_a_case_named_like_a_formula_has_its_truth() -> None:
    """In exports an apostrophe stands before such a name."""
    rows = [row | {"case": f"'-{row['case']}"} for row in drawn()]
    found = compare(rows, known({f"-case-{case}": bool(case % 2) for case in range(24)}))
    assert found.test.iloc[0]["cases"] == 24


def test_truth_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "truth.csv"
    words = {True: ["1", "true", "yes"], False: ["0", "False", "no"]}
    lines = [
        f"{case};{FINDING};{words[present][number % 3]}"
        for number, (case, present) in enumerate(zip(TRUTH["case"], TRUTH["present"], strict=True))
    ]
    file.write_text("\n".join(["case;label;present", *lines]) + "\n")
    rows = drawn()
    from_file, direct = compare(rows, read_truth(file)), compare(rows, TRUTH)
    for name, found in direct.tables.items():
        pd.testing.assert_frame_equal(found, from_file.tables[name])
    file.write_text("case,label\n")
    with pytest.raises(ValueError, match="present"):
        read_truth(file)
