"""Class activation mapping: what the last feature map adds to an output, place by place."""

import torch
from torch import Tensor, fx, nn

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import SHAPES, GlobalAverage, last_feature_map, trace, value_of
from shamsul.explainers.method import ExplainerError, Method, Relevance, Task


def cam(task: Task) -> Relevance:
    """Explain by the last feature map, weighted as the outputs weight its averages.

    Parameters
    ----------
    task : Task

    Notes
    -----
    For networks that average their last feature map and then weight the averages. The mean of the
    coarse map is the logit but for the bias. It is enlarged to the model's grid bilinearly with
    aligned cell borders; whether the logit or the probability is explained makes no difference.

    References
    ----------
    Zhou et al. 2016, doi 10.1109/CVPR.2016.319
    """
    graph = trace(task.classifier.module)
    name = last_feature_map(graph)
    weights = _weights(graph, name)
    with RUNNING, torch.no_grad():
        (features,) = value_of(graph, name, task.batch())
        outputs = list(task.outputs)
        coarse = (
            features[outputs]
            if weights is None
            else torch.einsum("oc,chw->ohw", weights[outputs], features)
        )
        fine = nn.functional.interpolate(coarse[:, None], task.image.values.shape, mode="bilinear")
    task.progress(1, 1)
    return Relevance(fine[:, 0].cpu().numpy(), 1)


def _weights(graph: fx.GraphModule, name: str) -> Tensor | None:
    """Of each output (rows) for each channel of a feature map; None: the channels are the outputs.

    Raises
    ------
    ExplainerError
        If anything but the mean and one dense layer lies between them.
    """
    refused = ExplainerError(
        "CAM needs a network that averages its last feature map and weights the averages, and "
        "nothing else after it."
    )
    nodes = graph.graph.nodes
    node = next(one for one in nodes if one.op == "call_module" and one.target == name)
    weights, averaged = None, False
    while True:
        users = list(node.users)
        if len(users) != 1:
            raise refused
        (node,) = users
        if node.op == "output":
            break
        layer = graph.get_submodule(str(node.target))
        if isinstance(layer, GlobalAverage) or (
            isinstance(layer, nn.AdaptiveAvgPool2d) and layer.output_size in (1, (1, 1))
        ):
            averaged = True
        elif isinstance(layer, nn.Linear) and averaged and weights is None:
            weights = layer.weight.detach()
        elif not isinstance(layer, SHAPES):
            raise refused
    if not averaged:
        raise refused
    return weights


METHOD = Method(
    name="cam",
    title="CAM",
    function=cam,
    parameters=(),
    sampled=False,
    looks_inside=True,
    reading="What each place of the network's last feature map adds to the output, or takes from "
    "it; coarse, so its edges are not the finding's edges.",
    citation="Zhou et al. 2016, doi 10.1109/CVPR.2016.319",
)
