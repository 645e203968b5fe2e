from datetime import UTC, datetime

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation, Occasion, union
from shamsul.annotations.drawings import (
    DRAWN,
    added,
    counted,
    experts,
    mark_of,
    own,
    seen_by,
    taken_back,
)
from shamsul.annotations.marks import Boxes, Points, Polygons

SHAPE = (40, 30)
EARLIER, NOW = datetime(2026, 1, 2, 3, tzinfo=UTC), datetime(2026, 1, 2, 4, tzinfo=UTC)
POLYGON = {"kind": "polygon", "corners": [[2, 3], [10, 4], [8, 12.5]]}
BOX = {"kind": "box", "corners": [[10, 20], [4, 5]]}
POINT = {"kind": "point", "corners": [[7.25, 8.5]]}
EXPERT = Annotation("Edema", "NIH", Boxes(np.array([[0.0, 0, 4, 4]])))
FIRST, AGAIN = Occasion("trial"), Occasion("trial", repeat=True)
#: Elsewhere, and whenever a reader may meet a case.
OCCASIONS = (None, FIRST, AGAIN, Occasion("trial", 2), Occasion("trial", warm_up=True))


def draw(drawings, annotations=(), label="Edema", author="Ada", now=NOW, occasion=None):
    for drawing in drawings:
        mark = mark_of(drawing, SHAPE)
        annotations = added(annotations, label, author, mark, now, occasion)
    return annotations


def moved(drawing, by):
    corners = [[row + by, column + by] for row, column in drawing["corners"]]
    return {**drawing, "corners": corners}


def facts(annotations):
    return [(one.label, one.source, one.author, one.kind) for one in annotations]


def test_drawings_become_marks_in_image_coordinates():
    polygon, box, point = (mark_of(one, SHAPE) for one in (POLYGON, BOX, POINT))
    assert isinstance(polygon, Polygons)
    assert polygon.rings[0].tolist() == POLYGON["corners"]
    assert isinstance(box, Boxes)
    assert box.edges.tolist() == [[4, 5, 10, 20]]
    assert isinstance(point, Points)
    assert point.places.tolist() == [[7.25, 8.5]]


@pytest.mark.parametrize(
    ("drawing", "pixels"),
    [
        ({"kind": "box", "corners": [[-50, -3], [2, 4]]}, np.s_[:2, :4]),
        ({"kind": "box", "corners": [[38, 28], [99, 99]]}, np.s_[38:, 28:]),
        ({"kind": "polygon", "corners": [[-9, -9], [-9, 99], [99, 99], [99, -9]]}, np.s_[:, :]),
        ({"kind": "point", "corners": [[40, 30]]}, np.s_[39:, 29:]),
    ],
)
def test_what_lies_off_the_radiograph_is_moved_to_its_edge(drawing, pixels):
    mark = mark_of(drawing, SHAPE)
    expected = np.zeros(SHAPE, bool)
    expected[pixels] = True
    assert mark.inside(SHAPE)
    np.testing.assert_array_equal(mark.mask(SHAPE), expected)


@pytest.mark.parametrize(
    "drawing",
    [
        None,
        7,
        "polygon",
        {},
        {"kind": "polygon"},
        {"kind": "circle", "corners": POLYGON["corners"]},
        {"kind": "polygon", "corners": POLYGON["corners"][:2]},
        {"kind": "polygon", "corners": [[1, 2], [1, 5], [1, 9]]},
        {"kind": "polygon", "corners": [[1, 2], [1]]},
        {"kind": "polygon", "corners": [[1, 2, 3]] * 3},
        {"kind": "polygon", "corners": [[1, 2], [3, float("nan")], [4, 9]]},
        {"kind": "polygon", "corners": [["a", "b"]] * 3},
        {"kind": "polygon", "corners": [[-1, 2], [-5, 3], [-9, 9]]},
        {"kind": "box", "corners": [[1, 2], [1, 9]]},
        {"kind": "box", "corners": POLYGON["corners"]},
        {"kind": "point", "corners": []},
        {"kind": "point", "corners": [[1, 2], [3, 4]]},
    ],
)
def test_what_is_no_drawing_is_refused(drawing):
    with pytest.raises(ValueError, match=r"drawing|corner"):
        mark_of(drawing, SHAPE)


def test_drawing_adds_to_what_the_reader_drew_for_the_label():
    drawings = [POLYGON, BOX, POINT, *(moved(one, 6) for one in (POLYGON, BOX, POINT))]
    found = draw(drawings)
    assert sorted(facts(found)) == [
        ("Edema", DRAWN, "Ada", kind) for kind in ("boxes", "points", "polygons")
    ]
    covered = np.logical_or.reduce([mark_of(one, SHAPE).mask(SHAPE) for one in drawings])
    np.testing.assert_array_equal(union(found, SHAPE), covered)
    by_kind = {one.kind: one.mark for one in found}
    assert [ring.tolist() for ring in by_kind["polygons"].rings] == [
        POLYGON["corners"],
        moved(POLYGON, 6)["corners"],
    ]
    assert by_kind["boxes"].edges.tolist() == [[4, 5, 10, 20], [10, 11, 16, 26]]
    assert by_kind["points"].places.tolist() == [[7.25, 8.5], [13.25, 14.5]]


def test_drawing_bears_the_time_of_the_last_addition():
    (one,) = draw([BOX], now=EARLIER)
    assert one.created_at == EARLIER
    (both,) = draw([moved(BOX, 1)], (one,))
    assert both.created_at == NOW


def test_drawing_that_is_sent_again_is_one():
    once = draw([POLYGON, BOX, POINT, moved(BOX, 2)], now=EARLIER)
    again = draw([POLYGON, BOX, POINT, moved(BOX, 2)], once)
    assert again == once


def test_readers_labels_and_experts_are_kept_apart():
    found = draw([BOX], draw([BOX], draw([BOX], (EXPERT,), author="Bo"), label="Mass"))
    assert facts(found) == [
        ("Edema", "NIH", "", "boxes"),
        ("Edema", DRAWN, "Bo", "boxes"),
        ("Mass", DRAWN, "Ada", "boxes"),
        ("Edema", DRAWN, "Ada", "boxes"),
    ]
    assert found[0] is EXPERT


def test_only_the_reader_s_drawings_of_the_label_are_taken_back():
    others = draw([BOX], draw([BOX], (EXPERT,), author="Bo"), label="Mass")
    assert taken_back(draw([POLYGON, BOX, POINT], others), "Edema", "Ada") == others
    # An expert's file may name the same author.
    same_name = (Annotation("Edema", "NIH", EXPERT.mark, "Ada"),)
    assert taken_back(same_name, "Edema", "Ada") == same_name


def test_reader_sees_experts_and_their_own():
    bo = draw([BOX], author="Bo")
    ada = draw([POINT])
    assert seen_by("Ada", (EXPERT, *bo, *ada)) == (EXPERT, *ada)
    assert seen_by("Cy", (EXPERT, *bo, *ada)) == (EXPERT,)
    assert experts((EXPERT, *bo, *ada)) == (EXPERT,)


def test_each_reading_has_drawings_of_its_own():
    found = (EXPERT,)
    for occasion in OCCASIONS:
        found = draw([BOX], found, occasion=occasion)
    assert len(found) == 1 + len(OCCASIONS)
    for occasion in OCCASIONS:
        (mine,) = own("Ada", found, occasion)
        assert mine.occasion == occasion
        assert mine.mark.edges.tolist() == [[4, 5, 10, 20]]
        assert seen_by("Ada", found, occasion) == (EXPERT, mine)
    without = taken_back(found, "Edema", "Ada", FIRST)
    assert [one for one in found if one not in without] == [*own("Ada", found, FIRST)]
    assert seen_by("Ada", found, Occasion("other trial")) == (EXPERT,)


def test_first_reading_counts_and_practice_repeats_and_second_sessions_do_not():
    found = (EXPERT,)
    for occasion in OCCASIONS:
        found = draw([BOX], found, occasion=occasion)
    assert [one.occasion for one in counted(found)] == [None, None, FIRST]
    assert counted(found)[0] is EXPERT
