"""A classifier as the function that gradient methods look at."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Task


class Explained(nn.Module):
    """Brightness on the model's grid to the explained outputs; differentiable.

    Takes a Tensor of shape (n, 1, h, w) in [0, 1], gives one of shape (n, outputs).

    Parameters
    ----------
    classifier : Classifier
    outputs : tuple of int
        Indices of the model's outputs.
    target : Target
    """

    def __init__(self, classifier: Classifier, outputs: tuple[int, ...], target: Target) -> None:
        super().__init__()
        self.classifier = classifier
        self.outputs = list(outputs)
        self.target = target

    @classmethod
    def of(cls, task: Task) -> "Explained":
        """What a task explains."""
        return cls(task.classifier, task.outputs, task.target)

    def forward(self, grids: torch.Tensor) -> torch.Tensor:
        explained: torch.Tensor = self.classifier.module(self.classifier.normalise(grids))
        if self.target is Target.PROBABILITY:
            explained = torch.sigmoid(self.classifier.calibrated(explained))
        return explained[:, self.outputs]


def activations_and_gradients(
    task: Task, graph: fx.GraphModule, layers: Sequence[str]
) -> list[tuple[Tensor, Tensor]]:
    """What layers give, and the gradients there of the explained outputs.

    One forward pass, of one image up to the first of the layers, and one backward for all outputs.

    Parameters
    ----------
    task : Task
    graph : torch.fx.GraphModule
        The classifier's.
    layers : sequence of str
        Names of its modules, in the order of the graph.

    Returns
    -------
    list of (Tensor, Tensor), each of shape (outputs, ...)
    """
    count = len(task.outputs)
    run = _FromLayer(graph, layers, count)
    with RUNNING:
        explained = run.run(task.batch())
        if task.target is Target.PROBABILITY:
            explained = torch.sigmoid(task.classifier.calibrated(explained))
        chosen = explained[torch.arange(count), list(task.outputs)].sum()
        activations = [run.activations[name] for name in layers]
        gradients = torch.autograd.grad(chosen, activations)
    pairs = zip(activations, gradients, strict=True)
    return [(activation.detach(), gradient) for activation, gradient in pairs]


class _FromLayer(fx.Interpreter):
    """Runs a network for one image up to a layer, and from there on for every output at once.

    Attributes
    ----------
    activations : dict of str to Tensor of shape (n, ...)
        Outputs of the layers; that of the first is repeated, a leaf for gradients.
    """

    def __init__(self, graph: fx.GraphModule, layers: Sequence[str], count: int) -> None:
        super().__init__(graph)
        self.layers, self.count = layers, count
        self.activations: dict[str, Tensor] = {}

    def fetch_args_kwargs_from_env(self, n: fx.Node) -> Any:
        found = super().fetch_args_kwargs_from_env(n)
        if not self.activations:
            return found
        # What came past the layer, by a shortcut, is still that of one image.
        return torch.utils._pytree.tree_map_only(
            Tensor, lambda x: x.expand(self.count, *x.shape[1:]), found
        )

    def run_node(self, n: fx.Node) -> Any:
        with torch.set_grad_enabled(bool(self.activations)):
            value = super().run_node(n)
        if n.op == "call_module" and n.target in self.layers:
            if not self.activations:
                value = value.detach().expand(self.count, *value.shape[1:]).clone().requires_grad_()
            self.activations[str(n.target)] = value
        return value
