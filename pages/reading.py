"""Reading: what a reader is asked to read."""

import streamlit as st

from shamsul.reading.accounts import Role
from shamsul.ui import sign_in
from shamsul.ui.frame import ensure_frame

ensure_frame()
sign_in.require(Role.READER)
st.markdown("#### Reading")
st.info("No study has been assigned to you.")
