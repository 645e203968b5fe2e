"""Figures, LaTeX and the page of an evaluation, as files and as a reader meets them."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shamsul.localisation import figures, gaze_scores, latex
from shamsul.localisation.figures import NAMES, draw
from shamsul.localisation.procedure import procedure
from shamsul.localisation.report import files, write_evaluation
from shamsul.localisation.results import Results, collect
from shamsul.localisation.score import HUMAN, METRICS, Score
from shamsul.localisation.summary import summarise
from shamsul.localisation.tables import FEATURES
from shamsul.reporting.page import Plate
from shamsul.reporting.pictures import KNOWN, Picture, looks
from tests.analysis.test_report import Page
from tests.localisation.made import LABELS, row, rows, varied

NASTY = "=<script>alert('$x$')</script> & co_1"
PLATES = (Plate(f"Best: {NASTY}", b"\x89PNG one"), Plate("Worst", b"\x89PNG two"))


def collected(scores: list[Score], **options: object) -> Results:
    settings: dict = {"protocol": "shamsul", "threshold": "otsu", "replicates": 20, "seed": 1}
    means = summarise(scores, replicates=20) if scores else []
    return collect(scores, means, **{**settings, **options})


def people() -> list[Score]:
    return [row(f"i{n:02d}", LABELS[0], HUMAN, hit=float(n % 3 > 0)) for n in range(12)]


@pytest.fixture(scope="module")
def results() -> Results:
    return collected([*varied(labels=[*LABELS, NASTY]), *people()])


@pytest.fixture(scope="module")
def pictures(results: Results) -> tuple[Picture, ...]:
    return draw(results)


@pytest.fixture(scope="module")
def folder(
    results: Results, pictures: tuple[Picture, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("evaluation") / "out"
    written = write_evaluation(results, pictures, {"protocol": "shamsul"}, out, PLATES)
    assert {path.name for path in written} == {path.name for path in out.iterdir()}
    assert written[-1].name == "report.html"
    return out


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_methods_baselines_and_people_are_told_apart_and_ordered() -> None:
    found = collected(
        [
            row("a", "Edema", name, iou=0.5)
            for name in ("zeta", "human", "lung_field", "lrp", "lime")
        ]
    )
    assert list(found.titles.values()) == ["LIME", "LRP", "zeta", "Lung-field prior", "People"]
    assert found.compared == ("lime", "lrp", "zeta")
    assert (found.references, found.people) == (("lung_field",), ("human",))


def test_masks_of_a_further_annotator_are_people_when_they_are_called_so() -> None:
    values = {"lime": [0.2, 0.3, 0.4, 0.2, 0.3], "radiologist 2": [0.7, 0.8, 0.9, 0.7, 0.8]}
    found = collected(rows(values), people=["radiologist 2"])
    (words,) = set(found.tables["against_people"]["words"])
    assert words.startswith("LIME does not beat radiologist 2: difference −0.50 (−0.50 to −0.50)")
    assert found.tables["against_baselines"].empty


@pytest.mark.long
def test_sentences_name_the_baseline_and_people(results: Results) -> None:
    for table, reference in (
        ("against_baselines", r"the (lung-field prior|centred Gaussian)"),
        ("against_people", "people"),
    ):
        words = results.tables[table]["words"]
        verdicts = (
            rf"(beats|does not beat) {reference}",
            f"scores better than {reference}, but the interval includes zero",
            f"beside {reference}, too few cases to judge",
        )
        pattern = rf"(LIME|Grad-CAM) ({'|'.join(verdicts)}): difference −?\d+\.\d\d \("
        assert len(words) and words.str.match(pattern).all()
    assert set(results.tables["against_people"]["metric"]) == {"hit"}


def test_two_scores_of_one_map_are_refused() -> None:
    with pytest.raises(ValueError, match="several scores of i0, Edema, lime"):
        collect(rows({"lime": [0.1]}) * 2, [], protocol="shamsul", threshold="otsu")


@pytest.mark.long
def test_every_table_and_figure_is_a_file(folder: Path, results: Results) -> None:
    names = {path.name for path in folder.iterdir()}
    assert {f"{name}.csv" for name in results.tables} <= names
    drawn = {"boxes", "wins", "against_baselines", "against_people", "size"}
    assert {f"{name}.{kind}" for name in drawn for kind in ("png", "svg")} <= names
    assert json.loads((folder / "evaluation.json").read_text()) == {"protocol": "shamsul"}


def test_scores_come_back_from_their_file(folder: Path, results: Results) -> None:
    found = pd.read_csv(folder / "scores.csv", keep_default_na=False, na_values=[""])
    expected = results.tables["scores"].replace({NASTY: f"'{NASTY}"})
    pd.testing.assert_frame_equal(
        found.drop(columns="reason"), expected.drop(columns="reason"), check_dtype=False
    )


def test_page_is_whole_and_knows_no_address(page: Page, text: str) -> None:
    assert not page.open
    assert not {"script", "link", "iframe", "object", "image", "a"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name == "src":
            assert (value or "").startswith("data:image/png;base64,")
        if name in ("href", "xlink:href"):
            assert (value or "").startswith("#")
    assert "://" not in re.sub(r'xmlns(:xlink)?="[^"]+"', "", text)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in page.attributes


def test_page_shows_names_as_they_are_and_all_plates(page: Page) -> None:
    assert NASTY in page.words
    assert page.tags.count("img") == 2
    assert ("alt", f"Best: {NASTY}") in page.attributes


def test_page_says_how_it_was_computed(page: Page, results: Results) -> None:
    assert "Protocol shamsul" in page.words and "Otsu's threshold" in page.words
    assert "95% percentile bootstrap intervals from 20 replicates (seed 1)" in page.words
    for statement in procedure(results):
        for source, place in statement.sources:
            assert source in page.words and place.split("://")[-1] in page.words


@pytest.mark.long
def test_page_of_another_protocol_and_threshold_says_so() -> None:
    found = collected(varied(2), protocol="chexlocalize", threshold="0.4")
    words = Page(files(found, (), {})["report.html"].decode()).words
    assert "Protocol chexlocalize" in words and "Saporta et al. 2022" in words
    assert "above a threshold: 0.4" in words and "Otsu" not in words


def test_page_tells_what_does_not_beat_a_baseline(page: Page, results: Results) -> None:
    for name in ("against_baselines", "against_people"):
        whole = results.tables[name].query("label == 'All labels'")
        told = whole[whole["metric"].isin(["iou", "hit"])]["words"]
        assert len(told) and all(words in page.words for words in told)
    assert page.tags.count("li") == 2 * 2 + 2  # IoU and hits with baselines, hits with people


def test_page_without_baselines_says_that_nothing_is_known() -> None:
    found = collected(varied(3, methods=["lime"]))
    assert (
        "No baseline is among the methods"
        in Page(files(found, (), {})["report.html"].decode()).words
    )


def test_figures_say_what_they_are_made_from_and_what_is_left_out(
    pictures: tuple[Picture, ...],
) -> None:
    assert len(pictures) == 5
    for picture in pictures:
        assert re.search(r"n = \d", picture.caption) or "n findings" in picture.caption
        assert re.search(r"Left out: \d", picture.caption), picture.name


def test_boxes_are_quartiles_and_every_score_is_a_point() -> None:
    scores = collected(rows({"lime": [0.1, 0.2, 0.4, 0.8, np.nan]})).tables["scores"]
    axes = figures.boxes(scores, "iou", {"lime": "LIME"}).figure.axes[0]
    (box,) = axes.patches
    heights = box.get_path().vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.175, 0.5))
    (points,) = axes.collections
    assert sorted(points.get_offsets()[:, 1]) == [0.1, 0.2, 0.4, 0.8]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["Edema\nn = 4"]


def test_win_matrix_has_each_share_on_its_side() -> None:
    found = collected(rows({"lime": [0.9, 0.9, 0.9, 0.1], "shap": [0.5] * 4}))
    axes = figures.wins(found.tables["wins"], "iou", found.titles).figure.axes[0]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {(1.5, 0.5): "75%", (0.5, 1.5): "25%"}  # middle of column and row


def test_methods_have_the_same_look_whatever_is_beside_them() -> None:
    assert looks(["lrp", "mine", "lime"])["lrp"] == looks(["lrp"])["lrp"] == KNOWN["lrp"]
    several = looks(["mine", "lime", "yours"])
    assert len(set(several.values())) == 3


@pytest.mark.long
@pytest.mark.parametrize(
    "scores",
    [
        [],
        rows({"lime": [np.nan] * 3, "lung_field": [np.nan] * 3}),
        varied(1),
        varied(methods=["lime"]),
        rows({"lime": [0.5] * 3, "lung_field": [0.5] * 3}, area_share=0.1),
        rows({"lime": [0, 1, 1], "human": [1, 1, 1]}, "hit"),
        people(),
        varied(4, [f"Finding {n} of the mediastinum" for n in range(15)], [*KNOWN, "$mine$"]),
    ],
    ids=["none", "undefined", "image", "method", "constant", "hits", "people", "much"],
)
def test_any_scores_have_figures_within_their_frame_and_a_page(scores: list[Score]) -> None:
    """Without a warning, which is an error here."""
    found = collected(scores, replicates=5)
    pictures = draw(found)
    for picture in pictures:
        picture.figure.draw_without_rendering()
        box, (width, height) = picture.figure.get_tightbbox(), picture.figure.get_size_inches()
        assert box.x0 >= 0 and box.y0 >= 0, picture.name
        assert box.x1 <= width and box.y1 <= height, picture.name
    made = Page(files(found, pictures, {})["report.html"].decode())
    assert not made.open
    assert ("Nothing was recorded." in made.words) == (not found.metrics)


def test_page_and_tables_have_words_for_every_metric_and_feature() -> None:
    assert set(NAMES) == {*METRICS, *gaze_scores.METRICS, *FEATURES}


def test_latex_prints_text_as_it_is() -> None:
    assert latex.escaped("\\ & % $ # _ { } ~ ^") == (
        r"\textbackslash{} \& \% \$ \# \_ \{ \} \textasciitilde{} \textasciicircum{}"
    )
    assert latex.escaped("a\n b −0.5") == "a b $-$0.5"


def test_latex_has_a_line_for_each_label_and_a_column_for_each_method(folder: Path) -> None:
    text = (folder / "table.tex").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    head = r"Label & LIME & Grad-CAM & Centred Gaussian & Lung-field prior & People & n \\"
    assert [line for line in lines if line.startswith("Label")] == [head] * 2
    assert len(lines) == 2 * (1 + len(LABELS) + 1 + 1)
    assert all(len(re.findall(r"(?<!\\)&", line)) == 6 for line in lines)
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 2
    assert r"\textless{}script\textgreater{}alert('\$x\$')" in text and NASTY not in text
    assert re.search(r"& 0\.\d\d \(0\.\d\d to 0\.\d\d\) &", text)


def test_wide_latex_table_has_intervals_below_their_means() -> None:
    words = {f"method {number}": ["0.12 (0.11 to 0.14)"] for number in range(7)}
    text = latex.tabular("Mean", pd.DataFrame({"label": ["Edema"], **words, "n": ["3"]}), {})
    assert text.count(r"\shortstack{0.12\\(0.11 to 0.14)}") == 7
    assert "Edema &" in text and "& 3 " in text
