"""Evaluate: maps beside expert annotations, by case, by study and on phantoms; their import.

Maps beside where readers looked, measures of maps that need no annotation, and whether maps lie on
what no person would decide by.
"""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.evaluate import (
    annotations,
    faithfulness,
    gaze,
    localisation,
    selection,
    shortcuts,
)
from shamsul.ui.shared import address, sign_in

sign_in.require(Role.COORDINATOR)
views = selection.views()
address.check("view", views, "view", "pages/evaluate.py")
line = st.container(horizontal=True, horizontal_alignment="distribute")
view = line.segmented_control(
    "View",
    views,
    default=views[0],
    required=True,
    key="view",
    bind="query-params",
    label_visibility="collapsed",
    width="content",
)
right = line.container(width=560)
if view == selection.PHANTOMS:
    selection.phantoms()
    st.stop()
if view == selection.GAZE:
    with right:
        looked = gaze.choice()
    gaze.view(looked)
    st.stop()
if view == selection.FAITHFULNESS:
    with right:
        measured = faithfulness.choice()
    faithfulness.view(measured)
    st.stop()
if view == selection.SHORTCUTS:
    with right:
        compared = shortcuts.choice()
    if compared is not None:
        shortcuts.view(compared)
    st.stop()
if view == selection.ANNOTATIONS:
    with right:
        of = selection.study()
    annotations.view(of)
    st.stop()
with right:
    chosen = selection.choice()
if chosen is None:
    st.info(
        "No case of this study has an expert annotation yet. They are imported in the view "
        "Annotations, or drawn on the Review page."
    )
    st.stop()
if not chosen.by:
    st.info(
        "Only readers have drawn in this study. To score maps against their drawings, choose them "
        "under *What is compared*."
    )
    st.stop()
selection.computing(chosen.study, chosen.sources)
maps = selection.map_scores(chosen)
if not maps:
    st.info("No map of an annotated finding has been computed yet.")
elif view == selection.CASES:
    localisation.case(chosen, maps)
else:
    localisation.study(chosen, maps)
