"""The sample-size panel of the set-up page, by its logic."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from shamsul.analysis.sample_size import Plan
from shamsul.metrics.power import Components
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.settings import settings
from shamsul.ui.setup import charts
from shamsul.ui.setup.sample_size import OPEN
from tests.reading.database.test_readings import answer
from tests.ui.contrast import luminance
from tests.ui.setup.test_setup_page import SetUp


@pytest.fixture
def page(installation: Path) -> SetUp:
    return SetUp("setup")


def open_panel(page: SetUp) -> None:
    page.app.session_state[OPEN] = True
    page.app.run()
    assert not page.app.exception


def rate(readers: tuple[str, ...], items: tuple[str, ...]) -> None:
    """Every map of the study that the page has made."""
    rng = np.random.default_rng(0)
    store = Store(settings().database)
    for reader, item in product(readers, items):
        for one in Readings(store.database).of("my-study", reader):
            panels = range(len(one.reading.panels))
            store.record([answer(one, item, int(rng.integers(1, 6)), panel) for panel in panels])
    store.close()


def test_nothing_is_computed_before_the_panel_is_opened(page: SetUp) -> None:
    assert not page.app.dataframe
    assert "Sample size" in [box.label for box in page.app.expander]


def test_stated_components_are_an_example_that_can_be_changed(page: SetUp) -> None:
    open_panel(page)
    said = page.said()
    assert "With 6 readers 165 cases are needed to find a difference of 0.05" in said
    assert "an example: AUCs of five readers of 114 cases" in said
    (table,) = page.app.dataframe
    cases = table.value.set_index("Readers")["Cases needed"]
    assert (cases[6], cases.isna().sum()) == (165, 1)
    page.app.number_input(key="plan-var_tr").set_value(0.0).run()
    (table,) = page.app.dataframe
    assert table.value["Cases needed"].notna().all()
    page.app.number_input(key="plan-power").set_value(90).run()
    assert "a power of 90%" in page.said()
    page.app.number_input(key="plan-cov1").set_value(0.002).run()
    assert "This cannot be planned: a covariance is greater than var" in page.said()


@pytest.mark.parametrize("page", ["#0c0e10", "#ffffff"])
def test_every_line_is_seen_on_a_dark_and_on_a_light_page(page: str) -> None:
    plan = Plan(Components(0.0002, 0.0008, 0.00035, 0.00034, 0.00024, 114), 0.05)
    figure = charts.power(plan.curves(plan.needed()), 0.9)
    behind = luminance(page)
    for line in figure.data:
        ink = luminance(line.line.color)
        assert (max(behind, ink) + 0.05) / (min(behind, ink) + 0.05) >= 2.3, line.name


def test_the_figure_has_a_line_and_a_name_for_each_number_of_readers() -> None:
    plan = Plan(Components(0.0002, 0.0008, 0.00035, 0.00034, 0.00024, 114), 0.05)
    curves = plan.curves(plan.needed())
    figure = charts.power(curves, 0.9)
    lines = {one.name: one for one in figure.data if one.name}
    assert list(lines) == [f"{readers} readers" for readers in plan.readers]
    np.testing.assert_array_equal(lines["5 readers"].y, curves.loc[curves["readers"] == 5, "power"])
    named = {one.text[-1].strip(): one for one in figure.data if one.text}
    assert named.keys() == lines.keys()
    for name, leader in named.items():
        # From the end of its line, in its colour.
        assert leader.y[0] == lines[name].y[-1]
        assert leader.line.color == lines[name].line.color
    dashed = [shape for shape in figure.layout.shapes if shape.line.dash == "dash"]
    assert [(shape.y0, shape.y1) for shape in dashed] == [(0.9, 0.9)]


def test_the_figure_says_what_it_shows(page: SetUp) -> None:
    open_panel(page)
    (chart,) = page.app.get("plotly_chart")
    assert "Power over cases for 3 to 12 readers. With 6 readers 165 cases" in chart.proto.alt
    (button,) = (b for b in page.app.get("download_button") if "ZIP" in b.proto.label)
    assert button.proto.label == "Download tables and figure (ZIP)"


def test_a_study_as_the_pilot_says_what_it_is_worth(page: SetUp) -> None:
    page.press("Create the study")
    page.choose("")
    open_panel(page)
    page.app.radio(key="plan-from").set_value("A study as the pilot").run()
    page.app.selectbox(key="plan-pilot").set_value("my-study").run()
    assert "This cannot be planned: nothing has been rated on this scale yet." in page.said()
    rate(("Ada",), ("location",))
    page.app.run()
    assert "fewer than two readers" in page.said()
    rate(("Bo",), ("location",))
    page.app.run()
    assert not page.app.exception
    assert "The pilot has 4 methods, 2 readers and 6 cases" in page.said()
    assert "a difference of 0.5 between the best and the worst of 4 methods" in page.said()
    page.app.number_input(key="plan-methods-4-0.5").set_value(2).run()
    assert "a difference of 0.5 between two methods" in page.said()
