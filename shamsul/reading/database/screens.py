"""What happens to a reading: screens opened, locked for good, and what may no longer change."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import Enum

from sqlalchemy.orm import Session

from shamsul.reading.database.store import (
    Refused,
    check_running,
    check_unlocked,
    current_answers,
)
from shamsul.reading.database.tables import AnswerRow, ReadingEventRow, ReadingRow
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.design.progress import Assigned, still_missing, unanswered
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import SavedAnswer


class Happened(Enum):
    """What can happen to a reading."""

    OPENED = "opened"
    LOCKED = "locked"
    """A screen's answers are given for good."""
    PAUSED = "paused"


class Screens:
    """The screens of readings, and their answers.

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

    def answers(self, reading_id: int) -> tuple[SavedAnswer, ...]:
        """The current answers of a reading."""
        return self._database.read(
            lambda session: _answers(session, session.get_one(ReadingRow, reading_id))
        )

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
            One of its reading's.
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
            assigned = row.to_assigned()
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
            return row.to_assigned()

        return self._database.write(lock)

    def while_open(self, reading_id: int, screen: Step, work: Callable[[], None]) -> None:
        """Do what belongs to a screen but is kept elsewhere; nobody locks it meanwhile.

        Parameters
        ----------
        reading_id : int
        screen : Step
            One of its reading's.
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
