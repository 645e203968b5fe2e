"""A row of scores: what is known about one map, and why the rest is not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from shamsul.localisation.features import Features

NAN = float("nan")

#: Method of people's points.
HUMAN = "human"

#: Why scores are undefined.
NOT_ANNOTATED = "the finding is not annotated in the image"
NO_ANNOTATION = "the image has no annotation"
NO_MAP = "the image has no map"
NOTHING_PREDICTED = "nothing is predicted"
BELOW_CUTOFF = "the probability is below the cut-off"
NO_RELEVANCE = "no relevance is positive"
NO_SPACING = "the size of a pixel is not known"


class Stored:
    """A row of names and numbers on its way through JSON, which has no NaN: null."""

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What :meth:`to_json` gave, after its way through JSON."""
        known: dict[str, Any] = {
            name: NAN if value is None else tuple(value) if isinstance(value, list) else value
            for name, value in stored.items()
        }
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        """All attributes; what is not a number is None."""
        return {name: None if value != value else value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Score(Stored):
    """One map's scores; NaN where undefined, or not part of the protocol.

    Attributes
    ----------
    image, label, method : str
    probability : float
        The model's for the label.
    threshold : float
        Value above which pixels are predicted; as share of the map's range in CheXlocalize's
        protocol, NaN for Otsu's there.
    mask_area, predicted_area : float
        Pixels of the image.
    area_share, regions, elongation, rectangularity : float
        Of the mask, see `shamsul.localisation.features`.
    labels_in_image : float
        How many findings are annotated in the image.
    curve : tuple of float
        IoU at the shares of the map's greatest value that the protocol nam-2021 has; empty
        elsewhere.
    iou, dice, precision, recall, hit, hit_tolerant, mass, rank, auprc, auroc, box_iou, iobb
        See `shamsul.metrics.localisation`.
    part_iou : float
        IoU of the largest connected part of what is predicted.
    best_iou : float
        The greatest of `curve`: with the threshold that is best for this map.
    outside_inside : float
        See `shamsul.metrics.localisation`.
    centre_distance_px, centre_distance_mm : float
    reason : str
        Why scores are undefined; empty where all are defined.
    """

    image: str
    label: str
    method: str
    probability: float = NAN
    threshold: float = NAN
    mask_area: float = NAN
    predicted_area: float = NAN
    area_share: float = NAN
    regions: float = NAN
    elongation: float = NAN
    rectangularity: float = NAN
    labels_in_image: float = NAN
    curve: tuple[float, ...] = ()
    iou: float = NAN
    dice: float = NAN
    precision: float = NAN
    recall: float = NAN
    hit: float = NAN
    hit_tolerant: float = NAN
    mass: float = NAN
    rank: float = NAN
    auprc: float = NAN
    auroc: float = NAN
    box_iou: float = NAN
    iobb: float = NAN
    part_iou: float = NAN
    best_iou: float = NAN
    outside_inside: float = NAN
    centre_distance_px: float = NAN
    centre_distance_mm: float = NAN
    reason: str = ""


_COLUMNS = tuple(one.name for one in fields(Score))
#: The scores proper, which have a mean.
METRICS = _COLUMNS[_COLUMNS.index("iou") : -1]


@dataclass(frozen=True)
class ImageScores:
    """All scores of one image.

    Attributes
    ----------
    image : str
    scores : tuple of Score
    faults : tuple of str
        What could not be scored, a sentence each.
    """

    image: str
    scores: tuple[Score, ...]
    faults: tuple[str, ...] = ()


def described(scores: Sequence[Score], seen: Mapping[str, Features]) -> tuple[Score, ...]:
    """Scores with the features of their masks, when all annotated labels have been seen."""
    findings = sum(one.regions > 0 for one in seen.values())
    return tuple(
        replace(one, labels_in_image=findings, **vars(seen[one.label]))
        if one.label in seen
        else one
        for one in scores
    )
