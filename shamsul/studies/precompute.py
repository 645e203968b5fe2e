"""All maps of a study computed beforehand, so that no reader waits for one."""

import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import groupby
from statistics import mean
from typing import Final

from shamsul.annotations.archive import AnnotationArchive
from shamsul.computing.cluster import Kept, OnCluster, Packed, Wanted
from shamsul.computing.engine import Here
from shamsul.computing.jobs import Job
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.parallel.each import each
from shamsul.radiographs import RadiographArchive
from shamsul.reading.database.claims import Claims
from shamsul.reading.database.transactions import Database
from shamsul.settings import settings
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source


class Outcome(Enum):
    """What became of one case's maps by one method."""

    COMPUTED = "computed"
    PRESENT = "present"
    """They were there already."""
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One case and method done.

    Attributes
    ----------
    case, method : str
        Names.
    outcome : Outcome
    reason : str
        Why it failed, one sentence.
    """

    case: str
    method: str
    outcome: Outcome
    reason: str = ""


def precompute(
    desk: Desk,
    sources: Sequence[Source],
    *,
    least: float = 0.0,
    progress: Progress = lambda done, planned: None,
) -> Iterator[Step]:
    """Compute the maps that are missing, and go on after a failure.

    Each step's maps are on the disk before the step is given; stopped at any time, the next call
    goes on where this one was.

    Parameters
    ----------
    desk : Desk
    sources : sequence of Source
    least : float
        Explain labels with at least this probability, see :meth:`Prediction.likely`; 0: all.
    progress : callable
        Called with the evaluations done and planned of the step under way.

    Yields
    ------
    Step
        One for each source, in order, apart from what another server computes; on a cluster as
        they come.

    Raises
    ------
    shamsul.parallel.cluster.ClusterError
        If the cluster cannot be used any more; one sentence.
    """
    if isinstance(desk.engine, OnCluster):
        yield from _on_cluster(desk, desk.engine, sources, least)
        return
    left, put_off = deque(sources), 0
    while left:
        source = left.popleft()
        if _is_there(desk, source, least):
            yield _step(source, Outcome.PRESENT)
        elif desk.take(source):
            try:
                yield _computed(desk, source, least, progress)
            finally:
                desk.give_back(source)
        else:
            # Another server computes it: it is waited for once nothing else is left.
            left.append(source)
            put_off += 1
            if put_off >= len(left):
                time.sleep(_LOOK)
            continue
        put_off = 0


def side_by_side(
    sources: Sequence[Source], processes: int, *, least: float = 0.0
) -> Iterator[Step]:
    """As :func:`precompute` at the installation's own desk, with several radiographs at a time.

    Each by a process that has a share of the cores.

    Parameters
    ----------
    sources : sequence of Source
    processes : int
        Of this machine, at least 1.
    least : float
        As of :func:`precompute`.

    Yields
    ------
    Step
        One for each source, in order.

    Raises
    ------
    BrokenProcessPool
        If one of the processes was killed.
    """
    by_image = groupby(sources, lambda one: one.key.image_sha256)
    tasks = [(tuple(of_image), least) for _, of_image in by_image]
    threads = max(1, (os.cpu_count() or 1) // processes)
    for steps in each(_precomputed, tasks, processes, threads=threads):
        yield from steps


def _precomputed(task: tuple[tuple[Source, ...], float]) -> list[Step]:
    """In a process of :func:`side_by_side`: all of a radiograph."""
    sources, least = task
    return list(precompute(_own_desk(), sources, least=least))


@cache
def _own_desk() -> Desk:
    return Desk.of_installation(
        RadiographArchive(settings().radiographs),
        AnnotationArchive(settings().data_dir / "annotations"),
        Here(),
        Claims.of(Database(settings().database)),
    )


def _is_there(desk: Desk, source: Source, least: float) -> bool:
    if desk.kept(source):
        return True
    likely_from = desk.maps.likely_from(source.key) if least else None
    return likely_from is not None and likely_from <= least


def _computed(desk: Desk, source: Source, least: float, progress: Progress) -> Step:
    """Compute what nobody else does now."""
    if _is_there(desk, source, least):  # who did has just ended
        return _step(source, Outcome.PRESENT)
    try:
        desk.compute(source, progress, least=least)
    except OSError as error:
        return _failed(source, _not_kept(error))
    except Exception as error:  # the other cases' maps are still wanted
        return _failed(source, source.method.failure(error))
    return _step(source, Outcome.COMPUTED)


def _on_cluster(
    desk: Desk, engine: OnCluster, sources: Sequence[Source], least: float
) -> Iterator[Step]:
    """Steps as they come."""
    left = sources
    while left:
        elsewhere: list[Source] = []
        yield from _handed_out(desk, engine, left, least, elsewhere)
        left = elsewhere
        if left:
            time.sleep(_LOOK)


def _handed_out(
    desk: Desk,
    engine: OnCluster,
    sources: Sequence[Source],
    least: float,
    elsewhere: list[Source],
) -> Iterator[Step]:
    """Steps as they come; a task has one radiograph and its quick methods, or its sampled ones.

    Sampled methods share superpixels, quick ones the model that is loaded; a task of all would be
    lost whole with its machine. What another server computes is put `elsewhere`.
    """
    steps: deque[Step] = deque()
    asked: dict[str, list[Source]] = {}

    def wanted() -> Iterator[Wanted]:
        for _, of_image in groupby(sources, lambda one: (one.key.image_sha256, one.folder)):
            missing = []
            for source in of_image:
                if source.key.digest in asked:
                    asked[source.key.digest].append(source)
                elif _is_there(desk, source, least):
                    steps.append(_step(source, Outcome.PRESENT))
                elif not desk.take(source):
                    elsewhere.append(source)
                elif _is_there(desk, source, least):  # who had it has just ended
                    desk.give_back(source)
                    steps.append(_step(source, Outcome.PRESENT))
                else:
                    asked[source.key.digest] = [source]
                    missing.append(source)
            for sampled in (False, True):
                some = [one for one in missing if one.method.sampled is sampled]
                if not some:
                    continue
                try:
                    image = desk.prepared(some[0])
                except ExplainerError as error:
                    for one in some:
                        del asked[one.key.digest]
                        desk.give_back(one)
                        steps.append(_failed(one, str(error)))
                else:
                    yield Wanted(some[0].folder, tuple(one.key for one in some), image)

    try:
        for packed in engine.explain_all(wanted(), Kept(desk.maps.half, least)):
            yield from _taken(steps)
            reason = packed.reason or _kept(desk, packed, least)
            first, *others = asked.pop(packed.key.digest)
            desk.give_back(first)
            yield _failed(first, reason) if reason else _step(first, Outcome.COMPUTED)
            for other in others:
                yield _failed(other, reason) if reason else _step(other, Outcome.PRESENT)
        yield from _taken(steps)
    finally:
        for first, *_ in asked.values():
            desk.give_back(first)


def _taken(steps: deque[Step]) -> Iterator[Step]:
    while steps:
        yield steps.popleft()


def _kept(desk: Desk, packed: Packed, least: float) -> str:
    """Keep what a machine computed; the reason if that cannot be done."""
    try:
        desk.maps.put_packed(packed.key, packed.content, likely=least > 0)
    except OSError as error:
        return _not_kept(error)
    return ""


def _not_kept(error: OSError) -> str:
    return f"The maps cannot be kept: {error.strerror}."


def _step(source: Source, outcome: Outcome, reason: str = "") -> Step:
    return Step(source.case.name, source.method.name, outcome, reason)


def _failed(source: Source, reason: str) -> Step:
    return _step(source, Outcome.FAILED, reason)


#: Seconds between two looks at what is being computed; each keeps it wanted.
_LOOK: Final = 0.25


class Precomputing:
    """All maps of a study, computed in the background whether or not a page looks.

    They are asked for in turn at the desk, as pages ask for theirs, as many at a time as are
    computed at a time: what a reader waits for does not wait for all of a study. What is kept
    already is skipped, and what fails is noted.

    Parameters
    ----------
    desk : Desk
    sources : sequence of Source
    """

    def __init__(self, desk: Desk, sources: Sequence[Source]) -> None:
        self._desk, self._left = desk, list(sources)
        self._stop = threading.Event()
        self._going: dict[str, tuple[Job, float]] = {}
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self.planned: Final = len(sources)
        self.failures: list[Step] = []
        self._thread = threading.Thread(target=self._work, name="shamsul-precompute", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; what was computed stays, and the maps under way are given up."""
        self._stop.set()
        self._desk.give_up([job for job, _ in [*self._going.values()]])

    @property
    def is_over(self) -> bool:
        """Whether nothing more is computed: all is there, has failed, or it was stopped."""
        return not self._thread.is_alive()

    @property
    def done(self) -> int:
        """How many maps are there or failed."""
        return self.planned - len(self._left)

    @property
    def now(self) -> str:
        """What is being computed, for example "SHAP 240/512 model evaluations"."""
        jobs = [job for job, _ in [*self._going.values()]]
        return "" if not jobs or self.is_over else jobs[0].progress

    @property
    def seconds_left(self) -> float | None:
        """What the rest takes as each method took so far; None before anything was computed."""
        took = {method: mean(seconds) for method, seconds in dict(self._seconds).items()}
        if not took:
            return None
        usual = mean(took.values())
        left = [one for one in [*self._left] if one not in self._desk]
        return sum(took.get(one.method.name, usual) for one in left) / self._desk.at_once

    def _work(self) -> None:
        while self._left and not self._stop.is_set():
            self._look()
            if self._left:
                self._stop.wait(_LOOK)
        self._desk.give_up([job for job, _ in self._going.values()])
        self._going = {}

    def _look(self) -> None:
        """Ask for the next maps, again and again: a job may make way for one that a reader waits
        for."""
        for source in [*self._left]:
            digest = source.key.digest
            if digest not in self._going:
                if source in self._desk:
                    self._left.remove(source)
                    continue
                if len(self._going) >= self._desk.at_once:
                    break
                self._desk.retry([self._desk.request(source)])  # what failed before
            job = self._desk.request(source)
            _, since = self._going.setdefault(digest, (job, time.monotonic()))
            self._going[digest] = job, since
            if job.stopped:  # where all that runs is seen, by whoever did it
                self._stop.set()
            if self._stop.is_set():
                return
            if job.is_over:
                self._end(source, job, time.monotonic() - since)

    def _end(self, source: Source, job: Job, seconds: float) -> None:
        """One is there or will not come."""
        del self._going[source.key.digest]
        self._left.remove(source)
        if reason := self._desk.failure(job):
            self.failures.append(_failed(source, reason))
        else:
            self._seconds[source.method.name].append(seconds)
