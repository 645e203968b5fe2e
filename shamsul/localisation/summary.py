"""Means of scores over images, by label and method, with intervals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from shamsul.localisation import chexlocalize
from shamsul.localisation.score import METRICS, NO_ANNOTATION, NO_MAP, Score
from shamsul.metrics import bootstrap


@dataclass(frozen=True)
class Mean:
    """A score's mean over images.

    Attributes
    ----------
    label, method, metric : str
    mean, low, high : float
        With the 95% interval of whole images drawn again; NaN where undefined.
    n : int
        Images with the score.
    left_out : int
        Images in which it is undefined.
    """

    label: str
    method: str
    metric: str
    mean: float
    low: float
    high: float
    n: int
    left_out: int

    def reported(self) -> dict[str, float]:
        """To three decimals and under the names of the CheXlocalize scripts' summaries."""
        bounds = {"lower": self.low, "mean": self.mean, "upper": self.high}
        return {name: round(value, 3) for name, value in bounds.items()}


def summarise(scores: Sequence[Score], *, replicates: int = 1000, seed: int = 0) -> list[Mean]:
    """Mean and interval of every score, by label and method.

    Every draw of images is the same for all labels, methods and scores.
    """
    return summarise_table(_rows(scores, METRICS), METRICS, replicates=replicates, seed=seed)


def summarise_table(
    rows: pd.DataFrame, metrics: Sequence[str], *, replicates: int = 1000, seed: int = 0
) -> list[Mean]:
    """:func:`summarise` of the columns of a table with the columns image, label and method."""
    table = _by_image(rows, metrics)
    found = bootstrap.means(table.to_numpy(), replicates=replicates, seed=seed)
    return _means(table, rows, [(one.estimate, one.low, one.high) for one in found])


def summarise_chexlocalize(
    scores: Sequence[Score], *, replicates: int = 1000, seed: int = 0
) -> list[Mean]:
    """Mean IoU and hit rate as the CheXlocalize scripts compute them.

    IoU is over annotated images, with or without maps, and those without annotation that were
    scored; hits are over annotated images with maps.
    """
    with_both = [one for one in scores if not one.reason.startswith((NO_MAP, NO_ANNOTATION))]
    result = []
    for metric, counted in (("iou", scores), ("hit", with_both)):
        rows = _rows(counted, [metric])
        table = _by_image(rows, [metric])
        found = chexlocalize.bootstrap(table.to_numpy(), replicates=replicates, seed=seed)
        result += _means(table, rows, [(one.mean, one.low, one.high) for one in found])
    return result


def _rows(scores: Sequence[Score], metrics: Sequence[str]) -> pd.DataFrame:
    names = ["image", "label", "method", *metrics]
    rows = [[getattr(one, name) for name in names] for one in scores]
    return pd.DataFrame(rows, columns=names)


def _by_image(rows: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """One row an image, ordered by id; one column for each metric, label and method."""
    # What comes first makes the first column.
    ordered = rows.sort_values(["label", "method"])
    wide = ordered.pivot(index="image", columns=["label", "method"], values=list(metrics))
    return wide.sort_index()


def _means(
    table: pd.DataFrame, rows: pd.DataFrame, found: Sequence[tuple[float, float, float]]
) -> list[Mean]:
    counts = Counter(zip(rows["label"], rows["method"], strict=True))
    return [
        Mean(label, method, metric, *estimate, int(n), counts[label, method] - int(n))
        for (metric, label, method), n, estimate in zip(
            table.columns, table.count(), found, strict=True
        )
    ]
