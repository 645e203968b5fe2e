"""The training loop: seeded, checkpointed after every epoch, resumable."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from shamsul.classifiers.classifier import Classifier
from shamsul.training.augmentation import augment
from shamsul.training.cases import Cases
from shamsul.training.evaluation import mean_auc

_BATCH: Final = 32


class TrainingError(Exception):
    """Training cannot start or go on; the message is one sentence."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Attributes
    ----------
    epochs : int
    seed : int
        Of the initial weights, the order of cases and their augmentation.
    bfloat16 : bool
        Convolve in bfloat16; weights and loss stay float32.
    peak_rate : float
        Largest learning rate of the one-cycle policy.
    weight_decay : float
        Of convolutions and the last layer; not of biases and batch normalisation.
    """

    epochs: int
    seed: int
    bfloat16: bool
    peak_rate: float = 3e-3
    weight_decay: float = 0.02


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave."""

    number: int
    loss: float
    validation_auc: float
    seconds: float


def train(
    classifier: Classifier,
    training: Cases,
    validation: Cases,
    schedule: Schedule,
    checkpoint: Path,
    *,
    resume: bool,
) -> list[Epoch]:
    """Train a classifier's module in place, from labels alone.

    Binary cross-entropy of each label's logit, AdamW, one-cycle learning rate.

    Parameters
    ----------
    classifier : Classifier
        Left in evaluation mode, its parameters without gradients.
    training, validation : Cases
        The validation AUC is printed after every epoch and decides nothing.
    schedule : Schedule
    checkpoint : Path
        Written after every epoch.
    resume : bool
        Go on from the checkpoint if there is one.

    Raises
    ------
    TrainingError
        The checkpoint belongs to another schedule or number of cases.
    """
    module = classifier.module.requires_grad_(True)
    optimiser = torch.optim.AdamW(_groups(module, schedule.weight_decay), lr=schedule.peak_rate)
    steps = -(-len(training) // _BATCH)
    rates = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, schedule.peak_rate, epochs=schedule.epochs, steps_per_epoch=steps
    )
    run = {**asdict(schedule), "cases": len(training)}
    history: list[Epoch] = []
    if resume and checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        if saved["run"] != run:
            raise TrainingError(
                f"{checkpoint} belongs to another run ({saved['run']}); give its options, or "
                "leave out --resume."
            )
        module.load_state_dict(saved["module"])
        optimiser.load_state_dict(saved["optimiser"])
        rates.load_state_dict(saved["rates"])
        history = [Epoch(**epoch) for epoch in saved["history"]]
    for number in range(len(history) + 1, schedule.epochs + 1):
        start = time.monotonic()
        loss = _epoch(classifier, training, optimiser, rates, schedule, number)
        score = mean_auc(logits(classifier, validation), validation.present)
        history.append(Epoch(number, loss, score, time.monotonic() - start))
        state = {
            "run": run,
            "module": module.state_dict(),
            "optimiser": optimiser.state_dict(),
            "rates": rates.state_dict(),
            "history": [asdict(epoch) for epoch in history],
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        os.replace(checkpoint.with_suffix(".new"), checkpoint)
        print(
            f"epoch {number}/{schedule.epochs}: loss {loss:.4f}, mean validation AUC {score:.4f}, "
            f"{history[-1].seconds:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    module.eval().requires_grad_(False)
    return history


def logits(classifier: Classifier, cases: Cases) -> NDArray[np.float32]:
    """Logits of cases, shape (N, L), without holding all of them as float32 at once."""
    classifier.module.eval()
    parts = [
        classifier.logits(cases.images[start : start + 256].astype(np.float32) / 255)
        for start in range(0, len(cases), 256)
    ]
    return np.concatenate(parts)


def faster_in_bfloat16(classifier: Classifier) -> bool:
    """Time two training steps each way; only some processors have bfloat16 arithmetic."""
    size, labels = classifier.manifest.input_size, len(classifier.manifest.labels)
    images, present = torch.rand(_BATCH, 1, size, size), torch.zeros(_BATCH, labels)
    module = classifier.module.requires_grad_(True)
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    seconds = {}
    for bfloat16 in (False, True):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            _loss(classifier, images, present, bfloat16).backward()  # type: ignore[no-untyped-call]
            times.append(time.perf_counter() - start)
        seconds[bfloat16] = min(times[1:])
    module.zero_grad()
    module.load_state_dict(state)  # the statistics of batch normalisation
    return seconds[True] < seconds[False]


def _groups(module: nn.Module, decay: float) -> list[dict[str, object]]:
    parameters = list(module.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _epoch(
    classifier: Classifier,
    training: Cases,
    optimiser: torch.optim.Optimizer,
    rates: torch.optim.lr_scheduler.LRScheduler,
    schedule: Schedule,
    number: int,
) -> float:
    """Mean loss over one pass; the epoch's number is part of its seed, as resuming needs."""
    classifier.module.train()
    total = 0.0
    for images, present in _batches(training, schedule.seed, number):
        loss = _loss(classifier, images, present, schedule.bfloat16)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        rates.step()
        total += loss.item() * len(images)
    return total / len(training)


def _batches(
    training: Cases, seed: int, number: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    order = np.random.default_rng([seed, number]).permutation(len(training))
    generator = torch.Generator().manual_seed(seed * 1000 + number)
    starts = tqdm(
        range(0, len(order), _BATCH),
        desc=f"epoch {number}",
        mininterval=0.5 if sys.stderr.isatty() else 30,
        leave=False,
    )
    for start in starts:
        chosen = np.sort(order[start : start + _BATCH])
        images = torch.from_numpy(training.images[chosen])[:, None].float() / 255
        yield augment(images, generator), torch.from_numpy(training.present[chosen]).float()


def _loss(
    classifier: Classifier, images: torch.Tensor, present: torch.Tensor, bfloat16: bool
) -> torch.Tensor:
    casting: AbstractContextManager[None] = torch.autocast("cpu", torch.bfloat16, enabled=bfloat16)
    with casting:
        output = classifier.module(classifier.normalise(images))
    return nn.functional.binary_cross_entropy_with_logits(output.float(), present)
