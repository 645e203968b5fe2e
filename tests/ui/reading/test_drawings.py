"""What a study's readers draw, by the page's logic: when it is offered, kept, seen and counted."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shamsul.annotations.annotation import Annotation, Occasion, union
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN, mark_of
from shamsul.annotations.measurements import MeasurementArchive
from shamsul.metrics.localisation import Overlap
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.demo import EXACT
from shamsul.settings import settings
from shamsul.studies.localisation import human_benchmark
from shamsul.ui.shared.questionnaire import NEXT
from shamsul.ui.shared.viewer import MEASURE, REMOVE_MEASUREMENT, TAKE_BACK
from tests.studies.desk import desk_in
from tests.ui.conftest import FakeBrowser, Reader, make_study, study_text

BOX = {"kind": "box", "corners": [[100, 120], [300, 250]]}
POLYGON = {"kind": "polygon", "corners": [[10, 20], [60, 30], [50, 90]]}
RULER = {"id": "r-1", "kind": "ruler", "places": [[100, 120], [300, 250]]}
LABEL = "Pleural Effusion"
FIRST, SECOND = "phantom-0001", "phantom-0005"
FINISHED = "This part of the case is finished; its answers stay as they are."
YOURS = "drawn in the viewer, you"


def archive() -> AnnotationArchive:
    return AnnotationArchive(settings().data_dir / "annotations")


def measurements() -> MeasurementArchive:
    return MeasurementArchive(settings().data_dir / "annotations" / "measurements")


def image(case: str = FIRST) -> str:
    store = Store(settings().database)
    (found,) = [one for one in store.cases("trial") if one.name == case]
    store.close()
    return found.image_sha256


def drawn(case: str = FIRST) -> list[Annotation]:
    return [one for one in archive().get(image(case)) if one.source == DRAWN]


def put_drawing(author: str, occasion: Occasion | None = None, case: str = FIRST) -> None:
    mark = mark_of(BOX, (10_000, 10_000))
    archive().revise(
        image(case),
        lambda old: (*old, Annotation(LABEL, DRAWN, mark, author, occasion=occasion)),
    )


class Drawer(Reader):
    """A reader who draws."""

    def message(self) -> dict[str, Any]:
        return dict(json.loads(self.viewer_message()))

    def token(self) -> str | None:
        (row,) = self.message()["rows"]
        token: str | None = row["token"]
        return token

    def send(self, item: str, value: object, token: str | None = None) -> None:
        """As the viewer puts it into the questionnaire's outbox."""
        self.browser.put(token or str(self.token()), item, value)
        self.app.run()

    def draw(self, drawing: object = BOX, token: str | None = None) -> None:
        self.send("draw", drawing, token)

    def sees(self) -> list[str]:
        (row,) = self.message()["rows"]
        return [one["name"] for one in row["annotations"]]

    def screens(self) -> None:
        """Both screens of a case, up to the next case."""
        self.fill_and_go_on()
        self.fill_and_go_on()


@pytest.fixture
def reader(fake_browser: FakeBrowser, installation: Path) -> Callable[..., Drawer]:
    """A reader at the first case of a study in which one may draw."""

    def begin(name: str = "Ada", **design: Any) -> Drawer:
        make_study(installation, study_text(**{"drawing": True} | design))
        someone = Drawer(fake_browser, name)
        someone.open()
        someone.fill_and_go_on()  # about the reader
        return someone

    return begin


def test_drawing_is_kept_with_reader_and_time_before_it_is_said_to_be_saved(reader) -> None:
    began = datetime.now(UTC)
    ada = reader()
    assert ada.sees() == []
    ada.draw(BOX)
    ada.draw(POLYGON)
    assert ada.form()["notice"].startswith("Saved at ")
    assert ada.form()["notice"].endswith(f": your drawing of {LABEL}")
    assert ada.form()["saved"]["browser"] == ada.browser.number
    found = drawn()
    assert [(one.author, one.label, one.kind) for one in found] == [
        ("Ada", LABEL, "boxes"),
        ("Ada", LABEL, "polygons"),
    ]
    assert all(one.occasion == Occasion("trial") for one in found)
    assert all(began <= one.created_at <= datetime.now(UTC) for one in found)
    assert ada.sees() == [YOURS, YOURS]
    ada.send(TAKE_BACK, None)
    assert ada.form()["notice"].startswith("Removed at ")
    assert (drawn(), ada.sees()) == ([], [])


def test_nobody_draws_where_the_design_does_not_say_so(reader) -> None:
    ada = reader(drawing=False)
    assert ada.message()["drawing"] is None
    assert ada.token() is None
    ada.draw(BOX, ada.form()["case"].token.replace("/case", "/drawing"))
    assert drawn() == []


def test_drawing_ends_with_the_image_alone(reader) -> None:
    ada = reader()
    token = ada.token()
    ada.draw(BOX)
    ada.fill_and_go_on()
    assert "probability" in ada.message()["rows"][0]["caption"]
    assert ada.message()["drawing"] is None
    assert ada.sees() == []
    for item, value in (("draw", POLYGON), (TAKE_BACK, None)):
        ada.send(item, value, token)
        assert ada.form()["refused"] == FINISHED
        assert [one.kind for one in drawn()] == ["boxes"]


def test_measurements_are_kept_with_the_reading_until_the_image_alone_is_left(reader) -> None:
    ada = reader()
    token = ada.token()
    ada.send(MEASURE, RULER, token)
    assert ada.form()["notice"].endswith(": your ruler")
    (kept,) = measurements().get(image())
    assert (kept.author, kept.occasion) == ("Ada", Occasion("trial"))
    other = replace(kept, id="other", occasion=None)
    measurements().revise(image(), lambda old: (*old, other))
    ada.app.run()
    shown = ada.message()["drawing"]["measurements"]
    assert shown == [{**RULER, "author": "", "own": True}]
    ada.fill_and_go_on()
    assert ada.message()["drawing"] is None
    for item, value in ((MEASURE, {**RULER, "id": "late"}), (REMOVE_MEASUREMENT, "r-1")):
        ada.send(item, value, token)
        assert ada.form()["refused"] == FINISHED
        assert measurements().get(image()) == (kept, other)


def test_next_comes_after_what_was_drawn_before_it(reader, installation: Path) -> None:
    ada = reader()
    ada.fill()
    place, aside = installation / "annotations", installation / "aside"
    place.rename(aside)
    place.touch()
    ada.browser.put(str(ada.token()), "draw", BOX)
    ada.browser.put(ada.form()["finish"].token, NEXT, None)
    ada.app.run()
    assert ada.form()["error"] == "The annotations could not be written: File exists."
    assert ada.asked() == ["present"]
    place.unlink()
    aside.rename(place)
    ada.app.run()
    assert ada.asked() == ["agreement"]
    assert [one.author for one in drawn()] == ["Ada"]


def test_what_is_sent_again_after_the_lock_is_known_to_be_kept(
    reader, fake_browser: FakeBrowser
) -> None:
    ada = reader()
    token = ada.token()
    ada.draw(BOX)
    ada.fill_and_go_on()
    fake_browser.number = 0  # a fresh session knows nothing of the outbox
    again = Drawer(fake_browser)
    again.open()
    again.draw(BOX, token)
    assert again.form()["refused"] == ""
    assert len(drawn()) == 1
    again.draw(POLYGON, token)
    assert again.form()["refused"] == FINISHED


def test_drawing_finds_its_reading_after_the_server_was_started_anew(
    reader, fake_browser: FakeBrowser
) -> None:
    token = reader().token()
    fake_browser.number = 0
    fake_browser.put(str(token), "draw", BOX)
    again = Drawer(fake_browser)
    again.open()
    assert [one.author for one in drawn()] == ["Ada"]
    assert again.sees() == [YOURS]


def test_senseless_drawing_is_dropped(reader) -> None:
    ada = reader()
    ada.draw({"kind": "box", "corners": "everywhere"})
    ada.draw(BOX)
    assert [one.kind for one in drawn()] == ["boxes"]


def test_closed_study_takes_no_drawing(reader) -> None:
    ada = reader()
    token = ada.token()
    store = Store(settings().database)
    Readings(store.database).close("trial")
    store.close()
    ada.draw(BOX, token)
    assert drawn() == []
    assert ada.form()["refused"] == "The study Trial is closed."


def test_reader_sees_neither_others_drawings_nor_the_own_of_elsewhere(
    reader, fake_browser: FakeBrowser
) -> None:
    ada = reader()
    ada.draw(BOX)
    put_drawing("Ada")  # on the page Review
    put_drawing("Ada", Occasion("another-trial"))
    bo = Drawer(fake_browser, "Bo")
    bo.open()
    bo.fill_and_go_on()
    assert bo.sees() == []
    assert DRAWN not in bo.viewer_message()
    ada.app.run()
    assert ada.sees() == [YOURS]
    bo.draw(POLYGON)
    assert bo.sees() == [YOURS]
    bo.send(TAKE_BACK, None)
    assert [(one.author, one.occasion) for one in drawn()] == [
        ("Ada", Occasion("trial")),
        ("Ada", None),
        ("Ada", Occasion("another-trial")),
    ]


def test_after_the_debrief_experts_and_the_own_drawings_of_the_reading_are_seen(reader) -> None:
    ada = reader()
    ada.draw(BOX)
    for author, occasion in (("Bo", Occasion("trial")), ("Ada", None)):
        put_drawing(author, occasion)
    ada.screens()
    assert ada.form()["locked"]
    assert ada.sees() == [EXACT, "drawn in the viewer, Ada"]
    assert "Bo" not in ada.viewer_message()


@pytest.mark.parametrize(
    ("design", "again"),
    [
        ({"repeats": 1}, Occasion("trial", repeat=True)),
        ({"sessions": 2, "washout_days": 0}, Occasion("trial", 2)),
    ],
)
def test_case_that_comes_again_is_as_blank_as_at_first(reader, design, again: Occasion) -> None:
    ada = reader(cases=(FIRST,), **design)
    before = ada.message()
    ada.draw(BOX)
    ada.screens()
    after = ada.message()
    # The tools are there, and nothing but the names of things is another.
    token = after["rows"][0]["token"]
    assert token != before["rows"][0]["token"]
    after["rows"][0]["token"], after["key"] = before["rows"][0]["token"], before["key"]
    assert after == before
    ada.draw(POLYGON)
    assert ada.sees() == [YOURS]
    assert [(one.kind, one.occasion) for one in drawn()] == [
        ("boxes", Occasion("trial")),
        ("polygons", again),
    ]
    ada.send(TAKE_BACK, None)
    assert [one.kind for one in drawn()] == ["boxes"]


def test_reader_is_compared_as_one_of_the_people(reader) -> None:
    ada = reader()
    ada.draw(BOX)
    ada.draw(POLYGON)
    store = Store(settings().database)
    cases = store.cases("trial")
    store.close()
    kept = archive()
    (exact,) = [one for one in kept.get(image()) if (one.label, one.source) == (LABEL, EXACT)]
    shape = exact.mark.region.shape
    everyone = human_benchmark(desk_in(settings().data_dir), cases, [EXACT])
    (found,) = [one for one in everyone if one.score.label == LABEL]
    region = union(drawn(), shape)
    assert (found.case.name, found.score.method) == (FIRST, DRAWN)
    both = Overlap.of(region, exact.mark.region)
    assert found.score.iou == pytest.approx(both.iou)


def test_practice_is_drawn_and_known_to_be_practice(reader) -> None:
    ada = reader(warm_up=1)
    ada.draw(BOX)
    (found,) = drawn(FIRST) or drawn(SECOND)
    assert found.occasion == Occasion("trial", warm_up=True)


def test_finished_drawing_may_change_where_answers_may(reader) -> None:
    ada = reader(changes=True, debrief=False, mode="crossover", sessions=2, washout_days=0)
    ada.draw(BOX)
    ada.fill_and_go_on()  # without the maps: the case is finished
    assert ada.asked() == ["present"]
    ada.press("Previous case")
    assert ada.sees() == [YOURS]
    ada.draw(POLYGON)
    assert [one.kind for one in drawn()] == ["boxes", "polygons"]


def test_finished_drawing_is_seen_but_not_changed_where_answers_may_not(reader) -> None:
    ada = reader(debrief=False, mode="crossover", sessions=2, washout_days=0)
    ada.draw(BOX)
    token = ada.token()
    ada.fill_and_go_on()
    ada.press("Previous case")
    assert ada.message()["drawing"] is None
    assert ada.sees() == ["drawn in the viewer, Ada"]
    assert ada.message()["annotation"] == "outline"
    ada.draw(POLYGON, token)
    assert ada.form()["refused"] == FINISHED
    assert [one.kind for one in drawn()] == ["boxes"]
