"""What every data set keeps to, on small folders laid out as their owners do."""

import gzip
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shamsul.findings.labels import NAMES
from shamsul.training.datasets.registry import DATASETS
from shamsul.training.datasets.table import Label, Sex, Side, Table, View
from tests.training.datasets.writers import WRITERS, chexlocalize, study

#: Data sets that come in other layouts, too.
OTHERS = (("chexpert", chexlocalize), ("csv", study))
LAYOUTS = [*((name, WRITERS[name]) for name in DATASETS), *OTHERS]


@pytest.fixture(params=LAYOUTS, ids=[f"{name}-{write.__name__}" for name, write in LAYOUTS])
def layout(request: pytest.FixtureRequest) -> tuple[str, Callable[[Path], None]]:
    found: tuple[str, Callable[[Path], None]] = request.param
    return found


@pytest.fixture
def name(layout: tuple[str, Callable[[Path], None]]) -> str:
    return layout[0]


@pytest.fixture
def root(layout: tuple[str, Callable[[Path], None]], tmp_path: Path) -> Path:
    layout[1](tmp_path)
    return tmp_path


def tables(root: Path) -> list[Path]:
    return sorted(root.rglob("*.csv"))


def test_every_row_of_an_owners_folder_is_used(name: str, root: Path) -> None:
    table = DATASETS[name].read(root)
    assert len(table) >= 2
    assert table.skipped == ()
    assert table.root == root


def test_columns_hold_what_they_promise(name: str, root: Path) -> None:
    table = DATASETS[name].read(root)
    assert table.values.dtype == np.int8
    assert set(np.unique(table.values)) <= set(Label)
    assert len(set(table.images)) == len(table)
    assert all(isinstance(one, str) and one for one in table.images)
    assert all(isinstance(one, str) and one for one in table.patients)
    assert {type(one) for one in table.views} == {View}
    assert {type(one) for one in table.sexes} == {Sex}
    assert {type(one) for one in table.sides} == {Side}
    assert table.ages.dtype == np.float32
    known = table.ages[~np.isnan(table.ages)]
    assert ((known >= 0) & (known < 124)).all()


def test_a_row_has_the_cells_of_its_columns(name: str, root: Path) -> None:
    table = DATASETS[name].read(root)
    row = table.row(1)
    assert (row.image, row.patient, row.view) == (
        table.images[1],
        table.patients[1],
        table.views[1],
    )
    assert [row.labels[label] for label in table.labels] == table.values[1].tolist()


def test_renamed_it_keeps_its_rows_and_has_the_apps_names_once(name: str, root: Path) -> None:
    table = DATASETS[name].read(root)
    renamed = table.renamed()
    assert (renamed.images == table.images).all()
    assert len(set(renamed.labels)) == len(renamed.labels) <= len(table.labels)
    assert set(renamed.labels) <= {*NAMES, *table.labels}
    assert same(renamed.renamed(), renamed)
    # Whoever has any finding keeps it.
    assert ((renamed.values == 1).any(axis=1) == (table.values == 1).any(axis=1)).all()


def test_images_are_found_below_the_folder(name: str, root: Path) -> None:
    table = DATASETS[name].read(root)
    located, paths = table.located()
    assert same(located, table)
    assert located.skipped == ()
    assert all(path.is_file() and root in path.parents for path in paths)
    assert [path.name for path in paths] == [Path(image).name for image in table.images]


def test_a_missing_image_is_named_and_left_out(name: str, root: Path) -> None:
    whole = DATASETS[name].read(root)
    _, before = whole.located()
    before[0].unlink()
    table, after = whole.located()
    assert after == before[1:]
    assert same(table, whole.take(np.arange(1, len(whole))))
    (skipped,) = table.skipped
    assert skipped.place == whole.images[0]
    assert "no such image" in str(skipped)


def test_no_image_is_opened_for_the_table(name: str, root: Path) -> None:
    for path in root.rglob("*"):
        if path.suffix in (".png", ".jpg", ".dcm", ".dicom", ".npz"):
            path.unlink()
    assert len(DATASETS[name].read(root)) >= 2


@pytest.mark.parametrize("ending", [".gz", ".zip"])
def test_a_compressed_table_is_the_same(name: str, root: Path, ending: str) -> None:
    plain = DATASETS[name].read(root)
    for path in tables(root):
        packed = path.with_name(path.name + ending)
        if ending == ".gz":
            packed.write_bytes(gzip.compress(path.read_bytes()))
        else:
            with zipfile.ZipFile(packed, "w") as archive:
                archive.write(path, path.name)
        path.unlink()
    assert same(DATASETS[name].read(root), plain)


def same(one: Table, other: Table) -> bool:
    pairs = [
        (getattr(one, column), getattr(other, column))
        for column in ("images", "values", "patients", "views", "sexes", "sides")
    ]
    return one.labels == other.labels and all(np.array_equal(a, b) for a, b in pairs)


def test_a_folder_without_tables_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^There is no .* in .*\.$"):
        DATASETS[name].read(tmp_path)


def test_another_table_of_the_same_name_is_refused_in_one_sentence(name: str, root: Path) -> None:
    for path in tables(root):
        path.write_text("something\nelse\n")
    with pytest.raises(ValueError, match=r"has no column .*\.$"):
        DATASETS[name].read(root)


def test_a_damaged_archive_is_refused_in_one_sentence(name: str, root: Path) -> None:
    for path in tables(root):
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes())[:-9])
        path.unlink()
    with pytest.raises(ValueError, match=r"is damaged\.$"):
        DATASETS[name].read(root)


def test_a_row_that_is_cut_off_is_named_and_the_others_are_read(name: str, root: Path) -> None:
    whole = DATASETS[name].read(root)
    for path in tables(root):
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], "cut", *lines[1:]]) + "\n")
    table = DATASETS[name].read(root)
    assert same(table, whole)
    assert len(table.skipped) >= 1
    assert {one.place for one in table.skipped} == {"row 2"}
    assert all("too few cells" in one.reason for one in table.skipped)


def test_an_empty_table_has_no_rows(name: str, root: Path) -> None:
    for path in tables(root):
        path.write_text(path.read_text().splitlines()[0] + "\n")
    table = DATASETS[name].read(root)
    assert len(table) == 0
    assert table.values.shape == (0, len(table.labels))


def test_the_folder_may_have_any_name(name: str, root: Path, tmp_path: Path) -> None:
    before = DATASETS[name].read(root)
    moved = tmp_path.with_name(tmp_path.name + " moved")
    shutil.move(root, moved)
    assert same(DATASETS[name].read(moved), before)
