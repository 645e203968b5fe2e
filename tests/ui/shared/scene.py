"""What the page `viewer_app.py` shows: made by hand, so that tests know what should be seen."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.marks import Boxes, Gaze
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.findings.labels import ANATOMY, GAZE
from shamsul.localisation.maps import on_image
from shamsul.metrics.curve import OverlapCurve, overlap_curve
from shamsul.metrics.scale import full_scale
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.radiograph import NamedWindow, Radiograph
from shamsul.radiographs.spacing import SpacingKind
from shamsul.ui.shared.viewer import CURVE_LEVELS

IMAGE = (400, 300)
GRID = (8, 8)
METHODS = ("LIME", "SHAP", "Grad-CAM", "LRP")
LABELS = ("Cardiomegaly", "Enlarged Cardiomediastinum")


#: What the files of other films than the first tell besides.
FILMS: dict[str, dict[str, Any]] = {
    "": {},
    "detector": {
        "spacing_kind": SpacingKind.DETECTOR,
        "sides": ("L", "F"),
        "unit": "OD",
        "reflection": 4000.0,
        "windows": (NamedWindow("Normal", 0.0, 4000.0), NamedWindow("Harder", 1000.0, 3000.0)),
    },
    "hounsfield": {"unit": "HU"},
    "picture": {"spacing_mm": None, "declared_aspect": 2.0, "burned_in_annotation": True},
}


@cache
def radiograph(film: str = "") -> Radiograph:
    """Grey ramp, darker to the left, whose pixels are twice as tall as wide."""
    values = np.tile(np.linspace(400, 3600, IMAGE[1], dtype=np.float32).round(), (IMAGE[0], 1))
    first = Radiograph(values, (0.0, 4000.0), (0.4, 0.2), "PA", f"ramp{film}")
    return replace(first, **FILMS[film])


@cache
def heatmap(label: str, method: str) -> Heatmap:
    """One hot cell at row 5, column 2, for LRP also a negative one; SHAP is zero everywhere.

    The grid covers rows 40 to 360 and columns 30 to 270.
    """
    values = np.zeros(GRID, dtype=np.float32)
    if method != "SHAP":
        values[5, 2] = 0.02
    if method == "LRP":
        values[1, 6] = -0.02
    geometry = Geometry.window(IMAGE, GRID, top=40, left=30, height=320, width=240)
    return Heatmap(values, label, method, {}, geometry, 1, 0.1, Target.LOGIT, 1.0)


def disc(row: int = 100, column: int = 200) -> Annotation:
    rows, columns = np.ogrid[: IMAGE[0], : IMAGE[1]]
    region = (rows - row) ** 2 + (columns - column) ** 2 < 30**2
    return Annotation.of_region(LABELS[0], "harness", region)


def gaze(reader: str) -> Annotation:
    """Four fixations in two seconds, the second by far the longest, at row 300, column 240.

    Ada's has two phases; Bo's lies at the other side, and nothing is known of its times.
    """
    places = np.array([[60, 60, 0.1], [300, 240, 1.2], [200, 150, 0.2], [60.5, 250, 0.2]])
    if reader == "Ada":
        starts = np.array([0.0, 0.2, 1.5, 1.8])
        mark = Gaze(places, 12.0, starts=starts, phases=("looking",) * 2 + ("telling",) * 2)
    else:
        mark = Gaze(places * [1, -1, 1] + [0, IMAGE[1], 0], 12.0)
    return Annotation(GAZE, "tracker", mark, reader)


def heart() -> Annotation:
    return Annotation(ANATOMY + "heart", "harness", Boxes([[150, 100, 350, 250]]))


def curve(method: str) -> OverlapCurve:
    """Of the map and a disc beside its hot cell."""
    found = heatmap(LABELS[0], method)
    values = on_image(found.values, found.geometry) / (full_scale(found.values) or 1)
    return overlap_curve(values, disc(250, 120).mask(IMAGE), CURVE_LEVELS)
