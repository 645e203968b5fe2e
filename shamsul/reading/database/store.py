"""Where studies and answers are kept: one database behind one class."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session, aliased, contains_eager

from shamsul.reading.database.tables import (
    AnswerRow,
    CaseRow,
    ListingRow,
    ReadingRow,
    RevisionRow,
    StudyRow,
    understood,
)
from shamsul.reading.database.transactions import Database, StoreError, UnreadableError
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import (
    Answer,
    Case,
    CaseProgress,
    DamagedStudy,
    MapShown,
    Origin,
    SavedAnswer,
    Study,
    reader_name,
)


class Refused(ValueError):
    """The study's design does not allow an answer; the message is one sentence for the reader."""


def check_running(study: Study) -> None:
    """Refuse whatever a closed study no longer takes."""
    if study.closed_at is not None:
        raise Refused(f"The study {study.title} is closed.")


def check_unlocked(study: Study, reading: ReadingRow, screen: Step) -> None:
    """Refuse a change to a finished screen, unless the design allows changes."""
    if study.plan and not study.plan.design.changes and reading.locked_at(screen):
        raise Refused("This part of the case is finished; its answers stay as they are.")


class Store:
    """Studies, cases and answers in a database.

    Safe to share among threads, and for several processes to open at once.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///FILE`` or ``postgresql+psycopg://...``. Missing tables, and
        the directory of an SQLite file, are made.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        From every method, if the database fails. What was recorded before is left intact.
    """

    def __init__(self, url: str) -> None:
        #: Where other rooms of the study keep what is theirs.
        self.database = Database(url)
        try:
            self.database.migrate()
        except StoreError:
            self.database.close()
            raise

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def studies(self) -> tuple[Study, ...]:
        """All studies that can be opened, oldest first; see :meth:`damaged`."""
        return self.database.read(sound_studies)

    def damaged(self) -> tuple[DamagedStudy, ...]:
        """The studies that cannot be opened, oldest first; the others work without them."""
        return self.database.read(damaged_studies)

    def names(self) -> tuple[str, ...]:
        """Names of all studies, also of those that cannot be opened, oldest first."""
        query = select(StudyRow.name).order_by(StudyRow.id)
        return self.database.read(lambda session: tuple(session.scalars(query)))

    def study(self, name: str) -> Study:
        """The study of that name.

        Raises
        ------
        ValueError
            If there is none.
        """
        return self.database.read(lambda session: study_row(session, name).to_study())

    def ensure_study(self, study: Study) -> Study:
        """Add a study unless one of its name is there; the stored one is returned unchanged."""

        def ensure(session: Session) -> Study:
            row = session.scalar(select(StudyRow).where(StudyRow.name == study.name))
            if row is None:
                row = StudyRow.of(study)
                session.add(row)
                session.flush()
            return row.to_study()

        return self.database.write(ensure)

    def set_model(self, study: str, model: str) -> Study:
        """Read a study with another model from now on; answers keep the model they are about.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def change(session: Session) -> Study:
            row = study_row(session, study)
            row.model = model
            return row.to_study()

        return self.database.write(change)

    def cases(self, study: str) -> tuple[Case, ...]:
        """The cases of a study that were not removed, in order.

        Raises
        ------
        ValueError
            If there is no such study.
        """
        return self.database.read(lambda session: _cases(session, study_row(session, study)))

    def case(self, case_id: int) -> Case | None:
        """A case by its number; None where there is none, or it was removed."""

        def find(session: Session) -> Case | None:
            row = session.scalar(select(CaseRow).where(CaseRow.id == case_id, there()))
            return None if row is None else row.to_case()

        return self.database.read(find)

    def add_case(
        self,
        study: str,
        image_sha256: str,
        name: str | None = None,
        origin: Origin = Origin.UNKNOWN,
    ) -> Case:
        """Add a case at the end of a study unless it has one of that image.

        Parameters
        ----------
        study : str
            Name of the study.
        image_sha256 : str
            Of the stored radiograph.
        name : str, optional
            Pseudonym; "case-001" and so on by default.
        origin : Origin
            Where the radiograph came from.

        Returns
        -------
        Case
            The new case, or the one that the study had; one that was removed is there again, with
            what was answered about it.

        Raises
        ------
        ValueError
            If there is no such study, or another of its cases has the name.
        """

        def add(session: Session) -> Case:
            parent = study_row(session, study, lock=True)
            mine = select(CaseRow).where(CaseRow.study_id == parent.id)
            row = session.scalar(mine.where(CaseRow.image_sha256 == image_sha256))
            if row is None:
                row = _new_case(session, parent, image_sha256, name)
                session.add(row)
                session.flush()
                now = datetime.now(UTC)
                session.add(ListingRow(case_id=row.id, origin=origin.value, added_at=now, note=""))
            elif (listing := session.get(ListingRow, row.id)) is not None:
                listing.removed_at = None
            return row.to_case()

        return self.database.write(add)

    def record(self, answers: Iterable[Answer]) -> tuple[SavedAnswer, ...]:
        """Keep answers, all or none; returns after they are on the disk.

        An answer that differs from the current one, or is about another map or model, becomes
        its next revision; the same again changes nothing.

        Returns
        -------
        tuple of SavedAnswer
            The current answers to these questions, in the order given; none for a question that
            was never answered and is taken back.

        Raises
        ------
        ValueError
            If the case does not exist, or the study's questionnaire has no such question or
            does not accept the value.
        Refused
            If the study is closed, the case was not given to the reader, or its answers are locked.
        """
        answers = tuple(answers)

        def record(session: Session) -> tuple[SavedAnswer, ...]:
            saved = (_record(session, answer) for answer in answers)
            return tuple(answer for answer in saved if answer is not None)

        return self.database.write(record)

    def answers(
        self, case: Case, reader: str, label: str | None = None, session: int = 1
    ) -> tuple[SavedAnswer, ...]:
        """A reader's current answers for a case, of one label or of all."""
        query = _current().where(
            AnswerRow.case_id == case.id,
            AnswerRow.reader == reader_name(reader),
            AnswerRow.session == session,
        )
        if label is not None:
            query = query.where(AnswerRow.label == label)
        return self.database.read(lambda database: _saved(database, query))

    def export_rows(self, study: str, reader: str | None = None) -> tuple[SavedAnswer, ...]:
        """Every current answer of a study, as of one moment.

        Sorted by case, reader, session, label, method, control and age.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def rows(session: Session) -> tuple[SavedAnswer, ...]:
            query = _current().where(CaseRow.study_id == study_row(session, study).id)
            if reader is not None:
                query = query.where(AnswerRow.reader == reader_name(reader))
            return _saved(session, query)

        return self.database.read(rows)

    def readers(self, study: str | None = None) -> tuple[str, ...]:
        """Names of those who answered, in alphabetical order."""
        query = select(AnswerRow.reader).distinct().order_by(AnswerRow.reader)
        if study is not None:
            query = query.join(AnswerRow.case).join(CaseRow.study).where(StudyRow.name == study)
        return self.database.read(lambda session: tuple(session.scalars(query)))

    def progress(
        self, study: str, reader: str, session: int = 1, maps: int = 4
    ) -> tuple[CaseProgress, ...]:
        """How far a reader is with each case of a study, in order.

        Parameters
        ----------
        maps : int
            Maps shown for each label, which the database cannot know.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def count(database: Session) -> tuple[CaseProgress, ...]:
            row = study_row(database, study)
            items = tuple(item.id for item in row.to_study().questionnaire.items)
            query = (
                select(AnswerRow.case_id, AnswerRow.label, func.count())
                .join(RevisionRow.answer)
                .join(AnswerRow.case)
                .where(
                    RevisionRow.number == latest(),
                    CaseRow.study_id == row.id,
                    AnswerRow.reader == reader_name(reader),
                    AnswerRow.session == session,
                    AnswerRow.item.in_(items),
                    RevisionRow.value != "null",
                )
                .group_by(AnswerRow.case_id, AnswerRow.label)
                .order_by(AnswerRow.label)
            )
            answered: dict[int, dict[str, int]] = defaultdict(dict)
            for case_id, label, number in database.execute(query):
                answered[case_id][label] = number
            return tuple(
                CaseProgress(
                    case,
                    sum(answered[case.id].values()),
                    maps * len(items) * max(1, len(answered[case.id])),
                    tuple(answered[case.id]),
                )
                for case in _cases(database, row)
            )

        return self.database.read(count)


# SQLite locks the whole database and leaves out FOR UPDATE, PostgreSQL needs it: without, many
# writers of one answer would collide, start again and collide.


def study_row(session: Session, name: str, lock: bool = False) -> StudyRow:
    """The row of the study of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    query = select(StudyRow).where(StudyRow.name == name)
    with understood(f"The study {name}"):
        row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise ValueError(f"there is no study named {name!r}")
    return row


def sound_studies(session: Session, *where: ColumnElement[bool]) -> tuple[Study, ...]:
    """The studies under some conditions on :class:`StudyRow` that can be opened, oldest first."""
    return tuple(one for one in _each(session, *where) if isinstance(one, Study))


def damaged_studies(session: Session, *where: ColumnElement[bool]) -> tuple[DamagedStudy, ...]:
    """Those that cannot be opened."""
    return tuple(one for one in _each(session, *where) if isinstance(one, DamagedStudy))


def _each(session: Session, *where: ColumnElement[bool]) -> Iterator[Study | DamagedStudy]:
    """Row by row: one that nothing can be made of must not take the others with it."""
    names = select(StudyRow.name).where(*where).order_by(StudyRow.id)
    for name in session.scalars(names).all():
        try:
            yield study_row(session, name).to_study()
        except UnreadableError as error:
            yield DamagedStudy(name, str(error))


def there() -> ColumnElement[bool]:
    """That a case was not removed."""
    gone = select(ListingRow.case_id).where(ListingRow.removed_at.is_not(None))
    return CaseRow.id.not_in(gone)


def _new_case(session: Session, study: StudyRow, image_sha256: str, name: str | None) -> CaseRow:
    """The row of a case at a study's end.

    Raises
    ------
    ValueError
        If another case has the name.
    """
    mine = select(CaseRow.name).where(CaseRow.study_id == study.id)
    order = 1 + (
        session.scalar(select(func.max(CaseRow.position)).where(CaseRow.study_id == study.id)) or 0
    )
    if name is None:
        names = set(session.scalars(mine.where(CaseRow.name.startswith("case-"))))
        free = (f"case-{number:03d}" for number in range(order, order + len(names) + 1))
        name = next(free_name for free_name in free if free_name not in names)
    elif session.scalar(mine.where(CaseRow.name == name)) is not None:
        raise ValueError(f"study {study.name!r} already has a case named {name!r}")
    Case(0, study.name, name, image_sha256, order)  # checks before anything is written
    return CaseRow(study=study, name=name, image_sha256=image_sha256, position=order)


def _cases(session: Session, study: StudyRow) -> tuple[Case, ...]:
    query = select(CaseRow).where(CaseRow.study_id == study.id, there()).order_by(CaseRow.position)
    return tuple(row.to_case() for row in session.scalars(query))


@cache
def latest() -> ScalarSelect[int]:
    """The number of an answer's current revision, as a subquery."""
    revision = aliased(RevisionRow)
    numbers = select(func.max(revision.number)).where(revision.answer_id == AnswerRow.id)
    return numbers.correlate(AnswerRow).scalar_subquery()


@cache  # composing it takes longer than the database does to answer
def _current() -> Select[RevisionRow]:
    """Current revisions with what they belong to, of cases that were not removed."""
    return (
        select(RevisionRow)
        .join(RevisionRow.answer)
        .join(AnswerRow.case)
        .where(RevisionRow.number == latest(), there())
        .options(
            contains_eager(RevisionRow.answer)
            .contains_eager(AnswerRow.case)
            .joinedload(CaseRow.study)
        )
    )


def current_answers(session: Session, *where: ColumnElement[bool]) -> tuple[SavedAnswer, ...]:
    """The current answers under some conditions on :class:`AnswerRow` and :class:`CaseRow`."""
    return _saved(session, _current().where(*where))


def _saved(session: Session, query: Select[RevisionRow]) -> tuple[SavedAnswer, ...]:
    def place(row: RevisionRow) -> tuple[object, ...]:
        key = row.answer
        shown = (key.label, key.repeat_of or "", key.method or "", key.control or "")
        return key.case.position, key.reader, key.session, *shown, key.id

    # Sorted here, as databases order text and NULL differently.
    return tuple(row.to_saved() for row in sorted(session.scalars(query), key=place))


def _check_assigned(session: Session, case: CaseRow, answer: Answer) -> None:
    """Refuse what a planned study does not ask, or no longer."""
    study = case.study.to_study()
    check_running(study)
    if study.plan is None:
        return
    reading = session.scalar(
        select(ReadingRow).where(
            ReadingRow.case_id == case.id,
            ReadingRow.reader == answer.reader,
            ReadingRow.session == answer.session,
            ReadingRow.label == answer.shown.label,
            ReadingRow.repeat == (answer.shown.repeat_of is not None),
        )
    )
    if reading is None:
        raise Refused(f"{answer.reader} was not given this case of {study.title} to read.")
    asked = study.questionnaire
    check_unlocked(study, reading, asked.screen_of(asked.question(answer.item).step))


def _kept_before(session: Session, current: RevisionRow, new: RevisionRow) -> bool:
    """Whether an earlier revision is of the same click, which a page sends until it is told so.

    The reader's active time goes on from click to click.
    """
    query = select(func.count()).where(
        RevisionRow.answer_id == current.answer_id,
        RevisionRow.value == new.value,
        RevisionRow.active_seconds == new.active_seconds,
        RevisionRow.active_seconds > 0,
    )
    return bool(session.scalar(query))


def _record(session: Session, answer: Answer) -> SavedAnswer | None:
    case = session.scalar(
        select(CaseRow).where(CaseRow.id == answer.case.id, there()).with_for_update()
    )
    if case is None or case.to_case() != answer.case:
        raise ValueError(f"study {answer.case.study!r} has no such case as {answer.case.name!r}")
    wording = case.study.wordings[-1]
    question = wording.to_questionnaire().question(answer.item)
    shown = answer.shown if isinstance(answer.shown, MapShown) else None
    if (question.step is Step.MAPS) != (shown is not None):
        what = "a map" if question.step is Step.MAPS else "the case, not a map"
        raise ValueError(f"{answer.item} is a question about {what}")
    value = question.clean(answer.value)

    now = datetime.now(UTC)
    key = {
        "case_id": case.id,
        "reader": answer.reader,
        "session": answer.session,
        "label": answer.shown.label,
        "method": shown and shown.method,
        "control": shown and shown.control,
        "repeat_of": answer.shown.repeat_of,
        "item": answer.item,
    }
    same = [getattr(AnswerRow, name).is_not_distinct_from(part) for name, part in key.items()]
    current = session.scalar(_current().where(*same))
    new = RevisionRow.of(answer, wording.version, question.to_json(value), now)
    # First, as what is kept already may have been locked since.
    if current is not None and (new.repeats(current) or _kept_before(session, current, new)):
        return current.to_saved()
    _check_assigned(session, case, answer)
    if current is None:
        if value is None:
            return None
        new.answer, new.number = AnswerRow(case=case, created_at=now, **key), 1
    else:
        new.answer, new.number = current.answer, current.number + 1
    session.add(new)
    session.flush()
    return new.to_saved()
