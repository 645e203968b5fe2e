"""Annotations of any format beside the maps that they are to judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.formats.entry import Fault
from shamsul.annotations.matching import Annotators
from shamsul.findings.labels import BUILT_IN
from shamsul.localisation.maps import MapFile, find
from shamsul.localisation.reference import AnnotationFile
from shamsul.radiographs.geometry import Geometry

HEADER = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"


def explained(folder: Path, image: str, label: str, facts: bool = True) -> MapFile:
    """Maps as `explain` writes them, of an image of 60 x 80 pixels."""
    folder.mkdir(parents=True)
    np.savez(folder / "heatmaps.npz", **{f"lime/{label}": np.ones((6, 8), np.float32)})
    if not facts:
        return MapFile(image, folder / "heatmaps.npz")
    geometry = Geometry.window((60, 80), (6, 8), top=0, left=0, height=60, width=80)
    entry = {"key": f"lime/{label}", "label": label, "method": "lime"}
    content = {"file": f"{image}.png", **geometry.to_json(), "maps": [entry]}
    (folder / "explanation.json").write_text(json.dumps(content))
    return MapFile(image, folder / "heatmaps.npz", facts=folder / "explanation.json")


def test_boxes_of_another_format_take_their_size_from_the_maps(tmp_path: Path) -> None:
    table = tmp_path / "annotations_train.csv"
    table.write_text(
        f"{HEADER}one,Pleural effusion,10,R1,10,20,40,35\ntwo,Pleural effusion,10,R1,1,1,6,6\n"
    )
    explained(tmp_path / "maps" / "a", "one", "Pleural Effusion")
    annotated = AnnotationFile.open(table)
    files = find(tmp_path / "maps", known=annotated.images)
    references, faults = annotated.references(files, BUILT_IN)
    assert list(references) == [files[0].image]
    mask = references[files[0].image].mask("Pleural Effusion")
    assert mask.shape == (60, 80)
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 34, 10, 39)
    assert faults == (Fault("two", "no case is of this image"),)


def test_anatomy_is_no_reference(tmp_path: Path) -> None:
    table = tmp_path / "bounding_boxes.csv"
    table.write_text("dicom_id,bbox_name,x1,x2,y1,y2\none,left lung,10,40,20,35\n")
    explained(tmp_path / "maps" / "a", "one", "Pleural Effusion")
    annotated = AnnotationFile.open(table)
    files = find(tmp_path / "maps", known=annotated.images)
    assert annotated.references(files, BUILT_IN) == ({}, ())


def test_of_several_annotators_all_or_most_count(tmp_path: Path) -> None:
    table = tmp_path / "annotations_train.csv"
    boxes = ((10, 40), (10, 30), (20, 50))  # columns of three radiologists' boxes
    rows = [f"one,Pleural effusion,10,R{n},{a},20,{b},35" for n, (a, b) in enumerate(boxes)]
    table.write_text(HEADER + "\n".join(rows) + "\n")
    explained(tmp_path / "maps" / "a", "one", "Pleural Effusion")
    annotated = AnnotationFile.open(table)
    files = find(tmp_path / "maps", known=annotated.images)
    found = {}
    for rule in (Annotators.UNION, Annotators.MAJORITY):
        references, _ = annotated.references(files, BUILT_IN, rule)
        columns = np.nonzero(references["one"].mask("Pleural Effusion"))[1]
        found[rule] = (columns.min(), columns.max())
    assert found == {Annotators.UNION: (10, 49), Annotators.MAJORITY: (10, 39)}


def test_size_that_nobody_tells_is_asked_for(tmp_path: Path) -> None:
    table = tmp_path / "annotations_train.csv"
    table.write_text(f"{HEADER}one,Pleural effusion,10,R1,10,20,40,35\n")
    file = explained(tmp_path / "maps", "one", "Pleural Effusion", facts=False)
    with pytest.raises(ValueError, match="the size of one"):
        AnnotationFile.open(table).references([file], BUILT_IN)


def test_labels_are_the_maps_own_before_those_of_the_table(tmp_path: Path) -> None:
    polygons = tmp_path / "truth.json"
    ring = [[1, 1], [9, 1], [9, 9]]
    polygons.write_text(json.dumps({"one": {"img_size": [60, 80], "Airspace Opacity": [ring]}}))
    annotated = AnnotationFile.open(polygons)
    for number, label in enumerate(("Airspace Opacity", "Lung Opacity")):
        file = explained(tmp_path / str(number), "one", label)
        references, faults = annotated.references([file], BUILT_IN)
        assert references["one"].mask(label).sum() > 30
        assert not faults
    other = explained(tmp_path / "other", "one", "Edema")
    references, _ = annotated.references([other], BUILT_IN)
    assert references["one"].mask("Airspace Opacity").any()
    assert not references["one"].mask("Edema").any()
