"""Which superpixels to show in which evaluation: designs that tell much with few evaluations."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import hadamard


def fold_over(superpixels: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A block of coalitions in which superpixels are shown independently of each other.

    Each superpixel is shown in half of the coalitions, any two of them together in a quarter: their
    effects are told apart without the chance correlations of random coalitions. Each coalition is
    followed by its complement, which cancels the interactions of two superpixels. Columns, signs
    and rows are drawn anew, so that what is left averages out over blocks.

    Parameters
    ----------
    superpixels : int
        K, at least 1.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (2 H, K), bool
        H is the smallest power of two that is at least K.

    References
    ----------
    Plackett, Burman 1946, doi 10.1093/biomet/33.4.305; Box, Wilson 1951,
    doi 10.1111/j.2517-6161.1951.tb00067.x (fold-over)
    """
    size = 1 << max(superpixels - 1, 0).bit_length()
    matrix = hadamard(size)
    rows, columns = rng.permutation(size), rng.permutation(size)[:superpixels]
    half = matrix[np.ix_(rows, columns)] * rng.choice([-1, 1], superpixels) > 0
    return np.stack([half, ~half], 1).reshape(-1, superpixels)


def alone(superpixels: int) -> NDArray[np.bool_]:
    """Each superpixel shown alone, and hidden alone, every second first; shape (2 K, K), bool.

    Half of the weight that Shapley values give to coalitions, beside the empty and the whole one,
    lies on sizes near these, where a design around half of the superpixels says little.
    """
    one = np.eye(superpixels, dtype=bool)[np.r_[:superpixels:2, 1:superpixels:2]]
    return np.stack([one, ~one], 1).reshape(-1, superpixels)


def every(superpixels: int) -> NDArray[np.bool_]:
    """All coalitions, shape (2^K, K), bool; the last superpixel changes slowest."""
    numbers = np.arange(2**superpixels)[:, None]
    return (numbers >> np.arange(superpixels) & 1).astype(bool)
