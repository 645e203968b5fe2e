"""Time and memory of scoring maps at full resolution, beside the CheXlocalize scripts' steps.

``python -m benchmarks.localisation [--images 20] [--labels 10] [--methods 4]`` makes full-size
annotations and maps, scores them with ``shamsul evaluate --protocol chexlocalize`` and with what
those scripts do, step by step and file by file, and prints one JSON object. Both are processes of
their own, read the same files, and have to find the same IoUs and hits. The scripts' pickles are
``.npz`` files here.

References
----------
Saporta et al. 2022, doi 10.1038/s42256-022-00536-x; https://github.com/rajpurkarlab/cheXlocalize
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

import cv2
import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageDraw
from pycocotools import mask as coco
from torch.nn.functional import interpolate

SHAPE = (2320, 2828)
GRID = 320
#: Largest difference between the two that is not a fault.
TOLERANCE = 1e-9


def make(folder: Path, images: int, labels: int, methods: int) -> None:
    """Write ``maps/IMAGE.npz`` and the annotations as polygons."""
    random = np.random.default_rng(0)
    (folder / "maps").mkdir()
    polygons: dict[str, Any] = {}
    for number in range(images):
        image = f"image{number:04d}"
        polygons[image] = {"img_size": list(SHAPE)}
        maps = {}
        for label in (f"Finding {one}" for one in range(labels)):
            centre = random.uniform(0.25, 0.75, 2) * SHAPE
            if random.random() < 0.7:
                polygons[image][label] = [_outline(centre, random)]
            for method in range(methods):
                maps[f"method{method}/{label}"] = _map(centre, random)
        np.savez_compressed(folder / "maps" / f"{image}.npz", **maps)
    (folder / "polygons.json").write_text(json.dumps(polygons))


def _outline(centre: np.ndarray, random: np.random.Generator) -> list[list[float]]:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = random.uniform(100, 500) * (1 + 0.2 * np.sin(3 * angles + random.uniform(0, 6)))
    corners = centre[::-1, None] + radius * np.array([np.cos(angles), np.sin(angles)])
    return np.clip(corners.T, 0, (SHAPE[1] - 1, SHAPE[0] - 1)).round(5).tolist()


def _map(centre: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A bump near the finding and noise, coarse as the last layer, on the grid of the model."""
    noise = random.normal(size=(10, 10)).astype(np.float32)
    rows, columns = np.mgrid[:10, :10] / 9
    near = np.hypot(rows - centre[0] / SHAPE[0], columns - centre[1] / SHAPE[1])
    coarse = np.maximum(3 * np.exp(-((near / 0.2) ** 2)) + noise, 0).astype(np.float32)
    return cv2.resize(coarse, (GRID, GRID), interpolation=cv2.INTER_CUBIC)


def ours(folder: Path) -> list[str]:
    """One command."""
    return [
        *(sys.executable, "-c", "from shamsul.cli import main; main()", "evaluate", "--json"),
        *("--protocol", "chexlocalize", "--maps", str(folder / "maps")),
        *("--annotations", str(folder / "polygons.json")),
    ]


def stepwise(folder: Path) -> None:
    """Polygons to segmentations, maps to segmentations, IoUs, hits; a file after each step."""
    _annotations_to_segmentations(folder)
    with np.load(next((folder / "maps").glob("*.npz"))) as arrays:
        methods = sorted({key.partition("/")[0] for key in arrays.files})
    found = {}
    for method in methods:
        _maps_to_segmentations(folder, method)
        found[method] = {"iou": _ious(folder, method), "hit": _hits(folder, method)}
        for table in found[method].values():
            _bootstrap(table)
    content = {
        method: {name: table.to_dict() for name, table in tables.items()}
        for method, tables in found.items()
    }
    (folder / "stepwise.json").write_text(json.dumps(content))


def _encoded(segmentation: np.ndarray) -> dict[str, Any]:
    runs = coco.encode(np.asfortranarray(segmentation.astype("uint8")))
    return {"size": runs["size"], "counts": runs["counts"].decode()}


def _drawn(polygons: list[Any]) -> np.ndarray:
    picture = Image.new("1", (SHAPE[1], SHAPE[0]))
    for polygon in polygons:
        ImageDraw.Draw(picture).polygon([(x, y) for x, y in polygon], outline=1, fill=1)
    return np.array(picture, dtype="int")


def _labels(folder: Path) -> list[str]:
    with np.load(next((folder / "maps").glob("*.npz"))) as arrays:
        return sorted({key.partition("/")[2] for key in arrays.files})


def _annotations_to_segmentations(folder: Path) -> None:
    content = json.loads((folder / "polygons.json").read_text())
    segmentations = {
        image: {label: _encoded(_drawn(entry.get(label, []))) for label in _labels(folder)}
        for image, entry in content.items()
    }
    (folder / "truth.json").write_text(json.dumps(segmentations))


def _resized(values: np.ndarray) -> torch.Tensor:
    grid = torch.from_numpy(values)[None, None]
    return interpolate(grid, size=SHAPE, mode="bilinear", align_corners=False)


def _maps_to_segmentations(folder: Path, method: str) -> None:
    result: dict[str, dict[str, Any]] = {}
    for file in sorted((folder / "maps").glob("*.npz")):
        for label in _labels(folder):
            with np.load(file) as arrays:
                brought = _resized(arrays[f"{method}/{label}"]).squeeze()
            shifted = brought - brought.min()
            steps = np.uint8(255 * shifted.div(shifted.max()).numpy())
            parted = cv2.threshold(steps, 0, np.max(steps), cv2.THRESH_OTSU)[1]
            contours = cv2.findContours(parted, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)[0]
            polygons = [contour[:, 0].tolist() for contour in contours if len(contour) > 1]
            result.setdefault(file.stem, {})[label] = _encoded(_drawn(polygons))
    (folder / f"{method}.json").write_text(json.dumps(result))


def _ious(folder: Path, method: str) -> pd.DataFrame:
    reference = json.loads((folder / "truth.json").read_text())
    predicted = json.loads((folder / f"{method}.json").read_text())
    table: dict[str, list[float]] = {}
    for label in _labels(folder):
        for image in sorted(reference):
            actual = coco.decode(reference[image][label])
            marked = coco.decode(predicted[image][label])
            both, either = np.logical_and(marked, actual), np.logical_or(marked, actual)
            defined = np.sum(marked) != 0 and np.sum(actual) != 0
            iou = np.sum(both) / np.sum(either) if defined else np.nan
            table.setdefault(label, []).append(float(iou))
    return pd.DataFrame(table, index=sorted(reference))


def _hits(folder: Path, method: str) -> pd.DataFrame:
    reference = json.loads((folder / "truth.json").read_text())
    table: dict[str, dict[str, float]] = {}
    for file in sorted((folder / "maps").glob("*.npz")):
        for label in _labels(folder):
            actual = coco.decode(reference[file.stem][label])
            with np.load(file) as arrays:
                brought = _resized(arrays[f"{method}/{label}"]).squeeze().numpy()
            row, column = np.unravel_index(np.argmax(brought), brought.shape)
            hit = float(actual[row][column])
            if not hit and np.sum(actual) == 0:
                hit = np.nan
            table.setdefault(file.stem, {})[label] = hit
    return pd.DataFrame.from_dict(table, orient="index")


def _bootstrap(table: pd.DataFrame) -> None:
    random, means = np.random.default_rng(0), []
    for _ in range(1000):
        drawn = table.iloc[random.integers(0, len(table), len(table))]
        means.append({label: drawn[label].mean() for label in table})
    replicates = pd.DataFrame.from_records(means)
    for label in replicates:
        replicates[label].sort_values().iloc[[24, 974]].round(3)


def _difference(folder: Path) -> float:
    """The largest one of any IoU or hit between the two; infinite where one has no number."""
    theirs = json.loads((folder / "stepwise.json").read_text())
    result = json.loads((folder / "ours.json").read_text())
    differences = []
    for one in result["scores"]:
        for name in ("iou", "hit"):
            other = theirs[one["method"]][name][one["label"]][one["image"]]
            if (one[name] is None) != np.isnan(other):
                return float("inf")
            differences.append(abs((one[name] or 0) - np.nan_to_num(other)))
    return max(differences)


def _measured(command: list[str], output: Path) -> dict[str, float]:
    """Of a process with its workers; memory is that of the largest."""
    start = time.perf_counter()
    with output.open("wb") as file:
        child = subprocess.Popen(command, stdout=file)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit("it failed")
    return {
        "seconds": round(time.perf_counter() - start, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_memory_gb": round(usage.ru_maxrss * 1024 / 1e9, 2),
    }


def main() -> None:
    """Make the files, measure both and print the result."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--images", type=int, default=20)
    options.add_argument("--labels", type=int, default=10)
    options.add_argument("--methods", type=int, default=4)
    options.add_argument("--without-stepwise", action="store_true")
    options.add_argument("--stepwise", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.stepwise:
        stepwise(given.stepwise)
        return
    # Not above: the steps that are measured do not need what it needs.
    from benchmarks.explain import machine

    result: dict[str, Any] = {
        **machine(),
        "maps": given.images * given.labels * given.methods,
        "pixels": SHAPE,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, given.images, given.labels, given.methods)
        result["ours"] = _measured(ours(folder), folder / "ours.json")
        if not given.without_stepwise:
            module = [sys.executable, "-m", "benchmarks.localisation"]
            command = [*module, "--stepwise", str(folder)]
            result["stepwise"] = _measured(command, folder / "stepwise.txt")
            ratio = result["stepwise"]["seconds"] / result["ours"]["seconds"]
            result["times_faster"] = round(ratio, 1)
            result["largest_difference"] = _difference(folder)
    print(json.dumps(result, indent=1))
    if result.get("largest_difference", 0) > TOLERANCE:
        raise SystemExit("the two differ")


if __name__ == "__main__":
    main()
