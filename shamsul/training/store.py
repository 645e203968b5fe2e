"""Arrays on disk that are filled once and go on where they stopped."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

Array = np.memmap[tuple[int, ...], np.dtype[np.uint8]]
#: Tasks that fill an array, as many as a process is handed at a time.
CHUNK: Final = 16
_FLUSHED: Final = 256


def array(path: Path, shape: tuple[int, ...]) -> Array:
    """A uint8 array in a file, which is made of zeros if it is not there."""
    mode = "r+" if path.exists() else "w+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=np.uint8, shape=shape)


def fill(
    arrays: Mapping[str, Array],
    done: Array,
    results: Iterable[tuple[int, Mapping[str, NDArray[np.uint8]]]],
    doing: str,
) -> None:
    """Write results where they belong, with the time that is left.

    Parameters
    ----------
    arrays : mapping of str to Array
        With a first axis of N.
    done : Array of shape (N,)
        1 where all arrays are written, 0 elsewhere.
    results : iterable of (int, mapping)
        Where on the first axis, and what of each array; nothing at all leaves it undone.
    doing : str
        What is seen beside the bar.
    """
    missing = int((done == 0).sum())
    bar = tqdm(
        results,
        desc=doing,
        total=len(done),
        initial=len(done) - missing,
        mininterval=0.5 if sys.stderr.isatty() else 30,
        disable=not missing,
    )
    for number, (index, found) in enumerate(bar):
        if found:
            for name, values in found.items():
                arrays[name][index] = values
            # Marked only after the content, which reaches the disk no later than the mark.
            done[index] = 1
        if number % _FLUSHED == 0:
            for one in (*arrays.values(), done):
                one.flush()
