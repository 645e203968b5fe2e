"""Whether maps that cover the expert's annotation are rated higher."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from shamsul.analysis import comparison
from shamsul.analysis.comparison import of_mean
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.resampling import ESTIMATED, Resample, estimated, of_spearman


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


def correlations(
    ratings: pd.DataFrame, items: Sequence[Question], resample: Resample
) -> pd.DataFrame:
    """Spearman's correlation of score and IoU over all ratings of an item.

    Returns
    -------
    DataFrame
        Columns item, rho, then `ESTIMATED`; left out are ratings without score or IoU.
    """
    rows = []
    for item in items:
        everything = ratings[ratings["item"] == item.id]
        chosen = everything.dropna(subset=["score", "iou"])
        rho = of_spearman(chosen["score"], chosen["iou"], chosen["case"], resample)
        reasons = (
            (chosen.empty, "No rating of a map with a known IoU."),
            (np.isnan(rho.estimate), "The scores or the IoUs are all equal."),
        )
        left_out = len(everything) - len(chosen)
        rows.append((item.id, *estimated(rho, len(chosen), left_out, *reasons)))
    return pd.DataFrame(rows, columns=["item", "rho", *ESTIMATED])


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
