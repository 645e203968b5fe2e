"""The rating form: every click is an answer on the disk before the page says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import streamlit as st

from shamsul.classifiers.prediction import Prediction
from shamsul.explainers.heatmap import Heatmap
from shamsul.jobs import Job, State
from shamsul.reading import StoreError
from shamsul.reading.accounts import Role
from shamsul.reading.questionnaire import Step
from shamsul.reading.study import Answer, Case, MapShown, Shown, Study
from shamsul.ui import maps, questionnaire, session, sign_in
from shamsul.ui.downloads import download_ratings
from shamsul.ui.frame import in_words
from shamsul.ui.viewer import ViewerState

#: The reader sees names and annotations: such ratings are marked as not blinded.
BLINDED = False
#: One component for all cases, so that what one sends is not lost by opening another.
KEY = "questionnaire"


def form(
    study: Study,
    case: Case,
    labels: Sequence[str],
    prediction: Prediction,
    model_sha256: str,
    asked: Mapping[str, Job],
) -> None:
    """Draw the form for one of the labels that are shown.

    Parameters
    ----------
    study, case
        What is read.
    labels : sequence of str
        Labels shown; the reader chooses which one to rate.
    prediction : Prediction
    model_sha256 : str
    asked : mapping of str to Job
        By method name, in the order of panels.
    """
    title, export = st.columns([2, 1.6], vertical_alignment="center")
    title.markdown("#### Rate the maps")
    with export:
        download_ratings(study)
    if not session.reader():
        st.info("Type a reader's name at the top of the page to rate.")
        return
    label: str = labels[0]
    if len(labels) > 1:
        label = st.segmented_control(
            "Finding to rate", labels, default=label, required=True, key=f"rated-{case.id}"
        )
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
def _questions(study: Study, case: Case, shown: Shown, asked: Mapping[str, Job]) -> None:
    """The questions about one label; a click redraws these alone."""
    with in_words():
        sign_in.require(Role.READER)
        _draw_questions(study, case, shown, asked)


def _draw_questions(study: Study, case: Case, shown: Shown, asked: Mapping[str, Job]) -> None:
    about: dict[str, Shown] = {"": shown} | {
        name: _map_shown(shown, job, found, position)
        for position, (name, job) in enumerate(asked.items(), start=1)
        if (found := maps.heatmap(job, shown.label))
    }
    tokens = {method: _token(case, this) for method, this in about.items()}
    for method, this in about.items():
        _subjects()[tokens[method]] = _Subject(session.reader(), study, case, this)
    error = _record(questionnaire.outbox(KEY))

    values: dict[str, dict[str, object]] = {name: {} for name in ("", *asked)}
    for saved in session.store().answers(case, session.reader(), shown.label):
        answer = saved.answer
        method = _method(answer.shown)
        if _is_about(answer.shown, about.get(method)):
            question = study.questionnaire.question(answer.item)
            values[method][answer.item] = question.plain(answer.value)
    items = study.questionnaire.items
    answered = sum(item.id in values[name] for name in asked for item in items)
    scales = "; ".join(
        ", ".join(f"{point} = {word}" for point, word in enumerate(scale, start=1))
        for scale in dict.fromkeys(item.options for item in items)
    )
    questionnaire.mount(
        key=KEY,
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
        heading=f"{shown.label}: {scales}. Each click is saved at once; a second click takes the "
        f"answer back. {answered} of {len(items) * len(asked)} answered.",
        saved=_saved(),
        notice=_notices().get(_place(case, shown), ""),
        error=error,
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


def _place(case: Case, shown: Shown) -> str:
    return f"{session.reader()}/{case.id}/{shown.label}"


def _token(case: Case, shown: Shown) -> str:
    """What the browser sends back with an answer about this: it names the very map or model."""
    seen = shown.heatmap_sha256 if isinstance(shown, MapShown) else shown.model_sha256
    return f"{_place(case, shown)}/{_method(shown)}/{seen}"


@dataclass(frozen=True)
class _Subject:
    """What a token stands for."""

    reader: str
    study: Study
    case: Case
    shown: Shown


def _subjects() -> dict[str, _Subject]:
    """All that this session's questionnaires have been about, by token."""
    subjects: dict[str, _Subject] = st.session_state.setdefault("subjects", {})
    return subjects


def _saved() -> dict[str, int]:
    """By outbox, the number up to which its answers are on the disk."""
    saved: dict[str, int] = st.session_state.setdefault("saved", {})
    return saved


def _notices() -> dict[str, str]:
    """What became of the last answer, by what it was about."""
    notices: dict[str, str] = st.session_state.setdefault("notices", {})
    return notices


def _record(outbox: questionnaire.Outbox) -> str:
    """Put on the disk what is new in the outbox; why that failed, in a sentence, or nothing."""
    new = [event for event in outbox.events if event.number > _saved().get(outbox.id, 0)]
    known = [(event, _subjects()[event.token]) for event in new if event.token in _subjects()]
    answered = [(answer, about) for event, about in known if (answer := _answer(event, about))]
    try:
        if answered:
            session.store().record(answer for answer, _ in answered)
    except StoreError as error:
        return str(error)
    if len(known) < len(new):
        # The server was started anew meanwhile, and another case is open.
        return "The case that was answered has to be opened again."
    if new:
        _saved()[outbox.id] = max(event.number for event in new)
    if answered:
        last, about = answered[-1]
        name = (
            last.shown.method_name_shown if isinstance(last.shown, MapShown) else last.shown.label
        )
        said = "Answer taken back" if last.value is None else "Saved"
        time = datetime.now().astimezone().strftime("%H:%M:%S")
        wording = about.study.questionnaire.question(last.item).wording
        _notices()[_place(last.case, last.shown)] = f"{said} at {time}: {name}, {wording}"
    return ""


def _answer(event: questionnaire.Event, about: _Subject) -> Answer | None:
    """The answer that an event gives; None where no page of ours could have sent it."""
    try:
        value = about.study.questionnaire.question(event.item).parse(event.value)
    except ValueError:
        return None
    shown = about.shown
    if isinstance(shown, MapShown) and (state := session.viewer_state(about.case)):
        # As the viewer is set at this moment; the form may have been drawn before.
        shown = replace(
            shown,
            opacity=state.opacity[shown.label][shown.method_name_shown],
            normalisation=state.normalisation.value,
        )
    return Answer(
        case=about.case,
        reader=about.reader,
        shown=shown,
        item=event.item,
        value=value,
        active_seconds=session.active_seconds(about.case),
    )
