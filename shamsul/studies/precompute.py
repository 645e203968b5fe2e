"""All maps of a study computed beforehand, so that no reader waits for one."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import mean
from typing import Final

from shamsul.computing.jobs import Job
from shamsul.explainers.method import Progress
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
    progress: Progress = lambda done, planned: None,
) -> Iterator[Step]:
    """Compute the maps that are missing, and go on after a failure.

    Each step's maps are on the disk before the step is given; stopped at any time, the next call
    goes on where this one was.

    Parameters
    ----------
    desk : Desk
    sources : sequence of Source
    progress : callable
        Called with the evaluations done and planned of the step under way.

    Yields
    ------
    Step
        One for each source, in order.
    """
    for source in sources:
        case, method = source.case.name, source.method
        if desk.kept(source):
            yield Step(case, method.name, Outcome.PRESENT)
            continue
        try:
            desk.compute(source, progress)
        except OSError as error:
            reason = f"The maps cannot be kept: {error.strerror}."
            yield Step(case, method.name, Outcome.FAILED, reason)
        except Exception as error:  # the other cases' maps are still wanted
            yield Step(case, method.name, Outcome.FAILED, method.failure(error))
        else:
            yield Step(case, method.name, Outcome.COMPUTED)


#: Seconds between two looks at what is being computed; each keeps it wanted.
_LOOK: Final = 0.25


class Precomputing:
    """All maps of a study, computed in the background whether or not a page looks.

    They are asked for one after the other at the desk, as pages ask for theirs: what a reader waits
    for does not wait for all of a study. What is kept already is skipped, and what fails is noted.

    Parameters
    ----------
    desk : Desk
    sources : sequence of Source
    """

    def __init__(self, desk: Desk, sources: Sequence[Source]) -> None:
        self._desk, self._left = desk, list(sources)
        self._stop = threading.Event()
        self._job: Job | None = None
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self.planned: Final = len(sources)
        self.failures: list[Step] = []
        self._thread = threading.Thread(target=self._work, name="shamsul-precompute", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it; what was computed stays, and the map under way is given up."""
        self._stop.set()
        if self._job is not None:
            self._desk.give_up([self._job])

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
        job = self._job
        return "" if job is None or self.is_over else job.progress

    @property
    def seconds_left(self) -> float | None:
        """What the rest takes as each method took so far; None before anything was computed."""
        took = {method: mean(seconds) for method, seconds in dict(self._seconds).items()}
        if not took:
            return None
        usual = mean(took.values())
        left = [one for one in [*self._left] if one not in self._desk]
        return sum(took.get(one.method.name, usual) for one in left)

    def _work(self) -> None:
        while self._left and not self._stop.is_set():
            source = self._left[0]
            if source not in self._desk:
                self._compute(source)
            if not self._stop.is_set():
                self._left.pop(0)
        self._job = None

    def _compute(self, source: Source) -> None:
        began = time.monotonic()
        self._desk.retry([self._desk.request(source)])  # what failed before is tried again
        while True:
            # Asked for again and again: a job may make way for one that a reader waits for.
            self._job = job = self._desk.request(source)
            if job.is_over or self._stop.wait(_LOOK):
                break
        if job.stopped:  # where all that runs is seen, by whoever did it
            self._stop.set()
        if self._stop.is_set():
            self._desk.give_up([job])
        elif reason := self._desk.failure(job):
            name = source.method.name
            self.failures.append(Step(source.case.name, name, Outcome.FAILED, reason))
        else:
            self._seconds[source.method.name].append(time.monotonic() - began)
