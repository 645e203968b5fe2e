"""Entry point: ``streamlit run app.py``."""

import streamlit as st

from shamsul.reading import StoreError
from shamsul.ui.frame import frame

page = frame()
try:
    page.run()
except StoreError as error:
    st.error(f"{error} Answers shown as saved are safe.")
