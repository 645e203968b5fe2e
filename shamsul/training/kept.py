"""What a training leaves in its folder, and how far those of an installation have come."""

import csv
import io
import json
import math
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shamsul.classifiers.manifest import FILE
from shamsul.storage.atomic import write_atomically
from shamsul.storage.spreadsheet import as_cell
from shamsul.training.epoch import Epoch

CONFIG: Final = "config.toml"
SPLIT: Final = "split.csv"
CHECKPOINT: Final = "checkpoint.pt"
LOG: Final = "log.csv"
CURVES: Final = "curves.svg"
#: Written last.
SUMMARY: Final = "run.json"
#: The model folder.
MODEL: Final = "model"
#: Seconds without a word after which a training may have been stopped, if its epochs are shorter.
_QUIET: Final = 3600
_PREFIX: Final = "auc "


@dataclass(frozen=True)
class Kept:
    """A training as its folder tells it.

    Attributes
    ----------
    name : str
        Of the folder.
    folder : Path
    dataset : str
        As the configuration names it.
    labels : tuple of str
        In the order of `Epoch.aucs`; empty before the first epoch.
    epochs : tuple of Epoch
        Those that are done.
    planned : int
    is_finished : bool
    idle : float
        Seconds since anything was written.
    """

    name: str
    folder: Path
    dataset: str
    labels: tuple[str, ...]
    epochs: tuple[Epoch, ...]
    planned: int
    is_finished: bool
    idle: float

    @property
    def best(self) -> Epoch | None:
        """The epoch whose weights are kept, as `shamsul.training.loop.History` has it."""
        defined = [epoch for epoch in self.epochs if math.isfinite(epoch.auc)]
        if defined:
            return max(defined, key=lambda epoch: epoch.auc)
        return self.epochs[-1] if self.epochs else None

    @property
    def is_going(self) -> bool:
        """Whether it is probably at work: not finished, nor quiet for much longer than usual."""
        usual = self.epochs[-1].seconds if self.epochs else 0.0
        return not self.is_finished and self.idle < max(3 * usual, _QUIET)

    @property
    def seconds_left(self) -> float:
        """If the other epochs take as long as the last one; NaN before the first."""
        if not self.epochs:
            return math.nan
        return (self.planned - len(self.epochs)) * self.epochs[-1].seconds

    @property
    def model(self) -> Path | None:
        """The model folder, once there is one."""
        return self.folder / MODEL if (self.folder / MODEL / FILE).is_file() else None


def write_log(path: Path, labels: tuple[str, ...], epochs: list[Epoch]) -> None:
    """Write the epochs as CSV, a row each, one column for each label's AUC."""
    names = ("epoch", "loss", "guidance", "validation_loss", "auc", "rate", "seconds")
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(map(as_cell, [*names, *(_PREFIX + label for label in labels)]))
    for one in epochs:
        about = (one.loss, one.guidance, one.validation_loss, one.auc, one.rate, one.seconds)
        writer.writerow([one.number, *(f"{value:.6g}" for value in (*about, *one.aucs))])
    write_atomically(path, file.getvalue().encode())


def kept(directory: Path) -> list[Kept]:
    """The trainings in a directory, those that were written to last first.

    Folders that hold no training, or files that cannot be read, are passed over.
    """
    found = list(_kept(directory)) if directory.is_dir() else []
    return sorted(found, key=lambda one: (one.idle, one.name))


def _kept(directory: Path) -> Iterator[Kept]:
    now = time.time()
    for folder in directory.iterdir():
        try:
            config = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
            labels, epochs = _read(folder / LOG)
            finished = (folder / SUMMARY).is_file()
            if finished:
                json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
            files = [file for file in folder.iterdir() if not file.name.startswith(".")]
            written = max(file.stat().st_mtime for file in files)
            yield Kept(
                folder.name,
                folder,
                str(config["dataset"]["kind"]),
                labels,
                epochs,
                int(config.get("training", {}).get("epochs", 10)),
                finished,
                max(now - written, 0.0),
            )
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue


def _read(log: Path) -> tuple[tuple[str, ...], tuple[Epoch, ...]]:
    """The labels and the epochs of a log; none before the first."""
    if not log.is_file():
        return (), ()
    with log.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = tuple(name.removeprefix(_PREFIX) for name in rows[0] if name.startswith(_PREFIX))
    return labels, tuple(
        Epoch(
            int(row["epoch"]),
            float(row["loss"]),
            float(row["validation_loss"]),
            float(row["auc"]),
            tuple(float(row[_PREFIX + label]) for label in labels),
            float(row["rate"]),
            float(row["seconds"]),
            float(row.get("guidance", 0.0)),
        )
        for row in rows
    )
