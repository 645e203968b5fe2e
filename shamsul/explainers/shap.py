"""SHAP: Shapley values of superpixels, estimated by the `shap` package's KernelExplainer."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul.explainers import superpixels
from shamsul.explainers.method import Method, Parameter, Relevance, Task

_L1_REG = {"none": 0, "ten": "num_features(10)", "aic": "aic"}
_global_random_state = threading.Lock()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """KernelExplainer draws from numpy's global generator: lend it a seeded one and put it back."""
    with _global_random_state:
        before = np.random.get_state()  # noqa: NPY002
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002


def shap(task: Task, *, samples: int, selection: str, **cut: Any) -> Relevance:
    """Explain by Kernel SHAP over superpixels, every output from the same coalitions.

    Parameters
    ----------
    task : Task
    samples : int
        Coalitions evaluated, besides the whole radiograph and the background.
    selection : {"none", "ten", "aic"}
        Whether superpixels are selected before the fit, the others being set to zero: the ten
        strongest is the package's default, Akaike's criterion was that of its older releases.
    **cut
        As declared in :mod:`shamsul.explainers.superpixels`.

    Notes
    -----
    A map's superpixels sum to the output of the radiograph minus that of its background.

    References
    ----------
    Lundberg, Lee 2017, arXiv 1705.07874
    """
    from shap import KernelExplainer

    perturbation = superpixels.Perturbation.of(task, **cut)
    planned = samples + 2
    done = 0

    def evaluate(coalitions: NDArray[Any]) -> NDArray[np.float64]:
        nonlocal done
        outputs = perturbation.evaluate(coalitions.astype(bool), done=done, planned=planned)
        done += len(coalitions)
        return outputs

    with _seeded(task.seed):
        explainer = KernelExplainer(evaluate, np.zeros((1, perturbation.count)))
        values = explainer.shap_values(
            np.ones((1, perturbation.count)),
            nsamples=samples,
            l1_reg=_L1_REG[selection],
            silent=True,
        )
    return Relevance(perturbation.spread(values[0].T), done, _fit(explainer, values[0]))


def _fit(explainer: Any, values: NDArray[np.float64]) -> list[float]:
    """Weighted R squared of the sums of Shapley values over the coalitions that were evaluated."""
    outputs = explainer.ey[: explainer.nsamplesAdded] - explainer.fnull
    weights = explainer.kernelWeights[: explainer.nsamplesAdded, None]
    residual = outputs - explainer.maskMatrix[: explainer.nsamplesAdded] @ values
    spread = outputs - (weights * outputs).sum(0) / weights.sum()
    total = (weights * spread**2).sum(0)
    left = (weights * residual**2).sum(0)
    return list(1 - left / np.where(total > 0, total, 1.0))


METHOD = Method(
    name="shap",
    title="SHAP",
    function=shap,
    parameters=(
        Parameter("samples", 1000, "Coalitions of superpixels evaluated.", 10, 100_000),
        Parameter(
            "selection",
            "none",
            "Whether the weaker superpixels are set to zero, as the package does by default.",
            choices=tuple(_L1_REG),
        ),
        *superpixels.PARAMETERS,
    ),
    sampled=True,
    reading="Each superpixel shows its share of the difference between the output for this "
    "radiograph and for its background; positive superpixels raise the output.",
    citation="Lundberg, Lee 2017, arXiv 1705.07874",
)
