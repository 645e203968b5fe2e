import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from shamsul.reading import CANNOT_JUDGE, Answer, MapShown, Store, Study
from shamsul.reading.database.tables import Base
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.questionnaire import Questionnaire


@pytest.fixture
def url(each_url):
    return each_url


def values(store, case, reader="Ada", **where):
    return {a.answer.item: a.answer.value for a in store.answers(case, reader, **where)}


def revisions(url):
    """Every revision in the database: its answer, number and value."""
    engine = create_engine(url)
    with engine.connect() as connection:
        query = text("SELECT answer_id, number, value FROM revision ORDER BY answer_id, number")
        rows = connection.execute(query).all()
    engine.dispose()
    return rows


# Studies and cases


def test_a_study_is_added_once_and_never_rewritten(store):
    first = store.study("pilot")
    again = store.ensure_study(Study("pilot", "Other title", model="other"))
    assert again == first
    assert store.studies() == (first,)


def test_a_study_keeps_its_own_questionnaire(store):
    short = Questionnaire(DEFAULT.questions[-3:])
    store.ensure_study(Study("short", "Short", questionnaire=short))
    assert store.study("short").questionnaire == short


@pytest.mark.parametrize("method", ["study", "cases", "export_rows"])
def test_an_unknown_study_is_named(store, method):
    with pytest.raises(ValueError, match="no study named 'nowhere'"):
        getattr(store, method)("nowhere")


def test_an_image_is_one_case_of_a_study(store):
    first = store.add_case("pilot", "a" * 64)
    assert store.add_case("pilot", "a" * 64, "another name") == first
    second = store.add_case("pilot", "b" * 64, "skull")
    assert store.cases("pilot") == (first, second)
    assert [(case.name, case.order) for case in (first, second)] == [("case-001", 1), ("skull", 2)]


def test_a_case_name_is_given_once(store):
    store.add_case("pilot", "a" * 64, "case-002")
    with pytest.raises(ValueError, match="already has a case named 'case-002'"):
        store.add_case("pilot", "b" * 64, "case-002")
    assert store.add_case("pilot", "b" * 64).name == "case-003"


def test_many_threads_add_each_image_once(store):
    images = [f"{number % 5:064x}" for number in range(20)]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda sha256: store.add_case("pilot", sha256), images))
    cases = store.cases("pilot")
    assert {case.image_sha256 for case in cases} == set(images)
    assert [case.order for case in cases] == [1, 2, 3, 4, 5]


# Answers


def test_an_answer_comes_back_as_given(store, case, rating):
    answer = rating(control="randomised model", repeat_of="case-009", active_seconds=12.25)
    before = datetime.now(UTC)
    (saved,) = store.record([answer])
    assert saved.answer == answer
    assert saved.revision == 1
    assert before <= saved.created_at == saved.changed_at <= datetime.now(UTC)
    assert store.answers(case, " Ada ") == (saved,)


def test_a_changed_answer_is_a_revision(store, url, case, rating):
    (first,) = store.record([rating(value=2)])
    (second,) = store.record([rating(value=CANNOT_JUDGE)])
    assert second.revision == 2
    assert second.created_at == first.created_at < second.changed_at
    assert values(store, case) == {"location": CANNOT_JUDGE}
    assert [row[1:] for row in revisions(url)] == [(1, "2"), (2, '"cannot judge"')]


def test_the_same_answer_again_changes_nothing(store, url, rating):
    (first,) = store.record([rating(value=2)])
    assert store.record([rating(value=2, opacity=0.9, active_seconds=99)]) == (first,)
    assert len(revisions(url)) == 1


@pytest.mark.parametrize("change", [{"heatmap_sha256": "d" * 64}, {"model_sha256": "d" * 64}])
def test_the_same_score_for_another_map_is_a_revision(store, rating, change):
    store.record([rating()])
    (saved,) = store.record([rating(**change)])
    assert saved.revision == 2


def test_maps_labels_sessions_and_readers_are_apart(store, case, rating):
    keys = {
        "method": ["lrp", "lime"],
        "label": ["Cardiomegaly", "Pneumothorax"],
        "session": [1, 2],
        "reader": ["Ada", "Grace"],
        "control": [None, "another patient"],
    }
    answers = [
        rating(value=1 + number % 5, **dict(zip(keys, parts, strict=True)))
        for number, parts in enumerate(product(*keys.values()))
    ]
    store.record(answers)
    assert {row.answer for row in store.export_rows("pilot")} == set(answers)
    assert len(store.answers(case, "Ada")) == 8
    assert len(store.answers(case, "Ada", "Pneumothorax", session=2)) == 4
    assert store.readers("pilot") == store.readers() == ("Ada", "Grace")


def test_an_answer_can_be_taken_back(store, case, rating):
    store.record([rating("comment", "Blurred"), rating("failure_tags", ("device",))])
    store.record([rating("comment", ""), rating("failure_tags", ())])
    assert values(store, case) == {"comment": None, "failure_tags": None}


def test_taking_back_what_was_never_answered_records_nothing(store, url, rating):
    assert store.record([rating("comment", ""), rating("location", None)]) == ()
    assert revisions(url) == []


def test_ranks_may_tie(store, rating):
    ranks = {"lime": 1, "shap": 2, "grad_cam": 2, "lrp": 4}
    store.record([rating("rank", rank, method=method) for method, rank in ranks.items()])
    saved = store.export_rows("pilot")
    assert {row.answer.shown.method: row.answer.value for row in saved} == ranks


def test_answers_about_the_case_need_no_map(store, case, opinion):
    given = {"finding_present": "yes", "finding_probability": 62.5, "confidence": 3}
    store.record([opinion(item, value) for item, value in given.items()])
    assert values(store, case, label="Cardiomegaly") == given


def test_all_are_kept_or_none(store, case, rating):
    with pytest.raises(ValueError, match="whole number from 1 to 5"):
        store.record([rating("location", 4), rating("trust", 6)])
    assert store.answers(case, "Ada") == ()


def test_an_answer_must_suit_its_question(store, rating, opinion):
    with pytest.raises(ValueError, match="no item 'beauty'"):
        store.record([rating("beauty", 3)])
    with pytest.raises(ValueError, match="about a map"):
        store.record([opinion("location", 3)])
    with pytest.raises(ValueError, match="about the case"):
        store.record([rating("confidence", 3)])


def test_an_answer_needs_a_case_of_the_store(store, case, rating):
    for stranger in (dataclasses.replace(case, id=99), dataclasses.replace(case, study="other")):
        with pytest.raises(ValueError, match="no such case"):
            store.record([rating(case=stranger)])


def test_progress_counts_items_of_labels_begun(store, case, rating):
    untouched = store.add_case("pilot", "b" * 64)
    store.record([rating(), rating("trust", CANNOT_JUDGE), rating("comment", "Hm")])
    store.record([rating("coverage", 2, label="Pneumothorax"), rating("usefulness", 3)])
    store.record([rating("usefulness", None), rating(reader="Grace"), rating(session=2)])
    first, second = store.progress("pilot", "Ada")
    assert (first.case, first.answered, first.expected) == (case, 3, 2 * 4 * 7)
    assert first.labels == ("Cardiomegaly", "Pneumothorax")
    assert (second.case, second.answered, second.expected) == (untouched, 0, 4 * 7)
    assert second.labels == () and not second.complete


def test_a_case_is_complete_when_every_map_is_rated(store, rating):
    items = [item.id for item in DEFAULT.items]
    answers = [rating(i, 5, method=m) for i, m in product(items, ("lime", "lrp"))]
    store.record(answers[:-1])
    assert not store.progress("pilot", "Ada", maps=2)[0].complete
    store.record(answers)
    assert store.progress("pilot", "Ada", maps=2)[0].complete


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lime", "lrp"]),
            st.sampled_from(["location", "trust"]),
            st.sampled_from([1, 5, CANNOT_JUDGE, None]),
        ),
        max_size=12,
    )
)
def test_the_store_is_a_dictionary_that_counts_changes(clicks):
    store = Store("sqlite://")
    store.ensure_study(Study("pilot", "Pilot"))
    case = store.add_case("pilot", "a" * 64)
    wanted: dict[tuple[str, str], tuple[object, int]] = {}
    for method, item, value in clicks:
        shown = MapShown(
            label="Cardiomegaly",
            model="phantom",
            blinded=False,
            method=method,
            method_name_shown=method,
            panel_position=1,
            heatmap_sha256="b" * 64,
            opacity=1,
            normalisation="none",
        )
        store.record([Answer(case=case, reader="Ada", shown=shown, item=item, value=value)])
        before, revision = wanted.get((method, item), (None, 0))
        if value != before:
            wanted[method, item] = value, revision + 1
    kept = {
        (a.answer.shown.method, a.answer.item): (a.answer.value, a.revision)
        for a in store.answers(case, "Ada")
    }
    store.close()
    assert kept == wanted


# What the database itself enforces


def copy_of(table, **changes):
    columns = [column.name for column in Base.metadata.tables[table].columns]
    source = ", ".join(str(changes.get(name, name)) for name in columns)
    return text(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {source} FROM {table}")


@pytest.mark.parametrize(
    ("table", "changes"),
    [("answer", {"id": "id + 1"}), ("revision", {}), ("study_case", {"id": "id + 1"})],
)
def test_the_database_refuses_a_second_current_answer(store, url, rating, table, changes):
    store.record([rating()])
    engine = create_engine(url)
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(copy_of(table, **changes))
    engine.dispose()


def test_the_database_refuses_it_for_questions_without_a_map(store, url, opinion):
    store.record([opinion("confidence", 3)])
    engine = create_engine(url)
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(copy_of("answer", id="id + 1"))
    engine.dispose()


def test_a_store_can_be_opened_again(store, url, case, rating):
    store.record([rating()])
    again = Store(url)
    assert values(again, case) == {"location": 4}
    again.close()
