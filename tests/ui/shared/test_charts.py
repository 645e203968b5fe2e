"""What figures of pages have in common."""

import pytest

from shamsul.explainers.baselines import EXPLAINERS
from shamsul.reporting.pictures import KNOWN, MARKERS, look
from shamsul.ui.shared.charts import ALONE, STRONG, marker, markers
from tests.ui.contrast import luminance


@pytest.mark.parametrize("page", ["#0c0e10", "#ffffff"])
def test_every_method_is_seen_on_a_dark_and_on_a_light_page(page: str) -> None:
    behind = luminance(page)
    colours = {name: one["color"] for name, one in markers([*EXPLAINERS, *KNOWN]).items()}
    for name, colour in {**colours, "alone": ALONE, "strong": STRONG}.items():
        ink = luminance(colour)
        assert (max(behind, ink) + 0.05) / (min(behind, ink) + 0.05) >= 2.2, name


def test_methods_look_as_in_files_with_markers_of_their_own() -> None:
    assert markers(["lime"])["lime"] == {"color": KNOWN["lime"][0], "symbol": "circle"}
    symbols = {marker(look(number))["symbol"] for number in range(len(MARKERS))}
    assert len(symbols) == len(MARKERS)
