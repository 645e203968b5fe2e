"""Which units carry a label's output, in a study."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shamsul.units.dissection import Dissection
from shamsul.units.survey import Survey

_REPLICATES: Final = 1000
_LEVEL: Final = 95.0
#: Radiographs from which on there is an interval.
_ENOUGH: Final = 10


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of a label's output that units carry, of several radiographs together.

    Attributes
    ----------
    share : ndarray of shape (C,)
        Relevance of each unit over the sum of the outputs. They add up to `total`.
    low, high : ndarray of shape (C,)
        95 % percentile interval, radiographs drawn again; NaN where there are fewer
        than ten.
    total : float
        1 where nothing of the output was absorbed on the way, by biases above all.
    """

    share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: float

    @property
    def order(self) -> NDArray[np.intp]:
        """Units, that of the largest share first."""
        return np.argsort(-self.share, kind="stable")


def shares(surveys: Sequence[Survey], label: int, seed: int = 0) -> Shares:
    """Who carries a label's output.

    Parameters
    ----------
    surveys : sequence of Survey
        Of the radiographs that count, such as those in which the model finds the label: where
        outputs have both signs, shares of their sum mean little.
    label : int
        Index of the output.
    seed : int
        Of the interval.
    """
    relevance = np.array([one.relevance[label] for one in surveys], np.float64)
    outputs = np.array([one.outputs[label] for one in surveys], np.float64)
    share = relevance.sum(0) / outputs.sum()
    low = high = np.full_like(share, np.nan)
    if len(surveys) >= _ENOUGH:
        count = len(surveys)
        drawn = np.random.default_rng(seed).multinomial(
            count, np.full(count, 1 / count), _REPLICATES
        )
        again = drawn @ relevance / (drawn @ outputs)[:, None]
        tail = (100 - _LEVEL) / 2
        low, high = np.percentile(again, (tail, 100 - tail), axis=0)
    return Shares(share, low, high, float(share.sum()))


def rows(
    found: Shares, named: Dissection | None = None, annotated: Dissection | None = None
) -> list[dict[str, Any]]:
    """What is known of each unit, that of the largest share first.

    Parameters
    ----------
    found : Shares
    named, annotated : Dissection, optional
        What units overlap with in phantoms, and in the study's annotations.

    Returns
    -------
    list of dict
        Of each: unit, share, low, high; name, name_iou, annotated and annotated_iou where units
        were compared; None stands for what there is not.
    """
    table = []
    for unit in found.order.tolist():
        known = {"share": found.share[unit], "low": found.low[unit], "high": found.high[unit]}
        row: dict[str, Any] = {"unit": unit}
        row |= {key: None if np.isnan(one) else float(one) for key, one in known.items()}
        for kind, dissection in (("name", named), ("annotated", annotated)):
            if dissection is not None:
                row[kind], row[f"{kind}_iou"] = dissection.name(unit) or (None, None)
        table.append(row)
    return table


def strongest(surveys: Sequence[Survey], unit: int) -> list[tuple[int, int, int]]:
    """Where a unit answers most, radiograph by radiograph, that of the largest answer first.

    Returns
    -------
    list of (int, int, int)
        Index of the survey, row and column of the layer's map.
    """
    peaks = [one.activations[unit] for one in surveys]
    order = sorted(range(len(peaks)), key=lambda n: -float(peaks[n].max()))
    places = (np.unravel_index(int(peaks[n].argmax()), peaks[n].shape) for n in order)
    return [(n, int(row), int(column)) for n, (row, column) in zip(order, places, strict=True)]


def most_relevant(surveys: Sequence[Survey], unit: int, label: int) -> list[tuple[int, int, int]]:
    """Where a unit brings most to a label, radiograph by radiograph, that of the most first.

    Returns
    -------
    list of (int, int, int)
        As of :func:`strongest`.
    """
    order = sorted(range(len(surveys)), key=lambda n: -float(surveys[n].relevance[label, unit]))
    found = []
    for n in order:
        shape = surveys[n].activations.shape[1:]
        row, column = np.unravel_index(int(surveys[n].places[label, unit]), shape)
        found.append((n, int(row), int(column)))
    return found


def means(surveys: Sequence[Survey]) -> NDArray[np.float64]:
    """Mean of each unit over all positions of all radiographs, shape (C,)."""
    return np.asarray(
        np.mean([one.activations.mean((1, 2), dtype=np.float64) for one in surveys], axis=0)
    )
