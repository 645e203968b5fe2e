"""What the columns and items of exported ratings mean."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import shamsul
from shamsul.reading.design.questionnaire import ASKED_AGAIN, CANNOT_JUDGE, Question, Step
from shamsul.reading.design.study import Study


@dataclass(frozen=True)
class Column:
    """One column of an exported table."""

    name: str
    type: str
    meaning: str
    unit: str = ""
    allowed: str = ""


_TRUTH = "true or false"
_HASH = "64 hexadecimal digits"
_FROM_ONE = "1 or more"
_TIME = "UTC, ISO 8601 with milliseconds and Z"

_WHO = (
    Column("study", "text", "Name of the study."),
    Column("reader", "text", "Who answered.", allowed="at most 80 characters"),
    Column("session", "integer", "Reading session, for studies with several.", allowed=_FROM_ONE),
    Column("case", "text", "Pseudonym of the case in the study."),
    Column("image_sha256", "text", "SHA-256 of the radiograph's file.", allowed=_HASH),
    Column("label", "text", "The finding asked about, as the model names it."),
)
_ORDER = (
    Column(
        "case_order",
        "integer",
        "When the reader met the case in the session, counted from 1.",
        allowed=_FROM_ONE,
    ),
    Column(
        "repeat_of",
        "text",
        "The case's own name where the reader met it for the second time in the session; else "
        "empty.",
    ),
    Column("warm_up", "boolean", "Practice case, to be left out.", allowed=_TRUTH),
)
_MODEL = (
    Column("model", "text", "Name of the model."),
    Column("model_sha256", "text", "SHA-256 of its weights; empty if it has none.", allowed=_HASH),
    Column(
        "probability",
        "number",
        "The model's probability of the label; empty if it was not computed.",
        allowed="0 to 1",
    ),
)
_BLINDED = Column(
    "blinded",
    "boolean",
    "false where method names or the expert annotation could be seen.",
    allowed=_TRUTH,
)
_VIEW = (
    Column("window_centre", "number", "Centre of the grey scale when this was answered."),
    Column("window_width", "number", "Width of the grey scale when this was answered."),
    Column(
        "zoom", "number", "Magnification when this was answered; 1: the whole image.", "", "> 0"
    ),
    Column(
        "threshold",
        "number",
        "Part of each map's scale below which nothing was coloured when this was answered.",
        allowed="0 to 1",
    ),
)
_HISTORY = (
    Column("created_at", "time", "When the question was first answered.", _TIME),
    Column("changed_at", "time", "When the answer given here was recorded.", _TIME),
    Column(
        "revision",
        "integer",
        "Which version of the answer this is; more than 1 where it was changed.",
        allowed=_FROM_ONE,
    ),
    Column(
        "active_seconds",
        "number",
        "How long the reader was active on the case before this answer.",
        "seconds",
        "0 or more",
    ),
)

#: Columns of the ratings, in order.
RATINGS = (
    *_WHO,
    Column("method", "text", "Registered name of the explanation method."),
    Column("method_name_shown", "text", "The method's name on the screen; a letter if blinded."),
    Column(
        "panel_position",
        "integer",
        "Place of the map among the panels, counted from 1 at the left.",
        allowed=_FROM_ONE,
    ),
    *_ORDER,
    Column("control", "text", "Kind of attention check; empty for a real map."),
    Column(
        "item",
        "text",
        "What was rated; empty in the one row of a map that has tags, a comment or a rank "
        "but no rated item.",
        allowed="see items",
    ),
    Column(
        "score",
        "integer",
        "Point of the item's scale; empty where the reader could not judge.",
        allowed="1 to 5 for the default questionnaire, see items",
    ),
    Column(
        "cannot_judge",
        "boolean",
        "true where the reader chose 'Cannot judge'; empty where item is.",
        allowed=_TRUTH,
    ),
    Column(
        "failure_tags",
        "text",
        "What the map highlights wrongly, separated by semicolons; empty if nothing was marked. "
        "Belongs to the map: repeated in each of its rows.",
        allowed="see items",
    ),
    Column(
        "comment",
        "text",
        "Free text, may contain line breaks. Belongs to the map: repeated in each of its rows.",
    ),
    Column(
        "rank",
        "integer",
        "Place among the maps of this reader, session, case and label, 1 is best, ties allowed; "
        "empty if not ranked. Belongs to the map: repeated in each of its rows.",
        allowed=_FROM_ONE,
    ),
    *_MODEL,
    Column(
        "heatmap_sha256",
        "text",
        "SHA-256 of the map's values and of what they are a map of.",
        allowed=_HASH,
    ),
    Column(
        "opacity",
        "number",
        "Opacity of the map over the image when this was answered.",
        allowed="0 to 1",
    ),
    Column("normalisation", "text", "How the map's values became colours."),
    _BLINDED,
    *_HISTORY,
    *_VIEW,
)

#: Columns of the case-level answers, in order.
CASES = (
    *_WHO,
    *_ORDER,
    Column("item", "text", "Which question.", allowed="see items"),
    Column("answer", "text or number", "The answer; empty where the reader could not judge."),
    Column(
        "cannot_judge", "boolean", "true where the reader chose 'Cannot judge'.", allowed=_TRUTH
    ),
    *_MODEL,
    _BLINDED,
    *_HISTORY,
    *_VIEW,
)

#: Columns of what readers answered about themselves and the study, in order.
READERS = (
    Column("study", "text", "Name of the study."),
    Column("reader", "text", "Who answered.", allowed="at most 80 characters"),
    Column("item", "text", "Which question.", allowed="see items"),
    Column("answer", "text or number", "The answer."),
    Column("created_at", "time", "When the question was first answered.", _TIME),
    Column("changed_at", "time", "When the answer given here was recorded.", _TIME),
    Column("revision", "integer", "Which version of the answer this is.", allowed=_FROM_ONE),
)

#: Columns of the assignment, in order.
ASSIGNMENT = (
    Column("study", "text", "Name of the study."),
    Column("reader", "text", "Who reads."),
    Column("session", "integer", "Reading session.", allowed=_FROM_ONE),
    Column("place", "integer", "Place among the reader's readings of the session."),
    Column("case_order", "integer", "Place of the case among those of the session."),
    Column("case", "text", "Pseudonym of the case."),
    Column("label", "text", "The finding asked about."),
    Column("arm", "text", "Whether the model and its maps are shown.", allowed="with, without"),
    Column("warm_up", "boolean", "Practice case, to be left out.", allowed=_TRUTH),
    Column("repeat_of", "text", "The case's own name where it is met for the second time."),
    Column("panels", "text", "Methods from left to right, METHOD/CONTROL for control maps."),
)

#: Columns of the reference standard, in order.
TRUTH = (
    Column("case", "text", "Pseudonym of the case in the study."),
    Column("label", "text", "The finding."),
    Column("present", "boolean", "Whether the case has it.", allowed=_TRUTH),
    Column(
        "source",
        "text",
        "Whether that was given with the case or follows from an expert's marks.",
        allowed="given, annotation",
    ),
)

#: Columns of the consensus, in order.
CONSENSUS = (
    Column("study", "text", "Name of the study."),
    Column("case", "text", "Pseudonym of the case in the study."),
    Column("image_sha256", "text", "Of the radiograph's stored file.", allowed=_HASH),
    Column("label", "text", "The finding asked about."),
    Column("method", "text", "The map's method; empty where only a comment was kept."),
    Column("item", "text", "Id of the question."),
    Column("score", "integer", "The point of the scale agreed on.", allowed=_FROM_ONE),
    Column("cannot_judge", "boolean", "Agreed that it cannot be judged.", allowed=_TRUTH),
    Column("comment", "text", "About the question and all maps of the case and label."),
    Column("author", "text", "Who kept it."),
    Column("changed_at", "text", "When this revision was kept.", unit="UTC, ISO 8601"),
    Column("revision", "integer", "Counts changes of this consensus.", allowed=_FROM_ONE),
)

_CONVENTIONS = {
    "rows": "In the ratings, one row for each reader, session, case, label, map and item that has "
    "a current answer; a map with only tags, a comment or a rank has one row without an item, "
    "whose times, revision and seconds are those of the latest of these. Unanswered items and "
    "answers taken back have no row. Times, revision and seconds of an item's row are those of "
    "the item, not of the tags, comment or rank beside it.",
    "format": "RFC 4180: comma, double quotes, CRLF; UTF-8 without byte order mark. An empty cell "
    "is a missing value. In a spreadsheet, import the file as UTF-8 text.",
    "formulas": "A text cell that a spreadsheet could take for a formula has an apostrophe put "
    "before it. That is one whose first character is a tab or line break, or is = + - @ (or a "
    "wide, small or raised form of these) after any apostrophes, spaces and invisible "
    "characters. To get the text back, remove one leading apostrophe if the rest is such a "
    "text. Numbers are never changed.",
    "pandas": "pandas.read_csv(FILE, keep_default_na=False, na_values={'score': [''], "
    "'rank': [''], 'probability': ['']}) keeps readers and comments such as 'NA' as text.",
}


def codebook(study: Study, rows: Mapping[str, int], reader: str | None) -> bytes:
    """The codebook of an export.

    Parameters
    ----------
    study : Study
    rows : mapping of str to int
        How many rows each file has, its header left out.
    reader : str or None
        The only reader exported, None for all.

    Returns
    -------
    bytes
        JSON in UTF-8.
    """
    content = {
        "software": f"shamsul {shamsul.__version__}",
        "study": {
            "name": study.name,
            "title": study.title,
            "about": study.about,
            "model": study.model,
            "created_at": study.created_at.isoformat(),
        },
        "reader": reader if reader is not None else "all",
        "rows": dict(rows),
        "columns": _columns(RATINGS),
        "case_columns": _columns(CASES),
        "reader_columns": _columns(READERS),
        **({"consensus_columns": _columns(CONSENSUS)} if "consensus" in rows else {}),
        "questionnaire": study.questionnaire.version,
        "items": {question.id: _item(question) for question in study.questionnaire.questions},
        "conventions": _CONVENTIONS,
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _columns(columns: tuple[Column, ...]) -> dict[str, dict[str, str]]:
    tables = (asdict(column) for column in columns)
    return {table.pop("name"): table for table in tables}


#: What a reader has in view where a question about the image is asked again.
_IN_VIEW: Final = {
    Step.PROBABILITY: "the radiograph and the model's probability, no map",
    Step.AGAIN: "the radiograph, the model's probability and the maps",
}


def _item(question: Question) -> dict[str, object]:
    numbered = {str(point): wording for point, wording in enumerate(question.options, 1)}
    scale = question.kind.value == "scale"
    return {
        "wording": question.wording,
        "kind": question.kind.value,
        "asked": question.step.name.lower(),
        "construct": question.construct,
        "source": question.source,
        "allowed": numbered if scale else list(question.options),
        "apart": CANNOT_JUDGE.value if question.may_abstain else "",
        **_again(question),
    }


def _again(question: Question) -> dict[str, object]:
    """Which question is asked again, and beside what."""
    if question.step not in ASKED_AGAIN:
        return {}
    first = question.id.removesuffix(ASKED_AGAIN[question.step])
    return {"asked_again_of": first, "in_view": _IN_VIEW[question.step]}
