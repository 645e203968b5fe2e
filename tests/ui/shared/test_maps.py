"""What a panel says about its map."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.classifiers.prediction import LabelScore, Prediction
from shamsul.computing.jobs import Job, State
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.registry import METHODS
from shamsul.radiographs.geometry import Geometry
from shamsul.reading.design.study import Case, Study
from shamsul.studies.panels import open_sources
from shamsul.ui.shared import maps
from shamsul.ui.shared.viewer import About, Panel
from tests.studies.desk import desk_in

PARAMETERS = {"samples": 8, "kernel_width": 0.25, "relu": True, "layer": ""}


def job(state: State = State.DONE, fit: float | None = None, error: float | None = None) -> Job:
    geometry = Geometry.window((4, 4), (4, 4), top=0, left=0, height=4, width=4)
    found = Heatmap(
        values=np.ones((4, 4), np.float32),
        label="Edema",
        method="lime",
        parameters={**PARAMETERS, "seed": 3},
        geometry=geometry,
        evaluations=1008,
        seconds=0.5,
        target=Target.LOGIT,
        output=1.0,
        fit=fit,
        error=None if error is None else np.full((4, 4), error, np.float32),
    )
    key = MapKey("0" * 64, "0" * 64, "lime", PARAMETERS)
    made = Job(key, METHODS["lime"], MapCache(Path("nowhere")))
    made.state, made.maps = state, (found,) if state is State.DONE else ()
    return made


def panel(job: Job) -> Panel:
    prediction = Prediction("model", (LabelScore("Edema", 1.0, 0.7, 0.5),))
    (row,) = maps.rows({"lime": job}, ["Edema"], prediction, ())
    return row.panels[0]


def about(job: Job) -> About:
    told = panel(job).about
    assert told is not None
    return told


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (None, "1008 evaluations, 0.5 s"),
        (0.82, "fit R² 0.82, 1008 evaluations, 0.5 s"),
        (0.31, "fit R² 0.31 (poor), 1008 evaluations, 0.5 s"),
    ],
)
def test_facts_say_how_well_the_method_fits(fit: float | None, says: str) -> None:
    assert panel(job(fit=fit)).facts == says


@pytest.mark.parametrize(
    ("fit", "error", "says"),
    [
        (None, None, ""),
        (0.82, 0.1, ""),
        (0.31, 0.1, "poor fit"),
        (0.82, 0.42, "not stable"),
        (0.31, 0.42, "not stable, poor fit"),
    ],
)
def test_panel_warns_of_a_map_to_doubt(fit: float | None, error: float | None, says: str) -> None:
    assert panel(job(fit=fit, error=error)).warning == says


def test_panel_says_why_its_map_is_empty() -> None:
    made = job()
    (found,) = made.maps
    made.maps = (replace(found, values=np.zeros_like(found.values), evaluations=0),)
    assert panel(made).warning.startswith("The map is empty")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (0.1, "±10%, 1008 evaluations, 0.5 s"),
        (0.42, "±42%, 1008 evaluations, 0.5 s"),
    ],
)
def test_facts_say_how_large_the_standard_error_is(error: float, says: str) -> None:
    assert panel(job(error=error)).facts == says
    assert ("Standard error", f"{error:.0%} of the map") in about(job(error=error)).facts


def test_on_request_a_panel_tells_everything_about_its_map() -> None:
    told = about(job(fit=0.31))
    assert told.reading == METHODS["lime"].reading
    assert told.citation == METHODS["lime"].citation
    assert told.facts == (
        ("Fit R²", "0.31 (poor)"),
        ("Evaluations", "1,008 (all labels)"),
        ("Seconds", "0.5 (all labels)"),
    )
    assert told.parameters == (
        ("Samples", "8"),
        ("Kernel width", "0.25"),
        ("Relu", "yes"),
        ("Layer", "default"),
        ("Seed", "3"),
    )


def test_method_without_a_model_of_its_own_has_no_fit() -> None:
    assert [name for name, _ in about(job()).facts] == ["Evaluations", "Seconds"]


def test_method_is_told_about_while_its_map_is_awaited() -> None:
    told = about(job(State.WAITING))
    assert told.reading == METHODS["lime"].reading
    assert told.facts == ()
    assert dict(told.parameters)["Samples"] == "8"


def test_radiograph_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    case = Case(1, "trial", "phantom-0001", "a" * 64, 1)
    (source,) = open_sources(Study("trial", "Trial", model="phantom"), [case], [METHODS["lime"]])
    desk = desk_in(tmp_path)
    asked = maps.request(desk, [source], [])["lime"]
    deadline = time.monotonic() + 60
    while asked.state is not State.FAILED:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert asked.reason == "The radiograph is not in the archive."


@pytest.mark.parametrize("end", [State.DONE, State.FAILED])
def test_maps_are_looked_for_until_all_have_come_and_soonest_at_first(end: State) -> None:
    """A pause longer than a map of one pass takes would be seen."""
    methods = ("grad_cam", "lrp", "lime", "shap")
    looks = []
    for come in range(len(methods) + 1):
        asked = {
            name: job(end if number < come else State.RUNNING)
            for number, name in enumerate(methods)
        }
        looks.append(maps.next_look(asked, maps.settled(asked)))
    pauses = [pause for pause in looks if pause is not None]
    assert looks == [*pauses, None]
    assert len(pauses) == len(methods)
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < pauses[-1] <= 1
