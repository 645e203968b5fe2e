"""Time and memory of all four maps for all labels of one image, beside the plain stack.

``python -m benchmarks.explain [--device cpu] [--model densenet121] [--without-plain]`` prints one
JSON object. Everything that is compared is measured in the same run; each measurement has a process
of its own, so that one's memory is not another's.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import plain
from benchmarks.networks import network, phantom
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.inference import candidates, equip
from shamsul.explainers.registry import METHODS, USUAL

MODELS = ("phantom", "densenet121")


def fastest(work: Callable[..., object], *arguments: object, times: int = 5) -> float:
    """Seconds of the fastest of some calls: the least disturbed."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work(*arguments)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak_memory() -> float:
    """Largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def ours(name: str) -> dict[str, Any]:
    """All four methods with their defaults, one after the other, as in the app."""
    classifier = network(name)
    image = phantom(0, classifier)
    batch = classifier.normalise(torch.from_numpy(image.values.copy())[None])
    with torch.inference_mode():
        classifier.module(batch)  # the first pays for start-up
        forward = fastest(classifier.module, batch, times=10)
    start = time.perf_counter()
    equip(classifier)
    found = time.perf_counter() - start
    seconds, evaluations, doubts, engines = {}, {}, {}, {}
    for method in (METHODS[name] for name in USUAL):
        maps = method.explain(classifier, image)
        seconds[method.name] = round(maps[0].seconds, 3)
        evaluations[method.name] = maps[0].evaluations
        engines[method.name] = maps[0].engine
        known = [m.doubt for m in maps if m.doubt is not None]
        if known:
            doubts[method.name] = round(float(np.mean(known)), 3)
    gradients = seconds["grad_cam"] + seconds["lrp"]
    return {
        "labels": len(classifier.manifest.labels),
        "seconds": seconds,
        "evaluations": evaluations,
        "engines": engines,
        "seconds_to_find_them_once": round(found, 2),
        "relative_standard_errors": doubts,
        "total_seconds": round(sum(seconds.values()), 2),
        "forward_pass_seconds": round(forward, 4),
        "grad_cam_and_lrp_in_forward_passes": round(gradients / forward, 1),
        "peak_memory_gb": round(peak_memory(), 2),
    }


def stack(name: str) -> dict[str, Any]:
    """The plain stack on the same image."""
    classifier = network(name)
    image = phantom(0, classifier)
    return {**plain.measure(classifier, image.values), "peak_memory_gb": round(peak_memory(), 2)}


def scaling(name: str) -> dict[str, Any]:
    """How time grows with evaluations, labels and the size of a batch, and the physical floor."""
    classifier = network(name)
    image = phantom(0, classifier)
    classifier.logits(np.repeat(image.values[None], 16, 0))
    by_evaluations = {
        samples: round(_seconds(classifier, image, "shap", estimator="package", samples=samples), 2)
        for samples in (256, 512, 1024)
    }
    labels = classifier.manifest.labels
    by_labels = {
        count: round(fastest(METHODS["lrp"].explain, classifier, image, labels[:count], times=2), 2)
        for count in sorted({1, len(labels) // 2, len(labels)})
    }
    with tempfile.TemporaryDirectory() as place:
        engines, _ = candidates(classifier, Path(place))
    result: dict[str, Any] = {
        "shap_seconds_by_evaluations": by_evaluations,
        "lrp_seconds_by_labels": by_labels,
        "evaluation_seconds_by_batch": {},
    }
    for size in (1, 4, 8, 16, 32, 64):
        grids = np.repeat(image.values[None], size, 0)
        images = classifier.normalise(torch.from_numpy(grids))
        result["evaluation_seconds_by_batch"][size] = {
            name: round(fastest(engine, images, times=3) / size, 4)
            for name, engine in engines.items()
        }
    batch = classifier.normalise(torch.from_numpy(image.values.copy())[None])
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        classifier.module(batch)
    flops = counter.get_total_flops()
    result["gflop_per_evaluation"] = round(flops / 1e9, 2)
    for kind, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        matrix = torch.rand(4096, 4096).to(dtype)
        peak = 2 * 4096**3 / fastest(torch.matmul, matrix, matrix)
        measured = min(
            seconds
            for by_engine in result["evaluation_seconds_by_batch"].values()
            for name, seconds in by_engine.items()
            if name.endswith(kind)
        )
        result[f"{kind}_floor"] = {
            "peak_gflop_per_second": round(peak / 1e9),
            "floor_seconds_per_evaluation": round(flops / peak, 5),
            "measured_over_floor": round(measured / (flops / peak), 2),
        }
    return result


def throughput(name: str) -> dict[str, Any]:
    """LIME and SHAP of image after image, beside the bare network for as many evaluations."""
    classifier = network(name)
    equip(classifier)
    first, *images = (phantom(number, classifier) for number in range(4))
    for method in ("lime", "shap"):
        METHODS[method].explain(classifier, first)  # pays for imports
    grids = np.repeat(first.values[None], classifier.batch_size, 0)
    engine = classifier.half or classifier.exact
    evaluations, seconds, bare = 0, 0.0, 0.0
    for image in images:
        start = time.perf_counter()
        METHODS["lime"].explain(classifier, image)
        # What LIME evaluated is part of it.
        here = METHODS["shap"].explain(classifier, image)[0].evaluations
        between = time.perf_counter()
        # Right afterwards, and as long: machines are not equally fast all the time.
        batches = -(-here // len(grids))
        for _ in range(batches):
            classifier.logits(grids, engine=engine)
        end = time.perf_counter()
        evaluations += here
        seconds += between - start
        bare += (end - between) * here / (batches * len(grids))
    return {
        "images": len(images),
        "evaluations": evaluations,
        "seconds": round(seconds, 2),
        "bare_network_seconds": round(bare, 2),
        "share_of_bare_throughput": round(bare / seconds, 3),
    }


def _seconds(classifier: Classifier, image: GridImage, name: str, **parameters: object) -> float:
    # Another seed draws another design, so that nothing was evaluated before.
    seed = int(str(parameters["samples"]))
    return METHODS[name].explain(classifier, image, seed=seed, **parameters)[0].seconds


PARTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "ours": ours,
    "plain": stack,
    "scaling": scaling,
    "throughput": throughput,
}


def machine() -> dict[str, Any]:
    """What a result was measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "torch": torch.__version__,
    }


def _processor() -> str:
    """The processor's name, where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(
                line.split(":")[1].strip() for line in file if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    """Measure each part in a process of its own, and compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", default=os.environ.get("SHAMSUL_DEVICE", "cpu"))
    options.add_argument("--model", choices=MODELS, default="densenet121")
    options.add_argument("--without-plain", action="store_true")
    options.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.part:
        print(json.dumps(PARTS[given.part](given.model)))
        return
    result: dict[str, Any] = {**machine(), "device": given.device, "model": given.model}
    for part in PARTS:
        if part == "plain" and given.without_plain:
            continue
        print(part, "…", file=sys.stderr)
        with tempfile.TemporaryDirectory() as data:  # engines are found anew
            child = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "benchmarks.explain",
                    "--part",
                    part,
                    "--model",
                    given.model,
                ],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"SHAMSUL_DEVICE": given.device, "SHAMSUL_DATA_DIR": data},
            )
        result[part] = json.loads(child.stdout.splitlines()[-1])
    if "plain" in result:
        ratio = result["plain"]["total_seconds"] / result["ours"]["total_seconds"]
        result["times_faster"] = round(ratio, 1)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
