"""Phantoms that are rendered once, brought onto a grid and kept in a cache."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import shamsul.phantom
from shamsul.parallel.each import each
from shamsul.training import store

Work = Callable[[tuple[int, int]], tuple[int, dict[str, NDArray[np.uint8]]]]


@cache
def fingerprint() -> str:
    """Short hash of the phantom's source code, so that no images outlive what made them."""
    digest = hashlib.sha256()
    for path in sorted(Path(shamsul.phantom.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def rendered(
    folder: Path,
    start: int,
    count: int,
    shapes: Mapping[str, tuple[int, ...]],
    work: Work,
    processes: int,
) -> dict[str, store.Array]:
    """What `work` makes of the phantoms of some seeds; those that the folder lacks are rendered.

    Parameters
    ----------
    folder : Path
        Of these phantoms alone; an interrupted rendering goes on where it stopped.
    start, count : int
        The seeds, one by one.
    shapes : mapping of str to tuple of int
        Of each array, without its first axis.
    work : callable
        Takes an index and a seed, gives the index and that phantom's part of each array; importable
        by name.
    processes : int
        0 renders in this one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        name: store.array(folder / f"{name}.npy", (count, *shape)) for name, shape in shapes.items()
    }
    done = store.array(folder / "done.npy", (count,))
    tasks = [(int(index), start + int(index)) for index in np.flatnonzero(done == 0)]
    store.fill(
        arrays, done, each(work, tasks, processes, chunk=store.CHUNK), f"rendering {folder.name}"
    )
    return arrays
