"""What the address of a page asks for: known, or said not to be, and never taken for another."""

from collections.abc import Collection

import streamlit as st

from shamsul.settings import settings
from shamsul.ui.shared.wording import as_written, plain


def check(key: str, known: Collection[str], noun: str, page: str, *, escaped: bool = False) -> None:
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
    escaped : bool
        Whether what the widget has, hence the address, went through `plain` already.
    """
    unknown = [asked for asked in st.query_params.get_all(key) if asked not in known]
    if not unknown:
        return
    asked = as_written(unknown[0]) if escaped else unknown[0]
    named = f"no {noun} “{plain(asked)}” here" if asked else f"no {noun} named in the address"
    st.error(f"There is {named}: the link may be old, or meant for another installation.")
    st.page_link(
        page,
        label="Go on without it",
        icon=":material/arrow_forward:",
        query_params=on_the_way(),
    )
    st.stop()


def on_the_way(**query: str) -> dict[str, str]:
    """What a link asks for, with the name that the reader has typed: it is in every address."""
    typed = str(st.session_state.get("name") or st.query_params.get("reader", ""))
    return {**query, "reader": typed} if typed and settings().sign_in == "open" else query
