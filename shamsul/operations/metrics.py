"""Numbers of this process, for Prometheus; none of them by anything that people name.

Processes that share a database count what went through themselves: their sums are right.
"""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more of each counter, for when it began

#: All of them, and no other library's.
REGISTRY: Final = CollectorRegistry()

WAITING: Final = Gauge(
    "shamsul_jobs_waiting", "Jobs that wait in the queue of this process.", registry=REGISTRY
)
RUNNING: Final = Gauge(
    "shamsul_jobs_running",
    "Jobs that are computed, with those that make room for another meanwhile.",
    registry=REGISTRY,
)
ENDED: Final = Counter(
    "shamsul_jobs_ended",
    "Jobs that have ended: done, failed, stopped by a person, or given up as nobody waited.",
    ["kind", "method", "outcome"],
    registry=REGISTRY,
)
SECONDS: Final = Histogram(
    "shamsul_job_seconds",
    "Seconds that jobs which are done took, without what was computed in between.",
    ["kind", "method"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000),
    registry=REGISTRY,
)
SAVED: Final = Counter(
    "shamsul_answers_saved",
    "Answers that readers were told are saved, those that they took back too.",
    registry=REGISTRY,
)
REFUSED: Final = Counter(
    "shamsul_answers_refused",
    "What readers did that a study's design does not allow.",
    registry=REGISTRY,
)
FAILED: Final = Counter(
    "shamsul_answers_failed",
    "Attempts to save an answer at which the database failed; browsers go on trying.",
    registry=REGISTRY,
)
