import dataclasses
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shamsul.reading import Case, Study, reader_name


@pytest.fixture
def url() -> str:
    return "sqlite://"  # in memory: these tests are not about disks


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), (" \t\n", "empty"), ("x" * 81, "longer than 80"), ("a\0b", "cannot be shown")],
)
def test_a_reader_needs_a_name(text, reason):
    with pytest.raises(ValueError, match=reason):
        reader_name(text)


@given(st.text())
def test_a_tidy_name_stays_as_it_is(text):
    try:
        name = reader_name(text)
    except ValueError:
        return
    assert reader_name(name) == name
    assert 1 <= len(name) <= 80


def test_two_spellings_of_a_name_in_unicode_are_one_reader():
    assert reader_name("Zoe\u0308") == reader_name("Zo\u00eb")


@pytest.mark.parametrize("name", ["", "Pilot", "a b", "-a", "a--b", "../x", "a" * 65])
def test_a_study_name_is_a_slug(name):
    with pytest.raises(ValueError, match="study's name"):
        Study(name, "Title")


def test_times_need_a_zone():
    with pytest.raises(ValueError, match="time zone"):
        Study("pilot", "Pilot", created_at=datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"probability": 1.5}, "probability"),
        ({"probability": float("nan")}, "probability"),
        ({"opacity": -0.1}, "opacity"),
        ({"panel_position": 0}, "panel_position"),
        ({"case_order": 0}, "case_order"),
        ({"heatmap_sha256": "abc"}, "heatmap_sha256"),
        ({"model_sha256": ""}, "model_sha256"),
        ({"label": ""}, "label"),
        ({"method": ""}, "method"),
        ({"control": ""}, "control"),
        ({"repeat_of": ""}, "repeat_of"),
        ({"reader": " "}, "reader"),
        ({"session": 0}, "session"),
        ({"active_seconds": -1.0}, "active_seconds"),
        ({"active_seconds": float("inf")}, "active_seconds"),
    ],
)
def test_an_impossible_answer_cannot_be_made(rating, change, reason):
    with pytest.raises(ValueError, match=reason):
        rating(**change)


@pytest.mark.parametrize("change", [{"name": " x"}, {"image_sha256": "A" * 64}, {"order": 0}])
def test_an_impossible_case_cannot_be_made(change):
    case = Case(1, "pilot", "case-001", "a" * 64, 1)
    with pytest.raises(ValueError):
        dataclasses.replace(case, **change)
