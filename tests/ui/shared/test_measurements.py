"""What becomes of measurements by the pages' logic: where they are kept, and who sees them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import streamlit as st

from shamsul.annotations.annotation import Occasion
from shamsul.annotations.measurements import MeasurementArchive, added, measurement_of
from shamsul.reading.database.accounts import Accounts, Role
from shamsul.reading.database.transactions import Database
from shamsul.settings import settings
from shamsul.ui.shared import drawings, sign_in
from shamsul.ui.shared.outbox import Event
from shamsul.ui.shared.viewer import MEASURE, REMOVE_MEASUREMENT
from tests.ui.conftest import FakeBrowser, Pages, Visitor
from tests.ui.shared.test_drawings import PASSWORD, image, reviewer, row, told

RULER = {"id": "r-1", "kind": "ruler", "places": [[100, 120], [300, 250]]}
MOVED = {**RULER, "places": [[110, 120], [300, 250]]}


def archive() -> MeasurementArchive:
    return MeasurementArchive(settings().data_dir / "annotations" / "measurements")


def kept() -> list[tuple[str, Any]]:
    return [(one.author, one.places) for one in archive().get(image())]


def put(author: str, name: str, occasion: Occasion | None = None) -> None:
    one = measurement_of({**RULER, "id": name}, (512, 512), author, datetime.now(UTC), occasion)
    archive().revise(image(), lambda old: added(old, one))


def shown(pages: Pages) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in told(pages)["measurements"]}


def test_a_measurement_is_kept_moved_and_removed(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    token = row(ada)["token"]
    fake_browser.draw(token, MEASURE, RULER)
    ada.app.run()
    assert kept() == [("Ada", ((100, 120), (300, 250)))]
    assert told(ada)["notice"].endswith(": your ruler")
    fake_browser.draw(token, MEASURE, MOVED)
    ada.app.run()
    assert kept() == [("Ada", ((110, 120), (300, 250)))]
    assert shown(ada)["r-1"] == {**MOVED, "own": True, "author": ""}
    fake_browser.draw(token, REMOVE_MEASUREMENT, "r-1")
    ada.app.run()
    assert (kept(), shown(ada)) == ([], {})
    assert told(ada)["notice"].startswith("Removed at ")
    assert told(ada)["saved"]["viewer"] == 3


def test_senseless_measurement_is_dropped(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    fake_browser.draw(row(ada)["token"], MEASURE, {**RULER, "places": "everywhere"})
    fake_browser.draw(row(ada)["token"], MEASURE, RULER)
    ada.app.run()
    assert len(kept()) == 1
    assert told(ada)["saved"]["viewer"] == 2


def test_readers_see_their_own_and_not_those_of_readings(fake_browser: FakeBrowser) -> None:
    put("Ada", "mine")
    put("Bo", "theirs")
    put("Ada", "read", Occasion("trial"))
    ada = reviewer(fake_browser)
    assert set(shown(ada)) == {"mine"}
    assert "theirs" not in ada.viewer_message()


def test_coordinator_who_has_signed_in_sees_all(
    fake_browser: FakeBrowser, monkeypatch: pytest.MonkeyPatch, visitor: Visitor
) -> None:
    reviewer(fake_browser)
    put("Ada", "hers")
    put("Ada", "read", Occasion("trial"))
    put("Carl", "mine")
    monkeypatch.setenv("SHAMSUL_SIGN_IN", "accounts")
    settings.cache_clear()
    st.cache_resource.clear()
    accounts = Accounts(Database(settings().database))
    accounts.add("Carl", Role.COORDINATOR, PASSWORD)
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Carl", PASSWORD)
    carl = Pages(fake_browser)
    carl.review()
    who = {name: (one["author"], one["own"]) for name, one in shown(carl).items()}
    assert who == {"hers": ("Ada", False), "read": ("Ada", False), "mine": ("", True)}


def test_nothing_is_written_where_the_screen_is_closed(fake_browser: FakeBrowser) -> None:
    reviewer(fake_browser)

    class Closed(Exception):
        pass

    def refuse(write: object) -> None:
        raise Closed

    canvas = drawings.Canvas("Ada", image(), (512, 512), "Fracture", Occasion("trial"))
    event = Event(1, "token", MEASURE, RULER)
    with pytest.raises(Closed):
        drawings.keep(event, canvas, refuse)
    assert kept() == []
    # What had been kept before the screen was closed may be sent again.
    drawings.keep(event, canvas)
    assert "your ruler" in drawings.keep(event, canvas, refuse)
    assert archive().get(image())[0].occasion == Occasion("trial")


def test_a_damaged_file_is_told(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    put("Ada", "mine")
    place = settings().data_dir / "annotations" / "measurements" / f"{image()}.json"
    place.write_text(json.dumps({"measurements": [{}]}))
    ada.app.run()
    assert not ada.app.exception
    (said,) = [one.value for one in ada.app.error]
    assert said.startswith("The measurements of this radiograph cannot be read.")
