"""Measuring, magnifying, turning and saving pictures in a real browser, on `viewer_app.py`."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from shamsul.annotations.measurements import Kind, MeasurementArchive
from tests.ui.conftest import eventually
from tests.ui.shared.scene import IMAGE
from tests.ui.shared.test_viewer_browser import drag, panel, pixels, set_slider

pytestmark = pytest.mark.browser

SHA = "a" * 64
SPACING = (0.4, 0.2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module")
def url(start_app, folder):
    script = Path(__file__).with_name("viewer_app.py")
    return start_app(script, {"SHAMSUL_DATA_DIR": str(folder)})


@pytest.fixture
def opened(page, url):
    def open_page(query=""):
        page.goto(f"{url}/?{query}")
        expect(panel(page, "LRP")).to_be_visible()
        expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)
        return page

    return open_page


class Film:
    """Where image coordinates are on the screen, the film upright and whole."""

    def __init__(self, page):
        self.page = page
        self.box = panel(page, "Radiograph").bounding_box()
        self.scale = self.box["width"] / IMAGE[1]

    def at(self, row, column):
        # A pixel is twice as tall as wide.
        return self.box["x"] + column * self.scale, self.box["y"] + row * self.scale * 2

    def click(self, row, column):
        self.page.mouse.click(*self.at(row, column))

    def drag(self, start, end):
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=4)
        self.page.mouse.up()


def kept(folder, reader):
    found = MeasurementArchive(folder / "annotations" / "measurements").get(SHA)
    return [one for one in found if one.author == reader]


def tool(page, name):
    if name in ("One to one", "Rotate", "Mirror", "Snapshot"):
        open_menu(page)
    return page.get_by_role("button", name=name, exact=True)


def open_menu(page):
    more = page.get_by_role("button", name="More", exact=True)
    if more.get_attribute("aria-expanded") == "false":
        more.click()


def told(page):
    """What stands beside the measurements on the radiograph."""
    return page.locator(".plain .measure text").filter(has_text=re.compile("."))


def saved(page, what):
    expect(page.locator(".status")).to_have_text(
        re.compile(rf"Saved at \d\d:\d\d:\d\d: your {what}")
    )


def test_ruler_is_in_mm_said_to_be_at_the_detector_and_there_after_a_reload(opened, folder):
    page = opened("drawing=Ada&film=detector")
    expect(page.locator(".bar").first).to_have_text(re.compile(r"^\d+ mm, at the detector$"))
    tool(page, "Ruler").click()
    Film(page).drag((100, 50), (200, 200))
    saved(page, "ruler")
    (found,) = kept(folder, "Ada")
    np.testing.assert_allclose(found.places, [(100, 50), (200, 200)], atol=1.5)
    # 100 rows of 0.4 mm and 150 columns of 0.2 mm: 40 and 30 mm.
    assert found.value(SPACING) == pytest.approx(50, abs=0.5)
    words = f"{found.value(SPACING):.1f} mm at the detector"
    expect(told(page)).to_have_text([words])
    # On every picture the line, which follows it.
    expect(page.locator(".measure .rim[d^=M]")).to_have_count(5)
    page.reload()
    expect(told(page)).to_have_text([words])
    page.get_by_label("Measurements: 1").click()
    expect(page.get_by_text("Lengths in mm, at the detector.")).to_be_visible()
    page.get_by_role("button", name=f"Remove Ruler: {words}").click()
    expect(told(page)).to_have_count(0)
    eventually(page, lambda: kept(folder, "Ada") == [])


def test_angle_takes_three_clicks_and_knows_that_pixels_are_oblong(opened, folder):
    page = opened("drawing=Bo")
    tool(page, "Angle").click()
    film = Film(page)
    for place in ((100, 100), (200, 100), (150, 200)):
        film.click(*place)
    saved(page, "angle")
    (found,) = kept(folder, "Bo")
    # 40 mm up, and 20 mm up and 20 mm to the right; in pixels it would be 63 degrees.
    assert found.value(SPACING) == pytest.approx(45, abs=1)
    expect(told(page)).to_have_text([f"{found.value(SPACING):.1f}°"])


def test_cardiothoracic_ratio_is_of_two_level_widths_and_its_ends_move(opened, folder):
    page = opened("drawing=Cy")
    panel(page, "Radiograph").press("t")
    expect(tool(page, "Cardiothoracic ratio")).to_have_attribute("aria-pressed", "true")
    film = Film(page)
    film.drag((150, 100), (158, 190))
    film.drag((250, 50), (244, 250))
    saved(page, "cardiothoracic ratio")
    (found,) = kept(folder, "Cy")
    assert found.kind is Kind.CARDIOTHORACIC_RATIO
    rows = [row for row, _ in found.places]
    assert (rows[0], rows[2]) == (rows[1], rows[3])
    assert found.value(SPACING) == pytest.approx(90 / 200, abs=0.01)
    expect(told(page)).to_have_text([f"CTR {found.value(SPACING):.2f}"])
    # The heart's left end, moved by the mouse: its other end stays level.
    tool(page, "Cardiothoracic ratio").click()
    film.drag(found.places[0], (130, 130))
    eventually(page, lambda: kept(folder, "Cy")[0].places != found.places)
    (moved,) = kept(folder, "Cy")
    assert moved.places[0][0] == moved.places[1][0] == pytest.approx(130, abs=1.5)
    assert moved.value(SPACING) == pytest.approx(60 / 200, abs=0.01)
    assert moved.places[2:] == found.places[2:]


def test_keys_alone_measure_move_an_end_and_remove(opened, folder):
    page = opened("drawing=Di")
    film = panel(page, "Radiograph")
    film.focus()
    page.keyboard.press("l")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    saved(page, "ruler")
    (found,) = kept(folder, "Di")
    step = 8 / Film(page).scale  # in columns
    assert found.places[0] == pytest.approx((200 - step / 2, 150), abs=0.01)
    assert found.places[1] == pytest.approx((200 - step / 2, 150 + 10 * step), abs=0.01)
    page.keyboard.press("Escape")
    end = page.get_by_role("button", name=re.compile("^End 2 of 2 of Ruler"))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(end).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    eventually(page, lambda: kept(folder, "Di")[0].places != found.places)
    (moved,) = kept(folder, "Di")
    assert moved.places[1] == pytest.approx((200 - step / 2 + step / 16, 150 + 11 * step), abs=0.01)
    expect(end).to_be_focused()
    page.keyboard.press("Delete")
    eventually(page, lambda: kept(folder, "Di") == [])
    expect(film).to_be_focused()


def touches(page):
    """A function that puts fingers on places of the page, moves them, or lifts them all."""
    session = page.context.new_cdp_session(page)

    def touch(kind, *places):
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    return touch


def test_one_finger_measures_and_two_zoom(opened, folder):
    page = opened("drawing=Gus")
    tool(page, "Ruler").click()
    film = Film(page)
    touch = touches(page)
    touch("Start", film.at(100, 50))
    touch("Move", film.at(150, 120))
    touch("Move", film.at(200, 200))
    touch("End")
    saved(page, "ruler")
    np.testing.assert_allclose(kept(folder, "Gus")[0].places, [(100, 50), (200, 200)], atol=1.5)
    (x, y) = film.at(200, 150)
    touch("Start", (x - 20, y))
    touch("Start", (x - 20, y), (x + 20, y))
    touch("Move", (x - 40, y), (x + 40, y))
    touch("End")
    expect(page.locator(".readout")).to_have_text(re.compile(r"\b200 %$"))
    expect(told(page)).to_have_count(1)
    assert len(kept(folder, "Gus")) == 1


def test_what_is_not_kept_is_said_so_and_in_pixels_without_spacing(opened, folder):
    page = opened("film=picture")
    tool(page, "Ruler").click()
    expect(page.locator(".how-to").first).to_have_text(re.compile("Not kept here$"))
    Film(page).drag((100, 50), (150, 50))
    # As tall as 100 columns are wide.
    expect(told(page)).to_have_text([re.compile(r"^(99|100|101) px$")])
    expect(page.locator(".bar").first).to_have_text(re.compile(r"^\d+ px$"))
    page.get_by_label("Measurements: 1").click()
    expect(page.get_by_text("Lengths in pixels: the file tells no spacing.")).to_be_visible()
    expect(page.get_by_text("Measurements are not kept here")).to_be_visible()
    page.reload()
    expect(panel(page, "LRP")).to_be_visible()
    expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)
    expect(told(page)).to_have_count(0)


COUNT = """
window.painted = window.last = 0;
for (const name of ["drawImage", "putImageData"]) {
  const before = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...given) {
    window.painted += 1;
    return before.apply(this, given);
  };
}
"""


def test_dragging_the_ruler_paints_no_picture_anew(page, opened):
    page.add_init_script(COUNT)
    opened()
    tool(page, "Ruler").click()
    film = Film(page)
    page.mouse.move(*film.at(100, 50))
    page.mouse.down()
    # What was drawn before has come to rest.
    at_rest = "() => { const before = last; window.last = painted; return before === last; }"
    page.wait_for_function(at_rest, polling=400)
    before = page.evaluate("painted")
    assert before > 0
    page.mouse.move(*film.at(200, 200), steps=10)
    expect(told(page)).to_have_text([re.compile(r"^\d+\.\d mm$")])
    assert page.evaluate("painted") == before
    page.mouse.up()


def test_windows_of_the_file_are_chosen_by_name_and_by_key(opened):
    page = opened("film=detector")
    open_menu(page)
    choice = page.get_by_label("Window preset")
    expect(choice.locator("option")).to_have_text(["Normal", "Harder", "Full range", "Automatic"])
    choice.select_option("Harder")
    expect(page.get_by_text("window 1000 3000")).to_be_visible()
    panel(page, "Radiograph").press("v")
    # The ramp goes from 400 to 3600.
    expect(page.get_by_text("window 400 3600")).to_be_visible()
    expect(choice.locator("option:checked")).to_have_text("Full range")
    drag(page, "Radiograph", 20, 0, button="right")
    expect(choice.locator("option:checked")).to_have_text("Own")


def test_lung_and_bone_are_offered_for_hounsfield_units(opened):
    page = opened("film=hounsfield")
    options = page.get_by_label("Window preset").locator("option")
    names = ["As the file has it", "Full range", "Automatic", "Lung", "Bone"]
    expect(options).to_have_text(names)


def test_pointer_reads_the_file_s_values_and_a_map_s_percentile(opened):
    page = opened("film=detector")
    film = Film(page)
    # The hot cell's centre; the ramp at column 105, which the file has as 4000 less it.
    page.mouse.move(*film.at(260, 105))
    shown = 400 + 3200 * 105 / 299
    reading = page.locator(".plain .reading")
    expect(reading).to_have_text(re.compile(r"^\d+ OD$"))
    assert float(reading.text_content().split()[0]) == pytest.approx(4000 - shown, abs=25)
    of_map = page.locator(".panel:not(.plain) .reading")
    expect(of_map.nth(2)).to_have_text(re.compile(r"^1\.\d\d, P(98|100)$"))
    page.mouse.move(*film.at(350, 250))
    # Zero everywhere but at one of 64 cells: as great as 63 of them.
    expect(of_map.nth(2)).to_have_text("0.00, P98")


def centre_of_heat(page):
    """Of the map's colours, as a fraction of the picture from the top and from the left."""
    weight = np.abs(pixels(page, "Grad-CAM") - pixels(page, "Radiograph")).sum(2)
    rows, columns = np.mgrid[: weight.shape[0], : weight.shape[1]]
    return (
        np.average(rows + 0.5, weights=weight) / weight.shape[0],
        np.average(columns + 0.5, weights=weight) / weight.shape[1],
    )


def letters(page):
    film = page.locator(".plain").first
    return "".join(film.locator(f".side.{side}").text_content() for side in ("left", "top"))


def test_maps_letters_and_measurements_follow_when_the_view_is_turned(opened, folder):
    page = opened("drawing=Ed&film=detector")
    # Where the hot cell is; the film's rows lead to the patient's left, its columns to the feet.
    down, across = 260 / 400, 105 / 300
    expect(page.locator(".plain .lie")).to_have_text("")
    assert letters(page) == "RH"
    turned = [
        ("q", "rotated 90°", (across, 1 - down), "FR"),
        ("q", "rotated 180°", (1 - down, 1 - across), "LF"),
        ("h", "rotated 180°, mirrored", (1 - down, across), "RF"),
        ("q", "rotated 270°, mirrored", (across, down), "HR"),
    ]
    for key, words, heat, sides in turned:
        panel(page, "Radiograph").press(key)
        expect(page.locator(".plain .lie")).to_have_text(words)
        eventually(page, lambda sides=sides: letters(page) == sides)
        at = pytest.approx(heat, abs=0.015)
        eventually(page, lambda at=at: centre_of_heat(page) == at)
    # Rotated by 270 degrees and mirrored, the film's rows are the screen's columns.
    box = panel(page, "Radiograph").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(800 / 300, rel=0.02)
    tool(page, "Ruler").click()
    ends = [(40, 30), (200, 150)]
    (x0, y0), (x1, y1) = [
        (box["x"] + box["width"] * row / 400, box["y"] + box["height"] * column / 300)
        for row, column in ends
    ]
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=3)
    page.mouse.up()
    saved(page, "ruler")
    np.testing.assert_allclose(kept(folder, "Ed")[0].places, ends, atol=1.5)
    # Dragging to the right takes the film along: what was seen at the centre is further right.
    page.keyboard.press("Escape")
    panel(page, "Radiograph").press("0")
    expect(page.locator(".plain .lie")).to_have_text("")
    assert letters(page) == "RH"


def test_panning_follows_the_hand_when_the_view_is_turned(opened):
    page = opened()
    for key in ("q", "h", "+", "+"):
        panel(page, "Radiograph").press(key)
    expect(page.locator(".readout")).to_have_text(re.compile(r"\b156 %$"))
    before = centre_of_heat(page)
    box = panel(page, "Radiograph").bounding_box()
    drag(page, "Radiograph", 20, -10)
    moved = (before[0] - 10 / box["height"], before[1] + 20 / box["width"])
    eventually(page, lambda: centre_of_heat(page) == pytest.approx(moved, abs=0.012))


def test_one_to_one_shows_a_pixel_of_the_film_as_one_of_the_screen(opened):
    page = opened()
    width = panel(page, "Radiograph").bounding_box()["width"]
    tool(page, "One to one").click()
    expect(page.locator(".readout")).to_have_text(re.compile(rf"\b{round(100 * 300 / width)} %$"))
    # From 400 to 3600 in 299 steps, in a window of 4000: so much brighter from pixel to pixel.
    slope = 255 * 3200 / 299 / 4000
    eventually(
        page,
        lambda: (
            np.polyfit(range(100), pixels(page, "Radiograph")[20, 20:120, 0], 1)[0]
            == pytest.approx(slope, rel=0.03)
        ),
    )
    # Enlarged alone, the film is smaller than the picture: still pixel by pixel.
    panel(page, "Radiograph").press("0")
    panel(page, "Radiograph").press("e")
    panel(page, "Radiograph").press("n")
    wide = panel(page, "Radiograph").bounding_box()["width"]
    expect(page.locator(".readout")).to_have_text(re.compile(rf"\b{round(100 * 300 / wide)} %$"))


def test_lens_follows_the_pointer_over_film_and_map(opened):
    page = opened()
    set_slider(page, "Opacity of all maps", 100)
    panel(page, "Grad-CAM").press("m")
    expect(tool(page, "Magnifier")).to_have_attribute("aria-pressed", "true")
    box = panel(page, "Grad-CAM").bounding_box()
    x, y = box["x"] + box["width"] * 105 / 300, box["y"] + box["height"] * 260 / 400
    page.mouse.move(x, y)
    lens = page.locator(".panel", has=panel(page, "Grad-CAM")).locator(".lens")
    expect(lens).to_be_visible()
    place = lens.bounding_box()
    assert place["x"] + place["width"] / 2 == pytest.approx(x, abs=1.5)
    assert place["y"] + place["height"] / 2 == pytest.approx(y, abs=1.5)
    # Its middle shows the hot cell's, as bright as on the picture.
    middle = (
        "lens => [...lens.getContext('2d')"
        ".getImageData(lens.width / 2, lens.width / 2, 1, 1).data].slice(0, 3)"
    )
    shown = pixels(page, "Grad-CAM")
    there = shown[round(shown.shape[0] * 260 / 400), round(shown.shape[1] * 105 / 300)]
    np.testing.assert_allclose(lens.evaluate(middle), there, atol=12)
    expect(page.locator(".lens:visible")).to_have_count(1)
    page.mouse.move(5, 5)
    expect(page.locator(".lens:visible")).to_have_count(0)
    page.mouse.move(x, y)
    expect(lens).to_be_visible()
    panel(page, "Grad-CAM").press("m")
    expect(lens).to_be_hidden()


WRITTEN = """
window.written = [];
const before = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (...given) {
  window.written.push(given[0]);
  return before.apply(this, given);
};
"""


def saved_png(download, folder):
    """Colours of a picture that was saved, float in [0, 255], and what it says of itself."""
    download.value.save_as(folder / "saved.png")
    with Image.open(folder / "saved.png") as picture:
        return np.asarray(picture.convert("RGB"), float), dict(picture.info)


def test_snapshot_has_a_caption_that_names_methods_and_nobody(page, opened, tmp_path):
    page.add_init_script(WRITTEN)
    opened("drawing=Fay&film=detector")
    with page.expect_download() as download:
        tool(page, "Snapshot").click()
    assert download.value.suggested_filename == "shamsul-snapshot.png"
    everything = page.evaluate("written")
    for line in (
        "Radiograph",
        "Window: centre 2000, width 4000",
        "LIME for Cardiomegaly",
        "Grad-CAM for Cardiomegaly",
        "Inferno, positive relevance only, opacity 60 %",
        "Model phantom. SHAMSUL: research use only, not for diagnosis",
        "R",
    ):
        assert line in everything
    assert any(line.startswith("Colours: ") and "; 1.0 = 0.0" in line for line in everything)
    assert not [line for line in everything if "case" in line.lower() or "Fay" in line]
    whole, about = saved_png(download, tmp_path)
    assert about.keys().isdisjoint({"Author", "Title", "Comment", "Description"})
    # One picture alone, by key: the map's colours are in it.
    with page.expect_download() as download:
        panel(page, "Grad-CAM").press("s")
    one, _ = saved_png(download, tmp_path)
    assert one.shape[1] < whole.shape[1]
    film = one[24 : 24 + 1920, 24 : 24 + 720]
    hot = film[round(1920 * 260 / 400), round(720 * 105 / 300)]
    assert hot[0] - hot[2] > 50  # warm, where the film is grey


def test_no_snapshot_of_a_film_that_may_name_the_patient(opened):
    page = opened("film=picture")
    expect(tool(page, "Snapshot")).to_be_disabled()
    expect(tool(page, "Snapshot")).to_have_attribute("title", re.compile("may identify"))
    downloads = []
    page.on("download", lambda download: downloads.append(download))
    panel(page, "Grad-CAM").press("s")
    panel(page, "Grad-CAM").press("i")
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")
    assert downloads == []


def test_no_letters_where_the_file_does_not_tell(opened):
    page = opened()
    assert page.locator(".side").all_text_contents() == [""] * 20
