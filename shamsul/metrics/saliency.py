"""How well a map says where people looked, after Bylinskii et al. 2019 [1]_.

Maps are of shape (H, W), finite, raw and signed; positive relevance speaks for the finding. What
only compares values (`auc_judd`, `auc_shuffled`) and what a shift and a factor do not change
(`nss`, `cc`) takes negative values as they are. What reads a map as a distribution (`sim`,
`kl_divergence`, `information_gain`) counts them as zero and divides by the sum. Pass
``np.maximum(values, 0)`` where evidence against the finding should count as no evidence throughout.

Fixations are those of :mod:`shamsul.metrics.fixations`; several in one pixel all count. A density
of gaze is of shape (H, W), not negative, in any unit.

Undefined is NaN: where no fixation is on the image, or the map is constant where its spread is
divided by, or nowhere positive where it is a distribution. Nothing is drawn at random.

Notes
-----
The published code [2]_ takes a pixel with several fixations once and knows no weights; without
weights and with a pixel for each fixation the two are alike but for what each function's Notes say.

References
----------
.. [1] Bylinskii, Judd, Oliva, Torralba, Durand 2019, What do different evaluation metrics tell us
   about saliency models?, doi 10.1109/TPAMI.2018.2815601
.. [2] https://github.com/cvzoya/saliency, code_forMetrics
.. [3] https://github.com/matthias-k/pysaliency
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shamsul.metrics.fixations import on_image

NAN = float("nan")
#: What keeps a logarithm finite where a distribution is zero: MATLAB's `eps`, as in [2]_.
EPSILON: Final = float(np.finfo(np.float64).eps)


def _checked(values: NDArray[np.floating]) -> NDArray[np.float64]:
    found = np.asarray(values, np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise ValueError("a map is finite numbers in rows and columns")
    return found


def _distribution(values: NDArray[np.floating]) -> NDArray[np.float64] | None:
    """Positive values by their sum; None where none is positive."""
    positive = np.maximum(_checked(values), 0)
    highest = positive.max()
    if not highest:
        return None
    positive /= highest  # a sum of huge or tiny values is neither infinite nor zero
    return np.asarray(positive / positive.sum())


def _of_density(
    density: NDArray[np.floating], shape: tuple[int, ...]
) -> NDArray[np.float64] | None:
    """A density by its sum; None where it is zero everywhere."""
    found = _checked(density)
    if found.shape != shape:
        raise ValueError(f"map and density have different shapes, {shape} and {found.shape}")
    if found.min() < 0:
        raise ValueError("a density is not negative")
    return _distribution(found)


def _auc(
    positive: NDArray[np.float64],
    weights: NDArray[np.float64],
    negative: NDArray[np.float64],
    others: NDArray[np.float64],
) -> float:
    """The chance that one of the positive values is greater than one of the negative ones.

    Equal values count one half. `weights` are of the former, `others` of the latter.
    """
    order = np.argsort(negative)
    ordered = negative[order]
    below = np.concatenate([[0.0], np.cumsum(others[order])])
    total = float(weights.sum() * below[-1])
    if not total:
        return NAN
    lower = below[np.searchsorted(ordered, positive, "left")]
    upto = below[np.searchsorted(ordered, positive, "right")]
    return float(weights @ (lower + upto) / 2 / total)


def auc_judd(values: NDArray[np.floating], fixations: ArrayLike) -> float:
    """Area under the ROC curve of fixated pixels against all pixels that are not fixated [1]_.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values as they are.
    fixations : array_like of shape (n, 2) or (n, 3)

    Returns
    -------
    float
        In [0, 1]; 0.5 for a constant map. NaN where no fixation is on the image, or all pixels are
        fixated.

    Raises
    ------
    ValueError
        If the map is not finite or fixations are no such table.

    Notes
    -----
    Equal values count one half (Mann and Whitney), which is what the published code gives on
    average by adding a random number below 1e-7. That code joins the curve's points at fixations by
    straight lines, so that a pixel between two fixations counts half a fixation too much: of n
    fixations its area is greater by the share of other pixels not below the least fixated one, over
    2 n.

    Examples
    --------
    >>> auc_judd(np.array([[4.0, 3.0], [2.0, 1.0]]), [[0.5, 1.5]])
    0.6666666666666666
    """
    found = _checked(values)
    pixels, weights = on_image(fixations, found.shape)
    free = np.ones(found.shape, bool)
    free[pixels] = False
    negative = found[free]
    return _auc(found[pixels], weights, negative, np.ones(len(negative)))


def auc_shuffled(values: NDArray[np.floating], fixations: ArrayLike, others: ArrayLike) -> float:
    """Area under the ROC curve of fixations against places fixated in other images [1]_.

    A map that only points where people look in any image has 0.5 on average.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values as they are.
    fixations : array_like of shape (n, 2) or (n, 3)
    others : array_like of shape (m, 2) or (m, 3)
        On other images, brought to this one by :func:`.fixations.brought`.

    Returns
    -------
    float
        In [0, 1]; 0.5 for a constant map. NaN where either has no fixation on the image.

    Raises
    ------
    ValueError
        As `auc_judd` does.

    Notes
    -----
    All fixations of the others are negatives, with their weights, also in pixels that are fixated
    here too, as in pysaliency [3]_. The published code draws as many of them as there are
    fixations, from ten images, a hundred times: this is the mean over all draws. It cuts maps at
    ten levels, here every value is one.
    """
    found = _checked(values)
    here, elsewhere = on_image(fixations, found.shape), on_image(others, found.shape)
    return _auc(found[here.pixels], here.weights, found[elsewhere.pixels], elsewhere.weights)


def nss(values: NDArray[np.floating], fixations: ArrayLike) -> float:
    """Normalised scanpath saliency: the mean of the standardised map at fixations [1]_.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values as they are.
    fixations : array_like of shape (n, 2) or (n, 3)

    Returns
    -------
    float
        In standard deviations of the map; 0 is chance. NaN for a constant map and where no fixation
        is on the image.

    Raises
    ------
    ValueError
        As `auc_judd` does.

    Notes
    -----
    The deviation is that of all pixels (divided by their number), as in pysaliency [3]_; MATLAB's
    of the published code divides by one less.

    Examples
    --------
    >>> nss(np.array([[1.0, 1.0], [1.0, 5.0]]), [[1.5, 1.5]])
    1.7320508075688772
    """
    found = _checked(values)
    pixels, weights = on_image(fixations, found.shape)
    if found.min() == found.max() or not weights.sum():
        return NAN
    standardised = _standardised(found)
    return float(weights @ standardised[pixels] / weights.sum())


def cc(values: NDArray[np.floating], density: NDArray[np.floating]) -> float:
    """Pearson's correlation of a map with a density of gaze, over pixels [1]_.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values as they are.
    density : ndarray of shape (H, W)

    Returns
    -------
    float
        In [-1, 1]; NaN where either is constant.

    Raises
    ------
    ValueError
        If shapes differ, a value is not finite or the density is negative.
    """
    found = _checked(values)
    distribution = _of_density(density, found.shape)
    if distribution is None or distribution.min() == distribution.max():
        return NAN
    if found.min() == found.max():
        return NAN
    both = _standardised(found) * _standardised(distribution)
    return float(np.clip(both.mean(), -1, 1))


def sim(values: NDArray[np.floating], density: NDArray[np.floating]) -> float:
    """Similarity: what two distributions have in common, as intersection of histograms [1]_.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values count as zero.
    density : ndarray of shape (H, W)

    Returns
    -------
    float
        In [0, 1]; NaN for a map that is nowhere positive and a density that is zero.

    Raises
    ------
    ValueError
        As `cc` does.

    Notes
    -----
    The published code first takes the least value from each map, which makes a constant one
    undefined and gives a map that is positive everywhere less of a floor. Here zero is no
    relevance, and a constant positive map the uniform distribution, as in pysaliency [3]_.

    Examples
    --------
    >>> sim(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]]))
    0.75
    """
    one, other = _distribution(values), _of_density(density, np.shape(values))
    if one is None or other is None:
        return NAN
    return float(min(1.0, np.minimum(one, other).sum()))


def kl_divergence(
    values: NDArray[np.floating], density: NDArray[np.floating], *, epsilon: float = EPSILON
) -> float:
    """Kullback-Leibler divergence of a map from a density of gaze, in nats [1]_; less is better.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values count as zero.
    density : ndarray of shape (H, W)
    epsilon : float
        Above zero.

    Returns
    -------
    float
        About 0 for the same distribution; NaN for a map that is nowhere positive and a density that
        is zero.

    Raises
    ------
    ValueError
        As `cc` does, or if epsilon is not positive.

    Notes
    -----
    Gaze q from map p: the sum of q log(epsilon + q / (epsilon + p)), as the published code and the
    MIT benchmark have it. Gaze where the map is zero costs up to 36 nats, so that a map with sharp
    edges is judged by its zeros. The published code lets an all-zero map stay one; here it is
    undefined.
    """
    if epsilon <= 0:
        raise ValueError(f"epsilon is {epsilon}, not above zero")
    found, gaze = _distribution(values), _of_density(density, np.shape(values))
    if found is None or gaze is None:
        return NAN
    return float((gaze * np.log(epsilon + gaze / (found + epsilon))).sum())


def information_gain(
    values: NDArray[np.floating],
    fixations: ArrayLike,
    prior: NDArray[np.floating],
    *,
    epsilon: float = EPSILON,
) -> float:
    """How much more likely a map makes fixations than a prior does, in bits a fixation [1]_ [4]_.

    Parameters
    ----------
    values : ndarray of shape (H, W)
        Negative values count as zero.
    fixations : array_like of shape (n, 2) or (n, 3)
    prior : ndarray of shape (H, W)
        What is known without the image, such as :func:`.fixations.centre_prior` or
        :func:`.fixations.prior`.
    epsilon : float
        Above zero.

    Returns
    -------
    float
        0 for the prior itself; NaN for a map that is nowhere positive, a prior that is zero, and
        where no fixation is on the image.

    Raises
    ------
    ValueError
        As `auc_judd` and `cc` do, or if epsilon is not positive.

    Notes
    -----
    The mean of log2(epsilon + p) - log2(epsilon + prior) at fixations, as the published code has
    it, but without taking the least value from both. A fixation where the map is zero costs tens of
    bits.

    References
    ----------
    .. [4] Kümmerer, Wallis, Bethge 2015, doi 10.1073/pnas.1510393112
    """
    if epsilon <= 0:
        raise ValueError(f"epsilon is {epsilon}, not above zero")
    found, known = _distribution(values), _of_density(prior, np.shape(values))
    pixels, weights = on_image(fixations, np.shape(values))
    if found is None or known is None or not weights.sum():
        return NAN
    gained = np.log2(epsilon + found[pixels]) - np.log2(epsilon + known[pixels])
    return float(weights @ gained / weights.sum())


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of mean 0 and standard deviation 1; the values are not all equal."""
    away = values / np.abs(values).max()  # squares neither overflow nor vanish
    away = away - away.mean()
    return np.asarray(away / np.sqrt((away**2).mean()))
