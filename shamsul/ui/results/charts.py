"""Figures of ratings to point at, as pure functions from an analysis's tables to Plotly.

Each has the name and the numbers of one of :mod:`shamsul.analysis.figures`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from matplotlib.colors import to_hex
from plotly.subplots import make_subplots

from shamsul.analysis.figures import centred, diverging_colours, scale, scored
from shamsul.analysis.study import Analysis
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.page import shown
from shamsul.reporting.pictures import sampled, spread, two_decimals
from shamsul.ui.results import helped_charts, time_charts
from shamsul.ui.shared.charts import (
    ALONE,
    LONE,
    PALE,
    SEEN,
    STRONG,
    apart,
    beside,
    dots,
    error,
    estimate,
    finished,
    markers,
    rows,
    told,
    written,
)

#: Panels in a row.
_COLUMNS = 3


def draw(analysis: Analysis, names: Collection[str]) -> dict[str, go.Figure]:
    """The figures that there are charts of, by name.

    Parameters
    ----------
    analysis : Analysis
    names : collection of str
        Of the figures that :func:`shamsul.analysis.figures.draw` gives of it.
    """
    items, methods = scored(analysis), analysis.methods
    makers: dict[str, Callable[[], go.Figure]] = {
        "scores": lambda: scores(analysis.distribution, items, methods),
        "means": lambda: means(analysis.means, items, methods),
        "readers": lambda: readers(analysis.reader_means, analysis.means, items, methods),
        "differences": lambda: differences(analysis.differences, items, methods),
        "ranks": lambda: ranks(analysis.places, analysis.mean_ranks, methods),
        "agreement": lambda: agreement(analysis.agreement, items),
        "times": lambda: time_charts.times(analysis.times),
        "learning": lambda: time_charts.learning(analysis.learning, analysis.items),
        "localisation": lambda: localisation(
            analysis.localised_maps, analysis.localisation, items, methods
        ),
        "helped_roc": lambda: helped_charts.roc(analysis.helped),
        "helped_readers": lambda: helped_charts.by_step(analysis.helped),
    }
    return {name: make() for name, make in makers.items() if name in names}


def scores(
    distribution: pd.DataFrame, items: Sequence[Question], methods: Mapping[str, str]
) -> go.Figure:
    """Diverging stacked bars of the points chosen, a panel for each item, a row for each method."""
    panels = [24.0 * len(methods)] * len(items)
    figure = make_subplots(
        len(items), 1, shared_xaxes=True, **apart(panels), subplot_titles=_wordings(items, 120)
    )
    known = distribution.set_index(["item", "method", "score"]).sort_index()
    reach = 0.0
    named: set[str] = set()
    for row, item in enumerate(items, 1):
        parts = [known.loc[(item.id, method)] for method in methods]
        edges = np.array([centred(part) for part in parts])
        reach = max(reach, np.abs(edges).max())
        colours = map(to_hex, diverging_colours(len(item.options)))
        for point, (option, colour) in enumerate(zip(item.options, colours, strict=True)):
            words = [
                f"{written(title)}<br>{point + 1} {written(option)}: "
                f"{part['ratings'].iloc[point]} of {part['n'].iloc[point]} ratings"
                for title, part in zip(methods.values(), parts, strict=True)
            ]
            figure.add_bar(
                x=edges[:, point + 1] - edges[:, point],
                base=edges[:, point],
                y=list(range(len(methods))),
                orientation="h",
                name=written(option),
                legendgroup=option,
                showlegend=option not in named,
                marker={"color": colour, "line_width": 0},
                row=row,
                col=1,
                **told(words),
            )
            named.add(option)
        beside(figure, row, [f"n = {part['n'].iloc[0]}" for part in parts])
        rows(figure, [written(title, 40) for title in methods.values()], row=row, col=1)
    figure.add_vline(0, line_color=STRONG, line_width=1)
    ticks = [tick for tick in range(-100, 101, 25) if abs(tick) <= reach + 2]
    figure.update_xaxes(
        range=[-reach - 2, reach + 2], tickvals=ticks, ticktext=[f"{abs(tick)}%" for tick in ticks]
    )
    figure.update_xaxes(title="Ratings below and above the neutral point", row=len(items), col=1)
    figure.update_layout(barmode="overlay", bargap=0.2)
    return finished(figure, panels, right=60)


def means(table: pd.DataFrame, items: Sequence[Question], methods: Mapping[str, str]) -> go.Figure:
    """Mean scores with intervals, a row for each item."""
    figure = go.Figure()
    places = np.arange(len(items))
    known, looks = table.set_index(["method", "item"]), markers(methods)
    for step, (method, title) in zip(spread(len(methods)), methods.items(), strict=True):
        mine = known.loc[[(method, item.id) for item in items]]
        words = [
            f"{written(title)}<br>{written(item.wording)}<br>"
            f"{estimate(row.mean, row.low, row.high)}<br>"
            f"n = {row.n} ratings of {row.cases} cases by {row.readers} readers"
            for item, row in zip(items, mine.itertuples(), strict=True)
        ]
        dots(figure, mine, "mean", places + step, looks[method], words, name=written(title, 24))
    rows(figure, _wordings(items, 40))
    figure.update_xaxes(title="Mean score", range=list(scale(items)), dtick=1)
    return finished(figure, [len(items) * (22 + 13 * len(methods))])


def readers(
    table: pd.DataFrame,
    means: pd.DataFrame,
    items: Sequence[Question],
    methods: Mapping[str, str],
) -> go.Figure:
    """Each reader's mean scores across the methods, and the mean of all; a panel for each item."""
    figure, panels = _small_multiples(_wordings(items, 44))
    names, titles = list(methods), list(methods.values())
    places = list(range(len(names)))
    for number, item in enumerate(items):
        where = {"row": number // _COLUMNS + 1, "col": number % _COLUMNS + 1}
        for reader, own in table[table["item"] == item.id].groupby("reader"):
            mine = own.set_index("method").reindex(names)
            words = [
                f"{written(reader)}<br>{written(title)}: {two_decimals(row.mean)}<br>"
                f"n = {row.n:.0f} ratings of {row.cases:.0f} cases"
                for title, row in zip(titles, mine.itertuples(), strict=True)
            ]
            figure.add_scatter(
                x=places,
                y=mine["mean"],
                mode="lines+markers",
                name=written(reader),
                showlegend=False,
                line={"width": 1, "color": PALE},
                marker_size=5,
                **where,
                **told(words),
            )
        every = means[means["item"] == item.id].set_index("method").loc[names]
        words = [
            f"All readers<br>{written(title)}: {estimate(row.mean, row.low, row.high)}<br>"
            f"n = {row.n} ratings by {row.readers} readers"
            for title, row in zip(titles, every.itertuples(), strict=True)
        ]
        figure.add_scatter(
            x=places,
            y=every["mean"],
            mode="lines+markers",
            name="All readers",
            showlegend=False,
            line={"width": 2.5, "color": ALONE},
            marker_size=7,
            error_y=error(every, "mean", ALONE),
            **where,
            **told(words),
        )
    figure.update_xaxes(
        tickvals=places,
        ticktext=[written(title, 24) for title in titles],
        tickangle=-30,
        range=[-0.3, len(names) - 0.7],
        showgrid=False,
    )
    figure.update_yaxes(range=list(scale(items)), dtick=1)
    return finished(figure, panels, gap=_GAP)


def differences(
    table: pd.DataFrame, items: Sequence[Question], methods: Mapping[str, str]
) -> go.Figure:
    """Pairs of methods, the first less the second, a panel for each item."""
    pairs = list(dict.fromkeys(zip(table["first"], table["second"], strict=True)))
    names = [f"{methods[first]} − {methods[second]}" for first, second in pairs]
    panels = [22.0 * len(pairs)] * len(items)
    figure = make_subplots(
        len(items), 1, shared_xaxes=True, **apart(panels), subplot_titles=_wordings(items, 120)
    )
    for row, item in enumerate(items, 1):
        mine = table[table["item"] == item.id]
        ps = [written(shown(p, is_p=True)) for p in mine["p_holm"]]
        words = [
            f"{written(name)}<br>{estimate(one.difference, one.low, one.high)}<br>"
            f"p after Holm {p}<br>"
            f"n = {one.n} ratings of {one.cases} cases by {one.readers} readers"
            for name, one, p in zip(names, mine.itertuples(), ps, strict=True)
        ]
        dots(figure, mine, "difference", np.arange(len(pairs)), LONE, words, row=row, col=1)
        rows(figure, [written(name, 40) for name in names], row=row, col=1)
        beside(figure, row, ps)
    figure.add_vline(0, line_color=STRONG, line_width=1)
    figure.update_xaxes(title="Difference of mean scores", row=len(items), col=1)
    return finished(figure, panels, right=60)


def ranks(places: pd.DataFrame, mean_ranks: pd.DataFrame, methods: Mapping[str, str]) -> go.Figure:
    """How often each method took each place, and beside it its mean rank with its interval."""
    panels = [34.0 * len(methods)]
    figure = make_subplots(
        1, 2, shared_yaxes=True, column_widths=[0.6, 0.4], horizontal_spacing=0.03
    )
    names, y = list(methods), np.arange(len(methods))
    starts = np.zeros(len(names))
    for place, colour in enumerate(sampled("cividis", len(names), *SEEN[::-1]), 1):
        part = places[places["place"] == place].set_index("method").loc[names]
        width = (100 * part["readings"] / part["n"]).to_numpy()
        words = [
            f"{written(title)}<br>Place {place} in {row.readings} of {row.n} readings"
            for title, row in zip(methods.values(), part.itertuples(), strict=True)
        ]
        figure.add_bar(
            x=width,
            base=starts,
            y=y,
            orientation="h",
            name=f"place {place}",
            marker={"color": to_hex(colour), "line_width": 0},
            row=1,
            col=1,
            **told(words),
        )
        starts = starts + width
    mine = mean_ranks.set_index("method").loc[names]
    words = [
        f"{written(title)}<br>Mean rank {estimate(row.mean_rank, row.low, row.high)}<br>"
        f"n = {row.n} readings of {row.cases} cases by {row.readers} readers"
        for title, row in zip(methods.values(), mine.itertuples(), strict=True)
    ]
    dots(figure, mine, "mean_rank", y, LONE, words, showlegend=False, row=1, col=2)
    rows(figure, [written(title, 40) for title in methods.values()])
    figure.update_xaxes(title="Readings", range=[0, 100], ticksuffix="%", row=1, col=1)
    figure.update_xaxes(
        title="Mean rank (1 is best)", range=[0.8, len(names) + 0.2], dtick=1, row=1, col=2
    )
    figure.update_layout(barmode="overlay", bargap=0.25)
    return finished(figure, panels)


def agreement(table: pd.DataFrame, items: Sequence[Question]) -> go.Figure:
    """Krippendorff's alpha of each item with its interval, beside his bounds."""
    alphas = table[table["statistic"] == "krippendorff_alpha"].set_index("item")
    mine = alphas.loc[[item.id for item in items]]
    words = [
        f"{written(item.wording)}<br>α = {estimate(row.value, row.low, row.high)}<br>"
        f"n = {row.n} maps by {row.readers} readers"
        for item, row in zip(items, mine.itertuples(), strict=True)
    ]
    figure = go.Figure()
    dots(figure, mine, "value", np.arange(len(items)), LONE, words)
    rows(figure, _wordings(items, 40))
    for bound, dash in ((0, "solid"), (0.667, "dash"), (0.8, "dash")):
        figure.add_vline(bound, line={"color": STRONG, "width": 1, "dash": dash}, layer="below")
    lowest = mine[["value", "low"]].min(axis=None)
    figure.update_xaxes(
        title="Krippendorff's alpha (ordinal)", range=[min(-0.1, lowest - 0.05), 1.02]
    )
    return finished(figure, [max(80, 36 * len(items))])


def localisation(
    maps: pd.DataFrame,
    correlations: pd.DataFrame,
    items: Sequence[Question],
    methods: Mapping[str, str],
) -> go.Figure:
    """Mean score of each map against its IoU with the annotation, a panel for each item."""
    known, looks = correlations.set_index("item"), markers(methods)
    titles = [
        f"{wording}<br>ρ = {estimate(*known.loc[item.id, ['rho', 'low', 'high']].astype(float))}"
        for item, wording in zip(items, _wordings(items, 44), strict=True)
    ]
    figure, panels = _small_multiples(titles)
    for number, item in enumerate(items):
        for method, title in methods.items():
            mine = maps[(maps["item"] == item.id) & (maps["method"] == method)]
            words = [
                f"{written(title)}<br>{written(f'{row.case}, {row.label}')}<br>"
                f"Mean score {two_decimals(row.mean_score)}, IoU {two_decimals(row.iou)}<br>"
                f"n = {row.n} ratings"
                for row in mine.itertuples()
            ]
            figure.add_scatter(
                x=mine["iou"],
                y=mine["mean_score"],
                mode="markers",
                name=written(title, 24),
                legendgroup=method,
                showlegend=number == 0,
                marker={"size": 7, "opacity": 0.75, **looks[method]},
                row=number // _COLUMNS + 1,
                col=number % _COLUMNS + 1,
                **told(words),
            )
    figure.update_xaxes(range=[-0.03, 1.03], title="IoU with the annotation")
    figure.update_yaxes(range=list(scale(items)), dtick=1)
    figure.update_yaxes(title="Mean score of the map", col=1)
    return finished(figure, panels, gap=_GAP, zoom=True)


#: Pixels of a panel among others, and between them for names, axis and title.
_PANEL, _GAP = 200.0, 130.0


def _wordings(items: Sequence[Question], width: int) -> list[str]:
    return [written(item.wording, width) for item in items]


def _small_multiples(titles: Sequence[str]) -> tuple[go.Figure, list[float]]:
    """A panel for each title, `_COLUMNS` in a row, and the heights of the rows."""
    columns = min(_COLUMNS, len(titles))
    panels = [_PANEL if columns > 1 else 1.5 * _PANEL] * -(-len(titles) // columns)
    figure = make_subplots(
        len(panels),
        columns,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        **apart(panels, _GAP),
        subplot_titles=titles,
    )
    return figure, panels
