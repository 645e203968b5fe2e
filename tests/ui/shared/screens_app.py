"""A page whose second screen has its questions elsewhere, and whose drawing then takes its time.

As where the first case follows the questions about the reader: the browser keeps what was drawn
before until the whole page is drawn. It tells what the browser has sent.
"""

import time

import streamlit as st

from shamsul.reading.design.questionnaire import Kind, Question, Step
from shamsul.ui.shared import outbox, questionnaire

KEY = "screens"

told: list[str] = st.session_state.setdefault("told", [])
sent = outbox.received(KEY)
for event in outbox.new(sent):
    told.append(f"{event.token} {event.item}")
    outbox.deal_with(sent, event)
screen = "second" if told else "first"
if screen == "first":
    for line in ("A study", "about something", "and some words"):
        st.write(line)
with st.columns(2)[1] if screen == "second" else st.container():
    questionnaire.mount(
        key=KEY,
        subject=screen,
        seconds_before=0.0,
        about_case=(
            Question(screen, f"The {screen}?", Kind.CHOICE, Step.IMAGE, options=("yes", "no")),
        ),
        case=questionnaire.Column("Case", screen, "", {}),
        about_maps=(),
        maps=(),
        heading="",
        saved=outbox.saved(),
        notice="",
        error="",
        finish=questionnaire.Finish(screen),
    )
if told == ["first @next"]:
    time.sleep(5)
st.write(f"Sent: {', '.join(told)}")
