"""How a training went, as a figure."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from shamsul.training.epoch import Epoch


def curves(epochs: Sequence[Epoch], best: int) -> bytes:
    """Losses and the mean AUC by epoch, as SVG; a line marks the epoch that is kept."""
    figure = Figure(figsize=(7.1, 2.6), layout="constrained")
    loss, score = figure.subplots(1, 2)
    numbers = [epoch.number for epoch in epochs]
    _line(loss, numbers, [epoch.loss for epoch in epochs], "training", "#0072b2", "o")
    _line(loss, numbers, [epoch.validation_loss for epoch in epochs], "validation", "#d55e00", "s")
    loss.set_ylabel("Loss")
    loss.legend(frameon=False, fontsize=8)
    _line(score, numbers, [epoch.auc for epoch in epochs], "mean", "#d55e00", "s")
    for values in zip(*(epoch.aucs for epoch in epochs), strict=True):
        if np.isfinite(values).any():
            score.plot(numbers, values, color="#bbbbbb", linewidth=0.8, zorder=1)
    score.set_ylabel("AUC on validation: mean, and each label")
    for axes in (loss, score):
        axes.axvline(best, color="#555555", linewidth=0.8, linestyle=":")
        axes.set_xlabel(f"Epoch; that of {best} is kept")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.yaxis.label.set_size(8)
        axes.xaxis.label.set_size(8)
    file = io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _line(
    axes: Axes, numbers: list[int], values: list[float], label: str, colour: str, marker: str
) -> None:
    axes.plot(
        numbers, values, color=colour, marker=marker, markersize=3, linewidth=1.4, label=label
    )
