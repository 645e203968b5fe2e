"""Clocks that go wrong: what was answered last is decided by the order of writing."""

import csv
import io
from datetime import UTC, datetime, timedelta

from shamsul.reading import Answer
from shamsul.reading.database import store as store_module
from shamsul.reading.exports.ratings import export_ratings


class BackwardClock(datetime):
    """Each look at it is an hour earlier than the one before."""

    hours = 0

    @classmethod
    def now(cls, tz=None):
        cls.hours += 1
        return datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=cls.hours)


def test_clock_set_back_changes_no_order(store, case, rating, monkeypatch) -> None:
    monkeypatch.setattr(store_module, "datetime", BackwardClock)
    for value in (1, 2, 3):
        store.record([rating(value=value)])
    store.record([rating("coverage", 5)])
    current = {one.answer.item: one for one in store.answers(case, "Ada")}
    assert (current["location"].answer.value, current["location"].revision) == (3, 3)
    assert current["location"].changed_at < current["location"].created_at
    rows = list(csv.DictReader(io.StringIO(export_ratings(store, "pilot").ratings.decode())))
    assert [(row["item"], row["score"], row["revision"]) for row in rows] == [
        ("location", "3", "3"),
        ("coverage", "5", "1"),
    ]


def test_same_click_sent_again_is_kept_once(store, case, rating) -> None:
    def click(value: int, seconds: float) -> Answer:
        return rating(value=value, active_seconds=seconds)

    store.record([click(1, 1.25), click(2, 2.5)])
    # The server ended before it could say so: the page sends both again, and a third.
    store.record([click(1, 1.25), click(2, 2.5), click(1, 4.75)])
    (current,) = store.answers(case, "Ada")
    assert (current.answer.value, current.revision) == (1, 3)
