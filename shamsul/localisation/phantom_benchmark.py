"""The phantom benchmark: how well methods point at findings whose place is known exactly."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import torch

from shamsul import __version__
from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.masks import read_mask
from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.inference import equip
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.method import Method
from shamsul.localisation.maps import MapFile
from shamsul.localisation.reference import Reference
from shamsul.parallel.each import each
from shamsul.phantom import Phantom, render
from shamsul.radiographs import read_radiograph
from shamsul.reading.case_folder import LABELS_FILE, FolderCase, read_folder, write_phantoms
from shamsul.reading.demo import EXACT
from shamsul.storage.atomic import write_atomically

#: First seed of the benchmark's phantoms: no training or test of a model has used them.
FIRST_SEED = 60_000_000


@dataclass(frozen=True)
class Benchmark:
    """Phantoms in a folder, and the maps of a model beside them.

    Attributes
    ----------
    folder : Path
        Of nothing else: ``phantoms/`` has the images and masks, ``facts/`` a file for each image
        that says where its maps lie, and a folder for each method a file of maps for each image.
    model : Path
        The model's folder.
    count, seed : int
        Phantoms, of the seeds `FIRST_SEED` + seed and following.
    """

    folder: Path
    model: Path
    count: int
    seed: int = 0

    def cases(self, progress: Callable[[int], None] = lambda done: None) -> list[FolderCase]:
        """The phantoms that have a finding, rendered where they are not there yet."""
        phantoms = self.folder / "phantoms"
        if not (phantoms / LABELS_FILE).is_file():
            first = FIRST_SEED + self.seed

            def rendered() -> Iterator[Phantom]:
                for done, one in enumerate(range(first, first + self.count), 1):
                    yield render(one)
                    progress(done)

            write_phantoms(rendered(), phantoms)
        return [case for case in read_folder(phantoms) if case.masks]

    def explain(
        self, cases: Sequence[FolderCase], methods: Sequence[str], jobs: int = 1
    ) -> Iterator[tuple[str, str]]:
        """Compute the maps that are not there yet, of the findings that each phantom has.

        Stopped at any time, the next call goes on where this one was.

        Yields
        ------
        (str, str)
            Image and method, in the order in which they are finished.
        """
        work = [
            (case, name)
            for case in cases
            for name in methods
            if not self.map_file(name, case).is_file()
        ]
        threads = max(1, torch.get_num_threads() // jobs)
        processes = jobs if jobs > 1 else 0
        yield from each(partial(_explain, self), work, processes, threads=threads, gpu=True)

    def files(self, cases: Sequence[FolderCase], methods: Sequence[str]) -> list[MapFile]:
        """The maps that are there, to be scored."""
        return [
            MapFile(case.name, file, name, self.facts(case))
            for name in methods
            for case in cases
            for file in [self.map_file(name, case)]
            if file.is_file()
        ]

    def facts(self, case: FolderCase) -> Path:
        """Where the facts about a phantom's maps are kept."""
        return self.folder / "facts" / f"{case.name}.json"

    def map_file(self, method: str, case: FolderCase) -> Path:
        """Where a method's maps of a phantom are kept; elsewhere with other parameters."""
        about = json.dumps([__version__, method_of(method).settle({})], sort_keys=True)
        digest = hashlib.sha256(about.encode()).hexdigest()[:8]
        return self.folder / f"{method}-{digest}" / f"{case.name}.npz"


def references(cases: Sequence[FolderCase]) -> dict[str, Reference]:
    """The exact masks of some phantoms, by image."""
    return {case.name: _reference(case) for case in cases}


def _reference(case: FolderCase) -> Reference:
    masks = {label: read_mask(path) for label, path in case.masks.items()}
    shape = next(iter(masks.values())).shape
    annotations = (Annotation.of_region(label, EXACT, mask) for label, mask in masks.items())
    return Reference(case.name, (shape[0], shape[1]), tuple(annotations))


def method_of(name: str) -> Method:
    """A registered method or baseline.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in EXPLAINERS:
        raise ValueError(f"there is no method {name!r}; there are {', '.join(EXPLAINERS)}")
    return EXPLAINERS[name]


@lru_cache(maxsize=1)
def _classifier(model: Path) -> Classifier:
    classifier = registry.load(model)
    equip(classifier)
    return classifier


def _explain(benchmark: Benchmark, wanted: tuple[FolderCase, str]) -> tuple[str, str]:
    """Compute and keep a method's maps of one phantom."""
    case, name = wanted
    classifier = _classifier(benchmark.model)
    radiograph = read_radiograph(case.image.read_bytes(), max_bytes=2**30)
    image = classifier.prepare(radiograph)
    facts = benchmark.facts(case)
    if not facts.is_file():
        prediction = classifier.predict(radiograph)
        facts.parent.mkdir(parents=True, exist_ok=True)
        content = image.geometry.to_json() | {
            "file": case.image.name,
            "sha256": radiograph.sha256,
            "maps": [
                {"key": label, "probability": prediction[label].probability} for label in case.masks
            ],
        }
        write_atomically(facts, json.dumps(content).encode())
    maps = method_of(name).explain(classifier, image, list(case.masks))
    packed = io.BytesIO()
    arrays = {one.label: one.values for one in maps}
    np.savez(packed, allow_pickle=False, **arrays)
    file = benchmark.map_file(name, case)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, packed.getvalue())
    return case.name, name
