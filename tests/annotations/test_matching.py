import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shamsul.annotations.annotation import Annotation, union
from shamsul.annotations.formats.entry import Fault, Found, Looked, joined
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Boxes, Ellipses, Gaze, Mask, Points, Polygons, join
from shamsul.annotations.matching import Annotators, bring
from shamsul.findings.labels import BUILT_IN
from shamsul.radiographs.archive import Extent
from shamsul.radiographs.turn import AS_STORED, Turn

A, B = "a" * 64, "b" * 64
SHAPE = (8, 10)
LABELS = ("Edema", "Lung Lesion")
IMAGES = Images({A: ["one.png"], B: ["two.png"]})


def box(*edges: float) -> Boxes:
    return Boxes(np.array([edges]))


def found(label="Edema", mark=None, author="", image="one", **how) -> Found:
    mark = mark or box(1, 1, 4, 4)
    return Found(image, Annotation(label, "here", mark, author), **how)


def brought(*entries, annotators=Annotators.UNION, turn=AS_STORED, **how):
    extent = Extent(SHAPE, None, turn)
    return bring(entries, IMAGES, lambda sha256: extent, LABELS, BUILT_IN, annotators, **how)


def test_marks_find_their_image_and_label() -> None:
    got = brought(found("Mass", image="dir/one.jpg"), found(image="two.png"))
    assert {image: [a.label for a in marks] for image, marks in got.annotations.items()} == {
        A: ["Lung Lesion"],
        B: ["Edema"],
    }
    assert got.faults == ()


def test_what_is_left_out_is_said_once_each() -> None:
    earlier = Fault("row 3", "x is 'a', not a number")
    got = brought(
        earlier,
        found(image="three"),
        found(image="three", label="Mass"),
        found("Pulmonary fibrosis"),
        found("Pulmonary fibrosis", image="two"),
        found(mark=box(1, 1, 2, 2), shape=(16, 20)),
        found(mark=Mask(np.ones((3, 3), bool)), image="two"),
        found(mark=box(9, 1, 12, 4)),
    )
    assert got.annotations == {}
    assert list(map(str, got.faults)) == [
        "row 3: x is 'a', not a number",
        "one, Edema: it was made on 16 x 20 pixels, but the image has 8 x 10 (rows x columns)",
        "two, Edema: it was made on 3 x 3 pixels, but the image has 8 x 10 (rows x columns)",
        "one, Edema: nothing of it is on the image",
        "three: no case is of this image",
        "Pulmonary fibrosis: no label of the model stands for it; 2 marks were left out",
    ]


def test_what_reaches_beyond_the_image_is_kept_and_said() -> None:
    got = brought(found(mark=box(6, 8, 12, 12)), found(mark=Gaze([[1, 1, 1], [9, 1, 1]], 1.0)))
    assert got.annotations[A][0].mask(SHAPE).sum() == 4
    (only,) = got.faults
    assert "beyond" in only.reason


def test_fixations_are_looked_for_on_the_image_without_their_heatmap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("a heatmap takes seconds")

    monkeypatch.setattr(Gaze, "heatmap", slow)
    off, on = Gaze([[8, 1, 1], [-0.1, 1, 1]], 1.0), Gaze([[8, 1, 1], [7.9, 9.9, 1]], 1.0)
    got = brought(found("Gaze", off), found("Gaze", on))
    (only,) = got.annotations[A]
    np.testing.assert_array_equal(only.mark.fixations, on.fixations)
    assert [one.reason for one in got.faults] == ["nothing of it is on the image"]


def test_shares_become_pixels() -> None:
    got = brought(found(mark=box(0.25, 0.1, 0.5, 0.7), relative=True))
    np.testing.assert_allclose(got.annotations[A][0].mark.edges, [[2, 1, 4, 7]])


def test_gaze_and_points_are_kept_apart_from_regions() -> None:
    got = brought(found(), found(mark=Points([[2, 2]])), found("Gaze", Gaze([[1, 1, 0.5]], 1.0)))
    assert [(a.label, a.kind) for a in got.annotations[A]] == [
        ("Edema", "boxes"),
        ("Edema", "points"),
        ("Gaze", "gaze"),
    ]


def test_a_source_can_be_named() -> None:
    (only,) = brought(found(), source="panel of five").annotations[A]
    assert only.source == "panel of five"


def readers() -> list:
    boxes = {"Ada": (0, 0, 4, 4), "Bo": (2, 2, 6, 6), "Cy": (3, 3, 8, 8)}
    return [found("Mass", box(*edges), who) for who, edges in boxes.items()]


def test_union_of_annotators() -> None:
    (only,) = brought(*readers()).annotations[A]
    assert (only.kind, only.author) == ("boxes", "")
    np.testing.assert_array_equal(
        only.mask(SHAPE), union([one.annotation for one in readers()], SHAPE)
    )


def test_union_of_different_kinds_is_a_mask() -> None:
    circle = Ellipses([[4, 4, 2, 2, 0]])
    (only,) = brought(found(), found(mark=circle)).annotations[A]
    np.testing.assert_array_equal(
        only.mask(SHAPE), box(1, 1, 4, 4).mask(SHAPE) | circle.mask(SHAPE)
    )


def test_each_annotator_is_kept() -> None:
    kept = brought(*readers(), annotators=Annotators.EACH).annotations[A]
    assert [one.author for one in kept] == ["Ada", "Bo", "Cy"]


@pytest.mark.parametrize(
    ("also", "pixels"),
    [
        # Pixels by how many boxes: (3,3) three; two of three are at least the overlaps.
        ([], "two"),
        ([Looked("one", "Di")], "three"),
        ([Looked("one", "Di"), Looked("one", "Ed")], "three"),
        ([Looked("one", who) for who in ("Di", "Ed", "Flo")], "none"),
        ([Looked("one", "Ada"), Looked("two", "Di")], "two"),
    ],
)
def test_majority_is_of_all_who_read_the_image(also, pixels) -> None:
    votes = sum(one.annotation.mask(SHAPE).astype(int) for one in readers())
    expected = {"two": votes >= 2, "three": votes >= 3, "none": votes > 3}[pixels]
    got = brought(*readers(), *also, annotators=Annotators.MAJORITY)
    if pixels == "none":
        assert got.annotations == {}
        assert "more than half" in got.faults[0].reason
    else:
        (only,) = got.annotations[A]
        assert only.kind == "mask"
        np.testing.assert_array_equal(only.mask(SHAPE), expected)


def test_two_boxes_of_one_annotator_are_one_vote() -> None:
    entries = [found(author="Ada"), found(author="Ada"), Looked("one", "Bo")]
    got = brought(*entries, annotators=Annotators.MAJORITY)
    assert got.annotations == {}


regions = st.lists(st.integers(0, 2**9 - 1), min_size=1, max_size=4)


@given(regions)
def test_joined_masks_are_their_union(codes) -> None:
    masks = [np.array([code >> bit & 1 for bit in range(9)], bool).reshape(3, 3) for code in codes]
    region = join([Mask(mask) for mask in masks]).mask((3, 3))
    np.testing.assert_array_equal(region, np.any(masks, axis=0))


@pytest.mark.parametrize(
    "marks",
    [
        [box(1, 1, 2, 2), box(3, 1, 5, 4)],
        [Points([[1, 1]]), Points([[2, 3], [4, 4]])],
        [Polygons(([[1, 1], [5, 5], [5, 1]],)), Polygons(([[2, 6], [6, 6], [6, 9]],))],
        [Ellipses([[2, 2, 1, 1, 0]]), Ellipses([[5, 5, 2, 3, 20]])],
    ],
)
def test_joined_marks_cover_what_each_covers(marks) -> None:
    expected = np.any([mark.mask(SHAPE) for mark in marks], axis=0)
    np.testing.assert_array_equal(join(marks).mask(SHAPE), expected)


def test_joined_gaze_adds_up() -> None:
    one, two = Gaze([[2, 2, 0.5]], 1.0), Gaze([[5, 5, 1.0]], 1.0)
    np.testing.assert_allclose(
        join([one, two]).heatmap(SHAPE), one.heatmap(SHAPE) + two.heatmap(SHAPE)
    )


@pytest.mark.parametrize(
    "marks",
    [
        [],
        [box(1, 1, 2, 2), Points([[1, 1]])],
        [Mask(np.ones((2, 2), bool)), Mask(np.ones((2, 3), bool))],
        [Gaze([[2, 2, 0.5]], 1.0), Gaze([[2, 2, 0.5]], 2.0)],
    ],
)
def test_different_marks_are_not_joined(marks) -> None:
    with pytest.raises(ValueError, match="different kinds"):
        join(marks)


def test_entries_are_joined_by_image_label_and_author() -> None:
    entries = [found(), found(author="Ada"), found(), found(image="two"), Fault("", "no")]
    fault, *marks = joined(entries)
    assert str(fault) == "no"
    assert [len(one.annotation.mark.edges) for one in marks] == [2, 1, 1]


@pytest.mark.parametrize("turn", [Turn(False, True, True), Turn(False, False, True), Turn(True)])
def test_marks_on_the_pixels_of_the_file_are_turned_with_them(turn: Turn) -> None:
    stored = turn.inverse.shape(SHAPE)
    region = np.zeros(stored, bool)
    region[1:3, 2:7] = True
    whole = [found(mark=box(1, 2, 3, 7), shape=stored), found(mark=Mask(region))]
    share = Boxes(np.array([[1, 2, 3, 7]]) / np.tile(stored, 2))
    for one in (*whole, found(mark=share, relative=True)):
        got = brought(one, turn=turn)
        assert got.faults == ()
        (made,) = got.annotations[A]
        np.testing.assert_array_equal(made.mask(SHAPE), turn.pixels(region))
    (fault,) = brought(found(shape=(9, 10)), turn=turn).faults
    assert f"the image has {stored[0]} x {stored[1]} (rows x columns)" in str(fault)
