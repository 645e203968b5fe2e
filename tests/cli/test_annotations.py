"""Annotations imported as a program would import them."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.formats.registry import FORMATS
from shamsul.annotations.marks import Polygons
from shamsul.annotations.measurements import MeasurementArchive, added, measurement_of
from shamsul.findings.labels import BUILT_IN
from shamsul.settings import ASSETS
from tests.annotations import writers
from tests.cli.command import run_in

STUDY = "phantom-demo"
IMAGE = ASSETS / "demo" / "phantom-0006.png"  # without a finding
SHA256 = hashlib.sha256(IMAGE.read_bytes()).hexdigest()


@pytest.fixture
def shamsul(tmp_path: Path) -> Callable[..., tuple]:
    """Run ``shamsul annotations`` in an empty installation; status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        done = run_in(tmp_path, "annotations", *arguments)
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def kept(tmp_path: Path) -> AnnotationArchive:
    return AnnotationArchive(tmp_path / "data" / "annotations")


def vindr(path: Path, *rows: str) -> Path:
    header = "image_id,rad_id,class_name,x_min,y_min,x_max,y_max"
    return writers.write_table(path, header, *rows)


def test_annotations_are_imported_and_what_is_not_is_said(shamsul, kept, tmp_path) -> None:
    path = vindr(
        tmp_path / "a.csv",
        "phantom-0006,R1,Nodule/Mass,10,20,30,40",
        "phantom-0006,R2,Nodule/Mass,20,20,40,40",
        "phantom-0006,R1,Pulmonary fibrosis,10,20,30,40",
        "elsewhere,R1,Cardiomegaly,10,20,30,40",
        "phantom-0006,R1,Cardiomegaly,a,20,30,40",
    )
    status, out, err = shamsul("import", path, "--study", STUDY, "--json")
    assert status == 0
    (line,) = out.splitlines()
    result = json.loads(line)
    faults = [fault["entry"] for fault in result.pop("faults")]
    assert faults == ["row 6", "elsewhere", "Pulmonary fibrosis"]
    assert len(err.splitlines()) == 3
    assert result == {
        "study": STUDY,
        "file": str(path),
        "formats": ["vindr"],
        "cases": 1,
        "annotations": 1,
    }
    (only,) = kept.get(SHA256)
    assert (only.label, only.source) == ("Lung Lesion", "VinDr-CXR")
    np.testing.assert_array_equal(only.mark.edges, [[20, 10, 40, 30], [20, 20, 40, 40]])


def test_another_rule_takes_the_place_of_the_first(shamsul, kept, tmp_path) -> None:
    path = vindr(
        tmp_path / "a.csv",
        "phantom-0006,R1,Nodule/Mass,10,20,30,40",
        "phantom-0006,R2,Nodule/Mass,20,20,40,40",
    )
    for rule, count in (("each", 2), ("majority", 1), ("each", 2)):
        assert shamsul("import", path, "--study", STUDY, "--annotators", rule)[0] == 0
        assert len(kept.get(SHA256)) == count
    assert shamsul("import", path, "--study", STUDY, "--source", "again")[0] == 0
    assert {one.source for one in kept.get(SHA256)} == {"VinDr-CXR", "again"}


def test_annotations_that_were_there_stay(shamsul, kept, tmp_path) -> None:
    image = ASSETS / "demo" / "phantom-0002.png"
    path = vindr(tmp_path / "a.csv", "phantom-0002,R1,Nodule/Mass,10,20,30,40")
    assert shamsul("import", path, "--study", STUDY)[0] == 0
    found = kept.get(hashlib.sha256(image.read_bytes()).hexdigest())
    assert {one.source for one in found} == {"phantom (exact)", "VinDr-CXR"}


def test_a_folder_of_the_radiographs_tells_their_names(shamsul, kept, tmp_path) -> None:
    folder = tmp_path / "images" / "patient7" / "study1"
    folder.mkdir(parents=True)
    shutil.copy(IMAGE, folder / "view1_frontal.png")
    path = vindr(tmp_path / "a.csv", "patient7_study1_view1_frontal,R1,Nodule/Mass,10,20,30,40")
    status, out, err = shamsul("import", path, "--study", STUDY)
    assert (status, out) == (2, "") and "belongs to a case" in err
    assert shamsul("import", path, "--study", STUDY, "--images", tmp_path / "images")[0] == 0
    assert len(kept.get(SHA256)) == 1


def test_a_table_of_labels_of_ones_own(shamsul, kept, tmp_path) -> None:
    path = vindr(tmp_path / "a.csv", "phantom-0006,R1,Pulmonary fibrosis,10,20,30,40")
    table = writers.write_table(
        tmp_path / "t.csv", "annotated,model", "Pulmonary fibrosis,Consolidation"
    )
    assert shamsul("import", path, "--study", STUDY, "--labels", table)[0] == 0
    assert [one.label for one in kept.get(SHA256)] == ["Consolidation"]
    out = shamsul("labels", "--labels", table)[1]
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[:2] == [["annotated", "model"], ["Pulmonary fibrosis", "Consolidation"]]
    assert len(rows) == 2 + len(BUILT_IN.rows)


def test_annotations_are_exported_and_imported_again(shamsul, kept, tmp_path) -> None:
    path = vindr(tmp_path / "a.csv", "phantom-0006,R1,Nodule/Mass,10,20,30,40")
    shamsul("import", path, "--study", STUDY)
    with Image.open(IMAGE) as image:
        shape = image.height, image.width
    drawn = Annotation(
        "Cardiomegaly", DRAWN, Polygons((np.array([[5, 5], [5, 90], [80, 9]]),)), "Ada"
    )
    kept.add(SHA256, [drawn])
    out = tmp_path / "all.json"
    status, told, _ = shamsul("export", "--study", STUDY, "--out", out, "--json")
    assert (status, json.loads(told)) == (0, {"study": STUDY, "file": str(out)})
    before = {(one.label, one.kind): one for one in kept.get(SHA256)}
    kept.put(SHA256, [])
    arguments = ("--annotators", "each", "--source", "Again")
    status, told, _ = shamsul("import", out, "--study", STUDY, *arguments, "--json")
    assert (status, json.loads(told)["formats"]) == (0, ["coco"])
    after = {(one.label, one.kind): one for one in kept.get(SHA256)}
    assert after.keys() == before.keys()
    again = after["Cardiomegaly", "polygons"]
    assert (again.author, again.source) == ("Ada", "Again")
    for one, annotation in before.items():
        np.testing.assert_array_equal(after[one].mask(shape), annotation.mask(shape))


def test_export_of_a_study_that_is_not_there_is_a_sentence(shamsul, tmp_path) -> None:
    status, _, err = shamsul("export", "--study", "nothing", "--out", tmp_path / "a.json")
    assert status == 2 and err.count("\n") == 1 and "nothing" in err
    assert not (tmp_path / "a.json").exists()


def test_formats_are_listed(shamsul) -> None:
    listed = json.loads(shamsul("formats", "--json")[1])["formats"]
    assert [one["name"] for one in listed] == list(FORMATS)
    assert all(name in shamsul("formats")[1] for name in FORMATS)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv", "--study", STUDY], "nowhere.csv"),
        (["a.csv", "--study", "nowhere"], "nowhere"),
        (["a.csv", "--study", STUDY, "--annotators", "most"], "'most'"),
        (["a.csv", "--study", STUDY, "--format", "magic"], "'magic'"),
        (["a.csv", "--study", STUDY, "--format", "coco"], "COCO"),
        (["a.csv", "--study", STUDY, "--labels", "a.csv"], "columns annotated and model"),
        (["a.csv", "--study", STUDY, "--images", "a.csv"], "not a folder"),
        (["b.csv", "--study", STUDY], "none of the known formats"),
        (["a.csv"], "--study"),
    ],
    ids=str,
)
def test_bad_input_is_one_sentence_and_status_2(
    shamsul, tmp_path, monkeypatch, arguments, says
) -> None:
    vindr(tmp_path / "a.csv", "phantom-0006,R1,Nodule/Mass,10,20,30,40")
    writers.write_table(tmp_path / "b.csv", "a,b", "1,2")
    monkeypatch.chdir(tmp_path)
    status, out, err = shamsul("import", *arguments)
    assert (status, out) == (2, "")
    assert says in err and len(err.splitlines()) == 1


def test_measurements_are_written_with_what_their_unit_means(shamsul, tmp_path) -> None:
    measurements = MeasurementArchive(tmp_path / "data" / "annotations" / "measurements")
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    sent = {"id": "1", "kind": "ruler", "places": [[0, 0], [30, 40]]}
    ratio = {"id": "2", "kind": "cardiothoracic_ratio"}
    ratio["places"] = [[10, 50], [10, 100], [20, 10], [20, 110]]
    for one in (
        measurement_of(sent, (512, 512), "=Ada", now),
        measurement_of(ratio, (512, 512), "Bo", now, Occasion(STUDY, 2, repeat=True)),
        measurement_of(sent, (512, 512), "Bo", now, Occasion("another study")),
    ):
        measurements.revise(SHA256, lambda old, one=one: added(old, one))
    out = tmp_path / "measured.csv"
    status, said, err = shamsul("measurements", "--study", STUDY, "--out", out)
    assert (status, said.strip(), err) == (0, str(out), "")
    first, second = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))
    assert first["reader"] == "'=Ada"
    # A PNG tells no spacing: the root of 30² + 40² in pixels.
    wanted = {"kind": "ruler", "value": "50", "unit": "px", "spacing_kind": "", "session": ""}
    wanted |= {"row_2": "30.0", "column_2": "40.0", "row_3": "", "image_sha256": SHA256}
    wanted |= {"study": STUDY, "created_at": "2026-01-02T03:04:05.000Z"}
    assert {name: first[name] for name in wanted} == wanted
    wanted = {"kind": "cardiothoracic_ratio", "value": "0.5", "unit": "", "reader": "Bo"}
    wanted |= {"session": "2", "repeat": "true", "warm_up": "false", "column_4": "110.0"}
    assert {name: second[name] for name in wanted} == wanted


def test_measurements_of_no_study_are_a_sentence(shamsul, tmp_path) -> None:
    status, out, err = shamsul("measurements", "--study", "none", "--out", tmp_path / "a.csv")
    assert (status, out) == (2, "")
    assert "none" in err and "Traceback" not in err
