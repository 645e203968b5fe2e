"""Measurements of a study's cases as a table."""

import csv
import io
from datetime import UTC, datetime

import numpy as np
import pytest

from shamsul.annotations.measurements import MeasurementArchive, added, measurement_of
from shamsul.radiographs import Radiograph, RadiographArchive
from shamsul.radiographs.spacing import SpacingKind
from shamsul.radiographs.turn import Turn
from shamsul.reading.design.study import Case
from shamsul.studies.measurement_files import exported

SHA = "a" * 64
NOW = datetime(2026, 1, 2, tzinfo=UTC)
RULER = {"id": "1", "kind": "ruler", "places": [[10, 20], [20, 50]]}


@pytest.mark.parametrize("turn", [Turn(), Turn(swapped=True, rows_reversed=True)], ids=str)
def test_lengths_are_in_mm_and_places_those_of_the_file(tmp_path, turn):
    archive = RadiographArchive(tmp_path / "films")
    film = Radiograph(
        np.zeros((40, 60), np.float32),
        (0.0, 1.0),
        (0.4, 0.1),
        "PA",
        SHA,
        turn=turn,
        spacing_kind=SpacingKind.DETECTOR,
        magnification=1.25,
    )
    archive.put(film)
    measurements = MeasurementArchive(tmp_path / "measurements")
    one = measurement_of(RULER, film.shape, "Ada", NOW)
    measurements.revise(SHA, lambda old: added(old, one))
    case = Case(1, "trial", "CXR-1", SHA, 1)
    (row,) = csv.DictReader(
        io.StringIO(exported([case], archive=archive, measurements=measurements).decode())
    )
    # 10 rows of 0.4 mm, 30 columns of 0.1 mm.
    assert (float(row["value"]), row["unit"]) == (5, "mm")
    assert (row["spacing_kind"], float(row["magnification"])) == ("detector", 1.25)
    spacing = float(row["spacing_row_mm"]), float(row["spacing_column_mm"])
    first = float(row["row_1"]), float(row["column_1"])
    if turn.swapped:
        # On the file's 60 rows and 40 columns, the film's rows from the last to the first.
        assert (spacing, first) == ((0.1, 0.4), (20, 30))
    else:
        assert (spacing, first) == ((0.4, 0.1), (10, 20))
