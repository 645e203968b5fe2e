"""Whole commands: ``shamsul explain --all-labels`` beside a script of the plain stack.

``python -m benchmarks.command [--device cpu] [--times 3] [--without-plain]`` prints one JSON
object. Both explain the same radiograph by a DenseNet-121 of random weights with 14 labels, from
the start of Python to its end, each run in a process of its own. Of some runs the fastest counts;
the first of ours, which finds the fastest engine and keeps it, is told besides. Ours writes 56
maps and a picture of each, the plain stack nothing.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from PIL import Image

from benchmarks import plain
from benchmarks.explain import machine
from benchmarks.networks import FIRST_SEED
from shamsul.classifiers import registry, weights
from shamsul.classifiers.manifest import Manifest, Resize, Scaling
from shamsul.phantom import render
from shamsul.radiographs import read_radiograph

LABELS = tuple(f"Label {number}" for number in range(14))


def prepare(folder: Path) -> tuple[Path, Path]:
    """A model folder and a radiograph's file."""
    model, film = folder / "model", folder / "film.png"
    model.mkdir()
    torch.manual_seed(0)
    network = torchvision.models.densenet121(num_classes=len(LABELS))
    Manifest(
        name="densenet121",
        arch="torchvision/densenet121",
        labels=LABELS,
        input_size=224,
        channels=3,
        normalisation=Scaling.IMAGENET,
        resize=Resize.STRETCH,
        sha256=weights.write(network.state_dict(), model),
    ).write(model)
    pixels = render(FIRST_SEED, shape=(2048, 1728)).pixels
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(film)
    return model, film


def stack(model: Path, film: Path) -> None:
    """What a script of the plain stack does."""
    classifier = registry.load(model)
    grid = classifier.prepare(read_radiograph(film.read_bytes())).values
    plain.measure(classifier, grid)


def prepared(folder: Path) -> tuple[Path, Path]:
    """The same by a process of its own: at first a child counts its parent's memory as its own."""
    command = [sys.executable, "-m", "benchmarks.command", "--prepare", str(folder)]
    subprocess.run(command, check=True)
    return folder / "model", folder / "film.png"


def measured(*arguments: object) -> dict[str, float]:
    """Wall time and largest memory of a Python process from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "peak_memory_gb": round(used.ru_maxrss * 1024 / 1e9, 2),
    }


def ours(model: Path, film: Path, out: Path) -> dict[str, Any]:
    """One run of ``shamsul explain``, with what its methods took of it."""
    command = ("explain", film, "--model", model, "--all-labels", "--out", out)
    found = measured("-m", "shamsul", *command)
    maps = json.loads((out / "explanation.json").read_text(encoding="utf-8"))["maps"]
    methods = {entry["method"]: entry["seconds"] for entry in maps}
    outside = round(found["seconds"] - sum(methods.values()), 2)
    return {**found, "maps": len(maps), "seconds_of_methods": methods, "seconds_outside": outside}


def main() -> None:
    """Measure both, and compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default=os.environ.get("SHAMSUL_DEVICE", "cpu"))
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--without-plain", action="store_true")
    options.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--stack", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.prepare:
        prepare(given.prepare)
        return
    if given.stack:
        stack(*given.stack)
        return
    result = {**machine(), "device": given.device}
    os.environ["SHAMSUL_DEVICE"] = given.device
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHAMSUL_DATA_DIR"] = str(Path(folder) / "data")
        model, film = prepared(Path(folder))
        runs = [ours(model, film, Path(folder) / "maps") for _ in range(1 + given.times)]
        result["ours_first"] = runs[0]
        result["ours"] = min(runs[1:], key=lambda run: run["seconds"])
        result["least_seconds_outside"] = min(run["seconds_outside"] for run in runs[1:])
        if not given.without_plain:
            command = ("-m", "benchmarks.command", "--stack", model, film)
            scripts = [measured(*command) for _ in range(given.times)]
            result["plain"] = min(scripts, key=lambda run: run["seconds"])
            ratio = result["plain"]["seconds"] / result["ours"]["seconds"]
            result["times_faster"] = round(ratio, 1)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
