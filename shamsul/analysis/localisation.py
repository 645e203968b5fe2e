"""Whether maps that cover the expert's annotation are rated higher."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from shamsul.analysis import comparison
from shamsul.analysis.comparison import of_mean
from shamsul.metrics import mrmc
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.differences import FEWEST_CASES
from shamsul.reporting.resampling import why


def localised(ratings: pd.DataFrame, localisation: pd.DataFrame | None) -> pd.DataFrame:
    """Ratings with the IoU and hit of their maps, NaN where these are not known.

    Parameters
    ----------
    ratings : DataFrame
    localisation : DataFrame or None
        Columns heatmap_sha256, iou (in [0, 1]) and hit (True, False or NaN); one row for each map.

    Raises
    ------
    ValueError
        If a column is missing, a map has two rows or an IoU is not in [0, 1].
    """
    if localisation is None:
        return ratings.iloc[:0].assign(iou=np.nan, hit=np.nan)
    missing = {"heatmap_sha256", "iou", "hit"} - set(localisation)
    if missing:
        raise ValueError(f"columns are missing: {', '.join(sorted(missing))}")
    if localisation["heatmap_sha256"].duplicated().any():
        raise ValueError("a map has several rows of localisation")
    known = localisation[["heatmap_sha256"]].assign(
        iou=pd.to_numeric(localisation["iou"]), hit=localisation["hit"].map({True: 1.0, False: 0.0})
    )
    if not known["iou"].dropna().between(0, 1).all():
        raise ValueError("an IoU is from 0 to 1")
    return ratings.merge(known, on="heatmap_sha256", how="left")


def correlations(ratings: pd.DataFrame, items: Sequence[Question]) -> pd.DataFrame:
    """Spearman's correlation of score and IoU within each reader, mean over readers.

    Readers who use the scale at different levels would correlate, or hide a correlation, where
    their ratings were pooled. The interval takes readers and cases as drawn from more of them
    (:func:`shamsul.metrics.mrmc.mean_over_readers`), with errors by the jackknife over cases; of
    one reader it speaks of that reader.

    Returns
    -------
    DataFrame
        Columns item, rho, low, high, n (ratings), readers, cases, left_out, why. Left out are
        ratings without score or IoU, and those of readers of whom either is constant.

    References
    ----------
    Spearman 1904, doi 10.2307/1412159
    """
    rows = []
    for item in items:
        everything = ratings[ratings["item"] == item.id]
        known = everything.dropna(subset=["score", "iou"])
        chosen = known[known["reader"].isin(_who_varies(known))]
        readers, cases = chosen["reader"].nunique(), chosen["case"].nunique()
        found = _within_readers(chosen) if len(chosen) else None
        reason = why(
            (known.empty, "No rating of a map with a known IoU."),
            (chosen.empty, "Of every reader the scores or the IoUs are all equal."),
            (cases < FEWEST_CASES, f"Fewer than {FEWEST_CASES} cases: no interval."),
            (found is None or np.isnan(found.low), "One case alone makes a reader's correlation."),
        )
        bounds = (np.nan, np.nan) if reason or found is None else (found.low, found.high)
        rho = np.nan if found is None else found.estimate
        left_out = len(everything) - len(chosen)
        rows.append((item.id, rho, *bounds, len(chosen), readers, cases, left_out, reason))
    columns = ["item", "rho", "low", "high", "n", "readers", "cases", "left_out", "why"]
    return pd.DataFrame(rows, columns=columns)


def _who_varies(ratings: pd.DataFrame) -> list[str]:
    """The readers of whom both scores and IoUs differ."""
    varies = (ratings.groupby("reader")[["score", "iou"]].nunique() > 1).all(axis=1)
    return list(varies.index[varies])


def _within_readers(ratings: pd.DataFrame) -> mrmc.Interval:
    """The mean of the readers' correlations; NaN bounds where one hangs on a single case."""
    names = sorted(ratings["case"].unique())
    figures, deviations = [], []
    for _, mine in ratings.groupby("reader"):
        figures.append(_spearman(mine))
        own = sorted(mine["case"].unique())
        without = np.array([_spearman(mine[mine["case"] != case]) for case in own])
        # A case that the reader did not rate changes nothing.
        deviation = np.zeros(len(names))
        deviation[np.searchsorted(names, own)] = mrmc.jackknifed(without)
        deviations.append(deviation)
    errors = np.array(deviations) @ np.array(deviations).T
    fixed = mrmc.Fixed.READERS if len(figures) == 1 else mrmc.Fixed.NEITHER
    return mrmc.mean_over_readers(np.array(figures), errors, fixed=fixed)


def _spearman(ratings: pd.DataFrame) -> float:
    ranks = ratings[["score", "iou"]].rank()
    if (ranks.nunique() < 2).any():
        return np.nan
    return float(np.corrcoef(ranks["score"], ranks["iou"])[0, 1])


def hits(ratings: pd.DataFrame, items: Sequence[Question]) -> pd.DataFrame:
    """Mean scores of maps whose maximum hits the annotation, and of those whose misses it.

    Returns
    -------
    DataFrame
        Columns item, hit, mean, then :data:`shamsul.analysis.comparison.ESTIMATED`; left out, in
        both rows, are ratings of the item without a score or whose map is not known to hit or miss.
    """
    rows = []
    for item in items:
        everything = ratings[ratings["item"] == item.id]
        known = everything["hit"].notna()
        for hit in (True, False):
            # What is not known stays, without a value, to be counted.
            chosen = everything[~known | (everything["hit"] == hit)]
            mean, cells = of_mean(chosen.assign(value=chosen["score"].where(known)))
            rows.append({"item": item.id, "hit": hit, "mean": mean, **cells})
    return pd.DataFrame(rows, columns=["item", "hit", "mean", *comparison.ESTIMATED])


def map_scores(ratings: pd.DataFrame) -> pd.DataFrame:
    """Each localised map's score on each item.

    Returns
    -------
    DataFrame
        Columns item, case, label, method, heatmap_sha256, iou, mean_score, n (ratings).
    """
    known = ratings.dropna(subset=["score", "iou"])
    key = ["item", "case", "label", "method", "heatmap_sha256", "iou"]
    return known.groupby(key, as_index=False, sort=False).agg(
        mean_score=("score", "mean"), n=("score", "count")
    )
