import math
from pathlib import Path

import numpy as np
import pytest

from shamsul.metrics.thresholds import (
    GRID,
    Fixed,
    Otsu,
    Split,
    TopPercent,
    Tuned,
    parse,
    tune,
)


def test_otsu_parts_two_levels() -> None:
    values = np.full((8, 8), 0.1, np.float32)
    values[2:4, 2:4] = 0.9
    assert ((values > Otsu().level(values)) == (values > 0.5)).all()


def test_otsu_is_as_good_as_the_best_of_all_cuts(rng: np.random.Generator) -> None:
    for _ in range(20):
        values = np.concatenate([rng.normal(0, 1, 900), rng.normal(rng.uniform(1, 6), 1, 300)])
        values = values.astype(np.float32).reshape(30, 40)

        def between(level: float, values: np.ndarray = values) -> float:
            low, high = values[values <= level], values[values > level]
            return low.size * high.size * (low.mean() - high.mean()) ** 2

        best = max(between(level) for level in np.sort(values, axis=None)[:-1])
        assert between(Otsu().level(values)) > 0.99 * best


def test_otsu_does_not_depend_on_scale_and_offset(rng: np.random.Generator) -> None:
    values = rng.integers(0, 200, (20, 20)).astype(np.float32)
    region = values > Otsu().level(values)
    assert region.any() and not region.all()
    moved = values * 4 - 64  # exact in binary
    assert ((moved > Otsu().level(moved)) == region).all()


@pytest.mark.parametrize("threshold", [Otsu(), Fixed(0.4), TopPercent(10), Tuned({"A": 0.4})])
@pytest.mark.parametrize("value", [-1, 0, 2])
def test_constant_map_marks_nothing(threshold, value: float) -> None:
    constant = np.full((4, 4), value, np.float32)
    level = threshold.level(constant, "A")
    assert math.isnan(level) and not (constant > level).any()


def test_fixed_is_a_share_of_the_range() -> None:
    assert Fixed(0.25).level(np.array([[-2.0, 2.0]])) == -1


def test_top_percent_takes_the_greatest_pixels(rng: np.random.Generator) -> None:
    values = rng.permutation(200).reshape(10, 20).astype(np.float32)
    assert ((values > TopPercent(10).level(values)) == (values >= 180)).all()


def test_top_percent_takes_equal_values_together_and_never_the_background() -> None:
    values = np.zeros((10, 10), np.float32)
    values[0, :4] = 2
    assert ((values > TopPercent(2).level(values)) == (values == 2)).all()
    assert ((values > TopPercent(50).level(values)) == (values == 2)).all()


@pytest.mark.parametrize(
    ("text", "threshold"),
    [("otsu", Otsu()), ("0.4", Fixed(0.4)), ("top10%", TopPercent(10)), ("none", None)],
)
def test_thresholds_are_written_as_they_are_read(text: str, threshold: object) -> None:
    assert parse(text) == threshold
    assert threshold is None or str(threshold) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("half", "a threshold is otsu"),
        ("1.5", "a share from 0 to below 1"),
        ("nan", "a share from 0 to below 1"),
        ("top0%", "a percentage"),
        ("topten%", "a threshold is otsu"),
    ],
)
def test_what_is_no_threshold_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(text)


def test_tuned_thresholds_survive_their_file(tmp_path: Path) -> None:
    file = tmp_path / "tuned.csv"
    tuned = Tuned({"Edema": 0.4, "Lung Lesion": 0.7})
    tuned.write(file)
    assert file.read_text() == "threshold,task\n0.4,Edema\n0.7,Lung Lesion\n"
    assert parse(str(file)) == tuned


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_tuned_thresholds_of_a_spreadsheet_are_the_same(tmp_path: Path, coding: str) -> None:
    file = tmp_path / "tuned.csv"
    file.write_bytes("task;threshold;\r\nEdema;0,4;\r\nLung Lesion;0,7\r\n".encode(coding))
    assert Tuned.read(file) == Tuned({"Edema": 0.4, "Lung Lesion": 0.7})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("threshold,task\n0.4,Edema,x\n", "row 2 of tuned.csv is wrong: it has too many cells"),
        ("threshold,label\n0.4,Edema\n", "no column task"),
        ("threshold,task\nlow,Edema\n", "'low' as threshold of Edema"),
        ("threshold,task\n0.4,Edema\n0.5,Edema\n", "Edema twice"),
        ("threshold,task\n4,Edema\n", "share from 0 to below 1"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, reason: str) -> None:
    file = tmp_path / "tuned.csv"
    file.write_text(content)
    with pytest.raises(ValueError, match=reason):
        Tuned.read(file)


def test_label_without_a_tuned_threshold_is_refused() -> None:
    with pytest.raises(ValueError, match="no tuned threshold for Edema"):
        Tuned({}).level(np.eye(3), "Edema")


def test_tuning_takes_the_highest_mean_of_what_is_defined_and_the_first_of_equals() -> None:
    nan = math.nan
    ious = {
        "A": [[0.1, 0.5, nan], [0.3, nan, 0.4]],
        "B": [[0.2, 0.2, 0.1]],
        "C": [[nan, nan, nan]],
    }
    assert tune(ious, (0.2, 0.4, 0.6)) == Tuned({"A": 0.4, "B": 0.2})


def test_grid_is_that_of_the_chexlocalize_scripts() -> None:
    assert np.allclose(GRID, np.arange(0.2, 0.8, 0.1))


def test_image_in_both_splits_is_refused() -> None:
    with pytest.raises(ValueError, match="b is in the validation and in the test split, and 1"):
        Split(frozenset("abc"), frozenset("bcd"))
    assert Split(frozenset("ab"), frozenset("cd")).test == {"c", "d"}
