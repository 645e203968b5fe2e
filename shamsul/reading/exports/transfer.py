"""A study with everything that happened in it as one JSON text, back into a database, or gone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Integer,
    String,
    Table,
    delete,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType, TypeEngine

import shamsul
from shamsul.reading.database.screens import Happened
from shamsul.reading.database.store import Store, study_row
from shamsul.reading.database.tables import (
    AnswerRow,
    BesideRow,
    CaseRow,
    ConsensusRow,
    FindingRow,
    ListingRow,
    ReaderAnswerRow,
    ReadingEventRow,
    ReadingRow,
    RevisionRow,
    StudyRow,
    UtcTime,
    WordingRow,
    understood,
)
from shamsul.reading.database.transactions import StoreError

#: Of the text's layout.
FORMAT: Final = 1


class TransferError(ValueError):
    """A text is no study; the message says why in one sentence."""


@dataclass(frozen=True)
class _Part:
    """A table's rows that belong to a study.

    Attributes
    ----------
    table : Table
    parents : mapping of str to str
        Which of its columns name rows of other tables; those get new numbers.
    own : bool
        Whether its rows have numbers of their own.
    optional : bool
        Not written where it has no rows: a study of before there was such a table stays as it was.
    """

    table: Table
    parents: Mapping[str, str]
    own: bool = True
    optional: bool = False


def _table(row: type) -> Table:
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table


#: In the order in which they can be inserted.
_PARTS: Final = (
    _Part(_table(StudyRow), {}),
    _Part(_table(WordingRow), {"study_id": "study"}, own=False),
    _Part(_table(BesideRow), {"study_id": "study"}, own=False, optional=True),
    _Part(_table(CaseRow), {"study_id": "study"}),
    _Part(_table(ListingRow), {"case_id": "study_case"}, own=False, optional=True),
    _Part(_table(FindingRow), {"case_id": "study_case"}, own=False, optional=True),
    _Part(_table(ConsensusRow), {"case_id": "study_case"}, own=False, optional=True),
    _Part(_table(AnswerRow), {"case_id": "study_case"}),
    _Part(_table(RevisionRow), {"answer_id": "answer"}, own=False),
    _Part(_table(ReaderAnswerRow), {"study_id": "study"}, own=False),
    _Part(_table(ReadingRow), {"study_id": "study", "case_id": "study_case"}),
    _Part(_table(ReadingEventRow), {"reading_id": "reading"}),
)


def dump(store: Store, study: str) -> str:
    """Everything of a study but its radiographs, which are named by their hash.

    A study that cannot be opened is written as it lies in the database.

    Raises
    ------
    ValueError
        If there is no such study.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """

    def read(session: Session) -> dict[str, list[dict[str, Any]]]:
        mine = _rows_of(_number(session, study))
        found = {}
        for part in _PARTS:
            table = part.table
            # Without the columns' types, which refuse what is damaged.
            columns = [type_coerce(column, NullType()).label(column.name) for column in table.c]
            query = select(*columns).where(mine[table.name]).order_by(*table.primary_key)
            rows = [
                {name: _plain(table.c[name].type, value) for name, value in row.items()}
                for row in session.execute(query).mappings()
            ]
            if rows or not part.optional:
                found[table.name] = rows
        return found

    content = {
        "format": FORMAT,
        "software": f"shamsul {shamsul.__version__}",
        "tables": store.database.read(read),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def load(store: Store, text: str) -> str:
    """Put a dumped study into a database that has none of its name.

    It is put into an empty database in memory first, and everything there turned into what it
    stands for: what cannot be opened is not let in.

    Returns
    -------
    str
        The study's name.

    Raises
    ------
    TransferError
        If the text is no dumped study, or there is a study of its name; nothing is kept then.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    try:
        content = json.loads(text)
        tables, layout = content["tables"], content["format"]
        (study,) = tables["study"]
        name = str(study["name"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TransferError("This is not a study as `shamsul export` writes it.") from None
    if layout != FORMAT:
        raise TransferError(f"This study was written in layout {layout}, which is not known here.")
    if name in store.names():
        raise TransferError(f"There is a study named {name!r} already.")
    trial = Store("sqlite://")
    try:
        with understood(f"The study {name}"):
            rows = {
                part.table.name: [
                    _values(part.table, row) for row in tables.get(part.table.name, [])
                ]
                for part in _PARTS
            }
            trial.database.write(lambda session: _insert(session, rows))
            trial.database.read(lambda session: _open_everything(session, name))
    except StoreError as error:
        raise TransferError(f"This study is not whole. {error}") from error
    finally:
        trial.close()
    store.database.write(lambda session: _insert(session, rows))
    return name


def remove(store: Store, study: str) -> None:
    """Take a study with all its answers out of the database, also one that cannot be opened.

    Its radiographs stay in the archive, since other studies may show them.

    Raises
    ------
    ValueError
        If there is no such study.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """

    def work(session: Session) -> None:
        mine = _rows_of(_number(session, study))
        for part in reversed(_PARTS):
            session.execute(delete(part.table).where(mine[part.table.name]))

    store.database.write(work)


def _number(session: Session, study: str) -> int:
    number = session.scalar(select(StudyRow.id).where(StudyRow.name == study))
    if number is None:
        raise ValueError(f"there is no study named {study!r}")
    return number


def _rows_of(number: int) -> dict[str, ColumnElement[bool]]:
    """Which rows of each table belong to a study."""
    cases = select(CaseRow.id).where(CaseRow.study_id == number)
    readings = select(ReadingRow.id).where(ReadingRow.study_id == number)
    answers = select(AnswerRow.id).where(AnswerRow.case_id.in_(cases))
    return {
        "study": StudyRow.id == number,
        "wording": WordingRow.study_id == number,
        "beside": BesideRow.study_id == number,
        "study_case": CaseRow.study_id == number,
        "case_listing": ListingRow.case_id.in_(cases),
        "finding": FindingRow.case_id.in_(cases),
        "consensus": ConsensusRow.case_id.in_(cases),
        "answer": AnswerRow.case_id.in_(cases),
        "revision": RevisionRow.answer_id.in_(answers),
        "reader_answer": ReaderAnswerRow.study_id == number,
        "reading": ReadingRow.study_id == number,
        "reading_event": ReadingEventRow.reading_id.in_(readings),
    }


def _insert(session: Session, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Insert rows, by table, under new numbers."""
    numbers: dict[tuple[str, int], int] = {}
    for part in _PARTS:
        for row in rows[part.table.name]:
            parents = {column: numbers[name, row[column]] for column, name in part.parents.items()}
            new = {name: value for name, value in row.items() if name != "id"} | parents
            result = session.execute(insert(part.table).values(**new))
            if part.own:
                numbers[part.table.name, row["id"]] = result.inserted_primary_key[0]  # type: ignore[attr-defined]


def _open_everything(session: Session, name: str) -> None:
    """Turn every row of the only study in a database into what it stands for.

    Raises
    ------
    UnreadableError
        If one cannot be.
    """
    row = study_row(session, name)
    study = row.to_study()
    for wording in row.wordings:
        wording.to_questionnaire()
    for case in session.scalars(select(CaseRow)):
        case.to_case()
    for revision in session.scalars(select(RevisionRow)):
        revision.to_saved()
    for answer in session.scalars(select(ReaderAnswerRow)):
        answer.to_value(row)
    for consensus in session.scalars(select(ConsensusRow)):
        consensus.to_consensus()
    for event in session.scalars(select(ReadingEventRow)):
        Happened(event.kind)
    assigned = [reading.to_assigned() for reading in session.scalars(select(ReadingRow))]
    if study.plan is None and assigned:
        raise ValueError("readings of a study without a plan")


def _plain(kind: TypeEngine[Any], value: object) -> object:
    """A value as JSON has it: a moment in UTC, whatever else lies there as it is."""
    if isinstance(kind, UtcTime) and value is not None:
        try:
            return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).isoformat()
        except ValueError:
            return str(value)
    if isinstance(kind, Boolean) and value in (0, 1):
        return bool(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _values(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the text as it is inserted.

    Raises
    ------
    ValueError, TypeError, KeyError
        If a column is missing, or is not of its type or too long for one of the databases.
    """
    return {column.name: _typed(column, row[column.name]) for column in table.columns}


def _typed(column: Column[Any], value: Any) -> object:
    kind = column.type
    if value is None and column.nullable:
        return None
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat(value).astimezone(UTC)
    allowed = (float, int) if kind.python_type is float else (kind.python_type,)
    if type(value) not in allowed:
        raise TypeError(f"{column.name} is not of its type")
    if isinstance(kind, String) and len(value) > (kind.length or len(value)):
        raise ValueError(f"{column.name} is too long")
    if isinstance(kind, Integer) and abs(value) >= 2**31:
        raise ValueError(f"{column.name} is too large")
    return value
