"""Phantoms rendered once, brought onto the model's grid and kept on disk."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

import shamsul.phantom
from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Resize
from shamsul.phantom import LABELS, Grade, Phantom
from shamsul.training import store

GRID_SIZE: Final = 224
GRADES: Final = tuple(Grade)

Render = Callable[..., Phantom]


@dataclass(frozen=True)
class Split:
    """Which phantoms a purpose uses.

    Attributes
    ----------
    name : str
    seeds : range
        Disjoint from every other split's.
    shapes : tuple of (int, int)
        Rendered rows and columns; taken in turn, seed by seed.
    """

    name: str
    seeds: range
    shapes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Cases:
    """Phantoms on the model's grid, with what they show.

    Attributes
    ----------
    images : ndarray of shape (N, 224, 224), uint8
        Brightness in [0, 1] times 255; may be a memory map.
    present : ndarray of shape (N, L), bool
        In the order of `shamsul.phantom.LABELS`.
    grades : ndarray of shape (N, L), uint8
        0 absent, else 1 plus the index in `GRADES` of the label's most conspicuous finding.
    """

    images: NDArray[np.uint8]
    present: NDArray[np.bool_]
    grades: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.images)

    def with_shuffled_labels(self, seed: int) -> "Cases":
        """The same images, each with all labels of another drawn at random."""
        order = np.random.default_rng(seed).permutation(len(self))
        return Cases(self.images, self.present[order], self.grades[order])

    def mean(self) -> NDArray[np.uint8]:
        """The mean of the first thousand images: more would not change it."""
        return np.asarray(np.rint(self.images[:1000].mean(0)), np.uint8)


@cache
def fingerprint() -> str:
    """Short hash of the phantom's source code, so that no images outlive what made them."""
    digest = hashlib.sha256()
    for path in sorted(Path(shamsul.phantom.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def cases(
    split: Split,
    directory: Path,
    *,
    processes: int,
    render: Render = shamsul.phantom.render,
) -> Cases:
    """Give a split's phantoms, rendering those that the directory lacks.

    Parameters
    ----------
    split : Split
    directory : Path
        Keeps the images; an interrupted rendering goes on where it stopped.
    processes : int
        Rendering processes; 0 renders in this one.
    render : callable
        ``render(seed, shape=(H, W))``; importable by name when there are processes.
    """
    folder = directory / f"{fingerprint()}-{split.name}-{split.seeds.start}-{len(split.seeds)}"
    folder.mkdir(parents=True, exist_ok=True)
    count, labels = len(split.seeds), len(LABELS)
    arrays = {
        "images": store.array(folder / "images.npy", (count, GRID_SIZE, GRID_SIZE)),
        "present": store.array(folder / "present.npy", (count, labels)),
        "grades": store.array(folder / "grades.npy", (count, labels)),
    }
    done = store.array(folder / "done.npy", (count,))
    tasks = [
        (render, int(index), split.seeds[index], split.shapes[index % len(split.shapes)])
        for index in np.flatnonzero(done == 0)
    ]
    store.fill(arrays, done, store.each(_case, tasks, processes), f"rendering {split.name}")
    return Cases(
        arrays["images"], np.array(arrays["present"], dtype=bool), np.array(arrays["grades"])
    )


_Task = tuple[Render, int, int, tuple[int, int]]


def _case(task: _Task) -> tuple[int, dict[str, NDArray[np.uint8]]]:
    render, index, seed, shape = task
    phantom = render(seed, shape=shape)
    grid = resample(phantom.pixels, GRID_SIZE, Resize.STRETCH).values
    shown = phantom.labels
    return index, {
        "images": np.rint(grid * 255).astype(np.uint8),
        "present": np.array([shown[label] for label in LABELS], dtype=np.uint8),
        "grades": np.array([_grade(phantom, label) for label in LABELS], dtype=np.uint8),
    }


def _grade(phantom: Phantom, label: str) -> int:
    found: Iterable[int] = (
        1 + GRADES.index(finding.grade) for finding in phantom.findings if finding.label == label
    )
    return max(found, default=0)
