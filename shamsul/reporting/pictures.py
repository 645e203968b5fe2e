"""What figures of all reports have in common: size, letters, colours, captions.

For white paper 180 mm wide. Colours are told apart by readers with any colour vision: those of
methods are Okabe and Ito's and come with a marker each, those of scales are ColorBrewer's BrBG and
matplotlib's cividis, ordered in lightness. Every figure says below itself what it was made from and
what was left out.
"""

import itertools
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike, NDArray

#: Inches: two columns of a journal.
WIDTH = 7.1
#: Points of the smallest and of the usual letters.
SMALL, TEXT = 7, 8
#: Okabe, Ito 2008, Color universal design; yellow, too pale on white, is left out.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK, GREY, LINE = "#222222", "#555555", "#bbbbbb"
#: What takes the place of colours of the white page on the app's dark one.
DARK: Final = {
    "#ffffff": "#0c0e10",
    INK: "#c9ced4",
    GREY: "#9aa3ab",
    LINE: "#474d54",
    "#000000": "#e8eaec",
    "#404040": "#c0c0c0",
}

#: Colour and marker.
Look = tuple[str, str]

#: Of methods, the same in every figure of every report; what is not a method's map is grey.
KNOWN: Final[dict[str, Look]] = {
    **dict(
        zip(
            ("lime", "shap", "grad_cam", "lrp", "integrated_gradients", "occlusion", "rise"),
            zip(COLOURS, MARKERS, strict=True),
            strict=True,
        )
    ),
    "centred_gaussian": ("#8c8c8c", "<"),
    "lung_field": ("#666666", ">"),
    "random_model": ("#a6a6a6", "h"),
    "human": ("#404040", "*"),
}


@dataclass(frozen=True)
class Picture:
    """A figure with its words.

    Attributes
    ----------
    name : str
        Of its files.
    title, caption : str
        The caption stands in the figure too.
    figure : matplotlib.figure.Figure
    numbering : str
        A sentence after the caption where names are numbers in this figure, see :func:`numbered`.
    """

    name: str
    title: str
    caption: str
    figure: Figure
    numbering: str = ""

    @property
    def words(self) -> str:
        """For those who do not see it."""
        return f"{self.title}. {self.caption}{self.numbering}"


def look(number: int) -> Look:
    """Of the first, second and so on of anything."""
    pairs = zip(itertools.cycle(COLOURS), itertools.cycle(MARKERS), strict=False)
    return next(itertools.islice(pairs, number, None))


def looks(methods: Iterable[str]) -> dict[str, Look]:
    """By method's name: those of `KNOWN`, for others what is not taken yet.

    Examples
    --------
    >>> looks(["mine", "lime"])
    {'mine': ('#d55e00', 's'), 'lime': ('#0072b2', 'o')}
    """
    names = list(methods)
    taken = {KNOWN[name] for name in names if name in KNOWN}
    free = [pair for pair in map(look, range(len(COLOURS))) if pair not in taken]
    others = itertools.cycle(free or map(look, range(len(COLOURS))))
    return {name: KNOWN[name] if name in KNOWN else next(others) for name in names}


def blank(height: float) -> Figure:
    """A figure of so many inches."""
    layout = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.05)
    return Figure(figsize=(WIDTH, height), layout=layout, facecolor="white")


def legend(figure: Figure, handles: Sequence[Artist], labels: Sequence[str]) -> None:
    """On top of the figure, in lines of equal length."""
    lines = -(-len(labels) // 5)
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=-(-len(labels) // lines),
        frameon=False,
        fontsize=SMALL,
        handlelength=1.2,
    )


def picture(name: str, title: str, caption: str, figure: Figure, numbering: str = "") -> Picture:
    """Finish a figure: plain axes, letters of one size, the caption below."""
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(LINE)
        axes.tick_params(labelsize=SMALL, color=LINE, labelcolor=INK)
        for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts):
            text.set_fontsize(SMALL)
            text.set_color(INK)
    below = textwrap.fill(plain(f"{caption}{numbering}"), 122)
    figure.supxlabel(below, x=0.01, ha="left", fontsize=SMALL, color=GREY)
    return Picture(name, title, caption, figure, numbering)


def intervals(
    axes: Axes, table: pd.DataFrame, value: str, y: ArrayLike, look: Look, label: str
) -> None:
    """Values as markers with their intervals as lines, from the columns low and high."""
    colour, marker = look
    axes.hlines(y, table["low"], table["high"], color=colour, linewidth=1.2)
    axes.plot(table[value], y, color=colour, marker=marker, markersize=4, linestyle="", label=label)


def rows(axes: Axes, names: Iterable[str]) -> None:
    """Name the places of the vertical axis, the first on top."""
    labels = [wrapped(name, 40) for name in names]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def spread(count: int) -> NDArray[np.floating]:
    """Places of methods about the middle of their row."""
    return 0.6 * (np.arange(count) - (count - 1) / 2) / max(count, 1)


def sampled(name: str, count: int, first: float, last: float) -> NDArray[np.floating]:
    """Colours at equal steps of a colour map."""
    colours: NDArray[np.floating] = matplotlib.colormaps[name](np.linspace(first, last, count))
    return colours


def drawable(text: str) -> bool:
    """Whether a figure's letters can show a text as it is written.

    They have no Chinese, for instance, and do not join or turn those of Arabic.
    """
    letters = get_font(findfont(FontProperties()))
    return all(
        letters.get_char_index(ord(one)) and unicodedata.bidirectional(one) not in ("R", "AL")
        for one in text
        if not one.isspace()
    )


def numbered(names: Iterable[str], word: str) -> tuple[list[str], str]:
    """Names for a figure, and a sentence for its caption.

    Where one cannot be drawn all are numbers, whose names the sentence tells.

    Parameters
    ----------
    names : iterable of str
    word : str
        What they name.

    Examples
    --------
    >>> numbered(["Ada", "Grace"], "reader")
    (['Ada', 'Grace'], '')
    >>> numbered(["Ada", "\u9999"], "reader")[0]
    ['reader 1', 'reader 2']
    """
    listed = list(names)
    if all(map(drawable, listed)):
        return listed, ""
    return (
        [f"{word} {number}" for number in range(1, len(listed) + 1)],
        f" The {word}s are numbered as in the tables, in the order of their names.",
    )


def plain(text: str) -> str:
    """Text in which matplotlib finds no mathematics."""
    return text.replace("$", r"\$")


def wrapped(text: str, width: int) -> str:
    """Three lines at most: there is no place for more beside a row or above a panel."""
    return textwrap.fill(plain(text), width, max_lines=3, placeholder=" …")


def total(numbers: pd.Series) -> str:
    """The sum of counts, as a caption has it."""
    return f"{int(numbers.sum()):,}"


def span(numbers: pd.Series) -> str:
    """The least and the greatest of counts, as a caption has it."""
    low, high = int(numbers.min()), int(numbers.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def two_decimals(value: float) -> str:
    """A number as it is read; a dash for NaN."""
    return "–" if np.isnan(value) else f"{value:z.2f}".replace("-", "−")
