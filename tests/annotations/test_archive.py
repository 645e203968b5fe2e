from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.marks import Boxes, Ellipses, Gaze, Points, Polygons

IMAGE = "a" * 64


def annotation(label, rng):
    return Annotation.of_region(label, "expert", rng.random((7, 9)) > 0.5)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_annotations_come_back(tmp_path, rng):
    archive = AnnotationArchive(tmp_path / "annotations")
    given = (annotation("Pneumothorax", rng), annotation("Herzgröße / 心臓", rng))
    assert IMAGE not in archive and archive.get(IMAGE) == ()
    archive.put(IMAGE, given)
    assert IMAGE in archive
    for kept, wanted in zip(archive.get(IMAGE), given, strict=True):
        assert (kept.label, kept.source) == (wanted.label, wanted.source)
        np.testing.assert_array_equal(kept.mask((7, 9)), wanted.mask((7, 9)))


def test_descriptions_are_of_all_but_the_marks(tmp_path, rng):
    archive = AnnotationArchive(tmp_path)
    assert archive.describe(IMAGE) == ()
    now = datetime(2026, 5, 4, tzinfo=UTC)
    box = Boxes(np.array([[1.0, 2, 3, 4]]))
    given = (annotation("Edema", rng), Annotation("Edema", "panel", box, "Ada", now))
    archive.put(IMAGE, given)
    mask, drawn = archive.describe(IMAGE)
    assert (mask.label, mask.source, mask.author, mask.kind) == ("Edema", "expert", "", "mask")
    assert (drawn.source, drawn.author, drawn.kind, drawn.created_at) == (
        "panel",
        "Ada",
        "boxes",
        now,
    )
    # Pictures of masks are not looked at, but another one is another digest.
    for picture in (tmp_path / "masks").iterdir():
        picture.unlink()
    assert archive.describe(IMAGE) == (mask, drawn)
    archive.put(IMAGE, (annotation("Edema", rng), given[1]))
    other, same = archive.describe(IMAGE)
    assert other.digest != mask.digest and same == drawn


def test_occasion_of_a_drawing_comes_back(tmp_path):
    archive = AnnotationArchive(tmp_path)
    box, occasion = Boxes(np.array([[1.0, 2, 3, 4]])), Occasion("trial", 2, repeat=True)
    archive.put(IMAGE, [Annotation("Edema", "drawn", box, "Ada", occasion=occasion)])
    (kept,) = archive.get(IMAGE)
    (described,) = archive.describe(IMAGE)
    assert kept.occasion == described.occasion == occasion
    digest = described.digest
    archive.put(IMAGE, [Annotation("Edema", "drawn", box, "Ada", occasion=Occasion("trial", 2))])
    assert archive.describe(IMAGE)[0].digest != digest


def test_putting_again_replaces(tmp_path, rng):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, [annotation("Pneumothorax", rng)])
    archive.put(IMAGE, ())
    assert IMAGE in archive and archive.get(IMAGE) == ()


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"annotations": [{"label": "x"}]}'])
def test_damage_is_reported(tmp_path, damage):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, ())
    (tmp_path / f"{IMAGE}.json").write_bytes(damage)
    with pytest.raises(ValueError, match="damaged"):
        archive.get(IMAGE)
    with pytest.raises(ValueError, match="damaged"):
        archive.describe(IMAGE)


def test_a_lost_mask_is_reported(tmp_path, rng):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, [annotation("Pneumothorax", rng)])
    for mask in (tmp_path / "masks").iterdir():
        mask.unlink()
    with pytest.raises(ValueError, match="damaged"):
        archive.get(IMAGE)


@pytest.mark.parametrize("sha256", ["", "../x", "A" * 64])
def test_only_a_hash_names_an_image(tmp_path, sha256):
    with pytest.raises(ValueError, match="no SHA-256"):
        AnnotationArchive(tmp_path).get(sha256)


def test_marks_of_all_kinds_come_back_with_author_and_time(tmp_path):
    archive = AnnotationArchive(tmp_path)
    made = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    drawn = [
        Polygons(([[1, 1], [5, 2], [3, 8.5]],)),
        Boxes([[0, 1, 4, 5]]),
        Points([[3.5, 4.5]]),
        Ellipses([[3, 4, 2, 1, 20]]),
        Gaze([[2, 3, 0.4]], sigma=1.5),
    ]
    archive.put(IMAGE, [Annotation("Edema", "drawn", mark, "Ada", made) for mark in drawn])
    for kept, mark in zip(archive.get(IMAGE), drawn, strict=True):
        assert (kept.author, kept.created_at, kept.kind) == ("Ada", made, mark.kind)
        np.testing.assert_array_equal(kept.mask((7, 9)), mark.mask((7, 9)))


def box(label="Edema", source="NIH", author="", left=0):
    return Annotation(label, source, Boxes([[0, left, 4, left + 1]]), author)


def kept(archive):
    return [(a.label, a.source, a.author, a.mark.edges[0, 1]) for a in archive.get(IMAGE)]


def test_adding_replaces_only_the_same_label_source_and_author(tmp_path):
    archive = AnnotationArchive(tmp_path)
    archive.add(IMAGE, [box(), box("Mass"), box(source="drawn", author="Ada")])
    archive.add(IMAGE, [box(left=1), box(source="drawn", author="Bo")])
    assert kept(archive) == [
        ("Mass", "NIH", "", 0),
        ("Edema", "drawn", "Ada", 0),
        ("Edema", "NIH", "", 1),
        ("Edema", "drawn", "Bo", 0),
    ]


def test_adding_may_replace_whoever_made_it(tmp_path):
    archive = AnnotationArchive(tmp_path)
    archive.add(IMAGE, [box(author="Ada"), box(author="Bo"), box("Mass", author="Bo")])
    archive.add(IMAGE, [box(left=1)], whoever=True)
    assert kept(archive) == [("Mass", "NIH", "Bo", 0), ("Edema", "NIH", "", 1)]


def test_adding_nothing_changes_nothing(tmp_path):
    archive = AnnotationArchive(tmp_path)
    archive.add(IMAGE, [box()])
    archive.add(IMAGE, [])
    assert kept(archive) == [("Edema", "NIH", "", 0)]


def add_some(directory, writer):
    archive = AnnotationArchive(directory)
    for number in range(15):
        archive.add(IMAGE, [box(author=f"{writer}-{number}")])


@pytest.mark.long
@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_writers_at_the_same_time_lose_nothing(tmp_path, pool):
    how = {"mp_context": get_context("spawn")} if pool is ProcessPoolExecutor else {}
    with pool(4, **how) as writers:
        list(writers.map(add_some, [tmp_path] * 4, range(4)))
    authors = {annotation.author for annotation in AnnotationArchive(tmp_path).get(IMAGE)}
    assert authors == {f"{writer}-{number}" for writer in range(4) for number in range(15)}


def test_revision_decides_what_is_kept(tmp_path):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, [box(), box("Mass"), box(author="Ada")])
    archive.revise(IMAGE, lambda old: [one for one in old if not one.author])
    assert kept(archive) == [("Edema", "NIH", "", 0), ("Mass", "NIH", "", 0)]


def test_revision_that_fails_changes_nothing(tmp_path):
    archive = AnnotationArchive(tmp_path)
    archive.put(IMAGE, [box()])
    with pytest.raises(ZeroDivisionError):
        archive.revise(IMAGE, lambda old: old * (1 // 0))
    archive.add(IMAGE, [box("Mass")])  # is not waited for
    assert kept(archive) == [("Edema", "NIH", "", 0), ("Mass", "NIH", "", 0)]
