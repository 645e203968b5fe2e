"""A plan for many radiographs: ``python -m benchmarks.scale [--costs FILE] [--images 1000000]``.

Measures on one core what maps of a DenseNet-121 with 14 labels cost, in time and in bytes, and what
whoever hands tasks out does for each radiograph; then simulates clusters of several sizes, event by
event, with machines that fail, and prints hours, core-hours, and how busy the driver is.
"""

import argparse
import heapq
import json
import os
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks.explain import machine
from benchmarks.networks import network, phantom
from shamsul.classifiers.grid import prepare
from shamsul.classifiers.inference import equip
from shamsul.explainers.cache import MapCache, MapKey, pack
from shamsul.explainers.registry import METHODS
from shamsul.phantom import render
from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.radiograph import Radiograph

#: Ten methods that explain a DenseNet.
CHOSEN = (
    "lime", "shap", "grad_cam", "lrp", "integrated_gradients", "occlusion", "rise", "rap", "rsp",
    "score_cam",
)  # fmt: skip
#: Rows and columns of a radiograph as it is kept.
FILM = (2022, 2022)


@dataclass(frozen=True)
class Costs:
    """What was measured.

    Attributes
    ----------
    quick, sampled : float
        Seconds on one core of a task: a radiograph's maps of all labels by those methods.
    spread : float
        Standard deviation of a task's seconds, as a share of them.
    prepare : float
        Seconds in which the driver reads a radiograph and brings it onto the grid.
    keep : float
        Seconds in which it writes a method's maps.
    methods : dict of str to float
        Seconds of each method.
    size, half_size : dict of str to int
        Bytes of each method's maps, as float32 and as float16.
    """

    quick: float
    sampled: float
    spread: float
    prepare: float
    keep: float
    methods: dict[str, float]
    size: dict[str, int]
    half_size: dict[str, int]


def measured(images: int, labels: int) -> Costs:
    """The costs here, means over some phantoms; of maps of so many labels."""
    classifier = network("densenet121")
    equip(classifier)
    likely = classifier.manifest.labels[:labels]
    seconds: dict[str, list[float]] = {name: [] for name in CHOSEN}
    sizes: dict[str, list[tuple[int, int]]] = {name: [] for name in CHOSEN}
    keeping: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        cache = MapCache(Path(folder))
        for number in range(images + 1):
            image = phantom(number, classifier)
            for name in CHOSEN:
                start = time.perf_counter()
                # As `precompute --min-probability` has it.
                asked = None if METHODS[name].together else likely
                found = METHODS[name].explain(classifier, image, asked)
                maps = [one for one in found if one.label in likely]
                whole = pack(maps)
                took = time.perf_counter() - start
                if not number:  # the first pays for start-up
                    continue
                seconds[name].append(took)
                sizes[name].append((len(whole), len(pack(maps, half=True))))
                key = MapKey(f"{number:064}", "0" * 64, name, METHODS[name].settle({}))
                start = time.perf_counter()
                cache.put_packed(key, whole)
                keeping.append(time.perf_counter() - start)
        preparing = _preparing(Path(folder), classifier.manifest, images)
    of = {name: float(np.mean(found)) for name, found in seconds.items()}
    totals = np.sum([seconds[name] for name in CHOSEN if METHODS[name].sampled], axis=0)
    return Costs(
        quick=sum(of[name] for name in CHOSEN if not METHODS[name].sampled),
        sampled=sum(of[name] for name in CHOSEN if METHODS[name].sampled),
        spread=float(totals.std() / totals.mean()),
        prepare=preparing,
        keep=float(np.mean(keeping)),
        methods=of,
        size={name: int(np.mean([one for one, _ in sizes[name]])) for name in CHOSEN},
        half_size={name: int(np.mean([one for _, one in sizes[name]])) for name in CHOSEN},
    )


def _preparing(folder: Path, manifest: Any, images: int) -> float:
    archive = RadiographArchive(folder / "radiographs")
    pixels = np.kron(render(1, shape=(337, 337)).pixels, np.ones((6, 6), np.float32))
    for number in range(images):
        archive.put(Radiograph(pixels, (0.0, 1.0), None, "", f"{number:064}"))
    start = time.perf_counter()
    for number in range(images):
        prepare(archive.get(f"{number:064}"), manifest)
    return (time.perf_counter() - start) / images


def simulated(
    costs: Costs, images: int, cores: int, hours_to_failure: float, *, per_machine: int, seed: int
) -> dict[str, float]:
    """A run of `images` on machines that fail, with one driver; a task is lost with its machine.

    Parameters
    ----------
    costs : Costs
    images : int
    cores : int
        Of the cluster.
    hours_to_failure : float
        Mean of a machine's; it is back at once, with its tasks to be done again.
    per_machine : int
        Cores of a machine.
    seed : int
    """
    rng = np.random.default_rng(seed)
    methods = len(costs.methods)
    quick = sum(not METHODS[name].sampled for name in costs.methods)
    driver = busy = worked = lost = 0.0
    free = [(0.0, core) for core in range(cores)]
    machines = -(-cores // per_machine)
    failing = rng.exponential(hours_to_failure * 3600, machines)
    end = 0.0
    # The driver prepares ahead of the cores, as far as `Cluster.each` does, and keeps what comes.
    ahead: deque[float] = deque([0.0] * 2 * cores, 2 * cores)
    for number in range(2 * images):
        sampled = bool(number % 2)
        mean = costs.sampled if sampled else costs.quick
        ready, core = heapq.heappop(free)
        of_driver = costs.prepare / 2 + costs.keep * (methods - quick if sampled else quick)
        driver = max(driver, ahead[0]) + of_driver
        busy += of_driver
        start = max(ready, driver)
        ahead.append(start)
        took = mean * float(np.exp(rng.normal(-(costs.spread**2) / 2, costs.spread)))
        where = core // per_machine
        while start < failing[where] < start + took:
            lost += failing[where] - start
            start = failing[where]
            failing[where] += rng.exponential(hours_to_failure * 3600)
        while failing[where] <= start:
            failing[where] += rng.exponential(hours_to_failure * 3600)
        worked += took
        end = max(end, start + took)
        heapq.heappush(free, (start + took, core))
    end = max(end, driver)
    return {
        "cores": cores,
        "hours": end / 3600,
        "core_hours": worked / 3600,
        "lost_core_hours": lost / 3600,
        "cores_busy": worked / (end * cores),
        "driver_busy": busy / end,
    }


def main() -> None:
    """Measure, simulate, tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--costs", type=Path, help="what an earlier run printed; else measured")
    parser.add_argument("--measure", type=int, default=3, help="phantoms to measure with")
    parser.add_argument("--labels", type=int, default=14, help="how many are likely")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--scale", type=int, default=100, help="simulate one image of so many")
    parser.add_argument("--hours-to-failure", type=float, default=1000)
    parser.add_argument("--per-machine", type=int, default=32, help="cores of a machine")
    parser.add_argument("--cores", type=int, nargs="+", default=[32, 256, 1024, 4096])
    options = parser.parse_args()
    if options.costs:
        costs = Costs(**json.loads(options.costs.read_text())["costs"])
    else:
        costs = measured(options.measure, options.labels)
    found = {
        "machine": machine(),
        "costs": asdict(costs),
        "images": options.images,
        "terabytes": _terabytes(costs, options.images),
        "clusters": _clusters(costs, options.images, options.cores, options),
    }
    print(json.dumps(found, indent=1))


def _terabytes(costs: Costs, images: int) -> dict[str, float]:
    return {
        "float32": images * sum(costs.size.values()) / 1e12,
        "float16": images * sum(costs.half_size.values()) / 1e12,
    }


def _clusters(
    costs: Costs, images: int, cores: Sequence[int], options: argparse.Namespace
) -> list[dict[str, float]]:
    """A run is as long as its parts: a share of the radiographs is simulated, at least 4 a core."""
    rows = []
    for count in cores:
        some = min(images, max(images // options.scale, 4 * count))
        row = simulated(
            costs, some, count, options.hours_to_failure, per_machine=options.per_machine, seed=0
        )
        scale = images / some
        for name in ("hours", "core_hours", "lost_core_hours"):
            row[name] *= scale
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
