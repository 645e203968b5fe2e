"""Independent random streams of a seed, so that one thing's draws never move another's."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream of random numbers decides."""

    PATIENT = 0
    """Build, pose and field."""
    HEART = 1
    """Irregularity of the silhouette."""
    DIAPHRAGM = 2
    """Its waviness."""
    BODY = 3
    """Breasts and bowel gas."""
    VESSELS = 4
    """Branching in the lungs."""
    BONES = 5
    """Irregularity of the skeleton."""
    TEXTURE = 6
    """Fine structure of lung and fat."""
    LOOK_ALIKES = 7
    """Harmless distractors."""
    MARKER = 8
    """Side marker."""
    TECHNIQUE = 9
    """Exposure and processing."""
    NOISE = 10
    """Quanta."""
    PRESENCE = 11
    """Which findings, and how conspicuous."""
    FINDINGS = 12
    """Place and form of findings, one sub-stream per label and grade."""


def generator(seed: int, stream: Stream, *parts: int) -> np.random.Generator:
    """Fresh generator of a stream; the same arguments give the same numbers."""
    return np.random.default_rng([seed, stream, *parts])
