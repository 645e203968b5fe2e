"""How readers ranked the maps of a case and label."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from shamsul.analysis.comparison import DIFFERENT, ESTIMATED, TESTED, Comparison, compare
from shamsul.analysis.selection import READING


def places(ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """How often each method took each place: method, place, readings, n, left_out.

    A place is 1 + the methods put before it: control maps ranked along, and whether readers write
    1 1 2 or 1 1 3, do not change it. Only readings that rank every method count; those that lack
    one by design cannot, and are not counted as left out.
    """
    table = _ranked(ranked, replaced, methods)
    complete = table.dropna()
    left_out = len(table) - len(complete)
    taken = stats.rankdata(complete, method="min", axis=1)
    rows = [
        (method, place, int(np.sum(taken[:, column] == place)), len(complete), left_out)
        for column, method in enumerate(methods)
        for place in range(1, len(methods) + 1)
    ]
    return pd.DataFrame(rows, columns=["method", "place", "readings", "n", "left_out"])


def compared(ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]) -> Comparison:
    """The methods compared by their ranks in readings that rank all of them.

    Methods on one place share the mean of the ranks that they take up. Readings that rank only some
    are left out.
    """
    table = _ranked(ranked, replaced, methods)
    ranks = table.dropna().rank(axis=1).reindex(table.index)
    long = ranks.reset_index().melt(READING, list(methods), "method", "value")
    return compare(long, methods)


def mean_ranks(compared: Comparison) -> pd.DataFrame:
    """Mean ranks: method, mean_rank, then `ESTIMATED`."""
    table = pd.DataFrame(compared.means, columns=["method", "mean", *ESTIMATED])
    return table.rename(columns={"mean": "mean_rank"})


def rank_test(compared: Comparison) -> pd.DataFrame:
    """Whether any methods are ranked differently, in one row: `TESTED`."""
    return pd.DataFrame([compared.test], columns=list(TESTED))


def rank_differences(compared: Comparison) -> pd.DataFrame:
    """Each pair of methods: `DIFFERENT`."""
    return pd.DataFrame(compared.differences, columns=list(DIFFERENT))


def _ranked(ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """Readings by methods; those without any rank or that lack a method by design are not there."""
    # The rank is repeated in each row of its map; of a map ranked again the later rank counts.
    maps = (
        ranked.sort_values("changed_at", kind="stable")
        .groupby([*READING, "method"], as_index=False)["rank"]
        .last()
    )
    table = maps.pivot(index=READING, columns="method", values="rank")
    table = table.reindex(columns=list(methods)).dropna(how="all")
    lacking = replaced.loc[replaced["method"].isin(list(methods)), READING]
    return table[~table.index.isin(pd.MultiIndex.from_frame(lacking))]
