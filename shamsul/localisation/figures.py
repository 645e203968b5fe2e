"""Figures of an evaluation, as pure functions from its tables to matplotlib."""

from collections.abc import Collection, Mapping, Sequence

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from shamsul.localisation.results import Results
from shamsul.localisation.tables import DISTANCES, UNBOUNDED
from shamsul.reporting.differences import ALL
from shamsul.reporting.pictures import (
    INK,
    LINE,
    SMALL,
    Look,
    Picture,
    blank,
    intervals,
    legend,
    looks,
    picture,
    plain,
    rows,
    span,
    spread,
    total,
    two_decimals,
    wrapped,
)

#: Metrics and features as a reader meets them.
NAMES = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "hit": "hit rate",
    "hit_tolerant": "tolerant hit rate",
    "mass": "relevance mass",
    "rank": "relevance rank",
    "auprc": "AUPRC",
    "auroc": "AUROC",
    "box_iou": "box IoU",
    "iobb": "IoBB",
    "part_iou": "IoU of the largest part",
    "best_iou": "IoU at the best threshold",
    "outside_inside": "outside-inside ratio",
    "centre_distance_px": "distance of centres (pixels)",
    "centre_distance_mm": "distance of centres (mm)",
    "auc_judd": "AUC-Judd",
    "auc_shuffled": "shuffled AUC",
    "nss": "NSS",
    "cc": "CC",
    "sim": "SIM",
    "kl_divergence": "KL divergence (nats)",
    "information_gain": "information gain (bits a fixation)",
    "area_share": "size (share of the image)",
    "regions": "number of regions",
    "elongation": "elongation",
    "rectangularity": "rectangularity",
    "probability": "model's probability",
}
#: Metrics that are 0 or 1 for most maps: of them a box shows nothing.
BINARY = frozenset({"hit", "hit_tolerant"})

#: Boxes, and labels with their names, that one row of panels has room for.
_BOXES, _LABELS = 45, 7
#: Inches of a page.
_HIGHEST = 9.3
#: Percent of the image.
_SIZES = (0.001, 0.01, 0.1, 0.3, 1, 3, 10, 30, 100)
_INTERVAL = "Lines are 95% bootstrap intervals over images."


def draw(results: Results) -> tuple[Picture, ...]:
    """The figures of an evaluation, without those that nothing is known for."""
    if not results.metrics:
        return ()
    metric, found, methods = results.headline[0], results.tables, scored(results)
    drawn = []
    if metric not in BINARY:
        drawn.append(boxes(found["scores"], metric, methods))
    if len(methods) > 1:
        drawn.append(wins(found["wins"], metric, methods))
    for name, title in (
        ("against_baselines", "Difference to the best baseline"),
        ("against_people", "Difference to people"),
    ):
        told = metric_of(results, name)
        if told:
            drawn.append(differences(found[name], told, results.titles, name, title))
    if "curves" in found:
        drawn.append(curves(found["curves"], results.titles))
    sizes = found["scores"].get("area_share", pd.Series(dtype=float))
    if metric not in BINARY and (sizes > 0).any():
        drawn.append(size(found["scores"], found["correlations"], metric, methods))
    return tuple(drawn)


def scored(results: Results) -> dict[str, str]:
    """Titles of the methods with any score by the first headline metric, by name in order."""
    known = set(results.tables["scores"].dropna(subset=[results.headline[0]])["method"])
    return {name: title for name, title in results.titles.items() if name in known}


def metric_of(results: Results, name: str) -> str:
    """The headline metric that a table of differences is drawn by; empty where it has none."""
    table = results.tables[name]
    known = set(table.loc[table["n"] > 0, "metric"])
    return next((one for one in results.headline if one in known), "")


def lines_of(labels: Sequence[str], methods: Collection[str]) -> list[list[str]]:
    """Labels in lines of equal length, as many as have room for their boxes and names."""
    lines = max(-(-len(labels) * len(methods) // _BOXES), -(-len(labels) // _LABELS))
    per_line = -(-len(labels) // lines)
    return [list(labels[start : start + per_line]) for start in range(0, len(labels), per_line)]


def boxes(table: pd.DataFrame, metric: str, methods: Mapping[str, str]) -> Picture:
    """Box plots of each label and method, as figure 3 of SHAMSUL.

    Parameters
    ----------
    table : DataFrame
        Of scores.
    metric : str
    methods : mapping of str to str
        Titles by name, in order.

    References
    ----------
    Alam et al. 2023, doi 10.5617/nmi.10471
    """
    known = table.dropna(subset=[metric])
    groups = lines_of(sorted(known["label"].unique()), methods)
    per_line = len(groups[0])
    figure = blank(min(0.9 + 2.6 * len(groups), _HIGHEST))
    panels = figure.subplots(len(groups), 1, sharey=True, squeeze=False)[:, 0]
    looked, steps = looks(methods), 1.35 * spread(len(methods))
    random = np.random.default_rng(0)
    for group, axes in zip(groups, panels, strict=True):
        for place, label in enumerate(group):
            here = known[known["label"] == label]
            for step, method in zip(steps, methods, strict=True):
                values = here.loc[here["method"] == method, metric].to_numpy()
                width = 0.66 * 0.81 / len(methods)
                _box(axes, values, place + step, width, looked[method], random)
        counts = [known[known["label"] == label].groupby("method").size() for label in group]
        names = [
            f"{wrapped(label, 119 // per_line)}\nn = {span(count)}"
            for label, count in zip(group, counts, strict=True)
        ]
        axes.set_xticks(range(len(group)), names)
        axes.set_xlim(-0.5, per_line - 0.5)
        axes.tick_params(axis="x", length=0)
        for edge in range(len(group) - 1):
            axes.axvline(edge + 0.5, color=LINE, linewidth=0.4)
        axes.set_ylabel(name_of(metric))
        axes.grid(axis="y", color=LINE, linewidth=0.4)
        axes.set_axisbelow(True)
    if metric not in UNBOUNDED:
        panels[0].set_ylim(-0.03, 1.03)
    handles = [
        Line2D([], [], color=colour, marker=marker, markersize=4, linewidth=1.2)
        for colour, marker in looked.values()
    ]
    legend(figure, handles, [plain(title) for title in methods.values()])
    caption = (
        "Boxes are quartiles with the median, whiskers reach to the furthest score within 1.5 "
        "times the box's height, each point is a map. n is the number of images with the label, "
        f"in all n = {len(known):,} maps. Left out: {len(table) - len(known):,} without the score."
    )
    return picture("boxes", f"{name_of(metric)} by label and method", caption, figure)


def curves(table: pd.DataFrame, methods: Mapping[str, str]) -> Picture:
    """Mean IoU over all labels at each threshold, as :func:`.tables.curves` gives it."""
    mine = table[(table["label"] == ALL) & table["iou"].notna()]
    shown = {name: title for name, title in methods.items() if name in set(mine["method"])}
    figure = blank(3.4)
    axes = figure.subplots()
    for method, (colour, marker) in looks(shown).items():
        line = mine[mine["method"] == method]
        axes.fill_between(line["share"], line["low"], line["high"], color=colour, alpha=0.15, lw=0)
        axes.plot(
            line["share"],
            line["iou"],
            color=colour,
            marker=marker,
            markersize=3,
            linewidth=1,
            label=plain(shown[method]),
        )
    axes.set_xlim(0, 1)
    axes.set_xlabel("Threshold (share of the map's greatest value)")
    axes.set_ylabel("IoU with the boxes")
    axes.grid(color=LINE, linewidth=0.4)
    axes.set_axisbelow(True)
    legend(figure, *axes.get_legend_handles_labels())
    caption = (
        "Mean over all findings of the IoU with the union of their boxes, where what is predicted "
        "is all above a share of the map's greatest value. Bands are 95% bootstrap intervals over "
        f"images, n = {span(mine['n'])} findings. Left out: {span(mine['left_out'])} without a box."
    )
    return picture("curves", "IoU at every threshold", caption, figure)


def wins(table: pd.DataFrame, metric: str, methods: Mapping[str, str]) -> Picture:
    """How often the method of a row is better than that of a column, over all labels."""
    mine = table[(table["metric"] == metric) & (table["label"] == ALL)]
    order = {name: place for place, name in enumerate(methods)}
    leads = np.full((len(order), len(order)), np.nan)
    words = {}
    for row in duels(table, metric).itertuples():
        cell = order[row.method], order[row.other]
        leads[cell], words[cell] = row.lead, row.words
    figure = blank(1.9 + 0.34 * len(order))
    axes = figure.subplots()
    axes.set_facecolor(LINE)
    # Not an image, which the report's page would not load.
    axes.pcolormesh(leads, cmap="BrBG", vmin=-1, vmax=1, edgecolors="white", linewidth=1)
    for (here, there), text in words.items():
        axes.text(there + 0.5, here + 0.5, text, ha="center", va="center")
    titles = [wrapped(title, 18) for title in methods.values()]
    places = np.arange(len(order)) + 0.5
    axes.set_xticks(places, titles, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, titles)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xlabel("than this one")
    axes.set_ylabel("This method is better")
    caption = (
        f"Findings in which one method's {NAMES[metric]} is better than another's for the same "
        f"image and label, of n = {span(mine['n'])} with both; what is missing to 100% is equal. "
        "Green: better more often than worse; brown: worse more often. *: p < 0.05 (Wilcoxon, "
        "Holm). Left out: "
        f"{span(mine['left_out'])} findings of each pair, without one of the two scores."
    )
    done = picture("wins", f"Which method is better ({NAMES[metric]})", caption, figure)
    for written, cell in zip(axes.texts, words, strict=True):
        written.set_color("white" if abs(leads[cell]) > 0.6 else INK)
    return done


def duels(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Each method beside each other one, over all labels.

    Parameters
    ----------
    table : DataFrame
        As :func:`shamsul.localisation.tables.wins` gives it.
    metric : str

    Returns
    -------
    DataFrame
        Columns method, other, better, worse (shares of the n pairs), lead (better less worse), n,
        p_holm, words (the share of better ones, with a star where p_holm is below 0.05). Those
        without any pair are not there.
    """
    mine = table[(table["metric"] == metric) & (table["label"] == ALL) & (table["n"] > 0)]
    names = {"first": "method", "second": "other", "first_better": "better"}
    turned = {"second": "method", "first": "other", "second_better": "better"}
    both = pd.concat(
        [
            mine.rename(columns={**names, "second_better": "worse"}),
            mine.rename(columns={**turned, "first_better": "worse"}),
        ]
    )
    both["lead"] = both["better"] - both["worse"]
    both["words"] = [
        f"{100 * share:.0f}%{'*' * (p < 0.05)}"
        for share, p in zip(both["better"], both["p_holm"], strict=True)
    ]
    return both[["method", "other", "better", "worse", "lead", "n", "p_holm", "words"]]


def differences(
    table: pd.DataFrame, metric: str, methods: Mapping[str, str], name: str, title: str
) -> Picture:
    """Differences to references with their intervals, a row for each label.

    Parameters
    ----------
    table : DataFrame
        As :func:`shamsul.reporting.differences.against` gives it.
    metric : str
    methods : mapping of str to str
        Titles by name, in order, those of references among them.
    name, title : str
        Of the picture.
    """
    mine = table[table["metric"] == metric]
    labels = list(dict.fromkeys(mine["label"]))
    compared = [one for one in methods if one in set(mine["method"])]
    figure = blank(min(1.1 + len(labels) * (0.25 + 0.1 * len(compared)), _HIGHEST))
    axes = figure.subplots()
    looked, steps = looks(methods), spread(len(compared))
    for step, method in zip(steps, compared, strict=True):
        part = mine[mine["method"] == method].set_index("label").reindex(labels)
        y = np.arange(len(labels)) + step
        intervals(axes, part, "difference", y, looked[method], plain(methods[method]))
    rows(axes, labels)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.grid(axis="x", color=LINE, linewidth=0.4)
    axes.set_axisbelow(True)
    for edge in range(len(labels) - 1):
        axes.axhline(edge + 0.5, color=LINE, linewidth=0.4)
    best = mine.drop_duplicates("label").set_index("label")
    for place, label in enumerate(labels):
        reference = methods[best.loc[label, "reference"]]
        words = f"{wrapped(reference, 22)}\nn = {span(mine.loc[mine['label'] == label, 'n'])}"
        axes.text(1.01, place, words, transform=axes.get_yaxis_transform(), va="center")
    better = "left" if metric in DISTANCES else "right"
    axes.set_xlabel(f"Difference in {NAMES[metric]} (better to the {better})")
    legend(figure, *axes.get_legend_handles_labels())
    caption = (
        "Mean of the method less mean of the reference named on the right, over the n findings "
        f"with both scores. {_INTERVAL} Left out: {total(mine['left_out'])} pairs in all rows "
        "together, without one of the two."
    )
    return picture(name, f"{title} ({NAMES[metric]})", caption, figure)


def size(
    table: pd.DataFrame, correlations: pd.DataFrame, metric: str, methods: Mapping[str, str]
) -> Picture:
    """Scores against the size of findings, a panel for each method."""
    findings = table[table["area_share"] > 0]
    shown = findings.dropna(subset=[metric])
    columns = min(3, len(methods))
    lines = -(-len(methods) // columns)
    figure = blank(min(0.9 + 1.9 * lines, _HIGHEST))
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    rho = correlations[
        (correlations["metric"] == metric) & (correlations["feature"] == "area_share")
    ].set_index("method")
    for axes, (method, look) in zip(panels, looks(methods).items(), strict=False):
        mine, (colour, marker) = shown[shown["method"] == method], look
        points = {"s": 9, "color": colour, "marker": marker, "linewidths": 0, "alpha": 0.6}
        axes.scatter(100 * mine["area_share"], mine[metric], **points)
        value, low, high = map(two_decimals, rho.loc[method, ["rho", "low", "high"]])
        numbers = f"ρ = {value} [{low}, {high}], n = {rho.loc[method, 'n']}"
        axes.set_title(f"{wrapped(methods[method], 40)}\n{numbers}", loc="left", fontsize=SMALL)
        axes.grid(color=LINE, linewidth=0.4)
        axes.set_axisbelow(True)
    # Sizes differ by powers of ten.
    panels[0].set_xscale("log")
    panels[0].xaxis.set_major_locator(FixedLocator(_SIZES))
    panels[0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}%"))
    panels[0].xaxis.set_minor_locator(NullLocator())
    if metric not in UNBOUNDED:
        panels[0].set_ylim(-0.03, 1.03)
    for axes in panels[len(methods) :]:
        axes.set_visible(False)
    for axes in panels[max(0, len(methods) - columns) : len(methods)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("Share of the image (logarithmic)")
    for axes in panels[::columns]:
        axes.set_ylabel(name_of(metric))
    caption = (
        "A point is a map. ρ: Spearman's correlation with its 95% bootstrap interval over images, "
        f"n = {len(shown):,} maps in all. Left out: {len(findings) - len(shown):,} maps without "
        "the score."
    )
    return picture("size", f"{name_of(metric)} and size of the finding", caption, figure)


def _box(
    axes: Axes,
    values: np.ndarray,
    place: float,
    width: float,
    look: Look,
    random: np.random.Generator,
) -> None:
    """A box with its points over it, spread at random about its middle."""
    colour, marker = look
    line = {"color": colour, "linewidth": 0.9}
    if len(values):
        axes.boxplot(
            values,
            positions=[place],
            widths=width,
            showfliers=False,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": (*matplotlib.colors.to_rgb(colour), 0.25), "edgecolor": colour},
            medianprops={"color": INK, "linewidth": 1.3},
            whiskerprops=line,
            capprops=line,
        )
    away = place + random.uniform(-0.3, 0.3, len(values)) * width
    axes.scatter(away, values, s=4, color=colour, marker=marker, linewidths=0, alpha=0.8, zorder=4)


def name_of(metric: str) -> str:
    """A metric's name at the beginning of a sentence."""
    name = NAMES[metric]
    return name[0].upper() + name[1:]
