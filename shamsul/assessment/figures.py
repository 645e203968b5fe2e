"""Figures of an assessment, a panel a label."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from shamsul.assessment.results import Assessment
from shamsul.assessment.scored import FACTORS, Scored
from shamsul.reporting.pictures import (
    COLOURS,
    GREY,
    INK,
    LINE,
    SMALL,
    Picture,
    blank,
    legend,
    picture,
    plain,
    wrapped,
)

#: Panels beside each other.
_COLUMNS: Final = 4
#: Inches of a page.
_HIGHEST: Final = 9.3
#: Corners of a drawn curve: more cannot be seen.
_CORNERS: Final = 400

_Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


def draw(found: Assessment) -> tuple[Picture, ...]:
    """The figures of what is known."""
    metrics = found.tables["metrics"]
    labels = list(metrics.loc[metrics[["positives", "negatives"]].min(axis=1) > 0, "label"])
    if not labels:
        return ()
    made = [roc(found, labels), precision_recall(found, labels), reliability(found, labels)]
    if found.tables["subgroups"]["auroc"].notna().any():
        made.append(subgroups(found, labels))
    return tuple(made)


def roc(found: Assessment, labels: Sequence[str]) -> Picture:
    """ROC curves with the operating point and its intervals."""
    metrics = found.tables["metrics"].set_index("label")

    def panel(axes: Axes, label: str) -> str:
        row = metrics.loc[label]
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=0.6)
        _curves(axes, found, label, _roc)
        x, y = 1 - row["specificity"], row["sensitivity"]
        cross: dict[str, Any] = {"color": INK, "linewidth": 1.1}
        low, high = 1 - row["specificity_wilson_high"], 1 - row["specificity_wilson_low"]
        axes.hlines(y, low, high, **cross)
        axes.vlines(x, row["sensitivity_wilson_low"], row["sensitivity_wilson_high"], **cross)
        axes.plot(x, y, "o", color=INK, markersize=3.5, label="operating point")
        words = f"AUROC {row['auroc']:.3f}\n{row['auroc_low']:.3f} to {row['auroc_high']:.3f}"
        axes.text(0.98, 0.04, words, ha="right", va="bottom", bbox=_VEIL)
        return ""

    figure = _panels(labels, panel, "1 − specificity", "Sensitivity")
    caption = (
        "Lines through the operating point are 95% intervals of Wilson's, over images. Below the "
        "curve the area with its 95% bootstrap interval, whole patients drawn again. "
        f"{_counted(found)}"
    )
    return picture("roc", "ROC curves", caption, figure)


def precision_recall(found: Assessment, labels: Sequence[str]) -> Picture:
    """Precision-recall curves; dashed what a model that knows nothing has."""
    metrics = found.tables["metrics"].set_index("label")

    def panel(axes: Axes, label: str) -> str:
        row = metrics.loc[label]
        axes.axhline(row["prevalence"], color=GREY, linewidth=0.8, linestyle="--", label="chance")
        _curves(axes, found, label, _precision_recall)
        words = f"AUPRC {row['auprc']:.3f}\n{row['auprc_low']:.3f} to {row['auprc_high']:.3f}"
        axes.text(0.03, 0.04, words, ha="left", va="bottom", bbox=_VEIL)
        return ""

    figure = _panels(labels, panel, "Recall (sensitivity)", "Precision")
    caption = (
        "Dashed: the share of images with the finding, which is the precision of a model that "
        "knows nothing. AUPRC is average precision, with its 95% bootstrap interval, whole "
        f"patients drawn again. {_counted(found)}"
    )
    return picture("precision_recall", "Precision and recall", caption, figure)


def reliability(found: Assessment, labels: Sequence[str]) -> Picture:
    """What was said against what was so."""
    bins, calibrated = found.tables["reliability"], found.manifest.calibration
    errors = found.tables["calibration"].set_index("label")

    def panel(axes: Axes, label: str) -> str:
        mine = bins[bins["label"] == label]
        axes.plot([0, 1], [0, 1], color=LINE, linewidth=0.6)
        if calibrated is not None and label in calibrated.slopes:
            raw = mine[mine["kind"] == "raw"]
            line: dict[str, Any] = {"color": GREY, "linewidth": 0.8, "linestyle": ":"}
            axes.plot(
                raw["predicted"],
                raw["observed"],
                marker="s",
                markersize=2,
                label="as trained",
                **line,
            )
        shown = mine[mine["kind"] == "shown"]
        axes.vlines(shown["predicted"], shown["low"], shown["high"], color=COLOURS[0], linewidth=1)
        axes.plot(
            shown["predicted"],
            shown["observed"],
            color=COLOURS[0],
            marker="o",
            markersize=3,
            linewidth=0.9,
            label="as shown",
        )
        return f"\nECE {errors.loc[label, 'ece']:.3f}"

    figure = _panels(labels, panel, "Mean probability", "Share with finding")
    caption = (
        "Images in ten bins of equal width of the probability, those that hold any; vertical "
        "lines are 95% intervals of Wilson's. On the diagonal probabilities are what is so. ECE: "
        f"expected calibration error. Probabilities: {found.manifest.about_probabilities}. "
        f"{_counted(found)}"
    )
    return picture("reliability", "Reliability", caption, figure)


def subgroups(found: Assessment, labels: Sequence[str]) -> Picture:
    """AUROC of each group with its interval; a line where that of all images is."""
    table, metrics = found.tables["subgroups"], found.tables["metrics"].set_index("label")
    there = {
        factor: [
            name for name in names if name in set(table.loc[table["factor"] == factor, "group"])
        ]
        for factor, names in FACTORS.items()
    }
    rows = [(factor, name) for factor, names in there.items() for name in names]
    shown = table[table["label"].isin(labels)]
    least = min(shown["low"].min(), 0.5)

    def panel(axes: Axes, label: str) -> str:
        mine = table[table["label"] == label].set_index(["factor", "group"]).reindex(rows)
        y = np.arange(len(rows))
        axes.axvline(metrics.loc[label, "auroc"], color=GREY, linewidth=0.8)
        axes.hlines(y, mine["low"], mine["high"], color=COLOURS[0], linewidth=1.1)
        axes.plot(mine["auroc"], y, "o", color=COLOURS[0], markersize=3)
        for place, few in enumerate(mine["auroc"].isna()):
            if few:
                axes.text(least, place, "too few", va="center", color=GREY)
        edges = np.cumsum([len(names) for names in there.values()])[:-1] - 0.5
        for edge in edges:
            axes.axhline(edge, color=LINE, linewidth=0.4)
        axes.set_yticks(y, [f"{factor} {name}" for factor, name in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(max(0.0, least - 0.03), 1.02)
        return ""

    figure = _panels(labels, panel, "AUROC", "", square=False, row=0.45 + 0.15 * len(rows))
    caption = (
        "AUROC of the images of a group, with 95% bootstrap intervals, whole patients drawn again; "
        "the vertical line is that of all images. Too few: under 10 images with the finding, or "
        f"without it. {_counted(found)}"
    )
    return picture("subgroups", "Subgroups", caption, figure)


_VEIL: Final = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.5}


def _panels(
    labels: Sequence[str],
    panel: Callable[[Axes, str], str],
    x: str,
    y: str,
    *,
    square: bool = True,
    row: float = 1.9,
) -> Figure:
    """A figure with a panel for each label, and one legend.

    Drawing a panel gives what follows the label in its title.
    """
    columns = min(_COLUMNS, len(labels))
    lines = -(-len(labels) // columns)
    figure = blank(min(0.9 + row * lines, max(_HIGHEST, 1.2 * lines)))
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, label in zip(panels, labels, strict=False):
        title = f"{wrapped(label, 26)}{panel(axes, label)}"
        axes.set_title(title, loc="left", fontsize=SMALL)
        if square:
            axes.set_xlim(-0.02, 1.02)
            axes.set_ylim(-0.02, 1.02)
            axes.set_aspect("equal")
    for axes in panels[len(labels) :]:
        axes.set_visible(False)
    for axes in panels[max(0, len(labels) - columns) : len(labels)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel(x)
    for axes in panels[::columns]:
        axes.set_ylabel(y)
    handles = {
        label: handle
        for axes in panels[: len(labels)]
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if handles:
        legend(figure, list(handles.values()), list(handles))
    return figure


def _curves(
    axes: Axes,
    found: Assessment,
    label: str,
    curve: Callable[[NDArray[np.bool_], NDArray[np.float64]], _Curve],
) -> None:
    """The model's curve, and that of the other one where it has the label."""
    both = [(found.manifest.name, found.scored, "-")]
    if found.other is not None and found.other_scored is not None:
        same = ", the other" * (found.other.name == found.manifest.name)
        both.append((f"{found.other.name}{same}", found.other_scored, "--"))
    for (name, scored, line), colour in zip(both, COLOURS, strict=False):
        if label in scored.labels:
            x, y = curve(*_of(scored, label))
            axes.plot(x, y, line, color=colour, linewidth=1.2, label=plain(wrapped(name, 30)))


def _of(scored: Scored, label: str) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    column = scored.labels.index(label)
    rows = scored.known[:, column]
    return scored.present[rows, column], scored.logits[rows, column]


def _roc(present: NDArray[np.bool_], scores: NDArray[np.float64]) -> _Curve:
    false, true, _ = roc_curve(present, scores)
    return _thinned(false, true)


def _precision_recall(present: NDArray[np.bool_], scores: NDArray[np.float64]) -> _Curve:
    precision, recall, _ = precision_recall_curve(present, scores)
    return _thinned(recall, precision)


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> _Curve:
    places = np.unique(np.linspace(0, len(x) - 1, _CORNERS).astype(int))
    return x[places], y[places]


def _counted(found: Assessment) -> str:
    images: pd.Series = found.tables["metrics"]["images"]
    low, high = int(images.min()), int(images.max())
    span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"n = {span} images a label, of which the finding is known."
