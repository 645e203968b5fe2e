"""Evaluate: maps beside expert annotations, by case, by study and on phantoms; their import.

And measures of maps that need no annotation.
"""

import streamlit as st

from shamsul.reading.accounts import Role
from shamsul.ui import annotating, evaluate, faithfulness, scores, sign_in
from shamsul.ui.frame import ensure_frame

ensure_frame()
sign_in.require(Role.COORDINATOR)
left, right = st.columns([1, 1.35])
view = left.segmented_control(
    "View",
    evaluate.VIEWS,
    default=evaluate.VIEWS[0],
    required=True,
    key="view",
    bind="query-params",
    label_visibility="collapsed",
)
if view == evaluate.PHANTOMS:
    evaluate.phantoms()
    st.stop()
if view == evaluate.FAITHFULNESS:
    with right:
        measured = faithfulness.choice()
    faithfulness.view(measured)
    st.stop()
if view == evaluate.ANNOTATIONS:
    with right:
        of = evaluate.study()
    annotating.view(of)
    st.stop()
with right:
    chosen = evaluate.choice()
if chosen is None:
    st.info(
        "No case of this study has an expert annotation yet. They are imported in the view "
        "Annotations, or drawn on the Review page."
    )
    st.stop()
evaluate.computing(chosen)
maps = evaluate.scored_maps(chosen)
if not maps:
    st.info("No map of an annotated finding has been computed yet.")
elif view == evaluate.CASES:
    scores.case(chosen, maps)
else:
    scores.study(chosen, maps)
