"""The statistics of a reading study, on ratings whose results are known by hand."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from shamsul.analysis.study import Analysis, analyse
from shamsul.metrics import mrmc
from shamsul.metrics.permutation import exchange
from shamsul.metrics.reliability import alpha_sums, krippendorff_alpha
from shamsul.metrics.reliability_intervals import of_readers_and_cases, of_these_readers
from shamsul.metrics.simulated_studies import like, worth
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.questionnaire import CANNOT_JUDGE
from shamsul.reading.exports.ratings import export_ratings
from tests.analysis.readings import (
    CASE_NAMES,
    ITEMS,
    METHODS,
    READERS,
    case_row,
    case_table,
    no_cases,
    no_readers,
    reader_table,
    row,
    study,
    table,
)

LOCATION, COVERAGE = (item.id for item in ITEMS)
FIXED = {"lime": 2, "shap": 3, "grad_cam": 5, "lrp": 4}


def fixed(reader: str, case: str, method: str, item: str) -> float:
    return FIXED[method]


def varied(reader: str, case: str, method: str, item: str) -> float | None:
    """Differs from reader to reader and case to case; some cannot be judged."""
    mixed = 7 * READERS.index(reader) + 3 * CASE_NAMES.index(case) + 5 * len(method) + len(item)
    return None if mixed % 11 == 0 else float(np.clip(FIXED[method] + mixed % 3 - 1, 1, 5))


def analysed(
    ratings: list[dict[str, object]],
    cases: pd.DataFrame | None = None,
    readers: pd.DataFrame | None = None,
    **options: Any,
) -> Analysis:
    cases = no_cases() if cases is None else cases
    readers = no_readers() if readers is None else readers
    options = {"items": ITEMS, "methods": METHODS, "replicates": 40, **options}
    return analyse(table(ratings), cases, readers, **options)


def one(found: pd.DataFrame, **where: object) -> pd.Series:
    """The only row with these values."""
    for name, value in where.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def counted(analysis: Analysis, reason: str, table: str = "ratings") -> int:
    return int(one(analysis.rows, table=table, reason=reason)["rows"])


def test_scores_that_are_always_the_same_have_known_results() -> None:
    analysis = analysed(study(fixed))
    for method, score in FIXED.items():
        mean = one(analysis.means, item=LOCATION, method=method)
        assert (mean["mean"], mean["low"], mean["high"]) == (score, score, score)
        assert (mean["n"], mean["cases"], mean["left_out"]) == (18, 6, 0)
        chosen = one(analysis.distribution, item=LOCATION, method=method, score=score)
        assert (chosen["ratings"], chosen["n"]) == (18, 18)
    # Nothing varies but the methods.
    test = one(analysis.tests, item=LOCATION)
    assert (test["f"], test["p"], test["n"]) == (np.inf, 0, 72)
    # Of the 24 orders of four methods in each of six cases one, in all, is as far apart or more.
    assert test["p_these_readers"] == pytest.approx(1e-4)
    pair = one(analysis.differences, item=LOCATION, first="lime", second="grad_cam")
    assert (pair["difference"], pair["low"], pair["high"], pair["p"]) == (-3, -3, -3, 0)
    # Two of the 64 ways to exchange two methods in six cases: all or none.
    assert pair["p_these_readers"] == 2 / 64
    assert pair["p_these_readers_holm"] == pytest.approx(6 * 2 / 64)
    for name in ("krippendorff_alpha", "fleiss_kappa", "icc_2_1"):
        agreement = one(analysis.agreement, item=LOCATION, statistic=name)
        assert agreement["value"] == pytest.approx(1)
        assert (agreement["n"], agreement["readers"], agreement["cases"]) == (24, 3, 6)


def test_cannot_judge_is_no_score_and_counted() -> None:
    scores: dict[str, float | None] = {"Ada": 1, "Grace": 4, "Marie": None}

    def score(reader: str, case: str, method: str, item: str) -> float | None:
        return scores[reader] if (method, item) == ("lime", LOCATION) else 3

    analysis = analysed(study(score))
    mean = one(analysis.means, item=LOCATION, method="lime")
    assert (mean["mean"], mean["n"], mean["left_out"]) == (2.5, 12, 6)
    assert one(analysis.distribution, item=LOCATION, method="lime", score=4)["ratings"] == 6
    assert one(analysis.distribution, item=LOCATION, method="lime", score=4)["cannot_judge"] == 6
    # A reader who has no score of a method cannot compare it; with the two others all is said.
    test = one(analysis.tests, item=LOCATION)
    assert (test["readers"], test["n"], test["left_out"]) == (2, 48, 24)
    assert test["worth"].startswith("One reader with fewer than two cases of a method left out.")
    assert counted(analysis, "cannot judge") == 6
    assert counted(analysis, "used") == 3 * 6 * 4 * 2 - 6
    marie = one(analysis.completeness, reader="Marie")
    assert (marie["readings"], marie["maps"]) == (6, 24)
    assert (marie["answered"], marie["cannot_judge"]) == (48, 6)


def test_methods_are_compared_by_the_means_of_reader_and_case() -> None:
    """The analysis itself, of an array made by hand; several sessions and labels are one value."""
    rows = [*study(varied), *study(varied, session=2), *study(fixed, label="Edema")]
    scores = np.full((4, 3, 6), np.nan)
    for m, method in enumerate(METHODS):
        for r, reader in enumerate(READERS):
            for c, case in enumerate(CASE_NAMES):
                said = [
                    entry["score"]
                    for entry in rows
                    if (entry["reader"], entry["case"], entry["method"], entry["item"])
                    == (reader, case, method, LOCATION)
                ]
                scores[m, r, c] = np.nanmean(np.array(said, float))
    expected = mrmc.analyse(mrmc.Readings(tuple(METHODS), tuple(READERS), scores), mrmc.mean)
    analysis = analysed(rows)
    test = one(analysis.tests, item=LOCATION)
    assert (test["f"], test["df1"]) == (pytest.approx(expected.f), 3)
    assert (test["df2"], test["p"]) == (pytest.approx(expected.df2), pytest.approx(expected.p))
    assert (test["readers"], test["cases"]) == (3, 6)
    for difference in expected.differences:
        pair = {"first": difference.first, "second": difference.second}
        row = one(analysis.differences, item=LOCATION, **pair)
        interval = difference.interval
        assert row["difference"] == pytest.approx(interval.estimate)
        assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
        assert (row["p"], row["p_holm"]) == pytest.approx((difference.p, difference.p_holm))
    mean = one(analysis.means, item=LOCATION, method="shap")
    assert (mean["low"], mean["high"]) == pytest.approx(
        (expected.methods["shap"].low, expected.methods["shap"].high)
    )
    these = exchange(scores)
    assert test["p_these_readers"] == these.p
    # So few that what such an analysis is worth stands beside it.
    simulated = worth(like(expected.components, 3, 6, 4))
    assert (test["simulated"], mean["simulated"]) == (simulated.rejected, simulated.mean_held)
    for row in (test, mean):
        assert row["worth"].startswith("From 6 cases and 3 readers only. Simulated: the share")


def test_few_cases_have_no_interval_and_one_reader_speaks_for_none_else() -> None:
    four = analysed(study(varied, cases=CASE_NAMES[:4]))
    for name in ("means", "tests", "differences", "agreement"):
        table = four.tables[name]
        assert set(table["why"]) - {"The ratings do not vary enough."} == {
            "Fewer than five cases: no interval."
            if name == "agreement"
            else "Fewer than five cases: no interval, no test."
        }
        assert table.filter(regex="^(low|high|p|p_holm)$").isna().all(axis=None)
        assert set(table["worth"]) == {""}
    assert four.differences["difference"].notna().all()
    alone = analysed(study(varied, READERS[:1]))
    (words,) = set(alone.tests["worth"])
    assert words == "From 6 cases and one reader: it says nothing about other readers."


def test_agreement_is_that_of_readers_by_maps() -> None:
    rows = study(varied)
    units = np.full((3, 24), np.nan)
    for entry in rows:
        if entry["item"] == COVERAGE:
            unit = 4 * CASE_NAMES.index(entry["case"]) + list(METHODS).index(entry["method"])
            units[READERS.index(entry["reader"]), unit] = entry["score"]
    alpha = krippendorff_alpha(units)
    found = one(analysed(rows).agreement, item=COVERAGE, statistic="krippendorff_alpha")
    assert found["value"] == pytest.approx(alpha.value)
    assert (found["n"], found["left_out"]) == (alpha.n, alpha.left_out)
    case = np.repeat(CASE_NAMES, 4)
    general = of_readers_and_cases(alpha_sums, units, case)
    assert (found["low"], found["high"]) == pytest.approx(general)
    these = of_these_readers(alpha_sums(units), case, replicates=40)
    assert (found["low_these_readers"], found["high_these_readers"]) == pytest.approx(these)


def test_practice_repeats_and_controls_change_nothing_but_their_counts() -> None:
    rows = study(varied)
    others = [
        *study(fixed, readers=["Ada"], cases=["case-000"], warm_up=True),
        *study(fixed, readers=["Ada"], cases=CASE_NAMES[:1], repeat_of="case-001"),
        *study(fixed, readers=["Ada"], cases=CASE_NAMES[:2], control="other patient")[:3],
        row(method="rise"),
        row(item="beauty", score=9),
        row(method="shap", item="", case="case-007", rank=2, score=np.nan),
    ]
    plain, mixed = analysed(rows), analysed([*others, *rows])
    for name in ("means", "distribution", "tests", "differences", "agreement"):
        pd.testing.assert_frame_equal(plain.tables[name], mixed.tables[name])
    assert counted(mixed, "warm-up case") == 8
    assert counted(mixed, "repeated case") == 8
    assert counted(mixed, "control map") == 3
    assert counted(mixed, "other method") == counted(mixed, "other item") == 1
    assert counted(mixed, "no item, only a rank, tags or a comment") == 1
    assert counted(mixed, "used") == counted(plain, "used")
    assert mixed.rows["rows"].sum() == len(rows) + len(others)


def test_map_that_is_rated_again_counts_once_with_the_later_score() -> None:
    later = "2026-11-22T10:00:00.000Z"
    rows = [row(score=5, changed_at=later, heatmap_sha256="c" * 64), row(score=1)]
    analysis = analysed(rows)
    mean = one(analysis.means, item=LOCATION, method="lime")
    assert (mean["mean"], mean["n"]) == (5, 1)
    assert counted(analysis, "rated again later") == 1


def test_map_that_is_ranked_again_has_the_later_rank() -> None:
    later = {"changed_at": "2026-11-22T10:00:00.000Z", "heatmap_sha256": "c" * 64}
    ranks = {"lime": 1, "shap": 2, "grad_cam": 3}
    early = [row(method=method, rank=rank, item=LOCATION) for method, rank in ranks.items()]
    again = row(method="lime", rank=4, item=COVERAGE, **later)
    methods = {name: METHODS[name] for name in ranks}
    found = analysed([again, *early], methods=methods).mean_ranks.set_index("method")
    assert found["mean_rank"].to_dict() == {"lime": 3, "shap": 1, "grad_cam": 2}


def test_each_session_is_a_reading_of_its_own() -> None:
    def lower(reader: str, case: str, method: str, item: str) -> float:
        return FIXED[method] - 1

    analysis = analysed([*study(fixed), *study(lower, session=2)])
    assert one(analysis.means, item=LOCATION, method="lime")["mean"] == 1.5
    test = one(analysis.tests, item=LOCATION)
    assert (test["n"], test["cases"]) == (144, 6)
    alpha = one(analysis.agreement, item=LOCATION, statistic="krippendorff_alpha")
    # Readers agree in each session; that they differ between sessions is not disagreement.
    assert (alpha["value"], alpha["n"], alpha["cases"]) == (1, 48, 6)
    assert list(analysis.completeness["readings"]) == [12, 12, 12]


def ranked(case: str, ranks: dict[str, float], **changes: object) -> list[dict[str, object]]:
    return [
        row(case=case, method=method, rank=rank, item="", score=np.nan, **changes)
        for method, rank in ranks.items()
    ]


def test_ranks_are_places_among_the_real_maps() -> None:
    analysis = analysed(
        [
            *ranked("case-001", {"lime": 4, "shap": 3, "grad_cam": 1, "lrp": 1}),
            *ranked("case-002", {"lime": 5, "shap": 4, "grad_cam": 1, "lrp": 3}),
            # A control map took the second place of that reading.
            *ranked("case-002", {"shap": 2}, control="random"),
            *ranked("case-003", {"lime": 1, "shap": 2, "grad_cam": np.nan, "lrp": np.nan}),
        ]
    )
    places = analysis.places.set_index(["method", "place"])["readings"]
    assert [places["grad_cam", place] for place in (1, 2, 3, 4)] == [2, 0, 0, 0]
    assert [places["lrp", place] for place in (1, 2, 3, 4)] == [1, 1, 0, 0]
    assert [places["lime", place] for place in (1, 2, 3, 4)] == [0, 0, 0, 2]
    means = analysis.mean_ranks.set_index("method")
    # The two first places of the first reading share ranks 1 and 2.
    assert means["mean_rank"].to_dict() == {"lime": 4, "shap": 3, "grad_cam": 1.25, "lrp": 1.75}
    assert set(means["n"]) == {2} and set(means["left_out"]) == {1}
    test = analysis.rank_test.iloc[0]
    assert (test["n"], test["left_out"], test["cases"]) == (8, 4, 2)
    pair = one(analysis.rank_differences, first="lime", second="grad_cam")
    assert (pair["difference"], pair["why"]) == (
        2.75,
        "Fewer than five cases: no interval, no test.",
    )


def test_rank_repeated_in_each_row_of_a_map_counts_once() -> None:
    rows = study(fixed)
    for entry in rows:
        entry["rank"] = 6 - FIXED[entry["method"]]
    analysis = analysed(rows)
    assert one(analysis.places, method="grad_cam", place=1)["readings"] == 18
    assert analysis.rank_test["n"].item() == 4 * 18
    pair = one(analysis.rank_differences, first="lime", second="grad_cam")
    assert (pair["difference"], pair["low"], pair["high"]) == (3, 3, 3)


def repeated(method: str, score: float | None, **changes: object) -> dict[str, object]:
    return row(method=method, score=score, repeat_of="case-001", case_order=9, **changes)


def test_repeats_are_compared_with_the_first_reading() -> None:
    first = [row(method=m, score=s) for m, s in zip(METHODS, (1, 2, 4, 5), strict=True)]
    again = [repeated(m, s) for m, s in zip(METHODS, (1, 3, 4, None), strict=True)]
    again.append(control(5, repeat_of="case-001"))
    found = one(analysed([*first, *again]).repeats, reader="Ada", item=LOCATION)
    # Pairs 1 1, 2 3, 4 4: mean squared difference 1/3, crossed 0 4 9 1 1 4 9 1 0 = 29/9.
    assert found["kappa"] == pytest.approx(1 - (1 / 3) / (29 / 9))
    assert found["identical"] == pytest.approx(2 / 3)
    assert (found["n"], found["left_out"]) == (3, 1)
    other = one(analysed([*first, *again]).repeats, reader="Ada", item=COVERAGE)
    assert np.isnan(other["kappa"]) and other["why"] == "No pair of scores."


def test_repeat_is_compared_with_its_own_or_the_session_before() -> None:
    rows = [
        *(row(method=m, score=s, session=1) for m, s in (("lime", 1), ("shap", 5))),
        *(row(method=m, score=s, session=3) for m, s in (("lime", 5), ("shap", 1))),
        *(repeated(m, s, session=2) for m, s in (("lime", 1), ("shap", 5))),
        repeated("lrp", 3, session=2),  # never read before
    ]
    found = one(analysed(rows).repeats, item=LOCATION)
    assert (found["kappa"], found["n"], found["left_out"]) == (1, 2, 1)
    later = [entry | {"session": 4} if entry["repeat_of"] else entry for entry in rows]
    assert one(analysed(later).repeats, item=LOCATION)["kappa"] == pytest.approx(-1)


def control(score: float | None, **changes: object) -> dict[str, object]:
    return row(method="shap", control="other patient", score=score, **changes)


def test_control_fails_when_it_is_rated_as_high_as_the_real_maps() -> None:
    real = [
        row(case=case, method=method, score=score)
        for case in CASE_NAMES[:3]
        for method, score in (("lime", 2), ("lrp", 4))
    ]
    controls = [
        control(3, case="case-001"),  # equal: fails
        control(1, case="case-002"),
        control(None, case="case-003"),
        control(2, case="case-004"),  # nothing beside it
        control(5, case="case-001", warm_up=True),
    ]
    analysis = analysed([*real, *controls])
    found = one(analysis.control_failures, reader="Ada", control="other patient")
    assert (found["rated"], found["failed"], found["left_out"]) == (2, 1, 2)
    effect = one(analysis.control_effects, control="other patient")
    assert (effect["mean_control"], effect["mean_real"], effect["difference"]) == (2, 3, -1)
    assert effect["why"] == "Fewer than five cases: no interval, no test."
    assert (effect["n"], effect["cases"], effect["left_out"]) == (2, 2, 2)


def with_replaced(cases: list[str], method: str) -> list[dict[str, object]]:
    """The study with a control in place of a method's map in some cases, for every reader."""
    return [
        {**one, "control": "other_patient", "score": 1.0}
        if one["case"] in cases and one["method"] == method
        else one
        for one in study(fixed)
    ]


def test_a_map_that_a_control_replaced_is_missing_by_design() -> None:
    analysis = analysed(with_replaced(CASE_NAMES[:2], "shap"))
    mean = one(analysis.means, item=LOCATION, method="shap")
    assert (mean["mean"], mean["n"], mean["left_out"]) == (3, 12, 0)
    # What is there counts, and nothing that somebody left out.
    test = one(analysis.tests, item=LOCATION)
    assert (test["n"], test["left_out"], test["cases"]) == (66, 0, 6)
    effect = one(analysis.control_effects, control="other_patient")
    assert (effect["mean_control"], effect["n"], effect["left_out"]) == (1, 6, 0)


def test_ranks_of_readings_that_lack_a_method_by_design_are_not_left_out() -> None:
    whole = {"lime": 1, "shap": 2, "grad_cam": 3, "lrp": 4}
    rows = ranked("case-001", whole) + ranked("case-002", whole)
    rows += [
        {**one, "control": "random_model"} if one["method"] == "lrp" else one
        for one in ranked("case-003", whole)
    ]
    analysis = analysed(rows)
    test = one(analysis.rank_test)
    assert (test["n"], test["left_out"]) == (8, 0)
    assert set(analysis.mean_ranks["n"]) == {2} and set(analysis.mean_ranks["left_out"]) == {0}
    assert set(analysis.places["left_out"]) == {0}


def test_real_maps_count_the_same_beside_a_control_however_many_items_they_have() -> None:
    rows = [
        row(method="lime", item=LOCATION, score=1),
        row(method="lime", item=COVERAGE, score=1),
        row(method="lrp", item=LOCATION, score=5),
        control(2.0),
    ]
    assert one(analysed(rows).control_effects)["mean_real"] == 3


def test_time_of_a_case_is_its_longest_over_both_tables() -> None:
    rows = [
        row(case="case-001", active_seconds=10),
        row(case="case-001", active_seconds=30, method="lrp"),
        row(case="case-002", active_seconds=20),
        control(3, case="case-003", active_seconds=40),
        row(case="case-004", active_seconds=np.nan),
        row(case="case-005", active_seconds=999, warm_up=True),
        row(case="case-001", active_seconds=999, repeat_of="case-001"),
    ]
    cases = case_table(
        [
            case_row(case="case-002", active_seconds=70),
            case_row(case="case-006", active_seconds=999, warm_up=True),
        ]
    )
    analysis = analysed(rows, cases)
    found = one(analysis.times, reader="Ada")
    # 30, 70, 40.
    assert (found["median"], found["q1"], found["q3"]) == (40, 35, 55)
    assert (found["n"], found["left_out"]) == (3, 1)
    assert counted(analysis, "warm-up case", "cases") == counted(analysis, "used", "cases") == 1


def test_reading_is_started_with_its_first_answer_about_the_case() -> None:
    cases = case_table([case_row(case="case-002"), case_row(case="case-002", label="Edema")])
    found = one(analysed([row()], cases).completeness, reader="Ada")
    assert (found["readings"], found["maps"], found["answered"]) == (3, 1, 1)


def test_learning_follows_the_order_in_which_each_reader_met_the_cases() -> None:
    rows = [
        row(reader="Ada", case="case-001", case_order=1, score=1, active_seconds=100),
        row(reader="Ada", case="case-002", case_order=2, score=2, active_seconds=50),
        row(reader="Grace", case="case-002", case_order=1, score=3, active_seconds=80),
        row(reader="Grace", case="case-001", case_order=2, score=None, active_seconds=60),
        row(reader="Grace", case="case-001", case_order=1, score=5, active_seconds=9, session=2),
    ]
    learning = analysed(rows).learning
    first = one(learning, session=1, case_order=1)
    assert (first["median_seconds"], first["mean_score"], first["n"]) == (90, 2, 2)
    second = one(learning, session=1, case_order=2)
    assert (second["median_seconds"], second["mean_score"]) == (55, 2)
    assert (second["ratings"], second["cannot_judge"], second["left_out"]) == (1, 1, 0)
    assert one(learning, session=2, case_order=1)["mean_score"] == 5


def test_causability_is_the_sum_by_50() -> None:
    readers = reader_table({"Ada": [5] * 10, "Grace": [1, 2, 3, 4, 5] * 2, "Marie": [4] * 9})
    analysis = analysed([], readers=readers)
    assert analysis.causability.set_index("reader")["scs"].to_dict() == pytest.approx(
        {"Ada": 1.0, "Grace": 0.6, "Marie": np.nan}, nan_ok=True
    )
    assert one(analysis.causability, reader="Marie")["why"] == "Not all ten items are answered."
    mean = analysis.mean_causability.iloc[0]
    assert (mean["mean"], mean["n"], mean["left_out"]) == (0.8, 2, 1)
    assert mean["sd"] == pytest.approx(np.sqrt(2 * 0.2**2))


def test_latest_answer_about_the_study_counts_and_other_items_do_not() -> None:
    early = reader_table({"Ada": [1] * 10})
    late = reader_table({"Ada": [5]}).assign(changed_at="2026-12-01T00:00:00.000Z")
    other = reader_table({"Ada": [3]}).assign(item="experience", answer="12 years")
    readers = pd.concat([late, early, other]).astype({"answer": str})
    assert one(analysed([], readers=readers).causability)["scs"] == 14 / 50


def localised(**hits: tuple[float, object]) -> pd.DataFrame:
    rows = [(f"case-001/{method}", iou, hit) for method, (iou, hit) in hits.items()]
    return pd.DataFrame(rows, columns=["heatmap_sha256", "iou", "hit"])


def test_rating_is_related_to_localisation_map_by_map() -> None:
    known = localised(lime=(0.1, False), shap=(0.3, False), grad_cam=(0.2, True))
    analysis = analysed(study(fixed, READERS[:1], CASE_NAMES[:1]), localisation=known)
    rho = one(analysis.localisation, item=LOCATION)
    # Scores 2 3 5 and IoUs 0.1 0.3 0.2: ranks 1 2 3 and 1 3 2.
    assert rho["rho"] == pytest.approx(0.5)
    assert (rho["n"], rho["left_out"], rho["cases"]) == (3, 1, 1)
    assert np.isnan(rho["low"]) and rho["why"] == "Fewer than 5 cases: no interval."
    hit, miss = (one(analysis.hits, item=LOCATION, hit=value) for value in (True, False))
    assert (hit["mean"], hit["n"], hit["left_out"]) == (5, 1, 1)
    assert (miss["mean"], miss["n"]) == (2.5, 2)
    point = one(analysis.localised_maps, item=LOCATION, method="shap")
    assert (point["iou"], point["mean_score"], point["n"]) == (0.3, 3, 1)


def rated_by_iou(
    levels: dict[str, float], cases: int, noise: float
) -> tuple[pd.Series, np.ndarray]:
    """One map a case, whose IoU readers follow, each at a level of their own.

    Gives the correlation, and each reader's scores with the IoU behind the point.
    """
    rng = np.random.default_rng(0)
    names = [f"case-{number:03}" for number in range(cases)]
    ious = rng.permutation(cases) / cases
    rows = [
        row(
            reader=reader,
            case=name,
            score=float(np.clip(round(level + 2 * iou + noise * rng.normal()), 1, 5)),
            heatmap_sha256=f"{name}/lime",
        )
        for reader, level in levels.items()
        for name, iou in zip(names, ious, strict=True)
    ]
    known = pd.DataFrame(
        {"heatmap_sha256": [f"{name}/lime" for name in names], "iou": ious, "hit": True}
    )
    found = analysed(rows, localisation=known, methods={"lime": "LIME"}).localisation
    scores = np.array([entry["score"] for entry in rows], float).reshape(len(levels), cases)
    return one(found, item=LOCATION), scores + ious


def test_levels_of_readers_do_not_hide_that_each_follows_the_iou() -> None:
    """Pooled, the strict reader of good maps and the lenient one of bad maps say the opposite."""
    ious = {f"case-{number}": number / 10 for number in range(10)}
    halves = {"Ada": range(5), "Bo": range(5, 10)}
    rows = [
        row(
            reader=reader,
            case=f"case-{number}",
            score=float((4 if reader == "Ada" else 1) + (number % 5 > 2)),
            heatmap_sha256=f"case-{number}",
        )
        for reader, half in halves.items()
        for number in half
    ]
    known = pd.DataFrame({"heatmap_sha256": list(ious), "iou": list(ious.values()), "hit": True})
    rho = one(analysed(rows, localisation=known).localisation, item=LOCATION)
    pooled = stats.spearmanr([r["score"] for r in rows], list(ious.values())).statistic
    own = stats.spearmanr([0, 0, 0, 1, 1], range(5)).statistic
    assert pooled < 0 < own == pytest.approx(rho["rho"])
    assert (rho["n"], rho["readers"], rho["cases"]) == (10, 2, 10)


def test_interval_of_the_correlation_is_that_of_one_method_of_the_common_analysis() -> None:
    rho, coded = rated_by_iou({"Ada": 1.0, "Bo": 2.0, "Cy": 3.0}, cases=12, noise=0.7)
    readers, no_matter = ("Ada", "Bo", "Cy"), np.arange(12) % 2 == 0
    readings = mrmc.Readings(("a", "b"), readers, np.array([coded, coded]), no_matter)

    def figure(codes: np.ndarray, truth: object) -> float:
        return float(stats.spearmanr(codes // 1, codes % 1).statistic)

    expected = mrmc.analyse(readings, figure, fixed=mrmc.Fixed.NEITHER).methods["a"]
    assert (rho["rho"], rho["low"], rho["high"]) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )
    assert rho["why"] == ""


def test_a_reader_to_whom_all_maps_are_alike_has_no_correlation() -> None:
    alike, _ = rated_by_iou({"Ada": 1.0, "Bo": 9.0}, 8, 0.0)
    alone, _ = rated_by_iou({"Ada": 1.0}, 8, 0.0)
    assert (alike["readers"], alike["n"], alike["left_out"]) == (1, 8, 8)
    assert alike["rho"] == alone["rho"] and alike["low"] == alone["low"]


def test_without_localisation_its_tables_are_empty() -> None:
    analysis = analysed(study(fixed))
    assert not (len(analysis.localisation) or len(analysis.hits) or len(analysis.localised_maps))


def one_reader() -> Analysis:
    return analysed(study(varied, READERS[:1]))


def one_case() -> Analysis:
    return analysed(study(varied, cases=CASE_NAMES[:1]), localisation=localised(lime=(0.1, True)))


def constant() -> Analysis:
    same = study(lambda *_: 3)
    again = [entry | {"repeat_of": entry["case"]} for entry in same]
    known = localised(lime=(0.1, np.nan))
    return analysed([*same, *again], readers=reader_table({"Ada": [3]}), localisation=known)


def all_missing() -> Analysis:
    rows = study(lambda *_: None, active_seconds=np.nan)
    return analysed([*rows, control(None, active_seconds=np.nan)], localisation=localised())


def two_methods() -> Analysis:
    return analysed(study(varied), methods={"lime": "LIME", "shap": "SHAP"})


@pytest.mark.parametrize(
    "degenerate",
    [
        lambda: analysed([]),
        lambda: analysed([], methods={}),
        lambda: analysed([], items=()),
        one_reader,
        one_case,
        constant,
        all_missing,
        two_methods,
    ],
)
def test_what_cannot_be_computed_is_nan_and_says_why(degenerate: Any) -> None:
    analysis = degenerate()
    for name, found in analysis.tables.items():
        undefined = found.drop(columns="simulated", errors="ignore").isna().any(axis=1)
        if undefined.any():
            assert (found.loc[undefined, "why"] != "").all(), name
        if "why" in found:
            assert (found.loc[~undefined, "why"] == "").all(), name
        if "worth" in found:
            numbers = found.filter(regex="^(low|p)$").notna().any(axis=1)
            assert (found.loc[~numbers, "worth"] == "").all(), name
    json.loads(analysis.to_json(), parse_constant=pytest.fail)


def test_reasons_are_those_of_the_case() -> None:
    assert set(one_reader().agreement["why"]) == {"Fewer than two readers."}
    assert set(one_case().means["why"]) == {"One case of each reader: no interval."}
    assert set(constant().tests["why"]) == {"The methods are never rated differently."}
    assert set(constant().repeats["why"]) == {"All scores are equal."}
    assert set(constant().differences["why"]) == {"The methods are never rated differently."}
    assert set(all_missing().means["why"]) == {"No values."}
    assert set(all_missing().times["why"]) == {"No time was recorded."}


def test_json_has_every_table_and_null_for_nan() -> None:
    analysis = analysed(study(varied, READERS[:1]), readers=reader_table({"Ada": [3]}))
    content = json.loads(analysis.to_json())
    assert set(content["tables"]) == set(analysis.tables)
    assert content["tables"]["causability"] == [
        {
            "reader": "Ada",
            "scs": None,
            "n": 1,
            "left_out": 9,
            "why": "Not all ten items are answered.",
        }
    ]
    assert content["study"] == "pilot" and content["seed"] == 0 and content["level"] == 0.95
    assert {"shamsul", "scipy", "statsmodels"} <= set(content["software"])
    first = content["tables"]["means"][0]
    assert first["mean"] == pytest.approx(analysis.means["mean"].iloc[0], rel=1e-14)


def test_same_seed_gives_the_same_numbers() -> None:
    first, second = (analysed(study(varied), seed=3).to_json() for _ in range(2))
    assert first == second != analysed(study(varied), seed=4).to_json()


def test_order_of_the_rows_does_not_matter() -> None:
    rows = study(varied)
    assert analysed(rows).to_json() == analysed(rows[::-1]).to_json()


def test_exported_files_can_be_analysed_as_they_are(store, rating) -> None:
    answers = [
        rating(value=4, active_seconds=12),
        rating("rank", 1),
        rating(value=CANNOT_JUDGE, reader="Grace"),
        rating("comment", "only this", method="lrp"),
    ]
    store.record(answers)
    files = export_ratings(store, "pilot")
    ratings, cases = (
        pd.read_csv(io.BytesIO(data), keep_default_na=False)
        for data in (files.ratings, files.cases)
    )
    analysis = analyse(
        ratings, cases, no_readers(), items=DEFAULT.items, methods=METHODS, replicates=5
    )
    assert counted(analysis, "used") == counted(analysis, "cannot judge") == 1
    assert counted(analysis, "no item, only a rank, tags or a comment") == 1
    assert one(analysis.means, item="location", method="grad_cam")["mean"] == 4
    assert one(analysis.times, reader="Ada")["median"] == 12


@pytest.mark.parametrize(
    ("ratings", "message"),
    [
        ([row(), row(study="other")], "several studies"),
        ([row(score=6)], "location is rated from 1 to 5, not 6"),
        ([row(score=2.5)], "not 2.5"),
    ],
)
def test_ratings_that_cannot_be_are_refused(ratings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        analysed(ratings)


def test_missing_columns_are_named() -> None:
    options: dict[str, Any] = {"items": ITEMS, "methods": METHODS}
    short = table([row()]).drop(columns=["score", "rank"])
    with pytest.raises(ValueError, match="columns are missing: score, rank"):
        analyse(short, no_cases(), no_readers(), **options)
    with pytest.raises(ValueError, match="columns are missing: answer"):
        analyse(table([]), no_cases(), no_readers().drop(columns="answer"), **options)
    with pytest.raises(ValueError, match="columns are missing: hit"):
        analysed([row()], localisation=localised().drop(columns="hit"))


def test_tables_beside_the_ratings_are_checked() -> None:
    with pytest.raises(ValueError, match="answered from 1 to 5"):
        analysed([], readers=reader_table({"Ada": [6]}))
    twice = pd.concat([localised(lime=(0.1, True))] * 2)
    with pytest.raises(ValueError, match="several rows"):
        analysed([row()], localisation=twice)
    with pytest.raises(ValueError, match="from 0 to 1"):
        analysed([row()], localisation=localised(lime=(1.5, True)))
