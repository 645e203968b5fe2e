"""Maps against boxes, as Nam and Lee 2021 score them: by hand."""

import json
import math

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.marks import Boxes
from shamsul.localisation.maps import LabelMap
from shamsul.localisation.protocol import SHARES, Case, Protocol, Rules, score_case
from shamsul.localisation.reference import Reference
from shamsul.localisation.results import collect
from shamsul.localisation.score import NO_RELEVANCE, NOT_ANNOTATED, Score
from shamsul.localisation.summary import summarise
from shamsul.metrics.thresholds import Fixed, Otsu

SHAPE = (12, 10)
RULES = Rules(protocol=Protocol.NAM, threshold=Fixed(0.5))


def reference(*edges: tuple[float, float, float, float]) -> Reference:
    marks = tuple(Annotation("Mass", "NIH", Boxes(np.array([one]))) for one in edges)
    return Reference("one", SHAPE, marks)


def case(values: np.ndarray, about: Reference, method: str = "lrp") -> Case:
    found = LabelMap("Mass", method, values.astype(np.float32))
    return Case(about.image, found, about.mask("Mass"), None, None, about.boxes("Mass"))


def two_spots() -> np.ndarray:
    """3 x 3 of 1.0 in the one box, 2 x 2 of 0.625 in the other, and -5 elsewhere."""
    values = np.full(SHAPE, -5.0)
    values[1:4, 1:4], values[8:10, 6:8] = 1.0, 0.625
    return values


def test_scores_are_those_by_hand() -> None:
    # They overlap, so that what is around their union is neither.
    about = reference((0, 0, 4, 4), (2, 2, 6, 6), (8, 6, 11, 9))
    found = score_case(case(two_spots(), about), RULES)
    union = 16 + 16 - 4 + 9
    assert found.mask_area == union and found.predicted_area == 13
    assert found.iou == pytest.approx(13 / union)
    assert found.part_iou == pytest.approx(9 / union)
    # The larger part's box lies in the first box alone.
    assert (found.box_iou, found.iobb) == (9 / 16, 1)
    assert found.hit == 1 and found.outside_inside == 0
    assert len(found.curve) == len(SHARES) == 20
    high = [round(one * union) for one in found.curve]
    assert high == [13] * 13 + [9] * 7
    assert found.best_iou == pytest.approx(13 / union)
    assert Score.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_boxes_are_put_around_parts_of_what_else_was_drawn() -> None:
    region = np.zeros(SHAPE, bool)
    region[1:4, 2] = region[3, 2:6] = region[8, 8] = True
    drawn = Annotation.of_region("Mass", "phantom", region)
    other = Annotation("Edema", "NIH", Boxes(np.array([[0.0, 0, 2, 2]])))
    about = Reference("one", SHAPE, (drawn, other))
    assert sorted(about.boxes("Mass").tolist()) == [[1, 2, 4, 6], [8, 8, 9, 9]]
    assert about.boxes("Fracture").shape == (0, 4)
    assert reference((-3.2, 4.6, 40, 99)).boxes("Mass").tolist() == [[0, 5, 12, 10]]


def test_what_is_undefined_says_why() -> None:
    about = reference((0, 0, 4, 4))
    found = score_case(case(np.full(SHAPE, -1.0), about), RULES)
    assert NO_RELEVANCE in found.reason
    assert found.iou == 0 and set(found.curve) == {0.0} and math.isnan(found.outside_inside)
    nobody = Reference("one", SHAPE, ())
    absent = score_case(case(two_spots(), nobody), RULES)
    assert absent.reason == NOT_ANNOTATED and absent.curve == ()
    every = Rules(protocol=Protocol.NAM, threshold=Otsu(), true_positives_only=False)
    absent = score_case(case(two_spots(), nobody), every)
    assert NOT_ANNOTATED in absent.reason and absent.curve == () and absent.iou == 0


def test_curves_are_means_over_findings() -> None:
    scores = [
        score_case(case(two_spots(), reference((0, 0, 4, 4)), "lrp"), RULES),
        score_case(case(np.roll(two_spots(), 1, 0), reference((0, 0, 4, 4)), "rap"), RULES),
    ]
    told = {"protocol": "nam-2021", "threshold": "0.5", "replicates": 20}
    table = collect(scores, summarise(scores), **told).tables["curves"]
    for one in scores:
        mine = table[(table["label"] == "Mass") & (table["method"] == one.method)]
        assert mine["share"].tolist() == list(SHARES)
        assert mine["iou"].tolist() == pytest.approx(list(one.curve))
    assert "curve" not in collect(scores, summarise(scores), **told).tables["scores"]
