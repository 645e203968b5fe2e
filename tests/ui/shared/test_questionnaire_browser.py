"""A reader's hands in a real browser: keys, slider, point, clock, and all pictures in view."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from shamsul.reading import SavedAnswer, Store
from tests.questions import asked
from tests.ui.conftest import eventually, make_study, study_text

pytestmark = pytest.mark.browser

SAVED = re.compile(r"Saved at \d\d:\d\d")
QUESTIONS = asked("present", "probable", "point", "location", "coverage", "comment")
#: Each test has a reader of its own, who has not begun.
READERS = ("Keys", "Enter", "Help", "Comment", "Slider", "Point", "Clock", "Width")
MAPS_ONLY = asked("location", "coverage", "comment")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questionnaire")
    make_study(folder, study_text(name="both", readers=READERS, questions=QUESTIONS))
    make_study(folder, study_text(name="maps", readers=READERS, questions=MAPS_ONLY))
    five = study_text(
        name="five",
        readers=READERS,
        questions=MAPS_ONLY,
        methods=("grad_cam", "lrp", "integrated_gradients"),
        controls=["other_patient"],
        controlled=1.0,
        controls_replace=False,
    )
    make_study(folder, five)
    return folder


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], folder: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


@pytest.fixture
def opened(page: Page, url: str) -> Callable[[str, str], Page]:
    def open_study(study: str, reader: str) -> Page:
        page.goto(f"{url}/reading?study={study}&reader={reader}")
        expect(page.get_by_role("button", name=re.compile("^(Next|Finish case)$"))).to_be_visible()
        return page

    return open_study


def answers(folder: Path, study: str, reader: str) -> list[SavedAnswer]:
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    found = store.export_rows(study, reader)
    store.close()
    return list(found)


def values(folder: Path, study: str, reader: str) -> dict[str, object]:
    return {one.answer.item: one.answer.value for one in answers(folder, study, reader)}


def scale(
    page: Page, letter: str, wording: str = "The map highlights the correct location."
) -> Locator:
    return page.get_by_role("radiogroup", name=f"Map {letter}: {wording}", exact=True)


def point(scale: Locator, number: int) -> Locator:
    return scale.get_by_role("radio", name=str(number), exact=True)


def test_keys_answer_and_go_across_maps(opened, folder: Path) -> None:
    page = opened("maps", "Keys")
    # The first question has the focus once the maps are there.
    expect(point(scale(page, "A"), 1)).to_be_focused()
    page.keyboard.press("4")
    expect(point(scale(page, "A"), 4)).to_be_checked()
    for _ in range(3):  # past 5 and "Cannot judge" to the next map's first answer
        page.keyboard.press("ArrowRight")
    expect(point(scale(page, "B"), 1)).to_be_focused()
    expect(scale(page, "B").get_by_role("radio", checked=True)).to_have_count(0)
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    expect(point(scale(page, "B", "All of it is covered."), 2)).to_be_focused()
    page.keyboard.press("5")
    page.keyboard.press("ArrowUp")
    expect(point(scale(page, "B"), 5)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Delete")
    expect(scale(page, "B").get_by_role("radio", checked=True)).to_have_count(0)
    expect(page.get_by_text("Answer taken back at")).to_be_visible()
    found = {
        (one.answer.shown.method, one.answer.item): one.answer.value
        for one in answers(folder, "maps", "Keys")
    }
    assert found == {
        ("grad_cam", "location"): 4,
        ("lrp", "location"): None,
        ("lrp", "coverage"): 5,
    }


def test_enter_goes_on_only_when_all_required_is_answered(opened) -> None:
    page = opened("both", "Enter")
    first = page.get_by_role("radio", name="yes", exact=True)
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    hint = page.get_by_text("2 required answers missing")
    expect(hint).to_have_class(re.compile("hint"))
    expect(first).to_be_focused()
    page.keyboard.press("1")
    expect(page.get_by_text("1 required answer missing")).to_be_visible()
    page.keyboard.press("Enter")
    number = page.get_by_role("spinbutton", name="How probable is it?")
    slider = page.get_by_role("slider", name=re.compile("How probable is it"))
    expect(slider).to_be_focused()
    number.fill("80")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Finish case")).to_be_visible()
    expect(page.get_by_text("4 required answers missing")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Finish case")).to_be_visible()
    expect(page.get_by_text("case 1 of 2")).to_be_visible()
    for letter in "AB":
        point(scale(page, letter), 3).click()
        point(scale(page, letter, "All of it is covered."), 3).click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Next case")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("case 2 of 2")).to_be_visible()


def test_enter_is_of_the_questions_that_came_last(
    page: Page, start_app: Callable[..., str]
) -> None:
    """Those of the screen before stay in the browser until the whole page is drawn."""
    page.goto(start_app("tests/ui/shared/screens_app.py", {}))
    first = page.get_by_role("radiogroup", name="Case: The first?")
    second = page.get_by_role("radiogroup", name="Case: The second?")
    expect(first).to_be_visible()
    page.keyboard.press("Enter")
    expect(second).to_be_visible()
    expect(first).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sent: first @next, second @next")).to_be_visible()
    expect(first).not_to_be_attached()


def test_question_mark_shows_the_keys_until_escape(opened) -> None:
    page = opened("both", "Help")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Take its answer back")).to_be_visible()
    page.keyboard.press("Enter")  # closes at most; goes nowhere
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("case 1 of 2")).to_be_visible()


def test_enter_in_a_comment_makes_a_line(opened, folder: Path) -> None:
    page = opened("maps", "Comment")
    comment = page.get_by_role("textbox", name="Map A: Comment", exact=True)
    comment.focus()
    page.keyboard.type("Left?")
    page.keyboard.press("Enter")
    page.keyboard.type("No, right.")
    expect(comment).to_have_value("Left?\nNo, right.")
    page.keyboard.press("Tab")
    expect(page.get_by_text(SAVED)).to_be_visible()
    assert values(folder, "maps", "Comment") == {"comment": "Left?\nNo, right."}


def test_slider_shows_nothing_before_it_is_answered_by_keys(opened, folder: Path) -> None:
    page = opened("both", "Slider")
    slider = page.get_by_role("slider", name=re.compile("How probable is it"))
    number = page.get_by_role("spinbutton", name="How probable is it?")
    expect(number).to_have_value("")
    expect(slider).to_have_class("untouched")
    before = slider.screenshot()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(number).to_have_value("51")
    expect(slider).not_to_have_class("untouched")
    eventually(page, lambda: slider.screenshot() != before)
    expect(page.get_by_text(SAVED)).to_be_visible()
    page.keyboard.press("End")
    expect(number).to_have_value("100")
    eventually(page, lambda: values(folder, "both", "Slider") == {"probable": 100.0})


def test_point_is_set_moved_and_removed(opened, folder: Path) -> None:
    page = opened("both", "Point")
    picture = page.get_by_role("img", name="Radiograph", exact=True)
    expect(picture).to_have_attribute("aria-busy", "false")
    asked = page.get_by_role("group", name=re.compile(r"Where\?"))
    expect(asked).to_contain_text("click on the radiograph")
    box = picture.bounding_box()

    def click(down: float, across: float) -> tuple[float, float]:
        said = asked.text_content()
        picture.click(position={"x": box["width"] * across, "y": box["height"] * down})
        expect(asked).not_to_have_text(said)
        eventually(page, lambda: bool(place()))
        return place()

    def place() -> tuple[float, float]:
        return values(folder, "both", "Point").get("point")

    plain = picture.screenshot()
    first = click(0.25, 0.5)
    eventually(page, lambda: picture.screenshot() != plain)
    click(0.5, 0.5)
    eventually(page, lambda: place() == pytest.approx((2 * first[0], first[1]), rel=0.02))
    expect(asked).to_contain_text(f"row {round(place()[0])}, column {round(place()[1])}")
    asked.get_by_role("button", name="Remove").click()
    expect(asked).to_contain_text("click on the radiograph")
    eventually(page, lambda: place() is None)


def test_hidden_tab_and_a_minute_without_movement_do_not_count(opened, page, folder) -> None:
    page.clock.install()
    opened("both", "Clock")

    def seconds(choice: str) -> float:
        page.get_by_role("radio", name=choice, exact=True).click()
        eventually(page, lambda: values(folder, "both", "Clock").get("present") == choice)
        (one,) = answers(folder, "both", "Clock")
        return one.answer.active_seconds

    def show(state: str) -> None:
        page.evaluate(
            """state => {
                const now = { value: state, configurable: true };
                Object.defineProperty(document, "visibilityState", now);
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            state,
        )

    start = seconds("yes")
    page.clock.fast_forward(20_000)
    at_work = seconds("no")
    assert 20 <= at_work - start < 30
    show("hidden")
    page.clock.fast_forward(30_000)
    show("visible")
    back = seconds("yes")
    assert back - at_work < 10
    page.clock.fast_forward(600_000)
    assert 59.9 <= seconds("no") - back < 70


def test_all_pictures_are_in_view_without_scrolling(opened, page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    opened("five", "Width")
    maps = page.get_by_role("img", name=re.compile("^Map [A-D] heatmap"))
    expect(maps).to_have_count(4)
    for picture in [page.get_by_role("img", name="Radiograph", exact=True), *maps.all()]:
        box = picture.bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["width"] >= 150
        assert box["x"] + box["width"] <= 1280
        assert box["y"] + box["height"] <= 800
    opened("both", "Width")
    box = page.get_by_role("img", name="Radiograph", exact=True).bounding_box()
    assert box["y"] + box["height"] <= 800
