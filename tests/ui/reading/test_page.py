"""A reader's way through a small study, by the pages' logic, with one-line explainers."""

import csv
import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from shamsul.computing.jobs import Job
from shamsul.explainers.method import ExplainerError, Method, Relevance, Task
from shamsul.explainers.registry import METHODS
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.exports.ratings import RatingsExport, export_ratings
from shamsul.settings import settings
from shamsul.ui.reading import case as screen
from shamsul.ui.reading.view import View, settled
from shamsul.ui.shared import session
from shamsul.ui.shared.questionnaire import NEXT, PAUSE
from shamsul.ui.shared.viewer import ViewerState
from tests.questions import asked
from tests.ui.conftest import FakeBrowser, Reader, make_study, ones, study_text

APP = Path(__file__).resolve().parents[3] / "app.py"
NAMES = ("Grad-CAM", "grad_cam", "LRP", "lrp")
FIRST, SECOND = "phantom-0001", "phantom-0005"


@pytest.fixture
def reader(fake_browser: FakeBrowser, installation: Path) -> Callable[..., Reader]:
    """A reader with a study made of some design."""

    def begin(name: str = "Ada", **design: Any) -> Reader:
        make_study(installation, study_text(**design))
        someone = Reader(fake_browser, name)
        someone.open()
        return someone

    return begin


@pytest.fixture
def exported(installation: Path) -> Callable[[], RatingsExport]:
    def export() -> RatingsExport:
        store = Store(settings().database)
        content = export_ratings(store, "trial")
        store.close()
        return content

    return export


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def shown_cases() -> list[int]:
    store = Store(settings().database)
    cases = [case.id for case in store.cases("trial")]
    store.close()
    return cases


def test_way_through_a_study(reader, exported) -> None:
    ada = reader()
    assert ada.asked() == ["years"]
    ada.fill_and_go_on()
    for case in (1, 2):
        assert f"case {case} of 2" in ada.texts()
        assert ada.asked() == ["present"]
        assert ada.titles() == []
        assert "probability" not in ada.viewer_message().lower()
        ada.fill_and_go_on()
        assert ada.asked() == ["agreement"]
        assert ada.titles() == ["Map A", "Map B"]
        assert not any(name in ada.viewer_message() for name in NAMES)
        assert ada.form()["finish"].label == "Finish case"
        ada.fill_and_go_on()
        assert ada.form()["locked"]
        assert ada.titles() == ["Map A: Grad-CAM", "Map B: LRP"]
        ada.go_on()
    assert ada.asked() == ["useful"]
    ada.fill_and_go_on()
    assert "You have read all cases of this study. Thank you." in ada.texts()
    ada.press("Back to my studies")
    assert "Trial" in ada.texts()
    assert len(rows(exported().ratings)) == 4


def test_overview_names_the_studies_of_a_reader(
    fake_browser: FakeBrowser, installation: Path
) -> None:
    make_study(installation, study_text())
    ada = Reader(fake_browser)
    ada.app.switch_page("pages/reading.py").run()
    assert "Trial" in ada.texts()
    assert "phantom" not in ada.texts().lower()
    ada.press("Start")
    assert ada.asked() == ["years"]
    ada.fill_and_go_on()
    ada.read_case()
    ada.go_on(PAUSE)
    assert "Trial" in ada.texts()
    ada.press("Continue")
    assert "case 2 of 2" in ada.texts()


def test_overview_leads_to_the_first_study_that_is_not_finished(
    fake_browser: FakeBrowser, installation: Path
) -> None:
    for name in ("one", "two", "three"):
        make_study(installation, study_text(name=name))
    session.readings().close("one")
    ada = Reader(fake_browser)
    ada.app.switch_page("pages/reading.py").run()
    kinds = {one.key: one.proto.type for one in ada.app.button if one.label == "Start"}
    assert kinds == {"open-one": "secondary", "open-two": "primary", "open-three": "secondary"}


@pytest.mark.parametrize("screen", ["image", "maps"])
def test_nobody_goes_on_without_required_answers(reader, screen: str) -> None:
    ada = reader()
    ada.fill_and_go_on()
    if screen == "maps":
        ada.fill_and_go_on()
    asked = ada.asked()
    ada.go_on()
    assert ada.asked() == asked
    missing = {"image": "1 required answer is missing.", "maps": "3 required answers are missing."}
    assert ada.form()["refused"] == missing[screen]
    ada.fill_and_go_on()
    assert ada.asked() != asked or ada.form()["locked"]


def test_nobody_goes_on_without_required_answers_about_the_reader(reader) -> None:
    ada = reader()
    ada.go_on()
    assert ada.asked() == ["years"]
    assert ada.form()["refused"] == "1 required answer is missing."
    ada.fill_and_go_on()
    assert (ada.asked(), ada.form()["refused"]) == (["present"], "")


def test_fresh_session_resumes_exactly_where_one_was(reader, fake_browser: FakeBrowser) -> None:
    ada = reader()
    ada.fill_and_go_on()
    ada.read_case()
    ada.fill(present="no")
    ada.go_on()
    ada.fill(agreement="disagree")
    later = Reader(fake_browser)
    later.open()
    assert "case 2 of 2" in later.texts()
    assert later.asked() == ["agreement"]
    assert later.answers()["agreement"] == "disagree"
    assert [column.values["location"] for column in later.form()["maps"]] == [4, 3]


def test_pause_ends_the_clock_and_keeps_the_place(reader) -> None:
    ada = reader()
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    ada.go_on(PAUSE)
    assert "0 of 2 read" in [bar.proto.text for bar in ada.app.get("progress")]
    ada.press("Start")
    assert ada.asked() == ["agreement"]


def test_closing_questions_that_are_left_are_seen(reader, fake_browser: FakeBrowser) -> None:
    ada = reader()
    ada.fill_and_go_on()
    while ada.asked() != ["useful"]:
        ada.read_case()
    ada.go_on(PAUSE)
    (text,) = [one.text for one in ada.app.get("progress")]
    assert text.endswith(" read, the closing questions are left")
    ada.press("Closing questions")
    assert ada.asked() == ["useful"]
    ada.fill_and_go_on()
    ada.press("Back to my studies")
    assert not [one for one in ada.app.get("progress") if "left" in one.text]
    assert [one.label for one in ada.app.button if one.key == "open-trial"] == ["Continue"]


def test_previous_case_is_shown_and_left_again(reader) -> None:
    ada = reader()
    ada.fill_and_go_on()
    ada.read_case()
    ada.press("Previous case")
    assert "case 1 of 2" in ada.texts()
    assert ada.form()["locked"]
    assert ada.titles() == ["Map A: Grad-CAM", "Map B: LRP"]
    ada.press("Back to my place")
    assert "case 2 of 2" in ada.texts()
    assert not ada.form()["locked"]


def test_nobody_goes_back_where_the_design_does_not_allow_it(reader) -> None:
    ada = reader(back=False)
    ada.fill_and_go_on()
    ada.read_case()
    assert "Previous case" not in [button.label for button in ada.app.button]


def test_nothing_is_revealed_before_the_last_label_of_a_case(reader) -> None:
    ada = reader(cases=(FIRST,), labels=("Pleural Effusion", "Cardiomegaly"))
    ada.fill_and_go_on()
    assert ada.form()["case"].title == "Pleural Effusion"
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    assert (ada.form()["case"].title, ada.form()["locked"]) == ("Cardiomegaly", False)
    ada.press("Previous case")
    assert ada.titles() == ["Map A", "Map B"]
    assert ada.viewer_message().count("Once the case is finished")
    ada.go_on()
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    assert ada.titles() == ["Map A: Grad-CAM", "Map B: LRP"]
    ada.press("Previous case")
    assert ada.form()["case"].title == "Pleural Effusion"
    assert ada.titles() == ["Map A: Grad-CAM", "Map B: LRP"]


def test_note_of_a_radiograph_is_a_warning(reader, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = session.radiograph
    monkeypatch.setattr(session, "radiograph", lambda sha: replace(kept(sha), notes=("Look out.",)))
    ada = reader()
    ada.fill_and_go_on()
    assert [warning.value for warning in ada.app.warning] == ["Look out."]


def test_repeat_is_as_blind_as_its_original(reader) -> None:
    ada = reader(cases=(FIRST,), repeats=1)
    ada.fill_and_go_on()
    ada.read_case()
    assert "case 2 of 2" in ada.texts()
    assert not ada.form()["locked"]
    assert "Previous case" not in [button.label for button in ada.app.button]
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    assert ada.titles() == ["Map A: Grad-CAM", "Map B: LRP"]
    ada.go_on()
    assert ada.asked() == ["useful"]
    ada.fill_and_go_on()
    ada.press("Look at the cases again")
    assert "case 1 of 2" in ada.texts()
    assert ada.titles() == ["Map A: Grad-CAM", "Map B: LRP"]
    ada.go_on()
    assert "case 2 of 2" in ada.texts()
    ada.go_on()
    assert "You have read all cases of this study. Thank you." in ada.texts()


def test_locked_answer_is_refused_in_a_sentence(reader, exported) -> None:
    ada = reader()
    ada.fill_and_go_on()
    ada.read_case()
    ada.press("Previous case")
    ada.answer("Map A: Grad-CAM", 1)
    said = "This part of the case is finished; its answers stay as they are."
    assert ada.form()["refused"] == said
    assert ada.shown("Map A: Grad-CAM") == 4
    assert [row["score"] for row in rows(exported().ratings)] == ["4", "3"]


def test_finished_answers_may_change_where_the_design_allows_it(reader, exported) -> None:
    ada = reader(changes=True, debrief=False)
    ada.fill_and_go_on()
    for _ in range(2):
        ada.fill_and_go_on()
    ada.press("Previous case")
    assert ada.titles() == ["Map A", "Map B"]
    ada.answer("Map A", 1)
    assert [row["score"] for row in rows(exported().ratings)] == ["1", "3"]


def test_second_session_waits_for_its_washout(reader) -> None:
    ada = reader(sessions=2, washout_days=14)
    ada.fill_and_go_on()
    ada.read_case()
    assert "session 1, case 2 of 2" in ada.texts()
    ada.read_case()
    opens = datetime.now(UTC) + timedelta(days=14)
    assert f"The next session opens on {opens.astimezone():%d %B %Y}" in ada.texts()


def test_second_session_follows_at_once_without_a_washout(reader) -> None:
    ada = reader(sessions=2, washout_days=0)
    ada.fill_and_go_on()
    ada.read_case()
    ada.read_case()
    assert "session 2, case 1 of 2" in ada.texts()
    assert ada.answers() == {}


def test_closed_study_takes_no_answers_and_says_so(reader, exported) -> None:
    ada = reader()
    ada.fill_and_go_on()
    store = Store(settings().database)
    Readings(store.database).close("trial")
    store.close()
    ada.fill()
    assert "This study was closed on" in ada.texts()
    assert ada.form()["refused"] == "The study Trial is closed."
    assert rows(exported().cases) == []


def test_reader_who_is_not_in_the_study_of_the_address_gets_the_own_ones(reader) -> None:
    cy = reader("Cy")
    assert "No study has been assigned to you." in cy.texts()
    assert "Effusions" not in cy.texts()


def test_failed_map_is_told_and_the_reader_goes_on(
    reader, exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(task: Task) -> Relevance:
        raise ExplainerError("This network has no rule.")

    monkeypatch.setitem(METHODS, "lrp", Method("lrp", "LRP", refuse, (), False, "", ""))
    ada = reader()
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    assert ada.column("Map B").waiting == "no map"
    assert "This map could not be computed" in ada.viewer_message()
    assert not any(name in ada.viewer_message() for name in NAMES)
    ada.fill_and_go_on()
    assert ada.form()["locked"]
    assert [row["method"] for row in rows(exported().ratings)] == ["grad_cam"]


def test_maps_that_come_while_the_page_is_drawn_are_shown(
    reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    come = threading.Event()

    def late(task: Task) -> Relevance:
        come.wait(30)
        return ones(task)

    for name in ("grad_cam", "lrp"):
        monkeypatch.setitem(METHODS, name, replace(METHODS[name], function=late))
    draw = screen._questions

    def draw_slowly(view: View, asked: dict[PanelPlan, Job]) -> None:
        draw(view, asked)
        while asked and not settled(asked):
            come.set()
            time.sleep(0.01)

    monkeypatch.setattr(screen, "_questions", draw_slowly)
    ada = reader()
    ada.fill_and_go_on()
    ada.fill()
    ada.browser.put(ada.form()["finish"].token, NEXT, None)
    ada.app.run()
    assert come.is_set()
    assert all(column.token for column in ada.form()["maps"])


def test_crossover_shows_half_of_the_cases_without_maps(reader, exported) -> None:
    ada = reader(mode="crossover", sessions=2, washout_days=0)
    ada.fill_and_go_on()
    screens = []
    while ada.browser.shown and "session 1" in ada.texts():
        screens.append((ada.asked(), ada.form()["locked"]))
        ada.fill_and_go_on() if not ada.form()["locked"] else ada.go_on()
    image, maps = (["present"], False), (["agreement", "present_with_maps"], False)
    assert screens in ([image, maps, image], [image, image, maps])
    assert len({row["case"] for row in rows(exported().ratings)}) == 1
    assert len({row["case"] for row in rows(exported().cases)}) == 2


def test_without_then_with_asks_about_the_image_again(reader, exported) -> None:
    ada = reader(mode="without_then_with")
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    assert ada.asked() == ["agreement", "present_with_maps"]
    ada.fill(present="no")
    ada.go_on()
    assert ada.form()["locked"]
    answered = {row["item"]: row["answer"] for row in rows(exported().cases)}
    assert answered == {"present": "yes", "agreement": "agree", "present_with_maps": "no"}


def test_the_model_comes_step_by_step_and_each_is_locked_before_the_next(reader, exported) -> None:
    ada = reader(mode="image_probability_maps")
    ada.fill_and_go_on()
    for number in (1, 2):
        case = f"case {number} of 2"
        assert (case in ada.texts(), ada.asked()) == (True, ["present"])
        assert ada.titles() == []
        assert "probability" not in ada.viewer_message()
        assert "step 1 of 3, the image alone" in ada.texts()
        assert "probability" not in ada.texts()
        ada.fill(present="yes")
        ada.go_on()
        assert "step 2 of 3, with the model's probability" in ada.texts()
        assert (case in ada.texts(), ada.asked()) == (
            True,
            ["present_with_probability", "agreement"],
        )
        assert ada.answers() == {"present": "yes"}
        assert ada.titles() == []
        assert "probability 1.00" in ada.viewer_message()
        assert not any(name in ada.viewer_message() for name in ("Map A", *NAMES))
        ada.fill(present="no")
        again = Reader(ada.browser)  # the page is loaded anew
        again.open()
        assert again.asked() == ["present_with_probability", "agreement"]
        assert again.answers()["present_with_probability"] == "no"
        ada = again
        assert ada.form()["finish"].label == "Next"
        ada.go_on()
        assert (case in ada.texts(), ada.asked()) == (True, ["present_with_maps"])
        assert ada.titles() == ["Map A", "Map B"]
        assert "probability 1.00" in ada.viewer_message()
        assert "step 3 of 3, with the model's maps" in ada.texts()
        ada.fill(present="yes")
        assert ada.form()["finish"].label == "Finish case"
        ada.go_on()
        assert ada.form()["locked"]
        ada.go_on()
    assert ada.asked() == ["useful"]
    first = [row for row in rows(exported().cases) if row["case"] == FIRST]
    assert {row["item"]: row["answer"] for row in first} == {
        "present": "yes",
        "present_with_probability": "no",
        "agreement": "agree",
        "present_with_maps": "yes",
    }


def test_a_step_that_is_locked_takes_no_other_answer(reader, exported) -> None:
    ada = reader(mode="image_probability_maps")
    ada.fill_and_go_on()
    alone = ada.form()["case"].token
    ada.fill_and_go_on()
    ada.browser.put(alone, "present", "no")
    ada.app.run()
    assert "finished; its answers stay as they are" in ada.form()["refused"]
    probability = ada.form()["case"].token
    ada.fill_and_go_on()
    ada.browser.put(probability, "present_with_probability", "no")
    ada.app.run()
    assert "finished; its answers stay as they are" in ada.form()["refused"]
    answered = {row["item"]: row["answer"] for row in rows(exported().cases)}
    assert (answered["present"], answered["present_with_probability"]) == ("yes", "yes")


def test_a_point_can_be_given_again_beside_the_maps(reader) -> None:
    ada = reader(mode="without_then_with", questions=asked("point", "location"))
    for item in ("point", "point_with_maps"):
        assert ada.asked() == [item]
        token = ada.form()["case"].token
        assert json.loads(ada.viewer_message())["pointing"] == token
        ada.browser.put(token, item, [3.0, 4.0])
        ada.app.run()
        assert ada.answers()[item] == [3.0, 4.0]
        ada.go_on()


def test_unblinded_study_shows_names_and_marks_its_ratings(reader, exported) -> None:
    ada = reader(blinded=False)
    ada.fill_and_go_on()
    ada.fill_and_go_on()
    assert ada.titles() == ["Grad-CAM", "LRP"]
    ada.fill()
    assert [(row["blinded"], row["method_name_shown"]) for row in rows(exported().ratings)] == [
        ("false", "Grad-CAM"),
        ("false", "LRP"),
    ]


def test_export_says_what_was_shown(reader, exported, installation: Path) -> None:
    ada = reader(
        cases=(FIRST, SECOND, "phantom-0007"),
        shuffled=True,
        counterbalanced=True,
        warm_up=1,
        repeats=1,
        controls=["other_patient"],
        controlled=1.0,
    )
    ada.fill_and_go_on()
    for _ in range(4):
        ada.fill_and_go_on()
        for case in shown_cases():
            # As the viewer reports it when the reader lets go of a control.
            state = ViewerState(window=(100.0, 300.0), zoom=2.0)
            ada.app.session_state[f"state-of-viewer-{case}"] = state
        ada.fill_and_go_on()
    store = Store(settings().database)
    planned = [one.reading for one in Readings(store.database).of("trial", "Ada")]
    store.close()
    found = rows(exported().ratings)
    assert len(found) == sum(len(reading.panels) for reading in planned)
    for reading in planned:
        mine = [
            row
            for row in found
            if (row["case"], row["repeat_of"]) == (reading.case, reading.case * reading.repeat)
        ]
        panels = sorted(mine, key=lambda row: row["panel_position"])
        assert [(row["method"], row["control"]) for row in panels] == [
            (panel.method, panel.control.value if panel.control else "") for panel in reading.panels
        ]
        for position, row in enumerate(panels):
            assert row["panel_position"] == str(position + 1)
            assert row["method_name_shown"] == f"Map {'ABC'[position]}"
            assert row["score"] == str(4 - position)
            assert row["blinded"] == "true"
            assert row["warm_up"] == str(reading.warm_up).lower()
            assert row["case_order"] == str(reading.case_order)
            assert row["label"] == "Pleural Effusion"
            assert (row["window_centre"], row["window_width"], row["zoom"]) == (
                "200.0",
                "200.0",
                "2.0",
            )
    assert {row["control"] for row in found} == {"", "other_patient"}
    assert len({row["heatmap_sha256"] for row in found}) > 1


def test_a_planned_study_is_not_reviewed_openly(installation: Path) -> None:
    make_study(installation, study_text())
    case = shown_cases()[0]
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "Trial" not in app.segmented_control(key="study").options
    app.query_params["case"] = str(case)
    app.switch_page("pages/review.py").run()
    assert not app.exception
    assert app.query_params["case"] != [str(case)]
