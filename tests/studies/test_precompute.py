"""A study's maps computed in the background: all of them, with failures, stopped and resumed."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from shamsul.classifiers.grid import GridImage
from shamsul.computing.cluster import Kept, OnCluster, Packed, Wanted
from shamsul.computing.engine import Engine, Here
from shamsul.explainers.cache import MapKey, pack
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.explainers.registry import METHODS
from shamsul.reading import Store
from shamsul.reading.demo import DEMO, ensure_default_studies
from shamsul.settings import ASSETS
from shamsul.studies.desk import Desk
from shamsul.studies.panels import Source, open_sources
from shamsul.studies.precompute import Outcome, Precomputing, precompute
from tests.studies.desk import desk_in


class FakeEngine(Here):
    """Computes nothing, when it may go on."""

    def __init__(self) -> None:
        self.asked: list[MapKey] = []
        self.going = threading.Event()
        self.going.set()
        self.fails = ""

    def explain(
        self, folder: Path, key: MapKey, image: GridImage, progress: Progress, least: float = 0.0
    ) -> tuple[Heatmap, ...]:
        self.asked.append(key)
        progress(1, 2)
        while not self.going.wait(0.01):
            progress(1, 2)
        if key.image_sha256 == self.fails:
            raise ExplainerError("It is too dark.")
        values = np.ones(image.geometry.grid_shape, np.float32)
        about = (key.method, {"seed": 0}, image.geometry, 1, 0.0, key.target, 1.0)
        return (Heatmap(values, "Edema", *about),)


class FakeCluster(OnCluster):
    """Hands tasks to an engine that computes nothing."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def explain_all(self, wanted: Iterator[Wanted], kept: Kept) -> Iterator[Packed]:
        for one in wanted:
            for key in one.keys:
                try:
                    found = self._engine.explain(one.folder, key, one.image, lambda *_: None)
                    yield Packed(key, pack(found, half=kept.half))
                except ExplainerError as error:
                    yield Packed(key, reason=str(error))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def desk(tmp_path: Path, engine: FakeEngine) -> Desk:
    return desk_in(tmp_path, engine)


@pytest.fixture
def sources(tmp_path: Path, desk: Desk) -> list[Source]:
    """Two methods' maps of three cases."""
    store = Store(f"sqlite:///{tmp_path / 'shamsul.db'}")
    ensure_default_studies(store, desk.archive, desk.annotations, ASSETS)
    cases = store.cases(DEMO.name)[:3]
    store.close()
    return open_sources(DEMO, cases, [METHODS["lrp"], METHODS["shap"]])


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_every_map_is_computed_once_and_what_fails_is_told(
    desk: Desk, sources: list[Source], engine: FakeEngine
) -> None:
    desk.compute(sources[0], lambda done, planned: None)
    engine.fails = sources[-1].key.image_sha256
    work = Precomputing(desk, sources)
    until(lambda: work.is_over)
    assert work.done == work.planned == 6
    assert [key.digest for key in engine.asked] == [one.key.digest for one in sources]
    assert [one in desk for one in sources] == [True] * 4 + [False] * 2
    assert {(step.case, step.method, step.reason) for step in work.failures} == {
        (sources[-1].case.name, name, "It is too dark.") for name in ("lrp", "shap")
    }


def test_what_failed_is_tried_again(desk: Desk, sources: list[Source], engine: FakeEngine) -> None:
    engine.fails = sources[0].key.image_sha256
    work = Precomputing(desk, sources)
    until(lambda: work.is_over)
    assert len(work.failures) == 2
    engine.fails = ""
    again = Precomputing(desk, sources)
    until(lambda: again.is_over)
    assert not again.failures
    assert all(one in desk for one in sources)


def test_it_tells_how_far_it_is_and_how_long_it_takes(
    desk: Desk, sources: list[Source], engine: FakeEngine
) -> None:
    engine.going.clear()
    work = Precomputing(desk, sources)
    until(lambda: "1/2" in work.now)
    assert (work.done, work.seconds_left, work.is_over) == (0, None, False)
    assert work.now.startswith("LRP")
    engine.going.set()
    until(lambda: work.is_over)
    assert work.seconds_left == 0
    assert work.now == ""


def test_what_is_left_takes_as_long_as_each_method_took(
    desk: Desk, sources: list[Source], engine: FakeEngine
) -> None:
    engine.going.clear()
    work = Precomputing(desk, sources)
    work._seconds |= {"lrp": [1.0, 3.0]}  # of SHAP nothing is known yet
    assert work.seconds_left == 6 * 2.0
    work._seconds |= {"shap": [10.0]}
    assert work.seconds_left == 3 * 2.0 + 3 * 10.0
    work.stop()


def test_stopped_it_goes_on_later_where_it_was(
    desk: Desk, sources: list[Source], engine: FakeEngine
) -> None:
    engine.going.clear()
    work = Precomputing(desk, sources)
    until(lambda: bool(engine.asked))
    work.stop()
    until(lambda: work.is_over)
    assert not any(one in desk for one in sources)
    assert not work.failures
    engine.going.set()
    again = Precomputing(desk, sources)
    until(lambda: again.is_over)
    assert all(one in desk for one in sources)


def test_a_readers_map_does_not_wait_for_all_of_them(
    desk: Desk, sources: list[Source], engine: FakeEngine
) -> None:
    engine.going.clear()
    shap = [one for one in sources if one.method.name == "shap"]
    work = Precomputing(desk, shap)
    until(lambda: bool(engine.asked))
    reader = next(one for one in sources if one.method.name == "lrp")
    job = desk.request(reader)
    engine.going.set()
    until(lambda: job.is_over)
    assert engine.asked.index(reader.key) <= 1
    until(lambda: work.is_over)


class Claimed:
    """Claims of which another server has some."""

    def __init__(self, others: set[str]) -> None:
        self.others, self.ours = others, set[str]()

    def take(self, digest: str) -> bool:
        if digest in self.others:
            return False
        self.ours.add(digest)
        return True

    def give_back(self, digest: str) -> None:
        self.ours.remove(digest)


@pytest.mark.parametrize("computing", [lambda engine: engine, FakeCluster], ids=["here", "there"])
def test_the_command_line_leaves_what_another_server_computes_to_it(
    tmp_path: Path,
    engine: FakeEngine,
    sources: list[Source],
    monkeypatch: pytest.MonkeyPatch,
    computing: Callable[[FakeEngine], Engine],
) -> None:
    theirs, failed = sources[0], sources[1]
    claims = Claimed({theirs.key.digest, failed.key.digest})
    desk = desk_in(tmp_path, computing(engine), claims)

    def passing(seconds: float) -> None:
        """The other server is done with one, and gives the other back."""
        asked = (theirs.folder, theirs.key, desk.prepared(theirs), lambda done, planned: None)
        desk.maps.put(theirs.key, FakeEngine().explain(*asked))
        claims.others.clear()

    monkeypatch.setattr("shamsul.studies.precompute.time.sleep", passing)
    steps = [(step.case, step.method, step.outcome) for step in precompute(desk, sources)]
    expected = [(one.case.name, one.method.name, Outcome.COMPUTED) for one in sources[2:]]
    expected.append((theirs.case.name, theirs.method.name, Outcome.PRESENT))
    expected.append((failed.case.name, failed.method.name, Outcome.COMPUTED))
    assert steps == expected
    assert theirs.key not in engine.asked
    assert not claims.ours


def test_who_stops_a_cluster_gives_back_what_was_claimed(
    tmp_path: Path, engine: FakeEngine, sources: list[Source]
) -> None:
    claims = Claimed(set())
    steps = precompute(desk_in(tmp_path, FakeCluster(engine), claims), sources)
    next(steps)
    assert claims.ours  # the task has other maps
    steps.close()  # type: ignore[attr-defined]
    assert not claims.ours
