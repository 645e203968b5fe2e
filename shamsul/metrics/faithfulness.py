"""Whether a map says what the model does, judged by what the model answers: no annotation needed.

Everything here is arithmetic on arrays; the model is a function from images to outputs. What is
replaced by a background leaves the distribution that the model was trained on, so that every number
is about the model, the background and the map together.

References
----------
.. [1] Petsiuk, Das, Saenko 2018, RISE, arXiv 1806.07421
.. [2] Samek, Binder, Montavon, Lapuschkin, Müller 2017, Evaluating the visualization of what a deep
   neural network has learned, doi 10.1109/TNNLS.2016.2599820
.. [3] Blücher, Vielhaben, Strodthoff 2024, Decoupling pixel flipping and occlusion strategy for
   consistent XAI benchmarks, arXiv 2401.06654
.. [4] Ancona, Ceolini, Öztireli, Gross 2018, Towards better understanding of gradient-based
   attribution methods for deep neural networks, arXiv 1711.06104
.. [5] Yeh, Hsieh, Suggala, Inouye, Ravikumar 2019, On the (in)fidelity and sensitivity of
   explanations, arXiv 1901.09392
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Model = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""The model: images of shape (n, h, w) to outputs of shape (n,) or (n, m)."""

Units = NDArray[np.intp]
"""What is replaced together: the unit of each pixel, shape (h, w), 0 to K - 1 without gaps."""

#: Composed images held in memory at a time.
TOGETHER: Final = 64


@dataclass(frozen=True, eq=False)
class Curve:
    """Outputs on the way from one image to another.

    Attributes
    ----------
    replaced : ndarray of shape (s + 1,), float64
        Share of the pixels that are those of the other image, from 0 to 1.
    outputs : ndarray of shape (s + 1,) or (s + 1, m), float64
    """

    replaced: NDArray[np.float64]
    outputs: NDArray[np.float64]

    @property
    def area(self) -> NDArray[np.float64]:
        """Area under the curve (trapezoids): the mean output on the way, in the output's unit."""
        return np.asarray(np.trapezoid(self.outputs, self.replaced, axis=0))


def single_pixels(shape: tuple[int, int]) -> Units:
    """Every pixel a unit of its own."""
    return np.arange(shape[0] * shape[1]).reshape(shape)


def squares(shape: tuple[int, int], cells: int) -> Units:
    """A regular grid of `cells` x `cells` units.

    Raises
    ------
    ValueError
        If there are fewer than one or more cells than pixels along a side.

    Examples
    --------
    >>> squares((2, 4), 2).tolist()
    [[0, 0, 1, 1], [2, 2, 3, 3]]
    """
    if not 1 <= cells <= min(shape):
        raise ValueError(f"{cells} cells along a side of {min(shape)} pixels")
    rows, columns = (np.arange(side) * cells // side for side in shape)
    return np.asarray(rows[:, None] * cells + columns)


def ranks(values: NDArray[np.floating], units: Units, seed: int = 0) -> Units:
    """The place of each pixel's unit in the order of relevance, the most relevant first.

    Parameters
    ----------
    values : ndarray of shape (h, w)
        Raw signed relevance; a unit has the mean of its pixels.
    units : ndarray of shape (h, w)
    seed : int
        Of the order among units that are equally relevant. The order of pixels in memory, which
        many implementations take, would hide the top of the image first.

    Returns
    -------
    ndarray of shape (h, w), from 0 to K - 1

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check(values, units)
    count = int(units.max()) + 1
    means = ndimage.mean(values.astype(np.float64), units, np.arange(count))
    order = np.lexsort((np.random.default_rng(seed).permutation(count), -means))
    places = np.empty(count, np.intp)
    places[order] = np.arange(count)
    return places[units]


def replacement(
    model: Model,
    start: NDArray[np.float32],
    end: NDArray[np.float32],
    order: Units,
    steps: int,
) -> Curve:
    """Outputs while one image is replaced by another, unit by unit.

    From the radiograph to the background, the most relevant units first, this is the deletion curve
    [1]_, also known as pixel flipping [2]_; from the background to the radiograph, the insertion
    curve.

    Parameters
    ----------
    model : callable
    start, end : ndarray of shape (h, w), float32
    order : ndarray of shape (h, w)
        As :func:`ranks` gives it: the units of the lowest ranks are replaced first.
    steps : int
        Equal steps, 1 or more; no more than there are units.

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        If the shapes differ or there is no step.

    Notes
    -----
    With one background, the insertion curve is the deletion curve in the reversed order, run
    backwards, so that their areas are the same number.
    """
    _check(start, order)
    _check(end, order)
    if steps < 1:
        raise ValueError(f"{steps} steps")
    count = int(order.max()) + 1
    taken = np.unique(np.rint(np.linspace(0, count, steps + 1)).astype(np.intp))
    outputs = [
        model(np.where(order < taken[first : first + TOGETHER, None, None], end, start))
        for first in range(0, len(taken), TOGETHER)
    ]
    pixels = np.concatenate([[0], np.bincount(order.ravel(), minlength=count).cumsum()])
    return Curve(pixels[taken] / order.size, np.concatenate(outputs).astype(np.float64))


def subsets(count: int, size: int, draws: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Random subsets of `size` of `count` units, shape (draws, count).

    Raises
    ------
    ValueError
        If there are not that many units.
    """
    if not 1 <= size <= count:
        raise ValueError(f"subsets of {size} of {count} units")
    places = rng.permuted(np.tile(np.arange(count), (draws, 1)), axis=1)
    return np.asarray(places < size)


def random_squares(
    shape: tuple[int, int],
    draws: int,
    rng: np.random.Generator,
    sides: tuple[float, float] = (0.1, 0.5),
) -> NDArray[np.bool_]:
    """Masks of one square each, anywhere within the image, shape (draws, h, w).

    Parameters
    ----------
    shape : (int, int)
    draws : int
    rng : Generator
    sides : (float, float)
        Smallest and largest side, as a share of the image's shorter one.
    """
    masks = np.zeros((draws, *shape), bool)
    for mask in masks:
        side = max(1, round(rng.uniform(*sides) * min(shape)))
        top, left = (int(rng.integers(0, length - side + 1)) for length in shape)
        mask[top : top + side, left : left + side] = True
    return masks


def drops(
    model: Model,
    image: NDArray[np.float32],
    background: NDArray[np.float32],
    masks: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """By how much outputs fall when parts of an image are replaced by a background.

    Parameters
    ----------
    model : callable
    image, background : ndarray of shape (h, w), float32
    masks : ndarray of shape (n, h, w), bool
        True where the background is shown.

    Returns
    -------
    ndarray of shape (n,) or (n, m), float64

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check(image, masks[0])
    _check(background, masks[0])
    parts = [model(image[None])]
    for first in range(0, len(masks), TOGETHER):
        parts.append(model(np.where(masks[first : first + TOGETHER], background, image)))
    outputs = np.concatenate(parts).astype(np.float64)
    return np.asarray(outputs[0] - outputs[1:])


def removed_relevance(
    values: NDArray[np.floating], masks: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The relevance within each mask, (h, w) and (n, h, w) to (n,)."""
    _check(values, masks[0])
    return np.array([values[mask].sum(dtype=np.float64) for mask in masks])


def sensitivity_n(relevance: NDArray[np.floating], fallen: NDArray[np.floating]) -> float:
    """Pearson's correlation of the relevance removed with the fall of the output [4]_.

    Parameters
    ----------
    relevance : ndarray of shape (n,)
        Sums over random sets of equally many units, as :func:`removed_relevance` gives them.
    fallen : ndarray of shape (n,)
        As :func:`drops` gives them.

    Returns
    -------
    float
        In [-1, 1]; 1 for gradient x input of a linear model on black. NaN where either does not
        vary.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    _check(relevance, fallen)
    if np.ptp(relevance) == 0 or np.ptp(fallen) == 0:
        return np.nan
    return float(np.corrcoef(relevance, fallen)[0, 1])


def infidelity(relevance: NDArray[np.floating], fallen: NDArray[np.floating]) -> float:
    """Mean squared difference of the relevance removed and the fall of the output [5]_.

    Parameters
    ----------
    relevance, fallen : ndarray of shape (n,)

    Returns
    -------
    float
        At least 0, in the output's unit squared; 0 for gradient x input of a linear model on black.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    Only maps that share out the output have a scale that this can judge.
    """
    _check(relevance, fallen)
    return float(np.mean((relevance - fallen) ** 2))


def relative_infidelity(relevance: NDArray[np.floating], fallen: NDArray[np.floating]) -> float:
    """:func:`infidelity` at the map's best scale, as a share of that of a map of zeros.

    Parameters
    ----------
    relevance, fallen : ndarray of shape (n,)

    Returns
    -------
    float
        In [0, 1]; 0 where the relevance removed is proportional to the fall, 1 where it says no
        more than nothing. NaN where the output never falls.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    The scale is that of the paper's code, but never negative: a map turned into its negative would
    otherwise be as good as the map.
    """
    _check(relevance, fallen)
    nothing = float(np.mean(fallen**2))
    if nothing == 0:
        return np.nan
    size = float(relevance @ relevance)
    scale = max(0.0, float(relevance @ fallen) / size) if size else 0.0
    return infidelity(scale * relevance, fallen) / nothing


def max_sensitivity(values: NDArray[np.floating], others: Sequence[NDArray[np.floating]]) -> float:
    """Largest change of a map, as a share of its size, when the image hardly changes [5]_.

    Parameters
    ----------
    values : ndarray of shape (h, w)
    others : sequence of ndarray of shape (h, w)
        Maps of images drawn from a small ball around the image.

    Returns
    -------
    float
        At least 0; Euclidean norms. NaN for a map of zeros.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    for other in others:
        _check(values, other)
    size = np.linalg.norm(values.astype(np.float64))
    if size == 0:
        return np.nan
    return float(max(np.linalg.norm(other.astype(np.float64) - values) for other in others) / size)


def _check(one: NDArray[np.generic], other: NDArray[np.generic]) -> None:
    if one.shape != other.shape:
        raise ValueError(f"arrays of different shapes, {one.shape} and {other.shape}")
