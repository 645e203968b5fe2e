"""A secret that stays the same."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shamsul.storage.secret import secret


def test_secret_is_the_same_for_all_who_ask_at_once_and_later(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secret(path), range(32)))
    assert found == {secret(path)}
    assert len(secret(path)) == 32
    assert [one.name for one in tmp_path.iterdir()] == ["key"]
    assert path.stat().st_mode & 0o077 == 0


def test_another_installation_has_another_secret(tmp_path: Path) -> None:
    assert secret(tmp_path / "one") != secret(tmp_path / "other")
