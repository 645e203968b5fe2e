"""Entry point: ``streamlit run app.py``."""

import streamlit as st

from shamsul.reading.database import StoreError
from shamsul.ui import session
from shamsul.ui.frame import RESEARCH_ONLY, frame, navigation

st.set_page_config(
    page_title="SHAMSUL",
    page_icon=":material/radiology:",
    layout="wide",
    menu_items={"About": f"Explanations of chest radiograph classifiers. {RESEARCH_ONLY}"},
)
page = navigation()
frame()
try:
    session.store()
    page.run()
except StoreError as error:
    st.error(f"{error} Answers shown as saved are safe.")
