"""Files as they are handed over, laid out in a folder."""

import io
import stat
import struct
import time
import zipfile
from pathlib import Path

import pytest

from shamsul.annotations import upload
from shamsul.annotations.upload import lay_out


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file


def folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def found(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_one_file_is_given_itself(tmp_path: Path) -> None:
    path = lay_out([("C:\\mine\\..\\a.json", io.BytesIO(b"{}"))], tmp_path)
    assert path.name == "a.json" and path.read_bytes() == b"{}"
    assert path.is_relative_to(tmp_path)


def test_several_files_and_masks_are_a_folder(tmp_path: Path) -> None:
    files = [("a.json", io.BytesIO(b"1")), ("x/b.json", io.BytesIO(b"2"))]
    assert found(lay_out(files, tmp_path)) == ["a.json", "b.json"]
    (tmp_path / "other").mkdir()
    assert found(lay_out([("a--b.png", io.BytesIO())], tmp_path / "other")) == ["a--b.png"]


@pytest.mark.parametrize(
    ("names", "laid_out"),
    [
        (["masks/a--b.png", "masks/c--d.png"], ["a--b.png", "c--d.png"]),
        (["x/y/a.json", "x/y/z/b.json"], ["a.json", "z/b.json"]),
        (["x/Hernia/a.png"], ["Hernia/a.png"]),  # known to the table of labels
        (["x/Own_Label/a.png"], ["Own_Label/a.png"]),  # a label of the model
        (["x/a.png", "__MACOSX/x/._a.png", "x/.DS_Store"], ["a.png"]),
        (["x\\a.png"], ["a.png"]),
    ],
)
def test_an_archive_is_unpacked(tmp_path: Path, names: list[str], laid_out: list[str]) -> None:
    file = packed(*((name, b"1") for name in names))
    assert found(lay_out([("a.zip", file)], tmp_path, ["Own Label"])) == laid_out


@pytest.mark.parametrize("name", ["../a.json", "/a.json", "x/../../a.json", "..\\a.json"])
def test_an_archive_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    file = packed(("b.json", b"{}"), (name, b"{}"))
    with pytest.raises(ValueError, match=r"a\.zip has entries that lead out of its folder"):
        lay_out([("a.zip", file)], tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_archive_that_grows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_BYTES", 2**20)
    bomb = packed(("a.json", b"0" * 2**21))
    assert len(bomb.getvalue()) < 2**14
    with pytest.raises(ValueError, match="unpacks to more than"):
        lay_out([("a.zip", bomb)], tmp_path)
    monkeypatch.setattr(upload, "MOST_ENTRIES", 2)
    (tmp_path / "other").mkdir()
    with pytest.raises(ValueError, match="more than 2 files"):
        lay_out([("a.zip", packed(*((f"{n}", b"") for n in range(3))))], tmp_path / "other")


def test_an_archive_that_grows_as_no_annotations_do_is_refused_at_once(tmp_path: Path) -> None:
    begun = time.process_time()
    for names in (["a.json"], ["a.json", "b.json"]):
        content = b"[" + b"{}," * (upload.FEW_BYTES // 3 // len(names) + 1)
        file = packed(*((name, content) for name in names))
        with pytest.raises(ValueError, match=r"a\.zip unpacks to more than 100 times its size"):
            lay_out([("a.zip", file)], folder(tmp_path, str(len(names))))
    assert time.process_time() - begun < 5
    whole = b"[" + b"{}," * 100_000
    assert len(whole) > 100 * len(packed(("a.json", whole)).getvalue())
    assert lay_out([("a.zip", packed(("a.json", whole)))], folder(tmp_path, "few")).is_dir()


def link(name: str, to: str) -> tuple[zipfile.ZipInfo, bytes]:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16  # of Unix
    return entry, to.encode()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([link("a.json", "/etc/passwd")], "has links in it"),
        ([link("a", "/tmp"), ("a/b.json", b"{}")], "has links in it"),
        ([("b.json", b"{}"), ("in/c.zip", packed(("a.json", b"{}")).getvalue())], "archive, c.zip"),
        ([("a.json", b"{}"), ("a.json", b"[]")], "two entries named a.json"),
        ([("a", b"{}"), ("a/b.json", b"[]")], "two entries named a/b.json"),
        ([("a/b.json", b"{}"), ("a", b"[]")], "two entries named a"),
        ([("n" * 300, b"{}")], "whose name is too long"),
        ([("a/" * 3000 + "b", b"{}")], "whose name is too long"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_of_hostile_entries_is_refused(tmp_path: Path, entries: list, says: str) -> None:
    with pytest.raises(ValueError, match=rf"^a\.zip .*{says}"):
        lay_out([("a.zip", packed(*entries))], tmp_path)
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "entries",
    [
        [("a.json", b"{}"), ("b/a.json", b"{}")],
        [("a.json", b"{}"), ("__MACOSX/in.zip", b""), ("C:/x..y.json", b"{}")],
        [("n" * 200 + ".json", b"{}")],
    ],
)
def test_an_archive_of_unusual_entries_is_unpacked(tmp_path: Path, entries: list) -> None:
    assert lay_out([("a.zip", packed(*entries))], tmp_path).is_dir()


def test_an_archive_that_understates_its_size_does_not_grow(tmp_path: Path) -> None:
    content = b"0" * 2**20
    file = packed(("a.json", content))
    size = struct.pack("<I", len(content))
    lying = io.BytesIO(file.getvalue().replace(size, struct.pack("<I", 10)))
    with pytest.raises(ValueError, match=r"a\.zip is damaged"):
        lay_out([("a.zip", lying)], tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.json")) <= 10


def encrypted() -> bytes:
    """An archive whose entry says that it has a password (bit 0 of its flags)."""
    data = bytearray(packed(("a.json", b"{}"), method=zipfile.ZIP_STORED).getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("a.zip", b"PK")], "a.zip is damaged"),
        ([("a.zip", packed(("a", b"1" * 99)).getvalue().replace(b"a", b"b", 1))], "is damaged"),
        ([("a.zip", encrypted())], "a.zip is encrypted"),
        ([("a.zip", packed(("a", b"")).getvalue()), ("b.csv", b"")], "imported by itself"),
        ([("x/a.csv", b""), ("y/a.csv", b"")], "two files are named a.csv"),
    ],
    ids=["no archive", "other name inside", "encrypted", "not alone", "one name"],
)
def test_what_cannot_be_laid_out_is_one_sentence(
    tmp_path: Path, files: list[tuple[str, bytes]], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        lay_out([(name, io.BytesIO(data)) for name, data in files], tmp_path)
    assert not str(refused.value).endswith(".")
