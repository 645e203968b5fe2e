"""The units of a layer over a study's radiographs: looked at in the background, kept on disk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import of_findings, union
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest
from shamsul.computing.jobs import Computation, Result
from shamsul.explainers.cache import MapKey
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Progress, failure
from shamsul.reading.design.study import Case
from shamsul.storage.result_cache import ResultCache, Rows
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source
from shamsul.units import phantoms
from shamsul.units.dissection import Dissection, dissect
from shamsul.units.layers import Layer
from shamsul.units.maps import UNIT_MAPS
from shamsul.units.phantoms import Marks, on_grid
from shamsul.units.ranking import means
from shamsul.units.survey import Survey, Surveys

#: Phantoms that units are named on by the page; the command line takes any number.
PHANTOMS: Final = 60


@dataclass(kw_only=True)
class UnitsJob(Computation[Result]):
    """Something about units, computed in the background."""

    digest: str = ""
    title: str = ""
    kind: str = ""
    case: str = ""
    unit: str = "labels"
    quick: bool = True
    is_kept: Callable[[], bool]
    keep: Callable[[Result], None]

    @property
    def counted(self) -> tuple[str, str]:
        return "units", ""

    def find(self) -> bool:
        return self.is_kept()

    def take(self, result: Result) -> None:
        self.keep(result)

    def failure(self, error: Exception) -> str:
        if isinstance(error, OSError):
            return f"What the units do cannot be kept: {error.strerror}."
        return failure("units", self.title, error)


@dataclass(frozen=True)
class LayerOf:
    """A layer of a model.

    Attributes
    ----------
    folder : Path
        The model's.
    manifest : Manifest
    layer : Layer
    """

    folder: Path
    manifest: Manifest
    layer: Layer

    @property
    def about(self) -> list[object]:
        """What keys are made of."""
        return ["units", self.manifest.fingerprint, self.layer.step]


class UnitStudy:
    """What is known of a layer's units in some cases.

    Parameters
    ----------
    desk : Desk
    cases : sequence of Case
    of : LayerOf
    directory : Path
        Where it is kept.
    """

    def __init__(self, desk: Desk, cases: Sequence[Case], of: LayerOf, directory: Path) -> None:
        self._desk, self.cases, self.of = desk, tuple(cases), of
        self._surveys = Surveys(directory)
        self._results = ResultCache(directory)

    def _key(self, case: Case) -> str:
        return ResultCache.digest([*self.of.about, case.image_sha256])

    @property
    def missing(self) -> list[Case]:
        """The cases that have not been looked at."""
        return [case for case in self.cases if self._key(case) not in self._surveys]

    def look(self, case: Case, progress: Progress = lambda done, planned: None) -> Survey:
        """What the units do in a case, computed while the caller waits, and kept.

        Raises
        ------
        ExplainerError
            The radiograph is missing, or the model cannot be looked into; one sentence.
        OSError
            It cannot be kept.
        """
        found = self._survey(case, progress)
        self._surveys.put(self._key(case), found)
        return found

    def request(self, case: Case) -> Computation[Survey]:
        """What the units do in a case, in the background."""
        key = self._key(case)
        job = UnitsJob[Survey](
            digest=key,
            title="Units",
            kind=f"units {self.of.manifest.fingerprint} {self.of.layer.step}",
            case=case.name,
            is_kept=lambda: key in self._surveys,
            keep=lambda found: self._surveys.put(key, found),
        )
        return self._desk.request_work(job, lambda progress: self._survey(case, progress))

    @property
    def looked(self) -> tuple[str, ...]:
        """Which radiographs have been looked at, by SHA-256."""
        every = (case for case in self.cases if self._key(case) in self._surveys)
        return tuple(case.image_sha256 for case in every)

    def surveys(self) -> Iterator[tuple[Case, Survey]]:
        """The cases that have been looked at."""
        for case in self.cases:
            found = self._surveys.get(self._key(case))
            if found is not None:
                yield case, found

    def marks(self, case: Case) -> Marks:
        """Where a case is annotated, on the model's grid, by label.

        Raises
        ------
        ValueError
            If an annotation is damaged.
        shamsul.radiographs.ArchiveError
            If the radiograph is missing.
        """
        found = of_findings(self._desk.annotations.get(case.image_sha256))
        if not found:
            return {}
        radiograph = self._desk.archive.get(case.image_sha256)
        return {
            label: on_grid(
                union([one for one in found if one.label == label], radiograph.shape),
                self.of.manifest,
                radiograph.pixel_aspect,
            )
            for label in {one.label for one in found}
        }

    def annotated(self, looked: Sequence[tuple[Case, Survey]]) -> Dissection | None:
        """How well units overlap with annotations; None where no case has any.

        Parameters
        ----------
        looked : sequence of (Case, Survey)
            What :meth:`surveys` gives.

        Raises
        ------
        ValueError, shamsul.radiographs.ArchiveError
            As of :meth:`marks`.
        """
        known = [(found, self.marks(case)) for case, found in looked]
        if not any(marks for _, marks in known):
            return None
        return dissect([found for found, _ in known], [marks for _, marks in known])

    def names(self) -> Dissection | None:
        """What units are called by phantoms, if that was found out."""
        rows = self._results.get(self._name_key)
        return Dissection.from_json(rows[0]) if rows else None

    @property
    def _name_key(self) -> str:
        return ResultCache.digest([*self.of.about, "phantoms"])

    def request_names(self, count: int = PHANTOMS) -> Computation[Rows]:
        """Find out in the background what units are called."""
        return self._desk.request_work(
            UnitsJob[Rows](
                digest=self._name_key,
                title="Names of units",
                kind=f"names of units {self.of.manifest.fingerprint} {self.of.layer.step}",
                unit="phantoms",
                quick=False,
                is_kept=lambda: self._results.get(self._name_key) is not None,
                keep=self.keep_names,
            ),
            lambda progress: self._named(count, progress),
        )

    def keep_names(self, rows: Rows) -> None:
        """Keep what units are called: a row, as :meth:`Dissection.to_json` gives it.

        Raises
        ------
        OSError
            If it cannot be kept.
        """
        self._results.put(self._name_key, rows)

    def effects(self, unit: int) -> NDArray[np.float64] | None:
        """How logits change where a unit is set to its mean over the cases, if that was found out.

        Returns
        -------
        ndarray of shape (cases, L)
        """
        rows = self._results.get(self._effect_key(unit))
        return np.array([row["changes"] for row in rows]) if rows else None

    def request_effects(self, unit: int) -> Computation[Rows]:
        """Find out in the background what the outputs do without a unit."""
        key = self._effect_key(unit)
        return self._desk.request_work(
            UnitsJob[Rows](
                digest=key,
                title=f"Outputs without unit {unit}",
                kind=f"without a unit {self.of.manifest.fingerprint} {self.of.layer.step}",
                unit="cases",
                is_kept=lambda: self._results.get(key) is not None,
                keep=lambda rows: self._results.put(key, rows),
            ),
            lambda progress: [
                {"changes": changes[0].tolist()} for changes in self.replace([unit], progress)
            ],
        )

    def replace(
        self, chosen: Sequence[int], progress: Progress = lambda done, planned: None
    ) -> NDArray[np.float32]:
        """How logits change where each of some units alone is set to its mean over the cases.

        Computed while the caller waits, for the cases that were looked at.

        Returns
        -------
        ndarray of shape (cases, units, L)

        Raises
        ------
        ExplainerError
            As of :meth:`look`.
        """
        known = list(self.surveys())
        mean = means([found for _, found in known])
        changes = []
        for done, (case, _) in enumerate(known):
            progress(done, len(known))
            changes.append(
                self._desk.engine.replaced(
                    self.of.folder,
                    self.of.manifest.fingerprint,
                    self.of.layer,
                    self.image(case.image_sha256),
                    chosen,
                    [float(mean[unit]) for unit in chosen],
                    lambda done, planned: None,
                )
            )
        progress(len(known), len(known))
        return np.array(changes)

    def _effect_key(self, unit: int) -> str:
        return ResultCache.digest([*self.of.about, "without", unit, self.looked])

    def sources(self, case: Case, unit: int) -> tuple[Source, ...]:
        """The maps of a unit in a case, to be asked for at the desk."""
        return tuple(
            Source(
                MapKey(
                    image_sha256=case.image_sha256,
                    model=self.of.manifest.fingerprint,
                    method=method.name,
                    parameters=method.settle({"layer": self.of.layer.name, "unit": unit}),
                    target=Target.LOGIT,
                ),
                method,
                self.of.folder,
                case,
            )
            for method in UNIT_MAPS.values()
        )

    def image(self, image_sha256: str) -> GridImage:
        """A radiograph on the model's grid.

        Raises
        ------
        ExplainerError
            It is missing, or the model cannot be used; one sentence.
        """
        return self._desk.on_grid(image_sha256, self.of.folder)

    def _survey(self, case: Case, progress: Progress) -> Survey:
        image = self.image(case.image_sha256)
        fingerprint = self.of.manifest.fingerprint
        return self._desk.engine.survey(self.of.folder, fingerprint, self.of.layer, image, progress)

    def _named(self, count: int, progress: Progress) -> Rows:
        fingerprint = self.of.manifest.fingerprint

        def look(image: GridImage) -> Survey:
            return self._desk.engine.survey(
                self.of.folder, fingerprint, self.of.layer, image, lambda done, planned: None
            )

        found = phantoms.look_at_phantoms(self.of.manifest, look, count, progress)
        return [dissect([one.survey for one in found], [one.marks for one in found]).to_json()]


def carried(surveys: Sequence[Survey], manifest: Manifest, label: str) -> tuple[list[int], bool]:
    """Of which radiographs a label's output is shared out: those in which the model finds it.

    Returns
    -------
    list of int
        Indices of the surveys; that of the largest output where it finds it in none.
    bool
        Whether it finds it in any.
    """
    index = manifest.labels.index(label)
    outputs = [float(one.outputs[index]) for one in surveys]
    found = [
        n
        for n, output in enumerate(outputs)
        if manifest.probability(label, output) >= manifest.thresholds[label]
    ]
    return found or [int(np.argmax(outputs))], bool(found)
