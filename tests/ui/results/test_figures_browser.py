"""Figures of the results page as a browser draws them."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from shamsul.reading import Answer, MapShown
from tests.ui.conftest import Apps, start
from tests.ui.contrast import luminance

pytestmark = pytest.mark.browser

#: Readers whose names are markup, and no letters that a file's figure can draw.
MARKUP, CHINESE = "<b>Ada</b> & $x$", "王小明"


@pytest.fixture(scope="module")
def url(start_app: Apps, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app with a study that both have rated."""
    folder = tmp_path_factory.mktemp("data")
    store = start(folder)[0]
    cases = store.cases("phantom-demo")[:6]
    store.record(
        Answer(
            case=case,
            reader=reader,
            item="location",
            value=(place + len(reader) + len(method)) % 5 + 1,
            active_seconds=20.0 + 5 * place,
            shown=MapShown(
                label="Cardiomegaly",
                model="phantom",
                blinded=True,
                case_order=place,
                method=method,
                method_name_shown=method,
                panel_position=1,
                heatmap_sha256="b" * 64,
                opacity=0.5,
                normalisation="p99.5",
            ),
        )
        for reader in (MARKUP, CHINESE)
        for place, case in enumerate(cases, 1)
        for method in ("lime", "shap")
    )
    store.close()
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


def results(page: Page, url: str, theme: str = "Dark") -> None:
    page.add_init_script(f"""localStorage.setItem("shamsul-theme", '"{theme}"')""")
    page.goto(f"{url}/results?results-of=Phantom+demo")
    expect(page.locator(".st-key-figure-times .ytick text")).to_have_count(2)


def colour(shown: Locator, of: str) -> str:
    """What the browser makes of a property, as #rrggbb."""
    value = shown.evaluate(f"element => getComputedStyle(element).{of}")
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", value)[:3])


def test_names_are_drawn_and_told_as_they_are_written(page: Page, url: str) -> None:
    results(page, url)
    chart = page.locator(".st-key-figure-times")
    assert chart.locator(".ytick text").all_text_contents() == [MARKUP, CHINESE]
    assert "numbered" not in page.get_by_test_id("stMain").inner_text()
    chart.locator(".scatterlayer .point").nth(1).hover(force=True)
    expect(chart.locator(".hovertext")).to_contain_text(f"{CHINESE}Median")
    figure = page.get_by_role("figure", name=re.compile("^Time per case. Median and quartiles"))
    expect(figure).to_be_visible()


@pytest.mark.parametrize(("theme", "behind"), [("Dark", "#0c0e10"), ("Light", "#ffffff")])
def test_letters_are_read_in_either_theme(page: Page, url: str, theme: str, behind: str) -> None:
    results(page, url, theme)
    assert colour(page.locator(".stApp"), "backgroundColor") == behind
    for letters in page.locator(".stPlotlyChart text").all():
        dark, light = sorted((luminance(behind), luminance(colour(letters, "fill"))))
        assert (light + 0.05) / (dark + 0.05) >= 4.5, letters.text_content()


@pytest.mark.parametrize("width", [820, 1280, 1920])
def test_figures_are_as_wide_as_the_page(browser: Browser, url: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    results(page, url)
    for chart in page.locator(".stPlotlyChart .svg-container").all():
        box = chart.bounding_box()
        assert box and width - 60 <= box["width"] <= width
        # Nothing is cut at its sides.
        for letters in chart.locator("text").all():
            place = letters.bounding_box()
            if place:
                assert box["x"] - 1 <= place["x"]
                assert place["x"] + place["width"] <= box["x"] + box["width"] + 1
    context.close()
