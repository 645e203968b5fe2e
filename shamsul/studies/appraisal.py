"""What the worklist says of a radiograph before anybody opens it, computed while nobody waits."""

import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import ModelError
from shamsul.classifiers.prediction import NO_FINDING, Prediction
from shamsul.explainers.registry import METHODS, USUAL
from shamsul.metrics.agreement import spearman
from shamsul.radiographs import ArchiveError
from shamsul.radiographs.radiograph import Radiograph
from shamsul.radiographs.thumbnails import Thumbnails
from shamsul.reading.database.appraisals import Appraisals
from shamsul.reading.database.transactions import StoreError
from shamsul.reading.design.listing import Appraisal
from shamsul.reading.design.study import Case, Study
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source, answers_at_once, open_sources

log = logging.getLogger(__name__)

#: Methods whose maps the list counts and compares, with their defaults.
COUNTED: Final = tuple(METHODS[name] for name in USUAL)


def warnings_of(radiograph: Radiograph) -> int:
    """Of how many things a reader of a radiograph is warned."""
    return len(radiograph.notes) + radiograph.burned_in_annotation


def top_finding(prediction: Prediction) -> str:
    """The most probable label that is a finding."""
    scores = [one for one in prediction.scores if one.label != NO_FINDING] or prediction.scores
    return max(scores, key=lambda score: score.probability).label


def disagreement(desk: Desk, sources: Sequence[Source], label: str) -> float | None:
    """How far the maps of a label that are on the disk disagree.

    Returns
    -------
    float or None
        1 less the mean Spearman correlation of each two maps, in [0, 2]; None where fewer than two
        maps are there or have an order.
    """
    maps = [one.values for source in sources for one in desk.kept(source) if one.label == label]
    each = [spearman(one, other) for one, other in itertools.combinations(maps, 2)]
    known = [value for value in each if np.isfinite(value)]
    return 1 - float(np.mean(known)) if known else None


class Appraiser:
    """Appraises the cases of a study, one after the other.

    Parameters
    ----------
    appraisals : Appraisals
        Where what is found is kept.
    desk : Desk
        Knows the radiographs and their maps.
    thumbnails : Thumbnails
    load : callable
        Gives the model of a name.
    """

    def __init__(
        self,
        appraisals: Appraisals,
        desk: Desk,
        thumbnails: Thumbnails,
        load: Callable[[str], Classifier],
    ) -> None:
        self._appraisals, self._desk, self._thumbnails = appraisals, desk, thumbnails
        self._load = load

    def appraise(self, study: Study, first: Sequence[int] = ()) -> Iterator[Case]:
        """Appraise what is not yet, or whose maps have come since.

        Parameters
        ----------
        study : Study
        first : sequence of int
            Cases that go first, for example those on the screen.

        Yields
        ------
        Case
            After each that was looked at, so that the caller can stop or rest.
        """
        try:
            classifier = self._load(study.model)
            known = self._appraisals.of(study.name, classifier.manifest.fingerprint)
            sources = self._sources(study, [case for case, _ in known.values()])
        except (ModelError, StoreError, ValueError):
            return  # said where the study is opened
        in_order = {one: known[one] for one in first if one in known} | known
        for case, maps in in_order.values():
            there = [one for one in sources.get(case.id, ()) if one in self._desk]
            if maps == len(there) and case.image_sha256 in self._thumbnails:
                continue
            try:
                self._look(case, classifier, there)
            except (ArchiveError, ModelError, StoreError, OSError) as error:
                log.warning("A case was not appraised: %s", type(error).__name__)
            yield case

    def _sources(self, study: Study, cases: Sequence[Case]) -> dict[int, list[Source]]:
        """What may be on the disk of each case; nothing is, where a map has no name yet."""
        found: dict[int, list[Source]] = {}
        if answers_at_once(study, COUNTED):
            for source in open_sources(study, cases, COUNTED):
                found.setdefault(source.case.id, []).append(source)
        return found

    def _look(self, case: Case, classifier: Classifier, there: Sequence[Source]) -> None:
        model = classifier.manifest.fingerprint
        kept = self._appraisals.get(case.image_sha256, model)
        if kept is None or case.image_sha256 not in self._thumbnails:
            radiograph = self._desk.archive.get(case.image_sha256)
            self._thumbnails.put(radiograph)
            kept = kept or _appraised(radiograph, classifier.predict(radiograph))
        found = disagreement(self._desk, there, kept.top)
        new = replace(kept, maps=len(there), disagreement=found)
        self._appraisals.put(case.image_sha256, model, new)


def _appraised(radiograph: Radiograph, prediction: Prediction) -> Appraisal:
    return Appraisal(
        warnings_of(radiograph),
        {score.label: score.probability for score in prediction.scores},
        top_finding(prediction),
    )
