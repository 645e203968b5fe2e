"""Results: how far a study's readers are, and what their ratings say."""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.results import sections
from shamsul.ui.shared import address, following, session, sign_in
from shamsul.ui.shared.damaged import tell_coordinator
from shamsul.ui.shared.wording import plain

sign_in.require(Role.COORDINATOR)
tell_coordinator(session.store().damaged())
studies = {study.name: study for study in session.store().studies()}
titles = [study.title for study in studies.values()]
address.check("results-of", titles, "study", "pages/results.py")
name = st.selectbox(
    "Study",
    list(studies),
    format_func=lambda name: studies[name].title,
    index=max((n for n, one in enumerate(studies.values()) if one.plan), default=0),
    key="results-of",
    bind="query-params",
)
study = studies[name]
if study.plan is not None:
    state = "open" if study.closed_at is None else f"closed on {study.closed_at:%Y-%m-%d}"
    cases = len(session.store().cases(name))
    st.markdown(
        f"**{plain(study.title)}** :gray[{state}, {cases} {'case' if cases == 1 else 'cases'}]"
    )
    if study.plan.readers:
        following.readers(study)
found = sections.results(name, sections.fingerprint(study))
sections.what_it_was(found.about)
if found.tables["rows"].query("reason == 'used'")["rows"].any():
    sections.downloads(study, found.files)
    sections.sections(found)
else:
    st.info("Nothing has been rated in this study yet.")
