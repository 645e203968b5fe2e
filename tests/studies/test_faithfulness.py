"""Studies measured in the background: maps first, what is kept, failures, stopping and resuming."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.annotations.archive import AnnotationArchive
from shamsul.classifiers.grid import GridImage
from shamsul.computing.worker import Worker
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.faithfulness.registry import MEASURES
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store
from shamsul.reading.demo import DEMO, ensure_default_studies
from shamsul.settings import ASSETS
from shamsul.storage.result_cache import ResultCache, Rows
from shamsul.studies import localisation
from shamsul.studies.faithfulness import Failure, Runs, Standing, Wanted
from tests.studies.desk import desk_in

METHODS = ("grad_cam", "lrp", "centred_gaussian")
NAMED = ("pixel_flipping", "infidelity")


class FakeWorker(Worker):
    """Answers at once, and notes what it is asked for."""

    def __init__(self, bench: "Bench") -> None:
        super().__init__()
        self.bench = bench
        self.measured: list[tuple[str, str, tuple[str, ...]]] = []
        self.fails: Callable[[str, str], str] = lambda image, measure: ""
        self.going = threading.Event()
        self.going.set()

    def explain(
        self, folder: Path, key: MapKey, image: GridImage, progress: Progress, least: float = 0.0
    ) -> tuple[Heatmap, ...]:
        if reason := self.bench.fails(key):
            raise ExplainerError(reason)
        self.bench.explained.append(key)
        values = np.ones(image.geometry.grid_shape, np.float32)
        about = (key.method, {"seed": 0}, image.geometry, 1, 0.0, key.target, 1.0)
        return (Heatmap(values, "Edema", *about),)

    def measure(
        self,
        folder: Path,
        keys: object,
        maps: Path,
        image: GridImage,
        measure: str,
        seed: int,
        progress: Progress,
    ) -> Rows:
        progress(1, 2)
        while not self.going.wait(0.01):
            progress(1, 2)
        assert isinstance(keys, list)
        sha256 = keys[0].image_sha256
        if reason := self.fails(sha256, measure):
            raise ExplainerError(reason)
        methods = tuple(key.method for key in keys)
        self.measured.append((sha256, measure, methods))
        return [
            {"label": "Edema", "method": method, "measure": measure, "value": float(seed)}
            for method in methods
        ]


class Bench:
    """The demo study's first cases, with maps that come at once."""

    def __init__(self, folder: Path, cases: int = 2) -> None:
        self.folder = folder
        self.archive = RadiographArchive(folder / "radiographs")
        store = Store(f"sqlite:///{folder / 'shamsul.db'}")
        ensure_default_studies(
            store, self.archive, AnnotationArchive(folder / "annotations"), ASSETS
        )
        self.study = store.study(DEMO.name)
        self.cases = store.cases(DEMO.name)[:cases]
        store.close()
        self.maps = MapCache(folder / "maps")
        self.fails: Callable[[MapKey], str] = lambda key: ""
        self.explained: list[MapKey] = []
        self.restart()

    def restart(self) -> None:
        """As after a restart of the server: only what is on the disk is left."""
        self.worker = FakeWorker(self)
        self.desk = desk_in(self.folder, self.worker)
        self.runs = Runs(self.desk)

    def wanted(
        self, methods: tuple[str, ...] = METHODS, measures: tuple[str, ...] = NAMED
    ) -> Wanted:
        sources = localisation.to_compare(self.study, self.cases, methods)
        return Wanted.of(self.study, sources, [MEASURES[name] for name in measures])

    def run(self, wanted: Wanted) -> Standing:
        """Ask as a page does, until nothing is left to come."""
        self.runs.start(wanted)
        return self.go_on(wanted)

    def go_on(self, wanted: Wanted) -> Standing:
        deadline = time.monotonic() + 60
        while True:
            standing = self.runs.ask(wanted)
            if not self.runs.going(wanted):
                return standing
            assert time.monotonic() < deadline, standing
            time.sleep(0.01)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_maps_are_computed_first_and_each_measure_sees_those_of_a_case_together(
    bench: Bench,
) -> None:
    wanted = bench.wanted()
    assert bench.runs.standing(wanted) == Standing(2, 0, 0.0)
    assert bench.run(wanted) == Standing(2, 2, 1.0)
    images = [case.image_sha256 for case in bench.cases]
    assert len(bench.explained) == 6
    assert sorted(bench.worker.measured) == sorted(
        (image, measure, METHODS) for image in images for measure in NAMED
    )
    rows = bench.runs.rows(bench.runs.there(wanted))
    # As the command line orders them: by image, measure, and method.
    assert [(row["image"], row["measure"], row["method"]) for row in rows] == [
        (case.name, measure, method)
        for case in bench.cases
        for measure in NAMED
        for method in METHODS
    ]
    assert rows[0]["image_sha256"] == images[0]


def test_the_second_visit_reads_results_and_neither_maps_nor_the_worker(bench: Bench) -> None:
    bench.run(bench.wanted())
    for file in (bench.folder / "maps").iterdir():
        file.unlink()
    bench.restart()
    wanted = bench.wanted()
    assert bench.runs.standing(wanted) == Standing(2, 2, 1.0)
    assert len(bench.runs.rows(bench.runs.there(wanted))) == 12
    assert not bench.worker.measured


def test_only_what_is_missing_is_measured(bench: Bench) -> None:
    bench.run(bench.wanted(("grad_cam",), ("infidelity",)))
    bench.worker.measured.clear()
    bench.run(bench.wanted(("grad_cam", "lrp"), ("infidelity",)))
    assert [methods for _, _, methods in bench.worker.measured] == [("lrp",), ("lrp",)]


def test_nothing_is_measured_twice_when_a_page_asks_while_results_are_kept(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = bench.wanted()
    put = ResultCache.put

    def put_and_ask(self: ResultCache, digest: str, rows: Rows) -> None:
        put(self, digest, rows)
        bench.runs.ask(wanted)

    monkeypatch.setattr(ResultCache, "put", put_and_ask)
    assert bench.run(wanted) == Standing(2, 2, 1.0)
    # Whatever else was queued is over once something that was asked for later is there.
    bench.run(bench.wanted(measures=("sensitivity_n",)))
    measured = [measure for _, measure, _ in bench.worker.measured]
    assert sorted(measured) == sorted(["sensitivity_n", *NAMED] * len(bench.cases))


def test_other_operating_points_are_other_results(bench: Bench) -> None:
    wanted = bench.wanted()
    labels = dict.fromkeys(wanted.manifest.labels, 0.9)
    other = replace(wanted, manifest=replace(wanted.manifest, thresholds=labels))
    assert not {one.digest for one in wanted.parts} & {one.digest for one in other.parts}


def test_a_method_without_maps_is_said_once_for_each_case_and_the_others_are_measured(
    bench: Bench,
) -> None:
    bench.fails = lambda key: "No rule." if key.method == "lrp" else ""
    wanted = bench.wanted()
    assert bench.run(wanted) == Standing(2, 2, 1.0)
    assert bench.runs.failures(wanted) == [
        Failure(case.name, "LRP: No rule.") for case in bench.cases
    ]
    there = bench.runs.there(wanted)
    assert {one.source.key.method for one in there} == {"grad_cam", "centred_gaussian"}
    # Started again, it is tried again.
    bench.fails = lambda key: ""
    bench.run(wanted)
    assert bench.runs.failures(wanted) == []
    assert len(bench.runs.there(wanted)) == len(wanted.parts)


def test_where_no_map_comes_only_the_maps_are_said_to_have_failed(bench: Bench) -> None:
    bench.fails = lambda key: "No rule."
    wanted = bench.wanted(("lrp",))
    bench.run(wanted)
    reasons = {one.reason for one in bench.runs.failures(wanted)}
    assert reasons == {"LRP: No rule."}
    bench.fails = lambda key: ""
    bench.run(wanted)
    assert not bench.runs.failures(wanted)
    assert len(bench.runs.there(wanted)) == len(wanted.parts)


def test_a_measure_that_fails_is_said_and_the_others_come(bench: Bench) -> None:
    image = bench.cases[0].image_sha256
    bench.worker.fails = lambda asked, measure: (
        "It is too small." if (asked, measure) == (image, "infidelity") else ""
    )
    wanted = bench.wanted()
    bench.run(wanted)
    (failure,) = bench.runs.failures(wanted)
    assert failure == Failure(bench.cases[0].name, "Infidelity: It is too small.")
    assert len(bench.runs.there(wanted)) == len(wanted.parts) - len(METHODS)


@pytest.mark.long
def test_a_radiograph_that_is_gone_is_a_sentence(bench: Bench) -> None:
    wanted = bench.wanted(("grad_cam",), ("infidelity",))
    for source in wanted.sources:
        bench.desk.compute(source, lambda done, planned: None)
    for file in (bench.folder / "radiographs").iterdir():
        file.unlink()
    bench.run(wanted)
    assert len(bench.runs.failures(wanted)) == 2
    for failure in bench.runs.failures(wanted):
        assert failure.reason.startswith("Infidelity: ") and "Error" not in failure.reason


@pytest.mark.long
def test_results_that_cannot_be_kept_are_a_sentence(bench: Bench) -> None:
    (bench.folder / "measures").write_text("in the way")
    wanted = bench.wanted(("grad_cam",), ("infidelity",))
    bench.run(wanted)
    reasons = {one.reason for one in bench.runs.failures(wanted)}
    assert len(reasons) == 1 and reasons.pop().startswith(
        "Infidelity: The results cannot be kept: "
    )


@pytest.mark.long
def test_maps_that_cannot_be_kept_are_a_sentence(bench: Bench) -> None:
    (bench.folder / "maps").write_text("in the way")
    wanted = bench.wanted(("grad_cam",), ("infidelity",))
    bench.run(wanted)
    reasons = {one.reason for one in bench.runs.failures(wanted)}
    assert "Grad-CAM: The maps cannot be kept on the disk." in reasons


@pytest.mark.long
def test_stopping_gives_up_what_is_computed_and_resuming_goes_on(bench: Bench) -> None:
    wanted = bench.wanted()
    bench.worker.going.clear()
    bench.runs.start(wanted)
    deadline = time.monotonic() + 60
    while "1/2 evaluations" not in (now := bench.runs.ask(wanted)).now:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    assert now.now == f"{bench.cases[0].name}, Deletion and insertion 1/2 evaluations"
    assert 0 < now.share < 1
    bench.runs.stop(wanted)
    assert not bench.runs.going(wanted)
    # Asked by another page that has not heard of it yet, nothing is started.
    assert bench.runs.ask(wanted).now == ""
    assert not bench.worker.measured
    bench.worker.going.set()
    assert bench.run(wanted).share == 1
    assert len(bench.explained) == 6  # maps that had come stay


def test_a_page_that_is_loaded_anew_finds_what_goes_on(bench: Bench) -> None:
    bench.runs.start(bench.wanted())
    bench.runs.ask(bench.wanted())
    assert bench.runs.going(bench.wanted())
    # Another choice waits until somebody wants it.
    assert not bench.runs.going(bench.wanted(measures=("infidelity",)))
    assert bench.go_on(bench.wanted()) == Standing(2, 2, 1.0)


def test_what_a_person_stops_in_the_queue_stops_measuring_until_it_is_started_again(
    bench: Bench,
) -> None:
    wanted = bench.wanted()
    bench.worker.going.clear()
    bench.runs.start(wanted)
    deadline = time.monotonic() + 60
    while not any(one.done for one in bench.desk.queue()):
        bench.runs.ask(wanted)
        assert time.monotonic() < deadline
        time.sleep(0.01)
    bench.desk.stop({one.digest for one in bench.desk.queue()})
    bench.runs.ask(wanted)
    assert not bench.runs.going(wanted)
    assert bench.runs.failures(wanted) == []
    bench.worker.going.set()
    assert bench.run(wanted).share == 1
    assert bench.runs.failures(wanted) == []
