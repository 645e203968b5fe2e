"""Names of any script and length in a real browser: in their own direction, cut at their end."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.design.study import Study
from tests.reading.database.test_readings import answer
from tests.ui.conftest import eventually, make_study, study_text

pytestmark = pytest.mark.browser

READER = "الياس خوري"
#: Of the last letters the first two are read after the Arabic ones, hence stand left of them.
MIXED = "صورة 3 (متابعة) PA"
LONG = ("A radiograph of the chest " * 4)[:79] + "Z"
LONG_ARABIC = ("صورة شعاعية للصدر " * 5)[:79] + "ي"

# Where an element's first and last letter stand, from its left end, and its width.
LETTERS = """(node) => {
  const text = document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode();
  const { left, width } = node.getBoundingClientRect();
  return [...[0, text.length - 1].map((at) => {
    const letter = document.createRange();
    letter.setStart(text, at);
    letter.setEnd(text, at + 1);
    const box = letter.getBoundingClientRect();
    return (box.left + box.right) / 2 - left;
  }), width];
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open study, and one that was read, with such names."""
    folder: Path = tmp_path_factory.mktemp("names")
    make_study(folder, study_text(readers=(READER, "Bo"), methods=("grad_cam",)))
    database = folder / "shamsul.db"
    store = Store(f"sqlite:///{database}")
    for one in Readings(store.database).of("trial"):
        store.record([answer(one, "location", 1 if one.reading.reader == "Bo" else 4, 0)])
    store.ensure_study(Study("names", "Names", "", model="phantom"))
    films = store.cases("phantom-demo")
    for film, name in zip(films, (LONG, LONG_ARABIC, MIXED), strict=False):
        store.add_case("names", film.image_sha256, name)
    store.close()
    with sqlite3.connect(database) as connection:
        connection.execute(
            "UPDATE study_case SET name = ? WHERE name = 'phantom-0005' AND study_id ="
            " (SELECT id FROM study WHERE name = 'trial')",
            (MIXED,),
        )
    return folder


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], folder: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


def number(folder: Path, name: str) -> int:
    with sqlite3.connect(folder / "shamsul.db") as connection:
        query = "SELECT MAX(id) FROM study_case WHERE name = ?"
        return int(connection.execute(query, (name,)).fetchone()[0])


def letters(node: Locator) -> tuple[float, float, float]:
    """Where the first and the last letter stand, and how wide what is seen is; in CSS pixels."""
    first, last, width = node.evaluate(LETTERS)
    return first, last, width


@pytest.mark.parametrize("name", [LONG, LONG_ARABIC])
@pytest.mark.parametrize("width", [1280, 640])
def test_a_long_name_in_the_bar_is_cut_at_its_end_and_leaves_the_place(
    page: Page, url: str, folder: Path, name: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{url}/review?case={number(folder, name)}")
    here = page.locator(".st-key-bar-here")
    shown = here.locator("strong")
    expect(shown).to_have_text(name)
    place = here.get_by_text("case ")
    expect(place).to_be_visible()
    right_to_left = name == LONG_ARABIC

    def well_cut() -> bool:
        first, last, seen = letters(shown)
        begins = first > seen - 20 if right_to_left else first < 20
        at, _, room = letters(place)
        return begins and (last < 0 if right_to_left else last > seen) and at < 20 and room > 80

    eventually(page, well_cut)
    bar, box = here.bounding_box(), place.bounding_box()
    assert bar is not None
    assert box is not None
    assert box["x"] + box["width"] <= bar["x"] + bar["width"] + 1


def test_names_stand_in_their_own_direction_wherever_they_are(
    page: Page, url: str, folder: Path
) -> None:
    page.goto(f"{url}/review?case={number(folder, MIXED)}")
    shown = page.locator(".st-key-bar-here strong")
    expect(shown).to_have_text(MIXED)
    eventually(page, lambda: in_own_direction(shown))
    page.goto(f"{url}/?study=Names")
    link = page.get_by_role("link", name=MIXED)
    expect(link).to_be_visible()
    eventually(page, lambda: in_own_direction(link))
    page.goto(f"{url}/adjudicate?reader=Cy")
    in_the_list = page.get_by_role("radiogroup", name="Furthest apart first").get_by_text(MIXED)
    in_the_list.click()
    expect(page.get_by_text(MIXED, exact=True)).to_have_count(2)
    for one in page.get_by_text(MIXED, exact=True).all():
        eventually(page, lambda one=one: in_own_direction(one))  # type: ignore[misc]
    expect(page.get_by_role("row", name=f"{READER} 4")).to_be_visible()


def in_own_direction(node: Locator) -> bool:
    first, last, _ = letters(node)
    return last < first
