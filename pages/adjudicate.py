"""Adjudicate: the cases on which a study's readers disagree most, and what is agreed on."""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.adjudicate import consensus, film, listing
from shamsul.ui.shared import address, session, sign_in
from shamsul.ui.shared.damaged import tell_coordinator
from shamsul.ui.shared.wording import plain

sign_in.require(Role.COORDINATOR)
tell_coordinator(session.store().damaged())
studies = {
    study.name: study for study in session.store().studies() if session.store().readers(study.name)
}
if not studies:
    st.info("Nothing has been answered in any study yet: there is nothing to adjudicate.")
    st.stop()
titles = [study.title for study in studies.values()]
address.check("adjudicate-of", titles, "study with answers", "pages/adjudicate.py")
st.html(listing.STYLE)
with st.container(key="adjudicate"):
    left, middle, right = st.columns([1, 2.6, 1.5])
with left:
    name = st.selectbox(
        "Study",
        list(studies),
        format_func=lambda name: studies[name].title,
        index=max((n for n, one in enumerate(studies.values()) if one.plan), default=0),
        key="adjudicate-of",
        bind="query-params",
    )
    study = studies[name]
    adjudication = listing.Adjudication.of(study)
    if not adjudication.found:
        st.info("No two readers have scored the same map yet.")
        st.stop()
    if study.plan is not None and study.closed_at is None:
        st.caption("The study is still open: readers may answer more.")
    about = listing.choose(adjudication)
if about is not None:
    with middle:
        st.markdown(f"**{plain(about.case.name)}**, {plain(about.label)}")
        methods = listing.in_order(spread.method for spread in about.spreads)
        film.show(study, about.case, about.label, methods)
    with right:
        consensus.panel(adjudication, about)
        consensus.other_answers(adjudication, about)
