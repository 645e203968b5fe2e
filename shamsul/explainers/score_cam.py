"""Score-CAM: the last feature map, each channel weighted by what it leaves of the output."""

import numpy as np
import torch
from scipy.special import softmax
from torch import nn

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import feature_map, last_feature_map, trace, value_of
from shamsul.explainers.method import Method, Relevance, Task

#: Images at a time.
_BATCH = 32


def score_cam(task: Task) -> Relevance:
    """Explain by the last feature map's channels, each tried as a mask of the radiograph.

    Parameters
    ----------
    task : Task

    Notes
    -----
    A channel is enlarged to the grid, brought to the range from 0 to 1, and multiplied with the
    input as the network takes it, where 0 is the mean brightness of what it was trained on. The
    explained outputs, after a softmax over the channels, are their weights; the paper's baseline,
    an output without any mask, cancels there. Only what speaks for the label is kept.

    References
    ----------
    Wang et al. 2020, doi 10.1109/CVPRW50498.2020.00020
    """
    module, batch, shape = task.classifier.module, task.batch(), task.image.values.shape
    graph = trace(module)
    with RUNNING, torch.no_grad():
        name = last_feature_map(graph)
        features = feature_map(graph, name, value_of(graph, name, batch))
        fine = nn.functional.interpolate(features, shape, mode="bilinear")[0]
    planned = 1 + len(fine)
    task.progress(1, planned)
    low, high = fine.amin((1, 2), keepdim=True), fine.amax((1, 2), keepdim=True)
    # A channel that is the same everywhere shows nothing of the radiograph.
    masks = torch.where(high > low, (fine - low) / (high - low).clamp(min=1e-12), 0.0)
    found = []
    for some in torch.split(masks, _BATCH):
        with RUNNING, torch.no_grad():
            found.append(module(batch * some[:, None]).cpu().numpy())
        task.progress(1 + sum(map(len, found)), planned)
    weights = softmax(task.explained(np.concatenate(found)), axis=0)
    maps = np.einsum("co,chw->ohw", weights, fine.cpu().numpy())
    return Relevance(np.maximum(maps, 0).astype(np.float32), planned)


METHOD = Method(
    name="score_cam",
    title="Score-CAM",
    function=score_cam,
    parameters=(),
    sampled=True,
    looks_inside=True,
    reading="Where channels of the network's last feature map are strong that keep the output up "
    "when only what they show is left; coarse, and never against the label.",
    citation="Wang et al. 2020, doi 10.1109/CVPRW50498.2020.00020",
)
