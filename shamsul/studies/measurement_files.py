"""What was measured on the cases of a study, as a table."""

import csv
import io
from collections.abc import Iterable

from shamsul.annotations.measurements import Kind, Measurement, MeasurementArchive
from shamsul.radiographs import RadiographArchive
from shamsul.reading.design.study import Case
from shamsul.storage.spreadsheet import as_cell

#: Columns; `row_1` to `column_4` are the places in the order of their kind, in image coordinates of
#: the file's pixels, as annotations are.
COLUMNS = (
    *("study", "reader", "session", "repeat", "warm_up", "case", "image_sha256"),
    *("kind", "value", "unit", "spacing_kind", "spacing_row_mm", "spacing_column_mm"),
    *("magnification", "row_1", "column_1", "row_2", "column_2", "row_3", "column_3"),
    *("row_4", "column_4", "created_at"),
)


def exported(
    cases: Iterable[Case], *, archive: RadiographArchive, measurements: MeasurementArchive
) -> bytes:
    """The measurements of a study's cases as CSV (UTF-8, RFC 4180) with :data:`COLUMNS`.

    Parameters
    ----------
    cases : iterable of Case
        All of one study. What was measured in readings of other studies is left out.
    archive : RadiographArchive
    measurements : MeasurementArchive

    Returns
    -------
    bytes
        One row each. Lengths are in mm where the file tells the spacing, and `spacing_kind` what
        that refers to, see :class:`~shamsul.radiographs.spacing.SpacingKind`; else in px, the width
        of a column, and `spacing_kind` is empty. `magnification` is what the file's spacing was
        divided by. Session, repeat and warm_up are empty for what was measured while reviewing.

    Raises
    ------
    ValueError
        If what is stored cannot be read.
    ArchiveError
        If a radiograph that was measured on is missing or damaged.
    """
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="")
    table.writeheader()
    for case in cases:
        for one in measurements.get(case.image_sha256):
            if one.occasion is None or one.occasion.study == case.study:
                table.writerow(_row(case, one, archive))
    return text.getvalue().encode()


def _row(case: Case, one: Measurement, archive: RadiographArchive) -> dict[str, object]:
    film = archive.get(case.image_sha256)
    spacing = film.spacing_mm
    length = "mm" if spacing else "px"
    unit = {Kind.RULER: length, Kind.ANGLE: "degrees"}.get(one.kind, "")
    row: dict[str, object] = {
        "study": as_cell(case.study),
        "reader": as_cell(one.author),
        "case": as_cell(case.name),
        "image_sha256": case.image_sha256,
        "kind": one.kind.value,
        "value": f"{one.value(spacing or (film.pixel_aspect, 1.0)):.6g}",
        "unit": unit,
        "created_at": one.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    places = film.turn.inverse.places(one.places, film.shape)
    for number, (down, across) in enumerate(places.tolist(), 1):
        row[f"row_{number}"], row[f"column_{number}"] = down, across
    if spacing:
        row["spacing_kind"] = film.spacing_kind.value
        of_file = spacing[::-1] if film.turn.swapped else spacing
        row["spacing_row_mm"], row["spacing_column_mm"] = of_file
        row["magnification"] = film.magnification
    if one.occasion:
        row["session"] = one.occasion.session
        row["repeat"] = str(one.occasion.repeat).lower()
        row["warm_up"] = str(one.occasion.warm_up).lower()
    return row
