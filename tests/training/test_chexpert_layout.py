"""Phantoms laid out as CheXpert is shipped."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.phantom import LABELS as FINDINGS
from shamsul.phantom import Grade, Phantom
from shamsul.phantom.patient import sample_patient
from shamsul.phantom.streams import Stream, generator
from shamsul.training.chexpert_layout import NAME, PARENTS, SHAPE, write_chexpert
from shamsul.training.datasets import chexpert
from shamsul.training.datasets.chexpert import LABELS
from shamsul.training.datasets.table import Label, Side, View
from tests.training import fake_phantom

COUNT = 300


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chexpert")
    written = list(write_chexpert(COUNT, folder, seed=5, render=fake_phantom.render))
    assert len(set(written)) == COUNT
    return folder


@pytest.fixture(scope="module")
def phantoms() -> list[Phantom]:
    return [fake_phantom.render(5 + n, shape=SHAPE) for n in range(COUNT)]


def rows(folder: Path, part: str) -> list[dict[str, str]]:
    with (folder / NAME / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_tables_have_the_columns_of_chexpert(folder: Path) -> None:
    training, validation = rows(folder, "train"), rows(folder, "valid")
    assert (len(training), len(validation)) == (270, 30)
    assert list(training[0]) == ["Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *LABELS]
    assert training[0]["Path"] == f"{NAME}/train/patient00001/study1/view1_frontal.jpg"
    for row in training + validation:
        with Image.open(folder / row["Path"]) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "L", SHAPE[::-1])


def test_no_patient_is_on_two_sides_and_each_has_one_sex_and_age(folder: Path) -> None:
    people: dict[str, set[tuple[str, str, str]]] = {}
    for row in rows(folder, "train") + rows(folder, "valid"):
        _, part, patient, *_ = row["Path"].split("/")
        people.setdefault(patient, set()).add((part, row["Sex"], row["Age"]))
    assert all(len(one) == 1 for one in people.values())
    assert len(people) < COUNT


def test_labels_for_validation_are_exact(folder: Path, phantoms: list[Phantom]) -> None:
    for row, phantom in zip(rows(folder, "valid"), phantoms[270:], strict=True):
        there = {label for label in LABELS if row[label] == "1.0"}
        assert there - PARENTS.keys() == {label for label, is_ in phantom.labels.items() if is_}
        for parent, children in PARENTS.items():
            assert (parent in there) == bool(children & there)
        assert {row[label] for label in LABELS} <= {"0.0", "1.0"}


def test_training_labels_are_those_of_a_report(folder: Path, phantoms: list[Phantom]) -> None:
    said: dict[str, list[str]] = {"subtle": [], "plain": [], "absent": []}
    for row, phantom in zip(rows(folder, "train"), phantoms[:270], strict=True):
        grades = {one.label: one.grade for one in phantom.findings}
        for label in FINDINGS[1:]:
            kind = {None: "absent", Grade.SUBTLE: "subtle"}.get(grades.get(label), "plain")
            said[kind].append(row[label])
        assert row["No Finding"] == ("" if grades else "1.0")
        assert {row[label] for label in ("Edema", "Pneumonia", "Fracture")} == {""}
    assert set(said["plain"]) == {"1.0"}
    shares = {
        kind: [np.mean([one == text for one in said[kind]]) for text in ("1.0", "-1.0", "0.0", "")]
        for kind in said
    }
    assert shares["subtle"] == pytest.approx([0.5, 0.5, 0, 0], abs=0.12)
    assert shares["absent"] == pytest.approx([0, 0.02, 0.245, 0.735], abs=0.06)


def test_the_reader_of_chexpert_reads_it(folder: Path) -> None:
    table = chexpert.read(folder / NAME)
    assert (len(table), table.skipped) == (COUNT, ())
    assert [side for side in table.sides] == [Side.TRAIN] * 270 + [Side.VALIDATION] * 30
    assert set(table.views) == {View.AP, View.PA}
    written = {
        "1.0": Label.PRESENT,
        "0.0": Label.ABSENT,
        "-1.0": Label.UNCERTAIN,
        "": Label.MISSING,
    }
    for row, values in zip(rows(folder, "train"), table.values, strict=False):
        assert [written[row[label]] for label in LABELS] == list(values)
    assert all((table.root / image).is_file() for image in table.images)


def test_views_are_those_of_the_poses(folder: Path) -> None:
    views = [row["AP/PA"] for row in rows(folder, "train")]
    poses = [sample_patient(generator(5 + n, Stream.PATIENT)).pose for n in range(270)]
    assert views == ["PA" if pose.front_on_detector else "AP" for pose in poses]
    assert set(views) == {"AP", "PA"}


def test_processes_write_what_one_does(tmp_path: Path) -> None:
    for processes in (0, 2):
        out = tmp_path / str(processes)
        list(write_chexpert(12, out, seed=5, processes=processes, render=fake_phantom.render))
    files = [path.relative_to(tmp_path / "0") for path in (tmp_path / "0").rglob("*.*g")]
    assert len(files) == 12
    for name in [*files, *(Path(NAME) / part for part in ("train.csv", "valid.csv"))]:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
