"""Figures of maps against annotations: what is drawn of which cells, and what is told."""

import pandas as pd
import pytest

from shamsul.localisation import figures, tables
from shamsul.reporting.differences import ALL
from shamsul.ui.evaluate import localisation_charts as charts
from tests.localisation.made import LABELS, rows, varied
from tests.localisation.test_report import collected, people

MARKUP = "<b>Edema</b>"
METHODS = {"lime": "LIME", "lrp": "LRP"}


def test_a_box_has_matplotlibs_quartiles_and_a_point_for_each_map() -> None:
    values = {"lime": [0.1, 0.2, 0.3, 0.4, 1.0], "lrp": [0.5]}
    scores = tables.frame(rows(values)).assign(label=MARKUP)
    figure = charts.boxes(scores, "iou", METHODS)
    box, points, *_ = figure.data
    parts = (box.lowerfence, box.q1, box.median, box.q3, box.upperfence)
    # 1.0 is further from the box than 1.5 times its height.
    assert [list(part) for part in parts] == [[0.1], [0.2], [0.3], [0.4], [0.4]]
    assert list(points.y) == values["lime"] and points.name == "LIME"
    assert all(abs(x - box.x[0]) <= box.width / 2 for x in points.x)
    assert points.hovertext[4] == (
        "LIME<br>i4, &lt;b&gt;Edema&lt;/b&gt;<br>IoU 1.00<br>"
        "median 0.30 (quartiles 0.20 to 0.40) of n = 5 maps"
    )
    assert figure.layout.xaxis.ticktext == ("&lt;b&gt;Edema&lt;/b&gt;<br>n = 1 to 5",)


def test_wins_are_shares_of_pairs_seen_from_both() -> None:
    found = {"label": ALL, "metric": "iou", "first": "lime", "second": "lrp"}
    shares = {"first_better": 0.75, "second_better": 0.25, "equal": 0.0, "n": 8, "p_holm": 0.0004}
    figure = charts.wins(pd.DataFrame([found | shares]), "iou", METHODS)
    cells, words = figure.data
    assert [*zip(cells.y, cells.x, cells.z, strict=True)] == [(0, 1, 0.5), (1, 0, -0.5)]
    assert [*zip(words.y, words.x, words.text, strict=True)] == [(0, 1, "75%*"), (1, 0, "25%*")]
    assert cells.hovertext[1] == (
        "LRP is better than LIME in 25% and worse in 75%<br>"
        "of n = 8 findings, p after Holm &lt;0.001"
    )


def test_differences_name_their_reference() -> None:
    columns = ["label", "metric", "method", "reference", "difference", "low", "high", "n", "cases"]
    table = pd.DataFrame(
        [
            (ALL, "iou", "lime", "lung_field", 0.1, 0.0, 0.3, 9, 8),
            (MARKUP, "iou", "lime", "lung_field", -0.1, float("nan"), float("nan"), 2, 2),
        ],
        columns=columns,
    )
    methods = METHODS | {"lung_field": "Lung-field prior"}
    figure = charts.differences(table, "iou", methods)
    (lime,) = figure.data
    assert list(lime.x) == [0.1, -0.1] and list(lime.y) == [0, 1]
    assert (lime.error_x.arrayminus[0], lime.error_x.array[0]) == pytest.approx((0.1, 0.2))
    assert lime.hovertext[1] == (
        "LIME less Lung-field prior<br>&lt;b&gt;Edema&lt;/b&gt;<br>−0.10<br>"
        "n = 2 findings of 2 cases"
    )
    beside = [one.text for one in figure.layout.annotations]
    assert beside == ["Lung-field prior<br>n = 9", "Lung-field prior<br>n = 2"]
    assert figure.layout.xaxis.title.text == "Difference in IoU (better to the right)"


def test_a_point_of_size_tells_its_image() -> None:
    scores = tables.frame(rows({"lime": [0.25]})).assign(area_share=0.02)
    rho = {"method": "lime", "metric": "iou", "feature": "area_share", "rho": 0.5}
    known = pd.DataFrame([rho | {"low": 0.25, "high": 0.75, "n": 1}])
    figure = charts.size(scores, known, "iou", {"lime": "LIME"})
    (points,) = figure.data
    assert (list(points.x), list(points.y)) == ([2], [0.25])
    assert points.hovertext[0].startswith("LIME<br>i0, ")
    assert points.hovertext[0].endswith("<br>IoU 0.25, 2.00% of the image")
    (title,) = figure.layout.annotations
    assert title.text == "LIME<br>ρ = 0.50 (0.25 to 0.75), n = 1"
    assert figure.layout.xaxis.type == "log" and not figure.layout.xaxis.fixedrange


def test_every_figure_of_an_evaluation_has_a_chart() -> None:
    results = collected([*varied(labels=[*LABELS, MARKUP]), *people()])
    names = {picture.name for picture in figures.draw(results)}
    assert charts.draw(results, names).keys() == names
    assert not charts.draw(collected([]), set())
