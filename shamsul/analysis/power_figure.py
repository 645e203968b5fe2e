"""The figure of power over cases, and a plan as files."""

from collections.abc import Sequence

import pandas as pd

from shamsul.analysis.sample_size import Plan, sentence
from shamsul.reporting.files import csv, png, svg
from shamsul.reporting.pictures import GREY, INK, SMALL, Picture, blank, picture, sampled

#: Between names of lines, as a share of the axis; less where they are many.
_APART = 0.05


def heights(ends: Sequence[float]) -> list[float]:
    """Where the names of lines stand beside their right ends, without one over the other.

    Parameters
    ----------
    ends : sequence of float
        Where the lines end, in [0, 1], from above.

    Examples
    --------
    >>> heights([0.99, 0.98, 0.5])
    [0.99, 0.94, 0.5]
    """
    apart = min(_APART, 1 / max(len(ends), 1))
    placed: list[float] = []
    for end in ends:
        placed.append(round(min(end, placed[-1] - apart), 4) if placed else end)
    # Many lines that all end low down would have the last names below the axis.
    lift = max(0.0, -placed[-1]) if placed else 0.0
    return [place + lift for place in placed]


def draw(plan: Plan, needed: pd.DataFrame, curves: pd.DataFrame) -> Picture:
    """Power over cases, a line for each number of readers.

    Parameters
    ----------
    needed, curves : DataFrame
        :meth:`Plan.needed` and :meth:`Plan.curves`.
    """
    figure = blank(3.9)
    axes = figure.subplots()
    far = curves["cases"].max()
    ends = curves[curves["cases"] == far].sort_values(["power", "readers"], ascending=False)
    colours = dict(zip(plan.readers, sampled("cividis", len(plan.readers), 0, 0.85), strict=True))
    for (_, end), height in zip(ends.iterrows(), heights(list(ends["power"])), strict=True):
        readers = int(end["readers"])
        mine = curves[curves["readers"] == readers]
        axes.plot(mine["cases"], mine["power"], color=colours[readers], linewidth=1.4)
        line = {"color": colours[readers], "linewidth": 0.6, "clip_on": False}
        axes.plot([far, 1.025 * far], [end["power"], height], **line)
        name = f"{readers} readers"
        axes.text(1.03 * far, height, name, va="center", fontsize=SMALL, color=INK)
    axes.axhline(plan.power, color=GREY, linewidth=0.9, linestyle="--")
    axes.set_xlim(0, far)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel("Cases")
    axes.set_ylabel("Power")
    caption = (
        f"{sentence(plan, needed)} Dashed: the power that is wanted. Lines follow from the "
        "variance components by the procedure of Hillis, Obuchowski and Berbaum (2011); with few "
        "readers more cases may not raise them."
    )
    return picture("power", "Power over cases", caption, figure)


def files(plan: Plan) -> dict[str, bytes]:
    """A plan as files by name: tables, and the figure on white.

    Raises
    ------
    ValueError
        There is no such study; one sentence without a full stop.
    """
    needed = plan.needed()
    curves = plan.curves(needed)
    drawn = draw(plan, needed, curves)
    return {
        "power.csv": csv(curves),
        "needed.csv": csv(needed.astype({"cases": "Int64", "readings": "Int64"}).astype(object)),
        "power.png": png(drawn),
        "power.svg": svg(drawn).encode(),
    }
