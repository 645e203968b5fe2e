"""Back, Forward, refresh and links, in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import eventually, settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path_factory.mktemp("moving"))})


def on_the_worklist(page: Page) -> None:
    expect(page.get_by_role("link", name="phantom-0001")).to_be_visible()
    settled(page)


def on_case(page: Page, name: str) -> None:
    expect(page.locator(".st-key-bar-here").get_by_text(name, exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_be_visible()
    settled(page)


def test_back_forward_and_refresh_show_what_the_address_says(page: Page, url: str) -> None:
    page.goto(f"{url}/?case=12&reader=Ada")
    on_the_worklist(page)
    page.get_by_role("link", name="phantom-0002").click()
    on_case(page, "phantom-0002")
    page.get_by_role("button", name="Next", exact=True).click()
    on_case(page, "phantom-0003")
    page.go_back()
    on_case(page, "phantom-0002")
    page.go_back()
    on_the_worklist(page)
    page.go_forward()
    on_case(page, "phantom-0002")
    page.go_forward()
    on_case(page, "phantom-0003")
    page.reload()
    on_case(page, "phantom-0003")
    expect(page.get_by_role("textbox", name="Reader")).to_have_value("Ada")
    page.get_by_role("link", name="List", exact=True).click()
    on_the_worklist(page)
    expect(page.get_by_role("textbox", name="Reader")).to_have_value("Ada")


def test_a_case_opens_at_its_top_and_back_finds_the_place_in_the_list(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 1000, "height": 420})
    page.goto(f"{url}/?reader=Ada")
    on_the_worklist(page)
    main = page.get_by_test_id("stMain")
    last = page.get_by_role("link", name="phantom-0008")
    expect(last).not_to_be_in_viewport()
    last.scroll_into_view_if_needed()
    last.click()
    on_case(page, "phantom-0008")
    eventually(page, lambda: main.evaluate("main => main.scrollTop") == 0)
    page.get_by_role("button", name="Previous").click()
    on_case(page, "phantom-0007")
    eventually(page, lambda: main.evaluate("main => main.scrollTop") == 0)
    page.get_by_role("link", name="List", exact=True).click()
    on_the_worklist(page)
    expect(last).to_be_in_viewport()


def test_an_unknown_case_is_a_sentence_and_the_way_on(page: Page, url: str) -> None:
    page.goto(f"{url}/review?case=9999")
    expect(page.get_by_text("The address names no case to review")).to_be_visible()
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_have_count(0)
    page.reload()
    expect(page.get_by_text("The address names no case to review")).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name="Worklist").click()
    on_the_worklist(page)


def test_an_unknown_study_is_a_sentence_and_the_way_on(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=nonsense")
    expect(page.get_by_text("There is no study “nonsense” here")).to_be_visible()
    page.get_by_role("link", name="Go on without it").click()
    on_the_worklist(page)
