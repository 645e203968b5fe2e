import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.questionnaire import (
    CANNOT_JUDGE,
    MAX_TEXT,
    Kind,
    Question,
    Questionnaire,
    Step,
)


def test_seven_items_are_asked_per_map_on_five_points():
    assert [item.id for item in DEFAULT.items] == [
        "location",
        "coverage",
        "specificity",
        "significance",
        "understanding",
        "trust",
        "usefulness",
    ]
    for item in DEFAULT.items:
        assert len(item.options) == 5 and item.may_abstain and item.construct and item.source
    assert DEFAULT.items[0].options[0] == "Strongly disagree"
    assert DEFAULT.items[0].options[4] == "Strongly agree"


def test_failure_tags_are_those_of_the_instrument():
    tags = DEFAULT.question("failure_tags").options
    assert tags == ("device", "text marker", "border", "wrong side", "other anatomy")


def test_case_questions_come_in_the_order_of_the_steps():
    assert [q.id for q in DEFAULT.at(Step.IMAGE)] == [
        "finding_present",
        "finding_probability",
        "confidence",
        "point",
    ]
    assert DEFAULT.question("agreement").options == ("agree", "disagree", "change my answer")


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("location", 0),
        ("location", 6),
        ("location", 3.0),
        ("location", True),
        ("location", "4"),
        ("rank", 0),
        ("rank", CANNOT_JUDGE),
        ("confidence", CANNOT_JUDGE),
        ("finding_probability", 100.5),
        ("finding_probability", float("nan")),
        ("finding_present", "maybe"),
        ("finding_present", 1),
        ("failure_tags", ("rib",)),
        ("failure_tags", "device"),
        ("failure_tags", 3),
        ("comment", 7),
        ("comment", "a\0b"),
        ("comment", "\ud800"),
        ("comment", "x" * (MAX_TEXT + 1)),
    ],
)
def test_a_wrong_value_is_refused_by_name(item, value):
    with pytest.raises(ValueError, match=f"^{item}"):
        DEFAULT.question(item).clean(value)


def test_an_unknown_item_is_refused():
    with pytest.raises(ValueError, match="no item 'beauty'"):
        DEFAULT.question("beauty")


@pytest.mark.parametrize(
    ("item", "value"), [("comment", " \n"), ("failure_tags", []), ("rank", None)]
)
def test_nothing_is_no_answer(item, value):
    assert DEFAULT.question(item).clean(value) is None


@given(
    st.one_of(
        st.tuples(st.sampled_from(DEFAULT.items), st.integers(1, 5) | st.just(CANNOT_JUDGE)),
        st.tuples(st.just(DEFAULT.question("finding_probability")), st.floats(0, 100)),
        st.tuples(
            st.just(DEFAULT.question("comment")),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        ),
        st.tuples(
            st.just(DEFAULT.question("failure_tags")),
            st.lists(st.sampled_from(DEFAULT.question("failure_tags").options)),
        ),
    )
)
def test_values_survive_json(pair):
    question, value = pair
    clean = question.clean(value)
    assert question.from_json(question.to_json(clean)) == clean


def test_cannot_judge_as_a_comment_is_a_comment():
    comment = DEFAULT.question("comment")
    assert comment.from_json(comment.to_json("cannot judge")) == "cannot judge"


def test_questionnaire_survives_json_with_its_version():
    again = Questionnaire.from_json(DEFAULT.to_json())
    assert again == DEFAULT
    assert again.version == DEFAULT.version
    assert json.loads(DEFAULT.to_json())[0]["id"] == "specialty"


def test_version_follows_the_wording():
    first, *rest = DEFAULT.questions
    reworded = dataclasses.replace(first, wording="Is it there?")
    assert Questionnaire((reworded, *rest)).version != DEFAULT.version


def test_a_question_that_has_no_column_is_refused():
    with pytest.raises(ValueError, match="'remark' about a map must be a scale"):
        Questionnaire((Question("remark", "Remark?", Kind.TEXT, Step.MAPS),))


def test_two_questions_of_one_id_are_refused():
    with pytest.raises(ValueError, match="same id"):
        Questionnaire(DEFAULT.questions[:1] * 2)
