"""What the browser sends again and again until it is on the disk, and up to where it is.

What a reader does is an event with a number. The browser shows it at once, keeps it in its outbox
and sends the whole outbox until the server says up to which number all is on the disk. So neither a
rerun that drops a message, nor a lost connection, nor a full disk loses anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

#: The browser's side, for the components that have an outbox: they keep it as their state `outbox`.
SCRIPT = Path(__file__).with_name("outbox.js").read_text(encoding="utf-8")

#: Longest time that a reader is believed to have been at work on a subject: a week.
MOST_SECONDS = 7 * 24 * 3600.0


@dataclass(frozen=True)
class Event:
    """One thing that the reader did.

    Attributes
    ----------
    number : int
        Counts the browser's events.
    token : str
        Of what it was done to.
    item : str
        What was done, for example the id of the question that was answered.
    value : object
        JSON-able.
    seconds : float
        How long the reader had been at work on the subject: the tab in view, and no pause of a
        minute.
    """

    number: int
    token: str
    item: str
    value: object
    seconds: float = 0.0


@dataclass(frozen=True)
class Outbox:
    """What a browser has sent that it does not know to be saved yet, oldest first."""

    id: str
    events: tuple[Event, ...]


def received(key: str) -> Outbox:
    """The outbox that a component's browser sent last; empty if it is not one."""
    sent = (st.session_state.get(key) or {}).get("outbox") or {}
    try:
        events = tuple(
            Event(
                _counted(e["number"]),
                str(e["token"]),
                str(e["item"]),
                e["value"],
                min(max(0.0, float(e["seconds"])), MOST_SECONDS),
            )
            for e in sent["events"]
        )
        return Outbox(str(sent["id"]), events)
    except (KeyError, OverflowError, TypeError, ValueError):
        return Outbox("", ())


def _counted(number: object) -> int:
    """An event's number; a browser counts exactly to 2**53."""
    if type(number) is not int or not 0 <= number < 2**53:
        raise ValueError("no number of an event")
    return number


def new(outbox: Outbox) -> tuple[Event, ...]:
    """The events that have not been dealt with."""
    up_to = _saved().get(outbox.id, 0)
    return tuple(
        event
        for event in outbox.events
        if event.number > up_to and (outbox.id, event.number) not in _dealt_with()
    )


def deal_with(outbox: Outbox, event: Event) -> None:
    """Note that an event needs no more: it is on the disk, or was refused for good."""
    _dealt_with().add((outbox.id, event.number))
    for one in outbox.events:  # as far as nothing is left out
        if (outbox.id, one.number) not in _dealt_with():
            break
        _saved()[outbox.id] = one.number


def saved() -> Mapping[str, int]:
    """By outbox, the number up to which its events are dealt with."""
    return dict(_saved())


def _saved() -> dict[str, int]:
    numbers: dict[str, int] = st.session_state.setdefault("saved", {})
    return numbers


def _dealt_with() -> set[tuple[str, int]]:
    events: set[tuple[str, int]] = st.session_state.setdefault("dealt_with", set())
    return events
