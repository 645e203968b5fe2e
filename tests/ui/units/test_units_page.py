"""The page Units by its logic: a worker that answers at once."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from shamsul.computing.worker import Worker
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.registry import METHODS
from shamsul.reading.demo import OWN
from shamsul.settings import settings
from shamsul.units.maps import UNIT_MAPS
from shamsul.units.survey import Survey
from tests.ui import conftest
from tests.ui.conftest import as_read

APP = Path(__file__).resolve().parents[3] / "app.py"


class FakeUnits:
    """What the worker process would do: unit 3 carries the second label, nothing fails."""

    def __init__(self) -> None:
        self.fails = ""
        self.replaced_units: list[int] = []

    def survey(self, folder, model, layer, image, progress) -> Survey:
        if self.fails:
            raise ExplainerError(self.fails)
        rng = np.random.default_rng(int(image.values.sum()))
        maps = rng.random((layer.units, layer.rows, layer.columns))
        relevance = np.full((7, layer.units), 0.1)
        relevance[1, 3] = 9
        where = np.zeros((7, layer.units))
        return Survey(
            maps.astype(np.float16),
            relevance.astype(np.float32),
            where.astype(np.int32),
            np.full(7, 30, np.float32),
        )

    def replaced(self, folder, model, layer, image, units, values, progress):
        self.replaced_units += units
        return np.full((len(units), 7), -1.5, np.float32)


@pytest.fixture
def worker(installation: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUnits:
    fake = FakeUnits()
    monkeypatch.setattr(Worker, "survey", lambda _, *asked: fake.survey(*asked))
    monkeypatch.setattr(Worker, "replaced", lambda _, *asked: fake.replaced(*asked))
    for name, method in UNIT_MAPS.items():
        quick = replace(method, function=lambda task, layer, unit: conftest.ones(task))
        monkeypatch.setitem(METHODS, name, quick)
    return fake


def opened() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["study"] = "Phantom demo"
    app.run()
    app.text_input(key="reader").set_value("Ada").run()
    return app.switch_page("pages/units.py").run()


def texts(app: AppTest) -> str:
    assert not app.exception
    kinds = (app.markdown, app.caption, app.error, app.info)
    return as_read("\n".join(one.value for kind in kinds for one in kind))


def until(app: AppTest, wanted: str) -> str:
    deadline = time.monotonic() + 60
    while wanted not in texts(app):
        assert time.monotonic() < deadline, texts(app)
        time.sleep(0.1)
        app.run()
    return texts(app)


def button(app: AppTest, label: str):
    (found,) = [one for one in app.button if one.label == label]
    return found


def test_units_are_looked_at_ranked_and_shown(worker: FakeUnits) -> None:
    app = opened()
    assert "looked at in 0 of 8 cases" in texts(app)
    button(app, "Look at the units").click().run()
    said = until(app, "8 radiographs in which the model finds it")
    assert "Which units carry Cardiomegaly" in said
    until(app, "Outputs without unit 3")
    until(app, "How logits change")
    assert set(worker.replaced_units) == {3}
    assert "Unit 3 answers most" in texts(app)
    assert "Unit 3 brings most to Cardiomegaly" in texts(app)
    effects = next(one.value for one in app.dataframe if "Mean change" in one.value)
    assert (effects["Mean change"] == -1.5).all()
    assert "looked at in" not in texts(app)


def test_what_fails_is_told_and_tried_again(worker: FakeUnits) -> None:
    worker.fails = "There is no rule for Strange (module one)."
    app = opened()
    button(app, "Look at the units").click().run()
    until(app, "There is no rule for Strange (module one).")
    assert "Which units" not in texts(app)


def test_study_without_cases_says_so(worker: FakeUnits) -> None:
    app = opened()
    app.session_state["study"] = OWN.name
    app.run()
    assert "This study has no case yet." in texts(app)


def test_reader_cannot_open_it(worker: FakeUnits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAMSUL_SIGN_IN", "accounts")
    settings.cache_clear()
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.switch_page("pages/units.py").run()
    assert "Which units" not in texts(app)
    assert not app.selectbox
