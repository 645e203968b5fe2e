"""Figures, tables and the page of an analysis, as files and as a reader meets them."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from shamsul.analysis.figures import differences, draw, readers, scores, times
from shamsul.analysis.procedure import PROCEDURE
from shamsul.analysis.report import write_analysis
from shamsul.analysis.study import Analysis, analyse
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.files import svg, themed
from shamsul.reporting.page import noted, shown
from shamsul.reporting.pictures import DARK, Picture, drawable
from tests.analysis.readings import (
    CASE_NAMES,
    ITEMS,
    METHODS,
    no_cases,
    no_readers,
    reader_table,
    row,
    study,
    table,
)

#: A reader, and an item, whose names are markup, mathematics and a formula.
NASTY = "=<script>alert('$x$')</script> & co."
ALL = {
    *("scores", "means", "readers", "differences", "ranks", "agreement", "times", "learning"),
    "localisation",
}


def varied(reader: str, case: str, method: str, item: str) -> float | None:
    mixed = 5 * len(reader) + 3 * int(case[-1]) + 7 * len(method) + len(item)
    return None if mixed % 13 == 0 else float(mixed % 5 + 1)


def analysed(**options: object) -> Analysis:
    """A small study with something in every table."""
    rows = study(varied, ["Ada", "Grace", NASTY], CASE_NAMES)
    for number, entry in enumerate(rows):
        entry["rank"] = list(METHODS).index(str(entry["method"])) + 1
        entry["active_seconds"] = 20.0 + number % 17
    rows.append(row(control="other patient", method="lime", score=2))
    rows += [entry | {"repeat_of": entry["case"]} for entry in rows[:8]]
    maps = [f"{case}/{method}" for case in CASE_NAMES for method in METHODS]
    known = pd.DataFrame({"heatmap_sha256": maps, "iou": np.linspace(0, 1, 24), "hit": True})
    readers = reader_table({"Ada": [4] * 10, NASTY: [3]})
    settings: dict = {"items": ITEMS, "methods": METHODS, "localisation": known, "replicates": 10}
    return analyse(table(rows), no_cases(), readers, **{**settings, **options})


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analysed()


@pytest.fixture(scope="module")
def pictures(analysis: Analysis) -> tuple[Picture, ...]:
    return draw(analysis)


@pytest.fixture(scope="module")
def folder(
    analysis: Analysis, pictures: tuple[Picture, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("study") / "results"
    written = write_analysis(analysis, pictures, out)
    assert {path.name for path in written} == {path.name for path in out.iterdir()}
    assert written[-1].name == "report.html"
    return out


class Page(HTMLParser):
    """What a browser would find: elements, their attributes and the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.long
def test_every_table_and_figure_is_a_file(folder: Path, analysis: Analysis) -> None:
    files = {path.name for path in folder.iterdir()}
    assert {f"{name}.csv" for name in analysis.tables} <= files
    assert {f"{name}.{kind}" for name in ALL for kind in ("png", "svg")} <= files
    assert (folder / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "analysis.json").read_text())["study"] == "pilot"


def test_tables_come_back_from_their_files(folder: Path, analysis: Analysis) -> None:
    found = pd.read_csv(folder / "means.csv", keep_default_na=False, na_values={"low": [""]})
    pd.testing.assert_frame_equal(found, analysis.means, check_dtype=False)
    assert (folder / "hits.csv").read_bytes().splitlines()[1].startswith(b"location,true,")


def test_no_cell_is_a_formula_to_a_spreadsheet(folder: Path) -> None:
    assert f"'{NASTY}" in (folder / "causability.csv").read_text()


def test_page_is_whole_and_loads_nothing(page: Page) -> None:
    assert not page.open
    assert not {"script", "img", "link", "iframe", "object", "image"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on") and name != "src"
        if name in ("href", "xlink:href") and not (value or "").startswith("#"):
            assert (value or "").startswith("https://")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_page_shows_names_as_they_are(page: Page) -> None:
    assert NASTY in page.words


def test_identifiers_are_unique_and_all_references_lead_somewhere(page: Page) -> None:
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) > 0
    text = " ".join(f"{name}={value}" for name, value in page.attributes)
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r"href=#(\S+)", text))
    assert used and used <= set(ids)


def test_page_says_how_it_was_computed(page: Page, analysis: Analysis) -> None:
    for name, version in analysis.software.items():
        assert f"{name} {version}" in page.words
    assert "10 bootstrap replicates, seed 0" in page.words
    links = {value for name, value in page.attributes if name == "href"}
    for statement in PROCEDURE:
        for source, place in statement.sources:
            assert source in page.words
            assert any(link and link.endswith(place) for link in links)


def test_page_numbers_its_figures_and_tables(page: Page) -> None:
    for kind, count in (("Figure", 9), ("Table", 17)):
        numbers = [int(number) for number in re.findall(rf"{kind} (\d+)\.", page.words)]
        assert numbers == list(range(1, count + 1))


def test_page_shows_numbers_as_people_read_them() -> None:
    assert shown(-0.001) == "0.00" and shown(-1.5) == "−1.50"
    assert shown(float("nan")) == "–" and shown(0.00004, is_p=True) == "<0.001"
    assert shown(True) == "yes" and shown(12) == "12"


def test_notes_stand_once_below_their_table(page: Page, analysis: Analysis) -> None:
    (worth,) = set(analysis.tests["worth"])
    assert worth.startswith("From 6 cases and 3 readers only")
    tests, notes = noted(analysis.tests)
    assert notes == (worth,) and set(tests["note"]) == {"1"}
    assert page.words.count(worth) == 2  # below tests and differences, not once a row
    two = pd.DataFrame({"worth": ["rough", "rough", ""], "why": ["", "no interval", ""]})
    assert noted(two)[0]["note"].tolist() == ["1", "1, 2", ""]
    assert list(noted(pd.DataFrame({"n": [1], "why": [""]}))[0]) == ["n"]


def test_infinite_numbers_have_their_sign() -> None:
    assert (shown(float("inf")), shown(float("-inf"))) == ("∞", "−∞")


def test_forest_has_each_pair_with_its_interval_and_p(analysis: Analysis) -> None:
    figure = differences(analysis.differences, ITEMS, METHODS).figure
    mine = analysis.differences[analysis.differences["item"] == ITEMS[0].id]
    (points,) = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert np.asarray(points.get_xdata(), float) == pytest.approx(mine["difference"].to_numpy())
    assert [text.get_text() for text in figure.axes[0].texts] == [
        shown(p, is_p=True) for p in mine["p_holm"]
    ]
    assert [label.get_text().replace("\n", " ") for label in figure.axes[0].get_yticklabels()][
        :2
    ] == ["LIME − SHAP", "LIME − Grad-CAM"]


def test_each_reader_has_a_line_of_mean_scores(analysis: Analysis) -> None:
    figure = readers(analysis.reader_means, analysis.means, ITEMS, METHODS).figure
    thin = [line for line in figure.axes[0].lines if line.get_linewidth() < 1]
    assert len(thin) == 3
    ada = analysis.reader_means.query(f"item == {ITEMS[0].id!r} and reader == 'Ada'")
    drawn = [np.asarray(line.get_ydata(), float) for line in thin]
    assert any(
        np.allclose(one, ada.set_index("method")["mean"].loc[list(METHODS)]) for one in drawn
    )


@pytest.mark.parametrize("name", ["香织", "ليلى", "דנה"])
def test_readers_whose_names_letters_cannot_show_are_numbers(name: str, analysis: Analysis) -> None:
    assert drawable("Anaïs Нина Ελένη 7") and not drawable(name)
    table = analysis.times.assign(reader=["Ada", name, "Zoë"])
    picture = times(table)
    labels = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert labels == ["reader 1", "reader 2", "reader 3"]
    assert "numbered as in the tables" in picture.words


def test_figure_on_a_dark_page_has_no_colour_of_the_white_one_alone(
    pictures: tuple[Picture, ...],
) -> None:
    white = svg(pictures[0])
    both = themed(white)
    for colour, dark in DARK.items():
        assert white.count(colour) <= both.count(f"light-dark({colour}, {dark})")
    alone = re.sub(r"light-dark\([^)]*\)", "", both)
    assert not re.search("|".join(DARK), alone)
    assert both.index('<svg style="color-scheme: light dark;') < both.index("<g")


def test_same_analysis_gives_the_same_files(
    folder: Path, analysis: Analysis, tmp_path: Path
) -> None:
    some = [picture for picture in draw(analysis) if picture.name in ("ranks", "times")]
    write_analysis(analysis, some, tmp_path)
    for name in ("ranks.svg", "times.svg", "ranks.png", "analysis.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_study_without_ratings_has_a_page_and_no_figures(tmp_path: Path) -> None:
    nothing = analyse(table([]), no_cases(), no_readers(), items=ITEMS, methods=METHODS)
    assert draw(nothing) == ()
    write_analysis(nothing, (), tmp_path)
    found = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Nothing was recorded." in found.words and "No values." in found.words


def test_figures_say_what_they_are_made_from_and_what_is_left_out(
    pictures: tuple[Picture, ...],
) -> None:
    assert {picture.name for picture in pictures} == ALL
    for picture in pictures:
        assert re.search(r"n = \d", picture.caption), picture.name
        assert re.search(r"Left out: \d", picture.caption), picture.name
        below = picture.figure.get_supxlabel().replace("\n", " ")
        assert below == picture.caption.replace("$", r"\$")


def bars(figure: Figure, panel: int) -> dict[float, list[tuple[float, float]]]:
    """Left and right ends of the bars of a panel, by row."""
    found: dict[float, list[tuple[float, float]]] = {}
    for bar in figure.axes[panel].patches:
        row = bar.get_y() + bar.get_height() / 2
        found.setdefault(round(row), []).append((bar.get_x(), bar.get_x() + bar.get_width()))
    return {row: sorted(ends) for row, ends in found.items()}


def distribution(counts: list[int]) -> pd.DataFrame:
    rows = [
        (ITEMS[0].id, "lime", point, count, sum(counts), 0) for point, count in enumerate(counts, 1)
    ]
    return pd.DataFrame(rows, columns=["item", "method", "score", "ratings", "n", "cannot_judge"])


def test_bars_are_centred_on_the_neutral_point() -> None:
    figure = scores(distribution([1, 2, 4, 2, 1]), ITEMS[:1], {"lime": "LIME"}).figure
    # Shares of 10, 20, 40, 20 and 10 percent, half of the third on each side.
    expected = [-50, -40, -40, -20, -20, 20, 20, 40, 40, 50]
    assert np.ravel(bars(figure, 0)[0]) == pytest.approx(expected)


def test_scale_without_a_neutral_point_is_centred_between_its_halves() -> None:
    even = (replace(ITEMS[0], options=("a", "b", "c", "d")),)
    figure = scores(distribution([1, 2, 3, 4]), even, {"lime": "LIME"}).figure
    assert np.ravel(bars(figure, 0)[0]) == pytest.approx([-30, -20, -20, 0, 0, 30, 30, 70])


def test_item_that_nobody_rated_has_an_empty_bar() -> None:
    figure = scores(distribution([0] * 5), ITEMS[:1], {"lime": "LIME"}).figure
    assert [text.get_text() for text in figure.axes[0].texts] == ["n = 0"]


def long_item() -> Question:
    return replace(DEFAULT.items[0], id="long", wording="Does the map $show$ what it should? " * 8)


@pytest.mark.long
@pytest.mark.parametrize(
    "ratings",
    [
        study(varied, ["Ada"], CASE_NAMES[:1]),
        study(lambda *_: 3),
        study(lambda *_: None),
        study(lambda _r, _c, method, _i: 2 if method == "lime" else None),
    ],
    ids=["one reader and case", "constant", "all missing", "one method"],
)
def test_figures_of_a_study_with_little_in_it_are_drawn(ratings, tmp_path: Path) -> None:
    """Without a warning, which is an error here."""
    found = analyse(
        table(ratings),
        no_cases(),
        no_readers(),
        items=(*ITEMS, long_item()),
        methods=METHODS,
        replicates=5,
    )
    for picture in draw(found):
        picture.figure.savefig(tmp_path / "figure.svg")


@pytest.mark.long
def test_nothing_lies_outside_the_figure(pictures: tuple[Picture, ...]) -> None:
    long = analysed(items=(long_item(), *DEFAULT.items), localisation=None)
    for picture in (*pictures, *draw(long)):
        picture.figure.draw_without_rendering()
        box, (width, height) = picture.figure.get_tightbbox(), picture.figure.get_size_inches()
        assert box.x0 >= 0 and box.y0 >= 0, picture.name
        assert box.x1 <= width and box.y1 <= height, picture.name
