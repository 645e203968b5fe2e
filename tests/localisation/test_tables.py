"""Tables of scores beside cases done by hand and slow second implementations."""

import functools
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from shamsul.localisation import tables
from shamsul.localisation.score import METRICS
from shamsul.localisation.summary import summarise
from shamsul.localisation.tables import DISTANCES, FEATURES
from shamsul.metrics.bootstrap import interval
from shamsul.reporting import differences
from shamsul.reporting.differences import ALL, in_words
from shamsul.reporting.resampling import of_spearman
from tests.localisation.made import LABELS, METHODS, row, rows, varied

NAN = math.nan
RESAMPLE = functools.partial(interval, replicates=50, seed=3)


def only(table: pd.DataFrame, **values: object) -> pd.Series:
    """The one row that has these values."""
    for name, value in values.items():
        table = table[table[name] == value]
    (found,) = (one for _, one in table.iterrows())
    return found


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return tables.frame(varied())


def test_summary_has_means_and_the_middle() -> None:
    scores = rows({"lime": [0.1, 0.2, 0.4, NAN], "shap": [NAN] * 4})
    found = tables.summary(tables.frame(scores), summarise(scores, replicates=20))
    lime = only(found, method="lime", metric="iou")
    assert lime["mean"] == pytest.approx(0.7 / 3)
    assert (lime["median"], lime["q1"], lime["q3"]) == pytest.approx((0.2, 0.15, 0.3))
    assert (lime["n"], lime["left_out"], lime["why"]) == (3, 1, "")
    shap = only(found, method="shap", metric="iou")
    assert np.isnan([shap["mean"], shap["median"], shap["q1"]]).all()
    assert (shap["n"], shap["left_out"]) == (0, 4) and shap["why"] == "Undefined for every map."


def test_overall_weighs_every_map_alike() -> None:
    scores = [
        row("a", "Edema", "lime", iou=0.2),
        row("a", "Mass", "lime", iou=0.4),
        row("b", "Edema", "lime", iou=0.9),
    ]
    found = only(tables.overall(tables.frame(scores), ["iou"], ["lime"], RESAMPLE))
    assert found["mean"] == pytest.approx(0.5) and found["median"] == 0.4
    assert (found["n"], found["cases"]) == (3, 2)
    # Two images: drawn as they are, or one of them twice.
    assert (found["low"], found["high"]) == pytest.approx((0.3, 0.9))


def test_wins_are_counted_by_hand() -> None:
    scores = rows({"lime": [0.1, 0.5, 0.5, 0.9, NAN], "shap": [0.2, 0.4, 0.5, 0.1, 0.3]})
    found = only(tables.wins(tables.frame(scores), ["iou"], ["lime", "shap"]), label=ALL)
    assert (found["first"], found["second"]) == ("lime", "shap")
    shares = (found["first_better"], found["second_better"], found["equal"])
    assert shares == (0.5, 0.25, 0.25)
    assert (found["n"], found["nonzero"], found["left_out"], found["why"]) == (4, 3, 1, "")


def test_nearer_is_better() -> None:
    scores = rows({"lime": [1.0, 2.0, 9.0], "shap": [3.0, 3.0, 3.0]}, "centre_distance_px")
    found = only(
        tables.wins(tables.frame(scores), ["centre_distance_px"], ["lime", "shap"]), label=ALL
    )
    assert found["first_better"] == pytest.approx(2 / 3)


def test_wins_of_one_method_are_none_and_equal_ones_say_why() -> None:
    assert tables.wins(tables.frame(rows({"lime": [0.1]})), ["iou"], ["lime"]).empty
    same = only(
        tables.wins(
            tables.frame(rows({"lime": [0.1, 0.2], "shap": [0.1, 0.2]})), ["iou"], ["lime", "shap"]
        ),
        label=ALL,
    )
    assert (
        same["equal"] == 1 and np.isnan(same["p_holm"]) and same["why"] == "The two never differ."
    )
    apart = rows({"lime": [0.1, NAN], "shap": [NAN, 0.2]})
    none = only(tables.wins(tables.frame(apart), ["iou"], ["lime", "shap"]), label=ALL)
    assert none["n"] == 0 and np.isnan(none["equal"]) and none["why"] == "No image has both."


def test_wins_are_those_of_a_loop_over_all_pairs(table: pd.DataFrame) -> None:
    found = tables.wins(table, ["iou", "hit"], METHODS)
    assert len(found) == (1 + len(LABELS)) * 2 * 6
    score = {
        (one.image, one.label, one.method, metric): getattr(one, metric)
        for one in table.itertuples()
        for metric in ("iou", "hit")
    }
    keys = sorted({(image, label) for image, label, *_ in score})
    for metric, (first, second) in itertools.product(
        ("iou", "hit"), itertools.combinations(METHODS, 2)
    ):
        for label in (ALL, *LABELS):
            pairs = [
                (score[*key, first, metric], score[*key, second, metric])
                for key in keys
                if label in (ALL, key[1])
            ]
            pairs = [pair for pair in pairs if not np.isnan(pair).any()]
            one = only(found, label=label, metric=metric, first=first, second=second)
            assert one["n"] == len(pairs)
            assert one["first_better"] == sum(a > b for a, b in pairs) / len(pairs)
            assert one["second_better"] == sum(a < b for a, b in pairs) / len(pairs)
            assert one["equal"] == sum(a == b for a, b in pairs) / len(pairs)


def test_p_values_are_adjusted_within_a_label_and_metric(table: pd.DataFrame) -> None:
    for _, family in tables.wins(table, ["iou", "hit"], METHODS).groupby(["label", "metric"]):
        ps = family["p"].dropna().sort_values()
        reached = 0.0
        for place, (index, p) in enumerate(ps.items()):
            reached = min(1.0, max(reached, p * (len(ps) - place)))
            assert family.loc[index, "p_holm"] == pytest.approx(reached)


@pytest.mark.parametrize("seed", range(5))
def test_spearman_of_draws_is_scipys_of_the_rows_drawn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    case = rng.integers(0, 8, 40)
    one, other = np.round(rng.random((2, 40)), 1)
    codes, names = pd.factorize(case)
    drawn = [rng.multinomial(len(names), np.full(len(names), 1 / len(names))) for _ in range(20)]

    def statistic(times: np.ndarray) -> float:
        rows = np.repeat(np.arange(40), times[codes])
        return float(stats.spearmanr(one[rows], other[rows]).statistic)

    def compared(ours, cases):
        assert cases == len(names)
        for times in [np.ones(cases, int), *drawn]:
            assert ours(times) == pytest.approx(statistic(times), abs=1e-12)
        return interval(ours, cases, 10)

    assert of_spearman(one, other, case, compared).cases == len(names)


def test_correlation_is_one_for_scores_that_grow_with_the_feature() -> None:
    scores = [
        row(
            f"i{n}", "Edema", "lime", iou=n / 10, area_share=n**2 / 100, elongation=2.0, regions=NAN
        )
        for n in range(1, 9)
    ]
    # What is not annotated has no size to depend on.
    scores.append(row("i9", "Edema", "lime", iou=0.0, area_share=0.9, mask_area=0))
    found = tables.correlations(tables.frame(scores), ["iou"], ["lime"], RESAMPLE)
    assert list(found["feature"]) == list(FEATURES)
    size = only(found, feature="area_share")
    assert (size["rho"], size["low"], size["high"]) == (1, 1, 1)
    assert (size["n"], size["left_out"], size["why"]) == (8, 0, "")
    constant, unknown = only(found, feature="elongation"), only(found, feature="regions")
    assert np.isnan(constant["rho"]) and constant["why"] == "The feature is the same for all."
    assert unknown["n"] == 0 and unknown["why"] == "No finding has both."
    assert unknown["left_out"] == 8


def test_correlations_are_scipys(table: pd.DataFrame) -> None:
    found = tables.correlations(table, ["iou"], METHODS, RESAMPLE)
    for one in found.itertuples():
        mine = table[(table["method"] == one.method)].dropna(subset=["iou"])
        expected = stats.spearmanr(mine["iou"], mine[one.feature]).statistic
        assert one.rho == pytest.approx(expected)
        assert one.low <= one.rho <= one.high and one.n == len(mine)


def test_images_with_one_finding_and_with_several_are_told_apart() -> None:
    scores = [
        row("a", "Edema", "lime", iou=0.2),
        row("b", "Edema", "lime", iou=0.4),
        row("c", "Edema", "lime", iou=0.5, labels_in_image=2),
        row("c", "Mass", "lime", iou=0.9, labels_in_image=2),
        row("d", "Mass", "lime", iou=0.6, labels_in_image=3),
        row("e", "Mass", "lime", iou=0.0, labels_in_image=0),
    ]
    found = tables.findings(tables.frame(scores), ["iou"], ["lime"], RESAMPLE)
    one, several, difference = (row for _, row in found.iterrows())
    assert (one["mean"], one["n"], one["cases"]) == (pytest.approx(0.3), 2, 2)
    assert (several["mean"], several["n"], several["cases"]) == (pytest.approx(2 / 3), 3, 2)
    assert difference["mean"] == pytest.approx(0.3 - 2 / 3)
    assert difference["n"] == 5 and difference["low"] <= difference["mean"] <= difference["high"]


def test_difference_without_one_of_the_groups_says_why() -> None:
    found = tables.findings(tables.frame(rows({"lime": [0.1, 0.2]})), ["iou"], ["lime"], RESAMPLE)
    difference = only(found, findings="one − several")
    assert np.isnan(difference["mean"]) and difference["why"] == "One of the two has no score."
    assert only(found, findings="several")["why"] == "No score in such images."


def test_best_and_worst_are_the_ends_and_never_the_same_map() -> None:
    scores = tables.frame(rows({"lime": [0.5, 0.9, 0.5, NAN, 0.1], "shap": [0.3]}))
    found = tables.cases(scores, "iou", ["lime", "shap"], 3)
    lime = found[found["method"] == "lime"]
    assert list(lime["image"]) == ["i1", "i0", "i4", "i2"]
    assert list(lime["end"]) == ["best", "best", "worst", "worst"]
    assert list(lime["place"]) == [1, 2, 1, 2] and set(lime["n"]) == {4}
    assert list(found[found["method"] == "shap"]["end"]) == ["best"]


def test_best_distance_is_the_least() -> None:
    scores = tables.frame(rows({"lime": [5.0, 1.0, 9.0]}, "centre_distance_px"))
    found = tables.cases(scores, "centre_distance_px", ["lime"], 1)
    assert list(found["image"]) == ["i1", "i2"]


def against(values: dict[str, list[float]], metric: str = "iou") -> pd.Series:
    scores = tables.frame(rows(values, metric))
    found = differences.against(scores, [metric], ["lime"], ["low", "high"], RESAMPLE, DISTANCES)
    return only(found, label=ALL)


def test_the_reference_of_the_best_mean_is_taken() -> None:
    found = against({"lime": [0.5, 0.8, NAN], "low": [0.1, 0.2, 0.1], "high": [0.4, 0.5, 0.6]})
    assert found["reference"] == "high"
    assert found["difference"] == pytest.approx(0.2)
    assert (found["n"], found["left_out"]) == (2, 1)
    assert found["better"]


def test_a_method_whose_interval_reaches_zero_is_not_better() -> None:
    found = against({"lime": [0.5, 0.4], "low": [0.1, 0.1], "high": [0.4, 0.4]})
    assert found["difference"] > 0 and found["low"] == 0 and not found["better"]


def test_a_shorter_distance_is_better() -> None:
    found = against(
        {"lime": [1.0, 2.0], "low": [3.0, 3.0], "high": [9.0, 9.0]}, "centre_distance_px"
    )
    assert found["reference"] == "low" and found["difference"] == -1.5 and found["better"]


def test_one_image_alone_beats_nothing() -> None:
    found = against({"lime": [0.9], "low": [0.1], "high": [0.2]})
    assert found["difference"] == pytest.approx(0.7)
    assert np.isnan([found["low"], found["high"]]).all() and not found["better"]
    assert found["why"] == "One case only: no interval."
    sentence = in_words(found.to_dict(), {})
    assert sentence == (
        "lime beside high, too few cases to judge: difference 0.70 (no interval), n = 1"
    )


@pytest.mark.parametrize(
    ("lime", "metric", "verdict"),
    [
        ([0.9, 0.9, 0.9, 0.9, 0.9], "iou", "lime beats high"),
        ([0.9, 0.9, 0.9, 0.9], "iou", "lime beside high, too few cases to judge"),
        ([0.1, 0.1, 0.1, 0.1], "iou", "lime beside high, too few cases to judge"),
        (
            [0.9, 0.1, 0.9, 0.9, 0.1],
            "iou",
            "lime scores better than high, but the interval includes zero",
        ),
        ([0.1, 0.1, 0.9, 0.4, 0.1], "iou", "lime does not beat high"),
        ([0.1, 0.1, 0.1, 0.1, 0.1], "iou", "lime does not beat high"),
        ([0.4, 0.4, 0.4, 0.4, 0.4], "iou", "lime does not beat high"),
        ([0.1, 0.1, 0.1, 0.1, 0.1], "centre_distance_px", "lime beats low"),
        (
            [0.0, 0.5, 0.0, 0.0, 0.5],
            "centre_distance_px",
            "lime scores better than low, but the interval includes zero",
        ),
        ([0.9, 0.9, 0.9, 0.9, 0.9], "centre_distance_px", "lime does not beat low"),
    ],
)
def test_verdicts_in_words(lime: list[float], metric: str, verdict: str) -> None:
    found = against({"lime": lime, "low": [0.3] * len(lime), "high": [0.4] * len(lime)}, metric)
    assert in_words(found.to_dict(), {}).split(":")[0] == verdict


def test_a_better_method_without_an_interval_is_not_said_to_be_beaten() -> None:
    row = {"method": "lime", "reference": "low", "difference": 0.2, "low": NAN, "high": NAN}
    row |= {"n": 9, "cases": 9, "ahead": True, "better": False}
    assert in_words(row, {}) == (
        "lime scores better than low, but there is no interval: difference 0.20 (no interval), "
        "n = 9"
    )


def test_against_references_without_scores_is_empty() -> None:
    values = tables.frame(rows({"lime": [0.1], "low": [NAN], "high": [NAN]}))
    assert differences.against(
        values, ["iou"], ["lime"], ["low", "high"], RESAMPLE, DISTANCES
    ).empty
    assert differences.against(values, ["iou"], ["lime"], [], RESAMPLE, DISTANCES).empty


def test_differences_are_means_of_pairs(table: pd.DataFrame) -> None:
    found = differences.against(table, METRICS, METHODS[:2], METHODS[2:], RESAMPLE, DISTANCES)
    score = table.set_index(["image", "label", "method"])
    for one in found[found["metric"].isin(["iou", "hit", "centre_distance_px"])].itertuples():
        part = table if one.label == ALL else table[table["label"] == one.label]
        sign = -1 if one.metric == "centre_distance_px" else 1
        best = max(
            METHODS[2:], key=lambda name: sign * part.loc[part["method"] == name, one.metric].mean()
        )
        assert one.reference == best
        pairs = [
            score.loc[(*key, one.method), one.metric] - score.loc[(*key, best), one.metric]
            for key in sorted(set(zip(part["image"], part["label"], strict=True)))
        ]
        assert one.difference == pytest.approx(np.nanmean(pairs))
        assert one.n == np.count_nonzero(~np.isnan(pairs))
        assert one.better == (one.low > 0 if sign > 0 else one.high < 0)


def test_matrix_sets_methods_beside_each_other() -> None:
    scores = rows({"lime": [0.2, 0.4], "shap": [NAN, 0.5]})
    table = tables.frame(scores)
    found = tables.by_label(
        tables.summary(table, summarise(scores, replicates=20)),
        tables.overall(table, ["iou"], ["lime", "shap"], RESAMPLE),
        "iou",
        ["shap", "lime", "lrp"],
    )
    assert list(found.columns) == ["label", "shap", "lime", "lrp", "n"]
    expected = ["0.50", "0.30 (0.20 to 0.40)", "–", "0 to 2"]
    assert found.to_numpy().tolist() == [["Edema", *expected], [ALL, *expected]]


@pytest.mark.parametrize(
    "scores",
    [
        [],
        rows({"lime": [NAN, NAN]}),
        rows({"lime": [0.4]}),
        varied(1),
        varied(methods=["lime"]),
    ],
    ids=["nothing", "all undefined", "one score", "one image", "one method"],
)
def test_every_row_has_its_number_or_says_why_not(scores: list) -> None:
    table = tables.frame(scores)
    methods = sorted(table["method"].unique())
    for found, value in (
        (tables.overall(table, METRICS, methods, RESAMPLE), "mean"),
        (tables.correlations(table, ["iou"], methods, RESAMPLE), "rho"),
        (tables.findings(table, ["iou"], methods, RESAMPLE), "mean"),
        (
            differences.against(table, ["iou"], methods[:1], methods[1:], RESAMPLE, DISTANCES),
            "difference",
        ),
        (tables.wins(table, ["iou"], methods), "p"),
    ):
        assert "n" in found
        assert (found["why"] != "")[found[value].isna()].all()
        if "low" in found:
            assert (found["why"] != "")[found["low"].isna()].all()
