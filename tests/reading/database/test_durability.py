"""Answers survive what happens to processes."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from shamsul.reading import Store

WRITERS = Path(__file__).with_name("writers.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the writers fork")


def printed_and_stored(what, url):
    """(revision, value) of each answer reported as saved, and of each in the database."""
    done = subprocess.run(
        [sys.executable, WRITERS, what, url], stdout=subprocess.PIPE, timeout=60, check=True
    )
    # A killed writer may leave half a line, which promised nothing.
    lines = [line.split() for line in done.stdout.decode().splitlines(keepends=True)]
    printed = {(int(line[1]), line[2]) for line in lines if len(line) == 3 and line[0] == "saved"}
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        rows = connection.execute("SELECT answer_id, number, value FROM revision").fetchall()
        healthy = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    assert healthy == ("ok",)
    assert {row[0] for row in rows} == {1}
    return printed, [(number, json.loads(value)) for _, number, value in rows]


@pytest.mark.long
def test_what_was_reported_saved_survives_kill_9(url):
    printed, stored = printed_and_stored("kill", url)
    assert len(printed) > 15
    assert printed <= set(stored)
    assert sorted(number for number, _ in stored) == list(range(1, len(stored) + 1))
    assert len({value for _, value in stored}) == len(stored)
    # At most the answer in the making is there without having been reported.
    assert len(stored) - len(printed) <= 15
    store = Store(url)
    (current,) = store.export_rows("pilot")
    assert (current.revision, current.answer.value) == max(stored)
    store.close()


def test_processes_that_write_at_once_lose_nothing(url):
    printed, stored = printed_and_stored("race", url)
    assert printed == set(stored)
    assert sorted(number for number, _ in stored) == list(range(1, 3 * 25 + 1))
