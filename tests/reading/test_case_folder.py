import csv

import numpy as np
import pytest
from PIL import Image

from shamsul.annotations.formats.masks import read_mask
from shamsul.phantom.phantom import LABELS, Finding, Grade, Phantom
from shamsul.reading.case_folder import read_folder, write_phantoms


@pytest.fixture
def phantoms():
    ramp = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    mask = ramp > 0.7
    effusion = Finding("Pleural Effusion", Grade.OBVIOUS, mask)
    device = Finding("Support Devices", Grade.SUBTLE, ~mask)
    return (
        Phantom(ramp, (0.5, 0.5), (effusion, device), (), seed=1),
        Phantom(1 - ramp, (0.5, 0.5), (), ("nipple",), seed=2),
    )


def test_phantoms_come_back_from_their_folder(phantoms, tmp_path):
    images = write_phantoms(phantoms, tmp_path / "out")
    first, second = read_folder(tmp_path / "out")
    assert (first.image, second.image) == images
    assert first.labels == phantoms[0].labels and second.labels == phantoms[1].labels
    assert first.grades == {"Pleural Effusion": "obvious", "Support Devices": "subtle"}
    assert second.grades == {} and second.masks == {}
    assert first.masks["Pleural Effusion"].name == "phantom-0001--Pleural_Effusion.png"
    for finding in phantoms[0].findings:
        np.testing.assert_array_equal(read_mask(first.masks[finding.label]), finding.mask)
    with Image.open(first.image) as image:
        np.testing.assert_allclose(np.asarray(image) / 255, phantoms[0].pixels, atol=0.5 / 255)


def test_labels_csv_has_cases_then_labels_then_grades(phantoms, tmp_path):
    write_phantoms(phantoms, tmp_path)
    with open(tmp_path / "labels.csv", newline="") as file:
        header, first, second = csv.reader(file)
    assert header == ["file", "case", *LABELS, *(f"{label} grade" for label in LABELS[1:])]
    assert first[:5] == ["phantom-0001.png", "phantom-0001", "0", "0", "1"]
    assert second == ["phantom-0002.png", "phantom-0002", "1", *"000000", *[""] * 6]


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_a_spreadsheets_labels_csv_is_the_same_folder(phantoms, tmp_path, coding):
    write_phantoms(phantoms, tmp_path)
    expected = read_folder(tmp_path)
    text = (tmp_path / "labels.csv").read_text().replace(",", ";")
    (tmp_path / "labels.csv").write_bytes((text + ";;\n").encode(coding))
    assert read_folder(tmp_path) == expected


def test_no_phantoms_make_an_empty_folder(tmp_path):
    assert write_phantoms((), tmp_path) == ()
    assert read_folder(tmp_path) == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("missing.png,1", "no image"),
        ("../labels.csv,1", "no image"),
        (",1", "no image"),
        ("labels.csv,yes", "not 0 or 1"),
        ("labels.csv", "row 2 of labels.csv is wrong: it has too few cells, 1 of 2"),
        ("labels.csv,1,0,0", "row 2 of labels.csv is wrong: it has too many cells, 4 for 2"),
    ],
)
def test_a_wrong_labels_csv_is_refused(tmp_path, line, reason):
    (tmp_path / "labels.csv").write_text(f"file,Cardiomegaly\n{line}\n")
    with pytest.raises(ValueError, match=reason):
        read_folder(tmp_path)
