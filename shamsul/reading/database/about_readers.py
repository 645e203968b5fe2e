"""What readers say about themselves and the study as a whole."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shamsul.reading.database.store import check_running, study_row
from shamsul.reading.database.tables import ReaderAnswerRow, StudyRow
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.questionnaire import Step, Value
from shamsul.reading.design.study import reader_name


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


class AboutReaders:
    """The answers of readers about themselves.

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

    def record(self, study: str, reader: str, answers: Mapping[str, object]) -> None:
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
            current = {
                item: rows[-1] for (_, item), rows in _histories(session, row, reader).items()
            }
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

    def of(self, study: str, reader: str) -> dict[str, Value]:
        """What a reader says now, by question's id; nothing for what was taken back."""
        found = self.all(study, reader)
        return {one.item: one.value for one in found if one.value is not None}

    def all(self, study: str, reader: str | None = None) -> tuple[AboutReader, ...]:
        """The current answers of a reader, or of each, sorted by reader and in the order asked."""

        def read(session: Session) -> tuple[AboutReader, ...]:
            row = study_row(session, study)
            order = [question.id for question in row.to_study().questionnaire.questions]
            place = {item: number for number, item in enumerate(order)}
            tidy = None if reader is None else reader_name(reader)
            histories = _histories(session, row, tidy).items()
            return tuple(
                AboutReader(
                    name,
                    item,
                    last.to_value(row),
                    last.number,
                    rows[0].changed_at,
                    last.changed_at,
                )
                for (name, item), rows in sorted(
                    histories, key=lambda one: (one[0][0], place.get(one[0][1], len(place)))
                )
                for last in rows[-1:]
            )

        return self._database.read(read)


def _histories(
    session: Session, study: StudyRow, reader: str | None
) -> dict[tuple[str, str], list[ReaderAnswerRow]]:
    """All revisions, the first one first, by reader and question's id."""
    query = select(ReaderAnswerRow).where(ReaderAnswerRow.study_id == study.id)
    if reader is not None:
        query = query.where(ReaderAnswerRow.reader == reader)
    found: dict[tuple[str, str], list[ReaderAnswerRow]] = defaultdict(list)
    for row in session.scalars(query.order_by(ReaderAnswerRow.number)):
        found[row.reader, row.item].append(row)
    return found
