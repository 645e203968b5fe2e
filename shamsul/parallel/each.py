"""Work on many tasks, wherever the settings say that it is done."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

from shamsul.parallel.cluster import cluster

Task = TypeVar("Task")
Result = TypeVar("Result")


def each(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    processes: int,
    *,
    chunk: int = 1,
    threads: int = 1,
    gpu: bool = False,
) -> Iterator[Result]:
    """Results of tasks, in order.

    Parameters
    ----------
    work : callable
        Importable by name; what it takes and gives can be pickled. On a cluster the files that it
        opens have to be there, under the same paths.
    tasks : iterable
    processes : int
        Of this machine; 0 works in this one. With a cluster its machines work instead.
    chunk : int
        Tasks that are handed over at a time.
    threads : int
        That each process of this machine may use; one on a cluster.
    gpu : bool
        Whether a task runs a network, and so may have a GPU of the cluster.

    Raises
    ------
    BrokenProcessPool
        If one of the processes was killed, as by a system that is out of memory.
    shamsul.parallel.cluster.ClusterError
        If the cluster cannot be used, or lost a task time and again; one sentence.
    """
    machines = cluster()
    if machines is not None:
        for found in machines.each(_all, _chunks(work, tasks, chunk), gpu=gpu):
            yield from found
        return
    tasks = list(tasks)
    if processes == 0 or not tasks:
        yield from map(work, tasks)
        return
    # Started afresh, because torch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(processes, len(tasks)), context, _begin, (threads,))
    try:
        yield from pool.map(work, tasks, chunksize=chunk)
    finally:
        pool.shutdown(cancel_futures=True)


def _chunks(
    work: Callable[[Task], Result], tasks: Iterable[Task], chunk: int
) -> Iterator[tuple[Callable[[Task], Result], list[Task]]]:
    left = iter(tasks)
    while some := list(islice(left, chunk)):
        yield work, some


def _all(task: tuple[Callable[[Task], Result], list[Task]]) -> list[Result]:
    work, tasks = task
    return [work(one) for one in tasks]


def _begin(threads: int) -> None:
    """In a process of the pool, before its first task."""
    limit_threads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed tells nobody, and whoever waits for its next task would for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def limit_threads(count: int) -> None:
    """Let this process have its share of the cores: more threads than cores wait for each other."""
    import cv2

    # What would take every core looks here when it is loaded: torch, which takes seconds and not
    # all work needs.
    os.environ["OMP_NUM_THREADS"] = str(count)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(count)
    cv2.setNumThreads(count)
