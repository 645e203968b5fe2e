"""Figures, as pure functions from data to Plotly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from shamsul.classifiers.prediction import Prediction
from shamsul.explainers.baselines import BASELINES, EXPLAINERS
from shamsul.faithfulness.measure import Better, Measure, Statistic
from shamsul.reporting.pictures import looks

#: Distinguishable without colour too: bars above their operating point carry a mark in the text.
POSITIVE, NEGATIVE, THRESHOLD = "#e0a458", "#5b7f95", "#8f9aa5"
#: From nothing in common to the same, ordered in lightness too.
COMMON = ["#24384a", "#3f7d99", "#9fd8dc"]
#: A method's mean and a baseline's, and what stands beside them in their rows.
METHOD, BASELINE = "#4f9bb8", "#8f9aa5"
REFERENCES = {
    "random": ("Map without order", "diamond-open", "#e0a458"),
    "reversed": ("Map turned around", "x-thin-open", "#c56b6b"),
}
#: Details that have a panel each; more of them are drawn as lines.
PANELS = 4
_BETTER = {Better.HIGHER: "more is better →", Better.LOWER: "← less is better", None: ""}


def probabilities(prediction: Prediction) -> go.Figure:
    """Bars of the labels' probabilities, most probable on top, with their operating points.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    plotly.graph_objects.Figure
        Bars, then the thresholds as upright ticks, then the probabilities as text.
    """
    scores = sorted(prediction.scores, key=lambda score: score.probability)
    labels = [score.label for score in scores]
    bars = go.Bar(
        name="Probability",
        x=[score.probability for score in scores],
        y=labels,
        orientation="h",
        marker_color=[POSITIVE if score.positive else NEGATIVE for score in scores],
        customdata=[[score.logit, score.threshold] for score in scores],
        hovertemplate=(
            "%{y}<br>probability %{x:.3f}<br>logit %{customdata[0]:.2f}"
            "<br>operating point %{customdata[1]:.2f}<extra></extra>"
        ),
    )
    ticks = go.Scatter(
        name="Operating point",
        x=[score.threshold for score in scores],
        y=labels,
        mode="markers",
        marker={"symbol": "line-ns-open", "size": 14, "line_width": 2, "color": THRESHOLD},
        hoverinfo="skip",
    )
    # In a column of their own, where no tick can cross them.
    values = go.Scatter(
        x=[1.04] * len(scores),
        y=labels,
        mode="text",
        text=[f"{score.probability:.2f}{' ▲' if score.positive else ''}" for score in scores],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure = go.Figure([bars, ticks, values])
    figure.update_layout(
        height=90 + 30 * len(scores),
        margin={"l": 0, "r": 0, "t": 0, "b": 64},
        font_size=12,
        xaxis={"range": [0, 1.4], "tickvals": [0, 0.5, 1], "fixedrange": True},
        yaxis={"automargin": "width", "fixedrange": True},
        legend={
            "orientation": "h",
            "yref": "container",
            "y": 0,
            "yanchor": "bottom",
            "x": 0,
            "font_size": 11,
        },
        bargap=0.35,
        showlegend=True,
    )
    return figure


def agreement(
    titles: Sequence[str], matrix: NDArray[np.float64], *, light: bool = False
) -> go.Figure:
    """How far maps agree in pairs, as coloured cells with their numbers.

    Parameters
    ----------
    titles : sequence of str
        The maps' names, for both axes.
    matrix : ndarray of shape (n, n), float
        At most 1, symmetric; NaN where there is no number. The diagonal is left out.
    light : bool
        Whether the page is light: the more two maps agree, the more their cell stands out.

    Returns
    -------
    plotly.graph_objects.Figure
        Cells coloured from 0 (and below) to 1, then their numbers as text, a dash for NaN.
    """
    pairs = ~np.eye(len(titles), dtype=bool)
    crowded = len(titles) > 5
    names = np.array([title.replace(" ", "<br>") for title in titles])
    cells = go.Heatmap(
        x=names,
        y=names,
        z=np.where(pairs, matrix, np.nan),
        zmin=0,
        zmax=1,
        colorscale=COMMON[::-1] if light else COMMON,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    rows, columns = np.nonzero(pairs)
    numbers = matrix[rows, columns]
    # Not the cells' own text: what Plotly writes on light cells is a grey too near to them.
    texts = go.Scatter(
        x=names[columns],
        y=names[rows],
        mode="text",
        text=[in_figures(number) for number in numbers],
        textfont={
            "color": [_ink(number, light) for number in numbers],
            "size": 10 if crowded else 12,
        },
        hoverinfo="skip",
    )
    figure = go.Figure([cells, texts])
    axis = {"fixedrange": True, "showgrid": False, "ticks": "", "automargin": True}
    figure.update_layout(
        height=(90 if crowded else 50) + 34 * len(titles),
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        font_size=12,
        xaxis={
            "side": "top",
            "range": [-0.5, len(titles) - 0.5],
            "tickangle": -90 if crowded else 0,
            **axis,
        },
        yaxis={"range": [len(titles) - 0.5, -0.5], **axis},
        showlegend=False,
    )
    return figure


def in_figures(number: float) -> str:
    """Two decimals and a proper minus sign, never before a zero; a dash for NaN."""
    return "–" if np.isnan(number) else f"{number:z.2f}".replace("-", "−")


def _ink(number: float, light: bool) -> str:
    """What is read on a cell's colour, or where there is no cell."""
    if np.isnan(number):
        return THRESHOLD
    return "#ffffff" if (number > 0.5) == light else "#0c0e10"


def measured(summary: pd.DataFrame, measure: Measure, *, light: bool = False) -> go.Figure:
    """What a measure gives for methods beside baselines: means over maps with their intervals.

    Parameters
    ----------
    summary : DataFrame
        As :func:`shamsul.faithfulness.results.summary` gives it, not empty.
    measure : Measure
        Statistics that depend on the scale of maps are left out.
    light : bool
        Whether the page is light.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each statistic and detail with a row for each method; where there are many
        details a panel for each statistic with a line for each method.
    """
    statistics = [one for one in measure.statistics if one.comparable]
    shown = summary[summary["statistic"].isin([one.name for one in statistics])]
    if shown.groupby("statistic")["detail"].nunique().max() > PANELS:
        return _lines(shown, statistics, light)
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
                    error_x=_error(own, colour),
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


def _lines(summary: pd.DataFrame, statistics: Sequence[Statistic], light: bool) -> go.Figure:
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
    looked = looks(summary["method"].unique())
    for place, statistic in enumerate(statistics):
        row, column = place // columns + 1, place % columns + 1
        part = summary[summary["statistic"] == statistic.name]
        for method, own in part.groupby("method", sort=False):
            name = str(method)
            colour = _on_page(looked[name][0], light)
            figure.add_scatter(
                x=own["detail"],
                y=own["mean"],
                mode="lines+markers",
                name=EXPLAINERS[name].title,
                legendgroup=name,
                showlegend=place == 0,
                marker={"size": 6, "color": colour, "symbol": _SYMBOLS[looked[name][1]]},
                line={"width": 1.5, "color": colour, "dash": "dot" if name in BASELINES else None},
                error_y=_error(own, colour),
                row=row,
                col=column,
                **_told(own),
            )
    figure.update_xaxes(tickangle=-35, tickfont_size=10)
    return _finished(figure, 130 + 240 * rows)


#: Plotly's names of matplotlib's markers.
_SYMBOLS = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "<": "triangle-left",
    ">": "triangle-right",
    "h": "hexagon",
    "*": "star",
}


def _on_page(colour: str, light: bool) -> str:
    """A colour for white paper as it is seen on the page too."""
    return "#e8ebee" if colour == "#000000" and not light else colour


def _error(own: pd.DataFrame, colour: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": own["high"] - own["mean"],
        "arrayminus": own["mean"] - own["low"],
        "color": colour,
        "thickness": 1.5,
        "width": 0,
    }


def _told(own: pd.DataFrame) -> dict[str, Any]:
    """What is told about a mean that is pointed at."""
    words = [
        f"{EXPLAINERS[row.method].title} {row.detail}<br>{in_figures(row.mean)} "
        f"({in_figures(row.low)} to {in_figures(row.high)})<br>{row.n} maps of {row.cases} cases"
        for row in own.itertuples()
    ]
    return {"text": words, "hovertemplate": "%{text}<extra></extra>"}


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
