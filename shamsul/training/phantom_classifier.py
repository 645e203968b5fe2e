"""Train the bundled classifier: ``python -m shamsul.training.phantom_classifier``.

Renders phantoms into a cache, trains a small DenseNet on their labels, evaluates it on held-out
phantoms and writes the model folder. Each stage goes on where an interrupted run stopped, training
itself with ``--resume``.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import nn

import shamsul.phantom
from shamsul.classifiers.architecture import build
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.phantom import LABELS
from shamsul.settings import ASSETS
from shamsul.training import devices
from shamsul.training.card import Evaluation, Report, write_folder
from shamsul.training.cases import GRID_SIZE, Cases, Render, Split, cases, fingerprint
from shamsul.training.evaluation import evaluate, operating_point
from shamsul.training.kept import CHECKPOINT
from shamsul.training.loop import Examples, TrainingError, train
from shamsul.training.recipe import Augmentation, Recipe

#: Low resolution is quick to render and looks the same on the model's grid; a twentieth is
#: rendered finer, so that the small difference in sharpness does not matter.
TRAINING_SHAPES: Final = ((288, 240),) * 19 + ((512, 432),)
#: As the app shows phantoms.
FULL_SHAPE: Final = (1024, 864)
BUNDLED: Final = ASSETS / "models" / "phantom"
MANIFEST: Final = Manifest(
    name="phantom",
    arch="torchvision/densenet",
    labels=LABELS,
    input_size=GRID_SIZE,
    channels=1,
    normalisation=Normalisation((0.5,), (0.25,)),
    resize=Resize.STRETCH,
    sha256="0" * 64,
    trained_on="Synthetic radiographs (SHAMSUL phantoms) only. It has never seen a patient.",
    arch_options={"growth_rate": 16, "block_config": (4, 6, 8, 6), "num_init_features": 32},
)
#: Light, and never mirrored: left and right tell the heart's side.
CHANGES: Final = Augmentation(
    shift=0.05,
    turn=6,
    scale=0.08,
    contrast=0.2,
    brightness=0.08,
    gamma=0.25,
    blur=0.3,
    noise=0.02,
)
_PROGRAM: Final = "python -m shamsul.training.phantom_classifier"


def main(arguments: Sequence[str] | None = None, *, render: Render = shamsul.phantom.render) -> int:
    """Run the command; `render` is replaced in tests.

    Returns
    -------
    int
        0 done, 2 bad usage.
    """
    options = _parser().parse_args(arguments)
    try:
        _run(options, render)
    except TrainingError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Train the bundled classifier on phantoms.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    cores = os.cpu_count() or 1
    add = parser.add_argument
    add("--train-count", type=_positive, default=10_000, help="training phantoms")
    add("--validation-count", type=_positive, default=1000, help="phantoms for operating points")
    add("--test-count", type=_positive, default=1000, help="held-out phantoms")
    add("--full-test-count", type=_positive, default=250, help="held-out phantoms at full size")
    add("--epochs", type=_positive, default=10, help="passes over the training phantoms")
    add("--seed", type=int, default=0, help="of weights, order and augmentation")
    add("--out", type=Path, default=BUNDLED, help="model folder to write")
    add("--cache", type=Path, default=Path("build/phantom-training"), help="of phantoms and runs")
    add("--threads", type=_positive, default=cores, help="of training")
    add("--processes", type=int, default=cores, help="of rendering; 0: no other process")
    add(
        "--precision",
        choices=("auto", "32-true", "bf16-mixed"),
        default="auto",
        help="of training; auto: the faster one here",
    )
    add(
        "--shuffle-labels",
        action="store_true",
        help="give each training phantom another one's labels, for the test of explanations by "
        "label randomisation",
    )
    add("--resume", action="store_true", help="go on from the last finished epoch")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _splits(options: argparse.Namespace) -> tuple[Split, Split, Split, Split]:
    """Training, validation, test and full-size test; far from the small seeds that people use."""

    def seeds(start: int, count: int) -> range:
        return range(start, start + count)

    return (
        Split("training", seeds(10_000_000, options.train_count), TRAINING_SHAPES),
        Split("validation", seeds(20_000_000, options.validation_count), TRAINING_SHAPES),
        Split("test", seeds(30_000_000, options.test_count), TRAINING_SHAPES),
        Split("full-size test", seeds(40_000_000, options.full_test_count), (FULL_SHAPE,)),
    )


def _run(options: argparse.Namespace, render: Render) -> None:
    if options.shuffle_labels and options.out == BUNDLED:
        raise TrainingError(
            "--shuffle-labels needs --out: the bundled model is not to be replaced."
        )
    splits = _splits(options)
    data = [
        cases(split, options.cache, processes=options.processes, render=render) for split in splits
    ]
    training, validation, test, full_test = data
    manifest, run = MANIFEST, f"run-{fingerprint()}-{options.seed}"
    if options.shuffle_labels:
        training = training.with_shuffled_labels(options.seed)
        manifest = replace(
            MANIFEST,
            name=f"{MANIFEST.name}-shuffled-labels",
            trained_on=f"{MANIFEST.trained_on} Their labels were shuffled: it knows nothing.",
        )
        run += "-shuffled-labels"
    torch.manual_seed(options.seed)
    module = build(manifest)
    torch.set_num_threads(options.threads)
    recipe = Recipe(
        epochs=options.epochs,
        optimiser="adamw",
        rate=3e-3,
        decay=0.02,
        schedule="one-cycle",
        seed=options.seed,
    )
    precision = _precision(options, recipe, module, options.cache / run / CHECKPOINT)
    recipe = recipe.model_copy(update={"precision": precision})
    fabric = devices.fabric("cpu", 1, precision)
    fabric.launch()
    (options.cache / run).mkdir(parents=True, exist_ok=True)
    history = train(
        fabric,
        module,
        manifest.scaling,
        manifest.labels,
        _examples(training),
        _examples(validation),
        recipe,
        CHANGES,
        options.cache / run,
        about={"cases": len(training)},
        resume=options.resume,
    )
    classifier = Classifier(manifest, module)
    report = Report(
        command=(
            f"{_PROGRAM} --train-count {options.train_count} "
            f"--validation-count {options.validation_count} --test-count {options.test_count} "
            f"--full-test-count {options.full_test_count} --epochs {options.epochs} "
            f"--seed {options.seed} --precision {precision}"
            f"{' --shuffle-labels' if options.shuffle_labels else ''}"
        ),
        phantom=fingerprint(),
        training=splits[0],
        validation=splits[1],
        recipe=recipe,
        history=history,
        thresholds=_thresholds(classifier, validation),
        test=_evaluation(classifier, splits[2], test, options.seed),
        full_test=_evaluation(classifier, splits[3], full_test, options.seed),
    )
    write_folder(options.out, classifier, report, training.mean())
    for evaluation in (report.test, report.full_test):
        means = evaluation.results["Mean"]
        line = ", ".join(f"{group} {result.value:.3f}" for group, result in means.items())
        print(f"mean AUC, {evaluation.split.name}: {line}", file=sys.stderr)


def _precision(
    options: argparse.Namespace, recipe: Recipe, module: nn.Module, checkpoint: Path
) -> str:
    if options.precision != "auto":
        return str(options.precision)
    kept = devices.remembered(checkpoint) if options.resume else None
    return kept or devices.precision(recipe, module, 1, GRID_SIZE)


def _examples(cases: Cases) -> Examples:
    """All labels of a phantom are known."""
    present = cases.present.astype(np.float32)
    return Examples(cases.images, present, np.ones_like(cases.present))


def _logits(classifier: Classifier, cases: Cases) -> NDArray[np.float32]:
    """Logits of cases, shape (N, L), without holding all of them as float32 at once."""
    parts = [
        classifier.logits(cases.images[start : start + 256].astype(np.float32) / 255)
        for start in range(0, len(cases), 256)
    ]
    return np.concatenate(parts)


def _thresholds(classifier: Classifier, validation: Cases) -> dict[str, float]:
    probabilities = expit(_logits(classifier, validation).astype(float))
    return {
        label: operating_point(probabilities[:, column], validation.present[:, column])
        for column, label in enumerate(LABELS)
    }


def _evaluation(classifier: Classifier, split: Split, held_out: Cases, seed: int) -> Evaluation:
    return Evaluation(split, evaluate(_logits(classifier, held_out), held_out, seed=seed))


if __name__ == "__main__":
    sys.exit(main())
