"""The tables of a configuration file that say which data are used, and what they are taken for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field

from shamsul.storage.toml_file import Check, TomlTable
from shamsul.training.datasets import splits
from shamsul.training.datasets.own_csv import Names
from shamsul.training.datasets.own_csv import read as read_csv
from shamsul.training.datasets.policies import Blank, Policy, Targets, Uncertain, chosen, targets
from shamsul.training.datasets.registry import DATASETS
from shamsul.training.datasets.table import Side, Table

#: Share of the patients that are for validation where nobody says.
USUAL_VALIDATION: Final = 0.1
Share = Annotated[float, Field(ge=0, lt=1)]
_Uncertain = Literal["missing", "one", "zero", "smoothed-one", "smoothed-zero"]


class Columns(TomlTable):
    """The ``[dataset.columns]`` table: how a table of one's own calls its columns."""

    image: str = "image"
    patient: str | None = None
    view: str | None = None
    sex: str | None = None
    age: str | None = None
    split: str | None = None


class DatasetTable(TomlTable):
    """The ``[dataset]`` table.

    Attributes
    ----------
    kind : str
        A name of the registry.
    folder : str
        As its owner ships it; relative to the configuration file.
    labels : tuple of str
        Those that are learned, in the order of the outputs; empty: all of the table.
    names : {"owner", "app"}
        Whose names the labels have; see `shamsul.training.datasets.table.Table.renamed`.
    validation, test : float
        Shares of the patients that are drawn for a side that the owner has not set aside; without
        them a tenth for validation, none for test.
    seed : int
        Of that, and of smoothed targets.
    split : str
        A file that was written before, in place of drawing; relative to the configuration file.
    table : str
        Of a table of one's own: its file's name.
    columns : Columns
    """

    kind: str
    folder: str
    labels: tuple[str, ...] = Field(default=(), strict=False)
    names: Literal["owner", "app"] = "owner"
    validation: Share | None = None
    test: Share = 0.0
    seed: int = Field(0, ge=0, lt=2**32)
    split: str = ""
    table: str = "dataset.csv"
    columns: Columns = Columns()


class PolicyTable(TomlTable):
    """The ``[policy]`` table; see `shamsul.training.datasets.policies.Policy`."""

    uncertain: _Uncertain = "missing"
    blank: Literal["missing", "zero"] = "missing"
    no_finding_clears: bool = False
    frontal_only: bool = False
    shuffled: bool = False
    per_label: Mapping[str, _Uncertain] = Field(default_factory=dict)

    def to_policy(self) -> Policy:
        """The same in the words of the data sets."""
        return Policy(
            Uncertain(self.uncertain),
            {label: Uncertain(rule) for label, rule in self.per_label.items()},
            Blank(self.blank),
            self.no_finding_clears,
            self.frontal_only,
            self.shuffled,
        )


@dataclass(frozen=True, eq=False)
class Data:
    """What a configuration file asks for.

    Attributes
    ----------
    table : Table
        N rows whose image is there, each on a side; its labels are those that are asked for.
    files : tuple of Path
        The N images.
    targets : Targets
    """

    table: Table
    files: tuple[Path, ...]
    targets: Targets

    def take(self, rows: np.ndarray) -> "Data":
        """Some of the rows, given by a mask or by their indices."""
        indices = np.arange(len(self.table))[rows]
        return Data(
            self.table.take(indices),
            tuple(self.files[index] for index in indices),
            Targets(self.targets.values[indices], self.targets.known[indices]),
        )


def check(dataset: DatasetTable, folder: Path, faults: Check) -> None:
    """Note what can be known to be wrong before the data set's tables are read."""
    if dataset.kind not in DATASETS:
        known = ", ".join(DATASETS)
        faults.say(("dataset", "kind"), f"there is no data set {dataset.kind!r}; there are {known}")
    if not (folder / dataset.folder).is_dir():
        faults.say(("dataset", "folder"), f"there is no folder {folder / dataset.folder}")
    if (dataset.validation or 0) + dataset.test >= 1:
        faults.say(("dataset", "validation"), "leaves nothing for training, together with test")
    if len(set(dataset.labels)) < len(dataset.labels):
        faults.say(("dataset", "labels"), "names a label twice")
    if dataset.split and not (folder / dataset.split).is_file():
        faults.say(("dataset", "split"), f"there is no file {folder / dataset.split}")
    if dataset.kind != "csv":
        for name in {"table", "columns"} & dataset.model_fields_set:
            faults.say(("dataset", name), 'needs kind = "csv"')


def opened(dataset: DatasetTable, policy: Policy, folder: Path) -> Data:
    """Read the tables, apply the policy, put each image on its side; no image is opened.

    The split is of the rows that the policy chooses, whether or not their image is there, so that
    images that come later change nobody's side.

    Raises
    ------
    OSError
        If a table cannot be opened.
    ValueError
        If it is no table of the data set, has no label that is asked for, or leaves no image; one
        sentence.
    """
    root = folder / dataset.folder
    table = (
        read_csv(root, _names(dataset))
        if dataset.kind == "csv"
        else DATASETS[dataset.kind].read(root)
    )
    if dataset.names == "app":
        table = table.renamed()
    table = chosen(table, policy)
    if dataset.split:
        table = splits.read(table, folder / dataset.split)
    else:
        share = dataset.validation
        if share is None:
            share = 0.0 if (table.sides == Side.VALIDATION).any() else USUAL_VALIDATION
        table = splits.draw(table, validation=share, test=dataset.test, seed=dataset.seed)
    goals = targets(table, policy, dataset.seed)
    there, files = table.located()
    if not files:
        raise ValueError(f"None of the {len(table)} images that the tables name is in {root}.")
    here = set(there.images)
    rows = np.array([image in here for image in table.images], bool)
    wanted = dataset.labels or table.labels
    unknown = [label for label in wanted if label not in table.labels]
    if unknown:
        raise ValueError(
            f"The data set has no label {unknown[0]!r}; it has {', '.join(table.labels)}."
        )
    columns = [table.labels.index(label) for label in wanted]
    there = replace(there, labels=tuple(wanted), values=there.values[:, columns])
    known, values = goals.known[rows][:, columns], goals.values[rows][:, columns]
    return Data(there, tuple(files), Targets(values, known))


def _names(dataset: DatasetTable) -> Names:
    labels = dataset.labels if dataset.names == "owner" else ()
    return Names(file=dataset.table, labels=labels or None, **dataset.columns.model_dump())
