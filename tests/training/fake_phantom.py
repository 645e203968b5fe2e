"""A quick stand-in for the phantom: one bright square per finding, fainter when subtler."""

import numpy as np

from shamsul.phantom import LABELS, Finding, Grade, Phantom

STRENGTH = {Grade.SUBTLE: 0.15, Grade.MODERATE: 0.3, Grade.OBVIOUS: 0.5}


def render(seed: int, *, shape: tuple[int, int]) -> Phantom:
    rng = np.random.default_rng(seed)
    pixels = (0.3 + 0.03 * rng.standard_normal(shape)).astype(np.float32)
    findings = []
    for number, label in enumerate(LABELS[1:]):
        if rng.random() < 0.4:
            grade = list(Grade)[rng.integers(3)]
            mask = np.zeros(shape, bool)
            top, left = shape[0] * (number // 3) // 2, shape[1] * (number % 3) // 3
            mask[top : top + shape[0] // 3, left : left + shape[1] // 4] = True
            pixels[mask] += STRENGTH[grade]
            findings.append(Finding(label, grade, mask))
    return Phantom(pixels.clip(0, 1), (1.0, 1.0), tuple(findings), (), seed)
