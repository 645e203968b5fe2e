"""No patient is on two sides, and a split is found again."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shamsul.training.datasets import splits
from shamsul.training.datasets.table import Side, Table, objects
from tests.training.datasets.tables import of_patients

TRAIN, VALIDATION, TEST, OPEN = Side


def sides_of_patients(table: Table) -> dict[str, set[Side]]:
    sides: dict[str, set[Side]] = {}
    for patient, side in zip(table.patients, table.sides, strict=True):
        sides.setdefault(patient, set()).add(side)
    return sides


@settings(deadline=None)
@given(
    patients=st.lists(st.sampled_from("abcdefghijkl"), max_size=60),
    held_out=st.dictionaries(st.sampled_from("abcdefghijkl"), st.sampled_from(Side)),
    shares=st.tuples(st.floats(0, 0.49), st.floats(0, 0.49)),
    seed=st.integers(0, 2**32),
)
def test_no_patient_is_on_two_sides(
    patients: list[str], held_out: dict[str, Side], shares: tuple[float, float], seed: int
) -> None:
    given_sides = [held_out.get(patient, OPEN) for patient in patients]
    table = of_patients(patients, given_sides)
    validation, test = (
        0.0 if side in given_sides else share
        for side, share in zip((VALIDATION, TEST), shares, strict=True)
    )
    drawn = splits.draw(table, validation=validation, test=test, seed=seed)
    assert all(len(sides) == 1 for sides in sides_of_patients(drawn).values())
    assert OPEN not in drawn.sides
    # What the owner set aside has stayed.
    for before, after in zip(given_sides, drawn.sides, strict=True):
        assert after is before or before in (TRAIN, OPEN)


def test_shares_are_of_patients() -> None:
    table = of_patients([str(index // 3) for index in range(300)])
    drawn = splits.draw(table, validation=0.2, test=0.1, seed=1)
    sides = [side for (side,) in sides_of_patients(drawn).values()]
    assert [sides.count(side) for side in (TRAIN, VALIDATION, TEST)] == [70, 20, 10]


def test_a_draw_depends_on_the_seed_and_not_on_the_order_of_rows() -> None:
    table = of_patients([str(index) for index in range(50)])
    drawn = splits.draw(table, validation=0.3, test=0.3, seed=5)
    other = splits.draw(table, validation=0.3, test=0.3, seed=6)
    order = np.random.default_rng(0).permutation(50)
    shuffled = splits.draw(table.take(order), validation=0.3, test=0.3, seed=5)
    assert shuffled.sides.tolist() == drawn.sides[order].tolist()
    assert other.sides.tolist() != drawn.sides.tolist()


def test_validation_is_drawn_from_what_the_owner_trains_with() -> None:
    table = of_patients([str(index) for index in range(20)], [TRAIN] * 10 + [TEST] * 10)
    drawn = splits.draw(table, validation=0.5, test=0, seed=0)
    assert drawn.sides[10:].tolist() == [TEST] * 10
    assert sorted(side.value for side in drawn.sides[:10]) == ["train"] * 5 + ["validation"] * 5


@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.5), (-0.1, 0), (1, 0), (np.nan, 0)])
def test_shares_that_leave_nothing_are_refused(validation: float, test: float) -> None:
    with pytest.raises(ValueError, match="together below 1"):
        splits.draw(of_patients("ab"), validation=validation, test=test, seed=0)


def test_a_side_that_the_owner_has_is_not_drawn_again() -> None:
    table = of_patients("ab", [TEST, OPEN])
    with pytest.raises(ValueError, match="set a test side aside"):
        splits.draw(table, validation=0, test=0.5, seed=0)


@pytest.mark.parametrize("sides", [[TEST, VALIDATION], [TEST, TRAIN]])
def test_an_owners_sides_that_share_a_patient_are_refused(sides: list[Side]) -> None:
    with pytest.raises(ValueError, match=r"^1 patients are on two sides of the split\.$"):
        splits.draw(of_patients("aa", sides), validation=0, test=0, seed=0)


def test_a_split_is_found_again_from_its_file(tmp_path: Path) -> None:
    table = of_patients([str(index // 2) for index in range(40)])
    table = replace(table, images=objects([f"=x/{index}, é.png" for index in range(40)]))
    drawn = splits.draw(table, validation=0.25, test=0.25, seed=3)
    path = tmp_path / "split.csv"
    digest = splits.write(drawn, path)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert splits.read(table, path).sides.tolist() == drawn.sides.tolist()
    some = table.take(np.arange(5, 9))
    assert splits.read(some, path).sides.tolist() == drawn.sides[5:9].tolist()


def test_a_split_file_says_no_patient(tmp_path: Path) -> None:
    drawn = splits.draw(of_patients(["Somebody"]), validation=0, test=0, seed=0)
    splits.write(drawn, tmp_path / "split.csv")
    assert (tmp_path / "split.csv").read_text().splitlines() == ["image,side", "0.png,train"]


def test_a_table_that_is_not_split_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 images are on no side"):
        splits.write(of_patients("ab"), tmp_path / "split.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("image,side\n0.png,train\n", r"does not name 1 images, such as 1\.png"),
        ("image,side\n0.png,train\n1.png,learn\n", "has the side 'learn'"),
        ("image,side\n0.png,train\n1.png,open\n", "has the side 'open'"),
        ("image,side\n0.png,train\n1.png,test\n", "1 patients are on two sides"),
        ("image,side\n0.png\n1.png,test\n", "row 2 of split.csv is wrong"),
        ("picture,side\n", "has no column image"),
    ],
)
def test_a_file_that_is_no_split_of_the_table_is_refused(
    tmp_path: Path, text: str, match: str
) -> None:
    path = tmp_path / "split.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"{match}.*\.$"):
        splits.read(of_patients("aa"), path)


def test_a_file_does_not_move_what_the_owner_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_text("image,side\n0.png,train\n1.png,train\n")
    with pytest.raises(ValueError, match=r"moves 1\.png away"):
        splits.read(of_patients("ab", [OPEN, TEST]), path)
