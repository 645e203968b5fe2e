"""An analysis as files: tables, figures and one page that explains them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from shamsul.analysis.checklist import checklist
from shamsul.analysis.checklist import page as checklist_page
from shamsul.analysis.guidelines import GUIDELINES
from shamsul.analysis.page import page
from shamsul.analysis.study import Analysis
from shamsul.reporting.files import csv, png, svg, write_files
from shamsul.reporting.pictures import Picture


def files(analysis: Analysis, pictures: Sequence[Picture]) -> dict[str, bytes]:
    """A CSV of each table, a PNG and SVG of each figure, JSON, checklist and page, by file's name.

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
    drawings = {picture.name: svg(picture) for picture in pictures}
    made = {f"{name}.csv": csv(table) for name, table in analysis.tables.items()}
    made["analysis.json"] = analysis.to_json().encode()
    for picture in pictures:
        made[f"{picture.name}.png"] = png(picture)
        made[f"{picture.name}.svg"] = drawings[picture.name].encode()
    rows = pd.concat([checklist(analysis, guideline) for guideline in GUIDELINES])
    made["checklist.csv"] = csv(rows)
    made["checklist.html"] = checklist_page(analysis, GUIDELINES).encode()
    made["report.html"] = page(analysis, pictures, drawings).encode()
    return made


def write_analysis(analysis: Analysis, pictures: Sequence[Picture], out: Path) -> tuple[Path, ...]:
    """Write the :func:`files` of an analysis to a folder.

    Returns
    -------
    tuple of Path
        The files, `report.html` last.

    Raises
    ------
    OSError
        If a file cannot be written; none is left half written.
    """
    return write_files(files(analysis, pictures), out)
