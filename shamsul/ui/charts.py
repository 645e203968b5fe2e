"""Figures, as pure functions from data to Plotly."""

import plotly.graph_objects as go

from shamsul.classifiers.prediction import Prediction

#: Distinguishable without colour too: bars above their operating point carry a mark in the text.
POSITIVE, NEGATIVE, THRESHOLD = "#e0a458", "#5b7f95", "#8f9aa5"


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
