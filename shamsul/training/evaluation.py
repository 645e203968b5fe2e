"""How well a classifier tells cases apart: AUC with confidence intervals, operating points."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.metrics.roc import Drawn, auc
from shamsul.phantom import LABELS
from shamsul.training.cases import GRADES, Cases

REPLICATES: Final = 1000

#: Which grades (as in `Cases.grades`) count as positive in each row of the results.
GROUPS: Final = {
    "all": (1, 2, 3),
    **{grade.value: (number,) for number, grade in enumerate(GRADES, 1)},
    "moderate or obvious": (2, 3),
}


@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve with a 95% percentile bootstrap interval.

    Attributes
    ----------
    value, low, high : float
        In [0, 1]; NaN where there are no positive or no negative cases.
    positive, negative : int
        Numbers of cases.
    left_out : int
        Bootstrap replicates without both kinds of case.
    """

    value: float
    low: float
    high: float
    positive: int
    negative: int
    left_out: int


def evaluate(logits: NDArray[np.floating], cases: Cases, *, seed: int) -> dict[str, dict[str, Auc]]:
    """AUC per label, and per grade against the cases without the finding.

    Parameters
    ----------
    logits : ndarray of shape (N, L)
    cases : Cases
    seed : int
        Of the bootstrap, which draws cases with replacement, `REPLICATES` times.

    Returns
    -------
    dict of dict of Auc
        By label and group (`GROUPS`); "No Finding" has only the group "all". "Mean" is over the
        findings, each replicate's mean being taken over the same cases.
    """
    rng = np.random.default_rng(seed)
    size = len(cases)
    counts = rng.multinomial(size, np.full(size, 1 / size), size=REPLICATES)
    results: dict[str, dict[str, Auc]] = {label: {} for label in LABELS}
    means: dict[str, Auc] = {}
    for group, grades in GROUPS.items():
        values, replicates = [], []
        for column, label in enumerate(LABELS):
            present = cases.present[:, column]
            if label != "No Finding":
                positive = np.isin(cases.grades[:, column], grades)
            elif group == "all":
                positive = present
            else:
                continue
            used = positive | ~present
            value = auc(logits[used, column], positive[used])
            drawn = Drawn(logits[used, column], positive[used])
            spread = np.array([drawn.auc(times) for times in counts[:, used]])
            results[label][group] = _interval(value, spread, int(positive.sum()), int(used.sum()))
            if label != "No Finding":
                values.append(value)
                replicates.append(spread)
        # Undefined as soon as one finding's is: a mean over fewer findings is another quantity.
        means[group] = _interval(float(np.mean(values)), np.mean(replicates, axis=0), size, size)
    return results | {"Mean": means}


def _interval(value: float, replicates: NDArray[np.float64], positive: int, used: int) -> Auc:
    defined = replicates[np.isfinite(replicates)]
    low, high = np.percentile(defined, [2.5, 97.5]) if len(defined) else (np.nan, np.nan)
    left_out = len(replicates) - len(defined)
    return Auc(value, float(low), float(high), positive, used - positive, left_out)


def operating_point(probabilities: NDArray[np.floating], present: NDArray[np.bool_]) -> float:
    """Threshold with the largest sensitivity + specificity - 1 (Youden's J).

    Parameters
    ----------
    probabilities : ndarray of shape (N,), in [0, 1]
    present : ndarray of shape (N,), bool

    Returns
    -------
    float
        Half-way between the two cases that it separates; 0.5 without both kinds of case.

    References
    ----------
    Youden 1950, doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3.

    Examples
    --------
    >>> operating_point(np.array([0.1, 0.2, 0.4, 0.9]), np.array([False, False, True, True]))
    0.3
    """
    if present.all() or not present.any():
        return 0.5
    values = np.unique(probabilities)
    sensitivity = np.array([(probabilities[present] >= value).mean() for value in values])
    specificity = np.array([(probabilities[~present] < value).mean() for value in values])
    best = int(np.argmax(sensitivity + specificity))
    below = values[best - 1] if best else values[best]
    return round(float((values[best] + below) / 2), 6)


def mean_auc(logits: NDArray[np.floating], present: NDArray[np.bool_]) -> float:
    """Mean AUC over the labels that have both kinds of case; NaN when none has."""
    values = [auc(logits[:, column], present[:, column]) for column in range(present.shape[1])]
    defined = [value for value in values if np.isfinite(value)]
    return float(np.mean(defined)) if defined else float("nan")
