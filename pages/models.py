"""Models: what can be chosen, what it was trained on, downloads, and adding one's own."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.registry import ModelState
from shamsul.ui import models
from shamsul.ui.frame import only_through_app

only_through_app()
st.markdown("#### Models")
st.caption("A model belongs to a study: choose it on the worklist.")
for info in registry.models():
    with st.container(border=True):
        models.describe(info)
        if info.state is ModelState.AVAILABLE:
            models.download(info)
models.add_own()
