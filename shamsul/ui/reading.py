"""A reading study, screen by screen: what is shown of a case, and how one goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from shamsul import panels
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.prediction import Prediction
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Progress as MapProgress
from shamsul.explainers.registry import METHODS
from shamsul.jobs import Job, State
from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.accounts import Role
from shamsul.reading.design import Arm, PanelPlan
from shamsul.reading.questionnaire import Kind, Step
from shamsul.reading.readings import Assigned, Happened, Progress, progress_of
from shamsul.reading.study import MapShown, SavedAnswer, Shown, Study
from shamsul.ui import answers, questionnaire, rating, session, sign_in
from shamsul.ui.frame import in_words
from shamsul.ui.viewer import Panel, Row, ViewerState, viewer
from shamsul.worker import Worker

#: One component for all screens, so that what one sends is not lost by opening another.
KEY = "reading"
#: In the address: the study that is read.
STUDY = "study"


def overview(reader: str) -> None:
    """The studies that a reader is part of, each with what to do next."""
    studies = session.readings().studies_of(reader)
    if not studies:
        st.info("No study has been assigned to you.")
    for study in studies:
        with st.container(border=True):
            title, button = st.columns([5, 1.2], vertical_alignment="center")
            title.markdown(f"**{study.title}**  \n{study.about}")
            done, planned = 0, 0
            for progress in _progress(study, reader):
                done, planned = done + progress.finished, planned + progress.readings
            st.progress(done / planned, text=f"{done} of {planned} read")
            button.button(
                "Continue" if done else "Start",
                key=f"open-{study.name}",
                type="primary",
                width="stretch",
                on_click=_open,
                args=(study.name,),
            )


def _open(study: str) -> None:
    st.query_params[STUDY] = study


def _leave() -> None:
    st.query_params.pop(STUDY, None)


def chosen_study(reader: str) -> Study | None:
    """The study that the address names, if the reader is part of it."""
    name = st.query_params.get(STUDY)
    studies = session.readings().studies_of(reader)
    return next((study for study in studies if study.name == name), None)


def _progress(study: Study, reader: str) -> list[Progress]:
    mine = session.readings().of(study.name, reader)
    sessions = sorted({one.reading.session for one in mine})
    return [
        progress_of([one for one in mine if one.reading.session == number], study.questionnaire)
        for number in sessions
    ]


def read(study: Study, reader: str) -> None:
    """Whatever comes next for a reader in a study."""
    # First: what is in the outbox may finish the screen that would be drawn.
    error = answers.take(questionnaire.outbox(KEY))
    if st.session_state.pop("turned", False):
        st.rerun()
    mine = session.readings().of(study.name, reader)
    open_ones = [one for one in mine if one.screen(study.questionnaire) is not None]
    shown = _looked_at(mine)
    if study.closed_at is not None:
        _message(study, f"This study was closed on {study.closed_at:%d %B %Y}. Thank you.")
    elif shown is not None:
        _screen(study, mine, shown, None, error)
    elif _asks(study, reader, Step.START, due=open_ones == list(mine)):
        _about_reader(study, reader, Step.START, error)
    elif not open_ones:
        if _asks(study, reader, Step.END, due=True):
            _about_reader(study, reader, Step.END, error)
        else:
            _message(study, "You have read all cases of this study. Thank you.")
    elif (opens := session.readings().opens_at(study, reader, open_ones[0].reading.session)) and (
        opens > datetime.now(UTC)
    ):
        _message(
            study,
            f"The next session opens on {opens.astimezone():%d %B %Y at %H:%M}: between two "
            "sessions there has to be a pause, so that you read the cases afresh.",
        )
    else:
        _screen(study, mine, open_ones[0], open_ones[0].screen(study.questionnaire), error)


def _message(study: Study, text: str) -> None:
    st.markdown(f"#### {study.title}")
    st.info(text)
    st.button("Back to my studies", on_click=_leave)


# ---- Questions about the reader ------------------------------------------------------------------


def _asking(study: Study, step: Step) -> str:
    """Key of whether the questions are being asked: False once the reader has gone on."""
    return f"asking-{study.name}-{step.name}"


def _asks(study: Study, reader: str, step: Step, *, due: bool) -> bool:
    """Whether questions about the reader come now.

    They do where required ones are open, or where it is time for them and none was answered; and
    then until the reader goes on, so that the last answer does not make them vanish.
    """
    questions = study.questionnaire.at(step)
    asking = st.session_state.get(_asking(study, step))
    if not questions or asking is False:
        return False
    given = session.readings().about_reader(study.name, reader)
    missing = any(question.required and question.id not in given for question in questions)
    untouched = not any(question.id in given for question in questions)
    if asking or missing or (due and untouched):
        st.session_state[_asking(study, step)] = True
        return True
    return False


def _about_reader(study: Study, reader: str, step: Step, error: str) -> None:
    st.markdown(f"#### {study.title}")
    if step is Step.START:
        st.markdown(study.about)
        st.caption("Before the first case, some questions about you.")
    else:
        st.caption("You have read all cases. Some questions about the study as a whole.")
    place = f"{reader}/{study.name}/{step.name}"

    def act(item: str, seconds: float) -> None:
        st.session_state["turned"] = True
        if item == questionnaire.NEXT:
            st.session_state[_asking(study, step)] = False
        else:
            _leave()

    token = answers.remember(place, answers.Subject(reader, study, place, act=act))
    given = session.readings().about_reader(study.name, reader)
    asked = study.questionnaire.at(step)
    values = {q.id: q.plain(given[q.id]) for q in asked if q.id in given}
    meaning = rating.scales([question for question in asked if question.kind is Kind.SCALE])
    if meaning:
        st.caption(meaning)
    questionnaire.mount(
        key=KEY,
        subject=place,
        seconds_before=0.0,
        about_case=asked,
        case=questionnaire.Column("You", token, "", values),
        about_maps=(),
        maps=(),
        heading="",
        saved=answers.saved(),
        notice=answers.notice(place),
        error=error,
        finish=questionnaire.Finish(token),
    )


# ---- A case --------------------------------------------------------------------------------------


def _looked_at(mine: Sequence[Assigned]) -> Assigned | None:
    """A finished reading that is shown once more: just locked, or gone back to."""
    chosen = st.session_state.get("looked_at")
    return next((one for one in mine if one.id == chosen), None)


def _look_at(reading_id: int | None) -> None:
    st.session_state["looked_at"] = reading_id


@dataclass(frozen=True)
class _View:
    """What one screen of a reading shows.

    Attributes
    ----------
    study : Study
    assigned : Assigned
    screen : Step
        Whose questions are asked or shown.
    locked : bool
        Whether they can only be looked at.
    revealed : bool
        Whether methods' names and annotations are seen.
    """

    study: Study
    assigned: Assigned
    screen: Step
    locked: bool
    revealed: bool


def _screen(
    study: Study, mine: Sequence[Assigned], assigned: Assigned, screen: Step | None, error: str
) -> None:
    """A reading; `screen` is None where it is finished and looked at again."""
    assert study.plan is not None
    design = study.plan.design
    view = _View(
        study,
        assigned,
        screen or assigned.screens(study.questionnaire)[-1],
        locked=screen is None and not design.changes,
        revealed=not design.blinded or (screen is None and design.debrief),
    )
    _heading(study, mine, assigned, view)
    radiograph = session.radiograph(assigned.case.image_sha256)
    classifier = session.classifier(study.model)
    prediction = session.prediction(study, assigned.case)
    asked = _request(study, assigned, classifier) if view.screen is Step.MAPS else {}
    if view.screen is Step.IMAGE:
        picture, questions = st.columns([1.5, 1])
    else:
        picture = questions = st.container()
    with picture:
        _maps(view, radiograph, prediction, asked)
    with questions:
        _questions(view, prediction, classifier.manifest.sha256, asked, error)

    # The next case's maps too: no reader should wait for one.
    following = [one for one in mine if one.screen(study.questionnaire) and one != assigned][:1]
    before = _settled(study, [assigned, *following], classifier)

    @st.fragment(run_every=1.0 if None in before else None)
    def wait() -> None:
        """Every second: keep the maps wanted, and show those of this screen that have come."""
        with in_words():
            _check_reader(assigned)
            now = _settled(study, [assigned, *following], classifier)
            if asked and now[: len(asked)] != before[: len(asked)]:
                st.rerun()

    wait()  # last, because it may rerun the page


def _check_reader(assigned: Assigned) -> None:
    """A fragment runs without its page: whose reading it is has to be looked at again."""
    sign_in.require(Role.READER)
    if session.reader() != assigned.reading.reader:
        st.rerun()


def _settled(
    study: Study, readings: Sequence[Assigned], classifier: Classifier
) -> list[State | None]:
    """How each map of some readings ended; None where it is still to come."""
    jobs = [job for one in readings for job in _request(study, one, classifier).values()]
    return [job.state if job.state in (State.DONE, State.FAILED) else None for job in jobs]


def _heading(study: Study, mine: Sequence[Assigned], assigned: Assigned, view: _View) -> None:
    reading = assigned.reading
    same = [one for one in mine if one.reading.session == reading.session]
    progress = progress_of(same, study.questionnaire)
    cases = max(one.reading.case_order for one in same)
    parts = [f"case {reading.case_order} of {cases}"]
    if study.plan and study.plan.design.sessions > 1:
        parts.insert(0, f"session {reading.session}")
    if reading.warm_up:
        parts.append("for practice")
    if progress.seconds_left:
        parts.append(f"about {max(1, round(progress.seconds_left / 60))} min left")
    title, bar, back = st.columns([4, 2, 1.2], vertical_alignment="center")
    title.markdown(f"**{study.title}**  :gray[{', '.join(parts)}]")
    bar.progress(progress.finished / progress.readings)
    finished = [one for one in same if one.screen(study.questionnaire) is None]
    earlier = [one for one in finished if one.reading.place < reading.place]
    if view.locked or assigned in finished:
        back.button("Back to my place", on_click=_look_at, args=(None,), width="stretch")
    elif study.plan and study.plan.design.back and earlier:
        back.button(
            "Previous case",
            icon=":material/chevron_left:",
            on_click=_look_at,
            args=(earlier[-1].id,),
            width="stretch",
        )


def _request(study: Study, assigned: Assigned, classifier: Classifier) -> dict[PanelPlan, Job]:
    """The jobs of a reading's maps, by panel from left to right."""
    cases = session.store().cases(study.name)
    asked = {}
    for panel in assigned.reading.panels:
        source = panels.source(study, cases, assigned.case, panel)
        compute = partial(_compute, session.worker(), session.archive(), source, classifier)
        asked[panel] = session.jobs().request(source.key, source.method, compute)
    return asked


def _compute(
    worker: Worker,
    archive: RadiographArchive,
    source: panels.Source,
    classifier: Classifier,
    progress: MapProgress,
) -> tuple[Heatmap, ...]:
    image = classifier.prepare(archive.get(source.case.image_sha256))
    return worker.explain(source.folder, source.key, image, progress)


def _heatmap(view: _View, job: Job, radiograph: Radiograph) -> Heatmap | None:
    """A panel's map, laid over the radiograph that is read: a control may be another's."""
    label = view.assigned.reading.label
    found = next((one for one in job.maps if one.label == label), None)
    if found is None:
        return None
    grid = session.classifier(view.study.model).prepare(radiograph)
    return replace(found, geometry=grid.geometry)


def _no_annotation(view: _View) -> str:
    """Why no expert annotation can be shown."""
    plan = view.study.plan
    if view.revealed:
        return "No expert annotation here"
    return "Once the case is finished" if plan and plan.design.debrief else "Not in this study"


def _name(view: _View, position: int, panel: PanelPlan) -> str:
    """What a panel is called: its letter, and its method where that may be known."""
    letter = f"Map {chr(ord('A') + position)}"
    if not view.revealed:
        return letter
    title = METHODS[panel.method].title
    if panel.control is not None:
        title = f"{title}, {panel.control.value.replace('_', ' ')}"
    blinded = view.study.plan is not None and view.study.plan.design.blinded
    return f"{letter}: {title}" if blinded else title


@st.fragment
def _maps(
    view: _View, radiograph: Radiograph, prediction: Prediction, asked: Mapping[PanelPlan, Job]
) -> None:
    """The viewer; letting go of one of its controls redraws it alone."""
    with in_words():
        _check_reader(view.assigned)
        case, label = view.assigned.case, view.assigned.reading.label
        annotations = session.annotations().get(case.image_sha256) if view.revealed else ()
        row = Row(
            label=label,
            caption=(
                f"probability {prediction[label].probability:.2f}"
                if view.screen is Step.MAPS
                else ""
            ),
            annotations=tuple(one for one in annotations if one.label == label),
            panels=tuple(
                Panel(
                    _name(view, position, panel),
                    _heatmap(view, job, radiograph),
                    pending="Being computed",
                    failed="This map could not be computed" if job.state is State.FAILED else "",
                )
                for position, (panel, job) in enumerate(asked.items())
            ),
        )
        points = any(
            question.kind is Kind.POINT for question in view.study.questionnaire.at(view.screen)
        )
        state = viewer(
            radiograph,
            [row],
            key=f"reading-{view.assigned.id}",
            annotation_visible=view.revealed and view.locked,
            no_annotation=_no_annotation(view),
            pointing=points and not view.locked,
            enter_enlarges=False,
        )
        session.keep_viewer_state(case, state)


@st.fragment
def _questions(
    view: _View,
    prediction: Prediction,
    model_sha256: str,
    asked: Mapping[PanelPlan, Job],
    error: str,
) -> None:
    """The questions of a screen; a click redraws these alone."""
    with in_words():
        _check_reader(view.assigned)
        error = answers.take(questionnaire.outbox(KEY)) or error
        if st.session_state.pop("turned", False):
            st.rerun()
        _draw_questions(view, prediction, model_sha256, asked, error)


def _draw_questions(
    view: _View,
    prediction: Prediction,
    model_sha256: str,
    asked: Mapping[PanelPlan, Job],
    error: str,
) -> None:
    study, reading, case = view.study, view.assigned.reading, view.assigned.case
    radiograph = session.radiograph(case.image_sha256)
    place = f"reading/{view.assigned.id}/{view.screen.name}"
    shown = Shown(
        label=reading.label,
        model=study.model,
        model_sha256=model_sha256,
        probability=prediction[reading.label].probability,
        blinded=not view.revealed,
        case_order=reading.case_order,
        repeat_of=case.name if reading.repeat else None,
        warm_up=reading.warm_up,
    )
    given = session.readings().answers(view.assigned.id)

    def subject(about: Shown) -> answers.Subject:
        return answers.Subject(reading.reader, study, place, case, about, reading.session)

    columns = []
    for position, (panel, job) in enumerate(asked.items()):
        heatmap = _heatmap(view, job, radiograph)
        token = ""
        if heatmap is not None:
            name = _name(view, position, panel)
            about = _map_shown(shown, panel, name, position, heatmap)
            token = answers.remember(f"{place}/{position}/{heatmap.sha256}", subject(about))
        columns.append(
            questionnaire.Column(
                title=_name(view, position, panel),
                token=token,
                waiting="no map" if job.state is State.FAILED else "waiting for the map",
                values=_values(study, given, panel),
            )
        )
    asks = study.questionnaire
    about_case = asks.at(view.screen)
    if view.screen is Step.MAPS:
        about_case = (*asks.at(Step.REVEAL), *asks.at(Step.AGAIN))
    items = asks.items if view.screen is Step.MAPS else ()
    meaning = rating.scales([*items, *(q for q in about_case if q.kind is Kind.SCALE)])
    questionnaire.mount(
        key=KEY,
        subject=f"reading/{view.assigned.id}",
        seconds_before=max(view.assigned.active_seconds, answers.seconds(given)),
        about_case=about_case,
        case=questionnaire.Column(
            reading.label,
            answers.remember(f"{place}/case", subject(shown)),
            "",
            _values(study, given, None),
        ),
        about_maps=asks.at(Step.MAPS) if view.screen is Step.MAPS else (),
        maps=columns,
        heading=f"{reading.label}: {meaning}{'; ? = Cannot judge' * (len(columns) > 4)}."
        if meaning
        else reading.label,
        saved=answers.saved(),
        notice=answers.notice(place),
        error=error,
        finish=_finish(view, place, asked),
        locked=view.locked,
    )


def _values(
    study: Study, given: Sequence[SavedAnswer], panel: PanelPlan | None
) -> dict[str, object]:
    """What was answered about a panel, or the case, as JSON has it."""
    values: dict[str, object] = {}
    for saved in given:
        answer = saved.answer
        about = None
        if isinstance(answer.shown, MapShown):
            about = (answer.shown.method, answer.shown.control)
        if about == (panel and (panel.method, panel.control and panel.control.value)):
            question = next((q for q in study.questionnaire.questions if q.id == answer.item), None)
            if question is not None and answer.value is not None:
                values[answer.item] = question.plain(answer.value)
    return values


def _map_shown(
    shown: Shown, panel: PanelPlan, name: str, position: int, heatmap: Heatmap
) -> MapShown:
    return MapShown(
        **vars(shown),
        method=panel.method,
        method_name_shown=name,
        panel_position=position + 1,
        heatmap_sha256=heatmap.sha256,
        opacity=0.0,
        normalisation=ViewerState().normalisation.value,
        control=panel.control.value if panel.control else None,
    )


def _finish(view: _View, place: str, asked: Mapping[PanelPlan, Job]) -> questionnaire.Finish:
    """The button that goes on: it locks the screen, or leaves one that is locked."""
    assigned, study = view.assigned, view.study
    failed = [panel for panel, job in asked.items() if job.state is State.FAILED]
    assert study.plan is not None
    debrief = study.plan.design.debrief and study.plan.design.blinded

    def act(item: str, seconds: float) -> None:
        st.session_state["turned"] = True
        _look_at(None)
        if item == questionnaire.PAUSE:
            session.readings().note(assigned.id, Happened.PAUSED, seconds)
            _leave()
        elif not view.locked:
            locked = session.readings().lock(assigned.id, view.screen, seconds, failed)
            done = locked.screen(study.questionnaire) is None
            if done and debrief and assigned.reading.arm is Arm.WITH:
                _look_at(assigned.id)

    last = view.screen is assigned.screens(study.questionnaire)[-1]
    label = "Next case" if view.locked else "Finish case" if last else "Next"
    subject = answers.Subject(
        assigned.reading.reader, study, place, act=act, session=assigned.reading.session
    )
    state = "locked" if view.locked else "open"
    token = answers.remember(f"{place}/{state}/go-on", subject)
    return questionnaire.Finish(token, label)
