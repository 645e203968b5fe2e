"""Review: one case, what the model says about it, its heatmaps side by side, and their rating."""

import time

import streamlit as st

from shamsul.classifiers import registry
from shamsul.computing.jobs import Job, State
from shamsul.explainers.registry import METHODS
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.accounts import Role
from shamsul.studies.panels import answers_at_once, open_sources
from shamsul.ui.review import charts, choices, compare, rating
from shamsul.ui.shared import drawings, maps, scrolling, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.viewer import viewer, viewer_progress
from shamsul.ui.shared.wording import plain

sign_in.require(Role.COORDINATOR)
cases = session.open_cases()
case = choices.chosen_case(cases)
if case is None:
    st.info("There is no case to review yet. Upload radiographs on the worklist.")
    st.stop()
study = session.store().study(case.study)
scrolling.stand(f"case/{case.id}")
choices.heading(study, case, [other for other in cases if other.study == case.study])

try:
    radiograph = session.radiograph(case.image_sha256)
    classifier = session.classifier(study.model)
except ArchiveError as error:
    st.error(plain(str(error)))
    st.stop()
except registry.ModelError as error:
    st.error(plain(f"The study's model cannot be used: {error}"))
    st.page_link("pages/models.py", label="Models", icon=":material/network_node:")
    st.stop()
choices.warnings(study, radiograph)
prediction = session.prediction(study, case)

left, right = st.columns([1, 3.8])
with left:
    st.markdown(f"**What {plain(study.model)} says**", help=plain(classifier.manifest.trained_on))
    st.plotly_chart(
        charts.probabilities(prediction),
        config={"displayModeBar": False},
        key="probabilities",
        alt="Probability and operating point of each label",
    )
    labels = choices.label_choice(case, prediction)
    target, parameters = choices.explanation_settings()

methods = [METHODS[name] for name in parameters]
film = right.empty()
if not answers_at_once(study, methods):
    with film.container():
        st.caption("Finding the fastest way to run this model here, once: some seconds …")
        viewer(radiograph, maps.rows({}, labels, prediction, ()), key=f"film-{case.id}")
    # What is measured now takes all cores, also those that the browser would draw the film with.
    time.sleep(1.5)
wanted = open_sources(
    study,
    [case],
    methods,
    parameters=parameters,
    target=target,
)


def request() -> dict[str, Job]:
    return maps.request(session.desk(), wanted)


asked = request()
settled = maps.settled(asked)
key = f"viewer-{case.id}"


@st.fragment
def heatmaps() -> None:
    """The viewer; letting go of one of its controls redraws it alone."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        # First: what was drawn is among the annotations from then on.
        drawing = drawings.offered(key, case.image_sha256, radiograph.shape, labels)
        rows = maps.rows(asked, labels, prediction, drawings.seen(case.image_sha256))
        state = viewer(radiograph, rows, key=key, drawing=drawing)
        session.keep_viewer_state(case, state)


@st.fragment(run_every=None if settled == asked.keys() else 1.0)
def progress() -> None:
    """Every second while maps are being computed: how far they are, and whether one has come."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        now = request()
        viewer_progress(maps.progress(now, labels), key=key)
        if maps.settled(now) != settled:
            st.rerun()


film.empty()
with right:
    heatmaps()
    below_the_maps = st.container()
    st.caption(
        f"The maps explain the model's **{target.value}**; positive relevance speaks for the "
        "label. Each map is scaled to the 99.5th percentile of its magnitude."
    )
    compare.comparison(asked, labels)

failed = [job for job in asked.values() if job.state is State.FAILED]
if failed:
    st.button("Compute failed maps again", on_click=session.desk().retry, args=(failed,))
rating.form(study, case, labels, prediction, classifier.manifest.sha256, asked)

with below_the_maps:
    # Last, because it may rerun the page: a run that ends before the form is drawn makes the
    # browser forget what the form holds.
    progress()
