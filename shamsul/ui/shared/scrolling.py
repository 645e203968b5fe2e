"""Where a page stands when one comes to it, which the browser knows alone."""

from pathlib import Path

import streamlit as st

_scrolling = st.components.v2.component(
    "shamsul_scrolling",
    js=Path(__file__).with_name("scrolling.js").read_text(encoding="utf-8"),
)


def stand(place: str, *, is_list: bool = False) -> None:
    """Begin at the top of a place; a list is shown where one left it.

    Parameters
    ----------
    place : str
        Of what is shown: another one is come to, the same one stays as it is.
    is_list : bool
        Whether going back finds what one clicked.
    """
    _scrolling(key="scrolling", data={"place": place, "list": is_list})
