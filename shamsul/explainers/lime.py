"""LIME: a weighted linear model of the output over superpixels switched on and off."""

from typing import Any

import numpy as np

from shamsul.explainers import superpixels
from shamsul.explainers.method import Method, Parameter, Relevance, Task


def lime(task: Task, *, samples: int, kernel_width: float, **cut: Any) -> Relevance:
    """Explain by the `lime` package's surrogate, fitted to every output on the same samples.

    Coalitions, distances (cosine to the whole radiograph), kernel and ridge regression are those
    of ``lime.lime_image``.

    Parameters
    ----------
    task : Task
    samples : int
        Model evaluations; the first is the whole radiograph.
    kernel_width : float
        Width of the exponential kernel over the cosine distance.
    **cut
        As declared in :mod:`shamsul.explainers.superpixels`.

    Notes
    -----
    Every superpixel keeps its weight, where ``lime_image`` shows the strongest few: a map has no
    other way to say "nothing here". Masked radiographs are composed by indexing and evaluated in
    small batches.

    References
    ----------
    Ribeiro, Singh, Guestrin 2016, doi 10.1145/2939672.2939778
    """
    from lime.lime_base import LimeBase

    perturbation = superpixels.Perturbation.of(task, **cut)
    rng = np.random.default_rng(task.seed)
    coalitions = rng.integers(0, 2, (samples, perturbation.count)).astype(bool)
    coalitions[0] = True
    outputs = perturbation.evaluate(coalitions, done=0, planned=samples)

    data = coalitions.astype(float)
    # Cosine distance of a 0/1 vector to the vector of ones.
    distances = 1 - np.sqrt(data.mean(1))

    def kernel(distance: Any) -> Any:
        return np.sqrt(np.exp(-(distance**2) / kernel_width**2))

    base = LimeBase(kernel, random_state=task.seed)
    weights = np.zeros((outputs.shape[1], perturbation.count))
    fits = []
    for row, weight in enumerate(weights):
        _, pairs, fit, _ = base.explain_instance_with_data(
            data, outputs, distances, row, perturbation.count, feature_selection="none"
        )
        for superpixel, value in pairs:
            weight[superpixel] = value
        fits.append(float(fit))
    return Relevance(perturbation.spread(weights), samples, fits)


METHOD = Method(
    name="lime",
    title="LIME",
    function=lime,
    parameters=(
        Parameter("samples", 1000, "Model evaluations.", 10, 100_000),
        Parameter("kernel_width", 0.25, "Width of the kernel over cosine distance.", 0.01, 10),
        *superpixels.PARAMETERS,
    ),
    sampled=True,
    reading="Superpixels whose presence raises the output are positive; weights are those of a "
    "linear model fitted to the radiograph with superpixels hidden at random.",
    citation="Ribeiro, Singh, Guestrin 2016, doi 10.1145/2939672.2939778",
)
