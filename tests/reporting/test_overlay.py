"""Pictures of maps have the film's proportions, whatever its pixels are like."""

import numpy as np
import pytest

from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.radiographs import Geometry, Radiograph
from shamsul.reporting.overlay import LONGEST, overlay


def disc(aspect: float) -> np.ndarray:
    """A disc of 60 mm in a film of 200 mm x 100 mm, whose pixels are 1 mm wide."""
    rows, columns = np.indices((round(200 / aspect), 100)) + 0.5
    return (np.hypot(rows * aspect - 100, columns - 50) < 30).astype(np.float32)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 1.25, 2.0])
@pytest.mark.parametrize("stated", [True, False])
def test_a_disc_is_drawn_as_a_disc(aspect: float, stated: bool) -> None:
    pixels = disc(aspect)
    spacing = {"spacing_mm": (aspect, 1.0)} if stated else {"declared_aspect": aspect}
    film = Radiograph(pixels, (0.0, 1.0), **{"spacing_mm": None, **spacing}, view="", sha256="a")
    geometry = Geometry.window(
        film.shape, (20, 10), top=0, left=0, height=film.shape[0], width=film.shape[1]
    )
    nothing = Heatmap(
        np.zeros((20, 10), np.float32), "Edema", "lime", {}, geometry, 1, 0.0, Target.LOGIT, 0.0
    )
    drawn = overlay(film, nothing)[..., 0]
    assert drawn.shape[0] == pytest.approx(2 * drawn.shape[1], rel=0.01)
    assert max(drawn.shape) <= LONGEST
    bright = drawn > 127
    high, wide = bright.any(1).sum(), bright.any(0).sum()
    assert high == pytest.approx(wide, rel=0.04)
    assert high / drawn.shape[0] == pytest.approx(0.3, rel=0.04)
