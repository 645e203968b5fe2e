"""A reader goes on, in the pages, with a study that an earlier release left half read."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from shamsul.computing.worker import Worker
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.design.questionnaire import Step
from shamsul.settings import settings
from tests.reading.test_frozen import FROZEN
from tests.ui.conftest import FakeBrowser, Reader, as_read, explain_here


@pytest.fixture(params=FROZEN, ids=lambda path: path.name)
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    with zipfile.ZipFile(request.param / "data.zip") as folder:
        folder.extractall(tmp_path)
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SHAMSUL_DATABASE_URL", raising=False)
    monkeypatch.setattr(Worker, "explain", explain_here)
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()
    yield tmp_path
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()


def test_a_reader_goes_on_where_they_were(fake_browser: FakeBrowser, installation: Path) -> None:
    reader = Reader(fake_browser)
    reader.open("half-read")
    assert reader.titles() == ["Map A", "Map B", "Map C"]  # one is a control
    first, *others = reader.form()["maps"]
    assert first.values == {"location": 2, "comment": "not finished yet"}
    assert [one.values for one in others] == [{}, {}]
    assert reader.answers() == {"present": "yes", "point": [30.5, 20.25]}
    assert "Half-read – “quoted” & <marked>" in as_read(reader.texts())

    reader.fill_and_go_on()
    store = Store(f"sqlite:///{installation / 'shamsul.db'}")
    mine = Readings(store.database).of("half-read", "Ada")
    asks = store.study("half-read").questionnaire
    assert [one.screen(asks) for one in mine[:4]] == [None, None, None, Step.IMAGE]
    store.close()
