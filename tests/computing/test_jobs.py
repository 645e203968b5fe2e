"""Maps in the background: progress, sharing, failure, giving up, and the cache."""

import json
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Manifest, Normalisation, Resize
from shamsul.computing.jobs import (
    IDLE_PATIENCE,
    PATIENCE,
    Computation,
    Job,
    Jobs,
    Outcome,
    State,
)
from shamsul.computing.pace import Experience, Run
from shamsul.explainers.cache import MapCache, MapKey
from shamsul.explainers.method import ExplainerError, Method, Progress, Relevance, Task
from shamsul.operations.log import Lines, shortened
from shamsul.operations.metrics import REGISTRY
from shamsul.radiographs.geometry import Geometry

GEOMETRY = Geometry.window((4, 4), (4, 4), top=0, left=0, height=4, width=4)
IMAGE = GridImage(np.zeros((4, 4), np.float32), GEOMETRY)


class Total(nn.Module):
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
    Total(),
)


def method(function: Callable[[Task], Relevance], *, sampled: bool = False) -> Method:
    return Method("fake", "Fake", function, (), sampled, "", "")


def request(jobs: Jobs, key: MapKey, method: Method, *, on_screen: bool = False) -> Job:
    return jobs.request(
        key,
        method,
        lambda progress: method.explain(CLASSIFIER, IMAGE, progress=progress),
        case="CXR-1",
        on_screen=on_screen,
    )


def key(name: str = "fake") -> MapKey:
    return MapKey("a" * 64, "b" * 64, name, {})


def ones(task: Task) -> Relevance:
    return Relevance(np.ones((1, 4, 4)), 1)


def wait(job: Computation, *states: State) -> None:
    deadline = time.monotonic() + 10
    while job.state not in states and time.monotonic() < deadline:
        time.sleep(0.005)
    assert job.state in states


def wait_for_progress(job: Job) -> None:
    """Until the job has reported twice more, so at least once after what was done before."""
    seen, deadline = job.done, time.monotonic() + 10
    while job.done < seen + 2 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert job.done >= seen + 2


class Clock:
    """What the jobs take for the time."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("shamsul.computing.jobs.time", clock)
    return clock


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(MapCache(tmp_path))


class Blocking:
    """A method that is busy, reporting nothing, until it is told to go on."""

    def __init__(self) -> None:
        self.going = threading.Event()

    def __call__(self, task: Task) -> Relevance:
        assert self.going.wait(10)
        return ones(task)


def test_maps_are_computed_and_survive_a_restart(tmp_path: Path) -> None:
    job = request(Jobs(MapCache(tmp_path)), key(), method(ones))
    wait(job, State.DONE)
    assert job.maps[0].values.tolist() == np.ones((4, 4)).tolist()

    def never(task: Task) -> Relevance:
        raise AssertionError("computed again")

    again = request(Jobs(MapCache(tmp_path)), key(), method(never))
    assert again.state is State.DONE


def test_readers_share_jobs_and_a_short_queue_serves_them_all(tmp_path: Path) -> None:
    jobs = Jobs(MapCache(tmp_path), queued=2)
    computed: Counter[str] = Counter()

    def counting(name: str) -> Callable[[Task], Relevance]:
        def function(task: Task) -> Relevance:
            computed[name] += 1
            for step in range(5):
                task.progress(step, 5)
            return ones(task)

        return function

    methods = {f"{n}": method(counting(f"{n}"), sampled=n % 2 == 0) for n in range(8)}

    def read(_: int) -> None:
        for name, chosen in methods.items():
            request(jobs, key(name), chosen)
        for name, chosen in methods.items():
            deadline = time.monotonic() + 10
            while request(jobs, key(name), chosen).state is not State.DONE:
                assert time.monotonic() < deadline
                time.sleep(0.001)

    with ThreadPoolExecutor(4) as readers:
        list(readers.map(read, range(4)))
    assert computed == dict.fromkeys(methods, 1)


def test_request_returns_at_once_while_a_long_job_runs(tmp_path: Path) -> None:
    wait(request(Jobs(MapCache(tmp_path)), key("kept"), method(ones)), State.DONE)
    jobs = Jobs(MapCache(tmp_path))
    busy = Blocking()
    long = request(jobs, key("long"), method(busy))
    wait(long, State.RUNNING)
    assert request(jobs, key("kept"), method(ones)).state is State.DONE
    assert request(jobs, key("long"), method(busy)) is long
    new = request(jobs, key("new"), method(ones))
    assert (long.state, new.state) == (State.RUNNING, State.WAITING)
    busy.going.set()
    wait(new, State.DONE)


def test_job_beyond_a_full_queue_waits_outside_until_it_is_asked_for_again(tmp_path: Path) -> None:
    jobs = Jobs(MapCache(tmp_path), queued=2)
    order: list[str] = []

    def ask(name: str) -> Job:
        def function(task: Task) -> Relevance:
            order.append(name)
            return ones(task)

        return request(jobs, key(name), method(function))

    busy = Blocking()
    wait(request(jobs, key("busy"), method(busy)), State.RUNNING)
    queued = [ask("first"), ask("second")]
    assert ask("outside").progress == "Fake waiting"
    busy.going.set()
    for job in queued:
        wait(job, State.DONE)
    wait(ask("later"), State.DONE)
    assert order == ["first", "second", "later"]
    wait(ask("outside"), State.DONE)


def test_jobs_that_nobody_wants_leave_a_full_queue(tmp_path: Path, clock: Clock) -> None:
    jobs = Jobs(MapCache(tmp_path), queued=2)

    def never(task: Task) -> Relevance:
        raise AssertionError("computed for nobody")

    busy = Blocking()
    wait(request(jobs, key("busy"), method(busy)), State.RUNNING)
    left = request(jobs, key("left"), method(never))
    request(jobs, key("stayed"), method(ones))
    clock.now += PATIENCE + 1
    stayed = request(jobs, key("stayed"), method(ones))
    came = request(jobs, key("came"), method(ones))
    busy.going.set()
    wait(stayed, State.DONE)
    wait(came, State.DONE)
    assert left.state is State.WAITING


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


def request_anew(jobs: Jobs, given_up: Job) -> Job:
    """Ask for the maps of a job that is being given up, until there is another job for them."""
    deadline = time.monotonic() + 10
    while (job := request(jobs, given_up.key, method(ones))) is given_up:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return job


def test_job_that_nobody_wants_makes_way_for_one_that_is_wanted(jobs: Jobs, clock: Clock) -> None:
    given_up = threading.Event()
    left = request(jobs, key(), method(endless(given_up), sampled=True))
    clock.now += PATIENCE + 1
    wait_for_progress(left)  # alone, it goes on
    wanted = request(jobs, key("next"), method(ones, sampled=True))
    assert given_up.wait(10)
    wait(wanted, State.DONE)
    assert left.state is not State.DONE
    wait(request_anew(jobs, left), State.DONE)


def test_job_goes_on_and_keeps_its_turn_where_the_others_are_wanted_no_more_than_it(
    jobs: Jobs, clock: Clock
) -> None:
    """A page that takes its time asks for none of its maps meanwhile."""
    order = []
    first = request(jobs, key("first"), method(endless(threading.Event()), sampled=True))

    def noting(name: str) -> Method:
        return method(lambda task: order.append(name) or ones(task), sampled=True)

    waiting = [request(jobs, key(name), noting(name)) for name in ("second", "third")]
    clock.now += PATIENCE + 1
    wait_for_progress(first)
    jobs.give_up([first])
    for job in waiting:
        wait(job, State.DONE)
    assert order == ["second", "third"]


def test_job_that_nobody_wants_is_given_up_in_the_end(jobs: Jobs, clock: Clock) -> None:
    given_up = threading.Event()
    job = request(jobs, key(), method(endless(given_up), sampled=True))
    clock.now += IDLE_PATIENCE - 1
    wait_for_progress(job)
    request(jobs, key(), method(ones))  # still wanted
    clock.now += IDLE_PATIENCE - 1
    wait_for_progress(job)
    clock.now += 2
    assert given_up.wait(10)
    wait(request_anew(jobs, job), State.DONE)


def test_few_evaluations_do_not_wait_for_many_to_end(jobs: Jobs, clock: Clock) -> None:
    """The clock stands still, so that the long job does not lose its place for want of asking."""
    given_up = threading.Event()
    slow = request(jobs, key("slow"), method(endless(given_up), sampled=True))
    wait(slow, State.RUNNING)
    for number in range(3):
        wait(request(jobs, key(f"fast {number}"), method(ones)), State.DONE)
    wait_for_progress(slow)
    assert not given_up.is_set()


def test_disk_that_takes_nothing_still_gives_maps(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    job = request(Jobs(MapCache(blocked / "maps")), key(), method(ones))
    wait(job, State.DONE)


def test_key_of_another_image_is_another_job(jobs: Jobs) -> None:
    first = request(jobs, key(), method(ones))
    other = request(jobs, replace(key(), image_sha256="c" * 64), method(ones))
    assert first is not other


def test_job_that_is_given_up_stops_at_its_next_report_and_those_that_wait_are_dropped(
    jobs: Jobs, clock: Clock
) -> None:
    given_up = threading.Event()

    def never(task: Task) -> Relevance:
        raise AssertionError("computed for nobody")

    running = request(jobs, key(), method(endless(given_up), sampled=True))
    wait(running, State.RUNNING)
    waiting = request(jobs, key("waiting"), method(never, sampled=True))
    jobs.give_up([running, waiting])
    assert given_up.wait(10)
    wait(request(jobs, key("next"), method(ones, sampled=True)), State.DONE)
    assert waiting.state is State.WAITING
    # Asked for again, it is computed after all.
    wait(request_anew(jobs, running), State.DONE)


@dataclass
class Sum(Computation[int]):
    """A computation that is no map; what it gives is kept in a list."""

    kept: list[int]
    full: bool = False

    @property
    def digest(self) -> str:
        return "sum"

    @property
    def counted(self) -> tuple[str, str]:
        return "sums", ""

    @property
    def title(self) -> str:
        return "Sum"

    @property
    def kind(self) -> str:
        return "sum"

    @property
    def quick(self) -> bool:
        return False

    @property
    def unit(self) -> str:
        return "terms"

    def find(self) -> bool:
        return bool(self.kept)

    def take(self, result: int) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.kept.append(result)

    def failure(self, error: Exception) -> str:
        return f"Not kept ({type(error).__name__})."


def test_anything_that_is_kept_is_computed_once(tmp_path: Path) -> None:
    kept: list[int] = []
    going, seen = threading.Event(), threading.Event()

    def add(progress: Progress) -> int:
        progress(1, 2)
        seen.set()
        assert going.wait(10)
        return 3

    jobs = Jobs(MapCache(tmp_path))
    job = jobs.submit(Sum(kept), add)
    assert jobs.submit(Sum(kept), add) is job
    assert seen.wait(10)
    assert job.progress == "Sum 1/2 terms"
    going.set()
    wait(job, State.DONE)
    # After a restart it is found.
    assert Jobs(MapCache(tmp_path)).submit(Sum(kept), add).state is State.DONE
    assert kept == [3]


def test_what_cannot_be_kept_is_a_sentence(jobs: Jobs) -> None:
    job = jobs.submit(Sum([], full=True), lambda progress: 3)
    wait(job, State.FAILED)
    assert job.reason == "Not kept (OSError)."


# ---- The order, by what is looked at and by hand -------------------------------------------------


class Line:
    """A queue behind a busy job, and the order in which its jobs are then computed."""

    def __init__(self, jobs: Jobs, *, sampled: bool = True) -> None:
        self.jobs, self.order = jobs, list[str]()
        self.busy = Blocking()
        self.first = request(jobs, key("busy"), method(self.busy, sampled=sampled))
        wait(self.first, State.RUNNING)

    def ask(self, name: str, *, sampled: bool = True, on_screen: bool = False) -> Job:
        def function(task: Task) -> Relevance:
            self.order.append(name)
            return ones(task)

        return request(self.jobs, key(name), method(function, sampled=sampled), on_screen=on_screen)

    def waiting(self) -> list[str]:
        named = {key(name).digest: name for name in "abcdefgh"}
        return [named[one.digest] for one in self.jobs.queue() if not one.running]

    def run(self, *asked: Job) -> list[str]:
        self.busy.going.set()
        for job in asked:
            wait(job, State.DONE)
        return self.order


def test_what_is_looked_at_goes_first_and_of_that_what_needs_few(jobs: Jobs, clock: Clock) -> None:
    line = Line(jobs)
    asked = [
        line.ask("a"),
        line.ask("b", sampled=False),
        line.ask("c", on_screen=True),
        line.ask("d", sampled=False, on_screen=True),
    ]
    assert line.waiting() == list("dcba")
    assert line.run(*asked) == list("dcba")


def test_what_is_no_longer_looked_at_loses_its_turn(jobs: Jobs, clock: Clock) -> None:
    line = Line(jobs)
    line.ask("a", on_screen=True)
    line.ask("b")
    clock.now += PATIENCE + 1
    line.ask("b", on_screen=True)
    assert line.waiting() == list("ba")
    line.ask("a", on_screen=True)
    assert line.waiting() == list("ab")
    line.busy.going.set()


def test_what_is_looked_at_does_not_wait_for_the_end_of_what_is_not(
    jobs: Jobs, clock: Clock
) -> None:
    given_up = threading.Event()
    slow = request(jobs, key("slow"), method(endless(given_up), sampled=True))
    wait(slow, State.RUNNING)
    seen = request(jobs, key("seen"), method(ones, sampled=True), on_screen=True)
    wait(seen, State.DONE)
    assert slow.state is State.RUNNING
    wait_for_progress(slow)
    assert not given_up.is_set()


@pytest.mark.parametrize(
    ("moved", "before", "order"),
    [
        ("c", "a", "cabd"),
        ("c", "b", "acbd"),
        ("a", "c", "bacd"),
        ("a", "", "bcda"),
        ("b", "c", "abcd"),
        ("b", "b", "abcd"),
        ("c", "what ran meanwhile", "cabd"),
        ("nothing", "a", "abcd"),
    ],
)
def test_a_job_is_moved_by_hand(
    jobs: Jobs, clock: Clock, moved: str, before: str, order: str
) -> None:
    line = Line(jobs)
    # Two are looked at and two are not: the hand goes past that.
    asked = [line.ask(name, on_screen=name in "ab") for name in "abcd"]
    jobs.move(key(moved).digest, before and key(before).digest)
    assert line.waiting() == list(order)
    assert line.run(*asked) == list(order)


def test_jobs_are_moved_again_and_again(jobs: Jobs, clock: Clock) -> None:
    line = Line(jobs)
    asked = [line.ask(name) for name in "abcd"]
    for moved, before, order in (("d", "a", "dabc"), ("c", "a", "dcab"), ("d", "b", "cadb")):
        jobs.move(key(moved).digest, key(before).digest)
        assert line.waiting() == list(order)
    assert line.run(*asked) == list("cadb")


def test_stopped_job_has_failed_until_it_is_tried_again(jobs: Jobs, clock: Clock) -> None:
    given_up = threading.Event()
    running = request(jobs, key("running"), method(endless(given_up), sampled=True))
    wait(running, State.RUNNING)
    waiting = request(jobs, key("waiting"), method(ones, sampled=True))
    jobs.stop({key("running").digest, key("waiting").digest})
    assert given_up.wait(10)
    for job in (running, waiting):
        # A page that goes on asking does not start it again.
        assert request(jobs, job.key, method(ones, sampled=True)) is job
        assert (job.state, job.reason, job.stopped) == (State.FAILED, "Fake was stopped.", True)
    assert jobs.queue() == ()
    jobs.retry([running, waiting])
    for name in ("running", "waiting"):
        wait(request(jobs, key(name), method(ones)), State.DONE)


# ---- What is expected ----------------------------------------------------------------------------


def reporting(*counts: int, planned: int, seen: threading.Event, going: threading.Event) -> Method:
    def function(task: Task) -> Relevance:
        for count in counts:
            task.progress(count, planned)
        seen.set()
        assert going.wait(10)
        task.progress(counts[-1], counts[-1])
        return ones(task)

    return method(function, sampled=True)


def test_queue_says_what_runs_for_which_case_and_how_much_is_expected(tmp_path: Path) -> None:
    experience = Experience()
    experience.learn(Job(key("x"), method(ones), MapCache(tmp_path)).kind, Run(250, 50.0))
    jobs = Jobs(MapCache(tmp_path), experience=experience)
    seen, going = threading.Event(), threading.Event()
    request(jobs, key("x"), reporting(100, planned=1000, seen=seen, going=going))
    assert seen.wait(10)
    request(jobs, key("new"), method(ones, sampled=True))
    running, waiting = jobs.queue()
    assert (running.running, running.title, running.case) == (True, "Fake", "CXR-1")
    # Not the bound of 1,000: what it took before, a fifth of a second each.
    assert (running.done, running.expected, running.unit) == (100, 250, "model evaluations")
    assert running.seconds_left == pytest.approx(150 / 5)
    assert (waiting.running, waiting.expected) == (False, 0)
    assert np.isnan(waiting.seconds_left)
    going.set()


def test_more_than_expected_is_planned_as_reported(tmp_path: Path) -> None:
    experience = Experience()
    experience.learn(Job(key(), method(ones), MapCache(tmp_path)).kind, Run(250, 50.0))
    jobs = Jobs(MapCache(tmp_path), experience=experience)
    seen, going = threading.Event(), threading.Event()
    job = request(jobs, key(), reporting(100, 260, planned=400, seen=seen, going=going))
    assert seen.wait(10)
    assert (job.done, job.planned) == (260, 400)
    assert job.progress == "Fake 260/400 model evaluations, about 30 s left"  # 140 / 5 = 28
    going.set()
    wait(job, State.DONE)


def test_what_a_job_took_is_expected_of_the_next_of_its_kind(tmp_path: Path) -> None:
    experience = Experience()
    jobs = Jobs(MapCache(tmp_path), experience=experience)
    seen, going = threading.Event(), threading.Event()
    going.set()
    job = request(jobs, key(), reporting(100, 260, planned=1000, seen=seen, going=going))
    wait(job, State.DONE)
    deadline = time.monotonic() + 10
    while (found := experience.expected(job.kind)) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert found is not None and found.count == 260
    other = Job(replace(key(), model="d" * 64), job.method, MapCache(tmp_path))
    assert experience.expected(other.kind) is None
    case = Job(replace(key(), image_sha256="d" * 64), job.method, MapCache(tmp_path))
    assert experience.expected(case.kind) == found


def counted() -> Counter[str]:
    """How many of this file's jobs have ended in each way."""
    names = {"kind": "maps", "method": "fake"}

    def number(of: str, **more: str) -> int:
        return int(REGISTRY.get_sample_value(f"shamsul_{of}", names | more) or 0)

    ended = {one.value: number("jobs_ended_total", outcome=one.value) for one in Outcome}
    return Counter(ended, timed=number("job_seconds_count"))


@pytest.fixture
def lives(caplog: pytest.LogCaptureFixture) -> Callable[[], dict[str, list[str]]]:
    """What the log tells of each job from now on; its lines name nobody."""
    caplog.set_level(logging.INFO, "shamsul")
    caplog.handler.setFormatter(Lines())

    def told() -> dict[str, list[str]]:
        assert "DOE" not in caplog.text
        found: dict[str, list[str]] = {}
        for line in map(json.loads, caplog.text.splitlines()):
            found.setdefault(line["job"], []).append(line["message"])
        return found

    return told


def test_a_jobs_life_is_logged_and_counted_and_names_nobody(
    tmp_path: Path, lives: Callable[[], dict[str, list[str]]]
) -> None:
    def break_down(task: Task) -> Relevance:
        raise FileNotFoundError(2, "No such file", "DOE^JOHN.dcm")

    def refuse(task: Task) -> Relevance:
        raise ExplainerError("There is no model in /data/DOE^JOHN.")

    before = counted()
    jobs = Jobs(MapCache(tmp_path / "DOE^JOHN"))
    keys = [replace(key(), seed=seed) for seed in range(3)]
    for one, function in zip(keys, (ones, break_down, refuse), strict=True):
        used = method(function)
        job = jobs.request(
            one,
            used,
            lambda progress, used=used: used.explain(CLASSIFIER, IMAGE, progress=progress),
            case="DOE^JOHN",
        )
        wait(job, State.DONE, State.FAILED)
    done, broken, refused = (lives()[shortened(one.digest)] for one in keys)
    assert done == ["A job waits.", "A job is computed.", "A job is done."]
    assert broken == [*done[:2], "fake failed: FileNotFoundError", "A job failed."]
    assert refused == [*done[:2], "A job failed."]
    assert counted() - before == {"done": 1, "timed": 1, "failed": 2}


def test_a_job_that_is_stopped_or_given_up_has_ended_once(
    jobs: Jobs, lives: Callable[[], dict[str, list[str]]]
) -> None:
    before = counted()
    gone = threading.Event()
    running = request(jobs, key(), method(endless(gone)))
    wait(running, State.RUNNING)
    waiting = request(jobs, replace(key(), seed=1), method(ones))
    for _ in range(2):
        jobs.stop({running.digest, waiting.digest})
    assert gone.wait(10)
    left = request(jobs, replace(key(), seed=2), method(endless(gone)))
    wait(left, State.RUNNING)
    jobs.give_up([left])
    wait(left, State.WAITING)
    assert counted() - before == {"stopped": 2, "given up": 1}
    assert lives()[shortened(left.digest)][-1] == "A job is given up."


class Shared:
    """What several servers have claimed, in one process."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self._changing = threading.Lock()

    def take(self, digest: str) -> bool:
        with self._changing:
            if digest in self.taken:
                return False
            self.taken.add(digest)
            return True

    def give_back(self, digest: str) -> None:
        self.taken.remove(digest)


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Jobs, Jobs]:
    monkeypatch.setattr("shamsul.computing.jobs.ELSEWHERE", 0.01)
    claims, cache = Shared(), MapCache(tmp_path)
    return Jobs(cache, claims=claims), Jobs(cache, claims=claims)


def test_what_another_server_computes_is_waited_for(servers: tuple[Jobs, Jobs]) -> None:
    one, other = servers
    blocking = Blocking()

    def never(task: Task) -> Relevance:
        raise AssertionError("computed twice")

    first = request(one, key(), method(blocking))
    wait(first, State.RUNNING)
    second = request(other, key(), method(never))
    deadline = time.monotonic() + 10
    while not second.elsewhere and time.monotonic() < deadline:
        time.sleep(0.005)
    assert second.progress == "Fake is computed by another server"
    # Meanwhile it computes what nobody else does.
    wait(request(other, key("lrp"), method(ones)), State.DONE)
    blocking.going.set()
    wait(first, State.DONE)
    wait(second, State.DONE)
    assert second.maps[0].values.tolist() == first.maps[0].values.tolist()


def test_what_another_server_failed_to_compute_is_computed(servers: tuple[Jobs, Jobs]) -> None:
    one, other = servers
    going = threading.Event()

    def failing(task: Task) -> Relevance:
        assert going.wait(10)
        raise ExplainerError("It is too dark.")

    first = request(one, key(), method(failing))
    wait(first, State.RUNNING)
    second = request(other, key(), method(ones))
    time.sleep(0.05)
    going.set()
    wait(first, State.FAILED)
    wait(second, State.DONE)
    assert not second.elsewhere


def test_to_hear_that_it_still_goes_on_changes_nothing(clock: Clock) -> None:
    job = Job(key(), method(ones), MapCache(Path("nowhere")))
    job.expect(Run(10, 20.0))
    for done in (0, 0, 2, 0, 0, 4):
        clock.now += 1
        job.report(done, 10 if done else 0)
    assert (job.done, job.planned) == (4, 10)


def test_several_are_computed_at_a_time_where_what_computes_can(tmp_path: Path) -> None:
    jobs = Jobs(MapCache(tmp_path), at_once=lambda: 3)
    together = threading.Barrier(3, timeout=10)

    def meeting(task: Task) -> Relevance:
        together.wait()
        return ones(task)

    asked = [request(jobs, key(name), method(meeting)) for name in ("lime", "shap", "rise")]
    for job in asked:
        wait(job, State.DONE)
