"""The data folder is read-only, full or shared: every page says so, and nothing saved is lost."""

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from shamsul.reading import Store
from shamsul.settings import settings
from shamsul.ui.shared import session
from shamsul.ui.shared.frame import PAGES
from tests.conftest import Disk
from tests.ui.conftest import FakeBrowser, Pages, Reader, make_study, study_text

NAMES = [name for name, *_ in PAGES]
READ_ONLY = "The folder of the ratings database is read-only. Answers shown as saved are safe."


@pytest.fixture
def disk(
    new_disk: Callable[[int], Disk], fake_browser: FakeBrowser, monkeypatch: pytest.MonkeyPatch
) -> Disk:
    """With an installation on it."""
    disk = new_disk(8)
    shutil.copytree(settings().data_dir, disk.folder, dirs_exist_ok=True)
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(disk.folder))
    settings.cache_clear()
    make_study(disk.folder, study_text())
    return disk


@pytest.fixture
def database_elsewhere(disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that pages go on where nothing else can be written."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(disk.folder / "shamsul.db", elsewhere)
    monkeypatch.setenv("SHAMSUL_DATABASE_URL", f"sqlite:///{elsewhere / 'shamsul.db'}")
    settings.cache_clear()


def opened(pages: Pages, name: str) -> str:
    pages.app.query_params["case"] = "1"
    pages.app.switch_page(f"pages/{name}.py").run()
    return pages.texts()


@pytest.mark.parametrize("name", NAMES)
def test_a_server_started_on_a_read_only_disk_says_so(
    name: str, disk: Disk, fake_browser: FakeBrowser
) -> None:
    disk.be_read_only()
    pages = Pages(fake_browser)
    texts = opened(pages, name)
    assert [error.value for error in pages.app.error] == [READ_ONLY]
    # Models are no part of the database.
    assert name != "models" or ("#### Models" in texts and "**phantom**" in texts)
    disk.be_read_only(False)
    opened(pages, name)
    assert not pages.app.error


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_becomes_read_only_is_told(
    name: str, disk: Disk, fake_browser: FakeBrowser
) -> None:
    pages = Pages(fake_browser)
    opened(pages, name)
    assert not pages.app.error
    session.store().close()  # a file that is open for writing keeps its disk writable
    disk.be_read_only()
    opened(pages, name)
    assert {error.value for error in pages.app.error} <= {READ_ONLY}


def answer(pages: Pages, value: int) -> str:
    pages.answer("LRP", value)
    return str(pages.form()["error"])


def test_an_answer_on_a_disk_that_is_read_only_or_full_is_kept_by_the_browser(
    disk: Disk, fake_browser: FakeBrowser
) -> None:
    pages = Pages(fake_browser)
    pages.review()
    assert answer(pages, 3) == ""
    filling = disk.fill()
    sent = 0
    while not (said := answer(pages, 1 + sent % 5)) and sent < 200:  # SQLite may hold some pages
        sent += 1
    assert said == "The disk of the ratings database is full; nothing was saved."
    assert fake_browser.events
    kept = pages.shown("LRP")
    filling.unlink()
    pages.app.run()
    pages.app.run()
    assert not fake_browser.events and pages.form()["error"] == ""
    assert pages.shown("LRP") == 1 + sent % 5 != kept or sent == 0
    with session.store().database._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def picture() -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 60), np.uint8)).save(data, "PNG")
    return data.getvalue()


@pytest.mark.usefixtures("database_elsewhere")
@pytest.mark.parametrize("full", [False, True])
def test_what_is_computed_is_shown_though_it_cannot_be_kept(
    full: bool, disk: Disk, fake_browser: FakeBrowser
) -> None:
    disk.fill() if full else disk.be_read_only()
    reason = "No space left on device" if full else "Read-only file system"
    pages = Pages(fake_browser)
    pages.upload(("a.png", picture()))
    assert "1 file not added; the table says why." in pages.texts()
    (row,) = pages.app.dataframe[0].value.to_dict("records")
    assert (row["File"], row["What became of it"]) == ("a.png", "not added")
    assert row["Why"] == f"It could not be kept on the disk: {reason}."
    pages.review()
    assert {column.title for column in pages.form()["maps"] if column.token} == {
        "LIME",
        "SHAP",
        "Grad-CAM",
        "LRP",
    }
    assert answer(pages, 3) == ""


@pytest.mark.usefixtures("database_elsewhere")
def test_a_reading_says_that_its_secret_cannot_be_kept(
    disk: Disk, fake_browser: FakeBrowser
) -> None:
    disk.be_read_only()
    reader = Reader(fake_browser)
    reader.open()
    reader.fill_and_go_on()
    reader.fill_and_go_on()
    said = [error.value for error in reader.app.error]
    assert said == [
        "The disk or the network failed the server (Read-only file system). Answers shown as "
        "saved are safe."
    ]
    disk.be_read_only(False)
    st.cache_resource.clear()
    reader.settle()
    assert not reader.app.error and len(reader.form()["maps"]) == 2


@pytest.mark.usefixtures("database_elsewhere")
def test_maps_are_scored_and_annotations_kept_as_they_are(
    disk: Disk, fake_browser: FakeBrowser
) -> None:
    pages = Pages(fake_browser)
    pages.review()
    disk.be_read_only()
    for view in ("Cases", "Study", "Faithfulness", "Annotations"):
        pages = Pages(fake_browser)
        pages.app.query_params["view"] = view
        opened(pages, "evaluate")
        assert not pages.app.error
    next(one for one in pages.app.button if one.label == "Remove …").click().run()
    next(one for one in pages.app.button if one.label == "Remove them for good").click().run()
    assert "Read-only file system" in pages.app.error[0].value
    pages.app.run()
    assert "**13 annotations**" in pages.texts()


@pytest.mark.parametrize("page", ["worklist", "review", "results"])
def test_what_another_server_of_the_folder_keeps_is_seen(
    page: str, fake_browser: FakeBrowser
) -> None:
    pages = Pages(fake_browser)
    pages.review()
    pages.answer("LRP", 3)
    pages.answer("LRP", 4)
    before = []
    if page != "review":
        opened(pages, page)
    if page == "worklist":
        before = pages.listed()
    # As another process does: with connections and caches of its own.
    other = Store(settings().database)
    (saved,) = other.export_rows("phantom-demo")
    assert saved.answer.value == 4
    other.record([replace(saved.answer, value=2), replace(saved.answer, item="comment", value="x")])
    other.add_case("my-radiographs", saved.answer.case.image_sha256)
    other.close()
    if page == "review":
        pages.review()
        assert (pages.shown("LRP"), pages.shown("LRP", "comment")) == (2, "x")
    elif page == "worklist":
        assert [row["answered"] for row in before if row["name"] == saved.answer.case.name] == [1]
        opened(pages, page)
        assert [row["answered"] for row in pages.listed()] == [
            row["answered"] + (row["name"] == saved.answer.case.name) for row in before
        ]
        pages.app.button_group(key="study").set_value("my-radiographs").run()
        assert len(pages.listed()) == 1
    else:
        pages.app.query_params["results-of"] = "Phantom demo"
        assert "Nothing has been rated" not in opened(pages, page)
        assert not pages.app.error
