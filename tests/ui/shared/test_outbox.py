"""What a browser sends is believed within bounds; what is refused for good is said."""

import json

import pytest
import streamlit as st

from shamsul.reading.database.store import Refused
from shamsul.reading.design.questionnaire import MAX_TEXT, Kind, Question, Step
from shamsul.ui.shared import answers, outbox
from shamsul.ui.shared.outbox import MOST_SECONDS


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch):
    def sent(**changes: object) -> outbox.Outbox:
        event = {"number": 3, "token": "t", "item": "i", "value": 1, "seconds": 2.5} | changes
        text = json.dumps({"id": "box", "events": [event]})
        monkeypatch.setattr(st, "session_state", {"key": {"outbox": json.loads(text)}})
        return outbox.received("key")

    return sent


def test_an_event_comes_as_it_was_sent(sent) -> None:
    (event,) = sent().events
    assert (event.number, event.seconds) == (3, 2.5)


@pytest.mark.parametrize(
    ("seconds", "kept"),
    [(1e300, MOST_SECONDS), (float("inf"), MOST_SECONDS), (float("nan"), 0.0), (-4, 0.0)],
)
def test_time_at_work_is_bounded(sent, seconds: float, kept: float) -> None:
    (event,) = sent(seconds=seconds).events
    assert event.seconds == kept


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 2**53},
        {"number": -1},
        {"number": float("inf")},
        {"number": True},
        {"number": "3"},
        {"seconds": 10**400},
        {"seconds": []},
    ],
    ids=str,
)
def test_what_no_browser_of_ours_sends_is_no_event(sent, changes: dict[str, object]) -> None:
    assert sent(**changes).events == ()


def test_a_text_that_cannot_be_kept_is_refused_aloud() -> None:
    comment = Question("comment", "Comment", Kind.TEXT, Step.MAPS)
    assert answers._value(comment, "x" * MAX_TEXT) == "x" * MAX_TEXT
    with pytest.raises(Refused, match="longer than 10000 characters"):
        answers._value(comment, "x" * (MAX_TEXT + 1))
    with pytest.raises(Refused, match="cannot be stored"):
        answers._value(comment, "a\0b")


def test_a_number_beyond_all_bounds_is_no_answer() -> None:
    years = Question("years", "Years?", Kind.NUMBER, Step.START)
    for value in (10**400, float("inf"), float("nan"), -1e300):
        with pytest.raises(ValueError, match="must be a number"):
            years.clean(value)
    assert years.clean(7) == 7.0
