"""Each data set's own rules, on small tables done by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.training.datasets import (
    chexpert,
    mimic,
    nih,
    own_csv,
    padchest,
    phantoms,
    rsna,
    siim,
    vindr,
)
from shamsul.training.datasets.own_csv import Names
from shamsul.training.datasets.table import Label, Sex, Side, Table, View, joined, objects
from tests.training.datasets import writers
from tests.training.datasets.writers import write_csv

PRESENT, ABSENT, UNCERTAIN, MISSING = Label


def column(table: Table, label: str) -> list[Label]:
    return [table.row(index).labels[label] for index in range(len(table))]


@pytest.mark.parametrize("release", ["CheXpert-v1.0", "CheXpert-v1.0-small"])
def test_chexpert_has_blanks_and_uncertain_labels_in_either_release(
    tmp_path: Path, release: str
) -> None:
    writers.chexpert(tmp_path, release)
    table = chexpert.read(tmp_path)
    assert column(table, "Edema") == [UNCERTAIN, ABSENT, PRESENT, ABSENT]
    assert column(table, "Fracture") == [MISSING, MISSING, MISSING, ABSENT]
    assert table.patients.tolist() == ["patient00001"] * 2 + ["patient00002", "patient64541"]
    assert table.views.tolist() == [View.AP, View.LATERAL, View.PA, View.AP]
    assert table.sides.tolist() == [Side.TRAIN] * 3 + [Side.VALIDATION]
    assert table.sexes.tolist() == [Sex.FEMALE, Sex.FEMALE, Sex.UNKNOWN, Sex.MALE]
    assert table.images[0] == "train/patient00001/study1/view1_frontal.jpg"


def test_chexperts_test_set_is_read_beside_the_others_without_their_columns(
    tmp_path: Path,
) -> None:
    writers.chexpert(tmp_path)
    writers.chexlocalize(tmp_path)
    table = chexpert.read(tmp_path)
    # valid.csv comes before val_labels.csv, which has the same images elsewhere.
    assert table.sides.tolist() == [Side.TRAIN] * 3 + [Side.VALIDATION] + [Side.TEST] * 2
    assert table.images[4] == "test/patient64741/study1/view1_frontal.jpg"
    assert table.patients[3:].tolist() == ["patient64541", "patient64741", "patient64742"]
    assert table.views[4:].tolist() == [View.FRONTAL, View.LATERAL]
    assert table.sexes[4:].tolist() == [Sex.UNKNOWN] * 2
    assert np.isnan(table.ages[4:]).all()
    assert column(table, "Support Devices")[4:] == [PRESENT] * 2
    assert column(table, "Edema")[4:] == [ABSENT] * 2


@pytest.mark.parametrize("beginning", ["", "CheXpert-v1.0/", "data/CheXpert-v1.0-small/"])
def test_whatever_stands_before_chexperts_sides_is_the_folder(
    tmp_path: Path, beginning: str
) -> None:
    writers.chexlocalize(tmp_path, beginning)
    (tmp_path / "test_labels.csv").rename(tmp_path / "test.csv")
    table, _ = chexpert.read(tmp_path).located()
    assert table.skipped == ()
    assert table.sides.tolist() == [Side.VALIDATION, Side.TEST, Side.TEST]


def test_chexpert_names_rows_without_patient_and_with_other_words(tmp_path: Path) -> None:
    writers.chexpert(tmp_path)
    path = tmp_path / "train.csv"
    text = path.read_text()
    lines = text.replace("-1.0", "maybe").replace("train/patient00002", "train/x").splitlines()
    path.write_text("\n".join(lines))
    table = chexpert.read(tmp_path)
    assert len(table) == 2
    assert [str(one) for one in table.skipped] == [
        "train.csv, row 2: Edema is 'maybe'",
        "train.csv, row 4: its path names no patient",
    ]


def test_an_image_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    writers.chexpert(tmp_path)
    path = tmp_path / "train.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]))
    table = chexpert.read(tmp_path)
    assert len(table) == 4
    assert [one.place for one in table.skipped] == ["row 5"]


def test_nih_findings_that_are_not_named_are_absent(tmp_path: Path) -> None:
    writers.nih(tmp_path)
    table = nih.read(tmp_path)
    assert column(table, "Hernia") == [PRESENT, ABSENT, ABSENT]
    assert column(table, "Edema") == [PRESENT, ABSENT, ABSENT]
    assert column(table, "No Finding") == [ABSENT, PRESENT, ABSENT]
    assert table.sides.tolist() == [Side.TRAIN, Side.TRAIN, Side.TEST]
    np.testing.assert_array_equal(table.ages, [40, 41, np.nan])


def test_nih_rows_with_other_labels_are_named(tmp_path: Path) -> None:
    writers.nih(tmp_path)
    path = tmp_path / "Data_Entry_2017_v2020.csv"
    path.write_text(path.read_text().replace("Hernia|Edema", "Hernia|Measles"))
    table = nih.read(tmp_path)
    assert len(table) == 2
    assert table.skipped[0].reason == "'Measles' is no label of the data set"


def test_mimic_gives_a_studys_labels_to_each_of_its_images(tmp_path: Path) -> None:
    writers.mimic(tmp_path)
    table = mimic.read(tmp_path)
    assert column(table, "Atelectasis") == [PRESENT, PRESENT, UNCERTAIN]
    assert table.views.tolist() == [View.PA, View.LATERAL, View.OTHER]
    assert table.sides.tolist() == [Side.TRAIN, Side.TRAIN, Side.VALIDATION]
    assert table.images[2] == "files/p11/p11000002/s50000002/cc.jpg"


def test_mimic_names_images_without_labels_or_split(tmp_path: Path) -> None:
    writers.mimic(tmp_path)
    for name, row in (("chexpert", "11000002,50000002"), ("split", "bb,")):
        path = tmp_path / f"mimic-cxr-2.0.0-{name}.csv"
        lines = [line for line in path.read_text().splitlines() if not line.startswith(row)]
        path.write_text("\n".join(lines))
    table = mimic.read(tmp_path)
    assert table.images.tolist() == ["files/p10/p10000001/s50000001/aa.jpg"]
    assert [(one.place, one.reason) for one in table.skipped] == [
        ("row 3", "mimic-cxr-2.0.0-split.csv does not say its split"),
        ("row 4", "its study has no labels in mimic-cxr-2.0.0-chexpert.csv"),
    ]


def test_vindr_takes_what_most_readers_name(tmp_path: Path) -> None:
    """Two of three name it; one of three; one of two."""
    writers.vindr(tmp_path)
    table = vindr.read(tmp_path)
    assert table.images.tolist() == ["aa.dicom", "bb.dicom", "cc.dicom"]
    assert column(table, "Cardiomegaly") == [PRESENT, ABSENT, ABSENT]
    assert column(table, "Other diseases") == [ABSENT, UNCERTAIN, PRESENT]
    assert table.sides.tolist() == [Side.TRAIN, Side.TRAIN, Side.TEST]


def test_vindr_counts_a_reader_once_however_many_boxes(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "train.csv",
        ("image_id", "class_name", "class_id", "rad_id", "x_min", "y_min", "x_max", "y_max"),
        [
            ("aa", "ILD", 5, "R1", 1, 1, 2, 2),
            ("bb", "ILD", 5, "R1", 1, 1, 2, 2),
            ("aa", "ILD", 5, "R1", 3, 3, 4, 4),
            ("aa", "No finding", 14, "R2", "", "", "", ""),
            ("aa", "No finding", 14, "R3", "", "", "", ""),
            ("aa", "Measles", 15, "R3", "", "", "", ""),
        ],
    )
    table = vindr.read(tmp_path)
    assert column(table, "ILD") == [ABSENT, PRESENT]
    assert column(table, "No finding") == [PRESENT, ABSENT]
    assert [str(one) for one in table.skipped] == [
        "train.csv, row 7: 'Measles' is no label of the data set"
    ]


def test_padchest_words_are_trimmed_and_unchanged_leaves_the_rest_open(tmp_path: Path) -> None:
    writers.padchest(tmp_path)
    table = padchest.read(tmp_path)
    assert table.labels == ("edema", "normal", "unchanged")
    assert column(table, "edema") == [ABSENT, PRESENT, MISSING]
    assert column(table, "normal") == [PRESENT, MISSING, MISSING]
    assert column(table, "unchanged") == [ABSENT, PRESENT, MISSING]
    assert table.views.tolist() == [View.AP, View.LATERAL, View.PA]
    np.testing.assert_array_equal(table.ages, [65, 65, np.nan])
    assert table.images[0] == "3/a.png"


@pytest.mark.parametrize("cell", ["['edema", "{'edema'}", "[1]", "edema", "__import__('os')"])
def test_padchest_names_rows_whose_labels_are_no_list(tmp_path: Path, cell: str) -> None:
    writers.padchest(tmp_path)
    path = tmp_path / "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"
    path.write_text(path.read_text().replace("['normal']", cell))
    table = padchest.read(tmp_path)
    assert table.images.tolist() == ["4/b.png", "4/c.png"]
    assert table.skipped[0].reason == "its labels are no list of words"


def test_rsna_has_a_row_for_each_picture_with_any_box(tmp_path: Path) -> None:
    writers.rsna(tmp_path)
    table = rsna.read(tmp_path)
    assert table.images.tolist() == ["aa.dcm", "bb.dcm"]
    assert column(table, "Pneumonia") == [ABSENT, PRESENT]


def test_siim_has_a_row_for_each_picture_with_any_mask(tmp_path: Path) -> None:
    writers.siim(tmp_path)
    table = siim.read(tmp_path)
    assert table.images.tolist() == ["1.2.3.dcm", "1.2.4.dcm"]
    assert column(table, "Pneumothorax") == [ABSENT, PRESENT]


def test_siim_names_a_broken_mask_and_keeps_the_pictures_other_one(tmp_path: Path) -> None:
    writers.siim(tmp_path)
    path = tmp_path / "train-rle.csv"
    path.write_text(path.read_text().replace("10 2 5 3", "10 2 5"))
    table = siim.read(tmp_path)
    assert column(table, "Pneumothorax") == [ABSENT, PRESENT]
    assert [one.place for one in table.skipped] == ["row 3"]


def test_phantoms_have_their_labels_and_no_grades(tmp_path: Path) -> None:
    from shamsul.phantom import render
    from shamsul.reading.case_folder import write_phantoms

    phantom = render(3, shape=(64, 64))
    write_phantoms([phantom], tmp_path)
    table, _ = phantoms.read(tmp_path).located()
    assert {name: bool(said) for name, said in table.row(0).labels.items()} == phantom.labels


def test_an_own_table_may_name_its_columns(tmp_path: Path) -> None:
    header = ("File", "Who", "Mass", "remark")
    rows = [("a.png", "p", "1", "good"), ("../b.png", "p", "0", ""), ("", "p", "0", "")]
    write_csv(tmp_path / "mine.csv", header, [*rows, ("c.png", "q", "2", "")])
    names = Names(file="mine.csv", image="File", patient="Who", labels=("Mass",))
    table = own_csv.read(tmp_path, names)
    assert table.images.tolist() == ["a.png"]
    assert table.patients.tolist() == ["p"]
    assert [(one.place, one.reason) for one in table.skipped] == [
        ("row 3", "its image is not below the folder"),
        ("row 4", "it names no image"),
        ("row 5", "Mass is '2'"),
    ]


def test_an_own_table_has_sides_views_and_ages_where_it_says_so(tmp_path: Path) -> None:
    writers.own_csv(tmp_path)
    table = own_csv.read(tmp_path)
    assert table.labels == ("Edema", "Mass")
    assert column(table, "Edema") == [PRESENT, UNCERTAIN]
    assert column(table, "Mass") == [MISSING, ABSENT]
    assert table.sides.tolist() == [Side.TRAIN, Side.OPEN]
    assert table.views.tolist() == [View.PA, View.OTHER]
    np.testing.assert_array_equal(table.ages, [30, np.nan])


def test_an_image_without_patient_is_of_one_of_its_own(tmp_path: Path) -> None:
    rows = [("a.png", "", 1), ("b.png", "p", 1), ("c.png", "", 0)]
    write_csv(tmp_path / "dataset.csv", ("image", "patient", "Mass"), rows)
    assert own_csv.read(tmp_path).patients.tolist() == ["a.png", "p", "c.png"]


def test_rows_stay_named_beside_images_that_are_missing(tmp_path: Path) -> None:
    rows = [("a.png", 3), ("b.png", 1), ("c.png", 0)]
    write_csv(tmp_path / "dataset.csv", ("image", "Mass"), rows)
    writers.write_images(tmp_path, "c.png")
    table, _ = own_csv.read(tmp_path).located()
    assert table.images.tolist() == ["c.png"]
    assert [one.place for one in table.skipped] == ["row 2", "b.png"]


def test_an_own_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    labels = ("Lung Lesion", "=1+1", "Größe, in cm")
    table = Table(
        tmp_path,
        labels,
        objects(["a.png", "b/c.png"]),
        np.array([[1, 0, -2], [-1, -2, 0]], np.int8),
        objects(["-7", 'who, "me"']),
        objects([View.LATERAL, View.UNKNOWN]),
        objects([Sex.UNKNOWN, Sex.FEMALE]),
        np.array([np.nan, 61.5], np.float32),
        objects([Side.OPEN, Side.TEST]),
    )
    own_csv.write(tmp_path, table)
    read = own_csv.read(tmp_path)
    assert read.labels == labels
    assert read.skipped == ()
    for name in ("images", "values", "patients", "views", "sexes", "ages", "sides"):
        np.testing.assert_array_equal(getattr(read, name), getattr(table, name))
    header, first, _ = (tmp_path / "dataset.csv").read_text().splitlines()
    assert header.startswith("image,patient,view,sex,age,split,Lung Lesion,'=1+1,")
    assert first == "a.png,'-7,LATERAL,,,,1,0,"


def test_an_own_table_is_not_written_with_two_columns_of_one_name(tmp_path: Path) -> None:
    writers.own_csv(tmp_path)
    table = replace(own_csv.read(tmp_path), labels=("Edema", "sex"))
    with pytest.raises(ValueError, match=r"^A finding cannot be called sex, .*\.$"):
        own_csv.write(tmp_path, table)


def test_a_column_that_is_named_but_missing_is_refused(tmp_path: Path) -> None:
    writers.own_csv(tmp_path)
    with pytest.raises(ValueError, match=r"^dataset.csv has no column Sex\.$"):
        own_csv.read(tmp_path, Names(sex="Sex"))


def test_an_own_table_may_have_any_name(tmp_path: Path) -> None:
    write_csv(tmp_path / "mine [1].csv", ("image", "Mass"), [("a.png", 1)])
    assert len(own_csv.read(tmp_path, Names(file="mine [1].csv"))) == 1


def test_an_own_table_is_read_as_spreadsheets_of_other_countries_save_it(tmp_path: Path) -> None:
    text = "image;age;Mass\nä.png;50;1\nb.png;60;-1\n"
    (tmp_path / "dataset.csv").write_bytes(text.encode("utf-16"))
    table = own_csv.read(tmp_path)
    assert table.images.tolist() == ["ä.png", "b.png"]
    assert column(table, "Mass") == [PRESENT, UNCERTAIN]


def test_columns_of_different_length_are_no_table(tmp_path: Path) -> None:
    writers.own_csv(tmp_path)
    table = own_csv.read(tmp_path)
    with pytest.raises(ValueError, match="same length"):
        replace(table, patients=table.patients[:1])


def test_tables_with_different_labels_are_not_joined(tmp_path: Path) -> None:
    writers.own_csv(tmp_path)
    writers.rsna(tmp_path)
    with pytest.raises(ValueError, match="different labels"):
        joined([own_csv.read(tmp_path), rsna.read(tmp_path)])
