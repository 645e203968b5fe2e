"""How far two maps of one label agree, pixel by pixel.

No number says that a map is right: two maps can agree on the wrong place. Rank correlation and
SSIM are what Adebayo et al. compared maps by [1]_.

References
----------
.. [1] Adebayo et al. 2018, Sanity checks for saliency maps, arXiv 1810.03292
.. [2] Wang, Bovik, Sheikh, Simoncelli 2004, Image quality assessment: from error visibility to
   structural similarity, doi 10.1109/TIP.2003.819861
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from skimage.metrics import structural_similarity

from shamsul.metrics.scale import full_scale

Map = NDArray[np.floating]
"""Raw signed relevance of shape (h, w), finite; positive speaks for the label."""

Agreement = Callable[[Map, Map], float]
"""Symmetric in two maps of one shape."""

#: Part of the pixels that :func:`top_overlap` compares.
TOP = 0.1
#: Rows and columns of the Gaussian window of :func:`ssim`.
WINDOW = 11


def spearman(one: Map, other: Map) -> float:
    """Spearman's rank correlation of the values: whether pixels come in the same order.

    Signs count: what speaks most against the label has the lowest rank. Equal values share their
    mean rank.

    Parameters
    ----------
    one, other : ndarray of shape (h, w)

    Returns
    -------
    float
        In [-1, 1]; NaN if a map is constant, which has no order.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> spearman(np.array([[0.0, 1.0, 2.0]]), np.array([[0.0, 0.1, 9.0]]))
    1.0
    """
    _check(one, other)
    if _constant(one) or _constant(other):
        return np.nan
    return float(stats.spearmanr(one, other, axis=None).statistic)


def ssim(one: Map, other: Map) -> float:
    """Mean structural similarity [2]_: whether the maps look alike, place by place.

    The maps are compared as the viewer shows them at first: their positive parts, each divided by
    the map's full scale and cut at 1. The window is that of Wang et al., a Gaussian of 1.5 pixels.

    Parameters
    ----------
    one, other : ndarray of shape (h, w)
        At least `WINDOW` pixels high and wide.

    Returns
    -------
    float
        In [-1, 1], 1 for maps that are shown alike. Where both are blank they are alike: two maps
        that are nowhere positive give 1. Constant maps have a number as any others.

    Raises
    ------
    ValueError
        If the shapes differ or the maps are smaller than the window.

    Notes
    -----
    SSIM is made for intensities from zero up. On signed values a map and its negative come out
    alike: their means and their patterns have opposite signs, and SSIM multiplies the two. With 1
    added to signed values almost everything is alike, because most of most maps is near zero.
    """
    _check(one, other)
    if min(one.shape) < WINDOW:
        raise ValueError(f"maps of {one.shape} pixels are smaller than the window of {WINDOW}")
    similarity = structural_similarity(
        _as_shown(one),
        _as_shown(other),
        data_range=1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def top_overlap(one: Map, other: Map) -> float:
    """Whether the maps point at the same pixels: the Jaccard index of their tops.

    A map's top are the tenth of its pixels with the largest values, as far as they are positive.
    Pixels equal to the last of them belong to it too (the superpixel that reaches over the edge of
    the tenth does so whole), but none that equals the map's smallest value.

    Parameters
    ----------
    one, other : ndarray of shape (h, w)

    Returns
    -------
    float
        Pixels in both tops by pixels in either, in [0, 1]. NaN if a map has no top, because it is
        constant or nowhere positive. Two tops of a tenth laid out at random share 0.05.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> top_overlap(np.array([[0, 0, 3.0, 2.0]]), np.array([[0, 0, 0, 5.0]]))
    0.0
    """
    _check(one, other)
    tops = _top(one), _top(other)
    if not (tops[0].any() and tops[1].any()):
        return np.nan
    return float(np.sum(tops[0] & tops[1]) / np.sum(tops[0] | tops[1]))


def pairwise(maps: Sequence[Map], agreement: Agreement) -> NDArray[np.float64]:
    """The agreement of each map with each.

    Parameters
    ----------
    maps : sequence of ndarray of shape (h, w)
        All of one label and one shape.
    agreement : callable
        For example :func:`spearman`.

    Returns
    -------
    ndarray of shape (n, n), float64
        Symmetric; the diagonal is each map's agreement with itself.
    """
    matrix = np.empty((len(maps), len(maps)))
    for i, j in itertools.combinations_with_replacement(range(len(maps)), 2):
        matrix[i, j] = matrix[j, i] = agreement(maps[i], maps[j])
    return matrix


def _check(one: Map, other: Map) -> None:
    if one.shape != other.shape:
        raise ValueError(f"maps of different shapes, {one.shape} and {other.shape}")


def _constant(values: Map) -> bool:
    return bool(values.min() == values.max())


def _as_shown(values: Map) -> NDArray[np.float64]:
    return np.clip(values.astype(np.float64) / (full_scale(values) or 1.0), 0, 1)


def _top(values: Map) -> NDArray[np.bool_]:
    count = max(1, round(TOP * values.size))
    last = np.partition(values, -count, axis=None)[-count]
    return np.asarray((values >= last) & (values > max(0.0, values.min())), dtype=bool)
