"""Worklist: the studies, their cases and how far the reader is; uploads and exports."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.reading.database.accounts import Role
from shamsul.settings import settings
from shamsul.ui.shared import address, scrolling, session, sign_in
from shamsul.ui.shared.damaged import tell_coordinator
from shamsul.ui.shared.downloads import download_ratings
from shamsul.ui.shared.wording import plain
from shamsul.ui.worklist import listing
from shamsul.ui.worklist.uploads import take_in

sign_in.require(Role.COORDINATOR)
listing.open_case()
store = session.store()
tell_coordinator(store.damaged())
studies = {study.name: study for study in session.open_studies()}

uploads = st.file_uploader(
    "Upload radiographs",
    accept_multiple_files=True,
    key=f"uploads-{st.session_state.setdefault('upload_round', 0)}",
    max_upload_size=settings().max_upload_mb,
    help="DICOM (CR, DX), PNG or JPEG. Names, dates and all other identifying attributes are "
    "dropped while a file is read; only its pixels are kept.",
)
if uploads:
    with st.spinner("Reading …"):
        st.session_state["uploaded"] = take_in(
            ((file.name, file.getvalue()) for file in uploads),
            study=session.UPLOADS,
            store=store,
            archive=session.archive(),
            max_bytes=settings().max_upload_mb * 2**20,
        )
    # A new key empties the widget, and with it the server's memory of the original files.
    st.session_state["upload_round"] += 1
    st.session_state["study"] = session.UPLOADS
    st.session_state["just_uploaded"] = True
    st.rerun()
listing.upload_outcomes(st.session_state.get("uploaded", ()))

# As the control has them, and hence the address.
titles = {name: plain(one.title) for name, one in studies.items()}
address.check("study", list(titles.values()), "study", "pages/worklist.py", escaped=True)
if st.session_state.get("study") not in studies:
    # Chosen on another page, among others.
    st.session_state.pop("study", None)
name = st.segmented_control(
    "Study",
    list(studies),
    format_func=lambda name: titles[name],
    # After an upload the choice is set already, and a default beside it would be a warning. At
    # other times it needs one: going back to an address without a study would choose none.
    default=None if st.session_state.pop("just_uploaded", False) else next(iter(studies)),
    required=True,
    key="study",
    bind="query-params",
)
study = studies[name]
progress = store.progress(study.name, session.reader()) if session.reader() else ()
about, export = st.columns([2, 1.6], vertical_alignment="bottom")
with about:
    done = sum(case.complete for case in progress)
    st.markdown(f"{plain(study.about)} Cases: {len(store.cases(name))}, rated: {done}.")
    if study.name == session.UPLOADS:
        usable = [info.name for info in registry.models() if info.folder and not info.fault]
        listing.model_choice(study, usable)
with export:
    download_ratings(study)
if not store.cases(name):
    st.info("No radiographs yet. Upload DICOM, PNG or JPEG files above.")
listing.case_grid(store.cases(name), {case.case.id: case for case in progress})
scrolling.stand(f"worklist/{name}", is_list=True)
session.warm_up()
st.caption(
    f"Ratings are kept in `{settings().database_shown}`, "
    f"images and maps in `{settings().data_dir}`."
)
