"""A reader with an account draws in a study, in a real browser; all traffic is looked through."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes, Polygons
from shamsul.reading import Store
from shamsul.reading.database.accounts import Accounts, Role
from shamsul.reading.database.transactions import Database
from tests.ui.conftest import eventually, make_study, study_text
from tests.ui.reading.test_blinding_browser import WHOLE_PAGE, Wire, told
from tests.ui.shared.test_questionnaire_browser import QUESTIONS

pytestmark = pytest.mark.browser

PASSWORD = "correct horse"
CASE = "phantom-0001"
FINDING = "Pleural Effusion"
SAID = re.compile(r"Saved at \d\d:\d\d:\d\d: your drawing of Pleural Effusion")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawing-readers")
    readers = ("Ada", "Bo", "Cy")
    text = study_text(drawing=True, readers=readers, cases=(CASE,), repeats=1, questions=QUESTIONS)
    make_study(folder, text)
    database = Database(f"sqlite:///{folder / 'shamsul.db'}")
    for name in readers:
        Accounts(database).add(name, Role.READER, PASSWORD)
    database.close()
    return folder


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], folder: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder), "SHAMSUL_SIGN_IN": "accounts"})


@pytest.fixture
def opened(page: Page, url: str) -> Callable[[str], Page]:
    def open_study(name: str) -> Page:
        page.goto(f"{url}/reading")
        page.get_by_role("textbox", name="Name").fill(name)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Start").click()
        expect(radiograph(page)).to_have_attribute("aria-busy", "false")
        return page

    return open_study


def radiograph(page: Page) -> Locator:
    return page.get_by_role("img", name="Radiograph", exact=True)


def image(folder: Path) -> str:
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    (case,) = store.cases("trial")
    store.close()
    return case.image_sha256


def kept(folder: Path, reader: str) -> list[Annotation]:
    found = AnnotationArchive(folder / "annotations").get(image(folder))
    return [one for one in found if one.author == reader]


def pick(page: Page, tool: str) -> None:
    page.get_by_role("group", name="Draw", exact=True).get_by_role("button", name=tool).click()


def places(page: Page, *shares: tuple[float, float]) -> list[tuple[float, float]]:
    """Points of the page at shares of the radiograph, down and across."""
    box = radiograph(page).bounding_box()
    assert box is not None
    return [
        (box["x"] + across * box["width"], box["y"] + down * box["height"])
        for down, across in shares
    ]


def drag(page: Page, *shares: tuple[float, float]) -> None:
    start, end = places(page, *shares)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def answer(page: Page) -> None:
    page.get_by_role("radio", name="yes", exact=True).click()
    page.get_by_role("spinbutton", name="How probable is it?").fill("80")
    page.keyboard.press("Tab")


def finish(page: Page) -> None:
    """The screen with the maps, to the next case."""
    expect(page.get_by_role("button", name="Finish case")).to_be_visible()
    for wording in ("The map highlights the correct location.", "All of it is covered."):
        for letter in "AB":
            group = page.get_by_role("radiogroup", name=f"Map {letter}: {wording}", exact=True)
            group.get_by_role("radio", name="3", exact=True).click()
    page.get_by_role("button", name="Finish case").click()


def test_reader_with_an_account_draws_a_box_that_is_kept_and_never_told_again(
    opened: Callable[[str], Page], page: Page, folder: Path
) -> None:
    wire = Wire(page)
    opened("Ada")
    expect(page.get_by_role("link", name="Review")).to_have_count(0)
    expect(page.get_by_text("Click: answers the question about a point")).to_be_visible()
    began = datetime.now(UTC)
    pick(page, "Box")
    drag(page, (0.25, 0.5), (0.5, 0.75))
    expect(page.get_by_text(SAID)).to_be_visible()
    (found,) = kept(folder, "Ada")
    assert (found.label, found.source, found.occasion) == (FINDING, DRAWN, Occasion("trial"))
    assert found.created_at is not None
    assert began <= found.created_at <= datetime.now(UTC)
    assert isinstance(found.mark, Boxes)
    # 1024 rows by 864 columns
    np.testing.assert_allclose(found.mark.edges, [[256, 432, 512, 648]], atol=3)
    expect(page.get_by_text("drawn in the viewer, you")).to_be_visible()
    page.reload()
    expect(page.get_by_text("drawn in the viewer, you")).to_be_visible()
    expect(radiograph(page)).to_have_attribute("aria-busy", "false")

    # A question about a point is answered by a click with no tool to draw in hand.
    page.mouse.click(*places(page, (0.5, 0.25))[0])
    expect(page.get_by_role("group", name="Pleural Effusion: Where?")).to_contain_text("row 5")
    assert len(kept(folder, "Ada")) == 1

    answer(page)
    page.get_by_role("button", name="Next", exact=True).click()
    finish(page)
    # The same radiograph, as if it had never been seen.
    expect(page.get_by_text("case 2 of 2")).to_be_visible()
    expect(page.get_by_role("group", name="Drawing", exact=True)).to_be_visible()
    expect(page.get_by_text("drawn in the viewer")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Remove my drawings"))).to_be_hidden()
    assert told([page.evaluate(WHOLE_PAGE), *wire.texts]) == set()
    key = wire.viewers[-1]["key"]
    assert key != wire.viewers[0]["key"]
    assert all(not row["annotations"] for v in wire.viewers if v["key"] == key for row in v["rows"])


def test_polygon_left_open_is_kept_before_the_reader_goes_on(
    opened: Callable[[str], Page], page: Page, folder: Path
) -> None:
    wire = Wire(page)
    opened("Bo")
    answer(page)
    pick(page, "Polygon")
    for place in places(page, (0.25, 0.25), (0.25, 0.5), (0.5, 0.5)):
        page.mouse.click(*place)
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("button", name="Finish case")).to_be_visible()
    (found,) = kept(folder, "Bo")
    assert isinstance(found.mark, Polygons)
    np.testing.assert_allclose(found.mark.rings[0], [[256, 216], [256, 432], [512, 432]], atol=3)
    # Nothing of it beside the maps, and nothing of what others drew anywhere.
    expect(page.get_by_role("group", name="Drawing", exact=True)).to_be_hidden()
    expect(page.get_by_text("drawn in the viewer")).to_have_count(0)
    assert not any("Ada" in text for text in wire.texts)


def test_drawing_and_next_wait_in_the_page_while_the_connection_is_lost(
    opened: Callable[[str], Page], page: Page, folder: Path
) -> None:
    page.clock.install()
    opened("Cy")
    answer(page)
    expect(page.get_by_text("Saved at")).to_be_visible()
    pick(page, "Box")
    page.context.set_offline(True)
    drag(page, (0.25, 0.5), (0.5, 0.75))
    expect(page.get_by_text("yours, not saved yet")).to_be_visible()
    page.get_by_role("button", name="Next", exact=True).click()
    for _ in range(12):  # a minute
        page.clock.fast_forward(5_000)
    expect(page.get_by_text("Not saved: The server does not answer.")).to_be_visible()
    assert kept(folder, "Cy") == []
    page.context.set_offline(False)
    expect(page.get_by_role("button", name="Finish case")).to_be_visible()
    eventually(page, lambda: len(kept(folder, "Cy")) == 1)
