"""Shares of units and their names, by hand and by slow second implementations."""

import numpy as np
import pytest

from shamsul.units.dissection import NAMED, STRONG, Dissection, dissect
from shamsul.units.ranking import means, most_relevant, rows, shares, strongest
from shamsul.units.survey import Survey


def made(relevance: list[list[float]], outputs: list[float], activations=None, places=None):
    """A survey of two-by-two maps."""
    units = len(relevance[0])
    maps = np.zeros((units, 2, 2)) if activations is None else np.array(activations)
    where = np.zeros((len(relevance), units)) if places is None else np.array(places)
    return Survey(
        maps.astype(np.float16),
        np.array(relevance, np.float32),
        where.astype(np.int32),
        np.array(outputs, np.float32),
    )


def test_shares_are_of_the_sum_of_outputs() -> None:
    surveys = [made([[3, 1, -1]], [4.0]), made([[1, 0, 4]], [6.0])]
    found = shares(surveys, 0)
    assert found.share == pytest.approx([0.4, 0.1, 0.3])
    assert found.total == pytest.approx(0.8)
    assert found.order.tolist() == [0, 2, 1]
    assert np.isnan(found.low).all()


def test_interval_is_of_radiographs() -> None:
    """Alike radiographs leave nothing open; others do, and the share lies inside."""
    alike = shares([made([[1, 3]], [4.0])] * 12, 0)
    assert alike.low == pytest.approx(alike.share)
    assert alike.high == pytest.approx(alike.share)
    rng = np.random.default_rng(0)
    surveys = [made([[one, 4 - one]], [4.0]) for one in rng.uniform(0, 4, 40)]
    found = shares(surveys, 0)
    assert (found.low < found.share).all() and (found.share < found.high).all()
    error = np.std([one.relevance[0, 0] for one in surveys]) / 4 / np.sqrt(40)
    assert found.high[0] - found.low[0] == pytest.approx(3.92 * error, rel=0.15)


def test_strongest_and_most_relevant_are_found_with_their_place() -> None:
    one = made([[1, 0]], [1], [[[0, 1], [0, 5]], [[9, 0], [0, 0]]], [[1, 0]])
    two = made([[7, 0]], [1], [[[0, 1], [6, 0]], [[0, 2], [0, 0]]], [[3, 0]])
    assert strongest([one, two], 0) == [(1, 1, 0), (0, 1, 1)]
    assert strongest([one, two], 1) == [(0, 0, 0), (1, 0, 1)]
    assert most_relevant([one, two], 0, 0) == [(1, 1, 1), (0, 0, 1)]
    assert means([one, two]) == pytest.approx([13 / 8, 11 / 8])


def test_names_against_counting_pixels() -> None:
    """IoU over all radiographs together, one pixel after the other."""
    rng = np.random.default_rng(0)
    size, surveys, masks = 20, [], []
    for number in range(3):
        maps = rng.random((4, size, size))
        mask = np.zeros((size, size), bool)
        mask[4:9, 3 + number : 8 + number] = True
        maps[1][mask] += 0.02  # hardly
        surveys.append(made([[0.0] * 4], [1.0], maps))
        masks.append({"patch": mask} if number else {"patch": mask, "once": mask.T})
    found = dissect(surveys, masks)
    assert found.concepts == ("once", "patch") and found.images == (1, 3)
    for unit in range(4):
        every = np.concatenate([one.activations[unit].ravel() for one in surveys])
        limit = np.quantile(every.astype(np.float32), 1 - STRONG)
        for column, concept in enumerate(found.concepts):
            both = either = 0
            for one, marks in zip(surveys, masks, strict=True):
                strong = one.activations[unit].astype(np.float32) > limit
                there = marks.get(concept, np.zeros((size, size), bool))
                both += (strong & there).sum()
                either += (strong | there).sum()
            assert found.iou[unit, column] == pytest.approx(both / either)


def test_unit_that_answers_to_a_mark_has_its_name() -> None:
    maps = np.zeros((2, 20, 20))
    mask = np.zeros((20, 20), bool)
    mask[5, 5] = mask[5, 6] = True
    maps[0][mask] = 9
    maps[1, 15, 15] = 9
    found = dissect([made([[0, 0]], [1], maps)], [{"tag": mask, "nowhere": ~mask & False}])
    # The 99.5th percentile of 400 values lies between the second and the third largest.
    assert found.name(0) == ("tag", 1.0)
    assert found.name(1) is None
    assert np.isnan(found.iou[:, 0]).all() and found.images == (0, 1)
    again = Dissection.from_json(found.to_json())
    assert again.concepts == found.concepts
    assert np.array_equal(again.iou, found.iou, equal_nan=True)


def test_small_overlap_is_no_name() -> None:
    found = Dissection(("ribs", "heart"), np.array([[NAMED, 0.01], [0.039, 0.03]]), (1, 1))
    assert found.name(0) == ("ribs", NAMED)
    assert found.name(1) is None


def test_nothing_marked_is_told() -> None:
    with pytest.raises(ValueError, match="Nothing is marked"):
        dissect([made([[0.0]], [1.0])], [{}])


def test_rows_say_what_there_is_of_each_unit() -> None:
    found = shares([made([[1, 3]], [4.0])], 0)
    named = Dissection(("ribs",), np.array([[0.5], [0.0]]), (1,))
    first, second = rows(found, named)
    assert first == {
        "unit": 1, "share": 0.75, "low": None, "high": None, "name": None, "name_iou": None,
    }  # fmt: skip
    assert (second["name"], second["name_iou"]) == ("ribs", 0.5)
    assert "annotated" not in first
