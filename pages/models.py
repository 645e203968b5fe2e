"""Models: what can be chosen, what it was trained on, downloads, uses, and adding one's own."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.registry import ModelInfo, ModelState
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Study
from shamsul.ui.models import downloading, listing, reports, runs
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.frame import error_boundary

sign_in.require(Role.COORDINATOR)
found = registry.models()
ready = [one for one in found if one.state is ModelState.DOWNLOADED and not one.fault]
waiting = [one for one in found if one.state is ModelState.AVAILABLE]
studies: tuple[Study, ...] = ()
with error_boundary():  # models are there, and can be downloaded, without the database
    studies = session.open_studies()
used = {study.model for study in studies}
# One thing to do next: get a model that has seen patients, then use it.
next_used = ready[0] if ready and not used & {one.name for one in ready} else None
next_loaded = registry.GENERAL if not ready else ""


def here(info: ModelInfo) -> None:
    """A model that is on this machine."""
    with st.container(border=True):
        listing.describe(info)
        if studies and not info.fault:
            listing.use(info, studies, primary=info is next_used)


st.markdown("#### Models")
st.caption(
    "A study is read with one model. The bundled one was trained on synthetic radiographs and has "
    "never seen a patient: what it says of a real film means nothing."
)
for one in [one for one in found if one.state is not ModelState.AVAILABLE]:
    here(one)
reports.show(found)
if waiting:
    st.markdown("##### Published, for chest radiographs of patients")
    st.caption(
        "DenseNet-121 networks of TorchXRayVision, 224 × 224 pixels, Apache License 2.0. Cohen et "
        "al. 2022, arXiv 2111.00595. Research use only."
    )
for one in sorted(waiting, key=lambda info: info.name != registry.GENERAL):
    with st.container(border=True):
        listing.describe(one)
        downloading.download(one, primary=one.name == next_loaded)
listing.add_own()
runs.show()
