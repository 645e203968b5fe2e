"""Buttons that hand a study's ratings to the browser."""

import streamlit as st

from shamsul.reading.export import export_ratings
from shamsul.reading.study import Study
from shamsul.ui import session


def download_ratings(study: Study) -> None:
    """Three buttons: ratings and case-level answers as CSV, and the codebook that explains them."""
    store = session.store()
    ratings, cases, codebook = st.columns([2, 1, 1.1])
    cases.download_button(
        "Cases",
        data=lambda: export_ratings(store, study.name).cases,
        file_name=f"{study.name}.cases.csv",
        mime="text/csv",
        on_click="ignore",
        help="Answers about whole cases (CSV).",
        icon=":material/download:",
        width="stretch",
    )
    ratings.download_button(
        "Download ratings (CSV)",
        data=lambda: export_ratings(store, study.name).ratings,
        file_name=f"{study.name}.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        width="stretch",
    )
    codebook.download_button(
        "Codebook",
        data=lambda: export_ratings(store, study.name).codebook,
        file_name=f"{study.name}.codebook.json",
        mime="application/json",
        on_click="ignore",
        help="What each column and item of the CSV means (JSON).",
        icon=":material/menu_book:",
        width="stretch",
    )
