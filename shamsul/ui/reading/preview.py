"""A study as its readers will see it, for who sets it up; nothing that is done there is kept."""

import streamlit as st

from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import Study
from shamsul.ui.reading import case, rehearsal
from shamsul.ui.reading.place import KEY, look_at, looked_at
from shamsul.ui.reading.rehearsal import NOTHING_KEPT, Rehearsal
from shamsul.ui.shared import answers, outbox, questionnaire
from shamsul.ui.shared.wording import counted


def show(tried: Rehearsal) -> None:
    """Whatever a reader would see next, below a line that says what this is."""
    error = answers.take(outbox.received(KEY))
    if answers.turned():
        st.rerun()
    study, mine = tried.study, tuple(tried.mine)
    open_ones = [one for one in mine if one.screen(study.questionnaire) is not None]
    shown = looked_at(mine)
    said, skip, leave = st.columns([4, 1.2, 1.2], vertical_alignment="center")
    said.markdown(f":material/visibility: **{NOTHING_KEPT}.** {_besides(study)}")
    if leave.button("End the preview", width="stretch"):
        look_at(None)
        rehearsal.end()
        st.rerun()
    if shown is None and open_ones:
        due = open_ones[0]
        screen = due.screen(study.questionnaire)
        if skip.button("Skip this screen", width="stretch") and screen is not None:
            tried.skip(due, screen)
            st.rerun()
        case.show(study, mine, due, screen)
    elif shown is not None:
        case.show(study, mine, shown, None)
    else:
        st.info("These were all readings that can be looked at.")
        questionnaire.acknowledge(
            key=KEY, saved=outbox.saved(), error=error, refused=answers.refused()
        )


def _besides(study: Study) -> str:
    """What readers are asked besides, in words."""
    places = {Step.START: "before the first case", Step.END: "after the last case"}
    asked = [
        f"{counted(len(questions), 'question')} {place}"
        for step, place in places.items()
        if (questions := study.questionnaire.at(step))
    ]
    return f"Readers are asked {' and '.join(asked)} besides." if asked else ""
