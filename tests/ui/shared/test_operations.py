"""What the settings begin, and what health looks at."""

import shutil
import signal
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from shamsul.computing.worker import ENDED, Worker
from shamsul.settings import settings
from shamsul.ui.shared import operations, session


def test_nothing_is_begun_unless_it_is_asked_for(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHAMSUL_LOG", raising=False)
    monkeypatch.delenv("SHAMSUL_METRICS_PORT", raising=False)
    monkeypatch.setattr(operations.log, "begin", lambda: pytest.fail("nobody asked for JSON"))
    operations.begin()
    assert "shamsul-metrics" not in [thread.name for thread in threading.enumerate()]


def test_settings_without_sense_are_left_to_the_pages(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMSUL_METRICS_PORT", "http")
    settings.cache_clear()
    operations.begin()


def test_a_database_that_is_gone_or_damaged_is_a_fault(installation: Path) -> None:
    ratings = operations.Ratings()
    file = installation / "shamsul.db"
    assert ratings.fault() == ratings.fault() == ""
    file.rename(installation / "elsewhere.db")
    assert ratings.fault() == "The file of the ratings database is gone."
    assert not file.exists()
    file.write_bytes(b"no database" * 1000)
    assert operations.Ratings().fault() == "The file of the ratings database is not a database."


def test_a_database_is_made_as_by_the_first_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "new"))
    settings.cache_clear()
    assert operations.Ratings().fault() == ""
    assert (tmp_path / "new" / "shamsul.db").exists()
    settings.cache_clear()


def test_a_data_directory_that_cannot_be_written_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    assert operations.directory() == ""
    assert list((tmp_path / "data").iterdir()) == []
    shutil.rmtree(tmp_path / "data")
    (tmp_path / "data").write_text("a file")
    assert operations.directory() == "The data directory cannot be written: File exists."
    settings.cache_clear()


def test_a_worker_that_has_ended_is_a_fault_until_it_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Process:
        pid, ended = 1, None

        def poll(self) -> int | None:
            return self.ended

    worker = Worker()
    monkeypatch.setitem(session._desk, "open", SimpleNamespace(engine=worker))
    assert operations.worker() == ""
    worker._running.started = process = Process()  # type: ignore[assignment]
    assert operations.worker() == ""
    process.ended = -signal.SIGKILL
    assert operations.worker() == ENDED
