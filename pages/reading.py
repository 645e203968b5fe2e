"""Reading: the studies that a reader is part of, and their cases one by one."""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.reading import flow
from shamsul.ui.reading.place import held
from shamsul.ui.shared import session, sign_in

sign_in.require(Role.READER)
reader = session.reader()
if not reader:
    st.info("Type a reader's name at the top of the page.")
    st.stop()
with held():
    study = flow.chosen_study(reader)
    if study is None:
        flow.overview(reader)
    else:
        flow.read(study, reader)
session.warm_up()
