"""How much of a map's relevance lies in named regions of the picture.

A region is how much of each pixel of the map's grid it covers: from an annotation, from a phantom
whose anatomy is known exactly, or from the mean lung field of synthetic patients.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage

from shamsul.explainers.baselines import without_model
from shamsul.metrics import bootstrap
from shamsul.phantom.structures import structures
from shamsul.radiographs.geometry import Geometry

#: Where the label of the map is annotated, and where devices are.
ANNOTATED: Final = "annotation"
DEVICES: Final = "devices"
#: As phantoms name theirs.
LUNGS, HEART, MEDIASTINUM = "lungs", "heart", "mediastinum"
OUTSIDE_BODY: Final = "outside the body"
#: Letters in the picture; a phantom's is its lead marker.
MARKER: Final = "marker"
#: Beyond all of where evidence may be, see :func:`chest`.
OUTSIDE_CHEST: Final = "outside the chest"
#: In the order in which they are shown.
REGIONS: Final = (
    ANNOTATED, LUNGS, HEART, MEDIASTINUM, DEVICES, MARKER, OUTSIDE_CHEST, OUTSIDE_BODY,
)  # fmt: skip
#: Those that are in the chest.
_CHEST: Final = (LUNGS, HEART, MEDIASTINUM)
#: How often a place must lie in the lungs of synthetic patients to belong to somebody's chest: so
#: seldom that it is nearly all patients' (our choice, as is the next).
_SELDOM: Final = 0.05
#: By how much the chest reaches beyond lungs and heart, as a share of the grid's side: findings of
#: the pleura and the ribs, and the blur of maps, lie there.
MARGIN: Final = 0.04
#: Places along a pixel's sides that are looked at for how much of it is covered.
_PLACES: Final = 4

Weights = NDArray[np.float32]


class Known(Enum):
    """How a region is known."""

    ANNOTATION = "annotation"
    """Somebody marked it."""
    PHANTOM = "phantom"
    """The radiograph is a phantom, whose anatomy is exact to a 160th of the picture's height."""
    LUNG_FIELD = "lung field"
    """From how often a place lies in the lungs of 200 synthetic patients: the same for every
    radiograph, for frontal views framed as the phantoms are; not of this patient."""


@dataclass(frozen=True, eq=False)
class Region:
    """A part of the picture on a map's grid.

    Attributes
    ----------
    weights : ndarray of shape (h, w), float32, in [0, 1]
        How much of each pixel it covers; of the lung field, how often it does.
    known : Known
    """

    weights: Weights
    known: Known


def covered(mask: NDArray[np.bool_], geometry: Geometry) -> Weights:
    """How much of each pixel of a map's grid a region of the radiograph covers.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
        Of the whole radiograph, in whatever resolution.
    geometry : Geometry
        From the map's grid to the radiograph.

    Returns
    -------
    ndarray of shape (h, w), float32, in [0, 1]
        To a sixteenth of a pixel; 0 beyond the radiograph.
    """
    shape = geometry.grid_shape
    fine = np.indices([_PLACES * side for side in shape]).reshape(2, -1).T
    share = geometry.to_image((fine + 0.5) / _PLACES - 0.5) / geometry.image_shape
    rows, columns = np.floor(share * mask.shape).astype(int).T
    there = (share >= 0).all(1) & (share < 1).all(1)
    found = np.zeros(len(fine), np.float32)
    found[there] = mask[rows[there], columns[there]]
    parts = found.reshape(shape[0], _PLACES, shape[1], _PLACES)
    return np.asarray(parts.mean((1, 3)), np.float32)


def of_phantom(seed: int, geometry: Geometry) -> dict[str, Region]:
    """A phantom's lungs, heart, mediastinum, marker and what is outside of its body.

    Parameters
    ----------
    seed : int
        What it was rendered from.
    geometry : Geometry
        From the map's grid to the phantom.
    """
    exact = structures(seed)
    return {
        name: Region(covered(exact[name], geometry), Known.PHANTOM)
        for name in (*_CHEST, MARKER, OUTSIDE_BODY)
    }


def of_lung_field(geometry: Geometry) -> dict[str, Region]:
    """The lungs as synthetic patients have them on average.

    It knows nothing of the radiograph but its frame; heart, marker and outline of the body are not
    known from it.
    """
    return {LUNGS: Region(without_model(geometry)["lung_field"], Known.LUNG_FIELD)}


def chest(regions: Mapping[str, Region]) -> Region:
    """Where evidence for a label may be, generously.

    Lungs, heart and mediastinum, what lies between them in a row of the grid, a margin around, and
    where the label is annotated.

    Parameters
    ----------
    regions : mapping of str to Region
        With the lungs.
    """
    there = np.logical_or.reduce(
        [regions[name].weights >= _SELDOM for name in _CHEST if name in regions]
    )
    columns = np.arange(there.shape[1])
    first = np.where(there, columns, there.shape[1]).min(1, keepdims=True)
    last = np.where(there, columns, -1).max(1, keepdims=True)
    filled = (columns >= first) & (columns <= last)
    reach = max(1, round(MARGIN * max(there.shape)))
    wide = ndimage.binary_dilation(filled, np.ones((2 * reach + 1, 2 * reach + 1), bool))
    weights = wide.astype(np.float32)
    if ANNOTATED in regions:
        weights = np.maximum(weights, regions[ANNOTATED].weights)
    return Region(weights, regions[LUNGS].known)


def outside(chest: Region) -> Region:
    """All that a region does not cover."""
    return Region(1 - chest.weights, chest.known)


@dataclass(frozen=True)
class Share:
    """How much of a map lies in a region.

    Attributes
    ----------
    region : str
        One of `REGIONS`.
    known : Known
    positive, absolute : float
        Of the positive relevance, and of all relevance without its sign; NaN where there is none.
    area : float
        Of the picture: what a map that is the same everywhere has there.
    """

    region: str
    known: Known
    positive: float
    absolute: float
    area: float

    def to_json(self) -> dict[str, Any]:
        """As JSON has it; NaN becomes null."""
        numbers = {name: getattr(self, name) for name in ("positive", "absolute", "area")}
        shown = {name: None if np.isnan(one) else one for name, one in numbers.items()}
        return {"region": self.region, "known": self.known.value, **shown}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Share":
        """From what :meth:`to_json` gives."""
        numbers = {
            name: np.nan if stored[name] is None else float(stored[name])
            for name in ("positive", "absolute", "area")
        }
        return cls(stored["region"], Known(stored["known"]), **numbers)


def shares(values: NDArray[np.floating], regions: Mapping[str, Region]) -> tuple[Share, ...]:
    """How much of a map lies in each of some regions, which may overlap.

    Parameters
    ----------
    values : ndarray of shape (h, w)
        Raw signed relevance.
    regions : mapping of str to Region
        On the map's grid.

    Raises
    ------
    ValueError
        If a region has another shape than the map.

    Examples
    --------
    >>> left = Region(np.array([[1, 0]], np.float32), Known.ANNOTATION)
    >>> (one,) = shares(np.array([[1.0, -3.0]]), {LUNGS: left})
    >>> one.positive, one.absolute, one.area
    (1.0, 0.25, 0.5)
    """
    found = []
    for name, region in regions.items():
        if region.weights.shape != values.shape:
            raise ValueError(f"{name} has shape {region.weights.shape}, the map {values.shape}")
        weights = region.weights.astype(np.float64)
        positive, absolute = np.maximum(values, 0), np.abs(values)
        found.append(
            Share(
                name,
                region.known,
                _ratio(float((positive * weights).sum()), float(positive.sum())),
                _ratio(float((absolute * weights).sum()), float(absolute.sum())),
                float(weights.mean()),
            )
        )
    return tuple(found)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


@dataclass(frozen=True)
class MapShares:
    """How much of one map lies in regions.

    Attributes
    ----------
    case, label, method : str
    shares : tuple of Share
    """

    case: str
    label: str
    method: str
    shares: tuple[Share, ...]


#: Columns of :func:`summary`.
COLUMNS: Final = (
    "label", "method", "region", "known", "positive", "low", "high",
    "absolute", "absolute_low", "absolute_high", "area", "cases", "left_out",
)  # fmt: skip


def summary(found: Iterable[MapShares], *, replicates: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Mean shares over cases by label, method and region, with percentile bootstrap intervals.

    Parameters
    ----------
    found : iterable of MapShares
    replicates, seed
        Of the bootstrap, which draws cases.

    Returns
    -------
    DataFrame
        `COLUMNS`: `positive` with `low` and `high` is the mean share of positive relevance,
        `absolute` that of all; `area` what a map that is the same everywhere has; `cases` those
        with a value and `left_out` those whose map has no positive relevance. A region that some
        cases are without is averaged over the others; `known` names all ways in which it is known.
    """
    groups: dict[tuple[str, str], list[MapShares]] = {}
    for one in found:
        groups.setdefault((one.label, one.method), []).append(one)
    rows = []
    for (label, method), maps in groups.items():
        for region in REGIONS:
            own = [share for one in maps for share in one.shares if share.region == region]
            if own:
                row = _row(own, replicates, seed)
                rows.append({"label": label, "method": method, "region": region, **row})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(own: Sequence[Share], replicates: int, seed: int) -> dict[str, object]:
    table = np.array([[one.positive, one.absolute] for one in own])
    positive, absolute = bootstrap.means(table, replicates=replicates, seed=seed)
    return {
        "known": ", ".join(sorted({one.known.value for one in own})),
        "positive": positive.estimate,
        "low": positive.low,
        "high": positive.high,
        "absolute": absolute.estimate,
        "absolute_low": absolute.low,
        "absolute_high": absolute.high,
        "area": float(np.mean([one.area for one in own])),
        "cases": positive.cases,
        "left_out": len(own) - positive.cases,
    }
