"""An assessment as files: tables, figures, a card, and one page that explains them."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from shamsul.assessment.card import card
from shamsul.assessment.page import Gallery, page
from shamsul.assessment.results import Assessment
from shamsul.reporting.files import csv, png, svg
from shamsul.reporting.pictures import Picture


def files(
    found: Assessment, pictures: Sequence[Picture], gallery: Gallery = ()
) -> dict[str, bytes]:
    """A CSV of each table, a PNG and SVG of each figure, JSON, card and page, by file's name.

    Parameters
    ----------
    found : Assessment
    pictures : sequence of Picture
        Such as :func:`shamsul.assessment.figures.draw` gives.
    gallery : sequence of (str, str, sequence of Plate)
        Such as :func:`shamsul.assessment.gallery.plates` gives.

    Returns
    -------
    dict of str to bytes
        `report.html` last. It contains its figures and needs nothing else.
    """
    drawings = {picture.name: svg(picture) for picture in pictures}
    made = {f"{name}.csv": csv(table) for name, table in found.tables.items() if len(table)}
    text = json.dumps(to_json(found), ensure_ascii=False, indent=1, allow_nan=False)
    made["report.json"] = f"{text}\n".encode()
    for picture in pictures:
        made[f"{picture.name}.png"] = png(picture)
        made[f"{picture.name}.svg"] = drawings[picture.name].encode()
    made["card.md"] = card(found).encode()
    made["report.html"] = page(found, pictures, drawings, gallery).encode()
    return made


def to_json(found: Assessment) -> dict[str, Any]:
    """Everything but the figures; undefined numbers are None."""
    return {
        "about": found.facts,
        "left_out": list(found.notes),
        "limits": list(found.limits),
        "replicates": found.replicates,
        "seed": found.seed,
        "software": found.software,
        "tables": {name: records(table) for name, table in found.tables.items()},
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON takes them."""
    return [
        {
            str(name): None if isinstance(cell, float) and not math.isfinite(cell) else cell
            for name, cell in row.items()
        }
        for row in table.to_dict("records")
    ]
