"""How long computations take: learnt from earlier ones here, measured while one runs, in words."""

import hashlib
import json
import logging
import math
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shamsul.storage.atomic import write_atomically
from shamsul.storage.damage import SENSELESS

log = logging.getLogger(__name__)

#: Runs of a kind that are remembered; their medians are expected of the next.
REMEMBERED: Final = 7
#: Kinds that are remembered, those that were met last.
KINDS: Final = 500
#: Evaluations that are reported sooner than this after the last ones, in seconds, are not new: they
#: were kept from another method.
_AT_ONCE: Final = 1e-3
#: Seconds that must have been measured before they count for more than earlier runs.
_ENOUGH: Final = 0.5


@dataclass(frozen=True)
class Run:
    """What a computation took.

    Attributes
    ----------
    count : int
        Of what its progress counts, for example model evaluations.
    seconds : float
    """

    count: int
    seconds: float


class Experience:
    """What computations took on this machine.

    Methods that stop once they know enough are planned for the most that they may need, so what
    they needed before says more.

    Parameters
    ----------
    file : Path, optional
        Where it outlives the process.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._runs: dict[str, list[Run]] | None = None
        self._using = threading.Lock()

    def expected(self, kind: str) -> Run | None:
        """Medians of the last computations of a kind; None where there was none yet."""
        with self._using:
            runs = self._known().get(_digest(kind), [])
        if not runs:
            return None
        count = statistics.median_high(run.count for run in runs)
        return Run(count, statistics.median(run.seconds for run in runs))

    def learn(self, kind: str, run: Run) -> None:
        """Remember what a computation took, on the disk too if it can be written."""
        digest = _digest(kind)
        with self._using:
            known = self._known()
            known[digest] = [*known.pop(digest, []), run][-REMEMBERED:]  # the last one met
            while len(known) > KINDS:
                del known[next(iter(known))]
            if self._file is None:
                return
            content = {one: [[r.count, r.seconds] for r in runs] for one, runs in known.items()}
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self._file, json.dumps(content).encode())
            except OSError as error:
                log.warning("What maps take is not remembered: %s", error.strerror)

    def _known(self) -> dict[str, list[Run]]:
        if self._runs is None:
            self._runs = {}
            try:
                content = json.loads(self._file.read_bytes()) if self._file else {}
                self._runs = {
                    str(kind): [Run(int(count), float(seconds)) for count, seconds in runs]
                    for kind, runs in content.items()
                }
            except FileNotFoundError:
                pass
            except (OSError, *SENSELESS):
                log.warning("What maps took before cannot be read; it is learnt anew.")
        return self._runs


def _digest(kind: str) -> str:
    return hashlib.sha256(kind.encode()).hexdigest()[:32]


class Pace:
    """How fast a computation goes, from its own reports.

    Attributes
    ----------
    per_one : float
        Seconds that one of what is counted takes; NaN while that is not known.
    seconds : float
        That it has taken, without what was computed in between.
    """

    def __init__(self, expected: Run | None = None) -> None:
        self.per_one = (
            expected.seconds / expected.count if expected and expected.count else math.nan
        )
        self.seconds = 0.0
        self._since = time.monotonic()
        self._done: int | None = None
        self._new = 0
        self._measured = 0.0

    @property
    def seconds_until_now(self) -> float:
        """As `seconds`, with what has passed since the last report."""
        return self.seconds + time.monotonic() - self._since

    def report(self, done: int) -> None:
        """Take note of how much is done; the first report is what it is measured from."""
        now = time.monotonic()
        passed, new = now - self._since, 0 if self._done is None else done - self._done
        self.seconds, self._since, self._done = self.seconds + passed, now, done
        if new > 0 and passed > _AT_ONCE:
            self._new, self._measured = self._new + new, self._measured + passed
        if self._new and (self._measured > _ENOUGH or math.isnan(self.per_one)):
            self.per_one = self._measured / self._new

    def go_on(self) -> None:
        """It was interrupted since its last report."""
        self._since = time.monotonic()


def in_time(seconds: float) -> str:
    """How long something takes, as exactly as such estimates are.

    Examples
    --------
    >>> in_time(3.4), in_time(22), in_time(100), in_time(900), in_time(5000)
    ('about 3 s', 'about 20 s', 'about 2 min', 'about 15 min', 'about 1 h 25 min')
    """
    if seconds < 10:
        return f"about {max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s"
    if seconds < 570:
        return f"about {max(1, round(seconds / 60))} min"
    minutes = 5 * round(seconds / 300)
    if minutes < 60:
        return f"about {minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"
