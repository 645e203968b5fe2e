"""How well scores tell cases with a finding from those without."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def auc(scores: NDArray[np.floating], present: NDArray[np.bool_]) -> float:
    """Probability that a positive case scores above a negative one, ties counting half.

    Parameters
    ----------
    scores : ndarray of shape (N,)
    present : ndarray of shape (N,), bool

    Returns
    -------
    float
        In [0, 1]; NaN without both kinds of case.

    References
    ----------
    Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    positive = int(present.sum())
    negative = len(present) - positive
    if positive == 0 or negative == 0:
        return float("nan")
    ranks = rankdata(scores)[present].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))
