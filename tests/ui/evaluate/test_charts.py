"""Figures of measures."""

import numpy as np
import pandas as pd
import pytest

from shamsul.faithfulness.registry import MEASURES
from shamsul.reporting.resampling import ESTIMATED
from shamsul.ui.evaluate import charts
from tests.ui.contrast import luminance


def means(
    statistics: dict[str, list[float]], details: tuple[str, ...] = ("",), random: float = np.nan
) -> pd.DataFrame:
    """Means of LIME, LRP and the lung field, by statistic, the same at each detail."""
    rows = [
        (statistic, detail, method, mean, mean - 1, mean + 2, 12, 8, 0, 0, "", random, -mean)
        for statistic, values in statistics.items()
        for detail in details
        for method, mean in zip(("lime", "lrp", "lung_field"), values, strict=True)
    ]
    columns = ["statistic", "detail", "method", "mean", *ESTIMATED, "random", "reversed"]
    return pd.DataFrame(rows, columns=columns)


def test_methods_baselines_and_references_stand_in_rows() -> None:
    table = means({"relevance_gain": [5, 2, 3], "deletion_auc": [1, 2, 3]}, random=0.5)
    figure = charts.means_of(table, MEASURES["pixel_flipping"])
    assert [one.text for one in figure.layout.annotations] == ["Relevance gain", "Deletion area"]
    assert list(figure.layout.yaxis.ticktext) == ["LIME", "LRP", "Lung-field prior"]
    assert figure.layout.xaxis.title.text == "more is better →"
    assert figure.layout.xaxis2.title.text == "← less is better"
    gain = {trace.name: trace for trace in figure.data if trace.xaxis == "x"}
    assert list(gain) == ["Map without order", "Map turned around", "Method", "Baseline"]
    assert list(gain["Map without order"].x) == [0.5] * 3
    assert list(gain["Map turned around"].x) == [-5, -2, -3]
    methods, baseline = gain["Method"], gain["Baseline"]
    assert (list(methods.x), list(methods.y)) == ([5, 2], [0, 1])
    assert (list(baseline.x), list(baseline.y)) == ([3], [2])
    assert (list(methods.error_x.arrayminus), list(methods.error_x.array)) == ([1, 1], [2, 2])
    assert methods.hovertext[0] == "LIME <br>5.00 (4.00 to 7.00)<br>12 maps of 8 cases"
    # One legend for all panels.
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert sorted(named) == sorted(gain)


def test_each_detail_has_a_panel_and_what_is_not_comparable_has_none() -> None:
    table = means({"correlation": [0.5, 0.2, 0.1]}, ("n=1", "n=5"))
    figure = charts.means_of(table, MEASURES["sensitivity_n"])
    assert [one.text for one in figure.layout.annotations] == [
        "Correlation, n=1",
        "Correlation, n=5",
    ]
    assert "Map without order" not in {trace.name for trace in figure.data}
    table = means({"unexplained": [0.5, 0.6, 0.7], "mean_squared_error": [1e6, 2, 3]})
    figure = charts.means_of(table, MEASURES["infidelity"])
    assert [one.text for one in figure.layout.annotations] == ["Unexplained share"]


@pytest.mark.parametrize("page", ["#0c0e10", "#ffffff"])
def test_many_details_are_lines_and_every_line_is_seen(page: str) -> None:
    stages = tuple("abcdef")
    table = means({"spearman": [0.5, 0.6, 1], "ssim": [0.4, 0.3, 1]}, stages)
    table["method"] = table["method"].replace("lime", "rise")  # black on paper
    figure = charts.means_of(table, MEASURES["cascading_randomisation"])
    assert {len(trace.x) for trace in figure.data} == {6}
    first = [trace for trace in figure.data if trace.xaxis == "x"]
    assert [trace.name for trace in first] == ["RISE", "LRP", "Lung-field prior"]
    assert list(first[0].x) == list(stages) and list(first[0].y) == [0.5] * 6
    behind = luminance(page)
    for trace in first:
        ink = luminance(trace.line.color)
        assert (max(behind, ink) + 0.05) / (min(behind, ink) + 0.05) >= 2.3, trace.name


def test_one_case_has_means_without_intervals() -> None:
    table = means({"relevance_gain": [5, 2, 3]})
    table[["low", "high"]] = np.nan
    figure = charts.means_of(table, MEASURES["pixel_flipping"])
    method = next(trace for trace in figure.data if trace.name == "Method")
    assert np.isnan(np.array(method.error_x.array, float)).all()
    assert method.hovertext[0].startswith("LIME <br>5.00<br>")
