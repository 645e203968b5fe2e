"""Tables and figures as files."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import matplotlib
import pandas as pd

from shamsul.reporting.pictures import DARK, INK, Picture
from shamsul.storage.atomic import write_atomically
from shamsul.storage.spreadsheet import as_cell

#: Dots per inch of the PNG files.
DPI = 300

#: Without a date the same figure has the same bytes each time; the rest says what made it.
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def csv(table: pd.DataFrame) -> bytes:
    """A table as RFC 4180 has it, NaN empty, no cell a formula to a spreadsheet."""
    written = table.map(_written).rename(columns=_written)
    text: str = written.to_csv(index=False, lineterminator="\r\n")
    return text.encode()


def png(picture: Picture) -> bytes:
    """A figure to look at."""
    return _image(picture, "png")


def svg(picture: Picture) -> str:
    """A figure whose identifiers are its own also beside other figures in a page."""
    text = _image(picture, "svg").decode()
    return re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{picture.name}-", text)


def themed(svg: str) -> str:
    """A figure as SVG, made for white paper, that is dark where the page around it is.

    The page says so by the CSS property `color-scheme` of the element that shows the figure.
    """
    colours = re.compile("|".join(DARK))
    text = colours.sub(lambda found: f"light-dark({found[0]}, {DARK[found[0]]})", svg)
    # What is black has no colour in the file: it takes that of the whole.
    letters = f"light-dark(#000000, {DARK[INK]})"
    return text.replace("<svg ", f'<svg style="color-scheme: light dark; fill: {letters}" ', 1)


def write_files(files: Mapping[str, bytes], out: Path) -> tuple[Path, ...]:
    """Write files by name to a folder, made where there is none; those of before are replaced.

    Returns
    -------
    tuple of Path
        In their order.

    Raises
    ------
    OSError
        If a file cannot be written; none is left half written.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomically(out / name, data)
    return tuple(out / name for name in files)


def _written(cell: object) -> object:
    """A cell as the exported ratings have it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return as_cell(cell) if isinstance(cell, str) else cell


def _image(picture: Picture, format: str) -> bytes:
    data = io.BytesIO()
    # Without it the same figure would have other identifiers each time.
    with matplotlib.rc_context({"svg.hashsalt": picture.name}):
        metadata = _NO_METADATA if format == "svg" else None
        picture.figure.savefig(data, format=format, dpi=DPI, metadata=metadata)
    return data.getvalue()
