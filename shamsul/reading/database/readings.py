"""Who has to read what, how far they are, and what is locked: kept in the store's database."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from shamsul.reading.database.store import (
    Refused,
    check_running,
    check_unlocked,
    current_answers,
    study_row,
)
from shamsul.reading.database.tables import (
    AnswerRow,
    CaseRow,
    ReaderAnswerRow,
    ReadingEventRow,
    ReadingRow,
    RevisionRow,
    StudyRow,
    WordingRow,
)
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.design import Arm, Control, Design, PanelPlan, Reading
from shamsul.reading.design.questionnaire import Question, Questionnaire, Step, Value, screen_of
from shamsul.reading.design.study import Case, MapShown, SavedAnswer, Study, reader_name


class Happened(Enum):
    """What can happen to a reading."""

    OPENED = "opened"
    LOCKED = "locked"
    """A screen's answers are given for good."""
    PAUSED = "paused"


@dataclass(frozen=True)
class Assigned:
    """A reading, and how far its reader is.

    Attributes
    ----------
    id : int
        Given by the store.
    reading : Reading
    case : Case
    locked : mapping of Step to datetime
        When each screen, Step.IMAGE or Step.MAPS, was locked.
    active_seconds : float
        How long the reader was active on it so far.
    """

    id: int
    reading: Reading
    case: Case
    locked: Mapping[Step, datetime] = field(default_factory=dict)
    active_seconds: float = 0.0

    def screens(self, questionnaire: Questionnaire) -> tuple[Step, ...]:
        """The screens that the reader goes through, by their step."""
        image = (Step.IMAGE,) if questionnaire.at(Step.IMAGE) else ()
        return image + ((Step.MAPS,) if self.reading.arm is Arm.WITH else ())

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
class AboutReader:
    """What a reader says now to a question about themselves or the study.

    Attributes
    ----------
    reader, item : str
    value : Value
    revision : int
        From 1.
    created_at, changed_at : datetime
        Of the first and of this revision.
    """

    reader: str
    item: str
    value: Value
    revision: int
    created_at: datetime
    changed_at: datetime


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
        if question.required and screen_of(question.step) is screen:
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


class Readings:
    """The readings of planned studies.

    Parameters
    ----------
    database : Database
        The store's.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        From every method, if the database fails.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database, self._clock = database, clock

    def create(self, study: Study, cases: Mapping[str, str], readings: Iterable[Reading]) -> None:
        """Keep a new study, its cases and who reads what: all of it or nothing.

        Parameters
        ----------
        study : Study
            With a plan.
        cases : mapping of str to str
            SHA-256 of the stored radiograph by the case's name, in order.
        readings : iterable of Reading

        Raises
        ------
        ValueError
            If there is a study of this name, or a case has no name of its own.
        """
        readings = tuple(readings)

        def create(session: Session) -> None:
            if session.scalar(select(StudyRow.id).where(StudyRow.name == study.name)):
                raise ValueError(f"there is a study named {study.name!r} already")
            row = StudyRow.of(study)
            session.add(row)
            rows = {}
            for order, (name, sha256) in enumerate(cases.items(), start=1):
                Case(0, study.name, name, sha256, order)  # checks before anything is written
                rows[name] = CaseRow(study=row, name=name, image_sha256=sha256, position=order)
            session.add_all(rows.values())
            session.flush()
            session.add_all(ReadingRow.of(reading, rows[reading.case]) for reading in readings)

        self._database.write(create)

    def change(self, study: Study, readings: Iterable[Reading] = ()) -> Study:
        """Take over what may change in a study that exists: its words, and readers added.

        Parameters
        ----------
        study : Study
            As it shall be.
        readings : iterable of Reading
            Of the readers that were added.

        Returns
        -------
        Study
            As it is now. A questionnaire that was answered stays; another is its next version.

        Raises
        ------
        ValueError
            If there is no such study.
        """
        readings = tuple(readings)

        def change(session: Session) -> Study:
            row = study_row(session, study.name, lock=True)
            row.title, row.about = study.title, study.about
            row.plan = None if study.plan is None else study.plan.to_json()
            latest = row.wordings[-1]
            if latest.to_questionnaire() != study.questionnaire:
                if _answered(session, row, latest.version):
                    latest = WordingRow.of(study.questionnaire, latest.version + 1, self._clock())
                    row.wordings.append(latest)
                else:
                    latest.content = study.questionnaire.to_json()
            cases = {case.name: case for case in session.scalars(_cases_of(row))}
            session.add_all(ReadingRow.of(reading, cases[reading.case]) for reading in readings)
            session.flush()
            return row.to_study()

        return self._database.write(change)

    def close(self, study: str) -> Study:
        """Nothing can be answered from now on; a study that is closed stays as it is."""

        def close(session: Session) -> Study:
            row = study_row(session, study, lock=True)
            row.closed_at = row.closed_at or self._clock()
            return row.to_study()

        return self._database.write(close)

    def of(self, study: str, reader: str | None = None) -> tuple[Assigned, ...]:
        """What a reader, or each of them, has to read; sorted by reader, session and place."""

        def of(session: Session) -> tuple[Assigned, ...]:
            query = (
                select(ReadingRow)
                .where(ReadingRow.study_id == study_row(session, study).id)
                .options(selectinload(ReadingRow.events), selectinload(ReadingRow.case))
                .order_by(ReadingRow.reader, ReadingRow.session, ReadingRow.place)
            )
            if reader is not None:
                query = query.where(ReadingRow.reader == reader_name(reader))
            return tuple(_assigned(row) for row in session.scalars(query))

        return self._database.read(of)

    def progress(self, study: Study, reader: str | None = None) -> tuple[Progress, ...]:
        """How far a reader, or each of them, is with each session."""
        mine: dict[tuple[str, int], list[Assigned]] = defaultdict(list)
        for one in self.of(study.name, reader):
            mine[one.reading.reader, one.reading.session].append(one)
        return tuple(
            progress_of(readings, study.questionnaire) for _, readings in sorted(mine.items())
        )

    def studies_of(self, reader: str) -> tuple[Study, ...]:
        """The studies that a reader is part of, oldest first."""
        query = (
            select(StudyRow)
            .where(
                StudyRow.id.in_(
                    select(ReadingRow.study_id).where(ReadingRow.reader == reader_name(reader))
                )
            )
            .order_by(StudyRow.id)
        )
        return self._database.read(
            lambda session: tuple(row.to_study() for row in session.scalars(query))
        )

    def note(self, reading_id: int, happened: Happened, active_seconds: float) -> None:
        """Keep that a reading was opened or paused, and how long its reader was active."""

        def note(session: Session) -> None:
            session.add(
                ReadingEventRow(
                    reading_id=reading_id,
                    kind=happened.value,
                    at=self._clock(),
                    active_seconds=active_seconds,
                )
            )

        self._database.write(note)

    def lock(
        self,
        reading_id: int,
        screen: Step,
        active_seconds: float,
        without: Collection[PanelPlan] = (),
    ) -> Assigned:
        """Lock the answers of a screen; locked once, it stays as it was.

        Parameters
        ----------
        reading_id : int
        screen : Step
            Step.IMAGE or Step.MAPS.
        active_seconds : float
            How long the reader was active on the reading so far.
        without : collection of PanelPlan
            Maps that could not be shown, about which nothing has to be answered.

        Raises
        ------
        Refused
            If required answers are missing, an earlier screen is not locked, or the study is
            closed.
        """

        def lock(session: Session) -> Assigned:
            row = session.get_one(ReadingRow, reading_id, with_for_update=True)
            study = row.case.study.to_study()
            assigned = _assigned(row)
            if screen in assigned.locked:
                return assigned
            check_running(study)
            if assigned.screen(study.questionnaire) is not screen:
                raise Refused("An earlier part of the case is not finished.")
            answers = _answers(session, row)
            missing = [
                one
                for one in unanswered(assigned, study.questionnaire, answers, screen)
                if one.panel not in without
            ]
            if missing:
                raise Refused(still_missing(len(missing)))
            row.events.append(
                ReadingEventRow(
                    kind=Happened.LOCKED.value,
                    step=screen.value,
                    at=self._clock(),
                    active_seconds=active_seconds,
                )
            )
            session.flush()
            return _assigned(row)

        return self._database.write(lock)

    def while_open(self, reading_id: int, screen: Step, work: Callable[[], None]) -> None:
        """Do what belongs to a screen but is kept elsewhere; nobody locks it meanwhile.

        Parameters
        ----------
        reading_id : int
        screen : Step
            Step.IMAGE or Step.MAPS.
        work : callable
            May be called again where another writer was quicker.

        Raises
        ------
        Refused
            If the screen is locked and the design does not allow changes, or the study is closed.
        """

        def check_and_work(session: Session) -> None:
            row = session.get_one(ReadingRow, reading_id, with_for_update=True)
            study = row.case.study.to_study()
            check_running(study)
            check_unlocked(study, row, screen)
            work()

        self._database.write(check_and_work)

    def answers(self, reading_id: int) -> tuple[SavedAnswer, ...]:
        """The current answers of a reading."""
        return self._database.read(
            lambda session: _answers(session, session.get_one(ReadingRow, reading_id))
        )

    def record_about_reader(self, study: str, reader: str, answers: Mapping[str, object]) -> None:
        """Keep what a reader answered about themselves or the study, by question's id.

        Raises
        ------
        ValueError
            If the questionnaire has no such question or does not accept a value.
        """
        reader = reader_name(reader)

        def record(session: Session) -> None:
            row = study_row(session, study, lock=True)
            check_running(row.to_study())
            wording = row.wordings[-1]
            current = _about_reader(session, row, reader)
            for item, given in answers.items():
                question = wording.to_questionnaire().question(item)
                if question.step not in (Step.START, Step.END):
                    raise ValueError(f"{item} is not a question about the reader or the study")
                value = question.to_json(question.clean(given))
                before = current.get(item)
                if (before.value if before else "null") == value:
                    continue
                session.add(
                    ReaderAnswerRow(
                        study_id=row.id,
                        reader=reader,
                        item=item,
                        number=before.number + 1 if before else 1,
                        wording=wording.version,
                        value=value,
                        changed_at=self._clock(),
                    )
                )

        self._database.write(record)

    def about_reader(self, study: str, reader: str) -> dict[str, Value]:
        """The current answers of :meth:`record_about_reader`, by question's id."""

        def read(session: Session) -> dict[str, Value]:
            row = study_row(session, study)
            found = _about_reader(session, row, reader_name(reader))
            values = {
                item: row.questionnaire(one.wording).question(item).from_json(one.value)
                for item, one in found.items()
            }
            return {item: value for item, value in values.items() if value is not None}

        return self._database.read(read)

    def about_readers(self, study: str) -> tuple[AboutReader, ...]:
        """The same of every reader, sorted by reader and in the order asked."""

        def read(session: Session) -> tuple[AboutReader, ...]:
            row = study_row(session, study)
            query = (
                select(ReaderAnswerRow)
                .where(ReaderAnswerRow.study_id == row.id)
                .order_by(ReaderAnswerRow.number)
            )
            history: dict[tuple[str, str], list[ReaderAnswerRow]] = defaultdict(list)
            for one in session.scalars(query):
                history[one.reader, one.item].append(one)
            order = [question.id for question in row.to_study().questionnaire.questions]
            place = {item: number for number, item in enumerate(order)}
            return tuple(
                AboutReader(
                    reader,
                    item,
                    row.questionnaire(last.wording).question(item).from_json(last.value),
                    last.number,
                    first.changed_at,
                    last.changed_at,
                )
                for (reader, item), (first, *rest) in sorted(
                    history.items(), key=lambda one: (one[0][0], place.get(one[0][1], len(place)))
                )
                for last in [rest[-1] if rest else first]
            )

        return self._database.read(read)

    def opens_at(self, study: Study, reader: str, session: int) -> datetime | None:
        """When a session may begin: None as soon as it likes, `datetime.max` not yet known.

        The second session begins a washout after the last reading of the first was locked.
        """
        if session == 1 or study.plan is None:
            return None
        first = [one for one in self.of(study.name, reader) if one.reading.session == session - 1]
        finished = [one.finished_at(study.questionnaire) for one in first]
        if None in finished:
            return datetime.max.replace(tzinfo=UTC)
        times = [time for time in finished if time is not None]
        washout = timedelta(days=study.plan.design.washout_days)
        return max(times) + washout if times else None


def _assigned(row: ReadingRow) -> Assigned:
    return Assigned(
        row.id,
        row.to_reading(),
        row.case.to_case(),
        {Step(event.step): event.at for event in row.events if event.step is not None},
        max((event.active_seconds for event in row.events), default=0.0),
    )


def _cases_of(study: StudyRow) -> Select[CaseRow]:
    return select(CaseRow).where(CaseRow.study_id == study.id)


def _answers(session: Session, row: ReadingRow) -> tuple[SavedAnswer, ...]:
    repeated = AnswerRow.repeat_of.is_not(None) if row.repeat else AnswerRow.repeat_of.is_(None)
    return current_answers(
        session,
        AnswerRow.case_id == row.case_id,
        AnswerRow.reader == row.reader,
        AnswerRow.session == row.session,
        AnswerRow.label == row.label,
        repeated,
    )


def _answered(session: Session, study: StudyRow, version: int) -> bool:
    """Whether anybody answered a version of a study's questionnaire."""
    about_cases = (
        select(func.count())
        .select_from(RevisionRow)
        .join(RevisionRow.answer)
        .join(AnswerRow.case)
        .where(CaseRow.study_id == study.id, RevisionRow.wording == version)
    )
    about_readers = (
        select(func.count())
        .select_from(ReaderAnswerRow)
        .where(ReaderAnswerRow.study_id == study.id, ReaderAnswerRow.wording == version)
    )
    return bool(session.scalar(about_cases)) or bool(session.scalar(about_readers))


def _about_reader(session: Session, study: StudyRow, reader: str) -> dict[str, ReaderAnswerRow]:
    query = (
        select(ReaderAnswerRow)
        .where(ReaderAnswerRow.study_id == study.id, ReaderAnswerRow.reader == reader)
        .order_by(ReaderAnswerRow.number)
    )
    return {row.item: row for row in session.scalars(query)}
