"""Maps computed in the background: one worker, a queue, progress, and the cache on disk."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Cancelled, Method, Progress

log = logging.getLogger(__name__)

#: A job that no page has asked for in this many seconds makes way for one that is wanted.
PATIENCE = 3.0
#: With nothing else to compute it goes on this long, then a closed browser must not keep every core
#: busy. Longer than a minute: browsers let the page of a hidden tab ask only once a minute.
IDLE_PATIENCE = 90.0
#: Jobs that may wait in the queue; each holds a radiograph in memory.
QUEUED = 64
#: Finished jobs kept in memory; the others are in the cache on disk.
KEPT = 64


class State(Enum):
    """Where a job stands."""

    WAITING = "waiting"
    """In the queue."""
    RUNNING = "running"
    """Being computed."""
    DONE = "done"
    """Its maps are there."""
    FAILED = "failed"
    """It will not come; the reason is one sentence."""


@dataclass
class Job:
    """All labels' maps of one method for one radiograph. Written by the worker, read by pages."""

    key: MapKey
    method: Method
    state: State = State.WAITING
    done: int = 0
    planned: int = 0
    maps: tuple[Heatmap, ...] = ()
    reason: str = ""
    wanted: float = 0.0

    @property
    def progress(self) -> str:
        """For example "SHAP 240/512 model evaluations"."""
        if self.state is State.FAILED:
            return self.reason
        if self.state is State.RUNNING and self.planned:
            return f"{self.method.title} {self.done}/{self.planned} model evaluations"
        return f"{self.method.title} {self.state.value}"


Compute = Callable[[Progress], tuple[Heatmap, ...]]
"""Computes the maps, reporting progress; called in the thread of the jobs."""


class Jobs:
    """Computes maps one job at a time, those that need few evaluations first.

    One at a time, because every core is busy with one job already. A job of few evaluations does
    not wait for the end of one that needs many: it is done between two of the other's batches. Jobs
    are shared: two pages that ask for the same maps wait for the same job. A job that nobody asks
    for any more makes way for others, and in the end is given up.

    Parameters
    ----------
    cache : MapCache
    queued : int
        Jobs that may wait in the queue.
    """

    def __init__(self, cache: MapCache, *, queued: int = QUEUED) -> None:
        self.cache = cache
        self.queued = queued
        self._jobs: dict[str, Job] = {}
        self._queue: list[tuple[bool, int, Job, Compute]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="shamsul-maps", daemon=True).start()

    def request(
        self,
        key: MapKey,
        method: Method,
        compute: Compute,
    ) -> Job:
        """The job for these maps; it is started where it is not there yet, never waited for.

        Parameters
        ----------
        key : MapKey
        method : Method
            The one that the key names.
        compute : callable
            Called where the maps are not there yet.

        Returns
        -------
        Job
            Asking again now and then keeps it wanted. Where the queue is full it waits outside, and
            asking again queues it once there is room.
        """
        with self._changed:
            job = self._jobs.get(key.digest)
            if job is not None:
                job.wanted = time.monotonic()
                return job
        stored = self.cache.get(key)
        with self._changed:
            job = self._jobs.get(key.digest) or Job(key, method)
            job.wanted = time.monotonic()
            if key.digest not in self._jobs:
                if stored is not None:
                    job.maps, job.state = stored, State.DONE
                elif self._has_room():
                    heapq.heappush(self._queue, (method.sampled, next(self._order), job, compute))
                    self._changed.notify_all()
                else:
                    return job
                self._jobs[key.digest] = job
                self._forget_old()
            return job

    def retry(self, failed: Iterable[Job]) -> None:
        """Forget jobs that failed, so that the next request starts them again."""
        with self._changed:
            for job in failed:
                if job.state is State.FAILED:
                    self._jobs.pop(job.key.digest, None)

    def _has_room(self) -> bool:
        """Whether one more job may wait; those that nobody wants leave a full queue first."""
        if len(self._queue) >= self.queued:
            for _, _, job, _ in self._queue:
                if self._makes_way(job):
                    del self._jobs[job.key.digest]
            self._queue = [entry for entry in self._queue if entry[2].key.digest in self._jobs]
            heapq.heapify(self._queue)
        return len(self._queue) < self.queued

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if job.state in (State.DONE, State.FAILED)]
        for job in sorted(finished, key=lambda job: job.wanted)[:-KEPT]:
            del self._jobs[job.key.digest]

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._queue:
                    self._changed.wait()
            self._compute_next()

    def _compute_next(self, *, quick: bool = False) -> bool:
        """Compute the queue's first job, or drop it; False if there is none, or no quick one."""
        with self._changed:
            if not self._queue or (quick and self._queue[0][2].method.sampled):
                return False
            _, _, job, compute = heapq.heappop(self._queue)
            if self._makes_way(job):
                del self._jobs[job.key.digest]
                return True
            job.state = State.RUNNING
        self._compute(job, compute)
        return True

    def _makes_way(self, job: Job) -> bool:
        patience = PATIENCE if self._queue else IDLE_PATIENCE
        return time.monotonic() - job.wanted > patience

    def _compute(self, job: Job, compute: Compute) -> None:
        def progress(done: int, planned: int) -> None:
            job.done, job.planned = done, planned
            if self._makes_way(job):
                raise Cancelled
            while job.method.sampled and self._compute_next(quick=True):
                pass

        try:
            maps = compute(progress)
        except Cancelled:
            with self._changed:
                self._jobs.pop(job.key.digest, None)
            return
        except Exception as error:  # a page must show a sentence, whatever a method raises
            self._fail(job, job.method.failure(error))
            return
        try:
            self.cache.put(job.key, maps)
        except OSError as error:
            log.warning("Maps could not be kept: %s", error.strerror)
        with self._changed:
            job.maps, job.state = maps, State.DONE

    def _fail(self, job: Job, reason: str) -> None:
        with self._changed:
            job.reason, job.state = reason, State.FAILED
