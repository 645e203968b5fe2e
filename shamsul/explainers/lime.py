"""LIME: a weighted linear model of the output over superpixels switched on and off."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shamsul.explainers import designs, superpixels
from shamsul.explainers.method import Method, Parameter, Relevance, Task

#: Coalitions for which the surrogate predicts outputs: so many that the linear fit adds no noise.
_PREDICTED: Final = 4096


def lime(task: Task, *, estimator: str, samples: int, kernel_width: float, **cut: Any) -> Relevance:
    """Explain by the `lime` package's linear model, of every output on the same samples.

    Distances (cosine to the whole radiograph), kernel and ridge regression are those of
    ``lime.lime_image``.

    Parameters
    ----------
    task : Task
    estimator : {"surrogate", "package"}
        ``package`` fits the linear model to `samples` coalitions drawn at random, as the package
        does. ``surrogate`` fits it to thousands of outputs that a
        :class:`~shamsul.explainers.surrogate.Surrogate` predicts from far fewer evaluations.
    samples : int
        Model evaluations; for ``surrogate`` those that a random draw would need to be as accurate,
        as :meth:`Perturbation.enough` counts them.
    kernel_width : float
        Width of the exponential kernel over the cosine distance.
    **cut
        As declared in :mod:`shamsul.explainers.superpixels`.

    Notes
    -----
    Every superpixel keeps its weight, where ``lime_image`` shows the strongest few: a map has no
    other way to say "nothing here". Standard errors are those of the superpixels' main effects,
    from which the kernel's weights differ little.

    References
    ----------
    Ribeiro, Singh, Guestrin 2016, doi 10.1145/2939672.2939778
    """
    perturbation = superpixels.Perturbation.of(task, **cut)
    if perturbation.hides_nothing:
        return Relevance.empty(task)
    rng = np.random.default_rng(task.seed)
    errors = None
    if estimator == "package" or 2**perturbation.count <= samples:
        if estimator == "package":
            coalitions = rng.integers(0, 2, (samples, perturbation.count)).astype(bool)
            coalitions[0] = True
        else:
            coalitions = designs.every(perturbation.count)
        outputs = perturbation.evaluate(
            task, coalitions, done=0, planned=len(coalitions), exact=estimator != "package"
        )
        weights, intercepts = _linear(coalitions, outputs, kernel_width)
    else:
        known = perturbation.enough(task, samples)
        coalitions, outputs = known.surrogate.signs > 0, known.surrogate.cells.sum(2)
        task.progress(len(coalitions), len(coalitions))
        many: list[NDArray[np.bool_]] = []
        while sum(map(len, many)) < _PREDICTED:
            many.append(designs.fold_over(perturbation.count, rng))
        imagined = np.concatenate(many)
        weights, intercepts = _linear(imagined, known.surrogate.predict(imagined), kernel_width)
        errors = perturbation.spread(known.errors)
    fits = _fit(coalitions, outputs, weights, intercepts, kernel_width)
    return Relevance(
        perturbation.spread(weights), len(coalitions), fits, errors, perturbation.engine
    )


def _distances(coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cosine distances of 0/1 vectors to the vector of ones."""
    return np.asarray(1 - np.sqrt(coalitions.mean(1)))


def _kernel(distances: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.exp(-(distances**2) / width**2)))


def _linear(
    coalitions: NDArray[np.bool_], outputs: NDArray[np.float64], kernel_width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The package's linear models: weights of shape (outputs, K), and intercepts.

    What ``lime.lime_base.LimeBase`` fits without a selection of features, for all outputs at once:
    ridge regression with a penalty of 1 on the weights and none on the intercept.
    """
    kernel = _kernel(_distances(coalitions), kernel_width)
    mean, level = (np.average(part, axis=0, weights=kernel) for part in (coalitions, outputs))
    weighted = (coalitions - mean) * kernel[:, None]
    weights = np.linalg.solve(
        weighted.T @ (coalitions - mean) + np.eye(coalitions.shape[1]),
        weighted.T @ (outputs - level),
    )
    return weights.T, level - mean @ weights


def _fit(
    coalitions: NDArray[np.bool_],
    outputs: NDArray[np.float64],
    weights: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    kernel_width: float,
) -> Sequence[float]:
    """R squared of the linear models over the evaluations, weighted by the kernel."""
    kernel = _kernel(_distances(coalitions), kernel_width)[:, None]
    mean = (kernel * outputs).sum(0) / kernel.sum()
    total = (kernel * (outputs - mean) ** 2).sum(0)
    left = (kernel * (outputs - intercepts - coalitions @ weights.T) ** 2).sum(0)
    return list(1 - left / np.where(total > 0, total, 1.0))


METHOD = Method(
    name="lime",
    title="LIME",
    function=lime,
    parameters=(
        *superpixels.SAMPLING,
        Parameter("kernel_width", 0.25, "Width of the kernel over cosine distance.", 0.01, 10),
        *superpixels.PARAMETERS,
    ),
    sampled=True,
    half=True,
    together=True,
    reading="Superpixels whose presence raises the output are positive; weights are those of a "
    "linear model fitted to the radiograph with superpixels hidden at random.",
    citation="Ribeiro, Singh, Guestrin 2016, doi 10.1145/2939672.2939778",
)
