"""The Evaluate page by its logic: maps put into the cache by hand, or made at once."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from shamsul.annotations.annotation import Annotation, union
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes, Gaze
from shamsul.classifiers import registry
from shamsul.computing.worker import Worker
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError
from shamsul.findings.labels import GAZE
from shamsul.radiographs.geometry import Geometry
from shamsul.reading import Store
from shamsul.reading.database.accounts import Role
from shamsul.reading.demo import EXACT
from shamsul.reading.design.study import Case
from shamsul.settings import settings
from shamsul.studies import localisation
from shamsul.ui.evaluate import selection
from shamsul.ui.shared import sign_in
from shamsul.ui.shared.wording import plain
from tests.ui.conftest import Visitor, as_read, components, make_study, study_text

APP = Path(__file__).resolve().parents[3] / "app.py"
STUDY = "phantom-demo"
EFFUSION, LESION = "Pleural Effusion", "Lung Lesion"
#: What the tests' cases are annotated with; the others have no annotation.
ANNOTATED = {"phantom-0001": EFFUSION, "phantom-0002": LESION}


class Evaluate:
    """What a coordinator does on the page."""

    def __init__(self, view: str, methods: Sequence[str] = ("Grad-CAM", "LRP")) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=120).run()
        self.app.query_params["view"] = view
        self.app.switch_page("pages/evaluate.py").run()
        chosen = [one for one in self.app.button_group if one.label == "Methods and baselines"]
        if chosen:
            chosen[0].set_value(list(methods)).run()
        assert not self.app.exception

    def said(self) -> str:
        app = self.app
        assert not app.exception
        assert not [error for error in app.error if "could not be drawn" in error.value]
        kinds = (app.markdown, app.caption, app.error, app.warning, app.info, app.success)
        return "\n".join(element.value for kind in kinds for element in kind)

    def scores(self) -> pd.DataFrame:
        """The table under the maps of a case, by method."""
        (table,) = [one.value for one in self.app.dataframe if "IoU" in one.value.columns]
        return table.set_index("Method")

    def rows(self) -> list[dict]:
        """What the viewer is sent."""
        (viewer,) = [one for one in components(self.app) if "viewer" in one.proto.component_name]
        return json.loads(str(viewer.proto.json))["rows"]

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click().run()

    def labels(self) -> list[str]:
        return [button.label for button in self.app.button]


def cases() -> dict[str, Case]:
    store = Store(settings().database)
    found = {case.name: case for case in store.cases(STUDY)}
    store.close()
    return found


def maps_of(key: MapKey, values: Mapping[str, NDArray[np.float32]]) -> tuple[Heatmap, ...]:
    """Maps of every label of the model, those that are not given being zero."""
    shape = next(iter(values.values())).shape
    geometry = Geometry.window(shape, shape, top=0, left=0, height=shape[0], width=shape[1])
    nothing = np.zeros(shape, np.float32)
    return tuple(
        Heatmap(
            values.get(label, nothing),
            label,
            key.method,
            key.parameters,
            geometry,
            1,
            0.1,
            key.target,
            1.0,
        )
        for label in registry.load("phantom").manifest.labels
    )


def put(method: str, values: Mapping[str, NDArray[np.float32]]) -> None:
    """Put maps of cases into the cache, each of its annotated label."""
    store = Store(settings().database)
    study = store.study(STUDY)
    store.close()
    every = list(cases().values())
    for source in localisation.to_compare(study, every, [method]):
        if source.case.name in values:
            of_labels = {ANNOTATED.get(source.case.name, EFFUSION): values[source.case.name]}
            MapCache(settings().maps).put(source.key, maps_of(source.key, of_labels))


@pytest.fixture
def archive(installation: Path) -> AnnotationArchive:
    """The demo's annotations, but for those of all cases save two."""
    AppTest.from_file(str(APP), default_timeout=60).run()
    archive = AnnotationArchive(installation / "annotations")
    for name, case in cases().items():
        kept = [one for one in archive.get(case.image_sha256) if ANNOTATED.get(name) == one.label]
        archive.put(case.image_sha256, kept)
    return archive


@pytest.fixture
def marked(archive: AnnotationArchive) -> dict[str, NDArray[np.float32]]:
    """The annotated regions, by case: 1 in them and 0 elsewhere."""
    found = {}
    for name in ANNOTATED:
        (one,) = archive.get(cases()[name].image_sha256)
        found[name] = np.asarray(one.mark.region, np.float32)
    return found


@pytest.fixture
def exact_and_opposite(marked: dict[str, NDArray[np.float32]]) -> None:
    """Grad-CAM maps that are the annotations, and LRP maps that are everything else."""
    put("grad_cam", marked)
    put("lrp", {name: 1 - values for name, values in marked.items()})


@pytest.mark.usefixtures("exact_and_opposite")
def test_a_case_has_scores_and_curves_of_its_maps() -> None:
    page = Evaluate("Cases")
    table = page.scores()
    assert list(table.index) == ["Grad-CAM", "LRP"]
    assert table["IoU"].tolist() == table["Dice"].tolist() == [1, 0]
    assert table["Hit"].tolist() == [1, 0]
    assert table["Relevance mass"].tolist() == [1, 0]
    (row,) = page.rows()
    assert row["label"] == EFFUSION
    exact, opposite = (panel["curve"] for panel in row["panels"])
    # Nothing is above the last level.
    assert set(exact["iou"][:-1]) == set(exact["dice"][:-1]) == {1}
    assert set(opposite["iou"]) == {exact["iou"][-1]} == {0}
    assert [one["name"] for one in row["annotations"]] == [EXACT]


@pytest.mark.usefixtures("exact_and_opposite")
def test_another_case_shows_its_own_finding() -> None:
    page = Evaluate("Cases")
    select = page.app.selectbox(key="evaluated-case")
    assert select.options == list(ANNOTATED)  # those without annotation are left out
    select.set_value("phantom-0002").run()
    (row,) = page.rows()
    assert row["label"] == LESION
    assert page.scores().loc["Grad-CAM", "IoU"] == 1


def test_the_threshold_is_the_coordinators(marked: dict[str, NDArray[np.float32]]) -> None:
    values = marked["phantom-0001"]
    columns = np.flatnonzero(values.any(0))
    beside = np.zeros_like(values)
    beside[:, : columns[0]] = 0.5
    put("grad_cam", {"phantom-0001": values + beside * (values == 0)})
    page = Evaluate("Cases", ["Grad-CAM"])
    select = page.app.selectbox(key="evaluated-threshold")
    found = {}
    for threshold in ("0.4", "0.9"):
        select.set_value(threshold).run()
        found[threshold] = page.scores().loc["Grad-CAM", "IoU"]
    inside = values.sum()
    assert found["0.9"] == 1
    assert found["0.4"] == pytest.approx(inside / (inside + (beside > 0).sum()), abs=0.001)
    assert "40%" not in page.said() and "90% of their highest value" in page.said()


@pytest.mark.usefixtures("exact_and_opposite")
def test_marks_that_are_replaced_are_scored_anew(archive: AnnotationArchive) -> None:
    page = Evaluate("Cases")
    sha256 = cases()["phantom-0001"].image_sha256
    (before,) = archive.get(sha256)
    shape = before.mark.region.shape
    archive.put(sha256, [Annotation.of_region(EFFUSION, EXACT, ~before.mark.region)])
    page.app.run()
    assert page.scores()["IoU"].tolist() == [0, 1]
    box = Annotation(EFFUSION, DRAWN, Boxes(np.array([[0.0, 0, *shape]])), "Ada")
    archive.add(sha256, [box])
    page.app.run()
    # What a reader has drawn counts where it is asked for.
    assert page.scores().loc[["Grad-CAM", "LRP"], "IoU"].tolist() == [0, 1]
    page.app.multiselect[0].set_value([DRAWN]).run()
    whole = union([box], shape)
    share = (~before.mark.region & whole).sum() / whole.sum()
    assert page.scores().loc["LRP", "IoU"] == pytest.approx(share, abs=0.001)


@pytest.mark.usefixtures("exact_and_opposite")
def test_what_only_readers_drew_is_scored_against_where_it_is_chosen(
    archive: AnnotationArchive,
) -> None:
    sha256 = cases()["phantom-0001"].image_sha256
    drawn = Annotation(EFFUSION, DRAWN, Boxes(np.array([[0.0, 0, 9, 9]])), "Ada")
    for case in cases().values():
        archive.put(case.image_sha256, [drawn] if case.image_sha256 == sha256 else [])
    page = Evaluate("Cases")
    assert "Only readers have drawn in this study" in page.said()
    page.app.multiselect[0].set_value([DRAWN]).run()
    assert "Only readers" not in page.said()
    assert "LRP" in page.scores().index


@pytest.mark.usefixtures("exact_and_opposite")
def test_a_study_has_tables_and_files() -> None:
    page = Evaluate("Study")
    table = next(
        one.value
        for one in page.app.dataframe
        if {"label", "Grad-CAM", "LRP", "n"} == set(one.value.columns)
    )
    assert table.replace("\xa0", " ", regex=True).values.tolist() == [
        [LESION, "1.00", "0.00", "1"],
        [EFFUSION, "1.00", "0.00", "1"],
        ["All labels", "1.00 (1.00 to 1.00)", "0.00 (0.00 to 0.00)", "2"],
    ]
    images = [image for one in page.app.get("image") for image in one.proto.imgs]
    best = f"best: phantom-0001, {EFFUSION}, IoU 1.00"
    assert plain(best) in [image.caption for image in images]
    assert f"Grad-CAM map, {best}" in [image.alt for image in images]
    alts = [chart.proto.alt for chart in page.app.get("plotly_chart")]
    assert [alt.split(". ")[0] for alt in alts] == [
        "IoU by label and method",
        "Which method is better (IoU)",
        "IoU and size of the finding",
    ]
    # What a figure says without being seen stands below it too.
    assert "whiskers reach to the furthest score" in alts[0]
    assert any("whiskers reach to the furthest score" in one.value for one in page.app.caption)
    offered = [button.proto.label for button in page.app.get("download_button")]
    assert offered == [
        "Report (HTML)",
        "Tables and figures (ZIP)",
        "Scores (CSV)",
        "Everything (JSON)",
        "Table (LaTeX)",
    ]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, marked: dict[str, NDArray[np.float32]]) -> list[MapKey]:
    """A worker that gives the annotated regions at once; what it was asked for."""
    names = {case.image_sha256: name for name, case in cases().items()}
    asked: list[MapKey] = []

    def explain(self: Worker, folder: Path, key: MapKey, *_: object) -> tuple[Heatmap, ...]:
        asked.append(key)
        if key.method == "lrp":
            raise ExplainerError("This network has no rule.")
        name = names[key.image_sha256]
        return maps_of(key, {ANNOTATED[name]: marked[name]})

    monkeypatch.setattr(Worker, "explain", explain)
    return asked


def wait(page: Evaluate, text: str) -> None:
    """Look again until the page says something, as its fragment does by itself."""
    deadline = time.monotonic() + 60
    while text not in page.said():
        assert time.monotonic() < deadline, page.said()
        time.sleep(0.1)
        page.app.run()


def test_missing_maps_are_computed_when_asked_for(worker: list[MapKey]) -> None:
    page = Evaluate("Cases", ["Grad-CAM"])
    assert "0 of 2 maps are computed." in page.said()
    assert "No map of an annotated finding has been computed yet." in page.said()
    assert not worker
    page.press("Compute the missing maps")
    wait(page, "Scores of the whole maps")
    assert {key.method for key in worker} == {"grad_cam"} and len(worker) == 2
    assert "Compute the missing maps" not in page.labels()
    assert page.scores().loc["Grad-CAM", "IoU"] == 1


def test_a_method_that_fails_is_named_and_the_others_come(
    worker: list[MapKey], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "AT_ONCE", 1)  # what failed is in nobody's way
    page = Evaluate("Cases", ["LRP", "Grad-CAM"])
    page.press("Compute the missing maps")
    wait(page, "2 of 4 maps are computed.")
    assert "This network has no rule. (2 cases)" in page.said()
    assert list(page.scores().index) == ["Grad-CAM"]


def test_all_views_are_of_the_study_that_was_chosen(installation: Path) -> None:
    make_study(installation, study_text(cases=("phantom-0001",)))
    page = Evaluate("Annotations", ())
    (study,) = [one for one in page.app.selectbox if one.label == "Study"]
    study.set_value("trial").run()
    for view in ("Cases", "Study", "Faithfulness", "Annotations"):
        (views,) = [one for one in page.app.button_group if one.label == "View"]
        views.set_value([view]).run()
        (study,) = [one for one in page.app.selectbox if one.label == "Study"]
        assert study.value == "trial"


def test_without_annotations_the_page_says_where_they_come_from(
    archive: AnnotationArchive,
) -> None:
    for case in cases().values():
        archive.put(case.image_sha256, ())
    assert "in the view Annotations" in Evaluate("Study").said()


def test_the_leaderboard_is_shown_where_it_is(
    installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "HOME", installation)
    page = Evaluate("Phantom benchmark")
    assert "`shamsul evaluate --phantom 200 --out DIR`" in page.said()
    text = "# Leaderboard\n\nSee [the report](report.html)."
    (installation / "docs").mkdir()
    (installation / "docs" / "phantom-benchmark.md").write_text(text)
    page.app.run()
    assert "See `the report`." in page.said()


@pytest.mark.parametrize("view", selection.VIEWS)
def test_readers_see_no_view(
    view: str, installation: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMSUL_SIGN_IN", "accounts")
    settings.cache_clear()
    accounts = sign_in._accounts()
    accounts.add("Ada", Role.READER, "correct horse")
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Ada", "correct horse")
    page = Evaluate(view)
    assert "This page is for coordinators." in page.said()
    assert not page.app.dataframe and not page.app.selectbox
    assert not components(page.app) and not page.app.get("download_button")


def look(archive: AnnotationArchive, *readers: str) -> None:
    """Give both cases gaze, in the middle of their findings."""
    for name in ANNOTATED:
        sha256 = cases()[name].image_sha256
        kept = [one for one in archive.get(sha256) if one.label != GAZE]
        (found,) = kept
        centre = np.argwhere(found.mark.region).mean(0)
        for reader in readers:
            mark = Gaze(np.array([[*centre, 0.5], [*(centre + 3), 0.2]]), 20.0)
            archive.add(sha256, [Annotation(GAZE, "eyes", mark, reader)])


def view_names(page: Evaluate) -> list[str]:
    (views,) = [one for one in page.app.button_group if one.label == "View"]
    return [option.content for option in views.proto.options]


@pytest.mark.usefixtures("exact_and_opposite")
def test_gaze_is_a_view_of_studies_that_have_it(archive: AnnotationArchive) -> None:
    assert "Gaze" not in view_names(Evaluate("Phantom benchmark", ()))
    assert "no view “Gaze” here" in Evaluate("Gaze", ()).said()
    look(archive, "Ada", "Bob")
    page = Evaluate("Gaze")
    assert "Gaze" in view_names(page)
    assert "Labels scored: those annotated in 2 images" in as_read(page.said())
    assert "2 of 2 images with several readers" in as_read(page.said())
    (table,) = [
        one.value.set_index("metric")
        for one in page.app.dataframe
        if {"metric", "Grad-CAM", "LRP", "People"} <= set(one.value.columns)
        and "n" in one.value.columns
        and len(one.value) > 4
    ]
    # Looked at in the finding, which Grad-CAM's maps are, and LRP's the rest.
    assert table.loc["nss", "Grad-CAM"].startswith(("1", "2", "3", "4", "5", "6", "7", "8", "9"))
    assert table.loc["nss", "LRP"].startswith("−")
    assert set(table.index) >= {"auc_judd", "auc_shuffled", "cc", "sim", "information_gain"}
    offered = [button.proto.label for button in page.app.get("download_button")]
    assert "Report (HTML)" in offered and "Scores (CSV)" in offered


@pytest.mark.usefixtures("exact_and_opposite")
def test_what_is_compared_with_gaze_can_be_chosen(archive: AnnotationArchive) -> None:
    look(archive, "Ada")
    page = Evaluate("Gaze")
    toggle = next(one for one in page.app.toggle if one.label == "All labels")
    toggle.set_value(True).run()
    assert "Labels scored: all that have maps in 2 images" in as_read(page.said())
    prior = next(one for one in page.app.selectbox if "Prior" in one.label)
    assert prior.options == ["Fixations on the other cases", "A Gaussian in the middle"]
    chosen = next(one for one in page.app.button_group if one.label == "Methods and baselines")
    chosen.set_value([]).run()
    assert "Choose a method" in page.said()


def test_gaze_without_maps_has_them_computed(archive: AnnotationArchive) -> None:
    look(archive, "Ada")
    page = Evaluate("Gaze", ["Grad-CAM"])
    assert "0 of 2 maps are computed." in page.said()
    assert "No map of a finding in a case with gaze has been computed yet." in page.said()


def test_of_another_study_without_gaze_it_is_said(
    installation: Path, archive: AnnotationArchive
) -> None:
    look(archive, "Ada")
    make_study(installation, study_text(cases=("phantom-0005",)))
    page = Evaluate("Gaze", ())
    (study,) = [one for one in page.app.selectbox if one.label == "Study"]
    study.set_value("trial").run()
    assert "No case of this study has gaze." in page.said()
