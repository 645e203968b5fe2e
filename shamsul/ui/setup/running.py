"""A study that was made: its maps computed, its readers followed, and its end."""

from datetime import datetime
from typing import Final

import streamlit as st

from shamsul.classifiers.manifest import ModelError
from shamsul.explainers.registry import METHODS
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.study import Study
from shamsul.studies.panels import Source, sources
from shamsul.studies.precompute import Precomputing
from shamsul.studies.rehearsal import of_readings
from shamsul.ui.shared import following, session, sign_in
from shamsul.ui.shared.address import on_the_way
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import counted, plain

#: Session state: that the study is to be closed.
_CLOSE: Final = "setup-close"


def state(study: Study) -> str:
    """Whether a study is open, with what, in words."""
    cases = counted(len(session.store().cases(study.name)), "case")
    if study.closed_at is not None:
        return f"closed on {study.closed_at:%d %B %Y}, {cases}"
    return f"open, {cases}"


def review(study: Study) -> None:
    """The way to the cases of a closed study, which nobody reads blinded any more."""
    for case in session.store().cases(study.name)[:1]:
        st.page_link(
            "pages/review.py",
            label="Review its cases",
            icon=":material/radiology:",
            query_params=on_the_way(case=str(case.id)),
        )


def readers(study: Study) -> None:
    """How far each reader is."""
    assert study.plan is not None
    if study.plan.readers:
        following.readers(study)
    else:
        st.info("The study has no readers: name some in its file.")


def maps(study: Study) -> None:
    """How many of the study's maps are there, and the others computed."""
    try:
        wanted = _sources(study.name, study.created_at, len(session.readings().of(study.name)))
    except ModelError as error:
        st.error(plain(f"The study's model cannot be used: {error}"))
        return
    if wanted:
        _progress(study, wanted)


@st.cache_resource(show_spinner="Looking which maps there are …", max_entries=16)
def _sources(name: str, made: datetime, readings: int) -> tuple[Source, ...]:
    """Every map that a study's readings show."""
    store = session.store()
    return sources(store.study(name), store.cases(name), session.readings().of(name))


def _progress(study: Study, wanted: tuple[Source, ...]) -> None:
    work = session.precomputing().get(study.name)
    at_work = work is not None and not work.is_over

    @st.fragment(run_every=1.0 if at_work else None)
    def progress() -> None:
        """Every second while maps are computed; the page is drawn anew when they are done."""
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            if work is not None and at_work:
                if work.is_over:
                    st.rerun()
                _at_work(work)
            else:
                _at_rest(study, wanted, work)

    progress()


def _at_work(work: Precomputing) -> None:
    left = work.seconds_left
    time = "" if left is None else f", about {duration(left)} left"
    bar, button = st.columns([4, 1], vertical_alignment="center")
    bar.progress(
        work.done / work.planned,
        text=f"Computing all maps: {work.done} of {work.planned}{time}. {plain(work.now)}",
    )
    if button.button("Stop", icon=":material/stop:", width="stretch"):
        work.stop()
        st.rerun()


def _at_rest(study: Study, wanted: tuple[Source, ...], work: Precomputing | None) -> None:
    desk = session.desk()
    there = sum(one in desk for one in wanted)
    said, button = st.columns([4, 1], vertical_alignment="center")
    if there == len(wanted):
        said.markdown(f":material/check: All {counted(there, 'map')} are there: no reader waits.")
    else:
        said.markdown(
            f"{there} of {counted(len(wanted), 'map')} are there; readers wait for the others."
        )
        if button.button("Compute all maps", type="primary", width="stretch"):
            session.precomputing()[study.name] = Precomputing(desk, wanted)
            st.rerun()
    for failed in work.failures if work is not None else ():
        method = METHODS[failed.method].title
        st.warning(plain(f"{failed.case}, {method}: {failed.reason}"))


def duration(seconds: float) -> str:
    """A time to wait, in words.

    Examples
    --------
    >>> duration(40), duration(300), duration(9000)
    ('1 minute', '5 minutes', '2 hours 30 minutes')
    """
    hours, minutes = divmod(max(1, round(seconds / 60)), 60)
    words = [counted(hours, "hour")] * bool(hours) + [counted(minutes, "minute")] * bool(minutes)
    return " ".join(words)


def rehearsal(study: Study) -> tuple[Assigned, ...]:
    """What the first reader was given, to be tried by somebody else."""
    assert study.plan is not None
    return of_readings(session.readings().of(study.name, study.plan.readers[0]))


def menu(study: Study) -> None:
    """What is done now and then."""
    assert study.plan is not None
    st.download_button(
        "Download the file",
        data=study.plan.source,
        file_name=f"{study.name}.toml",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    if st.session_state.pop(_CLOSE, False):
        session.readings().close(study.name)
        st.rerun()
    if study.closed_at is None:
        if st.button("Close the study", icon=":material/lock:", width="stretch"):
            _close(study)
    elif st.button("Reopen the study", icon=":material/lock_open:", width="stretch"):
        session.readings().reopen(study.name)
        st.rerun()


@st.dialog("Close the study?")
def _close(study: Study) -> None:
    """Ask, and have the page end the study, where failures are said."""
    if _CLOSE in st.session_state:
        st.rerun()
    st.write(
        f"Nobody can answer anything in {plain(study.title)} until it is reopened. What was "
        "answered stays."
    )
    st.button("Close it", type="primary", on_click=st.session_state.update, args=({_CLOSE: True},))
