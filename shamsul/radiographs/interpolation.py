"""Linear interpolation along the axes of an image, as matrices."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


def sampled(
    values: NDArray[np.float32], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Values at rows and columns of their pixel indices, bilinear.

    Parameters
    ----------
    values : ndarray of shape (h, w), float32
    rows, columns : ndarray of shape (H,) and (W,)

    Returns
    -------
    ndarray of shape (H, W), float32
        Half a pixel around the outermost centres has their values, what lies beyond is zero.

    Examples
    --------
    >>> image = np.array([[10, 20, 30]], np.float32)
    >>> sampled(image, np.array([0.0]), np.array([0.25, 2.5, 9])).tolist()
    [[12.5, 30.0, 0.0]]
    """
    down, across = (
        _linear(places, size) for places, size in zip((rows, columns), values.shape, strict=True)
    )
    found: NDArray[np.float32] = down @ np.ascontiguousarray((across @ values.T).T)
    return found


def _linear(places: NDArray[np.float64], size: int) -> csr_array:
    """The matrix, of shape (n, size), that interpolates between values at 0, 1, ..., size - 1."""
    covered = (places >= -0.5) & (places <= size - 0.5)
    places = np.clip(places, 0, size - 1)
    before = np.minimum(places.astype(int), max(size - 2, 0))
    after = np.minimum(before + 1, size - 1)
    share = places - before
    weights = np.stack([1 - share, share], axis=1) * covered[:, None]
    columns = np.stack([before, after], axis=1)
    starts = np.arange(0, 2 * len(places) + 1, 2)
    matrix = csr_array((weights.ravel(), columns.ravel(), starts), (len(places), size))
    return matrix.astype(np.float32)
