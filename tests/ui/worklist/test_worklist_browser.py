"""The worklist in a real browser: finding a case among many, and finding back."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import insert

from shamsul.reading import Store
from shamsul.reading.database.store import study_row
from shamsul.reading.database.tables import CaseRow
from shamsul.reading.database.worklist import Worklist
from shamsul.reading.demo import OWN
from shamsul.reading.design.listing import Ask, Seen
from tests.ui.conftest import eventually, start
from tests.ui.worklist.test_uploads import png, zipped

pytestmark = pytest.mark.browser

COUNT = 10_000


def fill(store: Store) -> None:
    """So many cases among one's own, of which only the names are there."""

    def work(session: object) -> None:
        study = study_row(session, OWN.name).id  # type: ignore[arg-type]
        rows = [
            {"study_id": study, "name": f"C-{n:05d}", "image_sha256": f"{n:064x}", "position": n}
            for n in range(1, COUNT + 1)
        ]
        session.execute(insert(CaseRow), rows)  # type: ignore[attr-defined]

    store.database.write(work)


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("many")
    store, archive, _ = start(folder)
    fill(store)
    (first, *_) = store.cases("phantom-demo")
    # One that can be opened: the demo's film under another's name.
    study = store.study(OWN.name)
    assert first.image_sha256 in archive
    store.add_case(study.name, first.image_sha256, "real one")
    store.close()
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


@pytest.fixture
def fresh(start_app: Callable[..., str], tmp_path: Path) -> str:
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(tmp_path)})


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> list[str]:
    return page.get_by_role("rowheader").all_inner_texts()


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox", name="Search name or note").fill(text)


def on_case(page: Page, name: str) -> None:
    page.wait_for_url(re.compile("/review"))
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_be_visible()
    expect(page.get_by_text(name).first).to_be_visible()


def test_search_sort_and_pages_of_ten_thousand_cases(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=My+radiographs")
    expect(page.get_by_text("10,001 cases, 0 rated")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(50)
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("51–100 of 10,001, page 2 of 201")).to_be_visible()
    expect(page.get_by_role("link", name="C-00051")).to_be_visible()
    search(page, "c-0123")
    expect(page.get_by_text("10 of 10,001 cases")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_text([f"C-{n:05d}" for n in range(1230, 1240)])
    page.get_by_role("button", name="Name").click()
    page.get_by_role("button", name="Name").click()
    head = page.get_by_role("columnheader", name="Name")
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("rowheader").first).to_have_text("C-01239")
    assert "find=c-0123" in page.url and "sort=-name" in page.url
    page.reload()
    expect(page.get_by_role("rowheader").first).to_have_text("C-01239")
    expect(page.get_by_role("searchbox")).to_have_value("c-0123")
    search(page, "nobody")
    expect(page.get_by_text("No case fits.")).to_be_visible()


@pytest.mark.parametrize("way", ["back", "link"])
def test_back_finds_the_search_and_the_place(page: Page, url: str, way: str) -> None:
    page.set_viewport_size({"width": 1000, "height": 420})
    page.goto(f"{url}/?study=My+radiographs")
    expect(page.get_by_role("rowheader")).to_have_count(50)
    page.get_by_role("button", name="Name").click()
    page.get_by_role("button", name="Name").click()
    expect(page.get_by_role("rowheader").first).to_have_text("real one")
    # A click anywhere in the row opens the case.
    main = page.get_by_test_id("stMain")
    row(page, "real one").scroll_into_view_if_needed()
    left = main.evaluate("main => main.scrollTop")
    row(page, "real one").get_by_text("not yet").or_(
        row(page, "real one").get_by_text("Pleural Effusion")
    ).first.click()
    on_case(page, "real one")
    if way == "back":
        page.go_back()
    else:
        page.get_by_role("link", name="List", exact=True).click()
    expect(page.get_by_role("rowheader").first).to_have_text("real one")
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "descending"
    )
    eventually(page, lambda: abs(main.evaluate("main => main.scrollTop") - left) < 5)


def test_keys_go_through_the_list(page: Page, url: str) -> None:
    page.goto(url)
    first = page.get_by_role("link", name="phantom-0001", exact=True)
    first.focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="phantom-0002", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    on_case(page, "phantom-0002")


def test_what_the_model_says_comes_by_itself_and_filters(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=Phantom+demo")
    expect(row(page, "phantom-0001").get_by_text("not yet")).to_have_count(0)
    expect(page.get_by_text("not yet")).to_have_count(0, timeout=120_000)
    page.get_by_role("combobox", name="Finding").select_option("Cardiomegaly")
    expect(page.get_by_text("Cardiomegaly", exact=True)).to_have_count(9)  # and the option
    page.get_by_role("combobox", name="Show").select_option("Finding above its operating point")
    expect(page.get_by_text(re.compile(r"^\d of 8 cases"))).to_be_visible()
    assert 0 < len(names(page)) < 8
    for case in page.get_by_role("row").filter(has=page.get_by_role("rowheader")).all():
        expect(case).to_contain_text("at or above its operating point")


def test_a_note_is_on_the_disk_before_it_says_so(page: Page, fresh: str, tmp_path: Path) -> None:
    page.goto(fresh)
    note = page.get_by_role("textbox", name="Note on phantom-0003")
    note.fill("  look <b>again</b> ")
    note.press("Enter")
    expect(row(page, "phantom-0003").get_by_text("saved", exact=True)).to_be_visible()
    store = Store(f"sqlite:///{tmp_path / 'shamsul.db'}")
    (entry,) = Worklist(store.database).page(Seen("phantom-demo"), Ask("look"), 0, 9).entries
    store.close()
    assert (entry.case.name, entry.note) == ("phantom-0003", "look <b>again</b>")
    search(page, "AGAIN</b>")
    expect(page.get_by_role("rowheader")).to_have_text(["phantom-0003"])
    page.reload()
    expect(note).to_have_value("look <b>again</b>")


def test_upload_table_remove_and_come_again(page: Page, fresh: str, tmp_path: Path) -> None:
    page.goto(fresh)
    expect(page.get_by_role("button", name="Open the first case")).to_be_visible()
    (tmp_path / "DOE.zip").write_bytes(zipped({"a/=1.png": png(1), "b.txt": b"no"}))
    (tmp_path / "two.png").write_bytes(png(2))
    files = [tmp_path / "DOE.zip", tmp_path / "two.png"]
    drop = page.get_by_label("Upload radiographs").locator("input[type=file]")
    drop.set_input_files(files)
    expect(page.get_by_text("2 radiographs added")).to_be_visible()
    expect(page.get_by_text("1 file not added; the table says why.")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(2)
    expect(page.get_by_role("button", name="Open the first case")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save this table (CSV)").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    said = list(csv.DictReader(io.StringIO(text)))
    assert [one["File"] for one in said] == ["DOE.zip/a/=1.png", "DOE.zip/b.txt", "two.png"]
    first, second = names(page)
    assert [one["Case"] for one in said if one["Case"]] == [first, second]
    page.get_by_role("checkbox", name=f"Choose {first}").check()
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_text("2 radiographs added")).to_have_count(0)

    # What is chosen in the list stays so.
    expect(page.get_by_role("checkbox", name=f"Choose {first}")).to_be_checked()
    page.get_by_role("button", name="Remove 1 …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"1 case of My radiographs: {first}.")
    expect(dialog).to_contain_text("0 answers of 0 readers, 0 drawings")
    dialog.get_by_role("button", name="Keep them").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("rowheader")).to_have_count(2)
    page.get_by_role("button", name="Remove 1 …").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove 1 case").click()
    expect(page.get_by_role("rowheader")).to_have_text([second])
    assert len(list((tmp_path / "radiographs").glob("*.npz"))) == 9
    drop.set_input_files(files[:1])
    expect(page.get_by_text("1 radiograph added")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_text([first, second])


def test_the_first_start_opens_the_first_case(page: Page, fresh: str) -> None:
    page.goto(fresh)
    page.get_by_role("button", name="Open the first case").click()
    on_case(page, "phantom-0001")
