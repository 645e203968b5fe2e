"""Maps of a study's cases against where readers looked at them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.archive import AnnotationArchive
from shamsul.annotations.marks import Gaze
from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.heatmap import Heatmap
from shamsul.localisation.gaze_scores import LONGEST, GazeRules
from shamsul.localisation.score import HUMAN
from shamsul.metrics import saliency
from shamsul.radiographs import RadiographArchive
from shamsul.radiographs.geometry import Geometry
from shamsul.reading import Store
from shamsul.reading.demo import DEMO, ensure_default_studies
from shamsul.settings import ASSETS
from shamsul.studies import gaze
from shamsul.studies.localisation import to_compare
from tests.studies.desk import desk_in


class Bench:
    """The demo study's first cases, each looked at by two readers, with maps that are drawn."""

    def __init__(self, folder: Path) -> None:
        self.desk = desk_in(folder)
        self.store = Store(f"sqlite:///{folder / 'shamsul.db'}")
        archive = RadiographArchive(folder / "radiographs")
        self.annotations = AnnotationArchive(folder / "annotations")
        ensure_default_studies(self.store, archive, self.annotations, ASSETS)
        self.study, self.cases = self.store.study(DEMO.name), self.store.cases(DEMO.name)
        self.rng = np.random.default_rng(0)
        for case in self.cases[:2]:
            self.look(case.image_sha256, "Ada", "Bob")

    def look(self, image: str, *readers: str) -> None:
        rows, columns = self.desk.archive.extent(image).shape
        for reader in readers:
            places = self.rng.uniform((0, 0, 0.1), (rows, columns, 1), (8, 3))
            self.annotations.add(image, [Annotation("Gaze", "test", Gaze(places, 40.0), reader)])

    def draw(self, method: str, cases: int = 2) -> None:
        """Maps of a method, of every label of the model."""
        for one in to_compare(self.study, self.cases[:cases], [method]):
            shape = self.desk.archive.extent(one.case.image_sha256).shape
            geometry = Geometry.window(
                shape, (14, 14), top=0, left=0, height=shape[0], width=shape[1]
            )
            about = ({}, geometry, 1, 0.1, one.key.target, 0.0)
            maps = tuple(
                Heatmap(self.rng.normal(size=(14, 14)).astype(np.float32), label, method, *about)
                for label in Manifest.read(one.folder).labels
            )
            self.desk.maps.put(one.key, maps)

    def scores(self, *methods: str, rules: GazeRules | None = None) -> Mapping[str, tuple]:
        """By case."""
        wanted = to_compare(self.study, self.cases[:3], methods)
        looked = gaze.gazed(self.desk, self.store, DEMO.name)
        found = gaze.gaze_scores(self.desk, wanted, looked, rules or GazeRules())
        names = [case.name for case in self.cases[:3]]
        return dict(zip(names, found, strict=True))


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_cases_with_gaze_are_known_with_their_findings(bench: Bench) -> None:
    assert gaze.with_gaze(bench.desk, bench.cases) == tuple(bench.cases[:2])
    found = gaze.gazed(bench.desk, bench.store, DEMO.name)
    assert list(found) == [case.name for case in bench.cases[:2]]
    for case in bench.cases[:2]:
        own = found[case.name]
        marked = {one.label for one in bench.annotations.get(case.image_sha256)} - {"Gaze"}
        assert own.labels == marked
        assert [one.reader for one in own.viewings] == ["test, Ada", "test, Bob"]
        assert own.shape == bench.desk.archive.extent(case.image_sha256).shape


def test_maps_that_are_there_are_scored_against_each_reader(bench: Bench) -> None:
    bench.draw("grad_cam")
    bench.draw("lrp", cases=1)
    first, second, third = (case.name for case in bench.cases[:3])
    found = bench.scores("grad_cam", "lrp", "rise")
    assert found[third] == ()  # without gaze
    labels = gaze.gazed(bench.desk, bench.store, DEMO.name)[first].labels
    assert {one.label for one in found[first]} == labels
    methods = {"grad_cam", "centred_gaussian", "lung_field", HUMAN}
    assert {one.method for one in found[first]} == methods | {"lrp"}
    assert {one.method for one in found[second]} == methods
    assert all(one.annotated == 1 and one.image == first for one in found[first])
    one = next(one for one in found[second] if one.method == HUMAN and one.reader == "test, Ada")
    case = bench.cases[1]
    rows, columns = bench.desk.archive.extent(case.image_sha256).shape
    grid = (LONGEST, LONGEST * columns // rows)
    ada, bob = (
        mark.mark.on_grid((rows, columns), grid)
        for mark in bench.annotations.get(case.image_sha256)
        if mark.author
    )
    often = replace(bob, fixations=np.c_[bob.fixations[:, :2], np.ones(len(bob.fixations))])
    expected = saliency.nss(often.heatmap(grid), ada.fixations[:, :2])
    assert one.nss == pytest.approx(expected)


def test_what_was_scored_is_kept_until_a_map_or_any_gaze_is_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.draw("grad_cam")
    made: list[str] = []
    scene = gaze.Scene

    def counted(looked, *rest):
        made.append(looked.image)
        return scene(looked, *rest)

    monkeypatch.setattr(gaze, "Scene", counted)
    first, second = (case.name for case in bench.cases[:2])
    before = bench.scores("grad_cam")
    assert made == [first, second]
    again = bench.scores("grad_cam")
    assert made == [first, second]
    assert str(again) == str(before)  # NaN is no other NaN's equal
    bench.scores("grad_cam", rules=GazeRules(by_duration=True))
    assert made == 2 * [first, second]
    bench.look(bench.cases[0].image_sha256, "Cleo")
    after = bench.scores("grad_cam")
    assert made == 3 * [first, second]  # the second case's other images have changed, too
    assert {one.reader for one in after[first]} == {"test, Ada", "test, Bob", "test, Cleo"}
    bench.draw("lrp", cases=1)
    bench.scores("grad_cam", "lrp")
    assert made == [*(3 * [first, second]), first]


def test_all_labels_are_scored_where_they_are_asked_for(bench: Bench) -> None:
    bench.draw("grad_cam", cases=1)
    name = bench.cases[0].name
    found = bench.scores("grad_cam", rules=GazeRules(annotated_only=False))[name]
    (source,) = to_compare(bench.study, bench.cases[:1], ["grad_cam"])
    assert {one.label for one in found} == set(Manifest.read(source.folder).labels)
    annotated = {one.label for one in found if one.annotated}
    assert annotated == gaze.gazed(bench.desk, bench.store, DEMO.name)[name].labels
