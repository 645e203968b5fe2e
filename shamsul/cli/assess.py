"""How good a model is on a data set: a report, a card, a calibration."""

import os
import sys
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shamsul.cli.base import Json, Ray, UserError, app, bar_of, emit, text_of, toml_faults
from shamsul.settings import settings

if TYPE_CHECKING:
    from shamsul.training.config import DatasetFile


class SideName(Enum):
    """Which images."""

    TEST = "test"
    VALIDATION = "validation"
    ALL = "all"


class Calibrate(Enum):
    """What becomes of the model's calibration."""

    PLATT = "platt"
    TEMPERATURE = "temperature"
    NONE = "none"


@app.command("assess")
def assess_model(
    model: Annotated[str, typer.Argument(help="A registered model or a model folder.")],
    dataset: Annotated[
        Path, typer.Option(help="TOML with the tables [dataset] and [policy], as for training.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the report; by default the one that page Models shows."),
    ] = None,
    against: Annotated[str, typer.Option(help="Another model, compared on the same images.")] = "",
    side: Annotated[
        SideName, typer.Option(help="Of the data set; all: training images too.")
    ] = SideName.TEST,
    calibrate: Annotated[
        Calibrate | None,
        typer.Option(
            help="Fit a calibration on the validation side first and keep it in model.toml; none "
            "takes it away."
        ),
    ] = None,
    replicates: Annotated[int, typer.Option(min=1, help="Of the bootstrap.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    gallery: Annotated[
        bool,
        typer.Option("--gallery/--no-gallery", help="Show the surest errors as small pictures."),
    ] = True,
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Assess a model on a data set: areas, operating points, calibration, subgroups, a card."""
    asked = _dataset(dataset)
    from shamsul.assessment import figures
    from shamsul.assessment import gallery as errors
    from shamsul.assessment.assess import Ask, Workshop, assess
    from shamsul.assessment.calibrating import Method
    from shamsul.assessment.report import files, to_json
    from shamsul.classifiers import registry
    from shamsul.classifiers.classifier import Classifier
    from shamsul.reporting.files import write_files

    if calibrate is not None:
        _may_change(model)
    folder = registry.folder_of(model)
    out = out or _usual(model)
    classifier = registry.load(model)
    if calibrate is Calibrate.NONE:
        manifest = classifier.manifest.calibrated(None)
        classifier = Classifier(manifest, classifier.module, classifier.training_mean)
    method = Method(calibrate.value) if calibrate and calibrate is not Calibrate.NONE else None
    found, looked = assess(
        classifier,
        asked,
        Ask(date.today().isoformat(), side.value, method, replicates, seed),
        Workshop(settings().data_dir / "images", os.cpu_count() or 1, bar_of),
        registry.load(against) if against else None,
        folders=(folder, registry.folder_of(against) if against else None),
    )
    for one in looked.unreadable:
        print(f"{one.file}: {one.reason}", file=sys.stderr)
    for sentence in found.notes:
        print(sentence, file=sys.stderr)
    shown = tuple(errors.plates(looked.scored, looked.pixels, looked.places)) if gallery else ()
    made = files(found, figures.draw(found), shown)
    if calibrate is not None:
        # First: a report of a calibration that was not kept would not be true.
        found.manifest.write(folder)
    written = write_files(made, out)
    result = {"model": model, "folder": str(out), "files": [path.name for path in written]}
    metrics = found.tables["metrics"]
    lines = [
        f"{row['label']:28} AUROC {row['auroc']:.3f} ({row['auroc_low']:.3f} to "
        f"{row['auroc_high']:.3f}), {row['images']} images, {row['positives']} with the finding"
        for row in metrics.to_dict("records")
    ]
    lines.append(f"Probabilities: {found.manifest.about_probabilities}")
    lines.append(f"The report is {written[-1]}")
    emit(result | to_json(found), as_json, lambda: lines)


def _dataset(file: Path) -> "DatasetFile":
    """What a configuration file says of the data, or each of its faults on stderr."""
    from shamsul.training.config import read_dataset

    with toml_faults(file):
        return read_dataset(text_of(file), file.parent)


def _usual(model: str) -> Path:
    """Where page Models looks for the reports of a registered model.

    Raises
    ------
    UserError
        It is none: the page would not find it.
    """
    from shamsul.classifiers import registry

    if model not in {info.name for info in registry.models()}:
        raise UserError("A model folder that is not registered needs --out for its report.")
    return settings().reports / model


def _may_change(model: str) -> None:
    """Refuse to calibrate what others have published, or what comes with the program.

    Raises
    ------
    UserError
        One sentence, with what to do instead.
    """
    from shamsul.classifiers import registry
    from shamsul.classifiers.registry import ModelState

    folder = registry.folder_of(model).resolve()
    for info in registry.models():
        if info.folder is None or info.folder.resolve() != folder:
            continue
        if info.name.startswith("xrv/"):
            raise UserError(
                f"{info.name} stays as it was published: copy {folder}, then calibrate."
            )
        if info.state is ModelState.BUNDLED and model == info.name:
            raise UserError(f"The bundled model is only calibrated by its folder, {folder}.")
