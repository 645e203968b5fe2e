"""The randomised patient: every number that shapes the anatomy, in mm and degrees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .detector import Pose


@dataclass(frozen=True)
class Patient:
    """Anatomy and positioning drawn from a seed.

    Attributes
    ----------
    female : bool
        Narrower chest, breasts, thinner bones.
    age : float
        Years; bones fade and the aorta unfolds with it.
    habitus : float
        0 thin to 1 obese.
    half_width : float
        Inner half-width of the thorax at its widest.
    half_depth : float
        Inner antero-posterior half-depth at its deepest.
    taper : float
        0 barrel-shaped to 1 bell-shaped ribcage.
    dome_right, dome_left : float
        Heights of the diaphragm domes (down).
    angle_depth : float
        Drop from a dome to its costophrenic angle.
    heart_ratio : float
        Cardiothoracic ratio without disease.
    heart_tilt : float
        Radians; vertical to horizontal heart.
    spine_bend, spine_phase : float
        Amplitude (mm) and phase of lateral curvature.
    pitch : float
        Height of the first thoracic vertebra with its disc.
    rib_drop : float
        Obliquity of the ribs, 1 on average.
    arm : float
        0 hanging to 1 abducted with the hands on the hips.
    bone : float
        Mineral density, 1 in the young.
    knob : float
        Radius of the aortic knob.
    bowel_gas : bool
        Gas in the stomach.
    pose : Pose
        Position in the beam.
    field_mm : tuple of float
        (height, width) of the collimated field.
    """

    female: bool
    age: float
    habitus: float
    half_width: float
    half_depth: float
    taper: float
    dome_right: float
    dome_left: float
    angle_depth: float
    heart_ratio: float
    heart_tilt: float
    spine_bend: float
    spine_phase: float
    pitch: float
    rib_drop: float
    arm: float
    bone: float
    knob: float
    bowel_gas: bool
    pose: Pose
    field_mm: tuple[float, float]

    @property
    def angle_down(self) -> float:
        """Level of the costophrenic angles."""
        return self.dome_right + self.angle_depth

    @property
    def wall(self) -> float:
        """Thickness of the lateral chest wall outside the ribs."""
        return 23.0 + 26.0 * self.habitus

    def spine_left(self, down: np.ndarray | float) -> np.ndarray:
        """Lateral position of the spine at each level."""
        return np.asarray(self.spine_bend * np.sin(down / 75.0 + self.spine_phase))

    def vertebra(self, level: float) -> float:
        """Centre of a thoracic vertebra (1 to 12; 0 and below are cervical, 13 and up lumbar)."""
        k = level - 1
        return -4.0 + self.pitch * (k + 0.02 * k * abs(k))


# Height over width of the field, of a 35 x 43 cm cassette cropped a little.
ASPECT = 1024 / 864


def sample_patient(rng: np.random.Generator) -> Patient:
    """Draw a patient."""
    female = bool(rng.random() < 0.47)
    age = float(np.clip(rng.normal(57, 17), 19, 94))
    size = float(np.clip(rng.normal(1.0, 0.045), 0.88, 1.13)) * (0.94 if female else 1.03)
    habitus = float(np.clip(rng.beta(2.0, 3.0), 0.02, 0.95))
    inspiration = float(np.clip(rng.normal(0.0, 1.0), -2.2, 1.8))
    portable = bool(rng.random() < 0.3)
    if portable:
        inspiration -= 0.8
    half_width = size * (138 + rng.normal(0, 6)) * (1 + 0.06 * (habitus - 0.4))
    half_depth = size * (88 + 22 * (habitus - 0.35) + rng.normal(0, 5))
    dome = size * (208 + 13 * inspiration - 14 * (habitus - 0.4))
    field = size * (392 + 26 * habitus + rng.normal(0, 14))
    turn = np.deg2rad(rng.normal(0, 2.2) + (rng.normal(0, 6) if rng.random() < 0.15 else 0))
    pose = Pose(
        front_on_detector=not portable,
        source_mm=float(rng.uniform(1050, 1350) if portable else rng.uniform(1780, 1850)),
        gap_mm=float(half_depth + 45),
        turn=float(turn),
        lean=float(np.deg2rad(rng.normal(-3 if portable else 1.0, 3.5))),
        roll=float(np.deg2rad(rng.normal(0, 1.4))),
        centre=(float(0.5 * (dome + 45) + rng.normal(2, 9)), float(rng.normal(0, 6))),
    )
    mid = pose.magnification(0.0)
    return Patient(
        female=female,
        age=age,
        habitus=habitus,
        half_width=float(half_width),
        half_depth=float(half_depth),
        taper=float(rng.random()),
        dome_right=float(dome),
        dome_left=float(dome + size * rng.normal(11, 6)),
        angle_depth=float(size * rng.uniform(40, 58)),
        heart_ratio=float(
            np.clip(
                rng.normal(0.435 + 0.0003 * (age - 55) - 0.008 * inspiration, 0.026), 0.37, 0.485
            )
        ),
        heart_tilt=float(rng.normal(0, 0.1) + 0.12 * (habitus - 0.4) - 0.05 * inspiration),
        spine_bend=float(
            abs(rng.normal(0, 2.0)) + (rng.uniform(6, 15) if rng.random() < 0.1 else 0)
        ),
        spine_phase=float(rng.uniform(0, 2 * np.pi)),
        pitch=float(size * rng.normal(19.0, 0.5)),
        rib_drop=float(np.clip(rng.normal(1.0, 0.1), 0.75, 1.25)),
        arm=float(np.clip(rng.normal(0.25 if portable else 0.55, 0.22), 0, 1)),
        bone=float(
            (0.92 if female else 1.05)
            * np.clip(1.1 - 0.006 * max(age - 45, 0), 0.7, 1.2)
            * rng.uniform(0.9, 1.1)
        ),
        knob=float(size * (13 + 0.09 * (age - 40) + rng.normal(0, 1.3))),
        bowel_gas=bool(rng.random() < 0.65),
        pose=pose,
        field_mm=(float(field * mid), float(field * mid / ASPECT)),
    )
