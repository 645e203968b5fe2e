"""Differences between methods: of scores, which say how maps lie, and of measures alike.

Whatever is compared has a row for each image, label and method, and a column for each number.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from shamsul.reporting.pictures import two_decimals
from shamsul.reporting.resampling import ESTIMATED, Resample, estimated, of_mean

#: In place of a label.
ALL = "All labels"
#: Cases below which numbers stand without a verdict: an interval of so few draws is too narrow.
FEWEST_CASES = 5


def against(
    table: pd.DataFrame,
    metrics: Sequence[str],
    methods: Sequence[str],
    references: Sequence[str],
    resample: Resample,
    lower_better: Collection[str] = (),
) -> pd.DataFrame:
    """Each method beside the best of some references, such as baselines, or people.

    Parameters
    ----------
    table : DataFrame
        With the columns image, label, method and those of the metrics; one row for each map.
    metrics, methods : sequence of str
    references : sequence of str
        Names of methods. The one with the best mean is chosen for each label and metric.
    resample : Resample
        How whole images are drawn again.
    lower_better : collection of str
        Metrics of which a lower number is the better one.

    Returns
    -------
    DataFrame
        Columns label, metric, method, reference, difference, then `ESTIMATED`, then ahead and
        better. The difference is the method's mean score less the reference's over the n findings
        with both; left out are those with one. ahead says that it lies on the better side of zero,
        better that the whole interval does; without an interval that is False. The label `ALL`
        comes first.
    """
    rows = []
    for label, part in by_label_and_all(table):
        for metric in metrics:
            blocks = blocks_of(part, metric, [*methods, *references])
            known = blocks[list(references)].dropna(axis="columns", how="all")
            if known.empty:
                continue
            reference = gain(known.mean(), metric in lower_better).idxmax()
            for method in methods:
                difference = blocks[method] - blocks[reference]
                n = int(difference.count())
                either = int(blocks[[method, reference]].notna().any(axis=1).sum())
                found = of_mean(difference, blocks.index.get_level_values("image"), resample)
                cells = estimated(found, n, either - n, (not n, "No finding has both scores."))
                numbers = pd.Series([found.estimate, found.low, found.high])
                ahead, *bounds = gain(numbers, metric in lower_better) > 0
                rows.append((label, metric, method, reference, *cells, bool(ahead), all(bounds)))
    columns = ["label", "metric", "method", "reference", "difference", *ESTIMATED]
    columns += ["ahead", "better"]
    return pd.DataFrame(rows, columns=columns)


def in_words(row: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """A row of :func:`against` as a sentence, with a verdict from `FEWEST_CASES` cases on.

    Examples
    --------
    >>> row = {"method": "lime", "reference": "lung_field", "difference": -0.02, "low": -0.05,
    ...        "high": 0.01, "n": 120, "cases": 90, "ahead": False, "better": False}
    >>> titles = {"lime": "LIME", "lung_field": "the lung-field prior"}
    >>> in_words(row, titles)
    'LIME does not beat the lung-field prior: difference −0.02 (−0.05 to 0.01), n = 120'
    >>> in_words(row | {"difference": 0.02, "high": 0.09, "ahead": True}, titles).split(":")[0]
    'LIME scores better than the lung-field prior, but the interval includes zero'
    """
    method, reference = (titles.get(name, name) for name in (row["method"], row["reference"]))
    difference, low, high = (two_decimals(row[name]) for name in ("difference", "low", "high"))
    interval = "no interval" if np.isnan(row["low"]) else f"{low} to {high}"
    numbers = f"difference {difference} ({interval}), n = {row['n']}"
    if row["cases"] < FEWEST_CASES:
        return f"{method} beside {reference}, too few cases to judge: {numbers}"
    if row["better"]:
        return f"{method} beats {reference}: {numbers}"
    if row["ahead"]:
        but = "there is no interval" if np.isnan(row["low"]) else "the interval includes zero"
        return f"{method} scores better than {reference}, but {but}: {numbers}"
    return f"{method} does not beat {reference}: {numbers}"


def by_label_and_all(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The whole table, as of the label `ALL`, then the rows of each label; nothing of no rows."""
    if len(table):
        yield ALL, table
    yield from table.groupby("label")


def blocks_of(table: pd.DataFrame, metric: str, methods: Sequence[str]) -> pd.DataFrame:
    """What is compared with itself: a row for each image and label, a column for each method."""
    wide = table.pivot(index=["image", "label"], columns="method", values=metric)
    return wide.reindex(columns=list(methods))


def gain(values: pd.Series, lower_better: bool) -> pd.Series:
    """Values of which a greater one is better."""
    return -values if lower_better else values
