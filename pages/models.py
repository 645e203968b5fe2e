"""Models: what can be chosen, what it was trained on, downloads, and adding one's own."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.registry import ModelState
from shamsul.reading.database.accounts import Role
from shamsul.ui.models import listing
from shamsul.ui.shared import sign_in

sign_in.require(Role.COORDINATOR)
st.markdown("#### Models")
st.caption("A model belongs to a study: choose it on the worklist.")
for info in registry.models():
    with st.container(border=True):
        listing.describe(info)
        if info.state is ModelState.AVAILABLE:
            listing.download(info)
listing.add_own()
