"""What a map is divided by before it is shown or compared, the same for every method."""

import numpy as np
from numpy.typing import NDArray

#: Percentile of |value| that becomes 1.
PERCENTILE = 99.5


def full_scale(values: NDArray[np.floating]) -> float:
    """The magnitude that becomes 1.

    Parameters
    ----------
    values : ndarray of shape (h, w)
        Raw signed relevance.

    Returns
    -------
    float
        The 99.5th percentile of \\|value\\|. A map that is zero nearly everywhere has its maximum
        instead; 0 for a map that is zero everywhere.

    Examples
    --------
    >>> full_scale(np.array([[-2.0, 2.0]]))
    2.0
    """
    magnitude = np.abs(values)
    return float(np.percentile(magnitude, PERCENTILE) or magnitude.max())
