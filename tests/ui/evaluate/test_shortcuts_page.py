"""The view "Shortcuts" of the Evaluate page by its logic, and the flag on Review."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from shamsul.classifiers import registry
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.radiographs.geometry import Geometry
from shamsul.reading import Store
from shamsul.settings import settings
from shamsul.shortcuts import clusters
from shamsul.studies import localisation
from shamsul.studies import shortcuts as of_studies
from shamsul.ui.evaluate import shortcut_charts, shortcuts
from tests.ui.conftest import Pages, as_read

APP = Path(__file__).resolve().parents[3] / "app.py"
STUDY = "phantom-demo"
GRID = (48, 40)


class Shortcuts:
    """What a coordinator does in the view."""

    def __init__(self, methods: Sequence[str] = ("Grad-CAM",)) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=120).run()
        self.app.query_params["view"] = "Shortcuts"
        self.app.switch_page("pages/evaluate.py").run()
        (chosen,) = [one for one in self.app.button_group if one.label == "Methods and baselines"]
        chosen.set_value(list(methods)).run()
        assert not self.app.exception

    def said(self) -> str:
        app = self.app
        assert not app.exception
        kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success)
        return as_read("\n".join(element.value for kind in kinds for element in kind))

    def table(self, column: str) -> pd.DataFrame:
        (table,) = [one.value for one in self.app.dataframe if column in one.value.columns]
        return table


def draw(tagged: int) -> None:
    """Maps of all cases with a finding in the middle; the first have a spot in a corner."""
    store = Store(settings().database)
    study, cases = store.study(STUDY), store.cases(STUDY)
    store.close()
    rng = np.random.default_rng(0)
    for number, source in enumerate(localisation.to_compare(study, cases, ["grad_cam"])):
        values = 0.1 * rng.random(GRID)
        values[20:30, 10:20] += 1
        if number < tagged:
            values[:4, -5:] += 10
        maps = maps_of(source.key, values.astype(np.float32))
        MapCache(settings().maps).put(source.key, maps)


def maps_of(key: MapKey, values: np.ndarray) -> tuple[Heatmap, ...]:
    geometry = Geometry.window((1024, 864), GRID, top=0, left=0, height=1024, width=864)
    about = (key.method, key.parameters, geometry, 1, 0.1, key.target, 3.0)
    labels = registry.load("phantom").manifest.labels
    return tuple(Heatmap(values, label, *about) for label in labels)


@pytest.fixture
def few(installation: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight cases are enough for clusters, and three for judging one."""
    for module in (clusters, of_studies, shortcuts):
        monkeypatch.setattr(module, "ENOUGH", 8)
    monkeypatch.setattr(clusters, "SMALLEST", 3)
    monkeypatch.setattr(clusters, "MOST", 4)
    AppTest.from_file(str(APP), default_timeout=60).run()
    return installation


@pytest.mark.usefixtures("few")
def test_a_suspicious_cluster_is_flagged_and_leads_to_its_cases(pages: Pages) -> None:
    draw(4)
    page = Shortcuts()
    said = page.said()
    assert "at the top right of the picture, outside of the chest" in said
    assert "Cluster 1** · 4 cases" in said
    assert len(page.app.warning) == 1
    table = page.table("Flag")
    assert table["Case"].tolist()[:4] == [f"phantom-000{n}" for n in range(1, 5)]
    assert [bool(one) for one in table["Flag"]] == [True] * 4 + [False] * 4
    links = [one.proto.query_string for one in page.app.get("page_link")]
    assert len([one for one in links if "case=1" in one]) == 2  # typical, and among all
    images = [image.alt for one in page.app.get("image") for image in one.proto.imgs]
    assert "Mean map of cluster 1" in images
    assert "Map of Cardiomegaly over phantom-0001" in images
    # On Review, beside the case.
    pages.review(1)
    assert "belongs to a suspicious cluster of the study" in as_read(pages.texts())
    pages.review(8)
    assert "suspicious" not in pages.texts()


@pytest.mark.usefixtures("few")
def test_shares_have_a_figure_and_a_table() -> None:
    draw(0)
    page = Shortcuts()
    table = page.table("Positive relevance").set_index("Region")
    assert {"lungs", "heart", "marker", "outside the chest", "outside the body"} <= set(table.index)
    assert (table["95% from"] <= table["Positive relevance"]).all()
    assert (table["Known from"].loc[["lungs", "heart"]] == "phantom").all()
    alts = [chart.proto.alt for chart in page.app.get("plotly_chart")]
    assert alts == ["Shares of positive relevance by region and method; the table has them."]
    said = page.said()
    assert "“phantom” is exact, of a phantom" in said and "lung field" not in said
    assert not page.app.warning
    (part,) = [one for one in page.app.selectbox if one.label == "Maps are compared by"]
    part.select_index(1).run()
    assert "compared by whole maps" in page.said()


def test_what_is_missing_is_told(installation: Path) -> None:
    page = Shortcuts()
    assert "0 of 8 maps are computed." in page.said()
    assert "No map has been computed yet." in page.said()
    draw(2)
    page.app.run()
    assert "Clusters need 20 maps with positive relevance; this label has 8 maps." in page.said()
    (study,) = [one for one in page.app.selectbox if one.label == "Study"]
    study.set_value("my-radiographs").run()
    assert "This study has no cases yet." in page.said()


def test_figure_has_a_row_for_each_region_and_a_mark_for_each_method() -> None:
    rows = [
        {
            "label": "Edema", "method": method, "region": region, "known": "phantom",
            "positive": 0.3, "low": 0.2, "high": 0.5, "absolute": 0.3, "absolute_low": 0.2,
            "absolute_high": 0.4, "area": 0.1, "cases": 7, "left_out": 0,
        }
        for method in ("grad_cam", "lrp")
        for region in ("marker", "lungs")
    ]  # fmt: skip
    figure = shortcut_charts.shares(pd.DataFrame(rows))
    assert list(figure.layout.yaxis.ticktext) == ["lungs", "marker"]
    assert [trace.name for trace in figure.data] == ["Grad-CAM", "LRP", "Share of the picture"]
    assert figure.data[0].x.tolist() == [0.3, 0.3]
    assert "0.30 (0.20 to 0.50)" in figure.data[0].hovertext[0]


def test_mean_map_is_brightest_where_it_is_greatest() -> None:
    mean = np.zeros((24, 24))
    mean[4, 20] = 0.5
    picture = shortcut_charts.picture(mean)
    assert picture.shape == (200, 200, 3) and picture.dtype == np.uint8
    brightness = picture.sum(2)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    assert (row * 24 // 200, column * 24 // 200) == (4, 20)
    assert (shortcut_charts.picture(np.zeros((24, 24))) == picture[-1, 0]).all()
