"""The questionnaire in the browser: questions by maps, and an outbox that loses no answer.

A click is an event with a number. The browser shows it at once, keeps it in its outbox and sends
the whole outbox, again and again, until the server says up to which number all is on the disk. So
neither a rerun that drops a message, nor a lost connection, nor a full disk loses an answer, and
nothing but a click makes one: what Streamlit's own widgets hold can be reset by a rerun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from shamsul.reading.questionnaire import Question

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "shamsul_questionnaire",
    css=(_FOLDER / "questionnaire.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "questionnaire.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Column:
    """What questions are asked about: the case, or one map.

    Attributes
    ----------
    title : str
        For example "Grad-CAM".
    token : str
        Comes back with each answer; empty where nothing can be answered yet.
    waiting : str
        Why, if so.
    values : mapping
        Answers on the disk, JSON-able, by question's id.
    """

    title: str
    token: str
    waiting: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Event:
    """One click: the answer to one question, None where it was taken back."""

    number: int
    token: str
    item: str
    value: object


@dataclass(frozen=True)
class Outbox:
    """What a browser has sent that it does not know to be saved yet, oldest first."""

    id: str
    events: tuple[Event, ...]


def outbox(key: str) -> Outbox:
    """The outbox that the browser sent last; empty if it is not one."""
    sent = (st.session_state.get(key) or {}).get("outbox") or {}
    try:
        events = tuple(
            Event(int(e["number"]), str(e["token"]), str(e["item"]), e["value"])
            for e in sent["events"]
        )
        return Outbox(str(sent["id"]), events)
    except (KeyError, TypeError, ValueError):
        return Outbox("", ())


def mount(
    *,
    key: str,
    about_case: Sequence[Question],
    case: Column,
    about_maps: Sequence[Question],
    maps: Sequence[Column],
    heading: str,
    saved: Mapping[str, int],
    notice: str,
    error: str,
) -> None:
    """Draw the questionnaire.

    Parameters
    ----------
    key : str
    about_case, about_maps : sequence of Question
    case : Column
    maps : sequence of Column
        In the order of panels.
    heading : str
        Above the questions about maps.
    saved : mapping of str to int
        By outbox, the number up to which all of its events are on the disk.
    notice : str
        What became of the last click, if all is well.
    error : str
        Why the last answers are not saved, one sentence; empty if they are.
    """
    _component(
        key=key,
        data={
            "case": asdict(case),
            "about_case": [_facts(question) for question in about_case],
            "maps": [asdict(column) for column in maps],
            "about_maps": [_facts(question) for question in about_maps],
            "heading": heading,
            "saved": dict(saved),
            "notice": notice,
            "error": error,
        },
        on_outbox_change=_ignore,
    )


def _facts(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "wording": question.wording,
        "kind": question.kind.value,
        "options": list(question.options),
        "may_abstain": question.may_abstain,
    }


def _ignore() -> None:
    """Streamlit keeps a state only where it has a callback."""
