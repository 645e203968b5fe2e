"""What is known about outputs from the coalitions that were evaluated: Gaussian processes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from threadpoolctl import ThreadpoolController

#: Sums of the superpixels' shares that are tried; the data choose one.
_TOTALS: Final = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
_USUAL: Final = 0.4
#: Distances over which shares in a cell fall to 1/e that are tried, as shares of the grid's side.
_WIDTHS: Final = (0.1, 0.15, 0.2, 0.3, 0.5)
#: A superpixel's share in a cell far from it, beside 1 for one that lies in it.
_FAR: Final = 1e-3
#: Cells that both are chosen on.
_TRIED: Final = 8
#: Variance of an evaluation's own error, as a share of the prior's; for rounding.
_NOISE: Final = 1e-3
#: A superpixel's share where its linear effect is zero, beside 1 for the mean superpixel's.
_FLOOR: Final = 0.2
#: Evaluations that shares are chosen on: so many tell them, and more cost much.
_ENOUGH: Final = 192

#: Threads of the linear algebra library and those of the network, who wait for each other at every
#: step, make these small matrices fifty times slower.
_LIBRARIES: Final = ThreadpoolController()

Estimate = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Means and standard errors, each of shape (outputs, K)."""


@dataclass(frozen=True, eq=False)
class Process:
    """A Gaussian process over coalitions, conditioned on evaluations of some outputs.

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
    means, variances : ndarray of shape (outputs,)
        Of each output; the variance is v.
    factor : tuple
        Cholesky factor of the evaluations' covariance, v left out.
    weights : ndarray of shape (n, outputs)
        The inverse covariance times the evaluations less their mean.

    References
    ----------
    O'Hagan 1991, doi 10.1016/0378-3758(91)90002-V (Bayes-Hermite quadrature: integrals of a
    Gaussian process); Duvenaud, Nickisch, Rasmussen 2011, arXiv 1112.4394 (product kernels as
    sums over all orders of interaction)
    """

    signs: NDArray[np.float64]
    shares: NDArray[np.float64]
    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    factor: tuple[NDArray[np.float64], bool]
    weights: NDArray[np.float64]

    @classmethod
    def condition(
        cls, signs: NDArray[np.float64], outputs: NDArray[np.float64], shares: NDArray[np.float64]
    ) -> "Process":
        """Condition on evaluations, `outputs` of shape (n, outputs)."""
        means = outputs.mean(0)
        covariance = _covariance(signs, signs, shares)
        covariance[np.diag_indices(len(signs))] += _NOISE
        factor = cho_factor(covariance, lower=True, overwrite_a=True, check_finite=False)
        weights = cho_solve(factor, outputs - means, check_finite=False)
        variances = ((outputs - means) * weights).sum(0) / len(signs)
        return cls(signs, shares, means, variances, factor, weights)

    @property
    def evidence(self) -> float:
        """Logarithm of the marginal likelihood, up to a constant; of outputs that vary."""
        vary = self.variances > 0
        spread = len(self.signs) * np.log(self.variances[vary]).sum()
        return float(-0.5 * spread - vary.sum() * np.log(np.diag(self.factor[0])).sum())

    def predict(self, signs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Expected outputs, (m, K) to (m, outputs)."""
        return np.asarray(self.means + _covariance(signs, self.signs, self.shares) @ self.weights)

    def left_out(self) -> NDArray[np.float64]:
        """Each evaluation less what the others predict, in standard errors; (n, outputs).

        References
        ----------
        Rasmussen, Williams 2006, Gaussian Processes for Machine Learning, equations 5.12
        """
        inverse, _ = dpotri(self.factor[0], lower=1)
        scale = np.sqrt(np.outer(np.diag(inverse), self.variances))
        left = np.divide(self.weights, scale, out=np.zeros_like(scale), where=scale > 0)
        return np.asarray(left)

    def main_effects(self) -> Estimate:
        """What showing a superpixel adds to an output, each other being shown or not by coin."""
        return self._estimate(2 * self.shares * self.signs, 4 * self.shares)

    def shapley(self) -> Estimate:
        """Shapley values: they sum to the expected output of the whole less that of the empty one.

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
        """Means and standard errors of linear functionals of the process.

        Parameters
        ----------
        crossed : ndarray of shape (n, K)
            Their covariances with the evaluations, v left out.
        prior : ndarray of shape (K,)
            Their variances before the evaluations, v left out.
        """
        explained = (crossed * cho_solve(self.factor, crossed, check_finite=False)).sum(0)
        left = np.outer(self.variances, np.maximum(prior - explained, 0))
        return np.asarray(self.weights.T @ crossed), np.sqrt(left)


@dataclass(frozen=True, eq=False)
class Surrogate:
    """What evaluations tell of a model's outputs, cell by cell of its last feature map.

    What a cell adds to the outputs depends on superpixels near it alone, or nearly so: a
    :class:`Process` for each cell, whose shares fall with the distance, is told far more by as many
    evaluations than one of the sum. How fast they fall, and their sum, are those that make the
    evaluations most likely. Where outputs have a single cell each has a process of its own; a
    superpixel's share is then proportional to the size of its effect in a linear fit, plus a floor.

    Attributes
    ----------
    signs : ndarray of shape (n, K), float64
        The evaluated coalitions, 1 and -1.
    cells : ndarray of shape (n, outputs, cells), float64
        What each cell adds to each output.
    shares : ndarray of shape (processes, K)
        Of the cells, or of the outputs where they have a single cell.

    References
    ----------
    Luo et al. 2016, arXiv 1701.04128 (what a cell sees falls off like a Gaussian)
    """

    signs: NDArray[np.float64]
    cells: NDArray[np.float64]
    shares: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        coalitions: NDArray[np.bool_],
        cells: NDArray[np.float64],
        distances: NDArray[np.float64],
    ) -> "Surrogate":
        """Condition on evaluations.

        Parameters
        ----------
        coalitions : ndarray of shape (n, K), bool
        cells : ndarray of shape (n, outputs, cells), float64
        distances : ndarray of shape (cells, K)
            Of cells' centres from superpixels', as shares of the grid's side; of a single cell they
            are not looked at.
        """
        signs = np.where(coalitions, 1.0, -1.0)
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            if cells.shape[2] == 1:
                shares = np.stack([_by_effects(signs, output) for output in cells[:, :, 0].T])
            else:
                shares = _by_distance(signs, cells, distances)
        return cls(signs, cells, shares)

    def processes(self) -> Iterator[tuple[slice, Process]]:
        """Each process, and which outputs it adds to; one at a time, for their memory."""
        single = self.cells.shape[2] == 1
        for part, shares in enumerate(self.shares):
            outputs, cell = (slice(part, part + 1), 0) if single else (slice(None), part)
            yield outputs, Process.condition(self.signs, self.cells[:, outputs, cell], shares)

    def predict(self, coalitions: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Expected outputs, (m, K) to (m, outputs)."""
        signs = np.where(coalitions, 1.0, -1.0)
        found = np.zeros((len(signs), self.cells.shape[1]))
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            for outputs, process in self.processes():
                found[:, outputs] += process.predict(signs)
        return found

    def main_effects(self) -> Estimate:
        """What showing a superpixel adds to each output, each other being shown or not by coin."""
        return self._sum(Process.main_effects)

    def shapley(self) -> Estimate:
        """Shapley values, which sum to what is expected of the whole less that of the empty one."""
        return self._sum(Process.shapley)

    def _sum(self, read: Callable[[Process], Estimate]) -> Estimate:
        """Means add up; errors of cells go together as those of leaving an evaluation out do."""
        count, superpixels = self.signs.shape
        means = np.zeros((self.cells.shape[1], superpixels))
        together = np.zeros((self.cells.shape[1], count, superpixels))
        with _LIBRARIES.limit(limits=1, user_api="blas"):
            for outputs, process in self.processes():
                mean, error = read(process)
                means[outputs] += mean
                together[outputs] += process.left_out().T[:, :, None] * error[:, None]
        return means, np.sqrt((together**2).mean(1))


def _by_effects(signs: NDArray[np.float64], output: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of superpixels in an output, by their effects in a linear fit."""
    count, superpixels = signs.shape
    effects = np.linalg.solve(
        signs.T @ signs + 0.1 * count * np.eye(superpixels), signs.T @ (output - output.mean())
    )
    sizes = np.abs(effects) / (np.sqrt(np.mean(effects**2)) or 1.0) + _FLOOR
    some = slice(None, _ENOUGH)
    return max(
        (_shares(sizes, total) for total in _TOTALS),
        key=lambda shares: Process.condition(signs[some], output[some, None], shares).evidence,
    )


def _by_distance(
    signs: NDArray[np.float64], cells: NDArray[np.float64], distances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Shares of superpixels in cells, (cells, K), by the distance between them."""
    vary = np.flatnonzero(cells.std(0).any(0))
    tried = vary[:: -(-len(vary) // _TRIED)] if len(vary) else vary
    some = slice(None, _ENOUGH)

    def of(width: float, total: float) -> NDArray[np.float64]:
        return _shares(np.exp(-((distances / width) ** 2)) + _FAR, total)

    def evidence(width: float, total: float) -> float:
        shares = of(width, total)
        return sum(
            Process.condition(signs[some], cells[some, :, cell], shares[cell]).evidence
            for cell in tried
        )

    width = max(_WIDTHS, key=lambda width: evidence(width, _USUAL))
    return of(width, max(_TOTALS, key=lambda total: evidence(width, total)))


def _shares(sizes: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Shares in proportion to sizes, (..., K), that add up to a total unless some are too large."""
    return np.asarray(np.minimum(total * sizes / sizes.sum(-1, keepdims=True), 0.9))


def _covariance(
    left: NDArray[np.float64], right: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``prod_i (1 + r_i s_i s'_i)``, as one matrix product: s is 1 or -1."""
    level = 0.5 * np.log1p(-(shares**2)).sum()
    return np.asarray(np.exp(level + (left * np.arctanh(shares)) @ right.T))
