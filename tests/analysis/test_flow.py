"""The figure of what became of a study's readings."""

import pandas as pd

from shamsul.analysis.flow import COLUMNS, diagram


def test_every_box_has_its_number_and_lies_in_the_figure() -> None:
    """Also where readings are left out for every reason there is."""
    rows = [("Ada", 9000, 7000, 500, 1500, 1000, 2000, 300, 400, 3800), ("Bo", 5, *[0] * 8)]
    drawn = diagram(pd.DataFrame(rows, columns=list(COLUMNS)))
    (axes,) = drawn.figure.axes
    words = "\n".join(text.get_text() for text in axes.texts)
    for said in (
        "9005 to 2 readers",
        "Not begun: 1500",
        "7500, of these 7000 finished",
        "Left out: 3700",
        "practice cases: 1000",
        "no map scored: 400",
        "3800 readings by 1 reader",
    ):
        assert said in words, said
    drawn.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts if text.get_text()]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])
    whole, (width, height) = drawn.figure.get_tightbbox(), drawn.figure.get_size_inches()
    assert whole.x0 >= 0 and whole.y0 >= 0 and whole.x1 <= width and whole.y1 <= height
