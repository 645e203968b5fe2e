"""Figures of maps against annotations to point at, as pure functions from tables to Plotly.

Each has the name and the numbers of one of :mod:`shamsul.localisation.figures`.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.cbook import boxplot_stats
from plotly.subplots import make_subplots

from shamsul.localisation.figures import NAMES, duels, lines_of, metric_of, name_of, scored
from shamsul.localisation.results import Results
from shamsul.localisation.tables import DISTANCES, UNBOUNDED
from shamsul.reporting.page import shown
from shamsul.reporting.pictures import span, spread, two_decimals
from shamsul.ui.shared.charts import (
    FAINT,
    STRONG,
    apart,
    beside,
    dots,
    estimate,
    finished,
    markers,
    rows,
    told,
    written,
)

#: From worse to better over the page, dark or light, whose letters stay readable.
_LEADS = [
    [0.0, "rgba(166, 97, 26, 0.6)"],
    [0.5, "rgba(127, 140, 153, 0.12)"],
    [1.0, "rgba(1, 133, 113, 0.6)"],
]
#: Percent of the image.
_SIZES = (0.001, 0.01, 0.1, 0.3, 1, 3, 10, 30, 100)
#: Panels in a row, pixels of each, and between them for names, axis and title.
_COLUMNS, _PANEL, _GAP = 3, 220.0, 110.0


def draw(results: Results, names: Collection[str]) -> dict[str, go.Figure]:
    """The figures by name.

    Parameters
    ----------
    results : Results
    names : collection of str
        Of the figures that :func:`shamsul.localisation.figures.draw` gives of it.
    """
    if not names:
        return {}
    metric, found, methods = results.headline[0], results.tables, scored(results)
    makers: dict[str, Callable[[], go.Figure]] = {
        "boxes": lambda: boxes(found["scores"], metric, methods),
        "wins": lambda: wins(found["wins"], metric, methods),
        **{
            name: partial(differences, found[name], metric_of(results, name), results.titles)
            for name in ("against_baselines", "against_people")
        },
        "size": lambda: size(found["scores"], found["correlations"], metric, methods),
    }
    return {name: make() for name, make in makers.items() if name in names}


def boxes(table: pd.DataFrame, metric: str, methods: Mapping[str, str]) -> go.Figure:
    """Box plots of each label and method, with a point for each map over them."""
    known = table.dropna(subset=[metric])
    groups = lines_of(sorted(known["label"].unique()), methods)
    panels = [320.0] * len(groups)
    figure = make_subplots(len(groups), 1, shared_yaxes=True, **apart(panels, _GAP))
    steps, looks = 1.35 * spread(len(methods)), markers(methods)
    width = 0.66 * 0.81 / len(methods)
    random = np.random.default_rng(0)
    named: set[str] = set()
    for row, group in enumerate(groups, 1):
        here = {"row": row, "col": 1}
        for step, (method, title) in zip(steps, methods.items(), strict=True):
            mine = known[known["method"] == method]
            parts = [mine[mine["label"] == label] for label in group]
            drawn = [(place + step, part) for place, part in enumerate(parts) if len(part)]
            if not drawn:
                continue
            stats = boxplot_stats([part[metric].to_numpy() for _, part in drawn])
            figure.add_box(
                x=[place for place, _ in drawn],
                width=width,
                **{ours: [one[theirs] for one in stats] for ours, theirs in _BOX.items()},
                line={"color": looks[method]["color"], "width": 1.2},
                showlegend=False,
                hoverinfo="skip",
                **here,
            )
            words = [
                _told_of(one, title, metric, box, len(part))
                for (_, part), box in zip(drawn, stats, strict=True)
                for one in part.itertuples()
            ]
            away = [random.uniform(-0.3, 0.3, len(part)) * width for _, part in drawn]
            figure.add_scatter(
                x=np.concatenate([place + by for (place, _), by in zip(drawn, away, strict=True)]),
                y=[value for _, part in drawn for value in part[metric]],
                mode="markers",
                name=written(title, 24),
                legendgroup=method,
                showlegend=method not in named,
                marker={"size": 5, "opacity": 0.8, **looks[method]},
                **here,
                **told(words),
            )
            named.add(method)
        counts = [known[known["label"] == label].groupby("method").size() for label in group]
        names = [
            f"{written(label, 150 // len(groups[0]))}<br>n = {span(count)}"
            for label, count in zip(group, counts, strict=True)
        ]
        figure.update_xaxes(
            tickvals=list(range(len(group))),
            ticktext=names,
            range=[-0.5, len(groups[0]) - 0.5],
            showgrid=False,
            zeroline=False,
            **here,
        )
        for edge in range(len(group) - 1):
            figure.add_vline(edge + 0.5, line_color=FAINT, line_width=1, layer="below", **here)
    figure.update_yaxes(title=name_of(metric), zeroline=False)
    if metric not in UNBOUNDED:
        figure.update_yaxes(range=[-0.03, 1.03])
    return finished(figure, panels, gap=_GAP)


def wins(table: pd.DataFrame, metric: str, methods: Mapping[str, str]) -> go.Figure:
    """How often the method of a row is better than that of a column, over all labels."""
    found = duels(table, metric)
    places = {name: place for place, name in enumerate(methods)}
    x, y = found["other"].map(places), found["method"].map(places)
    words = [
        f"{written(methods[row.method])} is better than {written(methods[row.other])} in "
        f"{row.better:.0%} and worse in {row.worse:.0%}<br>of n = {row.n} findings, p after Holm "
        f"{written(shown(row.p_holm, is_p=True))}"
        for row in found.itertuples()
    ]
    cells = go.Heatmap(
        x=x,
        y=y,
        z=found["lead"],
        zmin=-1,
        zmax=1,
        colorscale=_LEADS,
        showscale=False,
        xgap=2,
        ygap=2,
        **told(words),
    )
    # Not the cells' own text, which is a grey: the letters of the page.
    texts = go.Scatter(x=x, y=y, mode="text", text=found["words"], hoverinfo="skip")
    figure = go.Figure([cells, texts])
    names = [written(title, 18) for title in methods.values()]
    axis = {
        "tickvals": list(places.values()),
        "ticktext": names,
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
    }
    last = len(places) - 0.5
    figure.update_xaxes(title="than this one", range=[-0.5, last], tickangle=-30, **axis)
    figure.update_yaxes(title="This method is better", range=[last, -0.5], **axis)
    figure.update_traces(showlegend=False)
    return finished(figure, [40.0 * len(places) + 40])


def differences(table: pd.DataFrame, metric: str, methods: Mapping[str, str]) -> go.Figure:
    """Differences to references with their intervals, a row for each label."""
    mine = table[table["metric"] == metric]
    labels = list(dict.fromkeys(mine["label"]))
    compared = [one for one in methods if one in set(mine["method"])]
    looks, places = markers(methods), np.arange(len(labels))
    figure = go.Figure()
    for step, method in zip(spread(len(compared)), compared, strict=True):
        part = mine[mine["method"] == method].set_index("label").reindex(labels)
        words = [
            f"{written(methods[method])} less {written(methods[row.reference])}<br>"
            f"{written(row.Index)}<br>{estimate(row.difference, row.low, row.high)}<br>"
            f"n = {row.n} findings of {row.cases} cases"
            for row in part.itertuples()
        ]
        name = written(methods[method], 24)
        dots(figure, part, "difference", places + step, looks[method], words, name=name)
    rows(figure, [written(label, 40) for label in labels])
    best = mine.drop_duplicates("label").set_index("label").loc[labels, "reference"]
    counts = mine.groupby("label")["n"]
    words = [
        f"{written(methods[reference], 22)}<br>n = {span(counts.get_group(label))}"
        for label, reference in best.items()
    ]
    beside(figure, 1, words)
    better = "left" if metric in DISTANCES else "right"
    figure.add_vline(0, line_color=STRONG, line_width=1)
    figure.update_xaxes(title=f"Difference in {NAMES[metric]} (better to the {better})")
    return finished(figure, [len(labels) * (28.0 + 13 * len(compared))], right=170)


def size(
    table: pd.DataFrame, correlations: pd.DataFrame, metric: str, methods: Mapping[str, str]
) -> go.Figure:
    """Scores against the size of findings, a panel for each method."""
    known = table[table["area_share"] > 0].dropna(subset=[metric])
    rho = correlations[
        (correlations["metric"] == metric) & (correlations["feature"] == "area_share")
    ].set_index("method")
    titles = [
        f"{written(methods[row.Index], 44)}<br>"
        f"ρ = {estimate(row.rho, row.low, row.high)}, n = {row.n}"
        for row in rho.loc[list(methods)].itertuples()
    ]
    columns = min(_COLUMNS, len(methods))
    panels = [_PANEL] * -(-len(methods) // columns)
    figure = make_subplots(
        len(panels),
        columns,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        **apart(panels, _GAP),
        subplot_titles=titles,
    )
    for number, (method, looked) in enumerate(markers(methods).items()):
        mine = known[known["method"] == method]
        words = [
            f"{written(methods[method])}<br>{written(f'{row.image}, {row.label}')}<br>"
            f"{written(name_of(metric))} {two_decimals(getattr(row, metric))}, "
            f"{row.area_share:.2%} of the image"
            for row in mine.itertuples()
        ]
        figure.add_scatter(
            x=100 * mine["area_share"],
            y=mine[metric],
            mode="markers",
            showlegend=False,
            marker={"size": 6, "opacity": 0.7, **looked},
            row=number // columns + 1,
            col=number % columns + 1,
            **told(words),
        )
    figure.update_xaxes(
        type="log",
        tickvals=list(_SIZES),
        ticktext=[f"{one:g}%" for one in _SIZES],
        title="Share of the image (logarithmic)",
        matches="x",
    )
    figure.update_yaxes(title=name_of(metric), col=1)
    if metric not in UNBOUNDED:
        figure.update_yaxes(range=[-0.03, 1.03])
    return finished(figure, panels, gap=_GAP, zoom=True)


def _told_of(one: Any, title: str, metric: str, box: Mapping[str, float], count: int) -> str:
    """What is told of a map, a row of scores, and of the box that it is in."""
    median, first, third = (two_decimals(box[name]) for name in ("med", "q1", "q3"))
    return (
        f"{written(title)}<br>{written(f'{one.image}, {one.label}')}<br>"
        f"{written(name_of(metric))} {two_decimals(getattr(one, metric))}<br>"
        f"median {median} (quartiles {first} to {third}) of n = {count} maps"
    )


#: What Plotly and matplotlib call the parts of a box.
_BOX = {"q1": "q1", "median": "med", "q3": "q3", "lowerfence": "whislo", "upperfence": "whishi"}
