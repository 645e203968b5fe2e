"""The worker process: the same maps as in this one, in order, and sentences when it ends."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shamsul.classifiers import registry
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.inference import equip
from shamsul.computing.engine import Here
from shamsul.computing.worker import ProcessEnded, Worker
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Cancelled, ExplainerError
from shamsul.explainers.registry import METHODS
from shamsul.faithfulness.measure import Subject
from shamsul.faithfulness.registry import MEASURES
from shamsul.operations.log import about
from shamsul.phantom import render
from shamsul.radiographs.radiograph import Radiograph


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.stop()


@pytest.fixture(scope="module")
def folder() -> Path:
    return registry.folder_of("phantom")


@pytest.fixture(scope="module")
def image() -> GridImage:
    radiograph = Radiograph(render(3, shape=(256, 216)).pixels, (0.0, 1.0), None, "", "0" * 64)
    return registry.load("phantom").prepare(radiograph)


def key(method: str = "grad_cam", **parameters: object) -> MapKey:
    return MapKey(
        "0" * 64,
        registry.load("phantom").manifest.fingerprint,
        method,
        METHODS[method].settle(parameters),
        Target.PROBABILITY,
        seed=3,
    )


def never(done: int, planned: int) -> None:
    """For who does not look at the progress."""


@pytest.mark.long
def test_same_maps_as_in_this_process(worker: Worker, folder: Path, image: GridImage) -> None:
    wanted = key()
    here = METHODS["grad_cam"].explain(
        registry.load("phantom"), image, target=Target.PROBABILITY, seed=3
    )
    there = worker.explain(folder, wanted, image, never)
    assert [heatmap.label for heatmap in there] == [heatmap.label for heatmap in here]
    for one, other in zip(there, here, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=1e-4, atol=1e-6)
        assert one.geometry == other.geometry
        assert one.parameters == other.parameters
        assert one.output == pytest.approx(other.output, abs=1e-5)


@pytest.mark.long
def test_other_maps_go_between_two_reports_of_progress(
    worker: Worker, folder: Path, image: GridImage
) -> None:
    order = []

    def progress(done: int, planned: int) -> None:
        if not order:
            order.append("first report")
            worker.explain(folder, key("grad_cam"), image, never)
            order.append("grad_cam")

    worker.explain(folder, key("lime", samples=64), image, progress)
    order.append("lime")
    assert order == ["first report", "grad_cam", "lime"]


def test_what_progress_raises_ends_the_work_and_the_next_goes_on(
    worker: Worker, folder: Path, image: GridImage
) -> None:
    seen = []

    def progress(done: int, planned: int) -> None:
        seen.append((done, planned))
        raise Cancelled

    with pytest.raises(Cancelled):
        worker.explain(folder, key("lime", samples=5000), image, progress)
    assert len(seen) == 1
    assert worker.explain(folder, key(), image, never)


def test_model_that_was_replaced_is_a_sentence(
    worker: Worker, folder: Path, image: GridImage
) -> None:
    other = MapKey("0" * 64, "f" * 64, "grad_cam", METHODS["grad_cam"].settle({}))
    with pytest.raises(ExplainerError, match="folder was changed"):
        worker.explain(folder, other, image, never)


def test_missing_model_is_a_sentence(worker: Worker, tmp_path: Path, image: GridImage) -> None:
    with pytest.raises(ExplainerError, match=r"model\.toml"):
        worker.explain(tmp_path, key(), image, never)


@pytest.mark.long
def test_process_that_ends_is_a_sentence_and_the_next_request_starts_another(
    folder: Path, image: GridImage
) -> None:
    worker = Worker()

    def progress(done: int, planned: int) -> None:
        assert worker.process is not None
        os.kill(worker.process, signal.SIGKILL)

    with pytest.raises(ExplainerError, match="ended"):
        worker.explain(folder, key("lime", samples=64), image, progress)
    assert worker.explain(folder, key(), image, never)
    worker.stop()


@pytest.mark.parametrize("method", ["lrp", "lime"])
def test_likely_labels_alone_have_the_maps_that_they_have_among_all(
    worker: Worker, folder: Path, image: GridImage, method: str
) -> None:
    asked = key(method) if method == "lrp" else key(method, samples=64)
    least = sorted(one.probability for one in registry.load("phantom").predict_grid(image).scores)
    every = {one.label: one for one in Here().explain(folder, asked, image, never)}
    some = worker.explain(folder, asked, image, never, least[-2])
    assert len(some) == 2
    for one in some:
        other = every[one.label]
        np.testing.assert_allclose(one.values, other.values, atol=1e-3 * np.abs(other.values).max())
        assert one.evaluations < other.evaluations or method == "lime"


@pytest.mark.long
def test_measures_are_those_of_this_process(
    worker: Worker, folder: Path, image: GridImage, tmp_path: Path
) -> None:
    classifier, cache = registry.load("phantom"), MapCache(tmp_path)
    equip(classifier)
    keys = [key("grad_cam"), key("lrp")]
    for one in keys:
        cache.put(one, worker.explain(folder, one, image, never))
    seen: list[tuple[int, int]] = []
    rows = worker.measure(
        folder, keys, tmp_path, image, "infidelity", 5, lambda *state: seen.append(state)
    )
    assert seen[-1][0] == seen[-1][1] > 0
    labels = classifier.predict_grid(image).shown_labels
    shown = [one for name in keys for one in cache.get(name) or () if one.label in labels]
    expected = MEASURES["infidelity"].rows(Subject(classifier, image, tuple(shown), 5))
    about = ("label", "method", "heatmap_sha256", "statistic")
    assert [[row[name] for name in about] for row in rows] == [
        [row[name] for name in about] for row in expected
    ]
    for row, other in zip(rows, expected, strict=True):
        assert row["value"] == pytest.approx(other["value"], rel=1e-3)
    assert {row["label"] for row in rows} == set(labels)


@pytest.mark.long
def test_maps_go_between_two_reports_of_a_measure(
    worker: Worker, folder: Path, image: GridImage, tmp_path: Path
) -> None:
    MapCache(tmp_path).put(key(), worker.explain(folder, key(), image, never))
    between: list[int] = []

    def progress(done: int, planned: int) -> None:
        if not between:
            between.append(len(worker.explain(folder, key("lrp"), image, never)))

    rows = worker.measure(folder, [key()], tmp_path, image, "infidelity", 0, progress)
    assert between == [len(registry.load("phantom").manifest.labels)]
    assert {row["method"] for row in rows} == {"grad_cam"}


def test_maps_that_are_gone_are_a_sentence(
    worker: Worker, folder: Path, image: GridImage, tmp_path: Path
) -> None:
    with pytest.raises(ExplainerError, match="maps by Grad-CAM are not on the disk"):
        worker.measure(folder, [key()], tmp_path, image, "infidelity", 0, never)


@pytest.mark.long
def test_paths_of_the_current_folder_are_found(
    folder: Path, image: GridImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, tmp_path / "model")
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    worker = Worker()
    assert worker.explain(Path("model"), key(), image, never)
    worker.stop()


@pytest.mark.long
def test_worker_ends_with_its_server(folder: Path, image: GridImage) -> None:
    worker = Worker()
    worker.explain(folder, key(), image, never)
    process = worker.process
    assert process is not None
    (pipe,) = worker._running.start()
    pipe.close()
    os.waitpid(process, 0)  # returns once it has ended
    worker.stop()


@pytest.mark.long
def test_it_logs_as_the_settings_say_and_names_the_job(
    image: GridImage,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SHAMSUL_LOG", "json")
    worker = Worker()
    assert worker.fault() == ""
    with about("0123456789abcdef"), pytest.raises(ExplainerError):
        wrong = replace(key("lime"), parameters={"evaluations": "DOE^JOHN"})
        worker.explain(folder, wrong, image, never)
    assert worker.fault() == ""
    assert worker.process is not None
    os.kill(worker.process, signal.SIGKILL)
    while not worker.fault():
        pass
    with pytest.raises(ProcessEnded):
        worker.explain(folder, key(), image, never)
    assert worker.fault() == ""  # the next request starts it anew
    said = capfd.readouterr().err
    assert "DOE" not in said
    (line,) = map(json.loads, said.splitlines())
    assert line["job"] == "0123456789ab" and line["message"].startswith("lime failed: ")
