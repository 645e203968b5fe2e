"""Copies of the ratings, and their way back."""

import json
import threading
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
