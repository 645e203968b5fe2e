"""The figure of the set-up page, as a pure function from data to Plotly."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator

from shamsul.analysis.power_figure import heights
from shamsul.reporting.pictures import sampled
from shamsul.ui.shared.charts import SEEN

_WANTED, _GRID = "#8f9aa5", "rgba(143, 154, 165, 0.25)"


def power(curves: pd.DataFrame, wanted: float) -> go.Figure:
    """Power over cases, a line for each number of readers with its name at the end.

    Parameters
    ----------
    curves : DataFrame
        :meth:`shamsul.analysis.sample_size.Plan.curves`.
    wanted : float
        In (0, 1): a dashed line.
    """
    numbers = sorted(curves["readers"].unique())
    far = curves["cases"].max()
    colours = [to_hex(colour) for colour in sampled("cividis", len(numbers), *SEEN)]
    figure = go.Figure()
    for readers, colour in zip(numbers, colours, strict=True):
        mine = curves[curves["readers"] == readers]
        figure.add_scatter(
            x=mine["cases"],
            y=mine["power"],
            mode="lines",
            name=f"{readers} readers",
            line={"width": 2, "color": colour},
            hovertemplate=f"{readers} readers, %{{x}} cases: %{{y:.0%}}<extra></extra>",
        )
    by_readers = dict(zip(numbers, colours, strict=True))
    ends = curves[curves["cases"] == far].sort_values(["power", "readers"], ascending=False)
    for end, height in zip(ends.itertuples(), heights(list(ends["power"])), strict=True):
        figure.add_scatter(
            x=[far, 1.025 * far],
            y=[end.power, height],
            mode="lines+text",
            text=["", f" {end.readers} readers"],
            textposition="middle right",
            textfont_size=11,
            line={"width": 1, "color": by_readers[end.readers]},
            hoverinfo="skip",
        )
    # Not the axis's own grid, which would cross the names.
    for height in np.linspace(0, 1, 6):
        figure.add_shape(_level(far, height, color=_GRID, width=1))
    figure.add_shape(_level(far, wanted, color=_WANTED, width=1.5, dash="dash"))
    ticks = [tick for tick in MaxNLocator(7, integer=True).tick_values(0, far) if tick <= far]
    figure.update_layout(
        height=380,
        margin={"l": 0, "r": 0, "t": 10, "b": 0},
        font_size=12,
        showlegend=False,
        xaxis={
            "title": "Cases",
            "range": [0, 1.16 * far],
            "tickvals": ticks,
            "fixedrange": True,
            "showgrid": False,
        },
        yaxis={
            "title": "Power",
            "range": [0, 1.01],
            "tickformat": ".0%",
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def _level(far: float, height: float, **line: Any) -> dict[str, Any]:
    ends = {"x0": 0, "x1": far, "y0": height, "y1": height}
    return {"type": "line", "layer": "below", "line": line, **ends}
