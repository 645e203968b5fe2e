"""Relevance handed back through every step of a network's graph, by whatever rules."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, fx, nn

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import SHAPES, Add, Concatenate, GlobalAverage, Multiply, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError, Relevance, Task
from shamsul.explainers.rules import (
    Box,
    Composite,
    Flow,
    Pass,
    Rule,
)

_ACTIVATIONS = (nn.ReLU, nn.SiLU, nn.Sigmoid)
#: Linear, without weights.
_AVERAGES = (nn.AvgPool2d, nn.AdaptiveAvgPool2d, GlobalAverage, nn.Upsample)
#: Labels whose relevance is handed back at a time: more would need more memory, and save little.
TOGETHER = 7

Back = Callable[[Flow], list[tuple[fx.Node, Flow]]]
"""From the relevance of a step's value to that of its sources."""


class Propagation:
    """A network run once, ready to hand relevance back from any of its outputs.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode; left as found.
    batch : Tensor of shape (1, C, h, w)
    composite : Composite
    bounds : (Tensor, Tensor), optional
        Lowest and highest values that the input could have, broadcast to it; for the box rule. By
        default those that it has.

    Attributes
    ----------
    outputs : Tensor of shape (L,)

    Raises
    ------
    ExplainerError
        If a part of the network has no rule; the message names it.
    """

    def __init__(
        self,
        network: nn.Module,
        batch: Tensor,
        composite: Composite,
        bounds: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        self._composite = composite
        self._bounds = bounds or (batch.min(), batch.max())
        self._graph = trace(network)
        self._steps = [node for node in self._graph.graph.nodes if node.op == "call_module"]
        affine = [n for n in self._steps if isinstance(self._layer(n), nn.Conv2d | nn.Linear)]
        self._first, self._last = affine[:1], affine[-1:]
        for step in self._steps:
            self._rule(step)  # says what has no rule before anything is computed
        self._values: dict[fx.Node, Tensor] = {}
        self._backs: dict[fx.Node, Back] = {}
        nodes = self._graph.graph.nodes
        last = {source: node for node in nodes for source in node.all_input_nodes}
        with RUNNING, torch.no_grad():
            for node in nodes:
                if node.op == "placeholder":
                    self._input, self._values[node] = node, batch
                elif node.op == "call_module":
                    self._values[node] = self._layer(node)(*fx.node.map_arg(node.args, self._value))
                    self._backs[node] = self._back(node)
                elif node.op == "output":
                    (self._output,) = node.all_input_nodes
                    self.outputs = self._values[self._output][0]
                for source in node.all_input_nodes:  # the ways back hold what they need
                    if last[source] is node:
                        del self._values[source]

    def _layer(self, node: fx.Node) -> nn.Module:
        return self._graph.get_submodule(str(node.target))

    def _value(self, node: fx.Node) -> Tensor:
        return self._values[node]

    def hand_back(self, starts: Tensor, layer: str = "") -> Tensor:
        """Relevance of the input for n distributions of relevance over the outputs, or a layer's.

        Parameters
        ----------
        starts : Tensor of shape (n, L), or (n, ...) of the layer's output
        layer : str
            Name of the module of the graph at whose output they are; empty: the network's.

        Returns
        -------
        Tensor of shape (n, C, h, w)
        """
        start = self._output
        if layer:
            start = next(node for node in reversed(self._steps) if node.target == layer)
        gathered = {start: Flow(starts)}
        with RUNNING, torch.no_grad():
            for node in reversed(self._steps):
                given = gathered.pop(node, None)
                if given is None:  # a gate that gets none, or a step past the start
                    continue
                for source, part in self._backs[node](given):
                    if source in gathered:
                        gathered[source].add(part)
                    else:
                        gathered[source] = part
        return gathered[self._input].total()

    def _rule(self, node: fx.Node) -> Rule | None:
        """The rule of a step that has weights or acts on each neuron; None: it is routed below."""
        composite, layer = self._composite, self._layer(node)
        if isinstance(layer, Multiply):
            self._gate(node)
            return None
        if isinstance(layer, (Add, Concatenate, nn.MaxPool2d, *SHAPES)):
            return None
        if isinstance(layer, nn.ReLU):
            return Pass()
        if isinstance(layer, _ACTIVATIONS):
            return composite.activation
        if isinstance(layer, _AVERAGES):
            return composite.proportion
        if isinstance(layer, nn.BatchNorm2d):
            return composite.norm
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if node in self._first:
                return Box(*self._bounds) if composite.first is Box else composite.first  # type: ignore[return-value]
            if node in self._last and composite.last is not None:
                return composite.last
            return composite.dense if isinstance(layer, nn.Linear) else composite.convolution
        raise ExplainerError(f"There is no rule for {type(layer).__name__} (module {node.target}).")

    def _back(self, node: fx.Node) -> Back:
        layer = self._layer(node)
        if isinstance(layer, Add):
            return self._sum(node)
        if isinstance(layer, Concatenate):
            return self._concatenation(node)
        if isinstance(layer, Multiply):
            return self._product(node)
        (source,) = node.all_input_nodes
        x, z = self._values[source], self._values[node]
        if isinstance(layer, nn.MaxPool2d):
            return self._maximum(source, x, layer)
        if isinstance(layer, SHAPES):
            return lambda flow: [(source, flow.reshape(x.shape))]
        rule = self._rule(node)
        assert rule is not None
        ways = rule(layer, x, z)
        if not ways:
            return lambda flow: [(source, flow)]
        return lambda flow: [(source, way.follow(flow)) for way in ways]

    def _sum(self, node: fx.Node) -> Back:
        """Each source gets its share of the sum."""
        sources = [source for source in node.args if isinstance(source, fx.Node)]
        values = [self._values[source] for source in sources]
        shares = self._composite.proportion.shares(values, self._values[node])
        pairs = list(zip(sources, shares, strict=True))
        return lambda flow: [(source, flow.shared().times(share)) for source, share in pairs]

    def _concatenation(self, node: fx.Node) -> Back:
        (sources,) = node.args
        sizes = [self._values[source].shape[1] for source in sources]  # type: ignore[union-attr,index]
        return lambda flow: list(zip(sources, flow.split(sizes), strict=True))  # type: ignore[arg-type]

    def _maximum(self, source: fx.Node, x: Tensor, pool: nn.MaxPool2d) -> Back:
        """The largest takes all."""
        _, winners = nn.functional.max_pool2d(
            x,
            pool.kernel_size,
            pool.stride,
            pool.padding,
            pool.dilation,
            pool.ceil_mode,
            return_indices=True,
        )
        # Places in memory, where the channels are last.
        channels, *size = x.shape[1:]
        places = winners * channels + torch.arange(channels, device=x.device).view(-1, 1, 1)
        places = places.movedim(1, -1).flatten()

        def back(flow: Flow) -> list[tuple[fx.Node, Flow]]:
            given = flow.total().movedim(1, -1).flatten(1)
            sums = given.new_zeros(len(given), x[0].numel())
            sums.scatter_add_(1, places.expand(len(given), -1), given)
            return [(source, Flow(sums.view(-1, *size, channels).movedim(-1, 1), own=True))]

        return back

    def _gate(self, node: fx.Node) -> fx.Node:
        """The factor that a sigmoid made."""
        gates = [
            source
            for source in node.all_input_nodes
            if source.op == "call_module" and isinstance(self._layer(source), nn.Sigmoid)
        ]
        if len(gates) != 1 or len(node.all_input_nodes) != 2:
            raise ExplainerError(
                f"There is no rule for the product {node.name}, which has no gate."
            )
        return gates[0]

    def _product(self, node: fx.Node) -> Back:
        gate = self._gate(node)
        (signal,) = (source for source in node.all_input_nodes if source is not gate)
        shape = self._values[gate].shape[1:]

        def back(flow: Flow) -> list[tuple[fx.Node, Flow]]:
            parts = [(signal, flow.shared())]
            if self._composite.gates:
                total = flow.total()
                parts.append((gate, Flow(total.sum_to_size(len(total), *shape))))
            return parts

        return back


def decomposed(task: Task, composite: Composite) -> Relevance:
    """Share the explained outputs out over the input: one forward pass, one backward for all.

    Relevance starts as the explained output itself and is summed over the input's channels. Rules
    apply to every step of the traced graph, functional ones included. Where the probability is
    explained, its value is what is shared out.

    Parameters
    ----------
    task : Task
    composite : Composite

    Raises
    ------
    ExplainerError
        If a step of the network has no rule; the message names it.
    """
    run = ready(task, composite)
    outputs = run.outputs
    if task.target is Target.PROBABILITY:
        outputs = torch.sigmoid(task.classifier.calibrated(outputs))
    return handed_back(task, run, torch.diag(outputs)[list(task.outputs)])


def ready(task: Task, composite: Composite) -> Propagation:
    """The task's network, run on its radiograph; the box rule's bounds are black and white.

    Raises
    ------
    ExplainerError
        If a step of the network has no rule; the message names it.
    """
    ends = torch.tensor([0.0, 1.0]).view(2, 1, 1)
    low, high = torch.split(task.classifier.normalise(ends), 1)
    return Propagation(task.classifier.module, task.batch(), composite, (low, high))


def handed_back(
    task: Task, run: Propagation, starts: Tensor, layer: str = "", spent: int = 1
) -> Relevance:
    """Relevance of the pixels for one distribution for each explained output, a few at a time.

    Parameters
    ----------
    task : Task
    run : Propagation
    starts, layer
        As :meth:`Propagation.hand_back` takes them.
    spent : int
        Model evaluations until here.
    """
    planned = spent + len(starts)
    task.progress(spent, planned)
    maps = []
    for some in torch.split(starts, TOGETHER):
        maps.append(run.hand_back(some, layer).sum(1).cpu().numpy())
        task.progress(spent + sum(map(len, maps)), planned)
    return Relevance(np.concatenate(maps), planned)
