"""Buttons that hand a study's ratings to the browser."""

import streamlit as st

from shamsul.reading.export import export_ratings
from shamsul.reading.study import Study
from shamsul.ui import session


def download_ratings(study: Study) -> None:
    """Two buttons: the ratings as CSV, and the codebook that explains its columns."""
    store = session.store()
    st.download_button(
        "Download ratings (CSV)",
        data=lambda: export_ratings(store, study.name).ratings,
        file_name=f"{study.name}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )
    st.download_button(
        "Download codebook (JSON)",
        data=lambda: export_ratings(store, study.name).codebook,
        file_name=f"{study.name}.codebook.json",
        mime="application/json",
        on_click="ignore",
        type="tertiary",
    )
