"""Questions about the reader, before the first case and after the last."""

import streamlit as st

from shamsul.reading.database.store import Refused
from shamsul.reading.design.progress import still_missing
from shamsul.reading.design.questionnaire import Kind, Step
from shamsul.reading.design.study import Study
from shamsul.ui.reading.place import KEY, leave
from shamsul.ui.shared import answers, outbox, questionnaire, session
from shamsul.ui.shared.wording import plain


def _asking(study: Study, step: Step) -> str:
    """Key of whether the questions are being asked: False once the reader has gone on."""
    return f"asking-{study.name}-{step.name}"


def asks(study: Study, reader: str, step: Step, *, due: bool) -> bool:
    """Whether questions about the reader come now.

    They do where required ones are open, or where it is time for them and none was answered; and
    then until the reader goes on, so that the last answer does not make them vanish.
    """
    questions = study.questionnaire.at(step)
    asking = st.session_state.get(_asking(study, step))
    if not questions or asking is False:
        return False
    missing, untouched = _open(study, reader, step)
    if asking or missing or (due and untouched):
        st.session_state[_asking(study, step)] = True
        return True
    return False


def are_left(study: Study, reader: str, step: Step) -> bool:
    """Whether a step has questions of which a required one is open, or none is answered."""
    return any(_open(study, reader, step))


def _open(study: Study, reader: str, step: Step) -> tuple[bool, bool]:
    """Whether a required question of a step is open, and whether there are some and all are."""
    questions = study.questionnaire.at(step)
    given = session.about_readers().of(study.name, reader)
    missing = any(question.required and question.id not in given for question in questions)
    untouched = not any(question.id in given for question in questions)
    return missing, bool(questions) and untouched


def place_of(study: Study, reader: str, step: Step) -> str:
    """The token of the questions; others are another place."""
    return f"{reader}/{study.name}/{step.name}/{study.questionnaire.version}"


def subject_of(study: Study, reader: str, step: Step) -> answers.Subject:
    """What the token stands for: a reader who answers and goes on."""

    def act(item: str, seconds: float) -> None:
        answers.turn()
        if item == questionnaire.PAUSE:
            leave()
            return
        given = session.about_readers().of(study.name, reader)
        asked = session.store().study(study.name).questionnaire.at(step)
        missing = sum(question.required and question.id not in given for question in asked)
        if missing:
            raise Refused(still_missing(missing))
        st.session_state[_asking(study, step)] = False

    return answers.Subject(reader, study, place_of(study, reader, step), act=act)


def ask(study: Study, reader: str, step: Step, error: str) -> None:
    """The screen with a step's questions."""
    st.markdown(f"#### {plain(study.title)}")
    if step is Step.START:
        st.markdown(plain(study.about))
        st.caption("Before the first case, some questions about you.")
    else:
        st.caption("You have read all cases. Some questions about the study as a whole.")
    subject = subject_of(study, reader, step)
    place = subject.place
    token = answers.remember(place, subject)
    given = session.about_readers().of(study.name, reader)
    asked = study.questionnaire.at(step)
    values = {q.id: q.plain(given[q.id]) for q in asked if q.id in given}
    meaning = questionnaire.scales([question for question in asked if question.kind is Kind.SCALE])
    if meaning:
        st.caption(plain(meaning))
    questionnaire.mount(
        key=KEY,
        subject=place,
        seconds_before=0.0,
        about_case=asked,
        case=questionnaire.Column("You", token, "", values),
        about_maps=(),
        maps=(),
        heading="",
        saved=outbox.saved(),
        notice=answers.notice(place),
        error=error,
        refused=answers.refused(),
        finish=questionnaire.Finish(token),
    )
