"""What a model says of made-up images."""

import numpy as np
from scipy.special import expit

from shamsul.assessment.scored import FACTORS, Scored


def made(
    count: int = 200, labels: tuple[str, ...] = ("Edema", "Pneumonia"), seed: int = 0
) -> Scored:
    """Images of patients with two each on average, of which a finding is not always known."""
    rng = np.random.default_rng(seed)
    shape = (count, len(labels))
    present = rng.random(shape) < 0.4
    logits = rng.normal(0, 1, shape) + np.where(present, 1.0, -0.5)
    groups = {
        factor: np.array(rng.choice(["", *names], count), object)
        for factor, names in FACTORS.items()
    }
    return Scored(
        labels,
        logits,
        expit(logits),
        np.full(len(labels), 0.4),
        present,
        rng.random(shape) < 0.9,
        np.unique(rng.integers(0, count // 2, count), return_inverse=True)[1],
        groups,
        np.arange(1, count + 1),
    )
