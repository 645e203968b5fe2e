"""What goes wrong in the midst of a reading: no answer is lost without a word."""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import event

from shamsul.reading import SavedAnswer, Store
from shamsul.settings import settings
from shamsul.studies import opening
from shamsul.ui.shared import session
from shamsul.ui.shared.questionnaire import NEXT
from tests.questions import asked
from tests.reading.database.postgres import Postgres, a_server
from tests.ui.conftest import (
    FakeBrowser,
    Reader,
    described,
    free_port,
    make_study,
    study_text,
)

SAVED = re.compile(r"Saved at \d\d:\d\d")
KEPT = "1 answer is kept in this page and sent again until saved. Do not close the page."
#: Without questions about the reader.
ABOUT_CASES = asked("present", "agreement", "location", "comment", "useful", "sure")
READERS = ("Tabs", "One", "Other", "Offline", "Halted", "Killed")


# ---- In a real browser ---------------------------------------------------------------------------


def study() -> str:
    return study_text(questions=ABOUT_CASES, readers=READERS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hard")
    make_study(folder, study())
    return folder


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], folder: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


@pytest.fixture
def another_page(page: Page) -> Page:
    return page.context.new_page()


def go(page: Page, url: str, reader: str) -> None:
    page.goto(f"{url}/reading?study=trial&reader={reader}")
    expect(sure(page, 1)).to_be_visible()


def sure(page: Page, point: int) -> Locator:
    return page.get_by_role("radio", name=str(point), exact=True)


def present(page: Page, choice: str) -> Locator:
    return page.get_by_role("radio", name=choice, exact=True)


def status(page: Page) -> Locator:
    return page.locator(".status")


def saved(database: Path | str, reader: str) -> dict[str, SavedAnswer]:
    store = Store(database if isinstance(database, str) else f"sqlite:///{database / 'shamsul.db'}")
    found = {one.answer.item: one for one in store.export_rows("trial", reader)}
    store.close()
    return found


@pytest.mark.browser
def test_two_tabs_of_a_reader_lose_nothing(page: Page, another_page: Page, url, folder) -> None:
    first, second = page, another_page
    go(first, url, "Tabs")
    go(second, url, "Tabs")
    present(first, "yes").click()
    expect(status(first)).to_have_text(SAVED)
    present(second, "no").click()
    expect(status(second)).to_have_text(SAVED)
    sure(first, 4).click()
    expect(status(first)).to_contain_text("How sure")
    found = saved(folder, "Tabs")
    assert (found["present"].answer.value, found["present"].revision) == ("no", 2)
    assert found["sure"].answer.value == 4
    # What the other tab answered is shown too.
    expect(present(first, "no")).to_be_checked()

    first.get_by_role("button", name="Next").click()
    expect(first.get_by_text("Do you agree with the model?")).to_be_visible()
    sure(second, 1).click()
    expect(status(second)).to_have_text(
        "Not saved: This part of the case is finished; its answers stay as they are."
    )
    expect(second.get_by_text("Do you agree with the model?")).to_be_visible()
    assert saved(folder, "Tabs")["sure"].answer.value == 4


@pytest.mark.browser
def test_two_readers_of_a_case_do_not_meet(page: Page, another_page: Page, url, folder) -> None:
    go(page, url, "One")
    go(another_page, url, "Other")
    present(page, "yes").click()
    present(another_page, "no").click()
    for one in (page, another_page):
        expect(status(one)).to_have_text(SAVED)
    expect(present(page, "yes")).to_be_checked()
    one, other = saved(folder, "One")["present"], saved(folder, "Other")["present"]
    assert one.answer.case == other.answer.case
    assert (one.answer.value, other.answer.value) == ("yes", "no")
    assert (one.revision, other.revision) == (1, 1)


@pytest.mark.browser
def test_answers_wait_in_the_page_while_the_connection_is_lost(page: Page, url, folder) -> None:
    page.clock.install()
    go(page, url, "Offline")
    page.context.set_offline(True)
    present(page, "yes").click()
    expect(status(page)).to_have_text("Saving …")
    for _ in range(12):  # a minute
        page.clock.fast_forward(5_000)
    expect(status(page)).to_have_text(f"Not saved: The server does not answer. {KEPT}")
    expect(page.locator(".unsaved:visible")).to_have_count(1)
    assert saved(folder, "Offline") == {}
    page.context.set_offline(False)
    expect(status(page)).to_have_text(SAVED)
    expect(page.locator(".unsaved:visible")).to_have_count(0)
    assert saved(folder, "Offline")["present"].revision == 1


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A server that may be halted."""
    with a_server() as server:
        yield server


@pytest.mark.browser
def test_database_server_that_comes_back_gets_the_answer(
    page: Page, start_app, own_postgres: Postgres, tmp_path: Path
) -> None:
    database = own_postgres.new_database()
    make_study(tmp_path, study(), database)
    env = {"SHAMSUL_DATA_DIR": str(tmp_path), "SHAMSUL_DATABASE_URL": database}
    go(page, start_app("app.py", env), "Halted")
    present(page, "yes").click()
    expect(status(page)).to_have_text(SAVED)
    own_postgres.halt()
    sure(page, 2).click()
    expect(status(page)).to_contain_text("Not saved: The ratings database failed")
    expect(status(page)).to_contain_text(KEPT)
    expect(sure(page, 2)).to_be_checked()
    own_postgres.start()
    expect(status(page)).to_have_text(SAVED)
    expect(sure(page, 2)).to_be_checked()
    found = saved(database, "Halted")
    assert {item: one.answer.value for item, one in found.items()} == {"present": "yes", "sure": 2}
    assert {one.revision for one in found.values()} == {1}


@pytest.mark.browser
def test_app_killed_five_times_keeps_every_answer(page: Page, start_app, tmp_path: Path) -> None:
    make_study(tmp_path, study())
    env, port, chance = {"SHAMSUL_DATA_DIR": str(tmp_path)}, free_port(), random.Random()
    go(page, start_app("app.py", env, port=port), "Killed")
    clicks = []
    for life in range(5):
        for _ in range(3):
            clicks.append(1 + len(clicks) % 5)
            sure(page, clicks[-1]).click()
            page.wait_for_timeout(chance.uniform(0, 300))
        # Somewhere in the midst of three answers.
        start_app.kill(f"http://127.0.0.1:{port}")
        if life % 2:
            clicks.append(1 + len(clicks) % 5)
            sure(page, clicks[-1]).click()
        start_app("app.py", env, port=port)
        expect(sure(page, clicks[-1])).to_be_checked()
    expect(status(page)).to_have_text(SAVED)
    current = saved(tmp_path, "Killed")["sure"]
    assert (current.answer.value, current.revision) == (clicks[-1], len(clicks))


# ---- By the pages' logic -------------------------------------------------------------------------


@pytest.fixture
def ada(fake_browser: FakeBrowser, installation: Path) -> Reader:
    make_study(installation, study_text(questions=ABOUT_CASES))
    ada = Reader(fake_browser)
    ada.open()
    return ada


def answered() -> dict[str, object]:
    return {item: one.answer.value for item, one in saved(settings().database, "Ada").items()}


def update(questions: str) -> None:
    """What `shamsul study update` does."""
    store = Store(settings().database)
    opening.update(described(study_text(questions=questions), store), store)
    store.close()


def test_full_disk_is_a_sentence_and_the_answer_is_saved_later(ada: Reader) -> None:
    case = ada.form()["case"].token
    ada.browser.put(case, "present", "yes")
    ada.app.run()
    engine = session.store().database._engine

    @event.listens_for(engine, "checkout")
    def fill(connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    ada.go_on()  # needs another answer first
    while not ada.form()["error"]:
        ada.browser.put(case, "sure", 1 + ada.browser.number % 5)
        ada.app.run()
    said = "The disk of the ratings database is full; nothing was saved."
    assert ada.form()["error"] == said
    assert ada.browser.events != []
    last = ada.browser.events[-1].value
    assert ada.answers()["present"] == "yes"
    event.remove(engine, "checkout", fill)

    @event.listens_for(engine, "checkout")
    def empty(connection, *_):
        connection.execute("PRAGMA max_page_count = 1000000")

    ada.app.run()
    assert (ada.form()["error"], ada.browser.events) == ("", [])
    assert answered() == {"present": "yes", "sure": last}


def test_reworded_question_is_asked_again_and_said(ada: Reader) -> None:
    before = ada.form()["case"].token
    update(ABOUT_CASES.replace("Is the finding present?", "Do you see the finding?"))
    ada.browser.put(before, "present", "yes")
    ada.app.run()
    assert "“Is the finding present?” was changed or left out" in ada.form()["refused"]
    assert "Do you see the finding?" in [q.wording for q in ada.form()["about_case"]]
    assert answered() == {}
    ada.fill(present="no", sure=3)
    assert answered() == {"present": "no", "sure": 3}
    assert ada.form()["refused"] == ""
    assert saved(settings().database, "Ada")["present"].wording == 1  # nobody had answered 1 before


def test_removed_question_is_said_and_what_was_answered_stays(ada: Reader) -> None:
    case = ada.form()["case"].token
    ada.browser.put(case, "sure", 2)
    ada.app.run()
    update(asked("present", "agreement", "location", "comment", "useful"))
    ada.browser.put(case, "sure", 5)
    ada.browser.put(case, "present", "yes")
    ada.browser.put(ada.form()["finish"].token, NEXT, None)
    ada.app.run()
    # The reader sees what was refused before the screen is gone.
    assert "“How sure are you?” was changed or left out" in ada.form()["refused"]
    assert ada.asked() == ["present"]
    assert answered() == {"present": "yes", "sure": 2}
    ada.go_on()
    assert ada.asked() == ["agreement"]


def test_question_that_stayed_as_it_was_is_answered_on_the_open_page(ada: Reader) -> None:
    case = ada.form()["case"].token
    update(ABOUT_CASES.replace("How sure are you?", "Are you sure?"))
    ada.browser.put(case, "present", "yes")
    ada.app.run()
    assert (answered(), ada.form()["refused"]) == ({"present": "yes"}, "")


def test_lost_session_is_recalled_with_what_it_had_not_saved(
    ada: Reader, fake_browser: FakeBrowser
) -> None:
    case, finish = ada.form()["case"].token, ada.form()["finish"].token
    fake_browser.put(case, "present", "yes")
    fake_browser.put(case, "sure", 4)
    fake_browser.put(finish, NEXT, None)
    again = Reader(fake_browser)
    again.open()
    assert again.asked() == ["agreement"]
    assert (fake_browser.events, again.form()["error"], again.form()["refused"]) == ([], "", "")
    assert answered() == {"present": "yes", "sure": 4}


def test_what_was_saved_and_locked_before_the_session_was_lost_is_not_refused(
    ada: Reader, fake_browser: FakeBrowser
) -> None:
    ada.fill(sure=4)
    for item, value in (("present", "yes"), ("sure", 4)):
        fake_browser.put(ada.form()["case"].token, item, value)
    fake_browser.put(ada.form()["finish"].token, NEXT, None)
    sent = list(fake_browser.events)
    ada.app.run()
    ada.settle()
    fake_browser.events = sent  # the server ended before it could say so
    again = Reader(fake_browser)
    again.open()
    assert again.asked() == ["agreement"]
    assert (fake_browser.events, again.form()["error"], again.form()["refused"]) == ([], "", "")


def test_map_answers_of_a_lost_session_are_recalled(ada: Reader, fake_browser: FakeBrowser) -> None:
    ada.fill(sure=4)
    ada.go_on()
    token = ada.column("Map B").token
    fake_browser.put(token, "location", 2)
    again = Reader(fake_browser)
    again.open()
    assert again.shown("Map B") == 2
    assert fake_browser.events == []


def test_map_answers_are_recalled_after_the_server_was_started_anew(
    ada: Reader, fake_browser: FakeBrowser, installation: Path
) -> None:
    ada.fill(sure=4)
    ada.go_on()
    token = ada.column("Map B").token
    st.cache_resource.clear()
    again = Reader(fake_browser)
    again.open()
    assert again.column("Map B").token == token
    assert len({column.token.split("/")[-1] for column in again.form()["maps"]}) == 2
    (installation / "token.key").unlink()
    st.cache_resource.clear()
    fake_browser.put(token, "location", 2)
    without = Reader(fake_browser)
    without.open()
    assert (without.shown("Map B"), fake_browser.events) == (None, [])
    assert "please answer it again" in without.form()["refused"]


def test_answer_to_questions_that_changed_while_the_server_was_away_is_refused(
    ada: Reader, fake_browser: FakeBrowser
) -> None:
    fake_browser.put(ada.form()["case"].token, "sure", 4)
    update(ABOUT_CASES.replace("How sure are you?", "Are you sure?"))
    again = Reader(fake_browser)
    again.open()
    assert again.form()["refused"] == (
        "What was answered has changed meanwhile; please answer it again."
    )
    assert (fake_browser.events, answered()) == ([], {})
