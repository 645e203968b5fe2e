"""From a model and a configuration file to an assessment, step by step."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.assessment.calibrating import Method, fitted
from shamsul.assessment.results import Assessment, Evaluated
from shamsul.assessment.scored import (
    FACTORS,
    Scored,
    decided,
    logits_of,
    scored,
    shared_labels,
)
from shamsul.assessment.tables import REPLICATES, Progress, tables
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import Manifest
from shamsul.training.config import DatasetFile
from shamsul.training.datasets.asked import Data, PolicyTable, opened
from shamsul.training.datasets.registry import DATASETS
from shamsul.training.datasets.table import Side
from shamsul.training.images import Unreadable, images

#: What may be asked for.
SIDES: Final = {
    "test": (Side.TEST,),
    "validation": (Side.VALIDATION,),
    "all": (Side.TRAIN, Side.VALIDATION, Side.TEST),
}
#: Images a process should have to read before it is worth its start.
_WORTH: Final = 200
#: A progress bar of a title and a unit.
Bar = Callable[[str, str], AbstractContextManager[Progress]]


@dataclass(frozen=True)
class Ask:
    """How a model is to be assessed.

    Attributes
    ----------
    date : str
        ISO 8601.
    side : str
        One of `SIDES`.
    calibrate : Method or None
        Fit a calibration first; None leaves the model's.
    replicates, seed : int
        Of the bootstrap.
    """

    date: str
    side: str = "test"
    calibrate: Method | None = None
    replicates: int = REPLICATES
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Looked:
    """What a model says of the images of a side.

    Attributes
    ----------
    scored : Scored
        N images.
    pixels : ndarray of shape (M, h, w), uint8
        On the model's grid, on the disk.
    places : ndarray of shape (N,), intp
        Which of the M could be read.
    unreadable : tuple of Unreadable
    """

    scored: Scored
    pixels: NDArray[np.uint8]
    places: NDArray[np.intp]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class Workshop:
    """What reading and evaluating images needs.

    Attributes
    ----------
    cache : Path
        Where they are kept once they were decoded.
    processes : int
        At most so many decode.
    bar : callable
        Tells how far it is.
    """

    cache: Path
    processes: int
    bar: Bar

    def look(
        self, classifier: Classifier, data: Data, side: str, folder: Path | None = None
    ) -> Looked:
        """Read and evaluate the images of a side; on the cluster as :func:`logits_of` has it.

        Raises
        ------
        ValueError
            If there are none; one sentence.
        """
        rows = np.flatnonzero(np.isin(data.table.sides, np.array(SIDES[side], object)))
        if not len(rows):
            raise ValueError(f"The data set has no {side} side{_instead(data)}.")
        manifest = classifier.manifest
        read = images(
            [data.files[row] for row in rows],
            manifest.input_size,
            manifest.resize,
            self.cache,
            processes=min(self.processes, len(rows) // _WORTH),
        )
        missing = [one.number for one in read.unreadable]
        places = np.setdiff1d(np.arange(len(rows)), missing)
        if not len(places):
            raise ValueError(f"None of the {len(rows)} images can be read.")
        with self.bar(f"{manifest.name}, {side}", "images") as progress:
            logits = logits_of(classifier, read.pixels, places, progress, folder)
        labels = shared_labels(manifest, data.table)
        found = scored(classifier, data.take(rows[places]), logits, labels, rows[places] + 1)
        return Looked(found, read.pixels, places, read.unreadable)


def assess(
    classifier: Classifier,
    dataset: DatasetFile,
    ask: Ask,
    workshop: Workshop,
    other: Classifier | None = None,
    *,
    folders: tuple[Path | None, Path | None] = (None, None),
) -> tuple[Assessment, Looked]:
    """Assess a model on a data set.

    Parameters
    ----------
    classifier : Classifier
        Left as it is; the assessment's manifest has the calibration that was fitted.
    dataset : DatasetFile
    ask : Ask
    workshop : Workshop
    other : Classifier, optional
        To compare with.
    folders : pair of Path or None
        Of both models, for a cluster to evaluate them.

    Returns
    -------
    assessment : Assessment
    looked : Looked
        The images that it is of.

    Raises
    ------
    OSError
        If a table cannot be opened.
    ValueError
        If the data set is at fault, has not the side, shares no label with the model, or allows no
        calibration; one sentence.
    """
    data = opened(dataset.dataset, dataset.policy.to_policy(), dataset.folder)
    mine, others = folders
    title = DATASETS[dataset.dataset.kind].title
    notes: tuple[str, ...] = ()
    shared_labels(classifier.manifest, data.table)
    if ask.calibrate is not None:
        validation = workshop.look(classifier, data, "validation", mine).scored
        calibration, notes = fitted(validation, ask.calibrate, title)
        manifest = classifier.manifest.calibrated(calibration)
        classifier = Classifier(manifest, classifier.module, classifier.training_mean)
    looked = workshop.look(classifier, data, ask.side, mine)
    beside = workshop.look(other, data, ask.side, others).scored if other is not None else None
    with workshop.bar("bootstrap", "replicates") as progress:
        found = tables(
            looked.scored,
            beside,
            calibration=classifier.manifest.calibration,
            replicates=ask.replicates,
            seed=ask.seed,
            progress=progress,
        )
    table = data.table
    assessment = Assessment(
        manifest=classifier.manifest,
        data=Evaluated(
            title,
            ask.side,
            in_words(dataset.policy),
            len(looked.scored),
            len(np.unique(looked.scored.patients)),
            each_its_own=bool((table.patients == table.images).all()),
        ),
        scored=looked.scored,
        tables=found,
        date=ask.date,
        replicates=ask.replicates,
        seed=ask.seed,
        notes=(*notes, *_left_out(classifier.manifest, data, looked)),
        other=other.manifest if other is not None else None,
        other_scored=beside,
    )
    return assessment, looked


def _instead(data: Data) -> str:
    """Which side could be asked for."""
    others = [
        name for name, sides in SIDES.items() if name != "all" and sides[0] in data.table.sides
    ]
    return f"; --side {others[0]} asks for its {others[0]} side" if others else ""


_TAKEN: Final = {
    "missing": "left out",
    "one": "taken for present",
    "zero": "taken for absent",
    "smoothed-one": "smoothed in training, left out here",
    "smoothed-zero": "smoothed in training, left out here",
}


def in_words(policy: PolicyTable) -> str:
    """What uncertain and blank labels are taken for.

    Examples
    --------
    >>> in_words(PolicyTable(blank="zero"))
    'uncertain ones are left out, blank ones taken for absent'
    """
    said = [f"uncertain ones are {_TAKEN[policy.uncertain]}, blank ones {_TAKEN[policy.blank]}"]
    said += [f"uncertain {label} is {_TAKEN[rule]}" for label, rule in policy.per_label.items()]
    if policy.no_finding_clears:
        said.append("where No Finding is present, all others are absent")
    if policy.frontal_only:
        said.append("frontal images only")
    return "; ".join(said)


def _left_out(manifest: Manifest, data: Data, looked: Looked) -> Iterator[str]:
    """What was left out, and why, in sentences."""
    table, labels = data.table, looked.scored.labels
    for whose, names in (
        ("the model has and the data set has not", manifest.labels),
        ("the data set has and the model has not", table.labels),
    ):
        missing = [name for name in names if name not in labels]
        if missing:
            yield f"Labels that {whose}: {', '.join(missing)}."
    if table.skipped:
        count = len(table.skipped)
        yield f"Rows of the tables that cannot be used, or without their image: {count}."
    if looked.unreadable:
        yield f"Images that cannot be read: {len(looked.unreadable)}."
    smoothed = int((data.targets.known & ~decided(data.targets).known).sum())
    if smoothed:
        yield (
            f"Smoothed targets, neither yes nor no, taken as unknown: {smoothed} in the whole data "
            "set."
        )
    for factor in FACTORS:
        if not looked.scored.groups[factor].any():
            yield f"Subgroups by {factor}: the data set does not tell it."
    yield "Subgroups by site: no data set's table tells it."
