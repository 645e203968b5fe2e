"""How well a map and a mask of the finding lie on each other."""

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_otsu


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of one shape; NaN where both are empty."""
    if one.shape != other.shape:
        raise ValueError(f"masks have different shapes, {one.shape} and {other.shape}")
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else float("nan")


def otsu(values: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where the positive part of a map is above Otsu's threshold; nowhere for a constant map.

    Parameters
    ----------
    values : ndarray of shape (h, w)
        Raw signed relevance.

    Returns
    -------
    ndarray of shape (h, w), bool

    References
    ----------
    Otsu 1979, doi 10.1109/TSMC.1979.4310076
    """
    positive = np.maximum(values, 0)
    if positive.min() == positive.max():
        return np.zeros(values.shape, bool)
    return np.asarray(positive > threshold_otsu(positive))


def hit(values: NDArray[np.floating], mask: NDArray[np.bool_]) -> bool:
    """Whether the greatest value lies in the mask (pointing game); a constant map has none.

    References
    ----------
    Zhang et al. 2018, doi 10.1007/s11263-017-1059-x
    """
    if values.shape != mask.shape:
        raise ValueError(f"map and mask have different shapes, {values.shape} and {mask.shape}")
    if values.min() == values.max():
        return False
    return bool(mask[values == values.max()].any())
