"""Methods exchanged within cases: whether they differ for these very readers.

A case's readings by all readers stay together; only which method they are for is exchanged. Nothing
is taken for independent but the cases, and no distribution for given [1]_.

References
----------
.. [1] Good 2005, Permutation, parametric and bootstrap tests of hypotheses, doi 10.1007/b138696
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from shamsul.metrics.comparison import holm

#: Exchanges drawn where all of them are more.
DRAWN = 9999


@dataclass(frozen=True)
class Exchanged:
    """What exchanging methods within cases says.

    Attributes
    ----------
    p : float
        That all methods are alike. NaN where no reader has scored two of them in a case.
    pairs, pairs_holm : tuple of float
        Two-sided p of each pair in the order of `itertools.combinations`, and adjusted by Holm's
        procedure.
    """

    p: float
    pairs: tuple[float, ...]
    pairs_holm: tuple[float, ...]


def exchange(scores: NDArray[np.float64], seed: int = 0) -> Exchanged:
    """Compare methods by the scores that the same readers gave in the same cases.

    Parameters
    ----------
    scores : ndarray of shape (methods, readers, cases), float
        NaN is missing: a reader's other scores of the case count, if there are two.
    seed : int
        Of the exchanges drawn. All are tried where there are no more than `DRAWN`.
    """
    pairs = [
        _p(scores[[one, other]], seed)
        for one, other in itertools.combinations(range(len(scores)), 2)
    ]
    together = pairs[0] if len(pairs) == 1 else _p(scores, seed)
    return Exchanged(together, tuple(pairs), tuple(holm(pairs).tolist()))


def _p(scores: NDArray[np.float64], seed: int) -> float:
    there = np.isfinite(scores)
    compared = there & (there.sum(0) > 1)
    if not compared.any():
        return np.nan
    # By method and case: sum over readers of what lies above the reader's own mean of the case.
    known = np.where(compared, scores, 0.0)
    own = known.sum(0) / np.maximum(compared.sum(0), 1)
    departures = np.where(compared, scores - own, 0.0).sum(1)
    departures = departures[:, departures.any(0)]
    if departures.shape[1] < 2:
        return 1.0

    def between(*methods: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        return np.asarray(sum(one.sum(axis) ** 2 for one in methods))

    found = stats.permutation_test(
        tuple(departures),
        between,
        permutation_type="samples",
        vectorized=True,
        n_resamples=DRAWN,
        batch=1000,
        alternative="greater",
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)
