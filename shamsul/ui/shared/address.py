"""What the address of a page asks for: known, or said not to be, and never taken for another."""

from collections.abc import Collection

import streamlit as st

from shamsul.ui.shared.wording import plain


def check(key: str, known: Collection[str], noun: str, page: str) -> None:
    """End the run with a sentence where the address names something that is not there.

    Streamlit itself drops such a value without a word and shows its widget's default. Called before
    the widget is drawn.

    Parameters
    ----------
    key : str
        Of the address and of the widget that is bound to it.
    known : collection of str
        What the address may say.
    noun : str
        What is asked for, such as "study".
    page : str
        The page's file, for the way on.
    """
    asked = st.query_params.get(key)
    if asked is None or asked in known:
        return
    named = f"no {noun} “{plain(asked)}” here" if asked else f"no {noun} named in the address"
    st.error(f"There is {named}: the link may be old, or meant for another installation.")
    st.page_link(page, label="Go on without it", icon=":material/arrow_forward:")
    st.stop()
