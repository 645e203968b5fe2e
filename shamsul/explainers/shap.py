"""SHAP: Shapley values of superpixels."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from shamsul.explainers import designs, superpixels
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


def shap(task: Task, *, estimator: str, samples: int, selection: str, **cut: Any) -> Relevance:
    """Explain by Shapley values of superpixels, every output from the same coalitions.

    Parameters
    ----------
    task : Task
    estimator : {"surrogate", "package"}
        ``package`` is the kernel estimator of the `shap` package. ``surrogate`` gives the Shapley
        values of a :class:`~shamsul.explainers.surrogate.Surrogate` conditioned on far fewer,
        well-chosen evaluations. Where `samples` allows all coalitions, both are exact.
    samples : int
        Model evaluations, for ``package`` besides the whole radiograph and the background; for
        ``surrogate`` as for LIME, and every second superpixel shown and hidden alone besides, if
        `samples` is large enough; the others, too, where standard errors would be larger than those
        that LIME's evaluations were enough for.
    selection : {"none", "ten", "aic"}
        Whether superpixels are selected before the fit, the others being set to zero: the ten
        strongest is the package's default, Akaike's criterion was that of its older releases. Of
        the package only.
    **cut
        As declared in :mod:`shamsul.explainers.superpixels`.

    Notes
    -----
    A map's superpixels sum to the output of the radiograph minus that of its background.

    References
    ----------
    Lundberg, Lee 2017, arXiv 1705.07874
    """
    perturbation = superpixels.Perturbation.of(task, **cut)
    if perturbation.hides_nothing:
        return Relevance.empty(task)
    if estimator == "package":
        return _by_package(perturbation, task, samples, selection)
    if 2**perturbation.count - superpixels.ENDS <= samples:
        return _by_definition(perturbation, task)
    every = 2 * perturbation.count
    every = every if 2 * every <= samples else 0
    enough = perturbation.enough(task, samples, further=every // 2)
    count = min(len(enough.surrogate.signs), samples - every)
    for alone in (every // 4 * 2, every):  # those of the other half of the superpixels if need be
        planned = count + alone
        coalitions, cells = perturbation.designed(task, count, done=0, planned=planned)
        if alone:
            more, their = perturbation.alone(task, alone, done=count, planned=planned)
            coalitions, cells = np.concatenate([coalitions, more]), np.concatenate([cells, their])
        means, errors = perturbation.surrogate(coalitions, cells).shapley()
        if alone == every or superpixels.doubt(means, errors) <= enough.asked:
            break
    outputs = cells.sum(2)
    # The process misses the ends by rounding; what is missing goes where least is known.
    missing = outputs[1] - outputs[0] - means.sum(1)
    doubt = errors**2 + np.finfo(float).tiny
    values = means + missing[:, None] * doubt / doubt.sum(1, keepdims=True)
    fits = _fit(coalitions, outputs - outputs[0], values, np.ones(len(coalitions)))
    return Relevance(
        perturbation.spread(values),
        len(coalitions),
        fits,
        perturbation.spread(errors),
        perturbation.engine,
    )


def _by_definition(perturbation: superpixels.Perturbation, task: Task) -> Relevance:
    """Every coalition, each weighted as Shapley did."""
    players = perturbation.count
    coalitions = designs.every(players)
    outputs = perturbation.evaluate(task, coalitions, done=0, planned=len(coalitions), exact=True)
    outputs = outputs - outputs[0]
    sizes = coalitions.sum(1)
    values = np.zeros((outputs.shape[1], players))
    for player in range(players):
        without = ~coalitions[:, player]
        gains = outputs[np.flatnonzero(without) + 2**player] - outputs[without]
        weights = 1 / (players * comb(players - 1, sizes[without]))
        values[:, player] = weights @ gains
    inner = slice(1, -1)
    weights = 1 / (comb(players, sizes[inner]) * sizes[inner] * (players - sizes[inner]))
    fits = _fit(coalitions[inner], outputs[inner], values, weights)
    errors = np.zeros_like(values)
    return Relevance(
        perturbation.spread(values),
        len(coalitions),
        fits,
        perturbation.spread(errors),
        perturbation.engine,
    )


def _by_package(
    perturbation: superpixels.Perturbation, task: Task, samples: int, selection: str
) -> Relevance:
    """The `shap` package's KernelExplainer."""
    from shap import KernelExplainer

    planned = samples + 2
    done = 0

    def evaluate(coalitions: NDArray[Any]) -> NDArray[np.float64]:
        nonlocal done
        outputs = perturbation.evaluate(task, coalitions.astype(bool), done=done, planned=planned)
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
    tried = slice(explainer.nsamplesAdded)
    fits = _fit(
        explainer.maskMatrix[tried],
        explainer.ey[tried] - explainer.fnull,
        values[0].T,
        explainer.kernelWeights[tried],
    )
    return Relevance(perturbation.spread(values[0].T), done, fits, engine=perturbation.engine)


def _fit(
    coalitions: NDArray[Any],
    gains: NDArray[np.float64],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> list[float]:
    """Weighted R squared of the sums of Shapley values over the coalitions that were evaluated.

    Parameters
    ----------
    coalitions : ndarray of shape (n, K)
    gains : ndarray of shape (n, outputs)
        Outputs less that of the background.
    values : ndarray of shape (outputs, K)
    weights : ndarray of shape (n,)
    """
    weights = weights[:, None]
    spread = gains - (weights * gains).sum(0) / weights.sum()
    total = (weights * spread**2).sum(0)
    left = (weights * (gains - coalitions @ values.T) ** 2).sum(0)
    return list(1 - left / np.where(total > 0, total, 1.0))


METHOD = Method(
    name="shap",
    title="SHAP",
    function=shap,
    parameters=(
        *superpixels.SAMPLING,
        Parameter(
            "selection",
            "none",
            "Whether the package sets the weaker superpixels to zero, as it does by default.",
            choices=tuple(_L1_REG),
        ),
        *superpixels.PARAMETERS,
    ),
    sampled=True,
    half=True,
    together=True,
    reading="Each superpixel shows its share of the difference between the output for this "
    "radiograph and for its background; positive superpixels raise the output.",
    citation="Lundberg, Lee 2017, arXiv 1705.07874",
)
