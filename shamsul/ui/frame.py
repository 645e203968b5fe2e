"""What every page has around it: navigation, the reader's name, and what it is for."""

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


def _navigation() -> Page:
    """The app's pages; gives the one that the address names."""
    return st.navigation(
        [
            st.Page("pages/worklist.py", title="Worklist", icon=":material/list:", default=True),
            st.Page("pages/review.py", title="Review", icon=":material/radiology:"),
            st.Page("pages/models.py", title="Models", icon=":material/network_node:"),
        ],
        position="top",
    )


def frame() -> Page:
    """Draw everything but the page's content.

    Returns
    -------
    Page
        The page that the address names; running it draws its content.
    """
    st.set_page_config(
        page_title="SHAMSUL",
        page_icon=":material/radiology:",
        layout="wide",
        menu_items={"About": f"Explanations of chest radiograph classifiers. {RESEARCH_ONLY}"},
    )
    page = _navigation()
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
        )
    if not session.reader():
        st.warning("Type a reader's name: ratings are kept under it.")
    st.session_state["framed"] = True
    return page


def ensure_frame() -> None:
    """Have a page drawn by ``app.py``; every page calls this first.

    A fresh server does not know yet that ``app.py`` navigates by itself: the address of a page then
    makes Streamlit's older page discovery run that page's file alone. Buttons therefore act in
    callbacks, which such a run has already called, and not by what they return.
    """
    if not st.session_state.pop("framed", False):
        _navigation()  # ends the older discovery
        st.rerun()
