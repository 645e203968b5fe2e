"""Worklist: the studies, their cases and how far the reader is; uploads and exports."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.reading.database.accounts import Role
from shamsul.reading.demo import DEMO
from shamsul.settings import settings
from shamsul.ui.shared import address, session, sign_in
from shamsul.ui.shared.damaged import tell_coordinator
from shamsul.ui.shared.downloads import download_ratings
from shamsul.ui.shared.wording import plain
from shamsul.ui.worklist import listing, receiving, removing

sign_in.require(Role.COORDINATOR)
store = session.store()
studies = {study.name: study for study in session.open_studies()}

# One place whatever is in it: the browser builds anew what comes to stand elsewhere, and the list
# would lose what is chosen in it and notes on their way.
with st.container():
    tell_coordinator(store.damaged())
    if DEMO.name in studies and not session.worklist().beside(DEMO.name):
        listing.first_start(studies[DEMO.name])
    receiving.uploaders()
    receiving.outcomes()

# As the control has them, and hence the address.
titles = {name: plain(one.title) for name, one in studies.items()}
address.check("study", list(titles.values()), "study", "pages/worklist.py", escaped=True)
if st.session_state.get("study") not in studies:
    # Chosen on another page, among others.
    st.session_state.pop("study", None)
# Who comes back, by whatever link, finds the study that was left.
left = st.session_state.get("listed_study")
usual = left if left in studies else next(iter(studies))
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = st.segmented_control(
        "Study",
        list(studies),
        format_func=lambda name: titles[name],
        # After an upload the choice is set already, and a default beside it would be a warning.
        # At other times it needs one: going back to an address without a study would choose none.
        default=None if st.session_state.pop("just_uploaded", False) else usual,
        required=True,
        key="study",
        bind="query-params",
    )
    assert name is not None  # required
    study = studies[name]
    st.session_state["listed_study"] = name
    if study.name == session.UPLOADS:
        usable = [info.name for info in registry.models() if info.folder and not info.fault]
        listing.model_choice(study, usable)
    st.space("stretch")
    download_ratings(study)
st.caption(plain(study.about))
removing.asked(study)
listing.cases(study)
session.warm_up("shamsul.ui.review.ahead", "shamsul.ui.review.compare")
st.caption(
    f"Ratings are kept in `{settings().database_shown}`, "
    f"images and maps in `{settings().data_dir}`."
)
