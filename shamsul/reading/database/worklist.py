"""The worklist: cases searched, sorted and filtered by the database, page by page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from shamsul.reading.database.store import latest, study_row, there
from shamsul.reading.database.tables import (
    AnswerRow,
    AppraisalRow,
    CaseRow,
    ListingRow,
    ProbabilityRow,
    RevisionRow,
    StudyRow,
)
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.listing import (
    MAX_NOTE,
    Ask,
    Entry,
    Listed,
    Order,
    Place,
    Seen,
    Show,
)
from shamsul.reading.design.study import Case, Origin, reader_name


class Worklist:
    """The cases of studies as a list.

    Parameters
    ----------
    database : Database
        The store's.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        From every method, if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, seen: Seen, ask: Ask, start: int, count: int) -> Listed:
        """A page of a study's list.

        Parameters
        ----------
        seen : Seen
        ask : Ask
        start : int
            How many that fit come before the page.
        count : int
            Cases on a page.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def read(session: Session) -> Listed:
            study = study_row(session, seen.study)
            study_id = study.id
            order = _order(_key(seen, ask), CaseRow.position, ask.descending)
            query = _fitting(study_id, seen, ask).order_by(*order)
            rows = session.execute(query.offset(start).limit(count)).all()
            answered = _answered(session, [row.id for row in rows], seen.reader)
            everything = select(func.count()).select_from(CaseRow)
            mine = everything.where(CaseRow.study_id == study_id, there())
            return Listed(
                tuple(_entry(seen.study, row, answered[row.id]) for row in rows),
                _count(
                    session,
                    select(func.count()).select_from(_fitting(study_id, seen, ask).subquery()),
                ),
                _count(session, mine),
                _count(session, mine.where(_is_rated(seen.reader))),
            )

        return self._database.read(read)

    def place(self, seen: Seen, ask: Ask, case_id: int, around: int = 1) -> Place | None:
        """Where a case stands among those that fit; None where it does not.

        Parameters
        ----------
        seen : Seen
        ask : Ask
        case_id : int
        around : int
            Neighbours on each side.

        Raises
        ------
        ValueError
            If there is no such study.
        """

        def read(session: Session) -> Place | None:
            study_id = study_row(session, seen.study).id
            order = _order(_key(seen, ask), CaseRow.position, ask.descending)
            fitting = _fitting(study_id, seen, ask).with_only_columns(CaseRow.id).order_by(*order)
            # All of them: to have the database number ten thousand rows takes longer.
            ids = session.scalars(fitting).all()
            if case_id not in ids:
                return None
            at = ids.index(case_id)
            near = ids[max(0, at - around) : at + around + 1]
            rows = session.execute(select(*_CASE).where(CaseRow.id.in_(near)))
            by_id = {row.id: _case(seen.study, row) for row in rows}
            shown = [by_id[one] for one in near]
            own = near.index(case_id)
            return Place(at + 1, len(ids), tuple(shown[:own]), tuple(shown[own + 1 :]))

        return self._database.read(read)

    def beside(self, study: str) -> bool:
        """Whether any other study has a case."""
        other = select(CaseRow.id).join(CaseRow.study).where(StudyRow.name != study, there())
        return self._database.read(lambda session: session.scalar(other.limit(1)) is not None)

    def note(self, case_id: int, text: str) -> None:
        """Keep a note about a case in place of the one that it has.

        Raises
        ------
        ValueError
            If there is no such case, or the note is too long.
        """
        text = " ".join(text.split())
        if len(text) > MAX_NOTE:
            raise ValueError(f"a note has at most {MAX_NOTE} characters")
        self._database.write(lambda session: setattr(_listing(session, case_id), "note", text))

    def remove(self, case_ids: Iterable[int]) -> tuple[str, ...]:
        """Take cases out of every list and export; what was answered about them stays.

        Returns
        -------
        tuple of str
            SHA-256 of the radiographs that no case of any study shows any more.

        Raises
        ------
        ValueError
            If one is not there, or of a study that is planned: who reads what is settled there.
        """
        case_ids = tuple(case_ids)

        def work(session: Session) -> tuple[str, ...]:
            now = datetime.now(UTC)
            for case_id in case_ids:
                listing = _listing(session, case_id)
                if session.get_one(CaseRow, case_id).study.plan is not None:
                    raise ValueError("the cases of a planned study stay as they are")
                listing.removed_at = now
            session.flush()
            shown = select(CaseRow.image_sha256).where(there())
            query = select(CaseRow.image_sha256).where(
                CaseRow.id.in_(case_ids), CaseRow.image_sha256.not_in(shown)
            )
            return tuple(session.scalars(query.distinct()))

        return self._database.write(work)

    def hanging(self, case_ids: Sequence[int]) -> tuple[int, int]:
        """What was answered about cases: how many answers, and by how many readers."""
        query = (
            select(func.count(), func.count(AnswerRow.reader.distinct()))
            .select_from(RevisionRow)
            .join(RevisionRow.answer)
            .where(AnswerRow.case_id.in_(case_ids), *_CURRENT)
        )
        answers, readers = self._database.read(lambda session: session.execute(query).one())
        return answers, readers

    def shared(self, case_ids: Sequence[int]) -> int:
        """How many of some cases' radiographs other cases show too."""
        others = select(CaseRow.image_sha256).where(CaseRow.id.not_in(case_ids), there())
        query = select(func.count()).where(
            CaseRow.id.in_(case_ids), CaseRow.image_sha256.in_(others)
        )
        return self._database.read(lambda session: _count(session, query))


#: What a case is made of.
_CASE: Final = (CaseRow.id, CaseRow.name, CaseRow.image_sha256, CaseRow.position)
#: That a revision is the answer of now, and was not taken back.
_CURRENT: Final = (RevisionRow.number == latest(), RevisionRow.value != "null")


def _count(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    return int(session.scalar(query) or 0)


def _listing(session: Session, case_id: int) -> ListingRow:
    """What is kept of a case, begun where nothing was.

    Raises
    ------
    ValueError
        If there is no such case.
    """
    there_is = select(CaseRow.id).where(CaseRow.id == case_id, there()).with_for_update()
    if session.scalar(there_is) is None:
        raise ValueError("the case is not there any more")
    row = session.get(ListingRow, case_id)
    if row is None:
        row = ListingRow(case_id=case_id, origin="", note="")
        session.add(row)
    return row


def _joined(model: str) -> FromClause:
    """Cases with what is known of them."""
    appraised = (AppraisalRow.image_sha256 == CaseRow.image_sha256) & (AppraisalRow.model == model)
    tables = CaseRow.__table__.outerjoin(ListingRow, ListingRow.case_id == CaseRow.id)
    return tables.outerjoin(AppraisalRow, appraised)


def _fitting(study_id: int, seen: Seen, ask: Ask) -> Select[*tuple[Any, ...]]:
    """The cases that fit what is asked."""
    query: Select[*tuple[Any, ...]] = (
        select(
            *_CASE,
            ListingRow.origin,
            ListingRow.added_at,
            ListingRow.note,
            _finding(ask).label("finding"),
            _probability(seen, ask).label("probability"),
            AppraisalRow.warnings,
            AppraisalRow.maps,
            AppraisalRow.disagreement,
        )
        .select_from(_joined(seen.model))
        .where(CaseRow.study_id == study_id, ListingRow.removed_at.is_(None))
    )
    if ask.text:
        name = CaseRow.name.icontains(ask.text, autoescape=True)
        query = query.where(or_(name, ListingRow.note.icontains(ask.text, autoescape=True)))
    if ask.show is Show.RATED:
        query = query.where(_is_rated(seen.reader))
    elif ask.show is Show.UNRATED:
        query = query.where(~_is_rated(seen.reader))
    elif ask.show is Show.WARNINGS:
        query = query.where(AppraisalRow.warnings > 0)
    elif ask.show is Show.POSITIVE:
        points = case(dict(seen.thresholds), value=_finding(ask), else_=2.0)  # none reaches that
        query = query.where(_probability(seen, ask) >= points)
    return query


def _key(seen: Seen, ask: Ask) -> ColumnElement[Any]:
    """What the list is sorted by."""
    keys: dict[Order, Any] = {
        Order.PLACE: CaseRow.position,
        Order.NAME: func.lower(CaseRow.name),
        Order.ADDED: ListingRow.added_at,
        Order.PROBABILITY: _probability(seen, ask),
        Order.DISAGREEMENT: AppraisalRow.disagreement,
        Order.WARNINGS: AppraisalRow.warnings,
    }
    key: ColumnElement[Any] = keys[ask.order]
    return key


def _order(key: Any, position: Any, descending: bool) -> list[ColumnElement[Any]]:
    """What is not known comes last, and what is equal as the study has it."""
    return [(key.desc() if descending else key.asc()).nulls_last(), position]


def _finding(ask: Ask) -> ColumnElement[Any]:
    return literal(ask.label) if ask.label else AppraisalRow.top_label.expression


def _probability(seen: Seen, ask: Ask) -> Any:
    if not ask.label:
        return AppraisalRow.top_probability
    return (
        select(ProbabilityRow.value)
        .where(
            ProbabilityRow.image_sha256 == CaseRow.image_sha256,
            ProbabilityRow.model == seen.model,
            ProbabilityRow.label == ask.label,
        )
        .correlate(CaseRow)
        .scalar_subquery()
    )


def _by(reader: str) -> tuple[ColumnElement[bool], ...]:
    """Whose answers count."""
    return (AnswerRow.reader == reader_name(reader),) if reader else ()


def _is_rated(reader: str) -> ColumnElement[bool]:
    """That something was answered about a case."""
    rated = select(AnswerRow.case_id).join(RevisionRow, RevisionRow.answer_id == AnswerRow.id)
    return CaseRow.id.in_(rated.where(*_CURRENT, *_by(reader)))


def _answered(session: Session, case_ids: Sequence[int], reader: str) -> Mapping[int, int]:
    query = (
        select(AnswerRow.case_id, func.count())
        .join(RevisionRow, RevisionRow.answer_id == AnswerRow.id)
        .where(AnswerRow.case_id.in_(case_ids), *_CURRENT, *_by(reader))
        .group_by(AnswerRow.case_id)
    )
    found: dict[int, int] = defaultdict(int)
    for case_id, number in session.execute(query):
        found[case_id] = number
    return found


def _case(study: str, row: Any) -> Case:
    return Case(row.id, study, row.name, row.image_sha256, row.position)


def _entry(study: str, row: Any, answered: int) -> Entry:
    return Entry(
        _case(study, row),
        Origin(row.origin or ""),
        row.added_at,
        row.note or "",
        answered,
        None if row.warnings is None else row.finding,
        row.probability,
        row.warnings,
        row.maps,
        row.disagreement,
    )
