"""Where a phantom's anatomy and its look-alikes are in the picture, found again from its seed.

Everything here is on the phantom room's planning grid, which covers the picture at every shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from scipy.ndimage import binary_closing, find_objects, label

from ..cavity import Lungs, see_lungs
from ..detector import Detector
from ..heart import contour
from ..look_alikes import add_look_alikes
from ..patient import Patient, sample_patient
from ..phantom import Phantom
from ..scene import PLANNING_SHAPE
from ..streams import Stream, generator
from ..tissues import Paths, Tissue
from ..vessels import carina, hilum

_AERATED: Final = 0.2
"""Share of the longest way through lung from which on a ray shows as lung (our choice, as are the
sizes below)."""
_ROUND_MM: Final = 24.0
"""Radius of what counts as a hilum or a costophrenic angle."""
_BELOW_MM: Final = 35.0
"""How far below the diaphragm is looked for free air, and for gas in the stomach."""


class Field(Enum):
    """What a reader goes through, named as in EGD-CXR where that has a box for it."""

    TRACHEA = "trachea"
    MEDIASTINUM = "upper mediastinum"
    RIGHT_UPPER = "right upper lung zone"
    RIGHT_MIDDLE = "right mid lung zone"
    RIGHT_LOWER = "right lower lung zone"
    LEFT_UPPER = "left upper lung zone"
    LEFT_MIDDLE = "left mid lung zone"
    LEFT_LOWER = "left lower lung zone"
    RIGHT_HILUM = "right hilar structures"
    LEFT_HILUM = "left hilar structures"
    HEART = "cardiac silhouette"
    RIGHT_ANGLE = "right costophrenic angle"
    LEFT_ANGLE = "left costophrenic angle"
    SHOULDERS = "shoulders"
    """And the clavicles between them and the neck."""
    BELOW = "below the diaphragm"


_ZONES: Final = {
    "right lung": (Field.RIGHT_UPPER, Field.RIGHT_MIDDLE, Field.RIGHT_LOWER),
    "left lung": (Field.LEFT_UPPER, Field.LEFT_MIDDLE, Field.LEFT_LOWER),
}
LUNGS: Final = tuple(zone for zones in _ZONES.values() for zone in zones)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """Masks on the planning grid; read-only.

    Attributes
    ----------
    fields : mapping of Field to ndarray of shape (160, 135), bool
        Of the patient without findings. What lies outside of the picture has none.
    look_alikes : tuple of ndarray of shape (160, 135), bool
        Each nipple, fold of skin, piece of metal. Breasts, rotation and scoliosis are everywhere
        and have no place here.
    """

    fields: Mapping[Field, np.ndarray]
    look_alikes: tuple[np.ndarray, ...]


@lru_cache(maxsize=8)
def see_anatomy(seed: int) -> Anatomy:
    """The anatomy of a phantom's seed; a few are kept, since several readers look at each."""
    patient = sample_patient(generator(seed, Stream.PATIENT))
    detector = Detector(PLANNING_SHAPE, patient.field_mm, patient.pose)
    heart = contour(patient, generator(seed, Stream.HEART))
    lungs = see_lungs(patient, detector, heart, np.zeros(PLANNING_SHAPE))
    fields = _lung_zones(lungs)
    fields |= {Field.HEART: (heart.relative(detector) < 1) & (lungs.ribcage > 0)}
    fields |= _beside_lungs(patient, detector, lungs, fields[Field.HEART])
    every = {field: mask for field, mask in fields.items() if mask.any()}
    look_alikes = _look_alikes(seed, patient, detector)
    for mask in (*every.values(), *look_alikes):
        mask.setflags(write=False)
    return Anatomy(every, look_alikes)


def _lung_zones(lungs: Lungs) -> dict[Field, np.ndarray]:
    """Each lung in three parts of the same height."""
    lung = lungs.thickness > _AERATED * lungs.thickness.max()
    zones = {}
    for side, three in zip((-1, 1), _ZONES.values(), strict=True):
        own = lung & (lungs.left * side > 0)
        top, bottom = lungs.down[own].min(), lungs.down[own].max()
        third = 3 * (lungs.down - top) / (bottom - top)
        for number, field in enumerate(three):
            zones[field] = own & (third >= number) & (third <= number + 1)
    return zones


def _beside_lungs(
    patient: Patient, detector: Detector, lungs: Lungs, heart: np.ndarray
) -> dict[Field, np.ndarray]:
    left, down = lungs.left, lungs.down
    lung = lungs.thickness > _AERATED * lungs.thickness.max()
    middle = detector.project(carina(patient)[None])[0][0]
    above = np.arange(PLANNING_SHAPE[0])[:, None] < middle
    angle = (0.9 * patient.half_width, patient.angle_down - 8.0)
    inside = lungs.ribcage > 0
    return {
        Field.TRACHEA: above & (np.abs(left) < 11) & (down > -70),
        Field.MEDIASTINUM: inside & ~lung & ~heart & (np.abs(left) < 55) & (down < 120),
        Field.RIGHT_HILUM: _disc(detector, hilum(patient, -1)),
        Field.LEFT_HILUM: _disc(detector, hilum(patient, 1)),
        Field.RIGHT_ANGLE: _disc(detector, np.array([-angle[0], angle[1], 0])),
        Field.LEFT_ANGLE: _disc(detector, np.array([angle[0], angle[1], 0])),
        Field.SHOULDERS: (
            ~inside
            & (down > -35)
            & (down < 45)
            & (np.abs(left) > 45)
            & (np.abs(left) < patient.half_width + 45)
        ),
        Field.BELOW: (
            inside
            & ~lung
            & ~heart
            & (down > patient.dome_right - 10)
            & (down < patient.dome_right + _BELOW_MM)
        ),
    }


def _disc(detector: Detector, centre: np.ndarray) -> np.ndarray:
    row, column, scale = (float(one[0]) for one in detector.project(centre[None]))
    rows, columns = np.ogrid[: PLANNING_SHAPE[0], : PLANNING_SHAPE[1]]
    away = np.hypot(rows - row, columns - column) * detector.pixel_mm
    return np.asarray(away < _ROUND_MM * scale)


def _look_alikes(seed: int, patient: Patient, detector: Detector) -> tuple[np.ndarray, ...]:
    """Drawn once more, alone, and taken apart where they do not hang together."""
    paths = Paths.empty(PLANNING_SHAPE)
    add_look_alikes(patient, detector, paths, generator(seed, Stream.LOOK_ALIKES))
    found = []
    for tissue in (Tissue.SOFT, Tissue.METAL):
        shadow = paths.mm[tissue]
        drawn = shadow > 0.25 * shadow.max()
        # The beads of a necklace are one thing.
        parts, count = label(binary_closing(drawn, np.ones((3, 3)), iterations=2) | drawn)
        found += [parts == number for number in range(1, count + 1)]
    return tuple(found)


def boxes(phantom: Phantom) -> dict[str, tuple[float, float, float, float]]:
    """Boxes around a phantom's anatomy, exact to the planning grid (a 160th of the height).

    Returns
    -------
    dict of str to tuple of float
        Top, left, bottom and right, in image coordinates, of the lungs and of every `Field` that
        EGD-CXR has; of the heart as large as a finding makes it.
    """
    fields = dict(see_anatomy(phantom.seed).fields)
    fields[Field.HEART] = fields[Field.HEART] | small(phantom.mask("Cardiomegaly"))
    masks = {
        field.value: mask
        for field, mask in fields.items()
        if field not in (Field.SHOULDERS, Field.BELOW)
    }
    for name, zones in _ZONES.items():
        masks[name] = np.logical_or.reduce([fields[zone] for zone in zones if zone in fields])
    scale = np.divide(phantom.pixels.shape, PLANNING_SHAPE)
    found = {}
    for name, mask in masks.items():
        rows, columns = find_objects(mask.astype(int))[0]
        edges = np.array([rows.start, columns.start, rows.stop, columns.stop]) * np.tile(scale, 2)
        top, left, bottom, right = edges.tolist()
        found[name] = (top, left, bottom, right)
    return found


def small(mask: np.ndarray) -> np.ndarray:
    """A mask of the picture on the planning grid: the cells in which any of its pixels is.

    Returns
    -------
    ndarray of shape (160, 135), bool
    """
    for cells in PLANNING_SHAPE:
        edges = np.arange(cells + 1) * len(mask) // cells
        # A cell that is smaller than a pixel gets that pixel.
        parts = [mask[first : max(end, first + 1)] for first, end in pairwise(edges.tolist())]
        mask = np.array([np.logical_or.reduce(part) for part in parts]).T.copy()
    return mask
