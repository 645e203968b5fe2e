"""Drawing annotations, and the overlap with one, in a real browser on the page `viewer_app.py`."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes, Points, Polygons
from shamsul.localisation.maps import on_image
from shamsul.metrics.localisation import Overlap
from shamsul.metrics.scale import full_scale
from tests.ui.conftest import eventually
from tests.ui.shared.scene import IMAGE, LABELS, disc, heatmap
from tests.ui.shared.test_viewer_browser import drag, more, panel, pixels, set_slider

pytestmark = pytest.mark.browser

FIRST, SECOND = "a" * 64, "b" * 64
SAVED = re.compile(r"Saved at \d\d:\d\d:\d\d")
KEPT = "1 drawing is kept in this page and sent again until saved. Do not close the page."
PINK, CYAN, YELLOW = (255, 134, 211), (0, 229, 255), (255, 241, 107)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("drawing")


@pytest.fixture(scope="module")
def url(start_app, folder):
    script = Path(__file__).with_name("viewer_app.py")
    return start_app(script, {"SHAMSUL_DATA_DIR": str(folder)})


@pytest.fixture
def opened(page, url):
    def open_page(query):
        page.goto(f"{url}/?{query}")
        expect(panel(page, "LRP")).to_be_visible()
        expect(page.locator('[role="img"][aria-busy="true"]')).to_have_count(0)
        return page

    return open_page


def kept(folder, reader, image=FIRST):
    """What is on the disk of a reader, by kind."""
    found = AnnotationArchive(folder / "annotations").get(image)
    return {one.kind: one for one in found if one.author == reader}


class Radiograph:
    """Where image coordinates are on the screen."""

    def __init__(self, page, zoom=1.0, centre=(200, 150)):
        self.page = page
        self.box = panel(page, "Radiograph").bounding_box()
        self.scale = self.box["width"] / IMAGE[1] * zoom
        self.centre = centre

    def at(self, row, column):
        # A pixel is twice as tall as wide.
        x = self.box["x"] + self.box["width"] / 2 + (column - self.centre[1]) * self.scale
        y = self.box["y"] + self.box["height"] / 2 + (row - self.centre[0]) * self.scale * 2
        return x, y

    def click(self, row, column):
        self.page.mouse.click(*self.at(row, column))

    def drag(self, start, end):
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at(*end), steps=3)
        self.page.mouse.up()

    def shows(self, colour, row, column):
        """Whether a line of a colour passes the image coordinate in the whole view."""
        shown = pixels(self.page, "Radiograph")
        i, j = round(row / IMAGE[0] * len(shown)), round(column / IMAGE[1] * shown.shape[1])
        near = shown[max(i - 3, 0) : i + 4, max(j - 3, 0) : j + 4]
        return bool((np.abs(near - colour).sum(2) < 90).any())


def pick(page, tool):
    page.get_by_role("group", name="Draw", exact=True).get_by_role("button", name=tool).click()


def status(page):
    return page.locator(".status")


def test_polygon_is_drawn_under_zoom_by_mouse_and_keys_and_is_there_after_a_reload(opened, folder):
    page = opened("drawing=Ada")
    began = datetime.now(UTC)
    for _ in range(3):
        panel(page, "Radiograph").press("+")
    expect(page.get_by_title("zoom 195 %")).to_be_visible()
    pick(page, "Polygon")
    view = Radiograph(page, 1.25**3)
    # Dragging still moves the image, by 30 and 40 pixels of the screen.
    drag(page, "Radiograph", 30, 40)
    view.centre = (200 - 40 / (2 * view.scale), 150 - 30 / view.scale)
    corners = [(150, 120), (150, 180), (220, 170), (210, 110)]
    for corner in [*corners[:3], (230, 60)]:
        view.click(*corner)
    page.keyboard.press("Backspace")
    view.click(*corners[3])
    assert kept(folder, "Ada") == {}
    expect(status(page)).to_have_text("")
    page.keyboard.press("Enter")
    expect(status(page)).to_have_text(SAVED)
    (found,) = kept(folder, "Ada").values()
    assert (found.label, found.source, found.author) == ("Cardiomegaly", DRAWN, "Ada")
    assert began <= found.created_at <= datetime.now(UTC)
    assert found.created_at.utcoffset().total_seconds() == 0
    assert isinstance(found.mark, Polygons)
    np.testing.assert_allclose(found.mark.rings[0], corners, atol=1)
    stored = json.loads((folder / "annotations" / f"{FIRST}.json").read_text())["annotations"]
    assert [one["mark"]["kind"] for one in stored if one["author"] == "Ada"] == ["polygons"]

    page.reload()
    expect(page.get_by_text("drawn in the viewer, you")).to_be_visible()
    panel(page, "Radiograph").press("0")
    view = Radiograph(page)
    eventually(page, lambda: view.shows(PINK, 150, 150))
    assert view.shows(PINK, 180, 115)
    assert not view.shows(PINK, 180, 145)
    page.get_by_role("button", name="My drawings", exact=True).click()
    eventually(page, lambda: not view.shows(PINK, 150, 150))


def test_boxes_and_points_add_up_and_are_taken_back(opened, folder):
    page = opened("drawing=Bo&annotated=1")
    view = Radiograph(page)
    panel(page, "Radiograph").press("d")
    panel(page, "Radiograph").press("d")
    expect(page.get_by_role("button", name="Box", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    view.drag((60, 40), (120, 90))
    eventually(page, lambda: len(kept(folder, "Bo")) == 1)
    view.drag((300, 200), (250, 500))  # off the radiograph
    eventually(page, lambda: len(kept(folder, "Bo")["boxes"].mark.edges) == 2)
    view.click(200, 150)  # a slip
    pick(page, "Point")
    view.click(330, 60)
    view.click(350, 240)
    eventually(page, lambda: "points" in kept(folder, "Bo"))
    eventually(page, lambda: len(kept(folder, "Bo")["points"].mark.places) == 2)
    found = {kind: one.mark for kind, one in kept(folder, "Bo").items()}
    assert isinstance(found["boxes"], Boxes)
    np.testing.assert_allclose(
        found["boxes"].edges, [[60, 40, 120, 90], [250, 200, 300, 300]], atol=1
    )
    assert isinstance(found["points"], Points)
    np.testing.assert_allclose(found["points"].places, [[330, 60], [350, 240]], atol=1)

    # The expert's line is another one, and a point is a cross.
    page.get_by_label("Show expert annotation").select_option("outline")
    eventually(page, lambda: view.shows(CYAN, 70, 200))
    assert view.shows(PINK, 60, 65)
    expect(page.locator(".named", has_text="harness")).to_be_visible()
    for row, column in ((328, 60), (330, 65)):
        assert view.shows(PINK, row, column)
    assert not view.shows(PINK, 338, 72)

    # Others see nothing of it.
    opened("drawing=Cy")
    expect(page.get_by_text(DRAWN)).to_have_count(0)
    expect(page.get_by_role("button", name="Remove my drawings of Cardiomegaly")).to_be_hidden()

    opened("drawing=Bo")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove my drawings of Cardiomegaly").click()
    expect(status(page)).to_contain_text("Removed at")
    assert kept(folder, "Bo") == {}
    expect(page.get_by_text(DRAWN)).to_have_count(0)


def test_escape_gives_up_and_double_click_closes(opened, folder):
    page = opened("drawing=Di")
    before = panel(page, "Radiograph").bounding_box()
    pick(page, "Polygon")
    view = Radiograph(page)
    sketch = panel(page, "Radiograph").locator("polyline").last
    for corner in ((50, 50), (90, 60), (80, 90)):
        view.click(*corner)
    expect(sketch).to_have_attribute("points", re.compile(r"\d"))
    page.keyboard.press("Escape")
    expect(sketch).to_have_attribute("points", "")
    page.keyboard.press("Enter")  # closes nothing
    for corner in ((200, 50), (250, 60)):
        view.click(*corner)
    page.mouse.dblclick(*view.at(240, 120))
    expect(status(page)).to_have_text(SAVED)
    (found,) = kept(folder, "Di").values()
    np.testing.assert_allclose(found.mark.rings[0], [(200, 50), (250, 60), (240, 120)], atol=1)
    for corner in ((300, 50), (350, 60), (340, 120), (301, 51)):  # back on the first corner
        view.click(*corner)
    eventually(page, lambda: len(kept(folder, "Di")["polygons"].mark.rings) == 2)
    assert len(kept(folder, "Di")["polygons"].mark.rings[1]) == 3
    page.mouse.click(*view.at(100, 100))
    page.keyboard.press("Enter")  # one corner is no polygon, nor is the picture enlarged
    assert panel(page, "Radiograph").bounding_box() == before


def test_drawings_are_made_by_keys_alone(opened, folder):
    page = opened("drawing=Eve")
    scale = Radiograph(page).scale
    right, down = 8 / scale, 8 / (2 * scale)
    panel(page, "Radiograph").focus()

    def press(*keys):
        for key in keys:
            page.keyboard.press(key)

    press("d", "Space", *["ArrowRight"] * 4, "Space", *["ArrowDown"] * 3, "Space", "Enter")
    expect(status(page)).to_have_text(SAVED)
    (ring,) = kept(folder, "Eve")["polygons"].mark.rings
    last = (200 + 3 * down, 150 + 4 * right)
    np.testing.assert_allclose(ring, [(200, 150), (200, last[1]), last], atol=0.1)

    press("d", "Space", *["ArrowUp"] * 2, *["Shift+ArrowLeft"] * 8, "Space")
    eventually(page, lambda: "boxes" in kept(folder, "Eve"))
    (box,) = kept(folder, "Eve")["boxes"].mark.edges
    np.testing.assert_allclose(box, (200 - 2 * down, 150 - right, 200, 150), atol=0.1)

    press("d", "ArrowDown", "Space")
    eventually(page, lambda: "points" in kept(folder, "Eve"))
    (point,) = kept(folder, "Eve")["points"].mark.places
    np.testing.assert_allclose(point, (200 + down, 150), atol=0.1)


def test_drawing_waits_in_the_page_while_the_connection_is_lost(opened, page, folder):
    page.clock.install()
    opened("drawing=Ed")
    view = Radiograph(page)
    pick(page, "Box")
    page.context.set_offline(True)
    view.drag((100, 100), (150, 200))
    expect(status(page)).to_have_text("Saving …")
    for _ in range(12):  # a minute
        page.clock.fast_forward(5_000)
    expect(status(page)).to_have_text(f"Not saved: The server does not answer. {KEPT}")
    assert status(page).get_attribute("role") == "alert"
    assert view.shows(PINK, 100, 150)
    assert kept(folder, "Ed") == {}
    page.context.set_offline(False)
    expect(status(page)).to_have_text(SAVED)
    assert len(kept(folder, "Ed")["boxes"].mark.edges) == 1
    assert view.shows(PINK, 100, 150)


@contextmanager
def unwritable(folder) -> Iterator[None]:
    """Annotations cannot be kept: a file is where their folder was."""
    place, aside = folder / "annotations", folder / "aside"
    if place.exists():
        place.rename(aside)
    place.touch()
    yield
    place.unlink()
    if aside.exists():
        aside.rename(place)


def test_drawing_that_cannot_be_written_is_said_on_the_next_case_too(opened, page, folder):
    opened("drawing=Fay")
    pick(page, "Box")
    with unwritable(folder):
        Radiograph(page).drag((100, 100), (150, 200))
        said = f"Not saved: The annotations could not be written: File exists. {KEPT}"
        expect(status(page)).to_have_text(said)
        page.get_by_role("button", name="Other case").click()
        expect(page.get_by_text("case b")).to_be_visible()
        expect(status(page)).to_have_count(1)  # the first case's viewer is gone
        expect(page.get_by_text(DRAWN)).to_have_count(0)
        # The last one: a page that is drawn anew may hold the viewer twice for a moment.
        expect(status(page).last).to_have_text(said)
    expect(status(page).last).to_have_text(SAVED)
    assert (len(kept(folder, "Fay")), len(kept(folder, "Fay", SECOND))) == (1, 0)


def test_nobody_draws_where_it_is_not_offered(opened):
    page = opened("annotated=1")
    expect(page.get_by_role("group", name="Drawing", exact=True)).to_have_count(0)
    panel(page, "Radiograph").press("d")
    Radiograph(page).click(100, 100)
    expect(status(page)).to_have_count(0)


def overlap(method, threshold):
    """As the slider's words have it, computed pixel by pixel."""
    found = heatmap(LABELS[0], method)
    values = on_image(found.values, found.geometry) / full_scale(found.values)
    both = Overlap.of(values.astype(float) > threshold, disc(250, 120).mask(IMAGE))
    return f"IoU {both.iou:.2f} Dice {both.dice:.2f}"


def test_overlap_follows_the_slider_without_the_server(opened, page):
    frames = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: frames.append(1)))
    opened("curve=1")
    told = page.locator(".cut")
    more(page)
    slider = page.get_by_role("slider", name="Hide relevance below", exact=True)
    place = slider.bounding_box()
    y = place["y"] + place["height"] / 2
    page.mouse.move(place["x"] + 7, y)
    page.mouse.down()
    sent = len(frames)
    seen = set()
    for share in (0.1, 0.37, 0.62, 0.9):
        page.mouse.move(place["x"] + share * place["width"], y)
        threshold = int(slider.input_value()) / 100
        expect(told).to_have_text(
            [
                overlap("LIME", threshold),
                "IoU 0.00 Dice 0.00",
                overlap("Grad-CAM", threshold),
                overlap("LRP", threshold),
            ]
        )
        seen.add(overlap("LRP", threshold))
    assert len(seen) == 4
    assert len(frames) == sent
    page.mouse.up()


def line(page, method):
    """Rows and columns of the image where the map's outline is."""
    shown = pixels(page, method)
    found = np.argwhere(np.abs(shown - YELLOW).sum(2) < 60) + 0.5
    return found / shown.shape[:2] * IMAGE


def test_map_is_outlined_where_it_is_cut(opened):
    page = opened("curve=1")
    more(page)
    page.get_by_label("Show expert annotation").select_option("off")
    set_slider(page, "Opacity of all maps", 0)
    set_slider(page, "Hide relevance below", 50)
    # From the centre of the hot cell, 40 rows by 30 columns, the map falls off to the next cells'.
    found = heatmap(LABELS[0], "Grad-CAM")
    reach = 1 - 0.5 * full_scale(found.values) / found.values.max()
    eventually(page, lambda: len(line(page, "Grad-CAM")) > 50)
    for end, by in (("min", -reach), ("max", reach)):
        expected = pytest.approx((260 + 40 * by, 105 + 30 * by), abs=3)
        eventually(page, lambda end=end, at=expected: getattr(line(page, "Grad-CAM"), end)(0) == at)
    assert len(line(page, "SHAP")) == 0
    page.get_by_role("button", name="Outline of the map").click()
    eventually(page, lambda: len(line(page, "Grad-CAM")) == 0)
