"""The rating form: every click is an answer on the disk before the page says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import streamlit as st

from shamsul.classifiers.prediction import Prediction
from shamsul.explainers.heatmap import Heatmap
from shamsul.jobs import Job, State
from shamsul.reading import StoreError
from shamsul.reading.questionnaire import CANNOT_JUDGE, Kind, Question, Step, Value
from shamsul.reading.study import Answer, Case, MapShown, SavedAnswer, Shown, Study
from shamsul.ui import maps, session
from shamsul.ui.downloads import download_ratings
from shamsul.ui.frame import in_words
from shamsul.ui.viewer import ViewerState

#: The reader sees names and annotations: such ratings are marked as not blinded.
BLINDED = False
#: How the answer apart from the points of a scale is written.
ABSTAIN = "Cannot judge"


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
        _draw_questions(study, case, shown, asked)


def _draw_questions(study: Study, case: Case, shown: Shown, asked: Mapping[str, Job]) -> None:
    questionnaire = study.questionnaire
    about: dict[str, Shown] = {"": shown} | {
        name: _map_shown(shown, job, found, position)
        for position, (name, job) in enumerate(asked.items(), start=1)
        if (found := maps.heatmap(job, shown.label))
    }
    saved = {
        (method, answer.answer.item): answer
        for answer in session.store().answers(case, session.reader(), shown.label)
        if _is_about(answer.answer.shown, about.get(method := _method(answer.answer.shown)))
    }
    items = {question.id for question in questionnaire.items}
    answered = sum(
        item in items and answer.answer.value is not None for (_, item), answer in saved.items()
    )
    _notice(case, shown)
    for question in questionnaire.at(Step.REVEAL):
        _ask(question, case, shown, saved.get(("", question.id)))
    for scale in dict.fromkeys(question.options for question in questionnaire.items):
        points = ", ".join(f"{point} = {word}" for point, word in enumerate(scale, start=1))
        st.caption(
            f"{shown.label}: {points}. Each click is saved at once; a second click takes the "
            f"answer back. **{answered} of {len(items) * len(asked)} answered.**"
        )
    widths = [1.7, *[1.8] * len(asked)]
    head = st.columns(widths)
    for column, job in zip(head[1:], asked.values(), strict=True):
        column.markdown(f"**{job.method.title}**")
    for question in questionnaire.at(Step.MAPS):
        row = st.columns(widths, vertical_alignment="center")
        row[0].markdown(question.wording)
        for column, (name, job) in zip(row[1:], asked.items(), strict=True):
            with column:
                if name in about:
                    _ask(question, case, about[name], saved.get((name, question.id)), len(asked))
                else:
                    failed = job.state is State.FAILED
                    st.caption("no map" if failed else "waiting for the map")


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


def _ask(
    question: Question, case: Case, shown: Shown, saved: SavedAnswer | None, maps_shown: int = 0
) -> None:
    """One question's widget, filled with the answer that is on the disk or waits for it."""
    seen = shown.heatmap_sha256 if isinstance(shown, MapShown) else shown.model_sha256
    key = f"answer/{session.reader()}/{case.id}/{shown.label}/{_method(shown)}/{question.id}/{seen}"
    waiting: Answer | None = _waiting().get(key)
    if key not in st.session_state:
        answer = waiting or (saved.answer if saved else None)
        st.session_state[key] = _to_widget(question, answer.value if answer else None)

    def keep() -> None:
        _keep(key, question, case, shown, _from_widget(question, st.session_state[key]))

    name = shown.method_name_shown if isinstance(shown, MapShown) else shown.label
    _WIDGETS[question.kind](question, f"{name}: {question.wording}", key, keep, maps_shown)
    if waiting:
        st.caption(":red[not saved]")


def _scale(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    points = [str(point) for point in range(1, len(question.options) + 1)]
    if question.may_abstain:
        points.append(ABSTAIN)
    st.segmented_control(label, points, key=key, on_change=keep, label_visibility="collapsed")


def _rank(
    question: Question, label: str, key: str, keep: Callable[[], None], maps_shown: int
) -> None:
    places = [str(place) for place in range(1, maps_shown + 1)]
    st.segmented_control(label, places, key=key, on_change=keep, label_visibility="collapsed")


def _choice(question: Question, label: str, key: str, keep: Callable[[], None], _: int) -> None:
    st.segmented_control(label, question.options, key=key, on_change=keep)


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
    st.number_input(label, 0.0, 100.0, step=5.0, format="%.0f", key=key, on_change=keep)


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
        return ABSTAIN
    return str(value) if question.kind in (Kind.SCALE, Kind.RANK) and value is not None else value


def _from_widget(question: Question, held: object) -> Value:
    """What a widget holds as an answer."""
    if held == ABSTAIN:
        return CANNOT_JUDGE
    if question.kind in (Kind.SCALE, Kind.RANK) and held is not None:
        return int(str(held))
    return question.clean(held)


def _keep(key: str, question: Question, case: Case, shown: Shown, value: Value) -> None:
    """Put an answer on the disk, with all that could not be put there before."""
    if isinstance(shown, MapShown):
        # As the viewer is set at this moment; the form may have been drawn before.
        state = session.viewer_state(case)
        shown = replace(
            shown,
            opacity=state.opacity[shown.label][shown.method_name_shown],
            normalisation=state.normalisation.value,
        )
    _waiting()[key] = Answer(
        case=case,
        reader=session.reader(),
        shown=shown,
        item=question.id,
        value=value,
        active_seconds=session.active_seconds(case),
    )
    said = "Answer taken back" if value is None else "Saved"
    name = shown.method_name_shown if isinstance(shown, MapShown) else shown.label
    _send(case, shown, f"{said} at {{time}}: {name}, {question.wording}")


def _waiting() -> dict[str, Answer]:
    """Answers of this session that are not on the disk, by their widgets."""
    waiting: dict[str, Answer] = st.session_state.setdefault("waiting", {})
    return waiting


def _send(case: Case, shown: Shown, saved: str) -> None:
    """Record every answer that waits, then say so; where that fails, they go on waiting."""
    about = (session.reader(), case.id, shown.label)
    try:
        session.store().record(_waiting().values())
    except StoreError as error:
        st.session_state["notice"] = (about, str(error))
    else:
        _waiting().clear()
        time = datetime.now().astimezone().strftime("%H:%M:%S")
        st.session_state["notice"] = (about, saved.format(time=time))


def _notice(case: Case, shown: Shown) -> None:
    """What became of the last click, and whether any answer waits."""
    about, text = st.session_state.get("notice", (None, ""))
    if waiting := len(_waiting()):
        noun = "answer is" if waiting == 1 else "answers are"
        st.error(
            f"Not saved: {text} {waiting} {noun} kept in this page and sent again with your next "
            "click. Do not close the page."
        )
        st.button("Try again", on_click=_send, args=(case, shown, "Saved at {time}: all answers"))
    elif about == (session.reader(), case.id, shown.label):
        st.caption(f":green[{text}]")
    else:
        st.caption(":gray[Nothing clicked yet.]")
