"""What every page has around it: navigation, the reader's name, and what it is for."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.navigation.page import Page

from shamsul.classifiers.registry import ModelError
from shamsul.radiographs import ArchiveError
from shamsul.reading import StoreError
from shamsul.settings import SettingsError
from shamsul.ui import session

log = logging.getLogger(__name__)

RESEARCH_ONLY = "Research use only, not for diagnosis."

_STYLE = """
<style>
.block-container { padding: 4rem 1.5rem 2rem; gap: 0.6rem; }
</style>
"""


def _navigation() -> Page:
    """The app's pages; gives the one that the address names."""
    return st.navigation(
        [
            st.Page("pages/worklist.py", title="Worklist", icon=":material/list:", default=True),
            st.Page("pages/reading.py", title="Reading", icon=":material/fact_check:"),
            st.Page("pages/review.py", title="Review", icon=":material/radiology:"),
            st.Page("pages/setup.py", title="Study set-up", icon=":material/edit_note:"),
            st.Page("pages/results.py", title="Results", icon=":material/bar_chart:"),
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
    line, word, reader = st.columns([8, 0.7, 2], vertical_alignment="center")
    word.markdown("Reader")
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


@contextmanager
def in_words() -> Iterator[None]:
    """Say in a sentence what goes wrong inside; only its type where the message may be private.

    Streamlit's own exceptions, by which it stops and reruns a page, pass.
    """
    try:
        yield
    except StoreError as error:
        st.error(f"{error} Answers shown as saved are safe.")
    except (ArchiveError, ModelError, SettingsError) as error:
        st.error(str(error))
    except Exception as error:
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("A page failed with %s:\n%s", type(error).__name__, frames)
        st.error(
            f"This part of the page could not be drawn ({type(error).__name__}). Answers shown as "
            "saved are safe; the server's log says more."
        )


def ensure_frame() -> None:
    """Have a page drawn by ``app.py``; every page calls this first.

    A fresh server does not know yet that ``app.py`` navigates by itself: the address of a page then
    makes Streamlit's older page discovery run that page's file alone. Buttons therefore act in
    callbacks, which such a run has already called, and not by what they return.
    """
    if not st.session_state.pop("framed", False):
        _navigation()  # ends the older discovery
        st.rerun()
