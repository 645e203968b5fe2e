"""What a planned study's maps are computed from, and where they lie."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import map_coordinates
from skimage.filters import threshold_otsu

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.classifiers import registry
from shamsul.classifiers.randomised import randomised_folder
from shamsul.explainers.cache import MapCache
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.radiographs.geometry import Geometry
from shamsul.reading import Case, Store, Study
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.design.design import Control, Design, PanelPlan, assign
from shamsul.reading.design.plan import Plan
from shamsul.settings import ASSETS, settings
from shamsul.studies import panels
from shamsul.studies.localisation import located
from tests.studies.desk import desk_in

PHANTOM = ASSETS / "models" / "phantom"
METHODS = ("grad_cam", "lrp")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    store = Store(settings().database)
    yield store
    store.close()
    settings.cache_clear()


def make(store: Store, **plan: object) -> Study:
    design = Design(controls=tuple(Control), controlled=1.0)
    about = Plan(METHODS, ("Ada",), design, **plan)  # type: ignore[arg-type]
    study = Study("trial", "Trial", model="phantom", plan=about)
    cases = {f"case-{letter}": letter * 64 for letter in "abc"}
    labels = {name: ["Cardiomegaly"] for name in cases}
    readings = assign(design, labels, about.readers, METHODS)
    Readings(store.database).create(study, cases, readings)
    return store.study("trial")


def test_a_real_map_is_of_the_case_and_model(store: Store) -> None:
    study = make(store)
    cases = store.cases("trial")
    found = panels.source(study, cases, cases[1], PanelPlan("lrp"))
    assert (found.key.image_sha256, found.key.method) == ("b" * 64, "lrp")
    assert found.folder == PHANTOM
    assert found.key.target is Target.LOGIT


def test_another_patients_map_is_never_the_cases_own(store: Store) -> None:
    study = make(store)
    cases = store.cases("trial")
    panel = PanelPlan("lrp", Control.OTHER_PATIENT)
    for case in cases:
        found = panels.source(study, cases, case, panel)
        assert found.case != case
        assert found == panels.source(study, cases, case, panel)
        assert found.folder == PHANTOM


def test_a_preset_sets_parameters_and_target(store: Store) -> None:
    study = make(store, preset="shamsul-2023", target="probability")
    cases = store.cases("trial")
    found = panels.source(study, cases, cases[0], PanelPlan("grad_cam"))
    assert found.key.parameters["variant"] == "guided"
    assert found.key.target is Target.PROBABILITY


def test_every_map_is_wanted_once(store: Store) -> None:
    study = make(store)
    readings = Readings(store.database).of("trial")
    wanted = panels.sources(study, store.cases("trial"), readings)
    digests = [source.key.digest for source in wanted]
    assert len(set(digests)) == len(digests)
    # Real maps of three cases by two methods; those of other patients are among them.
    models = {source.key.model for source in wanted}
    assert len(models) == 2
    trained = registry.load("phantom").manifest.fingerprint
    assert sum(source.key.model == trained for source in wanted) == 6


def test_a_randomised_model_has_the_same_weights_in_another_order(tmp_path: Path) -> None:
    folder = randomised_folder(PHANTOM, tmp_path)
    twin, model = registry.load(folder), registry.load("phantom")
    changed = 0
    for (name, ours), theirs in zip(
        twin.module.state_dict().items(), model.module.state_dict().values(), strict=True
    ):
        assert sorted(ours.flatten().tolist()) == sorted(theirs.flatten().tolist()), name
        changed += ours.ndim > 1 and not (ours == theirs).all()
    assert changed > 20
    assert twin.manifest.labels == model.manifest.labels
    assert twin.manifest.fingerprint != model.manifest.fingerprint
    # What it says has nothing to do with what the model says.
    images = np.random.default_rng(0).random((12, 224, 224), np.float32)
    assert np.abs(twin.logits(images) - model.logits(images)).max() > 0.1
    assert np.isfinite(twin.logits(images)).all()


def test_a_randomised_model_is_made_once(tmp_path: Path) -> None:
    folder = randomised_folder(PHANTOM, tmp_path)
    before = (folder / "model.toml").stat().st_mtime_ns
    assert randomised_folder(PHANTOM, tmp_path) == folder
    assert (folder / "model.toml").stat().st_mtime_ns == before
    other = randomised_folder(PHANTOM, tmp_path, seed=1)
    assert registry.load(other).manifest.fingerprint != registry.load(folder).manifest.fingerprint
    assert [path.name[0] for path in tmp_path.iterdir()].count(".") == 0


def test_maps_are_scored_against_annotations(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = make(store)
    cases = store.cases("trial")
    desk = desk_in(tmp_path)
    cache, annotations = desk.maps, desk.annotations
    # A radiograph of 400 x 200 on a grid of 20 x 10: a cell is 20 x 20 pixels.
    geometry = Geometry.window((400, 200), (20, 10), top=0, left=0, height=400, width=200)
    region = np.zeros((400, 200), bool)
    region[100:200, 40:100] = True  # cells 5 to 9 down, 2 to 4 across
    expert = Annotation.of_region("Cardiomegaly", "somebody", region)
    # What readers draw is no measure of the maps that they rate.
    drawn = Annotation.of_region("Cardiomegaly", DRAWN, ~region)
    annotations.put("a" * 64, [expert, drawn])
    values = np.zeros((20, 10), np.float32)
    values[5:10, 2:7] = 1  # these and two columns more
    values[7, 3] = 2
    source = panels.source(study, cases, cases[0], PanelPlan("lrp"))
    cache.put(
        source.key,
        tuple(
            Heatmap(
                values, label, "lrp", source.key.parameters, geometry, 1, 0.1, Target.LOGIT, 1.0
            )
            for label in registry.load("phantom").manifest.labels
        ),
    )
    table = located(desk, store, "trial")
    assert len(table) == 1
    # By another way: pixel centres on the grid, then scikit-image's threshold.
    places = np.stack(np.indices((400, 200)), -1) / 20 + 0.5 / 20 - 0.5
    brought = map_coordinates(values, np.moveaxis(places, -1, 0), order=1, mode="nearest")
    found = brought > threshold_otsu(brought)
    expected = (found & region).sum() / (found | region).sum()
    assert table["iou"].item() == pytest.approx(expected, abs=0.01)
    assert bool(table["hit"].item())
    with monkeypatch.context() as patch:  # kept scores need neither maps nor masks
        patch.setattr(MapCache, "get", None)
        patch.setattr(AnnotationArchive, "get", None)
        again = located(desk, store, "trial")
    pd.testing.assert_frame_equal(again, table)
    region = np.roll(region, 100, 0)  # another annotation is scored anew
    annotations.put("a" * 64, [Annotation.of_region("Cardiomegaly", "somebody", region)])
    moved = located(desk, store, "trial")
    assert (moved["iou"].item(), moved["hit"].item()) == (0.0, False)
    sha256 = next(one.sha256 for one in cache.get(source.key) if one.label == "Cardiomegaly")
    assert table["heatmap_sha256"].item() == sha256
    moved_maps = [replace(one, values=np.roll(one.values, 5, 0)) for one in cache.get(source.key)]
    cache.put(source.key, tuple(moved_maps))  # and so is another map in the place of one
    follows = located(desk, store, "trial")
    assert follows["iou"].item() == pytest.approx(expected, abs=0.01)
    assert follows["heatmap_sha256"].item() != sha256


@pytest.mark.parametrize("change", [{"preset": "none"}, {"target": "none"}, {"methods": ("none",)}])
def test_a_plan_of_what_there_is_not_is_damage(change: dict) -> None:
    plan = replace(Plan(("lrp",)), **change)
    study = Study("pilot", "Pilot", model="phantom", plan=plan)
    case = Case(1, "pilot", "a", "a" * 64, 1)
    with pytest.raises(UnreadableError, match=r"^The study pilot cannot be opened"):
        panels.source(study, [case], case, PanelPlan(plan.methods[0]))
    sound = replace(study, plan=Plan(("lrp",), preset="shamsul-2023"))
    assert panels.source(sound, [case], case, PanelPlan("lrp")).method.name == "lrp"
