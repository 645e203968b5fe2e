"""The layers of a network whose units can be looked at."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import (
    GlobalAverage,
    bottlenecks,
    has_channels_first,
    trace,
    values_of,
)
from shamsul.explainers.method import ExplainerError

_ACTIVATIONS: Final = (nn.ReLU, nn.SiLU)
#: Of features: no layer of their own.
_POOLED: Final = (nn.AdaptiveAvgPool2d, GlobalAverage)
#: What a step that the network's own code calls as a function is named by in the graph.
_CALLED: Final = "step_"


@dataclass(frozen=True)
class Layer:
    """A layer's value: a stack of maps, one a unit.

    Attributes
    ----------
    step : str
        Name of the module of the traced graph that gives it.
    units : int
    rows, columns : int
    """

    step: str
    units: int
    rows: int
    columns: int

    @property
    def name(self) -> str:
        """For files and the command line."""
        return self.step.removeprefix(_CALLED)

    @property
    def title(self) -> str:
        """For people: what tells layers of a network from one another."""
        return f"{self.rows} × {self.columns}, {self.units} units"


def layers(classifier: Classifier) -> tuple[Layer, ...]:
    """The layers of a classifier that can be looked at, from the input to the outputs.

    One of each size of maps, the last that everything passes: an activation function's where
    there is one, since its units are silent or not.

    Parameters
    ----------
    classifier : Classifier

    Raises
    ------
    ExplainerError
        If the network cannot be looked into, or has no such layer; one sentence.
    """
    if classifier.manifest.opaque:
        raise ExplainerError(classifier.manifest.opaque)
    found = _layers(classifier)
    if not found:
        raise ExplainerError(
            f"{classifier.manifest.name} has no layer of maps that everything passes."
        )
    return found


def layer_of(classifier: Classifier, name: str = "") -> Layer:
    """A layer by its name; the last one but one where none is named.

    The last one's units see nearly all of the radiograph at once.

    Raises
    ------
    ExplainerError
        If there is none of this name, or none at all; one sentence.
    """
    found = layers(classifier)
    if not name:
        return found[max(0, len(found) - 2)]
    for layer in found:
        if name in (layer.name, layer.step):
            return layer
    raise ExplainerError(
        f"{classifier.manifest.name} has no layer {name!r} to look at; there are "
        f"{', '.join(one.name for one in found)}."
    )


@lru_cache(maxsize=4)
def _layers(classifier: Classifier) -> tuple[Layer, ...]:
    graph = trace(classifier.module)
    passed = bottlenecks(graph)
    size = classifier.manifest.input_size
    batch = classifier.normalise(torch.zeros(1, size, size))
    with RUNNING, torch.no_grad():
        shapes = [tuple(value.shape) for value in values_of(graph, passed, batch)]
    chosen: dict[tuple[int, ...], Layer] = {}
    activated: set[tuple[int, ...]] = set()
    for name, shape in zip(passed, shapes, strict=True):
        module = graph.get_submodule(name)
        if isinstance(module, _POOLED) or len(shape) != 4 or not has_channels_first(graph, name):
            continue
        active = isinstance(module, _ACTIVATIONS)
        if active or shape[2:] not in activated:
            chosen[shape[2:]] = Layer(name, *shape[1:])
        if active:
            activated.add(shape[2:])
    return tuple(chosen.values())
