"""What the Units page is about: a study, a layer of its model, a label; and having it looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.prediction import NO_FINDING
from shamsul.computing.jobs import Computation
from shamsul.explainers.method import ExplainerError
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.settings import settings
from shamsul.studies.units import LayerOf, UnitStudy
from shamsul.ui.shared import choosing, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import counted, plain
from shamsul.units.layers import layer_of, layers
from shamsul.units.survey import Survey

Known = Sequence[tuple[Case, Survey]]
"""Cases that have been looked at."""

#: Computations that are kept wanted at a time.
AT_ONCE = 4


@dataclass(frozen=True)
class Choice:
    """What the page is about.

    Attributes
    ----------
    study : Study
    classifier : Classifier
        The study's.
    units : UnitStudy
        A layer's units in the study's cases.
    label : str
        Whose output is looked at.
    """

    study: Study
    classifier: Classifier
    units: UnitStudy
    label: str


def choose() -> Choice:
    """Let a coordinator choose; ends the run with a sentence where the model has no layers."""
    left, middle, right = st.columns([3, 2, 2])
    with left:
        study = choosing.study("pages/units.py")
    classifier = session.classifier(study.model)
    try:
        found = {one.name: one for one in layers(classifier)}
        usual = list(found).index(layer_of(classifier).name)
    except ExplainerError as error:
        st.info(plain(str(error)))
        st.stop()
    manifest = classifier.manifest
    layer = middle.selectbox(
        "Layer",
        list(found),
        index=usual,
        format_func=lambda name: found[name].title,
        key=f"layer-{manifest.fingerprint[:12]}",
        help="Early layers see small parts of a radiograph at once, late ones nearly all of it.",
    )
    # The absence of findings last: it is seldom what one asks for.
    labels = sorted(manifest.labels, key=lambda label: label == NO_FINDING)
    label = right.selectbox("Label", labels, key=f"label-{manifest.fingerprint[:12]}")
    of = LayerOf(registry.folder_of(study.model), manifest, found[layer])
    cases = session.store().cases(study.name)
    return Choice(study, classifier, UnitStudy(session.desk(), cases, of, settings().units), label)


def known(units: UnitStudy) -> Known:
    """What the units do in the cases that have been looked at."""
    return _known((*units.of.about, *units.looked), units)


@st.cache_resource(show_spinner=False, max_entries=2)
def _known(about: tuple[object, ...], _units: UnitStudy) -> Known:
    return tuple(_units.surveys())


def looking(chosen: Choice) -> None:
    """How many radiographs have been looked at, and a button that has the others looked at."""
    units = chosen.units
    missing = units.missing
    going = f"units-{chosen.study.name}-{units.of.layer.step}"
    if not missing:
        st.session_state[going] = False
        return

    def start() -> None:
        st.session_state[going] = True
        st.session_state[f"{going}-failed"] = []

    count = len(units.cases)
    if not st.session_state.get(going, False):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                f"The units have been looked at in {count - len(missing)} of "
                f"{counted(count, 'case')}.",
                width="stretch",
            )
            st.button(
                "Look at the others" if len(missing) < count else "Look at the units",
                on_click=start,
                type="primary",
            )
        for reason in dict.fromkeys(st.session_state.get(f"{going}-failed", [])):
            st.error(plain(reason))
        return

    @st.fragment(run_every=1.0)
    def look() -> None:
        """Keep the next cases wanted until all were looked at or have failed."""
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            desk = session.desk()
            left = units.missing
            failed: list[str] = []
            asked = 0
            for case in left:
                job = units.request(case)
                if reason := desk.failure(job):
                    failed.append(reason)
                    desk.retry([job] if job.stopped else [])
                else:
                    asked += 1
                if asked == AT_ONCE:
                    break
            done = count - len(left)
            st.progress(done / count, text=f"{done} of {counted(count, 'case')} looked at")
            if not asked:
                st.session_state[going] = False
                st.session_state[f"{going}-failed"] = failed
                st.rerun()

    look()


def coming(ask: Callable[[], Computation[Any]], key: str) -> None:
    """How far something is that is shown as soon as it is there; why it will not come.

    Parameters
    ----------
    ask : callable
        Asks for it; again and again, which keeps it wanted.
    key : str
        Its own on the page.
    """

    @st.fragment(run_every=0.5)
    def wait() -> None:
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            job = ask()
            if reason := session.desk().failure(job):
                st.error(plain(reason))
                st.button(
                    "Try again", key=f"again-{key}", on_click=session.desk().retry, args=([job],)
                )
            elif job.is_over:
                st.rerun()
            else:
                done = job.done / job.planned if job.planned else 0.0
                st.progress(min(done, 1.0), text=plain(job.progress))

    wait()
