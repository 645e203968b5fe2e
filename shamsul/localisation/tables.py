"""What scores say, as tables: pandas in, pandas out.

The table of scores has the columns of :class:`shamsul.localisation.score.Score`, see :func:`frame`.
Metrics are names of its columns, methods those of its rows. Intervals are of whole images drawn
again, with all their labels and methods. Where a number is undefined it is NaN, and the row's `why`
says why; `n` is what it was computed from, maps or pairs of maps.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shamsul.localisation.protocol import SHARES
from shamsul.localisation.score import METRICS, Score
from shamsul.localisation.summary import Mean
from shamsul.metrics.bootstrap import Interval
from shamsul.metrics.comparison import Wilcoxon, pairwise_wilcoxon
from shamsul.reporting.differences import ALL, blocks_of, by_label_and_all, gain
from shamsul.reporting.pictures import span, two_decimals
from shamsul.reporting.resampling import (
    ESTIMATED,
    Resample,
    estimated,
    of_mean,
    of_rows,
    of_spearman,
    why,
)

#: Metrics of which a lower one is better.
DISTANCES = frozenset(
    {"centre_distance_px", "centre_distance_mm", "kl_divergence", "outside_inside"}
)
#: Metrics that are not always from 0 to 1.
UNBOUNDED = DISTANCES | {"nss", "cc", "information_gain"}
#: What a score may depend on.
FEATURES = ("area_share", "regions", "elongation", "rectangularity", "probability")

_UNDEFINED = "Undefined for every map."
_SHARES = ("first_better", "second_better", "equal")
_WILCOXON = tuple(one.name for one in fields(Wilcoxon))[2:]


def frame(scores: Iterable[Score]) -> pd.DataFrame:
    """Scores as a table, a row for each image, label and method, without their curves."""
    names = [one.name for one in fields(Score) if one.name != "curve"]
    return pd.DataFrame([vars(one) for one in scores], columns=names)


def curves(scores: Sequence[Score], resample: Resample) -> pd.DataFrame:
    """Mean IoU at each threshold, by label and over all.

    Returns
    -------
    DataFrame
        Columns label, method, share (of the map's greatest value), iou, then `ESTIMATED`. The label
        `ALL` comes first. Without rows where no score has a curve.
    """
    known = [one for one in scores if one.curve]
    table = frame(known)
    values = np.array([one.curve for one in known]).reshape(len(known), len(SHARES))
    rows = []
    for label, part in by_label_and_all(table):
        for method in dict.fromkeys(part["method"]):
            mine = part.index[part["method"] == method]
            images = table.loc[mine, "image"]
            for place, share in enumerate(SHARES):
                column = pd.Series(values[mine, place], mine)
                mean = of_mean(column, images, resample)
                n = int(column.count())
                cells = estimated(mean, n, len(mine) - n, (not n, _UNDEFINED))
                rows.append((label, method, share, *cells))
    return pd.DataFrame(rows, columns=["label", "method", "share", "iou", *ESTIMATED])


def defined(table: pd.DataFrame) -> tuple[str, ...]:
    """The metrics that any map has."""
    return tuple(name for name in METRICS if table[name].notna().any())


def summary(table: pd.DataFrame, means: Sequence[Mean]) -> pd.DataFrame:
    """Means by label, method and metric, with the middle of the scores.

    Returns
    -------
    DataFrame
        The columns of :class:`shamsul.localisation.summary.Mean`, then median, q1, q3 and why.
    """
    groups = dict(list(table.groupby(["label", "method"])))
    rows = []
    for one in means:
        reason = why((not one.n, _UNDEFINED), (one.low != one.low, "One image only: no interval."))
        quartiles = _quartiles(groups[one.label, one.method][one.metric])
        rows.append((*vars(one).values(), *quartiles, reason))
    names = [one.name for one in fields(Mean)]
    return pd.DataFrame(rows, columns=[*names, "median", "q1", "q3", "why"])


def overall(
    table: pd.DataFrame, metrics: Sequence[str], methods: Sequence[str], resample: Resample
) -> pd.DataFrame:
    """Means over all labels, every map counting alike.

    Returns
    -------
    DataFrame
        Columns method, metric, mean, then `ESTIMATED`, then median, q1, q3.
    """
    rows = []
    for method in methods:
        mine = table[table["method"] == method]
        for metric in metrics:
            n = int(mine[metric].count())
            mean = of_mean(mine[metric], mine["image"], resample)
            cells = estimated(mean, n, len(mine) - n, (not n, _UNDEFINED))
            rows.append((method, metric, *cells, *_quartiles(mine[metric])))
    columns = ["method", "metric", "mean", *ESTIMATED, "median", "q1", "q3"]
    return pd.DataFrame(rows, columns=columns)


def wins(table: pd.DataFrame, metrics: Sequence[str], methods: Sequence[str]) -> pd.DataFrame:
    """How often one method's map is better than another's for the same image and label.

    Returns
    -------
    DataFrame
        Columns label, metric, first, second; first_better, second_better and equal, shares of the n
        pairs; then those of :class:`shamsul.metrics.comparison.Wilcoxon` from median_difference on,
        p_holm over the pairs of methods of a label and metric; why. The label `ALL` comes first.
    """
    rows = []
    for label, part in by_label_and_all(table):
        for metric in metrics:
            blocks = blocks_of(part, metric, methods)
            for test in pairwise_wilcoxon(blocks, list(methods)):
                gained = gain(
                    blocks[test.first] - blocks[test.second], metric in DISTANCES
                ).dropna()
                shares = [
                    float(is_so.mean()) if test.n else np.nan
                    for is_so in (gained > 0, gained < 0, gained == 0)
                ]
                reason = why(
                    (not test.n, "No image has both."),
                    (not test.nonzero, "The two never differ."),
                )
                found = vars(test) | dict(zip(_SHARES, shares, strict=True))
                rows.append({"label": label, "metric": metric, "why": reason} | found)
    columns = ["label", "metric", "first", "second", *_SHARES, *_WILCOXON, "why"]
    return pd.DataFrame(rows, columns=columns)


def correlations(
    table: pd.DataFrame, metrics: Sequence[str], methods: Sequence[str], resample: Resample
) -> pd.DataFrame:
    """Spearman's correlation of scores with what findings look like, and how probable they are.

    Returns
    -------
    DataFrame
        Columns method, metric, feature (of `FEATURES`), rho, then `ESTIMATED`. Left out are
        findings without the score or the feature; maps of what is not annotated are no findings.
    """
    rows = []
    for method in methods:
        mine = table[(table["method"] == method) & (table["mask_area"] > 0)]
        for metric in metrics:
            for feature in FEATURES:
                both = mine.dropna(subset=[metric, feature])
                rho = of_spearman(both[metric], both[feature], both["image"], resample)
                reasons = (
                    (both.empty, "No finding has both."),
                    (both[metric].nunique() == 1, "The scores are all equal."),
                    (both[feature].nunique() == 1, "The feature is the same for all."),
                )
                left_out = len(mine) - len(both)
                cells = estimated(rho, len(both), left_out, *reasons)
                rows.append((method, metric, feature, *cells))
    return pd.DataFrame(rows, columns=["method", "metric", "feature", "rho", *ESTIMATED])


def findings(
    table: pd.DataFrame, metrics: Sequence[str], methods: Sequence[str], resample: Resample
) -> pd.DataFrame:
    """Mean scores in images with one finding, with several, and their difference.

    Returns
    -------
    DataFrame
        Columns method, metric, findings ("one", "several", "one − several"), mean, then
        `ESTIMATED`.
    """
    rows = []
    for method in methods:
        mine = table[(table["method"] == method) & (table["labels_in_image"] > 0)]
        several = mine["labels_in_image"] > 1
        for metric in metrics:
            for name, group in (("one", mine[~several]), ("several", mine[several])):
                n = int(group[metric].count())
                mean = of_mean(group[metric], group["image"], resample)
                cells = estimated(mean, n, len(group) - n, (not n, "No score in such images."))
                rows.append((method, metric, name, *cells))
            known = mine.dropna(subset=[metric])
            difference = _difference(known[metric], several[known.index], known["image"], resample)
            cells = estimated(
                difference,
                len(known),
                len(mine) - len(known),
                (np.isnan(difference.estimate), "One of the two has no score."),
            )
            rows.append((method, metric, "one − several", *cells))
    return pd.DataFrame(rows, columns=["method", "metric", "findings", "mean", *ESTIMATED])


def cases(table: pd.DataFrame, metric: str, methods: Sequence[str], count: int = 3) -> pd.DataFrame:
    """Each method's best and worst maps, none in both.

    Returns
    -------
    DataFrame
        Columns method, end ("best", "worst"), place (1 first), image, label, score, n (maps of the
        method with a score). Of equal scores the first image comes first.
    """
    rows = []
    for method in methods:
        mine = table[table["method"] == method].dropna(subset=[metric])
        ordered = mine.sort_values(["image", "label"]).sort_values(
            metric, ascending=metric in DISTANCES, kind="stable"
        )
        best = ordered.head(min(count, -(-len(mine) // 2)))
        worst = ordered.tail(min(count, len(mine) // 2))[::-1]
        for end, group in (("best", best), ("worst", worst)):
            shown = zip(group["image"], group["label"], group[metric], strict=True)
            rows += [(method, end, place, *row, len(mine)) for place, row in enumerate(shown, 1)]
    return pd.DataFrame(rows, columns=["method", "end", "place", "image", "label", "score", "n"])


def by_label(
    table: pd.DataFrame, whole: pd.DataFrame, metric: str, methods: Sequence[str]
) -> pd.DataFrame:
    """:func:`matrix` of one metric, a row for each label and one for all.

    Parameters
    ----------
    table, whole : DataFrame
        As :func:`summary` and :func:`overall` give them.
    metric : str
    methods : sequence of str
    """
    together = pd.concat([table, whole.assign(label=ALL)])
    return matrix(together[together["metric"] == metric], "label", "mean", methods)


def matrix(table: pd.DataFrame, key: str, value: str, methods: Sequence[str]) -> pd.DataFrame:
    """Estimates to print, methods beside each other.

    Parameters
    ----------
    table : DataFrame
        With the columns method, low, high and n, a row for each method and what `key` holds.
    key, value : str
        Columns: of the rows' names and of the estimates.
    methods : sequence of str

    Returns
    -------
    DataFrame
        Columns `key`, one for each method with estimate and interval in words, and n, from the
        least to the greatest where methods differ.
    """
    rows = []
    for name, part in table.groupby(key, sort=False):
        mine = part.set_index("method").reindex(list(methods))
        cells = [_estimate_in_words(*row) for row in mine[[value, "low", "high"]].to_numpy()]
        rows.append((name, *cells, span(mine["n"].fillna(0))))
    return pd.DataFrame(rows, columns=[key, *methods, "n"])


def _estimate_in_words(estimate: float, low: float, high: float) -> str:
    if np.isnan(low):
        return two_decimals(estimate)
    return f"{two_decimals(estimate)} ({two_decimals(low)} to {two_decimals(high)})"


def _quartiles(values: pd.Series) -> tuple[float, float, float]:
    """The median, the first and the third quartile."""
    median, first, third = values.quantile([0.5, 0.25, 0.75])
    return float(median), float(first), float(third)


def _difference(
    values: pd.Series, several: pd.Series, image: pd.Series, resample: Resample
) -> Interval:
    """Mean of values where there are not several less that where there are."""
    numbers, there = values.to_numpy(), several.to_numpy()

    def difference(drawn: NDArray[np.int64]) -> float:
        one, other = numbers[drawn][~there[drawn]], numbers[drawn][there[drawn]]
        return float(one.mean() - other.mean()) if len(one) and len(other) else np.nan

    return of_rows(difference, image, resample)
