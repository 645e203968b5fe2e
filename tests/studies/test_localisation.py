"""Maps and people beside the annotations of a study's cases."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.drawings import DRAWN
from shamsul.annotations.marks import Boxes, Gaze, Points
from shamsul.findings.labels import ANATOMY, GAZE
from shamsul.radiographs.archive import Extent
from shamsul.reading.design.study import Case
from shamsul.studies.localisation import human_benchmark, regions
from tests.radiographs.test_archive import radiograph
from tests.studies.desk import desk_in

IMAGE = "a" * 64
CASE = Case(1, "trial", "phantom-0001", IMAGE, 1)
SHAPE = (40, 60)
EXPERT = Annotation("Edema", "expert", Boxes([[10, 10, 30, 30]]))


@pytest.fixture
def annotations(tmp_path: Path) -> AnnotationArchive:
    return AnnotationArchive(tmp_path / "annotations")


def scores(annotations: AnnotationArchive, *by: str) -> dict[tuple[str, str], object]:
    asked: list[str] = []

    def extent(image: str) -> Extent:
        asked.append(image)
        return Extent(SHAPE, None)

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        desk = desk_in(Path(folder))
        desk.annotations = annotations
        patch.setattr(desk.archive, "extent", extent)
        found = human_benchmark(desk, [CASE], by or ("expert",))
        asked.clear()
        # What was scored once is not scored again.
        assert human_benchmark(desk, [CASE], by or ("expert",)) == found
        assert not asked
    return {(one.score.label, one.score.method): one.score for one in found}


def test_regions_are_those_of_experts_unless_sources_are_named() -> None:
    drawn = Annotation("Edema", DRAWN, Boxes([[0, 0, 5, 5]]), "Ada")
    point = Annotation("Edema", "expert", Points([[12, 12]]))
    other = Annotation("Effusion", "expert", Boxes([[0, 0, 5, 5]]))
    marked = (EXPERT, drawn, point, other)
    assert regions(marked, "Edema") == (EXPERT,)
    assert regions(marked, "Edema", [DRAWN]) == (drawn,)
    assert regions(marked, "Edema", ["expert", DRAWN]) == (EXPERT, drawn)


def test_gaze_and_anatomy_are_scored_against_nothing(annotations: AnnotationArchive) -> None:
    gaze = Annotation(GAZE, "expert", Gaze([[12, 12, 1.0]], 3.0))
    heart = Annotation(ANATOMY + "heart", "expert", Boxes([[5, 5, 20, 20]]))
    theirs = [replace(one, source="others") for one in (gaze, heart)]
    assert regions([gaze, heart], GAZE) == regions([gaze, heart], heart.label) == ()
    annotations.put(IMAGE, [EXPERT, gaze, heart, *theirs])
    assert scores(annotations) == {}
    annotations.put(IMAGE, [EXPERT, replace(EXPERT, source="others"), heart])
    (score,) = scores(annotations).values()
    assert score.labels_in_image == 1


def test_second_readers_region_is_scored_against_the_first(annotations: AnnotationArchive) -> None:
    # 20 x 20 against 20 x 20, moved by 10 columns: 200 pixels in both, 600 in either.
    second = Annotation("Edema", "second", Boxes([[10, 20, 30, 40]]))
    annotations.put(IMAGE, [EXPERT, second])
    ((key, score),) = scores(annotations).items()
    assert key == ("Edema", "second")
    assert (score.iou, score.precision, score.recall) == (200 / 600, 0.5, 0.5)
    assert (score.mask_area, score.predicted_area, score.labels_in_image) == (400, 400, 1)
    swapped = scores(annotations, "second")
    assert list(swapped) == [("Edema", "expert")]
    assert scores(annotations, "expert", "second") == {}


def test_points_hit_or_miss_and_have_no_region(annotations: AnnotationArchive) -> None:
    near = Annotation("Edema", "pointing", Points([[5, 5], [12, 12]]))
    far = Annotation("Edema", "elsewhere", Points([[5, 5]]))
    annotations.put(IMAGE, [EXPERT, near, far])
    found = scores(annotations)
    assert found["Edema", "pointing"].hit == 1
    assert found["Edema", "elsewhere"].hit == 0
    assert np.isnan(found["Edema", "pointing"].iou)


def test_reader_of_a_study_counts_with_the_first_reading(annotations: AnnotationArchive) -> None:
    def by(author: str, columns: int, occasion: Occasion) -> list[Annotation]:
        box = Boxes([[10, columns, 30, columns + 20]])
        point = Points([[20, columns + 5]])
        return [Annotation("Edema", DRAWN, mark, author, None, occasion) for mark in (box, point)]

    again = (Occasion("trial", repeat=True), Occasion("trial", 2), Occasion("trial", warm_up=True))
    elsewhere = [drawing for occasion in again for drawing in by("Ada", 35, occasion)]
    annotations.put(IMAGE, [EXPERT, *elsewhere])
    assert scores(annotations) == {}
    annotations.put(IMAGE, [EXPERT, *elsewhere, *by("Ada", 20, Occasion("trial"))])
    ((key, score),) = scores(annotations).items()
    assert key == ("Edema", DRAWN)
    # 20 x 20 against 20 x 20, moved by 10 columns.
    assert (score.iou, score.predicted_area, score.hit) == (200 / 600, 400, 1)
    assert len(regions(annotations.get(IMAGE), "Edema", [DRAWN])) == 1


def test_what_is_drawn_while_reviewing_is_nobody_beside_the_maps(
    annotations: AnnotationArchive,
) -> None:
    box, point = Boxes([[10, 35, 30, 55]]), Points([[20, 40]])
    review = [Annotation("Edema", DRAWN, mark, "Ada") for mark in (box, point)]
    annotations.put(IMAGE, [EXPERT, *review])
    assert scores(annotations) == {}
    reading = Annotation("Edema", DRAWN, EXPERT.mark, "Ada", None, Occasion("trial"))
    annotations.put(IMAGE, [EXPERT, *review, reading])
    ((_, score),) = scores(annotations).items()
    assert score.iou == 1 and np.isnan(score.hit)
    # As the annotation that counts they are taken where they are chosen.
    assert len(regions(annotations.get(IMAGE), "Edema", [DRAWN])) == 2


def test_findings_that_only_one_of_them_marked_are_no_benchmark(
    annotations: AnnotationArchive,
) -> None:
    annotations.put(IMAGE, [EXPERT, Annotation("Effusion", "second", Boxes([[0, 0, 5, 5]]))])
    assert scores(annotations) == {}


def test_a_radiograph_that_is_damaged_leaves_the_others_scored(
    annotations: AnnotationArchive, tmp_path: Path
) -> None:
    other = Case(2, "trial", "phantom-0002", "b" * 64, 2)
    second = Annotation("Edema", "second", Boxes([[10, 20, 30, 40]]))
    for case in (CASE, other):
        annotations.put(case.image_sha256, [EXPERT, second])
    desk = desk_in(tmp_path)
    desk.annotations = annotations
    desk.archive.put(radiograph([[1.0] * SHAPE[1]] * SHAPE[0], sha256=other.image_sha256))
    desk.archive.directory.joinpath(f"{IMAGE}.npz").write_bytes(b"PK\x03\x04")
    found = human_benchmark(desk, [CASE, other], ("expert",))
    assert [one.score.image for one in found] == ["phantom-0002"]
