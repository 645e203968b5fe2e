"""Relevance handed back through every step of a network's graph, by whatever rules."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, fx, nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import SHAPES, Add, Concatenate, GlobalAverage, Multiply, trace
from shamsul.explainers.method import ExplainerError, Relevance, Task
from shamsul.explainers.rules import (
    TINY,
    Box,
    Composite,
    Factors,
    Flow,
    Pass,
    Rule,
    Softmax,
    inverse,
    pull_back,
)
from shamsul.explainers.transformers import (
    REARRANGEMENTS,
    AttentionWeights,
    MatrixProduct,
    PositionBias,
    Projection,
    Temperature,
    Tokens,
    UnitLength,
)

_ACTIVATIONS = (nn.ReLU, nn.SiLU, nn.GELU, nn.Sigmoid)
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
        """Relevance of the input for n distributions of relevance over outputs, or over a layer.

        Parameters
        ----------
        starts : Tensor of shape (n, L), or (n, C, h, w) where a layer is named
        layer : str
            Name of the step whose value they are of; by default they are of the outputs. What
            other steps have is left out.

        Returns
        -------
        Tensor of shape (n, C, h, w)
        """
        return self._between(self._step(layer) if layer else self._output, starts, self._input)

    def relevance_of(self, layer: str, starts: Tensor) -> Tensor:
        """Relevance of a layer for n distributions of relevance over the outputs.

        Parameters
        ----------
        layer : str
            Name of a step.
        starts : Tensor of shape (n, L)

        Returns
        -------
        Tensor of shape (n, C, h, w)
        """
        return self._between(self._output, starts, self._step(layer))

    def _step(self, name: str) -> fx.Node:
        found: fx.Node = next(node for node in self._steps if node.target == name)
        return found

    def _between(self, start: fx.Node, starts: Tensor, end: fx.Node) -> Tensor:
        gathered = {start: Flow(starts)}
        with RUNNING, torch.no_grad():
            for node in reversed(self._steps):
                if node is end:
                    break
                given = gathered.pop(node, None)
                if given is None:  # a gate that gets none, or a step past the start
                    continue
                for source, part in self._backs[node](given):
                    if source in gathered:
                        gathered[source].add(part)
                    else:
                        gathered[source] = part
        return gathered[end].total()

    def _rule(self, node: fx.Node) -> Rule | None:
        """The rule of a step that has weights or acts on each neuron; None: it is routed below."""
        composite, layer = self._composite, self._layer(node)
        if isinstance(layer, Multiply):
            self._gate(node)
            return None
        if isinstance(layer, (Add, Concatenate, nn.MaxPool2d, *SHAPES, *REARRANGEMENTS)):
            return None
        if isinstance(layer, nn.ReLU | Temperature):
            return Pass()
        if isinstance(layer, _ACTIVATIONS):
            return composite.activation
        if isinstance(layer, _AVERAGES):
            return composite.proportion
        if composite.factors is not None:
            if isinstance(layer, MatrixProduct | PositionBias):
                return None
            if isinstance(layer, Tokens):
                return composite.proportion
            if isinstance(layer, nn.LayerNorm | UnitLength):
                return composite.layer_norm
            if isinstance(layer, AttentionWeights):
                return Softmax()
        if isinstance(layer, nn.BatchNorm2d):
            return composite.norm
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if node in self._first:
                return Box(*self._bounds) if composite.first is Box else composite.first  # type: ignore[return-value]
            if node in self._last and composite.last is not None:
                return composite.last
            if isinstance(layer, Projection):
                return composite.projection
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
        if isinstance(layer, MatrixProduct):
            return self._matrix_product(node, layer)
        if isinstance(layer, PositionBias):
            return lambda flow: []
        if isinstance(layer, REARRANGEMENTS):
            return self._rearrangement(node, layer)
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

    def _rearrangement(self, node: fx.Node, layer: nn.Module) -> Back:
        source, *like = node.all_input_nodes
        x, shaped = self._values[source], [self._values[one] for one in like]

        def back(flow: Flow) -> list[tuple[fx.Node, Flow]]:
            moved = pull_back(lambda values: layer(values, *shaped), x, flow.total())
            return [(source, Flow(moved, own=True))]

        return back

    def _matrix_product(self, node: fx.Node, layer: MatrixProduct) -> Back:
        left, right = node.all_input_nodes
        a, b, factors = self._values[left], self._values[right], self._composite.factors
        share = layer.scale * inverse(self._values[node], 0.0 if factors is Factors.BOTH else TINY)
        constant = factors is Factors.VALUES and isinstance(self._layer(left), AttentionWeights)
        if factors is Factors.HALVES:
            share = share / 2

        def back(flow: Flow) -> list[tuple[fx.Node, Flow]]:
            weights = flow.times(share).total()
            parts = [(right, Flow(a.mT @ weights, b, own=True))]
            if not constant:
                parts.append((left, Flow(weights @ b.mT, a, own=True)))
            return parts

        return back

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


def prepared(classifier: Classifier, batch: Tensor, composite: Composite) -> Propagation:
    """A classifier run on a batch of one; the box rule knows what its pixels could be.

    Raises
    ------
    ExplainerError
        If a step of the network has no rule; the message names it.
    """
    ends = torch.tensor([0.0, 1.0]).view(2, 1, 1)
    low, high = torch.split(classifier.normalise(ends), 1)
    return Propagation(classifier.module, batch, composite, (low, high))


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
    run = prepared(task.classifier, task.batch(), composite)
    return handed_back(task, run, torch.diag(task.shared(run.outputs))[list(task.outputs)])


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
