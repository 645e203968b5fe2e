"""What the bar says of a queue, in words."""

import math

from shamsul.computing.jobs import Queued
from shamsul.ui.shared.computing import in_words


def queued(
    title: str, *, running: bool = False, done: int = 0, expected: int = 0, left: float = math.nan
) -> Queued:
    return Queued(title, title, "CXR-1", running, done, expected, "model evaluations", left)


def test_time_is_that_of_all_and_each_says_its_own() -> None:
    said = in_words(
        [
            queued("LIME", running=True, done=60, expected=260, left=10.0),
            queued("SHAP", expected=1260, left=52.0),
        ]
    )
    assert said["words"] == "LIME of CXR-1, about 1 min left, 1 more"
    assert said["now"] == "LIME of CXR-1"
    running, waiting = said["jobs"]  # type: ignore[misc]
    assert running["text"] == "60 of 260 model evaluations, about 10 s left"
    assert running["share"] == 60 / 260
    assert waiting["text"] == "1,260 model evaluations, about 50 s"


def test_time_that_is_known_of_some_is_more_than_that() -> None:
    said = in_words([queued("LIME", running=True, done=6, expected=9, left=3.0), queued("SHAP")])
    assert said["summary"] == "more than 3 s left, 1 more"
    assert said["jobs"][1]["text"] == "waiting"  # type: ignore[index]


def test_nothing_is_said_of_time_before_there_is_a_measure() -> None:
    said = in_words([queued("LIME", running=True)])
    assert said["words"] == "LIME of CXR-1, starting"
    assert said["jobs"][0]["text"] == "starting"  # type: ignore[index]


def test_what_was_interrupted_makes_room() -> None:
    inner = queued("Grad-CAM", running=True, done=1, expected=2)
    outer = queued("LIME", running=True, done=60, expected=260, left=10.0)
    said = in_words([inner, outer])
    assert said["jobs"][1]["text"].startswith("makes room, 60 of 260")  # type: ignore[index]
