"""Figures of what the model's probability and maps make of readers.

References
----------
.. [1] Chen, Samuelson 2014, doi 10.1259/bjr.20140016 (the average ROC curve of several readers)
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from shamsul.analysis.comparison import ROUGHLY, few
from shamsul.analysis.helped import Helped
from shamsul.analysis.steps import STEPS
from shamsul.reporting.pictures import (
    COLOURS,
    GREY,
    INK,
    LINE,
    TEXT,
    Picture,
    blank,
    legend,
    look,
    numbered,
    picture,
    span,
    total,
    wrapped,
)

#: False positive rates at which curves are averaged.
GRID = np.linspace(0, 1, 201)


def draw(helped: Helped) -> Iterator[Picture]:
    """The figures of what is known."""
    if len(helped.roc):
        yield roc(helped)
        yield by_step(helped)


def roc(helped: Helped) -> Picture:
    """ROC curves by step: readers thin, their mean thick, dashed that of the first step.

    The mean is that of the sensitivities at each specificity [1]_.
    """
    labels, steps = drawn(helped)
    figure = blank(1.2 + 2.3 * len(labels))
    panels = figure.subplots(len(labels), len(steps), sharex=True, sharey=True, squeeze=False)
    for line, label in zip(panels, labels, strict=True):
        first: NDArray[np.float64] | None = None
        for axes, (number, step) in zip(line, enumerate(steps), strict=True):
            mine = helped.roc[(helped.roc["label"] == label) & (helped.roc["step"] == step)]
            axes.plot([0, 1], [0, 1], color=LINE, linewidth=0.6)
            for _, curve in mine.groupby("reader"):
                x, y = curve["false_positive_rate"], curve["sensitivity"]
                axes.plot(x, y, color=look(number)[0], linewidth=0.7, alpha=0.6)
            mean = mean_curve(mine)
            if first is not None:
                axes.plot(GRID, first, color=GREY, linewidth=1.2, linestyle="--")
            axes.plot(GRID, mean, color=look(number)[0], linewidth=2.2)
            first = mean if first is None else first
            axes.set_aspect("equal")
            axes.set_xlim(-0.02, 1.02)
            axes.set_ylim(-0.02, 1.02)
            axes.set_title(_titled(label, step, labels), loc="left", fontsize=TEXT)
        line[0].set_ylabel("Sensitivity")
    for axes in panels[-1]:
        axes.set_xlabel("1 − specificity")
    caption = (
        "Thin: readers; thick: mean of their sensitivities at each specificity; dashed: that of "
        f"the first step. {_counted(helped)}"
    )
    return picture("helped_roc", "ROC curves of the readers at each step", caption, figure)


def by_step(helped: Helped) -> Picture:
    """Each reader's AUC from step to step, and the mean with its interval."""
    labels, steps = drawn(helped)
    means, gains = (
        table[table["statistic"] == "auc"] for table in (helped.means, helped.differences)
    )
    lowest = min(0.5, helped.readers["auc"].min(), means["low"].fillna(0.5).min())
    figure = blank(3.6 if len(labels) < 3 else 1.2 + 2.3 * -(-len(labels) // 2))
    panels = figure.subplots(
        -(-len(labels) // 2), min(2, len(labels)), sharey=True, squeeze=False
    ).ravel()
    readers = sorted(helped.readers["reader"].unique())
    names, told = numbered(readers, "reader")
    for axes, label in zip(panels, labels, strict=False):
        mine = helped.readers[helped.readers["label"] == label]
        for reader, own in mine.groupby("reader"):
            number = readers.index(reader)
            # Colours and markers go round together: the next round has other pairs.
            colour, marker = look(number)[0], look(number + number // len(COLOURS))[1]
            auc = own.set_index("step")["auc"].reindex(steps)
            line = {"color": colour, "marker": marker, "markersize": 3.5, "linewidth": 0.8}
            axes.plot(range(len(steps)), auc, label=wrapped(names[number], 20), alpha=0.75, **line)
        _mean(axes, means[means["label"] == label].set_index("step").reindex(steps))
        axes.axhline(0.5, color=LINE, linewidth=0.6)
        axes.set_xticks(range(len(steps)), [wrapped(STEPS[step], 16) for step in steps])
        axes.set_xlim(-0.3, len(steps) - 0.7)
        # An interval may reach beyond what an area can be.
        axes.set_ylim(max(-0.02, lowest - 0.05), 1.02)
        axes.grid(axis="y", color=LINE, linewidth=0.4)
        if len(labels) > 1:
            axes.set_title(wrapped(label, 40), loc="left", fontsize=TEXT)
    for axes in panels[::2]:
        axes.set_ylabel("AUC")
    for axes in panels[len(labels) :]:
        axes.set_visible(False)
    handles = {
        label: handle
        for axes in panels[: len(labels)]
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    legend(figure, list(handles.values()), list(handles))
    caption = (
        "A thin line is a reader. Thick: mean with its 95% interval, readers and cases taken as "
        f"drawn from more of them. {_counted(helped)}{_worth(helped.test)}"
    )
    if gains["why"].any():
        caption += f" No test: {next(reason for reason in gains['why'] if reason)}"
    return picture("helped_readers", "Readers' AUC from step to step", caption, figure, told)


def drawn(helped: Helped) -> tuple[list[str], list[str]]:
    """The findings and steps of which there are curves."""
    there = helped.roc
    return list(there["label"].unique()), [s for s in STEPS if s in set(there["step"])]


def _titled(label: str, step: str, labels: list[str]) -> str:
    title = f"{STEPS[step][0].upper()}{STEPS[step][1:]}"
    return title if len(labels) == 1 else f"{wrapped(label, 30)}\n{title}"


def mean_curve(curves: pd.DataFrame) -> NDArray[np.float64]:
    """The mean of several readers' sensitivities at each of `GRID` [1]_.

    Parameters
    ----------
    curves : DataFrame
        Of one label and step, as :func:`shamsul.analysis.helped.curves` gives them.
    """
    each = [_sensitivities(curve) for _, curve in curves.groupby("reader")]
    return np.asarray(np.mean(each, axis=0))


def _sensitivities(curve: pd.DataFrame) -> NDArray[np.float64]:
    """A curve's sensitivity over the grid; where it rises straight up, the upper end."""
    # Of corners above each other `interp` takes the last.
    x, y = (curve[name].to_numpy(float) for name in ("false_positive_rate", "sensitivity"))
    return np.asarray(np.interp(GRID, x, y))


def _mean(axes: Axes, means: pd.DataFrame) -> None:
    x = np.arange(len(means))
    axes.vlines(x, means["low"], means["high"], color=INK, linewidth=1.6)
    axes.plot(x, means["mean"], color=INK, marker="_", markersize=12, linewidth=2.2, label="mean")


def _counted(helped: Helped) -> str:
    test = helped.test
    left_out = helped.readers.drop_duplicates(["label", "reader"])["left_out"]
    return (
        f"n = {span(test['cases'])} cases, {span(test['with_finding'])} with the finding, read "
        f"by {span(test['readers'])} readers at every step. Left out: {total(left_out)} readers' "
        "cases not answered for at every step or of unknown truth."
    )


def _worth(test: pd.DataFrame) -> str:
    """What few readers or cases are worth."""
    small = few(int(test["readers"].min()), int(test["cases"].min()))
    return f" {ROUGHLY.format(small)}" if small else ""
