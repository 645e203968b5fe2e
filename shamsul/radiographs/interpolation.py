"""Linear interpolation along one axis, as a matrix."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


def linear(places: NDArray[np.float64], size: int, covered: NDArray[np.bool_]) -> csr_array:
    """The matrix that interpolates between values at 0, 1, ..., size - 1, at some places.

    Parameters
    ----------
    places : ndarray of shape (n,)
        Beyond the ends the outermost values go on.
    size : int
    covered : ndarray of shape (n,), bool
        Where not, the matrix gives zero.

    Returns
    -------
    csr_array of shape (n, size), float64

    Examples
    --------
    >>> matrix = linear(np.array([0.25, 9]), 3, np.array([True, True]))
    >>> (matrix @ [10.0, 20.0, 30.0]).tolist()
    [12.5, 30.0]
    """
    places = np.clip(places, 0, size - 1)
    before = np.minimum(places.astype(int), max(size - 2, 0))
    after = np.minimum(before + 1, size - 1)
    share = places - before
    weights = np.stack([1 - share, share], axis=1) * covered[:, None]
    columns = np.stack([before, after], axis=1)
    starts = np.arange(0, 2 * len(places) + 1, 2)
    return csr_array((weights.ravel(), columns.ravel(), starts), (len(places), size))
