"""What a panel says about its map."""

import numpy as np
import pytest

from shamsul.classifiers.prediction import LabelScore, Prediction
from shamsul.explainers.cache import MapKey
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.registry import METHODS
from shamsul.jobs import Job, State
from shamsul.radiographs.geometry import Geometry
from shamsul.ui import maps


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (None, "8 evaluations, 0.5 s"),
        (0.82, "fit R² 0.82, 8 evaluations, 0.5 s"),
        (0.31, "fit R² 0.31 (poor), 8 evaluations, 0.5 s"),
    ],
)
def test_facts_say_how_well_the_method_fits(fit: float | None, says: str) -> None:
    geometry = Geometry.window((4, 4), (4, 4), top=0, left=0, height=4, width=4)
    found = Heatmap(
        values=np.ones((4, 4), np.float32),
        label="Edema",
        method="lime",
        parameters={},
        geometry=geometry,
        evaluations=8,
        seconds=0.5,
        target=Target.LOGIT,
        output=1.0,
        fit=fit,
    )
    job = Job(MapKey("0" * 64, "0" * 64, "lime", {}), METHODS["lime"], State.DONE, maps=(found,))
    prediction = Prediction("model", (LabelScore("Edema", 1.0, 0.7, 0.5),))
    (row,) = maps.rows({"lime": job}, ["Edema"], prediction, ())
    assert row.panels[0].facts == says
