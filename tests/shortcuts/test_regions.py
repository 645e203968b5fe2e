"""Shares of relevance in regions: by hand, by counting pixels, on phantoms, on the lung field."""

from dataclasses import replace

import numpy as np
import pytest

from shamsul.phantom.structures import structures
from shamsul.radiographs.geometry import Geometry
from shamsul.shortcuts.regions import (
    ANNOTATED,
    COLUMNS,
    HEART,
    LUNGS,
    MARKER,
    MEDIASTINUM,
    OUTSIDE_BODY,
    OUTSIDE_CHEST,
    Known,
    MapShares,
    Region,
    Share,
    chest,
    covered,
    of_lung_field,
    of_phantom,
    outside,
    shares,
    summary,
)

SEED = 60_000_003


def whole(image: tuple[int, int], grid: tuple[int, int]) -> Geometry:
    return Geometry.window(image, grid, top=0, left=0, height=image[0], width=image[1])


def region(values: object) -> Region:
    return Region(np.asarray(values, np.float32), Known.ANNOTATION)


def test_shares_are_those_of_counting_pixels() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 7)).astype(np.float32)
    mask = rng.random((9, 7)) < 0.3
    (found,) = shares(values, {ANNOTATED: region(mask)})
    inside = positive = everything = magnitude = 0.0
    for row in range(9):
        for column in range(7):
            value = float(values[row, column])
            positive += max(value, 0)
            magnitude += abs(value)
            if mask[row, column]:
                inside += max(value, 0)
                everything += abs(value)
    assert found.positive == pytest.approx(inside / positive)
    assert found.absolute == pytest.approx(everything / magnitude)
    assert found.area == pytest.approx(mask.mean())


def test_shares_of_nothing_are_not_defined() -> None:
    half = region([[1, 0]])
    (negative,) = shares(np.array([[-1.0, -3.0]]), {LUNGS: half})
    assert np.isnan(negative.positive) and negative.absolute == 0.25
    (zero,) = shares(np.zeros((1, 2)), {LUNGS: half})
    assert np.isnan(zero.positive) and np.isnan(zero.absolute)
    assert str(Share.from_json(zero.to_json())) == str(zero)
    with pytest.raises(ValueError, match=r"lungs has shape \(1, 2\), the map \(2, 2\)"):
        shares(np.zeros((2, 2)), {LUNGS: half})


def test_part_of_a_pixel_counts_as_part() -> None:
    mask = np.zeros((8, 8), bool)
    mask[:, :3] = True  # of the grid's 4 columns: one and a half
    found = covered(mask, whole((8, 8), (4, 4)))
    assert found[0].tolist() == [1, 0.5, 0, 0] and (found == found[0]).all()


def test_what_lies_beyond_the_radiograph_is_covered_by_nothing() -> None:
    padded = Geometry.window((4, 2), (4, 4), top=0, left=-1, height=4, width=4)
    found = covered(np.ones((4, 2), bool), padded)
    assert found[0].tolist() == [0, 1, 1, 0]


def test_a_phantoms_regions_are_its_structures() -> None:
    exact = structures(SEED)
    found = of_phantom(SEED, whole((1024, 864), (32, 27)))
    assert set(found) == {LUNGS, HEART, MEDIASTINUM, MARKER, OUTSIDE_BODY}
    for name, one in found.items():
        assert one.known is Known.PHANTOM
        # 160 x 135 pixels, five by five of them in each of the grid's.
        exactly = exact[name].reshape(32, 5, 27, 5).mean((1, 3))
        assert np.abs(one.weights - exactly).max() <= 0.25, name
        assert one.weights.mean() == pytest.approx(exactly.mean(), abs=0.004), name
    inside = chest(found)
    assert (inside.weights[found[LUNGS].weights >= 0.05] == 1).all()
    beyond = outside(inside)
    assert beyond.known is Known.PHANTOM
    # The marker is outside of the chest, the heart is in it.
    assert (beyond.weights * found[MARKER].weights).sum() > 0.9 * found[MARKER].weights.sum()
    assert (beyond.weights * found[HEART].weights).sum() == 0


def test_the_chest_is_lungs_what_is_between_a_margin_and_the_annotation() -> None:
    lungs = np.zeros((25, 25), np.float32)
    lungs[10, [8, 16]] = 1
    marked = np.zeros((25, 25), np.float32)
    marked[24, 24] = 0.5
    found = chest({LUNGS: Region(lungs, Known.LUNG_FIELD), ANNOTATED: region(marked)})
    expected = np.zeros((25, 25), np.float32)
    expected[9:12, 7:18] = 1
    expected[24, 24] = 0.5
    assert np.array_equal(found.weights, expected)
    assert found.known is Known.LUNG_FIELD


def test_the_lung_fields_chest_leaves_the_corners_out() -> None:
    found = of_lung_field(whole((1024, 864), (64, 64)))
    assert set(found) == {LUNGS} and found[LUNGS].known is Known.LUNG_FIELD
    beyond = outside(chest(found)).weights
    corners = [beyond[rows, columns].min() for rows in (0, -1) for columns in (0, -1)]
    assert corners == [1, 1, 1, 1]
    assert beyond[30, 32] == 0
    assert 0.1 < beyond.mean() < 0.6


def test_summary_has_means_and_intervals_over_cases() -> None:
    share = Share(LUNGS, Known.PHANTOM, 0.0, 0.0, 0.4)
    values = [0.1, 0.5, 0.6, float("nan")]
    found = [
        MapShares(f"case {n}", "Edema", "lrp", (replace(share, positive=one, absolute=0.2),))
        for n, one in enumerate(values)
    ]
    found.append(MapShares("case 9", "Edema", "rise", (replace(share, region=OUTSIDE_CHEST),)))
    table = summary(found)
    assert tuple(table.columns) == COLUMNS
    first, second = table.to_dict("records")
    assert (first["method"], first["region"], first["cases"]) == ("lrp", LUNGS, 3)
    assert first["left_out"] == 1 and first["known"] == "phantom"
    assert first["positive"] == pytest.approx(0.4) and first["absolute"] == pytest.approx(0.2)
    assert 0.1 <= first["low"] < 0.4 < first["high"] <= 0.6
    assert first["area"] == pytest.approx(0.4)
    assert second["region"] == OUTSIDE_CHEST and np.isnan(second["low"])
    assert summary([]).empty
