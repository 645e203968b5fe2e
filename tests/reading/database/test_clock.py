"""A clock that is set back in the middle of a reading changes neither answers nor their order."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from shamsul.analysis.causability import scales
from shamsul.analysis.selection import select
from shamsul.reading import Store
from shamsul.reading.database import store as stores
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.accounts import Accounts, Role, SignInError
from shamsul.reading.database.transactions import Database
from shamsul.reading.exports.ratings import export_ratings
from shamsul.ui.results import sections
from shamsul.ui.shared import session
from tests.analysis.readings import ITEMS, METHODS, no_cases, reader_table, row
from tests.analysis.readings import table as as_table
from tests.reading.exports.test_ratings import table


class Clock:
    """Goes back by a day at each look."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, tzinfo=UTC)

    def now(self, zone: object = None) -> datetime:
        self.moment -= timedelta(days=1)
        return self.moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stores, "datetime", clock)
    return clock


def test_the_last_answer_counts(
    store: Store, case, rating, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "store", lambda: store)
    monkeypatch.setattr(session, "about_readers", lambda: AboutReaders(store.database, clock.now))
    seen = set()
    for number, value in enumerate((4, 1, 3, 1), 1):
        (saved,) = store.record([rating(value=value, active_seconds=2.0 * number)])
        assert (saved.revision, saved.answer.value) == (number, value)
        assert [one.answer.value for one in store.answers(case, "Ada")] == [value]
        seen.add(sections.fingerprint(store.study("pilot")))
    assert len(seen) == 4  # so that the page's results are computed anew
    (written,) = table(export_ratings(store, "pilot").ratings)
    assert (written["score"], written["revision"], written["active_seconds"]) == ("1", "4", "8.0")
    assert written["changed_at"] < written["created_at"]  # as the clock had it
    store.record([rating(value=None)])
    assert table(export_ratings(store, "pilot").ratings) == []


def test_an_analysis_goes_by_the_number_of_the_revision() -> None:
    early, late = "2026-11-20T10:00:00.000Z", "2026-11-22T10:00:00.000Z"
    rows = [
        row(score=1, revision=1, changed_at=late, heatmap_sha256="c" * 64),
        row(score=5, revision=2, changed_at=early),
    ]
    found = select(as_table(rows), no_cases(), ITEMS, METHODS)
    assert found.main["score"].tolist() == [5]
    scale = reader_table({"Ada": [5] * 10})
    before = reader_table({"Ada": [1] * 10}).assign(changed_at=late)
    both = [before, scale.assign(revision=2, changed_at=early)]
    assert scales(pd.concat(both))["scs"].tolist() == [1.0]


def test_wrong_passwords_of_the_future_keep_nobody_out(url: str) -> None:
    database = Database(url)
    database.migrate()
    moment = [datetime(2026, 3, 2, tzinfo=UTC)]
    accounts = Accounts(database, lambda: moment[0])
    accounts.add("Ada", Role.READER, "correct horse")
    for _ in range(5):
        with pytest.raises(SignInError, match="wrong"):
            accounts.sign_in("Ada", "wrong password")
    with pytest.raises(SignInError, match="Too many"):
        accounts.sign_in("Ada", "correct horse")
    moment[0] -= timedelta(minutes=5)  # as another server's clock may be
    with pytest.raises(SignInError, match="Too many"):
        accounts.sign_in("Ada", "correct horse")
    moment[0] -= timedelta(days=1)
    assert accounts.who(accounts.sign_in("Ada", "correct horse")) is not None
    database.close()
