"""What is known about an output from the coalitions that were evaluated: a Gaussian process."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import ThreadpoolController

#: Sums of the superpixels' shares that are tried; the data choose one.
_TOTALS: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
#: Variance of an evaluation's own error, as a share of the prior's; for rounding.
_NOISE: Final = 1e-3
#: A superpixel's share where its linear effect is zero, beside 1 for the mean superpixel's.
_FLOOR: Final = 0.2
#: Evaluations that the sum of shares is chosen on: so many tell it, and more cost much.
_ENOUGH: Final = 192

#: Threads of the linear algebra library and those of the network, who wait for each other at every
#: step, make these small matrices fifty times slower.
_LIBRARIES: Final = ThreadpoolController()

Estimate = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Means and standard errors, each of shape (K,)."""


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A Gaussian process over coalitions, conditioned on evaluations of one output.

    Its covariance of two coalitions is ``v prod_i (1 + r_i s_i s'_i)`` with s = 1 for a superpixel
    that is shown and -1 for one that is hidden. That is a prior in which main effects,
    interactions of two, of three and so on all exist, each order smaller than the one before, and
    superpixels with large effects also interact more. Main effects and Shapley values of the
    process have closed forms, and so have their standard errors.

    Attributes
    ----------
    signs : ndarray of shape (n, K), float64
        The evaluated coalitions, 1 and -1.
    shares : ndarray of shape (K,)
        r, in (0, 1).
    mean : float
    variance : float
        v.
    factor : tuple
        Cholesky factor of the evaluations' covariance, v left out.
    weights : ndarray of shape (n,)
        The inverse covariance times the evaluations less their mean.

    References
    ----------
    O'Hagan 1991, doi 10.1016/0378-3758(91)90002-V (Bayes-Hermite quadrature: integrals of a
    Gaussian process); Duvenaud, Nickisch, Rasmussen 2011, arXiv 1112.4394 (product kernels as
    sums over all orders of interaction)
    """

    signs: NDArray[np.float64]
    shares: NDArray[np.float64]
    mean: float
    variance: float
    factor: tuple[NDArray[np.float64], bool]
    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, coalitions: NDArray[np.bool_], outputs: NDArray[np.float64]) -> "Surrogate":
        """Condition on evaluations, with the shares that make them most likely.

        A superpixel's share is proportional to the size of its effect in a linear fit, plus a
        floor; their sum is chosen by the marginal likelihood.

        Parameters
        ----------
        coalitions : ndarray of shape (n, K), bool
        outputs : ndarray of shape (n,), float64
        """
        signs = np.where(coalitions, 1.0, -1.0)
        count, superpixels = signs.shape
        centred = outputs - outputs.mean()
        effects = np.linalg.solve(
            signs.T @ signs + 0.1 * count * np.eye(superpixels), signs.T @ centred
        )
        sizes = np.abs(effects) / (np.sqrt(np.mean(effects**2)) or 1.0)
        sizes = (sizes + _FLOOR) / (sizes + _FLOOR).sum()
        candidates = [np.minimum(total * sizes, 0.9) for total in _TOTALS]
        some = slice(None, _ENOUGH)
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            best = max(
                (cls._condition(signs[some], outputs[some], shares) for shares in candidates),
                key=lambda found: found.evidence,
            )
            return best if count <= _ENOUGH else cls._condition(signs, outputs, best.shares)

    @classmethod
    def _condition(
        cls, signs: NDArray[np.float64], outputs: NDArray[np.float64], shares: NDArray[np.float64]
    ) -> "Surrogate":
        mean = float(outputs.mean())
        covariance = _covariance(signs, signs, shares)
        covariance[np.diag_indices(len(signs))] += _NOISE
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, outputs - mean, check_finite=False)
        variance = float((outputs - mean) @ weights) / len(signs)
        return cls(signs, shares, mean, variance, factor, weights)

    @property
    def evidence(self) -> float:
        """Logarithm of the marginal likelihood, up to a constant."""
        spread = len(self.signs) * np.log(self.variance) if self.variance > 0 else -np.inf
        return float(-0.5 * spread - np.log(np.diag(self.factor[0])).sum())

    def predict(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Expected outputs, (n, K) to (n,)."""
        signs = np.where(coalitions, 1.0, -1.0)
        return np.asarray(self.mean + _covariance(signs, self.signs, self.shares) @ self.weights)

    def main_effects(self) -> Estimate:
        """What showing a superpixel adds to the output, each other being shown or not by coin.

        Returns
        -------
        means, standard errors : ndarray of shape (K,)
        """
        return self._estimate(2 * self.shares * self.signs, 4 * self.shares)

    def shapley(self) -> Estimate:
        """Shapley values: they sum to the expected output of the whole less that of the empty one.

        Returns
        -------
        means, standard errors : ndarray of shape (K,)

        Notes
        -----
        The Shapley value is the mean gain from showing a superpixel while each of the others is
        shown with probability q, over all q (Owen 1972, doi 10.1287/mnsc.18.5.64). Here that is the
        integral of a polynomial of degree K - 1, which Gauss-Legendre quadrature gives exactly.
        """
        shares = self.shares
        nodes, steps = np.polynomial.legendre.leggauss(len(shares) // 2 + 1)
        steps = steps / 2  # nodes are 2 q - 1
        crossed = np.zeros_like(self.signs)
        for node, step in zip(nodes, steps, strict=True):
            others = 1 + node * shares * self.signs
            crossed += step * others.prod(1, keepdims=True) / others
        products = 1 + np.multiply.outer(np.multiply.outer(nodes, nodes), shares)
        without = products.prod(2, keepdims=True) / products
        prior = np.einsum("a,b,abi->i", steps, steps, without)
        return self._estimate(2 * shares * self.signs * crossed, 4 * shares * prior)

    def _estimate(self, crossed: NDArray[np.float64], prior: NDArray[np.float64]) -> Estimate:
        """Mean and standard error of linear functionals of the process.

        Parameters
        ----------
        crossed : ndarray of shape (n, K)
            Their covariances with the evaluations.
        prior : ndarray of shape (K,)
            Their variances before the evaluations.
        """
        explained = (crossed * cho_solve(self.factor, crossed, check_finite=False)).sum(0)
        left = self.variance * np.maximum(prior - explained, 0)
        return crossed.T @ self.weights, np.sqrt(left)


def _covariance(
    left: NDArray[np.float64], right: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``prod_i (1 + r_i s_i s'_i)``, as one matrix product: s is 1 or -1."""
    level = 0.5 * np.log1p(-(shares**2)).sum()
    return np.asarray(np.exp(level + (left * np.arctanh(shares)) @ right.T))
