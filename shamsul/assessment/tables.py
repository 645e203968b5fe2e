"""The numbers of an assessment, as tidy tables."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from shamsul.assessment.scored import FACTORS, Scored
from shamsul.classifiers.calibration import Calibration
from shamsul.metrics import roc
from shamsul.metrics.bootstrap import Interval, intervals
from shamsul.metrics.calibration import expected_calibration_error, proportion, reliability
from shamsul.metrics.comparison import holm
from shamsul.metrics.roc import Drawn

#: Images with a finding, and without it, below which a subgroup is not judged.
FEWEST: Final = 10
REPLICATES: Final = 1000

Progress = Callable[[int, int], None]
#: Gives some numbers from how often each image is drawn.
_Part = Callable[[NDArray[np.int64]], Sequence[float]]

_FEW = f"Fewer than {FEWEST} images with the finding, or without it: too few."
_FEW_REST = f"Among the others fewer than {FEWEST} images with the finding, or without it."
_ONE_KIND = "All images are with the finding, or all without it."
_COMPLETE = (
    "The scores tell all these images apart: intervals have no width, unlike those of more images."
)
_SAME = "Both models put all images into the same order."


def tables(
    scored: Scored,
    other: Scored | None = None,
    *,
    calibration: Calibration | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    progress: Progress = lambda done, planned: None,
) -> dict[str, pd.DataFrame]:
    """All tables, with intervals of the same bootstrap: whole patients are drawn.

    Parameters
    ----------
    scored : Scored
    other : Scored, optional
        Another model's, of the same images; labels may differ.
    calibration : Calibration, optional
        The model's.
    replicates, seed : int
        Of the bootstrap.
    progress : callable
        Called with replicates done and planned.

    Returns
    -------
    dict of str to DataFrame
        metrics : a row a label. Columns label, images, patients, positives, negatives, left_out
        (images of which it is not known), prevalence, auroc, auprc, threshold, sensitivity,
        specificity, why. Each share has the columns `_low` and `_high`; auroc_low is of the
        bootstrap, delong_low DeLong's; sensitivity_low of the bootstrap, sensitivity_wilson_low
        Wilson's.

        subgroups : a row a label and group. Columns factor, group, label, images, patients,
        positives, negatives, auroc, low, high, difference (to all other images whose group is
        known), difference_low, difference_high, why.

        calibration : a row a label. Columns label, images, method (empty where it is not
        calibrated), slope, offset, prevalence, mean_probability, ece, brier, and the last three as
        they are without calibration, beginning with raw.

        reliability : a row a label, kind (shown, raw) and bin. Columns predicted, observed, low,
        high, images.

        comparison : a row a label of both; empty without another model. Columns label, images,
        auroc, auroc_other, difference, delong_low, delong_high, p, p_holm, low, high, why.
    """
    parts: list[_Part] = [_discrimination(scored, column) for column in range(len(scored.labels))]
    groups = list(_groups(scored))
    parts += [_subgroup(scored, column, *rows) for _, _, column, *rows in groups]
    pairs = list(_pairs(scored, other)) if other is not None else []
    parts += [_pair(*pair) for pair in pairs]

    def statistics(times: NDArray[np.int64]) -> list[float]:
        drawn = times[scored.patients]
        return [number for part in parts for number in part(drawn)]

    patients = int(scored.patients.max()) + 1 if len(scored) else 0
    found = iter(
        intervals(statistics, patients, replicates, seed=seed, progress=progress) if parts else ()
    )
    return {
        "metrics": pd.DataFrame(
            [_metrics(scored, column, found) for column in range(len(scored.labels))]
        ),
        "subgroups": _table(
            _SUBGROUPS, [_group_row(scored, *group, found=found) for group in groups]
        ),
        "calibration": pd.DataFrame(
            [_calibration(scored, column, calibration) for column in range(len(scored.labels))]
        ),
        "reliability": _table(_RELIABILITY, list(_bins(scored))),
        "comparison": _compared([_pair_row(*pair, found=found) for pair in pairs]),
    }


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


def _share(of: NDArray[np.bool_], found: NDArray[np.bool_], times: NDArray[np.int64]) -> float:
    """The share of some images that is found; NaN where none of them was drawn."""
    drawn = times[of].sum()
    return float(times[of & found].sum() / drawn) if drawn else np.nan


def _discrimination(scored: Scored, column: int) -> _Part:
    rows = np.flatnonzero(scored.known[:, column])
    present, positive = scored.present[rows, column], scored.positive[rows, column]
    drawn = Drawn(scored.logits[rows, column], present)

    def part(times: NDArray[np.int64]) -> Sequence[float]:
        mine = times[rows]
        return (
            drawn.auc(mine) if len(mine) else np.nan,
            drawn.average_precision(mine) if len(mine) else np.nan,
            _share(present, positive, mine),
            _share(~present, ~positive, mine),
        )

    return part


def _metrics(scored: Scored, column: int, found: Iterator[Interval]) -> dict[str, object]:
    known = scored.known[:, column]
    present, positive = scored.present[known, column], scored.positive[known, column]
    logits = scored.logits[known, column]
    area = roc.area(logits, present)
    auroc, auprc, sensitivity, specificity = (next(found) for _ in range(4))
    few = min(area.positive, area.negative)
    row: dict[str, object] = {
        "label": scored.labels[column],
        "images": int(known.sum()),
        "patients": len(np.unique(scored.patients[known])),
        "positives": area.positive,
        "negatives": area.negative,
        "left_out": int((~known).sum()),
    }
    prevalence = proportion(present)
    row |= _with("prevalence", prevalence.value, prevalence.low, prevalence.high)
    row |= _with("auroc", area.value, auroc.low, auroc.high)
    row |= {"delong_low": area.low, "delong_high": area.high}
    row |= _with("auprc", auprc.estimate, auprc.low, auprc.high)
    row["threshold"] = float(scored.thresholds[column])
    for name, kind, drawn in (
        ("sensitivity", positive[present], sensitivity),
        ("specificity", ~positive[~present], specificity),
    ):
        share = proportion(kind)
        row |= _with(name, share.value, drawn.low, drawn.high)
        row |= {f"{name}_wilson_low": share.low, f"{name}_wilson_high": share.high}
    return row | {"why": _worth(few, area.value)}


def _worth(few: int, area: float) -> str:
    """What an area is worth of so many images of the rarer kind."""
    if few >= FEWEST:
        return _COMPLETE if area == 1 else ""
    return _FEW if few else _ONE_KIND


def _with(name: str, value: float, low: float, high: float) -> dict[str, object]:
    return {name: value, f"{name}_low": low, f"{name}_high": high}


_SUBGROUPS = (
    "factor",
    "group",
    "label",
    "images",
    "patients",
    "positives",
    "negatives",
    "auroc",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
    "why",
)


def _groups(
    scored: Scored,
) -> Iterator[tuple[str, str, int, NDArray[np.intp], NDArray[np.intp]]]:
    """Factor, group, label's column, the group's images and all others of a known group."""
    for factor, names in FACTORS.items():
        told = scored.groups[factor]
        for name in names:
            if not (told == name).any():
                continue
            for column in range(len(scored.labels)):
                known = scored.known[:, column]
                inside = np.flatnonzero(known & (told == name))
                outside = np.flatnonzero(known & (told != name) & (told != ""))
                yield factor, name, column, inside, outside


def _enough(scored: Scored, column: int, rows: NDArray[np.intp]) -> bool:
    positive = int(scored.present[rows, column].sum())
    return min(positive, len(rows) - positive) >= FEWEST


def _subgroup(
    scored: Scored, column: int, inside: NDArray[np.intp], outside: NDArray[np.intp]
) -> _Part:
    if not _enough(scored, column, inside):
        return lambda times: (np.nan, np.nan)
    mine = Drawn(scored.logits[inside, column], scored.present[inside, column])
    if not _enough(scored, column, outside):
        return lambda times: (mine.auc(times[inside]), np.nan)
    rest = Drawn(scored.logits[outside, column], scored.present[outside, column])

    def part(times: NDArray[np.int64]) -> Sequence[float]:
        area = mine.auc(times[inside])
        return area, area - rest.auc(times[outside])

    return part


def _group_row(
    scored: Scored,
    factor: str,
    name: str,
    column: int,
    inside: NDArray[np.intp],
    outside: NDArray[np.intp],
    *,
    found: Iterator[Interval],
) -> Sequence[object]:
    area, difference = next(found), next(found)
    positive = int(scored.present[inside, column].sum())
    if not _enough(scored, column, inside):
        why = _FEW
    elif not _enough(scored, column, outside):
        why = _FEW_REST
    else:
        why = _COMPLETE if area.estimate == 1 else ""
    return (
        factor,
        name,
        scored.labels[column],
        len(inside),
        len(np.unique(scored.patients[inside])),
        positive,
        len(inside) - positive,
        area.estimate,
        area.low,
        area.high,
        difference.estimate,
        difference.low,
        difference.high,
        why,
    )


def _calibration(scored: Scored, column: int, calibration: Calibration | None) -> dict[str, object]:
    label = scored.labels[column]
    slope, offset = calibration.scaling(label) if calibration else (1.0, 0.0)
    known = scored.known[:, column]
    present = scored.present[known, column]
    row: dict[str, object] = {
        "label": label,
        "images": int(known.sum()),
        "method": calibration.method if calibration and label in calibration.slopes else "",
        "slope": slope,
        "offset": offset,
        "prevalence": float(present.mean()) if len(present) else np.nan,
    }
    for beginning, probabilities in _kinds(scored, column).items():
        mean = float(probabilities.mean()) if len(present) else np.nan
        brier = float(((probabilities - present) ** 2).mean()) if len(present) else np.nan
        row[f"{beginning}mean_probability"] = mean
        row[f"{beginning}ece"] = expected_calibration_error(probabilities, present)
        row[f"{beginning}brier"] = brier
    return row


def _kinds(scored: Scored, column: int) -> dict[str, NDArray[np.float64]]:
    """Probabilities where it is known, as they are shown and as they are without calibration."""
    known = scored.known[:, column]
    raw = np.asarray(expit(scored.logits[known, column]))
    return {"": scored.probabilities[known, column], "raw_": raw}


_RELIABILITY = ("label", "kind", "predicted", "observed", "low", "high", "images")


def _bins(scored: Scored) -> Iterator[Sequence[object]]:
    for column, label in enumerate(scored.labels):
        present = scored.present[scored.known[:, column], column]
        for beginning, probabilities in _kinds(scored, column).items():
            kind = "raw" if beginning else "shown"
            for one in reliability(probabilities, present):
                so = one.observed
                yield label, kind, one.predicted, so.value, so.low, so.high, so.cases


_Columns = tuple[Scored, Scored, int, int, NDArray[np.intp]]


def _pairs(scored: Scored, other: Scored) -> Iterator[_Columns]:
    """Both models' columns of each label that both have, and the images of which it is known."""
    for mine, label in enumerate(scored.labels):
        if label in other.labels:
            theirs = other.labels.index(label)
            yield scored, other, mine, theirs, np.flatnonzero(scored.known[:, mine])


def _pair(scored: Scored, other: Scored, mine: int, theirs: int, rows: NDArray[np.intp]) -> _Part:
    present = scored.present[rows, mine]
    if present.all() or not present.any():
        return lambda times: (np.nan,)
    first = Drawn(scored.logits[rows, mine], present)
    second = Drawn(other.logits[rows, theirs], present)
    return lambda times: (first.auc(times[rows]) - second.auc(times[rows]),)


def _pair_row(
    scored: Scored,
    other: Scored,
    mine: int,
    theirs: int,
    rows: NDArray[np.intp],
    *,
    found: Iterator[Interval],
) -> dict[str, object]:
    drawn = next(found)
    present = scored.present[rows, mine]
    first, second = scored.logits[rows, mine], other.logits[rows, theirs]
    row: dict[str, object] = {
        "label": scored.labels[mine],
        "images": len(rows),
        "auroc": roc.auc(first, present),
        "auroc_other": roc.auc(second, present),
    }
    few = min(int(present.sum()), int((~present).sum()))
    tested = roc.Difference(drawn.estimate, np.nan, np.nan, np.nan)
    if few >= 2:
        tested = roc.difference(first, second, present)
    why = _worth(few, np.nan)
    if not why and np.isnan(tested.p):
        why = _SAME
    return row | {
        "difference": tested.value,
        "delong_low": tested.low,
        "delong_high": tested.high,
        "p": tested.p,
        "low": drawn.low,
        "high": drawn.high,
        "why": why,
    }


def _compared(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    if len(table):
        table.insert(table.columns.get_loc("p") + 1, "p_holm", holm(list(table["p"])))
    return table
