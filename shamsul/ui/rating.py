"""The rating form: every click is an answer on the disk before the page says so."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import streamlit as st

from shamsul.classifiers.prediction import Prediction
from shamsul.jobs import Job, State
from shamsul.reading.database import StoreError
from shamsul.reading.questionnaire import CANNOT_JUDGE, Kind, Question, Step, Value
from shamsul.reading.study import Answer, Case, MapShown, SavedAnswer, Shown, Study
from shamsul.ui import maps, session
from shamsul.ui.downloads import download_ratings
from shamsul.ui.viewer import ViewerState

#: The reader sees names and annotations: such ratings are marked as not blinded.
BLINDED = False
#: How "Cannot judge" looks beside the points of a scale.
CANNOT_JUDGE_MARK = "?"


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
    title, export = st.columns([3, 1.2], vertical_alignment="center")
    title.markdown("#### Rate the maps")
    with export:
        download_ratings(study)
    if not session.reader():
        st.info("Type a reader's name at the top of the page to rate.")
        return
    label = labels[0]
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
    reader = session.reader()
    saved = {
        (
            answer.answer.shown.method if isinstance(answer.answer.shown, MapShown) else "",
            answer.answer.item,
        ): answer
        for answer in session.store().answers(case, reader, shown.label)
    }
    questionnaire = study.questionnaire
    ready = {
        name: found for name, job in asked.items() if (found := maps.heatmap(job, shown.label))
    }

    with st.expander(f"Your own reading: {shown.label}", icon=":material/stethoscope:"):
        for column, question in zip(
            st.columns(4),
            (*questionnaire.at(Step.IMAGE), *questionnaire.at(Step.REVEAL)),
            strict=False,
        ):
            with column:
                _ask(question, case, shown, saved.get(("", question.id)))

    items = {question.id for question in questionnaire.items}
    answered = sum(
        item in items and answer.answer.value is not None for (_, item), answer in saved.items()
    )
    scale = questionnaire.items[0].options
    st.caption(
        f"{shown.label}: 1 = {scale[0]}, 3 = {scale[2]}, {len(scale)} = {scale[-1]}, "
        f"{CANNOT_JUDGE_MARK} = cannot judge. Each click is saved at once. "
        f"**{answered} of {len(items) * len(asked)} answered.**"
    )
    widths = [1.7, *[1.8] * len(asked)]
    head = st.columns(widths)
    for column, job in zip(head[1:], asked.values(), strict=True):
        column.markdown(f"**{job.method.title}**")
    for question in questionnaire.at(Step.MAPS):
        row = st.columns(widths, vertical_alignment="center")
        row[0].markdown(question.wording)
        for position, (column, (name, job)) in enumerate(
            zip(row[1:], asked.items(), strict=True), start=1
        ):
            with column:
                if name not in ready:
                    failed = job.state is State.FAILED
                    st.caption("no map" if failed else "waiting for the map")
                    continue
                state = st.session_state.get("viewer") or ViewerState()
                map_shown = MapShown(
                    **{field: getattr(shown, field) for field in shown.__dataclass_fields__},
                    method=name,
                    method_name_shown=job.method.title,
                    panel_position=position,
                    heatmap_sha256=ready[name].sha256,
                    opacity=state.opacity.get(shown.label, {}).get(job.method.title, 0.0),
                    normalisation=state.normalisation.value,
                )
                _ask(question, case, map_shown, saved.get((name, question.id)), len(asked))
    _notice()


def _ask(
    question: Question, case: Case, shown: Shown, saved: SavedAnswer | None, maps_shown: int = 0
) -> None:
    """One question's widget, filled with the answer that is on the disk."""
    about = shown.method_name_shown if isinstance(shown, MapShown) else shown.label
    method = shown.method if isinstance(shown, MapShown) else ""
    key = f"answer/{session.reader()}/{case.id}/{shown.label}/{method}/{question.id}"
    value = None if saved is None else saved.answer.value
    if key not in st.session_state:
        st.session_state[key] = _to_widget(question, value)

    def keep() -> None:
        _keep(question, case, shown, _from_widget(question, st.session_state[key]))

    _WIDGETS[question.kind](question, f"{about}: {question.wording}", key, keep, maps_shown)


def _scale(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    points = [str(point) for point in range(1, len(question.options) + 1)]
    if question.may_abstain:
        points.append(CANNOT_JUDGE_MARK)
    st.segmented_control(label, points, key=key, on_change=keep, label_visibility="collapsed")


def _rank(
    question: Question, label: str, key: str, keep: Callable[[], None], maps_shown: int
) -> None:
    places = [str(place) for place in range(1, maps_shown + 1)]
    st.segmented_control(label, places, key=key, on_change=keep, label_visibility="collapsed")


def _choice(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    st.segmented_control(question.wording, question.options, key=key, on_change=keep)


def _tags(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    st.pills(
        label,
        question.options,
        selection_mode="multi",
        key=key,
        on_change=keep,
        label_visibility="collapsed",
        wrap=True,
    )


def _text(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    st.text_area(label, key=key, on_change=keep, height=68, label_visibility="collapsed")


def _percent(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    st.number_input(question.wording, 0.0, 100.0, step=5.0, format="%.0f", key=key, on_change=keep)


_WIDGETS = {
    Kind.SCALE: _scale,
    Kind.RANK: _rank,
    Kind.CHOICE: _choice,
    Kind.TAGS: _tags,
    Kind.TEXT: _text,
    Kind.PERCENT: _percent,
}


def _to_widget(question: Question, value: Value) -> object:
    """An answer as its widget holds it."""
    if question.kind is Kind.TAGS:
        return list(value) if isinstance(value, tuple) else []
    if question.kind is Kind.TEXT:
        return value or ""
    if value is CANNOT_JUDGE:
        return CANNOT_JUDGE_MARK
    return str(value) if question.kind in (Kind.SCALE, Kind.RANK) and value is not None else value


def _from_widget(question: Question, held: object) -> object:
    """What a widget holds as an answer."""
    if held == CANNOT_JUDGE_MARK:
        return CANNOT_JUDGE
    if question.kind in (Kind.SCALE, Kind.RANK) and held is not None:
        return int(str(held))
    return held


def _keep(question: Question, case: Case, shown: Shown, value: object) -> None:
    """Put an answer on the disk, then say so; if that fails, say that it is not saved."""
    try:
        session.store().record(
            [
                Answer(
                    case=case,
                    reader=session.reader(),
                    shown=shown,
                    item=question.id,
                    value=value,  # type: ignore[arg-type]
                    active_seconds=session.active_seconds(case),
                )
            ]
        )
    except (StoreError, ValueError) as error:
        st.session_state["notice"] = (False, f"Not saved: {error}")
    else:
        time = datetime.now().astimezone().strftime("%H:%M:%S")
        st.session_state["notice"] = (True, f"Saved at {time}: {question.wording}")


def _notice() -> None:
    saved, text = st.session_state.get("notice", (True, ""))
    if text:
        (st.caption if saved else st.error)(text)
