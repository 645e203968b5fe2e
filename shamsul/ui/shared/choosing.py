"""The choice of a study, the same on pages about one: it is kept from page to page."""

from typing import Literal

import streamlit as st

from shamsul.reading.design.study import Study
from shamsul.ui.shared import address, session


def study(page: str, label: Literal["visible", "collapsed"] = "visible") -> Study:
    """Let a coordinator choose a study.

    Parameters
    ----------
    page : str
        The page's file, for the way on where its address names no study that there is.
    label : str
        Whether what is chosen is said above it.
    """
    studies = {one.name: one for one in session.store().studies()}
    address.check("study", [one.title for one in studies.values()], "study", page)
    if st.session_state.get("study") not in studies:
        st.session_state.pop("study", None)
    name = st.selectbox(
        "Study",
        list(studies),
        format_func=lambda name: studies[name].title,
        key="study",
        # In the address, so that a page that is loaded anew goes on.
        bind="query-params",
        label_visibility=label,
    )
    return studies[name]
