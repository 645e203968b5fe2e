"""A reading study, screen by screen: which one comes next."""

from datetime import UTC, datetime
from functools import partial

import streamlit as st

from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import DamagedStudy, Study
from shamsul.ui.reading import about_reader, case, subjects
from shamsul.ui.reading.place import KEY, STUDY, enter, leave, look_at, looked_at, may_be_looked_at
from shamsul.ui.shared import answers, outbox, questionnaire, session
from shamsul.ui.shared.damaged import tell_reader
from shamsul.ui.shared.wording import plain


def overview(reader: str) -> None:
    """The studies that a reader is part of, each with what to do next."""
    error = answers.take(outbox.received(KEY))
    studies = session.readings().studies_of(reader)
    if STUDY in st.query_params:
        st.warning("The address names a study that is none of yours.")
    damaged = list(session.readings().damaged_of(reader))
    if not studies and not damaged:
        st.info("No study has been assigned to you.")
    led = False  # by the one primary button, of the first study that is not finished
    for study in studies:
        try:
            sessions = session.readings().progress(study, reader)
        except UnreadableError as damage:
            damaged.append(DamagedStudy(study.name, str(damage)))
            continue
        with st.container(border=True):
            title, button = st.columns([5, 1.2], vertical_alignment="center")
            title.markdown(f"**{plain(study.title)}**  \n{plain(study.about)}")
            done = sum(one.finished for one in sessions)
            planned = sum(one.readings for one in sessions)
            closing = (
                done == planned
                and study.closed_at is None
                and about_reader.are_left(study, reader, Step.END)
            )
            left = ", the closing questions are left" if closing else ""
            due = study.closed_at is None and (done < planned or closing)
            st.progress(done / planned, text=f"{done} of {planned} read{left}")
            button.button(
                "Closing questions" if closing else "Continue" if done else "Start",
                key=f"open-{study.name}",
                type="primary" if due and not led else "secondary",
                width="stretch",
                on_click=enter,
                args=(study.name,),
            )
            led = led or due
    tell_reader(damaged)
    _acknowledge(error)


def _acknowledge(error: str) -> None:
    questionnaire.acknowledge(key=KEY, saved=outbox.saved(), error=error, refused=answers.refused())


def chosen_study(reader: str) -> Study | None:
    """The study that the address names, if the reader is part of it."""
    name = st.query_params.get(STUDY)
    studies = session.readings().studies_of(reader)
    return next((study for study in studies if study.name == name), None)


def read(study: Study, reader: str) -> None:
    """Whatever comes next for a reader in a study."""
    # First: what is in the outbox may finish the screen that would be drawn.
    error = answers.take(outbox.received(KEY), partial(subjects.recalled, study, reader))
    if answers.turned():
        st.rerun()
    mine = session.readings().of(study.name, reader)
    open_ones = [one for one in mine if one.screen(study.questionnaire) is not None]
    shown = looked_at(mine)
    if study.closed_at is not None:
        _message(study, f"This study was closed on {study.closed_at:%d %B %Y}. Thank you.", error)
    elif shown is not None:
        case.show(study, mine, shown, None)
    elif about_reader.asks(study, reader, Step.START, due=open_ones == list(mine)):
        about_reader.ask(study, reader, Step.START, error)
    elif not open_ones:
        if about_reader.asks(study, reader, Step.END, due=True):
            about_reader.ask(study, reader, Step.END, error)
        else:
            first = next(iter(may_be_looked_at(study, mine)), None)
            _message(study, "You have read all cases of this study. Thank you.", error, first)
    elif (opens := session.readings().opens_at(study, reader, open_ones[0].reading.session)) and (
        opens > datetime.now(UTC)
    ):
        _message(
            study,
            f"The next session opens on {opens.astimezone():%d %B %Y at %H:%M}: between two "
            "sessions there has to be a pause, so that you read the cases afresh.",
            error,
        )
    else:
        case.show(study, mine, open_ones[0], open_ones[0].screen(study.questionnaire))


def _message(study: Study, text: str, error: str, first: Assigned | None = None) -> None:
    st.markdown(f"#### {plain(study.title)}")
    st.info(text)
    _acknowledge(error)
    with st.container(horizontal=True):
        if first is not None:
            st.button("Look at the cases again", on_click=look_at, args=(first.id,))
        st.button("Back to my studies", on_click=leave)
