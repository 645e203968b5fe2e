"""Figures of an analysis, as pure functions from its tables to matplotlib.

References
----------
.. [1] Heiberger, Robbins 2014, Design of diverging stacked bar charts for Likert scales and other
   applications, doi 10.18637/jss.v057.i05
.. [2] Krippendorff 2004, Reliability in content analysis: some common misconceptions and
   recommendations, doi 10.1111/j.1468-2958.2004.tb00738.x
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import NDArray

from shamsul.analysis import helped_figures
from shamsul.analysis.flow import diagram
from shamsul.analysis.study import Analysis
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.page import shown
from shamsul.reporting.pictures import (
    COLOURS,
    GREY,
    INK,
    LINE,
    SMALL,
    TEXT,
    Picture,
    blank,
    intervals,
    legend,
    look,
    looks,
    numbered,
    picture,
    plain,
    rows,
    sampled,
    span,
    spread,
    total,
    two_decimals,
    wrapped,
)

#: Panels in a row.
_COLUMNS = 3
_INTERVAL = "Lines are 95% intervals for readers and cases like these."


def draw(analysis: Analysis) -> tuple[Picture, ...]:
    """The figures of an analysis, without those that nothing is known for."""
    methods, items = analysis.methods, scored(analysis)
    named = {item.id for item in items}

    def of_items(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["item"].isin(named)]

    drawn = [diagram(analysis.flow)] if len(analysis.flow) else []
    if items:
        drawn.append(scores(of_items(analysis.distribution), items, methods))
        drawn.append(means(of_items(analysis.means), items, methods))
        drawn.append(readers(analysis.reader_means, of_items(analysis.means), items, methods))
    if analysis.differences["difference"].notna().any():
        drawn.append(differences(of_items(analysis.differences), items, methods))
    if analysis.mean_ranks["n"].any():
        drawn.append(ranks(analysis.places, analysis.mean_ranks, methods))
    if analysis.agreement["value"].notna().any():
        drawn.append(agreement(of_items(analysis.agreement), items))
    if analysis.times["n"].any():
        drawn.append(times(analysis.times))
        drawn.append(learning(analysis.learning, analysis.items))
    if len(analysis.localised_maps):
        correlations = of_items(analysis.localisation)
        drawn.append(localisation(analysis.localised_maps, correlations, items, methods))
    return (*drawn, *helped_figures.draw(analysis.helped))


def scored(analysis: Analysis) -> list[Question]:
    """The items with any score: others would be empty rows; the tables have them."""
    known = set(analysis.distribution.query("n > 0")["item"])
    return [item for item in analysis.items if item.id in known]


def scores(
    distribution: pd.DataFrame, items: Sequence[Question], methods: Mapping[str, str]
) -> Picture:
    """Diverging stacked bars of the points chosen, centred on the neutral point [1]_."""
    points = max(len(item.options) for item in items)
    figure = blank(0.9 + len(items) * (0.38 + 0.17 * len(methods)))
    panels = figure.subplots(len(items), 1, sharex=True, squeeze=False)[:, 0]
    reach = 0.0
    for axes, item in zip(panels, items, strict=True):
        here = distribution[distribution["item"] == item.id]
        reach = max(reach, _diverging(axes, here, methods))
        axes.set_title(wrapped(item.wording, 100), loc="left", fontsize=TEXT)
    for axes in panels:
        axes.set_xlim(-reach - 2, reach + 2)
        axes.axvline(0, color=INK, linewidth=0.6)
        axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}%")
    panels[-1].set_xlabel("Ratings below and above the neutral point")
    options = {item.options for item in items}
    worded = options.pop() if len(options) == 1 else [str(point + 1) for point in range(points)]
    handles = [Patch(color=colour) for colour in diverging_colours(points)]
    legend(figure, handles, [plain(word) for word in worded])
    bars = distribution.drop_duplicates(["item", "method"])
    caption = (
        f"n = {total(bars['n'])} ratings, beside each bar those of its item and method. "
        f"Left out: {total(bars['cannot_judge'])} answers 'Cannot judge'."
    )
    return picture("scores", "Scores by item and method", caption, figure)


def means(table: pd.DataFrame, items: Sequence[Question], methods: Mapping[str, str]) -> Picture:
    """Mean scores with intervals, item by item."""
    figure = blank(0.9 + len(items) * (0.2 + 0.12 * len(methods)))
    axes = figure.subplots()
    steps, looked = spread(len(methods)), looks(methods)
    for number, (method, title) in enumerate(methods.items()):
        mine = table[table["method"] == method].set_index("item").loc[[item.id for item in items]]
        y = np.arange(len(items)) + steps[number]
        intervals(axes, mine, "mean", y, looked[method], plain(title))
    rows(axes, [item.wording for item in items])
    axes.set_xlim(*scale(items))
    axes.grid(axis="x", color=LINE, linewidth=0.4)
    for edge in range(len(items) - 1):
        axes.axhline(edge + 0.5, color=LINE, linewidth=0.4)
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.set_xlabel("Mean score")
    legend(figure, *axes.get_legend_handles_labels())
    caption = (
        f"n = {span(table['n'])} ratings each of {span(table['cases'])} cases by "
        f"{span(table['readers'])} readers. {_INTERVAL} Left out: {total(table['left_out'])} "
        "answers 'Cannot judge' or of readers with one case of a method."
    )
    return picture("means", "Mean scores", caption, figure)


def readers(
    table: pd.DataFrame,
    means: pd.DataFrame,
    items: Sequence[Question],
    methods: Mapping[str, str],
) -> Picture:
    """Each reader's mean scores as a line across the methods, and the mean of all."""
    figure, panels = _small_multiples(items)
    x = np.arange(len(methods))
    for axes, item in zip(panels, items, strict=False):
        mine = table[table["item"] == item.id]
        for _, one in mine.groupby("reader"):
            scores = one.set_index("method")["mean"].reindex(list(methods))
            axes.plot(x, scores, color=GREY, linewidth=0.8, marker="o", markersize=2, alpha=0.7)
        every = means[means["item"] == item.id].set_index("method").loc[list(methods)]
        axes.plot(x, every["mean"], color=COLOURS[0], linewidth=2)
        axes.vlines(x, every["low"], every["high"], color=COLOURS[0], linewidth=2)
        axes.set_title(wrapped(item.wording, 36), loc="left", fontsize=SMALL)
        axes.set_xticks(x, [plain(title) for title in methods.values()], rotation=30, ha="right")
        axes.set_xlim(-0.3, len(methods) - 0.7)
        axes.set_ylim(*scale(items))
        axes.yaxis.set_major_locator(MultipleLocator(1))
    caption = (
        f"Thin: a reader each, n = {span(table['n'])} ratings of {span(table['cases'])} cases. "
        f"Thick: their mean. {_INTERVAL} Left out: {total(means['left_out'])} answers 'Cannot "
        "judge' or of readers with one case of a method."
    )
    return picture("readers", "Mean scores of each reader", caption, figure)


def differences(
    table: pd.DataFrame, items: Sequence[Question], methods: Mapping[str, str]
) -> Picture:
    """A forest plot of the pairs of methods, item by item."""
    pairs = list(dict.fromkeys(zip(table["first"], table["second"], strict=True)))
    figure = blank(1.0 + len(items) * (0.3 + 0.15 * len(pairs)))
    panels = figure.subplots(len(items), 1, sharex=True, squeeze=False)[:, 0]
    names = [f"{methods[first]} − {methods[second]}" for first, second in pairs]
    for axes, item in zip(panels, items, strict=True):
        mine = table[table["item"] == item.id]
        axes.axvline(0, color=LINE, linewidth=0.8, zorder=0)
        intervals(axes, mine, "difference", np.arange(len(pairs)), look(0), "")
        rows(axes, names)
        for y, p in enumerate(mine["p_holm"]):
            axes.text(
                1.01, y, shown(p, is_p=True), transform=axes.get_yaxis_transform(), va="center"
            )
        axes.set_title(wrapped(item.wording, 100), loc="left", fontsize=TEXT)
    panels[-1].set_xlabel("Difference of mean scores")
    caption = (
        f"n = {span(table['n'])} ratings by {span(table['readers'])} readers of "
        f"{span(table['cases'])} cases. {_INTERVAL} At the right p after Holm for the pairs of an "
        f"item. Left out: {span(table['left_out'])} ratings of an item."
    )
    return picture("differences", "Differences between methods", caption, figure)


def ranks(places: pd.DataFrame, mean_ranks: pd.DataFrame, methods: Mapping[str, str]) -> Picture:
    """How often each method took each place, and its mean rank with its interval."""
    figure = blank(1.3 + 0.3 * len(methods))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    y = np.arange(len(methods))
    starts = np.zeros(len(methods))
    colours = sampled("cividis_r", len(methods), 0.05, 0.95)
    for place, colour in enumerate(colours, 1):
        part = places[places["place"] == place].set_index("method").loc[list(methods)]
        width = (100 * part["readings"] / part["n"]).to_numpy()
        left.barh(y, width, left=starts, color=colour, height=0.7, label=f"place {place}")
        starts = starts + width
    left.set_xlabel("Readings")
    left.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    left.set_xlim(0, 100)
    mine = mean_ranks.set_index("method").loc[list(methods)]
    intervals(right, mine, "mean_rank", y, look(0), "")
    right.set_xlim(0.8, len(methods) + 0.2)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    right.set_xlabel("Mean rank (1 is best)")
    rows(left, list(methods.values()))
    right.tick_params(axis="y", length=0)
    legend(figure, *left.get_legend_handles_labels())
    caption = (
        f"n = {span(mean_ranks['n'])} readings of {span(mean_ranks['cases'])} cases. "
        f"{_INTERVAL} Left out: {span(mean_ranks['left_out'])} readings that rank only some "
        "methods."
    )
    return picture("ranks", "Ranks of the methods", caption, figure)


def agreement(table: pd.DataFrame, items: Sequence[Question]) -> Picture:
    """Krippendorff's alpha of each item with its interval, beside his bounds [2]_."""
    alphas = table[table["statistic"] == "krippendorff_alpha"].set_index("item")
    mine = alphas.loc[[item.id for item in items]]
    figure = blank(1.0 + 0.36 * len(items))
    axes = figure.subplots()
    for bound in (0.667, 0.8):
        axes.axvline(bound, color=LINE, linewidth=0.8, linestyle="--", zorder=0)
    axes.axvline(0, color=LINE, linewidth=0.8, zorder=0)
    intervals(axes, mine, "value", np.arange(len(items)), look(0), "")
    rows(axes, [item.wording for item in items])
    lowest = mine[["value", "low"]].min(axis=None)
    axes.set_xlim(min(-0.1, lowest - 0.05), 1.02)
    axes.set_xlabel("Krippendorff's alpha (ordinal)")
    caption = (
        f"n = {span(mine['n'])} maps with two ratings or more, by {span(mine['readers'])} "
        f"readers. {_INTERVAL} Dashed: 0.667 and 0.8, from which Krippendorff draws tentative and "
        f"firm conclusions; 0 is chance. Left out: {span(mine['left_out'])} maps of an item with "
        "fewer ratings."
    )
    return picture("agreement", "Agreement between readers", caption, figure)


def times(table: pd.DataFrame) -> Picture:
    """Active time per case of each reader: median and quartiles."""
    figure = blank(0.9 + 0.26 * len(table))
    axes = figure.subplots()
    quartiles = table.rename(columns={"q1": "low", "q3": "high"})
    intervals(axes, quartiles, "median", np.arange(len(table)), look(0), "")
    names, told = numbered(table["reader"], "reader")
    rows(axes, names)
    axes.set_xlim(left=0)
    axes.set_xlabel("Active time per case (seconds)")
    caption = (
        f"Median and quartiles. n = {span(table['n'])} cases by each reader. "
        f"Left out: {total(table['left_out'])} without a time."
    )
    return picture("times", "Time per case", caption, figure, told)


def learning(table: pd.DataFrame, items: Sequence[Question]) -> Picture:
    """Time and score in the order in which cases were met, a line for each session."""
    figure = blank(4.2)
    above, below = figure.subplots(2, 1, sharex=True)
    for number, (session, mine) in enumerate(table.groupby("session")):
        colour, marker = look(number)
        order = mine["case_order"]
        line = {"color": colour, "marker": marker, "markersize": 3.5, "linewidth": 1}
        above.fill_between(order, mine["q1"], mine["q3"], color=colour, alpha=0.18, linewidth=0)
        above.plot(order, mine["median_seconds"], label=f"session {session}", **line)
        below.plot(order, mine["mean_score"], **line)
    above.set_ylim(bottom=0)
    above.set_ylabel("Seconds per case")
    below.set_ylabel("Mean score")
    below.set_ylim(*scale(items))
    below.yaxis.set_major_locator(MultipleLocator(1))
    below.set_xlim(0.5, table["case_order"].max() + 0.5)
    below.set_xlabel("Place of the case in the order met")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    if table["session"].nunique() > 1:
        legend(figure, *above.get_legend_handles_labels())
    caption = (
        f"Median time with quartiles, n = {span(table['n'])} readers' times at each place; mean "
        f"of all items, n = {span(table['ratings'])} ratings at each place. "
        f"Left out: {total(table['left_out'])} readers' cases without a time and "
        f"{total(table['cannot_judge'])} answers 'Cannot judge'."
    )
    return picture("learning", "Learning curve", caption, figure)


def localisation(
    maps: pd.DataFrame,
    correlations: pd.DataFrame,
    items: Sequence[Question],
    methods: Mapping[str, str],
) -> Picture:
    """Mean score of each map against its IoU with the annotation."""
    figure, panels = _small_multiples(items)
    known, looked = correlations.set_index("item"), looks(methods)
    for axes, item in zip(panels, items, strict=False):
        for method, title in methods.items():
            mine = maps[(maps["item"] == item.id) & (maps["method"] == method)]
            colour, marker = looked[method]
            axes.scatter(
                mine["iou"],
                mine["mean_score"],
                label=plain(title),
                s=12,
                color=colour,
                marker=marker,
                linewidths=0,
                alpha=0.75,
            )
        rho, low, high = (known.loc[item.id, name] for name in ("rho", "low", "high"))
        numbers = f"ρ = {two_decimals(rho)} [{two_decimals(low)}, {two_decimals(high)}]"
        axes.set_title(f"{wrapped(item.wording, 36)}\n{numbers}", loc="left", fontsize=SMALL)
        axes.set_xlim(-0.03, 1.03)
        axes.yaxis.set_major_locator(MultipleLocator(1))
        axes.set_ylim(*scale(items))
    for axes in panels[max(0, len(items) - _COLUMNS) :]:
        axes.set_xlabel("IoU with the annotation")
    for axes in panels[::_COLUMNS]:
        axes.set_ylabel("Mean score of the map")
    legend(figure, *panels[0].get_legend_handles_labels())
    caption = (
        "A point is a map. ρ: Spearman's correlation of score and IoU within a reader, mean of "
        f"{span(correlations['readers'])} readers, with its 95% interval, readers and cases taken "
        f"as drawn from more of them; n = {span(correlations['n'])} ratings of an item. Left out: "
        f"{total(correlations['left_out'])} ratings in all, without a score, of maps without an "
        "IoU, or of readers to whom all are alike."
    )
    return picture("localisation", "Score and localisation", caption, figure)


def _small_multiples(items: Sequence[Question]) -> tuple[Figure, list[Axes]]:
    """A panel for each item, `_COLUMNS` in a row; the last of each column has labels below."""
    columns = min(_COLUMNS, len(items))
    lines = -(-len(items) // columns)
    figure = blank(0.9 + 2.05 * lines)
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid[len(items) :]:
        axes.set_visible(False)
    for axes in grid[max(0, len(items) - columns) : len(items)]:
        axes.tick_params(labelbottom=True)
    return figure, list(grid[: len(items)])


def _diverging(axes: Axes, table: pd.DataFrame, methods: Mapping[str, str]) -> float:
    """Draw one item; gives how far its longest bar reaches, in percent."""
    reach = 0.0
    for y, method in enumerate(methods):
        mine = table[table["method"] == method].sort_values("score")
        edges = centred(mine)
        colours = diverging_colours(len(mine))
        axes.barh([y] * len(mine), np.diff(edges), left=edges[:-1], color=colours, height=0.78)
        words = f"n = {mine['n'].iloc[0]}"
        axes.text(1.01, y, words, transform=axes.get_yaxis_transform(), va="center")
        reach = max(reach, -edges[0], edges[-1])
    rows(axes, list(methods.values()))
    return reach


def centred(points: pd.DataFrame) -> NDArray[np.floating]:
    """Where the bars of points begin and end about their middle.

    Parameters
    ----------
    points : DataFrame
        Of one item and method, the points of the scale in order: columns ratings and n.

    Returns
    -------
    ndarray of shape (points + 1,), float
        In percent of the ratings: half of the neutral point, if there is one, on each side of 0.
    """
    shares = 100 * points["ratings"].to_numpy() / max(int(points["n"].iloc[0]), 1)
    half = len(shares) // 2
    neutral = shares[half] / 2 if len(shares) % 2 else 0
    edges = np.concatenate([[0], np.cumsum(shares)]) - shares[:half].sum() - neutral
    return np.asarray(edges)


def scale(items: Sequence[Question]) -> tuple[float, float]:
    """Ends of an axis of scores."""
    return 0.8, max(len(item.options) for item in items) + 0.2


def diverging_colours(count: int) -> NDArray[np.floating]:
    """Of the points of a scale: brown, a grey middle, green; shape (count, 4), in [0, 1]."""
    colours = sampled("BrBG", count, 0.12, 0.88)
    if count % 2:
        # The map's own middle is hardly to be seen on white.
        colours[count // 2, :3] = 0.82
    return colours
