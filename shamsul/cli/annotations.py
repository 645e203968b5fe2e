"""Expert annotations: imported into a study, exported, and which formats and labels are known."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shamsul.cli.base import Json, UserError, annotations_app, emit, say, stores
from shamsul.settings import settings

if TYPE_CHECKING:
    from shamsul.findings.labels import LabelTable


Table = Annotated[
    Path | None,
    typer.Option("--labels", help="CSV file with the columns annotated and model."),
]


def _table(path: Path | None) -> "LabelTable":
    from shamsul.findings.labels import BUILT_IN

    return BUILT_IN if path is None else BUILT_IN.with_csv(path)


@annotations_app.command("import")
def import_annotations(
    file: Annotated[Path, typer.Argument(help="A file of annotations, or a folder.")],
    study: Annotated[str, typer.Option(help="Name of the study.")],
    labels: Table = None,
    annotators: Annotated[
        str, typer.Option(help="union, majority or each, where several marked an image.")
    ] = "union",
    format: Annotated[str | None, typer.Option(help="Name of the format; else by content.")] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the radiographs, whose names the annotations use."),
    ] = None,
    source: Annotated[
        str, typer.Option(help="Whose annotations these are; else the format's name.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Give a study's cases the annotations of a file."""
    from shamsul.annotations.formats import registry
    from shamsul.annotations.image_names import Images
    from shamsul.annotations.matching import Annotators
    from shamsul.studies import annotation_files

    rules = [rule.value for rule in Annotators]
    if annotators not in rules:
        raise UserError(f"--annotators is {', '.join(rules)}, not {annotators!r}.")
    table = _table(labels)
    store, archive, kept = stores()
    model_labels = annotation_files.labels_of(store, study)
    names = {case.image_sha256: [case.name] for case in store.cases(study)}
    try:
        if images is not None:
            of_files = annotation_files.names_in(images)
            names = {sha256: [*own, *of_files.get(sha256, ())] for sha256, own in names.items()}
        contents = registry.read(file, format)
        brought = annotation_files.give(
            contents.entries,
            Images(names),
            model_labels,
            table,
            Annotators(annotators),
            source,
            archive=archive,
            annotations=kept,
        )
    except ValueError as error:
        raise UserError(f"{error}.") from None
    if not brought.annotations:
        say(brought.faults)
        raise UserError(f"Nothing of {file} belongs to a case of the study {study}.")
    count = sum(map(len, brought.annotations.values()))
    result = {
        "study": study,
        "file": str(file),
        "formats": contents.formats,
        "cases": len(brought.annotations),
        "annotations": count,
        "faults": [
            {"file": one.file, "entry": one.entry, "reason": one.reason} for one in brought.faults
        ],
    }
    say(brought.faults)
    emit(
        result,
        as_json,
        lambda: [
            f"{file} ({', '.join(contents.formats)}): annotations {count}, "
            f"cases {len(brought.annotations)}, messages {len(brought.faults)}"
        ],
    )


@annotations_app.command("export")
def export_annotations(
    study: Annotated[str, typer.Option(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="File to write, JSON as COCO has it.")],
    as_json: Json = False,
) -> None:
    """Write the annotations of a study's cases, readers' drawings too."""
    from shamsul.storage.atomic import write_atomically
    from shamsul.studies import annotation_files

    store, archive, kept = stores()
    try:
        content = annotation_files.exported(store.cases(study), archive=archive, annotations=kept)
    except ValueError as error:
        raise UserError(f"{error}.") from None
    write_atomically(out, content)
    emit({"study": study, "file": str(out)}, as_json, lambda: [str(out)])


@annotations_app.command("measurements")
def export_measurements(
    study: Annotated[str, typer.Option(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    as_json: Json = False,
) -> None:
    """Write the lengths, angles and ratios that were measured on a study's cases."""
    from shamsul.annotations.measurements import MeasurementArchive
    from shamsul.radiographs import ArchiveError
    from shamsul.storage.atomic import write_atomically
    from shamsul.studies import measurement_files

    store, archive, _ = stores()
    measurements = MeasurementArchive(settings().data_dir / "annotations" / "measurements")
    try:
        content = measurement_files.exported(
            store.cases(study), archive=archive, measurements=measurements
        )
    except (ArchiveError, ValueError) as error:
        raise UserError(f"{error}") from None
    write_atomically(out, content)
    emit({"study": study, "file": str(out)}, as_json, lambda: [str(out)])


@annotations_app.command("formats")
def list_formats(as_json: Json = False) -> None:
    """List the formats that can be imported."""
    from shamsul.annotations.formats.registry import FORMATS

    result = [
        {
            "name": one.name,
            "title": one.title,
            "reference": one.reference,
            "link": one.link,
            "suffixes": one.suffixes,
        }
        for one in FORMATS.values()
    ]
    text = [f"{one.name:20}{one.title}: {one.reference}, {one.link}" for one in FORMATS.values()]
    emit({"formats": result}, as_json, lambda: text)


@annotations_app.command("labels")
def print_labels(labels: Table = None, as_json: Json = False) -> None:
    """Print which annotators' label stands for which label of a model, as CSV."""
    table = _table(labels)
    rows = [{"annotated": annotated, "model": model} for annotated, model in table.all_rows]
    emit({"labels": rows}, as_json, lambda: table.to_csv().splitlines())
