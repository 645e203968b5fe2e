"""What becomes of files that are uploaded together."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.thumbnails import Thumbnails
from shamsul.radiographs.unpacking import Given
from shamsul.reading import Store, Study
from shamsul.ui.worklist.uploads import Became, Outcome, take_in
from tests.radiographs.test_directory import medium


def png(seed: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 40)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'data' / 'shamsul.db'}")
    store.ensure_study(Study("mine", "Mine", model="phantom"))
    yield store
    store.close()


def taken(store: Store, folder: Path, files: dict[str, bytes]) -> tuple[Outcome, ...]:
    return take_in(
        [Given(name, lambda data=data: data) for name, data in files.items()],  # type: ignore[misc]
        study="mine",
        store=store,
        archive=RadiographArchive(folder / "data" / "radiographs"),
        thumbnails=Thumbnails(folder / "data" / "thumbnails"),
        max_bytes=2**24,
    )


def test_an_archive_is_a_case_for_each_radiograph_and_no_name_is_kept(
    store: Store, tmp_path: Path
) -> None:
    archive = zipped({"DOE_JANE/1.png": png(1), "letter.txt": b"Dear Jane", "2.png": png(2)})
    outcomes = taken(store, tmp_path, {"DOE.zip": archive, "again.png": png(1)})
    assert [(one.file, one.became) for one in outcomes] == [
        ("DOE.zip/DOE_JANE/1.png", Became.ADDED),
        ("DOE.zip/letter.txt", Became.REFUSED),
        ("DOE.zip/2.png", Became.ADDED),
        ("again.png", Became.KNOWN),
    ]
    first, second = store.cases("mine")
    assert [one.case for one in outcomes] == [first, None, second, first]
    store.close()
    for file in (path for path in (tmp_path / "data").rglob("*") if path.is_file()):
        assert b"DOE" not in file.read_bytes() and "DOE" not in file.name


def test_a_dicomdir_says_which_of_its_files_came_with_it(store: Store, tmp_path: Path) -> None:
    files = medium(tmp_path / "medium", 3)
    paths = [path for path in files if path != "DICOMDIR"]
    given = {f"cd/{path}": files[path] for path in ("DICOMDIR", *paths[:2])}
    directory, *others = taken(store, tmp_path, given)
    assert directory.became is Became.DIRECTORY
    assert directory.reason == "2 of the 3 files it lists came with it."
    assert [one.became for one in others] == [Became.ADDED, Became.ADDED]
    (alone,) = taken(store, tmp_path, {"DICOMDIR": files["DICOMDIR"]})
    assert alone.became is Became.DIRECTORY
    assert alone.reason == "0 of the 3 files it lists came with it."


def test_progress_counts_what_is_in_archives(store: Store, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    take_in(
        [Given("z", lambda: zipped({"1": b"x", "2": b"y"})), Given("3", lambda: b"z")],
        study="mine",
        store=store,
        archive=RadiographArchive(tmp_path),
        thumbnails=Thumbnails(tmp_path),
        max_bytes=100,
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
