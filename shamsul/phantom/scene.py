"""The patient on the detector: anatomy without findings, ready for findings to be inserted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .body import see_body
from .cavity import Lungs, see_lungs
from .detector import Detector
from .heart import Contour, contour
from .look_alikes import add_look_alikes, add_marker
from .patient import Patient, sample_patient
from .skeleton import Skeleton
from .streams import Stream, generator
from .tissues import Paths, Tissue
from .vessels import see_airways, see_vessels

# Where findings go is decided on this grid, so that it does not depend on the rendered shape.
PLANNING_SHAPE = (160, 135)


@dataclass(frozen=True)
class Scene:
    """Everything a finding needs to know about its patient.

    Attributes
    ----------
    seed : int
        Of the patient.
    patient : Patient
        The anatomy.
    detector : Detector
        The rays.
    heart : Contour
        Normal heart.
    waviness : ndarray of shape (H, W)
        Height added to the diaphragm, mm.
    lungs : Lungs
        What the rays see of the normal lungs.
    paths : Paths
        Path lengths; findings change a copy.
    plan : Lungs
        The lungs on the planning grid.
    look_alikes : tuple of str
        Harmless distractors.
    """

    seed: int
    patient: Patient
    detector: Detector
    heart: Contour
    waviness: np.ndarray
    lungs: Lungs
    paths: Paths
    plan: Lungs
    look_alikes: tuple[str, ...]

    def heart_of_ratio(self, ratio: float) -> Contour:
        """The same heart enlarged to a cardiothoracic ratio."""
        return contour(self.patient, generator(self.seed, Stream.HEART), ratio)

    def lungs_around(self, heart: Contour) -> Lungs:
        """The lungs displaced by another heart."""
        return see_lungs(self.patient, self.detector, heart, self.waviness)


def _texture(paths: Paths, detector: Detector, rng: np.random.Generator) -> None:
    """Small vessels and interlobular septa too fine to draw one by one; uneven muscle and fat."""
    fine = sum(
        share * detector.field(rng, grain)
        for share, grain in ((0.008, 9.0), (0.012, 4.2), (0.014, 2.2))
    )
    moved = np.clip(fine * paths.mm[Tissue.LUNG], 0, None).astype(np.float32)
    paths.replace(Tissue.LUNG, Tissue.BLOOD, moved)
    streaks = 1 + 0.05 * detector.field(rng, 34.0) + 0.02 * detector.field(rng, 9.0)
    paths.mm[Tissue.FAT] *= np.clip(streaks, 0.8, 1.2)


def build(seed: int, shape: tuple[int, int]) -> Scene:
    """Anatomy of a seed on a grid of a shape."""
    patient = sample_patient(generator(seed, Stream.PATIENT))
    heart = contour(patient, generator(seed, Stream.HEART))
    detector = Detector(shape, patient.field_mm, patient.pose)
    waviness = np.float32(1.5) * detector.field(generator(seed, Stream.DIAPHRAGM), 28.0)
    lungs = see_lungs(patient, detector, heart, waviness)
    paths = see_body(patient, detector, lungs, generator(seed, Stream.BODY))
    paths.replace(
        Tissue.LUNG, Tissue.BLOOD, see_vessels(patient, detector, generator(seed, Stream.VESSELS))
    )
    airways = see_airways(patient, detector)
    aerated = lungs.thickness / np.maximum(lungs.ribcage, 1)
    paths.replace(Tissue.SOFT, None, airways * (1 - aerated))
    paths.replace(Tissue.LUNG, None, airways * aerated)
    _texture(paths, detector, generator(seed, Stream.TEXTURE))
    Skeleton(patient, detector, generator(seed, Stream.BONES)).insert(paths)
    look_alikes = add_look_alikes(patient, detector, paths, generator(seed, Stream.LOOK_ALIKES))
    add_marker(detector, paths, generator(seed, Stream.MARKER))
    planner = Detector(PLANNING_SHAPE, patient.field_mm, patient.pose)
    plan = see_lungs(patient, planner, heart, np.zeros(PLANNING_SHAPE))
    return Scene(seed, patient, detector, heart, waviness, lungs, paths, plan, look_alikes)
