"""What computes maps and measures them, wherever it does."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.inference import equip, half_by
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.faithfulness.measure import Subject
from shamsul.faithfulness.registry import MEASURES
from shamsul.storage.result_cache import Rows
from shamsul.units.layers import Layer
from shamsul.units.maps import UNIT_MAPS
from shamsul.units.survey import Survey, replaced, survey

#: What maps are computed by, by name: methods, baselines, and maps of single units.
COMPUTED: Final = {**EXPLAINERS, **UNIT_MAPS}


class Engine(Protocol):
    """Computes for whoever calls, and returns when it is done."""

    @property
    def at_once(self) -> int:
        """How much it computes at a time, by as many threads that call; at least 1."""

    @property
    def urgent(self) -> "Engine":
        """What computes what somebody looks at, which does not wait for anything else there."""

    def start(self) -> object:
        """Get ready, where that takes time; done at the first call otherwise."""

    def fault(self) -> str:
        """Why it cannot compute, in one sentence; empty where it can, or was not started yet."""

    def explain(
        self,
        folder: Path,
        key: MapKey,
        image: GridImage,
        progress: Progress,
        least: float = 0.0,
    ) -> tuple[Heatmap, ...]:
        """All labels' maps of one method for one radiograph.

        Parameters
        ----------
        folder : Path
            The model's.
        key : MapKey
            What to compute.
        image : GridImage
            The radiograph on the model's grid.
        progress : callable
            What it raises ends the work. It may call this method for maps that go first.
        least : float
            Only of labels with at least this probability, see :meth:`Prediction.likely`.

        Raises
        ------
        ExplainerError
            The maps cannot be computed, or the process that does ended; one sentence.
        """

    def measure(
        self,
        folder: Path,
        keys: Sequence[MapKey],
        maps: Path,
        image: GridImage,
        measure: str,
        seed: int,
        progress: Progress,
    ) -> Rows:
        """What a measure gives for maps of one radiograph that are on the disk.

        Parameters
        ----------
        folder : Path
            The model's.
        keys : sequence of MapKey
            Of the maps, each by another method.
        maps : Path
            The directory of the cache that has them.
        image : GridImage
            The radiograph on the model's grid.
        measure : str
            Its registered name; its parameters have their defaults.
        seed : int
        progress : callable
            As of :meth:`explain`.

        Returns
        -------
        list of dict
            As :meth:`Measure.rows` has them, of the labels that :attr:`Prediction.shown_labels`
            names.

        Raises
        ------
        ExplainerError
            The maps cannot be measured, or the process that does ended; one sentence.
        """

    def survey(
        self, folder: Path, model: str, layer: Layer, image: GridImage, progress: Progress
    ) -> Survey:
        """What the units of a layer do on one radiograph.

        Parameters
        ----------
        folder : Path
            The model's.
        model : str
            Its fingerprint.
        layer : Layer
        image : GridImage
            The radiograph on the model's grid.
        progress : callable
            As of :meth:`explain`.

        Raises
        ------
        ExplainerError
            The model cannot be looked into, or the process that does ended; one sentence.
        """

    def replaced(
        self,
        folder: Path,
        model: str,
        layer: Layer,
        image: GridImage,
        units: Sequence[int],
        values: Sequence[float],
        progress: Progress,
    ) -> NDArray[np.float32]:
        """How the logits change where one unit is set to a value; see
        :func:`shamsul.units.survey.replaced`."""


class Here:
    """Computes in this process, which knows the models that it used last."""

    #: One thing keeps every core busy.
    at_once = 1

    @property
    def urgent(self) -> "Here":
        """This one: who calls decides what goes first."""
        return self

    def start(self) -> None:
        """Nothing has to be started."""

    def fault(self) -> str:
        """Nothing that is known before it computes."""
        return ""

    def explain(
        self,
        folder: Path,
        key: MapKey,
        image: GridImage,
        progress: Progress,
        least: float = 0.0,
    ) -> tuple[Heatmap, ...]:
        """See :class:`Engine`; other errors are those of the method."""
        classifier, method = _classifier(folder, key.model), COMPUTED[key.method]
        labels = classifier.manifest.labels
        likely = classifier.predict_grid(image).likely(least) if least else labels
        with half_by(classifier, key.engine) if method.half else nullcontext():
            maps = method.explain(
                classifier,
                image,
                labels if method.together else likely,
                target=key.target,
                seed=key.seed,
                progress=progress,
                **key.parameters,
            )
        return tuple(one for one in maps if one.label in likely)

    def measure(
        self,
        folder: Path,
        keys: Sequence[MapKey],
        maps: Path,
        image: GridImage,
        measure: str,
        seed: int,
        progress: Progress,
    ) -> Rows:
        """See :class:`Engine`; other errors are those of the measure."""
        found = kept_maps(keys, maps)
        return self.measured(folder, keys[0].model, found, image, measure, seed, progress)

    def measured(
        self,
        folder: Path,
        model: str,
        maps: Sequence[Heatmap],
        image: GridImage,
        measure: str,
        seed: int,
        progress: Progress,
    ) -> Rows:
        """As :meth:`measure`, of maps that are at hand."""
        classifier = _classifier(folder, model)
        labels = classifier.predict_grid(image).shown_labels
        found = tuple(heatmap for heatmap in maps if heatmap.label in labels)
        return MEASURES[measure].rows(Subject(classifier, image, found, seed, progress))

    def survey(
        self, folder: Path, model: str, layer: Layer, image: GridImage, progress: Progress
    ) -> Survey:
        """See :class:`Engine`."""
        return survey(_classifier(folder, model), image, layer, progress)

    def replaced(
        self,
        folder: Path,
        model: str,
        layer: Layer,
        image: GridImage,
        units: Sequence[int],
        values: Sequence[float],
        progress: Progress,
    ) -> NDArray[np.float32]:
        """See :class:`Engine`."""
        return replaced(_classifier(folder, model), image, layer, units, values, progress)


def kept_maps(keys: Sequence[MapKey], directory: Path) -> list[Heatmap]:
    """The maps of some keys, of all labels, that a cache's directory has.

    Raises
    ------
    ExplainerError
        Some are not there any more; one sentence.
    """
    cache = MapCache(directory)
    found: list[Heatmap] = []
    for key in keys:
        kept = cache.get(key)
        if kept is None:
            title = EXPLAINERS[key.method].title
            raise ExplainerError(f"The maps by {title} are not on the disk any more.")
        found += kept
    return found


@lru_cache(maxsize=2)
def _classifier(folder: Path, fingerprint: str) -> Classifier:
    classifier = registry.load(folder)
    if classifier.manifest.fingerprint != fingerprint:
        raise ExplainerError("The model's folder was changed; open the page again.")
    equip(classifier)
    return classifier
