"""What the tokens stand for that the browser sends with answers: the case, its maps, going on."""

import hmac
from collections.abc import Mapping, Sequence
from functools import partial

from shamsul.computing.jobs import Job, State
from shamsul.explainers.heatmap import Heatmap
from shamsul.reading.database.screens import Happened
from shamsul.reading.database.store import Refused
from shamsul.reading.design.design import Arm, PanelPlan
from shamsul.reading.design.progress import is_debriefed
from shamsul.reading.design.questionnaire import ABOUT_READER, Step
from shamsul.reading.design.study import MapShown, SavedAnswer, Shown, Study
from shamsul.ui.reading import about_reader, rehearsal
from shamsul.ui.reading.place import leave, look_at, may_be_looked_at, readings, screens
from shamsul.ui.reading.view import View, heatmaps, name_of, request, settled
from shamsul.ui.shared import answers, drawings, questionnaire, session
from shamsul.ui.shared.outbox import Event
from shamsul.ui.shared.viewer import ViewerState


def map_token(view: View, position: int, heatmap: Heatmap) -> str:
    """Of a map as it is shown there: another map is another token.

    Nobody without the key can tell which map: a plain hash is that of the method's map, and would
    be the same where a case comes again.
    """
    place = f"{view.place}/{position}"
    signed = hmac.digest(session.token_key(), f"{place}/{heatmap.sha256}".encode(), "sha256")
    return f"{place}/{signed.hex()}"


def go_on_token(view: View) -> str:
    """Of the button that leads on."""
    return f"{view.place}/{'locked' if view.locked else 'open'}/go-on"


def case_token(view: View) -> str:
    """Of the case itself, what is asked about no map."""
    return f"{view.place}/case"


def drawing_token(view: View) -> str:
    """Of what is drawn for the reading's label."""
    return f"{view.place}/drawing"


def subjects_of(view: View, asked: Mapping[PanelPlan, Job]) -> dict[str, answers.Subject]:
    """By token: the case, what is drawn on it, each map that is there, and going on."""
    study, reading, case = view.study, view.assigned.reading, view.assigned.case
    shown = Shown(
        label=reading.label,
        model=study.model,
        model_sha256=session.classifier(study.model).manifest.sha256,
        probability=session.prediction(study, case)[reading.label].probability,
        blinded=not view.revealed,
        case_order=reading.case_order,
        repeat_of=case.name if reading.repeat else None,
        warm_up=reading.warm_up,
    )

    def subject(about: Shown) -> answers.Subject:
        hold = None
        if view.assigned.made_up and (tried := rehearsal.current()):
            hold = partial(tried.hold, view.assigned, about)
        return answers.Subject(
            reading.reader, study, view.place, case, about, reading.session, draw=hold
        )

    subjects = {case_token(view): subject(shown)}
    for position, (panel, heatmap) in enumerate(heatmaps(view, asked).items()):
        if heatmap is not None:
            about = _map_shown(shown, panel, name_of(view, position, panel), position, heatmap)
            subjects[map_token(view, position, heatmap)] = subject(about)
    if view.may_draw:
        subjects[drawing_token(view)] = answers.Subject(
            reading.reader, study, view.place, draw=partial(_draw, view)
        )
    subjects[go_on_token(view)] = answers.Subject(
        reading.reader, study, view.place, act=partial(_go_on, view, asked)
    )
    return subjects


def recalled(study: Study, reader: str, token: str) -> answers.Subject | None:
    """What a token stands for that an earlier session of the server has shown.

    Raises
    ------
    Refused
        What it stood for is no longer there.
    """
    for step in ABOUT_READER:
        if token == about_reader.place_of(study, reader, step):
            return about_reader.subject_of(study, reader, step)
    parts = token.split("/")
    if token.startswith("reading/-"):  # of a preview that has ended
        return answers.Subject(reader, study, "", draw=lambda event: "")
    if rehearsal.current():  # it waits until its own study is opened
        return None
    mine = session.readings().of(study.name, reader)
    assigned = next((one for one in mine if token.startswith(f"reading/{one.id}/")), None)
    if assigned is None or len(parts) < 4 or parts[2] not in Step.__members__:
        return None
    assert study.plan is not None
    view = View(
        study,
        assigned,
        Step[parts[2]],
        locked=parts[4:] == ["locked", "go-on"],
        revealed=not study.plan.design.blinded,
    )
    asked: dict[PanelPlan, Job] = {}
    if view.screen is Step.MAPS:
        asked = request(study, assigned)
    found = subjects_of(view, asked).get(token)
    if found is None and settled(asked):
        raise Refused("What was answered has changed meanwhile; please answer it again.")
    return found


def values_of(
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


def _draw(view: View, event: Event) -> str:
    """Keep what was drawn as long as the screen is open."""
    if view.assigned.made_up:
        return rehearsal.NOTHING_KEPT
    reading, image = view.assigned.reading, view.assigned.case.image_sha256
    shape = session.radiograph(image).shape
    canvas = drawings.Canvas(reading.reader, image, shape, reading.label, view.occasion)
    allow = partial(session.screens().while_open, view.assigned.id, view.screen)
    return drawings.keep(event, canvas, allow)


def _go_on(view: View, asked: Mapping[PanelPlan, Job], item: str, seconds: float) -> None:
    """Lock the screen, or leave one that is locked, or pause."""
    assigned, study = view.assigned, view.study
    assert study.plan is not None
    answers.turn()
    look_at(None)
    if item == questionnaire.PAUSE:
        screens(assigned).note(assigned.id, Happened.PAUSED, seconds)
        leave()
        return
    if not view.locked:
        failed = [panel for panel, job in asked.items() if job.state is State.FAILED]
        screens(assigned).lock(assigned.id, view.screen, seconds, failed)
    mine = readings(assigned).of(study.name, assigned.reading.reader)
    now = next(one for one in mine if one.id == assigned.id)
    if assigned.screen(study.questionnaire) is None:
        seen = may_be_looked_at(study, mine)
        following = seen[seen.index(now) + 1 :] if now in seen else []
        look_at(following[0].id if following else None)
    elif now.screen(study.questionnaire) is None:
        design = study.plan.design
        debriefed = is_debriefed(now, mine, design, study.questionnaire)
        if design.blinded and debriefed and assigned.reading.arm is Arm.WITH:
            look_at(assigned.id)
