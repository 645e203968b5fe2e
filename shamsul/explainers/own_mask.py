"""The model's own mask: what its decoder gives beside the classifier's outputs."""

import torch

from shamsul.classifiers.inference import RUNNING
from shamsul.classifiers.unet import UNet
from shamsul.explainers.method import ExplainerError, Method, Relevance, Task


def own_mask(task: Task) -> Relevance:
    """The decoder's masks: one forward pass, nothing is handed back.

    Parameters
    ----------
    task : Task

    Notes
    -----
    Values are the mask's probabilities, in [0, 1], enlarged to the model's grid bilinearly with
    aligned cell borders; the explained target makes no difference. A network with one mask gives
    the same for every label.

    References
    ----------
    Watanabe et al. 2022, doi 10.3389/fradi.2022.991683
    """
    network = task.classifier.module
    if not isinstance(network, UNet) or not network.masks:
        raise ExplainerError(f"{task.classifier.manifest.name} has no masks of its own.")
    with RUNNING, torch.no_grad():
        masks = network.whole(task.batch()).masks
    assert masks is not None
    shape = task.image.values.shape
    (fine,) = torch.nn.functional.interpolate(torch.sigmoid(masks), shape, mode="bilinear").cpu()
    if len(fine) == 1:
        fine = fine.expand(len(task.classifier.manifest.labels), -1, -1)
    task.progress(1, 1)
    return Relevance(fine[list(task.outputs)].numpy(), 1)


METHOD = Method(
    name="own_mask",
    title="Model's own mask",
    function=own_mask,
    parameters=(),
    sampled=False,
    looks_inside=True,
    needs_masks=True,
    reading="Where the model's decoder marks something, as it was taught to; nothing says that its "
    "probability comes from there. A model with one mask shows the same for every label.",
    citation="Watanabe et al. 2022, doi 10.3389/fradi.2022.991683",
)
