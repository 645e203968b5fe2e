"""All maps of a study computed beforehand, so that no reader waits for one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

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
