"""Files that are nearly as the formats have them: read rightly, or told; never taken for more."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shamsul.annotations.formats.entry import Fault, Found
from shamsul.annotations.formats.masks import read_mask
from shamsul.annotations.formats.registry import read
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Mark, Mask, to_json
from shamsul.annotations.matching import bring
from shamsul.findings.labels import BUILT_IN
from shamsul.radiographs.archive import Extent
from tests.annotations.writers import SHAPE, write_json, write_table

RING = [[10, 2], [20, 2], [20, 8]]
BOX = [10, 2, 6, 4]


def as_text(content: object) -> object:
    """The same content with every number as text, as some programs write it."""
    if isinstance(content, dict):
        return {key: as_text(value) for key, value in content.items()}
    if isinstance(content, list):
        return [as_text(value) for value in content]
    return str(content) if isinstance(content, int | float) else content


def coco(*annotations: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "images": [{"id": 1, "file_name": "img.png", "height": SHAPE[0], "width": SHAPE[1]}],
        "categories": [{"id": 1, "name": "Edema"}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1} | one for n, one in enumerate(annotations, 1)
        ],
    } | more


def shapes(*drawn: tuple[str, list[list[float]]], **more: object) -> dict[str, object]:
    listed = [{"label": "Edema", "shape_type": kind, "points": points} for kind, points in drawn]
    size = {"imageHeight": SHAPE[0], "imageWidth": SHAPE[1]}
    return {"shapes": listed, "imagePath": "img.png"} | size | more


def task(*regions: dict[str, object], **data: object) -> list[dict[str, object]]:
    whole = {"original_height": SHAPE[0], "original_width": SHAPE[1], "image_rotation": 0}
    done = [{"completed_by": 1, "result": [whole | region for region in regions]}]
    return [{"data": {"image": "/data/upload/1/0a1b2c3d-img.png"} | data, "annotations": done}]


RECTANGLE = {"x": 10, "y": 20, "width": 30, "height": 40}
LABELLED = {
    "id": "r",
    "type": "rectanglelabels",
    "value": RECTANGLE | {"rectanglelabels": ["Edema"]},
}
RUNS = {"size": list(SHAPE), "counts": [1, 4, 2395]}
JSON_FILES = {
    "chexlocalize": {"img": {"img_size": list(SHAPE), "Edema": [RING]}},
    "chexlocalize-masks": {"img": {"Edema": RUNS}},
    "chexlocalize-points": {"img": {"img_size": list(SHAPE), "Edema": [[10, 2], [20.5, 3]]}},
    "padchest-gr": [
        {"ImageID": 7, "findings": [{"labels": ["nodule"], "boxes": [[0.1, 0.2, 0.3, 0.4]]}]}
    ],
    "coco": coco({"bbox": BOX}, {"segmentation": [[10, 2, 20, 2, 20, 8]]}, {"segmentation": RUNS}),
    "labelme": shapes(("polygon", RING), ("rectangle", RING[::2]), ("circle", RING[:2])),
    "label-studio": task(
        LABELLED,
        {"type": "polygonlabels", "value": {"points": RING, "polygonlabels": ["Edema"]}},
        {"type": "keypointlabels", "value": RECTANGLE | {"keypointlabels": ["Edema"]}},
        {
            "type": "ellipselabels",
            "value": {"x": 50, "y": 50, "radiusX": 9, "radiusY": 8, "rotation": 30}
            | {"ellipselabels": ["Edema"]},
        },
    ),
}


def marks(path: Path, content: object) -> list[Found]:
    return [one for one in read(write_json(path, content)).entries if isinstance(one, Found)]


def faults(path: Path, content: object) -> list[str]:
    entries = read(write_json(path, content)).entries
    return [str(one) for one in entries if isinstance(one, Fault)]


@pytest.mark.parametrize("format", JSON_FILES)
def test_numbers_as_text_are_numbers(tmp_path: Path, format: str) -> None:
    content = JSON_FILES[format]
    expected = marks(tmp_path / "a.json", content)
    got = marks(tmp_path / "a.json", as_text(content))
    assert expected and not faults(tmp_path / "a.json", as_text(content))
    assert read(tmp_path / "a.json").formats == (format,)
    for one, other in zip(expected, got, strict=True):
        assert (one.image, one.shape, one.annotation.label) == (
            other.image,
            other.shape,
            other.annotation.label,
        )
        shape = one.shape or SHAPE
        np.testing.assert_array_equal(one.annotation.mask(shape), other.annotation.mask(shape))


#: Where a number stands in each of these files.
PLACES = {
    "chexlocalize": ("img", "Edema", 0, 0, 0),
    "chexlocalize-masks": ("img", "Edema", "counts", 0),
    "chexlocalize-points": ("img", "Edema", 1, 0),
    "padchest-gr": (0, "findings", 0, "boxes", 0, 0),
    "coco": ("annotations", 0, "bbox", 0),
    "labelme": ("shapes", 1, "points", 0, 0),
    "label-studio": (0, "annotations", 0, "result", 0, "value", "x"),
}


@pytest.mark.parametrize("wrong", ["x", "1,5", None, True, {}, [1], "", "1_0", "nan", "1e999"])
@pytest.mark.parametrize("format", JSON_FILES)
def test_what_is_no_number_is_told_with_file_image_and_region(
    tmp_path: Path, format: str, wrong: object
) -> None:
    content = json.loads(json.dumps(JSON_FILES[format]))
    whole = len(marks(tmp_path / "a.json", content))
    *way, last = PLACES[format]
    place = content
    for step in way:
        place = place[step]
    place[last] = wrong
    (said,) = faults(tmp_path / "a.json", content)
    image = "7" if format == "padchest-gr" else "img"
    assert said.startswith(f"a.json, {image}") and "\n" not in said
    assert len(marks(tmp_path / "a.json", content)) >= whole - 1


def edited(content: object, *way: object) -> object:
    """The content with one place in it set to the last of the steps."""
    copy = json.loads(json.dumps(content))
    *steps, last, value = way
    place = copy
    for step in steps:
        place = place[step]
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        # What is not laid out as the format says is not laid out anew.
        (
            edited(JSON_FILES["chexlocalize-points"], "img", "Edema", [[1, 2, 3, 4]]),
            "img, Edema: it has 4 numbers where 2 belong together",
        ),
        (
            edited(JSON_FILES["padchest-gr"], 0, "findings", 0, "boxes", ["1234"]),
            "in lists of lists",
        ),
        (coco({"bbox": "1234"}), "img.png, annotation 1: its numbers do not stand in lists"),
        (coco({"bbox": [1, 2, 3, 4, 30]}), "it has 5 numbers where 4 belong"),
        (coco({"segmentation": [[1, 2, 3]]}), "no list of which 2 each belong together"),
        (coco({"segmentation": [10, 2, 20, 2, 20, 8]}), "no list of which 2 each"),
        (shapes(("polygon", [10, 2, 20, 2, 20, 8])), "img.png, shape 1: its numbers do not stand"),
        (
            shapes(("rectangle", [[10, 2], [20, 4], [18, 9], [8, 7]])),
            "neither two corners nor four",
        ),
        # Turned.
        (
            coco({"segmentation": [[1, 2, 9, 2, 9, 8]], "attributes": {"rotation": 30}}),
            "img.png, annotation 1: it states a rotation of 30 degrees for more than a box",
        ),
        (coco({"bbox": BOX, "rotation": 30}), "turned in a way that COCO has no place for"),
        (coco({"bbox": BOX, "attributes": {"rotation": "left"}}), "'left' is not a number"),
        (task(LABELLED | {"image_rotation": 90}), "on an image that was turned"),
        # Sizes that cannot be.
        (coco({"bbox": [10, 2, -6, 4]}), "a box has a height and a width"),
        (
            coco({"bbox": BOX}, images=[{"id": 1, "file_name": "i", "height": -9, "width": 9}]),
            "-9 x 9",
        ),
        (coco({"bbox": BOX}, images=[{"id": 1, "file_name": "i", "height": 9}]), "9 x 0"),
        (shapes(("polygon", RING), imageHeight=-40), "img.png: an image of -40 x 60"),
        (shapes(("polygon", RING), imageHeight=40.5), "40.5 is not a whole number"),
        (
            task(
                LABELLED
                | {"value": RECTANGLE | {"width": -30, "rotation": 9, "rectanglelabels": ["A"]}}
            ),
            "img.png, region r: a box has a height and a width",
        ),
        (task(LABELLED | {"original_width": 0}), "40 x 0 pixels"),
        # Labels and names that are none.
        (
            coco({"bbox": BOX}, categories=[{"id": 1, "name": None}]),
            "annotation 1: it has no label",
        ),
        (coco({"bbox": BOX}, categories=[{"id": 1, "name": True}]), "label is 'True', which is no"),
        (coco({"bbox": BOX}, images=[{"id": 1, "file_name": ["a"]}]), "file_name is \"['a']\""),
        (shapes(("polygon", RING), imagePath=["a"]), "its image is"),
        (edited(shapes(("polygon", RING)), "shapes", 0, "label", None), "shape 1: it has no label"),
        # Ids that are not unique.
        (
            coco(
                {"bbox": BOX},
                images=[{"id": 1, "file_name": "a.png"}, {"id": "1", "file_name": "b.png"}],
            ),
            "annotation 1: image 1 may be any of 2 with this id",
        ),
        (
            coco({"bbox": BOX}, categories=[{"id": 1, "name": "A"}, {"id": 1, "name": "B"}]),
            "img.png, annotation 1: category 1 may be any of 2 with this id",
        ),
        (
            task(LABELLED, image=None, front="/data/a.png", side="/data/b.png"),
            "task 1: it may be of any of 2 images",
        ),
        (
            task(LABELLED | {"to_name": "front"}, LABELLED | {"to_name": "side"}),
            "task 1: its regions are on several images",
        ),
    ],
)
def test_what_would_be_misread_is_told(tmp_path: Path, content: object, reason: str) -> None:
    entries = read(write_json(tmp_path / "a.json", content)).entries
    (fault,) = [str(one) for one in entries if isinstance(one, Fault)]
    assert reason in fault and fault.startswith("a.json, ")
    assert not [one for one in entries if isinstance(one, Found)]


def test_a_name_twice_in_one_object_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"img": {"Edema": [[[1, 2], [5, 2], [5, 9]]], "Edema": []}}')
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON: it has 'Edema' twice"):
        read(path)


@pytest.mark.parametrize(
    ("content", "image", "label"),
    [
        (coco({"bbox": BOX}, categories=[{"id": 1, "name": 3}]), "img.png", "3"),
        (coco({"bbox": BOX}, categories=[{"id": "1", "name": 3.0}]), "img.png", "3"),
        (coco({"bbox": BOX, "image_id": "1"}, images=[{"id": 1, "file_name": 12}]), "12", "Edema"),
        (coco({"bbox": BOX}, images=[{"id": 1, "file_name": "a"}] * 2), "a", "Edema"),
        (edited(shapes(("polygon", RING)), "shapes", 0, "label", 1), "img.png", "1"),
        (shapes(("polygon", RING), imagePath=None), "a", "Edema"),
        (shapes(("rectangle", [[9, 2], [20, 2], [20, 8], [9, 8]])), "img.png", "Edema"),
        (task(LABELLED | {"value": RECTANGLE | {"labels": "Edema"}}), "img.png", "Edema"),
        (
            task(LABELLED, image=None, n=3, note="a/b", xray="/data/upload/1/img.png"),
            "img.png",
            "Edema",
        ),
        (edited(JSON_FILES["padchest-gr"], 0, "findings", 0, "labels", "nodule"), "7", "nodule"),
    ],
)
def test_numbers_as_names_and_other_neighbours_are_read(
    tmp_path: Path, content: object, image: str, label: str
) -> None:
    entries = read(write_json(tmp_path / "a.json", content)).entries
    (one,) = [one for one in entries if isinstance(one, Found | Fault)]
    assert isinstance(one, Found), one
    assert (one.image, one.annotation.label) == (image, label)


def test_a_box_of_cvat_is_turned_clockwise_about_its_centre(tmp_path: Path) -> None:
    boxes = [
        {"bbox": [10, 4, 20, 6], "attributes": {"rotation": turn}} for turn in (90, "30.0", 360, 0)
    ]
    found = [marks(tmp_path / "a.json", coco(box))[0].annotation.mark for box in boxes]
    # 20 wide and 6 high about (row 7, column 20): after a quarter turn 6 wide and 20 high.
    np.testing.assert_allclose(found[0].rings[0], [[-3, 23], [17, 23], [17, 17], [-3, 17]])
    # By hand: the upper left corner is 3 up and 10 left of the centre.
    cosine, sine = np.sqrt(3) / 2, 0.5
    corner = [7 - 3 * cosine - 10 * sine, 20 + 3 * sine - 10 * cosine]
    np.testing.assert_allclose(found[1].rings[0][0], corner)
    for box in found[2:]:
        np.testing.assert_array_equal(box.edges, [[4, 10, 10, 30]])


PLAIN = {"id": "r1", "type": "rectangle", "value": RECTANGLE}
LABEL = {"id": "r1", "type": "labels", "value": RECTANGLE | {"labels": ["Edema", 2]}}


@pytest.mark.parametrize("regions", [(PLAIN, LABEL), (LABEL, PLAIN)])
def test_a_region_in_two_results_has_the_shape_of_one_and_the_label_of_the_other(
    tmp_path: Path, regions: tuple[dict[str, object], ...]
) -> None:
    other = {**PLAIN, "id": "r2"}, {"id": "r2", "type": "labels", "value": {"labels": ["Mass"]}}
    found = marks(tmp_path / "a.json", task(*regions, *other))
    assert not faults(tmp_path / "a.json", task(*regions, *other))
    assert [one.annotation.label for one in found] == ["Edema", "2", "Mass"]
    for one in found:
        np.testing.assert_allclose(one.annotation.mark.edges, [[8, 6, 24, 24]])


@pytest.mark.parametrize(
    ("regions", "reasons"),
    [
        ((PLAIN,), ["region r1: it has no label"]),
        ((LABEL,), ["region r1: regions of the type 'labels' are not read"]),
        (
            (PLAIN, LABEL | {"id": "r2"}),
            ["r1: it has no label", "r2: regions of the type 'labels'"],
        ),
        ((PLAIN, PLAIN, LABEL), ["r1: another region has the same id"] * 2),
    ],
)
def test_half_a_region_is_told(
    tmp_path: Path, regions: tuple[dict[str, object], ...], reasons: list[str]
) -> None:
    said = faults(tmp_path / "a.json", task(*regions))
    assert [reason in one for reason, one in zip(reasons, said, strict=True)] == [True] * len(said)
    assert not marks(tmp_path / "a.json", task(*regions))


def test_two_uploads_of_one_name_are_told_and_one_twice_is_not(tmp_path: Path) -> None:
    one, same = task(LABELLED), task(LABELLED)
    other = task(LABELLED, image="/data/upload/1/ffffffff-img.png")
    assert len(marks(tmp_path / "a.json", one + same)) == 1  # joined
    assert faults(tmp_path / "a.json", one + other) == [
        f"a.json, task {n}: 2 different uploads are named img.png" for n in (1, 2)
    ]


@pytest.mark.parametrize(
    "named",
    [
        "cb0618f6-img.png",
        "images/cb0618f6-img.png",
        "..\\..\\media\\upload\\4\\cb0618f6-img.png",
        "C:\\data\\IMG.PNG",
        "https://host/a/img.png",
    ],
)
def test_prefixes_and_folders_of_other_machines_do_not_matter(named: str) -> None:
    assert Images({"a" * 64: ["img"], "b" * 64: ["cb0618f6-other"]}).find(named) == "a" * 64


def test_a_prefix_that_the_case_has_belongs_to_its_name() -> None:
    images = Images({"a" * 64: ["img"], "b" * 64: ["cb0618f6-img"]})
    assert images.find("x/cb0618f6-img.png") == "b" * 64
    assert images.find("x/cb0618f7-img.png") == "a" * 64


def on_case(path: Path, content: object) -> tuple[int, list[str]]:
    brought = bring(
        read(write_json(path, content)).entries,
        Images({"a" * 64: ["img"]}),
        lambda _: Extent(SHAPE, None),
        ("Edema",),
        BUILT_IN,
    )
    return sum(map(len, brought.annotations.values())), list(map(str, brought.faults))


def test_two_images_of_a_file_are_never_one_case(tmp_path: Path) -> None:
    files = ["a/img.png", "b/img.png", "aaaaaaaa-img.png", "bbbbbbbb-img.png"]
    for first, second in (files[:2], files[2:]):
        images = [{"id": 1, "file_name": first}, {"id": 2, "file_name": second}]
        content = coco({"bbox": BOX}, {"bbox": BOX, "image_id": 2}, images=images)
        assert on_case(tmp_path / "a.json", content) == (
            0,
            [
                f"a.json, {first}: the case may also be the file's {second}",
                f"a.json, {second}: the case may also be the file's {first}",
            ],
        )
    images = [{"id": 1, "file_name": "a/img.png"}, {"id": 2, "file_name": "img.png"}]
    content = coco({"bbox": BOX}, {"bbox": BOX, "image_id": 2}, images=images)
    assert on_case(tmp_path / "a.json", content) == (1, [])


def test_shares_of_the_image_are_no_pixels(tmp_path: Path) -> None:
    count, said = on_case(tmp_path / "a.json", coco({"bbox": [0.1, 0.2, 0.8, 0.7]}))
    assert count == 0
    assert said == [
        "a.json, img.png, Edema: it is within the first pixel, as shares of the image would be"
    ]
    assert on_case(tmp_path / "a.json", coco({"bbox": [0, 0, 1, 1.5]})) == (1, [])


TABLES = {
    "nih": ("Image Index,Finding Label,Bbox [x,y,w,h]", "img.png,Mass,1.5,2,3,4"),
    "vindr": ("image_id,rad_id,class_name,x_min,y_min,x_max,y_max", "img,R1,Mass,1.5,2,3,4"),
    "rsna": ("patientId,x,y,width,height,Target", "img,1.5,2,3,4,1"),
    "siim": ("ImageId,EncodedPixels", "img,5 5"),
    "egd-cxr": ("DICOM_ID,FPOGD,FPOGV,X_ORIGINAL,Y_ORIGINAL", "img,0.5,1,30,10"),
    "reflacx": ("xmin,ymin,xmax,ymax,certainty,Edema", "1.5,2,3,4,5,True"),
}


@pytest.mark.parametrize("format", TABLES)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("marks", [",.", ";.", ";,", "\t.", "\t,"])
def test_tables_as_spreadsheets_save_them(
    tmp_path: Path, format: str, coding: str, marks: str
) -> None:
    separator, decimal = marks
    expected = marks_of_table(tmp_path / "a.csv", "\n".join(TABLES[format]), "utf-8")
    lines = [line.replace(",", separator) for line in TABLES[format]]
    lines[1] = lines[1].replace(".5", f"{decimal}5")
    got = marks_of_table(tmp_path / "a.csv", "\r\n".join(lines) + "\r\n", coding)
    assert len(expected) == 1 and str(expected) == str(got)


def marks_of_table(path: Path, text: str, coding: str) -> list[object]:
    """Image, label and numbers of each mark."""
    path.write_bytes(text.encode(coding))
    found = read(path).entries
    assert not [one for one in found if isinstance(one, Fault)]
    return [
        (one.image, one.annotation.label, drawn(one.annotation.mark))
        for one in found
        if isinstance(one, Found)
    ]


def drawn(mark: Mark) -> object:
    return np.argwhere(mark.region).tolist() if isinstance(mark, Mask) else to_json(mark)


@pytest.mark.parametrize(
    ("format", "cells", "reason"),
    [
        ("nih", "img.png,Mass,1,2,-3,4", "a box has a height and a width"),
        ("nih", "img.png,Mass,1,2,3", "too few cells, 5 of 6"),
        ("nih", "img.png,Mass,1,5,2,3,4", "too many cells, 7 for 6"),
        ("vindr", "img,R1,Mass,9,2,3,4", "a box has a height and a width"),
        ("rsna", "img,1,2,3,4,2", "Target is '2', not 0 or 1"),
        ("rsna", "img,1,2,3,4,0", "no pneumonia, but it has a box"),
        ("siim", "img,1_0 5", "whole numbers"),
        ("siim", "img,-5 5", "do not fill"),
        ("egd-cxr", "img,-1,1,30,10", "lasts for some time"),
        ("egd-cxr", "img,1,FALSE,30,10", "FPOGV is 'FALSE', not"),
        ("reflacx", "9,2,3,4,5,True", "an ellipse has a height and a width"),
        ("reflacx", "1,2,3,4,5,WAHR", "no finding of it is True or 1"),
    ],
)
def test_rows_that_would_be_misread_are_told_and_the_rest_is_read(
    tmp_path: Path, format: str, cells: str, reason: str
) -> None:
    header, good = TABLES[format]
    path = write_table(tmp_path / "a.csv", header, cells, good)
    entries = read(path).entries
    (fault,) = [str(one) for one in entries if isinstance(one, Fault)]
    assert fault.startswith("a.csv, ") and "row 2: " in fault and reason in fault
    assert len([one for one in entries if isinstance(one, Found)]) == 1


def test_a_reading_that_two_images_claim_is_told(tmp_path: Path) -> None:
    (tmp_path / "P1").mkdir()
    write_table(tmp_path / "P1" / "anomaly_location_ellipses.csv", *TABLES["reflacx"])
    header, row = "id,dicom_id,image_size_x,image_size_y", f"P1,a,{SHAPE[1]},{SHAPE[0]}.0"
    for name, rows in (("metadata_1.csv", (row, row)), ("metadata_2.csv", (row,))):
        write_table(tmp_path / name, header, *rows)
    assert [one.image for one in read(tmp_path).entries if isinstance(one, Found)] == ["a"]
    write_table(tmp_path / "metadata_2.csv", header, row.replace(",a,", ",b,"))
    assert list(map(str, read(tmp_path).entries)) == ["P1: its metadata name 2 images or sizes"]
    write_table(tmp_path / "metadata_2.csv", header, "P2,b", row)
    one, _, other = sorted(read(tmp_path).entries, key=lambda entry: type(entry).__name__)
    assert str(one) == "metadata_2.csv, row 2: it has too few cells, 2 of 4"
    assert other.image == "a"


def picture(kind: str) -> Image.Image:
    """A mask as some program may save it, or what is none."""
    region = np.zeros(SHAPE, bool)
    region[3:9, 20:31] = True
    gray = region.astype(np.uint8) * 255
    opaque = np.full(SHAPE, 255, np.uint8)
    smooth = gray.copy()
    smooth[3:9, 20] = 100
    shades = np.tile(np.arange(SHAPE[1], dtype=np.uint8) * 4, (SHAPE[0], 1))
    palette = Image.fromarray(region.astype(np.uint8), "P")
    palette.putpalette([0, 0, 0, 255, 255, 255])
    classes = palette.copy()
    classes.putpalette([0, 0, 0, 0, 255, 0])
    made = {
        "bits": Image.fromarray(region),
        "gray": Image.fromarray(gray),
        "smooth edges": Image.fromarray(smooth),
        "colour channels": Image.fromarray(np.dstack([gray] * 3)),
        "opaque": Image.fromarray(np.dstack([gray] * 3 + [opaque])),
        "palette": palette,
        "16 bits": Image.fromarray(region.astype(np.uint16) * 65535),
        "8 of 16 bits": Image.fromarray(region.astype(np.uint16) * 255),
        "transparent": Image.fromarray(np.dstack([opaque] * 3 + [gray])),
        "classes in colours": classes,
        "a radiograph": Image.fromarray(shades),
        "a radiograph of 16 bits": Image.fromarray(shades.astype(np.uint16) * 200),
    }
    return made[kind]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("bits", ""),
        ("gray", ""),
        ("smooth edges", ""),
        ("colour channels", ""),
        ("opaque", ""),
        ("palette", ""),
        ("16 bits", ""),
        ("8 of 16 bits", ""),
        ("transparent", "it is transparent in part"),
        ("classes in colours", "it has colours"),
        ("a radiograph", "it has shades as a radiograph"),
        ("a radiograph of 16 bits", "it has shades as a radiograph"),
    ],
)
def test_a_mask_is_black_and_white(tmp_path: Path, kind: str, reason: str) -> None:
    (tmp_path / "Mass").mkdir()
    picture(kind).save(tmp_path / "Mass" / "img.png")
    (entry,) = read(tmp_path).entries
    if reason:
        assert str(entry).startswith(f"Mass/img.png: {reason}")
    else:
        left = 21 if kind == "smooth edges" else 20
        assert np.argwhere(entry.annotation.mask(SHAPE))[[0, -1]].tolist() == [[3, left], [8, 30]]


def test_a_mask_of_too_many_pixels_is_no_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(np.zeros((30, 30), np.uint8)).save(tmp_path / "a--b.png")
    assert read_mask(tmp_path / "a--b.png").shape == (30, 30)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 400)
    with pytest.raises(ValueError, match="more pixels than a mask can have"):
        read_mask(tmp_path / "a--b.png")
