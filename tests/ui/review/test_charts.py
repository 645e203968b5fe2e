"""Figures of the Review page."""

import re

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


@pytest.mark.parametrize(("page", "letters"), [("#0c0e10", "#c9ced4"), ("#ffffff", "#31333f")])
def test_numbers_are_read_on_their_cells_and_more_agreement_stands_out_more(
    page: str, letters: str
) -> None:
    """In either theme: cells are laid over its page, letters are its own."""
    cells, texts = charts.agreement(TITLES, MATRIX).data
    assert texts.textfont.color is None
    (_, nothing), (_, same) = cells.colorscale
    *rgb, most = (float(part) for part in re.findall(r"[\d.]+", same))
    assert nothing.endswith(" 0)")
    under = [int(page[i : i + 2], 16) for i in (1, 3, 5)]
    seen = []
    for level in np.linspace(0, 1, 9):
        alpha = level * most
        mixed = [round(alpha * c + (1 - alpha) * p) for c, p in zip(rgb, under, strict=True)]
        cell, ink = luminance("#" + "".join(f"{part:02x}" for part in mixed)), luminance(letters)
        assert (max(cell, ink) + 0.05) / (min(cell, ink) + 0.05) >= 4
        seen.append(abs(cell - luminance(page)))
    assert (np.diff(seen) > 0).all()
