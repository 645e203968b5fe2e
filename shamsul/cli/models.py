"""Models, and the phantoms that the bundled one was trained on."""

import os
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tqdm import tqdm

from shamsul.classifiers.manifest import ONNX, Manifest, Resize, Scaling
from shamsul.cli.base import Json, Ray, UserError, emit, models_app, phantom_app

if TYPE_CHECKING:
    from shamsul.phantom import Phantom


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
    emit(
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
        "probabilities": manifest.about_probabilities,
        "sha256": manifest.sha256,
        "trained_on": manifest.trained_on,
    }
    emit(result, as_json, lambda: (f"{key}: {value}" for key, value in result.items()))


@models_app.command("download")
def download_model(name: str, as_json: Json = False) -> None:
    """Download a model of torchxrayvision and turn it into a model folder."""
    from shamsul.classifiers import registry

    with tqdm(desc=name, unit="B", unit_scale=True, unit_divisor=1024) as bar:

        def progress(received: int, total: int | None) -> None:
            bar.total = total
            bar.update(received - bar.n)

        folder = registry.download(name, progress=progress)
    emit({"name": name, "folder": str(folder)}, as_json, lambda: [f"{name} is in {folder}"])


@models_app.command("import")
def import_model(
    file: Annotated[
        Path,
        typer.Argument(
            help="Weights: safetensors, a torch file, HDF5 of a Keras DenseNet; or an ONNX file."
        ),
    ],
    arch: Annotated[
        str,
        typer.Option(
            help="torchvision/<classification model>, as .../densenet121; xrv/densenet; onnx, "
            "which need not be said of an .onnx file."
        ),
    ] = "",
    labels: Annotated[
        str,
        typer.Option(
            help="Of the outputs in their order, with commas; nothing leaves one out. Known of "
            "files that torchxrayvision publishes."
        ),
    ] = "",
    *,
    out: Annotated[Path, typer.Option(help="The model folder to make.")],
    name: Annotated[str, typer.Option(help="By default that of the folder.")] = "",
    size: Annotated[int, typer.Option(help="Rows and columns of the model's grid.")] = 224,
    channels: Annotated[
        int | None, typer.Option(help="3, the brightness repeated; by default 1 for xrv/densenet.")
    ] = None,
    normalisation: Annotated[
        Scaling | None, typer.Option(help="By default imagenet; xrv for xrv/densenet.")
    ] = None,
    resize: Annotated[
        Resize | None, typer.Option(help="By default stretch; centre-crop for xrv/densenet.")
    ] = None,
    probabilities: Annotated[
        bool | None,
        typer.Option(
            "--probabilities/--logits",
            help="What an ONNX file gives; by default probabilities if it ends in a sigmoid or "
            "softmax.",
        ),
    ] = None,
    trained_on: Annotated[str, typer.Option(help="Shown to the reader.")] = "",
    as_json: Json = False,
) -> None:
    """Make a model folder of what another program saved, once it has been tried."""
    from shamsul.classifiers import xrv
    from shamsul.classifiers.importing import import_weights
    from shamsul.classifiers.onnx_files import PROBABILITIES

    arch = arch or (ONNX if file.suffix.lower() == ".onnx" else "")
    if not arch:
        raise UserError("The architecture is needed: --arch torchvision/densenet121, for example.")
    if probabilities is not None and arch != ONNX:
        raise UserError("--probabilities and --logits are of ONNX files alone.")
    outputs = tuple(label.strip() for label in labels.split(","))
    points: Mapping[str, float] = {}
    if not labels:
        published = xrv.release_of(file) if arch.startswith("xrv/") else None
        if published is None:
            raise UserError("The labels of the outputs are needed: --labels LABEL,LABEL,...")
        outputs, points = published.outputs, published.thresholds
    usual = (
        (1, Scaling.XRV, Resize.CENTRE_CROP)
        if arch.startswith("xrv/")
        else (3, Scaling.IMAGENET, Resize.STRETCH)
    )
    manifest = Manifest(
        name=name or out.resolve().name,
        arch=arch,
        labels=outputs,
        input_size=size,
        channels=usual[0] if channels is None else channels,
        normalisation=normalisation or usual[1],
        resize=resize or usual[2],
        sha256="",
        thresholds=points,
        trained_on=trained_on,
        arch_options={} if probabilities is None else {PROBABILITIES: probabilities},
    )
    made = import_weights(file, manifest, out)
    result = {"name": made.name, "folder": str(out), "labels": made.labels, "sha256": made.sha256}
    emit(result, as_json, lambda: [f"{made.name} is in {out}, with {len(made.labels)} labels"])


@phantom_app.callback()
def phantom_group() -> None:
    """Synthetic radiographs with exactly known findings."""


class Layout(Enum):
    """How phantoms are laid out in a folder."""

    FOLDER = "folder"
    CHEXPERT = "chexpert"


@phantom_app.command("render")
def render_phantoms(
    count: Annotated[int, typer.Option(min=1, help="How many.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first; then one by one.")] = 0,
    layout: Annotated[
        Layout,
        typer.Option(
            help="folder: PNG, a mask for each finding, labels.csv; chexpert: as CheXpert is "
            "shipped, uncertain and blank labels among them, to try training."
        ),
    ] = Layout.FOLDER,
    gaze: Annotated[
        bool,
        typer.Option(
            "--gaze",
            help="Also write where a simulated reader looks at them, in the files of EGD-CXR.",
        ),
    ] = False,
    readers: Annotated[
        int, typer.Option(min=1, help="How many look, with --gaze; several get a folder each.")
    ] = 1,
    height: Annotated[
        int,
        typer.Option(min=64, max=4096, help="Rows, with --layout folder; fewer are sooner made."),
    ] = 1024,
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Write phantoms: pictures, and what is in them."""
    if readers > 1 and not gaze:
        raise UserError("--readers goes with --gaze.")
    if gaze and layout is not Layout.FOLDER:
        raise UserError("--gaze goes with --layout folder alone.")
    if layout is Layout.CHEXPERT:
        from shamsul.training.chexpert_layout import write_chexpert

        written = write_chexpert(count, out, seed=seed, processes=_processes(count))
        for _ in tqdm(written, unit="phantom", total=count):
            pass
    else:
        _render_folder(range(seed, seed + count), height, out, readers if gaze else 0)
    emit({"count": count, "folder": str(out)}, as_json, lambda: [f"{count} phantoms in {out}"])


def _processes(count: int) -> int:
    """That render so many phantoms: one takes seconds to start, a phantom half a second."""
    return min(os.cpu_count() or 1, count // 50)


def _rendered(seeds: range, height: int) -> "Iterator[Phantom]":
    """Phantoms in the order of their seeds."""
    from shamsul.parallel.each import each
    from shamsul.phantom import render
    from shamsul.phantom.patient import ASPECT

    drawn = partial(render, shape=(height, round(height / ASPECT)))
    processes = _processes(len(seeds))
    found = each(drawn, seeds, processes if processes > 1 else 0, chunk=8)
    yield from tqdm(found, unit="phantom", total=len(seeds))


def _render_folder(seeds: range, height: int, out: Path, readers: int) -> None:
    """Write phantoms as a folder of cases, with the gaze of so many readers."""
    from shamsul.reading.case_folder import write_phantoms

    phantoms = _rendered(seeds, height)
    if not readers:
        write_phantoms(phantoms, out)
        return
    from shamsul.training.egd_layout import Reading, read, write_egd

    readings: list[Reading] = []

    def looked_at() -> "Iterator[Phantom]":
        for phantom in phantoms:
            readings.append(read(phantom, readers=readers))
            yield phantom

    images = write_phantoms(looked_at(), out)
    write_egd(dict(zip((image.name for image in images), readings, strict=True)), out)
