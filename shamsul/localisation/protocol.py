"""A map against an annotation by the rules of a protocol: one row of scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from shamsul.localisation import chexlocalize
from shamsul.localisation.maps import LabelMap, on_image
from shamsul.localisation.score import (
    BELOW_CUTOFF,
    NAN,
    NO_ANNOTATION,
    NO_RELEVANCE,
    NO_SPACING,
    NOT_ANNOTATED,
    NOTHING_PREDICTED,
    Score,
)
from shamsul.metrics import localisation
from shamsul.metrics.localisation import TOLERANCE, Overlap, Ranking
from shamsul.metrics.thresholds import Fixed, Otsu, Threshold, Tuned
from shamsul.radiographs.geometry import Geometry

Found = TypeVar("Found")


class Protocol(Enum):
    """Rules of scoring."""

    SHAMSUL = "shamsul"
    """Positive relevance at the radiograph's pixels, placed by the map's geometry."""
    CHEXLOCALIZE = "chexlocalize"
    """Saporta et al. 2022: the whole map stretched over the image, normalised from least to
    greatest; IoU and hit."""
    NAM = "nam-2021"
    """As Nam, Lee 2021 score maps against boxes: IoU at every threshold."""


#: Of the map's greatest value, at which the protocol nam-2021 has the IoU.
SHARES = tuple(number / 20 for number in range(20))


@dataclass(frozen=True)
class Rules:
    """How maps are scored.

    Attributes
    ----------
    protocol : Protocol
    threshold : Threshold or None
        None where nothing is to be predicted, so that only the map as it is can be scored.
    true_positives_only : bool
        Leave out labels that are not annotated in an image. CheXlocalize leaves out images without
        a prediction too.
    cutoffs : float, mapping of str to float, or None
        For all labels or by label: where the probability is lower, nothing is predicted.
    probabilities : mapping of str to mapping of str to float
        By image and label, for maps that do not tell.
    tolerance : float
        Of `hit_tolerant`, in pixels of the image.
    lenient : bool
        Of several greatest values one in the finding is a hit; by default their share in it counts.
        The protocol of CheXlocalize has a rule of its own.

    Raises
    ------
    ValueError
        If the protocol has no such threshold.
    """

    protocol: Protocol = Protocol.SHAMSUL
    threshold: Threshold | None = field(default_factory=Otsu)
    true_positives_only: bool = True
    cutoffs: float | Mapping[str, float] | None = None
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    tolerance: float = TOLERANCE
    lenient: bool = False

    def __post_init__(self) -> None:
        allowed = (Otsu, Fixed, Tuned, type(None))
        if self.protocol is Protocol.CHEXLOCALIZE and not isinstance(self.threshold, allowed):
            raise ValueError(f"the protocol chexlocalize has no threshold {self.threshold}")


def score_map(
    image: str,
    found: LabelMap,
    mask: NDArray[np.bool_],
    geometry: Geometry,
    spacing: tuple[float, float] | None,
    rules: Rules,
) -> Score:
    """Score one map.

    Parameters
    ----------
    image : str
        The image's id.
    found : LabelMap
    mask : ndarray of shape (H, W), bool
        Where the finding is, on the image's pixels.
    geometry : Geometry
        From the map's grid to the image.
    spacing : (float, float) or None
        Millimetres from pixel to pixel, rows before columns.
    rules : Rules

    Raises
    ------
    ValueError
        If the mask is of another size than the image, or the map is not what the protocol needs.
    """
    return score_case(Case(image, found, mask, geometry, spacing), rules)


@dataclass(frozen=True, eq=False)
class Case:
    """A map and what is known about its image; the mask is None where nobody looked.

    Boxes are those of the annotations; None: those around the connected parts of the mask.
    """

    image: str
    map: LabelMap
    mask: NDArray[np.bool_] | None
    geometry: Geometry | None
    spacing: tuple[float, float] | None
    boxes: NDArray[np.int64] | None = None

    def placed(self) -> Geometry:
        """Where the map lies: all over the image if nothing else is known."""
        shape = self.map.values.shape
        rows, columns = self.shape
        whole = Geometry.window(
            self.shape, (shape[0], shape[1]), top=0, left=0, height=rows, width=columns
        )
        return self.geometry or whole

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the image; of the map if they are not known.

        Raises
        ------
        ValueError
            If the annotation is for an image of another size.
        """
        if self.mask is not None:
            rows, columns = self.mask.shape
            if self.geometry and self.geometry.image_shape != (rows, columns):
                height, width = self.geometry.image_shape
                raise ValueError(
                    f"the map is of an image of {height} x {width} pixels, the annotation of one "
                    f"of {rows} x {columns}"
                )
        elif self.geometry:
            rows, columns = self.geometry.image_shape
        else:
            rows, columns = self.map.values.shape
        return rows, columns

    def positive(self) -> NDArray[np.float32]:
        """Positive relevance at the image's pixels, as the protocol shamsul has it."""
        return np.maximum(on_image(self.map.values, self.placed()), 0)

    def stretched(self) -> NDArray[np.float32]:
        """The map all over the image, as the protocol chexlocalize has it.

        Raises
        ------
        ValueError
            If the map is of a part of the image: it would be put at a wrong place.
        """
        rows, columns = self.shape
        placed = self.placed()
        whole = Geometry.window(
            self.shape, placed.grid_shape, top=0, left=0, height=rows, width=columns
        )
        if not np.allclose(placed.grid_to_image, whole.grid_to_image):
            raise ValueError("the protocol chexlocalize needs a map of just the whole image")
        return chexlocalize.upsampled(self.map.values, self.shape)

    def probability(self, rules: Rules) -> float:
        """The model's; NaN where it is not known."""
        if self.map.probability is not None:
            return self.map.probability
        return rules.probabilities.get(self.image, {}).get(self.map.label, NAN)

    def below_cutoff(self, rules: Rules) -> bool:
        """Whether the model does not find the label.

        Raises
        ------
        ValueError
            If there is a cut-off and it or the probability is not known.
        """
        if rules.cutoffs is None:
            return False
        label, probability = self.map.label, self.probability(rules)
        if isinstance(rules.cutoffs, float):
            cutoff = rules.cutoffs
        elif label in rules.cutoffs:
            cutoff = rules.cutoffs[label]
        else:
            raise ValueError("there is no probability cut-off for the label")
        if np.isnan(probability):
            raise ValueError("there is no probability to compare with the cut-off")
        return probability < cutoff

    def score(self, rules: Rules, *reasons: str, **scores: float) -> Score:
        """A row of the table, without a curve."""
        return Score(
            curve=(),
            image=self.image,
            label=self.map.label,
            method=self.map.method,
            probability=self.probability(rules),
            reason="; ".join(reason for reason in reasons if reason),
            **scores,
        )


def shares(overlap: Overlap) -> dict[str, float]:
    """The scores that only depend on what is covered."""
    return {
        "mask_area": overlap.actual,
        "predicted_area": overlap.predicted,
        "dice": overlap.dice,
        "precision": overlap.precision,
        "recall": overlap.recall,
    }


def score_case(case: Case, rules: Rules) -> Score:
    """Score the map of a case.

    Raises
    ------
    ValueError
        If the mask is of another size than the image, or the map is not what the protocol needs.
    """
    _ = case.shape  # an annotation of another size is refused
    absent = case.mask is not None and not case.mask.any()
    if absent and rules.true_positives_only:  # most labels of most images: no score is defined
        return case.score(rules, NOT_ANNOTATED, mask_area=0)
    return _BY_PROTOCOL[rules.protocol](case, rules)


def _score_chexlocalize(case: Case, rules: Rules) -> Score:
    brought = case.stretched()
    mask = np.zeros(case.shape, bool) if case.mask is None else case.mask
    unseen = case.mask is None and NO_ANNOTATION
    scores = {"hit": NAN if unseen else chexlocalize.hit(brought, mask)}
    below = case.below_cutoff(rules)
    if rules.threshold is None:
        actual = int(np.count_nonzero(mask))
        return case.score(rules, unseen or NOT_ANNOTATED * (not actual), mask_area=actual, **scores)
    if below:
        predicted = np.zeros(case.shape, bool)
    else:
        scores["threshold"] = share = _share(rules.threshold, case.map.label)
        predicted = chexlocalize.segmented(brought, None if np.isnan(share) else share)
    overlap = Overlap.of(predicted, mask)
    return case.score(
        rules,
        unseen or NOT_ANNOTATED * (not overlap.actual),
        BELOW_CUTOFF * below or NOTHING_PREDICTED * (not overlap.predicted),
        iou=chexlocalize.iou(overlap, rules.true_positives_only),
        **shares(overlap),
        **scores,
    )


def _share(threshold: Threshold, label: str) -> float:
    """Of the map's range; NaN for Otsu's threshold, which the protocol finds itself."""
    if isinstance(threshold, Tuned):
        threshold = threshold.of(label)
    return threshold.share if isinstance(threshold, Fixed) else NAN


def _score_shamsul(case: Case, rules: Rules) -> Score:
    assert case.mask is not None
    area = int(np.count_nonzero(case.mask))
    positive = case.positive()
    raw = _raw_scores(positive, case, rules)
    below = case.below_cutoff(rules)
    reasons = [
        NOT_ANNOTATED * (not area),
        NO_RELEVANCE * (not positive.any()),
        NO_SPACING * (case.spacing is None),
    ]
    if rules.threshold is None:
        return case.score(rules, *reasons, mask_area=area, **raw)
    level = rules.threshold.level(positive, case.map.label)
    predicted = np.zeros(case.shape, bool) if below else positive > level
    overlap = Overlap.of(predicted, case.mask)
    boxed = localisation.box_overlap(predicted, case.mask)
    in_mm = case.spacing and localisation.centre_distance(
        predicted, case.mask, spacing=case.spacing
    )
    return case.score(
        rules,
        BELOW_CUTOFF * below or NOTHING_PREDICTED * (not overlap.predicted),
        *reasons,
        threshold=level,
        iou=overlap.iou,
        box_iou=boxed.iou,
        iobb=boxed.precision,
        centre_distance_px=localisation.centre_distance(predicted, case.mask),
        centre_distance_mm=in_mm or NAN,
        **shares(overlap),
        **raw,
    )


def _raw_scores(positive: NDArray[np.float32], case: Case, rules: Rules) -> dict[str, float]:
    """Scores of the map as it is."""
    assert case.mask is not None
    ranking = Ranking.of(positive, case.mask)
    return {
        "hit": localisation.hit(positive, case.mask, lenient=rules.lenient),
        "hit_tolerant": localisation.hit(
            positive, case.mask, tolerance=rules.tolerance, lenient=rules.lenient
        ),
        "mass": localisation.mass(positive, case.mask),
        "rank": ranking.rank,
        "auprc": ranking.auprc,
        "auroc": ranking.auroc,
    }


def _score_nam(case: Case, rules: Rules) -> Score:
    assert case.mask is not None
    shape = case.shape
    edges = localisation.boxes(case.mask) if case.boxes is None else case.boxes
    boxed = localisation.filled(edges, shape)
    positive = case.positive()
    curve = localisation.iou_curve(positive, boxed, SHARES) if boxed.any() else ()
    below = case.below_cutoff(rules)
    reasons = (
        NOT_ANNOTATED * (not boxed.any()),
        NO_RELEVANCE * (not positive.any()),
    )
    raw = {
        "hit": localisation.hit(positive, boxed, lenient=rules.lenient),
        "hit_tolerant": localisation.hit(
            positive, boxed, tolerance=rules.tolerance, lenient=rules.lenient
        ),
        "best_iou": max(curve, default=NAN),
        "outside_inside": localisation.outside_inside(positive, boxed),
    }
    if rules.threshold is None:
        area = int(np.count_nonzero(boxed))
        return replace(case.score(rules, *reasons, mask_area=area, **raw), curve=curve)
    level = rules.threshold.level(positive, case.map.label)
    predicted = np.zeros(shape, bool) if below else positive > level
    part = localisation.largest_part(predicted)
    overlap, matched = Overlap.of(predicted, boxed), localisation.best_box(part, edges)
    score = case.score(
        rules,
        BELOW_CUTOFF * below or NOTHING_PREDICTED * (not overlap.predicted),
        *reasons,
        threshold=level,
        iou=overlap.iou,
        part_iou=localisation.iou(part, boxed),
        box_iou=matched.iou,
        iobb=matched.precision,
        **shares(overlap),
        **raw,
    )
    return replace(score, curve=curve)


_BY_PROTOCOL = {
    Protocol.SHAMSUL: _score_shamsul,
    Protocol.CHEXLOCALIZE: _score_chexlocalize,
    Protocol.NAM: _score_nam,
}
