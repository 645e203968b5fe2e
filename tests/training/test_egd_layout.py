"""Simulated gaze in the files of EGD-CXR."""

import csv
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.formats.entry import Fault, Found
from shamsul.annotations.formats.registry import read as read_annotations
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Gaze
from shamsul.phantom.gaze import look
from shamsul.training.egd_layout import Reading, read, write_egd
from tests.training import fake_phantom

SHAPE = (512, 432)
COUNT = 12
FILES = ("fixations.csv", "master_sheet.csv", "bounding_boxes.csv")


@pytest.fixture(scope="module")
def readings() -> dict[str, Reading]:
    every = (fake_phantom.render(seed, shape=SHAPE) for seed in range(COUNT))
    return {f"phantom-{n:04d}.png": read(one, readers=2) for n, one in enumerate(every, 1)}


@pytest.fixture(scope="module")
def folder(readings: dict[str, Reading], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("egd")
    assert write_egd(readings, folder) == (folder / "reader-1", folder / "reader-2")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def master(folder: Path) -> dict[str, dict[str, str]]:
    return {row["dicom_id"]: row for row in rows(folder / "master_sheet.csv")}


def test_each_reader_has_the_three_files_and_one_has_no_folder(
    folder: Path, readings: dict[str, Reading], tmp_path: Path
) -> None:
    for name in ("reader-1", "reader-2"):
        assert {path.name for path in (folder / name).iterdir()} == set(FILES)
    for name in FILES[1:]:
        assert (folder / "reader-1" / name).read_bytes() == (
            folder / "reader-2" / name
        ).read_bytes()
    one = fake_phantom.render(0, shape=SHAPE)
    assert write_egd({"phantom-0001.png": read(one)}, tmp_path) == (tmp_path,)
    assert {path.name for path in tmp_path.iterdir()} == set(FILES)
    same = [row for row in rows(folder / "reader-1" / FILES[0]) if row["MEDIA_ID"] == "0"]
    assert rows(tmp_path / FILES[0]) == same


def test_nothing_looked_at_is_three_empty_tables(tmp_path: Path) -> None:
    write_egd({}, tmp_path)
    assert [rows(tmp_path / name) for name in FILES] == [[], [], []]


def test_headers_are_those_of_the_release(folder: Path) -> None:
    heads = [
        (folder / "reader-1" / name).read_text(encoding="utf-8").splitlines()[0] for name in FILES
    ]
    assert heads[0].startswith(
        "SESSION_ID,MEDIA_ID,DICOM_ID,CNT,Time (in secs),TIMETICK(f=10000000),"
    )
    assert heads[0].endswith(",SACCADE_MAG,SACCADE_DIR,VID_FRAME,X_ORIGINAL,Y_ORIGINAL")
    columns = heads[1].split(",")
    assert len(columns) == 59
    assert columns[7:13] == [
        *(f"image_{side}_pad" for side in ("top", "bottom", "left", "right")),
        "dx1",
        "dx1_icd",
    ]
    assert columns[-3:] == ["pneumothorax__chx", "support_devices__chx", "cxr_exam_indication"]
    assert heads[2] == "dicom_id,bbox_name,x1,x2,y1,y2"


def test_the_formats_of_annotations_read_the_gaze(
    folder: Path, readings: dict[str, Reading]
) -> None:
    images = Images({str(n): (name,) for n, name in enumerate(readings)})
    for reader in (1, 2):
        contents = read_annotations(folder / f"reader-{reader}" / "fixations.csv")
        assert contents.formats == ("egd-cxr",)
        found = [entry for entry in contents.entries if isinstance(entry, Found)]
        assert not [entry for entry in contents.entries if isinstance(entry, Fault)]
        assert len(found) == COUNT
        for entry, reading in zip(found, readings.values(), strict=True):
            gaze = entry.annotation.mark
            assert isinstance(gaze, Gaze)
            assert gaze.inside(SHAPE)
            path = reading.paths[reader - 1]
            np.testing.assert_allclose(gaze.fixations[:, 2], path.fixations[:, 3], atol=1e-5)
            off = path.fixations[:, :2] - gaze.fixations[:, :2]
            assert ((off > -0.02) & (off < 1.02)).all()
            assert images.find(entry.image).isdigit()


def test_the_screen_leads_back_to_the_picture_as_the_authors_go(folder: Path) -> None:
    """Their map_eye_gaze_from_screen_to_image_coordinates.py, step by step."""
    sheet = master(folder / "reader-1")
    for row in rows(folder / "reader-1" / "fixations.csv"):
        pads = {
            side: int(sheet[row["DICOM_ID"]][f"image_{side}_pad"])
            for side in ("top", "bottom", "left", "right")
        }
        x, y = float(row["FPOGX"]) * 1920, float(row["FPOGY"]) * 1080
        assert pads["left"] < x < 1920 - pads["right"]
        assert pads["top"] < y < 1080 - pads["bottom"]
        width, height = 1920 - pads["left"] - pads["right"], 1080 - pads["top"] - pads["bottom"]
        assert width / height == pytest.approx(SHAPE[1] / SHAPE[0], abs=1e-3)
        column = int(SHAPE[1] / width * (x - pads["left"]))
        line = int(SHAPE[0] / height * (y - pads["top"]))
        assert abs(column - int(row["X_ORIGINAL"])) + abs(line - int(row["Y_ORIGINAL"])) <= 1


def test_times_and_saccades_fit_the_fixations(folder: Path) -> None:
    before: dict[str, str] = {}
    for row in rows(folder / "reader-2" / "fixations.csv"):
        start, seconds, end = (float(row[name]) for name in ("FPOGS", "FPOGD", "Time (in secs)"))
        assert start + seconds == pytest.approx(end, abs=2e-5)
        assert int(row["TIMETICK(f=10000000)"]) == pytest.approx(end * 1e7, abs=100)
        if row["FPOGID"] == "1":
            assert (row["SACCADE_MAG"], start) == ("0", 0)
        else:
            assert int(row["FPOGID"]) == int(before["FPOGID"]) + 1
            assert start > float(before["Time (in secs)"])
            right = (float(row["FPOGX"]) - float(before["FPOGX"])) * 1920
            up = -(float(row["FPOGY"]) - float(before["FPOGY"])) * 1080
            length, angle = float(row["SACCADE_MAG"]), np.radians(float(row["SACCADE_DIR"]))
            assert (length * np.cos(angle), length * np.sin(angle)) == pytest.approx(
                (right, up), abs=0.02
            )
        before = row


def test_what_a_simulation_cannot_know_is_nothing(folder: Path) -> None:
    for row in rows(folder / "reader-1" / "fixations.csv"):
        assert {row[name] for name in row if name[:2] in ("LP", "RP", "BK")} == {"0"}
        assert row["FPOGV"] == row["BPOGV"] == "1"
    for row in master(folder / "reader-1").values():
        assert {row[name] for name in row if name.startswith("dx")} == {""}
        assert row["stay_id"] == row["normal_reports"] == ""
        assert row["fracture__chx"] == row["hyperaeration"] == "0"
        assert "simulated" in row["cxr_exam_indication"]


def test_labels_are_the_phantoms_and_the_three_classes_exclude_each_other(
    folder: Path, readings: dict[str, Reading]
) -> None:
    seen = set()
    for (image, reading), row in zip(
        readings.items(), master(folder / "reader-1").values(), strict=True
    ):
        assert (row["path"], row["dicom_id"]) == (image, Path(image).stem)
        for label, column in (
            ("Consolidation", "consolidation"),
            ("Cardiomegaly", "enlarged_cardiac_silhouette"),
            ("Pleural Effusion", "pleural_effusion_or_thickening"),
            ("No Finding", "Normal"),
            ("Pneumothorax", "pneumothorax__chx"),
            ("Lung Lesion", "lung_lesion__chx"),
            ("Consolidation", "pneumonia"),
        ):
            assert row[column] == str(int(label in reading.present))
        opaque = reading.present & {"Lung Lesion", "Consolidation"}
        assert row["lung_opacity__chx"] == str(int(bool(opaque)))
        classes = tuple(row[name] for name in ("Normal", "CHF", "pneumonia"))
        assert classes.count("1") <= 1
        if classes == ("0", "1", "0"):
            assert reading.present & {"Cardiomegaly", "Pleural Effusion"}
        seen.add(classes)
    assert seen == {("1", "0", "0"), ("0", "1", "0"), ("0", "0", "1"), ("0", "0", "0")}


def test_boxes_are_of_the_anatomy_on_the_picture(
    folder: Path, readings: dict[str, Reading]
) -> None:
    table = rows(folder / "reader-1" / "bounding_boxes.csv")
    assert {row["bbox_name"] for row in table} >= {"left lung", "right lung", "cardiac silhouette"}
    for row in table:
        x1, x2, y1, y2 = (int(row[name]) for name in ("x1", "x2", "y1", "y2"))
        assert 0 <= x1 < x2 <= SHAPE[1]
        assert 0 <= y1 < y2 <= SHAPE[0]
        edges = readings[f"{row['dicom_id']}.png"].boxes[row["bbox_name"]]
        assert (y1, x1, y2, x2) == pytest.approx(edges, abs=0.5)


def test_readers_are_those_of_the_phantom_room(readings: dict[str, Reading]) -> None:
    reading = readings["phantom-0001.png"]
    phantom = fake_phantom.render(0, shape=SHAPE)
    for number, path in enumerate(reading.paths, 1):
        np.testing.assert_array_equal(path.fixations, look(phantom, reader=number).fixations)
