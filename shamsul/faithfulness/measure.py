"""What a measure of maps is: a function of an image and its maps, and its declared parameters."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.evaluation import Evaluator
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import (
    ExplainerError,
    Parameter,
    Progress,
    Task,
    Value,
    failure,
    settle,
)
from shamsul.metrics.faithfulness import Model
from shamsul.storage.result_cache import ResultCache, Rows


class Better(Enum):
    """Which end of a statistic is the better one."""

    HIGHER = "higher"
    """More is better."""
    LOWER = "lower"
    """Less is better."""


@dataclass(frozen=True)
class Statistic:
    """One of a measure's numbers.

    Attributes
    ----------
    name : str
        For files, for example ``deletion_auc``.
    title : str
        For people.
    better : Better or None
        None where neither end is: a map that never changes is robust and useless, so that no method
        has to beat a baseline there.
    comparable : bool
        Whether maps of any scale may be compared by it.
    """

    name: str
    title: str
    better: Better | None = None
    comparable: bool = True


@dataclass(frozen=True)
class Result:
    """One number about one map.

    Attributes
    ----------
    measure, statistic : str
        The measure's registered name, and which of its numbers this is.
    detail : str
        What it was measured at, for example a stage of the network; empty where there is one only.
    value : float
        NaN where undefined.
    random, reversed : float
        What a map without order and the map turned around would have; NaN where that says nothing.
    """

    measure: str
    statistic: str
    detail: str
    value: float
    random: float = np.nan
    reversed: float = np.nan

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Result":
        """What :meth:`to_json` gave, after its way through JSON."""
        values: dict[str, Any] = {
            name: np.nan if value is None else value for name, value in stored.items()
        }
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """All attributes; what is not a number is None."""
        return {name: None if value != value else value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Variant:
    """What maps are computed of anew.

    Attributes
    ----------
    classifier : Classifier
    image : GridImage
    seed_step : int
        Added to each map's own seed.
    """

    classifier: Classifier
    image: GridImage
    seed_step: int = 0


@dataclass(frozen=True)
class Subject:
    """One radiograph, one model and maps of it, as a measure's function gets them.

    Attributes
    ----------
    classifier : Classifier
    image : GridImage
    maps : tuple of Heatmap
        By whatever methods, of whatever labels, with whatever parameters.
    seed : int
        Of what the measure draws. What it gives for a map does not depend on the other maps.
    progress : callable
        Called with what is done and planned, evaluations or explanations; may raise
        :class:`~shamsul.explainers.method.Cancelled`.
    label_randomised : Classifier or None
        The same architecture trained on shuffled labels, for the test of that name.
    """

    classifier: Classifier
    image: GridImage
    maps: tuple[Heatmap, ...]
    seed: int = 0
    progress: Progress = lambda done, planned: None
    label_randomised: Classifier | None = None

    def outputs(self, planned: int) -> Model:
        """The model as a function of images of shape (n, h, w) to outputs of shape (n, maps).

        Parameters
        ----------
        planned : int
            Evaluations that the measure will ask for, for the progress.
        """
        labels = self.classifier.manifest.labels
        tasks = [
            Task(
                self.classifier,
                self.image,
                (labels.index(heatmap.label),),
                heatmap.target,
                self.seed,
                self.progress,
            )
            for heatmap in self.maps
        ]
        evaluate, done = Evaluator(self.classifier), 0

        def outputs(images: NDArray[np.float32]) -> NDArray[np.float64]:
            nonlocal done
            logits = evaluate(images)
            done += len(images)
            self.progress(min(done, planned), planned)
            return np.concatenate([task.explained(logits) for task in tasks], axis=1)

        return outputs

    def explain_again(self, variants: Sequence[Variant]) -> list[tuple[Heatmap, ...]]:
        """The maps of other models, images or seeds, everything else as it was.

        Returns
        -------
        list of tuple of Heatmap
            For each variant, the maps in the order of `maps`.
        """
        groups: dict[str, list[int]] = {}
        for index, heatmap in enumerate(self.maps):
            about = [heatmap.method, dict(heatmap.parameters), heatmap.target.value]
            groups.setdefault(json.dumps(about, sort_keys=True), []).append(index)
        done, planned = 0, len(variants) * len(groups)

        def progress(_: int, __: int) -> None:
            self.progress(done, planned)  # also within an explanation, where it may be cancelled

        result = []
        for variant in variants:
            again: dict[int, Heatmap] = {}
            for indices in groups.values():
                first = self.maps[indices[0]]
                parameters: dict[str, Any] = dict(first.parameters)
                seed = parameters.pop("seed") + variant.seed_step
                found = EXPLAINERS[first.method].explain(
                    variant.classifier,
                    variant.image,
                    [self.maps[index].label for index in indices],
                    target=first.target,
                    seed=seed,
                    progress=progress,
                    **parameters,
                )
                again |= dict(zip(indices, found, strict=True))
                done += 1
                self.progress(done, planned)
            result.append(tuple(again[index] for index in range(len(self.maps))))
        return result


@dataclass(frozen=True)
class Measure:
    """A measure of maps that needs no annotation.

    Attributes
    ----------
    name : str
        For the command line and files, for example ``sensitivity_n``.
    title : str
        For people.
    function : callable
        ``function(subject, **parameters)`` gives for each map, in order, a tuple of `Result`.
    parameters : tuple of Parameter
    statistics : tuple of Statistic
        All that the function gives; the one that methods are judged by comes first.
    explains_again : bool
        Whether it computes maps anew, which takes minutes for methods that sample.
    looks_inside : bool
        Whether it changes the network's weights.
    about : str
        One sentence on what the number says.
    caveat : str
        One on what it does not say.
    citation : str
    """

    name: str
    title: str
    function: Callable[..., list[tuple[Result, ...]]]
    parameters: tuple[Parameter, ...]
    statistics: tuple[Statistic, ...]
    explains_again: bool
    about: str
    caveat: str
    citation: str
    looks_inside: bool = False

    def settle(self, given: Mapping[str, object]) -> dict[str, Value]:
        """All parameters' values, as :meth:`Method.settle` has them."""
        return settle(self.title, self.parameters, given)

    @property
    def unit(self) -> str:
        """What its progress counts."""
        return "maps" if self.explains_again else "evaluations"

    def refusal(self, manifest: Manifest) -> str:
        """Why it cannot measure maps of a model, one sentence; empty where it can be tried."""
        return manifest.opaque if self.looks_inside else ""

    def failure(self, error: Exception) -> str:
        """Why its results did not come, as :func:`shamsul.explainers.method.failure` has it."""
        return failure(self.name, self.title, error)

    def of(
        self, subject: Subject, *, cache: ResultCache | None = None, **given: object
    ) -> list[tuple[Result, ...]]:
        """Measure maps.

        Parameters
        ----------
        subject : Subject
        cache : ResultCache, optional
            Where results are looked for first and kept.
        **given
            As declared in `parameters`.

        Returns
        -------
        list of tuple of Result
            In the order of the subject's maps.

        Raises
        ------
        TypeError, ValueError
            If a parameter is unknown or its value not allowed.
        ExplainerError
            If the model cannot be measured so; one sentence.
        Cancelled
            Out of the progress.
        """
        values = self.settle(given)
        if refusal := self.refusal(subject.classifier.manifest):
            raise ExplainerError(refusal)
        if cache is None:
            return self.function(subject, **values)
        keys = [self._digest(subject, heatmap, values) for heatmap in subject.maps]
        kept = {key: cache.get(key) for key in keys}
        missing = [index for index, key in enumerate(keys) if kept[key] is None]
        if missing:
            part = replace(subject, maps=tuple(subject.maps[index] for index in missing))
            for index, found in zip(missing, self.function(part, **values), strict=True):
                rows = [row.to_json() for row in found]
                cache.offer(keys[index], rows)
                kept[keys[index]] = rows
        return [tuple(map(Result.from_json, kept[key] or ())) for key in keys]

    def rows(self, subject: Subject, *, cache: ResultCache | None = None, **given: object) -> Rows:
        """What :meth:`of` gives, a row for each number, for tables and files.

        Returns
        -------
        list of dict
            With the map's label, method and heatmap_sha256, then as :meth:`Result.to_json`.
        """
        found = self.of(subject, cache=cache, **given)
        return [
            {
                "label": heatmap.label,
                "method": heatmap.method,
                "heatmap_sha256": heatmap.sha256,
                **one.to_json(),
            }
            for heatmap, of_map in zip(subject.maps, found, strict=True)
            for one in of_map
        ]

    def _digest(self, subject: Subject, heatmap: Heatmap, values: dict[str, Value]) -> str:
        other = subject.label_randomised
        return ResultCache.digest(
            [
                self.name,
                values,
                subject.seed,
                heatmap.sha256,
                subject.classifier.manifest.fingerprint,
                hashlib.sha256(subject.image.values.tobytes()).hexdigest(),
                other and other.manifest.fingerprint,
            ]
        )
