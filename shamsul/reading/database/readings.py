"""Who has to read what, and how far they are: kept in the store's database."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, selectinload

from shamsul.reading.database.findings import Findings
from shamsul.reading.database.store import damaged_studies, sound_studies, study_row
from shamsul.reading.database.tables import (
    AnswerRow,
    BesideRow,
    CaseRow,
    FindingRow,
    ReaderAnswerRow,
    ReadingEventRow,
    ReadingRow,
    RevisionRow,
    StudyRow,
    WordingRow,
)
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.design import Reading
from shamsul.reading.design.progress import Assigned, Progress, progress_of
from shamsul.reading.design.study import Case, DamagedStudy, Study, reader_name


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

    def create(
        self,
        study: Study,
        cases: Mapping[str, str],
        readings: Iterable[Reading],
        findings: Mapping[str, Findings] | None = None,
    ) -> None:
        """Keep a new study, its cases and who reads what: all of it or nothing.

        Parameters
        ----------
        study : Study
            With a plan.
        cases : mapping of str to str
            SHA-256 of the stored radiograph by the case's name, in order.
        readings : iterable of Reading
        findings : mapping of str to mapping of str to bool, optional
            Whether a case has each finding, by the case's name and the label, as far as it is
            known.

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
            _add_cases(session, row, cases, 0, readings, findings or {})

        self._database.write(create)

    def change(self, study: Study, readings: Iterable[Reading] = ()) -> Study:
        """Take over what may change in a study that exists: its words, the models beside its own,
        and readers added.

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
            if [one.model for one in row.beside] != list(study.beside):
                row.beside.clear()
                session.flush()  # the new rows have the old ones' places
                row.beside = BesideRow.of(study)
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

    def reopen(self, study: str) -> Study:
        """What is not locked can be answered again; a study that is open stays as it is."""

        def reopen(session: Session) -> Study:
            row = study_row(session, study, lock=True)
            row.closed_at = None
            return row.to_study()

        return self._database.write(reopen)

    def extend(
        self,
        study: str,
        cases: Mapping[str, str],
        readings: Iterable[Reading],
        findings: Mapping[str, Findings] | None = None,
    ) -> None:
        """Add cases at the end of a study, and who reads them: all of it or nothing.

        Parameters
        ----------
        study : str
        cases, readings, findings
            As for :meth:`create`, of the added cases alone.

        Raises
        ------
        ValueError
            If there is no such study, or it has a case of one of these names or radiographs.
        """
        readings = tuple(readings)

        def extend(session: Session) -> None:
            row = study_row(session, study, lock=True)
            there = list(session.scalars(_cases_of(row)))
            known = {case.name for case in there} | {case.image_sha256 for case in there}
            if known & (cases.keys() | {*cases.values()}):
                raise ValueError(f"study {study!r} has one of these cases already")
            _add_cases(session, row, cases, len(there), readings, findings or {})

        self._database.write(extend)

    def activity(self, study: str) -> dict[tuple[str, int], datetime]:
        """When each reader last did anything in each session, by reader and session.

        What counts is an answer about a case that was given or taken back, a screen that was
        locked, and a pause.
        """

        def activity(session: Session) -> dict[tuple[str, int], datetime]:
            number = study_row(session, study).id
            answered = (
                select(AnswerRow.reader, AnswerRow.session, func.max(RevisionRow.changed_at))
                .join(RevisionRow.answer)
                .join(AnswerRow.case)
                .where(CaseRow.study_id == number)
                .group_by(AnswerRow.reader, AnswerRow.session)
            )
            happened = (
                select(ReadingRow.reader, ReadingRow.session, func.max(ReadingEventRow.at))
                .join(ReadingEventRow, ReadingEventRow.reading_id == ReadingRow.id)
                .where(ReadingRow.study_id == number)
                .group_by(ReadingRow.reader, ReadingRow.session)
            )
            found: dict[tuple[str, int], datetime] = {}
            for query in (answered, happened):
                for reader, of_session, at in session.execute(query):
                    found[reader, of_session] = max(at, found.get((reader, of_session), at))
            return found

        return self._database.read(activity)

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
            return tuple(row.to_assigned() for row in session.scalars(query))

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
        """The studies that a reader is part of and that can be opened, oldest first."""
        return self._database.read(lambda session: sound_studies(session, _has(reader)))

    def damaged_of(self, reader: str) -> tuple[DamagedStudy, ...]:
        """The studies that a reader is part of and that cannot be opened."""
        return self._database.read(lambda session: damaged_studies(session, _has(reader)))

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


def _add_cases(
    session: Session,
    study: StudyRow,
    cases: Mapping[str, str],
    there: int,
    readings: Iterable[Reading],
    findings: Mapping[str, Findings],
) -> None:
    """Add cases after those that are there, with their readings and findings."""
    rows = {}
    for order, (name, sha256) in enumerate(cases.items(), start=there + 1):
        Case(0, study.name, name, sha256, order)  # checks before anything is written
        rows[name] = CaseRow(study=study, name=name, image_sha256=sha256, position=order)
    session.add_all(rows.values())
    session.flush()
    session.add_all(ReadingRow.of(reading, rows[reading.case]) for reading in readings)
    session.add_all(
        FindingRow(case=rows[name], label=label, present=present)
        for name, told in findings.items()
        for label, present in told.items()
    )


def _has(reader: str) -> ColumnElement[bool]:
    """That a study has a reader."""
    mine = select(ReadingRow.study_id).where(ReadingRow.reader == reader_name(reader))
    return StudyRow.id.in_(mine)


def _cases_of(study: StudyRow) -> Select[CaseRow]:
    return select(CaseRow).where(CaseRow.study_id == study.id)


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
