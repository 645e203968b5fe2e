"""What a report holds of what journals ask of studies of AI in medical imaging.

What is said of an item is decided from what the report at hand holds. The items stand in
:mod:`shamsul.analysis.guidelines`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

import pandas as pd

from shamsul.analysis.page import LIMITS, METHODS, SECTIONS, SOFTWARE
from shamsul.analysis.study import Analysis
from shamsul.reporting import page as common


class Status(Enum):
    """What a report says to an item."""

    REPORTED = "in the report"
    AUTHOR = "author must supply"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True)
class Verdict:
    """What a report says to an item, and where, what is missing, or why not.

    Attributes
    ----------
    status : Status
    note : str
    """

    status: Status
    note: str


Decision = Callable[[Analysis], Verdict]

#: Where something may stand: a part and a fact of it, a table, or a heading that is always there.
Place = tuple[str, str] | str


@dataclass(frozen=True)
class Guideline:
    """A checklist as it was published; titles in this project's words.

    Attributes
    ----------
    name : str
    citation, doi : str
    numbers : tuple of str
        Of the items, in their order.
    sections : tuple of (str, tuple of (str, Decision))
        Headings, and under each titles of items with what decides about them, in their order.
    """

    name: str
    citation: str
    doi: str
    numbers: tuple[str, ...]
    sections: tuple[tuple[str, tuple[tuple[str, Decision], ...]], ...]


def reported(*places: Place, lacking: str = "") -> Decision:
    """In the report if it holds all of these; else the author must supply what it lacks."""

    def decide(analysis: Analysis) -> Verdict:
        headings = {place: _heading(analysis, place) for place in places}
        where = "; ".join(dict.fromkeys(filter(None, headings.values())))
        missing = [lacking] if lacking else []
        missing += [_called(place) for place, heading in headings.items() if not heading]
        if not missing:
            return Verdict(Status.REPORTED, where)
        beside = f" (the report has: {where})" if where else ""
        return Verdict(Status.AUTHOR, "; ".join(missing) + beside)

    return decide


def author(what: str, *beside: Place) -> Decision:
    """Something that no program knows, whatever of it is in the report."""
    return reported(*beside, lacking=what)


def synthetic_or(synthetic: Decision, otherwise: Decision) -> Decision:
    """One decision where all cases are phantoms, which are no patients, else another."""
    return lambda analysis: (synthetic if analysis.about.synthetic else otherwise)(analysis)


def not_applicable(reason: str) -> Decision:
    """Not asked of any reading study of maps, or of none of this kind."""
    return lambda _: Verdict(Status.NOT_APPLICABLE, reason)


def untrained(analysis: Analysis) -> Verdict:
    """What is asked of the training of a model that the study took as it was."""
    trained = ("Model", "Trained on")
    where = f"; see {trained[0]}" if _heading(analysis, trained) else ""
    return Verdict(Status.NOT_APPLICABLE, f"the study did not train a model{where}")


def _heading(analysis: Analysis, place: Place) -> str:
    """The heading under which the report has something; empty where it has not."""
    if isinstance(place, tuple):
        return place[0] if analysis.about.knows(*place) else ""
    if place == LIMITS:
        return LIMITS if analysis.about.limits else ""
    if place in (METHODS, SOFTWARE):
        return place
    table = analysis.tables[place]
    # Rows that say why there is no number are no content.
    if table.empty or ("n" in table and not table["n"].any()):
        return ""
    return next(one.title for one in SECTIONS if place in one.tables)


def _called(place: Place) -> str:
    if isinstance(place, tuple):
        return f"{place[0]}: {place[1]}"
    return next((one.tables[place] for one in SECTIONS if place in one.tables), place)


def checklist(analysis: Analysis, guideline: Guideline) -> pd.DataFrame:
    """What a report says to each item.

    Returns
    -------
    DataFrame
        Columns checklist, number, section, item, status, note.
    """
    items = [(section, *item) for section, under in guideline.sections for item in under]
    rows = []
    for number, (section, title, decide) in zip(guideline.numbers, items, strict=True):
        verdict = decide(analysis)
        row = (guideline.name, number, section, title, verdict.status.value, verdict.note)
        rows.append(row)
    columns = ["checklist", "number", "section", "item", "status", "note"]
    return pd.DataFrame(rows, columns=columns)


def page(analysis: Analysis, guidelines: Sequence[Guideline]) -> str:
    """The checklists as one page to print, beside the report.

    Returns
    -------
    str
        HTML.
    """
    body = [
        "<p>Decided from what report.html beside this page holds. Titles of items are this "
        "program's words; the wording that counts is in the papers. What an author must supply is "
        "marked.</p>"
    ]
    for guideline in guidelines:
        rows = checklist(analysis, guideline)
        counts = rows["status"].value_counts()
        said = ", ".join(f"{counts.get(one.value, 0)} {one.value}" for one in Status)
        body += [
            f"<h2>{escape(guideline.name)}</h2>",
            f'<p>{len(rows)} items: {said}. <a href="https://doi.org/{escape(guideline.doi)}">'
            f"{escape(guideline.citation)}</a></p>",
            _items(rows),
        ]
    return common.page(f"Checklist: {analysis.title or analysis.study}", body)


def _items(rows: pd.DataFrame) -> str:
    """A table of the items, a heading's items together."""
    groups = []
    for section, items in rows.groupby("section", sort=False):
        lines = "".join(
            f"<tr{' class=blank' * (one.status == Status.AUTHOR.value)}>"
            f"<td class='number'>{one.number}</td><td>{escape(one.item)}</td>"
            f"<td>{escape(one.status)}</td><td>{escape(one.note)}</td></tr>"
            for one in items.itertuples()
        )
        groups.append(
            f"<tbody><tr><th colspan='4' scope='rowgroup'>{escape(str(section))}</th></tr>"
            f"{lines}</tbody>"
        )
    head = "".join(
        f"<th scope='col'>{word}</th>" for word in ("no.", "item", "status", "where, or what")
    )
    return f"<div class='wide'><table><thead><tr>{head}</tr></thead>{''.join(groups)}</table></div>"
