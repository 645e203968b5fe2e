"""All maps of images against their annotations, several images at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import TypeVar

import numpy as np

from shamsul.localisation import chexlocalize
from shamsul.localisation.features import Features
from shamsul.localisation.maps import MapFile
from shamsul.localisation.protocol import Case, Protocol, Rules, score_case, shares
from shamsul.localisation.reference import Reference
from shamsul.localisation.score import NAN, NO_ANNOTATION, NO_MAP, ImageScores, Score, described
from shamsul.metrics.localisation import Overlap
from shamsul.parallel.each import each

Found = TypeVar("Found")
Known = TypeVar("Known")


def score_images(
    files: Sequence[MapFile], references: Mapping[str, Reference], rules: Rules, jobs: int = 1
) -> Iterator[ImageScores]:
    """Score images one after the other; no more than one image per job is in memory.

    Parameters
    ----------
    files : sequence of MapFile
    references : mapping of str to Reference
        By image.
    rules : Rules
    jobs : int
        Processes that work at once; 1 for none besides this.

    Yields
    ------
    ImageScores
        For each file, in their order. With CheXlocalize's protocol, then for each annotated image
        without a file, in which nothing is predicted.
    """
    pairs: set[tuple[str, str]] = set()
    for found in each_image(partial(_score_image, rules=rules), files, references, jobs):
        pairs |= {(one.label, one.method) for one in found.scores}
        yield found
    if rules.protocol is Protocol.CHEXLOCALIZE:
        for image in sorted(references.keys() - {file.image for file in files}):
            yield _without_maps(references[image], sorted(pairs), rules)


def each_image(
    work: Callable[[MapFile, Known | None], Found],
    files: Sequence[MapFile],
    references: Mapping[str, Known],
    jobs: int,
) -> Iterator[Found]:
    """Do something with each image's maps and what is known of it, in the order of the files.

    Parameters
    ----------
    work : callable
        Known by its name in a module, as other processes have to find it.
    files : sequence of MapFile
    references : mapping of str
        By image.
    jobs : int
        As of `score_images`.
    """
    known = [references.get(file.image) for file in files]
    processes = jobs if jobs > 1 and len(files) > 1 else 0
    yield from each(partial(_with_known, work), zip(files, known, strict=True), processes)


def _with_known(
    work: Callable[[MapFile, Known | None], Found], task: tuple[MapFile, Known | None]
) -> Found:
    return work(*task)


def _score_image(file: MapFile, reference: Reference | None, rules: Rules) -> ImageScores:
    unannotated = rules.protocol is Protocol.CHEXLOCALIZE and not rules.true_positives_only
    if reference is None and not unannotated:
        return ImageScores(file.image, (), (NO_ANNOTATION,))
    scores: list[Score] = []
    faults: list[str] = []
    mapped: set[str] = set()
    seen: dict[str, Features] = {}
    try:
        geometry, spacing = file.geometry(), file.spacing()
        for label, maps in groupby(file.read(), key=lambda one: one.label):
            mapped.add(label)
            mask = reference.mask(label) if reference else None
            if mask is not None:
                seen[label] = Features.of(mask)
            boxed = rules.protocol is Protocol.NAM
            edges = reference.boxes(label) if reference and boxed else None
            for one in maps:
                case = Case(file.image, one, mask, geometry, spacing, edges)
                try:
                    scores.append(score_case(case, rules))
                except ValueError as error:
                    faults.append(f"{one.method}, {label}: {error}")
        if reference:
            for label in sorted({one.label for one in reference.annotations} - mapped):
                seen[label] = Features.of(reference.mask(label))
                if seen[label].regions:
                    faults.append(f"{label} is annotated but has no map")
    except ValueError as error:
        return ImageScores(file.image, tuple(scores), (*faults, str(error)))
    return ImageScores(file.image, described(scores, seen), tuple(faults))


def _without_maps(
    reference: Reference, pairs: Iterable[tuple[str, str]], rules: Rules
) -> ImageScores:
    scores = []
    for label, both in groupby(pairs, key=lambda pair: pair[0]):
        mask = reference.mask(label)
        overlap = Overlap.of(np.zeros(reference.shape, bool), mask)
        iou = (
            NAN if rules.threshold is None else chexlocalize.iou(overlap, rules.true_positives_only)
        )
        scores += [
            Score(
                reference.image, label, method, curve=(), iou=iou, reason=NO_MAP, **shares(overlap)
            )
            for _, method in both
        ]
    labels = {one.label for one in reference.annotations} | {one.label for one in scores}
    seen = {label: Features.of(reference.mask(label)) for label in labels}
    return ImageScores(reference.image, described(scores, seen))
