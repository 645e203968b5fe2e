"""What is computed in the background: one worker, a queue, progress, and what is on disk."""

import heapq
import itertools
import logging
import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar, cast

from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Cancelled, Method, Progress

log = logging.getLogger(__name__)

#: A job that no page has asked for in this many seconds makes way for one that is wanted.
PATIENCE = 3.0
#: Where nothing else is wanted it goes on this long, then a closed browser must not keep every core
#: busy. Longer than a minute: browsers let the page of a hidden tab ask only once a minute.
IDLE_PATIENCE = 90.0
#: Jobs that may wait in the queue; each holds a radiograph in memory.
QUEUED = 64
#: Why maps that were computed are missing.
NOT_KEPT = "The maps cannot be kept on the disk."
#: Finished jobs kept in memory; the others are in the cache on disk.
KEPT = 64


class State(Enum):
    """Where a job stands."""

    WAITING = "waiting"
    """In the queue."""
    RUNNING = "running"
    """Being computed."""
    DONE = "done"
    """What it computes is there."""
    FAILED = "failed"
    """It will not come; the reason is one sentence."""


Result = TypeVar("Result")


@dataclass
class Computation(ABC, Generic[Result]):
    """Something computed in the background. Written by the jobs' thread, read by pages."""

    state: State = field(default=State.WAITING, init=False)
    done: int = field(default=0, init=False)
    planned: int = field(default=0, init=False)
    reason: str = field(default="", init=False)
    wanted: float = field(default=0.0, init=False)

    @property
    @abstractmethod
    def digest(self) -> str:
        """What it is the computation of: those of the same digest are the same."""

    @property
    @abstractmethod
    def title(self) -> str:
        """For people."""

    @property
    @abstractmethod
    def quick(self) -> bool:
        """Whether it takes few model evaluations, so that others make room for it."""

    @property
    def unit(self) -> str:
        """What its progress counts."""
        return "model evaluations"

    @property
    def is_over(self) -> bool:
        """Whether it is there or will not come."""
        return self.state in (State.DONE, State.FAILED)

    @property
    def progress(self) -> str:
        """For example "SHAP 240/512 model evaluations"."""
        if self.state is State.FAILED:
            return self.reason
        if self.state is State.RUNNING and self.planned:
            return f"{self.title} {self.done}/{self.planned} {self.unit}"
        return f"{self.title} {self.state.value}"

    @abstractmethod
    def find(self) -> bool:
        """Take what was computed before from the disk; whether it is there."""

    @abstractmethod
    def take(self, result: Result) -> None:
        """Keep what was computed; called in the thread of the jobs."""

    @abstractmethod
    def failure(self, error: Exception) -> str:
        """Why it did not come, in one sentence."""


@dataclass
class Job(Computation[tuple[Heatmap, ...]]):
    """All labels' maps of one method for one radiograph."""

    key: MapKey
    method: Method
    cache: MapCache
    maps: tuple[Heatmap, ...] = ()

    @property
    def digest(self) -> str:
        return self.key.digest

    @property
    def title(self) -> str:
        return self.method.title

    @property
    def quick(self) -> bool:
        return not self.method.sampled

    def find(self) -> bool:
        self.maps = self.cache.get(self.key) or ()
        return bool(self.maps)

    def take(self, result: tuple[Heatmap, ...]) -> None:
        try:
            self.cache.put(self.key, result)
        except OSError as error:
            log.warning("Maps could not be kept: %s", error.strerror)
        self.maps = result

    def failure(self, error: Exception) -> str:
        return self.method.failure(error)


def _is_wanted(job: Computation[Any]) -> bool:
    return time.monotonic() - job.wanted <= PATIENCE


Compute = Callable[[Progress], Result]
"""Computes something, reporting progress; called in the thread of the jobs."""

_Waiting = tuple[bool, int, Computation[Any], Compute[Any]]
AnyComputation = TypeVar("AnyComputation", bound=Computation[Any])


class Jobs:
    """Computes one job at a time, those that need few evaluations first.

    One at a time, because every core is busy with one job already. A job of few evaluations does
    not wait for the end of one that needs many: it is done between two of the other's batches. Jobs
    are shared: two pages that ask for the same wait for the same job. A job that nobody asks
    for any more makes way for those that are wanted, and in the end is given up.

    Parameters
    ----------
    cache : MapCache
    queued : int
        Jobs that may wait in the queue.
    """

    def __init__(self, cache: MapCache, *, queued: int = QUEUED) -> None:
        self.cache = cache
        self.queued = queued
        self._jobs: dict[str, Computation[Any]] = {}
        self._queue: list[_Waiting] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._work, name="shamsul-maps", daemon=True).start()

    def request(self, key: MapKey, method: Method, compute: Compute[tuple[Heatmap, ...]]) -> Job:
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
            As :meth:`submit` gives it.
        """
        return self.submit(Job(key, method, self.cache), compute)

    def submit(self, asked: AnyComputation, compute: Compute[Any]) -> AnyComputation:
        """What is computed for the same digest already, else what is asked for, which is started.

        Parameters
        ----------
        asked : Computation
        compute : callable
            Called where it is not there yet; what it gives is taken by the computation.

        Returns
        -------
        Computation
            Asking again now and then keeps it wanted. Where the queue is full it waits outside, and
            asking again queues it once there is room.
        """
        digest = asked.digest
        with self._changed:
            known = self._jobs.get(digest)
            if known is not None:
                known.wanted = time.monotonic()
                return cast(AnyComputation, known)
        found = asked.find()
        with self._changed:
            job = cast(AnyComputation, self._jobs.get(digest, asked))
            job.wanted = time.monotonic()
            if job is asked:
                if found:
                    job.state = State.DONE
                elif self._has_room():
                    waiting: _Waiting = (not job.quick, next(self._order), job, compute)
                    heapq.heappush(self._queue, waiting)
                    self._changed.notify_all()
                else:
                    return job
                self._jobs[digest] = job
                self._forget_old()
            return job

    def give_up(self, computations: Iterable[Computation[Any]]) -> None:
        """Stop what runs at its next report and drop what waits, unless it is asked for again."""
        with self._changed:
            for job in computations:
                job.wanted = -math.inf

    def retry(self, failed: Iterable[Computation[Any]]) -> None:
        """Forget jobs that failed, so that the next request starts them again."""
        with self._changed:
            for job in failed:
                if job.state is State.FAILED:
                    self._jobs.pop(job.digest, None)

    def _has_room(self) -> bool:
        """Whether one more job may wait; those that nobody wants leave a full queue first."""
        if len(self._queue) >= self.queued:
            for _, _, job, _ in self._queue:
                if not _is_wanted(job):
                    del self._jobs[job.digest]
            self._queue = [entry for entry in self._queue if entry[2].digest in self._jobs]
            heapq.heapify(self._queue)
        return len(self._queue) < self.queued

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if job.is_over]
        for job in sorted(finished, key=lambda job: job.wanted)[:-KEPT]:
            del self._jobs[job.digest]

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._queue:
                    self._changed.wait()
            self._compute_next()

    def _compute_next(self, *, quick: bool = False) -> bool:
        """Compute the queue's first job, or drop it; False if there is none, or no quick one."""
        with self._changed:
            if not self._queue or (quick and not self._queue[0][2].quick):
                return False
            _, _, job, compute = heapq.heappop(self._queue)
            if self._makes_way(job):
                del self._jobs[job.digest]
                return True
            job.state = State.RUNNING
        self._compute(job, compute)
        return True

    def _makes_way(self, job: Computation[Any]) -> bool:
        """Whether a job is given up: for one that is wanted, or as nobody wants it for long.

        Where none is wanted they go on: a page that takes its time must not make them start anew.
        """
        if time.monotonic() - job.wanted > IDLE_PATIENCE:
            return True
        return not _is_wanted(job) and any(_is_wanted(other) for _, _, other, _ in self._queue)

    def _compute(self, job: Computation[Any], compute: Compute[Any]) -> None:
        def progress(done: int, planned: int) -> None:
            job.done, job.planned = done, planned
            if self._makes_way(job):
                raise Cancelled
            while not job.quick and self._compute_next(quick=True):
                pass

        try:
            job.take(compute(progress))
        except Cancelled:
            with self._changed:
                self._jobs.pop(job.digest, None)
                job.state = State.WAITING  # for the pages that asked for it meanwhile
        except Exception as error:  # a page must show a sentence, whatever is raised
            reason = job.failure(error)
            with self._changed:
                job.reason, job.state = reason, State.FAILED
        else:
            with self._changed:
                job.state = State.DONE
