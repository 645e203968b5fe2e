"""ZIP archives of radiographs: opened within limits, and bombs are not."""

import io
import zipfile
from collections.abc import Mapping

import pytest

from shamsul.radiographs import RadiographError, unpacking
from shamsul.radiographs.unpacking import Given, unpacked

MOST = 2**20


def zipped(files: Mapping[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def given(name: str, data: bytes) -> Given:
    return Given(name, lambda: data)


def opened(name: str, data: bytes, max_bytes: int = MOST) -> list[tuple[str, bytes | str]]:
    """Each file with its bytes, or the sentence with which it is refused."""
    found: list[tuple[str, bytes | str]] = []
    for file in unpacked([given(name, data)], max_bytes=max_bytes):
        try:
            found.append((file.name, file.read()))
        except RadiographError as error:
            found.append((file.name, str(error)))
    return found


def test_files_of_an_archive_stand_in_its_place() -> None:
    archive = zipped({"a/1.dcm": b"one", "a/": b"", "2": b"two"})
    files = [given("first", b"x"), given("all.bin", archive), given("last", b"y")]
    names = [file.name for file in unpacked(files, max_bytes=MOST)]
    assert names == ["first", "all.bin/a/1.dcm", "all.bin/2", "last"]
    assert opened("all.zip", archive) == [("all.zip/a/1.dcm", b"one"), ("all.zip/2", b"two")]


def test_what_systems_put_beside_is_left_out() -> None:
    archive = zipped({"__MACOSX/._1": b"", ".DS_Store": b"", "sub/.hidden": b"", "1": b"one"})
    assert opened("z", archive) == [("z/1", b"one")]
    assert opened("z", zipped({})) == []


def test_a_file_too_large_is_refused_and_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = zipped({"large": bytes(2000)})
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", None)
        ((name, reason),) = opened("z", alone, 1000)
    assert name == "z/large" and "larger than" in str(reason)
    archive = zipped({"large": bytes(2000), "small": b"1"})
    assert opened("z", archive, 1000) == [("z/large", reason), ("z/small", b"1")]


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "MOST_FILES", 2)
    assert opened("z", zipped({"1": b"", "2": b""})) == [("z/1", b""), ("z/2", b"")]
    assert opened("z", zipped({"1": b"", "2": b"", "3": b""})) == [("z", unpacking.TOO_MANY)]


def test_a_bomb_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "SMALL", 1000)
    bomb = zipped({"zeros": bytes(2**20)})
    assert 2**20 / len(bomb) > 500
    # Many that are each small enough.
    parts = zipped({str(number): bytes(20_000) for number in range(50)})
    large = zipped({"1": b"123456"})
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert opened("z", bomb, 2**30) == [("z", unpacking.TOO_LARGE)]
    assert opened("z", parts, 2**30) == [("z", unpacking.TOO_LARGE)]
    monkeypatch.setattr(unpacking, "MOST_BYTES", 5)
    assert opened("z", large) == [("z", unpacking.TOO_LARGE)]


def test_an_entry_that_lies_about_its_size_is_damaged() -> None:
    whole = zipped({"zeros": bytes(5000)})
    lie = whole.replace((5000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != whole
    assert opened("z", lie) == [("z/zeros", unpacking.MEMBER_DAMAGED)]


def test_an_archive_in_an_archive_is_refused() -> None:
    inner = zipped({"1": b"one"})
    assert opened("z", zipped({"inner.zip": inner, "2": b"two"})) == [
        ("z/inner.zip", unpacking.NESTED),
        ("z/2", b"two"),
    ]


def test_damaged_and_locked_archives_are_refused_in_a_sentence() -> None:
    whole = zipped({"1": b"one" * 100}, zipfile.ZIP_STORED)
    assert opened("z", whole[:-10]) == [("z", unpacking.DAMAGED)]
    assert opened("z", b"PK\x03\x04" + bytes(50)) == [("z", unpacking.DAMAGED)]
    changed = whole.replace(b"oneone", b"0ne0ne", 1)
    assert opened("z", changed) == [("z/1", unpacking.MEMBER_DAMAGED)]
    central = whole.index(b"PK\x01\x02")
    locked = bytearray(whole)
    locked[6] |= 1
    locked[central + 8] |= 1
    assert opened("z", bytes(locked)) == [("z", unpacking.ENCRYPTED)]
    otherwise = bytearray(whole)
    otherwise[8] = otherwise[central + 10] = 99
    assert opened("z", bytes(otherwise)) == [("z/1", unpacking.OTHERWISE_PACKED)]
