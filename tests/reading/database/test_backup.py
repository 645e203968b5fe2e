"""Copies of the ratings, and their way back."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from shamsul.cli import main
from shamsul.reading import Store, StoreError
from shamsul.reading.database.transactions import Database


def stored(url: str) -> list[object]:
    store = Store(url)
    found = [row.answer.value for row in store.export_rows("pilot")]
    store.close()
    return found


def test_a_copy_brings_the_ratings_back(store, url, rating, tmp_path) -> None:
    store.record([rating(value=4)])
    database = Database(url)
    database.backup(tmp_path / "copy.db")
    store.record([rating(value=1), rating("trust", 2)])
    kept = database.restore(tmp_path / "copy.db")
    assert stored(url) == [4]
    assert sorted(stored(f"sqlite:///{kept}")) == [1, 2]
    database.close()


def test_a_copy_made_while_readers_answer_is_whole(store, url, rating, tmp_path) -> None:
    stop = threading.Event()

    def answer() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            store.record([rating("comment", f"{number}"), rating("location", number % 5 + 1)])

    writer = threading.Thread(target=answer)
    writer.start()
    database = Database(url)
    for number in range(5):
        database.backup(tmp_path / f"{number}.db")
        copy = Store(f"sqlite:///{tmp_path / f'{number}.db'}")
        # Both answers of a transaction, or none of it.
        values = {a.answer.item: a.answer.value for a in copy.export_rows("pilot")}
        assert not values or values["location"] == int(values["comment"]) % 5 + 1
        copy.close()
    stop.set()
    writer.join()
    database.close()


@pytest.mark.parametrize("content", [b"", b"Not a database. " * 100])
def test_what_is_no_copy_is_refused(store, url, rating, tmp_path, content) -> None:
    store.record([rating(value=4)])
    (tmp_path / "notes.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"notes\.db"):
        Database(url).restore(tmp_path / "notes.db")
    with pytest.raises(StoreError, match=r"nowhere\.db could not be restored"):
        Database(url).restore(tmp_path / "nowhere.db")
    assert stored(url) == [4]


def test_a_copy_that_cannot_be_written_says_so(store, url, tmp_path) -> None:
    with pytest.raises(StoreError, match="could not be copied to"):
        Database(url).backup(tmp_path / "no" / "such" / "folder.db")


def test_the_commands_do_both(
    store, url, rating, tmp_path: Path, monkeypatch, capsys, request
) -> None:
    from shamsul.settings import settings

    monkeypatch.setenv("SHAMSUL_DATABASE_URL", url)
    settings.cache_clear()
    request.addfinalizer(settings.cache_clear)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["shamsul", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    store.record([rating(value=4)])
    copy = str(tmp_path / "copy.db")
    assert run("backup", copy, "--json")[1] == json.dumps({"file": copy}) + "\n"
    assert run("backup", copy)[::2] == (2, f"{copy} is there already.\n")
    store.record([rating(value=1)])
    status, out, _ = run("restore", copy)
    assert status == 0 and "the earlier ratings are in" in out
    assert stored(url) == [4]


def bytes_of(url: str) -> dict[str, bytes]:
    """The database's files as they are on the disk."""
    file = Path(url.removeprefix("sqlite:///"))
    return {one.name: one.read_bytes() for one in file.parent.iterdir() if one.is_file()}


def broken(file: Path) -> None:
    """Overwrite what is after the first page, as a failing disk does."""
    whole = bytearray(file.read_bytes())
    whole[4096:] = bytes(len(whole) - 4096)
    file.write_bytes(whole)


def written(url: str) -> Path:
    """The database's file, with all that was answered in it."""
    file = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


def test_a_damaged_database_is_not_copied(store, url, rating, tmp_path) -> None:
    store.record([rating(value=4)])
    store.close()
    broken(written(url))
    with pytest.raises(StoreError, match="is damaged and was not copied"):
        Database(url).backup(tmp_path / "copies.db")
    assert not (tmp_path / "copies.db").exists()


def test_a_damaged_index_is_damage(store, url, rating, tmp_path) -> None:
    store.record([rating(value=4)])
    store.close()
    with closing(sqlite3.connect(written(url))) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master"
            " WHERE name = 'failed_sign_in') WHERE name = 'one_answer_per_question'"
        )
        connection.commit()
    with pytest.raises(StoreError, match="is damaged and was not copied"):
        Database(url).backup(tmp_path / "copies.db")


def test_a_damaged_database_is_replaced_and_kept(store, url, rating, tmp_path) -> None:
    store.record([rating(value=4)])
    Database(url).backup(tmp_path / "copy.db")
    store.close()
    file = written(url)
    broken(file)
    damaged = file.read_bytes()
    kept = Database(url).restore(tmp_path / "copy.db")
    assert stored(url) == [4]
    assert kept is not None and kept.read_bytes() == damaged


def test_a_copy_is_restored_where_there_is_no_database(store, url, rating, tmp_path) -> None:
    store.record([rating(value=4)])
    Database(url).backup(tmp_path / "copy.db")
    other = f"sqlite:///{tmp_path / 'other' / 'a.db'}"
    assert Database(other).restore(tmp_path / "copy.db") is None
    assert stored(other) == [4]


SPOILED = {
    "a trigger": (
        "CREATE TRIGGER gone AFTER INSERT ON revision BEGIN DELETE FROM revision; END",
        "triggers or views",
    ),
    "a view": ("CREATE VIEW seen AS SELECT * FROM revision", "triggers or views"),
    "a later version": ("UPDATE alembic_version SET version_num = '9999'", "a later version"),
    "a table less": ("DROP TABLE reading_event", "reading_event is missing"),
    "a column less": ("ALTER TABLE revision DROP COLUMN zoom", "zoom of revision is missing"),
    "nothing": ("DROP TABLE revision; DROP TABLE alembic_version", "no copy of a ratings database"),
}


@pytest.mark.parametrize(("change", "says"), SPOILED.values(), ids=list(SPOILED))
def test_a_spoiled_copy_changes_nothing(store, url, rating, tmp_path, change, says) -> None:
    store.record([rating(value=4)])
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    Database(url).backup(copy)
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(change)
    before = bytes_of(url)
    with pytest.raises(StoreError, match=says):
        Database(url).restore(copy)
    assert bytes_of(url) == before
    assert stored(url) == [4]


def test_a_damaged_copy_changes_nothing(store, url, rating, tmp_path) -> None:
    store.record([rating(value=4)])
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    Database(url).backup(copy)
    broken(copy)
    before = bytes_of(url)
    with pytest.raises(StoreError, match=r"no sound copy|could not be restored"):
        Database(url).restore(copy)
    assert bytes_of(url) == before


def test_an_empty_sound_copy_is_restored(store, url, rating, tmp_path) -> None:
    Database(url).backup(tmp_path / "copy.db")
    store.record([rating(value=4)])
    kept = Database(url).restore(tmp_path / "copy.db")
    assert stored(url) == []
    assert stored(f"sqlite:///{kept}") == [4]
