"""Beside the film: another case, or the same one as another model sees it; with no browser."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shamsul.classifiers import registry, weights
from shamsul.classifiers.calibration import METHODS as CALIBRATIONS
from shamsul.classifiers.calibration import Calibration
from shamsul.classifiers.importing import import_weights
from shamsul.classifiers.manifest import Scaling
from shamsul.computing.worker import Worker
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.registry import METHODS
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.exports.ratings import export_ratings
from shamsul.settings import settings
from shamsul.ui.shared import session
from tests.classifiers.conftest import tiny
from tests.ui.conftest import Pages, as_read, components, explain_here, make_study, study_text
from tests.ui.review.models import LABELS, install

pytestmark = pytest.mark.usefixtures("installation")

#: The second bundled model, which the demo names.
GAZE = registry.BUNDLED[1]
OTHER = "second"


def put(pages: Pages, what: int | str | None, case: int = 3, dock: str | None = None) -> None:
    """Review a case with something beside it, until all maps have come."""
    pages.app.session_state["beside"] = what
    pages.review(case, dock)
    desk = session.desk()
    while desk.queue():
        pages.app.run()
    pages.app.run()


def viewers(pages: Pages) -> list[dict[str, Any]]:
    found = [one for one in components(pages.app) if "viewer" in one.proto.component_name]
    return [json.loads(one.proto.json) for one in found]


def bars(pages: Pages) -> dict[str, Any]:
    (found,) = [one for one in components(pages.app) if "labels" in one.proto.component_name]
    told: dict[str, Any] = json.loads(found.proto.json)
    return told


def offered(pages: Pages, case: int = 3) -> list[str]:
    """What the menu offers."""
    pages.app.session_state["beside-menu"] = True
    pages.review(case, dock=None)
    return [as_read(option) for option in pages.app.radio(key="beside-choice").options]


def failures(row: dict[str, Any]) -> dict[str, str]:
    return {panel["title"]: panel.get("failed", "") for panel in row["panels"]}


def show(pages: Pages, *labels: str, case: int = 3) -> None:
    pages.app.session_state["labels-shown"] = {f"labels-{case}-phantom": list(labels)}


def test_nothing_is_beside_before_it_is_chosen(pages: Pages) -> None:
    put(pages, None)
    (film,) = viewers(pages)
    assert not film["beside"]
    assert bars(pages)["other"] is None
    assert film["rows"][0]["caption"].startswith("probability ")


def test_another_case_is_offered_and_models_with_a_finding_in_common(pages: Pages) -> None:
    # The demo names the second bundled model.
    bundled = ["Nothing", "Another case: phantom-0004", f"The model {GAZE}"]
    assert offered(pages) == bundled
    install(settings().models, OTHER)
    install(settings().models, "stranger", labels=("Mass", "Hernia"))
    assert offered(pages) == [*bundled, f"The model {OTHER}"]
    captions = as_read(str(pages.app.radio(key="beside-choice").proto.captions))
    assert "knows 5 of the 7 findings; trained on nothing" in captions
    assert "cannot be used" not in pages.texts()


def test_what_the_study_names_but_is_not_here_is_told(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "BUNDLED", registry.BUNDLED[:1])
    offered(pages)
    assert f"The study names {GAZE}, which is not here or cannot be used." in as_read(pages.texts())


def test_a_choice_stays_from_case_to_case_and_is_taken_back(pages: Pages) -> None:
    install(settings().models, OTHER)
    offered(pages)
    menu = pages.app.radio(key="beside-choice")
    menu.set_value(OTHER).run()
    assert [one["beside"] for one in viewers(pages)] == ["", OTHER]
    pages.review(4, dock=None)
    assert [one["beside"] for one in viewers(pages)] == ["", OTHER]
    pages.app.radio(key="beside-choice").set_value("").run()
    assert len(viewers(pages)) == 1
    assert bars(pages)["other"] is None
    assert not pages.app.error


def test_the_case_of_the_strip_is_the_one_in_the_menu(pages: Pages) -> None:
    pages.app.session_state["beside"] = 7
    assert offered(pages)[1] == "Another case: phantom-0007"
    assert pages.app.radio(key="beside-choice").value == 7
    film, other = viewers(pages)
    assert other["rows"][0]["caption"].endswith(", phantom-0007")
    assert film["rows"][0]["caption"].startswith("probability ")
    assert bars(pages)["other"] is None


def test_both_models_say_their_probabilities_of_the_same_film(pages: Pages) -> None:
    install(settings().models, OTHER, thresholds={"Effusion": 0.01, "Cardiomegaly": 0.99})
    show(pages, "Pleural Effusion", "Cardiomegaly")
    put(pages, OTHER)
    film, other = viewers(pages)
    assert other["image"]["id"] == film["image"]["id"]
    radiograph = session.radiograph(session.store().cases("phantom-demo")[2].image_sha256)
    own = registry.load("phantom").predict(radiograph)
    theirs = registry.load(OTHER).predict(radiograph)
    captions = [[row["caption"] for row in one["rows"]] for one in (film, other)]
    effusion, heart = theirs["Effusion"].probability, theirs["Cardiomegaly"].probability
    assert captions == [
        [f"{own[name].probability:.2f}, phantom" for name in ("Pleural Effusion", "Cardiomegaly")],
        [f"{effusion:.2f}, {OTHER} (there: Effusion)", f"{heart:.2f}, {OTHER}"],
    ]
    told = bars(pages)
    assert told["other"] == {"name": OTHER, "than": "phantom", "about": "not calibrated"}
    said = {one["name"]: one["other"] for one in told["labels"]}
    assert said["Pleural Effusion"]["probability"] == pytest.approx(effusion)
    assert said["Pleural Effusion"]["positive"]
    assert said["Cardiomegaly"]["threshold"] == 0.99
    assert not said["Cardiomegaly"]["positive"]


def test_what_is_calibrated_is_said(pages: Pages) -> None:
    calibration = Calibration(
        CALIBRATIONS[0], "drawn films", 100, {"Effusion": 2.0}, {"Effusion": 0.5}
    )
    install(settings().models, OTHER, labels=("Effusion",), calibration=calibration)
    put(pages, OTHER)
    assert bars(pages)["other"]["about"] == "calibrated on drawn films (100 images)"


def test_maps_of_the_same_methods_and_labels_are_those_of_the_other_model(pages: Pages) -> None:
    install(settings().models, OTHER)
    show(pages, "Pneumothorax", "Pleural Effusion")
    put(pages, OTHER)
    film, other = viewers(pages)
    titles = [
        [(row["label"], panel["title"]) for row in one["rows"] for panel in row["panels"]]
        for one in (film, other)
    ]
    assert titles[0] == titles[1]
    maps = [panel["map"] for one in (film, other) for row in one["rows"] for panel in row["panels"]]
    assert all(maps)
    # The film's grid is the other model's own there.
    grids = [one["rows"][0]["panels"][0]["grid_to_image"] for one in (film, other)]
    assert grids[0] != grids[1]


def test_a_finding_that_the_other_model_lacks_is_said_to_be(pages: Pages) -> None:
    install(settings().models, OTHER)
    show(pages, "Lung Lesion", "Pneumothorax")
    put(pages, OTHER)
    lesion, pneumothorax = viewers(pages)[1]["rows"]
    assert set(failures(lesion).values()) == {f"{OTHER} does not know this finding."}
    assert not any(failures(pneumothorax).values())
    assert lesion["caption"] == OTHER
    (said,) = [one for one in bars(pages)["labels"] if one["name"] == "Lung Lesion"]
    assert said["other"] is None


def test_the_mask_of_the_second_bundled_model_is_beside(pages: Pages) -> None:
    show(pages, "Pneumothorax")
    put(pages, GAZE)
    film, other = viewers(pages)
    mask = METHODS["own_mask"].title
    assert mask not in failures(film["rows"][0])
    assert list(failures(other["rows"][0]))[-1] == mask
    assert not any(failures(other["rows"][0]).values())


def test_no_map_is_computed_that_nobody_can_see(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained: list[str] = []

    def explain(worker: Worker, folder: Path, *rest: Any) -> tuple[Heatmap, ...]:
        explained.append(folder.name)
        return explain_here(worker, folder, *rest)

    monkeypatch.setattr(Worker, "explain", explain)
    install(settings().models, OTHER)
    show(pages, "Lung Lesion")
    put(pages, OTHER)
    assert set(explained) == {"phantom"}
    show(pages, "Pneumothorax")
    put(pages, OTHER)
    assert set(explained) == {"phantom", OTHER}


def test_a_method_that_cannot_explain_the_other_model_says_why(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from tests.classifiers.onnx_graphs import SIZE, Small, graph

    file = settings().data_dir / "theirs.onnx"
    file.write_bytes(graph(Small(labels=len(LABELS))).SerializeToString())
    manifest = tiny(
        name="theirs",
        arch="onnx",
        labels=LABELS,
        input_size=SIZE,
        normalisation=Scaling.UNIT,
        thresholds={},
        arch_options={},
    )
    import_weights(file, manifest, settings().models / "theirs")
    for name, method in METHODS.items():
        looks_inside = EXPLAINERS[name].looks_inside
        monkeypatch.setitem(METHODS, name, replace(method, looks_inside=looks_inside))
    show(pages, "Pneumothorax")
    put(pages, "theirs")
    film, other = viewers(pages)
    said = failures(other["rows"][0])
    assert not any(failures(film["rows"][0]).values())
    assert [title for title, failed in said.items() if failed] == ["Grad-CAM", "LRP"]
    assert said["LRP"].startswith("theirs is an ONNX file, of which the outputs are known")


@pytest.mark.parametrize("fault", ["gone", "damaged"])
def test_a_model_that_cannot_be_used_is_a_sentence_beside_the_film(
    pages: Pages, fault: str
) -> None:
    file = install(settings().models, "damaged") / weights.SAFETENSORS
    file.write_bytes(file.read_bytes()[:1000])
    put(pages, fault)
    assert f"The model {fault} cannot be used: " in as_read(pages.texts())
    assert len(viewers(pages)) == 1
    assert bars(pages)["other"] is None
    assert not pages.app.exception


def test_ratings_are_of_the_study_s_own_model(pages: Pages) -> None:
    install(settings().models, OTHER)
    put(pages, OTHER, dock="Rate")
    pages.answer("LIME", 4)
    store = Store(settings().database)
    (row,) = csv.DictReader(io.StringIO(export_ratings(store, "phantom-demo").ratings.decode()))
    store.close()
    assert row["model"] == "phantom"
    assert len(viewers(pages)) == 2


@pytest.fixture
def trial(installation: Any, pages: Pages) -> Callable[[], int]:
    """A planned study; gives the number of its first case."""
    make_study(installation, study_text())
    return lambda: session.store().cases("trial")[0].id


def test_a_planned_study_is_reviewed_once_it_is_closed(
    trial: Callable[[], int], pages: Pages
) -> None:
    install(settings().models, OTHER)
    put(pages, OTHER, case=trial())
    assert "names no case to review" in pages.texts()
    Readings(session.store().database).close("trial")
    put(pages, OTHER, case=trial())
    assert len(viewers(pages)) == 2
    (dock,) = [one for one in pages.app.button_group if one.key == "dock-of-closed"]
    assert list(dock.options) == ["Compare"]
    Readings(session.store().database).reopen("trial")
    pages.app.run()
    assert not components(pages.app)
