"""Made-up scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shamsul.localisation.score import METRICS, Score

LABELS = ("Cardiomegaly", "Edema", "Pleural Effusion")
METHODS = ("lime", "grad_cam", "lung_field", "centred_gaussian")


def row(image: str, label: str, method: str, **values: float) -> Score:
    """A score of a finding, alone in its image if nothing else is said."""
    return Score(image, label, method, **{"mask_area": 100, "labels_in_image": 1} | values)


def rows(values: Mapping[str, Sequence[float]], metric: str = "iou", **more: Any) -> list[Score]:
    """One label's scores, by method, of images in their order."""
    return [
        row(f"i{number}", "Edema", method, **{metric: value}, **more)
        for method, column in values.items()
        for number, value in enumerate(column)
    ]


def varied(
    images: int = 12,
    labels: Sequence[str] = LABELS,
    methods: Sequence[str] = METHODS,
    seed: int = 0,
) -> list[Score]:
    """Scores with some ties and some undefined, of images with one finding or several."""
    rng = np.random.default_rng(seed)
    made = []
    for image in range(images):
        here = [label for label in labels if rng.random() < 0.6] or [labels[0]]
        for label in here:
            features = {
                "mask_area": float(rng.integers(100, 9000)),
                "area_share": float(rng.uniform(0.001, 0.3)),
                "regions": float(rng.integers(1, 4)),
                "elongation": float(rng.uniform(1, 4)),
                "rectangularity": float(rng.uniform(0.4, 1)),
                "labels_in_image": float(len(here)),
                "probability": float(rng.random()),
            }
            for method in methods:
                scores = dict.fromkeys(METRICS, float(np.round(rng.random(), 1)))
                scores["hit"] = float(rng.random() < 0.5)
                scores["centre_distance_px"] = float(rng.uniform(0, 300))
                if rng.random() < 0.1:
                    scores["iou"] = scores["dice"] = np.nan
                made.append(Score(f"i{image:02d}", label, method, **features, **scores))
    return made
