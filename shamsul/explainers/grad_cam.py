"""Grad-CAM and its kin: the last feature map, weighted by gradients."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from shamsul.explainers.graph import feature_map, last_feature_map, trace
from shamsul.explainers.method import ExplainerError, Method, Parameter, Relevance, Task
from shamsul.explainers.network import activations_and_gradients


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
    ((activation, gradient),) = activations_and_gradients(task, graph, [name])
    return feature_map(graph, name, activation), feature_map(graph, name, gradient)


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
    The coarse map is enlarged to the model's grid bilinearly with aligned cell borders. Tokens of a
    vision transformer are its cells, without the class token. As that alone is classified, the last
    block's output has no gradients elsewhere: by default the tokens are those that the last
    attention looks at.

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
