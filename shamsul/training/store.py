"""Arrays on disk that are filled once, by several processes, and go on where they stopped."""

import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

Task = TypeVar("Task")
Result = TypeVar("Result")

Array = np.memmap[tuple[int, ...], np.dtype[np.uint8]]
_CHUNK: Final = 16
_FLUSHED: Final = 256


def array(path: Path, shape: tuple[int, ...]) -> Array:
    """A uint8 array in a file, which is made of zeros if it is not there."""
    mode = "r+" if path.exists() else "w+"
    return np.lib.format.open_memmap(path, mode=mode, dtype=np.uint8, shape=shape)


def each(
    work: Callable[[Task], Result], tasks: Sequence[Task], processes: int, *, chunk: int = _CHUNK
) -> Iterator[Result]:
    """Results of tasks, in order, from processes with one thread each.

    Parameters
    ----------
    work : callable
        Importable by name.
    tasks : sequence
    processes : int
        0 works in this one.
    chunk : int
        Tasks that a process takes at a time.

    Raises
    ------
    BrokenProcessPool
        If one of the processes was killed, as by a system that is out of memory.
    """
    if processes == 0 or not tasks:
        yield from map(work, tasks)
        return
    # Started afresh, because torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, torch.set_num_threads, (1,))
    try:
        yield from pool.map(work, tasks, chunksize=chunk)
    finally:
        pool.shutdown(cancel_futures=True)


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
