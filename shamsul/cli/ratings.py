"""Ratings: exported, analysed, copied and put back."""

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from shamsul.cli.base import Json, UserError, app, emit, stores
from shamsul.settings import settings


@app.command()
def export(
    study: Annotated[str, typer.Option(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    format: Annotated[
        str, typer.Option(help="csv (one row a rating), wide, imrmc, or json (everything).")
    ] = "csv",
    item: Annotated[str, typer.Option(help="Of imrmc: which scale.")] = "",
    as_json: Json = False,
) -> None:
    """Write a study's ratings: as CSV with codebook, case-level and reader-level answers beside."""
    from shamsul.annotations.archive import AnnotationArchive
    from shamsul.reading.database.store import Store
    from shamsul.reading.exports import ratings as exports
    from shamsul.reading.exports.transfer import dump
    from shamsul.storage.atomic import write_atomically
    from shamsul.studies.reference import reference_standard

    store = Store(settings().database)
    if format == "csv":
        annotations = AnnotationArchive(settings().data_dir / "annotations")
        truth = reference_standard(store, annotations, study)
        files = [str(path) for path in exports.write_ratings(store, study, out, truth)]
    elif format in ("wide", "imrmc", "json"):
        if format == "imrmc" and not item:
            raise UserError("--format imrmc needs --item, the scale to write.")
        content = {
            "wide": lambda: exports.wide(store, study),
            "imrmc": lambda: exports.imrmc(store, study, item),
            "json": lambda: dump(store, study).encode(),
        }[format]()
        write_atomically(out, content)
        files = [str(out)]
    else:
        raise UserError(f"--format is csv, wide, imrmc or json, not {format!r}.")
    emit({"study": study, "files": files}, as_json, lambda: files)


@app.command()
def analyse(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    replicates: Annotated[int, typer.Option(min=100, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    truth: Annotated[
        Path | None,
        typer.Option(help="CSV with case, label and present (1 or 0); else what the study knows."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a study's statistics: tables, figures and a report that needs no server."""
    from shamsul.analysis.figures import draw
    from shamsul.analysis.from_store import analyse_stored
    from shamsul.analysis.report import write_analysis
    from shamsul.analysis.steps import read_truth, truth_table
    from shamsul.explainers.registry import METHODS
    from shamsul.studies.described import describe
    from shamsul.studies.desk import Desk
    from shamsul.studies.localisation import located
    from shamsul.studies.reference import reference_standard

    store, archive, annotations = stores()
    try:
        known = read_truth(truth) if truth else None
    except ValueError as error:
        raise UserError(f"{error}.") from None
    if known is None:
        known = truth_table(reference_standard(store, annotations, study))
    with tqdm(total=3, desc="Maps", bar_format="{desc}: {n_fmt} of {total_fmt}") as bar:
        desk = Desk.of_installation(archive, annotations)
        where = located(desk, store, study)
        bar.set_description("Statistics")
        bar.update()
        about, flow = describe(desk, store, study)
        analysis = analyse_stored(
            store,
            study,
            {name: method.title for name, method in METHODS.items()},
            about=about,
            flow=flow,
            localisation=where,
            truth=known,
            replicates=replicates,
            seed=seed,
        )
        bar.set_description("Figures")
        bar.update()
        files = [str(path) for path in write_analysis(analysis, draw(analysis), out)]
        bar.update()
    result = {"study": study, "files": files}
    emit(result, as_json, lambda: [f"{files[-1]} and {len(files) - 1} more"])


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to copy the ratings database to.")],
    as_json: Json = False,
) -> None:
    """Copy the ratings database, also while it is in use."""
    from shamsul.reading.database.transactions import Database

    if file.exists():
        raise UserError(f"{file} is there already.")
    database = Database(settings().database)
    database.backup(file)
    database.close()
    emit({"file": str(file)}, as_json, lambda: [f"Ratings copied to {file}"])


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A copy made by `shamsul backup`.")],
    as_json: Json = False,
) -> None:
    """Put a copy in place of the ratings database; what it held is kept beside it."""
    from shamsul.reading.database.transactions import Database

    database = Database(settings().database)
    kept = database.restore(file)
    database.close()
    result = {"file": str(file), "kept": kept and str(kept)}
    before = f"the earlier ratings are in {kept}" if kept else "there were none before"
    emit(result, as_json, lambda: [f"{file} restored; {before}"])
