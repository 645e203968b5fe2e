"""A data set's images on the model's grid, decoded once: a second epoch opens no file."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Resize
from shamsul.parallel.each import each
from shamsul.radiographs import (
    ArchiveError,
    Radiograph,
    RadiographArchive,
    RadiographError,
    read_radiograph,
)
from shamsul.radiographs.pseudonym import is_sha256
from shamsul.training import store


@dataclass(frozen=True)
class Unreadable:
    """An image that is left out.

    Attributes
    ----------
    number : int
        Its place among the files.
    file : Path
        For the screen only: it may name a patient.
    reason : str
        One sentence.
    """

    number: int
    file: Path
    reason: str


@dataclass(frozen=True)
class Images:
    """Images of N files.

    Attributes
    ----------
    pixels : ndarray of shape (N, size, size), uint8
        Brightness as the app shows it, in 255ths; zeros where there is none. They are on the disk.
    unreadable : tuple of Unreadable
        In the order of the files.
    """

    pixels: NDArray[np.uint8]
    unreadable: tuple[Unreadable, ...]


def images(
    files: Sequence[Path], size: int, resize: Resize, directory: Path, *, processes: int
) -> Images:
    """Decode files as the app does when it predicts, those that the directory lacks.

    Parameters
    ----------
    files : sequence of Path
        DICOM, PNG or JPEG; or as the app keeps radiographs, ``SHA256.npz``.
    size : int
        Of the model's grid, in pixels.
    resize : Resize
    directory : Path
        Keeps the images, in a folder for each list of files as they are on the disk now. An
        interrupted run goes on where it stopped.
    processes : int
        That decode; 0 decodes in this one.
    """
    folder = directory / digest(files, size, resize)
    folder.mkdir(parents=True, exist_ok=True)
    pixels = store.array(folder / "pixels.npy", (len(files), size, size))
    done = store.array(folder / "done.npy", (len(files),))
    tasks = [(n, file, size, resize) for n, file in enumerate(files) if not done[n]]
    unreadable: list[Unreadable] = []

    def results() -> Iterator[tuple[int, Mapping[str, NDArray[np.uint8]]]]:
        for number, found in each(_decoded, tasks, processes, chunk=store.CHUNK):
            if isinstance(found, str):
                unreadable.append(Unreadable(number, files[number], found))
                yield number, {}
            else:
                yield number, {"pixels": found}

    store.fill({"pixels": pixels}, done, results(), "reading images")
    return Images(pixels, tuple(sorted(unreadable, key=lambda one: one.number)))


def digest(files: Sequence[Path], size: int, resize: Resize) -> str:
    """Of files as they are on the disk now, and how they are brought onto which grid."""
    digest = hashlib.sha256(f"{size} {resize.value}".encode())
    for file in files:
        try:
            state = file.stat()
            digest.update(f"\n{file.resolve()}\0{state.st_size} {state.st_mtime_ns}".encode())
        except OSError:
            digest.update(f"\n{file.resolve()}\0missing".encode())
    return digest.hexdigest()[:16]


def _decoded(task: tuple[int, Path, int, Resize]) -> tuple[int, NDArray[np.uint8] | str]:
    """The image, or the sentence why there is none."""
    number, file, size, resize = task
    try:
        radiograph = opened(file)
    except OSError as error:
        return number, f"It cannot be opened: {error.strerror}."
    except (ArchiveError, RadiographError) as error:
        return number, str(error)
    grid = resample(radiograph.pixels, size, resize, radiograph.pixel_aspect)
    return number, np.rint(grid.values * 255).astype(np.uint8)


def opened(file: Path) -> Radiograph:
    """A radiograph, of whatever kind its file is.

    Raises
    ------
    OSError, ArchiveError, RadiographError
        It cannot be read.
    """
    if file.suffix == ".npz" and is_sha256(file.stem):
        return RadiographArchive(file.parent).get(file.stem)
    return read_radiograph(file.read_bytes())
