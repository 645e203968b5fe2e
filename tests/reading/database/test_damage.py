"""A study that cannot be opened is said to be so, and every other one works."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from shamsul.annotations.archive import AnnotationArchive
from shamsul.radiographs import RadiographArchive
from shamsul.reading import Store
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.transactions import UnreadableError
from shamsul.reading.demo import ensure_default_studies
from shamsul.reading.design.design import Design, assign
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.study import Study
from shamsul.reading.exports.transfer import TransferError, dump, load, remove
from tests.reading.database.test_readings import answer

METHODS = ("lime", "lrp")
ROWS = {
    "an unknown mode": """UPDATE study SET plan = replace(plan, '"with"', '"later"')""",
    "a plan of nothing": "UPDATE study SET plan = 'nonsense'",
    "a plan of brackets": f"UPDATE study SET plan = '{'[' * 20_000}'",
    "a setting unknown here": """UPDATE study SET plan = replace(plan, '"seed"', '"sead"')""",
    "a design of texts": """UPDATE study SET plan = replace(plan, '"seed": 2', '"seed": "2"')""",
    "no title": "UPDATE study SET title = ''",
    "no wording": "DELETE FROM wording",
    "an unknown kind": """UPDATE wording SET content = replace(content, '"scale"', '"dial"')""",
    "a wording of numbers": "UPDATE wording SET content = '[1]'",
}
SQLITE_ROWS = {
    "a moment that is none": "UPDATE study SET created_at = 'yesterday'",
    "the wording's moment": "UPDATE wording SET created_at = 'yesterday'",
    "no UTF-8": "UPDATE study SET about = CAST(x'ff' AS TEXT)",
}


def planned(store: Store, name: str) -> Study:
    plan = Plan(METHODS, ("Ada",), Design(seed=2))
    study = Study(name, name.title(), model="phantom", plan=plan)
    cases = {f"{name}-{letter}": letter * 64 for letter in "ab"}
    readings = assign(plan.design, {case: ["Edema"] for case in cases}, plan.readers, METHODS)
    Readings(store.database).create(study, cases, readings)
    return store.study(name)


def damage(store: Store, statement: str) -> None:
    """Change the study `one` as a fault of the disk, or a later version, would."""
    key = "name = 'one'" if " study " in statement else "study_id = 1"
    store.database.write(lambda session: session.execute(text(f"{statement} WHERE {key}")))


@pytest.fixture
def store(each_url: str) -> Iterator[Store]:
    store = Store(each_url)
    planned(store, "one")
    planned(store, "two")
    yield store
    store.close()


def works(store: Store, name: str) -> None:
    (first, *_) = Readings(store.database).of(name, "Ada")
    store.record([answer(first, "finding_present", "yes")])
    assert [row.answer.value for row in store.export_rows(name)] == ["yes"]


@pytest.mark.parametrize("statement", ROWS.values(), ids=list(ROWS))
def test_one_that_cannot_be_opened_leaves_the_others(store: Store, statement: str) -> None:
    damage(store, statement)
    assert [study.name for study in store.studies()] == ["two"]
    (damaged,) = store.damaged()
    assert damaged.name == "one" and damaged.reason.startswith("The study one cannot be opened")
    assert store.names() == ("one", "two")
    readings = Readings(store.database)
    assert [study.name for study in readings.studies_of("Ada")] == ["two"]
    assert [study.name for study in readings.damaged_of("Ada")] == ["one"]
    with pytest.raises(UnreadableError, match="The study one cannot be opened"):
        store.study("one")
    works(store, "two")
    kept = json.loads(dump(store, "one"))["tables"]
    assert len(kept["reading"]) == 2
    with pytest.raises(TransferError, match="named 'one' already"):
        load(store, dump(store, "one"))
    remove(store, "one")
    assert store.names() == ("two",) and store.damaged() == ()
    with pytest.raises(TransferError, match="not whole"):
        load(store, json.dumps({"format": 1, "tables": kept}))
    assert store.names() == ("two",)
    works(store, "two")


@pytest.mark.parametrize("statement", SQLITE_ROWS.values(), ids=list(SQLITE_ROWS))
def test_what_only_sqlite_takes_is_no_worse(tmp_path, statement: str) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.db'}")
    planned(store, "one")
    planned(store, "two")
    damage(store, statement)
    assert [study.name for study in store.studies()] == ["two"]
    assert [study.name for study in store.damaged()] == ["one"]
    works(store, "two")
    remove(store, "one")
    assert store.damaged() == ()
    store.close()


def test_one_damaged_answer_is_named(store: Store) -> None:
    works(store, "one")
    works(store, "two")
    store.database.write(
        lambda session: session.execute(text("UPDATE revision SET value = '[' WHERE answer_id = 1"))
    )
    with pytest.raises(UnreadableError, match="An answer of Ada in the study one"):
        store.export_rows("one")
    assert len(store.export_rows("two")) == 1
    assert len(store.studies()) == 2


def test_a_removed_study_takes_nothing_of_another_with_it(store: Store) -> None:
    works(store, "one")
    works(store, "two")
    before = dump(store, "two")
    remove(store, "one")
    assert dump(store, "two") == before
    with pytest.raises(ValueError, match="no study named 'one'"):
        remove(store, "one")


@pytest.mark.parametrize("table", ["study", "study_case"])
def test_a_damaged_demo_does_not_keep_the_others_shut(tmp_path, table: str) -> None:
    from shamsul.settings import ASSETS

    store = Store(f"sqlite:///{tmp_path / 'a.db'}")
    archives = RadiographArchive(tmp_path / "r"), AnnotationArchive(tmp_path / "a")
    ensure_default_studies(store, *archives, ASSETS)
    change = {
        "study": "UPDATE study SET created_at = 'x' WHERE name = 'phantom-demo'",
        "study_case": "UPDATE study_case SET image_sha256 = 'x' WHERE position = 1",
    }[table]
    store.database.write(lambda session: session.execute(text(change)))
    ensure_default_studies(store, *archives, ASSETS)
    assert "my-radiographs" in {study.name for study in store.studies()}
    remove(store, "phantom-demo")
    ensure_default_studies(store, *archives, ASSETS)
    assert len(store.studies()) == 2 and store.cases("phantom-demo")
    store.close()


def test_a_text_with_a_nul_is_refused_by_both_databases(store: Store) -> None:
    """PostgreSQL cannot keep it; what SQLite took would not move there."""
    with pytest.raises(ValueError, match="holds a NUL"):
        store.ensure_study(Study("three", "Thr\0ee"))
    with pytest.raises(ValueError, match="holds a NUL"):
        store.set_model("two", "pha\0ntom")
    assert store.names() == ("one", "two")
    store.ensure_study(Study("three", "Thr\\0ee"))
    assert store.study("three").title == "Thr\\0ee"


@pytest.mark.parametrize("text", ["\0", "a\ud800", "\udfff"])
def test_what_no_database_keeps_is_refused_in_a_sentence(store, text: str) -> None:
    store.ensure_study(Study("pilot", "Pilot"))
    with pytest.raises(ValueError, match=r"^a text holds a NUL or half a character"):
        store.set_model("pilot", text)
    assert store.set_model("pilot", "\U0001f600").model == "\U0001f600"
