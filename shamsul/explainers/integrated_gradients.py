"""Integrated Gradients: gradients gathered on the way from a baseline to the radiograph."""

import numpy as np
import torch

from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.method import Method, Parameter, Relevance, Task
from shamsul.explainers.network import Explained
from shamsul.explainers.superpixels import BASELINES, background_of, hides_nothing


def integrated_gradients(task: Task, *, steps: int, baseline: str) -> Relevance:
    """Explain by captum's IntegratedGradients.

    Parameters
    ----------
    task : Task
    steps : int
        Points of the Gauss-Legendre quadrature.
    baseline : str
        The radiograph that shows nothing, as :func:`background_of` makes it.

    Notes
    -----
    A map sums to the output of the radiograph minus that of its baseline, but for the error of the
    quadrature.

    References
    ----------
    Sundararajan, Taly, Yan 2017, arXiv 1703.01365
    """
    from captum.attr import IntegratedGradients

    values = task.image.values
    background = background_of(task.classifier, values, baseline)
    if hides_nothing(values, background):
        return Relevance.empty(task)
    method = IntegratedGradients(Explained.of(task))
    image = torch.from_numpy(values.copy())[None, None]
    start = torch.from_numpy(background)[None, None]
    maps = []
    for index in range(len(task.outputs)):
        with RUNNING:
            found = method.attribute(
                image,
                start,
                target=index,
                n_steps=steps,
                internal_batch_size=task.classifier.batch_size,
            )
        maps.append(found[0, 0].detach().cpu().numpy())
        task.progress(2 * steps * len(maps), 2 * steps * len(task.outputs))
    return Relevance(np.stack(maps), 2 * steps * len(maps))


METHOD = Method(
    name="integrated_gradients",
    title="Integrated Gradients",
    function=integrated_gradients,
    parameters=(
        Parameter("steps", 32, "Points on the way from the baseline.", 2, 1000),
        Parameter("baseline", "black", "The radiograph that shows nothing.", choices=BASELINES),
    ),
    sampled=True,
    looks_inside=True,
    reading="Each pixel shows its share of the difference between the output for this radiograph "
    "and for its baseline; fine-grained and noisy, so look at where it gathers.",
    citation="Sundararajan, Taly, Yan 2017, arXiv 1703.01365",
)
