"""The units of a layer over the demo study: looked at once, kept, named, replaced."""

import time
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.archive import AnnotationArchive
from shamsul.classifiers import registry
from shamsul.computing.engine import Here
from shamsul.computing.jobs import Computation
from shamsul.explainers.method import ExplainerError
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store
from shamsul.reading.demo import DEMO, ensure_default_studies
from shamsul.settings import ASSETS
from shamsul.studies.units import LayerOf, UnitStudy, carried
from shamsul.units.layers import layer_of
from tests.studies.desk import desk_in


class Counting(Here):
    """Counts what it computes; may fail."""

    def __init__(self) -> None:
        self.surveys = 0
        self.fails = False

    def survey(self, *arguments):
        self.surveys += 1
        if self.fails:
            raise ExplainerError("No.")
        return super().survey(*arguments)


class Bench:
    """The demo study's first two cases, and the last layer but one of its model."""

    def __init__(self, folder: Path) -> None:
        self.engine = Counting()
        self.desk = desk_in(folder, self.engine)
        self.store = Store(f"sqlite:///{folder / 'shamsul.db'}")
        archive = RadiographArchive(folder / "radiographs")
        annotations = AnnotationArchive(folder / "annotations")
        ensure_default_studies(self.store, archive, annotations, ASSETS)
        self.folder = folder / "units"
        classifier = registry.load("phantom")
        self.of = LayerOf(registry.folder_of("phantom"), classifier.manifest, layer_of(classifier))

    def units(self) -> UnitStudy:
        cases = self.store.cases(DEMO.name)[:2]
        return UnitStudy(self.desk, cases, self.of, self.folder)


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    made.store.close()


def waited(job: Computation) -> Computation:
    deadline = time.monotonic() + 120
    while not job.is_over:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job


def test_what_was_looked_at_is_kept_and_annotations_compared(bench: Bench) -> None:
    units = bench.units()
    assert units.missing == list(units.cases) and units.annotated([]) is None
    first, second = units.cases
    found = units.look(first)
    job = waited(units.request(second))
    assert not bench.desk.failure(job)
    assert units.missing == [] and bench.engine.surveys == 2
    again = bench.units()
    assert [case for case, _ in again.surveys()] == [first, second]
    kept = next(iter(again.surveys()))[1]
    assert np.array_equal(kept.relevance, found.relevance)
    waited(again.request(first))
    assert bench.engine.surveys == 2
    # Phantoms of the demo have exact annotations.
    compared = again.annotated(list(again.surveys()))
    assert compared is not None
    marked = {label for case in units.cases for label in units.marks(case)}
    assert set(compared.concepts) == marked and marked
    assert (np.nan_to_num(compared.iou) <= 1).all()


def test_failure_is_a_sentence_and_can_be_tried_again(bench: Bench) -> None:
    units, bench.engine.fails = bench.units(), True
    job = waited(units.request(units.cases[0]))
    assert bench.desk.failure(job) == "No."
    bench.engine.fails = False
    bench.desk.retry([job])
    assert not bench.desk.failure(waited(units.request(units.cases[0])))


def test_unit_is_replaced_by_its_mean_over_what_was_looked_at(bench: Bench) -> None:
    units = bench.units()
    surveys = [units.look(case) for case in units.cases]
    unit = int(surveys[0].relevance.sum(0).argmax())
    assert units.effects(unit) is None
    waited(units.request_effects(unit))
    found = units.effects(unit)
    assert found is not None and found.shape == (2, len(bench.of.manifest.labels))
    mean = np.mean([one.activations[unit].mean(dtype=np.float64) for one in surveys])
    (expected,) = bench.engine.replaced(
        bench.of.folder,
        bench.of.manifest.fingerprint,
        bench.of.layer,
        units.image(units.cases[0].image_sha256),
        [unit],
        [float(mean)],
        lambda done, planned: None,
    )
    assert found[0] == pytest.approx(expected, abs=1e-5)
    assert np.abs(found).max() > 1e-4


def test_names_are_found_on_phantoms_and_kept(bench: Bench) -> None:
    units = bench.units()
    assert units.names() is None
    job = waited(units.request_names(2))
    assert not bench.desk.failure(job)
    names = bench.units().names()
    assert names is not None
    assert {"ribs", "heart", "marker", "lungs", "outside the body"} <= set(names.concepts)
    assert names.iou.shape == (bench.of.layer.units, len(names.concepts))


def test_maps_of_a_unit_come_from_the_desk(bench: Bench) -> None:
    units = bench.units()
    case = units.cases[0]
    found = units.look(case)
    unit = int(np.abs(found.relevance[1]).argmax())
    for source in units.sources(case, unit):
        job = waited(bench.desk.request(source))
        assert not bench.desk.failure(job), bench.desk.failure(job)
        assert len(job.maps) == len(bench.of.manifest.labels)
        assert np.any(job.maps[1].values)


def test_output_is_shared_out_where_the_model_finds_the_label(bench: Bench) -> None:
    units = bench.units()
    surveys = [units.look(case) for case in units.cases]
    manifest = bench.of.manifest
    for label in manifest.labels:
        index = manifest.labels.index(label)
        counts, found = carried(surveys, manifest, label)
        probabilities = [manifest.probability(label, float(one.outputs[index])) for one in surveys]
        positive = [n for n, p in enumerate(probabilities) if p >= manifest.thresholds[label]]
        assert found == bool(positive)
        assert counts == (positive or [int(np.argmax(probabilities))])
