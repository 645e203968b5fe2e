"""Where readers are furthest apart, by hand."""

from datetime import UTC, datetime

import pytest

from shamsul.analysis.disagreement import disagreements
from shamsul.reading import CANNOT_JUDGE, Answer, Case, MapShown
from shamsul.reading.design.questionnaire import Kind, Question, Questionnaire, Step, Value
from shamsul.reading.design.study import SavedAnswer

FIVE = ("1", "2", "3", "4", "5")
ASKED = Questionnaire(
    (
        Question("location", "Right place?", Kind.SCALE, Step.MAPS, options=FIVE),
        Question("trust", "Trusted?", Kind.SCALE, Step.MAPS, options=("no", "so", "yes")),
        Question("comment", "Comment", Kind.TEXT, Step.MAPS),
    )
)


def saved(
    case: int,
    reader: str,
    value: Value,
    item: str = "location",
    method: str = "lime",
    session: int = 1,
    **shown: object,
) -> SavedAnswer:
    about: dict = {
        "label": "Edema",
        "model": "phantom",
        "blinded": True,
        "method": method,
        "method_name_shown": "A",
        "panel_position": 1,
        "heatmap_sha256": "b" * 64,
        "opacity": 0.5,
        "normalisation": "p99.5",
    }
    answer = Answer(
        case=Case(case, "trial", f"case-{case}", f"{case}" * 64, case),
        reader=reader,
        shown=MapShown(**about | shown),
        item=item,
        value=value,
        session=session,
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return SavedAnswer(answer, 1, now, now)


def test_the_largest_spread_comes_first_then_the_mean_then_the_cases_place() -> None:
    answers = [
        # Case 1: 1 of 4 steps.
        saved(1, "Ada", 2),
        saved(1, "Bo", 3),
        # Case 2: 3 of 4 steps, and 0 of 2: mean 0.375.
        saved(2, "Ada", 1),
        saved(2, "Bo", 4),
        saved(2, "Cy", 2),
        saved(2, "Ada", 2, "trust"),
        saved(2, "Bo", 2, "trust"),
        # Case 3: 3 of 4 steps only: mean 0.75.
        saved(3, "Ada", 5),
        saved(3, "Bo", 2),
        # Case 4: 2 of 2 steps of the shorter scale, about another map.
        saved(4, "Ada", 1, "trust", "lrp"),
        saved(4, "Bo", 3, "trust", "lrp"),
        # Case 5 is as case 1, and comes after it.
        saved(5, "Ada", 5),
        saved(5, "Bo", 4),
    ]
    found = disagreements(answers, ASKED)
    assert [one.case.order for one in found] == [4, 3, 2, 1, 5]
    assert [one.worst.share for one in found] == [1, 0.75, 0.75, 0.25, 0.25]
    assert found[2].shares == (0.75, 0)
    assert dict(found[2].worst.answers) == {"Ada": 1, "Bo": 4, "Cy": 2}
    assert (found[0].worst.method, found[0].worst.question.id) == ("lrp", "trust")


def test_what_is_no_score_makes_no_spread_but_is_shown() -> None:
    answers = [
        saved(1, "Ada", CANNOT_JUDGE),
        saved(1, "Bo", 5),
        saved(2, "Ada", CANNOT_JUDGE),
        saved(2, "Bo", 5),
        saved(2, "Cy", 5),
        saved(2, "Ada", "unsure", "comment"),
        saved(2, "Bo", None, method="lrp"),
    ]
    (found,) = disagreements(answers, ASKED)
    assert found.case.order == 2
    assert dict(found.worst.answers) == {"Ada": CANNOT_JUDGE, "Bo": 5, "Cy": 5}
    assert found.shares == (0,)
    assert len(found.spreads) == 1


@pytest.mark.parametrize(
    "left_out", [{"control": "random_model"}, {"warm_up": True}, {"repeat_of": "case-1"}]
)
def test_controls_practice_and_repeats_do_not_count(left_out: dict[str, object]) -> None:
    answers = [saved(1, "Ada", 1), saved(1, "Bo", 2), saved(1, "Bo", 5, **left_out)]
    (found,) = disagreements(reversed(answers), ASKED)
    assert found.shares == (0.25,)


def test_the_first_session_counts_where_there_are_two() -> None:
    answers = [saved(1, "Ada", 5, session=2), saved(1, "Ada", 1), saved(1, "Bo", 2, session=2)]
    (found,) = disagreements(answers, ASKED)
    assert found.shares == (0.25,)
