"""Gaze and anatomy of EGD-CXR, gaze of REFLACX, in small files with the real headers."""

from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.formats import reflacx
from shamsul.annotations.formats.entry import Fault, Found, Looked
from shamsul.annotations.formats.registry import read
from shamsul.annotations.gaze import Gaze
from shamsul.annotations.image_names import Images
from shamsul.annotations.matching import Annotators, bring
from shamsul.findings.labels import ANATOMY, BUILT_IN, GAZE
from shamsul.radiographs.archive import Extent
from tests.annotations.writers import SHAPE, write_table

#: Of fixations.csv of EGD-CXR 1.0.0 (PhysioNet).
HEADER = (
    "SESSION_ID,MEDIA_ID,DICOM_ID,CNT,Time (in secs),TIMETICK(f=10000000),FPOGX,FPOGY,FPOGS,FPOGD,"
    "FPOGID,FPOGV,BPOGX,BPOGY,BPOGV,LPCX,LPCY,LPD,LPS,LPV,RPCX,RPCY,RPD,RPS,RPV,BKID,BKDUR,BKPMIN,"
    "LPMM,LPMMV,RPMM,RPMMV,SACCADE_MAG,SACCADE_DIR,VID_FRAME,X_ORIGINAL,Y_ORIGINAL"
)
FIXATIONS = "fixations.csv"


def row(image: str, count: int, time: float, **cells: object) -> str:
    """A row of fixations.csv: what the test does not say is 0 where the eye tracker says so."""
    usual = {name: 0 for name in HEADER.split(",")} | {
        "SESSION_ID": 1,
        "DICOM_ID": image,
        "CNT": count,
        "Time (in secs)": time + 0.25,  # written at its end
        "FPOGS": time,
        "FPOGD": 0.25,
        "FPOGID": count,
        "FPOGV": 1,
        "X_ORIGINAL": "",
        "Y_ORIGINAL": "",
    }
    return ",".join(str(value) for value in (usual | cells).values())


def fixations(folder: Path, *rows: str) -> Path:
    return write_table(folder / FIXATIONS, HEADER, *rows)


def sheet(folder: Path, **images: tuple[int, int, int, int]) -> Path:
    """master_sheet.csv: paddings above, below, to the left and to the right, and a long text."""
    names = ("image_top_pad", "image_bottom_pad", "image_left_pad", "image_right_pad")
    text = '"The heart\n\nis ""big"", and so on."'
    lines = [
        f"{image},files/{image}.dcm,5,1,{','.join(map(str, free))},1,0,0,{text},x"
        for image, free in images.items()
    ]
    header = f"dicom_id,path,study_id,patient_id,{','.join(names)},Normal,CHF,pneumonia,exam,end"
    return write_table(folder / "master_sheet.csv", header, *lines)


def gaze_of(entries) -> dict[str, Found]:
    return {
        one.image: one for one in entries if isinstance(one, Found) and one.annotation.label == GAZE
    }


def told(entries) -> list[str]:
    return [str(one) for one in entries if isinstance(one, Fault)]


def test_egd_positions_on_the_image_come_with_starts_in_order(tmp_path: Path) -> None:
    path = fixations(
        tmp_path,
        row("a", 7, 12.5, X_ORIGINAL=30, Y_ORIGINAL=10, FPOGD=0.5),
        row("a", 5, 11.0, X_ORIGINAL=20, Y_ORIGINAL=12, FPOGD=0.25),
        row("a", 6, 12.0, X_ORIGINAL=21, Y_ORIGINAL=12, FPOGV=0),
        row("a", 4, 10.0, X_ORIGINAL=-2, Y_ORIGINAL=-2),
        # The last image of the session.
        row("b", 8, 14.0, X_ORIGINAL=5, Y_ORIGINAL=6),
    )
    contents = read(path)
    assert contents.formats == ("egd-cxr",) and not told(contents.entries)
    found = gaze_of(contents.entries)
    assert found.keys() == {"a", "b"} and not any(one.relative for one in found.values())
    gaze = found["a"].annotation.mark
    assert isinstance(gaze, Gaze)
    # From the first row of the image, where the eyes were still off it.
    assert gaze.starts.tolist() == [1.0, 2.5]
    np.testing.assert_array_equal(gaze.fixations, [[12, 20, 0.25], [10, 30, 0.5]])
    assert (found["a"].annotation.source, found["a"].annotation.author) == ("EGD-CXR", "")


def test_egd_fixations_without_times_are_ordered_by_their_count(tmp_path: Path) -> None:
    header = "DICOM_ID,CNT,FPOGD,X_ORIGINAL,Y_ORIGINAL"
    path = write_table(tmp_path / FIXATIONS, header, "a,10,0.1,1,2", "a,9,0.2,3,4")
    gaze = gaze_of(read(path).entries)["a"].annotation.mark
    assert gaze.fixations[:, 2].tolist() == [0.2, 0.1] and np.isnan(gaze.starts).all()


def test_egd_positions_on_the_screen_become_shares_of_the_image(tmp_path: Path) -> None:
    """The image is 960 x 540 pixels of the screen; what is off it is left out."""
    sheet(tmp_path, a=(270, 270, 160, 800))
    path = fixations(
        tmp_path,
        row("a", 1, 0.5, FPOGX=160 / 1920, FPOGY=270 / 1080),
        row("a", 2, 1.0, FPOGX=(160 + 240) / 1920, FPOGY=0.5),
        row("a", 3, 1.5, FPOGX=0.01, FPOGY=0.5),
        row("a", 4, 2.0, FPOGX=0.2, FPOGY=0.9),
    )
    for given in (path, tmp_path):
        contents = read(given)
        assert not told(contents.entries)
        found = gaze_of(contents.entries)["a"]
        assert found.relative
        np.testing.assert_allclose(
            found.annotation.mark.fixations, [[0, 0, 0.25], [0.5, 0.25, 0.25]], atol=1e-12
        )


def brought(entries, shape=(400, 600), annotators=Annotators.UNION):
    images = Images({letter * 64: [letter] for letter in "ab"})
    extent = Extent(shape, None)
    labels = ("Cardiomegaly", "Edema")
    return bring(entries, images, lambda sha256: extent, labels, BUILT_IN, annotators)


def test_egd_shares_and_pixels_of_one_reading_are_one_gaze(tmp_path: Path) -> None:
    sheet(tmp_path, a=(0, 0, 0, 0))
    path = fixations(
        tmp_path,
        row("a", 1, 0.5, X_ORIGINAL=100, Y_ORIGINAL=50),
        row("a", 2, 1.0, FPOGX=0.5, FPOGY=0.25),
        row("a", 3, 1.5, X_ORIGINAL=120, Y_ORIGINAL=60),
    )
    (only,) = brought(read(path).entries).annotations["a" * 64]
    assert (only.label, only.kind) == (GAZE, "gaze")
    assert only.mark.fixations[:, :2].tolist() == [[50, 100], [100, 300], [60, 120]]
    assert only.mark.starts.tolist() == [0, 0.5, 1.0] and only.mark.sigma == 150


def test_egd_sessions_on_one_image_are_kept_apart(tmp_path: Path) -> None:
    path = fixations(
        tmp_path,
        row("a", 1, 0.5, X_ORIGINAL=100, Y_ORIGINAL=50),
        row("a", 1, 0.7, X_ORIGINAL=200, Y_ORIGINAL=50, SESSION_ID=2),
    )
    marks = brought(read(path).entries).annotations["a" * 64]
    assert [one.author for one in marks] == ["session 1", "session 2"]


@pytest.mark.parametrize(
    "cells, image, reason",
    [
        ({"FPOGX": 0.5}, "b", "master_sheet.csv has no row of the image b"),
        ({"X_ORIGINAL": 1e7, "Y_ORIGINAL": 1}, "a", "larger than"),
        ({"X_ORIGINAL": 1, "Y_ORIGINAL": "x"}, "a", "Y_ORIGINAL is 'x', not a number"),
        ({"X_ORIGINAL": 1, "Y_ORIGINAL": 1, "FPOGD": 0}, "a", "lasts for some time"),
        ({"X_ORIGINAL": 1, "Y_ORIGINAL": 1, "FPOGD": 1}, "", "it has no DICOM_ID"),
        ({"FPOGX": 0.5}, "c", "leaves no room on the screen"),
    ],
)
def test_egd_rows_that_say_nowhere_are_told_and_the_rest_is_read(
    tmp_path: Path, cells: dict[str, object], image: str, reason: str
) -> None:
    sheet(tmp_path, a=(0, 0, 0, 0), c=(540, 540, 0, 0))
    good = row("a", 2, 1.0, X_ORIGINAL=5, Y_ORIGINAL=6)
    entries = read(fixations(tmp_path, row(image, 1, 0.5, **cells), good)).entries
    (said,) = told(entries)
    assert said.startswith("fixations.csv, row 2: ") and reason in said
    assert len(gaze_of(entries)["a"].annotation.mark.fixations) == 1


def test_egd_without_its_sheet_is_told(tmp_path: Path) -> None:
    (said,) = told(read(fixations(tmp_path, row("a", 1, 0.5, FPOGX=0.5))).entries)
    assert "master_sheet.csv beside the file" in said


def test_egd_image_that_nobody_looked_at_is_told(tmp_path: Path) -> None:
    path = fixations(tmp_path, row("a", 1, 0.5, X_ORIGINAL=-1, Y_ORIGINAL=-1))
    assert told(read(path).entries) == ["fixations.csv, a: none of its fixations is on the image"]


def test_egd_samples_are_not_taken_for_fixations(tmp_path: Path) -> None:
    path = fixations(tmp_path, row("a", 1, 0.5, X_ORIGINAL=1, Y_ORIGINAL=1))
    samples = path.rename(tmp_path / "eye_gaze.csv")
    with pytest.raises(ValueError, match="none of the known formats"):
        read(samples)


def test_egd_folder_is_one_thing_and_its_boxes_are_anatomy(tmp_path: Path) -> None:
    sheet(tmp_path, a=(0, 0, 0, 0))
    fixations(tmp_path, row("a", 1, 0.5, FPOGX=0.5, FPOGY=0.5))
    write_table(
        tmp_path / "bounding_boxes.csv",
        "dicom_id,bbox_name,x1,x2,y1,y2",
        "a,cardiac silhouette,30,50,10,35",
        "a,left lung,50,50,10,35",
    )
    write_table(tmp_path / "eye_gaze.csv", HEADER, row("a", 1, 0.5))
    contents = read(tmp_path)
    assert contents.formats == ("egd-cxr",)
    assert told(contents.entries) == ["bounding_boxes.csv, row 3: a box has a height and a width"]
    got = brought(contents.entries)
    assert got.faults == tuple(one for one in contents.entries if isinstance(one, Fault))
    gaze, heart = got.annotations["a" * 64]
    assert (gaze.label, heart.label) == (GAZE, ANATOMY + "cardiac silhouette")
    assert heart.mark.edges.tolist() == [[10, 30, 35, 50]]
    assert read(tmp_path / "bounding_boxes.csv").formats == ("egd-cxr",)


def test_egd_folder_with_other_columns_is_told(tmp_path: Path) -> None:
    fixations(tmp_path, row("a", 1, 0.5, X_ORIGINAL=1, Y_ORIGINAL=1))
    write_table(tmp_path / "bounding_boxes.csv", "dicom_id,x1,x2,y1,y2", "a,30,50,10,35")
    (said,) = told(read(tmp_path).entries)
    assert said.startswith("bounding_boxes.csv: it has other columns")


# ---- REFLACX -------------------------------------------------------------------------------------

#: Of fixations.csv of a reading, as its README has it.
REFLACX = (
    "timestamp_start_fixation,timestamp_end_fixation,{},pupil_area_normalized,window_level,"
    "window_width,angular_resolution_x_pixels_per_degree,angular_resolution_y_pixels_per_degree,"
    "xmin_shown_from_image,ymin_shown_from_image,xmax_shown_from_image,ymax_shown_from_image,"
    "xmin_in_screen_coordinates,ymin_in_screen_coordinates,xmax_in_screen_coordinates,"
    "ymax_in_screen_coordinates"
)
LOOKS = (
    "0.5,0.75,30,10,1.1,0.5,1,6,4,0,0,60,40,100,0,1000,1000",
    # Under zoom.
    "2.0,3.0,12,20,1.1,0.5,1,3,2,10,15,30,25,0,0,1920,1080",
)


def reading(folder: Path, name: str, image: str, *rows: str, places: str = "x_position,y_position"):
    """A reading's folder below main_data, its fixations, and what the metadata say of it."""
    main = folder / "main_data"
    (main / name).mkdir(parents=True)
    with open(main / "metadata_phase_1.csv", "a") as metadata:
        if not metadata.tell():
            metadata.write("id,dicom_id,image_size_x,image_size_y\n")
        metadata.write(f"{name},{image},{SHAPE[1]},{SHAPE[0]}\n")
    return write_table(main / name / FIXATIONS, REFLACX.format(places), *rows)


@pytest.mark.parametrize(
    "places", ["x_position,y_position", "average_x_position,average_y_position"]
)
def test_reflacx_gaze_knows_degrees_and_what_was_shown(tmp_path: Path, places: str) -> None:
    path = reading(tmp_path, "P1R1", "a", *LOOKS, places=places)
    for given in (path, tmp_path):
        contents = read(given)
        assert contents.formats == ("reflacx",) and not told(contents.entries)
        (only,) = contents.entries
        assert isinstance(only, Found)
        made, gaze = only.annotation, only.annotation.mark
        assert (only.image, only.shape, made.author, made.source) == ("a", SHAPE, "P1R1", "REFLACX")
        np.testing.assert_allclose(gaze.fixations, [[10, 30, 0.25], [20, 12, 1.0]])
        assert gaze.starts.tolist() == [0.5, 2.0] and gaze.phases == ()
        assert gaze.per_degree.tolist() == [[4, 6], [2, 3]]
        assert gaze.shown.tolist() == [[0, 0, 40, 60], [15, 10, 25, 30]]
        heatmap = gaze.heatmap(SHAPE)
        assert heatmap[20, 12] > heatmap[10, 30] > 0


def test_reflacx_phases_are_divided_by_the_first_word(tmp_path: Path) -> None:
    path = reading(tmp_path, "P1R1", "a", *LOOKS)
    words = path.with_name("timestamps_transcription.csv")
    write_table(words, "word,timestamp_start_word,timestamp_end_word", "no,1.25,1.5", ".,1.5,1.6")
    (only,) = read(tmp_path).entries
    assert only.annotation.mark.phases == (reflacx.BEFORE, reflacx.DURING)
    write_table(words, "word,timestamp_start_word,timestamp_end_word", "no,soon,1.5")
    entries = read(tmp_path).entries
    (said,) = told(entries)
    assert said.startswith("P1R1: its phases are not known: ")
    assert gaze_of(entries)["a"].annotation.mark.phases == ()


def test_reflacx_readings_of_an_image_are_never_one_gaze(tmp_path: Path) -> None:
    for name in ("P1R1", "P1R2"):
        reading(tmp_path, name, "a", *LOOKS)
    for annotators in Annotators:
        marks = brought(read(tmp_path).entries, SHAPE, annotators).annotations["a" * 64]
        assert [one.author for one in marks] == ["P1R1", "P1R2"]


def test_gaze_alone_is_no_vote(tmp_path: Path) -> None:
    """Of three readings two looked, and one marked: of one annotator that is the majority."""
    for name in ("P1R1", "P1R2", "P1R3"):
        path = reading(tmp_path, name, "a", *LOOKS)
    write_table(
        path.with_name("anomaly_location_ellipses.csv"),
        "xmin,ymin,xmax,ymax,certainty,Pulmonary edema",
        "10,4,30,12,5,True",
    )
    entries = read(tmp_path).entries
    assert [one for one in entries if isinstance(one, Looked)] == [Looked("a", "P1R3")]
    labels = [
        one.label for one in brought(entries, SHAPE, Annotators.MAJORITY).annotations["a" * 64]
    ]
    assert sorted(labels) == ["Edema", GAZE, GAZE, GAZE]


def test_reflacx_rows_that_cannot_be_are_told_and_the_rest_is_read(tmp_path: Path) -> None:
    backwards = "0.9,0.75,30,10,1.1,0.5,1,6,4,0,0,60,40,100,0,1000,1000"
    flat = "0.5,0.75,30,10,1.1,0.5,1,6,0,0,0,60,40,100,0,1000,1000"
    path = reading(tmp_path, "P1R1", "a", backwards, flat, *LOOKS)
    entries = read(tmp_path).entries
    assert told(entries) == [
        "P1R1, fixations.csv, row 2: a fixation lasts for some time",
        "P1R1, fixations.csv, row 3: starts must be finite, pixels of a degree positive",
    ]
    assert len(gaze_of(entries)["a"].annotation.mark.fixations) == 2
    assert (
        told(read(path).entries)[0] == "fixations.csv, P1R1, row 2: a fixation lasts for some time"
    )
    path.write_text("x,y\n1,2\n")
    (path.with_name("anomaly_location_ellipses.csv")).write_text("xmin,ymin,xmax,ymax,certainty\n")
    (said,) = told(read(tmp_path).entries)
    assert said.startswith("P1R1: fixations.csv has no columns")
