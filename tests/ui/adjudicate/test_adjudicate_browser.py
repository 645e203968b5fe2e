"""A coordinator adjudicates in a real browser."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from tests.reading.database.test_readings import answer
from tests.ui.conftest import make_study, study_text

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("adjudicated")
    make_study(folder, study_text(readers=("Ada", "الياس"), methods=("grad_cam",)))
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    for one in Readings(store.database).of("trial"):
        far = one.case.name == "phantom-0005" and one.reading.reader == "Ada"
        store.record([answer(one, "location", 1 if far else 4, 0)])
    store.close()
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


def test_a_consensus_is_there_when_one_comes_back(page: Page, url: str) -> None:
    page.goto(f"{url}/adjudicate?reader=Cy")
    first = page.get_by_role("radio", name="phantom-0005, Pleural Effusion")
    expect(first).to_be_checked()
    expect(page.get_by_role("img", name="Grad-CAM heatmap for Pleural Effusion")).to_be_visible()
    expect(page.get_by_role("row", name="الياس 4")).to_be_visible()
    page.get_by_role("radiogroup", name="Grad-CAM").get_by_role("radio", name="2").click()
    page.get_by_role("textbox", name="Comment").fill("Behind the heart.")
    page.get_by_role("button", name="Keep the consensus").click()
    expect(page.get_by_text("Kept by Cy on")).to_be_visible()

    page.goto(f"{url}/adjudicate?reader=Di")
    expect(page.get_by_text("Kept by Cy on")).to_be_visible()
    expect(page.get_by_role("textbox", name="Comment")).to_have_value("Behind the heart.")
    page.get_by_text("Without a consensus only").click()
    expect(first).to_have_count(0)
    expect(page.get_by_role("radio", name="phantom-0001, Pleural Effusion")).to_be_checked()


def test_film_and_answers_stand_beside_each_other_or_below(page: Page, url: str) -> None:
    page.goto(f"{url}/adjudicate?reader=Cy")
    film = page.get_by_role("img", name="Grad-CAM heatmap for Pleural Effusion")
    answers = page.get_by_role("combobox", name="Question")
    for width, beside in ((1280, True), (820, False)):
        page.set_viewport_size({"width": width, "height": 1180})
        expect(film).to_be_visible()
        expect(film).to_have_attribute("aria-busy", "false")
        page.wait_for_function(
            "beside => { const at = (e) => document.querySelector(e).getBoundingClientRect();"
            "const film = at('.st-key-adjudicate [data-testid=stColumn]:nth-child(2)');"
            "const answers = at('.st-key-adjudicate [data-testid=stColumn]:nth-child(3)');"
            "return (answers.left >= film.right) === beside"
            "  && document.documentElement.scrollWidth <= innerWidth; }",
            arg=beside,
        )
        expect(answers).to_be_visible()
