"""Maps in the background: progress, sharing, failure, giving up, and the cache."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.method import ExplainerError, Method, Relevance, Task
from shamsul.jobs import Job, Jobs, State
from shamsul.radiographs.geometry import Geometry

GEOMETRY = Geometry.window((4, 4), (4, 4), top=0, left=0, height=4, width=4)
IMAGE = GridImage(np.zeros((4, 4), np.float32), GEOMETRY)


class Sum(nn.Module):
    def forward(self, x):  # type: ignore[no-untyped-def]
        return x.sum((1, 2, 3))[:, None]


CLASSIFIER = Classifier(
    Manifest(
        name="sum",
        arch="torchvision/densenet",
        labels=("A",),
        input_size=4,
        channels=1,
        normalisation=Normalisation((0.0,), (1.0,)),
        resize=Resize.STRETCH,
        sha256="0" * 64,
        trained_on="nothing",
    ),
    Sum(),
)


def method(function: Callable[[Task], Relevance], *, sampled: bool = False) -> Method:
    return Method("fake", "Fake", function, (), sampled, "", "")


def request(jobs: Jobs, key: MapKey, method: Method) -> Job:
    return jobs.request(
        key, method, lambda progress: method.explain(CLASSIFIER, IMAGE, progress=progress)
    )


def key(name: str = "fake") -> MapKey:
    return MapKey("a" * 64, "b" * 64, name, {})


def ones(task: Task) -> Relevance:
    return Relevance(np.ones((1, 4, 4)), 1)


def wait(job: Job, *states: State) -> None:
    deadline = time.monotonic() + 10
    while job.state not in states and time.monotonic() < deadline:
        time.sleep(0.005)
    assert job.state in states


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(MapCache(tmp_path))


def test_maps_are_computed_and_survive_a_restart(tmp_path: Path) -> None:
    job = request(Jobs(MapCache(tmp_path)), key(), method(ones))
    wait(job, State.DONE)
    assert job.maps[0].values.tolist() == np.ones((4, 4)).tolist()

    def never(task: Task) -> Relevance:
        raise AssertionError("computed again")

    again = request(Jobs(MapCache(tmp_path)), key(), method(never))
    assert again.state is State.DONE


def test_requests_for_the_same_maps_share_a_job(jobs: Jobs) -> None:
    first, second = (request(jobs, key(), method(ones)) for _ in range(2))
    assert first is second


def test_progress_is_words_and_request_does_not_wait(jobs: Jobs) -> None:
    going, seen = threading.Event(), threading.Event()

    def slow(task: Task) -> Relevance:
        task.progress(240, 512)
        seen.set()
        going.wait(10)
        return ones(task)

    job = request(jobs, key(), method(slow))
    assert seen.wait(10)
    assert job.progress == "Fake 240/512 model evaluations"
    assert job.maps == ()
    going.set()
    wait(job, State.DONE)


def test_few_evaluations_go_before_many(jobs: Jobs) -> None:
    order: list[str] = []
    going = threading.Event()

    def blocking(task: Task) -> Relevance:
        going.wait(10)
        return ones(task)

    def noting(name: str) -> Callable[[Task], Relevance]:
        def function(task: Task) -> Relevance:
            order.append(name)
            return ones(task)

        return function

    request(jobs, key("first"), method(blocking))
    slow = request(jobs, key("slow"), method(noting("slow"), sampled=True))
    request(jobs, key("fast"), method(noting("fast")))
    going.set()
    wait(slow, State.DONE)
    assert order == ["fast", "slow"]


def test_failure_is_a_sentence_and_can_be_tried_again(jobs: Jobs) -> None:
    def refuse(task: Task) -> Relevance:
        raise ExplainerError("No rule for this.")

    job = request(jobs, key(), method(refuse))
    wait(job, State.FAILED)
    assert job.reason == "No rule for this."
    jobs.retry([job])
    wait(request(jobs, key(), method(ones)), State.DONE)


def test_unexpected_failure_says_no_more_than_its_type(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(task: Task) -> Relevance:
        raise RuntimeError("Doe^Jane")

    job = request(jobs, key(), method(break_down))
    wait(job, State.FAILED)
    assert job.reason == "Fake could not be computed (RuntimeError)."
    assert "Doe" not in caplog.text
    wait(request(jobs, key("next"), method(ones)), State.DONE)


def endless(given_up: threading.Event) -> Callable[[Task], Relevance]:
    def function(task: Task) -> Relevance:
        for step in range(10_000):
            time.sleep(0.005)
            try:
                task.progress(step, 10_000)
            except BaseException:
                given_up.set()
                raise
        return ones(task)

    return function


def test_job_that_nobody_wants_makes_way_for_one_that_is_wanted(tmp_path: Path) -> None:
    jobs = Jobs(MapCache(tmp_path), patience=0.05)
    given_up = threading.Event()
    left = request(jobs, key(), method(endless(given_up), sampled=True))
    assert not given_up.wait(0.5)  # alone, it goes on
    wanted = request(jobs, key("next"), method(ones, sampled=True))
    assert given_up.wait(10)
    wait(wanted, State.DONE)
    assert left.state is not State.DONE
    assert request(jobs, key(), method(ones)) is not left


def test_few_evaluations_do_not_wait_for_many_to_end(jobs: Jobs) -> None:
    slow = request(jobs, key("slow"), method(endless(threading.Event()), sampled=True))
    wait(slow, State.RUNNING)
    for number in range(3):
        fast = request(jobs, key(f"fast {number}"), method(ones))
        wait(fast, State.DONE)
        request(jobs, key("slow"), method(ones, sampled=True))  # still wanted
    assert slow.state is State.RUNNING


def test_disk_that_takes_nothing_still_gives_maps(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    job = request(Jobs(MapCache(blocked / "maps")), key(), method(ones))
    wait(job, State.DONE)


def test_key_of_another_image_is_another_job(jobs: Jobs) -> None:
    first = request(jobs, key(), method(ones))
    other = request(jobs, replace(key(), image_sha256="c" * 64), method(ones))
    assert first is not other
