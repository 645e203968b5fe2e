"""Layer-wise relevance propagation through every step of the network's graph."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn

from shamsul.explainers.graph import Add, Concatenate, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError, Method, Parameter, Relevance, Task
from shamsul.explainers.rules import COMPOSITES, Composite, Epsilon, Pass, Rule, share

#: Steps whose plain gradient already hands each input its own relevance.
_ROUTING = (Concatenate, nn.Flatten, nn.Identity, nn.Dropout, nn.MaxPool2d)


class _Propagate(torch.autograd.Function):
    """A layer whose backward pass carries relevance in place of gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: nn.Module, rule: Rule) -> Tensor:
        z: Tensor = layer(x)
        ctx.save_for_backward(x, z)
        ctx.layer, ctx.rule = layer, rule
        return z

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor, None, None]:
        x, z = ctx.saved_tensors
        return ctx.rule(ctx.layer, x, z, relevance), None, None


class _Sum(torch.autograd.Function):
    """A sum that shares its relevance in proportion to the summands."""

    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, epsilon: float) -> Tensor:
        ctx.save_for_backward(left, right)
        ctx.epsilon = epsilon
        return left + right

    @staticmethod
    def backward(ctx: Any, relevance: Tensor) -> tuple[Tensor, Tensor, None]:
        left, right = ctx.saved_tensors
        shared = share(relevance, left + right, ctx.epsilon)
        return left * shared, right * shared, None


class _Relevance(fx.Interpreter):
    """Runs a traced network so that the gradient of its output is relevance."""

    def __init__(self, graph: fx.GraphModule, composite: Composite):
        super().__init__(graph, garbage_collect_values=False)
        self.composite = composite
        weighted = (nn.Conv2d, nn.Linear)
        layers = [n.target for n in graph.graph.nodes if n.op == "call_module"]
        self.first = next(
            (name for name in layers if isinstance(graph.get_submodule(name), weighted)), None
        )

    def call_module(self, target: Any, args: Any, kwargs: Any) -> Any:
        return self._step(str(target), self.module.get_submodule(str(target)), args)

    def _step(self, name: str, layer: nn.Module, args: Any) -> Tensor:
        if isinstance(layer, nn.Sequential):
            (x,) = args
            for part in layer:
                x = self._step(name, part, (x,))
            return x  # type: ignore[no-any-return]
        if isinstance(layer, Add):
            return _Sum.apply(*args, self.composite.epsilon)  # type: ignore[no-any-return]
        if isinstance(layer, _ROUTING):
            return layer(*args)  # type: ignore[no-any-return]
        return _Propagate.apply(args[0], layer, self._rule(name, layer))  # type: ignore[no-any-return]

    def _rule(self, name: str, layer: nn.Module) -> Rule:
        if isinstance(layer, nn.ReLU):
            return Pass()
        if isinstance(layer, nn.AvgPool2d | nn.AdaptiveAvgPool2d):
            return Epsilon(self.composite.epsilon)
        if isinstance(layer, nn.BatchNorm2d):
            return self.composite.norm
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if name == self.first:
                return self.composite.first
            dense = isinstance(layer, nn.Linear)
            return self.composite.dense if dense else self.composite.convolution
        raise ExplainerError(f"LRP has no rule for {type(layer).__name__} (module {name}).")


def relevant_outputs(network: nn.Module, batch: Tensor, composite: Composite) -> Tensor:
    """Run a network so that gradients of its outputs are relevances.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode; left as found.
    batch : Tensor of shape (n, C, h, w)
        Its ``requires_grad`` is expected to be set.
    composite : Composite

    Returns
    -------
    Tensor of shape (n, L)
        The network's outputs. ``torch.autograd.grad(outputs[0, l], batch, outputs[0, l])`` is the
        relevance of the input for output l.

    Raises
    ------
    ExplainerError
        If a part of the network has no rule; the message names it.
    """
    outputs: Tensor = _Relevance(trace(network), composite).run(batch)
    return outputs


def lrp(task: Task, *, composite: str) -> Relevance:
    """Explain by layer-wise relevance propagation, one forward pass and one backward per label.

    Parameters
    ----------
    task : Task
    composite : str
        Which rules: a name of :data:`shamsul.explainers.rules.COMPOSITES`.

    Notes
    -----
    Relevance starts as the explained output itself and is summed over the input's channels. Rules
    apply to every step of the traced graph, functional ones included; a network with a step that
    has no rule is refused. Where the probability is explained, its value is what is shared out.

    References
    ----------
    Bach et al. 2015, doi 10.1371/journal.pone.0130140; Montavon et al. 2019,
    doi 10.1007/978-3-030-28954-6_10
    """
    batch = task.classifier.normalise(torch.from_numpy(task.image.values.copy())[None])
    batch = batch.detach().requires_grad_()
    outputs = relevant_outputs(task.classifier.module, batch, COMPOSITES[composite])
    starts = outputs.detach() if task.target is Target.LOGIT else torch.sigmoid(outputs.detach())
    maps = []
    for done, output in enumerate(task.outputs):
        (found,) = torch.autograd.grad(
            outputs[0, output], batch, starts[0, output], retain_graph=True
        )
        maps.append(found[0].sum(0).numpy())
        task.progress(done + 1, len(task.outputs))
    return Relevance(np.stack(maps), 1 + len(task.outputs))


METHOD = Method(
    name="lrp",
    title="LRP",
    function=lrp,
    parameters=(
        Parameter(
            "composite",
            "epsilon_plus_flat",
            "Which propagation rule each kind of layer gets.",
            choices=tuple(COMPOSITES),
        ),
    ),
    sampled=False,
    reading="Each pixel shows its share of the output, handed back layer by layer; look at where "
    "the relevance gathers, not at single pixels.",
    citation="Bach et al. 2015, doi 10.1371/journal.pone.0130140",
)
