"""What becomes of drawings by the pages' logic: where they are kept, and who sees them."""

import json
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN, mark_of
from shamsul.reading import Store
from shamsul.reading.database.accounts import Accounts, Role
from shamsul.reading.database.transactions import Database
from shamsul.settings import settings
from shamsul.ui.shared import sign_in
from shamsul.ui.shared.viewer import TAKE_BACK
from tests.ui.conftest import FakeBrowser, Pages, Visitor

BOX = {"kind": "box", "corners": [[100, 120], [300, 250]]}
POLYGON = {"kind": "polygon", "corners": [[10, 20], [60, 30], [50, 90]]}
PASSWORD = "correct horse"
EXACT = "phantom (exact)"
LABEL = "Pleural Effusion"


def archive() -> AnnotationArchive:
    return AnnotationArchive(settings().data_dir / "annotations")


def image(case: int = 1) -> str:
    store = Store(settings().database)
    (found,) = [one for one in store.cases("phantom-demo") if one.id == case]
    store.close()
    return found.image_sha256


def drawn(case: int = 1) -> list[tuple[str, str, str]]:
    found = [one for one in archive().get(image(case)) if one.source == DRAWN]
    return [(one.author, one.label, one.kind) for one in found]


def reviewer(browser: FakeBrowser, name: str = "Ada", case: int = 1) -> Pages:
    someone = Pages(browser)
    someone.app.text_input(key="reader").set_value(name).run()
    someone.review(case)
    return someone


def row(pages: Pages) -> dict[str, Any]:
    (first, *_) = json.loads(pages.viewer_message())["rows"]
    return dict(first)


def names(pages: Pages) -> list[str]:
    return [one["name"] for one in row(pages)["annotations"]]


def told(pages: Pages) -> dict[str, Any]:
    return dict(json.loads(pages.viewer_message())["drawing"])


def put_drawing(author: str, label: str = LABEL, case: int = 1) -> None:
    mark = mark_of(BOX, (10_000, 10_000))
    archive().add(image(case), [Annotation(label, DRAWN, mark, author)])


def test_drawing_is_kept_under_the_reader_s_name_and_shown(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    before = row(ada)
    assert EXACT in names(ada)
    fake_browser.draw(before["token"], "draw", BOX)
    fake_browser.draw(before["token"], "draw", POLYGON)
    ada.app.run()
    assert drawn() == [("Ada", before["label"], "boxes"), ("Ada", before["label"], "polygons")]
    assert told(ada)["saved"]["viewer"] == 2
    assert told(ada)["notice"].startswith("Saved at ")
    assert told(ada)["error"] == ""
    own = [one for one in row(ada)["annotations"] if one["own"]]
    assert {one["name"] for one in own} == {"drawn in the viewer, you"}
    assert [len(one["curves"]) for one in own] == [1, 1]
    assert names(reviewer(fake_browser))[-1] == "drawn in the viewer, you"


def test_senseless_drawing_is_dropped(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    fake_browser.draw(row(ada)["token"], "draw", {"kind": "box", "corners": "everywhere"})
    fake_browser.draw(row(ada)["token"], "draw", BOX)
    ada.app.run()
    assert [kind for *_, kind in drawn()] == ["boxes"]
    assert told(ada)["saved"]["viewer"] == 2


def test_own_drawings_of_one_label_are_taken_back(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    put_drawing("Bo", row(ada)["label"])
    put_drawing("Ada", "Fracture")
    fake_browser.draw(row(ada)["token"], "draw", BOX)
    fake_browser.draw(row(ada)["token"], TAKE_BACK, None)
    ada.app.run()
    assert told(ada)["notice"].startswith("Removed at ")
    assert drawn() == [("Bo", row(ada)["label"], "boxes"), ("Ada", "Fracture", "boxes")]


def test_what_was_sent_to_a_server_that_ended_is_drawn_once(fake_browser: FakeBrowser) -> None:
    ada = reviewer(fake_browser)
    fake_browser.draw(row(ada)["token"], "draw", BOX)
    ada.app.run()
    (before,) = [one for one in archive().get(image()) if one.source == DRAWN]
    again = reviewer(fake_browser)  # a fresh session, the outbox as it was
    assert told(again)["saved"]["viewer"] == 1
    (after,) = [one for one in archive().get(image()) if one.source == DRAWN]
    assert after.mark.edges.tolist() == before.mark.edges.tolist()


def test_drawing_on_a_case_that_the_session_does_not_know_waits_until_it_is_opened(
    fake_browser: FakeBrowser,
) -> None:
    fake_browser.draw(row(reviewer(fake_browser))["token"], "draw", BOX)
    again = reviewer(fake_browser, case=2)
    assert told(again)["error"] == "The case that was drawn on has to be opened again."
    assert drawn() == []
    again.review(1)
    assert [author for author, *_ in drawn()] == ["Ada"]
    assert told(again)["error"] == ""


def test_what_cannot_be_written_is_said_and_kept_later(
    fake_browser: FakeBrowser, installation: Path
) -> None:
    ada = reviewer(fake_browser)
    place, aside = installation / "annotations", installation / "aside"
    place.rename(aside)
    place.touch()
    fake_browser.draw(row(ada)["token"], "draw", BOX)
    ada.app.run()
    assert told(ada)["error"] == "The annotations could not be written: File exists."
    assert told(ada)["saved"] == {}
    place.unlink()
    aside.rename(place)
    ada.app.run()
    assert told(ada)["error"] == ""
    assert [author for author, *_ in drawn()] == ["Ada"]


def test_without_sign_in_readers_see_their_own_and_the_experts(fake_browser: FakeBrowser) -> None:
    label = row(reviewer(fake_browser))["label"]
    for author in ("Ada", "Bo"):
        put_drawing(author, label)
    ada, cy = reviewer(fake_browser), reviewer(fake_browser, "Cy")
    assert names(ada) == [EXACT, "drawn in the viewer, you"]
    assert names(cy) == [EXACT]
    assert "Bo" not in ada.viewer_message()


def test_nobody_draws_without_a_name(fake_browser: FakeBrowser) -> None:
    nobody = reviewer(fake_browser, "")
    assert json.loads(nobody.viewer_message())["drawing"] is None


def test_coordinator_who_has_signed_in_sees_all(
    fake_browser: FakeBrowser, monkeypatch: pytest.MonkeyPatch, visitor: Visitor
) -> None:
    label = row(reviewer(fake_browser))["label"]
    for author in ("Ada", "Carl"):
        put_drawing(author, label)
    monkeypatch.setenv("SHAMSUL_SIGN_IN", "accounts")
    settings.cache_clear()
    st.cache_resource.clear()
    accounts = Accounts(Database(settings().database))
    accounts.add("Carl", Role.COORDINATOR, PASSWORD)
    visitor.cookies[sign_in.COOKIE] = accounts.sign_in("Carl", PASSWORD)
    carl = Pages(fake_browser)
    carl.review()
    assert names(carl) == [EXACT, "drawn in the viewer, Ada", "drawn in the viewer, you"]
