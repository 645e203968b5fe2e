"""How maps were scored, item by item and method by method."""

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from shamsul.analysis.comparison import DIFFERENT, ESTIMATED, TESTED, Comparison, compare
from shamsul.reading.design.questionnaire import Question


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


def comparisons(
    ratings: pd.DataFrame, items: Sequence[Question], methods: Collection[str]
) -> dict[str, Comparison]:
    """The methods compared by each item's scores."""
    return {
        item.id: compare(_of(ratings, item).rename(columns={"score": "value"}), methods)
        for item in items
    }


def means(compared: Mapping[str, Comparison]) -> pd.DataFrame:
    """Mean scores: item, method, mean, then `ESTIMATED`."""
    rows = [{"item": item, **row} for item, found in compared.items() for row in found.means]
    return pd.DataFrame(rows, columns=["item", "method", "mean", *ESTIMATED])


def reader_means(
    ratings: pd.DataFrame, items: Sequence[Question], methods: Collection[str]
) -> pd.DataFrame:
    """What each reader's scores are on average: item, reader, method, mean, n, cases."""
    known = ratings.dropna(subset="score")
    found = known.groupby(["item", "reader", "method"]).agg(
        mean=("score", "mean"), n=("score", "count"), cases=("case", "nunique")
    )
    readers = sorted(known["reader"].unique())
    wanted = pd.MultiIndex.from_product(
        [[item.id for item in items], readers, list(methods)], names=found.index.names
    )
    return found.reindex(wanted[wanted.isin(found.index)]).reset_index()


def tests(compared: Mapping[str, Comparison]) -> pd.DataFrame:
    """Whether any methods differ: item, then `TESTED`."""
    rows = [{"item": item, **found.test} for item, found in compared.items()]
    return pd.DataFrame(rows, columns=["item", *TESTED])


def differences(compared: Mapping[str, Comparison]) -> pd.DataFrame:
    """Each pair of methods: item, then `DIFFERENT`."""
    rows = [{"item": item, **row} for item, found in compared.items() for row in found.differences]
    return pd.DataFrame(rows, columns=["item", *DIFFERENT])


def _of(ratings: pd.DataFrame, item: Question, method: str | None = None) -> pd.DataFrame:
    chosen = ratings[ratings["item"] == item.id]
    return chosen if method is None else chosen[chosen["method"] == method]
