"""Text that people give is text: no browser loads, runs or formats anything for it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from shamsul.reading import Store
from shamsul.reading.design.study import Study
from tests.ui.conftest import Apps, make_study, start, study_text

pytestmark = pytest.mark.browser

#: A picture elsewhere, a link, a script, a sum, a colour and a heading.
HOSTILE = (
    "# ![seen](https://elsewhere.example.org/a.png) [go](https://elsewhere.example.org) "
    "<img src=https://elsewhere.example.org/b.png> <script>alert(1)</script> $x^2$ :red[no] *a* "
    "https://elsewhere.example.org/c"
)


def test_every_page_shows_it_as_it_is_written(page: Page, start_app: Apps, tmp_path: Path) -> None:
    start(tmp_path)[0].close()
    text = study_text(readers=("Ada",)).replace('title = "Trial"', f"title = '''{HOSTILE}'''")
    text = text.replace('about = "Effusions."', f"about = '''{HOSTILE}'''")
    text = text.replace('wording = "Years of reading?"', f"wording = '''{HOSTILE}'''")
    make_study(tmp_path, text)
    store = Store(f"sqlite:///{tmp_path / 'shamsul.db'}")
    store.ensure_study(Study("open", HOSTILE, HOSTILE, model="phantom"))
    store.add_case("open", store.cases("phantom-demo")[0].image_sha256, HOSTILE[:40])
    store.close()
    asked: list[str] = []
    refused: list[str] = []

    def listen(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "blob:", "data:")):
            asked.append(request.url)

    def read(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            refused.append(message.text)

    page.on("request", listen)
    page.on("console", read)
    url = start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path)})
    for address, sign in (
        ("?", "8 cases"),
        (f"review?case={case_of(tmp_path)}", "case 1 of 1"),
        ("reading?reader=Ada", "of 2 read"),
        ("reading?reader=Ada&study=trial", "Before the first case"),
        ("evaluate", "What is compared"),
        ("results", "open, 2 cases"),
        ("setup", "The file is in order."),
        ("setup?setup-of=trial", "maps are there"),
        ("units", "looked at in 0 of"),
        ("adjudicate", "there is nothing to adjudicate"),
        ("models", "A study is read with one model"),
    ):
        page.goto(f"{url}/{address}")
        expect(page.get_by_text(sign).first).to_be_visible()
        if address == "?":
            page.get_by_role("radio").last.click()
            expect(page.get_by_text(re.compile("^1 case,")).first).to_be_visible()
        expect(page.locator('[data-test-script-state="notRunning"]')).to_be_visible()
        content = page.get_by_test_id("stMain")
        assert content.locator("[href*='//elsewhere'], [src*='//elsewhere'], .katex").count() == 0
        assert content.get_by_text("no", exact=True).count() == 0  # coloured, it would stand alone
        if address.startswith(("?", "review", "reading")):
            expect(
                content.get_by_text(re.compile(r"!\[seen\]\(https:\u2060?//else")).first
            ).to_be_visible()
    assert not asked
    assert not refused


def case_of(folder: Path) -> int:
    store = Store(f"sqlite:///{folder / 'shamsul.db'}")
    (case,) = store.cases("open")
    store.close()
    return case.id
