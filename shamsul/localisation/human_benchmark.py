"""People beside the methods: what a further reader marked, scored like a map."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from shamsul.localisation import chexlocalize
from shamsul.localisation.features import Features
from shamsul.localisation.maps import LabelMap
from shamsul.localisation.protocol import Rules, score_map
from shamsul.localisation.reference import Reference
from shamsul.localisation.score import HUMAN, NAN, NOT_ANNOTATED, ImageScores, Score, described
from shamsul.metrics.thresholds import Fixed
from shamsul.radiographs.geometry import Geometry


def score_people(
    theirs: Mapping[str, Reference], references: Mapping[str, Reference], rules: Rules, name: str
) -> Iterator[ImageScores]:
    """Score a further reader's regions as if they were maps: the human benchmark.

    Parameters
    ----------
    theirs, references : mapping of str to Reference
        By image; what the further reader marked, and what counts.
    rules : Rules
    name : str
        The reader's, in place of a method's.

    Yields
    ------
    ImageScores
        For each image that both are about, ordered by id.
    """
    for image in sorted(theirs.keys() & references.keys()):
        own, reference = theirs[image], references[image]
        scores, faults = [], []
        seen: dict[str, Features] = {}
        for label in sorted({one.label for one in (*own.annotations, *reference.annotations)}):
            mask = reference.mask(label)
            seen[label] = Features.of(mask)
            if own.shape != reference.shape:
                faults.append(f"{name}, {label}: {_sizes(own.shape, reference.shape)}")
                continue
            scores.append(score_region(image, label, name, own.mask(label), mask, rules))
        yield ImageScores(image, described(scores, seen), tuple(faults))


def score_region(
    image: str,
    label: str,
    name: str,
    region: NDArray[np.bool_],
    mask: NDArray[np.bool_],
    rules: Rules,
) -> Score:
    """Score what somebody marked; a region has no ranking of pixels, hence no scores of one.

    Parameters
    ----------
    image, label : str
    name : str
        Whose region it is, in place of a method's.
    region, mask : ndarray of shape (H, W), bool
        What was marked, and what counts.
    rules : Rules
    """
    rows, columns = mask.shape
    whole = Geometry.window(
        (rows, columns), (rows, columns), top=0, left=0, height=rows, width=columns
    )
    marked = LabelMap(label, name, region.astype(np.float32))
    cut = replace(rules, threshold=Fixed(0.5), cutoffs=None)
    score = score_map(image, marked, mask, whole, None, cut)
    return replace(score, hit=NAN, hit_tolerant=NAN, mass=NAN, rank=NAN, auprc=NAN, auroc=NAN)


def _sizes(one: tuple[int, int], other: tuple[int, int]) -> str:
    return f"marked on {one[0]} x {one[1]} pixels, the annotation on {other[0]} x {other[1]}"


def score_points(
    points: Mapping[str, Mapping[str, NDArray[np.float64]]], references: Mapping[str, Reference]
) -> Iterator[ImageScores]:
    """Whether people's most representative points hit, as CheXlocalize's human benchmark does.

    Parameters
    ----------
    points : mapping of str to mapping of str to ndarray of shape (n, 2)
        By image and label, rows and columns in image coordinates; none for a finding is a miss.
    references : mapping of str to Reference
        By image.

    Yields
    ------
    ImageScores
        For each annotated image, ordered by id.
    """
    pointed = {label for by_label in points.values() for label in by_label}
    annotated = {one.label for reference in references.values() for one in reference.annotations}
    for image, reference in sorted(references.items()):
        scores, faults = [], []
        seen: dict[str, Features] = {}
        for label in sorted(pointed | annotated):
            mask = reference.mask(label)
            seen[label] = Features.of(mask)
            given = points.get(image, {}).get(label, np.empty((0, 2)))
            try:
                hit = chexlocalize.point_hit(given, mask)
            except ValueError as error:
                faults.append(f"{label}: {error}")
                continue
            area = int(np.count_nonzero(mask))
            reason = NOT_ANNOTATED * (not area)
            scores.append(Score(image, label, HUMAN, mask_area=area, hit=hit, reason=reason))
        yield ImageScores(image, described(scores, seen), tuple(faults))
