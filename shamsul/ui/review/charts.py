"""Figures of the Review page, as pure functions from data to Plotly."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from shamsul.classifiers.prediction import Prediction
from shamsul.reporting.pictures import two_decimals

#: Distinguishable without colour too: bars above their operating point carry a mark in the text.
POSITIVE, NEGATIVE, THRESHOLD = "#e0a458", "#5b7f95", "#8f9aa5"
#: From nothing in common to the same, ordered in lightness too.
COMMON = ["#24384a", "#3f7d99", "#9fd8dc"]


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
        text=[two_decimals(number) for number in numbers],
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


def _ink(number: float, light: bool) -> str:
    """What is read on a cell's colour, or where there is no cell."""
    if np.isnan(number):
        return THRESHOLD
    return "#ffffff" if (number > 0.5) == light else "#0c0e10"
