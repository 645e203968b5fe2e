"""A report as one page to read and to print: no script, nothing to load."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from shamsul.reporting.pictures import Picture
from shamsul.reporting.resampling import LEVEL


@dataclass(frozen=True)
class Section:
    """A part of the page: pictures by name, tables by name with their titles."""

    title: str
    pictures: tuple[str, ...]
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Statement:
    """A paragraph of the methods.

    Attributes
    ----------
    text : str
        May have fields for `str.format`.
    sources : tuple of (str, str)
        Authors and year, and a DOI or an address.
    """

    text: str
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plate:
    """A picture made elsewhere: its words and its PNG."""

    caption: str
    png: bytes


_HEADINGS = {
    "chi2": "χ²",
    "f": "F",
    "p_holm": "p (Holm)",
    "p_these_readers": "p, these readers",
    "p_these_readers_holm": "p, these readers (Holm)",
    "interval_these_readers": "for these readers",
    "rho": "ρ",
    "kappa": "weighted κ",
    "scs": "SCS",
    "sd": "SD",
    "interval": f"{LEVEL:.0%} interval",
    "undefined": "undefined replicates",
}
#: Columns of shares near 0 or 1.
_TO_THREE = ("p", "p_holm", "p_these_readers", "p_these_readers_holm", "simulated")
#: Columns whose cells have names to show.
_NAMED = ("method", "first", "second", "statistic", "metric", "feature", "reference")

_STYLE = """
@page { size: A4; margin: 18mm 15mm; }
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 52rem; margin: 2rem auto;
  padding: 0 1rem; background: #fff; }
h1, h2, figcaption, caption { line-height: 1.25; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #bbb; }
figure, table { margin: 1.5rem 0; }
figcaption, caption { text-align: left; font-weight: 600; padding-bottom: .4rem; }
svg { width: 100%; height: auto; }
img { max-width: 100%; }
.plates { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
.plates figure { margin: 0; }
.plates figcaption { font-weight: 400; font-size: 13px; padding-top: .3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; min-width: 60%; border: solid #222;
  border-width: 1px 0; }
th, td { padding: .15rem .6rem; text-align: left; vertical-align: top; }
th { border: solid #222; border-width: 1px 0; }
table:has(+ .note) { margin-bottom: .4rem; }
.note { font-size: 13px; margin: 0 0 .3rem; max-width: 46rem; }
.facts { width: 100%; table-layout: fixed; margin: .5rem 0; }
.facts th { width: 11rem; font-weight: 600; border: 0; }
.facts td { white-space: pre-line; }
.facts th, .facts td { overflow-wrap: anywhere; border-bottom: 1px solid #ddd; }
.blank { background: #fff3cd; color: #5c4400; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.number { white-space: normal; }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none; padding: 0; }
  table { font-size: 8pt; }
  th, td { padding: .1rem .35rem; }
  .wide { overflow: visible; }
  /* A table is cut only where it is longer than a page. */
  figure, .wide, tr { break-inside: avoid; }
  h2, h3, caption, figcaption { break-after: avoid; }
  .plates figcaption { break-before: avoid; }
  thead { display: table-header-group; }
  a { color: inherit; }
  a::after { content: ' ' attr(href); }
}
"""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def page(title: str, body: Sequence[str], *, images: bool = False) -> str:
    """The page around its parts.

    Parameters
    ----------
    title : str
    body : sequence of str
        HTML.
    images : bool
        Whether there are plates.

    Returns
    -------
    str
        HTML.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'" + "; img-src data:" * images
    return _PAGE.format(policy=policy, title=escape(title), style=_STYLE, body="\n".join(body))


def sections(
    parts: Sequence[Section],
    tables: Mapping[str, pd.DataFrame],
    pictures: Sequence[Picture],
    drawings: Mapping[str, str],
    names: Mapping[str, str],
) -> list[str]:
    """The figures and tables, numbered, under their headings.

    Parameters
    ----------
    parts : sequence of Section
    tables : mapping of str to DataFrame
        By name; an empty one is not shown.
    pictures : sequence of Picture
    drawings : mapping of str to str
        Each picture as SVG by its name. Their identifiers must differ.
    names : mapping of str to str
        What methods, statistics and scores are called in tables.
    """
    drawn = {picture.name: picture for picture in pictures}
    numbers = {"figure": 0, "table": 0}
    body = []
    for part in parts:
        filled = {title: tables[name] for name, title in part.tables.items() if len(tables[name])}
        shown_here = [drawn[name] for name in part.pictures if name in drawn]
        body.append(f"<h2>{escape(part.title)}</h2>")
        if not filled and not shown_here:
            body.append("<p>Nothing was recorded.</p>")
        for picture in shown_here:
            numbers["figure"] += 1
            body.append(_figure(numbers["figure"], picture, drawings[picture.name]))
        for title, content in filled.items():
            numbers["table"] += 1
            body.append(_table(f"Table {numbers['table']}. {title}", content, names))
    return body


def listed(title: str, head: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """A table of words without a number; it needs no head."""
    heads = "".join(f"<th>{escape(word)}</th>" for word in head)
    top = f"<thead><tr>{heads}</tr></thead>" * bool(head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in cells
    )
    return (
        f"<div class='wide'><table><caption>{escape(title)}</caption>"
        f"{top}<tbody>{body}</tbody></table></div>"
    )


def facts(title: str, rows: Sequence[tuple[str, str, bool]]) -> str:
    """A heading, and a table of names and what is said to each.

    Parameters
    ----------
    title : str
    rows : sequence of (str, str, bool)
        Name, value, and whether the value is a blank to be filled in. Lines stay lines.
    """
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>"
        f"<td{' class=blank' * blank}>{escape(value)}</td></tr>"
        for name, value, blank in rows
    )
    return f"<h3>{escape(title)}</h3><table class='facts'><tbody>{body}</tbody></table>"


def plates(shown: Sequence[Plate]) -> str:
    """Pictures beside each other, their bytes in the page."""
    return (
        "<div class='plates'>"
        + "".join(
            f'<figure><img alt="{escape(one.caption)}" '
            f'src="data:image/png;base64,{b64encode(one.png).decode()}">'
            f"<figcaption>{escape(one.caption)}</figcaption></figure>"
            for one in shown
        )
        + "</div>"
    )


def methods(
    procedure: Sequence[Statement], settings: Mapping[str, object], *, linked: bool = True
) -> str:
    """How it was computed, with sources: as links, or as words only."""
    paragraphs = "".join(
        f"<p>{escape(part.text.format(**settings))}{_cited(part.sources, linked)}</p>\n"
        for part in procedure
    )
    return f"<h2>Methods</h2>\n{paragraphs}"


def heading(column: str) -> str:
    """What a column of a table is called.

    Examples
    --------
    >>> heading("p_holm"), heading("left_out")
    ('p (Holm)', 'left out')
    """
    return _HEADINGS.get(column, column.replace("_", " "))


def named(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """A table whose methods, statistics and scores have their names to show."""
    columns = {
        name: table[name].map(lambda word: names.get(word, word))
        for name in _NAMED
        if name in table
    }
    return table.assign(**columns)


def noted(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A table with the numbers of its notes in place of their sentences, and the sentences.

    Notes are the columns worth and why, whose sentences often are those of many rows.

    Examples
    --------
    >>> noted(pd.DataFrame({"mean": [3, 4], "why": ["", "No values."]}))[1]
    ('No values.',)
    """
    columns = [name for name in ("worth", "why") if name in table]
    said = [[word for word in row if word] for row in table[columns].itertuples(index=False)]
    notes = tuple(dict.fromkeys(word for row in said for word in row))
    left = table.drop(columns=columns)
    if notes:
        numbers = [", ".join(str(notes.index(word) + 1) for word in row) for row in said]
        left = left.assign(note=numbers)
    return left, notes


def shown(cell: object, is_p: bool = False) -> str:
    """A cell as it is read: two decimals, three for p."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if not isinstance(cell, float):
        return str(cell)
    if cell != cell:
        return "–"
    if abs(cell) == float("inf"):
        return "∞" if cell > 0 else "−∞"
    if is_p:
        return f"{cell:.3f}" if cell >= 0.001 else "<0.001"
    return f"{cell:z.2f}".replace("-", "−")


def _figure(number: int, picture: Picture, drawing: str) -> str:
    svg = drawing[drawing.index("<svg") :]
    return (
        f"<figure><figcaption>Figure {number}. {escape(picture.title)}</figcaption>"
        f'<div role="img" aria-label="{escape(picture.words)}">{svg}</div></figure>'
    )


def _table(title: str, table: pd.DataFrame, names: Mapping[str, str]) -> str:
    content = table.copy()
    content = named(content, names)
    for those in ("", "_these_readers"):
        low, high = f"low{those}", f"high{those}"
        if low in content:
            bounds = zip(content[low], content[high], strict=True)
            both = [
                f"{shown(one)} to {shown(other)}" if one == one else "–" for one, other in bounds
            ]
            content.insert(content.columns.get_loc(low), f"interval{those}", both)
            content = content.drop(columns=[low, high])
    # Columns that would have nothing to say.
    if "undefined" in content and not content["undefined"].any():
        content = content.drop(columns="undefined")
    if "simulated" in content and content["simulated"].isna().all():
        content = content.drop(columns="simulated")
    content, notes = noted(content)
    numeric = [content[name].dtype.kind in "fi" or name.startswith("interval") for name in content]
    classes = [' class="number"' if number else "" for number in numeric]
    head = "".join(
        f"<th{look}>{escape(heading(name))}</th>"
        for name, look in zip(content, classes, strict=True)
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td{look}>{escape(shown(cell, name in _TO_THREE))}</td>"
            for name, cell, look in zip(content, row, classes, strict=True)
        )
        + "</tr>\n"
        for row in content.itertuples(index=False)
    )
    return (
        f"<div class='wide'><table><caption>{escape(title)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{_listed_notes(notes)}</div>"
    )


def _listed_notes(notes: Sequence[str]) -> str:
    lines = [f"{number}: {escape(note)}" for number, note in enumerate(notes, 1)]
    return "".join(f"<p class='note'>{line}</p>" for line in lines)


def _cited(sources: tuple[tuple[str, str], ...], linked: bool) -> str:
    cited = [(_linked if linked else _unlinked)(*source) for source in sources]
    return f" ({'; '.join(cited)})" if cited else ""


def _linked(name: str, place: str) -> str:
    address = place if place.startswith("http") else f"https://doi.org/{place}"
    return f'<a href="{escape(address)}">{escape(name)}</a>'


def _unlinked(name: str, place: str) -> str:
    _, scheme, rest = place.rpartition("://")
    return escape(f"{name}, {rest if scheme else f'doi {place}'}")
