"""What every page has around it: the reader's name, the line that it is for research, the style."""

import streamlit as st
from streamlit.navigation.page import Page

from shamsul.ui import session

RESEARCH_ONLY = "Research use only, not for diagnosis."

_STYLE = """
<style>
.block-container { padding: 4rem 1.5rem 2rem; gap: 0.6rem; }
/* Six answers side by side under each of four maps at 1280 pixels. */
[data-testid="stButtonGroup"] button { min-width: 0; padding: 0.2rem 0.55rem; }
</style>
"""


def navigation() -> Page:
    """The app's pages; gives the one that the address names."""
    return st.navigation(
        [
            st.Page("pages/worklist.py", title="Worklist", icon=":material/list:", default=True),
            st.Page("pages/review.py", title="Review", icon=":material/radiology:"),
            st.Page("pages/models.py", title="Models", icon=":material/network_node:"),
        ],
        position="top",
    )


def only_through_app() -> None:
    """Have a page drawn by ``app.py``, never by itself.

    A fresh server does not know yet that the app navigates on its own, so that the address of a
    page makes Streamlit's older page discovery run that page's file alone.
    """
    if not st.session_state.pop("framed", False):
        navigation()  # ends the older discovery
        st.rerun()


def frame() -> None:
    """Draw the line above the page's content; to be called by ``app.py`` before the page runs."""
    st.session_state["framed"] = True
    st.html(_STYLE)
    line, reader = st.columns([4, 1], vertical_alignment="center")
    line.markdown(f":orange-badge[:material/science: {RESEARCH_ONLY}]")
    with reader:
        st.text_input(
            "Reader",
            value="Reader 1",
            max_chars=80,
            key="reader",
            bind="query-params",
            icon=":material/person:",
            placeholder="Reader's name",
            label_visibility="collapsed",
            help="Ratings are kept under this name.",
        )
    if not session.reader():
        st.warning("Type a reader's name: ratings are kept under it.")
