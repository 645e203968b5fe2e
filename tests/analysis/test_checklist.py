"""The published checklists, and what a report of exported tables says to them."""

import pytest

from shamsul.analysis.about import OUTLINE, About, Origin
from shamsul.analysis.checklist import Guideline, Status, checklist, page
from shamsul.analysis.describe import ASKED, READING
from shamsul.analysis.guidelines import CLAIM_2020, CLAIM_2024, STARD_AI
from shamsul.analysis.limits import limits_of_size
from shamsul.analysis.study import Analysis, analyse
from shamsul.reading.design.design import Mode
from shamsul.reading.design.questionnaire import Step
from tests.analysis.readings import ITEMS, METHODS, no_cases, no_readers, study, table


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    rows = table(study(lambda *_: 3))
    return analyse(rows, no_cases(), no_readers(), items=ITEMS, methods=METHODS, replicates=5)


#: Items under each heading, counted in the papers.
PUBLISHED = {
    CLAIM_2020: (42, [2, 2, 2, 7, 5, 3, 3, 3, 5, 2, 3, 2, 3]),
    CLAIM_2024: (44, [2, 2, 2, 7, 5, 2, 1, 3, 3, 7, 2, 3, 2, 3]),
    STARD_AI: (40, [2, 2, 1, 1, 4, 4, 9, 6, 7, 3, 3, 6]),
}


@pytest.mark.parametrize("guideline", PUBLISHED, ids=lambda guideline: guideline.name)
def test_guideline_has_the_published_items(guideline: Guideline, analysis: Analysis) -> None:
    items, under = PUBLISHED[guideline]
    rows = checklist(analysis, guideline)
    numbers = [int(number.strip("abcd")) for number in rows["number"]]
    assert sorted(numbers) == numbers and {*numbers} == {*range(1, items + 1)}
    assert rows["number"].is_unique
    assert rows.groupby("section", sort=False).size().tolist() == under
    assert rows["item"].is_unique and (rows["note"] != "").all()


@pytest.mark.parametrize(
    ("guideline", "number", "words"),
    [
        (CLAIM_2020, "11", "variable means"),
        (CLAIM_2020, "18", "agree with each other"),
        (CLAIM_2020, "19", "How many were wanted"),
        (CLAIM_2020, "24", "before training"),
        (CLAIM_2020, "31", "explained"),
        (CLAIM_2020, "33", "diagram"),
        (CLAIM_2020, "38", "limits"),
        (CLAIM_2020, "40", "Registry"),
        (CLAIM_2024, "13", "taken"),
        (CLAIM_2024, "21", "How many were wanted"),
        (CLAIM_2024, "34", "Registry"),
        (CLAIM_2024, "39", "wrong"),
        (CLAIM_2024, "44", "paid"),
        (STARD_AI, "6", "ethics committee"),
        (STARD_AI, "15d", "Who the test is for"),
        (STARD_AI, "16a", "counts as the truth"),
        (STARD_AI, "17a", "readers knew"),
        (STARD_AI, "22", "How many were wanted"),
        (STARD_AI, "23", "fairness"),
        (STARD_AI, "24", "diagram"),
        (STARD_AI, "26b", "without the illness"),
        (STARD_AI, "31", "diagnostic accuracy"),
        (STARD_AI, "40a", "Who can have"),
    ],
)
def test_items_have_the_papers_numbers(
    guideline: Guideline, number: str, words: str, analysis: Analysis
) -> None:
    assert words in checklist(analysis, guideline).set_index("number").loc[number, "item"]


def test_what_tables_do_not_say_is_not_in_the_files(analysis: Analysis) -> None:
    facts = {part.title: {f.name: f for f in part.facts} for part in analysis.about.parts}
    for title, names in OUTLINE.items():
        assert list(facts[title])[: len(names)] == list(names)
    assert facts["Design"]["Blinding"].value == "not in the files"
    assert facts["Dates"]["Closed"].origin is Origin.ABSENT
    assert facts["From the author"]["Funding"].origin is Origin.AUTHOR
    assert facts["Dates"]["First answer"].value == "2026-11-21"
    assert facts["Cases"]["Number"].value == "6 with an answer"
    assert facts["Readers"]["Number"].value == "3 with an answer"
    assert facts["Model"]["Name"].value == "phantom"


def test_tables_report_less_than_a_store_but_what_they_hold(analysis: Analysis) -> None:
    found = checklist(analysis, CLAIM_2020).set_index("number")["status"]
    assert found["6"] == found["9"] == found["22"] == found["33"] == Status.AUTHOR.value
    assert found["11"] == found["29"] == Status.REPORTED.value
    assert found["25"] == Status.NOT_APPLICABLE.value


def test_tables_that_only_say_why_they_are_empty_report_nothing() -> None:
    nothing = analyse(table([]), no_cases(), no_readers(), items=ITEMS, methods=METHODS)
    found = checklist(nothing, CLAIM_2020).set_index("number")
    assert len(nothing.means) and found.loc["29", "status"] == Status.AUTHOR.value
    assert found.loc["18", "status"] == found.loc["31", "status"] == Status.AUTHOR.value


def test_part_may_say_more_than_it_has_to() -> None:
    about = About.of({"Readers": {"Number": "3", "Where from?": "<b>anywhere</b>"}})
    (readers,) = [part for part in about.parts if part.title == "Readers"]
    assert [fact.name for fact in readers.facts][-1] == "Where from?"
    assert about.knows("Readers", "Number")
    assert not about.knows("Readers", "Experience and specialty")


def test_small_studies_say_so() -> None:
    assert limits_of_size(20, 5) == []
    (cases,) = limits_of_size(19, 5)
    assert "19 cases" in cases
    (readers,) = limits_of_size(20, 1)
    assert readers.startswith("1 reader rated")
    assert limits_of_size(1, 5)[0].startswith("1 case was rated")
    assert limits_of_size(0, 0) == ["Nothing was rated."]


def test_every_mode_and_step_has_words() -> None:
    assert {mode.value for mode in Mode} <= set(READING)
    assert {step.name for step in Step} <= set(ASKED)


def test_page_marks_what_the_author_must_supply(analysis: Analysis) -> None:
    text = page(analysis, [CLAIM_2020])
    asked = (checklist(analysis, CLAIM_2020)["status"] == Status.AUTHOR.value).sum()
    assert text.count("<tr class=blank>") == asked > 0
    assert f"42 items: {37 - asked} in the report, {asked} author must supply, 5 not" in text
