"""What the Plotly figures of pages have in common: looks, words, rows of numbers.

A page is dark or light by a choice that the browser knows before the server does: every colour here
stands out from both, and letters and grids are left to Streamlit's theme.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from shamsul.reporting.pictures import looks, two_decimals

#: In place of colours that are seen on white paper only: of RISE, and of people.
_ON_PAGE: Final = {"#000000": "#9467bd", "#404040": "#7a7a7a"}
#: Lines that are no method's: what stands out, what is beside it, and what only divides.
STRONG, PALE, FAINT = "#7f8c99", "rgba(127, 140, 153, 0.6)", "rgba(143, 154, 165, 0.25)"
#: Of what stands alone, such as differences.
ALONE = "#4f9bb8"
LONE: Final = {"color": ALONE, "symbol": "circle"}
#: The part of cividis that stands out from a dark page and from a light one.
SEEN: Final = (0.3, 0.72)
#: Plotly's names of matplotlib's markers.
_SYMBOLS: Final = {
    "o": "circle",
    "s": "square",
    "^": "triangle-up",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "<": "triangle-left",
    ">": "triangle-right",
    "h": "hexagon",
    "*": "star",
}
#: Pixels below the panels for the axis, above them for the legend, and for a line of a title.
_BELOW, _ABOVE, _LINE = 50, 40, 17
#: Pixels between panels that share an axis, for the title of the lower one.
TITLE = 44


def markers(methods: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour and symbol by method's name, those of the files as far as a dark page shows them."""
    return {name: marker(look) for name, look in looks(methods).items()}


def marker(look: tuple[str, str]) -> dict[str, Any]:
    """Colour and symbol of a colour for white paper and matplotlib's marker."""
    colour, symbol = look
    return {"color": _ON_PAGE.get(colour, colour), "symbol": _SYMBOLS[symbol]}


def written(text: object, width: int = 60) -> str:
    """Text in which Plotly finds no markup and no mathematics, in three lines at most.

    Examples
    --------
    >>> written("<b>Ada</b> & $x$")
    '&lt;b&gt;Ada&lt;/b&gt; &amp; &#36;x&#36;'
    >>> written("one two", 4)
    'one<br>two'
    """
    lines = textwrap.wrap(str(text), width, max_lines=3, placeholder=" …")
    return "<br>".join(escape(line, quote=False).replace("$", "&#36;") for line in lines)


def estimate(value: float, low: float, high: float) -> str:
    """A number with its interval, if there is one.

    Examples
    --------
    >>> estimate(0.5, 0.25, 0.75), estimate(0.5, float("nan"), float("nan"))
    ('0.50 (0.25 to 0.75)', '0.50')
    """
    if np.isnan(low):
        return two_decimals(value)
    return f"{two_decimals(value)} ({two_decimals(low)} to {two_decimals(high)})"


def told(words: Sequence[str]) -> dict[str, Any]:
    """What is told about each point of a trace that is pointed at: lines made of `written` text."""
    return {"hovertext": list(words), "hovertemplate": "%{hovertext}<extra></extra>"}


def error(table: pd.DataFrame, value: str, colour: str) -> dict[str, Any]:
    """The bars from the columns low to high about a column."""
    return {
        "type": "data",
        "symmetric": False,
        "array": table["high"] - table[value],
        "arrayminus": table[value] - table["low"],
        "color": colour,
        "thickness": 1.5,
        "width": 0,
    }


def dots(
    figure: go.Figure,
    table: pd.DataFrame,
    value: str,
    places: ArrayLike,
    looked: Mapping[str, Any],
    words: Sequence[str],
    **options: Any,
) -> None:
    """A trace of values with their intervals, at places of the vertical axis.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
    table : DataFrame
        The columns `value`, low and high.
    value : str
    places : array_like
    looked : mapping of str to object
        Of the markers, with a colour.
    words : sequence of str
        What is told of each.
    **options
        Of the trace.
    """
    figure.add_scatter(
        x=table[value],
        y=places,
        mode="markers",
        marker={"size": 9, **looked},
        cliponaxis=False,
        error_x=error(table, value, looked["color"]),
        **told(words),
        **options,
    )


def rows(figure: go.Figure, names: Sequence[str], **where: int) -> None:
    """Name the places 0, 1 and so on of the vertical axis, the first on top, with lines between.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
    names : sequence of str
        As `written`.
    **where
        Row and column of the panel, of all if not given.
    """
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=list(names),
        range=[len(names) - 0.5, -0.5],
        automargin=True,
        showgrid=False,
        zeroline=False,
        **where,
    )
    figure.update_xaxes(showgrid=True, gridcolor=FAINT, zeroline=False, **where)
    for edge in range(len(names) - 1):
        figure.add_hline(edge + 0.5, line_color=FAINT, line_width=1, layer="below", **where)


def beside(figure: go.Figure, row: int, words: Sequence[str]) -> None:
    """Write at the right of the places 0, 1 and so on of a panel in the first column."""
    for place, text in enumerate(words):
        figure.add_annotation(
            text=text,
            xref="x domain" if row == 1 else f"x{row} domain",
            yref="y" if row == 1 else f"y{row}",
            x=1.01,
            y=place,
            xanchor="left",
            yanchor="middle",
            align="left",
            showarrow=False,
        )


def apart(panels: Sequence[float], gap: float = TITLE) -> dict[str, Any]:
    """For `make_subplots`: panels below each other, of so many pixels, with room for their titles.

    Returns
    -------
    dict
        row_heights, and the vertical_spacing that :func:`finished` makes `gap` pixels of.
    """
    whole = sum(panels) + gap * (len(panels) - 1)
    return {"row_heights": list(panels), "vertical_spacing": gap / whole if len(panels) > 1 else 0}


def finished(
    figure: go.Figure,
    panels: Sequence[float],
    *,
    gap: float = TITLE,
    right: int = 10,
    zoom: bool = False,
) -> go.Figure:
    """Give a figure its height and the margins that legend and axes need.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
    panels : sequence of float
        Pixels of the panels below each other, as of :func:`apart`.
    gap : float
        Pixels between them.
    right : int
        Pixels for what stands beside.
    zoom : bool
        Whether a rectangle can be drawn to look into; two clicks lead back.
    """
    figure.update_xaxes(fixedrange=not zoom, title_font_size=12)
    figure.update_yaxes(fixedrange=not zoom, title_font_size=12)
    figure.update_annotations(font_size=12)
    # make_subplots puts those of panels on their bottoms.
    titles = [one for one in figure.layout.annotations if one.yanchor == "bottom"]
    for title in titles:
        title.update(font_size=13)
    lines = max((title.text.count("<br>") + 1 for title in titles), default=0)
    named = any(trace.showlegend is not False and trace.name for trace in figure.data)
    above = _ABOVE * named + _LINE * lines + 10
    figure.update_layout(
        height=sum(panels) + gap * (len(panels) - 1) + above + _BELOW,
        margin={"l": 0, "r": right, "t": above, "b": _BELOW},
        font_size=12,
        showlegend=named,
        legend={"orientation": "h", "x": 0, "yref": "container", "y": 1, "yanchor": "top"},
        hovermode="closest",
    )
    return figure
