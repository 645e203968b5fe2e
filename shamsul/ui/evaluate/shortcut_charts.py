"""Figures of the view "Shortcuts", as pure functions from data to Plotly and to pixels."""

from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from shamsul.explainers.baselines import EXPLAINERS
from shamsul.reporting.colormaps import SEQUENTIAL, table
from shamsul.reporting.pictures import spread
from shamsul.shortcuts.regions import REGIONS
from shamsul.ui.shared.charts import STRONG, dots, estimate, finished, markers, rows, written

#: Pixels of a mean map's side.
SIDE = 200


def shares(summary: pd.DataFrame) -> go.Figure:
    """Shares of positive relevance by region, a mark for each method, with intervals.

    Parameters
    ----------
    summary : DataFrame
        Rows of one label, as :func:`shamsul.shortcuts.regions.summary` gives them, not empty.
    """
    there = [name for name in REGIONS if (summary["region"] == name).any()]
    methods = list(summary["method"].unique())
    figure = go.Figure()
    steps, looks = spread(len(methods)), markers(methods)
    for step, method in zip(steps, methods, strict=True):
        own = summary[summary["method"] == method]
        title = EXPLAINERS[method].title
        words = [
            f"{written(title)}, {row.region}<br>{estimate(row.positive, row.low, row.high)}<br>"
            f"{row.cases} maps"
            for row in own.itertuples()
        ]
        places = own["region"].map(there.index) + step
        dots(figure, own, "positive", places, looks[method], words, name=title)
    area = summary.groupby("region")["area"].mean().reindex(there)
    figure.add_scatter(
        x=area,
        y=list(range(len(there))),
        mode="markers",
        name="Share of the picture",
        marker={"symbol": "line-ns-open", "size": 16, "color": STRONG},
        hovertemplate="share of the picture: %{x:.2f}<extra></extra>",
    )
    rows(figure, [written(name) for name in there])
    figure.update_xaxes(title_text="Share of positive relevance", rangemode="tozero")
    return finished(figure, [60 + (26 + 6 * len(methods)) * len(there)])


def picture(mean: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A cluster's mean map in the colours of relevance.

    Parameters
    ----------
    mean : ndarray of shape (h, w), float64
        Not negative.

    Returns
    -------
    ndarray of shape (SIDE, SIDE, 3), uint8
        Red, green and blue; its greatest value has the brightest colour.
    """
    large = cv2.resize(mean, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    level = np.rint(255 * large / max(float(large.max()), 1e-12)).astype(np.uint8)
    return np.asarray(table(SEQUENTIAL[0])[level])


def case_table(
    names: Sequence[str], clusters: Sequence[int], beyond: Sequence[float], reasons: Sequence[str]
) -> pd.DataFrame:
    """The compared cases with their cluster, those that are flagged first."""
    found = pd.DataFrame(
        {"Case": names, "Cluster": clusters, "Outside the chest": beyond, "Flag": reasons}
    )
    found["Outside the chest"] *= 100
    return found.sort_values(
        ["Flag", "Cluster", "Case"], ascending=[False, True, True], ignore_index=True
    )
