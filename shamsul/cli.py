"""The command line: ``shamsul COMMAND``. Messages go to stderr, results to stdout."""

import functools
import json
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm
from typer.exceptions import Abort, Exit, TyperException

from shamsul.settings import ASSETS, settings

if TYPE_CHECKING:
    # Imported where they are used: torch takes seconds, which --help should not.
    from shamsul.classifiers.classifier import Classifier
    from shamsul.classifiers.prediction import Prediction
    from shamsul.explainers.heatmap import Heatmap
    from shamsul.explainers.method import Method
    from shamsul.radiographs import Radiograph, RadiographArchive
    from shamsul.reading.accounts import Account, Accounts, Role
    from shamsul.reading.annotations import AnnotationArchive
    from shamsul.reading.store import Store
    from shamsul.reading.study_file import StudyFile
    from shamsul.studies import Made

app = typer.Typer(
    help="Explain chest radiograph classifiers. For research use only, not for diagnosis.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="List, show and download models.", invoke_without_command=True)
phantom_app = typer.Typer(help="Synthetic radiographs with exactly known findings.")
study_app = typer.Typer(help="Make, check and follow reading studies.")
users_app = typer.Typer(help="Who may sign in, and as what.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(study_app, name="study")
app.add_typer(phantom_app, name="phantom")
app.add_typer(users_app, name="users")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Model = Annotated[str, typer.Option("--model", help="A registered model or a model folder.")]
User = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]


class UserError(Exception):
    """What the user has to put right, in one sentence."""


def _emit(result: dict[str, Any], as_json: bool, text: Callable[[], Iterable[str]]) -> None:
    """Print the result, for a program or for a person."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for line in text():
            print(line)


def _read(file: Path) -> "Radiograph":
    """A file's radiograph.

    Raises
    ------
    UserError
        If it cannot be opened or is not a radiograph.
    """
    from shamsul.radiographs import RadiographError, read_radiograph

    limit = settings().max_upload_mb * 2**20
    try:
        return read_radiograph(file.read_bytes(), max_bytes=limit)
    except OSError as error:
        raise UserError(f"{file} cannot be opened: {error.strerror}.") from None
    except RadiographError as error:
        raise UserError(str(error)) from None


@app.command()
def predict(
    files: Annotated[list[Path], typer.Argument(help="Radiographs: DICOM, PNG or JPEG.")],
    model: Model = "phantom",
    as_json: Json = False,
) -> None:
    """Print each label's logit and probability for radiographs."""
    from shamsul.classifiers import registry

    classifier = registry.load(model)
    images: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for file in tqdm(files, unit="image", disable=len(files) == 1):
        try:
            radiograph = _read(file)
        except UserError as error:
            errors.append({"file": str(file), "reason": str(error)})
            print(f"{file}: {error}", file=sys.stderr)
            continue
        scores = classifier.predict(radiograph).scores
        images.append(
            {
                "file": str(file),
                "sha256": radiograph.sha256,
                "logits": {score.label: score.logit for score in scores},
                "probabilities": {score.label: score.probability for score in scores},
            }
        )

    def text() -> Iterable[str]:
        for image in images:
            yield image["file"]
            ranked = sorted(image["probabilities"].items(), key=lambda item: -item[1])
            yield from (f"  {probability:6.3f}  {label}" for label, probability in ranked)

    result = {"model": classifier.manifest.name, "images": images, "errors": errors}
    _emit(result, as_json, text)
    if not images:
        raise typer.Exit(2)


def _methods(names: Iterable[str]) -> "list[Method]":
    """The methods of these names, those that need few model evaluations first."""
    from shamsul.explainers.registry import METHODS, by_waiting_time

    wanted = list(names)
    unknown = [name for name in wanted if name not in METHODS]
    if unknown:
        raise UserError(f"There is no method {unknown[0]!r}; there are {', '.join(METHODS)}.")
    return [method for method in by_waiting_time() if method.name in wanted]


def _assigned(settings_given: list[str]) -> dict[str, dict[str, object]]:
    """Texts like ``lime.samples=500`` as parameters by method."""
    from shamsul.explainers.registry import METHODS

    given: dict[str, dict[str, object]] = {}
    for text in settings_given:
        name, separator, value = text.partition("=")
        method, dot, parameter = name.partition(".")
        if not separator or not dot:
            raise UserError(f"--set takes METHOD.PARAMETER=VALUE, not {text!r}.")
        if method not in METHODS:
            raise UserError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
        declared = {p.name: p for p in METHODS[method].parameters}
        if parameter not in declared:
            known = ", ".join(declared)
            raise UserError(f"{method} has no parameter {parameter!r}; it has {known}.")
        given.setdefault(method, {})[parameter] = declared[parameter].parse(value)
    return given


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A radiograph: DICOM, PNG or JPEG.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    model: Model = "phantom",
    label: Annotated[
        list[str] | None,
        typer.Option("--label", help="Label to explain; by default those the model finds."),
    ] = None,
    all_labels: Annotated[bool, typer.Option("--all-labels", help="Every label.")] = False,
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="Method; by default LIME, SHAP, Grad-CAM and LRP."),
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="METHOD.PARAMETER=VALUE.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Settings of a published study; --set and --target come on top.")
    ] = "",
    target: Annotated[str, typer.Option(help="Explain the logit (usual) or the probability.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the sampled methods.")] = 0,
    as_json: Json = False,
) -> None:
    """Write heatmaps of a radiograph: arrays, their facts, and an overlay picture each."""
    from shamsul.classifiers import registry
    from shamsul.explainers.heatmap import Target
    from shamsul.explainers.method import ExplainerError
    from shamsul.explainers.presets import PRESETS
    from shamsul.explainers.registry import USUAL

    if preset and preset not in PRESETS:
        raise UserError(f"There is no preset {preset!r}; there are {', '.join(PRESETS)}.")
    published = PRESETS.get(preset)
    target = target or (published.target if published else Target.LOGIT).value
    names = method or list(published.parameters if published else USUAL)
    methods = _methods(names)
    if target not in {member.value for member in Target}:
        raise UserError(f"--target is logit or probability, not {target!r}.")
    assigned = _assigned(assignments or [])
    parameters = {
        name: {
            **(published.parameters.get(name, {}) if published else {}),
            **assigned.get(name, {}),
        }
        for name in names
    }
    radiograph = _read(file)
    out.mkdir(parents=True, exist_ok=True)  # before minutes are spent on maps
    classifier = registry.load(model)
    prediction = classifier.predict(radiograph)
    labels = tuple(label or ()) or prediction.shown_labels
    if all_labels:
        labels = classifier.manifest.labels
    missing = [name for name in labels if name not in classifier.manifest.labels]
    if missing:
        known = ", ".join(classifier.manifest.labels)
        raise UserError(f"The model has no label {missing[0]!r}; it has {known}.")

    image = classifier.prepare(radiograph)
    maps: list[Heatmap] = []
    refusal = ""
    for chosen in methods:
        with tqdm(desc=chosen.title, unit=" evaluations", leave=True) as bar:

            def progress(done: int, planned: int, bar: Any = bar) -> None:
                bar.total = planned
                bar.update(done - bar.n)

            try:
                found = chosen.explain(
                    classifier,
                    image,
                    labels,
                    target=Target(target),
                    seed=seed,
                    progress=progress,
                    **parameters[chosen.name],
                )
            except ExplainerError as error:
                # The other methods may well explain a model that this one cannot.
                refusal = str(error)
                print(f"{chosen.title}: {refusal}", file=sys.stderr)
            else:
                maps.extend(found)
    if classifier.notice:
        print(classifier.notice, file=sys.stderr)
    if not maps:
        raise UserError(refusal)
    result = _write_explanation(out, file, radiograph, classifier, prediction, maps)
    _emit(result, as_json, lambda: [f"{len(maps)} maps of {', '.join(labels)} written to {out}"])


def _write_explanation(
    out: Path,
    file: Path,
    radiograph: "Radiograph",
    classifier: "Classifier",
    prediction: "Prediction",
    maps: "list[Heatmap]",
) -> dict[str, Any]:
    """Write maps, standard errors, ``explanation.json`` and one overlay picture per map.

    Returns
    -------
    dict
        What ``explanation.json`` says.
    """
    import numpy as np
    from PIL import Image

    from shamsul.ui.overlay import overlay

    arrays: dict[str, Any] = {f"{m.method}/{m.label}": m.values for m in maps}
    np.savez_compressed(out / "heatmaps.npz", **arrays)
    errors: dict[str, Any] = {f"{m.method}/{m.label}": m.error for m in maps if m.error is not None}
    np.savez_compressed(out / "standard_errors.npz", **errors)
    rows = []
    for heatmap in maps:
        picture = f"{heatmap.method}--{heatmap.label.replace(' ', '_')}.png"
        Image.fromarray(overlay(radiograph, heatmap)).save(out / picture)
        rows.append(
            {
                "key": f"{heatmap.method}/{heatmap.label}",
                "label": heatmap.label,
                "method": heatmap.method,
                "parameters": dict(heatmap.parameters),
                "evaluations": heatmap.evaluations,
                "seconds": round(heatmap.seconds, 3),
                "fit": heatmap.fit,
                "relative_standard_error": heatmap.doubt,
                "target": heatmap.target.value,
                "logit": prediction[heatmap.label].logit,
                "probability": prediction[heatmap.label].probability,
                "sha256": heatmap.sha256,
                "overlay": picture,
            }
        )
    geometry = maps[0].geometry
    result = {
        "model": classifier.manifest.name,
        "model_sha256": classifier.manifest.sha256,
        "file": str(file),
        "sha256": radiograph.sha256,
        "image_shape": list(geometry.image_shape),
        "grid_shape": list(geometry.grid_shape),
        "grid_to_image": [list(row) for row in geometry.grid_to_image],
        "maps": rows,
    }
    text = json.dumps(result, ensure_ascii=False, indent=1)
    (out / "explanation.json").write_text(text + "\n", encoding="utf-8")
    return result


@models_app.callback(invoke_without_command=True)
def models_default(context: typer.Context, as_json: Json = False) -> None:
    """List models where no command is named."""
    if context.invoked_subcommand is None:
        list_models(as_json)


@models_app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the registered models and whether they can be loaded now."""
    from shamsul.classifiers.registry import models

    rows = [
        {
            "name": info.name,
            "state": info.state.value,
            "trained_on": info.trained_on,
            "fault": info.fault,
        }
        for info in models()
    ]
    _emit(
        {"models": rows},
        as_json,
        lambda: (f"{r['name']:34} {r['state']:11} {r['fault'] or r['trained_on']}" for r in rows),
    )


@models_app.command("show")
def show_model(name: str, as_json: Json = False) -> None:
    """Show a model's labels, operating points, checksum and where it comes from."""
    from shamsul.classifiers import registry

    manifest = registry.load(name).manifest
    result = {
        "name": manifest.name,
        "arch": manifest.arch,
        "labels": list(manifest.labels),
        "input_size": manifest.input_size,
        "channels": manifest.channels,
        "resize": manifest.resize.value,
        "thresholds": dict(manifest.thresholds),
        "sha256": manifest.sha256,
        "trained_on": manifest.trained_on,
    }
    _emit(result, as_json, lambda: (f"{key}: {value}" for key, value in result.items()))


@models_app.command("download")
def download_model(name: str, as_json: Json = False) -> None:
    """Download a model of torchxrayvision and turn it into a model folder."""
    from shamsul.classifiers import registry

    with tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024) as bar:

        def progress(received: int, total: int | None) -> None:
            bar.total = total
            bar.update(received - bar.n)

        folder = registry.download(name, progress=progress)
    _emit({"name": name, "folder": str(folder)}, as_json, lambda: [f"{name} is in {folder}"])


@phantom_app.callback()
def phantom_group() -> None:
    """Synthetic radiographs with exactly known findings."""


@phantom_app.command("render")
def render_phantoms(
    count: Annotated[int, typer.Option(min=1, help="How many.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first; then one by one.")] = 0,
    as_json: Json = False,
) -> None:
    """Write phantoms as PNG, a mask PNG per finding, and labels.csv."""
    from shamsul.phantom import render
    from shamsul.reading.case_folder import write_phantoms

    seeds = tqdm(range(seed, seed + count), unit="phantom")
    write_phantoms((render(one) for one in seeds), out)
    _emit({"count": count, "folder": str(out)}, as_json, lambda: [f"{count} phantoms in {out}"])


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
    from shamsul.reading import export as exports
    from shamsul.reading.atomic import write_atomically
    from shamsul.reading.store import Store
    from shamsul.reading.transfer import dump

    store = Store(settings().database)
    if format == "csv":
        files = [str(path) for path in exports.write_ratings(store, study, out)]
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
    _emit({"study": study, "files": files}, as_json, lambda: files)


@app.command()
def analyse(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    replicates: Annotated[int, typer.Option(min=100, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    as_json: Json = False,
) -> None:
    """Write a study's statistics: tables, figures and a report that needs no server."""
    from shamsul.analysis.figures import draw
    from shamsul.analysis.of_store import analyse_stored
    from shamsul.analysis.report import write_analysis
    from shamsul.explainers.cache import MapCache
    from shamsul.explainers.registry import METHODS
    from shamsul.located import located

    store, _, annotations = _stores()
    with tqdm(total=3, desc="Maps", bar_format="{desc}: {n_fmt} of {total_fmt}") as bar:
        where = located(store, study, MapCache(settings().maps), annotations)
        bar.set_description("Statistics")
        bar.update()
        analysis = analyse_stored(
            store,
            study,
            {name: method.title for name, method in METHODS.items()},
            localisation=where,
            replicates=replicates,
            seed=seed,
        )
        bar.set_description("Figures")
        bar.update()
        files = [str(path) for path in write_analysis(analysis, draw(analysis), out)]
        bar.update()
    result = {"study": study, "files": files}
    _emit(result, as_json, lambda: [f"{files[-1]} and {len(files) - 1} more"])


@app.command("precompute")
def precompute_study(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    method: Annotated[
        list[str] | None,
        typer.Option("--method", help="Method; by default LIME, SHAP, Grad-CAM and LRP."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute all maps of a study's cases; what is there already is skipped."""
    from shamsul.classifiers import registry
    from shamsul.explainers.cache import MapCache
    from shamsul.explainers.registry import USUAL
    from shamsul.panels import open_sources, sources
    from shamsul.precompute import Outcome, precompute
    from shamsul.reading.readings import Readings

    methods = _methods(method or USUAL)
    store, archive, _ = _stores()
    about, cases = store.study(study), store.cases(study)
    if about.plan is None:
        wanted = open_sources(about, cases, methods)
    elif method:
        raise UserError(f"The study {study} has methods of its own; leave --method out.")
    else:
        wanted = list(sources(about, cases, Readings(store.database).of(study)))
    store.close()

    counts = dict.fromkeys(Outcome, 0)
    failed = []
    with (
        tqdm(total=len(wanted), unit="map", position=0) as bar,
        tqdm(unit=" evaluations", position=1, leave=False) as inner,
    ):

        def progress(done: int, planned: int) -> None:
            inner.total, inner.n = planned, done
            inner.refresh()

        for step in precompute(
            wanted,
            functools.cache(registry.load),
            archive,
            MapCache(settings().maps),
            progress=progress,
        ):
            counts[step.outcome] += 1
            bar.update()
            if step.outcome is Outcome.FAILED:
                failed.append({"case": step.case, "method": step.method, "reason": step.reason})
                tqdm.write(f"{step.case}, {step.method}: {step.reason}", file=sys.stderr)
    result: dict[str, Any] = {"study": study, "cases": len(cases)}
    result |= {outcome.value: number for outcome, number in counts.items()} | {"failures": failed}
    _emit(
        result,
        as_json,
        lambda: [", ".join(f"{number} {outcome.value}" for outcome, number in counts.items())],
    )
    if failed:
        raise typer.Exit(1)


def _study_file(file: Path, store: "Store") -> "StudyFile":
    """A study file, or each of its faults on stderr."""
    from shamsul import studies
    from shamsul.reading.study_file import StudyFileError, read_study_file

    try:
        return read_study_file(
            file.read_text(encoding="utf-8"), studies.known(store), folder=file.parent
        )
    except UnicodeDecodeError:
        raise UserError(f"{file} is not a text file in UTF-8.") from None
    except StudyFileError as error:
        for fault in error.faults:
            print(f"{file}, {fault}", file=sys.stderr)
        count = len(error.faults)
        raise UserError(f"{file} has {count} {'fault' if count == 1 else 'faults'}.") from None


def _stores() -> "tuple[Store, RadiographArchive, AnnotationArchive]":
    """The store with its usual studies, and the archives."""
    from shamsul.radiographs import RadiographArchive
    from shamsul.reading.annotations import AnnotationArchive
    from shamsul.reading.demo import ensure_default_studies
    from shamsul.reading.store import Store

    store, archive = Store(settings().database), RadiographArchive(settings().radiographs)
    annotations = AnnotationArchive(settings().data_dir / "annotations")
    ensure_default_studies(store, archive, annotations, ASSETS)
    return store, archive, annotations


StudyFileArgument = Annotated[Path, typer.Argument(help="A study file (TOML).")]


@study_app.callback()
def study_group() -> None:
    """Make, check and follow reading studies."""


@study_app.command("validate")
def validate_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Name every fault of a study file, with its line."""
    store, _, _ = _stores()
    study = _study_file(file, store).study
    _emit({"study": study.name, "faults": []}, as_json, lambda: [f"{file} is in order"])


@study_app.command("create")
def create_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Make a study of a study file: take its cases in and assign the readings."""
    from shamsul import studies
    from shamsul.classifiers import registry

    store, archive, annotations = _stores()
    described = _study_file(file, store)
    with tqdm(desc="Cases", unit="case") as bar:

        def progress(done: int, planned: int) -> None:
            bar.total = planned
            bar.update(done - bar.n)

        made = studies.create(
            described,
            file.parent,
            store=store,
            archive=archive,
            annotations=annotations,
            load=functools.cache(registry.load),
            max_bytes=settings().max_upload_mb * 2**20,
            progress=progress,
        )
    for name, reason in made.left_out:
        print(f"{name}: left out, {reason}", file=sys.stderr)
    _emit_made(made, "made", as_json)


@study_app.command("update")
def update_study(file: StudyFileArgument, as_json: Json = False) -> None:
    """Take over new words and added readers of a changed study file."""
    from shamsul import studies

    store, _, _ = _stores()
    _emit_made(studies.update(_study_file(file, store), store), "updated", as_json)


def _emit_made(made: "Made", what: str, as_json: bool) -> None:
    result = {
        "study": made.study.name,
        "cases": made.cases,
        "readings": made.readings,
        "left_out": [{"name": name, "reason": reason} for name, reason in made.left_out],
    }
    text = f"{made.study.name} {what}: {made.cases} cases, {made.readings} readings"
    _emit(result, as_json, lambda: [text])


@study_app.command("status")
def study_status(
    study: Annotated[str, typer.Argument(help="Name of the study.")], as_json: Json = False
) -> None:
    """Say how far each reader is."""
    from shamsul.reading.readings import Readings

    store, _, _ = _stores()
    about = store.study(study)
    rows = [
        {
            "reader": one.reader,
            "session": one.session,
            "readings": one.readings,
            "finished": one.finished,
            "active_minutes": round(one.active_seconds / 60, 1),
            "last_answer": one.last and one.last.isoformat(),
        }
        for one in Readings(store.database).progress(about)
    ]
    closed = about.closed_at and about.closed_at.isoformat()
    result = {"study": study, "closed_at": closed, "readers": rows}

    def text() -> Iterable[str]:
        yield f"{about.title}: {'closed' if closed else 'open'}"
        for row in rows:
            yield (
                f"{row['reader']:24} session {row['session']}: {row['finished']} of "
                f"{row['readings']} readings, {row['active_minutes']} min"
            )

    _emit(result, as_json, text)


@study_app.command("close")
def close_study(
    study: Annotated[str, typer.Argument(help="Name of the study.")], as_json: Json = False
) -> None:
    """End a study: from now on nothing can be answered."""
    from shamsul.reading.readings import Readings

    store, _, _ = _stores()
    closed = Readings(store.database).close(study).closed_at
    assert closed is not None
    result = {"study": study, "closed_at": closed.isoformat()}
    _emit(result, as_json, lambda: [f"{study} is closed since {closed:%Y-%m-%d %H:%M} UTC"])


@study_app.command("import")
def import_study(
    file: Annotated[Path, typer.Argument(help="Written by shamsul export --format json.")],
    as_json: Json = False,
) -> None:
    """Put an exported study into a database that has none of its name."""
    from shamsul.reading.transfer import load

    store, _, _ = _stores()
    name = load(store, file.read_text(encoding="utf-8"))
    _emit({"study": name}, as_json, lambda: [f"{name} imported, but for its radiographs"])


@study_app.command("assignment")
def export_assignment(
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    as_json: Json = False,
) -> None:
    """Write who reads what, when, and in which order of panels."""
    from shamsul.reading.export import write_assignment

    store, _, _ = _stores()
    count = write_assignment(store, study, out)
    _emit({"file": str(out), "readings": count}, as_json, lambda: [f"{count} readings in {out}"])


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to copy the ratings database to.")],
    as_json: Json = False,
) -> None:
    """Copy the ratings database, also while it is in use."""
    from shamsul.reading.database import Database

    if file.exists():
        raise UserError(f"{file} is there already.")
    database = Database(settings().database)
    database.backup(file)
    database.close()
    _emit({"file": str(file)}, as_json, lambda: [f"Ratings copied to {file}"])


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A copy made by `shamsul backup`.")],
    as_json: Json = False,
) -> None:
    """Put a copy in place of the ratings database; what it held is kept beside it."""
    from shamsul.reading.database import Database
    from shamsul.reading.store import Store

    database = Database(settings().database)
    Store(settings().database).close()  # there is a database to keep and to replace
    kept = database.restore(file)
    database.migrate()
    database.close()
    result = {"file": str(file), "kept": str(kept)}
    _emit(result, as_json, lambda: [f"{file} restored; the earlier ratings are in {kept}"])


def _accounts() -> "Accounts":
    from shamsul.reading.accounts import Accounts
    from shamsul.reading.database import Database

    database = Database(settings().database)
    database.migrate()
    return Accounts(database)


def _role(text: str) -> "Role":
    from shamsul.reading.accounts import Role

    roles = {role.value: role for role in Role}
    if text not in roles:
        raise UserError(f"There is no role {text!r}; there are {', '.join(roles)}.")
    return roles[text]


def _password(from_stdin: bool) -> str:
    """A password, from stdin or asked for twice without an echo.

    Raises
    ------
    UserError
        If there is nobody to ask.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to ask for the password: use --password-stdin.")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _say(account: "Account", as_json: bool) -> None:
    """Print an account."""
    _emit(_user(account), as_json, lambda: [_line(account)])


def _user(account: "Account") -> dict[str, Any]:
    return {"name": account.name, "role": account.role.value, "disabled": account.disabled}


def _line(account: "Account") -> str:
    return f"{account.role.value:12}{account.name}{' (disabled)' if account.disabled else ''}"


@users_app.command("add")
def add_user(
    name: User,
    role: Annotated[str, typer.Option(help="reader or coordinator.")],
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Sign-in by OpenID Connect only.")
    ] = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Add an account; for OpenID Connect its name is the e-mail address."""
    if no_password and password_stdin:
        raise UserError("Either --no-password or --password-stdin, not both.")
    chosen = _role(role)  # before a password is asked for
    password = None if no_password else _password(password_stdin)
    _say(_accounts().add(name, chosen, password), as_json)


@users_app.command("list")
def list_users(as_json: Json = False) -> None:
    """List every account with its role."""
    found = _accounts().all()
    _emit({"users": [_user(one) for one in found]}, as_json, lambda: map(_line, found))


@users_app.command("role")
def set_user_role(
    name: User,
    role: Annotated[str, typer.Argument(help="reader or coordinator.")],
    as_json: Json = False,
) -> None:
    """Give an account another role, at once."""
    _say(_accounts().set_role(name, _role(role)), as_json)


@users_app.command("password")
def set_user_password(
    name: User, password_stdin: PasswordStdin = False, as_json: Json = False
) -> None:
    """Give an account another password, and sign it out everywhere."""
    _say(_accounts().set_password(name, _password(password_stdin)), as_json)


@users_app.command("disable")
def disable_user(name: User, as_json: Json = False) -> None:
    """Refuse an account at once; its answers are kept."""
    _say(_accounts().disable(name), as_json)


@users_app.command("enable")
def enable_user(name: User, as_json: Json = False) -> None:
    """Let a disabled account sign in again."""
    _say(_accounts().enable(name), as_json)


def main() -> None:
    """Run the command line; every error is one sentence on stderr and exit status 2."""
    # Libraries' log lines could quote a file's content.
    logging.disable(logging.CRITICAL)
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except TyperException as error:
        status = _refuse(error.format_message())
    except Exit as exit_:
        status = exit_.exit_code
    except (KeyboardInterrupt, Abort):
        status = _refuse("Stopped.")
    except OSError as error:
        status = _refuse(f"{error.filename or 'A file'}: {error.strerror or 'cannot be used'}.")
    except Exception as error:  # never a traceback: each room's errors are one sentence
        status = _refuse(str(error.args[0] if error.args else type(error).__name__))
    sys.exit(status)


def _refuse(sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return 2
