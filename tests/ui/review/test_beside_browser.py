"""Two models side by side, in a real browser."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import settled
from tests.ui.review.models import install

pytestmark = pytest.mark.browser

OTHER = "second"
#: Once for each model it is measured how it runs fastest.
SLOW = 240_000


@pytest.fixture(scope="module")
def url(start_app: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("beside")
    # Always above its operating points but for one, of which it is always below.
    points = dict.fromkeys(("Effusion", "Pneumothorax", "Consolidation", "No Finding"), 0.0)
    install(folder / "models", OTHER, thresholds={**points, "Cardiomegaly": 1.0})
    return start_app("app.py", {"SHAMSUL_DATA_DIR": str(folder)})


@pytest.fixture
def both(page: Page, url: str) -> tuple[Locator, Locator]:
    """The film of the study's model, which is zoomed and dark, then the other model's beside it."""
    page.goto(f"{url}/review?case=3&reader=Ada")
    # Before its maps are named there is another viewer in its place.
    maps = page.get_by_role("img", name="LRP heatmap for Pneumothorax")
    expect(maps).to_be_visible(timeout=SLOW)
    film = page.get_by_role("img", name="Radiograph", exact=True)
    expect(film).to_have_attribute("aria-busy", "false")
    film.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("i")
    expect(page.get_by_text(re.compile(r"\b156 %"))).to_be_visible()
    page.get_by_role("button", name="Beside: nothing").click()
    page.get_by_text(f"The model {OTHER}", exact=True).click()
    expect(page.get_by_role("button", name=f"Beside: {OTHER}")).to_be_visible()
    page.keyboard.press("Escape")
    second = page.get_by_role("group", name=OTHER, exact=True)
    expect(second).to_be_visible(timeout=SLOW)
    settled(page)
    return page.locator(".st-key-review-film"), second


def look(column: Locator) -> list[float]:
    """How a film is seen: zoom, row and column of its centre, window, and whether inverted."""
    seen: list[float] = column.get_by_role("img", name="Radiograph", exact=True).evaluate(
        """node => {
          const { view } = node.panel;
          const { row, column } = view.centre;
          return [view.state.zoom, row, column, ...view.window, Number(view.state.inverted)];
        }"""
    )
    return seen


def test_films_are_seen_alike_from_the_first_moment(
    page: Page, both: tuple[Locator, Locator]
) -> None:
    film, second = both
    # The first one did not go back to what the other began with.
    seen = look(film)
    assert (seen[0], seen[-1]) == (pytest.approx(1.25**2), 1)
    assert look(second) == pytest.approx(seen)
    second.get_by_role("img", name="Radiograph", exact=True).focus()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowRight")
    assert look(second)[0] == pytest.approx(1.25**3)
    assert look(second)[3:5] != pytest.approx(seen[3:5])
    assert look(film) == pytest.approx(look(second))
    name = re.compile("^LRP opacity")
    for column in both:
        heatmap = column.get_by_role("img", name="LRP heatmap for Pneumothorax")
        expect(heatmap).to_have_attribute("aria-busy", "false", timeout=SLOW)
    film.get_by_role("slider", name=name).fill("20")
    expect(second.get_by_role("slider", name=name)).to_have_value("20")


def test_maps_have_their_names_and_differences_are_read_in_the_list(
    page: Page, both: tuple[Locator, Locator]
) -> None:
    names = []
    for column in both:
        maps = column.get_by_role("img", name=re.compile(" heatmap for "))
        expect(maps).to_have_count(4)
        names.append([one.get_attribute("aria-label") for one in maps.all()])
    assert names[0] == names[1]
    assert "LRP heatmap for Pneumothorax" in names[0]

    def told(label: str) -> str:
        bar = page.get_by_role("button", name=re.compile(f"^{label} probability "))
        expect(bar).to_have_count(1)
        return str(bar.get_attribute("title"))

    number = r"(\d\.\d\d)"
    said = re.fullmatch(
        rf"Pleural Effusion, probability {number}, below its operating point of 0.55; {OTHER} "
        rf"{number}, above its operating point of 0.00, difference \+{number}, on the other side",
        told("Pleural Effusion"),
    )
    assert said
    own, theirs, difference = map(float, said.groups())
    assert theirs - own == pytest.approx(difference, abs=0.001)
    # Both are below: no words about sides.
    assert re.search(r"below its operating point of 1.00, difference \S+$", told("Cardiomegaly"))
    assert told("Lung Lesion").endswith(f"; not among the findings of {OTHER}")
    labels = page.get_by_role("list", name="Labels to explain")
    expect(labels.get_by_text(f"+{difference:.2f} ≠", exact=True)).to_be_visible()
    expect(labels.get_by_text("not among its findings")).to_have_count(2)
    for model in ("phantom", OTHER):
        expect(page.get_by_text(f"{model}: not calibrated", exact=True)).to_be_visible()
