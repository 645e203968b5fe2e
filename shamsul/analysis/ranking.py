"""How readers ranked the maps of a case and label."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from shamsul.analysis.ratings import FRIEDMAN, blocks, friedman_row, without
from shamsul.analysis.selection import READING
from shamsul.metrics.comparison import friedman
from shamsul.reporting.resampling import ESTIMATED, Resample, estimated, of_mean


def places(ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """How often each method took each place: method, place, readings, n, left_out.

    A place is 1 + the methods put before it: control maps ranked along, and whether readers write
    1 1 2 or 1 1 3, do not change it. Only readings that rank every method count; those that lack
    one by design cannot, and are not counted as left out.
    """
    complete, _, left_out = _complete(ranked, replaced, methods)
    taken = stats.rankdata(complete, method="min", axis=1)
    rows = [
        (method, place, int(np.sum(taken[:, column] == place)), len(complete), left_out)
        for column, method in enumerate(methods)
        for place in range(1, len(methods) + 1)
    ]
    return pd.DataFrame(rows, columns=["method", "place", "readings", "n", "left_out"])


def mean_ranks(
    ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str], resample: Resample
) -> pd.DataFrame:
    """Mean ranks: method, mean_rank, then `ESTIMATED`.

    Methods on one place share the mean of the ranks that they take up, as in Friedman's test.
    """
    complete, case, left_out = _complete(ranked, replaced, methods)
    ranks = stats.rankdata(complete, axis=1)
    rows = []
    for column, method in enumerate(methods):
        mean = of_mean(ranks[:, column], case, resample)
        reason = (not len(complete), "No reading ranks all methods.")
        rows.append((method, *estimated(mean, len(complete), left_out, reason)))
    return pd.DataFrame(rows, columns=["method", "mean_rank", *ESTIMATED])


def rank_test(
    ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]
) -> pd.DataFrame:
    """Friedman's test of the ranks in one row: chi2, p, w, n, k, left_out, why."""
    test = friedman(_blocks(ranked, replaced, methods))
    return pd.DataFrame([friedman_row(test)], columns=list(FRIEDMAN))


def _blocks(ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """Readings by methods; readings without any rank are not there."""
    # The rank is repeated in each row of its map; of a map ranked again the later rank counts.
    maps = (
        ranked.sort_values("changed_at", kind="stable")
        .groupby([*READING, "method"], as_index=False)["rank"]
        .last()
    )
    return without(blocks(maps, methods, "rank").dropna(how="all"), replaced, methods)


def _complete(
    ranked: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]
) -> tuple[NDArray[np.float64], NDArray[Any], int]:
    """Readings that rank every method, their cases, and how many rank only some."""
    table = _blocks(ranked, replaced, methods)
    complete = table.dropna()
    case = complete.index.get_level_values("case").to_numpy()
    return complete.to_numpy(dtype=float), case, len(table) - len(complete)
