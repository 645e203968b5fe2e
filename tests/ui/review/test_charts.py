"""Figures of the Review page."""

import numpy as np
import pytest

from shamsul.ui.review import charts
from tests.ui.contrast import luminance

MATRIX = np.array([[1, 0.91, np.nan], [0.91, 1, -0.2], [np.nan, -0.2, 1]])
TITLES = ("LIME", "SHAP", "Integrated Gradients")


def test_each_pair_has_its_number_in_its_cell_and_no_map_is_compared_with_itself() -> None:
    cells, texts = charts.agreement(TITLES, MATRIX).data
    assert np.isnan(np.diag(cells.z)).all()
    written = {
        (row, column): text for row, column, text in zip(texts.y, texts.x, texts.text, strict=True)
    }
    assert written == {
        ("LIME", "SHAP"): "0.91",
        ("SHAP", "LIME"): "0.91",
        ("LIME", "Integrated<br>Gradients"): "–",
        ("Integrated<br>Gradients", "LIME"): "–",
        ("SHAP", "Integrated<br>Gradients"): "−0.20",
        ("Integrated<br>Gradients", "SHAP"): "−0.20",
    }


@pytest.mark.parametrize("light", [False, True])
def test_numbers_are_read_on_their_cells_and_more_agreement_stands_out_more(light: bool) -> None:
    levels = np.linspace(0, 1, 9)
    stops = []
    for level in levels:
        pair = np.array([[1, level], [level, 1]])
        cells, texts = charts.agreement(("LIME", "SHAP"), pair, light=light).data
        colours = np.array(
            [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in cells.colorscale]
        )
        rgb = [np.interp(level, [0, 0.5, 1], channel) for channel in colours.T]
        cell = luminance("#" + "".join(f"{round(part):02x}" for part in rgb))
        ink = luminance(texts.textfont.color[0])
        assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 4
        stops.append(cell)
    page = 1.0 if light else 0.0
    assert (np.diff(np.abs(np.array(stops) - page)) > 0).all()
