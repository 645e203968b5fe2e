"""What is computed, seen in the bar: how long it takes, in which order, and a stop."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from shamsul.computing.pace import in_time
from shamsul.reading.database.accounts import Role
from shamsul.ui.shared import session, sign_in

if TYPE_CHECKING:
    from shamsul.computing.jobs import Queued
    from shamsul.studies.desk import Desk

KEY = "computing"

_here = Path(__file__)
_component = st.components.v2.component(
    "shamsul_computing",
    css=_here.with_suffix(".css").read_text(encoding="utf-8"),
    js=_here.with_suffix(".js").read_text(encoding="utf-8"),
)


def indicator() -> None:
    """What runs and what waits; nothing at all where nothing does.

    To be called at the end of a run of a page, which may have asked for something. From then on it
    looks again each second as long as there is something; when nothing is left the page is drawn
    once more, without it. Not for pages that are blinded: it names methods.
    """
    queue = _queue()
    if not queue:
        return
    later = False

    @st.fragment(run_every=1.0)
    def look() -> None:
        nonlocal later
        now = _queue() if later else queue
        if not now:
            st.rerun()  # nothing else ends a fragment's timer
        later = True
        view, number = _done()
        data = in_words(now) | {"from": view, "done": number}
        _component(key=KEY, data=data, on_look_change=_act)

    look()


def _queue() -> Sequence["Queued"]:
    account, desk = sign_in.current(), session.desk_if_open()
    if account is None or not account.may(Role.COORDINATOR) or desk is None:
        return ()
    return desk.queue()


def _act() -> None:
    """Do what a view asked for, each once: it asks until it sees that it was done."""
    account, desk = sign_in.current(), session.desk_if_open()
    if account is None or not account.may(Role.COORDINATOR) or desk is None:
        return
    match (st.session_state.get(KEY) or {}).get("look"):
        case {"from": str(view), "asked": [*asked]}:
            known, number = _done()
            number = number if view == known else 0
            for one in asked:
                match one:
                    case {"number": int(new)} if new > number:
                        number = new
                        _do(desk, one)
            st.session_state["computing-done"] = view, number


def _do(desk: "Desk", what: Mapping[str, object]) -> None:
    match what:
        case {"stop": [*digests]}:
            desk.stop({str(one) for one in digests})
        case {"move": str(digest), "before": str(before)}:
            desk.move(digest, before)


def _done() -> tuple[str, int]:
    """The view that asked last, and the number of what it asked for last."""
    done: tuple[str, int] = st.session_state.get("computing-done", ("", 0))
    return done


def in_words(queue: Sequence["Queued"]) -> dict[str, object]:
    """What the component shows of a queue.

    Returns
    -------
    dict
        ``now``, what is computed; ``summary``, the time that all takes; ``words``, both; and
        ``jobs``: ``id``, ``title``, ``case``, ``running``, ``share`` done in [0, 1], and ``text``
        on the rest.
    """
    first = queue[0]
    known = [one.seconds_left for one in queue if not math.isnan(one.seconds_left)]
    time = f"{in_time(sum(known))} left" if known else "starting"
    if known and len(known) < len(queue):
        time = time.replace("about", "more than")
    waiting = len(queue) - 1
    summary = f"{time}, {waiting} more" if waiting else time
    return {
        "now": _named(first),
        "summary": summary,
        "words": f"{_named(first)}, {summary}",
        "jobs": [
            {
                "id": one.digest,
                "title": one.title,
                "case": one.case,
                "running": one.running,
                "share": min(1.0, one.done / one.expected) if one.expected else 0.0,
                "text": _text(one, paused=one.running and one is not first),
            }
            for one in queue
        ],
    }


def _named(one: "Queued") -> str:
    return f"{one.title} of {one.case}" if one.case else one.title


def _text(one: "Queued", *, paused: bool) -> str:
    """How far one is, and how long it takes."""
    parts = []
    if paused:
        parts.append("makes room")
    elif one.running and not one.done:
        parts.append("starting")
    if one.expected:
        count = f"{one.expected:,} {one.unit}"
        parts.append(f"{one.done:,} of {count}" if one.running and one.done else count)
    if not math.isnan(one.seconds_left):
        parts.append(in_time(one.seconds_left) + (" left" if one.running and one.done else ""))
    return ", ".join(parts) or "waiting"
