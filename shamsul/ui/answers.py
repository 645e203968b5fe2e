"""From the browser's outbox to the disk: each event once, in order, and told what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import streamlit as st

from shamsul.reading import StoreError
from shamsul.reading.questionnaire import ABOUT_READER, Question, Questionnaire, Value
from shamsul.reading.store import Refused
from shamsul.reading.study import Answer, Case, MapShown, SavedAnswer, Shown, Study
from shamsul.ui import questionnaire, session


@dataclass(frozen=True)
class Subject:
    """What a token stands for: who answers, and about what.

    Attributes
    ----------
    reader : str
    study : Study
    place : str
        Of the notice that says what became of the last answer.
    case : Case or None
    shown : Shown or None
        None for questions about the reader.
    session : int
    act : callable, optional
        Called for an event that is no answer, with its item and the reader's active seconds.
    """

    reader: str
    study: Study
    place: str
    case: Case | None = None
    shown: Shown | None = None
    session: int = 1
    act: Callable[[str, float], None] | None = None


def remember(token: str, subject: Subject) -> str:
    """Let a token stand for a subject, in this browser's session only."""
    subjects: dict[str, Subject] = st.session_state.setdefault("subjects", {})
    subjects[token] = subject
    return token


def saved() -> dict[str, int]:
    """By outbox, the number up to which its events are dealt with."""
    numbers: dict[str, int] = st.session_state.setdefault("saved", {})
    return numbers


def notice(place: str) -> str:
    """What became of the last answer there."""
    return str(_notices().get(place, ""))


def _notices() -> dict[str, str]:
    notices: dict[str, str] = st.session_state.setdefault("notices", {})
    return notices


def take(outbox: questionnaire.Outbox) -> str:
    """Deal with what is new in the outbox.

    Returns
    -------
    str
        Why some could not be saved, one sentence; empty if all was dealt with.
    """
    subjects: dict[str, Subject] = st.session_state.setdefault("subjects", {})
    dealt_with: set[tuple[str, int]] = st.session_state.setdefault("dealt_with", set())
    error = ""
    for event in outbox.events:
        mark = (outbox.id, event.number)
        if mark in dealt_with or event.number <= saved().get(outbox.id, 0):
            continue
        subject = subjects.get(event.token)
        if subject is None:
            # The server was started anew meanwhile, and another case is open.
            error = "The case that was answered has to be opened again."
            continue
        try:
            _deal_with(event, subject)
        except StoreError as failure:
            error = str(failure)
            break
        except Refused as refusal:
            # For good: sending it again would not help.
            _notices()[subject.place] = f"Not saved: {refusal}"
        dealt_with.add(mark)
    for event in outbox.events:  # as far as nothing is left out
        if (outbox.id, event.number) not in dealt_with:
            break
        saved()[outbox.id] = event.number
    return error


def _deal_with(event: questionnaire.Event, subject: Subject) -> None:
    if event.item in (questionnaire.NEXT, questionnaire.PAUSE):
        if subject.act is not None:
            subject.act(event.item, event.seconds)
        return
    question = _question(subject.study.questionnaire, event.item)
    value = _value(question, event.value)
    if question is None or value is _SENSELESS:
        return  # no page of ours could have sent it
    about = ""
    if question.step in ABOUT_READER:
        session.readings().record_about_reader(
            subject.study.name, subject.reader, {question.id: value}
        )
    elif subject.case is not None and subject.shown is not None:
        shown = as_seen(subject.case, subject.shown)
        session.store().record(
            [
                Answer(
                    case=subject.case,
                    reader=subject.reader,
                    shown=shown,
                    item=question.id,
                    value=value,  # type: ignore[arg-type]
                    active_seconds=event.seconds,
                    session=subject.session,
                )
            ]
        )
        about = shown.method_name_shown if isinstance(shown, MapShown) else shown.label
    said = "Answer taken back" if value is None else "Saved"
    time = datetime.now().astimezone().strftime("%H:%M:%S")
    _notices()[subject.place] = (
        f"{said} at {time}: {about}{', ' if about else ''}{question.wording}"
    )


_SENSELESS = object()


def _question(asked: Questionnaire, item: str) -> Question | None:
    return next((question for question in asked.questions if question.id == item), None)


def _value(question: Question | None, given: object) -> Value | object:
    try:
        return None if question is None else question.parse(given)
    except ValueError:
        return _SENSELESS


def as_seen(case: Case, shown: Shown) -> Shown:
    """What was shown, with the viewer as it is set at this moment."""
    state = session.viewer_state(case)
    if state is None:
        return shown
    black, white = state.window
    shown = replace(
        shown, window_centre=(black + white) / 2, window_width=white - black, zoom=state.zoom
    )
    if isinstance(shown, MapShown):
        opacity = state.opacity.get(shown.label, {}).get(shown.method_name_shown, shown.opacity)
        shown = replace(shown, opacity=opacity, normalisation=state.normalisation.value)
    return shown


def seconds(answers: "tuple[SavedAnswer, ...]") -> float:
    """How long the reader was at work when the last of some answers was given."""
    return max((saved.answer.active_seconds for saved in answers), default=0.0)
