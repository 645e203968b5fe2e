"""How long computations take: remembered, measured, in words."""

import math
from pathlib import Path

import pytest

from shamsul.computing import pace
from shamsul.computing.pace import KINDS, Experience, Pace, Run, in_time


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def test_medians_of_the_last_runs_are_expected() -> None:
    experience = Experience()
    assert experience.expected("lime") is None
    for count, seconds in ((1000, 90.0), (250, 20.0), (260, 22.0)):
        experience.learn("lime", Run(count, seconds))
    assert experience.expected("lime") == Run(260, 22.0)
    for _ in range(pace.REMEMBERED):
        experience.learn("lime", Run(300, 30.0))
    assert experience.expected("lime") == Run(300, 30.0)
    assert experience.expected("shap") is None


def test_it_is_known_after_a_restart_without_any_name_in_it(tmp_path: Path) -> None:
    file = tmp_path / "new" / "experience.json"
    Experience(file).learn("lime of my-model", Run(250, 20.0))
    assert Experience(file).expected("lime of my-model") == Run(250, 20.0)
    assert "my-model" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["", "[]", '{"a": [[1]]}', '{"a": 3}', "\x00"])
def test_damaged_file_is_learnt_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "experience.json"
    file.write_text(content, encoding="utf-8")
    experience = Experience(file)
    assert experience.expected("lime") is None
    experience.learn("lime", Run(250, 20.0))
    assert Experience(file).expected("lime") == Run(250, 20.0)


def test_kinds_that_were_not_met_for_long_are_forgotten() -> None:
    experience = Experience()
    for number in range(KINDS + 1):
        experience.learn(f"{number}", Run(1, 1.0))
    assert experience.expected("0") is None
    assert experience.expected("1") == experience.expected(f"{KINDS}") == Run(1, 1.0)


def test_pace_is_measured_from_the_first_report_on(clock: Clock) -> None:
    measured = Pace()
    assert math.isnan(measured.per_one)
    clock.now += 5  # the model is loaded
    measured.report(10)
    assert math.isnan(measured.per_one)
    clock.now += 2
    measured.report(20)
    assert measured.per_one == pytest.approx(0.2)
    clock.now += 4
    measured.report(30)
    assert measured.per_one == pytest.approx(0.3)
    assert measured.seconds == pytest.approx(11)


def test_evaluations_that_were_kept_are_not_taken_for_fast(clock: Clock) -> None:
    """SHAP takes over what LIME has evaluated, and is then as slow as LIME was."""
    measured = Pace()
    measured.report(2)
    measured.report(258)
    assert math.isnan(measured.per_one)
    clock.now += 3
    measured.report(268)
    assert measured.per_one == pytest.approx(0.3)


def test_earlier_runs_are_believed_until_enough_is_measured(clock: Clock) -> None:
    measured = Pace(Run(100, 10.0))
    measured.report(1)
    clock.now += 0.4
    measured.report(2)
    assert measured.per_one == pytest.approx(0.1)
    clock.now += 0.4
    measured.report(3)
    assert measured.per_one == pytest.approx(0.4)


def test_what_is_computed_in_between_does_not_count(clock: Clock) -> None:
    measured = Pace()
    measured.report(0)
    clock.now += 1
    measured.report(10)
    clock.now += 60
    measured.go_on()
    clock.now += 1
    measured.report(20)
    assert measured.per_one == pytest.approx(0.1)
    assert measured.seconds == pytest.approx(2)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "about 1 s"),
        (9.9, "about 10 s"),
        (12.4, "about 10 s"),
        (57.4, "about 55 s"),
        (57.6, "about 1 min"),
        (569, "about 9 min"),
        (580, "about 10 min"),
        (3590, "about 1 h"),
        (3900, "about 1 h 5 min"),
    ],
)
def test_time_is_said_as_exactly_as_it_is_known(seconds: float, words: str) -> None:
    assert in_time(seconds) == words
