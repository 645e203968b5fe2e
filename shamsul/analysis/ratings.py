"""How maps were scored, item by item and method by method."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from shamsul.analysis.selection import READING
from shamsul.metrics.comparison import Friedman, friedman, pairwise_wilcoxon
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.resampling import ESTIMATED, Resample, estimated, of_mean, why


def distribution(
    ratings: pd.DataFrame, items: Sequence[Question], methods: Collection[str]
) -> pd.DataFrame:
    """How often each point was chosen: item, method, score, ratings, n, cannot_judge."""
    rows = []
    for item in items:
        for method in methods:
            scores = _of(ratings, item, method)["score"]
            n, cannot_judge = int(scores.count()), int(scores.isna().sum())
            for score in range(1, len(item.options) + 1):
                chosen = int((scores == score).sum())
                rows.append((item.id, method, score, chosen, n, cannot_judge))
    return pd.DataFrame(rows, columns=["item", "method", "score", "ratings", "n", "cannot_judge"])


def means(
    ratings: pd.DataFrame,
    items: Sequence[Question],
    methods: Collection[str],
    resample: Resample,
) -> pd.DataFrame:
    """Mean scores: item, method, mean, then `ESTIMATED`."""
    rows = []
    for item in items:
        for method in methods:
            chosen = _of(ratings, item, method)
            mean = of_mean(chosen["score"], chosen["case"], resample)
            n = int(chosen["score"].count())
            rows.append(
                (item.id, method, *estimated(mean, n, len(chosen) - n, (not n, "No ratings.")))
            )
    return pd.DataFrame(rows, columns=["item", "method", "mean", *ESTIMATED])


def blocks(ratings: pd.DataFrame, methods: Collection[str], values: str) -> pd.DataFrame:
    """What is compared with itself, one row for each reading and one column for each method.

    Parameters
    ----------
    ratings : DataFrame
        One row for each reading and method.
    methods : collection of str
    values : str
        The column compared.

    Returns
    -------
    DataFrame of shape (readings, methods)
        NaN where a reading has no value for a method.
    """
    return ratings.pivot(index=READING, columns="method", values=values).reindex(
        columns=list(methods)
    )


def without(table: pd.DataFrame, replaced: pd.DataFrame, methods: Collection[str]) -> pd.DataFrame:
    """Blocks but for those that lack one of some methods by design.

    Parameters
    ----------
    table : DataFrame of shape (readings, methods)
    replaced : DataFrame
        :attr:`shamsul.analysis.selection.Selection.replaced`.
    methods : collection of str
    """
    lacking = replaced.loc[replaced["method"].isin(list(methods)), READING]
    return table[~table.index.isin(pd.MultiIndex.from_frame(lacking))]


def friedman_tests(
    ratings: pd.DataFrame,
    replaced: pd.DataFrame,
    items: Sequence[Question],
    methods: Collection[str],
) -> pd.DataFrame:
    """Friedman's test of each item: item, chi2, p, w, n, k, left_out, why.

    It needs complete blocks: readings that lack a method by design are not among them, nor counted
    as left out.
    """
    rows = []
    for item in items:
        table = blocks(_of(ratings, item), methods, "score")
        rows.append((item.id, *friedman_row(friedman(without(table, replaced, methods)))))
    return pd.DataFrame(rows, columns=["item", *FRIEDMAN])


#: Columns of :func:`friedman_row`.
FRIEDMAN = ("chi2", "p", "w", "n", "k", "left_out", "why")


def friedman_row(test: Friedman) -> tuple[object, ...]:
    """A test as cells of a table."""
    reason = why(
        (test.k < 3, "Fewer than three methods."),
        (test.n < 2, "Fewer than two readings of all methods."),
        (np.isnan(test.chi2), "Every reading puts all methods equal."),
    )
    return test.chi2, test.p, test.w, test.n, test.k, test.left_out, reason


def pairwise_tests(
    ratings: pd.DataFrame,
    replaced: pd.DataFrame,
    items: Sequence[Question],
    methods: Collection[str],
) -> pd.DataFrame:
    """Wilcoxon's test of each item and pair of methods.

    Of readings that lack a method by design the other pairs count.

    Returns
    -------
    DataFrame
        Columns item, then those of :class:`shamsul.metrics.comparison.Wilcoxon`, then why.
    """
    rows = []
    for item in items:
        table = blocks(_of(ratings, item), methods, "score")
        for test in pairwise_wilcoxon(table, list(methods)):
            reason = why(
                (not test.n, "No reading of both methods."),
                (not test.nonzero, "The two are never rated differently."),
            )
            pair = without(table, replaced, (test.first, test.second))
            counted = {**vars(test), "left_out": len(pair) - test.n}
            rows.append({"item": item.id, **counted, "why": reason})
    columns = "item first second median_difference statistic p p_holm n nonzero left_out why"
    return pd.DataFrame(rows, columns=columns.split())


def _of(ratings: pd.DataFrame, item: Question, method: str | None = None) -> pd.DataFrame:
    chosen = ratings[ratings["item"] == item.id]
    return chosen if method is None else chosen[chosen["method"] == method]
