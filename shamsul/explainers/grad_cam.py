"""Grad-CAM: the last feature map, its channels weighted by their gradients."""

import numpy as np
import torch
from torch import nn

from shamsul.classifiers.classifier import RUNNING
from shamsul.explainers.graph import last_feature_map, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError, Method, Parameter, Relevance, Task


class _Output(nn.Module):
    """The network's explained outputs."""

    def __init__(self, network: nn.Module, target: Target):
        super().__init__()
        self.network = network
        self.target = target

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.network(batch)
        return logits if self.target is Target.LOGIT else torch.sigmoid(logits)


def grad_cam(task: Task, *, layer: str, relu: bool) -> Relevance:
    """Explain by captum's LayerGradCam.

    Parameters
    ----------
    task : Task
    layer : str
        Name of the module to look at; empty: the one that is pooled into the classifier's
        features.
    relu : bool
        Keep only what speaks for the label, as the paper does.

    Notes
    -----
    captum leaves the final ReLU to the caller; here it is on by default, as in the paper. The
    coarse map is enlarged to the model's grid bilinearly with aligned cell borders.

    References
    ----------
    Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74
    """
    from captum.attr import LayerAttribution, LayerGradCam

    # The graph has no in-place ReLU to overwrite the layer, and its hooks are not the network's.
    graph = trace(task.classifier.module)
    try:
        module = graph.get_submodule(layer or last_feature_map(graph))
    except AttributeError:
        raise ExplainerError(f"The network has no module named {layer!r}.") from None
    cam = LayerGradCam(_Output(graph, task.target), module)
    batch = task.classifier.normalise(torch.from_numpy(task.image.values.copy())[None])
    maps = []
    for done, output in enumerate(task.outputs):
        with RUNNING:  # a named layer may be the network's own, and captum hooks it
            coarse = cam.attribute(batch, target=output, relu_attributions=relu)
        fine = LayerAttribution.interpolate(coarse, task.image.values.shape, "bilinear")
        maps.append(fine.detach()[0, 0].numpy())
        task.progress(done + 1, len(task.outputs))
    return Relevance(np.stack(maps), 2 * len(task.outputs))


METHOD = Method(
    name="grad_cam",
    title="Grad-CAM",
    function=grad_cam,
    parameters=(
        Parameter("layer", "", "Module to look at; empty: the last feature map."),
        Parameter("relu", True, "Keep only what speaks for the label."),
    ),
    sampled=False,
    reading="Where the network's last feature map speaks for the label; coarse, so its edges are "
    "not the finding's edges.",
    citation="Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74",
)
