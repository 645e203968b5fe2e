"""Measure maps of radiographs without annotations: ``faithfulness``."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shamsul.cli.base import (
    Json,
    KeepFileNames,
    Model,
    Ray,
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
    from shamsul.classifiers.classifier import Classifier
    from shamsul.classifiers.grid import GridImage
    from shamsul.explainers.method import Progress
    from shamsul.faithfulness.measure import Measure
    from shamsul.parallel.cluster import SentFolder
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
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Measure what maps are worth without annotations: do the model's outputs follow them?"""
    from shamsul.classifiers import registry
    from shamsul.classifiers.inference import equip
    from shamsul.explainers.baselines import BASELINES, EXPLAINERS
    from shamsul.explainers.heatmap import Target
    from shamsul.explainers.registry import USUAL
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

    def opened() -> Iterator[_Asked]:
        for file in files:
            try:
                radiograph = read(file)
            except UserError as error:
                refuse(file, str(error))
                continue
            names[str(file)] = pseudonym(radiograph.sha256)
            yield _Asked(
                file,
                radiograph.sha256,
                classifier.prepare(radiograph),
                tuple(label or ()) or classifier.predict(radiograph).shown_labels,
                tuple(one.name for one in methods),
                tuple(one.name for one in measures),
                assigned,
                target,
                seed,
            )

    models = [name for name in (model, label_randomised) if name]
    for asked, (found, reasons) in _measured_all(opened(), models, classifier, other):
        for reason in reasons:
            refuse(asked.file, reason)
        about = {"image": str(asked.file), "image_sha256": asked.sha256}
        rows += [{**about, **row} for row in found]
    if not rows:
        raise UserError(errors[0]["reason"])
    parameters = {one.name: one.settle(assigned.get(one.name, {})) for one in measures}
    result = document(classifier.manifest, target, seed, parameters, rows, errors)
    if out is not None:
        _write(out, result if keep_file_names else _without_names(result, names))
    emit(result, as_json, lambda: _table(rows))


@dataclass(frozen=True)
class _Asked:
    """What is measured of a radiograph, on whatever machine."""

    file: Path
    sha256: str
    image: "GridImage"
    labels: tuple[str, ...]
    methods: tuple[str, ...]
    measures: tuple[str, ...]
    assigned: Mapping[str, Mapping[str, object]]
    target: str
    seed: int


def _measured_all(
    asked: Iterator[_Asked],
    models: Sequence[str],
    classifier: "Classifier",
    other: "Classifier | None",
) -> "Iterator[tuple[_Asked, tuple[Rows, list[str]]]]":
    """Rows of each radiograph, and why some are missing: one by one here, or on the cluster."""
    from shamsul.classifiers.registry import folder_of
    from shamsul.parallel.cluster import cluster

    machines = cluster()
    if machines is None:
        for one in asked:
            yield one, _measured(one, classifier, other, bar_of)
        return
    folders = [machines.send(folder_of(name)) for name in models]
    yield from machines.each(_measured_there, ((folders, one) for one in asked), gpu=True)


def _measured_there(
    task: "tuple[list[SentFolder], _Asked]",
) -> "tuple[_Asked, tuple[Rows, list[str]]]":
    """On a machine of the cluster."""
    folders, asked = task
    classifier, *others = [_loaded(one.here()) for one in folders]
    other = others[0] if others else None
    return asked, _measured(asked, classifier, other, lambda *_: nullcontext(_silent))


def _silent(done: int, planned: int) -> None:
    """Nobody looks at the terminal of a machine of the cluster."""


@lru_cache(maxsize=2)
def _loaded(folder: Path) -> "Classifier":
    from shamsul.classifiers.inference import equip
    from shamsul.classifiers.registry import load

    classifier = load(folder)
    equip(classifier)
    return classifier


def _measured(
    asked: _Asked,
    classifier: "Classifier",
    other: "Classifier | None",
    bar: "Callable[[str, str], AbstractContextManager[Progress]]",
) -> "tuple[Rows, list[str]]":
    """Rows of a radiograph's maps, and what could not be computed, a sentence each."""
    from shamsul.explainers.baselines import EXPLAINERS
    from shamsul.explainers.heatmap import Heatmap, Target
    from shamsul.explainers.method import ExplainerError
    from shamsul.faithfulness.measure import Subject
    from shamsul.faithfulness.registry import MEASURES
    from shamsul.storage.result_cache import ResultCache

    maps: list[Heatmap] = []
    reasons: list[str] = []
    for method in (EXPLAINERS[name] for name in asked.methods):
        own: dict[str, Any] = dict(asked.assigned.get(method.name, {}))
        with bar(f"{asked.file.name}: {method.title}", "evaluations") as progress:
            try:
                maps += method.explain(
                    classifier,
                    asked.image,
                    asked.labels,
                    target=Target(asked.target),
                    seed=asked.seed,
                    progress=progress,
                    **own,
                )
            except ExplainerError as error:
                reasons.append(f"{method.title}: {error}")
    rows: Rows = []
    cache = ResultCache(settings().measures)
    for measure in (MEASURES[name] for name in asked.measures if maps):
        own = dict(asked.assigned.get(measure.name, {}))
        with bar(f"{asked.file.name}: {measure.title}", measure.unit) as progress:
            subject = Subject(
                classifier, asked.image, tuple(maps), asked.seed, progress, label_randomised=other
            )
            try:
                rows += measure.rows(subject, cache=cache, **own)
            except ExplainerError as error:
                reasons.append(f"{measure.title}: {error}")
    return rows, reasons


def _measures_of(names: list[str] | None) -> "list[Measure]":
    from shamsul.faithfulness.registry import MEASURES, USUAL

    if not names:
        return [MEASURES[name] for name in USUAL]
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise UserError(f"There is no measure {unknown[0]!r}; there are {', '.join(MEASURES)}.")
    return [measure for measure in MEASURES.values() if measure.name in names]


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
