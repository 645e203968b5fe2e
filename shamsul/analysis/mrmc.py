"""Multi-reader multi-case analysis of anybody's table: read from a file, said in JSON."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from shamsul.metrics.mrmc import Analysis, Interval, Readings
from shamsul.storage.text import Table, number

#: What columns are called, by what they hold; the last names are those of the iMRMC software.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "reader": ("reader", "readerID"),
    "method": ("method", "treatment", "modalityID"),
    "case": ("case", "caseID"),
    "truth": ("truth",),
    "score": ("score", "rating"),
}
#: How iMRMC marks the rows whose score is the truth of their case, by what the column holds.
_TRUTH_ROWS: Final = {"reader": ("truth", "-1"), "method": ("truth", "0")}


def read(path: Path, named: Mapping[str, str]) -> Readings:
    """Readings from a table with a row for each reader, method and case.

    Parameters
    ----------
    path : Path
        CSV. The truth of a case, above 0 where it has the finding, is in a column or, as iMRMC has
        it, in rows of their own. A row without a score is a reading that is missing.
    named : mapping of str to str
        Columns by what they hold, a key of `COLUMNS`, where they are called otherwise.

    Raises
    ------
    ValueError
        The table is not understood; one sentence without a full stop.
    OSError
        It cannot be opened.
    """
    table = Table.read(path)
    columns = _columns(table, named)
    scores: dict[tuple[str, str, str], float] = {}
    truths: dict[str, bool] = {}
    for place, row in table.rows():
        reader, method, case = (row[columns[what]] for what in ("reader", "method", "case"))
        value = row[columns["score"]]
        marks = reader in _TRUTH_ROWS["reader"] and method in _TRUTH_ROWS["method"]
        told = value if marks else row.get(columns.get("truth", ""), "")
        try:
            if told:
                present = number(told) > 0
                if truths.setdefault(case, present) != present:
                    raise ValueError(f"the truth of case {case} is another one above")
            if marks or not value:
                continue
            if (method, reader, case) in scores:
                raise ValueError(f"{reader} has read case {case} with {method} above, too")
            scores[method, reader, case] = number(value)
        except ValueError as error:
            raise ValueError(f"{place} of {table.name} is wrong: {error}") from None
    methods, readers, cases = (tuple(dict.fromkeys(part)) for part in _parts(scores))
    values = np.full((len(methods), len(readers), len(cases)), np.nan)
    for (method, reader, case), score in scores.items():
        values[methods.index(method), readers.index(reader), cases.index(case)] = score
    truth = None
    if truths:
        unknown = [case for case in cases if case not in truths]
        if unknown:
            raise ValueError(f"the truth of case {unknown[0]} is not told")
        truth = np.array([truths[case] for case in cases], bool)
    return Readings(methods, readers, values, truth)


def _parts(scores: Mapping[tuple[str, str, str], float]) -> list[tuple[str, ...]]:
    if not scores:
        raise ValueError("the table has no score")
    return list(zip(*scores, strict=True))


def _columns(table: Table, named: Mapping[str, str]) -> dict[str, str]:
    table.require(*named.values())
    found = dict(named)
    for what, names in COLUMNS.items():
        there = [name for name in names if name in table.columns]
        if what not in found and there:
            found[what] = there[0]
        if what not in found and what != "truth":
            raise ValueError(f"{table.name} has no column {' or '.join(names)}")
    return found


def to_json(analysis: Analysis) -> dict[str, Any]:
    """What an analysis found, infinite degrees of freedom as None."""

    def numbers(interval: Interval) -> dict[str, float | None]:
        return {
            "estimate": interval.estimate,
            "standard_error": interval.standard_error,
            "df": _finite(interval.df),
            "low": interval.low,
            "high": interval.high,
        }

    return {
        "methods": {name: numbers(interval) for name, interval in analysis.methods.items()},
        "readers": {name: dict(figures) for name, figures in analysis.figures.items()},
        "global": {
            "f": _finite(analysis.f),
            "df1": analysis.df1,
            "df2": _finite(analysis.df2),
            "p": _finite(analysis.p),
        },
        "differences": [
            {
                "a": one.first,
                "b": one.second,
                **numbers(one.interval),
                "p": _finite(one.p),
                "p_holm": _finite(one.p_holm),
            }
            for one in analysis.differences
        ],
        "components": dict(analysis.components),
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
