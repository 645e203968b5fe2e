"""What guidance gains on phantoms: ``python -m benchmarks.gaze [--count 2000] [--seeds 5]``.

Renders phantoms with a simulated gaze, trains a small U-Net without guidance and in several
ways with it, from the same seeds on the same images, and writes tables of how well each classifies
and how near its maps are to gaze and to the exact findings. Every stage is kept in ``--cache`` and
goes on where an interrupted run stopped.
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import t as student
from torch.nn import functional
from tqdm import tqdm

from benchmarks.phantoms import fingerprint, rendered
from benchmarks.training import CHANGES, MANIFEST
from shamsul.classifiers import architecture
from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Manifest, Resize
from shamsul.classifiers.unet import UNet
from shamsul.explainers.propagation import Propagation
from shamsul.explainers.rules import COMPOSITES
from shamsul.metrics import bootstrap, roc, saliency
from shamsul.metrics.fixations import centre_prior
from shamsul.metrics.localisation import iou
from shamsul.metrics.thresholds import Otsu
from shamsul.parallel.each import each
from shamsul.phantom import LABELS, Phantom, render
from shamsul.phantom.gaze import heatmap, look
from shamsul.storage.atomic import write_atomically
from shamsul.training import devices
from shamsul.training.guidance import Guides
from shamsul.training.loop import Examples, predicted, train
from shamsul.training.recipe import Recipe

#: Rows and columns of images, of guides and of maps.
SIZE: Final = 128
COARSE: Final = SIZE // 4
SHAPE: Final = (288, 240)
#: Longest scan path that is kept.
LONGEST: Final = 160
FINDINGS: Final = tuple(label for label in LABELS if label != "No Finding")
SMALL: Final = replace(
    MANIFEST,
    arch="unet/densenet",
    input_size=SIZE,
    arch_options={
        "growth_rate": 12,
        "block_config": (3, 4, 5, 4),
        "num_init_features": 24,
        "decoder": (48, 32, 24),
    },
)


@dataclass(frozen=True)
class Arm:
    """A way of training.

    Attributes
    ----------
    about : str
    options : mapping
        Of the U-Net.
    losses : mapping of str to float
    exact : bool
        Guided by the exact masks of findings; else by gaze.
    """

    about: str
    options: Mapping[str, Any]
    losses: Mapping[str, float]
    exact: bool = False


ARMS: Final = {
    "plain": Arm("without guidance", {"masks": "none"}, {}),
    "mask": Arm("mask towards gaze", {"masks": "one"}, {"mask-bce": 1.0}),
    "guided": Arm(
        "Grad-CAM towards gaze", {"masks": "none"}, {"grad-cam-correlation": 0.5}
    ),
    "gated": Arm(
        "mask towards gaze, gating", {"masks": "one", "gated": True}, {"mask-bce": 1.0}
    ),
    "mask-exact": Arm(
        "masks towards exact findings", {"masks": "labels"}, {"mask-bce": 1.0}, exact=True
    ),
    "guided-exact": Arm(
        "Grad-CAM towards exact findings",
        {"masks": "none"},
        {"grad-cam-correlation": 0.5},
        exact=True,
    ),
}  # fmt: skip
#: What is scored against gaze and exact findings.
MAPS: Final = ("Grad-CAM", "LRP", "Mask", "Centre prior")


@dataclass(frozen=True, eq=False)
class Phantoms:
    """N phantoms on the grid, with what they show and where they were looked at."""

    images: NDArray[np.uint8]
    present: NDArray[np.bool_]
    gaze: NDArray[np.uint8]
    exact: NDArray[np.uint8]
    fixations: NDArray[np.float32]

    def examples(self, arm: Arm) -> Examples:
        """For a training, with the guides of a way of training."""
        known = np.ones_like(self.present)
        guides = None
        if arm.losses:
            maps = self.exact if arm.exact else self.gaze[:, None]
            guides = Guides(maps, np.ones(maps.shape[:2], bool))
        return Examples(self.images, self.present.astype(np.float32), known, guides)


def phantoms(name: str, start: int, count: int, cache: Path, processes: int) -> Phantoms:
    """Render those that the cache lacks."""
    labels = len(LABELS)
    shapes = {
        "images": (SIZE, SIZE),
        "present": (labels,),
        "gaze": (COARSE, COARSE),
        "exact": (labels, COARSE, COARSE),
        # Bytes of float32.
        "fixations": (LONGEST, 3 * 4),
    }
    folder = cache / f"gaze-{SIZE}-{fingerprint()}-{name}-{start}-{count}"
    arrays = rendered(folder, start, count, shapes, _phantom, processes)
    return Phantoms(
        arrays["images"],
        np.array(arrays["present"], bool),
        arrays["gaze"],
        arrays["exact"],
        np.array(arrays["fixations"]).view(np.float32),
    )


def _phantom(task: tuple[int, int]) -> tuple[int, dict[str, NDArray[np.uint8]]]:
    index, seed = task
    phantom = render(seed, shape=SHAPE)
    path = look(phantom)
    fixations = np.full((LONGEST, 3), np.nan, np.float32)
    kept = path.fixations[:LONGEST]
    # In pixels of the grid, which is stretched over the phantom.
    fixations[: len(kept), :2] = kept[:, :2] / SHAPE * SIZE
    fixations[: len(kept), 2] = kept[:, 3]
    return index, {
        "images": _on_grid(phantom.pixels, SIZE),
        "present": np.array([phantom.labels[label] for label in LABELS], np.uint8),
        "gaze": np.rint(heatmap(path, (COARSE, COARSE)) * 255).astype(np.uint8),
        "exact": np.stack([_on_grid(_mask(phantom, label), COARSE) for label in LABELS]),
        "fixations": fixations.view(np.uint8),
    }


def _mask(phantom: Phantom, label: str) -> NDArray[np.float32]:
    found = [finding.mask for finding in phantom.findings if finding.label == label]
    return np.any(found, axis=0).astype(np.float32) if found else np.zeros(SHAPE, np.float32)


def _on_grid(values: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    return np.rint(resample(values, size, Resize.STRETCH).values * 255).astype(np.uint8)


def trained(
    name: str, seed: int, training: Phantoms, validation: Phantoms, epochs: int, cache: Path
) -> UNet:
    """The network of a way of training; an interrupted training goes on."""
    arm = ARMS[name]
    about = described(arm)
    torch.manual_seed(seed)
    module = architecture.build(about)
    assert isinstance(module, UNet)
    recipe = Recipe(
        epochs=epochs,
        optimiser="adamw",
        rate=2e-3,
        decay=0.02,
        schedule="one-cycle",
        precision="32-true",
        seed=seed,
    )
    folder = cache / f"gaze-run-{fingerprint()}-{len(training.images)}-{epochs}-{name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    fabric = devices.fabric("cpu", 1, "32-true")
    fabric.launch()
    train(
        fabric,
        module,
        about.scaling,
        about.labels,
        training.examples(arm),
        validation.examples(ARMS["plain"]),
        recipe,
        CHANGES,
        folder,
        about={"arm": name},
        resume=True,
        losses=arm.losses,
    )
    return module


def described(arm: Arm) -> Manifest:
    """The network of a way of training."""
    return replace(SMALL, arch_options={**SMALL.arch_options, **arm.options})


def scored(module: UNet, held_out: Phantoms) -> dict[str, Any]:
    """Logits of held-out phantoms, and scores of maps of the findings that are present.

    Returns
    -------
    dict
        ``logits``, (N, L), and by map and score a list of N, each the mean over the phantom's
        findings; None without any.
    """
    fabric = devices.fabric("cpu", 1, "32-true")
    fabric.launch()
    logits = predicted(fabric, module, SMALL.scaling, held_out.images)
    rows: dict[str, dict[str, list[float | None]]] = {}
    for index in range(len(held_out.images)):
        labels = [n for n in np.flatnonzero(held_out.present[index]) if LABELS[n] in FINDINGS]
        found = _maps(module, held_out.images[index], labels) if labels else {}
        for kind in MAPS:
            for score in ("nss", "cc", "iou"):
                values = [
                    _score(score, found[kind][n], held_out, index, label)
                    for n, label in enumerate(labels)
                    if kind in found
                ]
                defined = [value for value in values if np.isfinite(value)]
                mean = float(np.mean(defined)) if defined else None
                rows.setdefault(kind, {}).setdefault(score, []).append(mean)
    return {"logits": logits.tolist(), "maps": rows}


def _maps(
    module: UNet, image: NDArray[np.uint8], labels: Sequence[int]
) -> dict[str, NDArray[np.float64]]:
    """Maps of some labels, each of shape (labels, SIZE, SIZE)."""
    mean, std = (float(part[0]) for part in (SMALL.scaling.mean, SMALL.scaling.std))
    batch = (torch.from_numpy(np.array(image))[None, None].float() / 255 - mean) / std
    with torch.no_grad():
        seen = module.whole(batch)
    run = Propagation(module, batch, COMPOSITES["epsilon_gamma_box"])
    relevance = run.hand_back(torch.diag(run.outputs)[list(labels)]).sum(1)
    prior = torch.from_numpy(centre_prior((SIZE, SIZE))).float()
    found = {
        "Grad-CAM": _fine(seen.evidence.clamp(min=0))[list(labels)],
        "LRP": relevance,
        "Centre prior": prior.expand(len(labels), SIZE, SIZE),
    }
    if seen.masks is not None:
        masks = _fine(seen.masks.sigmoid())
        found["Mask"] = masks.expand(len(LABELS), SIZE, SIZE)[list(labels)]
    return {name: values.double().numpy() for name, values in found.items()}


def _fine(maps: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(maps, (SIZE, SIZE), mode="bilinear")[0]


def _score(
    score: str, values: NDArray[np.float64], held_out: Phantoms, index: int, label: int
) -> float:
    if score == "nss":
        fixations = held_out.fixations[index]
        return saliency.nss(values, fixations[np.isfinite(fixations[:, 0])])
    if score == "cc":
        gaze = np.kron(held_out.gaze[index].astype(float), np.ones((4, 4)))
        return saliency.cc(values, gaze)
    positive = np.maximum(values, 0).astype(np.float32)
    level = Otsu().level(positive)
    exact = np.kron(held_out.exact[index, label] >= 128, np.ones((4, 4), bool))
    return iou(positive > level, exact) if exact.any() and np.isfinite(level) else float("nan")


def tables(found: Mapping[str, Sequence[Mapping[str, Any]]], present: NDArray[np.bool_]) -> str:
    """Everything as Markdown: each way against training without guidance."""
    lines = [
        "| training | macro AUC | gain by seeds, 95% | gain by phantoms, 95% | "
        + " | ".join(FINDINGS)
        + " |",
        "|---|" + "---|" * (3 + len(FINDINGS)),
    ]
    logits = {name: np.array([run["logits"] for run in runs]) for name, runs in found.items()}
    columns = [LABELS.index(label) for label in FINDINGS]
    for name, values in logits.items():
        areas = _macro(values, present, columns)
        gain = areas - _macro(logits["plain"], present, columns)
        mean = values.mean(0)
        cells = []
        for column in columns:
            one = roc.area(mean[:, column], present[:, column])
            cell = f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
            if name != "plain":
                other = logits["plain"].mean(0)[:, column]
                cell += f", p {roc.difference(mean[:, column], other, present[:, column]).p:.2g}"
            cells.append(cell)
        by_seeds = by_phantoms = ""
        if name != "plain":
            half = student.ppf(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
            by_seeds = f"{gain.mean():+.4f} [{gain.mean() - half:+.4f}, {gain.mean() + half:+.4f}]"
            drawn = bootstrap.interval(
                lambda times, values=values: float(  # type: ignore[misc]
                    np.mean(
                        _macro(values, present, columns, times)
                        - _macro(logits["plain"], present, columns, times)
                    )
                ),
                len(present),
                200,
            )
            by_phantoms = f"{drawn.estimate:+.4f} [{drawn.low:+.4f}, {drawn.high:+.4f}]"
        lines.append(
            f"| {ARMS[name].about} | {areas.mean():.4f} | {by_seeds} | {by_phantoms} | "
            + " | ".join(cells)
            + " |"
        )
    lines += ["", *_map_lines(found)]
    return "\n".join(lines) + "\n"


def _macro(
    logits: NDArray[np.float64],
    present: NDArray[np.bool_],
    columns: Sequence[int],
    times: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Of each seed, the mean AUC over the findings; of phantoms as often as they are drawn."""
    rows = np.arange(len(present)) if times is None else np.repeat(np.arange(len(present)), times)
    return np.array(
        [
            np.mean([roc.auc(one[rows, column], present[rows, column]) for column in columns])
            for one in logits
        ]
    )


def _map_lines(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """Scores of maps, the mean over seeds of each phantom; gains are paired by phantom."""
    lines = [
        "| training | map | NSS | gain | CC | gain | IoU with the finding | gain |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        for kind in MAPS:
            cells = []
            for score in ("nss", "cc", "iou"):
                own = _by_phantom(runs, kind, score)
                # A mask has no counterpart without guidance: the centre prior is its rival.
                rival = "Centre prior" if kind == "Mask" else kind
                other = _by_phantom(found["plain"], rival, score)
                if np.isnan(own).all():
                    break
                value, gain = bootstrap.means(np.stack([own, own - other], 1))
                cells.append(f"{value.estimate:.3f} [{value.low:.3f}, {value.high:.3f}]")
                plain = name == "plain" or kind == "Centre prior"
                cells.append(
                    "" if plain else f"{gain.estimate:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
                )
            if cells and not (kind == "Centre prior" and name != "plain"):
                lines.append(f"| {ARMS[name].about} | {kind} | " + " | ".join(cells) + " |")
    return lines


def _by_phantom(runs: Sequence[Mapping[str, Any]], kind: str, score: str) -> NDArray[np.float64]:
    table = np.array([run["maps"][kind][score] for run in runs], float)
    return np.asarray(table.mean(0))


def kept(options: argparse.Namespace, name: str, seed: int) -> Path:
    """The file of a network's scores."""
    asked = f"{options.count}-{options.test}-{options.epochs}"
    return Path(options.cache) / f"gaze-scores-{fingerprint()}-{asked}-{name}-{seed}.json"


def sides(options: argparse.Namespace) -> tuple[Phantoms, Phantoms, Phantoms]:
    """Phantoms to train on, to choose the epoch by, and held out."""
    training, validation, held_out = (
        phantoms(name, start, count, options.cache, options.processes)
        for name, start, count in (
            ("training", 80_000_000, options.count),
            ("validation", 81_000_000, max(options.count // 10, 50)),
            ("test", 82_000_000, options.test),
        )
    )
    return training, validation, held_out


def work(task: tuple[argparse.Namespace, str, int]) -> None:
    """Train and score a network."""
    options, name, seed = task
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    training, validation, held_out = sides(options)
    module = trained(name, seed, training, validation, options.epochs, options.cache)
    scores = json.dumps(scored(module, held_out))
    write_atomically(kept(options, name, seed), scores.encode())


def main() -> None:
    """Render, train, score, tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=2000, help="training phantoms")
    parser.add_argument("--test", type=int, default=500, help="held-out phantoms")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--arm", action="append", choices=tuple(ARMS), help="all unless said")
    parser.add_argument("--processes", type=int, default=2, help="each of one thread")
    parser.add_argument("--cache", type=Path, default=Path("build/phantom-training"))
    options = parser.parse_args()
    held_out = sides(options)[-1]
    names = dict.fromkeys(["plain", *(options.arm or ARMS)])
    runs = [(name, seed) for seed in range(options.seeds) for name in names]
    tasks = [(options, *run) for run in runs if not kept(options, *run).exists()]
    made = each(work, tasks, options.processes)
    for _ in tqdm(made, "networks", len(runs), initial=len(runs) - len(tasks)):
        pass
    found: dict[str, list[dict[str, Any]]] = {}
    for name, seed in runs:
        found.setdefault(name, []).append(json.loads(kept(options, name, seed).read_text()))
    print(tables(found, held_out.present))


if __name__ == "__main__":
    main()
