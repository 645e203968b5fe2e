"""Rows of measures as tables, means, words and files, with numbers that are done by hand."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from shamsul.faithfulness.registry import MEASURES
from shamsul.faithfulness.results import COLUMNS, as_csv, as_json, sentences, summary, table
from shamsul.storage.result_cache import Rows

GAIN, UNEXPLAINED = MEASURES["pixel_flipping"], MEASURES["infidelity"]


def rows(
    values: Mapping[str, Sequence[float | None]],
    statistic: str = "relevance_gain",
    measure: str = "pixel_flipping",
    detail: str = "",
    random: float = 0.0,
) -> Rows:
    """One map a case, by method."""
    return [
        {
            "image": f"case {number}",
            "image_sha256": f"{number}" * 64,
            "label": "Edema",
            "method": method,
            "heatmap_sha256": "a" * 64,
            "measure": measure,
            "statistic": statistic,
            "detail": detail,
            "value": value,
            "random": random,
            "reversed": None,
        }
        for method, column in values.items()
        for number, value in enumerate(column)
    ]


def test_means_count_what_is_undefined_and_come_in_order() -> None:
    found = table(
        rows({"lung_field": [3, 3, 3], "lime": [1, 2, None]})
        + rows({"lime": [5, 5, 5]}, "deletion_auc", random=7)
    )
    means = summary(found, GAIN)
    # The measure's first statistic first, methods before baselines.
    assert means["statistic"].unique().tolist() == ["relevance_gain", "deletion_auc"]
    lime = means.iloc[0]
    assert (lime["method"], lime["mean"], lime["n"], lime["left_out"]) == ("lime", 1.5, 2, 1)
    assert lime["low"] == 1 and lime["high"] == 2 and lime["cases"] == 2
    assert means.iloc[1]["method"] == "lung_field" and means.iloc[1]["left_out"] == 0
    deletion = means[means["statistic"] == "deletion_auc"].set_index("method")
    assert (deletion.loc["lime", "mean"], deletion.loc["lime", "random"]) == (5, 7)
    assert np.isnan(lime["reversed"])


def test_all_undefined_is_said() -> None:
    (row,) = summary(table(rows({"lime": [None, None]})), GAIN).to_dict("records")
    assert np.isnan(row["mean"]) and row["left_out"] == 2
    assert row["why"] == "Undefined for every map."


def test_cases_are_drawn_whole() -> None:
    """Two maps of each case that are alike count as two cases, not as four."""
    twice = rows({"lime": [0, 1]}) + [{**row, "label": "Mass"} for row in rows({"lime": [0, 1]})]
    (row,) = summary(table(twice), GAIN).to_dict("records")
    assert (row["mean"], row["n"], row["cases"]) == (0.5, 4, 2)
    assert (row["low"], row["high"]) == (0, 1)


def test_methods_that_beat_the_best_baseline_are_listed_and_others_have_their_difference() -> None:
    found = table(
        rows(
            {
                "lime": [5, 6, 5, 6, 5],
                "lrp": [2, 3, 4, 2, 2],
                "shap": [2, 3, 9, 3, 3],
                "grad_cam": [-1, -2, -1, -1, -1],
                "centred_gaussian": [1, 1, 1, 1, 1],
                "lung_field": [3, 3, 3, 3, 3],
            }
        )
    )
    better, shap, grad_cam, lrp, random = sentences(found, GAIN)
    assert better == "Better than the best baseline, Lung-field prior, by relevance gain: LIME."
    assert grad_cam.startswith("Grad-CAM does not beat Lung-field prior: difference −4.20 (")
    assert lrp.startswith("LRP does not beat Lung-field prior: difference −0.40 (")
    assert lrp.endswith("), n = 5 maps.")
    assert shap.startswith(
        "SHAP scores better than Lung-field prior, but the interval includes zero: difference 1.00"
    )
    assert random == "Not shown to be better than a map without order: Grad-CAM."


def test_less_may_be_better() -> None:
    found = table(
        rows(
            {
                "lime": [0.5, 0.6, 0.5, 0.6, 0.5],
                "lung_field": [0.7] * 5,
                "lrp": [0.9, 0.8, 0.9, 0.8, 0.85],
            },
            "unexplained",
            "infidelity",
            random=0.85,
        )
    )
    better, worse, random = sentences(found, UNEXPLAINED)
    assert better.endswith("by unexplained share: LIME.")
    assert (
        worse == "LRP does not beat Lung-field prior: difference 0.15 (0.11 to 0.19), n = 5 maps."
    )
    assert random == "Not shown to be better than a map without order: LRP."


def test_a_map_counts_once_whatever_it_is_measured_at() -> None:
    at = [
        rows({"lime": [1] * 5, "lung_field": [0] * 5}, "correlation", "sensitivity_n", "n=1"),
        rows({"lime": [0] * 5, "lung_field": [0.5] * 5}, "correlation", "sensitivity_n", "n=5"),
    ]
    (better,) = sentences(table(at[0] + at[1]), MEASURES["sensitivity_n"])
    # 0.5 against 0.25, neither of which has anything to vary.
    assert better == "Better than the best baseline, Lung-field prior, by correlation: LIME."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"lime": [5], "lung_field": [3]}, "One case only"),
        ({"lime": [5, 6]}, "No baseline is beside the methods"),
        ({"lime": [5, 6, 5, 6], "lung_field": [3, 3, 3, 3]}, "Fewer than 5 cases: whether methods"),
    ],
)
def test_why_nothing_is_compared(values: dict[str, list[float | None]], sentence: str) -> None:
    (said,) = sentences(table(rows(values)), GAIN)
    assert said.startswith(sentence)


def test_nothing_has_to_be_beaten_where_neither_end_is_better() -> None:
    found = table(rows({"lime": [1, 1], "lung_field": [1, 1]}, "spearman", "repeatability"))
    assert sentences(found, MEASURES["repeatability"]) == []


def test_files_have_every_row_and_leave_empty_what_is_undefined() -> None:
    made = rows({"lime": [1.25, None]})
    made[0]["image"] = "=1+1"
    (first, second) = csv.DictReader(io.StringIO(as_csv(made).decode()))
    assert tuple(first) == COLUMNS
    assert (first["image"], first["value"], first["reversed"]) == ("'=1+1", "1.25", "")
    assert (second["image"], second["value"], second["random"]) == ("case 1", "", "0.0")
    assert json.loads(as_json({"rows": made}))["rows"][1]["value"] is None


def test_no_rows_are_an_empty_table() -> None:
    empty = table([])
    assert list(empty.columns) == list(COLUMNS) and empty.empty
    assert isinstance(summary(empty, GAIN), pd.DataFrame)
    assert sentences(empty, GAIN) == []
