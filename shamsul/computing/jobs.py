"""What is computed in the background: one worker, a queue, progress, and what is on disk."""

import itertools
import logging
import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any, Generic, Protocol, TypeVar, cast

from shamsul.computing.pace import Experience, Pace, Run, in_time
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Cancelled, Method, Progress
from shamsul.operations import metrics
from shamsul.operations.log import about, shortened

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
#: Seconds between two looks at what another server computes.
ELSEWHERE = 1.0
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
    stopped: bool = field(default=False, init=False)
    elsewhere: bool = field(default=False, init=False)
    wanted: float = field(default=-math.inf, init=False)
    on_screen: float = field(default=-math.inf, init=False)
    pace: Pace = field(default_factory=Pace, init=False, repr=False)

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
    def kind(self) -> str:
        """What it has in common with those that take about as long."""

    @property
    @abstractmethod
    def counted(self) -> tuple[str, str]:
        """Its sort, and what it is by: for logs and metrics, so nothing that people have named."""

    @property
    def case(self) -> str:
        """Name of the case that it is about, for people."""
        return ""

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
    def seconds_left(self) -> float:
        """Of computing, once it is its turn; NaN while that is not known."""
        return math.nan if self.is_over else (self.planned - self.done) * self.pace.per_one

    @property
    def progress(self) -> str:
        """For example "SHAP 240/260 model evaluations, about 3 s left"."""
        if self.state is State.FAILED:
            return self.reason
        if self.state is State.RUNNING and self.planned:
            left = self.seconds_left
            time_left = "" if math.isnan(left) else f", {in_time(left)} left"
            return f"{self.title} {self.done}/{self.planned} {self.unit}{time_left}"
        if self.elsewhere and not self.is_over:
            return f"{self.title} is computed by another server"
        return f"{self.title} {self.state.value}"

    def expect(self, expected: Run | None) -> None:
        """Before it runs: what it will probably take."""
        self.planned = expected.count if expected else 0
        self.pace = Pace(expected)

    def report(self, done: int, planned: int) -> None:
        """While it runs: what is done, and the most that it may come to; 0 if nothing is known.

        Once more is done than was expected, that is what is planned.
        """
        if not planned:
            return
        if not done < self.planned < planned:
            self.planned = planned
        self.done = done
        self.pace.report(done)

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
    case: str = ""
    maps: tuple[Heatmap, ...] = ()

    @property
    def digest(self) -> str:
        return self.key.digest

    @property
    def kind(self) -> str:
        key = self.key
        return f"{key.model} {key.method} {sorted(key.parameters.items())} {key.engine}"

    @property
    def counted(self) -> tuple[str, str]:
        return "maps", self.method.name

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
        self.maps = result
        try:
            self.maps = self.cache.put(self.key, result)
        except OSError as error:
            log.warning("Maps could not be kept: %s", error.strerror)

    def failure(self, error: Exception) -> str:
        return self.method.failure(error)


class Outcome(Enum):
    """How a job ended."""

    DONE = "done"
    """What it computes is there."""
    FAILED = "failed"
    """It could not be computed, or not be kept."""
    STOPPED = "stopped"
    """A person has stopped it."""
    GIVEN_UP = "given up"
    """Nobody asked for it any more."""


Compute = Callable[[Progress], Result]
"""Computes something, reporting progress; called in the thread of the jobs."""

AnyComputation = TypeVar("AnyComputation", bound=Computation[Any])

#: Whether a job is not on the screen, and whether it needs many evaluations: the less, the sooner.
_Class = tuple[bool, bool]


@dataclass(eq=False)
class _Waiting:
    """A job in the queue: the number it drew, and its place where somebody has moved it."""

    job: Computation[Any]
    compute: Compute[Any]
    number: float
    moved: tuple[_Class, float] | None = None
    due: float = -math.inf
    """When it may be looked at, on the monotonic clock; later where another server computes it."""

    @property
    def turn(self) -> tuple[_Class, float]:
        """The lowest is computed next."""
        return self.moved or (_class(self.job), self.number)


def _class(job: Computation[Any]) -> _Class:
    return time.monotonic() - job.on_screen > PATIENCE, not job.quick


def _is_wanted(job: Computation[Any]) -> bool:
    return time.monotonic() - job.wanted <= PATIENCE


@dataclass(frozen=True)
class Queued:
    """What runs or waits, as people see it.

    Attributes
    ----------
    digest : str
    title, case : str
        What is computed, and the name of the case.
    running : bool
    done, expected : int
        Of `unit`; `expected` is 0 while that is not known.
    unit : str
    seconds_left : float
        NaN while that is not known.
    """

    digest: str
    title: str
    case: str
    running: bool
    done: int
    expected: int
    unit: str
    seconds_left: float

    @classmethod
    def of(cls, job: Computation[Any]) -> "Queued":
        """A computation as it stands now."""
        return cls(
            job.digest,
            job.title,
            job.case,
            job.state is State.RUNNING,
            job.done,
            job.planned,
            job.unit,
            job.seconds_left,
        )


class Claims(Protocol):
    """Who computes what, where several servers keep their maps in the same place."""

    def take(self, digest: str) -> bool:
        """Claim a computation; False where another server has it."""

    def give_back(self, digest: str) -> None:
        """Let others have it."""


class Jobs:
    """Computes jobs in turn: what is on a screen first, of that what needs few evaluations.

    One at a time on this machine, because every core is busy with one job already. A job that goes
    before another does not wait for its end: it is done between two of the other's batches (on a
    cluster: beside it). Jobs are shared: two
    pages that ask for the same wait for the same job. A job that nobody asks for any more makes way
    for those that are wanted, and in the end is given up.

    Parameters
    ----------
    cache : MapCache
    queued : int
        Jobs that may wait in the queue.
    experience : Experience, optional
        What jobs took before.
    at_once : callable
        How many jobs are computed at a time; asked by the thread that computes the first of them.
    claims : Claims, optional
        Asked before anything is computed; what another server computes is waited for.
    """

    def __init__(
        self,
        cache: MapCache,
        *,
        queued: int = QUEUED,
        experience: Experience | None = None,
        at_once: Callable[[], int] = lambda: 1,
        claims: Claims | None = None,
    ) -> None:
        self.cache = cache
        self.queued = queued
        self._experience = experience or Experience()
        self._claims = claims
        self._jobs: dict[str, Computation[Any]] = {}
        self._queue: list[_Waiting] = []
        self._running: list[Computation[Any]] = []  # some may have made room for later ones
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._start(partial(self._work_all, at_once))

    def request(
        self,
        key: MapKey,
        method: Method,
        compute: Compute[tuple[Heatmap, ...]],
        *,
        case: str = "",
        on_screen: bool = False,
    ) -> Job:
        """The job for these maps; it is started where it is not there yet, never waited for.

        Parameters
        ----------
        key : MapKey
        method : Method
            The one that the key names.
        compute : callable
            Called where the maps are not there yet.
        case : str
            Name of the case, for people.
        on_screen : bool
            As :meth:`submit` has it.

        Returns
        -------
        Job
            As :meth:`submit` gives it.
        """
        return self.submit(Job(key, method, self.cache, case), compute, on_screen=on_screen)

    def submit(
        self, asked: AnyComputation, compute: Compute[Any], *, on_screen: bool = False
    ) -> AnyComputation:
        """What is computed for the same digest already, else what is asked for, which is started.

        Parameters
        ----------
        asked : Computation
        compute : callable
            Called where it is not there yet; what it gives is taken by the computation.
        on_screen : bool
            Whether somebody looks at where it will be shown: as long as this is said again and
            again, it goes before what is not.

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
                self._want(known, on_screen)
                return cast(AnyComputation, known)
        found = asked.find()
        with self._changed:
            job = cast(AnyComputation, self._jobs.get(digest, asked))
            self._want(job, on_screen)
            if job is asked:
                if found:
                    job.state = State.DONE
                elif self._has_room():
                    job.expect(self._experience.expected(job.kind))
                    self._queue.append(_Waiting(job, compute, next(self._numbers)))
                    _tell("A job waits.", job)
                    self._changed.notify_all()
                else:
                    return job
                self._jobs[digest] = job
                self._forget_old()
            return job

    @staticmethod
    def _want(job: Computation[Any], on_screen: bool) -> None:
        job.wanted = time.monotonic()
        if on_screen:
            job.on_screen = job.wanted

    def give_up(self, computations: Iterable[Computation[Any]]) -> None:
        """Stop what runs at its next report and drop what waits, unless it is asked for again."""
        with self._changed:
            for job in computations:
                job.wanted = -math.inf

    def stop(self, digests: Collection[str]) -> None:
        """Stop jobs as a person's wish: they have failed, also for who asks for them again.

        What runs ends at its next report. :meth:`retry` lets them be computed after all.
        """
        with self._changed:
            for job in [*self._running, *(one.job for one in self._queue)]:
                if job.digest in digests and not job.stopped:
                    _ended(job, Outcome.STOPPED)
                    job.stopped, job.reason = True, f"{job.title} was stopped."
                    job.state = State.FAILED
            self._queue = [one for one in self._queue if not one.job.stopped]

    def move(self, digest: str, before: str) -> None:
        """Give a job that waits another turn.

        Parameters
        ----------
        digest : str
        before : str
            The job that comes after it; ``""`` where none does. A job that waits no longer, since
            its turn has come meanwhile, makes it the next.
        """
        with self._changed:
            order = sorted(self._queue, key=lambda one: one.turn)
            moved = next((one for one in order if one.job.digest == digest), None)
            if moved is None or len(order) == 1 or before == digest:
                return
            order.remove(moved)
            if not before:
                kind, number = order[-1].turn
                moved.moved = kind, number + 0.5
                return
            place = next((k for k, one in enumerate(order) if one.job.digest == before), 0)
            kind, number = order[place].turn
            earlier = order[place - 1].turn if place else None
            lower = earlier[1] if earlier and earlier[0] == kind else number - 1
            moved.moved = kind, (lower + number) / 2

    def queue(self) -> tuple[Queued, ...]:
        """What runs, the innermost first, and what waits, in the order in which it is computed."""
        with self._changed:
            running = [job for job in reversed(self._running) if not job.stopped]
            waiting = sorted(self._queue, key=lambda one: one.turn)
            return tuple(Queued.of(job) for job in (*running, *(one.job for one in waiting)))

    def retry(self, failed: Iterable[Computation[Any]]) -> None:
        """Forget jobs that failed, so that the next request starts them again."""
        with self._changed:
            for job in failed:
                if job.state is State.FAILED and self._jobs.get(job.digest) is job:
                    del self._jobs[job.digest]

    def _has_room(self) -> bool:
        """Whether one more job may wait; those that nobody wants leave a full queue first."""
        if len(self._queue) >= self.queued:
            for one in self._queue:
                if not _is_wanted(one.job):
                    _ended(one.job, Outcome.GIVEN_UP)
                    del self._jobs[one.job.digest]
            self._queue = [one for one in self._queue if one.job.digest in self._jobs]
        return len(self._queue) < self.queued

    def _forget_old(self) -> None:
        finished = [job for job in self._jobs.values() if job.is_over]
        for job in sorted(finished, key=lambda job: job.wanted)[:-KEPT]:
            del self._jobs[job.digest]

    @staticmethod
    def _start(work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="shamsul-maps", daemon=True).start()

    def _work_all(self, at_once: Callable[[], int]) -> None:
        with self._changed:
            while not self._queue:
                self._changed.wait()
        for _ in range(at_once() - 1):
            self._start(self._work)
        self._work()

    def _work(self) -> None:
        while True:
            with self._changed:
                while (due := min((one.due for one in self._queue), default=math.inf)) > (
                    now := time.monotonic()
                ):
                    self._changed.wait(None if due == math.inf else due - now)
            self._compute_next()

    def _compute_next(self, *, before: _Class | None = None) -> bool:
        """Compute the queue's first job, or drop it; False if there is none of a class `before`."""
        with self._changed:
            now = time.monotonic()
            due = [one for one in self._queue if one.due <= now]
            if not due:
                return False
            first = min(due, key=lambda one: one.turn)
            if before is not None and not first.turn[0] < before:
                return False
            self._queue.remove(first)
            job = first.job
            if self._makes_way(job):
                _ended(job, Outcome.GIVEN_UP)
                del self._jobs[job.digest]
                return True
            job.state = State.RUNNING
            self._running.append(job)
        try:
            with about(job.digest):
                if self._is_ours(first):
                    try:
                        self._compute(job, first.compute, first.turn[0])
                    finally:
                        if self._claims is not None:
                            self._claims.give_back(job.digest)
        finally:
            with self._changed:
                self._running.remove(job)
        return True

    def _is_ours(self, first: _Waiting) -> bool:
        """Whether it is to be computed here; else it is there now, or waits for another server."""
        if self._claims is None:
            return True
        job = first.job
        ours = self._claims.take(job.digest)
        # It may have come since it was asked for.
        if job.find():
            if ours:
                self._claims.give_back(job.digest)
            with self._changed:
                job.state = State.DONE
            return False
        with self._changed:
            job.elsewhere = not ours
            if not ours:
                job.state = State.WAITING
                first.due = time.monotonic() + ELSEWHERE
                self._queue.append(first)
                self._changed.notify_all()
        return ours

    def _makes_way(self, job: Computation[Any]) -> bool:
        """Whether a job is given up: for one that is wanted, or as nobody wants it for long.

        Where none is wanted they go on: a page that takes its time must not make them start anew.
        """
        if time.monotonic() - job.wanted > IDLE_PATIENCE:
            return True
        return not _is_wanted(job) and any(_is_wanted(other.job) for other in self._queue)

    def _compute(self, job: Computation[Any], compute: Compute[Any], turn: _Class) -> None:
        def progress(done: int, planned: int) -> None:
            job.report(done, planned)
            if job.stopped or self._makes_way(job):
                raise Cancelled
            # What is looked at since its turn came keeps its place.
            while self._compute_next(before=min(turn, _class(job))):
                job.pace.go_on()

        job.pace.go_on()
        _tell("A job is computed.", job)
        try:
            job.take(compute(progress))
        except Cancelled:
            with self._changed:
                if not job.stopped:
                    _ended(job, Outcome.GIVEN_UP)
                    self._jobs.pop(job.digest, None)
                    job.state = State.WAITING  # for the pages that asked for it meanwhile
        except Exception as error:  # a page must show a sentence, whatever is raised
            reason = job.failure(error)
            with self._changed:
                if not job.stopped:
                    # Not the reason: it may name a model's folder, or quote a library.
                    _ended(job, Outcome.FAILED, error=type(error).__name__)
                    job.reason, job.state = reason, State.FAILED
        else:
            with self._changed:
                if not job.stopped:
                    seconds = job.pace.seconds_until_now
                    metrics.SECONDS.labels(*job.counted).observe(seconds)
                    _ended(job, Outcome.DONE, seconds=round(seconds, 3))
                job.state = State.DONE
            if job.done:
                self._experience.learn(job.kind, Run(job.done, job.pace.seconds))


def _ended(job: Computation[Any], outcome: Outcome, **more: object) -> None:
    metrics.ENDED.labels(*job.counted, outcome.value).inc()
    said = "A job failed." if outcome is Outcome.FAILED else f"A job is {outcome.value}."
    _tell(said, job, **more)


def _tell(said: str, job: Computation[Any], **more: object) -> None:
    kind, method = job.counted
    named = {"job": shortened(job.digest), "kind": kind, "method": method}
    log.info(said, extra=named | more)
