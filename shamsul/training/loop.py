"""The training loop: seeded, on one device or many, kept after every epoch, resumed exactly.

What a step does depends on the seed, the epoch and the images of the step alone: neither on how
many processes share it nor on whether the run was interrupted before.
"""

import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import lr_scheduler
from tqdm import tqdm

from shamsul.classifiers.manifest import Normalisation
from shamsul.classifiers.unet import UNet
from shamsul.metrics.roc import auc
from shamsul.storage.atomic import replacing, write_atomically
from shamsul.training.augmentation import augment, move
from shamsul.training.curves import curves
from shamsul.training.epoch import Epoch
from shamsul.training.guidance import Guides, Term, terms, total_guidance
from shamsul.training.kept import CHECKPOINT, CURVES, LOG, write_log
from shamsul.training.loss import balance, total_loss
from shamsul.training.recipe import AUXILIARY, Augmentation, Recipe


class TrainingError(Exception):
    """Training cannot start or go on; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Images on the model's grid with what they show.

    Attributes
    ----------
    pixels : ndarray of shape (N, h, w), uint8
        Brightness in 255ths; may be a memory map.
    values : ndarray of shape (N, L), float32, in [0, 1]
    known : ndarray of shape (N, L), bool
    guides : Guides, optional
        Where people looked, or what they marked.
    """

    pixels: NDArray[np.uint8]
    values: NDArray[np.float32]
    known: NDArray[np.bool_]
    guides: Guides | None = None

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(frozen=True)
class History:
    """A finished run.

    Attributes
    ----------
    epochs : tuple of Epoch
    best : int
        Number of the epoch whose weights are kept: that with the greatest `Epoch.auc`, the first
        of several; the last where no label has an AUC.
    """

    epochs: tuple[Epoch, ...]
    best: int


def train(
    fabric: Fabric,
    module: nn.Module,
    scaling: Normalisation,
    labels: tuple[str, ...],
    training: Examples,
    validation: Examples,
    recipe: Recipe,
    changes: Augmentation,
    folder: Path,
    *,
    about: Mapping[str, object],
    resume: bool,
    losses: Mapping[str, float] = MappingProxyType({}),
) -> History:
    """Train a module in place; it has the weights of the best epoch then.

    Parameters
    ----------
    fabric : Fabric
        Launched.
    module : Module
        From normalised images (N, C, h, w) to logits (N, L).
    scaling : Normalisation
        Of the module's input.
    labels : tuple of L str
    training, validation : Examples
        The latter chooses the epoch.
    recipe : Recipe
    changes : Augmentation
    folder : Path
        Gets `CHECKPOINT`, `LOG` and `CURVES` after every epoch.
    about : mapping
        What else the run is told from others by, such as its data; plain values.
    resume : bool
        Go on from the checkpoint, if there is one.
    losses : mapping of str to float
        Weights of the losses of `shamsul.training.guidance.LOSSES` that the training's guides are
        for; the module is a U-Net then.

    Raises
    ------
    TrainingError
        The checkpoint is another run's, or the loss is no number.
    """
    this = identity(recipe, changes, labels, about)
    loop = _Loop(fabric, module, scaling, this, training, recipe, changes, losses)
    checkpoint = folder / CHECKPOINT
    if resume and checkpoint.exists():
        loop.load(checkpoint)
        if fabric.is_global_zero:
            write_log(folder / LOG, labels, loop.epochs)
    with tqdm(
        desc="training",
        total=recipe.epochs * loop.steps,
        initial=len(loop.epochs) * loop.steps,
        mininterval=0.5 if sys.stderr.isatty() else 30,
        disable=not fabric.is_global_zero,
    ) as bar:
        while len(loop.epochs) < recipe.epochs:
            loop.epoch(validation, bar)
            if fabric.is_global_zero:
                loop.keep(checkpoint)
                write_log(folder / LOG, labels, loop.epochs)
                write_atomically(folder / CURVES, curves(loop.epochs, loop.best))
                bar.write(_told(loop.epochs[-1], recipe.epochs), file=sys.stderr)
            fabric.barrier()
    module.load_state_dict(loop.best_state)
    module.eval().requires_grad_(False)
    return History(tuple(loop.epochs), loop.best)


def identity(
    recipe: Recipe, changes: Augmentation, labels: tuple[str, ...], about: Mapping[str, object]
) -> dict[str, object]:
    """What a run is told from others by; only the same one can be gone on with."""
    return {
        "recipe": recipe.model_dump(mode="json"),
        "changes": changes.model_dump(mode="json"),
        "labels": list(labels),
        **about,
    }


def of_run(checkpoint: Path, this: Mapping[str, object], device: torch.device) -> dict[str, Any]:
    """What a checkpoint keeps.

    Raises
    ------
    TrainingError
        It cannot be read, or is another run's.
    """
    try:
        saved: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location=device)
        run = saved["run"]
    except Exception as error:
        raise TrainingError(f"{checkpoint} cannot be read ({type(error).__name__}).") from None
    if run != this:
        raise TrainingError(
            f"{checkpoint} is another run's: give the configuration it was begun with, or begin "
            "anew in another folder."
        )
    return saved


def predicted(
    fabric: Fabric, module: nn.Module, scaling: Normalisation, pixels: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Logits of images, shape (N, L), by all processes together, in evaluation mode."""
    module.eval()
    batch, world = 64, fabric.world_size
    rows: torch.Tensor | None = None
    with torch.inference_mode():
        for start in range(fabric.global_rank * batch, len(pixels), world * batch):
            part = slice(start, start + batch)
            logits = module(_scaled(fabric, module, pixels[part], scaling)).float()
            if rows is None:
                rows = torch.zeros(len(pixels), logits.shape[1], device=fabric.device)
            rows[part] = logits
        if rows is None:
            # Every process takes part, also one for which no image is left.
            width = module(_scaled(fabric, module, pixels[:1], scaling)).shape[1]
            rows = torch.zeros(len(pixels), width, device=fabric.device)
        total = fabric.all_reduce(rows, reduce_op="sum")
    assert isinstance(total, torch.Tensor)
    return total.cpu().numpy()


def mean_auc(
    logits: NDArray[np.floating], values: NDArray[np.floating], known: NDArray[np.bool_]
) -> tuple[float, tuple[float, ...]]:
    """The mean AUC, and that of each label, over what is known and certain; NaN where undefined.

    Parameters
    ----------
    logits, values : ndarray of shape (N, L)
        Values other than 0 and 1, those of smoothed labels, are left out.
    known : ndarray of shape (N, L), bool
    """
    certain = known & ((values == 0) | (values == 1))
    each = []
    for column in range(logits.shape[1]):
        rows = certain[:, column]
        each.append(auc(logits[rows, column], values[rows, column] == 1))
    defined = [value for value in each if np.isfinite(value)]
    return float(np.mean(defined)) if defined else float("nan"), tuple(each)


class _Loop:
    """A run between two epochs."""

    def __init__(
        self,
        fabric: Fabric,
        module: nn.Module,
        scaling: Normalisation,
        run: Mapping[str, object],
        training: Examples,
        recipe: Recipe,
        changes: Augmentation,
        losses: Mapping[str, float],
    ) -> None:
        self.fabric, self.recipe, self.changes = fabric, recipe, changes
        self.guidance: tuple[Term, ...] = ()
        if losses:
            assert training.guides is not None and isinstance(module, UNet)
            self.guidance = terms(
                losses, training.values, training.known, training.guides, module.masks
            )
        self.training, self.scaling, self.run = training, scaling, dict(run)
        # An image of which nothing is known would still change the statistics of its batch.
        self.rows = np.flatnonzero(training.known.any(1))
        if not len(self.rows):
            raise TrainingError("No label of any training image is known.")
        self.steps = -(-len(self.rows) // recipe.batch)
        self.epochs: list[Epoch] = []
        self.best = 0
        self.best_state: Mapping[str, torch.Tensor] = {}
        self.module = module.to(memory_format=torch.channels_last)
        if fabric.world_size > 1 and fabric.device.type == "cuda":
            self.module = nn.SyncBatchNorm.convert_sync_batchnorm(self.module)  # type: ignore[no-untyped-call]
        self.still = _freeze(self.module, recipe)
        optimiser = _optimiser(self.module, recipe)
        self.net, self.optimiser = fabric.setup(self.module, optimiser)
        if self.guidance:
            self.net.mark_forward_method("whole")
        self.rates = _schedule(self.optimiser, recipe, self.steps)
        self.weights = None
        if recipe.weights == "balanced":
            values, known = map(torch.from_numpy, (training.values, training.known))
            self.weights = balance(values, known).to(self._floats())

    def _floats(self) -> torch.Tensor:
        """A number of the kind that the module computes with, where it is."""
        return next(self.module.parameters()).new_zeros(())

    def epoch(self, validation: Examples, bar: "tqdm[Any]") -> None:
        """One pass over the training images, then one over those for validation."""
        start, number = time.monotonic(), len(self.epochs) + 1
        # Of dropout, of which each process has its own.
        torch.manual_seed(_seed(self.recipe.seed, number, self.fabric.global_rank))
        self.net.train()
        for one in self.still:
            one.eval()
        total = torch.zeros(2, dtype=torch.float64)
        for rows in self._batches(number):
            total += self._step(rows, number)
            bar.update()
        total = self._summed(total)
        loss = float(total[0]) / max(int(self.training.known.sum()), 1)
        guidance = float(total[1]) / self.steps
        if not np.isfinite(loss + guidance):
            raise TrainingError(
                f"The loss is no number in epoch {number}: training needs a smaller rate."
            )
        logits = predicted(self.fabric, self.net, self.scaling, validation.pixels)
        mean, each = mean_auc(logits, validation.values, validation.known)
        of_validation = self._loss_of(logits, validation)
        if self.recipe.schedule == "plateau":
            self.rates.step(of_validation)
        elif self.recipe.schedule == "cosine":
            self.rates.step()
        rate = max(group["lr"] for group in self.optimiser.param_groups)
        seconds = time.monotonic() - start
        self.epochs.append(Epoch(number, loss, of_validation, mean, each, rate, seconds, guidance))
        self._choose()

    def _batches(self, number: int) -> Iterator[NDArray[np.intp]]:
        """The images of each step, of all processes."""
        order = np.random.default_rng([self.recipe.seed, number]).permutation(self.rows)
        for start in range(0, len(order), self.recipe.batch):
            yield np.sort(order[start : start + self.recipe.batch])

    def _step(self, rows: NDArray[np.intp], number: int) -> torch.Tensor:
        """Of this process's share, the sum of the labels' losses and its part of the guidance.

        The gradient is of the means of all processes' losses.
        """
        fabric, training = self.fabric, self.training
        count = max(int(training.known[rows].sum()), 1)
        mine = rows[fabric.global_rank :: fabric.world_size]
        known = torch.from_numpy(training.known[mine])
        if not len(mine):
            # Every process must take the step: this one with an image that does not count.
            mine, known = rows[:1], torch.zeros(1, training.known.shape[1], dtype=torch.bool)
        like = self._floats()
        values = torch.from_numpy(training.values[mine]).to(like)
        images = _brightness(training.pixels[mine]).to(like)
        seeds = [_seed(self.recipe.seed, number, int(row)) for row in mine]
        images = augment(images, seeds, self.changes)
        images = _normalised(images, self.scaling)
        guidance = torch.zeros_like(like)
        if self.guidance:
            seen = self.net.whole(images)
            logits = seen.logits
            guides = self._guides(mine, seeds).to(like)
            counted = mine if known.any() else mine[:0]
            guidance = total_guidance(self.guidance, seen, guides, rows, counted)
        else:
            logits = self.net(images)
        loss = total_loss(
            logits.to(like.dtype), values, known.to(like.device), self.weights, self.recipe
        )
        self.optimiser.zero_grad()
        # Processes average their gradients.
        fabric.backward((loss / count + guidance) * fabric.world_size)
        self.optimiser.step()
        if self.recipe.schedule == "one-cycle":
            self.rates.step()
        return torch.stack([loss, guidance]).detach().double().cpu()

    def _guides(self, mine: NDArray[np.intp], seeds: Sequence[int]) -> torch.Tensor:
        """The guides of images, changed as these are."""
        assert self.training.guides is not None
        maps = torch.from_numpy(np.array(self.training.guides.maps[mine]))
        return move(maps.float() / 255, seeds, self.changes)

    def _summed(self, value: torch.Tensor) -> torch.Tensor:
        summed = self.fabric.all_reduce(value.to(self.fabric.device), reduce_op="sum")
        assert isinstance(summed, torch.Tensor)
        return summed.cpu()

    def _loss_of(self, logits: NDArray[np.float32], examples: Examples) -> float:
        known = torch.from_numpy(examples.known)
        parts = (torch.from_numpy(logits), torch.from_numpy(examples.values), known)
        weights = None if self.weights is None else self.weights.float().cpu()
        return float(total_loss(*parts, weights, self.recipe)) / max(int(known.sum()), 1)

    def _choose(self) -> None:
        scores = [epoch.auc for epoch in self.epochs]
        defined = [score for score in scores if np.isfinite(score)]
        best = scores.index(max(defined)) + 1 if defined else len(scores)
        if best == len(scores):
            state = self.module.state_dict()
            self.best_state = {name: value.detach().cpu().clone() for name, value in state.items()}
            self.best = best

    def keep(self, path: Path) -> None:
        """Write all that the next epoch needs."""
        state = {
            "run": self.run,
            "module": self.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rates": self.rates.state_dict(),
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "best": self.best,
            "best_state": dict(self.best_state),
            "scaler": self.fabric.strategy.precision.state_dict(),
        }
        with replacing(path) as file:
            torch.save(state, file)

    def load(self, path: Path) -> None:
        """Go on where a run stopped."""
        saved = of_run(path, self.run, self.fabric.device)
        self.module.load_state_dict(saved["module"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.rates.load_state_dict(saved["rates"])
        self.fabric.strategy.precision.load_state_dict(saved["scaler"])
        self.epochs = [Epoch(**one | {"aucs": tuple(one["aucs"])}) for one in saved["epochs"]]
        self.best, self.best_state = saved["best"], saved["best_state"]


def _told(epoch: Epoch, epochs: int) -> str:
    return (
        f"epoch {epoch.number}/{epochs}: loss {epoch.loss:.4f}, on validation "
        f"{epoch.validation_loss:.4f}, mean AUC {epoch.auc:.4f}, {epoch.seconds:.0f} s"
    )


def _seed(*numbers: int) -> int:
    """One number of several, alike for no other several."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _brightness(pixels: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(np.array(pixels))[:, None].float() / 255


def _normalised(images: torch.Tensor, scaling: Normalisation) -> torch.Tensor:
    mean, std = (images.new_tensor(part).view(1, -1, 1, 1) for part in (scaling.mean, scaling.std))
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def _scaled(
    fabric: Fabric, module: nn.Module, pixels: NDArray[np.uint8], scaling: Normalisation
) -> torch.Tensor:
    like = next(module.parameters())
    return _normalised(_brightness(pixels).to(fabric.device, like.dtype), scaling)


def _freeze(module: nn.Module, recipe: Recipe) -> list[nn.Module]:
    """Take away the gradients of what stays; gives the modules that stay in evaluation mode."""
    module.requires_grad_(True)
    frozen = (*recipe.frozen, *AUXILIARY)
    still: list[nn.Module] = []
    for name, part in module.named_modules():
        normalises = isinstance(part, _BatchNorm)
        below = f"{name}.".startswith(frozen)
        if normalises and (recipe.frozen_statistics or below):
            still.append(part)
            part.requires_grad_(False)
    for name, parameter in module.named_parameters():
        if name.startswith(frozen):
            parameter.requires_grad_(False)
    return still


def _optimiser(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """One group of parameters for each rate, with decay and without."""
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            beginnings = [one for one in recipe.rates if name.startswith(one)]
            factor = recipe.rates[max(beginnings, key=len)] if beginnings else 1.0
            groups.setdefault((factor, parameter.ndim > 1), []).append(parameter)
    if not groups:
        raise TrainingError("Nothing is left to train: every parameter is frozen.")
    parameters = [
        {
            "params": members,
            "lr": recipe.rate * factor,
            "weight_decay": recipe.decay if decays else 0.0,
        }
        for (factor, decays), members in groups.items()
    ]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(parameters, lr=recipe.rate, momentum=recipe.momentum)
    kind = torch.optim.AdamW if recipe.optimiser == "adamw" else torch.optim.Adam
    return kind(parameters, lr=recipe.rate)


def _schedule(optimiser: Any, recipe: Recipe, steps: int) -> Any:
    match recipe.schedule:
        case "plateau":
            return lr_scheduler.ReduceLROnPlateau(
                optimiser, factor=recipe.factor, patience=recipe.patience, min_lr=recipe.floor
            )
        case "cosine":
            least = recipe.floor / recipe.rate
            return lr_scheduler.LambdaLR(
                optimiser,
                lambda epoch: max((1 + math.cos(math.pi * epoch / recipe.epochs)) / 2, least),
            )
        case "one-cycle":
            rates = [group["lr"] for group in optimiser.param_groups]
            return lr_scheduler.OneCycleLR(optimiser, rates, total_steps=recipe.epochs * steps)
    return lr_scheduler.ConstantLR(optimiser, factor=1.0, total_iters=0)
