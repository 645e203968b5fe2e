"""Whether probabilities are what they say, and how to make them so.

References
----------
.. [1] Guo 2017, On calibration of modern neural networks, arXiv 1706.04599
.. [2] Platt 1999, Probabilistic outputs for support vector machines, in Advances in Large Margin
   Classifiers, MIT Press; sections 2.2 and 2.3
.. [3] Wilson 1927, doi 10.1080/01621459.1927.10502953
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit
from scipy.stats import binomtest

#: Temperatures that are looked at, as natural logarithms.
_LOG_TEMPERATURES = (-5.0, 5.0)


@dataclass(frozen=True)
class Proportion:
    """A share of cases with its interval [3]_.

    Attributes
    ----------
    value, low, high : float
        In [0, 1]; NaN without cases.
    cases : int
    """

    value: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True)
class Bin:
    """Cases with like probabilities.

    Attributes
    ----------
    predicted : float
        Their mean probability.
    observed : Proportion
        How many of them have the finding.
    """

    predicted: float
    observed: Proportion


@dataclass(frozen=True)
class Scaling:
    """What makes logits calibrated: they are multiplied by `slope`, then `offset` is added.

    Attributes
    ----------
    slope : float
        Positive. A temperature is its inverse.
    offset : float
    """

    slope: float = 1.0
    offset: float = 0.0

    def probabilities(self, logits: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probabilities of the logits' shape."""
        return np.asarray(expit(self.slope * np.asarray(logits, dtype=float) + self.offset))


def proportion(kind: ArrayLike, level: float = 0.95) -> Proportion:
    """The share of cases that are of a kind, such as those rightly found: Wilson's interval [3]_.

    Parameters
    ----------
    kind : array_like of shape (N,), bool
    level : float
        Of confidence, in (0, 1).
    """
    found = np.asarray(kind, dtype=bool)
    if not len(found):
        return Proportion(float("nan"), float("nan"), float("nan"), 0)
    test = binomtest(int(found.sum()), len(found))
    low, high = test.proportion_ci(level, method="wilson")
    return Proportion(float(found.mean()), float(low), float(high), len(found))


def reliability(probabilities: ArrayLike, present: ArrayLike, bins: int = 10) -> tuple[Bin, ...]:
    """Compare what was said with what was so, in bins of equal width that hold cases.

    Parameters
    ----------
    probabilities : array_like of shape (N,), in [0, 1]
    present : array_like of shape (N,), bool
    bins : int
    """
    said, so = np.asarray(probabilities, dtype=float), np.asarray(present, dtype=bool)
    number = np.minimum((said * bins).astype(int), bins - 1)
    return tuple(
        Bin(float(said[number == one].mean()), proportion(so[number == one]))
        for one in np.unique(number)
    )


def expected_calibration_error(
    probabilities: ArrayLike, present: ArrayLike, bins: int = 10
) -> float:
    """How far probabilities are from what is so, mean over cases, in bins of equal width [1]_.

    Parameters
    ----------
    probabilities : array_like of shape (N,), in [0, 1]
    present : array_like of shape (N,), bool
    bins : int

    Returns
    -------
    float
        In [0, 1]; NaN without cases.
    """
    found = reliability(probabilities, present, bins)
    cases = sum(one.observed.cases for one in found)
    if not cases:
        return float("nan")
    apart = sum(one.observed.cases * abs(one.predicted - one.observed.value) for one in found)
    return float(apart / cases)


def temperature(logits: ArrayLike, present: ArrayLike) -> Scaling:
    """The one divisor of the logits that makes the present labels most likely [1]_.

    Parameters
    ----------
    logits : array_like of shape (N,)
    present : array_like of shape (N,), bool
        Of cases that the model was not trained on.

    Raises
    ------
    ValueError
        All cases are of one kind; or there is no best temperature, since the logits' signs tell
        all cases apart, or say nothing.
    """
    values, kinds = _both(logits, present)

    def loss(log_temperature: float) -> float:
        return _loss(values * np.exp(-log_temperature), kinds.astype(float))

    found = minimize_scalar(loss, bounds=_LOG_TEMPERATURES, method="bounded")
    if abs(found.x) > max(_LOG_TEMPERATURES) - 0.01:
        raise ValueError("the signs of the logits tell all cases apart, or nothing")
    return Scaling(slope=float(np.exp(-found.x)))


def platt(logits: ArrayLike, present: ArrayLike) -> Scaling:
    """Slope and offset by logistic regression on Platt's smoothed targets [2]_.

    The smoothing keeps the slope finite where a threshold separates the cases.

    Parameters
    ----------
    logits : array_like of shape (N,)
    present : array_like of shape (N,), bool
        Of cases that the model was not trained on, some with the finding and some without.

    Raises
    ------
    ValueError
        All cases are of one kind; or higher logits go with fewer findings.
    """
    values, kinds = _both(logits, present)
    positive = int(kinds.sum())
    negative = len(kinds) - positive
    targets = np.where(kinds, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(given: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scaled = given[0] * values + given[1]
        rest = (expit(scaled) - targets) / len(values)
        return _loss(scaled, targets), np.array([rest @ values, rest.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    if found[0] <= 0:
        raise ValueError("higher logits go with fewer findings: no slope calibrates them")
    return Scaling(float(found[0]), float(found[1]))


def _both(logits: ArrayLike, present: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    values, kinds = np.asarray(logits, dtype=float), np.asarray(present, dtype=bool)
    if kinds.all() or not kinds.any():
        raise ValueError("there are not both cases with the finding and cases without it")
    return values, kinds


def _loss(logits: NDArray[np.float64], targets: NDArray[np.float64]) -> float:
    """Mean cross entropy."""
    return float(np.mean(np.logaddexp(0, logits) - targets * logits))
