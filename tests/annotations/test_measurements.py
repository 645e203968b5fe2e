"""Lengths, angles and ratios, and where they are kept."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shamsul.annotations.annotation import Occasion
from shamsul.annotations.measurements import (
    Kind,
    MeasurementArchive,
    added,
    measurement_of,
    own,
    removed,
)

SHAPE, SHA = (400, 300), "a" * 64
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 5, tzinfo=UTC)
RULER = {"id": "r-1", "kind": "ruler", "places": [[100, 50], [200, 200]]}
ANGLE = {"id": "a-1", "kind": "angle", "places": [[100, 100], [200, 100], [150, 200]]}
RATIO = {
    "id": "c-1",
    "kind": "cardiothoracic_ratio",
    "places": [[150, 100], [150, 190], [250, 50], [250, 250]],
}


def measured(sent, author="Ada", now=NOW, occasion=None):
    return measurement_of(sent, SHAPE, author, now, occasion)


@pytest.mark.parametrize(
    ("sent", "spacing", "value"),
    [
        (RULER, (0.4, 0.2), 50.0),  # 100 rows of 0.4 mm, 150 columns of 0.2 mm: 40 and 30
        (RULER, (1, 1), 180.2776),  # the root of 100² + 150²
        (ANGLE, (0.4, 0.2), 45.0),  # 40 mm up, and 20 mm up and to the right
        (ANGLE, (1, 1), 63.4349),  # the arc tangent of 100 by 50
        ({**ANGLE, "places": [[0, 10], [10, 10], [20, 10]]}, (1, 1), 180.0),
        ({**ANGLE, "places": [[0, 10], [10, 10], [5, 10]]}, (1, 1), 0.0),
        (RATIO, (0.4, 0.2), 0.45),
        # As it lies on a film that is turned: heart and thorax down the rows.
        (
            {**RATIO, "places": [[100, 50], [140, 50], [100, 80], [180, 80]]},
            (0.4, 0.2),
            0.5,
        ),
    ],
)
def test_values_are_those_done_by_hand(sent, spacing, value):
    assert measured(sent).value(spacing) == pytest.approx(value, abs=1e-4)


def test_what_lies_off_the_film_is_moved_to_its_edge():
    found = measured({**RULER, "places": [[-5, 20], [900, 301]]})
    assert found.places == ((0, 20), (400, 300))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {},
        {**RULER, "kind": "area"},
        {**RULER, "id": "../../etc"},
        {**RULER, "places": [[1, 2]]},
        {**RULER, "places": [[1, 2], [1, float("nan")]]},
        {**RULER, "places": [[1, 2], [1, "x"]]},
        {**RULER, "places": [[1, 2], [1, 2]]},
        {**ANGLE, "places": [[1, 2], [1, 2], [5, 5]]},
        {**RATIO, "places": [[150, 100], [151, 190], [250, 50], [250, 250]]},
        {**RATIO, "places": [[150, 100], [150, 190], [20, 50], [40, 50]]},
        {**RATIO, "places": [[150, 100], [150, 190], [20, 50], [20, 50]]},
    ],
    ids=str,
)
def test_what_no_page_sends_is_refused(sent):
    with pytest.raises(ValueError, match=r"measure|widths"):
        measured(sent)


def test_a_reader_replaces_and_removes_their_own_of_the_same_occasion_only():
    once, again = Occasion("trial"), Occasion("trial", 2)
    mine, theirs, second = (
        measured(RULER, occasion=once),
        measured(RULER, "Bo", occasion=once),
        measured(RULER, occasion=again),
    )
    kept = (mine, theirs, second)
    moved = measured({**RULER, "places": [[1, 2], [3, 4]]}, now=LATER, occasion=once)
    assert added(kept, moved) == (theirs, second, moved)
    assert added(kept, replace(mine, created_at=LATER)) == kept  # sent again
    assert removed(kept, "r-1", "Ada", once) == (theirs, second)
    assert removed(kept, "other", "Ada", once) == kept
    assert own("Ada", kept, again) == (second,)
    assert own("Ada", kept) == ()


def test_archive_gives_back_what_it_was_given(tmp_path):
    archive = MeasurementArchive(tmp_path / "measurements")
    assert archive.get(SHA) == ()
    given = (measured(RATIO, "Zoë"), measured(ANGLE, occasion=Occasion("trial", 2, True, True)))
    for one in given:
        archive.revise(SHA, lambda old, one=one: added(old, one))
    assert MeasurementArchive(tmp_path / "measurements").get(SHA) == given
    assert given[0].kind is Kind.CARDIOTHORACIC_RATIO


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / f"{SHA}.json").write_text('{"measurements": [{"id": 1}]}')
    with pytest.raises(ValueError, match=f"{SHA}.json are damaged"):
        MeasurementArchive(tmp_path).get(SHA)
    with pytest.raises(ValueError, match="no SHA-256"):
        MeasurementArchive(tmp_path).get("../secret")
