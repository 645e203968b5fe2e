"""What every page has around it: the reader's name, the line that it is for research, the style."""

import streamlit as st

from shamsul.ui import session

RESEARCH_ONLY = "Research use only, not for diagnosis."

_STYLE = """
<style>
.block-container { padding-top: 3.6rem; padding-bottom: 2rem; }
</style>
"""


def frame() -> None:
    """Draw the line above the page's content."""
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
            help="Ratings are kept under this name.",
        )
    if not session.reader():
        st.warning("Type a reader's name: ratings are kept under it.")
