"""Models, and the phantoms that the bundled one was trained on."""

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from shamsul.cli.base import Json, emit, models_app, phantom_app


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
    emit({"count": count, "folder": str(out)}, as_json, lambda: [f"{count} phantoms in {out}"])
