"""A study with everything that happened in it as one JSON text, and back into a database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, insert, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

import shamsul
from shamsul.reading.database.store import Store, study_row
from shamsul.reading.database.tables import (
    AnswerRow,
    CaseRow,
    ReaderAnswerRow,
    ReadingEventRow,
    ReadingRow,
    RevisionRow,
    StudyRow,
    UtcTime,
    WordingRow,
)

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
    """

    table: Table
    parents: Mapping[str, str]
    own: bool = True


def _table(row: type) -> Table:
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table


#: In the order in which they can be inserted.
_PARTS: Final = (
    _Part(_table(StudyRow), {}),
    _Part(_table(WordingRow), {"study_id": "study"}, own=False),
    _Part(_table(CaseRow), {"study_id": "study"}),
    _Part(_table(AnswerRow), {"case_id": "study_case"}),
    _Part(_table(RevisionRow), {"answer_id": "answer"}, own=False),
    _Part(_table(ReaderAnswerRow), {"study_id": "study"}, own=False),
    _Part(_table(ReadingRow), {"study_id": "study", "case_id": "study_case"}),
    _Part(_table(ReadingEventRow), {"reading_id": "reading"}),
)


def dump(store: Store, study: str) -> str:
    """Everything of a study but its radiographs, which are named by their hash.

    Raises
    ------
    ValueError
        If there is no such study.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """

    def read(session: Session) -> dict[str, list[dict[str, Any]]]:
        number = study_row(session, study).id
        cases = select(CaseRow.id).where(CaseRow.study_id == number)
        readings = select(ReadingRow.id).where(ReadingRow.study_id == number)
        answers = select(AnswerRow.id).where(AnswerRow.case_id.in_(cases))
        mine: dict[str, ColumnElement[bool]] = {
            "study": StudyRow.id == number,
            "wording": WordingRow.study_id == number,
            "study_case": CaseRow.study_id == number,
            "answer": AnswerRow.case_id.in_(cases),
            "revision": RevisionRow.answer_id.in_(answers),
            "reader_answer": ReaderAnswerRow.study_id == number,
            "reading": ReadingRow.study_id == number,
            "reading_event": ReadingEventRow.reading_id.in_(readings),
        }
        found = {}
        for part in _PARTS:
            table = part.table
            query = select(table).where(mine[table.name]).order_by(*table.primary_key)
            rows = session.execute(query).mappings()
            found[table.name] = [{k: _plain(v) for k, v in row.items()} for row in rows]
        return found

    content = {
        "format": FORMAT,
        "software": f"shamsul {shamsul.__version__}",
        "tables": store.database.read(read),
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def load(store: Store, text: str) -> str:
    """Put a dumped study into a database that has none of its name.

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
        name = str(tables["study"][0]["name"])
    except (ValueError, KeyError, IndexError, TypeError):
        raise TransferError("This is not a study as `shamsul export` writes it.") from None
    if layout != FORMAT:
        raise TransferError(f"This study was written in layout {layout}, which is not known here.")
    if name in {study.name for study in store.studies()}:
        raise TransferError(f"There is a study named {name!r} already.")

    def write(session: Session) -> None:
        numbers: dict[tuple[str, int], int] = {}
        for part in _PARTS:
            for row in tables.get(part.table.name, []):
                new = {
                    column.name: _typed(column.type, row[column.name])
                    for column in part.table.columns
                    if column.name != "id"
                }
                for column, parent in part.parents.items():
                    new[column] = numbers[parent, row[column]]
                result = session.execute(insert(part.table).values(**new))
                if part.own:
                    numbers[part.table.name, row["id"]] = result.inserted_primary_key[0]  # type: ignore[attr-defined]

    try:
        store.database.write(write)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise TransferError(f"This study is not whole ({type(error).__name__}).") from None
    return name


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(kind: TypeEngine[Any], value: Any) -> object:
    if value is None or not isinstance(kind, UtcTime):
        return value
    return datetime.fromisoformat(value).astimezone(UTC)
