"""The view "Faithfulness" by its logic: a worker that answers at once, results on the disk."""

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from shamsul.classifiers.grid import GridImage
from shamsul.computing.worker import Worker
from shamsul.explainers.cache import MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.faithfulness.registry import MEASURES, USUAL
from shamsul.faithfulness.results import COLUMNS
from shamsul.reading import Store
from shamsul.settings import settings
from shamsul.ui.shared import downloads
from tests.ui.conftest import as_read

APP = Path(__file__).resolve().parents[3] / "app.py"
STUDY = "phantom-demo"
TITLES = ("Grad-CAM", "LRP", "Lung-field prior")
NAMES = ("grad_cam", "lrp", "lung_field")


class FakeMeasure:
    """What the worker process would do: Grad-CAM's maps are the best ones, LRP's undefined."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = ""
        self.going = threading.Event()
        self.going.set()

    def __call__(
        self,
        folder: Path,
        keys: list[MapKey],
        maps: Path,
        image: GridImage,
        measure: str,
        seed: int,
        progress: Progress,
    ) -> list[dict[str, object]]:
        while not self.going.wait(0.02):
            progress(3, 10)
        progress(10, 10)
        if self.fails:
            raise ExplainerError(self.fails)
        self.asked.append(measure)
        statistic = MEASURES[measure].statistics[0].name
        values = {"grad_cam": 5.0, "lrp": None, "lung_field": 3.0}
        return [
            {
                "label": "Edema",
                "method": key.method,
                "heatmap_sha256": "a" * 64,
                "measure": measure,
                "statistic": statistic,
                "detail": "",
                "value": values[key.method],
                "random": 0.0,
                "reversed": None,
            }
            for key in keys
        ]


def explain(
    self: Worker, folder: Path, key: MapKey, image: GridImage, progress: Progress
) -> tuple[Heatmap, ...]:
    """Blank maps, at once."""
    values = np.zeros(image.geometry.grid_shape, np.float32)
    return (Heatmap(values, "Edema", key.method, {}, image.geometry, 1, 0.0, key.target, 1.0),)


@pytest.fixture
def worker(installation: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMeasure]:
    fake = FakeMeasure()
    monkeypatch.setattr(Worker, "explain", explain)
    monkeypatch.setattr(Worker, "measure", lambda self, *arguments: fake(*arguments))
    yield fake
    fake.going.set()


class View:
    """What a coordinator does."""

    def __init__(self, measures: tuple[str, ...] = ("Deletion and insertion",)) -> None:
        self.app = AppTest.from_file(str(APP), default_timeout=120).run()
        self.app.query_params["view"] = "Faithfulness"
        self.app.switch_page("pages/evaluate.py").run()
        self.choose("Methods and baselines", TITLES)
        self.choose("Measures", measures)

    def choose(self, label: str, titles: tuple[str, ...]) -> None:
        (group,) = [one for one in self.app.button_group if one.label == label]
        group.set_value(list(titles)).run()

    def said(self) -> str:
        app = self.app
        assert not app.exception
        assert not [error for error in app.error if "could not be drawn" in error.value]
        kinds = (app.markdown, app.caption, app.error, app.warning, app.info)
        texts = [element.value for kind in kinds for element in kind]
        return as_read("\n".join(texts + [one.proto.text for one in app.get("progress")]))

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click().run()

    def labels(self) -> list[str]:
        return [button.label for button in self.app.button]

    def wait(self, text: str) -> None:
        """Look again until the page says something, as its fragment does by itself."""
        deadline = time.monotonic() + 60
        while text not in self.said():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)
            self.app.run()

    def measure(self) -> None:
        self.press("Measure the maps")
        self.wait("every map counting alike")
        deadline = time.monotonic() + 60
        while "Stop" in self.labels():
            assert time.monotonic() < deadline
            self.app.run()

    def table(self) -> list[dict[str, object]]:
        (table,) = [one.value for one in self.app.dataframe]
        return table.to_dict("records")


def test_nothing_is_measured_before_it_is_asked_for(worker: FakeMeasure) -> None:
    view = View()
    assert "Nothing of this has been measured yet." in view.said()
    assert "Measure the maps" in view.labels() and not worker.asked
    assert not view.app.get("plotly_chart") and not view.app.get("download_button")


def test_slow_measures_are_offered_and_said_to_be_slow(worker: FakeMeasure) -> None:
    app = AppTest.from_file(str(APP), default_timeout=120).run()
    app.query_params["view"] = "Faithfulness"
    app.switch_page("pages/evaluate.py").run()
    groups = {one.label: one for one in app.button_group}
    assert groups["Measures"].value == [*USUAL]
    slow = groups["Measures that compute maps anew: minutes for each case"]
    assert slow.value == []
    offered = {option.content for option in slow.proto.options}
    assert {"Repeatability", "Cascading randomisation"} <= offered
    assert "Label randomisation" not in offered


def test_maps_are_computed_and_measured_and_shown(worker: FakeMeasure) -> None:
    view = View()
    view.measure()
    assert worker.asked == ["pixel_flipping"] * 8
    said = view.said()
    measure = MEASURES["pixel_flipping"]
    assert measure.about in said and measure.caveat in said
    assert "Better than the best baseline, Lung-field prior, by relevance gain: Grad-CAM." in said
    grad_cam, lrp, lung_field = view.table()
    assert (grad_cam["Method"], grad_cam["Mean"], grad_cam["Maps"]) == ("Grad-CAM", 5.0, 8)
    assert (lrp["Maps"], lrp["Undefined"], lrp["Note"]) == (0, 8, "Undefined for every map.")
    assert lung_field["Mean"] == 3
    assert len(view.app.get("plotly_chart")) == 1
    assert "Measure the maps" not in view.labels()


def test_the_second_visit_is_from_the_disk(worker: FakeMeasure) -> None:
    View().measure()
    worker.asked.clear()
    again = View()
    assert "Measure the maps" not in again.labels() and "Stop" not in again.labels()
    assert again.table()[0]["Mean"] == 5
    assert not worker.asked
    # Another measure is still to come.
    again.choose("Measures", ("Deletion and insertion", "Infidelity"))
    assert "0 of 8 cases are measured." in again.said()


def test_it_goes_on_after_the_page_is_loaded_anew_and_can_be_stopped(worker: FakeMeasure) -> None:
    worker.going.clear()
    view = View()
    view.press("Measure the maps")
    view.wait("Deletion and insertion 3/10 evaluations")
    assert "0 of 8 cases measured: phantom-0001" in view.said().replace("\\", "")
    anew = View()
    anew.wait("3/10 evaluations")
    anew.press("Stop")
    assert "Measure the maps" in anew.labels() and "Stop" not in anew.labels()
    worker.going.set()
    view.app.run()
    assert "Stop" not in view.labels()
    assert not worker.asked


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What is offered, made at once."""
    made: dict[str, bytes] = {}
    real = downloads.for_coordinators

    def note(make):  # type: ignore[no-untyped-def]
        made[make.__name__] = make()
        return real(make)

    monkeypatch.setattr(downloads, "for_coordinators", note)
    return made


def test_files_are_those_of_the_command_line(worker: FakeMeasure, files: dict[str, bytes]) -> None:
    View().measure()
    rows = list(csv.DictReader(io.StringIO(files["as_csv"].decode())))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 24
    assert rows[0]["image"] == "phantom-0001" and rows[1]["value"] == ""
    found = json.loads(files["as_json"])
    assert list(found) == [
        "model",
        "model_sha256",
        "target",
        "seed",
        "parameters",
        "rows",
        "errors",
    ]
    assert found["parameters"]["pixel_flipping"]["steps"] == 32
    assert found["rows"][1]["value"] is None and found["errors"] == []


def test_a_failure_is_one_sentence_and_is_in_the_file(
    worker: FakeMeasure, files: dict[str, bytes]
) -> None:
    view = View(("Deletion and insertion",))
    view.measure()
    worker.fails = "The grid is too small."
    view.choose("Measures", ("Deletion and insertion", "Infidelity"))
    view.press("Measure the maps")
    view.wait("Infidelity: The grid is too small. (8 cases)")
    assert view.table()[0]["Mean"] == 5  # what is there stays
    view.app.run()
    errors = json.loads(files["as_json"])["errors"]
    assert len(errors) == 8
    assert errors[0] == {"file": "phantom-0001", "reason": "Infidelity: The grid is too small."}


def test_a_model_that_is_gone_is_said(worker: FakeMeasure, monkeypatch: pytest.MonkeyPatch) -> None:
    view = View()
    store = Store(settings().database)
    study = store.study(STUDY)
    store.close()
    monkeypatch.setattr(Store, "studies", lambda self: (replace(study, model="gone"),))
    view.app.run()
    (error,) = view.app.error
    assert error.value.startswith("The study's model cannot be used")


def test_without_cases_the_page_says_where_they_come_from(
    worker: FakeMeasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = View()
    monkeypatch.setattr(Store, "cases", lambda self, study: ())
    view.app.run()
    assert "This study has no cases yet." in view.said()


def test_nothing_chosen_is_said(worker: FakeMeasure) -> None:
    view = View(())
    assert "Choose at least one method and one measure" in view.said()
