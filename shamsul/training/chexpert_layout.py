"""Phantoms in a folder laid out as CheXpert's small release [1]_, to try training without its data.

.. [1] Irvin 2019, arXiv 1901.07031; https://stanfordmlgroup.github.io/competitions/chexpert
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

import shamsul.phantom
from shamsul.parallel.each import each
from shamsul.phantom import Grade, Phantom
from shamsul.phantom.patient import sample_patient
from shamsul.phantom.streams import Stream, generator
from shamsul.training import store
from shamsul.training.datasets.chexpert import LABELS

NAME: Final = "CheXpert-v1.0-small"
#: Labels that are there wherever one of the others is ([1]_, figure 1).
PARENTS: Final = {
    "Enlarged Cardiomediastinum": {"Cardiomegaly"},
    "Lung Opacity": {"Lung Lesion", "Consolidation"},
}
#: Rows and columns of the pictures.
SHAPE: Final = (390, 329)
_COLUMNS: Final = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *LABELS)
_MOST_STUDIES: Final = 3

Render = Callable[..., Phantom]
_Task = tuple[Render, int, int, Path]


@dataclass(frozen=True)
class _Drawn:
    """What is in a picture: labels, those of subtle findings, and the view."""

    present: frozenset[str]
    subtle: frozenset[str]
    view: str


@dataclass(frozen=True)
class _Place:
    """Where a phantom stands in the data set."""

    part: str
    patient: int
    study: int
    sex: str
    age: int

    @property
    def path(self) -> str:
        return f"{NAME}/{self.part}/patient{self.patient:05d}/study{self.study}/view1_frontal.jpg"


def write_chexpert(
    count: int,
    directory: Path,
    *,
    seed: int = 0,
    processes: int = 0,
    render: Render = shamsul.phantom.render,
) -> Iterator[Path]:
    """Write phantoms, their ``train.csv`` and their ``valid.csv``.

    A tenth is for validation, of other patients; a patient has up to three studies. The training
    labels are as uncertain as a report's: a subtle finding is uncertain in half of the cases, an
    absent one is named in a quarter and uncertain in one of fifty; what is not named is blank.
    Those for validation are exact. Sex and age are drawn; AP is the view of phantoms in bed.

    Parameters
    ----------
    count : int
        Of phantoms.
    directory : Path
        The folder ``CheXpert-v1.0-small`` is made in it.
    seed : int
        The phantoms are those of this seed and of the following ones; it also draws the rest.
    processes : int
        That render; 0 renders in this one.
    render : callable
        ``render(seed, shape=(H, W))``; importable by name when there are processes.

    Yields
    ------
    Path
        Each picture that is written: JPEG, 8 bits.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    rng = np.random.default_rng([seed, count])
    places = list(_places(count, rng))
    paths = [directory / place.path for place in places]
    tasks = [(render, n, seed + n, path) for n, path in enumerate(paths)]
    pictures: dict[int, _Drawn] = {}
    for number, drawn in each(_draw, tasks, processes, chunk=store.CHUNK):
        pictures[number] = drawn
        yield paths[number]
    rows: dict[str, list[Mapping[str, object]]] = {"train": [], "valid": []}
    for number, place in enumerate(places):
        drawn = pictures[number]
        labels = _exact(drawn) if place.part == "valid" else _reported(drawn, rng)
        rows[place.part].append(
            {
                "Path": place.path,
                "Sex": place.sex,
                "Age": place.age,
                "Frontal/Lateral": "Frontal",
                "AP/PA": drawn.view,
            }
            | labels
        )
    for part, written in rows.items():
        with (directory / NAME / f"{part}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, _COLUMNS)
            table.writeheader()
            table.writerows(written)


def _draw(task: _Task) -> tuple[int, _Drawn]:
    """Write one picture."""
    render, number, seed, path = task
    phantom = render(seed, shape=SHAPE)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(phantom.pixels * 255).astype(np.uint8)).save(path, quality=95)
    pose = sample_patient(generator(seed, Stream.PATIENT)).pose
    return number, _Drawn(
        frozenset(label for label, there in phantom.labels.items() if there),
        frozenset(one.label for one in phantom.findings if one.grade is Grade.SUBTLE),
        "PA" if pose.front_on_detector else "AP",
    )


def _places(count: int, rng: np.random.Generator) -> Iterator[_Place]:
    """A place for each phantom: patient by patient, those for validation last."""
    validation = count // 10
    patient = 0
    for part, left in (("train", count - validation), ("valid", validation)):
        while left:
            patient += 1
            sex, age = ("Female", "Male")[rng.integers(2)], int(rng.integers(18, 91))
            studies = min(left, int(rng.integers(1, _MOST_STUDIES + 1)))
            for study in range(1, studies + 1):
                yield _Place(part, patient, study, sex, age)
            left -= studies


def _exact(drawn: _Drawn) -> dict[str, str]:
    there = drawn.present | {
        parent for parent, children in PARENTS.items() if children & drawn.present
    }
    return {label: "1.0" if label in there else "0.0" for label in LABELS}


def _reported(drawn: _Drawn, rng: np.random.Generator) -> dict[str, str]:
    """As a report names them; a finding that phantoms never have is never named."""
    reported = {}
    subtle = drawn.subtle | {
        parent for parent, children in PARENTS.items() if children & drawn.present <= drawn.subtle
    }
    for label, exact in _exact(drawn).items():
        said, doubt = rng.random(2)
        if exact == "1.0":
            reported[label] = "-1.0" if label in subtle and doubt < 0.5 else "1.0"
        elif label not in shamsul.phantom.LABELS or label == "No Finding":
            reported[label] = ""
        else:
            reported[label] = "-1.0" if doubt < 0.02 else "0.0" if said < 0.25 else ""
    return reported
