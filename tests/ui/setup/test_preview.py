"""A coordinator tries a study as its readers will see it; nothing of it is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shamsul.annotations.archive import AnnotationArchive
from shamsul.reading import Store
from shamsul.reading.database.tables import Base
from shamsul.settings import settings
from shamsul.ui.shared.questionnaire import PAUSE
from tests.ui.conftest import FakeBrowser, Reader, make_study, study_text


def counts() -> dict[str, int]:
    """How many rows each table has."""
    store = Store(settings().database)
    tables = Base.metadata.sorted_tables
    found = store.database.read(
        lambda session: {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }
    )
    store.close()
    return found


class Coordinator(Reader):
    """Somebody who sets a study up, and reads it for a try."""

    def begin(self, text: str = "") -> None:
        self.app.switch_page("pages/setup.py").run()
        if text:
            self.app.text_area(key="study-file").set_value(text).run()
        else:
            self.app.selectbox(key="setup-of").set_value("trial").run()
        self.press("Preview as a reader")


@pytest.fixture
def coordinator(fake_browser: FakeBrowser, installation: Path) -> Coordinator:
    return Coordinator(fake_browser, "Cy")


@pytest.mark.parametrize("made", [True, False])
def test_every_screen_is_seen_and_nothing_is_kept(
    coordinator: Coordinator, installation: Path, made: bool
) -> None:
    text = study_text(drawing=True)
    if made:
        make_study(installation, text)
    before = counts()
    coordinator.begin("" if made else text)
    assert "Preview: nothing is kept" in coordinator.texts()
    assert "1 question before the first case and 1 question after the last case" in (
        coordinator.texts()
    )
    for case in (1, 2):
        assert f"case {case} of 2" in coordinator.texts()
        assert coordinator.asked() == ["present"]
        coordinator.fill_and_go_on()
        assert coordinator.titles() == ["Map A", "Map B"]
        coordinator.answer("Map A", 2)
        assert coordinator.shown("Map A") == 2
        assert "nothing is kept" in coordinator.form()["notice"]
        coordinator.fill_and_go_on()
        # As the design has it: what is finished is revealed.
        assert coordinator.titles() == ["Map A: Grad-CAM", "Map B: LRP"]
        assert coordinator.form()["locked"]
        coordinator.go_on()
    assert "These were all readings" in coordinator.texts()
    coordinator.press("End the preview")
    if not made:
        assert coordinator.app.text_area(key="study-file").value == text
    assert "Preview: nothing is kept" not in coordinator.texts()
    assert counts() == before


def test_what_is_required_is_required_and_can_be_skipped(
    coordinator: Coordinator, installation: Path
) -> None:
    make_study(installation, study_text())
    coordinator.begin()
    coordinator.go_on()
    assert "1 required answer is missing" in coordinator.form()["refused"]
    assert coordinator.asked() == ["present"]
    coordinator.press("Skip this screen")
    assert coordinator.titles() == ["Map A", "Map B"]
    coordinator.go_on(PAUSE)
    assert "Preview: nothing is kept" not in coordinator.texts()


def test_drawings_are_not_kept(coordinator: Coordinator, installation: Path) -> None:
    make_study(installation, study_text(drawing=True))
    store = Store(settings().database)
    archive = AnnotationArchive(installation / "annotations")
    images = [case.image_sha256 for case in store.cases("trial")]
    store.close()
    before = [len(archive.get(image)) for image in images]
    coordinator.begin()
    token = str(coordinator.form()["case"].token).removesuffix("case") + "drawing"
    coordinator.browser.put(token, "box", [[1, 1, 5, 5]])
    coordinator.app.run()
    assert "nothing is kept" in coordinator.form()["notice"]
    assert [len(archive.get(image)) for image in images] == before


def test_cases_that_are_not_here_yet_cannot_be_previewed(
    coordinator: Coordinator, installation: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (installation / "films").mkdir()
    monkeypatch.setenv("SHAMSUL_STUDY_FOLDERS", str(installation))
    settings.cache_clear()
    text = study_text().replace('study = "phantom-demo"', 'folder = "films"')
    coordinator.app.switch_page("pages/setup.py").run()
    text = text.replace('only = ["phantom-0001", "phantom-0005"]', "")
    coordinator.app.text_area(key="study-file").set_value(text).run()
    (button,) = [one for one in coordinator.app.button if one.label == "Preview as a reader"]
    button.click().run()
    assert "are taken in when the study is made" in coordinator.texts()


def test_a_reader_goes_on_after_a_preview_as_if_there_had_been_none(
    coordinator: Coordinator, installation: Path, reader_named: Callable[[str], Reader]
) -> None:
    make_study(installation, study_text())
    coordinator.begin()
    coordinator.fill_and_go_on()
    ada = reader_named("Ada")
    # Left in the browser's outbox by a preview that a restart of the server ended.
    ada.browser.put("reading/-1/IMAGE/abc/case", "present", "yes")
    ada.open()
    assert ada.form()["error"] == ""
    ada.fill_and_go_on()
    assert ada.asked() == ["present"]


@pytest.fixture
def reader_named(fake_browser: FakeBrowser) -> Callable[[str], Reader]:
    return lambda name: Reader(fake_browser, name)
