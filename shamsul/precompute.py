"""All maps of a study computed beforehand, so that no reader waits for one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from shamsul.classifiers.classifier import Classifier
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.method import Method, Progress
from shamsul.radiographs import ArchiveError, RadiographArchive
from shamsul.reading.study import Case


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
    cases: Sequence[Case],
    methods: Sequence[Method],
    classifier: Classifier,
    archive: RadiographArchive,
    cache: MapCache,
    *,
    progress: Progress = lambda done, planned: None,
) -> Iterator[Step]:
    """Compute the maps that are missing, with default parameters, and go on after a failure.

    Each step's maps are on the disk before the step is given; stopped at any time, the next call
    goes on where this one was.

    Parameters
    ----------
    cases : sequence of Case
    methods : sequence of Method
    classifier : Classifier
        The study's.
    archive : RadiographArchive
    cache : MapCache
    progress : callable
        Called with the evaluations done and planned of the step under way.

    Yields
    ------
    Step
        One for each case and method, in order.
    """
    for case in cases:
        image = None
        for method in methods:
            key = MapKey.of(case.image_sha256, classifier, method, {})
            if cache.get(key) is not None:
                yield Step(case.name, method.name, Outcome.PRESENT)
                continue
            try:
                if image is None:
                    image = classifier.prepare(archive.get(case.image_sha256))
                cache.put(key, method.explain(classifier, image, progress=progress))
            except ArchiveError as error:
                yield Step(case.name, method.name, Outcome.FAILED, str(error))
            except OSError as error:
                reason = f"The maps cannot be kept: {error.strerror}."
                yield Step(case.name, method.name, Outcome.FAILED, reason)
            except Exception as error:  # the other cases' maps are still wanted
                yield Step(case.name, method.name, Outcome.FAILED, method.failure(error))
            else:
                yield Step(case.name, method.name, Outcome.COMPUTED)
