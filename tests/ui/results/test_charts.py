"""Figures of the results page: what is drawn of which cells of the tables, and what is told."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from shamsul.analysis import figures
from shamsul.analysis.figures import draw
from shamsul.analysis.helped import Helped
from shamsul.analysis.helped_figures import GRID
from shamsul.reading.design.questionnaire import Kind, Question, Step
from shamsul.ui.results import charts, helped_charts, time_charts
from tests.analysis.test_report import analysed

#: Readers whose names are markup, and no letters that files can draw.
MARKUP, CHINESE = "<b>Ada</b> & $x$", "王小明"
ESCAPED = "&lt;b&gt;Ada&lt;/b&gt; &amp; &#36;x&#36;"
METHODS = {"lime": "LIME", "rise": "RISE"}
POINTS = ("poor", "fair", "good")
ITEMS = (
    Question("where", "Is it in the right place?", Kind.SCALE, Step.MAPS, options=POINTS),
    Question("use", "Is it of use?", Kind.SCALE, Step.MAPS, options=POINTS),
)
COUNTS = {"n": 12, "readers": 3, "cases": 6, "left_out": 0}


def estimates(name: str, values: dict[tuple[str, ...], float], *keys: str) -> pd.DataFrame:
    """Each value with an interval from 0.5 below it to 0.25 above."""
    rows = [
        dict(zip(keys, key, strict=True))
        | {name: value, "low": value - 0.5, "high": value + 0.25, **COUNTS}
        for key, value in values.items()
    ]
    return pd.DataFrame(rows)


def trace(figure: go.Figure, name: str) -> go.Scatter:
    (found,) = (one for one in figure.data if one.name == name)
    return found


def bars(found: go.Scatter, axis: str = "error_x") -> tuple[list[float], list[float]]:
    return list(found[axis].arrayminus), list(found[axis].array)


def test_means_are_rows_of_items_with_a_dot_for_each_method() -> None:
    values = {
        ("where", "lime"): 2.5,
        ("where", "rise"): 1.5,
        ("use", "lime"): 2,
        ("use", "rise"): 3,
    }
    figure = charts.means(estimates("mean", values, "item", "method"), ITEMS, METHODS)
    lime, rise = figure.data
    assert (lime.name, list(lime.x), list(rise.x)) == ("LIME", [2.5, 2], [1.5, 3])
    assert list(lime.y) == pytest.approx([-0.15, 0.85])
    assert list(rise.y) == pytest.approx([0.15, 1.15])
    assert bars(lime) == ([0.5, 0.5], [0.25, 0.25])
    assert lime.hovertext[1] == (
        "LIME<br>Is it of use?<br>2.00 (1.50 to 2.25)<br>n = 12 ratings of 6 cases by 3 readers"
    )
    assert list(figure.layout.yaxis.ticktext) == ["Is it in the right place?", "Is it of use?"]
    # The scale as it is: nothing to look into.
    assert list(figure.layout.xaxis.range) == [0.8, 3.2] and figure.layout.xaxis.fixedrange


def test_scores_begin_and_end_about_their_middle() -> None:
    rows = [
        ("where", method, score, count, sum(counts), 1)
        for method, counts in (("lime", (1, 2, 1)), ("rise", (0, 0, 5)))
        for score, count in enumerate(counts, 1)
    ]
    columns = ["item", "method", "score", "ratings", "n", "cannot_judge"]
    figure = charts.scores(pd.DataFrame(rows, columns=columns), ITEMS[:1], METHODS)
    poor, fair, good = figure.data
    assert [one.name for one in figure.data] == list(POINTS)
    assert (list(poor.base), list(poor.x)) == ([-50, 0], [25, 0])
    assert (list(fair.base), list(fair.x)) == ([-25, 0], [50, 0])
    assert (list(good.base), list(good.x)) == ([25, 0], [25, 100])
    assert list(good.hovertext) == [
        "LIME<br>3 good: 1 of 4 ratings",
        "RISE<br>3 good: 5 of 5 ratings",
    ]
    assert {"n = 4", "n = 5"} <= {one.text for one in figure.layout.annotations}


def test_each_reader_is_a_line_that_tells_its_name_in_any_script() -> None:
    rows = [
        ("where", MARKUP, "lime", 1.0, 4, 2),
        ("where", MARKUP, "rise", 2.0, 4, 2),
        ("where", CHINESE, "lime", 3.0, 5, 3),
    ]
    table = pd.DataFrame(rows, columns=["item", "reader", "method", "mean", "n", "cases"])
    every = {("where", "lime"): 2.0, ("where", "rise"): 2.0}
    means = estimates("mean", every, "item", "method")
    figure = charts.readers(table, means, ITEMS[:1], METHODS)
    assert [one.name for one in figure.data] == [ESCAPED, CHINESE, "All readers"]
    ada, chinese, mean = figure.data
    assert list(ada.y) == [1, 2] and ada.hovertext[1] == (
        f"{ESCAPED}<br>RISE: 2.00<br>n = 4 ratings of 2 cases"
    )
    # What was not rated is a gap.
    assert chinese.y[0] == 3 and np.isnan(chinese.y[1])
    assert chinese.hovertext[0] == f"{CHINESE}<br>LIME: 3.00<br>n = 5 ratings of 3 cases"
    assert (list(mean.y), bars(mean, "error_y")) == ([2, 2], ([0.5, 0.5], [0.25, 0.25]))


def test_differences_have_their_p_beside_and_in_what_is_told() -> None:
    table = estimates("difference", {("where", "lime", "rise"): -1.0}, "item", "first", "second")
    figure = charts.differences(table.assign(p_holm=0.0004), ITEMS[:1], METHODS)
    (dots,) = figure.data
    assert (list(dots.x), bars(dots)) == ([-1], ([0.5], [0.25]))
    assert list(figure.layout.yaxis.ticktext) == ["LIME − RISE"]
    assert dots.hovertext[0] == (
        "LIME − RISE<br>−1.00 (−1.50 to −0.75)<br>p after Holm &lt;0.001<br>"
        "n = 12 ratings of 6 cases by 3 readers"
    )
    assert "&lt;0.001" in {one.text for one in figure.layout.annotations}


def test_ranks_are_shares_of_readings_beside_the_mean_rank() -> None:
    counts = {("lime", 1): 3, ("lime", 2): 1, ("rise", 1): 1, ("rise", 2): 3}
    places = pd.DataFrame(
        [(*key, count, 4, 0) for key, count in counts.items()],
        columns=["method", "place", "readings", "n", "left_out"],
    )
    ranks = estimates("mean_rank", {("lime",): 1.25, ("rise",): 1.75}, "method")
    figure = charts.ranks(places, ranks, METHODS)
    first, second, mean = figure.data
    assert (list(first.x), list(first.base)) == ([75, 25], [0, 0])
    assert (list(second.x), list(second.base)) == ([25, 75], [75, 25])
    assert second.hovertext[1] == "RISE<br>Place 2 in 3 of 4 readings"
    assert (list(mean.x), bars(mean)) == ([1.25, 1.75], ([0.5, 0.5], [0.25, 0.25]))
    assert mean.hovertext[0].startswith("LIME<br>Mean rank 1.25 (0.75 to 1.50)<br>n = 12 readings")


def test_agreement_is_krippendorffs_alpha_between_his_bounds() -> None:
    values = {("where", "krippendorff_alpha"): 0.7, ("where", "fleiss_kappa"): 0.1}
    table = estimates("value", values, "item", "statistic")
    figure = charts.agreement(table, ITEMS[:1])
    (dots,) = figure.data
    assert list(dots.x) == [0.7]
    assert dots.hovertext[0] == (
        "Is it in the right place?<br>α = 0.70 (0.20 to 0.95)<br>n = 12 maps by 3 readers"
    )
    assert [shape.x0 for shape in figure.layout.shapes] == [0, 0.667, 0.8]


def test_times_are_of_readers_by_their_names() -> None:
    rows = [(MARKUP, 30.0, 20.0, 50.0, 6, 0, ""), (CHINESE, 12.0, 10.0, 20.0, 5, 1, "")]
    columns = ["reader", "median", "q1", "q3", "n", "left_out", "why"]
    figure = time_charts.times(pd.DataFrame(rows, columns=columns))
    (dots,) = figure.data
    assert (list(dots.x), bars(dots)) == ([30, 12], ([10, 2], [20, 8]))
    assert list(figure.layout.yaxis.ticktext) == [ESCAPED, CHINESE]
    assert dots.hovertext[1] == f"{CHINESE}<br>Median 12 s (quartiles 10 to 20 s)<br>n = 5 cases"


def test_learning_has_a_line_for_each_session() -> None:
    rows = [
        (1, 1, 40.0, 30.0, 60.0, 3, 0, 2.0, 9, 0),
        (1, 2, 20.0, 10.0, 30.0, 3, 0, 2.5, 8, 1),
        (2, 1, 15.0, 10.0, 25.0, 2, 1, 3.0, 6, 0),
    ]
    columns = [
        "session",
        "case_order",
        "median_seconds",
        "q1",
        "q3",
        "n",
        "left_out",
        "mean_score",
        "ratings",
        "cannot_judge",
    ]
    figure = time_charts.learning(pd.DataFrame(rows, columns=columns), ITEMS)
    band, times, scores, *_ = figure.data
    assert (list(band.x), list(band.y)) == ([1, 2, 2, 1], [60, 30, 10, 30])
    assert (list(times.x), list(times.y), list(scores.y)) == ([1, 2], [40, 20], [2, 2.5])
    assert times.hovertext[0] == (
        "Case 1 of session 1<br>Median 40 s (quartiles 30 to 60 s)<br>n = 3 readers' times"
    )
    assert scores.hovertext[1] == "Case 2 of session 1<br>Mean score 2.50<br>n = 8 ratings"
    named = [one.name for one in figure.data if one.showlegend]
    assert named == ["session 1", "session 2"]


def test_a_point_of_localisation_tells_its_case() -> None:
    rows = [
        ("where", "CXR-1", "Edema", "lime", "a", 0.25, 2.5, 3),
        ("where", "CXR-2", "Edema", "rise", "b", 0.75, 1.0, 2),
    ]
    columns = ["item", "case", "label", "method", "heatmap_sha256", "iou", "mean_score", "n"]
    known = estimates("rho", {("where",): 0.5}, "item")
    figure = charts.localisation(pd.DataFrame(rows, columns=columns), known, ITEMS[:1], METHODS)
    lime = trace(figure, "LIME")
    assert (list(lime.x), list(lime.y)) == ([0.25], [2.5])
    assert lime.hovertext[0] == "LIME<br>CXR-1, Edema<br>Mean score 2.50, IoU 0.25<br>n = 3 ratings"
    (title,) = figure.layout.annotations
    assert title.text == "Is it in the right place?<br>ρ = 0.50 (0.00 to 0.75)"
    assert not figure.layout.xaxis.fixedrange


@pytest.fixture
def helped() -> Helped:
    """Two readers at two steps: one right at once, the other with the maps only."""
    corners = {
        ("image", MARKUP): [(0, 0), (0, 1), (1, 1)],
        ("image", CHINESE): [(0, 0), (1, 1)],
        ("maps", MARKUP): [(0, 0), (0, 1), (1, 1)],
        ("maps", CHINESE): [(0, 0), (0, 1), (1, 1)],
    }
    areas = {("image", MARKUP): 1.0, ("image", CHINESE): 0.5}
    keys = ["label", "step", "reader"]
    nothing = pd.DataFrame()
    return Helped(
        readers=pd.DataFrame(
            [("Edema", *key, 8, 4, areas.get(key, 1.0)) for key in corners],
            columns=[*keys, "n", "with_finding", "auc"],
        ),
        confidence=nothing,
        change=nothing,
        roc=pd.DataFrame(
            [("Edema", *key, *place) for key, places in corners.items() for place in places],
            columns=[*keys, "false_positive_rate", "sensitivity"],
        ),
        means=estimates(
            "mean",
            {("Edema", "auc", "image"): 0.75, ("Edema", "auc", "maps"): 1.0},
            *("label", "statistic", "step"),
        ),
        test=nothing,
        differences=nothing,
    )


def test_roc_curves_tell_whose_they_are(helped: Helped) -> None:
    figure = helped_charts.roc(helped)
    assert [one.text for one in figure.layout.annotations] == [
        "Image alone",
        "With the model's maps",
    ]
    first = [one for one in figure.data if one.xaxis == "x"]
    second = [one for one in figure.data if one.xaxis == "x2"]
    told = [one.hovertext[1].split("<br>")[0] for one in first if one.hovertext]
    assert told == [ESCAPED, CHINESE, "Mean"]
    mean = first[-1]
    # The mean of 1 and of the diagonal.
    np.testing.assert_allclose(mean.y, (1 + GRID) / 2)
    assert mean.hovertext[0] == "Mean<br>Sensitivity 0.50, specificity 1.00"
    dashed = [one for one in second if one.line.dash == "dash"]
    assert len(dashed) == 1 and list(dashed[0].y) == list(mean.y)
    assert not any(one.line.dash for one in first)
    assert not figure.layout.xaxis.fixedrange


def test_readers_lines_tell_their_areas(helped: Helped) -> None:
    figure = helped_charts.by_step(helped)
    ada, chinese = trace(figure, ESCAPED), trace(figure, CHINESE)
    assert (list(ada.y), list(chinese.y)) == ([1, 1], [0.5, 1])
    assert chinese.hovertext[0] == (
        f"{CHINESE}<br>image alone: AUC 0.50<br>n = 8 cases, 4 with the finding"
    )
    mean = trace(figure, "mean")
    assert (list(mean.y), bars(mean, "error_y")) == ([0.75, 1], ([0.5, 0.5], [0.25, 0.25]))
    assert mean.hovertext[0] == (
        "Mean<br>image alone: AUC 0.75 (0.25 to 1.00)<br>n = 6 cases read by 3 readers"
    )
    # Intervals are seen whole.
    assert figure.layout.yaxis.range[0] == pytest.approx(0.2)


def test_every_figure_of_a_study_has_a_chart_but_the_diagram() -> None:
    analysis = analysed()
    names = {picture.name for picture in draw(analysis)}
    assert charts.draw(analysis, names).keys() == names - {"flow"}
    assert not charts.draw(analysis, set())


def test_names_instead_of_numbers_need_no_sentence_on_the_page() -> None:
    rows = [(CHINESE, 12.0, 10.0, 20.0, 5, 1, "")]
    columns = ["reader", "median", "q1", "q3", "n", "left_out", "why"]
    picture = figures.times(pd.DataFrame(rows, columns=columns))
    assert "numbered" not in picture.caption
    assert "numbered" in picture.words
    assert "numbered" in picture.figure.get_supxlabel()
