"""How far a reader is with what they were given to read, and what is still to be answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shamsul.reading.design.design import Arm, Control, Design, PanelPlan, Reading
from shamsul.reading.design.questionnaire import Question, Questionnaire, Step
from shamsul.reading.design.study import Case, MapShown, SavedAnswer


@dataclass(frozen=True)
class Assigned:
    """A reading, and how far its reader is.

    Attributes
    ----------
    id : int
        Given by the store; negative where it is made up, for nothing about it to be kept.
    reading : Reading
    case : Case
    locked : mapping of Step to datetime
        When each screen was locked: Step.IMAGE, Step.PROBABILITY or Step.MAPS.
    active_seconds : float
        How long the reader was active on it so far.
    """

    id: int
    reading: Reading
    case: Case
    locked: Mapping[Step, datetime] = field(default_factory=dict)
    active_seconds: float = 0.0

    @property
    def made_up(self) -> bool:
        """Whether it is only tried: the store knows nothing of it."""
        return self.id < 0

    def screens(self, questionnaire: Questionnaire) -> tuple[Step, ...]:
        """The screens that the reader goes through, by their step."""
        before = tuple(step for step in (Step.IMAGE, Step.PROBABILITY) if questionnaire.at(step))
        if self.reading.arm is Arm.WITH:
            return (*before, Step.MAPS)
        return tuple(step for step in before if step is Step.IMAGE)

    def screen(self, questionnaire: Questionnaire) -> Step | None:
        """The first screen that is not locked; None where all are."""
        screens = self.screens(questionnaire)
        return next((screen for screen in screens if screen not in self.locked), None)

    def finished_at(self, questionnaire: Questionnaire) -> datetime | None:
        """When the last screen was locked."""
        if self.screen(questionnaire) is not None:
            return None
        return max(self.locked.values(), default=None)


@dataclass(frozen=True)
class Progress:
    """How far a reader is with a session of a study.

    Attributes
    ----------
    reader : str
    session : int
    readings, finished : int
    active_seconds : float
        Over all its readings.
    last : datetime or None
        When a screen was last locked.
    """

    reader: str
    session: int
    readings: int
    finished: int
    active_seconds: float
    last: datetime | None

    @property
    def seconds_left(self) -> float | None:
        """What the rest will take at the pace so far; None before anything is finished."""
        if not self.finished:
            return None
        return (self.readings - self.finished) * self.active_seconds / self.finished


@dataclass(frozen=True)
class Missing:
    """A required question without an answer, and the map it is about."""

    question: Question
    panel: PanelPlan | None = None


def progress_of(readings: Sequence[Assigned], questionnaire: Questionnaire) -> Progress:
    """How far the reader of some readings of one session is with them."""
    first = readings[0].reading
    return Progress(
        first.reader,
        first.session,
        len(readings),
        sum(one.screen(questionnaire) is None for one in readings),
        sum(one.active_seconds for one in readings),
        max((at for one in readings for at in one.locked.values()), default=None),
    )


def is_debriefed(
    assigned: Assigned, mine: Sequence[Assigned], design: Design, questionnaire: Questionnaire
) -> bool:
    """Whether names and annotation may be revealed to the reader of a finished reading.

    They may once nothing of its case is left to read. Where cases come again they may once all is
    read: a reveal left out would tell which case is to be repeated.

    Parameters
    ----------
    assigned : Assigned
    mine : sequence of Assigned
        All readings of its reader, of both sessions.
    design : Design
    questionnaire : Questionnaire
    """
    again = design.repeats > 0 or design.sessions > 1
    related = [one for one in mine if again or one.case == assigned.case]
    return design.debrief and all(one.screen(questionnaire) is None for one in related)


def unanswered(
    assigned: Assigned,
    questionnaire: Questionnaire,
    answers: Iterable[SavedAnswer],
    screen: Step,
) -> tuple[Missing, ...]:
    """What still has to be answered before a screen can be locked, in the order asked."""
    given = {
        (saved.answer.item, _panel_of(saved)) for saved in answers if saved.answer.value is not None
    }
    missing = []
    for question in questionnaire.questions:
        if question.required and questionnaire.screen_of(question.step) is screen:
            about: Sequence[PanelPlan | None] = (None,)
            if question.step is Step.MAPS:
                about = assigned.reading.panels
            missing += [
                Missing(question, panel) for panel in about if (question.id, panel) not in given
            ]
    return tuple(missing)


def still_missing(answers: int) -> str:
    """Why a reader cannot go on yet, one sentence."""
    return f"{answers} required {'answer is' if answers == 1 else 'answers are'} missing."


def _panel_of(saved: SavedAnswer) -> PanelPlan | None:
    shown = saved.answer.shown
    if not isinstance(shown, MapShown):
        return None
    return PanelPlan(shown.method, Control(shown.control) if shown.control else None)
