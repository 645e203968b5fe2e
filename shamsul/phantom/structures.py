"""Exact masks of a phantom's anatomy and of what else is in the picture, found from its seed."""

from __future__ import annotations

import numpy as np

from .detector import Detector
from .gaze.anatomy import LUNGS, Field, see_anatomy
from .look_alikes import add_marker
from .patient import Patient, sample_patient
from .scene import PLANNING_SHAPE, build
from .skeleton import Skeleton
from .streams import Stream, generator
from .tissues import Paths, Tissue
from .tubes import Cloud

BONE_MM = 2.0
"""Bone on a ray from which on a pixel shows some (our choice, as is the next)."""
BODY_MM = 1.0
"""Tissue on a ray from which on a pixel shows the body."""


class _Ribs(Skeleton):
    """Draws all bones, so that chance falls as in the picture, and keeps the ribs."""

    def __init__(self, patient: Patient, detector: Detector, rng: np.random.Generator) -> None:
        super().__init__(patient, detector, rng)
        self._ribs: tuple[list[Cloud], list[Cloud]] = [], []

    def _rib(self, number: int, side: int) -> None:
        before = len(self.compact), len(self.spongy)
        super()._rib(number, side)
        self._ribs[0].extend(self.compact[before[0] :])
        self._ribs[1].extend(self.spongy[before[1] :])

    def _spine(self) -> None:
        super()._spine()  # the last of the bones
        self.compact, self.spongy = self._ribs


def structures(seed: int) -> dict[str, np.ndarray]:
    """Where a phantom's anatomy is, and the marker; findings and devices are of the phantom itself.

    Parameters
    ----------
    seed : int

    Returns
    -------
    dict of str to ndarray of shape (160, 135), bool
        On the planning grid, which covers the picture at every shape: lungs, heart, mediastinum,
        trachea, ribs, other bones, marker, look-alikes (nipples, folds of skin, jewellery and
        snaps), and what is outside of the body. Of the patient without findings.
    """
    patient = sample_patient(generator(seed, Stream.PATIENT))
    detector = Detector(PLANNING_SHAPE, patient.field_mm, patient.pose)
    anatomy = see_anatomy(seed)
    nothing = np.zeros(PLANNING_SHAPE, dtype=bool)
    fields = anatomy.fields
    lungs = np.logical_or.reduce([fields[one] for one in LUNGS if one in fields])
    ribs = _bone(_Ribs, patient, detector, seed)
    marker = Paths.empty(PLANNING_SHAPE)
    add_marker(detector, marker, generator(seed, Stream.MARKER))
    mm = build(seed, PLANNING_SHAPE).paths.mm
    body = mm[[tissue for tissue in Tissue if tissue is not Tissue.METAL]].sum(0) > BODY_MM
    return {
        "lungs": lungs,
        "heart": fields.get(Field.HEART, nothing),
        "mediastinum": fields.get(Field.MEDIASTINUM, nothing),
        "trachea": fields.get(Field.TRACHEA, nothing),
        "ribs": ribs,
        "other bones": _bone(Skeleton, patient, detector, seed) & ~ribs,
        "marker": marker.mm[Tissue.METAL] > 0,
        "look-alikes": np.logical_or.reduce([nothing, *anatomy.look_alikes]),
        "outside the body": ~body,
    }


def _bone(kind: type[Skeleton], patient: Patient, detector: Detector, seed: int) -> np.ndarray:
    paths = Paths.empty(PLANNING_SHAPE)
    kind(patient, detector, generator(seed, Stream.BONES)).insert(paths)
    found: np.ndarray = paths.mm[Tissue.CORTEX] + paths.mm[Tissue.MARROW] > BONE_MM
    return found
