"""Figures of measures, as pure functions from data to Plotly."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shamsul.explainers.baselines import BASELINES, EXPLAINERS
from shamsul.faithfulness.measure import Better, Measure, Statistic
from shamsul.ui.shared.charts import error, estimate, markers, told

#: A method's mean and a baseline's, and what stands beside them in their rows.
METHOD, BASELINE = "#4f9bb8", "#8f9aa5"
REFERENCES = {
    "random": ("Map without order", "diamond-open", "#e0a458"),
    "reversed": ("Map turned around", "x-thin-open", "#c56b6b"),
}
#: Details that have a panel each; more of them are drawn as lines.
PANELS = 4
_BETTER = {Better.HIGHER: "more is better →", Better.LOWER: "← less is better", None: ""}


def means_of(summary: pd.DataFrame, measure: Measure) -> go.Figure:
    """What a measure gives for methods beside baselines: means over maps with their intervals.

    Parameters
    ----------
    summary : DataFrame
        As :func:`shamsul.faithfulness.results.summary` gives it, not empty.
    measure : Measure
        Statistics that depend on the scale of maps are left out.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each statistic and detail with a row for each method; where there are many
        details a panel for each statistic with a line for each method.
    """
    statistics = [one for one in measure.statistics if one.comparable]
    shown = summary[summary["statistic"].isin([one.name for one in statistics])]
    if shown.groupby("statistic")["detail"].nunique().max() > PANELS:
        return _lines(shown, statistics)
    return _dots(shown, statistics)


def _dots(summary: pd.DataFrame, statistics: Sequence[Statistic]) -> go.Figure:
    """Methods below each other, with the references of each in its row."""
    methods = list(summary["method"].unique())
    panels = [
        (statistic, detail, part)
        for statistic in statistics
        for of_statistic in [summary[summary["statistic"] == statistic.name]]
        for detail, part in of_statistic.groupby("detail", sort=False)
    ]
    several = len(panels) > len(statistics)
    titles = [f"{one.title}, {detail}" if several else one.title for one, detail, _ in panels]
    figure = make_subplots(
        1,
        len(panels),
        shared_yaxes=True,
        subplot_titles=titles,
        horizontal_spacing=0.03,
    )
    for column, (statistic, _, part) in enumerate(panels, 1):
        places = part["method"].map(methods.index)
        for name, (title, symbol, colour) in REFERENCES.items():
            if summary[name].notna().any():
                figure.add_scatter(
                    x=part[name],
                    y=places,
                    mode="markers",
                    name=title,
                    legendgroup=name,
                    showlegend=column == 1,
                    marker={"symbol": symbol, "size": 8, "color": colour, "line_width": 1.5},
                    hovertemplate=f"{title}: %{{x:.3g}}<extra></extra>",
                    row=1,
                    col=column,
                )
        baseline = part["method"].isin(list(BASELINES))
        for title, colour, own in (
            ("Method", METHOD, part[~baseline]),
            ("Baseline", BASELINE, part[baseline]),
        ):
            if len(own):
                figure.add_scatter(
                    x=own["mean"],
                    y=own["method"].map(methods.index),
                    mode="markers",
                    name=title,
                    legendgroup=title,
                    showlegend=column == 1,
                    marker={"size": 9, "color": colour},
                    error_x=error(own, "mean", colour),
                    row=1,
                    col=column,
                    **_told(own),
                )
        figure.update_xaxes(title_text=_BETTER[statistic.better], row=1, col=column)
    figure.update_yaxes(
        tickvals=list(range(len(methods))),
        ticktext=[EXPLAINERS[method].title for method in methods],
        range=[len(methods) - 0.5, -0.5],
        automargin=True,
        zeroline=False,
    )
    return _finished(figure, 110 + 26 * len(methods))


def _lines(summary: pd.DataFrame, statistics: Sequence[Statistic]) -> go.Figure:
    """A line for each method over the details, in two columns of panels."""
    columns = min(2, len(statistics))
    rows = -(-len(statistics) // columns)
    figure = make_subplots(
        rows,
        columns,
        shared_xaxes=True,
        subplot_titles=[one.title for one in statistics],
        horizontal_spacing=0.06,
        vertical_spacing=0.1,
    )
    looks = markers(summary["method"].unique())
    for place, statistic in enumerate(statistics):
        row, column = place // columns + 1, place % columns + 1
        part = summary[summary["statistic"] == statistic.name]
        for method, own in part.groupby("method", sort=False):
            name = str(method)
            colour = looks[name]["color"]
            figure.add_scatter(
                x=own["detail"],
                y=own["mean"],
                mode="lines+markers",
                name=EXPLAINERS[name].title,
                legendgroup=name,
                showlegend=place == 0,
                marker={"size": 6, **looks[name]},
                line={"width": 1.5, "color": colour, "dash": "dot" if name in BASELINES else None},
                error_y=error(own, "mean", colour),
                row=row,
                col=column,
                **_told(own),
            )
    figure.update_xaxes(tickangle=-35, tickfont_size=10)
    return _finished(figure, 130 + 240 * rows)


def _told(own: pd.DataFrame) -> dict[str, Any]:
    """What is told about a mean that is pointed at."""
    words = [
        f"{EXPLAINERS[row.method].title} {row.detail}<br>"
        f"{estimate(row.mean, row.low, row.high)}<br>"
        f"{row.n} maps of {row.cases} cases"
        for row in own.itertuples()
    ]
    return told(words)


def _finished(figure: go.Figure, height: int) -> go.Figure:
    figure.update_xaxes(fixedrange=True, title_font_size=11)
    figure.update_yaxes(fixedrange=True)
    figure.update_annotations(font_size=13)
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 10, "t": 60, "b": 0},
        font_size=12,
        legend={"orientation": "h", "x": 0, "yref": "container", "y": 1, "yanchor": "top"},
    )
    return figure
