"""Review: one case, what the model says about it, its heatmaps side by side, and their rating."""

import time

import streamlit as st

from shamsul.classifiers import registry
from shamsul.computing.jobs import Job, State
from shamsul.explainers.registry import METHODS
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.accounts import Role
from shamsul.studies.panels import answers_at_once, open_sources
from shamsul.ui.review import ahead, beside, beside_choice, choices, compare, rating, strip
from shamsul.ui.review import labels as bars
from shamsul.ui.shared import drawings, maps, scrolling, session, sign_in
from shamsul.ui.shared.downloads import download_ratings
from shamsul.ui.shared.frame import bar, error_boundary
from shamsul.ui.shared.viewer import pictures, viewer, viewer_progress
from shamsul.ui.shared.wording import plain

sign_in.require(Role.COORDINATOR)
case = choices.chosen_case()
if case is None:
    st.info("There is no case to review yet. Upload radiographs on the worklist.")
    st.stop()
study = session.store().study(case.study)
scrolling.stand(f"case/{case.id}")
place = session.place(study, case, strip.AROUND)
choices.heading(study, case, place)

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
choices.warnings(study, case, classifier.manifest, radiograph)
prediction = session.prediction(study, case)
seen = drawings.seen(case.image_sha256)
opened = choices.dock(study)
target, parameters = choices.explanation_settings(classifier.manifest)
with bar().tools:
    download_ratings(study)

with st.container(horizontal=True, wrap=False, gap="small", key="review"):
    side = st.container(key="review-side", width=190)
    right = st.container(key="review-film")
    other = beside.chosen(study, case)
    second = st.container(key="review-beside") if other else None
with side:
    about = classifier.manifest.about_probabilities
    opinion = beside.opinion(other, study, classifier.manifest)
    labels = bars.choose(case, prediction, about, {one.label for one in seen}, opinion)
    beside_choice.control(study, case, place, classifier.manifest)
    strip.show(case, place, radiograph)

chosen = [METHODS[name] for name in parameters]
methods = [one for one in chosen if not one.refusal(classifier.manifest)]
film = right.empty()
if not answers_at_once(study, methods):
    with film.container():
        st.caption("Finding the fastest way to run this model here, once: some seconds …")
        viewer(radiograph, maps.rows({}, labels, prediction, ()), key=f"film-{case.id}")
        pictures(radiograph, (), key=f"film-{case.id}")
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
    return maps.request(session.desk(), wanted, labels)


asked = request()
legend = (
    f"The maps explain the model's {target.value}. Colour speaks for the label; each map is scaled "
    "to the 99.5th percentile of its magnitude."
)
settled = maps.settled(asked)
key = f"viewer-{case.id}"


@st.fragment
def heatmaps() -> None:
    """The viewer; letting go of one of its controls redraws it alone."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        # First: what was drawn is among the annotations from then on.
        drawing = drawings.offered(key, case.image_sha256, radiograph.shape, labels)
        seen = drawings.seen(case.image_sha256)
        named = study.model if other is not None and other.is_model else ""
        rows = maps.rows(asked, labels, prediction, seen, named)
        free = compare.SHARE if opened == "Compare" else 0.0
        state = viewer(
            radiograph,
            rows,
            key=key,
            drawing=drawing,
            legend=legend,
            free=free,
            model=study.model,
            annotations=seen,
        )
        session.keep_viewer_state(case, state)


@st.fragment(run_every=maps.next_look(asked, settled))
def progress() -> None:
    """While maps are being computed: how far they are, and whether one has come."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        now = request()
        viewer_progress(maps.progress(now, labels), key=key)
        if maps.settled(now) != settled:
            st.rerun()


film.empty()
with right:
    rated = rating.finding(case, labels) if opened == "Rate" else labels[0]
    heatmaps()
    found = (maps.heatmap(job, label) for label in labels for job in asked.values())
    pictures(radiograph, filter(None, found), key=key)
others: tuple[Job, ...] = ()
if other is not None and second is not None:
    with second:
        others = beside.show(other, classifier.manifest, labels, chosen, parameters, target)
failed = [job for job in (*asked.values(), *others) if job.state is State.FAILED]
if failed:
    st.button("Compute failed maps again", on_click=session.desk().retry, args=(failed,))
if opened == "Rate":
    rating.form(study, case, rated, prediction, classifier.manifest.sha256, asked)
else:
    rating.keep()
if opened == "Compare":
    compare.comparison(asked, labels)
below = st.container()

with below:
    ahead.send(study, place, methods, parameters, target)
    # Last, because it may rerun the page: a run that ends before the form is drawn makes the
    # browser forget what the form holds.
    progress()
