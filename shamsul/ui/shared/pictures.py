"""The figures of reports on a page."""

import streamlit as st

from shamsul.reporting.files import themed

#: Of a figure on the page, pixels.
WIDTH = 900


def show(svg: str, words: str) -> None:
    """A figure, dark in the dark theme; its files stay white.

    Parameters
    ----------
    svg : str
        As :func:`shamsul.reporting.files.svg` gives it.
    words : str
        For those who do not see it.
    """
    st.image(themed(svg), width=WIDTH, alt=words)
