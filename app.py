"""Entry point: ``streamlit run app.py``."""

import streamlit as st

from shamsul.ui.frame import frame, in_words
from shamsul.ui.sign_in import routes

if __name__ == "__main__":  # one run of the script
    with in_words():
        frame().run()
else:  # the server that runs it
    app = st.App(__file__, routes=routes())
