"""Measure maps of radiographs without annotations: ``faithfulness``."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shamsul.cli.base import (
    Json,
    KeepFileNames,
    Model,
    UserError,
    app,
    assigned_values,
    bar_of,
    check_labels,
    emit,
    methods_of,
    read,
)
from shamsul.settings import settings

if TYPE_CHECKING:
    from shamsul.explainers.heatmap import Heatmap
    from shamsul.faithfulness.measure import Measure, Subject
    from shamsul.storage.result_cache import Rows


@app.command()
def faithfulness(
    files: Annotated[list[Path], typer.Argument(help="Radiographs: DICOM, PNG or JPEG.")],
    model: Model = "phantom",
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="Label explained; by default those the model finds."),
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            help="Method or baseline (centred_gaussian, lung_field, random_model); by default "
            "LIME, SHAP, Grad-CAM and LRP.",
        ),
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", help="By default those that compute no further maps."),
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="METHOD or MEASURE.PARAMETER=VALUE.")
    ] = None,
    target: Annotated[str, typer.Option(help="Explain the logit or the probability.")] = "logit",
    label_randomised: Annotated[
        str, typer.Option(help="Model trained on shuffled labels, for label_randomisation.")
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of sampled methods and of measures.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for faithfulness.csv and .json.")
    ] = None,
    keep_file_names: KeepFileNames = False,
    as_json: Json = False,
) -> None:
    """Measure what maps are worth without annotations: do the model's outputs follow them?"""
    from shamsul.classifiers import registry
    from shamsul.classifiers.inference import equip
    from shamsul.explainers.baselines import BASELINES, EXPLAINERS
    from shamsul.explainers.heatmap import Target
    from shamsul.explainers.method import ExplainerError
    from shamsul.explainers.registry import USUAL
    from shamsul.faithfulness.measure import Subject
    from shamsul.faithfulness.registry import MEASURES
    from shamsul.faithfulness.results import document
    from shamsul.radiographs import pseudonym

    if target not in {member.value for member in Target}:
        raise UserError(f"--target is logit or probability, not {target!r}.")
    methods = methods_of(method or USUAL, BASELINES)
    measures = _measures_of(measure)
    if MEASURES["label_randomisation"] in measures and not label_randomised:
        raise UserError("label_randomisation needs --label-randomised, a model.")
    declared = {name: maker.parameters for name, maker in EXPLAINERS.items()}
    declared |= {name: one.parameters for name, one in MEASURES.items()}
    assigned = assigned_values(assignments or [], declared)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # before minutes are spent on maps
    classifier = registry.load(model)
    equip(classifier)
    if not method:
        methods = [one for one in methods if not one.refusal(classifier.manifest)]
    other = registry.load(label_randomised) if label_randomised else None
    check_labels(label or (), classifier)
    rows: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    errors: list[dict[str, str]] = []

    def refuse(file: Path, reason: str) -> None:
        errors.append({"file": str(file), "reason": reason})
        print(f"{file}: {reason}", file=sys.stderr)

    for file in files:
        try:
            radiograph = read(file)
        except UserError as error:
            refuse(file, str(error))
            continue
        names[str(file)] = pseudonym(radiograph.sha256)
        image = classifier.prepare(radiograph)
        labels = tuple(label or ()) or classifier.predict(radiograph).shown_labels
        maps: list[Heatmap] = []
        for chosen in methods:
            own: dict[str, Any] = assigned.get(chosen.name, {})
            with bar_of(f"{file.name}: {chosen.title}", "evaluations") as progress:
                try:
                    maps += chosen.explain(
                        classifier,
                        image,
                        labels,
                        target=Target(target),
                        seed=seed,
                        progress=progress,
                        **own,
                    )
                except ExplainerError as error:
                    refuse(file, f"{chosen.title}: {error}")
        subject = Subject(classifier, image, tuple(maps), seed, label_randomised=other)
        for chosen_measure in measures if maps else ():
            try:
                found = _measured(
                    file, subject, chosen_measure, assigned.get(chosen_measure.name, {})
                )
            except ExplainerError as error:
                refuse(file, f"{chosen_measure.title}: {error}")
            else:
                about = {"image": str(file), "image_sha256": radiograph.sha256}
                rows += [{**about, **row} for row in found]
    if not rows:
        raise UserError(errors[0]["reason"])
    parameters = {one.name: one.settle(assigned.get(one.name, {})) for one in measures}
    result = document(classifier.manifest, target, seed, parameters, rows, errors)
    if out is not None:
        _write(out, result if keep_file_names else _without_names(result, names))
    emit(result, as_json, lambda: _table(rows))


def _measures_of(names: list[str] | None) -> "list[Measure]":
    from shamsul.faithfulness.registry import MEASURES, USUAL

    if not names:
        return [MEASURES[name] for name in USUAL]
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise UserError(f"There is no measure {unknown[0]!r}; there are {', '.join(MEASURES)}.")
    return [measure for measure in MEASURES.values() if measure.name in names]


def _measured(file: Path, subject: "Subject", measure: "Measure", given: dict[str, Any]) -> "Rows":
    """A measure's rows for all maps of a file."""
    from dataclasses import replace

    from shamsul.storage.result_cache import ResultCache

    with bar_of(f"{file.name}: {measure.title}", measure.unit) as progress:
        cache = ResultCache(settings().measures)
        return measure.rows(replace(subject, progress=progress), cache=cache, **given)


def _without_names(result: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """The result with pseudonyms in place of files' names; what was no radiograph has none."""
    unopened = [error for error in result["errors"] if error["file"] not in names]
    reasons = [
        {"image": names[error["file"]], "reason": error["reason"]}
        for error in result["errors"]
        if error["file"] in names
    ]
    if unopened:
        files = "1 file" if len(unopened) == 1 else f"{len(unopened)} files"
        reasons.append({"image": "", "reason": f"{files} could not be opened as radiographs."})
    rows = [{**row, "image": names[row["image"]]} for row in result["rows"]]
    return {**result, "rows": rows, "errors": reasons}


def _write(out: Path, result: dict[str, Any]) -> None:
    from shamsul.faithfulness.results import as_csv, as_json
    from shamsul.reporting.files import write_files

    csv = as_csv(result["rows"])
    write_files({"faithfulness.json": as_json(result), "faithfulness.csv": csv}, out)


def _table(rows: list[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        values = [
            "-" if row[name] is None else f"{row[name]:.3f}"
            for name in ("value", "random", "reversed")
        ]
        names = [row[name] for name in ("label", "method", "measure", "statistic", "detail")]
        yield "  ".join([Path(row["image"]).name, *filter(None, names), *values])
