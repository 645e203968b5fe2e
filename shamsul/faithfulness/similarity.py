"""How alike maps are that should be alike, or should not."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from shamsul.faithfulness.measure import Result, Statistic
from shamsul.metrics.agreement import Agreement, Map, spearman, ssim

#: By the statistic's name. Of the signed maps, and of their magnitudes.
SIMILARITIES: Final[dict[str, Agreement]] = {
    "spearman": spearman,
    "spearman_absolute": lambda one, other: spearman(np.abs(one), np.abs(other)),
    "ssim": ssim,
    "ssim_absolute": lambda one, other: ssim(np.abs(one), np.abs(other)),
}
#: As a measure declares them.
STATISTICS: Final = (
    Statistic("spearman", "Rank correlation"),
    Statistic("spearman_absolute", "Rank correlation of magnitudes"),
    Statistic("ssim", "SSIM"),
    Statistic("ssim_absolute", "SSIM of magnitudes"),
)


def similarities(measure: str, detail: str, pairs: Sequence[tuple[Map, Map]]) -> tuple[Result, ...]:
    """The mean similarity of pairs of maps, a row for each of `SIMILARITIES`.

    Parameters
    ----------
    measure, detail : str
        Of the rows.
    pairs : sequence of (ndarray, ndarray) of shape (h, w)

    Returns
    -------
    tuple of Result
        NaN where the similarity of any pair is.

    Raises
    ------
    ValueError
        If a map is smaller than SSIM's window.

    References
    ----------
    Adebayo et al. 2018, arXiv 1810.03292 (rank correlation with and without the sign, SSIM)
    """
    return tuple(
        # A correlation of equal maps can miss 1 by its last digit.
        Result(measure, name, detail, round(float(np.mean([f(*pair) for pair in pairs])), 12))
        for name, f in SIMILARITIES.items()
    )
