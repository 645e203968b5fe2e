"""Figures of what the model's probability and maps make of readers, to point at.

Pure functions from tables to Plotly, with the names and the numbers of
:mod:`shamsul.analysis.helped_figures`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from shamsul.analysis.helped import Helped
from shamsul.analysis.helped_figures import GRID, drawn, mean_curve
from shamsul.analysis.steps import STEPS
from shamsul.reporting.pictures import COLOURS, look, two_decimals
from shamsul.ui.shared.charts import (
    FAINT,
    PALE,
    STRONG,
    apart,
    error,
    estimate,
    finished,
    marker,
    told,
    written,
)

#: Pixels of a panel, nearly as wide, and between panels for names, axis and title.
_PANEL, _GAP = 380.0, 110.0


def roc(helped: Helped) -> go.Figure:
    """ROC curves by step: readers thin, their mean thick, dashed that of the first step."""
    labels, steps = drawn(helped)
    panels = [_PANEL] * len(labels)
    figure = make_subplots(
        len(labels),
        len(steps),
        shared_xaxes=True,
        shared_yaxes=True,
        horizontal_spacing=0.03,
        **apart(panels, _GAP),
        subplot_titles=[
            written(_title(label, step, labels), 44) for label in labels for step in steps
        ],
    )
    for row, label in enumerate(labels, 1):
        means: list[np.ndarray] = []
        for column, step in enumerate(steps, 1):
            where: dict[str, Any] = {"row": row, "col": column}
            colour = marker(look(column - 1))["color"]
            mine = helped.roc[(helped.roc["label"] == label) & (helped.roc["step"] == step)]
            _line(figure, [0, 1], [0, 1], {"color": FAINT, "width": 1}, **where)
            for reader, curve in mine.groupby("reader"):
                x, y = curve["false_positive_rate"], curve["sensitivity"]
                line = {"color": colour, "width": 1}
                _line(figure, x, y, line, _points(reader, x, y), opacity=0.6, **where)
            means.append(mean_curve(mine))
            if column > 1:
                line = {"color": STRONG, "width": 1.5, "dash": "dash"}
                _line(figure, GRID, means[0], line, **where)
            _line(
                figure,
                GRID,
                means[-1],
                {"color": colour, "width": 3},
                _points("Mean", GRID, means[-1]),
                **where,
            )
    figure.update_xaxes(range=[-0.02, 1.02], constrain="domain", zeroline=False)
    figure.update_yaxes(range=[-0.02, 1.02], zeroline=False)
    figure.update_xaxes(title="1 − specificity", row=len(labels))
    figure.update_yaxes(title="Sensitivity", col=1)
    return finished(figure, panels, gap=_GAP, zoom=True)


def by_step(helped: Helped) -> go.Figure:
    """Each reader's AUC from step to step, and the mean with its interval; a panel a finding."""
    labels, steps = drawn(helped)
    means = helped.means[helped.means["statistic"] == "auc"]
    columns = min(2, len(labels))
    panels = [_PANEL] * -(-len(labels) // columns)
    figure = make_subplots(
        len(panels),
        columns,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        **apart(panels, _GAP),
        subplot_titles=[written(label) for label in labels] if len(labels) > 1 else None,
    )
    readers = sorted(helped.readers["reader"].unique())
    for place, label in enumerate(labels):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        for reader, own in helped.readers[helped.readers["label"] == label].groupby("reader"):
            number = readers.index(reader)
            # Colours and symbols go round together: the next round has other pairs.
            looked = marker((look(number)[0], look(number + number // len(COLOURS))[1]))
            mine = own.set_index("step").reindex(steps)
            words = [
                f"{written(reader)}<br>{STEPS[row.Index]}: AUC {two_decimals(row.auc)}<br>"
                f"n = {row.n} cases, {row.with_finding} with the finding"
                for row in mine.itertuples()
            ]
            figure.add_scatter(
                x=list(range(len(steps))),
                y=mine["auc"],
                mode="lines+markers",
                name=written(reader, 24),
                legendgroup=reader,
                showlegend=place == 0,
                opacity=0.75,
                line={"width": 1, "color": looked["color"]},
                marker={"size": 6, **looked},
                **where,
                **told(words),
            )
        every = means[means["label"] == label].set_index("step").reindex(steps)
        words = [
            f"Mean<br>{STEPS[row.Index]}: AUC {estimate(row.mean, row.low, row.high)}<br>"
            f"n = {row.cases} cases read by {row.readers} readers"
            for row in every.itertuples()
        ]
        figure.add_scatter(
            x=list(range(len(steps))),
            y=every["mean"],
            mode="lines+markers",
            name="mean",
            legendgroup=" mean",
            showlegend=place == 0,
            line={"width": 3, "color": STRONG},
            marker={"size": 9, "symbol": "line-ew", "line": {"width": 3, "color": STRONG}},
            error_y=error(every, "mean", STRONG),
            **where,
            **told(words),
        )
    lowest = min(0.5, helped.readers["auc"].min(), means["low"].fillna(0.5).min())
    figure.add_hline(0.5, line_color=PALE, line_width=1, layer="below")
    figure.update_xaxes(
        tickvals=list(range(len(steps))),
        ticktext=[written(STEPS[step], 18) for step in steps],
        range=[-0.3, len(steps) - 0.7],
        showgrid=False,
    )
    # An interval may reach beyond what an area can be.
    figure.update_yaxes(range=[max(-0.02, lowest - 0.05), 1.02])
    figure.update_yaxes(title="AUC", col=1)
    return finished(figure, panels, gap=_GAP)


def _title(label: str, step: str, labels: Sequence[str]) -> str:
    title = f"{STEPS[step][0].upper()}{STEPS[step][1:]}"
    return title if len(labels) == 1 else f"{label}: {STEPS[step]}"


def _points(who: object, x: pd.Series | np.ndarray, y: pd.Series | np.ndarray) -> list[str]:
    """What is told of each corner of a curve."""
    return [
        f"{written(who)}<br>Sensitivity {two_decimals(one)}, specificity {two_decimals(1 - other)}"
        for other, one in zip(x, y, strict=True)
    ]


def _line(
    figure: go.Figure,
    x: Sequence[float] | pd.Series | np.ndarray,
    y: Sequence[float] | pd.Series | np.ndarray,
    line: dict[str, Any],
    words: Sequence[str] = (),
    **options: Any,
) -> None:
    """A line that tells of its points, or nothing."""
    said = told(words) if len(words) else {"hoverinfo": "skip"}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, showlegend=False, **said, **options)
