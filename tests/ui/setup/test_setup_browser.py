"""A coordinator makes a study and follows it, in a real browser."""

import re
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set-up")
    make_study(folder, study_text(methods=("grad_cam",), questions=""))
    return folder


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], folder: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


def rows(folder: Path) -> int:
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    found = len(store.export_rows("trial")) + len(Readings(store.database).activity("trial"))
    store.close()
    return found


def test_a_study_is_made_of_cases_chosen_by_their_pictures(page: Page, url: str) -> None:
    page.goto(f"{url}/setup?reader=Cy")
    page.get_by_role("radio", name="Cases and findings").click()
    expect(page.get_by_text("None chosen: all 8 cases taken")).to_be_visible()
    for count, case in enumerate(("phantom-0005", "phantom-0001"), 1):
        page.get_by_text(case, exact=True).click()
        expect(page.get_by_text(f"{count} of 8 cases chosen")).to_be_visible()
        expect(page.get_by_role("checkbox", name=case)).to_be_checked()
    expect(page.get_by_role("textbox", name="Study file (TOML)")).to_have_value(
        re.compile(re.escape('only = ["phantom-0005", "phantom-0001"]'))
    )
    page.get_by_role("button", name="Create the study").click()
    expect(page.get_by_text("My study made: 2 cases, 4 readings.")).to_be_visible()
    expect(page.get_by_role("button", name="Compute all maps")).to_be_visible()


def test_maps_are_computed_while_the_page_is_left(page: Page, url: str) -> None:
    page.goto(f"{url}/setup?setup-of=trial&reader=Cy")
    expect(page.get_by_text("0 of 2 maps are there")).to_be_visible()
    page.get_by_role("button", name="Compute all maps").click()
    expect(page.get_by_role("button", name="Compute all maps")).to_have_count(0)
    # By links, while a fragment of the page looks each second how far they are.
    links = page.locator(".st-key-bar-links")
    links.get_by_role("link", name="Models").click()
    expect(page.get_by_text("A study is read with one model")).to_be_visible()
    links.get_by_role("link", name="Study set-up").click()
    expect(page.get_by_text("All 2 maps are there: no reader waits.")).to_be_visible()


def test_a_link_leads_its_reader_to_the_study(page: Page, url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/setup?setup-of=trial&reader=Cy")
    page.get_by_text("Links for 2 readers").click()
    link = page.get_by_test_id("stCode").nth(1)
    expect(link).to_contain_text("reader=Bo")
    bar = link.locator("div:has(> div > [data-testid=stElementToolbarButton])")
    expect(bar).to_have_css("opacity", "1")
    link.get_by_role("button", name="Copy to clipboard").click()
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(page.get_by_role("textbox", name="Reader")).to_have_value("Bo")
    expect(page.get_by_text("some questions about you")).to_be_visible()


def test_progress_is_looked_at_by_itself(page: Page, url: str, folder: Path) -> None:
    page.goto(f"{url}/setup?setup-of=trial&reader=Cy")
    cells = page.get_by_test_id("stDataFrame").locator("td")
    expect(cells.filter(has_text="none yet")).to_have_count(2)
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    one = Readings(store.database).of("trial", "Bo")[0]
    store.record([answer(one, "finding_present", "yes")])
    store.close()
    expect(cells.filter(has_text="just now")).to_have_count(1)


def test_a_preview_shows_what_readers_will_see_and_keeps_nothing(
    page: Page, url: str, folder: Path
) -> None:
    before = rows(folder)
    page.goto(f"{url}/setup?setup-of=trial&reader=Cy")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Preview as a reader").click()
    expect(page.get_by_text("Preview: nothing is kept.")).to_be_visible()
    expect(page.get_by_text("case 1 of 2")).to_be_visible()
    present = page.get_by_role("radiogroup", name="Is the finding present?")
    present.get_by_role("radio", name="yes").click()
    expect(present.get_by_role("radio", name="yes")).to_be_checked()
    expect(page.get_by_text("Preview: nothing is kept", exact=True)).to_be_visible()
    page.get_by_role("button", name="Skip this screen").click()
    expect(page.get_by_role("img", name="Map A heatmap for Pleural Effusion")).to_be_visible()
    page.get_by_role("button", name="End the preview").click()
    expect(page.get_by_text("Preview: nothing is kept")).to_have_count(0)
    assert rows(folder) == before


def test_closing_is_asked_about_and_can_be_undone(page: Page, url: str) -> None:
    page.goto(f"{url}/setup?setup-of=trial&reader=Cy")
    menu = page.get_by_role("button", name="More")
    menu.click()
    page.get_by_role("button", name="Close the study").click()
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text("closed on")).to_be_visible()
    menu.click()
    page.get_by_role("button", name="Reopen the study").click()
    expect(page.get_by_text("open, 2 cases")).to_be_visible()
