"""Where people looked: fixations on an image, and what densities and priors they make.

Fixations are of shape (n, 2), row and column in image coordinates, or (n, 3) with a weight, such as
seconds; without one each weighs the same. Those off the image are left out, since eyes wander.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

#: Width of the Gaussian in the middle, as a share of the image's height and width.
CENTRE_SIGMA: Final = 0.25
#: Share of a prior from fixations that is the same for every pixel.
UNIFORM_SHARE: Final = 0.01


class Fixated(NamedTuple):
    """Fixations that are on an image.

    Attributes
    ----------
    pixels : two ndarrays of shape (n,), int64
        Rows and columns of the pixels that they are in; an index of the image.
    weights : ndarray of shape (n,), float64
    """

    pixels: tuple[NDArray[np.int64], NDArray[np.int64]]
    weights: NDArray[np.float64]


def on_image(fixations: ArrayLike, shape: tuple[int, ...]) -> Fixated:
    """The fixations on an image of some rows and columns.

    Raises
    ------
    ValueError
        If they are no table of two or three columns, or a number is not finite or a weight
        negative.
    """
    table = np.asarray(fixations, np.float64)
    if not table.size:
        table = table.reshape(-1, 2)
    if table.ndim != 2 or table.shape[1] not in (2, 3):
        raise ValueError(f"fixations have shape {table.shape}, not (n, 2) or (n, 3)")
    if not np.isfinite(table).all() or (table[:, 2:] < 0).any():
        raise ValueError("a fixation is not finite, or its weight is negative")
    pixels = np.floor(table[:, :2])
    seen = ((pixels >= 0) & (pixels < shape)).all(1)
    rows, columns = pixels[seen].astype(np.int64).T
    weights = table[seen, 2] if table.shape[1] == 3 else np.ones(len(rows))
    return Fixated((rows, columns), weights)


def centre_prior(shape: tuple[int, int], sigma: float = CENTRE_SIGMA) -> NDArray[np.float64]:
    """A Gaussian in the middle of an image, in proportion to it [1]_.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    sigma : float
        Standard deviation as a share of the height and of the width.

    Returns
    -------
    ndarray of shape `shape`, float64
        Its sum is 1.

    References
    ----------
    .. [1] Judd, Durand, Torralba 2012, http://hdl.handle.net/1721.1/68590
    """
    down, across = (
        np.exp(-(((np.arange(side) + 0.5 - side / 2) / (sigma * side)) ** 2) / 2) for side in shape
    )
    gaussian = down[:, None] * across
    return np.asarray(gaussian / gaussian.sum())


def density(fixations: ArrayLike, shape: tuple[int, int], sigma: float) -> NDArray[np.float64]:
    """Weight of fixations per pixel, each a Gaussian cut at the image's edge.

    Parameters
    ----------
    fixations : array_like of shape (n, 2) or (n, 3)
    shape : (int, int)
        Rows and columns.
    sigma : float
        Standard deviation in pixels; about one degree of visual angle.

    Returns
    -------
    ndarray of shape `shape`, float64
        Zero where no fixation is on the image.

    Raises
    ------
    ValueError
        If fixations are no such table.
    """
    counts = np.zeros(shape)
    pixels, weights = on_image(fixations, shape)
    np.add.at(counts, pixels, weights)
    return np.asarray(gaussian_filter(counts, sigma, mode="constant"))


def prior(
    fixations: ArrayLike,
    shape: tuple[int, int],
    sigma: float,
    *,
    uniform: float = UNIFORM_SHARE,
) -> NDArray[np.float64]:
    """Where people look in other images, as what is known before an image is seen [1]_.

    Parameters
    ----------
    fixations : array_like of shape (n, 2) or (n, 3)
        On other images, brought to this one by :func:`brought`.
    shape, sigma
        As of :func:`density`.
    uniform : float
        Share, in [0, 1], that is spread over all pixels, so that none is impossible.

    Returns
    -------
    ndarray of shape `shape`, float64
        Its sum is 1; zero where no fixation is on the image.

    Raises
    ------
    ValueError
        If fixations are no such table or the share is none.

    References
    ----------
    .. [1] Kümmerer, Wallis, Bethge 2015, doi 10.1073/pnas.1510393112
    """
    if not 0 <= uniform <= 1:
        raise ValueError(f"a share of {uniform} is not from 0 to 1")
    looked = density(fixations, shape, sigma)
    total = looked.sum()
    if not total:
        return looked
    return np.asarray((1 - uniform) * looked / total + uniform / looked.size)


def brought(fixations: ArrayLike, of: tuple[int, int], to: tuple[int, int]) -> NDArray[np.float64]:
    """Fixations on one image at the same shares of another one's height and width.

    Parameters
    ----------
    fixations : array_like of shape (n, 2) or (n, 3)
    of, to : (int, int)
        Rows and columns of either image.

    Returns
    -------
    ndarray of the fixations' shape, float64

    Examples
    --------
    >>> brought([[50, 10, 0.3]], (100, 20), (10, 10)).tolist()
    [[5.0, 5.0, 0.3]]
    """
    table = np.array(fixations, np.float64)
    if table.size:
        table[:, :2] *= np.divide(to, of)
    return table
