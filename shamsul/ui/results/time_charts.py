"""Figures of how long readers took, to point at, as pure functions from tables to Plotly.

Each has the name and the numbers of one of :mod:`shamsul.analysis.figures`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shamsul.analysis.figures import scale
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.pictures import look, two_decimals
from shamsul.ui.shared.charts import (
    LONE,
    apart,
    dots,
    finished,
    marker,
    rows,
    told,
    written,
)

#: Pixels between two panels that share an axis.
_BETWEEN = 24.0


def times(table: pd.DataFrame) -> go.Figure:
    """Active time per case of each reader: median and quartiles."""
    quartiles = table.rename(columns={"q1": "low", "q3": "high"})
    words = [
        f"{written(row.reader)}<br>Median {row.median:.0f} s (quartiles {row.low:.0f} to "
        f"{row.high:.0f} s)<br>n = {row.n} cases"
        for row in quartiles.itertuples()
    ]
    figure = go.Figure()
    dots(figure, quartiles, "median", np.arange(len(table)), LONE, words)
    rows(figure, [written(reader, 40) for reader in table["reader"]])
    figure.update_xaxes(title="Active time per case (seconds)", rangemode="tozero")
    return finished(figure, [28 * len(table)])


def learning(table: pd.DataFrame, items: Sequence[Question]) -> go.Figure:
    """Time and score in the order in which cases were met, a line for each session."""
    panels = [190.0, 190.0]
    figure = make_subplots(2, 1, shared_xaxes=True, **apart(panels, _BETWEEN))
    sessions = list(table.groupby("session"))
    for number, (session, mine) in enumerate(sessions):
        looked, order = marker(look(number)), mine["case_order"]
        name = f"session {session}"
        figure.add_scatter(
            x=[*order, *order[::-1]],
            y=[*mine["q3"], *mine["q1"][::-1]],
            fill="toself",
            fillcolor=looked["color"],
            opacity=0.18,
            line_width=0,
            mode="lines",
            legendgroup=name,
            showlegend=False,
            hoverinfo="skip",
            row=1,
            col=1,
        )
        timed = [
            f"Case {row.case_order} of {name}<br>Median {row.median_seconds:.0f} s (quartiles "
            f"{row.q1:.0f} to {row.q3:.0f} s)<br>n = {row.n} readers' times"
            for row in mine.itertuples()
        ]
        rated = [
            f"Case {row.case_order} of {name}<br>Mean score {two_decimals(row.mean_score)}<br>"
            f"n = {row.ratings} ratings"
            for row in mine.itertuples()
        ]
        for row, column, words in ((1, "median_seconds", timed), (2, "mean_score", rated)):
            figure.add_scatter(
                x=order,
                y=mine[column],
                mode="lines+markers",
                name=name,
                legendgroup=name,
                showlegend=row == 1 and len(sessions) > 1,
                line={"width": 1.5, "color": looked["color"]},
                marker={"size": 6, **looked},
                row=row,
                col=1,
                **told(words),
            )
    figure.update_yaxes(title="Seconds per case", rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title="Mean score", range=list(scale(items)), dtick=1, row=2, col=1)
    figure.update_xaxes(range=[0.5, table["case_order"].max() + 0.5], tickformat="d")
    figure.update_xaxes(title="Place of the case in the order met", row=2, col=1)
    return finished(figure, panels, gap=_BETWEEN)
