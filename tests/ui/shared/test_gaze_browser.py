"""Gaze in the viewer: heat, path, and both played back, on the hand-made page `viewer_app.py`."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from shamsul.annotations.gaze import heat
from shamsul.annotations.marks import Gaze
from shamsul.reporting import colormaps
from tests.ui.conftest import Apps, a_page, eventually
from tests.ui.shared import scene
from tests.ui.shared.test_viewer_browser import panel

pytestmark = pytest.mark.browser

ROWS, COLUMNS = scene.IMAGE
#: The fixation that lasts for 1.2 of 1.7 seconds.
LONGEST = (300, 240)


@pytest.fixture(scope="module")
def url(start_app: Apps) -> str:
    return start_app(Path(__file__).with_name("viewer_app.py"))


def opened(page: Page, url: str, query: str) -> Page:
    page.goto(f"{url}/?{query}")
    expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)
    return page


def kind(page: Page, name: str):
    return page.get_by_role("group", name="Gaze", exact=True).get_by_role("button", name=name)


def moment(page: Page):
    return page.get_by_role("slider", name="Moment of the reading")


def slowly(page: Page) -> None:
    """At half the speed, so that it does not end before a busy machine has looked."""
    page.get_by_role("combobox", name="Speed").select_option("0.5")


def said(page: Page) -> tuple[float, int]:
    """The moment that the slider says, and how many fixations have begun."""
    words = moment(page).get_attribute("aria-valuetext") or ""
    found = re.fullmatch(r"([\d.]+) of [\d.]+ seconds, (\d+) of \d+ fixations", words)
    assert found
    return float(found[1]), int(found[2])


def layer(page: Page, method: str = "Radiograph") -> np.ndarray:
    """What lies over a panel, RGBA in [0, 255], float; nothing at all where it is hidden."""
    canvas = panel(page, method).locator("xpath=..").locator("canvas.gaze")
    if canvas.is_hidden():
        return np.zeros((1, 1, 4))
    url = canvas.evaluate("canvas => canvas.toDataURL()")
    png = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), float)


def at(picture: np.ndarray, row: float, column: float) -> np.ndarray:
    height, width, _ = picture.shape
    return picture[int(row / ROWS * height), int(column / COLUMNS * width)]


def test_without_gaze_and_anatomy_there_are_no_controls_of_them(page: Page, url: str) -> None:
    opened(page, url, "annotated")
    expect(page.get_by_role("group", name="Gaze and anatomy")).to_be_hidden()
    panel(page, "Radiograph").press("y")
    expect(page.locator("canvas.gaze").first).to_be_hidden()


def test_heat_is_that_of_the_library_linear_and_clear_where_nobody_looked(
    page: Page, url: str
) -> None:
    opened(page, url, "gaze=Ada")
    assert not layer(page).any()
    kind(page, "Heat").click()
    expect(kind(page, "Heat")).to_have_attribute("aria-pressed", "true")
    eventually(page, lambda: layer(page).any())
    picture = layer(page)
    mark = scene.gaze("Ada").mark
    assert isinstance(mark, Gaze)
    share = heat(mark, scene.IMAGE)
    for row, column in (LONGEST, (300, 215), (200, 150), (60, 250), (350, 60)):
        red, green, blue, opacity = at(picture, row, column)
        expected = share[row, column]
        assert opacity == pytest.approx(255 * 0.75 * min(1, expected * 255 / 128), abs=12)
        if expected > 0.1:
            colour = colormaps.table(colormaps.GAZE)[round(255 * expected)]
            np.testing.assert_allclose([red, green, blue], colour, atol=14)
    # Maps have colours of their own.
    assert not layer(page, "LRP").any()


def test_path_is_drawn_in_order_up_to_the_moment(page: Page, url: str) -> None:
    opened(page, url, "gaze=Ada")
    kind(page, "Path").click()
    eventually(page, lambda: layer(page).any())
    # Half way between the third fixation and the fourth, and beside it.
    between, beside = (130.25, 200), (110, 110)
    assert at(layer(page), *between)[3] and not at(layer(page), *beside)[3]
    moment(page).fill("1.6")
    expect(moment(page)).to_have_attribute("aria-valuetext", re.compile("3 of 4 fixations"))
    eventually(page, lambda: not at(layer(page), *between)[3])
    assert at(layer(page), 200, 150)[3] and not at(layer(page), 60, 250)[3]
    # Not on maps side by side; on the one that is the large film.
    assert not layer(page, "LRP").any()
    panel(page, "Radiograph").press("5")
    eventually(page, lambda: bool(layer(page, "LRP").any()))


def test_it_plays_to_its_end_without_asking_the_server(page: Page, url: str) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    opened(page, url, "gaze=Ada")
    kind(page, "Path").click()
    expect(moment(page)).to_have_attribute("aria-valuetext", "2.0 of 2.0 seconds, 4 of 4 fixations")
    slowly(page)
    page.wait_for_timeout(800)  # what was picked is told to the server, which may answer
    before = len(sent)
    play = page.get_by_role("button", name="Play the gaze")
    play.focus()
    page.keyboard.press("Enter")
    pause = page.get_by_role("button", name="Pause the gaze")
    expect(pause).to_be_visible()
    moments = []
    while pause.count():
        moments.append(said(page))
        page.wait_for_timeout(60)
    assert moments == sorted(moments)
    assert len({time for time, _ in moments}) > 2 and moments[0][1] < 4
    expect(play).to_be_focused()
    assert said(page) == (2.0, 4)
    assert len(sent) == before
    # Paused where one likes, and taken up there again.
    play.press("Enter")
    eventually(page, lambda: said(page)[0] > 0)
    pause.press("Enter")
    stopped = said(page)
    page.wait_for_timeout(300)
    assert said(page) == stopped and 0 < stopped[0] < 2
    moment(page).press("End")
    assert said(page) == (2.0, 4)
    moment(page).press("Home")
    assert said(page) == (0.0, 1)


def test_heat_grows_while_it_plays(page: Page, url: str) -> None:
    opened(page, url, "gaze=Ada")
    kind(page, "Heat").click()
    moment(page).fill("0.8")
    eventually(page, lambda: at(layer(page), *LONGEST)[3] > 0)
    half = at(layer(page), *LONGEST)
    # Half of its seconds are over: half of the scale, whose ends stay.
    colour = colormaps.table(colormaps.GAZE)[128]
    np.testing.assert_allclose(half[:3], colour, atol=14)
    assert not at(layer(page), 200, 150)[3]


def test_where_less_motion_is_asked_for_it_goes_from_fixation_to_fixation(
    browser: Browser, url: str
) -> None:
    with a_page(browser, reduced_motion="reduce", viewport={"width": 1280, "height": 900}) as page:
        opened(page, url, "gaze=Ada")
        kind(page, "Heat").click()
        slowly(page)
        page.get_by_role("button", name="Play the gaze").click()
        moments = set()
        while page.get_by_role("button", name="Pause the gaze").count():
            moments.add(said(page)[0])
            page.wait_for_timeout(40)
        assert moments <= {0.1, 1.4, 1.7, 2.0} and len(moments) > 1


def test_readers_and_phases_are_chosen_where_there_are_several(page: Page, url: str) -> None:
    opened(page, url, "gaze=Ada,Bo")
    who, phase = (
        page.get_by_role("combobox", name=name) for name in ("Whose gaze", "Phase of the reading")
    )
    expect(who).to_be_hidden()
    kind(page, "Heat").click()
    expect(who.locator("option")).to_have_text(["tracker, Ada", "tracker, Bo"])
    expect(phase.locator("option")).to_have_text(["whole reading", "looking", "telling"])
    phase.select_option("telling")
    expect(moment(page)).to_have_attribute("aria-valuetext", "2.0 of 2.0 seconds, 2 of 2 fixations")
    eventually(page, lambda: not at(layer(page), *LONGEST)[3])
    assert at(layer(page), 200, 150)[3]
    who.select_option("1")
    expect(phase).to_be_hidden()
    # Nothing is known of the times of Bo's.
    expect(page.get_by_title("The file tells no times")).to_be_visible()
    eventually(page, lambda: at(layer(page), LONGEST[0], COLUMNS - LONGEST[1])[3] > 0)
    assert not at(layer(page), *LONGEST)[3]
    kind(page, "Off").click()
    expect(who).to_be_hidden()
    eventually(page, lambda: not layer(page).any())


def test_one_reader_without_phases_has_nothing_to_choose(page: Page, url: str) -> None:
    opened(page, url, "gaze=Bo")
    kind(page, "Path").click()
    expect(moment(page)).to_be_visible()
    for name in ("Whose gaze", "Phase of the reading"):
        expect(page.get_by_role("combobox", name=name)).to_be_hidden()


def test_a_key_turns_gaze_on_and_off_and_it_follows_the_film(page: Page, url: str) -> None:
    opened(page, url, "gaze=Ada")
    film = panel(page, "Radiograph")
    for name in ("Heat", "Path", "Off", "Heat"):
        film.press("y")
        expect(kind(page, name)).to_have_attribute("aria-pressed", "true")
    eventually(page, lambda: at(layer(page), *LONGEST)[3] > 180)
    film.press("h")
    eventually(page, lambda: at(layer(page), LONGEST[0], COLUMNS - LONGEST[1])[3] > 180)


def test_anatomy_is_shown_apart_from_findings(page: Page, url: str) -> None:
    opened(page, url, "anatomy")
    expect(page.get_by_role("group", name="Gaze", exact=True)).to_be_hidden()
    shows = page.get_by_role("button", name="Anatomy", exact=True)
    expect(shows).to_have_attribute("aria-pressed", "false")
    # It is no expert's annotation of a finding.
    expect(page.get_by_role("combobox", name="Show expert annotation")).to_be_disabled()
    shows.click()
    eventually(page, lambda: bool(layer(page).any()))
    marked = layer(page)[..., 3] > 0
    rows, columns = np.nonzero(marked)
    height, width = marked.shape
    edges = [rows.min() / height, rows.max() / height, columns.min() / width, columns.max() / width]
    expected = [150 / ROWS, 350 / ROWS, 100 / COLUMNS, 250 / COLUMNS]
    assert edges == pytest.approx(expected, abs=0.02)
    assert not layer(page, "LRP").any()
