"""The questionnaire in the browser: questions by maps, and an outbox that loses no answer.

Nothing but a click makes an answer: what Streamlit's own widgets hold can be reset by a rerun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

from shamsul.reading.design.questionnaire import MAX_TEXT, Kind, Question, Step
from shamsul.ui.shared import outbox

#: What an event can ask for besides an answer.
NEXT = "@next"
PAUSE = "@pause"

_FOLDER = Path(__file__).parent
_HUB = _FOLDER.parent / "viewer" / "hub.js"
_component = st.components.v2.component(
    "shamsul_questionnaire",
    css=(_FOLDER / "questionnaire.css").read_text(encoding="utf-8"),
    js="\n".join(
        [
            _HUB.read_text(encoding="utf-8"),
            outbox.SCRIPT,
            (_FOLDER / "dock.js").read_text(encoding="utf-8"),
            (_FOLDER / "questionnaire.js").read_text(encoding="utf-8"),
        ]
    ),
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
class Finish:
    """The end of a screen of a reading study.

    Attributes
    ----------
    token : str
        Comes back with `NEXT` and `PAUSE`.
    label : str
        Of the button that goes on.
    pausable : bool
    """

    token: str
    label: str = "Next"
    pausable: bool = True


def mount(
    *,
    key: str,
    subject: str,
    seconds_before: float,
    about_case: Sequence[Question],
    case: Column,
    about_maps: Sequence[Question],
    maps: Sequence[Column],
    heading: str,
    saved: Mapping[str, int],
    notice: str,
    error: str,
    refused: str = "",
    finish: Finish | None = None,
    locked: bool = False,
) -> None:
    """Draw the questionnaire.

    Parameters
    ----------
    key : str
    subject : str
        What the reader's time is counted for, for example the case.
    seconds_before : float
        How long the reader was at work on it in earlier visits.
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
    refused : str
        Why what the reader did last was refused for good; empty if it was not.
    finish : Finish, optional
        Where the reader goes on only when all that is required is answered.
    locked : bool
        Whether answers are shown only.
    """
    data = {
        "reader": st.session_state.get("account", ""),
        "subject": subject,
        "seconds_before": seconds_before,
        "case": asdict(case),
        "about_case": [_facts(question) for question in about_case],
        "maps": [asdict(column) for column in maps],
        "about_maps": [_facts(question) for question in about_maps],
        "heading": heading,
        "saved": dict(saved),
        "notice": notice,
        "error": error,
        "refused": refused,
        "finish": finish and asdict(finish),
        "locked": locked,
    }
    st.session_state[f"{key}-drawn"] = data
    _component(key=key, data=data, on_outbox_change=_ignore)


def hold(*, key: str, error: str) -> None:
    """Draw what was drawn last, if anything, with the reason why it cannot be drawn anew.

    Without it, answers that wait in the page would vanish from the reader's sight.
    """
    drawn = st.session_state.get(f"{key}-drawn")
    if drawn is not None:
        _component(key=key, data={**drawn, "error": error}, on_outbox_change=_ignore)


def acknowledge(*, key: str, saved: Mapping[str, int], error: str, refused: str) -> None:
    """Where nothing is asked: tell the browser what became of what it sent before."""
    mount(
        key=key,
        subject="",
        seconds_before=0.0,
        about_case=(),
        case=Column("", "", "", {}),
        about_maps=(),
        maps=(),
        heading="",
        saved=saved,
        notice="",
        error=error,
        refused=refused,
        locked=True,
    )


def _facts(question: Question) -> dict[str, object]:
    return {
        "id": question.id,
        "wording": question.wording,
        "kind": question.kind.value,
        "options": list(question.options),
        "may_abstain": question.may_abstain,
        "help": question.help,
        "required": question.required,
        "minimum": question.minimum,
        "maximum": question.maximum,
        "longest": MAX_TEXT if question.kind is Kind.TEXT else None,
        "later": question.step is Step.AGAIN,
    }


def _ignore() -> None:
    """Streamlit keeps a state only where it has a callback."""


def scales(items: Sequence[Question]) -> str:
    """What the points of the items' scales mean, each scale once."""
    return "; ".join(
        ", ".join(f"{point} = {word}" for point, word in enumerate(scale, start=1))
        for scale in dict.fromkeys(item.options for item in items)
    )
