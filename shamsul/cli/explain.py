"""Explain radiographs from files: ``predict`` and ``explain``."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

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
    read_ahead,
)

if TYPE_CHECKING:
    from shamsul.classifiers.classifier import Classifier
    from shamsul.classifiers.grid import GridImage
    from shamsul.classifiers.prediction import Prediction
    from shamsul.explainers.heatmap import Heatmap, Target
    from shamsul.explainers.method import Method
    from shamsul.radiographs import Radiograph


@app.command()
def predict(
    files: Annotated[list[Path], typer.Argument(help="Radiographs: DICOM, PNG or JPEG.")],
    model: Model = "phantom",
    as_json: Json = False,
) -> None:
    """Print each label's logit and probability for radiographs."""
    reading = read_ahead(files)
    from shamsul.classifiers import registry

    classifier = registry.load(model)
    images: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    for file, opened in tqdm(reading, unit="image", total=len(files), disable=len(files) == 1):
        try:
            radiograph = opened()
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
                "notes": list(radiograph.notes),
            }
        )

    about = classifier.manifest.about_probabilities

    def text() -> Iterable[str]:
        for image in images:
            yield image["file"]
            ranked = sorted(image["probabilities"].items(), key=lambda item: -item[1])
            yield from (f"  {probability:6.3f}  {label}" for label, probability in ranked)
        if images:
            yield f"Probabilities: {about}"

    result = {
        "model": classifier.manifest.name,
        "probabilities": about,
        "images": images,
        "errors": errors,
    }
    emit(result, as_json, text)
    if not images:
        raise typer.Exit(2)


@app.command()
def explain(
    files: Annotated[list[Path], typer.Argument(help="Radiographs: DICOM, PNG or JPEG.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="Folder to write to; of several radiographs, one in it for each."
        ),
    ],
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
    keep_file_names: KeepFileNames = False,
    as_json: Json = False,
) -> None:
    """Write heatmaps of radiographs: arrays, their facts, and an overlay picture each."""
    reading = read_ahead(files)
    from shamsul.classifiers import registry
    from shamsul.classifiers.inference import equip
    from shamsul.explainers.heatmap import Target
    from shamsul.explainers.presets import PRESETS
    from shamsul.explainers.registry import METHODS, USUAL

    if preset and preset not in PRESETS:
        raise UserError(f"There is no preset {preset!r}; there are {', '.join(PRESETS)}.")
    published = PRESETS.get(preset)
    target = target or (published.target if published else Target.LOGIT).value
    names = method or list(published.parameters if published else USUAL)
    methods = methods_of(names)
    if target not in {member.value for member in Target}:
        raise UserError(f"--target is logit or probability, not {target!r}.")
    assigned = assigned_values(
        assignments or [], {name: chosen.parameters for name, chosen in METHODS.items()}
    )
    parameters = {
        name: {
            **(published.parameters.get(name, {}) if published else {}),
            **assigned.get(name, {}),
        }
        for name in names
    }
    # A single one is refused before anything is made.
    alone = next(reading)[1]() if len(files) == 1 else None
    out.mkdir(parents=True, exist_ok=True)  # before minutes are spent on maps
    classifier = registry.load(model)
    wanted = classifier.manifest.labels if all_labels else tuple(label or ())
    check_labels(wanted, classifier)
    if any(chosen.half for chosen in methods):
        equip(classifier)

    def explained(file: Path, radiograph: "Radiograph", folder: Path) -> dict[str, Any]:
        """Explain a radiograph, write its maps, and give what there is to say of them."""
        prediction = classifier.predict(radiograph)
        maps = _maps(
            methods,
            classifier,
            classifier.prepare(radiograph),
            wanted or prediction.shown_labels,
            Target(target),
            seed,
            parameters,
        )
        named = {"file": str(file)}
        kept = named if keep_file_names else {}
        result = kept | _explanation(folder, radiograph, classifier, prediction, maps)
        text = json.dumps(result, ensure_ascii=False, indent=1)
        (folder / "explanation.json").write_text(text + "\n", encoding="utf-8")
        return named | result

    try:
        if alone is not None:
            result = explained(files[0], alone, out)
            emit(result, as_json, lambda: [_written(result, out)])
        else:
            _each(reading, len(files), out, explained, as_json)
    finally:
        if classifier.notice:
            print(classifier.notice, file=sys.stderr)


def _each(
    reading: "Iterable[tuple[Path, Callable[[], Radiograph]]]",
    count: int,
    out: Path,
    explained: "Callable[[Path, Radiograph, Path], dict[str, Any]]",
    as_json: bool,
) -> None:
    """Explain several radiographs, each once, to a folder of its own, named by its pseudonym."""
    from shamsul.radiographs import pseudonym

    images: dict[str, dict[str, Any]] = {}
    failures: list[dict[str, str]] = []
    folders: dict[str, Path] = {}
    for file, opened in tqdm(reading, desc="Radiographs", unit="image", total=count):
        try:
            radiograph = opened()
            sha256 = radiograph.sha256
            if sha256 in images:
                first = images[sha256]["file"]
                print(f"{file}: The same radiograph as {first}.", file=sys.stderr)
                continue
            folder = out / pseudonym(sha256)
            if folder in folders.values():  # two files in billions share a pseudonym
                folder = out / sha256
            images[sha256] = explained(file, radiograph, folder)
            folders[sha256] = folder
        except UserError as error:
            failures.append({"file": str(file), "reason": str(error)})
            print(f"{file}: {error}", file=sys.stderr)
    result = {"images": list(images.values()), "failures": failures}
    emit(result, as_json, lambda: [_written(images[one], folders[one]) for one in images])
    if failures:
        raise typer.Exit(1 if images else 2)


def _written(result: dict[str, Any], folder: Path) -> str:
    labels = dict.fromkeys(entry["label"] for entry in result["maps"])
    return f"{len(result['maps'])} maps of {', '.join(labels)} written to {folder}"


def _maps(
    methods: "Iterable[Method]",
    classifier: "Classifier",
    image: "GridImage",
    labels: tuple[str, ...],
    target: "Target",
    seed: int,
    parameters: dict[str, dict[str, object]],
) -> "Iterator[tuple[Heatmap, ...]]":
    """One method's maps after the other's; that one cannot explain the model goes to stderr.

    Raises
    ------
    UserError
        If none can.
    """
    from shamsul.explainers.method import ExplainerError

    none, refusal = True, ""
    for chosen in methods:
        try:
            with bar_of(chosen.title, "evaluations") as progress:
                found = chosen.explain(
                    classifier,
                    image,
                    labels,
                    target=target,
                    seed=seed,
                    progress=progress,
                    **parameters[chosen.name],
                )
        except ExplainerError as error:
            # The other methods may well explain a model that this one cannot.
            refusal = str(error)
            print(f"{chosen.title}: {refusal}", file=sys.stderr)
            continue
        for notice in dict.fromkeys(filter(None, (one.notice for one in found))):
            print(f"{chosen.title}: {notice}", file=sys.stderr)
        none = False
        yield found
    if none:
        raise UserError(refusal)


def _explanation(
    out: Path,
    radiograph: "Radiograph",
    classifier: "Classifier",
    prediction: "Prediction",
    by_method: "Iterable[tuple[Heatmap, ...]]",
) -> dict[str, Any]:
    """Write maps, standard errors and one overlay picture per map, drawn while others come.

    Returns
    -------
    dict
        What ``explanation.json`` says of them, and of which radiograph they are.
    """
    import numpy as np

    from shamsul.radiographs import pseudonym
    from shamsul.reporting.overlay import Canvas, png

    canvas = Canvas.of(radiograph)

    def draw(heatmap: "Heatmap") -> str:
        picture = f"{heatmap.method}--{heatmap.label.replace(' ', '_')}.png"
        (out / picture).write_bytes(png(canvas.draw(heatmap)))
        return picture

    maps: list[Heatmap] = []
    drawing: list[Future[str]] = []
    # What draws and compresses lets other threads go on.
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for found in by_method:
            out.mkdir(parents=True, exist_ok=True)
            maps += found
            drawing += [threads.submit(draw, heatmap) for heatmap in found]
        arrays: dict[str, Any] = {f"{m.method}/{m.label}": m.values for m in maps}
        errors: dict[str, Any] = {
            f"{m.method}/{m.label}": m.error for m in maps if m.error is not None
        }
        packed = [
            threads.submit(np.savez_compressed, out / "heatmaps.npz", **arrays),
            threads.submit(np.savez_compressed, out / "standard_errors.npz", **errors),
        ]
        pictures = [one.result() for one in drawing]
        for one in packed:
            one.result()
    rows = [
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
        for heatmap, picture in zip(maps, pictures, strict=True)
    ]
    geometry = maps[0].geometry
    return {
        "model": classifier.manifest.name,
        "model_sha256": classifier.manifest.sha256,
        "image": pseudonym(radiograph.sha256),
        "sha256": radiograph.sha256,
        "image_shape": list(geometry.image_shape),
        "turned": radiograph.turn.to_json(),
        "spacing_mm": radiograph.spacing_mm and list(radiograph.spacing_mm),
        "grid_shape": list(geometry.grid_shape),
        "grid_to_image": [list(row) for row in geometry.grid_to_image],
        "maps": rows,
    }
