"""Files and folders that are there whole or not at all."""

from pathlib import Path

import pytest

from shamsul.storage.atomic import new_folder, replacing, write_atomically


def test_a_file_appears_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    with replacing(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"


def test_a_failure_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    write_atomically(path, b"earlier")
    with pytest.raises(RuntimeError), replacing(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_is_as_readable_as_others(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "written", b"")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_appears_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "models" / "own"
    with new_folder(path) as folder:
        (folder / "model.toml").write_bytes(b"name")
        assert not path.exists()
    assert (path / "model.toml").read_bytes() == b"name"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_folder(tmp_path / "own") as folder:
        (folder / "model.toml").write_bytes(b"name")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "own"
    with pytest.raises(OSError), new_folder(path):
        path.mkdir()
        (path / "other").write_bytes(b"")
    assert [file.name for file in path.iterdir()] == ["other"]
    assert list(tmp_path.iterdir()) == [path]
