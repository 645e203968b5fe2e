"""Ratings as files that a statistician can open: two CSV tables and a codebook."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import cast

from shamsul.reading.database.about_readers import AboutReader, AboutReaders
from shamsul.reading.database.consensuses import Consensuses
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import Store
from shamsul.reading.design.questionnaire import CANNOT_JUDGE, MAP_EXTRAS, Questionnaire, Value
from shamsul.reading.design.study import MapShown, SavedAnswer
from shamsul.reading.exports.codebook import (
    ASSIGNMENT,
    CASES,
    CONSENSUS,
    RATINGS,
    READERS,
    TRUTH,
    Column,
    codebook,
)
from shamsul.storage.atomic import write_atomically
from shamsul.storage.spreadsheet import as_cell

Cell = str | int | float | bool | datetime | None


@dataclass(frozen=True)
class RatingsExport:
    """The content of the files of an export.

    Attributes
    ----------
    ratings : bytes
        CSV, one row for each reader, session, case, label, map and item.
    cases : bytes
        CSV of the answers about cases.
    readers : bytes
        CSV of the answers about the readers and the study as a whole.
    codebook : bytes
        JSON that explains all.
    consensus : bytes
        CSV of what was agreed on about readers' scores; empty where nothing was.
    """

    ratings: bytes
    cases: bytes
    readers: bytes
    codebook: bytes
    consensus: bytes = b""


@dataclass(frozen=True)
class Truth:
    """Whether a case has a finding.

    Attributes
    ----------
    case, label : str
    present : bool
    source : str
        "given" with the case, or from an expert's "annotation".
    """

    case: str
    label: str
    present: bool
    source: str


def export_ratings(store: Store, study: str, reader: str | None = None) -> RatingsExport:
    """The current answers of a study, of one reader or of all, as of one moment.

    Raises
    ------
    ValueError
        If there is no such study.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    about = store.study(study)
    rows = store.export_rows(study, reader)
    maps = [row for row in rows if isinstance(row.answer.shown, MapShown)]
    cases = [row for row in rows if not isinstance(row.answer.shown, MapShown)]
    ratings = list(_rating_rows(maps, about.questionnaire))
    answers = [_case_row(row) for row in cases if row.answer.value is not None]
    readers = _reader_rows(AboutReaders(store.database).all(study, reader), study)
    counts = {"ratings": len(ratings), "cases": len(answers), "readers": len(readers)}
    # No reader's, hence in the export of all only.
    agreed = [] if reader is not None else list(_consensus_rows(store, study))
    if agreed:
        counts["consensus"] = len(agreed)
    return RatingsExport(
        _csv(RATINGS, ratings),
        _csv(CASES, answers),
        _csv(READERS, readers),
        codebook(about, counts, reader),
        _csv(CONSENSUS, agreed) if agreed else b"",
    )


def write_ratings(
    store: Store, study: str, path: Path, truth: Sequence[Truth] = ()
) -> tuple[Path, ...]:
    """Write ``FILE.csv``, ``FILE.codebook.json``, ``FILE.cases.csv`` and ``FILE.readers.csv``.

    Where the reference standard is known, it is written to ``FILE.truth.csv``; where a consensus
    was kept, to ``FILE.consensus.csv``.

    Parameters
    ----------
    path : Path
        Of the ratings. The others lie beside it.
    truth : sequence of Truth

    Returns
    -------
    tuple of Path
        Ratings, codebook, cases, readers, and truth and consensus if there are any.

    Raises
    ------
    ValueError
        If there is no such study.
    OSError
        If a file cannot be written; none is left half written.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    content = export_ratings(store, study)
    stem = path.with_suffix("") if path.suffix.lower() == ".csv" else path
    beside = {
        "codebook.json": content.codebook,
        "cases.csv": content.cases,
        "readers.csv": content.readers,
    }
    if truth:
        beside["truth.csv"] = export_truth(truth)
    if content.consensus:
        beside["consensus.csv"] = content.consensus
    paths = [stem.with_name(f"{stem.name}.{ending}") for ending in beside]
    for place, data in zip(paths, beside.values(), strict=True):
        write_atomically(place, data)
    write_atomically(path, content.ratings)
    return path, *paths


def export_truth(truth: Iterable[Truth]) -> bytes:
    """The reference standard as CSV, with the columns of :data:`TRUTH`."""
    return _csv(TRUTH, [vars(one) for one in truth])


def wide(store: Store, study: str) -> bytes:
    """Ratings as CSV with one row for each reading and one column for each map and item.

    Columns are named ``METHOD.ITEM``, for a control ``METHOD/CONTROL.ITEM``; an empty cell was not
    answered, "cannot judge" is written out.

    Raises
    ------
    ValueError
        If there is no such study.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    about = [column for column in RATINGS if column.name in _WIDE]
    readings: dict[tuple[object, ...], dict[str, Cell]] = {}
    columns: dict[str, Column] = {}
    for saved in store.export_rows(study):
        shown = _shared(saved)
        reading = {column.name: shown.get(column.name) for column in about}
        row = readings.setdefault(tuple(reading.values()), reading)
        if isinstance(saved.answer.shown, MapShown) and saved.answer.value is not None:
            map_shown = saved.answer.shown
            map_name = map_shown.method
            if map_shown.control:
                map_name = f"{map_name}/{map_shown.control}"
            name = f"{map_name}.{saved.answer.item}"
            columns.setdefault(name, Column(name, "", ""))
            abstains = saved.answer.value is CANNOT_JUDGE
            row[name] = CANNOT_JUDGE.value if abstains else _plain(saved.answer.value)
    ordered = sorted(columns.values(), key=lambda column: column.name)
    return _csv([*about, *ordered], readings.values())


#: What tells one reading from another.
_WIDE = ("study", "reader", "session", "case", "label", "repeat_of", "warm_up", "case_order")


def imrmc(store: Store, study: str, item: str) -> bytes:
    """One item's scores in the columns of the iMRMC software.

    Raises
    ------
    ValueError
        If there is no such study, or it has no such scale.
    shamsul.reading.database.transactions.StoreError
        If the database fails.

    References
    ----------
    Gallas et al. 2009, doi 10.1016/j.acra.2009.04.002; iMRMC, https://github.com/DIDSR/iMRMC
    """
    about = store.study(study)
    if item not in {question.id for question in about.questionnaire.items}:
        known = ", ".join(question.id for question in about.questionnaire.items)
        raise ValueError(f"the study has no scale {item!r} about maps; it has {known}")
    columns = [Column(name, "", "") for name in ("readerID", "caseID", "modalityID", "score")]
    rows = [
        {
            "readerID": saved.answer.reader,
            "caseID": f"{saved.answer.case.name}/{saved.answer.shown.label}",
            "modalityID": saved.answer.shown.method,
            "score": _plain(saved.answer.value),
        }
        for saved in store.export_rows(study)
        if isinstance(saved.answer.shown, MapShown)
        and saved.answer.item == item
        and saved.answer.value not in (None, CANNOT_JUDGE)
        # Where a reader has a case twice the software would take it for two.
        and saved.answer.session == 1
        and not (saved.answer.shown.control or saved.answer.shown.repeat_of)
        and not saved.answer.shown.warm_up
    ]
    return _csv(columns, rows)


def write_assignment(store: Store, study: str, path: Path) -> int:
    """Write who reads what, when, and in which order of panels, as CSV.

    Returns
    -------
    int
        Number of readings.

    Raises
    ------
    ValueError
        If there is no such study.
    OSError
        If the file cannot be written; none is left half written.
    """
    rows: list[dict[str, Cell]] = [
        {
            "study": study,
            "reader": one.reading.reader,
            "session": one.reading.session,
            "place": one.reading.place,
            "case_order": one.reading.case_order,
            "case": one.case.name,
            "label": one.reading.label,
            "arm": one.reading.arm.value,
            "warm_up": one.reading.warm_up,
            "repeat_of": one.case.name if one.reading.repeat else None,
            "panels": ";".join(
                panel.method if panel.control is None else f"{panel.method}/{panel.control.value}"
                for panel in one.reading.panels
            ),
        }
        for one in Readings(store.database).of(study)
    ]
    write_atomically(path, _csv(ASSIGNMENT, rows))
    return len(rows)


def _rating_rows(
    saved: Sequence[SavedAnswer], questionnaire: Questionnaire
) -> Iterator[dict[str, Cell]]:
    place = {question.id: number for number, question in enumerate(questionnaire.questions)}
    for _, group in groupby(sorted(saved, key=_map_of), _map_of):
        answered = [row for row in group if row.answer.value is not None]
        extras = {row.answer.item: row for row in answered if row.answer.item in MAP_EXTRAS}
        items = [row for row in answered if row.answer.item not in MAP_EXTRAS]
        beside = {
            name: _plain(extras[name].answer.value) if name in extras else None
            for name in MAP_EXTRAS
        }
        # Questions that are no longer asked come last.
        for row in sorted(items, key=lambda row: place.get(row.answer.item, len(place))):
            yield _shared(row) | beside | {"item": row.answer.item} | _score(row)
        if extras and not items:
            latest = max(extras.values(), key=lambda row: row.changed_at)
            yield _shared(latest) | beside


def _map_of(row: SavedAnswer) -> tuple[object, ...]:
    answer = row.answer
    shown = cast(MapShown, answer.shown)
    return (
        answer.case.id,
        answer.reader,
        answer.session,
        shown.label,
        shown.repeat_of or "",
        shown.method,
        shown.control or "",
        # What is said of an earlier map does not stand beside the scores of a later one.
        shown.heatmap_sha256,
    )


def _reader_rows(answers: Sequence[AboutReader], study: str) -> list[dict[str, Cell]]:
    return [
        {
            "study": study,
            "reader": one.reader,
            "item": one.item,
            "answer": _plain(one.value),
            "created_at": one.created_at,
            "changed_at": one.changed_at,
            "revision": one.revision,
        }
        for one in answers
        if one.value is not None
    ]


def _consensus_rows(store: Store, study: str) -> Iterator[dict[str, Cell]]:
    """A row for each map that was agreed on, or one without a map where there is only a comment."""
    for one in Consensuses(store.database).of(study):
        common: dict[str, Cell] = {
            "study": study,
            "case": one.case.name,
            "image_sha256": one.case.image_sha256,
            "label": one.label,
            "item": one.item,
            "comment": one.comment,
            "author": one.author,
            "changed_at": one.changed_at,
            "revision": one.revision,
        }
        for method, value in one.scores.items():
            abstains = value is CANNOT_JUDGE
            score = None if abstains else _plain(value)
            yield common | {"method": method, "score": score, "cannot_judge": abstains}
        if not one.scores:
            yield common


def _case_row(row: SavedAnswer) -> dict[str, Cell]:
    score = _score(row)
    answer = {"answer": score["score"], "cannot_judge": score["cannot_judge"]}
    return _shared(row) | {"item": row.answer.item} | answer


def _shared(row: SavedAnswer) -> dict[str, Cell]:
    """What is known of every answer, by column."""
    answer = row.answer
    return vars(answer.shown) | {
        "study": answer.case.study,
        "reader": answer.reader,
        "session": answer.session,
        "case": answer.case.name,
        "image_sha256": answer.case.image_sha256,
        "created_at": row.created_at,
        "changed_at": row.changed_at,
        "revision": row.revision,
        "active_seconds": round(answer.active_seconds, 3),
    }


def _score(row: SavedAnswer) -> dict[str, Cell]:
    abstains = row.answer.value is CANNOT_JUDGE
    return {"score": None if abstains else _plain(row.answer.value), "cannot_judge": abstains}


def _plain(value: Value) -> Cell:
    return ";".join(map(str, value)) if isinstance(value, tuple) else cast(Cell, value)


def _csv(columns: Sequence[Column], rows: Iterable[dict[str, Cell]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_written(row.get(column.name)) for column in columns])
    return text.getvalue().encode()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return as_cell(cell) if isinstance(cell, str) else str(cell)
