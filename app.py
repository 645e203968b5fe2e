"""Entry point: ``streamlit run app.py``."""

from shamsul.ui.frame import frame, in_words

page = frame()
with in_words():
    page.run()
