"""The list of what is computed, in a browser: seen, moved and stopped by mouse and by keyboard."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import Apps

pytestmark = pytest.mark.long

APP = Path(__file__).with_name("computing_app.py")
CASE = "a case whose name is long"


class Bar:
    """The page's bar, and what holds the first job."""

    def __init__(self, page: Page, url: str, held: Path) -> None:
        self.page, self.url, self.held = page, url, held
        self.button = page.get_by_role("button", name="Computing:")
        self.list = page.get_by_role("dialog", name="What is computed")
        page.goto(url)

    def ask(self) -> None:
        self.page.get_by_role("button", name="Ask").click()
        expect(self.button).to_have_accessible_name(_running("Held"))

    def open(self) -> None:
        self.ask()
        self.button.click()
        self.expect_order("Held", "A", "B", "C")
        expect(self.list.locator("li.running")).to_have_count(1)

    def rows(self) -> Locator:
        return self.list.get_by_role("listitem")

    def expect_order(self, *names: str) -> None:
        expect(self.rows().locator(".name")).to_have_text([f"{name}, {CASE}" for name in names])

    def expect_known(self) -> None:
        """That the server has done what it was asked for."""
        expect(self.list.locator("ol[aria-busy=false]")).to_have_count(1)

    def handle(self, name: str) -> Locator:
        return self.list.get_by_role("button", name=f"Move {name}, {CASE}")

    def expect_done(self, *names: str) -> None:
        """Let all go on, until nothing is left; in which order it came, the page says anew."""
        self.held.unlink(missing_ok=True)
        expect(self.button).to_have_count(0)
        self.page.reload()
        expect(self.page.get_by_text(f"Done: {' '.join(names)}", exact=True)).to_be_visible()


def _running(name: str) -> re.Pattern[str]:
    return re.compile(f"Computing: {name} of {CASE}")


@pytest.fixture(scope="module")
def served(start_app: Apps, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("computing")
    held = folder / "held"
    return start_app(APP, {"HELD": str(held), "SHAMSUL_DATA_DIR": str(folder)}), held


@pytest.fixture
def bar(page: Page, served: tuple[str, Path]) -> Iterator[Bar]:
    bar = Bar(page, *served)
    yield bar
    bar.held.unlink(missing_ok=True)
    expect(bar.button).to_have_count(0)


def test_bar_says_what_runs_and_asks_only_as_long_as_something_does(page: Page, bar: Bar) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(1)))
    page.reload()
    expect(page.get_by_text("Done:")).to_be_visible()
    expect(bar.button).to_have_count(0)
    bar.ask()
    bar.button.click()
    row = bar.rows().first
    expect(row).to_contain_text("of 100 model evaluations")
    earlier = row.inner_text()
    expect(row).not_to_have_text(earlier)
    expect(row).to_contain_text("left")
    bar.expect_done("Held", "A", "B", "C")
    before = len(sent)
    page.wait_for_timeout(2500)  # more than twice as long as it waits in between
    assert len(sent) == before


def test_order_is_changed_by_the_arrow_keys_and_the_focus_stays(page: Page, bar: Bar) -> None:
    bar.open()
    bar.handle("C").focus()
    page.keyboard.press("ArrowUp")
    bar.expect_order("Held", "A", "C", "B")
    expect(bar.handle("C")).to_be_focused()
    page.keyboard.press("ArrowUp")
    bar.expect_order("Held", "C", "A", "B")
    expect(bar.list.get_by_text("place 1 of 3")).to_have_count(1)
    page.keyboard.press("ArrowUp")  # it is the first already
    expect(bar.handle("C")).to_be_focused()
    bar.handle("A").press("End")
    bar.expect_order("Held", "C", "B", "A")
    bar.expect_known()
    bar.expect_done("Held", "C", "B", "A")


def test_order_is_changed_by_dragging(page: Page, bar: Bar) -> None:
    bar.open()
    at, to = bar.handle("C").bounding_box(), bar.handle("A").bounding_box()
    assert at and to
    page.mouse.move(at["x"] + 8, at["y"] + 8)
    page.mouse.down()
    page.mouse.move(to["x"] + 8, to["y"] + 30, steps=4)
    page.mouse.move(to["x"] + 8, to["y"] - 4, steps=4)
    bar.expect_order("Held", "C", "A", "B")
    page.mouse.up()
    bar.expect_known()
    bar.expect_order("Held", "C", "A", "B")
    bar.expect_done("Held", "C", "A", "B")


def test_one_is_stopped_and_then_all(bar: Bar) -> None:
    bar.open()
    bar.list.get_by_role("button", name=f"Stop B, {CASE}").click()
    bar.expect_order("Held", "A", "C")
    bar.expect_known()
    bar.list.get_by_role("button", name="Stop all").click()
    expect(bar.button).to_have_count(0)
    bar.page.reload()
    expect(bar.page.get_by_text("Done:", exact=True)).to_be_visible()


def test_what_goes_on_in_the_bar_takes_no_focus(page: Page, bar: Bar) -> None:
    bar.ask()
    field = page.get_by_role("textbox", name="Something else")
    field.focus()
    first = bar.button.get_attribute("aria-label")
    expect(bar.button).not_to_have_accessible_name(str(first))
    expect(field).to_be_focused()
    # Nor from a row of its own.
    bar.button.click()
    bar.expect_order("Held", "A", "B", "C")
    stop = bar.list.get_by_role("button", name=f"Stop C, {CASE}")
    stop.focus()
    earlier = bar.rows().first.inner_text()
    expect(bar.rows().first).not_to_have_text(earlier)
    expect(stop).to_be_focused()
    page.keyboard.press("Escape")
    expect(bar.list).to_be_hidden()
    expect(bar.button).to_be_focused()
