"""The figures of reports on a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from shamsul.reporting.files import themed
from shamsul.reporting.pictures import Picture
from shamsul.ui.shared.wording import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Pixels of the widest figure that is a picture: there its letters are as large as the page's.
WIDTH: Final = 1000
#: Zooming is by drawing a rectangle, back by a double click.
CONFIG: Final = {"displayModeBar": False}


@dataclass(frozen=True)
class Shown:
    """A report's figure as a page shows it.

    Attributes
    ----------
    title, caption : str
        The picture's.
    drawn : plotly.graph_objects.Figure or str
        To point at and to zoom into, or SVG with the caption in it.
    """

    title: str
    caption: str
    drawn: "go.Figure | str"


def on_page(
    pictures: Iterable[Picture], charts: Mapping[str, "go.Figure"], files: Mapping[str, bytes]
) -> dict[str, Shown]:
    """Figures by name: as charts where there is one, else as their SVG files."""
    return {
        one.name: Shown(
            one.title,
            one.caption,
            charts[one.name] if one.name in charts else files[f"{one.name}.svg"].decode(),
        )
        for one in pictures
    }


def show(name: str, figure: Shown) -> None:
    """A figure in the page's colours, as wide as the page; its files stay white.

    Parameters
    ----------
    name : str
        Its own on the page.
    figure : Shown
        Its title and caption are also told to those who do not see it.
    """
    words = f"{figure.title}. {figure.caption}"
    st.markdown(f"**{plain(figure.title)}**")
    if isinstance(figure.drawn, str):
        st.image(themed(figure.drawn), width=WIDTH, alt=words)
    else:
        st.plotly_chart(figure.drawn, config=CONFIG, key=f"figure-{name}", alt=words)
        st.caption(plain(figure.caption))
