"""Grad-CAM and its kin: the last feature map, weighted by gradients."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, fx

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import last_feature_map, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError, Method, Parameter, Relevance, Task


class _FromLayer(fx.Interpreter):
    """Runs a network for one image up to a layer, and from there on for every output at once.

    Attributes
    ----------
    activation : Tensor of shape (n, C, h', w')
        The layer's output, repeated; a leaf for gradients.
    """

    activation: Tensor | None = None

    def __init__(self, graph: fx.GraphModule, layer: str, count: int) -> None:
        super().__init__(graph)
        self.layer, self.count = layer, count

    def fetch_args_kwargs_from_env(self, n: fx.Node) -> Any:
        found = super().fetch_args_kwargs_from_env(n)
        if self.activation is None:
            return found
        # What came past the layer, by a shortcut, is still that of one image.
        return torch.utils._pytree.tree_map_only(
            Tensor, lambda x: x.expand(self.count, *x.shape[1:]), found
        )

    def run_node(self, n: fx.Node) -> Any:
        with torch.set_grad_enabled(self.activation is not None):
            value = super().run_node(n)
        if n.op == "call_module" and n.target == self.layer:
            value = value.detach().expand(self.count, *value.shape[1:]).clone().requires_grad_()
            self.activation = value
        return value


def _averaged(activation: Tensor, gradient: Tensor) -> Tensor:
    """Selvaraju et al. 2017: a channel counts as its mean gradient."""
    return (gradient.mean((2, 3), keepdim=True) * activation).sum(1)


def _plus_plus(activation: Tensor, gradient: Tensor) -> Tensor:
    """Chattopadhay et al. 2018, equations 10 and 19: pixels of a channel count by their own."""
    squared, cubed = gradient**2, gradient**3
    denominator = 2 * squared + activation.sum((2, 3), keepdim=True) * cubed
    alpha = torch.where(
        denominator == 0, 0.0, squared / torch.where(denominator == 0, 1.0, denominator)
    )
    weights = (alpha * gradient.clamp(min=0)).sum((2, 3), keepdim=True)
    return (weights * activation).sum(1)


def _element_wise(activation: Tensor, gradient: Tensor) -> Tensor:
    """Draelos, Carin 2020: gradient x activation, never averaged."""
    return (gradient * activation).sum(1)


def _positive(activation: Tensor, gradient: Tensor) -> Tensor:
    """Jiang et al. 2021: gradient x activation, positive gradients only; for any layer."""
    return (gradient.clamp(min=0) * activation).sum(1)


def _guided(activation: Tensor, gradient: Tensor) -> Tensor:
    """As SHAMSUL's code: only positive gradients of positive activations count."""
    guided = gradient * (gradient > 0) * (activation > 0)
    return (guided.mean((2, 3), keepdim=True) * activation).sum(1)


VARIANTS: Final[dict[str, Callable[[Tensor, Tensor], Tensor]]] = {
    "grad_cam": _averaged,
    "grad_cam_plus_plus": _plus_plus,
    "hirescam": _element_wise,
    "layer_cam": _positive,
    "guided": _guided,
}


def at_layer(task: Task, layer: str = "") -> tuple[Tensor, Tensor]:
    """A feature map, and the explained outputs' gradients with respect to it.

    One forward pass, and one backward for all outputs.

    Parameters
    ----------
    task : Task
    layer : str
        Name of a module of the traced graph; empty: the last feature map.

    Returns
    -------
    activation, gradient : Tensor of shape (outputs, C, h', w')
        The activation is the same for all.

    Raises
    ------
    ExplainerError
        If there is no such module, or it gives no feature map.
    """
    # The graph has no in-place ReLU to overwrite the layer.
    graph = trace(task.classifier.module)
    name = layer or last_feature_map(graph)
    if name not in {node.target for node in graph.graph.nodes if node.op == "call_module"}:
        raise ExplainerError(f"The network has no module named {layer!r}.")
    count = len(task.outputs)
    run = _FromLayer(graph, name, count)
    with RUNNING:
        logits = run.run(task.batch())
        explained = logits
        if task.target is Target.PROBABILITY:
            explained = torch.sigmoid(task.classifier.calibrated(logits))
        chosen = explained[torch.arange(count), list(task.outputs)].sum()
        activation = run.activation
        assert activation is not None
        if activation.ndim != 4:
            raise ExplainerError(f"The module {name!r} gives no feature map.")
        (gradient,) = torch.autograd.grad(chosen, activation)
    return activation.detach(), gradient


def grad_cam(task: Task, *, variant: str, layer: str, relu: bool) -> Relevance:
    """Explain by the gradients of one feature map: one forward pass, one backward for all labels.

    Parameters
    ----------
    task : Task
    variant : str
        How gradients weight the feature map: a name of `VARIANTS`.
    layer : str
        Name of the module to look at; empty: the one that is pooled into the classifier's
        features.
    relu : bool
        Keep only what speaks for the label, as the papers do.

    Notes
    -----
    The coarse map is enlarged to the model's grid bilinearly with aligned cell borders.

    References
    ----------
    Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74; Chattopadhay et al. 2018,
    doi 10.1109/WACV.2018.00097; Draelos, Carin 2020, arXiv 2011.08891; Jiang et al. 2021,
    doi 10.1109/TIP.2021.3089943
    """
    activation, gradient = at_layer(task, layer)
    coarse = VARIANTS[variant](activation, gradient)
    coarse = coarse.clamp(min=0) if relu else coarse
    fine = torch.nn.functional.interpolate(
        coarse[:, None], task.image.values.shape, mode="bilinear"
    )
    task.progress(2, 2)
    return Relevance(fine[:, 0].cpu().numpy(), 2)


METHOD = Method(
    name="grad_cam",
    title="Grad-CAM",
    function=grad_cam,
    parameters=(
        Parameter(
            "variant",
            "grad_cam",
            "How gradients weight the feature map.",
            choices=tuple(VARIANTS),
        ),
        Parameter("layer", "", "Module to look at; empty: the last feature map."),
        Parameter("relu", True, "Keep only what speaks for the label."),
    ),
    sampled=False,
    looks_inside=True,
    reading="Where the network's last feature map speaks for the label; coarse, so its edges are "
    "not the finding's edges.",
    citation="Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74",
)
