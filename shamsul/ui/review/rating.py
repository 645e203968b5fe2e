"""The rating form: every click is an answer on the disk before the page says so."""

from collections.abc import Mapping, Sequence

import streamlit as st

from shamsul.classifiers.prediction import Prediction
from shamsul.computing.jobs import Job, State
from shamsul.explainers.heatmap import Heatmap
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import Case, MapShown, Shown, Study
from shamsul.ui.shared import answers, maps, outbox, questionnaire, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.viewer import ViewerState
from shamsul.ui.shared.wording import plain

#: The reader sees names and annotations: such ratings are marked as not blinded.
BLINDED = False
#: One component for all cases, so that what one sends is not lost by opening another.
KEY = "questionnaire"


def finding(case: Case, labels: Sequence[str]) -> str:
    """Which of the labels that are shown is rated: the reader chooses where there are several.

    Drawn above the pictures, which leave the questions their room below.
    """
    if len(labels) == 1:
        return labels[0]
    chosen: str = st.segmented_control(
        "Finding to rate",
        labels,
        format_func=lambda label: plain(f"Rate {label}"),
        default=labels[0],
        required=True,
        key=f"rated-{case.id}",
        label_visibility="collapsed",
    )
    return chosen


def form(
    study: Study,
    case: Case,
    label: str,
    prediction: Prediction,
    model_sha256: str,
    asked: Mapping[str, Job],
) -> None:
    """Draw the form for a label.

    Parameters
    ----------
    study, case
        What is read.
    label : str
        That is rated.
    prediction : Prediction
    model_sha256 : str
    asked : mapping of str to Job
        By method name, in the order of panels.
    """
    if not session.reader():
        st.info("Type a reader's name at the top of the page to rate: ratings are kept under it.")
        return
    shown = Shown(
        label=label,
        model=study.model,
        model_sha256=model_sha256,
        probability=prediction[label].probability,
        blinded=BLINDED,
        case_order=case.order,
    )
    _questions(study, case, shown, asked)


@st.fragment
def keep() -> None:
    """Where the form is shut: save what was answered in it last."""
    with error_boundary():
        sign_in.require(Role.READER)
        error = answers.take(outbox.received(KEY))
        questionnaire.acknowledge(
            key=KEY, saved=outbox.saved(), error=error, refused=answers.refused()
        )


@st.fragment
def _questions(study: Study, case: Case, shown: Shown, asked: Mapping[str, Job]) -> None:
    """The questions about one label; a click redraws these alone."""
    with error_boundary():
        sign_in.require(Role.READER)
        _draw_questions(study, case, shown, asked)


def _draw_questions(study: Study, case: Case, shown: Shown, asked: Mapping[str, Job]) -> None:
    about: dict[str, Shown] = {"": shown} | {
        name: _map_shown(shown, job, found, position)
        for position, (name, job) in enumerate(asked.items(), start=1)
        if (found := maps.heatmap(job, shown.label))
    }
    reader = session.reader()
    place = f"{reader}/{case.id}/{shown.label}"
    tokens = {
        method: answers.remember(
            _token(place, this), answers.Subject(reader, study, place, case, this)
        )
        for method, this in about.items()
    }
    error = answers.take(outbox.received(KEY))

    values: dict[str, dict[str, object]] = {name: {} for name in ("", *asked)}
    given = session.store().answers(case, reader)
    for saved in given:
        answer = saved.answer
        method = _method(answer.shown)
        if answer.shown.label == shown.label and _is_about(answer.shown, about.get(method)):
            question = study.questionnaire.question(answer.item)
            values[method][answer.item] = question.plain(answer.value)
    items = study.questionnaire.items
    questionnaire.mount(
        key=KEY,
        subject=f"{reader}/{case.id}",
        seconds_before=answers.seconds(given),
        about_case=study.questionnaire.at(Step.REVEAL),
        case=questionnaire.Column(shown.label, tokens[""], "", values[""]),
        about_maps=study.questionnaire.at(Step.MAPS),
        maps=[
            questionnaire.Column(
                title=job.method.title,
                token=tokens.get(name, ""),
                waiting="no map" if job.state is State.FAILED else "waiting for the map",
                values=values[name],
            )
            for name, job in asked.items()
        ],
        heading=f"{shown.label}: {questionnaire.scales(items)}. Each click is saved at once; a "
        "second click takes the answer back.",
        saved=outbox.saved(),
        notice=answers.notice(place),
        error=error,
        refused=answers.refused(),
    )


def _map_shown(shown: Shown, job: Job, heatmap: Heatmap, position: int) -> MapShown:
    return MapShown(
        **vars(shown),
        method=job.method.name,
        method_name_shown=job.method.title,
        panel_position=position,
        heatmap_sha256=heatmap.sha256,
        opacity=0.0,
        normalisation=ViewerState().normalisation.value,
    )


def _method(shown: Shown) -> str:
    """Name of the method that was rated, empty for a question about the case."""
    return shown.method if isinstance(shown, MapShown) else ""


def _is_about(saved: Shown, now: Shown | None) -> bool:
    """Whether an answer is about the very map, or model, that is on the screen."""
    if isinstance(saved, MapShown) and isinstance(now, MapShown):
        return saved.heatmap_sha256 == now.heatmap_sha256
    return now is not None and saved.model_sha256 == now.model_sha256


def _token(place: str, shown: Shown) -> str:
    """What the browser sends back with an answer about this: it names the very map or model."""
    seen = shown.heatmap_sha256 if isinstance(shown, MapShown) else shown.model_sha256
    return f"{place}/{_method(shown)}/{seen}"
