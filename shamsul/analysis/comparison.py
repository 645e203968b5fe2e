"""Means of methods and their differences, for readers and cases like those of the study.

What a reader said of a case with a method, in all sessions and about all labels, is one value: its
mean. The analysis is that of :mod:`shamsul.metrics.mrmc`, for one reader about this reader only;
beside it stands what :mod:`shamsul.metrics.permutation` says of these very readers.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shamsul.metrics.mrmc import LEVEL, Analysis, Fixed, Readings, alone, analyse, mean
from shamsul.metrics.permutation import Exchanged, exchange
from shamsul.metrics.simulated_studies import Worth, like, worth
from shamsul.reporting.differences import FEWEST_CASES
from shamsul.reporting.resampling import why

#: Below these a sentence beside a number says what it is worth.
FEW_CASES, FEW_READERS = 20, 5

#: Columns after an estimate. n and left_out count what was said, readers and cases those used.
#: Where these are few, simulated is what drawn studies like this one say: the share of intervals
#: that hold the true mean, or of tests that tell equal methods apart.
ESTIMATED = ("low", "high", "n", "readers", "cases", "left_out", "simulated", "worth", "why")
#: Columns of a test that all methods are alike.
TESTED = ("f", "df1", "df2", "p", "p_these_readers", *ESTIMATED[2:])
#: Columns of the difference of two methods.
DIFFERENT = (
    *("first", "second", "difference", "low", "high", "p", "p_holm"),
    *("p_these_readers", "p_these_readers_holm", *ESTIMATED[2:]),
)

Row = dict[str, object]


#: What a number is worth from few readers or cases.
ROUGHLY = "From {} only: what it claims is roughly so."


def few(readers: int, cases: int) -> str:
    """Which of the numbers are small, in words; empty if none is.

    Examples
    --------
    >>> few(6, 12), few(1, 20), few(5, 20)
    ('12 cases', 'one reader', '')
    """
    words = [f"{cases} cases"] * (cases < FEW_CASES)
    words += [f"{readers} readers" if readers > 1 else "one reader"] * (readers < FEW_READERS)
    return " and ".join(words)


@dataclass(frozen=True)
class Comparison:
    """Methods compared, as rows of tables.

    Attributes
    ----------
    means : tuple of dict
        Of each method: method, mean and `ESTIMATED`.
    test : dict
        `TESTED`.
    differences : tuple of dict
        `DIFFERENT`, of each pair.
    """

    means: tuple[Row, ...]
    test: Row
    differences: tuple[Row, ...]


@dataclass(frozen=True)
class _Used:
    """Readings that can be analysed, and how much was said in them and besides."""

    readings: Readings
    n: int
    left_out: int
    readers_left_out: int

    @property
    def fixed(self) -> Fixed:
        """One reader says nothing about others."""
        return Fixed.NEITHER if len(self.readings.readers) > 1 else Fixed.READERS

    @property
    def few(self) -> str:
        """Which numbers are small, in words; empty if none is."""
        return few(len(self.readings.readers), self.readings.scores.shape[2])

    @property
    def why_no_interval(self) -> str:
        """Empty if there is one."""
        cases = self.readings.scores.shape[2]
        return why((cases < FEWEST_CASES, "Fewer than five cases: no interval, no test."))

    def counted(self, reason: str, share: float | None, meant: str) -> Row:
        """The cells from n on.

        Parameters
        ----------
        reason : str
            Why a number is undefined. What it is worth is said only of one that there is.
        share : float or None
            Of simulated studies.
        meant : str
            What it is the share of, and should be.
        """
        readers, cases = len(self.readings.readers), self.readings.scores.shape[2]
        worth = ""
        if self.few and not reason:
            worth = ROUGHLY.format(self.few)
            if self.fixed is Fixed.READERS:
                worth = f"From {self.few}: it says nothing about other readers."
            elif share is not None:
                worth = f"From {self.few} only. Simulated: the share of studies drawn {meant}."
        if self.readers_left_out and not reason:
            who = "One reader" if self.readers_left_out == 1 else f"{self.readers_left_out} readers"
            without = f"{who} with fewer than two cases of a method left out."
            worth = f"{without} {worth}".strip()
        return {
            **{"n": self.n, "readers": readers, "cases": cases, "left_out": self.left_out},
            "simulated": np.nan if reason or share is None else share,
            **{"worth": worth, "why": reason},
        }


def compare(values: pd.DataFrame, methods: Collection[str]) -> Comparison:
    """Compare methods by the mean of what readers said of them.

    Parameters
    ----------
    values : DataFrame
        Columns reader, case, method and value, which is NaN where somebody could not judge.
    methods : collection of str
        A method without any value is not compared.

    Returns
    -------
    Comparison
        Where a number is undefined it is NaN, and why says why.
    """
    named = values[values["method"].isin(list(methods))]
    told = named.dropna(subset="value")["method"].unique()
    used = _used(named, [method for method in methods if method in told])
    found = exchanged = simulated = None
    if len(told) > 1 and used.n:
        found = analyse(used.readings, mean, fixed=used.fixed)
        exchanged = exchange(used.readings.scores)
        if used.few and used.fixed is Fixed.NEITHER:
            readers, cases = used.readings.scores.shape[1:]
            drawn = like(found.components, readers, cases, len(told))
            # Without any residual the test is no more than that of readers who all say the same.
            simulated = worth(drawn) if drawn.rest > 0 else None
    means = [
        {"method": method, "mean": estimate, **cells}
        for method in methods
        for estimate, cells in [of_mean(named[named["method"] == method], simulated)]
    ]
    differences = _differences(used, found, exchanged, simulated, methods)
    return Comparison(tuple(means), _test(used, found, exchanged, simulated), tuple(differences))


def of_mean(values: pd.DataFrame, simulated: Worth | None = None) -> tuple[float, Row]:
    """The mean of what readers said, each reader counting once, and `ESTIMATED`.

    Parameters
    ----------
    values : DataFrame
        Columns reader, case and value.
    simulated : Worth or None
        What intervals of so few readers and cases are worth, where that is known.
    """
    used = _used(values.assign(method=""), [""])
    if not used.n:
        known = values.dropna(subset="value")
        reason = why((known.empty, "No values."), (True, "One case of each reader: no interval."))
        counts = {name: known[name].nunique() for name in ("reader", "case")}
        cells = {"n": len(known), "readers": counts["reader"], "cases": counts["case"]}
        cells |= {"left_out": len(values) - len(known), "simulated": np.nan}
        cells |= {"worth": "", "why": reason}
        estimate = known.groupby("reader")["value"].mean().mean()
        return float(estimate), {"low": np.nan, "high": np.nan, **cells}
    found = alone(used.readings, mean, fixed=used.fixed)
    reason = used.why_no_interval
    low, high = (np.nan, np.nan) if reason else (found.low, found.high)
    meant = f"like this one whose interval holds the true mean; {LEVEL} is meant"
    cells = used.counted(reason, simulated.mean_held if simulated else None, meant)
    return found.estimate, {"low": low, "high": high, **cells}


def readings_of(values: pd.DataFrame, methods: Sequence[str]) -> Readings:
    """What readers said of each case with each method, the mean where they said several things.

    Parameters
    ----------
    values : DataFrame
        Columns reader, case, method and value, which may be NaN.
    methods : sequence of str
    """
    known = values.dropna(subset="value")
    readers, cases = (sorted(known[name].unique()) for name in ("reader", "case"))
    cells = known.groupby(["method", "reader", "case"])["value"].mean()
    every = pd.MultiIndex.from_product([methods, readers, cases])
    scores = cells.reindex(every).to_numpy(float)
    shape = (len(methods), len(readers), len(cases))
    return Readings(tuple(methods), tuple(readers), scores.reshape(shape))


def _used(values: pd.DataFrame, methods: Sequence[str]) -> _Used:
    """Of readers who have read two cases or more with every method."""
    known = values.dropna(subset="value")
    cases = known.groupby(["reader", "method"])["case"].nunique().unstack("method")
    enough = (cases.reindex(columns=methods).fillna(0) >= 2).all(axis=1)
    mine = known[known["reader"].isin(enough.index[enough])] if methods else known.head(0)
    others = known["reader"].nunique() - mine["reader"].nunique()
    return _Used(readings_of(mine, methods), len(mine), len(values) - len(mine), others)


def _counted(used: _Used, simulated: Worth | None, reason: str) -> Row:
    meant = f"like this one, but with equal methods, in which p < 0.05; {1 - LEVEL:.2g} is meant"
    return used.counted(reason, simulated.rejected if simulated else None, meant)


def _test(
    used: _Used, found: Analysis | None, exchanged: Exchanged | None, simulated: Worth | None
) -> Row:
    numbers = dict.fromkeys(TESTED[:5], np.nan)
    reason = why(
        (found is None and not used.n, "No reader with values of all methods in two cases."),
        (found is None, "Fewer than two methods with values."),
        (used.why_no_interval, used.why_no_interval),
        (found and np.isnan(found.p), "The methods are never rated differently."),
    )
    if exchanged:
        numbers["p_these_readers"] = exchanged.p
    if found and not reason:
        numbers |= {"f": found.f, "df1": found.df1, "df2": found.df2, "p": found.p}
    return {**numbers, **_counted(used, simulated, reason)}


def _differences(
    used: _Used,
    found: Analysis | None,
    exchanged: Exchanged | None,
    simulated: Worth | None,
    methods: Collection[str],
) -> Iterator[Row]:
    pairs = (
        {(one.first, one.second): at for at, one in enumerate(found.differences)} if found else {}
    )
    for first, second in itertools.combinations(methods, 2):
        numbers = dict.fromkeys(DIFFERENT[2:9], np.nan)
        reason = why(
            ((first, second) not in pairs, "There are no values of both."),
            (used.why_no_interval, used.why_no_interval),
        )
        if found and exchanged and (first, second) in pairs:
            at = pairs[first, second]
            one = found.differences[at]
            numbers["difference"] = one.interval.estimate
            numbers["p_these_readers"] = exchanged.pairs[at]
            numbers["p_these_readers_holm"] = exchanged.pairs_holm[at]
            reason = reason or why((np.isnan(one.p), "The methods are never rated differently."))
            if not reason:
                numbers |= {"low": one.interval.low, "high": one.interval.high}
                numbers |= {"p": one.p, "p_holm": one.p_holm}
        cells = _counted(used, simulated, reason)
        yield {"first": first, "second": second, **numbers, **cells}
