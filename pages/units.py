"""Units: what single units of a study's model look for, and what the outputs owe to them."""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.shared import sign_in
from shamsul.ui.units import choice, ranking, unit

sign_in.require(Role.COORDINATOR)
chosen = choice.choose()
if not chosen.units.cases:
    st.info("This study has no case yet.")
    st.stop()
choice.looking(chosen)
known = choice.known(chosen.units)
if not known:
    st.stop()
ranked = ranking.show(chosen, known)
unit.show(chosen, known, ranked)
