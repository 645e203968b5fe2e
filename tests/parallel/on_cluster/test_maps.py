"""Maps and measures on the nodes of a Ray cluster are those of one machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cluster import Nodes
from shamsul.assessment.scored import logits_of
from shamsul.classifiers import registry
from shamsul.classifiers.grid import GridImage
from shamsul.computing.cluster import OnCluster
from shamsul.computing.engine import Here
from shamsul.computing.worker import Worker
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.registry import METHODS
from shamsul.parallel.cluster import Cluster
from shamsul.phantom import render
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading import Store
from shamsul.reading.demo import DEMO, ensure_default_studies
from shamsul.settings import ASSETS, settings
from shamsul.studies.panels import open_sources
from shamsul.studies.precompute import Outcome, precompute
from shamsul.units.layers import layers
from tests.studies.desk import desk_in

pytestmark = pytest.mark.long

STUDY = "phantom-demo"
CALL = [sys.executable, "-m", "shamsul"]


def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "SHAMSUL_DATA_DIR": str(data), "PYTHONPATH": os.pathsep.join(sys.path)}


def run(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, since Ray stays with a process."""
    return subprocess.run(
        [*CALL, *arguments], env=environment(data), capture_output=True, text=True
    )


def never(done: int, planned: int) -> None:
    pass


def alike(one: tuple[Heatmap, ...], other: tuple[Heatmap, ...]) -> None:
    """To a thousandth of the largest value: threads add up in another order."""
    assert [a.label for a in one] == [b.label for b in other]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a.values, b.values, atol=1e-3 * np.abs(a.values).max())


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of an installation that computed the demo's maps without a cluster."""
    data = tmp_path_factory.mktemp("alone")
    assert run(data, "study", "status").returncode == 0
    done = run(data, "precompute", STUDY, "--method", "lrp", "--method", "lime", "--json")
    assert done.returncode == 0, done.stderr
    assert "nodes" not in json.loads(done.stdout)
    return data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    assert run(tmp_path / "data", "study", "status").returncode == 0
    return tmp_path / "data"


def test_the_maps_have_the_same_keys_and_values(nodes: Nodes, data: Path, alone: Path) -> None:
    methods = ["--method", "lrp", "--method", "lime"]
    done = run(data, "precompute", STUDY, *methods, "--ray", nodes.address, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["computed"] == 16
    assert sum(found["nodes"].values()) == 16  # quick and sampled ones of eight cases
    assert min(found["nodes"][name] for name in ("one", "two")) > 0
    names = {path.name for path in (alone / "maps").iterdir()}
    assert {path.name for path in (data / "maps").iterdir()} == names
    for name in names:
        with np.load(alone / "maps" / name) as one, np.load(data / "maps" / name) as other:
            a, b = one["values"], other["values"]
            np.testing.assert_allclose(a, b, atol=1e-3 * np.abs(a).max())


@pytest.mark.flaky(reruns=2)  # what Ray forks to answer it may hang, see `Cluster`
def test_a_machine_that_is_none_of_the_cluster_can_ask_it(nodes: Nodes, data: Path) -> None:
    call = ["precompute", STUDY, "--method", "grad_cam", "--ray", nodes.from_outside, "--json"]
    done = run(data, *call)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["computed"] == sum(found["nodes"].values()) == 8


def test_after_its_driver_was_killed_the_next_one_goes_on(nodes: Nodes, data: Path) -> None:
    call = [*CALL, "precompute", STUDY, "--method", "lrp", "--ray", nodes.address, "--json"]
    killed = subprocess.Popen(call, env=environment(data), stdout=subprocess.PIPE)
    while not [*data.glob("maps/[!.]*")]:
        assert killed.poll() is None
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    done = run(data, *call[3:])
    found = json.loads(done.stdout)
    assert found["present"] > 0
    assert found["present"] + found["computed"] == 8


def test_a_radiograph_that_is_gone_is_told_and_the_others_come(
    cluster: Cluster, tmp_path: Path
) -> None:
    desk = desk_in(tmp_path, OnCluster(cluster))
    store = Store(f"sqlite:///{tmp_path / 'shamsul.db'}")
    ensure_default_studies(store, desk.archive, desk.annotations, ASSETS)
    cases = store.cases(DEMO.name)[:3]
    store.close()
    sources = open_sources(DEMO, cases, [METHODS["grad_cam"]])
    gone = replace(sources[1], key=replace(sources[1].key, image_sha256="f" * 64))
    steps = {step.case: step for step in precompute(desk, [sources[0], gone, sources[2]])}
    outcomes = [steps[case.name].outcome for case in cases]
    assert outcomes == [Outcome.COMPUTED, Outcome.FAILED, Outcome.COMPUTED]
    assert "radiograph" in steps[cases[1].name].reason
    again = [step.outcome for step in precompute(desk, [sources[0], sources[0]])]
    assert again == [Outcome.PRESENT] * 2


def test_the_maps_of_likely_labels_alone_are_kept(cluster: Cluster, tmp_path: Path) -> None:
    desk = desk_in(tmp_path, OnCluster(cluster))
    store = Store(f"sqlite:///{tmp_path / 'shamsul.db'}")
    ensure_default_studies(store, desk.archive, desk.annotations, ASSETS)
    (source,) = open_sources(DEMO, store.cases(DEMO.name)[:1], [METHODS["grad_cam"]])
    store.close()
    outcomes = [
        [step.outcome for step in precompute(desk, [source], least=least)]
        for least in (0.9, 0.95, 0.5)
    ]
    assert outcomes == [[Outcome.COMPUTED], [Outcome.PRESENT], [Outcome.COMPUTED]]
    scores = registry.load("phantom").predict(desk.archive.get(source.key.image_sha256)).scores
    likely = {one.label for one in scores if one.probability >= 0.5}
    assert {one.label for one in desk.kept(source, [*likely])} == likely


def test_faithfulness_is_that_of_one_machine(nodes: Nodes, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "phantoms"
    assert run(data, "phantom", "render", "--count", "2", "--out", str(out)).returncode == 0
    files = [str(path) for path in sorted(out.glob("*.png"))]
    call = ["faithfulness", *files, "--method", "lrp", "--measure", "infidelity", "--json"]
    here = json.loads(run(data, *call).stdout)
    there = json.loads(run(data, *call, "--ray", nodes.address).stdout)
    assert sum(there.pop("nodes").values()) == len(files)
    assert len(here["rows"]) == len(there["rows"]) > 0
    for one, other in zip(here["rows"], there["rows"], strict=True):
        assert one["value"] == pytest.approx(other["value"], rel=1e-3)
        assert (one["image"], one["label"]) == (other["image"], other["label"])


@pytest.fixture(scope="module")
def folder() -> Path:
    return registry.folder_of("phantom")


@pytest.fixture(scope="module")
def image() -> GridImage:
    radiograph = Radiograph(render(3, shape=(256, 216)).pixels, (0.0, 1.0), None, "", "0" * 64)
    return registry.load("phantom").prepare(radiograph)


def key(method: str, **parameters: object) -> MapKey:
    fingerprint = registry.load("phantom").manifest.fingerprint
    return MapKey("0" * 64, fingerprint, method, METHODS[method].settle(parameters))


def test_all_that_an_engine_computes_is_the_same_there(
    cluster: Cluster, folder: Path, image: GridImage, tmp_path: Path
) -> None:
    there, here = OnCluster(cluster), Here()
    assert there.at_once == 2
    wanted = key("lrp")
    maps = there.explain(folder, wanted, image, never)
    alike(here.explain(folder, wanted, image, never), maps)
    MapCache(tmp_path).put(wanted, maps)
    asked = (folder, [wanted], tmp_path, image, "infidelity", 0, never)
    for one, other in zip(here.measure(*asked), there.measure(*asked), strict=True):
        assert one["value"] == pytest.approx(other["value"], rel=1e-3)
    layer = layers(registry.load("phantom"))[0]
    looked = (folder, wanted.model, layer, image)
    one, other = here.survey(*looked, never), there.survey(*looked, never)
    np.testing.assert_allclose(one.relevance, other.relevance, atol=1e-3)
    changed = (*looked, [0, 1], [0.0, 0.0], never)
    np.testing.assert_allclose(here.replaced(*changed), there.replaced(*changed), atol=1e-3)


def test_an_engine_that_a_machine_does_not_have_is_a_sentence(
    cluster: Cluster, folder: Path, image: GridImage
) -> None:
    other = MapKey(**{**key("lime").to_json(), "target": key("lime").target, "engine": "Abacus"})
    with pytest.raises(ExplainerError, match="This machine has no Abacus"):
        OnCluster(cluster).explain(folder, other, image, never)


def test_the_images_of_a_data_set_are_evaluated_there(cluster: Cluster, folder: Path) -> None:
    classifier = registry.load("phantom")
    size = classifier.manifest.input_size
    pixels = np.random.default_rng(0).integers(0, 256, (300, size, size), np.uint8)
    places = np.arange(299, -1, -1)
    before, told = cluster.nodes, list[int]()
    there = logits_of(classifier, pixels, places, lambda done, _: told.append(done), folder)
    assert sum(cluster.nodes.values()) - sum(before.values()) == len(told) == 3
    assert told[-1] == 300
    np.testing.assert_allclose(there, logits_of(classifier, pixels, places, never), atol=1e-4)


@pytest.fixture
def worker(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setenv("SHAMSUL_RAY_ADDRESS", nodes.address)
    settings.cache_clear()
    found = Worker()
    yield found
    found.stop()
    settings.cache_clear()


def test_the_apps_process_hands_on_what_several_threads_ask(
    worker: Worker, folder: Path, image: GridImage
) -> None:
    assert worker.at_once == 2
    asked = [key("lrp"), key("grad_cam"), key("integrated_gradients", steps=8)]
    with ThreadPoolExecutor(3) as threads:
        found = [
            *threads.map(lambda one: worker.explain(folder, one, image, never), asked[:2]),
            threads.submit(worker.urgent.explain, folder, asked[2], image, never).result(),
        ]
    for one, maps in zip(asked, found, strict=True):
        alike(Here().explain(folder, one, image, never), maps)


def test_without_its_cluster_the_app_computes_itself(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, folder: Path, image: GridImage
) -> None:
    monkeypatch.setenv("SHAMSUL_RAY_ADDRESS", "127.0.0.1:1")
    settings.cache_clear()
    assert worker.at_once == 1
    maps = worker.explain(folder, key("grad_cam"), image, never)
    alike(Here().explain(folder, key("grad_cam"), image, never), maps)
