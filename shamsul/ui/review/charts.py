"""Figures of the Review page, as pure functions from data to Plotly."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from shamsul.reporting.pictures import two_decimals

#: From nothing in common to the same: over the page, dark or light, whose letters stay readable.
COMMON = ["rgba(63, 140, 170, 0)", "rgba(63, 140, 170, 0.55)"]


def agreement(titles: Sequence[str], matrix: NDArray[np.float64]) -> go.Figure:
    """How far maps agree in pairs, as coloured cells with their numbers.

    Parameters
    ----------
    titles : sequence of str
        The maps' names, for both axes.
    matrix : ndarray of shape (n, n), float
        At most 1, symmetric; NaN where there is no number. The diagonal is left out.

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
        colorscale=COMMON,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="skip",
    )
    rows, columns = np.nonzero(pairs)
    numbers = matrix[rows, columns]
    # Not the cells' own text, which is a grey: the letters of the page.
    texts = go.Scatter(
        x=names[columns],
        y=names[rows],
        mode="text",
        text=[two_decimals(number) for number in numbers],
        textfont_size=10 if crowded else 12,
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
