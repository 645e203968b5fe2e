"""An evaluation as files: tables, figures and one page that explains them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from shamsul.localisation import latex
from shamsul.localisation.figures import NAMES
from shamsul.localisation.page import page
from shamsul.localisation.results import Results
from shamsul.localisation.tables import by_label
from shamsul.reporting.files import csv, png, svg, write_files
from shamsul.reporting.page import Plate
from shamsul.reporting.pictures import Picture
from shamsul.reporting.resampling import LEVEL


def files(
    results: Results,
    pictures: Sequence[Picture],
    content: Mapping[str, object],
    plates: Sequence[Plate] = (),
) -> dict[str, bytes]:
    """A CSV of each table, a PNG and SVG of each figure, JSON, LaTeX and a page, by file's name.

    Parameters
    ----------
    results : Results
    pictures : sequence of Picture
        Such as :func:`shamsul.localisation.figures.draw` gives.
    content : mapping of str to object
        Of `evaluation.json`, what ``shamsul evaluate --json`` prints.
    plates : sequence of Plate
        Pictures for the page's gallery.

    Returns
    -------
    dict of str to bytes
        `report.html` last. It contains its pictures and needs nothing else.
    """
    drawings = {picture.name: svg(picture) for picture in pictures}
    made = {f"{name}.csv": csv(table) for name, table in results.tables.items()}
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    made["evaluation.json"] = f"{text}\n".encode()
    made["table.tex"] = _latex(results).encode()
    for picture in pictures:
        made[f"{picture.name}.png"] = png(picture)
        made[f"{picture.name}.svg"] = drawings[picture.name].encode()
    made["report.html"] = page(results, pictures, drawings, plates).encode()
    return made


def write_evaluation(
    results: Results,
    pictures: Sequence[Picture],
    content: Mapping[str, object],
    out: Path,
    plates: Sequence[Plate] = (),
) -> tuple[Path, ...]:
    """Write the :func:`files` of an evaluation to a folder.

    Returns
    -------
    tuple of Path
        The files, `report.html` last.

    Raises
    ------
    OSError
        If a file cannot be written; none is left half written.
    """
    return write_files(files(results, pictures, content, plates), out)


def _latex(results: Results) -> str:
    """A table for each headline metric."""
    head = f"% needs {' '.join(latex.PACKAGES)}\n"
    made = []
    for metric in results.headline:
        caption = (
            f"Mean {NAMES[metric]} with {LEVEL:.0%} bootstrap interval over images, by label and "
            f"method (protocol {results.protocol}, threshold {results.threshold}); n: findings."
        )
        table = by_label(
            results.tables["summary"], results.tables["overall"], metric, list(results.titles)
        )
        made.append(latex.tabular(caption, table, {"label": "Label", **results.titles}))
    return head + "\n".join(made)
