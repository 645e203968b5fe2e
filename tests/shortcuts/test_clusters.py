"""Clusters of maps: a planted spot is isolated and flagged, what is not planted is not."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from shamsul.shortcuts.clusters import (
    ALARM,
    ENOUGH,
    SIDE,
    SMALLEST,
    SPOT,
    Part,
    Small,
    Suspicion,
    cluster,
    clusters,
    suspicion,
)

GRID = 64
CHEST = np.zeros((GRID, GRID), np.float32)
CHEST[6:56, 8:56] = 1


def maps(seed: int, tagged: NDArray[np.bool_], strength: float = 6) -> list[Small]:
    """Noise with a finding in either lung, and with a spot in the corner of those that are tagged,
    of whatever strength."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:GRID, :GRID]
    found = []
    for has_tag in tagged:
        values = 0.15 * rng.normal(size=(GRID, GRID)) ** 2 - 0.1
        row, column = rng.uniform(20, 45), rng.uniform(14, 24) + 26 * rng.integers(2)
        values += 4 * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 32)
        if has_tag:
            values[2:8, 50:60] += strength * rng.uniform(0.5, 1.5)
        found.append(Small.of(values.astype(np.float32), CHEST))
    return found


@pytest.mark.parametrize("count", [40, 150])
@pytest.mark.parametrize("strength", [4, 15])
def test_a_planted_spot_is_isolated_and_flagged(count: int, strength: float) -> None:
    tagged = np.random.default_rng(count).random(count) < 0.5
    found = clusters(maps(1, tagged, strength))
    first = found[0]
    own = np.isin(np.arange(count), first.members)
    assert adjusted_rand_score(tagged, own) == 1
    assert [one.alarms for one in found] == [True] + [False] * (len(found) - 1)
    assert first.suspicion is not None
    assert first.suspicion.place == "top right"
    assert "top right of the picture" in first.suspicion.reason
    assert sorted(n for one in found for n in one.members) == list(range(count))
    assert set(first.typical) <= set(np.flatnonzero(tagged))


@pytest.mark.parametrize("seed", range(10))
def test_maps_without_a_planted_spot_raise_no_alarm(seed: int) -> None:
    found = clusters(maps(seed, np.zeros(60, bool)))
    assert not any(one.alarms for one in found)


def test_a_spot_in_all_maps_is_flagged_too() -> None:
    (only,) = clusters(maps(0, np.ones(40, bool), 15))
    assert only.alarms and only.suspicion is not None
    assert only.suspicion.alone and only.suspicion.elsewhere == (SPOT / SIDE) ** 2
    assert only.suspicion.reason.endswith("; a map without order has 3% there.")


def test_whole_maps_fall_into_places_of_the_finding() -> None:
    rng = np.random.default_rng(2)
    left = rng.random(60) < 0.5
    found = []
    for is_left in left:
        values = 0.02 * rng.random((GRID, GRID))
        values[30:36, 15:21] += is_left
        values[30:36, 44:50] += not is_left
        found.append(Small.of(values.astype(np.float32), CHEST))
    made = clusters(found, Part.WHOLE)
    assert len(made) == 2
    assert adjusted_rand_score(left, np.isin(np.arange(60), made[0].members)) == 1
    assert not any(one.alarms for one in made)
    # By what lies outside they are all alike.
    assert not any(one.alarms for one in clusters(found))


def test_clusters_are_the_same_for_the_same_seed() -> None:
    found = maps(3, np.arange(50) % 2 == 0)
    first, second = clusters(found, seed=4), clusters(found, seed=4)
    assert [one.members for one in first] == [one.members for one in second]


def test_clusters_are_the_graphs_parts_where_it_has_parts() -> None:
    """Second implementation: a search through neighbours."""
    rng = np.random.default_rng(0)
    points = np.zeros((30, 40))
    for n in range(30):
        points[n, 10 * (n % 3) : 10 * (n % 3) + 10] = rng.random(10)
    points /= points.sum(1, keepdims=True)
    away = np.linalg.norm(np.sqrt(points)[:, None] - np.sqrt(points)[None], axis=2)
    near = np.argsort(away, axis=1)[:, 1:6]
    parts: list[set[int]] = []
    left = set(range(30))
    while left:
        part, waiting = set(), [left.pop()]
        while waiting:
            one = waiting.pop()
            part.add(one)
            linked = {n for n in range(30) if n in near[one] or one in near[n]}
            waiting += [n for n in linked if n in left]
            left -= linked
        parts.append(part)
    assert len(parts) == 3
    found = cluster(points)
    assert sorted(sorted(one.tolist()) for one in found) == sorted(sorted(one) for one in parts)


def test_suspicion_by_hand() -> None:
    outside = np.zeros((10, SIDE, SIDE))
    outside[:SMALLEST, 0:4, 0:4] = 0.4 / 16
    outside[0, 20, 20] = 0.9  # of one map only
    found = suspicion(outside, range(SMALLEST), [range(SMALLEST, 10)])
    assert found is not None
    assert (found.here, found.elsewhere, found.excess) == pytest.approx((0.4, 0, 0.4))
    assert (found.row, found.column) == (2 / SIDE, 2 / SIDE)
    assert found.place == "top left" and found.alarms
    assert found.reason == (
        "Half of its maps have 40% or more of their positive relevance in one spot at the top left "
        "of the picture, outside of the chest; half of another cluster's have at most 0% there."
    )
    # A further cluster with the spot does not hide it.
    more = np.concatenate([outside, outside[:SMALLEST]])
    third = range(10, 10 + SMALLEST)
    again = suspicion(more, range(SMALLEST), [third, range(SMALLEST, 10)])
    assert again is not None and again.excess == pytest.approx(0.4)
    assert suspicion(more, range(SMALLEST), [third]).excess == pytest.approx(0)
    others = suspicion(outside, range(SMALLEST, 10), [range(SMALLEST)])
    assert others is not None and not others.alarms
    assert suspicion(outside, range(SMALLEST - 1)) is None
    assert Suspicion(ALARM, 0.1, 0, False, 0, 0).alarms
    assert not Suspicion(ALARM - 1e-9, 0.1, 0, False, 0, 0).alarms


def test_small_maps_have_means_of_positive_relevance() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2 * SIDE, 3 * SIDE)).astype(np.float32)
    inside = rng.random(values.shape).astype(np.float32)
    found = Small.of(values, inside)
    positive = np.maximum(values, 0).astype(float)
    means = positive.reshape(SIDE, 2, SIDE, 3).mean((1, 3))
    beyond = (positive * (1 - inside)).reshape(SIDE, 2, SIDE, 3).mean((1, 3))
    assert found.relevance == pytest.approx(means / means.sum())
    assert found.outside == pytest.approx(beyond / means.sum())
    for part in Part:
        assert found.compared(part).sum() == pytest.approx(1)
    nothing = Small.of(np.full((30, 30), -1, np.float32), CHEST[:30, :30])
    assert not nothing.relevance.any() and not nothing.outside.any()


def test_too_few_maps_have_no_clusters_and_those_without_relevance_belong_to_none() -> None:
    some = maps(0, np.zeros(ENOUGH, bool))
    nothing = Small(np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE)))
    assert clusters(some[1:]) == ()
    found = clusters([nothing, *some])
    assert sorted(n for one in found for n in one.members) == list(range(1, ENOUGH + 1))
    with pytest.raises(ValueError, match="19 maps are too few for clusters; 20 are needed"):
        cluster(np.ones((19, 4)))
