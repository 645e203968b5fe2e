"""Methods compared by several readers over several cases, all of which might have been others.

A figure of merit is estimated for each reader and method. Two readers' figures are correlated since
they read the same cases, two methods' since they are judged by the same readers: readings are no
independent blocks. The analysis of Obuchowski and Rockette [1]_ in Hillis's form [2]_ [3]_ takes
readers and cases as drawn from larger populations.

References
----------
.. [1] Obuchowski, Rockette 1995, doi 10.1080/03610919508813243
.. [2] Hillis 2007, doi 10.1002/sim.2532
.. [3] Hillis 2014, doi 10.1002/sim.5926
.. [4] DeLong, DeLong, Clarke-Pearson 1988, doi 10.2307/2531595
.. [5] Efron, Stein 1981, doi 10.1214/aos/1176345462 (the jackknife)
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from shamsul.metrics import roc
from shamsul.metrics.comparison import holm

#: Coverage of intervals.
LEVEL: Final = 0.95


class Fixed(Enum):
    """What the conclusion is about besides the methods."""

    NEITHER = "neither"
    """Readers and cases like these."""
    READERS = "readers"
    """These very readers, and cases like these."""
    CASES = "cases"
    """Readers like these, and these very cases."""


@dataclass(frozen=True, eq=False)
class Readings:
    """Scores of cases by readers with methods.

    Attributes
    ----------
    methods, readers : tuple of str
    scores : ndarray of shape (methods, readers, cases), float
        NaN where a reader has not read a case with a method.
    truth : ndarray of shape (cases,), bool, or None
        Whether a case has the finding; None for figures that need no truth.
    """

    methods: tuple[str, ...]
    readers: tuple[str, ...]
    scores: NDArray[np.float64]
    truth: NDArray[np.bool_] | None = None


Figure = Callable[[NDArray[np.float64], NDArray[np.bool_] | None], float]
"""Figure of merit of one reader with one method: of scores of shape (n,), and their truth."""


def mean(scores: NDArray[np.float64], truth: NDArray[np.bool_] | None) -> float:
    """Mean score."""
    return float(scores.mean())


def auc(scores: NDArray[np.float64], truth: NDArray[np.bool_] | None) -> float:
    """Empirical area under the ROC curve, see :func:`shamsul.metrics.roc.auc`."""
    assert truth is not None
    return roc.auc(scores, truth)


def sensitivity(threshold: float) -> Figure:
    """Share of the cases with the finding whose score is at least `threshold`."""

    def figure(scores: NDArray[np.float64], truth: NDArray[np.bool_] | None) -> float:
        return float((scores[truth] >= threshold).mean())

    return figure


def specificity(threshold: float) -> Figure:
    """Share of the cases without the finding whose score is below `threshold`."""

    def figure(scores: NDArray[np.float64], truth: NDArray[np.bool_] | None) -> float:
        assert truth is not None
        return float((scores[~truth] < threshold).mean())

    return figure


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval.

    Attributes
    ----------
    estimate, standard_error, df, low, high : float
        `df` is infinite where the normal distribution is used.
    """

    estimate: float
    standard_error: float
    df: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: float, variance: float, df: float) -> "Interval":
        """From the variance of an estimate and its degrees of freedom."""
        error = float(np.sqrt(variance))
        reach = float(stats.t.ppf((1 + LEVEL) / 2, df)) * error
        return cls(estimate, error, df, estimate - reach, estimate + reach)


@dataclass(frozen=True)
class Difference:
    """One method less another one.

    Attributes
    ----------
    first, second : str
    interval : Interval
        Of ``first - second``.
    p, p_holm : float
        Two-sided; as it is, and adjusted for all pairs by Holm's procedure.
    """

    first: str
    second: str
    interval: Interval
    p: float
    p_holm: float


@dataclass(frozen=True)
class Analysis:
    """Whether methods differ.

    Attributes
    ----------
    f, df1, df2, p : float
        Test that all methods have the same figure; `df2` may be infinite.
    methods : mapping of str to Interval
        Each method's figure, mean over readers, with an interval from its own readings alone.
    figures : mapping of str to mapping of str to float
        By method and reader.
    differences : tuple of Difference
    components : mapping of str to float
        Mean squares ``ms_t``, ``ms_r``, ``ms_tr``; the error's variance ``var`` and covariances
        ``cov1`` (one reader, two methods), ``cov2`` (two readers, one method), ``cov3`` (both
        different); variances of readers ``var_r`` and of readers by methods ``var_tr``, which as
        estimates may be negative.
    """

    f: float
    df1: float
    df2: float
    p: float
    methods: Mapping[str, Interval]
    figures: Mapping[str, Mapping[str, float]]
    differences: tuple[Difference, ...]
    components: Mapping[str, float]


def analyse(
    readings: Readings,
    figure: Figure,
    *,
    delong: bool = False,
    fixed: Fixed = Fixed.NEITHER,
) -> Analysis:
    """Compare methods by a figure of merit.

    Parameters
    ----------
    readings : Readings
        Every reader must have read some cases with every method; not necessarily the same ones.
    figure : callable
    delong : bool
        Covariances of errors by DeLong's formula [4]_, for :func:`auc` and complete data only; by
        default they are the jackknife's over cases [5]_.
    fixed : Fixed
        What the conclusion is about.

    Raises
    ------
    ValueError
        The data do not allow it; one sentence without a full stop.
    """
    if len(readings.methods) < 2:
        raise ValueError("there are fewer than two methods")
    _check(readings, fixed, needs_truth=figure is not mean)
    estimates = _figures(readings, figure)
    covariance = _delong(readings) if delong else _jackknife(readings, figure)
    table = _Table(estimates, covariance)
    own = [
        mean_over_readers(
            table.figures[number], table.covariance[number, :, number], case_df=df, fixed=fixed
        )
        for number, df in enumerate(_case_df(readings, figure))
    ]
    return _compared(readings, table, own, fixed)


def alone(readings: Readings, figure: Figure, *, fixed: Fixed = Fixed.NEITHER) -> Interval:
    """The figure of a single method, mean over readers.

    Parameters
    ----------
    readings : Readings
        Of one method; every reader must have read two cases.
    figure : callable
    fixed : Fixed
        What the interval is about.

    Raises
    ------
    ValueError
        The data do not allow it; one sentence without a full stop.
    """
    _check(readings, fixed, needs_truth=figure is not mean)
    (figures,) = _figures(readings, figure)
    (df,) = _case_df(readings, figure)
    errors = _jackknife(readings, figure)
    return mean_over_readers(figures, errors, case_df=df, fixed=fixed)


class _Table:
    """Figures of shape (methods, readers), and what their errors have in common."""

    def __init__(self, figures: NDArray[np.float64], covariance: NDArray[np.float64]) -> None:
        self.figures = figures
        self.methods, self.readers = figures.shape
        # By method, reader, method, reader.
        self.covariance = covariance.reshape(2 * figures.shape)
        centred = figures - figures.mean()
        by_method, by_reader = centred.mean(1), centred.mean(0)
        left = centred - by_method[:, None] - by_reader
        self.ms_t = self.readers * (by_method**2).sum() / max(self.methods - 1, 1)
        self.ms_r = self.methods * (by_reader**2).sum() / max(self.readers - 1, 1)
        self.df = (self.methods - 1) * (self.readers - 1)
        self.ms_tr = (left**2).sum() / max(self.df, 1)
        same_method = np.eye(self.methods, dtype=bool)[:, None, :, None]
        same_reader = np.eye(self.readers, dtype=bool)[None, :, None, :]
        self.var = self._mean(same_method & same_reader)
        self.cov1 = self._mean(~same_method & same_reader)
        self.cov2 = self._mean(same_method & ~same_reader)
        self.cov3 = self._mean(~same_method & ~same_reader)

    def _mean(self, which: NDArray[np.bool_]) -> float:
        found = self.covariance[np.broadcast_to(which, self.covariance.shape)]
        return float(found.mean()) if len(found) else 0.0


def _compared(readings: Readings, table: _Table, own: Sequence[Interval], fixed: Fixed) -> Analysis:
    readers = table.readers
    common = max(table.cov2 - table.cov3, 0.0)  # what cases add to a difference of methods
    if fixed is Fixed.NEITHER:
        noise = table.ms_tr + readers * common
        df2 = noise**2 / (table.ms_tr**2 / table.df) if table.ms_tr else np.inf
    elif fixed is Fixed.READERS:
        noise, df2 = table.var - table.cov1 + (readers - 1) * common, np.inf
    else:
        noise, df2 = table.ms_tr, float(table.df)
    df1 = float(table.methods - 1)
    f = table.ms_t / noise if noise > 0 else (np.inf if table.ms_t > 0 else np.nan)
    p = stats.chi2.sf(df1 * f, df1) if np.isinf(df2) else stats.f.sf(f, df1, df2)
    pairs = list(itertools.combinations(range(table.methods), 2))
    means = table.figures.mean(1)
    intervals = [Interval.of(means[a] - means[b], 2 * noise / readers, df2) for a, b in pairs]
    with np.errstate(divide="ignore", invalid="ignore"):
        ps = [
            float(2 * stats.t.sf(abs(np.divide(one.estimate, one.standard_error)), one.df))
            for one in intervals
        ]
    differences = tuple(
        Difference(readings.methods[a], readings.methods[b], interval, p, adjusted)
        for (a, b), interval, p, adjusted in zip(pairs, intervals, ps, holm(ps), strict=True)
    )
    components = {
        name: float(getattr(table, name))
        for name in ("ms_t", "ms_r", "ms_tr", "var", "cov1", "cov2", "cov3")
    }
    components["var_r"] = (table.ms_r - table.ms_tr) / table.methods - table.cov1 + table.cov3
    components["var_tr"] = table.ms_tr - table.var + table.cov1 + common
    return Analysis(
        f=float(f),
        df1=df1,
        df2=float(df2),
        p=float(p),
        methods=dict(zip(readings.methods, own, strict=True)),
        figures={
            method: dict(zip(readings.readers, row.tolist(), strict=True))
            for method, row in zip(readings.methods, table.figures, strict=True)
        },
        differences=differences,
        components=components,
    )


def mean_over_readers(
    figures: NDArray[np.float64],
    errors: NDArray[np.float64],
    *,
    case_df: float = np.inf,
    fixed: Fixed = Fixed.NEITHER,
) -> Interval:
    """The mean figure of readers with one method, from its own readings alone [2]_.

    Parameters
    ----------
    figures : ndarray of shape (readers,)
    errors : ndarray of shape (readers, readers)
        Covariances of the figures' errors, such as the jackknife's over cases.
    case_df : float
        Degrees of freedom of what cases add to the variance.
    fixed : Fixed
    """
    readers = len(figures)
    var = float(np.trace(errors)) / readers
    others = readers * (readers - 1)
    cov2 = max((float(errors.sum()) - readers * var) / others, 0.0) if others else 0.0
    ms_r = float(figures.var(ddof=1)) if readers > 1 else 0.0
    # Mean squares that a variance is made of, with their degrees of freedom (Satterthwaite).
    if fixed is Fixed.READERS:
        parts = [(var + (readers - 1) * cov2, case_df)]
    elif fixed is Fixed.CASES:
        parts = [(ms_r, readers - 1.0)]
    else:
        parts = [(ms_r, readers - 1.0), (readers * cov2, case_df)]
    noise = sum(part for part, _ in parts)
    spread = sum(part**2 / df for part, df in parts)
    df = noise**2 / spread if spread else np.inf
    return Interval.of(float(figures.mean()), noise / readers, df)


def _case_df(readings: Readings, figure: Figure) -> list[float]:
    """Degrees of freedom of what cases add to each method's variance.

    A mean over cases has those of its cases, without which intervals from few cases are too short;
    for other figures they are taken for infinite, as Hillis does.
    """
    if figure is not mean:
        return [np.inf] * len(readings.methods)
    return [float(cases) - 1 for cases in np.isfinite(readings.scores).any(1).sum(1)]


def _check(readings: Readings, fixed: Fixed, *, needs_truth: bool) -> None:
    read = np.isfinite(readings.scores)
    if len(readings.readers) < 2 and fixed is not Fixed.READERS:
        raise ValueError("there are fewer than two readers, which must then be fixed")
    for method, by_reader in zip(readings.methods, read, strict=True):
        for reader, cases in zip(readings.readers, by_reader, strict=True):
            if cases.sum() < 2:
                raise ValueError(f"{reader} has read fewer than two cases with {method}")
            if needs_truth:
                if readings.truth is None:
                    raise ValueError("the truth of the cases is not known")
                for present, what in ((True, "with"), (False, "without")):
                    if (readings.truth[cases] == present).sum() < 2:
                        raise ValueError(
                            f"{reader} has read fewer than two cases {what} the finding with "
                            f"{method}"
                        )


def _figures(readings: Readings, figure: Figure) -> NDArray[np.float64]:
    return np.array(
        [
            [figure(*_read(readings, scores)) for scores in by_reader]
            for by_reader in readings.scores
        ]
    )


def _read(
    readings: Readings, scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The scores that there are, and the truth of their cases."""
    there = np.isfinite(scores)
    return scores[there], None if readings.truth is None else readings.truth[there]


def _jackknife(readings: Readings, figure: Figure) -> NDArray[np.float64]:
    """Covariances of figures, (methods x readers) squared.

    Each case is left out in turn. A figure that a case is no part of does not change with it; with
    all cases read by all this is the usual jackknife.
    """
    flat = readings.scores.reshape(-1, readings.scores.shape[-1])
    deviations = np.zeros_like(flat)
    for row, scores in zip(deviations, flat, strict=True):
        there = np.flatnonzero(np.isfinite(scores))
        own, truth = _read(readings, scores)
        keep = ~np.eye(len(own), dtype=bool)
        without = np.array(
            [figure(own[rest], None if truth is None else truth[rest]) for rest in keep]
        )
        row[there] = jackknifed(without)
    return np.asarray(deviations @ deviations.T)


def jackknifed(without: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each case adds to a figure's error, from the figure without it [5]_.

    Sums of products of two figures' are their errors' covariance, of one's own its variance.
    """
    return np.asarray((without - without.mean()) * np.sqrt((len(without) - 1) / len(without)))


def _delong(readings: Readings) -> NDArray[np.float64]:
    """Covariances of areas under ROC curves by placements."""
    if readings.truth is None or not np.isfinite(readings.scores).all():
        raise ValueError("DeLong's covariances need every case read by every reader and method")
    return roc.covariance(readings.scores.reshape(-1, readings.scores.shape[-1]), readings.truth)


#: Figures by name; of those that need one, from a threshold.
FIGURES: Final[Mapping[str, Figure]] = {"auc": auc, "mean": mean}
AT_THRESHOLD: Final[Mapping[str, Callable[[float], Figure]]] = {
    "sensitivity": sensitivity,
    "specificity": specificity,
}
