"""The smallest page that takes answers as the reading page does; run by answering_server."""

import streamlit as st

from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import Shown
from shamsul.ui.shared import answers, outbox, questionnaire, session

KEY = "reading"

study = session.store().study("trial")
case = session.store().cases("trial")[0]
shown = Shown(label="Pleural Effusion", model="phantom", blinded=True)
token = answers.remember(
    "case", answers.Subject(st.query_params["reader"], study, "case", case, shown)
)
error = answers.take(outbox.received(KEY))
questionnaire.mount(
    key=KEY,
    subject="case",
    seconds_before=0.0,
    about_case=study.questionnaire.at(Step.IMAGE),
    case=questionnaire.Column("Case", token, "", {}),
    about_maps=(),
    maps=(),
    heading="",
    saved=outbox.saved(),
    notice=answers.notice("case"),
    error=error,
)
