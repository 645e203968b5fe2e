"""What only SQLite does, and what can go wrong with its file."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event

from shamsul.reading import Store, StoreError
from shamsul.reading.database import transactions


def values(store, case):
    return {a.answer.item: a.answer.value for a in store.answers(case, "Ada")}


def test_sqlite_is_opened_for_durability(store):
    connection = store.database._engine.raw_connection()
    pragmas = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
    }
    connection.close()
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "synchronous": 2,
        "busy_timeout": 10_000,
    }


def test_a_full_disk_loses_no_earlier_answer(store, case, rating):
    store.record([rating()])

    @event.listens_for(store.database._engine, "checkout")
    def fill(connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match=r"^The disk of the ratings database is full; nothing"):
        store.record([rating("comment", "x" * 10_000, method=f"m{i}") for i in range(10)])
    assert values(store, case) == {"location": 4}
    event.remove(store.database._engine, "checkout", fill)


def test_a_read_only_database_can_be_read(store, url, case, rating):
    store.record([rating()])
    path = url.removeprefix("sqlite:///")
    reader = Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="read-only; nothing was saved"):
        reader.record([rating(value=1)])
    assert values(reader, case) == {"location": 4}
    reader.close()


def test_a_busy_database_says_so(store, url, case, rating, monkeypatch):
    store.record([rating()])
    monkeypatch.setattr(transactions, "BUSY_SECONDS", 0)
    impatient = Store(url)
    other = sqlite3.connect(url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="busy with another writer; nothing was saved"):
        impatient.record([rating(value=1)])
    assert values(impatient, case) == {"location": 4}
    other.close()
    impatient.close()


def test_what_is_no_database_says_so(tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("Not a database. " * 100)
    with pytest.raises(StoreError, match="is not a database"):
        Store(f"sqlite:///{file}")


def test_a_directory_that_cannot_be_made_says_so(tmp_path):
    Path(tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path / 'file' / 'ratings.db'}")


@pytest.mark.parametrize("url", ["", "nonsense", "nosuch://host/name"])
def test_a_wrong_url_says_so(url):
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(url)
