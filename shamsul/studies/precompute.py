"""All maps of a study computed beforehand, so that no reader waits for one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from shamsul.classifiers.classifier import Classifier
from shamsul.explainers.cache import MapCache
from shamsul.explainers.method import Progress
from shamsul.radiographs import ArchiveError, RadiographArchive
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
    sources: Sequence[Source],
    load: Callable[[Path], Classifier],
    archive: RadiographArchive,
    cache: MapCache,
    *,
    progress: Progress = lambda done, planned: None,
) -> Iterator[Step]:
    """Compute the maps that are missing, and go on after a failure.

    Each step's maps are on the disk before the step is given; stopped at any time, the next call
    goes on where this one was.

    Parameters
    ----------
    sources : sequence of Source
    load : callable
        Opens a model's folder; called only for maps that are missing.
    archive : RadiographArchive
    cache : MapCache
    progress : callable
        Called with the evaluations done and planned of the step under way.

    Yields
    ------
    Step
        One for each source, in order.
    """
    for source in sources:
        case, method = source.case.name, source.method
        if cache.get(source.key) is not None:
            yield Step(case, method.name, Outcome.PRESENT)
            continue
        try:
            classifier = load(source.folder)
            image = classifier.prepare(archive.get(source.key.image_sha256))
            parameters: dict[str, Any] = dict(source.key.parameters)
            maps = method.explain(
                classifier,
                image,
                target=source.key.target,
                progress=progress,
                **parameters,
            )
            cache.put(source.key, maps)
        except ArchiveError as error:
            yield Step(case, method.name, Outcome.FAILED, str(error))
        except OSError as error:
            reason = f"The maps cannot be kept: {error.strerror}."
            yield Step(case, method.name, Outcome.FAILED, reason)
        except Exception as error:  # the other cases' maps are still wanted
            yield Step(case, method.name, Outcome.FAILED, method.failure(error))
        else:
            yield Step(case, method.name, Outcome.COMPUTED)
