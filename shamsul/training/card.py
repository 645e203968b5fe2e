"""The trained model's folder: weights, manifest, model card and metrics."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from shamsul.classifiers import weights
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.folder import TRAINING_MEAN
from shamsul.training.cases import Split
from shamsul.training.evaluation import GROUPS, REPLICATES, Auc
from shamsul.training.loop import History
from shamsul.training.recipe import Recipe

Results = Mapping[str, Mapping[str, Auc]]

_CARD: Final = """\
# The phantom classifier

A small DenseNet ({parameters} parameters) that names findings in SHAMSUL's synthetic chest
radiographs ("phantoms", `shamsul.phantom`). It comes with SHAMSUL so that every explanation can be
tried at once, without a download, on pictures whose findings are known exactly.

**It has never seen a patient, and says nothing about one.** Do not use it on real radiographs: its
probabilities there mean nothing, however plausible they look.

## How it was made
- Data: {training} phantoms for training, {validation} for operating points, {test} and {full_test}
  for the results below. No seed serves two purposes: {seeds}.
- Phantom source code: SHA-256 `{phantom}...` of `shamsul/phantom/*.py`.
- Input: {size} x {size} pixels, the radiograph stretched. Training phantoms are rendered at
  {shapes} pixels and brought onto the model's grid as every radiograph is.
- Learned from labels alone; the findings' masks were never shown. Binary cross-entropy, AdamW,
  one-cycle learning rate, {epochs} epochs, seed {seed}{bfloat16}; light shifts, turns, scaling,
  contrast, brightness, gamma, blur and noise; never mirrored. The weights are
  those of epoch {best}, which had the greatest mean AUC on the validation phantoms.
- Operating points: largest sensitivity + specificity - 1 (Youden's J) on the validation phantoms.
- torch {torch}. The numbers change a little with the processor and the version of torch.

```
{command}
```

## Results on held-out phantoms
Area under the ROC curve [95% interval; {replicates} bootstrap replicates over cases]. Columns by
grade compare the cases with a finding of that grade with those without the finding. The mean is
over the six findings, without "No Finding".

Rendered at {test_shape} pixels, {test} cases:

{test_table}

Rendered at {full_shape} pixels, as the app shows them, {full_test} cases:

{full_table}

## Limits
- Phantoms are far simpler than people: one kind of projection, few diseases, no history. Success
  here is no evidence of success elsewhere.
- Subtle findings are made to be missed, and often are.
- What it looks at is its own affair: it was never told where a finding lies. That is why its
  explanations are worth studying.
- Probabilities are right only for phantoms in which a finding is as frequent as in training.
"""


@dataclass(frozen=True)
class Evaluation:
    """Results on one split."""

    split: Split
    results: Results


@dataclass(frozen=True)
class Report:
    """All that is told about a training run.

    Attributes
    ----------
    command : str
        Reproduces it.
    phantom : str
        Fingerprint of the phantom's source.
    training, validation : Split
    recipe : Recipe
    history : History
    thresholds : mapping of str to float
    test, full_test : Evaluation
        At the training resolution, and at the app's.
    """

    command: str
    phantom: str
    training: Split
    validation: Split
    recipe: Recipe
    history: History
    thresholds: Mapping[str, float]
    test: Evaluation
    full_test: Evaluation

    @property
    def splits(self) -> tuple[Split, ...]:
        """All splits."""
        return self.training, self.validation, self.test.split, self.full_test.split


def write_folder(
    folder: Path, classifier: Classifier, report: Report, training_mean: NDArray[np.uint8]
) -> None:
    """Write weights, manifest, card, metrics and the mean training image of shape (h, w)."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = replace(
        classifier.manifest,
        sha256=weights.write(classifier.module.state_dict(), folder),
        thresholds=report.thresholds,
    )
    manifest.write(folder)
    Image.fromarray(training_mean).save(folder / TRAINING_MEAN)
    (folder / "card.md").write_text(card(classifier, report), encoding="utf-8")
    (folder / "metrics.json").write_text(metrics(report), encoding="utf-8")


def metrics(report: Report) -> str:
    """Everything in the report as JSON; undefined numbers are null."""
    content = {
        "command": report.command,
        "phantom": report.phantom,
        "torch": torch.__version__,
        "splits": {
            split.name: {
                "seeds": [split.seeds.start, split.seeds.stop],
                "shapes": sorted(set(split.shapes)),
            }
            for split in report.splits
        },
        "recipe": report.recipe.model_dump(mode="json"),
        "history": [epoch.to_json() for epoch in report.history.epochs],
        "best_epoch": report.history.best,
        "thresholds": dict(report.thresholds),
        "auc": {
            evaluation.split.name: {
                label: {group: _plain(result) for group, result in groups.items()}
                for label, groups in evaluation.results.items()
            }
            for evaluation in (report.test, report.full_test)
        },
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _plain(result: Auc) -> dict[str, float | None]:
    return {
        name: round(value, 5) if math.isfinite(value) else None
        for name, value in asdict(result).items()
    }


def card(classifier: Classifier, report: Report) -> str:
    """The model card, Markdown."""
    return _CARD.format(
        parameters=f"{sum(p.numel() for p in classifier.module.parameters()):,}",
        training=len(report.training.seeds),
        validation=len(report.validation.seeds),
        test=len(report.test.split.seeds),
        full_test=len(report.full_test.split.seeds),
        phantom=report.phantom,
        seeds=", ".join(
            f"{split.name} {split.seeds.start} to {split.seeds.stop - 1}" for split in report.splits
        ),
        size=classifier.manifest.input_size,
        shapes=" or ".join(_shape(shape) for shape in sorted(set(report.training.shapes))),
        epochs=report.recipe.epochs,
        best=report.history.best,
        seed=report.recipe.seed,
        bfloat16=", convolutions in bfloat16" if report.recipe.precision == "bf16-mixed" else "",
        torch=torch.__version__,
        command=report.command,
        replicates=REPLICATES,
        test_shape=" or ".join(_shape(shape) for shape in sorted(set(report.test.split.shapes))),
        full_shape=_shape(report.full_test.split.shapes[0]),
        test_table=table(report.test.results),
        full_table=table(report.full_test.results),
    )


def _shape(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"


def table(results: Results) -> str:
    """Results as a Markdown table: a row per label, a column per group of grades."""
    lines = [f"| label | {' | '.join(GROUPS)} |", "|---|" + "---|" * len(GROUPS)]
    lines += [
        f"| {label} | {' | '.join(_cell(groups.get(group)) for group in GROUPS)} |"
        for label, groups in results.items()
    ]
    return "\n".join(lines)


def _cell(result: Auc | None) -> str:
    if result is None:
        return ""
    if not math.isfinite(result.value):
        return "undefined"
    return f"{result.value:.3f} [{result.low:.3f}, {result.high:.3f}]"
