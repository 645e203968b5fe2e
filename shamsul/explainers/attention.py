"""Attention rollout: what the class token looks at, through all layers of a vision transformer."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, fx, nn

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import trace, values_of
from shamsul.explainers.method import ExplainerError, Method, Parameter, Relevance, Task
from shamsul.explainers.network import activations_and_gradients
from shamsul.explainers.propagation import TOGETHER
from shamsul.explainers.transformers import AttentionWeights, ClassToken

GRADIENT, ATTENTION = "gradient", "attention"


def attention_rollout(task: Task, *, variant: str) -> Relevance:
    """Explain by the attention of all layers, as the class token looks through them at patches.

    Parameters
    ----------
    task : Task
    variant : str
        ``gradient``: A is each head's attention times its gradient where that is positive, the mean
        of all heads; R begins as the identity, and every layer adds ``A R``.
        ``attention``: A is the mean attention of all heads, and every layer makes ``(A + 1) R / 2``
        of R, for the shortcut around it; the same for every label, whatever is explained.

    Notes
    -----
    The class token's row of R, without itself; never negative. The map of patches is enlarged to
    the model's grid bilinearly with aligned cell borders.

    References
    ----------
    Chefer, Gur, Wolf 2021, arXiv 2103.15679, equations 5 and 6 (``gradient``); Abnar, Zuidema 2020,
    arXiv 2005.00928 (``attention``)
    """
    graph = trace(task.classifier.module)
    layers = _layers(graph)
    if not layers:
        name = task.classifier.manifest.name
        raise ExplainerError(f"{name} has no class token that attends to the whole image.")
    if variant == ATTENTION:
        with RUNNING, torch.no_grad():
            weights = values_of(graph, layers, task.batch())
        row = _rolled([(one.mean(1) + _identity(one)) / 2 for one in weights])
        patches, planned = row.expand(len(task.outputs), -1), 1
        task.progress(planned, planned)
    else:
        parts = torch.split(torch.tensor(task.outputs), TOGETHER)
        rows: list[Tensor] = []
        planned = 2 * len(parts)
        for part in parts:
            some = replace(task, outputs=tuple(part.tolist()))
            pairs = activations_and_gradients(some, graph, layers)
            positive = [(weights * gradient).clamp(min=0) for weights, gradient in pairs]
            rows.append(_rolled([one.mean(1) + _identity(one) for one in positive]))
            task.progress(2 * len(rows), planned)
        patches = torch.cat(rows)
    coarse = torch.unflatten(patches, 1, (1, math.isqrt(patches.shape[1]), -1))
    fine = nn.functional.interpolate(coarse, task.image.values.shape, mode="bilinear")
    return Relevance(fine[:, 0].cpu().numpy(), planned)


def _layers(graph: fx.GraphModule) -> list[str]:
    """Names of the steps that give attention weights; none where no class token attends."""
    steps = [node for node in graph.graph.nodes if node.op == "call_module"]
    modules = {str(node.target): graph.get_submodule(str(node.target)) for node in steps}
    if not any(isinstance(one, ClassToken) for one in modules.values()):
        return []
    return [name for name, one in modules.items() if isinstance(one, AttentionWeights)]


def _identity(weights: Tensor) -> Tensor:
    return torch.eye(weights.shape[-1], device=weights.device)


def _rolled(layers: Sequence[Tensor]) -> Tensor:
    """The class token's row of the product of layers, (n, N, N) each, without itself."""
    row = layers[-1][:, :1]
    for layer in reversed(layers[:-1]):
        row = row @ layer
    return row[:, 0, 1:]


METHOD = Method(
    name="attention_rollout",
    title="Attention Rollout",
    function=attention_rollout,
    parameters=(
        Parameter(
            "variant",
            GRADIENT,
            "Whether attention counts as far as its gradient speaks for the label, or as it is.",
            choices=(GRADIENT, ATTENTION),
        ),
    ),
    sampled=False,
    looks_inside=True,
    needs_attention=True,
    reading="Which patches attention reaches through all layers, counted where that speaks for the "
    "label; never against it, and as coarse as the patches.",
    citation="Chefer, Gur, Wolf 2021, arXiv 2103.15679",
)
