"""The screen of a case: the radiograph with its maps, and the questions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.drawings import own, seen_by
from shamsul.classifiers.prediction import Prediction
from shamsul.computing.jobs import Job, State
from shamsul.explainers.heatmap import Heatmap
from shamsul.metrics.scale import full_scale
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.design.progress import Assigned, is_debriefed, progress_of
from shamsul.reading.design.questionnaire import Kind, Step
from shamsul.reading.design.study import Study
from shamsul.ui.reading.place import KEY, check_reader, held, look_at, may_be_looked_at, screens
from shamsul.ui.reading.subjects import (
    case_token,
    drawing_token,
    go_on_token,
    map_token,
    recalled,
    subjects_of,
    values_of,
)
from shamsul.ui.reading.view import View, heatmaps, name_of, request, together
from shamsul.ui.shared import answers, notes, outbox, questionnaire, session
from shamsul.ui.shared.drawings import measured
from shamsul.ui.shared.frame import bar, error_boundary
from shamsul.ui.shared.viewer import Drawing, Panel, Row, pictures, viewer
from shamsul.ui.shared.wording import plain

#: What a screen shows, in words.
_IN_VIEW = {
    Step.IMAGE: "the image alone",
    Step.PROBABILITY: "with the model's probability",
    Step.MAPS: "with the model's maps",
}


def show(study: Study, mine: Sequence[Assigned], assigned: Assigned, screen: Step | None) -> None:
    """A reading; `screen` is None where it is finished and looked at again."""
    assert study.plan is not None
    design = study.plan.design
    view = View(
        study,
        assigned,
        screen or assigned.screens(study.questionnaire)[-1],
        locked=screen is None and not design.changes,
        revealed=not design.blinded
        or (screen is None and is_debriefed(assigned, mine, design, study.questionnaire)),
    )
    _heading(study, mine, assigned, view)
    radiograph = session.radiograph(assigned.case.image_sha256)
    if radiograph.notes:
        with st.container(key="notes", horizontal=True, wrap=False, gap="small"):
            notes.show(radiograph)
    prediction = session.prediction(study, assigned.case)
    asked = request(study, assigned) if view.screen is Step.MAPS else {}
    # Before anything is drawn: maps that come meanwhile are not seen yet.
    drawn = _outcomes(asked.values())
    # Maps have their answers below them; the film alone leaves room at its side.
    alone = view.screen is not Step.MAPS
    place = (
        st.container(key="reading-alone", horizontal=True, wrap=False, gap="small")
        if alone
        else st.container(key="reading-maps", gap="small")
    )
    picture = place.container(key="reading-film")
    questions = place.container(key="reading-questions")
    with picture:
        _maps(view, radiograph, prediction, asked)
    with questions:
        _questions(view, asked)

    with error_boundary():
        _wait(study, mine, assigned, drawn)


def _wait(
    study: Study,
    mine: Sequence[Assigned],
    assigned: Assigned,
    drawn: Sequence[State | None],
) -> None:
    """Draw the page anew when maps of the reading have come; last, because it may rerun it."""
    # The next case's maps too: no reader should wait for one.
    following = [one for one in mine if one.screen(study.questionnaire) and one != assigned][:1]

    def now() -> list[State | None]:
        return _outcomes(
            job for one in (assigned, *following) for job in request(study, one).values()
        )

    @st.fragment(run_every=1.0 if None in now() else None)
    def wait() -> None:
        """Every second: keep the maps wanted, and show those of this screen that have come."""
        with error_boundary():
            check_reader(assigned)
            if now()[: len(drawn)] != drawn:
                st.rerun()

    wait()


def _outcomes(jobs: Iterable[Job]) -> list[State | None]:
    """How each map ended; None where it is still to come."""
    return [job.state if job.is_over else None for job in jobs]


def _heading(study: Study, mine: Sequence[Assigned], assigned: Assigned, view: View) -> None:
    reading = assigned.reading
    same = [one for one in mine if one.reading.session == reading.session]
    progress = progress_of(same, study.questionnaire)
    cases = max(one.reading.case_order for one in same)
    parts = [f"case {reading.case_order} of {cases}"]
    if study.plan and study.plan.design.sessions > 1:
        parts.insert(0, f"session {reading.session}")
    screens = assigned.screens(study.questionnaire)
    if Step.PROBABILITY in screens and not view.locked:
        # The questions are the same: a reader must see that it went on, and to what.
        parts.append(f"step {screens.index(view.screen) + 1} of {len(screens)}")
        parts.append(_IN_VIEW[view.screen])
    if reading.warm_up:
        parts.append("for practice")
    if progress.seconds_left:
        parts.append(f"about {max(1, round(progress.seconds_left / 60))} min left")
    earlier = [
        one
        for one in may_be_looked_at(study, mine)
        if (one.reading.session, one.reading.place) < (reading.session, reading.place)
    ]
    with bar().here:
        if earlier:
            st.button(
                "Previous case",
                icon=":material/chevron_left:",
                type="tertiary",
                key="case-before",
                help="Previous case ([ or PageUp)",
                on_click=look_at,
                args=(earlier[-1].id,),
            )
        if assigned.screen(study.questionnaire) is None:
            st.button("Back to my place", type="tertiary", on_click=look_at, args=(None,))
        st.progress(progress.finished / progress.readings, width=90)
        st.markdown(f"**{plain(study.title)}** :gray[{', '.join(parts)}]")


def _drawn(view: View, heatmap: Heatmap | None) -> Heatmap | None:
    """The map as it is sent to the viewer: the size of a blinded one's values tells the method."""
    scale = heatmap and full_scale(heatmap.values)
    if heatmap is None or view.revealed or not scale:
        return heatmap
    return replace(heatmap, values=heatmap.values / np.float32(scale))


def _annotations(view: View) -> tuple[Annotation, ...]:
    """What a screen may show: of the reader's drawings only those of this very reading."""
    reader = view.assigned.reading.reader
    kept = session.annotations().get(view.assigned.case.image_sha256)
    if view.revealed:
        return seen_by(reader, kept, view.occasion)
    # Beside the maps they would be a yardstick.
    return own(reader, kept, view.occasion) if view.screen is Step.IMAGE else ()


def _no_annotation(view: View) -> str:
    """Why no expert annotation can be shown."""
    plan = view.study.plan
    if view.revealed:
        return "No expert annotation here"
    return "Once the case is finished" if plan and plan.design.debrief else "Not in this study"


def _maps(
    view: View, radiograph: Radiograph, prediction: Prediction, asked: Mapping[PanelPlan, Job]
) -> None:
    """The film and the maps that its reader may see by now."""
    panels = tuple(
        Panel(
            name_of(view, position, panel),
            _drawn(view, heatmap),
            scaled=not view.revealed,
            pending="Being computed",
            failed=(
                "This map could not be computed"
                if together(view, asked) and asked[panel].state is State.FAILED
                else ""
            ),
        )
        for position, (panel, heatmap) in enumerate(heatmaps(view, asked).items())
    )
    key = f"reading-{view.assigned.id}"
    _film(view, radiograph, prediction, panels, key)
    there = [panel.heatmap for panel in panels if panel.heatmap is not None]
    pictures(radiograph, there, key=key)


@st.fragment
def _film(
    view: View,
    radiograph: Radiograph,
    prediction: Prediction,
    panels: tuple[Panel, ...],
    key: str,
) -> None:
    """The viewer; letting go of one of its controls redraws it alone."""
    with error_boundary():
        check_reader(view.assigned)
        case, label = view.assigned.case, view.assigned.reading.label
        reader = view.assigned.reading.reader
        caption = f"probability {prediction[label].probability:.2f}"
        annotations = _annotations(view)
        row = Row(
            label=label,
            caption=caption if view.screen is not Step.IMAGE else "",
            annotations=tuple(one for one in annotations if one.label == label),
            panels=panels,
        )
        points = any(
            question.kind is Kind.POINT
            for question in view.study.questionnaire.about_case(view.screen)
        )
        state = viewer(
            radiograph,
            [row],
            key=key,
            annotation_visible=view.locked,
            no_annotation=_no_annotation(view),
            pointing=case_token(view) if points and not view.locked else "",
            enter_enlarges=False,
            annotations=annotations,
            drawing=(
                Drawing(
                    reader,
                    {label: drawing_token(view)},
                    view.occasion,
                    measurements=measured(case.image_sha256, view.occasion),
                )
                if view.may_draw
                else None
            ),
        )
        session.keep_viewer_state(case, state)


@st.fragment
def _questions(view: View, asked: Mapping[PanelPlan, Job]) -> None:
    """The questions of a screen; a click redraws these alone."""
    with error_boundary(), held():
        check_reader(view.assigned)
        recall = partial(recalled, view.study, view.assigned.reading.reader)
        error = answers.take(outbox.received(KEY), recall)
        if answers.turned():
            st.rerun()
        _draw_questions(view, asked, error)


def _draw_questions(view: View, asked: Mapping[PanelPlan, Job], error: str) -> None:
    study, reading = view.study, view.assigned.reading
    given = screens(view.assigned).answers(view.assigned.id)
    subjects = subjects_of(view, asked)
    for token, subject in subjects.items():
        answers.remember(token, subject)
    columns = [
        questionnaire.Column(
            title=name_of(view, position, panel),
            token=map_token(view, position, heatmap) if heatmap is not None else "",
            waiting=(
                "no map"
                if together(view, asked) and asked[panel].state is State.FAILED
                else "waiting for the map"
            ),
            values=values_of(study, given, panel),
        )
        for position, (panel, heatmap) in enumerate(heatmaps(view, asked).items())
    ]
    asks = study.questionnaire
    about_case = asks.about_case(view.screen)
    items = asks.items if view.screen is Step.MAPS else ()
    meaning = questionnaire.scales([*items, *(q for q in about_case if q.kind is Kind.SCALE)])
    last = view.screen is view.assigned.screens(asks)[-1]
    questionnaire.mount(
        key=KEY,
        subject=f"reading/{view.assigned.id}",
        seconds_before=max(view.assigned.active_seconds, answers.seconds(given)),
        about_case=about_case,
        case=questionnaire.Column(
            reading.label, case_token(view), "", values_of(study, given, None)
        ),
        about_maps=asks.at(Step.MAPS) if view.screen is Step.MAPS else (),
        maps=columns,
        heading=f"{reading.label}: {meaning}." if meaning else reading.label,
        saved=outbox.saved(),
        notice=answers.notice(view.place),
        error=error,
        refused=answers.refused(),
        finish=questionnaire.Finish(
            go_on_token(view),
            "Next case" if view.locked else "Finish case" if last else "Next",
        ),
        locked=view.locked,
    )
