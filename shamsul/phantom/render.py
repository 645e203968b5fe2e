"""From a seed to a finished phantom."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from . import devices, diseases, imaging
from .phantom import LABELS, Finding, Grade, Phantom
from .scene import Scene, build
from .streams import Stream, generator
from .tissues import Paths

Insert = Callable[[Scene, Paths, Grade, np.random.Generator], np.ndarray]

# The pleura's findings leave less lung for those that fill it; devices lie over everything.
INSERTS: dict[str, Insert] = {
    "Cardiomegaly": diseases.cardiomegaly,
    "Pleural Effusion": diseases.effusion,
    "Pneumothorax": diseases.pneumothorax,
    "Consolidation": diseases.consolidation,
    "Lung Lesion": diseases.lesion,
    "Support Devices": devices.support_devices,
}


def sample_findings(seed: int) -> dict[str, Grade]:
    """Findings of a seed: about 18% none; otherwise each about 30% over all seeds."""
    rng = generator(seed, Stream.PRESENCE)
    if rng.random() < 0.085:
        return {}
    grades = list(Grade)
    return {label: grades[rng.integers(3)] for label in INSERTS if rng.random() < 0.32}


def insert(scene: Scene, findings: Mapping[str, Grade], paths: Paths) -> tuple[Finding, ...]:
    """Insert findings into path lengths, in place.

    Raises
    ------
    ValueError
        If a label is not a finding or a grade not a `Grade`.
    """
    for label, grade in findings.items():
        if label not in INSERTS:
            raise ValueError(f"{label!r} is not a finding; known are {', '.join(INSERTS)}")
        if not isinstance(grade, Grade):
            raise ValueError(f"grade of {label} must be a Grade, not {grade!r}")
    masks = {}
    for label, function in INSERTS.items():
        if label in findings:
            rng = generator(
                scene.seed, Stream.FINDINGS, LABELS.index(label), list(Grade).index(findings[label])
            )
            masks[label] = function(scene, paths, findings[label], rng)
    return tuple(
        Finding(label, findings[label], masks[label]) for label in LABELS if label in masks
    )


def render(
    seed: int,
    *,
    findings: Mapping[str, Grade] | None = None,
    shape: tuple[int, int] = (1024, 864),
) -> Phantom:
    """Render a synthetic chest radiograph.

    Parameters
    ----------
    seed : int
        Patient, exposure, distractors and noise; non-negative.
    findings : mapping of str to Grade, optional
        What to insert; drawn from the seed by default, nothing if empty.
    shape : tuple of int
        (rows, columns). The field is the same at every shape, so pixels are square only when the
        shape has the aspect of 1024 x 864.

    Returns
    -------
    Phantom

    Raises
    ------
    ValueError
        If a label is not a finding or a grade not a `Grade`.

    Examples
    --------
    >>> case = render(7, findings={"Lung Lesion": Grade.OBVIOUS}, shape=(128, 108))
    >>> [label for label, present in case.labels.items() if present]
    ['Lung Lesion']
    """
    if findings is None:
        findings = sample_findings(seed)
    scene = build(seed, shape)
    portable = not scene.patient.pose.front_on_detector
    technique = imaging.sample_technique(generator(seed, Stream.TECHNIQUE), portable)
    reference = imaging.expose(scene.paths, scene.detector, technique)
    paths = scene.paths.copy()
    inserted = insert(scene, findings, paths)
    signal = imaging.expose(paths, scene.detector, technique) if inserted else reference
    noisy = imaging.add_noise(signal, scene.detector, technique, generator(seed, Stream.NOISE))
    pixels = imaging.display(noisy, reference, scene.lungs, scene.detector, technique)
    return Phantom(pixels, scene.detector.spacing_mm, inserted, scene.look_alikes, seed)
