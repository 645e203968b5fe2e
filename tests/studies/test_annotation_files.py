"""Annotations of a study's cases: what is proposed, found and removed."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.formats import registry
from shamsul.annotations.formats.entry import Fault, Found, Looked
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Boxes, Gaze
from shamsul.annotations.matching import Annotators
from shamsul.findings.labels import BUILT_IN, GAZE, LabelTable
from shamsul.radiographs import Radiograph, RadiographArchive
from shamsul.radiographs.turn import Turn
from shamsul.reading.design.study import Case
from shamsul.studies import annotation_files

BOX = Boxes(np.array([[1.0, 2, 3, 4]]))


def found(image: str, label: str) -> Found:
    mark = Gaze(np.ones((1, 3)), 150.0) if label == GAZE else BOX
    return Found(image, Annotation(label, "panel", mark))


def test_labels_are_proposed_unknown_ones_first() -> None:
    table = LabelTable((("Effusion", "Pleural Effusion"),))
    labels = ("Edema", "Pleural Effusion")
    names = ["effusion", "Zebra", "pulmonary_edema", "edema", "EFFUSION", "Pulmonary Edema", GAZE]
    entries = [found("a", name) for name in names]
    entries += [Fault("row 2", "it is faulty"), Looked("a", "R1")]
    made = annotation_files.proposals(entries, labels, table)
    assert [(one.label, one.marks, one.of_model) for one in made] == [
        ("pulmonary_edema", 2, None),
        ("Zebra", 1, None),
        ("edema", 1, "Edema"),
        ("effusion", 2, "Pleural Effusion"),
    ]


def test_images_are_counted_once() -> None:
    images = Images({"a" * 64: ["one"], "b" * 64: ["two"]})
    entries = [
        found("one", "Edema"),
        found("one", "Mass"),
        found("three", "Edema"),
        Looked("two", "R1"),
        Fault("four", "it is faulty"),
    ]
    assert annotation_files.matched(entries, images) == (2, 3)


def test_a_file_is_known_by_its_hash_and_path() -> None:
    file = io.BytesIO(b"no image")
    expected = hashlib.sha256(b"no image").hexdigest(), ("a/b.png",)
    assert annotation_files.names_of_file("a/b.png", file) == expected


def test_only_what_the_source_says_of_the_cases_is_removed(tmp_path: Path) -> None:
    archive = AnnotationArchive(tmp_path)
    ours, bare, other = (letter * 64 for letter in "abc")
    both = [Annotation("Edema", "panel", BOX), Annotation("Edema", "x", BOX)]
    archive.put(ours, [*both, Annotation("Mass", "panel", BOX)])
    archive.put(other, both)
    cases = [Case(1, "study", "one", ours, 1), Case(2, "study", "two", bare, 2)]
    assert annotation_files.remove(cases, "panel", archive) == 2
    assert [one.source for one in archive.get(ours)] == ["x"]
    assert [one.source for one in archive.get(other)] == ["panel", "x"]
    assert bare not in archive
    assert annotation_files.remove(cases, "panel", archive) == 0


@pytest.mark.parametrize("turn", [Turn(), Turn(False, True, True), Turn(True, False, True)])
def test_annotations_go_out_as_they_come_in_on_the_pixels_of_the_file(
    turn: Turn, tmp_path: Path
) -> None:
    sha256 = "a" * 64
    archive, annotations = RadiographArchive(tmp_path / "r"), AnnotationArchive(tmp_path / "a")
    values = turn.pixels(np.zeros((40, 60), np.float32))
    archive.put(Radiograph(values, (0.0, 1.0), None, "PA", sha256, turn=turn))
    entry = Found(sha256, Annotation("Edema", "panel", Boxes(np.array([[5.0, 10, 20, 30]]))))
    kept = {"archive": archive, "annotations": annotations}
    images = Images({sha256: [sha256]})
    how = (images, ("Edema",), BUILT_IN, Annotators.EACH, "")
    assert annotation_files.give([entry], *how, **kept).faults == ()
    (shown,) = annotations.get(sha256)
    region = np.zeros((40, 60), bool)
    region[5:20, 10:30] = True
    np.testing.assert_array_equal(shown.mask(values.shape), turn.pixels(region))
    case = Case(1, "study", sha256, sha256, 1)
    content = annotation_files.exported([case], **kept)
    image, one = (json.loads(content)[name][0] for name in ("images", "annotations"))
    assert (image["height"], image["width"]) == (40, 60)
    assert one["bbox"] == [10, 5, 20, 15]
    (tmp_path / "out.json").write_bytes(content)
    annotations.put(sha256, [])
    annotation_files.give(registry.read(tmp_path / "out.json").entries, *how, **kept)
    (again,) = annotations.get(sha256)
    np.testing.assert_array_equal(again.mask(values.shape), shown.mask(values.shape))
