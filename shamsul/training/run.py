"""From a configuration file to a model folder: data, images, network, training."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from PIL import Image
from scipy.special import expit
from torch import nn

from shamsul.classifiers import weights
from shamsul.classifiers.folder import TRAINING_MEAN
from shamsul.classifiers.manifest import Manifest, Resize
from shamsul.classifiers.unet import UNet
from shamsul.metrics.roc import operating_point
from shamsul.storage.atomic import new_folder, write_atomically
from shamsul.training import devices
from shamsul.training.annotated import guides
from shamsul.training.beginning import begin
from shamsul.training.config import TrainingFile
from shamsul.training.datasets import splits
from shamsul.training.datasets.asked import Data, opened
from shamsul.training.datasets.registry import DATASETS
from shamsul.training.datasets.table import Side
from shamsul.training.images import images
from shamsul.training.kept import CHECKPOINT, CONFIG, MODEL, SPLIT, SUMMARY
from shamsul.training.loop import (
    Examples,
    History,
    TrainingError,
    identity,
    of_run,
    predicted,
    train,
)
from shamsul.training.recipe import Recipe


@dataclass(frozen=True)
class Options:
    """What is not the model's but the machine's.

    Attributes
    ----------
    accelerator : {"auto", "cpu", "cuda"}
    devices : int, optional
    processes : int
        That decode images; 0 decodes in this one.
    cache : Path
        Of images.
    resume : bool
        Go on from the last finished epoch.
    """

    accelerator: str
    devices: int | None
    processes: int
    cache: Path
    resume: bool


def run(file: TrainingFile, folder: Path, options: Options, say: Callable[[str], None]) -> History:
    """Train what a configuration file describes.

    Parameters
    ----------
    file : TrainingFile
    folder : Path
        Of the run; gets the configuration, the split, the log, the checkpoint, and at the end the
        model folder ``model``.
    options : Options
    say : callable
        Takes lines about data that cannot be used.

    Raises
    ------
    TrainingError
        Training cannot start or go on; one sentence.
    ModelError
        The weights to begin with cannot be had or do not fit; one sentence.
    OSError
        A table cannot be opened, or the run's folder not be written.
    ValueError
        The data cannot be used; one sentence.
    """
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists() and not options.resume:
        raise TrainingError(f"There is a run in {folder} already: --resume goes on with it.")
    if (folder / MODEL).exists() and not checkpoint.exists():
        raise TrainingError(f"There is {folder / MODEL} already: give another --out.")
    data = opened(file.dataset, file.policy.to_policy(), file.folder)
    manifest = file.model.to_manifest(data.table.labels)
    module = begin(manifest, file.model.start, file.folder, file.recipe.seed)
    recipe = file.recipe
    precision = (devices.remembered(checkpoint) if options.resume else None) or devices.precision(
        recipe,
        module,
        manifest.channels,
        manifest.input_size,
        options.accelerator,
        options.devices,
    )
    recipe = recipe.model_copy(update={"precision": precision})
    about: dict[str, object] = {
        "model": file.model.model_dump(mode="json"),
        "data": _digest(data),
    }
    if file.guidance is not None:
        about["guidance"] = file.guidance.model_dump(mode="json")
    if checkpoint.exists():
        # Before anything of that run is written over.
        this = identity(recipe, file.augmentation, manifest.labels, about)
        of_run(checkpoint, this, torch.device("cpu"))
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        return _trained(file, folder, options, say, data, module, manifest, recipe, about)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second training from the same folder; the other processes of this one are let in."""
    if not devices.is_first():
        yield
        return
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise TrainingError(f"Another training is at work in {folder}.") from None
    with lock:
        yield


def _digest(data: Data) -> str:
    """Of what is learned of which image, on which side."""
    digest = hashlib.sha256()
    for image, side in zip(data.table.images, data.table.sides, strict=True):
        digest.update(f"{image}\0{side.value}\n".encode())
    digest.update(data.targets.values.tobytes())
    digest.update(data.targets.known.tobytes())
    return digest.hexdigest()


def _trained(
    file: TrainingFile,
    folder: Path,
    options: Options,
    say: Callable[[str], None],
    data: Data,
    module: nn.Module,
    manifest: Manifest,
    recipe: Recipe,
    about: Mapping[str, object],
) -> History:
    """The run itself, by all of its processes."""
    precision = recipe.precision
    fabric = devices.fabric(options.accelerator, options.devices, precision)
    fabric.launch()
    first = fabric.is_global_zero
    if first:
        write_atomically(folder / CONFIG, file.text.encode())
        (folder / SUMMARY).unlink(missing_ok=True)
        for skipped in data.table.skipped:
            say(str(skipped))
    with fabric.rank_zero_first():
        # Whoever comes second finds the images decoded.
        training, validation = (
            _examples(data, side, manifest, options, say if first else _silent)
            for side in (Side.TRAIN, Side.VALIDATION)
        )
        if file.guidance is not None and isinstance(module, UNet):
            training = _guided(
                training, data, file, manifest, module, options, say if first else _silent
            )
    if first:
        split = splits.write(data.table, folder / SPLIT)
        if fabric.world_size > 1 and fabric.device.type != "cuda" and not recipe.frozen_statistics:
            say("Each process has batch statistics of its own: only GPUs share them.")
    history = train(
        fabric,
        module,
        manifest.scaling,
        manifest.labels,
        training,
        validation,
        recipe,
        file.augmentation,
        folder,
        about=about,
        resume=options.resume,
        losses=file.guidance.losses if file.guidance else {},
    )
    logits = predicted(fabric, module.to(fabric.device), manifest.scaling, validation.pixels)
    if first:
        points = _operating_points(logits, validation, manifest)
        seen = manifest.trained_on or f"{DATASETS[file.dataset.kind].title}."
        if file.policy.shuffled:
            seen += " Its labels were shuffled: it knows nothing."
        manifest = replace(manifest, thresholds=points, trained_on=seen)
        _write_model(folder / MODEL, manifest, module.float().cpu().state_dict(), training)
        used = (int(side.known.any(1).sum()) for side in (training, validation))
        summary = _summary(file, data, history, split, precision, *used)
        text = json.dumps(summary, ensure_ascii=False, indent=1) + "\n"
        write_atomically(folder / SUMMARY, text.encode())
    fabric.barrier()
    return history


def _silent(_: str) -> None:
    """Say nothing."""


def _examples(
    data: Data, side: Side, manifest: Manifest, options: Options, say: Callable[[str], None]
) -> Examples:
    """The images of a side, but for those that cannot be read."""
    mine = _of_side(data, side)
    if not mine.files:
        raise TrainingError(f"There is no image for {side.value}.")
    resize: Resize = manifest.resize
    found = images(
        mine.files, manifest.input_size, resize, options.cache, processes=options.processes
    )
    for one in found.unreadable:
        say(f"{one.file}: {one.reason}")
    bad = [one.number for one in found.unreadable]
    if not bad:
        return Examples(found.pixels, mine.targets.values, mine.targets.known)
    if len(bad) == len(mine.files):
        raise TrainingError(f"None of the images for {side.value} can be read.")
    known = mine.targets.known.copy()
    # They stay in their place, so that the memory map needs no copy; no step has what has no label.
    known[bad] = False
    return Examples(found.pixels, mine.targets.values, known)


def _of_side(data: Data, side: Side) -> Data:
    return data.take(np.array([one is side for one in data.table.sides], bool))


def _guided(
    training: Examples,
    data: Data,
    file: TrainingFile,
    manifest: Manifest,
    module: UNet,
    options: Options,
    say: Callable[[str], None],
) -> Examples:
    """The training images, with where people looked in them or what they marked."""
    assert file.guidance is not None
    found = guides(
        _of_side(data, Side.TRAIN),
        file.guidance,
        file.folder,
        manifest,
        module.mask_size(manifest.input_size),
        options.cache,
        processes=options.processes,
        say=say,
    )
    return replace(training, guides=found)


def _operating_points(
    logits: NDArray[np.float32], validation: Examples, manifest: Manifest
) -> dict[str, float]:
    """By label, Youden's point on what is known and certain of validation."""
    probabilities = expit(logits.astype(float))
    certain = validation.known & ((validation.values == 0) | (validation.values == 1))
    return {
        label: operating_point(probabilities[rows, column], validation.values[rows, column] == 1)
        for column, label in enumerate(manifest.labels)
        for rows in [certain[:, column]]
        if rows.any()
    }


def _write_model(
    folder: Path, manifest: Manifest, state: Mapping[str, torch.Tensor], training: Examples
) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    with new_folder(folder) as made:
        replace(manifest, sha256=weights.write(state, made)).write(made)
        known = np.flatnonzero(training.known.any(1))[:1000]
        mean = np.asarray(np.rint(training.pixels[known].mean(0)), np.uint8)
        Image.fromarray(mean).save(made / TRAINING_MEAN)


def _summary(
    file: TrainingFile,
    data: Data,
    history: History,
    split: str,
    precision: str,
    training: int,
    validation: int,
) -> dict[str, object]:
    return {
        "name": file.model.name,
        "dataset": file.dataset.kind,
        "labels": list(data.table.labels),
        "training_images": training,
        "validation_images": validation,
        "split_sha256": split,
        "precision": precision,
        "best_epoch": history.best,
        "epochs": [epoch.to_json() for epoch in history.epochs],
    }
