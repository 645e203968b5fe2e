"""What training costs beside the network, and what transfer gains.

``python -m benchmarks.training epoch [--images 10000] [--changes]`` times an epoch of cached images
and, in turn with it, forward and backward passes of the bare network over as many images; it
prints their ratio.

``python -m benchmarks.training transfer [--count 200] [--seeds 5]`` trains a small network on
three findings of many phantoms, then from there and from nothing on three other findings of a few
other phantoms, and prints both mean AUROC on further phantoms for every seed, and the paired gain.
"""

import argparse
import json
import logging
import tempfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from benchmarks.explain import machine
from benchmarks.phantoms import fingerprint, rendered
from shamsul.classifiers import architecture
from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Manifest, Resize
from shamsul.phantom import LABELS, render
from shamsul.settings import ASSETS
from shamsul.training import devices
from shamsul.training.loop import Examples, mean_auc, predicted, train
from shamsul.training.recipe import Augmentation, Recipe

_BUNDLED = ASSETS / "models" / "phantom"
#: The bundled model and how its images are changed.
MANIFEST = Manifest.read(_BUNDLED)
CHANGES = Augmentation(**tomllib.loads((_BUNDLED / "training.toml").read_text())["augmentation"])

Arrays = Mapping[str, NDArray[np.uint8]]

BEFORE = ("Cardiomegaly", "Pleural Effusion", "Pneumothorax")
AFTER = ("Consolidation", "Lung Lesion", "Support Devices")
#: Half of the bundled model's grid: a quarter of the time.
SIZE = 112
SHAPE = (288, 240)
SMALL = replace(
    MANIFEST,
    input_size=SIZE,
    arch_options={"growth_rate": 12, "block_config": (3, 4, 5, 4), "num_init_features": 24},
)


def epoch(images: int, batch: int, changes: Augmentation) -> dict[str, Any]:
    """An epoch of the loop against the bare network, three times each in turn."""
    rng = np.random.default_rng(0)
    size, labels = MANIFEST.input_size, len(MANIFEST.labels)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "pixels.npy"
        pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (images, size, size))
        for start in range(0, images, 256):
            part = pixels[start : start + 256]
            part[:] = rng.integers(0, 256, part.shape, np.uint8)
        values = (rng.random((images, labels)) < 0.3).astype(np.float32)
        training = Examples(pixels, values, np.ones(values.shape, bool))
        first = Examples(pixels[:2], values[:2], training.known[:2])
        module = architecture.build(MANIFEST)
        recipe = Recipe(epochs=1, batch=batch, optimiser="sgd", precision="32-true")
        fabric = devices.fabric("cpu", 1, "32-true")
        fabric.launch()
        seconds: dict[str, list[float]] = {"epoch": [], "bare": []}
        for _ in range(3):
            history = train(
                fabric, module, MANIFEST.scaling, MANIFEST.labels, training, first, recipe, changes,
                Path(directory), about={}, resume=False,
            )  # fmt: skip
            seconds["epoch"].append(history.epochs[0].seconds)
            seconds["bare"].append(bare(module, images, batch))
    ratios = np.array(seconds["epoch"]) / np.array(seconds["bare"])
    return {"images": images, **seconds, "ratio": float(np.median(ratios))}


def bare(module: nn.Module, images: int, batch: int) -> float:
    """Forward and backward passes over as many images, which are there already."""
    module.train().requires_grad_(True)
    size, labels = MANIFEST.input_size, len(MANIFEST.labels)
    inputs = torch.randn(batch, 1, size, size).contiguous(memory_format=torch.channels_last)
    target = torch.zeros(batch, labels)
    start = time.monotonic()
    for first in range(0, images, batch):
        count = min(batch, images - first)
        logits = module(inputs[:count])
        functional.binary_cross_entropy_with_logits(logits, target[:count]).backward()
        module.zero_grad()
    return time.monotonic() - start


def transfer(count: int, seeds: int, cache: Path, processes: int) -> dict[str, Any]:
    """Three other findings on a few images: from what three findings taught, and from nothing."""

    def phantoms(name: str, start: int, many: int) -> Arrays:
        kept = cache / f"transfer-{SIZE}-{fingerprint()}-{name}-{start}-{many}"
        shapes = {"images": (SIZE, SIZE), "present": (len(LABELS),)}
        return rendered(kept, start, many, shapes, _phantom, processes)

    many = phantoms("before", 50_000_000, 2000)
    held_out = phantoms("held-out", 52_000_000, 500)
    chosen = phantoms("chosen", 53_000_000, 200)
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        taught = learned(SMALL, BEFORE, many, chosen, 8, None, 0, folder)
        scores: dict[str, list[float]] = {"transfer": [], "nothing": []}
        for seed in range(seeds):
            few = phantoms(f"few-{seed}", 54_000_000 + 1000 * seed, count)
            for name, start in (("transfer", taught), ("nothing", None)):
                module = learned(SMALL, AFTER, few, chosen, 20, start, seed, folder)
                scores[name].append(area(module, AFTER, held_out))
    gain = np.array(scores["transfer"]) - np.array(scores["nothing"])
    return {
        "images": count,
        **scores,
        "mean_gain": float(gain.mean()),
        "standard_error": float(gain.std(ddof=1) / np.sqrt(seeds)),
    }


def _phantom(task: tuple[int, int]) -> tuple[int, dict[str, NDArray[np.uint8]]]:
    index, seed = task
    phantom = render(seed, shape=SHAPE)
    return index, {
        "images": np.rint(resample(phantom.pixels, SIZE, Resize.STRETCH).values * 255).astype(
            np.uint8
        ),
        "present": np.array([phantom.labels[label] for label in LABELS], np.uint8),
    }


def examples(found: Arrays, labels: tuple[str, ...]) -> Examples:
    """Phantoms on the small grid with some of their labels."""
    present = found["present"][:, [LABELS.index(label) for label in labels]]
    return Examples(found["images"], present.astype(np.float32), np.ones(present.shape, bool))


def learned(
    manifest: Manifest,
    labels: tuple[str, ...],
    training: Arrays,
    validation: Arrays,
    epochs: int,
    start: nn.Module | None,
    seed: int,
    folder: Path,
) -> nn.Module:
    """A network trained on some labels, its body from another network if there is one."""
    torch.manual_seed(seed)
    module = architecture.build(replace(manifest, labels=labels))
    if start is not None:
        module.features.load_state_dict(start.features.state_dict())  # type: ignore[union-attr]
    recipe = Recipe(
        epochs=epochs,
        optimiser="adamw",
        rate=2e-3,
        decay=0.02,
        schedule="one-cycle",
        precision="32-true",
        seed=seed,
    )
    fabric = devices.fabric("cpu", 1, "32-true")
    fabric.launch()
    sides = (examples(training, labels), examples(validation, labels))
    train(
        fabric,
        module,
        manifest.scaling,
        labels,
        *sides,
        recipe,
        CHANGES,
        folder,
        about={},
        resume=False,
    )
    return module


def area(module: nn.Module, labels: tuple[str, ...], found: Arrays) -> float:
    """The mean AUROC on phantoms."""
    held_out = examples(found, labels)
    fabric = devices.fabric("cpu", 1, "32-true")
    logits = predicted(fabric, module, SMALL.scaling, held_out.pixels)
    return mean_auc(logits, held_out.values, held_out.known)[0]


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("epoch", "transfer"))
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--changes", action="store_true", help="augment, as the bundled model's")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path("build/transfer"))
    options = parser.parse_args()
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    if options.what == "epoch":
        changes = CHANGES if options.changes else Augmentation()
        result = epoch(options.images, options.batch, changes)
    else:
        result = transfer(options.count, options.seeds, options.cache, options.processes)
    print(json.dumps({"machine": machine(), options.what: result}, indent=1))


if __name__ == "__main__":
    main()
