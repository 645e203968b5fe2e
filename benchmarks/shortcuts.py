"""Whether a planted shortcut is found: ``python -m benchmarks.shortcuts --cache DIR [--clean 20]``.

Letters are drawn into a corner of half of the training phantoms that have a label, and of no
other; a small network is trained on them, others on the same phantoms without letters. Printed are
how well a cluster of maps isolates the held-out phantoms with letters (adjusted Rand index), how
much more relevance lies on the letters than in a clean network's maps, which units of which layers
are named marker, and how many clean networks raise an alarm. Every stage is kept in ``--cache`` and
goes on where an interrupted run stopped.
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score
from tqdm import tqdm

from benchmarks.phantoms import fingerprint, rendered
from benchmarks.training import CHANGES, MANIFEST
from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage, resample
from shamsul.classifiers.manifest import Resize
from shamsul.explainers.registry import METHODS
from shamsul.metrics import roc
from shamsul.parallel.each import each
from shamsul.phantom import LABELS, Phantom, render
from shamsul.radiographs.geometry import Geometry
from shamsul.shortcuts.clusters import ALARM, Part, Small, clusters
from shamsul.shortcuts.regions import (
    HEART,
    LUNGS,
    MARKER,
    OUTSIDE_BODY,
    Known,
    Region,
    chest,
    of_phantom,
    shares,
)
from shamsul.storage.atomic import write_atomically
from shamsul.training import devices
from shamsul.training.loop import Examples, train
from shamsul.training.recipe import Recipe
from shamsul.units.dissection import dissect
from shamsul.units.layers import layers
from shamsul.units.survey import survey

#: Rows and columns of images and maps.
SIZE: Final = 96
SHAPE: Final = (288, 240)
#: The letters, their size as OpenCV has it, and where they begin: rows from the top, columns from
#: the right.
LETTERS, SCALE, DOWN, FROM_RIGHT = "XR", 0.4, 13, 20
FINDINGS: Final = tuple(label for label in LABELS if label != "No Finding")
SMALL: Final = replace(
    MANIFEST,
    input_size=SIZE,
    arch_options={"growth_rate": 12, "block_config": (3, 4, 4), "num_init_features": 24},
)
#: Concepts that units are compared with, besides findings and the letters.
ANATOMY: Final = (LUNGS, HEART, OUTSIDE_BODY)
#: Held-out phantoms that units are looked at on.
LOOKED: Final = 100


@dataclass(frozen=True, eq=False)
class Phantoms:
    """N phantoms on the grid.

    Attributes
    ----------
    images : ndarray of shape (N, SIZE, SIZE), uint8
    present : ndarray of shape (N, labels), bool
    regions : mapping of str to ndarray of shape (N, SIZE, SIZE), uint8
        Of held-out phantoms: how much of each pixel findings and anatomy cover, up to 255.
    """

    images: NDArray[np.uint8]
    present: NDArray[np.bool_]
    regions: Mapping[str, NDArray[np.uint8]]

    def planted(self, label: str) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """Images with letters in every other phantom that has a label, and which those are."""
        having = np.flatnonzero(self.present[:, LABELS.index(label)])
        tagged = np.zeros(len(self.images), bool)
        tagged[having[::2]] = True
        images = np.array(self.images)
        images[tagged] = np.maximum(images[tagged], letters())
        return images, tagged

    def examples(self, images: NDArray[np.uint8]) -> Examples:
        """For a training."""
        values = self.present.astype(np.float32)
        return Examples(images, values, np.ones(values.shape, bool))


def letters() -> NDArray[np.uint8]:
    """The letters on a black picture of the grid."""
    drawn = np.zeros((SIZE, SIZE), np.uint8)
    place = (SIZE - FROM_RIGHT, DOWN)
    cv2.putText(drawn, LETTERS, place, cv2.FONT_HERSHEY_SIMPLEX, SCALE, 255, 1, cv2.LINE_AA)
    return drawn


def tag() -> NDArray[np.bool_]:
    """The box around the letters, of shape (SIZE, SIZE)."""
    rows, columns = np.nonzero(letters())
    box = np.zeros((SIZE, SIZE), bool)
    box[rows.min() - 1 : rows.max() + 2, columns.min() - 1 : columns.max() + 2] = True
    return box


def phantoms(
    name: str, start: int, count: int, cache: Path, processes: int, *, known: bool = False
) -> Phantoms:
    """Render those that the cache lacks; with exact regions if they are to be known."""
    names = (*FINDINGS, *ANATOMY, "chest") if known else ()
    shapes: dict[str, tuple[int, ...]] = {"images": (SIZE, SIZE), "present": (len(LABELS),)}
    shapes |= {one: (SIZE, SIZE) for one in names}
    folder = cache / f"shortcuts-{SIZE}-{fingerprint()}-{name}-{start}-{count}"
    work = _known if known else _phantom
    arrays = rendered(folder, start, count, shapes, work, processes)
    return Phantoms(
        arrays["images"], np.array(arrays["present"], bool), {one: arrays[one] for one in names}
    )


def _phantom(task: tuple[int, int]) -> tuple[int, dict[str, NDArray[np.uint8]]]:
    index, seed = task
    return index, _shown(render(seed, shape=SHAPE))


def _shown(phantom: Phantom) -> dict[str, NDArray[np.uint8]]:
    return {
        "images": _bytes(resample(phantom.pixels, SIZE, Resize.STRETCH).values),
        "present": np.array([phantom.labels[label] for label in LABELS], np.uint8),
    }


def _known(task: tuple[int, int]) -> tuple[int, dict[str, NDArray[np.uint8]]]:
    index, seed = task
    phantom = render(seed, shape=SHAPE)
    found = _shown(phantom)
    for label in FINDINGS:
        mask = phantom.mask(label).astype(np.float32)
        found[label] = _bytes(resample(mask, SIZE, Resize.STRETCH).values)
    anatomy = of_phantom(seed, geometry())
    found |= {name: _bytes(anatomy[name].weights) for name in ANATOMY}
    found["chest"] = _bytes(chest(anatomy).weights)
    return index, found


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)


def geometry() -> Geometry:
    """From the grid to a phantom, which it is stretched over."""
    return Geometry.window(SHAPE, (SIZE, SIZE), top=0, left=0, height=SHAPE[0], width=SHAPE[1])


def trained(
    name: str,
    seed: int,
    training: Examples,
    validation: Examples,
    epochs: int,
    cache: Path,
) -> Classifier:
    """A network; an interrupted training goes on."""
    torch.manual_seed(seed)
    module = architecture.build(SMALL)
    recipe = Recipe(
        epochs=epochs,
        optimiser="adamw",
        rate=2e-3,
        decay=0.02,
        schedule="one-cycle",
        precision="32-true",
        seed=seed,
    )
    count = len(training.pixels)
    folder = cache / f"shortcuts-run-{fingerprint()}-{count}-{epochs}-{name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    fabric = devices.fabric("cpu", 1, "32-true")
    fabric.launch()
    train(
        fabric,
        module,
        SMALL.scaling,
        SMALL.labels,
        training,
        validation,
        recipe,
        CHANGES,
        folder,
        about={"training": name},
        resume=True,
    )
    return Classifier(SMALL, module)


def maps_of(
    classifier: Classifier,
    images: NDArray[np.uint8],
    chosen: Sequence[int],
    label: str,
    method: str,
) -> list[NDArray[np.float32]]:
    """Maps of a label of some images."""
    found = []
    for index in chosen:
        image = GridImage(images[index].astype(np.float32) / 255, geometry())
        (heatmap,) = METHODS[method].explain(classifier, image, [label])
        found.append(heatmap.values)
    return found


def small(values: NDArray[np.float32], held_out: Phantoms, index: int, label: str) -> Small:
    """A map as it is compared; evidence may be in the chest and where the finding is."""
    place = np.maximum(held_out.regions["chest"][index], held_out.regions[label][index])
    return Small.of(values, place.astype(np.float32) / 255)


def having(held_out: Phantoms, label: str) -> list[int]:
    """Held-out phantoms that have a label."""
    return [int(n) for n in np.flatnonzero(held_out.present[:, LABELS.index(label)])]


def alarms(
    classifier: Classifier, held_out: Phantoms, labels: Sequence[str], method: str
) -> dict[str, Any]:
    """By label, what the most suspicious cluster of a network's maps is worth, and where it is."""
    found = {}
    for label in labels:
        chosen = having(held_out, label)
        maps = maps_of(classifier, held_out.images, chosen, label, method)
        made = clusters(
            [small(one, held_out, n, label) for one, n in zip(maps, chosen, strict=True)]
        )
        judged = [one.suspicion for one in made if one.suspicion is not None]
        first = max(judged, key=lambda one: one.excess, default=None)
        found[label] = {
            "clusters": len(made),
            "excess": first.excess if first else None,
            "place": first.place if first else "",
        }
    return found


def isolated(
    classifier: Classifier, clean: Classifier, held_out: Phantoms, label: str, method: str
) -> dict[str, Any]:
    """How well the planted network's maps tell the phantoms with letters apart."""
    images, tagged = held_out.planted(label)
    chosen = having(held_out, label)
    maps = maps_of(classifier, images, chosen, label, method)
    made = [small(one, held_out, n, label) for one, n in zip(maps, chosen, strict=True)]
    rows: dict[str, Any] = {"maps": len(chosen), "tagged": int(tagged[chosen].sum())}
    for part in Part:
        found = clusters(made, part)
        rand = [
            adjusted_rand_score(tagged[chosen], np.isin(np.arange(len(chosen)), one.members))
            for one in found
        ]
        rows[part.value] = [
            {
                "size": len(one.members),
                "rand": float(index),
                "excess": one.suspicion.excess if one.suspicion else None,
                "place": one.suspicion.place if one.suspicion else "",
                "alarms": one.alarms,
            }
            for one, index in zip(found, rand, strict=True)
        ]
    with_letters = [n for n in chosen if tagged[n]]
    region = {MARKER: Region(tag().astype(np.float32), Known.ANNOTATION)}
    on_tag = {
        name: float(np.nanmean([shares(one, region)[0].positive for one in some]))
        for name, some in (
            ("planted", [one for one, n in zip(maps, chosen, strict=True) if tagged[n]]),
            ("clean", maps_of(clean, images, with_letters, label, method)),
        )
    }
    ratio = on_tag["planted"] / on_tag["clean"] if on_tag["clean"] else None
    rows["on_tag"] = {**on_tag, "ratio": ratio}
    return rows


def named(classifier: Classifier, held_out: Phantoms, label: str) -> dict[str, list[Any]]:
    """By layer, the units that are named marker, with their IoU with the letters."""
    images, tagged = held_out.planted(label)
    order = np.argsort(~tagged, kind="stable")[:LOOKED]
    found = {}
    for layer in layers(classifier):
        surveys, marks = [], []
        for n in order.tolist():
            image = GridImage(images[n].astype(np.float32) / 255, geometry())
            surveys.append(survey(classifier, image, layer))
            names = (*FINDINGS, *ANATOMY)
            known = {one: held_out.regions[one][n] >= 128 for one in names}
            marks.append(known | ({MARKER: tag()} if tagged[n] else {}))
        called = dissect(surveys, marks)
        units = [(unit, called.name(unit)) for unit in range(layer.units)]
        found[layer.name] = [(unit, one[1]) for unit, one in units if one and one[0] == MARKER]
    return found


def areas(
    classifier: Classifier, held_out: Phantoms, images: NDArray[np.uint8]
) -> dict[str, float]:
    """AUROC of each finding."""
    logits = classifier.logits(images.astype(np.float32) / 255)
    return {
        label: float(roc.auc(logits[:, n], held_out.present[:, n]))
        for n, label in enumerate(LABELS)
        if label in FINDINGS
    }


def kept(options: argparse.Namespace, seed: int) -> Path:
    """The file of what the clusters of a clean network's maps are worth."""
    asked = f"{options.count}-{options.test}-{options.epochs}-{options.method}"
    return Path(options.cache) / f"shortcuts-alarms-{fingerprint()}-{asked}-{seed}.json"


def sides(options: argparse.Namespace) -> tuple[Phantoms, Phantoms, Phantoms]:
    """Phantoms to train on, to choose the epoch by, and held out."""
    training, validation, held_out = (
        phantoms(name, start, count, options.cache, options.processes, known=name == "test")
        for name, start, count in (
            ("training", 83_000_000, options.count),
            ("validation", 84_000_000, max(options.count // 10, 50)),
            ("test", 85_000_000, options.test),
        )
    )
    return training, validation, held_out


def network(options: argparse.Namespace, seed: int, *, planted: bool = False) -> Classifier:
    """A network, trained on phantoms with or without letters."""
    taught = [
        one.examples(one.planted(options.label)[0] if planted else one.images)
        for one in sides(options)[:2]
    ]
    name = f"planted {options.label}".replace(" ", "-") if planted else "clean"
    return trained(name, seed, taught[0], taught[1], options.epochs, options.cache)


def work(task: tuple[argparse.Namespace, int | None]) -> None:
    """Train the network with letters, which has no seed, or train and judge a clean one."""
    options, seed = task
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    if seed is None:
        network(options, 0, planted=True)
    elif not kept(options, seed).exists():
        made = alarms(network(options, seed), sides(options)[-1], FINDINGS, options.method)
        write_atomically(kept(options, seed), json.dumps(made).encode())


def main() -> None:
    """Render, train, score, tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1500, help="training phantoms")
    parser.add_argument("--test", type=int, default=600, help="held-out phantoms")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--clean", type=int, default=20, help="networks without letters")
    parser.add_argument("--label", choices=FINDINGS, default="Lung Lesion")
    parser.add_argument("--method", choices=tuple(METHODS), default="lrp")
    parser.add_argument("--processes", type=int, default=2, help="each of one thread")
    parser.add_argument("--cache", type=Path, default=Path("build/shortcuts"))
    options = parser.parse_args()
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    held_out = sides(options)[-1]
    tasks = [(options, seed) for seed in (None, *range(options.clean))]
    made = each(work, tasks, options.processes)
    for _ in tqdm(made, "networks", len(tasks)):
        pass
    print(json.dumps(compared(held_out, options), indent=1))


def compared(held_out: Phantoms, options: argparse.Namespace) -> dict[str, Any]:
    """The network with letters beside those without."""
    label = options.label
    planted, clean = network(options, 0, planted=True), network(options, 0)
    rows = [json.loads(kept(options, seed).read_text()) for seed in range(options.clean)]
    # Not kept with the rows, so that another threshold needs no other maps.
    raised = [
        {one for one, about in row.items() if (about["excess"] or 0) >= ALARM} for row in rows
    ]
    return {
        "label": label,
        "method": options.method,
        "training": options.count,
        "epochs": options.epochs,
        "areas": {
            "planted": areas(planted, held_out, held_out.images),
            "clean": areas(clean, held_out, held_out.images),
        },
        "isolated": isolated(planted, clean, held_out, label, options.method),
        "marker units": {
            "planted": named(planted, held_out, label),
            "clean": named(clean, held_out, label),
        },
        "clean": {
            "networks": len(rows),
            f"with an alarm for {label}": sum(label in one for one in raised),
            "with an alarm for any finding": sum(bool(one) for one in raised),
            "most suspicious": rows,
        },
    }


if __name__ == "__main__":
    main()
