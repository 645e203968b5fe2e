"""Images of a data set, decoded once."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Resize
from shamsul.radiographs import read_radiograph
from shamsul.training import images as module
from shamsul.training.images import images


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two pictures of other shapes, a file that is none, one that is not there, and a third."""
    rng = np.random.default_rng(0)
    written = []
    for name, shape in (("a.png", (60, 40)), ("b.jpg", (30, 50)), ("e.png", (32, 32))):
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(tmp_path / name)
        written.append(tmp_path / name)
    (tmp_path / "c.png").write_bytes(b"no picture")
    return [*written[:2], tmp_path / "c.png", tmp_path / "d.png", written[2]]


def expected(file: Path, size: int, resize: Resize) -> np.ndarray:
    grid = resample(read_radiograph(file.read_bytes()).pixels, size, resize)
    return np.rint(grid.values * 255).astype(np.uint8)


@pytest.mark.parametrize("resize", [Resize.STRETCH, Resize.LETTERBOX])
@pytest.mark.parametrize("processes", [0, 2])
def test_images_are_those_that_the_model_is_shown(
    files: list[Path], tmp_path: Path, resize: Resize, processes: int
) -> None:
    found = images(files, 24, resize, tmp_path / "cache", processes=processes)
    assert found.pixels.dtype == np.uint8
    for number in (0, 1, 4):
        assert np.array_equal(found.pixels[number], expected(files[number], 24, resize))
    assert not found.pixels[2:4].any()
    assert [(one.number, one.file.name) for one in found.unreadable] == [(2, "c.png"), (3, "d.png")]
    assert found.unreadable[0].reason == "The file is not a DICOM, PNG or JPEG image."
    assert found.unreadable[1].reason == "It cannot be opened: No such file or directory."


def test_a_second_time_opens_only_what_could_not_be_read(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = images(files, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    opened = spy(monkeypatch)
    again = images(files, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    assert [file.name for file in opened] == ["c.png", "d.png"]
    assert np.array_equal(again.pixels, first.pixels)
    assert again.unreadable == first.unreadable


def test_a_stopped_run_goes_on(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy(monkeypatch, stop_at="b.jpg")
    with pytest.raises(KeyboardInterrupt):
        images(files, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    monkeypatch.undo()
    opened = spy(monkeypatch)
    found = images(files, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    assert "a.png" not in [file.name for file in opened]
    assert np.array_equal(found.pixels[0], expected(files[0], 24, Resize.STRETCH))


def test_a_damaged_file_of_the_app_is_left_out(tmp_path: Path) -> None:
    kept = [tmp_path / f"{'a' * 64}.npz", tmp_path / "other.npz"]
    for file in kept:
        file.write_bytes(b"no radiograph")
    found = images(kept, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    assert [one.reason for one in found.unreadable] == [
        "The radiograph's file in the archive is damaged.",
        "The file is not a DICOM, PNG or JPEG image.",
    ]


def test_a_file_that_changed_is_read_again(files: list[Path], tmp_path: Path) -> None:
    images(files, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    Image.fromarray(np.full((60, 41), 200, np.uint8)).save(files[0])
    found = images(files, 24, Resize.STRETCH, tmp_path / "cache", processes=0)
    assert (found.pixels[0] == 200).all()


def spy(monkeypatch: pytest.MonkeyPatch, stop_at: str = "") -> list[Path]:
    """The files that are decoded from now on."""
    opened: list[Path] = []
    decoded: Callable[..., object] = module._decoded

    def spying(task: tuple[int, Path, int, Resize]) -> object:
        if task[1].name == stop_at:
            raise KeyboardInterrupt
        opened.append(task[1])
        return decoded(task)

    monkeypatch.setattr(module, "_decoded", spying)
    return opened
