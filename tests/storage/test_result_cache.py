"""Kept results: what is damaged is computed again."""

from pathlib import Path

import pytest

from shamsul.storage.result_cache import ResultCache

ROWS = [{"score": 0.1 + 0.2, "label": "Ödem", "missing": None}]


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    assert cache.get("a") is None
    cache.put("a", ROWS)
    assert cache.get("a") == ROWS
    cache.put("b", [])
    assert cache.get("b") == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:-9],
        lambda whole: b"\xff" + whole,
        lambda whole: whole.replace(b"score", b"scare"),
        lambda whole: whole.replace(b"0.3", b"0.4"),
        lambda whole: b"[" * 20_000,
        lambda whole: b"[]",
        lambda whole: b'{"sha256": 3, "rows": 3}',
    ],
)
def test_damaged_rows_are_as_good_as_none(tmp_path: Path, damage) -> None:
    cache = ResultCache(tmp_path)
    cache.put("a", ROWS)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get("a") is None
    cache.put("a", ROWS)
    assert cache.get("a") == ROWS
