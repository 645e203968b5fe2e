"""What an explanation method is: a function, its declared parameters and how to read its maps."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.heatmap import Heatmap, Target

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with the model evaluations done and planned; may raise :class:`Cancelled`."""

Value = int | float | str | bool


class ExplainerError(ValueError):
    """A method cannot explain this model; the message is one sentence for the user."""


class Cancelled(Exception):
    """Raised out of a progress callback when nobody waits for the maps any more."""


@dataclass(frozen=True)
class Parameter:
    """A declared parameter of a method, from which pages and the command line draw controls.

    Attributes
    ----------
    name : str
    default : int, float, str or bool
        Its type is the parameter's type.
    help : str
        One sentence.
    minimum, maximum : float or None
        Limits of a number, both allowed.
    choices : tuple of str
        The values allowed for a str; empty: any.
    """

    name: str
    default: Value
    help: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def parse(self, text: str) -> Value:
        """The value that a text of the command line stands for.

        Raises
        ------
        ValueError
            If it is not of the parameter's type or outside its limits.
        """
        kind = type(self.default)
        try:
            value = {"true": True, "false": False}[text.lower()] if kind is bool else kind(text)
        except (KeyError, ValueError):
            raise ValueError(f"{self.name} takes {kind.__name__}, not {text!r}.") from None
        return self.check(value)

    def check(self, value: object) -> Value:
        """The value itself, once it is of the right type and within limits.

        Raises
        ------
        ValueError
            Otherwise.
        """
        kind = type(self.default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise ValueError(f"{self.name} takes {kind.__name__}, not {value!r}.")
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}.")
        if not isinstance(value, str):
            if self.minimum is not None and not value >= self.minimum:
                raise ValueError(f"{self.name} is at least {self.minimum:g}, not {value:g}.")
            if self.maximum is not None and not value <= self.maximum:
                raise ValueError(f"{self.name} is at most {self.maximum:g}, not {value:g}.")
        return value


def settle(
    title: str, parameters: Sequence[Parameter], given: Mapping[str, object]
) -> dict[str, Value]:
    """All declared parameters' values: those given, checked, and the defaults of the others.

    Raises
    ------
    TypeError
        If a name is not declared; the message begins with `title`.
    ValueError
        If a value is not allowed.
    """
    unknown = sorted(set(given) - {parameter.name for parameter in parameters})
    if unknown:
        raise TypeError(f"{title} has no parameter {', '.join(unknown)}.")
    return {p.name: p.check(given.get(p.name, p.default)) for p in parameters}


def failure(name: str, title: str, error: Exception) -> str:
    """Why something did not come, in one sentence; what the sentence leaves out is logged."""
    if isinstance(error, ExplainerError):
        return str(error)
    # The message could quote the input; its type is enough to look for.
    log.error("%s failed: %s", name, type(error).__name__)
    return f"{title} could not be computed ({type(error).__name__})."


@dataclass(frozen=True)
class Task:
    """One radiograph, one model and the outputs to explain, as a method's function gets them.

    Attributes
    ----------
    classifier : Classifier
    image : GridImage
        The radiograph on the model's grid.
    outputs : tuple of int
        Indices of the model's outputs to explain.
    target : Target
        What is explained: the logits or the probabilities.
    seed : int
        The only source of randomness.
    progress : callable
        To be called with (evaluations done, evaluations planned).
    """

    classifier: Classifier
    image: GridImage
    outputs: tuple[int, ...]
    target: Target
    seed: int
    progress: Progress

    def batch(self) -> torch.Tensor:
        """The radiograph as the network takes it, shape (1, channels, h, w)."""
        return self.classifier.normalise(torch.from_numpy(self.image.values.copy())[None])

    def shared(self, logits: torch.Tensor) -> torch.Tensor:
        """What is explained of a radiograph's logits, (L,): what relevance begins with."""
        if self.target is Target.LOGIT:
            return logits
        return torch.sigmoid(self.classifier.calibrated(logits))

    def explained(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """The explained outputs of all the model's logits, (n, L) to (n, outputs)."""
        if self.target is Target.LOGIT:
            return logits[:, list(self.outputs)].astype(np.float64)
        scaled = self.classifier.calibrated(logits.astype(np.float64))
        return np.asarray(1 / (1 + np.exp(-scaled[:, list(self.outputs)])))


@dataclass(frozen=True)
class Relevance:
    """What a method's function returns.

    Attributes
    ----------
    values : ndarray of shape (outputs, h, w)
        Raw signed relevance on the model's grid.
    evaluations : int
        Model evaluations spent; a backward pass counts as one.
    fit : sequence of float, optional
        For each output, the share of the evaluations' variance (weighted as the method weights
        them) that the map accounts for; only methods that fit a model have it.
    errors : ndarray of shape (outputs, h, w), optional
        Standard errors of `values`; only methods that sample and know how well have them.
    engine : str
        Name of the engine that most evaluations are by, where it is not `Classifier.reference`.
    """

    values: NDArray[np.floating]
    evaluations: int
    fit: Sequence[float] | None = None
    errors: NDArray[np.floating] | None = None
    engine: str = ""

    @classmethod
    def empty(cls, task: Task) -> "Relevance":
        """What is known where hiding parts of the radiograph changes nothing: zeros, for free."""
        return cls(np.zeros((len(task.outputs), *task.image.values.shape), np.float32), 0)


@dataclass(frozen=True)
class Method:
    """An explanation method.

    Attributes
    ----------
    name : str
        For the command line and files, for example ``grad_cam``.
    title : str
        For people, for example "Grad-CAM".
    function : callable
        ``function(task, **parameters) -> Relevance``.
    parameters : tuple of Parameter
    sampled : bool
        Whether it needs hundreds of model evaluations; such methods are computed last.
    half : bool
        Whether those may be in half precision.
    looks_inside : bool
        Whether it needs the network's gradients, layers or weights, not its outputs alone.
    needs_masks : bool
        Whether it needs a network that has masks of its own.
    needs_attention : bool
        Whether it needs a network whose attention spans the whole image.
    together : bool
        Whether labels are explained by common evaluations, how many depending on all of them.
    reading : str
        One sentence on how to read the map.
    citation : str
    """

    name: str
    title: str
    function: Callable[..., Relevance]
    parameters: tuple[Parameter, ...]
    sampled: bool
    reading: str
    citation: str
    half: bool = False
    looks_inside: bool = False
    needs_masks: bool = False
    needs_attention: bool = False
    together: bool = False

    def settle(self, given: Mapping[str, object]) -> dict[str, Value]:
        """All parameters' values: those given, checked, and the defaults of the others.

        Raises
        ------
        TypeError
            If a name is not one of the method's parameters.
        ValueError
            If a value is not allowed.
        """
        return settle(self.title, self.parameters, given)

    def refusal(self, manifest: Manifest) -> str:
        """Why it cannot explain a model, one sentence; empty where it can be tried."""
        if self.looks_inside and manifest.opaque:
            return manifest.opaque
        if self.needs_masks and not manifest.masks:
            return f"{manifest.name} has no decoder, and so no masks of its own."
        if self.needs_attention and manifest.attention == "windows":
            return f"{manifest.name} has attention within windows alone, not over the whole image."
        if self.needs_attention and not manifest.attention:
            return f"{manifest.name} has no attention to look at."
        return ""

    def failure(self, error: Exception) -> str:
        """Why its maps did not come, as :func:`failure` has it."""
        return failure(self.name, self.title, error)

    def explain(
        self,
        classifier: Classifier,
        image: GridImage,
        labels: Sequence[str] | None = None,
        *,
        target: Target = Target.LOGIT,
        seed: int = 0,
        progress: Progress = lambda done, planned: None,
        **parameters: object,
    ) -> tuple[Heatmap, ...]:
        """Explain labels of one radiograph, all from the same model evaluations.

        Parameters
        ----------
        classifier : Classifier
        image : GridImage
            From ``classifier.prepare(radiograph)``.
        labels : sequence of str, optional
            By default every label of the model.
        target : Target
            Explain the logit (default) or the probability.
        seed : int
            The same seed gives the same maps.
        progress : callable
            Called with (evaluations done, evaluations planned).
        **parameters
            As declared in `parameters`.

        Returns
        -------
        tuple of Heatmap
            In the order of `labels`.

        Raises
        ------
        KeyError
            If a label is not the model's.
        TypeError, ValueError
            If a parameter is unknown or its value not allowed.
        ExplainerError
            If the method cannot explain this model.
        """
        values = self.settle(parameters)
        if refusal := self.refusal(classifier.manifest):
            raise ExplainerError(refusal)
        names = classifier.manifest.labels
        chosen = tuple(names) if labels is None else tuple(labels)
        missing = [label for label in chosen if label not in names]
        if missing:
            raise KeyError(f"The model has no label {', '.join(missing)}.")
        outputs = tuple(names.index(label) for label in chosen)
        task = Task(classifier, image, outputs, target, seed, progress)
        start = time.perf_counter()
        try:
            relevance = self.function(task, **values)
        except torch.OutOfMemoryError:
            if not classifier.retreat():
                raise
            relevance = self.function(task, **values)
        seconds = time.perf_counter() - start
        classifier.rest()
        (explained,) = task.explained(classifier.outputs(image))
        fits: Sequence[float | None] = relevance.fit or [None] * len(chosen)
        errors = [None] * len(chosen) if relevance.errors is None else relevance.errors
        return tuple(
            Heatmap(
                values=np.ascontiguousarray(values_, dtype=np.float32),
                label=label,
                method=self.name,
                parameters={**values, "seed": seed},
                geometry=image.geometry,
                evaluations=relevance.evaluations,
                seconds=seconds,
                target=target,
                output=float(output),
                fit=None if fit is None else float(fit),
                engine=relevance.engine or classifier.reference.name,
                error=None if error is None else np.ascontiguousarray(error, dtype=np.float32),
            )
            for values_, label, output, fit, error in zip(
                relevance.values, chosen, explained, fits, errors, strict=True
            )
        )
