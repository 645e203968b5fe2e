"""From the browser's outbox to the disk: each event once, in order, and told what became of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import streamlit as st

from shamsul.operations import metrics
from shamsul.reading import StoreError
from shamsul.reading.database.store import Refused
from shamsul.reading.design.questionnaire import ABOUT_READER, Kind, Question, Questionnaire, Value
from shamsul.reading.design.study import Answer, Case, MapShown, SavedAnswer, Shown, Study
from shamsul.ui.shared import questionnaire, session
from shamsul.ui.shared.outbox import Event, Outbox, deal_with, new

log = logging.getLogger(__name__)


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
    draw : callable, optional
        Keeps what is drawn, every event of the token; gives what was done, in words.
    """

    reader: str
    study: Study
    place: str
    case: Case | None = None
    shown: Shown | None = None
    session: int = 1
    act: Callable[[str, float], None] | None = None
    draw: Callable[[Event], str] | None = None


def remember(token: str, subject: Subject) -> str:
    """Let a token stand for a subject, in this browser's session only."""
    subjects: dict[str, Subject] = st.session_state.setdefault("subjects", {})
    subjects[token] = subject
    return token


def notice(place: str) -> str:
    """What became of the last answer there."""
    return str(_notices().get(place, ""))


def refused() -> str:
    """Why what the reader did last was refused for good, wherever it was; empty if it was not."""
    return str(st.session_state.get("refused", ""))


def turn() -> None:
    """Have the page drawn anew, by whoever asks :func:`turned`."""
    st.session_state["turned"] = True


def turned() -> bool:
    """Whether more has changed than the answers since this was asked last."""
    return bool(st.session_state.pop("turned", False))


def _notices() -> dict[str, str]:
    notices: dict[str, str] = st.session_state.setdefault("notices", {})
    return notices


def take(outbox: Outbox, recall: Callable[[str], Subject | None] = lambda token: None) -> str:
    """Deal with what is new in the outbox.

    Parameters
    ----------
    outbox : Outbox
    recall : callable
        What a token stands for that this session has not shown, because the server was started
        anew meanwhile; None where it cannot be known yet.

    Returns
    -------
    str
        Why some could not be saved, one sentence; empty if all was dealt with.
    """
    subjects: dict[str, Subject] = st.session_state.setdefault("subjects", {})
    error = ""
    refusals: list[str] = []
    for event in new(outbox):
        goes_on = event.item in (questionnaire.NEXT, questionnaire.PAUSE)
        if goes_on and error:
            break  # not before all that was answered is kept
        try:
            subject = subjects.get(event.token) or recall(event.token)
            if subject is None:
                error = "The case that was answered has to be opened again."
                continue
            # Who was refused something has to see that before the screen is gone.
            if not (goes_on and refusals):
                _record(event, subject)
        except StoreError as failure:
            error = str(failure)
            metrics.FAILED.inc()
            log.info("The database failed; what a reader did waits in the browser.")
            break
        except Refused as refusal:
            # For good: sending it again would not help.
            refusals.append(str(refusal))
            metrics.REFUSED.inc()
            log.info("What a reader did was refused.")
            turn()
        st.session_state["refused"] = " ".join(dict.fromkeys(refusals))
        deal_with(outbox, event)
    return error


def _record(event: Event, subject: Subject) -> None:
    if event.item in (questionnaire.NEXT, questionnaire.PAUSE):
        if subject.act is not None:
            subject.act(event.item, event.seconds)
        return
    if subject.draw is not None:
        _notices()[subject.place] = subject.draw(event)
        turn()  # the viewer too shows what is kept
        return
    question = _question(subject.study.questionnaire, event.item)
    value = _value(question, event.value)
    if question is None or value is _SENSELESS:
        return  # no page of ours could have sent it
    if question != _question(session.store().study(subject.study.name).questionnaire, event.item):
        raise Refused(f"The question “{question.wording}” was changed or left out meanwhile.")
    about = ""
    if question.step in ABOUT_READER:
        session.about_readers().record(subject.study.name, subject.reader, {question.id: value})
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
    metrics.SAVED.inc()
    log.info("An answer is saved.")
    said = "Answer taken back" if value is None else "Saved"
    time = datetime.now().astimezone().strftime("%H:%M:%S")
    _notices()[subject.place] = (
        f"{said} at {time}: {about}{', ' if about else ''}{question.wording}"
    )


_SENSELESS = object()


def _question(asked: Questionnaire, item: str) -> Question | None:
    return next((question for question in asked.questions if question.id == item), None)


def _value(question: Question | None, given: object) -> Value | object:
    """An answer as it is kept.

    Raises
    ------
    Refused
        A text that is too long or holds what cannot be kept: somebody may have pasted it.
    """
    try:
        return None if question is None else question.parse(given)
    except ValueError as error:
        if question is not None and question.kind is Kind.TEXT and isinstance(given, str):
            raise Refused(f"This text was not saved: {error}.") from None
        return _SENSELESS


def as_seen(case: Case, shown: Shown) -> Shown:
    """What was shown, with the viewer as it is set at this moment."""
    state = session.viewer_state(case)
    if state is None:
        return shown
    black, white = state.window
    shown = replace(
        shown,
        window_centre=(black + white) / 2,
        window_width=white - black,
        zoom=state.zoom,
        threshold=state.threshold,
    )
    if isinstance(shown, MapShown):
        opacity = state.opacity.get(shown.label, {}).get(shown.method_name_shown, shown.opacity)
        shown = replace(shown, opacity=opacity, normalisation=state.normalisation.value)
    return shown


def seconds(answers: "tuple[SavedAnswer, ...]") -> float:
    """How long the reader was at work when the last of some answers was given."""
    return max((saved.answer.active_seconds for saved in answers), default=0.0)
