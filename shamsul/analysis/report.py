"""An analysis as files: tables, figures and one page that explains them."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import pandas as pd

from shamsul.analysis.figures import Picture
from shamsul.analysis.page import page
from shamsul.analysis.study import Analysis
from shamsul.reading.atomic import write_atomically
from shamsul.reading.export import looks_like_formula

#: Dots per inch of the PNG files.
DPI = 300


def files(analysis: Analysis, pictures: Sequence[Picture]) -> dict[str, bytes]:
    """A CSV of each table, a PNG and SVG of each figure, JSON and a page, by file's name.

    Parameters
    ----------
    analysis : Analysis
    pictures : sequence of Picture
        Such as :func:`shamsul.analysis.figures.draw` gives.

    Returns
    -------
    dict of str to bytes
        `report.html` last. It contains its figures and needs nothing else.
    """
    drawings = {picture.name: _svg(picture) for picture in pictures}
    made = {f"{name}.csv": _csv(table) for name, table in analysis.tables.items()}
    made["analysis.json"] = analysis.to_json().encode()
    for picture in pictures:
        made[f"{picture.name}.png"] = _image(picture, "png")
        made[f"{picture.name}.svg"] = drawings[picture.name].encode()
    made["report.html"] = page(analysis, pictures, drawings).encode()
    return made


def write_analysis(analysis: Analysis, pictures: Sequence[Picture], out: Path) -> tuple[Path, ...]:
    """Write the files of an analysis to a folder.

    Parameters
    ----------
    analysis, pictures
        As for :func:`files`.
    out : Path
        The folder, made where there is none. Files of earlier analyses are replaced.

    Returns
    -------
    tuple of Path
        The files, `report.html` last.

    Raises
    ------
    OSError
        If a file cannot be written; none is left half written.
    """
    made = files(analysis, pictures)
    out.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        write_atomically(out / name, data)
    return tuple(out / name for name in made)


def _csv(table: pd.DataFrame) -> bytes:
    written = table.map(_written)
    text: str = written.to_csv(index=False, lineterminator="\r\n")
    return text.encode()


def _written(cell: object) -> object:
    """A cell as the exported ratings have it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return f"'{cell}" if isinstance(cell, str) and looks_like_formula(cell) else cell


def _image(picture: Picture, format: str) -> bytes:
    data = io.BytesIO()
    # Without it the same figure would have other identifiers each time.
    with matplotlib.rc_context({"svg.hashsalt": picture.name}):
        metadata = {"Date": None} if format == "svg" else None
        picture.figure.savefig(data, format=format, dpi=DPI, metadata=metadata)
    return data.getvalue()


def _svg(picture: Picture) -> str:
    """A figure whose identifiers are its own also beside other figures in a page."""
    text = _image(picture, "svg").decode()
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{picture.name}-", text)
