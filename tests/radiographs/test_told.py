"""What a file tells of its spacing, its windows, its values and where its sides lead."""

import numpy as np
import pytest

from shamsul.radiographs import read_radiograph
from shamsul.radiographs.radiograph import NamedWindow, Radiograph
from shamsul.radiographs.spacing import SpacingKind
from shamsul.radiographs.windows import presets

PIXELS = np.arange(48, dtype=np.uint16).reshape(6, 8) * 80
MAGNIFIED = {"EstimatedRadiographicMagnificationFactor": 1.25}


@pytest.mark.parametrize(
    ("given", "spacing", "kind", "words"),
    [
        ({}, None, "unstated", "calibration not stated"),
        (
            {"PixelSpacing": [0.1, 0.2], "PixelSpacingCalibrationType": "GEOMETRY", **MAGNIFIED},
            (0.1, 0.2),
            "geometry",
            "corrected for magnification",
        ),
        (
            {
                "PixelSpacing": [0.1, 0.2],
                "PixelSpacingCalibrationType": "FIDUCIAL",
                "ImagerPixelSpacing": [0.1, 0.2],
                **MAGNIFIED,
            },
            (0.1, 0.2),
            "fiducial",
            "calibrated by an object of known size",
        ),
        (
            {"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [0.11, 0.22], **MAGNIFIED},
            (0.1, 0.2),
            "calibrated",
            "calibrated",
        ),
        ({"PixelSpacing": [0.1, 0.2]}, (0.1, 0.2), "unstated", "calibration not stated"),
        (
            {"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": ["0.1000", "0.20001"]},
            (0.1, 0.2),
            "detector",
            "at the detector",
        ),
        ({"ImagerPixelSpacing": [0.1, 0.2]}, (0.1, 0.2), "detector", "at the detector"),
        (
            {"ImagerPixelSpacing": [0.1, 0.2], **MAGNIFIED},
            (0.08, 0.16),
            "detector",
            "at the patient, magnification 1.25 applied",
        ),
        (
            {"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [0.1, 0.2], **MAGNIFIED},
            (0.08, 0.16),
            "detector",
            "at the patient, magnification 1.25 applied",
        ),
        (
            {"ImagerPixelSpacing": [1, 2], "EstimatedRadiographicMagnificationFactor": 0.5},
            (1, 2),
            "detector",
            "at the detector",
        ),
        (
            {"PixelSpacing": [0.1, 0.2], "NominalScannedPixelSpacing": [0.1, 0.2]},
            (0.1, 0.2),
            "scanned",
            "on the scanned film",
        ),
        ({"NominalScannedPixelSpacing": [1, 2]}, (1, 2), "scanned", "on the scanned film"),
        ({"PixelSpacing": [0.1, 0.2], **MAGNIFIED}, (0.1, 0.2), "unstated", None),
    ],
    ids=str,
)
def test_a_calibrated_spacing_is_told_from_the_detectors(make_dicom, given, spacing, kind, words):
    film = read_radiograph(make_dicom(PIXELS, 12, **given))
    assert film.spacing_mm == (None if spacing is None else pytest.approx(spacing))
    assert film.spacing_kind is SpacingKind(kind)
    assert film.spacing_kind.words(film.magnification) == (words or "calibration not stated")


def test_windows_have_the_names_that_the_file_gives_them(make_dicom):
    film = read_radiograph(
        make_dicom(
            PIXELS,
            12,
            WindowCenter=[2000, 1000, 500],
            WindowWidth=[2000, 201, 101],
            WindowCenterWidthExplanation=["NORMAL", "SOFT_TISSUE", "Dr Zwingli"],
        )
    )
    # Centre less half, width less one (PS3.3 C.11.2.1.2.1).
    assert film.windows == (
        NamedWindow("Normal", 1000.0, 2999.0),
        NamedWindow("Soft tissue", 899.5, 1099.5),
        NamedWindow("File's window 3", 449.5, 549.5),
    )
    assert film.windows[0][1:] == film.window
    names = [window.name for window in presets(film)]
    assert names == ["Normal", "Soft tissue", "File's window 3", "Full range", "Automatic"]


def test_windows_and_values_of_a_bright_air_film_are_reflected(make_dicom):
    film = read_radiograph(
        make_dicom(
            PIXELS,
            12,
            PhotometricInterpretation="MONOCHROME1",
            WindowCenter=[1000, 3000],
            WindowWidth=[501, 101],
            RescaleIntercept=0,
            RescaleSlope=1,
            RescaleType="OD",
        )
    )
    # 749.5 to 1249.5, bright to dark, within 0 to 4095.
    assert film.windows[0] == NamedWindow("File's window 1", 4095 - 1249.5, 4095 - 749.5)
    assert film.windows[0][1:] == film.window
    assert (film.reflection, film.unit) == (4095, "OD")
    np.testing.assert_array_equal(film.reflection - film.values, PIXELS)


@pytest.mark.parametrize(
    ("given", "unit", "windows"),
    [
        ({"RescaleType": "HU"}, "HU", 1),
        ({"RescaleType": "US"}, "", 1),
        ({"RescaleType": "Zwingli"}, "", 1),
        ({"RescaleType": "HU", "VOILUTFunction": "SIGMOID"}, "", 0),
    ],
    ids=str,
)
def test_unit_is_one_of_the_standard_and_of_what_is_shown(make_dicom, given, unit, windows):
    film = read_radiograph(
        make_dicom(PIXELS, 12, WindowCenter=2000, WindowWidth=2000, RescaleIntercept=0, **given)
    )
    assert (film.unit, len(film.windows)) == (unit, windows)


def test_lung_and_bone_are_windows_of_hounsfield_units_only():
    values = np.linspace(-1000, 1000, 2001, dtype=np.float32).reshape(3, -1)
    film = Radiograph(values, (-100.0, 100.0), None, "", "", unit="HU")
    found = {window.name: window[1:] for window in presets(film)}
    assert found == {
        "As the file has it": (-100.0, 100.0),
        "Full range": (-1000.0, 1000.0),
        "Automatic": pytest.approx((-990.0, 990.0)),
        # Centre -600 less half, width 1500 less one; centre 400, width 1800.
        "Lung": (-1350.0, 149.0),
        "Bone": (-500.0, 1299.0),
    }
    plain = Radiograph(values, (-100.0, 100.0), None, "", "")
    assert {"Lung", "Bone"}.isdisjoint(window.name for window in presets(plain))


def test_a_film_of_one_value_has_the_default_window_alone():
    film = Radiograph(np.zeros((2, 2), np.float32), (0.0, 1.0), None, "", "")
    assert presets(film) == (NamedWindow("As the file has it", 0.0, 1.0),)


@pytest.mark.parametrize(
    ("stated", "view", "sides"),
    [
        (["L", "F"], "PA", ("L", "F")),
        (["R", "F"], "PA", ("L", "F")),  # mirrored, shown upright
        (["H", "R"], "AP", ("L", "F")),
        (["P", "F"], "LL", ("P", "F")),
        (["a", "fr"], "LL", ("A", "FR")),
        (["L", "L"], "PA", ("", "")),
        (["L", "R"], "PA", ("", "")),
        (["Left", "Foot"], "PA", ("", "")),
        (["L"], "PA", ("", "")),
        (None, "PA", ("", "")),
    ],
    ids=str,
)
def test_sides_lead_where_they_do_on_the_film_that_is_shown(make_dicom, stated, view, sides):
    film = read_radiograph(make_dicom(PIXELS, 12, PatientOrientation=stated, ViewPosition=view))
    assert film.sides == sides
