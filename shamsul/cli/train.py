"""Training a model: ``train``."""

import os
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from shamsul.cli.base import Json, Ray, UserError, app, emit, text_of, toml_faults
from shamsul.settings import settings


class Accelerator(Enum):
    """What a training may run on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Preset(Enum):
    """Configuration files that can be printed."""

    EXAMPLE = "example"
    SHAMSUL = "shamsul-2023"
    CHEXPERT = "chexpert-baseline"
    XRV = "xrv"
    GAZE_MASK = "gaze-mask"
    GAZE_GUIDED = "gaze-guided"
    GAZE_GATED = "gaze-gated"


@app.command("train")
def train_model(
    config: Annotated[
        Path | None, typer.Argument(help="What to train, and with what (TOML).")
    ] = None,
    *,
    example: Annotated[
        Preset | None, typer.Option(help="Print this configuration, to begin with, and end.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; by default runs/NAME among the data.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on after the last finished epoch.")] = False,
    device: Annotated[Accelerator, typer.Option()] = Accelerator.AUTO,
    devices: Annotated[
        int | None, typer.Option(min=1, help="Processes; by default all GPUs, or one process.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=0, help="That decode images; by default one for each core.")
    ] = None,
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Train a model on a data set as its owner ships it; see docs/training.md.

    Under torchrun, on one machine or several, all processes train the same model.
    """
    if example is not None:
        presets = Path(__file__).parents[1] / "training" / "presets"
        print((presets / f"{example.value}.toml").read_text(encoding="utf-8"), end="")
        return
    if config is None:
        raise UserError("The configuration is needed: shamsul train FILE.toml, or --example.")
    try:
        import lightning_fabric  # noqa: F401
    except ImportError:
        raise UserError(
            "Training needs a package more: pip install 'shamsul[train]', or in a clone "
            "pip install -e '.[train]'."
        ) from None
    from shamsul.training.config import read_training
    from shamsul.training.devices import is_first
    from shamsul.training.kept import MODEL
    from shamsul.training.run import Options, run

    with toml_faults(config):
        file = read_training(text_of(config), config.resolve().parent)
    folder = out or settings().runs / file.model.name
    options = Options(
        device.value,
        devices,
        (os.cpu_count() or 1) if processes is None else processes,
        settings().images,
        resume,
    )
    history = run(file, folder, options, lambda line: print(line, file=sys.stderr))
    if is_first():
        best = history.epochs[history.best - 1]
        result = {
            "model": str(folder / MODEL),
            "best_epoch": best.number,
            "auc": best.to_json()["auc"],
        }
        emit(
            result,
            as_json,
            lambda: [
                f"{folder / MODEL} has the weights of epoch {best.number}: mean AUC on validation "
                f"{best.auc:.3f}"
            ],
        )
