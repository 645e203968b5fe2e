"""Each format on small files, read and compared with what was drawn."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.formats import coco
from shamsul.annotations.formats.dicom import identifier
from shamsul.annotations.formats.entry import Fault, Found, Looked, joined
from shamsul.annotations.formats.registry import FORMATS, read, recognise
from shamsul.annotations.formats.rle import coco_runs, from_runs, to_runs
from shamsul.annotations.marks import Boxes, Ellipses, Gaze, Mask, Points, Polygons
from tests.annotations import writers
from tests.annotations.writers import SHAPE, write_json, write_table

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "chexlocalize"


def found(path: Path, format: str) -> list[Found]:
    """The marks of a file, which must be recognised and have no fault."""
    contents = read(path)
    assert contents.formats == (format,)
    assert not [entry for entry in contents.entries if isinstance(entry, Fault)]
    return [entry for entry in contents.entries if isinstance(entry, Found)]


def faults(path: Path) -> dict[str, str]:
    return {e.entry: e.reason for e in read(path).entries if isinstance(e, Fault)}


def blob(rows: slice, columns: slice, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    region = np.zeros(shape, bool)
    region[rows, columns] = True
    return region


def test_chexlocalize_polygons_are_columns_before_rows(tmp_path: Path) -> None:
    rings = [[[10, 2], [20, 2], [20, 8], [10, 8]], [[40, 30], [45, 30], [45, 35]]]
    path = writers.chexlocalize(tmp_path / "a.json", Airspace_Opacity=rings)
    (only,) = found(path, "chexlocalize")
    assert (only.image, only.shape) == ("patient1_study1_view1_frontal", SHAPE)
    assert (only.annotation.label, only.annotation.kind) == ("Airspace Opacity", "polygons")
    drawn = Image.new("1", (SHAPE[1], SHAPE[0]))
    for ring in rings:
        ImageDraw.Draw(drawn).polygon([tuple(place) for place in ring], outline=1, fill=1)
    np.testing.assert_array_equal(only.annotation.mask(SHAPE), np.asarray(drawn))


def test_a_bad_polygon_is_a_fault_and_the_rest_is_read(tmp_path: Path) -> None:
    good = [[10, 2], [20, 2], [20, 8]]
    path = writers.chexlocalize(
        tmp_path / "a.json",
        Edema=[good, [[1, 2]], [[1, "x"], [2, 3]], 7, [[1e300, 1], [2, 2]]],
        Cardiomegaly=[good],
    )
    contents = read(path)
    marks = [entry.annotation for entry in contents.entries if isinstance(entry, Found)]
    assert [mark.label for mark in marks] == ["Edema", "Cardiomegaly"]
    assert list(faults(path)) == [
        f"patient1_study1_view1_frontal, Edema, polygon {n}" for n in (2, 3, 4, 5)
    ]


def test_chexlocalize_points(tmp_path: Path) -> None:
    path = writers.chexlocalize(tmp_path / "a.json", Edema=[[10, 2], [20.5, 3]], Mass=[])
    (only,) = found(path, "chexlocalize-points")
    np.testing.assert_array_equal(only.annotation.mark.places, [[2, 10], [3, 20.5]])


@given(
    arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12))),
)
def test_run_lengths_are_those_of_pycocotools(mask: np.ndarray) -> None:
    peer = pytest.importorskip("pycocotools.mask")
    packed = peer.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert coco_runs(packed["counts"].decode()) == writers.runs(mask) == to_runs(mask)
    np.testing.assert_array_equal(from_runs(writers.runs(mask), mask.shape), mask)


@given(st.lists(st.integers(0, 2**20), min_size=1, max_size=20))
def test_long_run_lengths_are_those_of_pycocotools(lengths: list[int]) -> None:
    peer = pytest.importorskip("pycocotools.mask")
    packed = peer.frPyObjects({"size": [1, sum(lengths)], "counts": lengths}, 1, sum(lengths))
    assert coco_runs(packed["counts"].decode()) == lengths


@given(st.text(max_size=12))
def test_damaged_run_lengths_are_refused_or_fill_the_mask(text: str) -> None:
    try:
        mask = from_runs(coco_runs(text), (3, 4))
    except ValueError:
        return
    assert mask.shape == (3, 4)


def test_chexlocalize_masks_leave_absent_findings_out(tmp_path: Path) -> None:
    peer = pytest.importorskip("pycocotools.mask")
    mask = blob(slice(3, 9), slice(20, 31))

    def packed(region: np.ndarray) -> dict[str, object]:
        code = peer.encode(np.asfortranarray(region.astype(np.uint8)))
        return {"size": list(region.shape), "counts": code["counts"].decode()}

    damaged = {"size": list(SHAPE), "counts": ""}
    labels = {"Edema": packed(mask), "Mass": packed(mask & False), "Nodule": damaged}
    path = write_json(tmp_path / "a.json", {"p": labels})
    (only,) = [e for e in read(path, "chexlocalize-masks").entries if isinstance(e, Found)]
    assert (only.annotation.label, only.shape) == ("Edema", SHAPE)
    np.testing.assert_array_equal(only.annotation.mask(SHAPE), mask)
    assert faults(path) == {"p, Nodule": "its runs do not fill 40 x 60 pixels"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data beside this checkout")
def test_published_polygons_and_published_masks_are_the_same_pixels() -> None:
    drawn = {e.annotation.label: e for e in found(SHARED / "gt_annotations.json", "chexlocalize")}
    masks = found(SHARED / "gt_segmentations.json", "chexlocalize-masks")
    assert {one.annotation.label for one in masks} == set(drawn) and len(drawn) > 2
    peer = pytest.importorskip("pycocotools.mask")
    (packed,) = json.loads((SHARED / "gt_segmentations.json").read_text()).values()
    for one in masks:
        label = one.annotation.label
        region = one.annotation.mask(one.shape)
        np.testing.assert_array_equal(drawn[label].annotation.mask(one.shape), region)
        np.testing.assert_array_equal(peer.decode(packed[label]), region)


def test_nih_boxes(tmp_path: Path) -> None:
    path = write_table(
        tmp_path / "BBox_List_2017.csv",
        "Image Index,Finding Label,Bbox [x,y,w,h],,,",
        "00013118_008.png,Atelectasis,225.5,547,86,79,,,",
        "00013118_008.png,Atelectasis,10,20,30,40,,,",
        "00014716_007.png,Infiltrate,686,131,-3,313,,,",
        "00014716_007.png,Mass,a,131,3,313,,,",
    )
    contents = read(path)
    (only,) = [entry for entry in contents.entries if isinstance(entry, Found)]
    assert (only.image, only.shape) == ("00013118_008.png", (1024, 1024))
    expected = [[547, 225.5, 626, 311.5], [20, 10, 60, 40]]
    np.testing.assert_array_equal(only.annotation.mark.edges, expected)
    assert faults(path) == {
        "row 4": "a box has a height and a width",
        "row 5": "Bbox [x is 'a', not a number",
    }


def test_vindr_boxes_keep_their_radiologists(tmp_path: Path) -> None:
    path = write_table(
        tmp_path / "annotations_train.csv",
        "image_id,rad_id,class_name,x_min,y_min,x_max,y_max",
        "a1,R9,Nodule/Mass,1,2,11,12",
        "a1,R8,Nodule/Mass,3,4,13,14",
        "a1,R10,No finding,,,,",
    )
    contents = read(path)
    assert contents.formats == ("vindr",)
    assert Looked("a1", "R10") in contents.entries
    boxes = {e.annotation.author: e.annotation.mark.edges for e in found(path, "vindr")}
    np.testing.assert_array_equal(boxes["R9"], [[2, 1, 12, 11]])
    np.testing.assert_array_equal(boxes["R8"], [[4, 3, 14, 13]])


def test_vindr_test_boxes_have_no_radiologist(tmp_path: Path) -> None:
    header = "image_id,class_name,x_min,y_min,x_max,y_max"
    (only,) = found(write_table(tmp_path / "a.csv", header, "a1,Mass,1,2,3,4"), "vindr")
    assert only.annotation.author == ""


def test_rsna_boxes_are_of_pneumonia(tmp_path: Path) -> None:
    path = write_table(
        tmp_path / "labels.csv",
        "patientId,x,y,width,height,Target",
        "p1,264.0,152.0,213.0,379.0,1",
        "p2,,,,,0",
    )
    (only,) = found(path, "rsna")
    assert (only.image, only.annotation.label) == ("p1", "Pneumonia")
    np.testing.assert_array_equal(only.annotation.mark.edges, [[152, 264, 531, 477]])


def test_siim_run_lengths_are_relative_and_down_the_columns(tmp_path: Path) -> None:
    mask = blob(slice(100, 130), slice(500, 520), (1024, 1024))
    other = blob(slice(700, 710), slice(3, 5), (1024, 1024))
    path = write_table(
        tmp_path / "train-rle.csv",
        "ImageId, EncodedPixels",
        f"1.2.3,{writers.siim_pixels(mask)}",
        f"1.2.3,{writers.siim_pixels(other)}",
        "1.2.4,-1",
    )
    (only,) = found(path, "siim")
    np.testing.assert_array_equal(only.annotation.mask((1024, 1024)), mask | other)


def test_siims_own_example_is_one_slanted_region(tmp_path: Path) -> None:
    pixels = "387620 23 996 33 986 43 977 51 968 58 962 65 956 70 952 74 949 76 946 79"
    path = write_table(tmp_path / "a.csv", "ImageId,EncodedPixels", f"1.2.3,{pixels}")
    (only,) = found(path, "siim")
    region = only.annotation.mask((1024, 1024))
    # By hand: 387620 = 378 * 1024 + 548.
    first = np.flatnonzero(region[:, 378])
    assert (first[0], first[-1]) == (548, 570)
    assert np.flatnonzero(region.any(0)).tolist() == list(range(378, 388))


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [("1 2 3", "pairs"), ("", "pairs"), ("a b", "whole numbers"), ("9999999 2", "do not fill")],
)
def test_damaged_siim_rows_are_faults(tmp_path: Path, pixels: str, reason: str) -> None:
    path = write_table(tmp_path / "a.csv", "ImageId,EncodedPixels", f"1,{pixels}", "2,5 5")
    assert [key for key, text in faults(path).items() if reason in text] == ["row 2"]
    assert [e.image for e in read(path).entries if isinstance(e, Found)] == ["2"]


def test_padchest_gr_boxes_are_relative_and_of_two_readers(tmp_path: Path) -> None:
    findings = [
        {"labels": ["nodule"], "boxes": [[0.1, 0.2, 0.3, 0.4]], "extra_boxes": [[0, 0, 1, 1]]},
        {"sentence_en": "No effusion.", "abnormal": False},
        {"labels": ["hernia"], "boxes": [[0.1, 0.2, 0.3]], "extra_boxes": []},
    ]
    path = write_json(tmp_path / "a.json", [{"ImageID": "x.png", "findings": findings}])
    assert recognise(path).name == "padchest-gr"
    marks = {e.annotation.author: e for e in read(path).entries if isinstance(e, Found)}
    assert all(one.relative for one in marks.values())
    np.testing.assert_array_equal(marks["1"].annotation.mark.edges, [[0.2, 0.1, 0.4, 0.3]])
    np.testing.assert_array_equal(marks["2"].annotation.mark.edges, [[0, 0, 1, 1]])
    assert list(faults(path)) == ["x.png, hernia, reader 1"]


def test_coco_segmentations_come_before_boxes(tmp_path: Path) -> None:
    mask = blob(slice(3, 9), slice(20, 31))
    whole = {"size": list(SHAPE), "counts": writers.runs(mask)}
    annotations = [
        {"id": 1, "image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": []},
        {"id": 2, "image_id": 7, "category_id": 2, "segmentation": [[10, 2, 20, 2, 20, 8]]},
        {"id": 3, "image_id": 7, "category_id": 3, "segmentation": whole, "bbox": [0, 0, 1, 1]},
        {"id": 4, "image_id": 8, "category_id": 3, "bbox": [0, 0, 1, 1]},
    ]
    content = {
        "images": [{"id": 7, "file_name": "a/b.png", "height": SHAPE[0], "width": SHAPE[1]}],
        "categories": [{"id": n, "name": name} for n, name in enumerate("ABC", 1)],
        "annotations": annotations,
    }
    path = write_json(tmp_path / "a.json", content)
    entries = [e for e in read(path).entries if isinstance(e, Found)]
    marks = {e.annotation.label: e.annotation.mark for e in entries}
    assert {(e.image, e.shape) for e in entries} == {("a/b.png", SHAPE)}
    np.testing.assert_array_equal(marks["A"].edges, [[2, 1, 6, 4]])
    np.testing.assert_array_equal(marks["B"].rings[0], [[2, 10], [2, 20], [8, 20]])
    np.testing.assert_array_equal(marks["C"].region, mask)
    assert faults(path) == {"annotation 4": "there is no image with the id 8"}


def test_what_is_exported_as_coco_is_read_again(tmp_path: Path) -> None:
    made = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
    occasion = Occasion("trial", 2, repeat=True)
    region = blob(slice(3, 9), slice(20, 31))
    marks = (
        Polygons(
            (np.array([[2.5, 3], [2.5, 20], [9, 11.25]]), np.array([[12, 1], [12, 5], [15, 1]]))
        ),
        Boxes(np.array([[1.5, 2, 6, 9], [10, 20, 12, 25]])),
        Points(np.array([[4.5, 7.5], [8, 1]])),
        Mask(region),
        Ellipses(np.array([[8, 15, 4, 9, 20]])),
        Gaze(np.array([[8, 15, 1.5]]), 3.0),
    )
    drawn = [
        Annotation(mark.kind, "drawn in the viewer", mark, f"Reader {n}", made, occasion)
        for n, mark in enumerate(marks)
    ]
    images = [
        coco.Annotated("empty-mask", SHAPE, [Annotation("Edema", "Panel", Mask(~region & region))]),
        coco.Annotated("Fälle/1.png", SHAPE, drawn),
    ]
    content = coco.document(images)
    path = write_json(tmp_path / "a.json", content)
    assert recognise(path).name == "coco" and not faults(path)
    entries = [one for one in joined(read(path).entries) if isinstance(one, Found)]
    assert [(one.image, one.shape) for one in entries] == [
        (image.name, SHAPE) for image in images for _ in image.annotations
    ]
    for one, expected in zip(entries[1:], drawn, strict=True):
        assert (one.annotation.label, one.annotation.author) == (expected.label, expected.author)
        mask = expected.mask(SHAPE)
        np.testing.assert_array_equal(one.annotation.mask(SHAPE), mask)
    assert [one.annotation.kind for one in entries[1:]] == [
        *("polygons", "boxes", "points", "mask", "mask", "mask")
    ]
    assert content["annotations"][1]["attributes"] == {
        "source": "drawn in the viewer",
        "kind": "polygons",
        "author": "Reader 0",
        "created_at": made.isoformat(),
        "study": "trial",
        "session": 2,
        "repeat": True,
        "warm_up": False,
    }


def test_masks_exported_as_coco_are_those_of_pycocotools(tmp_path: Path) -> None:
    api = pytest.importorskip("pycocotools.coco")
    mask = pytest.importorskip("pycocotools.mask")
    regions = [
        blob(slice(3, 9), slice(20, 31)),
        blob(slice(0, 4), slice(0, 7)),
        ~blob(slice(1, 2), slice(1, 2)),
    ]
    annotations = [Annotation("Edema", "Panel", Mask(region)) for region in regions]
    content = coco.document([coco.Annotated("x", SHAPE, annotations)])
    known = api.COCO(str(write_json(tmp_path / "a.json", content)))
    for number, region in enumerate(regions, 1):
        (one,) = known.loadAnns([number])
        np.testing.assert_array_equal(known.annToMask(one), region)
        packed = known.annToRLE(one)
        assert one["area"] == mask.area(packed)
        assert one["bbox"] == mask.toBbox(packed).tolist()


@pytest.mark.parametrize(
    ("name", "image", "label"),
    [
        ("Pleural_Effusion/a_1.png", "a_1", "Pleural Effusion"),
        ("a_1--Odd_Finding.png", "a_1", "Odd Finding"),
        ("a_1_Pleural_Effusion.png", "a_1", "Pleural Effusion"),
        ("a_1_Oddity.png", "a_1", "Oddity"),
    ],
)
def test_masks_are_named_by_image_and_label(
    tmp_path: Path, name: str, image: str, label: str
) -> None:
    mask = blob(slice(3, 9), slice(20, 31))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(writers.png(mask))
    (only,) = found(tmp_path, "masks")
    assert (only.image, only.annotation.label, only.shape) == (image, label, SHAPE)
    np.testing.assert_array_equal(only.annotation.mask(SHAPE), mask)


def test_masks_that_are_none_are_faults(tmp_path: Path) -> None:
    (tmp_path / "a_Mass.png").write_bytes(writers.png(blob(slice(1, 2), slice(1, 2))))
    (tmp_path / "b_Mass.png").write_bytes(writers.png(np.zeros(SHAPE, bool)))
    (tmp_path / "c_Mass.png").write_bytes(b"no picture")
    (tmp_path / "d.png").write_bytes(b"")
    assert set(faults(tmp_path)) == {"b_Mass.png", "c_Mass.png", "d.png"}


def test_rendered_phantoms_are_a_folder_of_masks(tmp_path: Path) -> None:
    mask = blob(slice(3, 9), slice(20, 31))
    (tmp_path / "phantom-0001.png").write_bytes(writers.png(~mask))
    (tmp_path / "phantom-0001--Lung_Lesion.png").write_bytes(writers.png(mask))
    write_table(tmp_path / "labels.csv", "file,Lung Lesion", "phantom-0001.png,1")
    (only,) = found(tmp_path, "masks")
    assert (only.image, only.annotation.label) == ("phantom-0001", "Lung Lesion")


def test_reflacx_ellipses_of_sure_readings_with_their_images(tmp_path: Path) -> None:
    reading = tmp_path / "main_data" / "P1R2"
    reading.mkdir(parents=True)
    write_table(
        tmp_path / "main_data" / "metadata_phase_1.csv",
        "id,dicom_id,image_size_x,image_size_y",
        f"P1R2,abc-def,{SHAPE[1]},{SHAPE[0]}",
    )
    path = write_table(
        reading / "anomaly_location_ellipses.csv",
        "xmin,ymin,xmax,ymax,certainty,Atelectasis,Pulmonary edema",
        "10,4,30,12,5,True,True",
        "1,1,3,3,3,False,True",
        "1,1,3,3,2,True,False",
    )
    for given_path in (path, tmp_path):
        contents = read(given_path)
        assert contents.formats == ("reflacx",)
        assert Looked("abc-def", "P1R2") in contents.entries
        marks = [e for e in contents.entries if isinstance(e, Found)]
        assert {(m.image, m.shape, m.annotation.author) for m in marks} == {
            ("abc-def", SHAPE, "P1R2")
        }
        axes = {m.annotation.label: m.annotation.mark.axes.tolist() for m in marks}
        assert axes == {
            "Atelectasis": [[8, 20, 4, 10, 0]],
            "Pulmonary edema": [[8, 20, 4, 10, 0], [2, 2, 1, 1, 0]],
        }
        assert list(faults(given_path)) == ["P1R2, row 4"]


def test_reflacx_without_metadata_is_named_by_its_folder(tmp_path: Path) -> None:
    reading = tmp_path / "deep" / "down" / "my-image"
    reading.mkdir(parents=True)
    path = write_table(
        reading / "x.csv", "xmin,ymin,xmax,ymax,certainty,Edema", "10,4,30,12,5,True"
    )
    (only,) = found(path, "reflacx")
    assert (only.image, only.shape) == ("my-image", None)


def test_egd_gaze_has_the_valid_fixations(tmp_path: Path) -> None:
    path = write_table(
        tmp_path / "fixations.csv",
        "DICOM_ID,FPOGD,FPOGV,X_ORIGINAL,Y_ORIGINAL",
        "d1,0.25,1,30,10",
        "d1,0.50,0,31,11",
        "d1,0.75,1,32,12",
    )
    (only,) = found(path, "egd-cxr")
    gaze = only.annotation.mark
    assert (only.image, only.annotation.label, gaze.kind) == ("d1", "Gaze", "gaze")
    np.testing.assert_array_equal(gaze.fixations, [[10, 30, 0.25], [12, 32, 0.75]])


def test_labelme_shapes(tmp_path: Path) -> None:
    part = blob(slice(1, 3), slice(0, 4), (4, 6))
    path = writers.labelme(
        tmp_path / "a.json",
        ("Edema", "polygon", [[10, 2], [20, 2], [20, 8]]),
        ("Hernia", "rectangle", [[20, 8], [10, 2]]),
        ("Nodule", "circle", [[10, 20], [13, 24]]),
        ("Fracture", "point", [[10, 20]]),
        ("Other", "linestrip", [[10, 20], [11, 21]]),
        mask=part,
    )
    marks = {e.annotation.label: e for e in read(path).entries if isinstance(e, Found)}
    assert {(e.image, e.shape) for e in marks.values()} == {("..\\images\\chest.png", SHAPE)}
    drawn = {label: e.annotation.mark for label, e in marks.items()}
    np.testing.assert_array_equal(drawn["Edema"].rings[0], [[2, 10], [2, 20], [8, 20]])
    np.testing.assert_array_equal(drawn["Hernia"].edges, [[2, 10, 8, 20]])
    np.testing.assert_array_equal(drawn["Nodule"].axes, [[20, 10, 5, 5, 0]])
    np.testing.assert_array_equal(drawn["Fracture"].places, [[20, 10]])
    np.testing.assert_array_equal(drawn["Mass"].region, blob(slice(4, 6), slice(5, 9)))
    assert list(faults(path)) == ["..\\images\\chest.png, shape 5"]


def test_label_studio_regions(tmp_path: Path) -> None:
    path = writers.label_studio(
        tmp_path / "a.json",
        (
            "rectanglelabels",
            {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["Edema"]},
        ),
        ("polygonlabels", {"points": [[0, 0], [50, 0], [50, 50]], "polygonlabels": ["Mass"]}),
        (
            "ellipselabels",
            {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 30}
            | {"ellipselabels": ["Nodule"]},
        ),
        ("brushlabels", {"brushlabels": ["Hernia"]}),
        by=[1, 2],
    )
    contents = read(path)
    assert contents.formats == ("label-studio",)
    marks = [e for e in contents.entries if isinstance(e, Found)]
    assert {(e.image, e.shape, e.annotation.author) for e in marks} == {
        ("chest_1.png", SHAPE, who) for who in "12"
    }
    drawn = {e.annotation.label: e.annotation for e in marks}
    assert drawn["Edema"].created_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    np.testing.assert_allclose(drawn["Edema"].mark.edges, [[8, 6, 24, 24]])
    np.testing.assert_allclose(drawn["Mass"].mark.rings[0], [[0, 0], [0, 30], [20, 30]])
    # Clockwise there, counter-clockwise here.
    np.testing.assert_allclose(drawn["Nodule"].mark.axes, [[20, 30, 8, 6, -30]])
    assert len(faults(path)) == 1


def test_a_turned_rectangle_turns_clockwise_about_its_top_left_corner(tmp_path: Path) -> None:
    value = {"x": 50, "y": 25, "width": 10, "height": 5, "rotation": 90}
    path = writers.label_studio(
        tmp_path / "a.json", ("rectanglelabels", value | {"rectanglelabels": ["A"]}), by=[1]
    )
    (only,) = found(path, "label-studio")
    # From (row 10, column 30), 6 wide and 2 high: after a quarter turn 6 high, 2 to the left.
    np.testing.assert_allclose(
        only.annotation.mark.rings[0], [[10, 30], [16, 30], [16, 28], [10, 28]], atol=1e-9
    )


def test_dicom_segments(tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    image = writers.radiograph_dicom()
    masks = {"Mass": blob(slice(3, 9), slice(20, 31)), "Edema": blob(slice(30, 39), slice(5, 31))}
    path = writers.segmentation(tmp_path / "a.dcm", image, masks)
    for one in found(path, "dicom-seg"):
        assert (one.image, one.shape) == (image.SOPInstanceUID, SHAPE)
        assert one.annotation.author == "Ada^A"
        np.testing.assert_array_equal(one.annotation.mask(SHAPE), masks.pop(one.annotation.label))
    assert not masks


def test_dicom_report_regions(tmp_path: Path) -> None:
    pytest.importorskip("highdicom")
    image = writers.radiograph_dicom()
    turn = math.radians(30)
    # Up to the right, as one sees it: rows count downwards.
    along = np.array([math.cos(turn), -math.sin(turn)])
    upright = np.array([math.sin(turn), math.cos(turn)])
    centre = np.array([30.0, 20.0])
    ellipse = [centre - 9 * along, centre + 9 * along, centre - 4 * upright, centre + 4 * upright]
    path = writers.report(
        tmp_path / "a.dcm",
        image,
        [
            ("POLYLINE", [[10, 2], [20, 2], [20, 8], [10, 2]]),
            ("CIRCLE", [[10, 20], [13, 24]]),
            ("ELLIPSE", [place.tolist() for place in ellipse]),
            ("POINT", [[7.5, 3.5]]),
            ("POLYLINE", [[10, 2], [20, 2], [20, 8]]),
        ],
    )
    assert faults(path) == {"group 5": "its line is open, so that it encloses nothing"}
    marks = {one.annotation.kind: one for one in read(path).entries if isinstance(one, Found)}
    assert {(e.image, e.annotation.label) for e in marks.values()} == {
        (image.SOPInstanceUID, "Pneumothorax")
    }
    drawn = {kind: one.annotation.mark for kind, one in marks.items()}
    np.testing.assert_array_equal(drawn["polygons"].rings[0], [[2, 10], [2, 20], [8, 20], [2, 10]])
    np.testing.assert_array_equal(drawn["points"].places, [[3.5, 7.5]])
    np.testing.assert_allclose(
        drawn["ellipses"].axes, [[20, 10, 5, 5, 0], [20, 30, 4, 9, 30]], rtol=1e-5
    )


def test_a_dicom_image_has_its_identifier_as_a_name(tmp_path: Path) -> None:
    image = writers.radiograph_dicom()
    image.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    (tmp_path / "b.png").write_bytes(writers.png(np.zeros(SHAPE, bool)))
    for name, uids in (("a.dcm", (image.SOPInstanceUID,)), ("b.png", ())):
        with open(tmp_path / name, "rb") as file:
            assert identifier(file) == uids


def test_dicom_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("highdicom")
    places = [("POINT", [[7.5, 3.5]])]
    path = writers.report(tmp_path / "a.dcm", writers.radiograph_dicom(), places)
    monkeypatch.setitem(__import__("sys").modules, "highdicom", None)
    with pytest.raises(ValueError, match=r"pip install 'shamsul\[dicomweb\]'"):
        read(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", "[" * 100_000),
        ("a.json", "[]"),
        ("a.json", '{"a": 1}'),
        ("a.json", '{"images": 1}'),
        ("a.csv", ""),
        ("a.csv", "a,b\n1,2\n"),
        ("a.csv", "\x00\xff"),
        ("a.dcm", "no DICOM"),
        ("a.txt", "words"),
    ],
)
def test_a_file_of_no_format_is_refused_in_one_sentence(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"a\.(json|csv|dcm|txt)") as refused:
        recognise(tmp_path / name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("format", [one for one in FORMATS.values() if one.suffixes])
def test_a_file_of_another_format_is_refused_by_each(tmp_path: Path, format) -> None:
    path = write_json(tmp_path / "a.json", {"a": {"b": "c"}})
    with pytest.raises(ValueError, match="is not laid out as"):
        format.read(path)


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    shape = ("Edema", "polygon", [[10, 2], [20, 2], [20, 8]])
    writers.labelme(tmp_path / "a.json", shape, mask=blob(slice(0, 1), slice(0, 1), (2, 2)))
    write_json(tmp_path / "other.json", {"a": 1})
    (tmp_path / "chest.png").write_bytes(b"an image")
    contents = read(tmp_path)
    assert contents.formats == ("labelme",)
    assert [e.entry for e in contents.entries if isinstance(e, Fault)] == ["other.json"]
    with pytest.raises(ValueError, match="that format"):
        read(tmp_path, "coco")


@pytest.mark.parametrize(
    "content",
    [
        {"shapes": [], "imageHeight": "x", "imageWidth": 3},
        {"images": [{}], "annotations": [], "categories": []},
        {"shapes": [None, 1, {"label": "A"}, {"label": "A", "points": [[1]]}]},
        [{"data": {}, "annotations": 3}],
        [{"ImageID": "a", "findings": 3}],
    ],
)
def test_damaged_content_is_faults_or_one_sentence(tmp_path: Path, content: object) -> None:
    path = write_json(tmp_path / "a.json", content)
    try:
        entries = read(path).entries
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert entries and all(isinstance(entry, Fault) for entry in entries)


@pytest.mark.parametrize(
    ("label", "kept", "reason"),
    [
        ("Edema", "Edema", ""),
        (3, "3", ""),
        (1.5, "1.5", ""),
        (None, "", "it has no label"),
        (True, "", "its label is 'True', which is no name"),
        ([], "", "its label is '[]', which is no name"),
    ],
)
def test_label_that_is_no_text_is_a_fault_and_the_rest_is_read(
    tmp_path: Path, label: object, kept: str, reason: str
) -> None:
    shapes = [
        {"label": one, "shape_type": "rectangle", "points": [[30, 5], [50, 20]]}
        for one in (label, "Mass")
    ]
    content = {"shapes": shapes, "imagePath": 12, "imageHeight": 40, "imageWidth": 60}
    entries = read(write_json(tmp_path / "a.json", content), "labelme").entries
    marks = [(one.image, one.annotation.label) for one in entries if isinstance(one, Found)]
    assert marks == [("12", name) for name in (kept, "Mass") if name]
    reasons = [one.reason for one in entries if isinstance(one, Fault)]
    assert reasons == [reason] * (not kept)
