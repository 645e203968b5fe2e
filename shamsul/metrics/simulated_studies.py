"""Studies drawn from a model, to see how often their analysis would be wrong.

A score is the sum of normal parts: reader, case, reader by method, reader by case, case by method
and what is left. Their variances belong to a study's mean squares and covariances as in [1]_.

References
----------
.. [1] Hillis 2014, doi 10.1002/sim.5926
.. [2] Roe, Metz 1997, doi 10.1016/S1076-6332(97)80210-3 (studies drawn from such a model)
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from shamsul.metrics.mrmc import LEVEL

#: Studies drawn at once.
_BATCH = 100


@dataclass(frozen=True)
class Setting:
    """Of drawn studies: their size, and the standard deviations of a score's parts.

    Attributes
    ----------
    readers, cases, methods : int
        2 or more.
    reader, case, reader_by_method, case_by_method, reader_by_case, rest : float
    """

    readers: int
    cases: int
    reader: float
    case: float
    reader_by_method: float
    case_by_method: float
    methods: int = 3
    reader_by_case: float = 0.0
    rest: float = 1.0


@dataclass(frozen=True)
class Worth:
    """What an analysis is worth in studies without any difference.

    Attributes
    ----------
    rejected : float
        Share in which methods are told apart; 0.05 is meant.
    mean_held : float
        Share in which the interval of a method's mean holds the true one; 0.95 is meant.
    """

    rejected: float
    mean_held: float


def like(components: Mapping[str, float], readers: int, cases: int, methods: int) -> Setting:
    """Studies like the one that has such components, of mean scores.

    Parameters
    ----------
    components : mapping of str to float
        :attr:`shamsul.metrics.mrmc.Analysis.components` of that study. What they estimate to be
        less than nothing is nothing.
    readers, cases, methods : int
        Of it.
    """
    var, cov1, cov2, cov3 = (components[name] for name in ("var", "cov1", "cov2", "cov3"))

    def deviation(variance: float) -> float:
        return float(np.sqrt(max(variance, 0.0)))

    return Setting(
        readers,
        cases,
        reader=deviation(components["var_r"]),
        case=deviation(cases * cov3),
        reader_by_method=deviation(components["var_tr"]),
        case_by_method=deviation(cases * (cov2 - cov3)),
        methods=methods,
        reader_by_case=deviation(cases * (cov1 - cov3)),
        rest=deviation(cases * (var - cov1 - cov2 + cov3)),
    )


def draw(setting: Setting, studies: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Scores of shape (studies, methods, readers, cases) without any true difference.

    The true mean of every method is 0.
    """
    methods, readers, cases = setting.methods, setting.readers, setting.cases

    def part(deviation: float, *shape: int) -> NDArray[np.float64]:
        return rng.normal(0, 1, (studies, *shape)) * deviation

    return (
        part(setting.reader, 1, readers, 1)
        + part(setting.case, 1, 1, cases)
        + part(setting.reader_by_method, methods, readers, 1)
        + part(setting.reader_by_case, 1, readers, cases)
        + part(setting.case_by_method, methods, 1, cases)
        + part(setting.rest, methods, readers, cases)
    )


def worth(setting: Setting, studies: int = 2000, seed: int = 0) -> Worth:
    """Draw studies and analyse the mean scores of each, readers and cases random.

    The figures are those of :func:`shamsul.metrics.mrmc.analyse`, of many complete studies at once.
    """
    rng = np.random.default_rng(seed)
    rejected, held = 0, 0
    for start in range(0, studies, _BATCH):
        scores = draw(setting, min(_BATCH, studies - start), rng)
        rejected += int((_p(scores) < 1 - LEVEL).sum())
        held += int(_mean_held(scores[:, 0]).sum())
    return Worth(rejected / studies, held / studies)


def _p(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the test that the methods of each study are alike."""
    _, methods, readers, cases = scores.shape
    figures = scores.mean(-1)
    by_method = figures.mean(2, keepdims=True) - figures.mean((1, 2), keepdims=True)
    left = figures - figures.mean(2, keepdims=True) - figures.mean(1, keepdims=True)
    left += figures.mean((1, 2), keepdims=True)
    df1, df = methods - 1, (methods - 1) * (readers - 1)
    ms_t = readers * (by_method**2).sum((1, 2)) / df1
    ms_tr = (left**2).sum((1, 2)) / df
    errors = scores - figures[..., None]
    # Sums over pairs of readers and methods, of which single ones and those alike are taken away.
    single = (errors**2).sum((1, 2, 3))
    method = (errors.sum(2) ** 2).sum((1, 2))
    reader = (errors.sum(1) ** 2).sum((1, 2))
    every = (errors.sum((1, 2)) ** 2).sum(1)
    scale = cases * (cases - 1)
    cov2 = (method - single) / (methods * readers * (readers - 1)) / scale
    cov3 = (every - method - reader + single) / scale
    cov3 /= methods * (methods - 1) * readers * (readers - 1)
    noise = ms_tr + readers * np.maximum(cov2 - cov3, 0)
    return np.asarray(stats.f.sf(ms_t / noise, df1, noise**2 / (ms_tr**2 / df)))


def _mean_held(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether the interval of one method's mean holds zero, of each study."""
    _, readers, cases = scores.shape
    figures = scores.mean(-1)
    errors = scores - figures[..., None]
    cov2 = (errors.sum(1) ** 2).sum(1) - (errors**2).sum((1, 2))
    cov2 = readers * np.maximum(cov2, 0) / (readers * (readers - 1)) / (cases * (cases - 1))
    ms_r = figures.var(1, ddof=1)
    noise = ms_r + cov2
    df = noise**2 / (ms_r**2 / (readers - 1) + cov2**2 / (cases - 1))
    reach = stats.t.ppf((1 + LEVEL) / 2, df) * np.sqrt(noise / readers)
    return np.asarray(np.abs(figures.mean(1)) <= reach)
