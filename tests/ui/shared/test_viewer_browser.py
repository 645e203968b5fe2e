"""The viewer in a real browser, on the hand-made page `viewer_app.py`."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.ui.conftest import eventually

pytestmark = pytest.mark.browser

METHODS = ["LIME", "SHAP", "Grad-CAM", "LRP"]
#: Centre of the hot cell of `scene.heatmap`, as a fraction of the image's rows and columns.
HOT = (260 / 400, 105 / 300)
PROGRESS = re.compile(r"LRP \d+/512 model evaluations")


@pytest.fixture(scope="module")
def url(start_app):
    return start_app(Path(__file__).with_name("viewer_app.py"))


@pytest.fixture
def opened(page, url):
    """Open the page with some query and wait until every panel has been drawn."""

    def open_page(query=""):
        page.goto(f"{url}/?{query}")
        expect(panel(page, "LRP")).to_be_visible()
        if "pending" not in query:
            expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)
        return page

    return open_page


def panel(page, method, label="Cardiomegaly"):
    if method == "Radiograph":
        return page.get_by_role("img", name="Radiograph", exact=True).first
    return page.get_by_role("img", name=f"{method} heatmap for {label}", exact=True)


def pixels(page, method):
    """What a panel's canvas holds, float in [0, 255]."""
    url = panel(page, method).locator("canvas").evaluate("canvas => canvas.toDataURL()")
    png = base64.b64decode(url.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float)


def difference(page, one, other="Radiograph"):
    return np.abs(pixels(page, one) - pixels(page, other)).sum(2)


def set_slider(page, name, value):
    page.get_by_role("slider", name=name, exact=True).fill(str(value))


def zoomed(page, percent):
    return page.get_by_title(f"zoom {percent} %")


def more(page):
    """Open the menu of what is needed less often."""
    page.get_by_role("button", name="More", exact=True).click()


def drag(page, method, dx, dy, button="left"):
    box = panel(page, method).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up(button=button)


def test_every_panel_has_its_name_and_every_map_its_slider(opened):
    page = opened()
    for name in ["Radiograph", *METHODS]:
        expect(panel(page, name)).to_be_visible()
    for name in ["Opacity of all maps", *(f"{method} opacity" for method in METHODS)]:
        expect(page.get_by_role("slider", name=name, exact=True)).to_be_visible()
    expect(page.get_by_label("Colour map")).to_be_hidden()
    more(page)
    expect(page.get_by_label("Colour map")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Colour map")).to_be_hidden()


def test_two_rows_have_panels_of_their_own(opened):
    page = opened("rows=2")
    expect(panel(page, "LIME", "Enlarged Cardiomediastinum")).to_be_visible()
    expect(page.get_by_role("img", name="Radiograph", exact=True)).to_have_count(2)


def test_panel_shows_the_whole_radiograph_in_its_own_shape(opened):
    page = opened()
    box = panel(page, "Radiograph").bounding_box()
    # 400 rows of 0.4 mm, 300 columns of 0.2 mm.
    assert box["height"] / box["width"] == pytest.approx(160 / 60, rel=0.01)
    shown = pixels(page, "Radiograph").mean((0, 2))
    # The ramp of 400 to 3600 in a window of 0 to 4000.
    assert shown[0] == pytest.approx(255 * 0.1, abs=3)
    assert shown[-1] == pytest.approx(255 * 0.9, abs=3)


def test_hot_spot_is_drawn_where_the_geometry_says(opened):
    weight = difference(opened(), "Grad-CAM")
    height, width = weight.shape
    rows, columns = np.mgrid[:height, :width]
    found = (
        np.average(rows + 0.5, weights=weight) / height,
        np.average(columns + 0.5, weights=weight) / width,
    )
    assert found == pytest.approx(HOT, abs=0.01)


def test_map_is_transparent_where_it_says_nothing(opened):
    weight = difference(opened(), "Grad-CAM")
    height, width = weight.shape
    outside = np.ones_like(weight, dtype=bool)
    # The hot cell and its neighbours, 40 rows by 30 columns each.
    outside[
        int(height * 200 / 400) : int(height * 320 / 400),
        int(width * 60 / 300) : int(width * 150 / 300),
    ] = False
    assert weight[outside].max() == 0


def test_threshold_hides_what_is_weaker(opened):
    page = opened()
    before = difference(page, "Grad-CAM")
    more(page)
    set_slider(page, "Hide relevance below", 60)
    eventually(page, lambda: difference(page, "Grad-CAM").sum() < before.sum())
    after = difference(page, "Grad-CAM")
    # The strongest stays as it is, the weak is gone.
    assert after.max() == before.max()
    assert (after > 0).sum() < (before > 0).sum()
    expect(page.get_by_text("threshold 0.60")).to_be_visible()
    set_slider(page, "Hide relevance below", 0)
    eventually(page, lambda: (difference(page, "Grad-CAM") == before).all())


def test_opacity_zero_leaves_the_plain_radiograph(opened):
    page = opened()
    assert difference(page, "Grad-CAM").max() > 50
    set_slider(page, "Grad-CAM opacity", 0)
    eventually(page, lambda: difference(page, "Grad-CAM").max() == 0)
    assert difference(page, "LIME").max() > 50
    set_slider(page, "Opacity of all maps", 0)
    eventually(page, lambda: difference(page, "LIME").max() == 0)


def test_dragging_a_slider_stays_in_the_browser_until_it_is_let_go(page, url, opened):
    frames = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: frames.append(1)))
    opened()
    expect(page.get_by_text("runs 1")).to_be_visible()
    # A canvas that is made anew would lose this mark.
    panel(page, "Grad-CAM").locator("canvas").evaluate("canvas => { canvas.mark = 1 }")
    before = pixels(page, "Grad-CAM")
    box = page.get_by_role("slider", name="Grad-CAM opacity", exact=True).bounding_box()
    # It stands upright at the edge of its picture: more is up.
    assert box["height"] > 3 * box["width"]
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] * 0.4)
    page.mouse.down()
    sent = len(frames)
    page.mouse.move(x, box["y"] + 1, steps=10)
    eventually(page, lambda: np.abs(pixels(page, "Grad-CAM") - before).max() > 20)
    assert len(frames) == sent
    page.mouse.up()
    expect(page.get_by_text("grad-cam opacity 1.00")).to_be_visible()
    assert panel(page, "Grad-CAM").locator("canvas").evaluate("canvas => canvas.mark") == 1
    assert (
        page.evaluate("""() => {
        let active = document.activeElement;
        while (active.shadowRoot) active = active.shadowRoot.activeElement;
        return active.ariaLabel;
    }""")
        == "Grad-CAM opacity"
    )


def test_right_drag_and_window_tool_change_the_window(opened):
    page = opened()
    before = pixels(page, "LRP")
    drag(page, "Radiograph", 0, 60, button="right")
    eventually(page, lambda: pixels(page, "LRP").mean() < before.mean() - 10)
    reported = page.get_by_text(re.compile(r"window \d"))
    expect(reported).to_have_text("window 800 4800")
    page.get_by_role("button", name="Window").click()
    drag(page, "LIME", -75, 0)
    expect(reported).to_have_text("window 1300 4300")
    page.get_by_role("button", name="Reset view").click()
    expect(reported).to_have_text("window 0 4000")
    eventually(page, lambda: np.abs(pixels(page, "LRP") - before).max() == 0)


def test_zoom_and_pan_are_linked_across_panels(opened):
    page = opened()
    before = pixels(page, "LIME")
    panel(page, "Grad-CAM").hover()
    page.mouse.wheel(0, -300)
    expect(zoomed(page, 125)).to_be_visible()
    eventually(page, lambda: np.abs(pixels(page, "LIME") - before).max() > 5)
    set_slider(page, "Opacity of all maps", 0)
    eventually(page, lambda: difference(page, "LRP").max() == 0)
    enlarged = pixels(page, "LIME")
    drag(page, "LRP", 20, 0)
    # Dragged to the right, darker columns from the left come into view.
    eventually(page, lambda: pixels(page, "LIME").mean() < enlarged.mean() - 2)


def test_hot_spot_stays_under_the_cursor_while_zooming(opened):
    page = opened()
    box = panel(page, "Grad-CAM").bounding_box()
    page.mouse.move(box["x"] + box["width"] * HOT[1], box["y"] + box["height"] * HOT[0])
    for _ in range(3):
        page.mouse.wheel(0, -100)
    expect(zoomed(page, 195)).to_be_visible()

    def in_place():
        weight = difference(page, "Grad-CAM")
        height, width = weight.shape
        rows, columns = np.nonzero(weight > 0.8 * weight.max())
        return (rows.mean() / height, columns.mean() / width) == pytest.approx(HOT, abs=0.02)

    eventually(page, in_place)


def test_double_click_enlarges_and_enter_returns(opened):
    page = opened()
    small = panel(page, "LRP").bounding_box()
    assert small["x"] > panel(page, "LIME").bounding_box()["x"]
    panel(page, "LRP").dblclick()

    def enlarged():
        # The first of its row, and larger than it was and than the others.
        large, others = panel(page, "LRP").bounding_box(), panel(page, "LIME").bounding_box()
        return large["x"] < others["x"] and large["width"] > max(small["width"], others["width"])

    eventually(page, enlarged)
    panel(page, "LRP").press("Enter")
    eventually(page, lambda: panel(page, "LRP").bounding_box() == small)


def test_keys_work_on_a_focused_panel(opened):
    page = opened()
    before = pixels(page, "Radiograph")
    panel(page, "Radiograph").focus()
    page.keyboard.press("i")
    eventually(page, lambda: np.abs(pixels(page, "Radiograph") + before - 255).max() < 3)
    page.keyboard.press("+")
    expect(zoomed(page, 125)).to_be_visible()
    page.keyboard.press("0")
    expect(zoomed(page, 100)).to_be_visible()
    eventually(page, lambda: np.abs(pixels(page, "Radiograph") - before).max() == 0)


def test_annotation_is_drawn_when_wanted(opened):
    page = opened("annotated=1")
    before = pixels(page, "Radiograph")
    control = page.get_by_label("Show expert annotation")
    control.select_option("outline")
    eventually(page, lambda: np.abs(pixels(page, "Radiograph") - before).max() > 50)
    outlined = pixels(page, "Radiograph")
    height, width = outlined.shape[:2]
    # A disc of radius 30 about row 100, column 200.
    centre = np.s_[int(height * 0.25), int(width * 2 / 3)]
    edge = np.s_[int(height * 0.25), int(width * (200 - 38) / 300) : int(width * (200 - 22) / 300)]
    assert np.abs(outlined[centre] - before[centre]).max() == 0
    assert np.abs(outlined[edge] - before[edge]).max() > 50
    control.select_option("fill")
    eventually(page, lambda: np.abs(pixels(page, "Radiograph")[centre] - before[centre]).max() > 10)
    expect(page.get_by_text("annotation fill")).to_be_visible()


def test_annotation_control_says_why_it_is_off(opened):
    control = opened().get_by_label("Show expert annotation")
    expect(control).to_be_disabled()
    expect(control.locator("option")).to_have_text("No expert annotation here")


def test_signed_display_adds_what_speaks_against(opened):
    page = opened()
    height, width = pixels(page, "LRP").shape[:2]
    # The cell at row 1, column 6: its centre is at row 100, column 225 of the image.
    cold = np.s_[int(height * 100 / 400), int(width * 225 / 300)]
    assert difference(page, "LRP")[cold] == 0
    more(page)
    page.get_by_role("button", name="Signed").click()
    eventually(page, lambda: difference(page, "LRP")[cold] > 50)
    shown = pixels(page, "LRP")[cold]
    assert shown[2] > shown[0] + 30
    expect(page.get_by_text("display signed colours Blue to red")).to_be_visible()


def test_zero_map_says_so(opened):
    page = opened()
    expect(page.get_by_text("No relevance: the map is zero everywhere")).to_be_visible()
    assert difference(page, "SHAP").max() == 0


def test_pending_panel_shows_the_radiograph_and_its_progress(opened):
    page = opened("pending=LRP")
    expect(panel(page, "LRP")).to_have_attribute("aria-busy", "true")
    expect(panel(page, "LIME")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_text(PROGRESS)).to_be_visible()
    eventually(page, lambda: difference(page, "LRP").max() == 0)


def test_progress_resends_neither_image_nor_maps(page, opened):
    received = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))),
    )
    opened("pending=LRP")
    expect(page.get_by_text(PROGRESS)).to_be_visible()
    whole = sum(received)
    received.clear()
    for _ in range(3):
        shown = page.get_by_text(PROGRESS).inner_text()
        expect(page.get_by_text(PROGRESS)).not_to_have_text(shown)
    # A few kilobytes each time; the transfer's script is most of it.
    assert 0 < max(received) < 10_000 < whole
    expect(page.get_by_text("runs 1")).to_be_visible()


def test_arriving_map_leaves_the_other_panels_as_they_are(opened):
    page = opened("pending=LRP")
    panel(page, "LIME").locator("canvas").evaluate("canvas => { canvas.mark = 1 }")
    page.get_by_role("button", name="Finish").click()
    expect(panel(page, "LRP")).to_have_attribute("aria-busy", "false")
    assert difference(page, "LRP").max() > 50
    assert panel(page, "LIME").locator("canvas").evaluate("canvas => canvas.mark") == 1
    expect(page.get_by_text("model evaluations")).to_have_count(0)


def test_state_survives_a_rerun_and_a_reload(opened):
    page = opened()
    set_slider(page, "LIME opacity", 30)
    set_slider(page, "Grad-CAM opacity", 45)
    more(page)
    page.get_by_label("Colour map").select_option("Viridis")
    panel(page, "LIME").press("+")
    expect(page.get_by_text("grad-cam opacity 0.45")).to_be_visible()
    page.get_by_role("button", name="Run again").click()
    slider = page.get_by_role("slider", name="LIME opacity", exact=True)
    expect(slider).to_have_value("30")
    expect(zoomed(page, 125)).to_be_visible()
    page.reload()
    expect(slider).to_have_value("30")
    expect(zoomed(page, 125)).to_be_visible()
    # The server has forgotten: the viewer tells it again.
    expect(page.get_by_text("grad-cam opacity 0.45")).to_be_visible()
    expect(page.get_by_text("display positive colours Viridis")).to_be_visible()


def asks(page, method):
    return page.get_by_role("button", name=f"About the {method} map", exact=True)


def told(page, method):
    return page.get_by_role("dialog", name=f"About the {method} map", exact=True)


def test_facts_are_told_by_keyboard(opened):
    page = opened()
    expect(told(page, "LIME")).to_be_hidden()
    asks(page, "LIME").press("Enter")
    expect(asks(page, "LIME")).to_have_attribute("aria-expanded", "true")
    expect(told(page, "LIME")).to_be_focused()
    expect(told(page, "LIME")).to_contain_text("Where LIME says so")
    expect(told(page, "LIME")).to_contain_text("0.31 (poor)")
    expect(told(page, "SHAP")).to_be_hidden()
    page.keyboard.press("Tab")
    link = told(page, "LIME").get_by_role("link")
    expect(link).to_be_focused()
    expect(link).to_have_attribute("href", "https://doi.org/10.1145/2939672.2939778")
    expect(link).to_have_attribute("target", "_blank")
    page.keyboard.press("Escape")
    expect(told(page, "LIME")).to_be_hidden()
    expect(asks(page, "LIME")).to_be_focused()
    expect(asks(page, "LIME")).to_have_attribute("aria-expanded", "false")


def test_facts_go_by_a_second_click_and_stay_through_a_rerun(opened):
    page = opened()
    asks(page, "LRP").click()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("runs 2")).to_be_visible()
    expect(told(page, "LRP")).to_be_visible()
    asks(page, "LRP").click()
    expect(told(page, "LRP")).to_be_hidden()


def test_escape_on_the_picture_closes_the_facts_before_it_shrinks_the_panel(opened):
    page = opened()
    page.set_viewport_size({"width": 1280, "height": 1000})  # alone it is larger than in the row
    panel(page, "LRP").press("Enter")
    large = panel(page, "LRP").bounding_box()
    asks(page, "LRP").click()
    panel(page, "LRP").press("Escape")
    expect(told(page, "LRP")).to_be_hidden()
    assert panel(page, "LRP").bounding_box() == large
    expect(asks(page, "LRP")).to_be_focused()
    panel(page, "LRP").press("Escape")
    eventually(page, lambda: panel(page, "LRP").bounding_box()["width"] < large["width"])


@pytest.mark.parametrize("layout", ["row", "large"])
def test_facts_stay_within_a_narrow_panel(opened, layout):
    page = opened()
    page.set_viewport_size({"width": 900, "height": 700})
    page.get_by_label("Layout").select_option(layout)
    for method in ("SHAP", "LRP"):
        asks(page, method).click()
        picture, facts = panel(page, method).bounding_box(), told(page, method).bounding_box()
        assert picture["width"] < 240
        assert facts["x"] >= picture["x"]
        assert facts["x"] + facts["width"] <= picture["x"] + picture["width"] + 0.5
        # Names and values wrap; only downwards is there more.
        assert told(page, method).evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize("width", [900, 1280, 1920])
def test_warning_is_seen_at_every_size(opened, width):
    page = opened()
    page.set_viewport_size({"width": width, "height": 700})
    warning = page.get_by_text("not stable, poor fit")
    expect(warning).to_be_visible()
    assert warning.evaluate("node => node.clientWidth") > 40


def test_nothing_is_told_in_a_blinded_reading(opened):
    page = opened("blinded=1")
    expect(page.get_by_role("button", name=re.compile("^Enlarge"))).to_have_count(5)
    expect(page.get_by_role("button", name=re.compile("^About"))).to_have_count(0)
    expect(page.get_by_text("says so")).to_have_count(0)
