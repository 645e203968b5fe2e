"""Maps of single units: what one answers to, and what it brings to a label's output."""

from typing import Final

import numpy as np
import torch

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import trace, value_of
from shamsul.explainers.method import ExplainerError, Method, Parameter, Relevance, Task
from shamsul.explainers.propagation import TOGETHER, prepared
from shamsul.units.layers import Layer, layer_of
from shamsul.units.survey import COMPOSITE

_PARAMETERS: Final = (
    Parameter("layer", "", "Name of the unit's layer; by default the last one but one."),
    Parameter("unit", 0, "Which of the layer's units.", minimum=0),
)


def unit_map(task: Task, layer: str, unit: int) -> Relevance:
    """Share a unit's activation out over the input, as LRP does with an output.

    The same for every label: nothing behind the layer matters.

    Parameters
    ----------
    task : Task
    layer : str
    unit : int

    Raises
    ------
    ExplainerError
        If there is no such layer or unit.
    """
    place = _place(task, layer, unit)
    batch = task.batch()
    with RUNNING, torch.no_grad():
        value = value_of(trace(task.classifier.module), place.step, batch)
    start = _alone(value, unit)
    found = prepared(task.classifier, batch, COMPOSITE).hand_back(start, place.step).sum(1)
    task.progress(2, 2)
    return Relevance(found.cpu().numpy().repeat(len(task.outputs), 0), 2)


def through_unit(task: Task, layer: str, unit: int) -> Relevance:
    """What LRP hands back from a label's output through one unit of a layer alone.

    The maps of all units of a layer add up to LRP's.

    Parameters
    ----------
    task : Task
    layer : str
    unit : int

    Raises
    ------
    ExplainerError
        If there is no such layer or unit, or a step of the network has no rule.

    References
    ----------
    Achtibat et al. 2023, doi 10.1038/s42256-023-00711-8
    """
    place = _place(task, layer, unit)
    run = prepared(task.classifier, task.batch(), COMPOSITE)
    starts = torch.diag(task.shared(run.outputs))[list(task.outputs)]
    planned = 1 + len(starts)
    maps = []
    done = 1
    for some in torch.split(starts, TOGETHER):
        task.progress(done, planned)
        passing = _alone(run.relevance_of(place.step, some), unit)
        maps.append(run.hand_back(passing, place.step).sum(1).cpu().numpy())
        done += len(some)
    task.progress(planned, planned)
    return Relevance(np.concatenate(maps), planned)


def _place(task: Task, name: str, unit: int) -> Layer:
    layer = layer_of(task.classifier, name)
    if unit >= layer.units:
        raise ExplainerError(
            f"The layer {layer.name} has units 0 to {layer.units - 1}, and no {unit}."
        )
    return layer


def _alone(values: torch.Tensor, unit: int) -> torch.Tensor:
    """Those of one channel, nothing in the others."""
    kept = torch.zeros_like(values)
    kept[:, unit] = values[:, unit]
    return kept


#: By name; not among the methods that explain a label as a whole.
UNIT_MAPS: Final = {
    method.name: method
    for method in (
        Method(
            name="unit",
            title="What the unit answers to",
            function=unit_map,
            parameters=_PARAMETERS,
            sampled=False,
            looks_inside=True,
            reading="Each pixel shows its share of the unit's activation, whatever the label.",
            citation="Bach et al. 2015, doi 10.1371/journal.pone.0130140",
        ),
        Method(
            name="through_unit",
            title="What it brings to the label",
            function=through_unit,
            parameters=_PARAMETERS,
            sampled=False,
            looks_inside=True,
            reading="Each pixel shows its share of the label's output that passes through this "
            "unit; the maps of all units add up to LRP's.",
            citation="Achtibat et al. 2023, doi 10.1038/s42256-023-00711-8",
        ),
    )
}
