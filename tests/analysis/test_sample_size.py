"""A plan: what is known of readers and cases, what they come to, as tables, words and a figure."""

import csv
import io
from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd
import pytest

from shamsul.analysis.power_figure import draw, files, heights
from shamsul.analysis.sample_size import (
    Plan,
    notes,
    of_pilot,
    of_study,
    sentence,
    stated,
    to_json,
    worth,
)
from shamsul.metrics.mrmc import Fixed, Readings, mean
from shamsul.metrics.power import Components, power
from shamsul.reading import CANNOT_JUDGE, Answer, Store

TEXT = "var_tr=0.0002, var=0.0008, cov1=0.00035, cov2=0.00034, cov3=0.00024, cases=114"
KNOWN = Components(0.0002, 0.0008, 0.00035, 0.00034, 0.00024, cases=114)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(KNOWN, 0.05)


def test_stated_components_are_read_as_covariances_and_as_correlations() -> None:
    assert stated(TEXT) == KNOWN
    by_correlation = "var_tr=2e-4,var=0.0008,r1=0.4375,r2=0.425,r3=0.3,cases=114"
    for name in ("cov1", "cov2", "cov3", "cases"):
        assert getattr(stated(by_correlation), name) == pytest.approx(getattr(KNOWN, name))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("var", "NAME=NUMBER, not 'var'"),
        (f"{TEXT}, cases=3", "cases is given twice"),
        (TEXT.replace("cov2", "cov4"), "no component 'cov4'"),
        (TEXT.replace("cov1", "r1").replace("cov2", "cov1"), "no component 'r1'|cov2 is missing"),
        (TEXT.replace(", cases=114", ""), "cases is missing"),
        (TEXT.replace("0.0008", "x"), "'x' is not a number"),
        (TEXT.replace("0.0008", "0.0001"), "covariance is greater"),
    ],
)
def test_components_that_are_not_understood_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        stated(text)


def test_needed_cases_have_the_power_and_curves_are_that_of_each_number(plan: Plan) -> None:
    needed = plan.needed()
    assert list(needed["readers"]) == list(range(3, 13))
    assert np.isnan(needed["cases"][0])
    enough = needed.dropna()
    assert (enough["power"] >= 0.8).all()
    assert (enough["readings"] == enough["readers"] * enough["cases"]).all()
    curves = plan.curves(needed)
    # Far enough for most to be seen where they reach what is wanted.
    assert curves["cases"].max() > enough["cases"].quantile(0.7)
    six = curves[curves["readers"] == 6]
    np.testing.assert_allclose(six["power"], power(KNOWN, 0.05, 6, six["cases"]))


def test_the_sentence_is_about_six_readers_and_those_that_are_too_few(plan: Plan) -> None:
    needed = plan.needed()
    by_readers = needed.set_index("readers")["cases"]
    said = sentence(plan, needed)
    assert said.startswith(f"With 6 readers {by_readers[6]:.0f} cases are needed to find a diff")
    assert f"with 12 readers, {by_readers[12]:.0f}. With 3 readers no number of cases" in said
    assert "a power of 80% (level 0.05, for readers and cases like these)" in said
    few = Plan(KNOWN, 0.05, readers=(4,), fixed=Fixed.READERS)
    assert "With 4 readers" in sentence(few, few.needed())
    assert "for these very readers" in sentence(few, few.needed())
    hopeless = Plan(KNOWN, 0.005, methods=3)
    assert sentence(hopeless, hopeless.needed()).startswith(
        "With 3 to 12 readers no number of cases is enough to find a difference of 0.005 between "
        "the best and the worst of 3 methods"
    )


def test_what_is_taken_for_nothing_and_few_cases_are_said() -> None:
    odd = Components(-0.0002, 0.0008, 0.00035, 0.0002, 0.00024, cases=114)
    plan = Plan(odd, 0.05)
    said = " ".join(notes(plan, plan.needed()))
    assert "the variance of readers by methods (var_tr) is negative; it is taken for 0" in said
    assert "(cov2 - cov3) is negative" in said
    assert "fewer than 20 cases" not in said
    plan = Plan(KNOWN, 0.3)
    assert "fewer than 20 cases" in " ".join(notes(plan, plan.needed()))


def test_a_plan_as_json_has_no_nan(plan: Plan) -> None:
    found = to_json(plan, plan.needed())
    assert found["needed"][0] == {"readers": 3, "cases": None, "power": None}
    assert found["fixed"] is None
    assert {type(row["cases"]) for row in found["power_over_cases"]} == {int}


def test_files_have_the_numbers_and_a_white_figure(plan: Plan) -> None:
    made = files(plan)
    assert made.keys() == {"power.csv", "needed.csv", "power.png", "power.svg"}
    needed = list(csv.DictReader(io.StringIO(made["needed.csv"].decode())))
    assert (needed[0]["readers"], needed[0]["cases"]) == ("3", "")
    assert needed[3]["cases"] == f"{plan.needed()['cases'][3]:.0f}"
    curves = pd.read_csv(io.BytesIO(made["power.csv"]))
    assert list(curves) == ["readers", "cases", "power"]
    assert b"power-" in made["power.svg"]


def test_the_figure_has_a_named_line_for_each_number_of_readers(plan: Plan) -> None:
    needed = plan.needed()
    drawn = draw(plan, needed, plan.curves(needed))
    (axes,) = drawn.figure.axes
    names = {text.get_text(): text.get_position()[1] for text in axes.texts}
    assert set(names) == {f"{readers} readers" for readers in plan.readers}
    places = sorted(names.values())
    assert min(np.diff(places)) > 0.049
    assert sentence(plan, needed) in drawn.caption


@pytest.mark.parametrize("ends", [[], [0.5], [0.03, 0.02, 0.01], [1 - n / 1e3 for n in range(60)]])
def test_names_of_lines_keep_their_order_and_stay_beside_the_figure(ends: list[float]) -> None:
    places = heights(ends)
    assert len(places) == len(ends)
    assert all(0 <= place <= 1 for place in places)
    assert places == sorted(set(places), reverse=True)


def test_a_pilots_errors_are_of_as_many_cases_as_its_readers_have_read() -> None:
    scores = np.random.default_rng(0).normal(size=(2, 3, 20))
    pilot = Readings(("a", "b"), ("x", "y", "z"), scores)
    assert of_pilot(pilot, mean).cases == 20
    assert "2 methods, 3 readers and 20 cases. One of fewer than 5 readers" in worth(pilot)
    scores[0, :, :2] = np.nan
    assert of_pilot(pilot, mean).cases == 19
    enough = Readings(("a", "b"), tuple("vwxyz"), np.zeros((2, 5, 20)))
    assert worth(enough) == "The pilot has 2 methods, 5 readers and 20 cases."
    scores[:, 0, :12] = np.nan
    with pytest.raises(ValueError, match=r"only 77% of its readings"):
        of_pilot(pilot, mean)
    with pytest.raises(ValueError, match="the same score"):
        of_pilot(Readings(("a", "b"), ("x", "y"), np.ones((2, 2, 5))), mean)


def test_a_stored_study_as_a_pilot(store: Store, rating: Callable[..., Answer]) -> None:
    """Repeats, practice, controls and what cannot be judged are no part of it."""
    cases = [store.add_case("pilot", letter * 64) for letter in "bcd"]
    readings = list(product(("Bo", "Ada"), cases, ("lrp", "lime")))
    scores = {
        (reader, case.name, method): number % 5 + 1
        for number, (reader, case, method) in enumerate(readings)
    }
    answers = [
        rating(
            value=scores[reader, case.name, method],
            reader=reader,
            case=case,
            method=method,
            panel_position=1 + (method == "lrp"),
        )
        for reader, case, method in readings
    ]
    answers.append(rating(value=5, reader="Cy", case=cases[0], warm_up=True))
    answers.append(rating(value=5, reader="Ada", case=cases[0], repeat_of=cases[0].name))
    answers.append(rating(value=5, reader="Ada", case=cases[1], control="random_model"))
    answers.append(rating(value=CANNOT_JUDGE, reader="Ada", case=cases[1], label="Edema"))
    store.record(answers)
    found = of_study(store, "pilot", "location")
    assert (found.methods, set(found.readers)) == (("lime", "lrp"), {"Ada", "Bo"})
    assert found.truth is None
    for number, method in enumerate(found.methods):
        for place, reader in enumerate(found.readers):
            expected = [scores[reader, name, method] for name in sorted(one.name for one in cases)]
            assert list(found.scores[number, place]) == expected
    # Another label of a radiograph is no other case.
    store.record([rating(value=4, reader="Ada", case=cases[0], method="lrp", label="Edema")])
    both = (scores["Ada", cases[0].name, "lrp"] + 4) / 2
    again = of_study(store, "pilot", "location")
    place = sorted(one.name for one in cases).index(cases[0].name)
    assert again.scores[again.methods.index("lrp"), again.readers.index("Ada"), place] == both
    with pytest.raises(ValueError, match="no scale 'nothing' about maps; it has location"):
        of_study(store, "pilot", "nothing")
    with pytest.raises(ValueError, match="nothing has been rated"):
        of_study(store, "pilot", next(i.id for i in store.study("pilot").questionnaire.items[1:]))
