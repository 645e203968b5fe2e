"""An older database becomes one of this version, its answers intact."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from shamsul.reading import Store, StoreError
from shamsul.reading.database import migrations
from shamsul.reading.database.tables import Base
from shamsul.reading.design.instrument import DEFAULT


@pytest.fixture
def engine(each_url: str) -> Iterator[Engine]:
    Store(each_url).close()
    engine = create_engine(each_url)
    yield engine
    engine.dispose()


def old_database(url: str, *, stamped: bool) -> None:
    """A database of the first step with one answer in two revisions."""
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(migrations.steps(connection), "0001")
        if not stamped:
            connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(
            text("INSERT INTO study VALUES (7, 'pilot', 'Pilot', '', 'phantom', :q, :at)"),
            {"q": DEFAULT.to_json(), "at": "2026-01-02 03:04:05"},
        )
        connection.execute(
            text("INSERT INTO study_case VALUES (3, 7, 'case-001', :sha, 1)"), {"sha": "a" * 64}
        )
        connection.execute(
            text(
                "INSERT INTO answer VALUES "
                "(5, 3, 'Ada', 1, 'Edema', 'lrp', NULL, 'location', '2026-01-02 03:05:00')"
            )
        )
        for number, value in ((1, "2"), (2, "4")):
            connection.execute(
                text(
                    "INSERT INTO revision VALUES (5, :number, :value, '2026-01-02 03:06:00', 1.5, "
                    "'phantom', NULL, 0.5, 0, 1, 'case-001', 0, 'LRP', 4, :sha, 0.6, 'p99.5')"
                ),
                {"number": number, "value": value, "sha": "b" * 64},
            )
    engine.dispose()


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_steps_lead_to_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            change
            for change in compare_metadata(context, Base.metadata)
            # Databases do not give an index of expressions back as it was made; test_store has it.
            if "one_answer_per_question" not in str(change)
        ]
        assert differences == []
        assert migrations.version(connection) == migrations.newest()


@pytest.mark.parametrize("stamped", [True, False])
def test_answers_of_an_older_database_stay(url: str, stamped: bool) -> None:
    old_database(url, stamped=stamped)
    store = Store(url)
    (saved,) = store.export_rows("pilot")
    assert saved.answer.value == 4
    assert saved.revision == 2
    assert saved.wording == 1
    assert saved.answer.shown.repeat_of == "case-001"
    assert saved.answer.case.name == "case-001"
    assert store.study("pilot").questionnaire == DEFAULT
    assert store.study("pilot").beside == ()
    store.close()


def test_the_older_database_is_kept_beside(url: str) -> None:
    old_database(url, stamped=False)
    Store(url).close()
    path = Path(url.removeprefix("sqlite:///"))
    copy = path.with_name(f"{path.name}.before-{migrations.newest()}")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM revision").fetchone() == (2,)
        assert "questionnaire" in connection.execute("SELECT sql FROM sqlite_master").fetchone()[0]
    connection.close()
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".")] == []


def test_a_database_of_this_version_is_not_copied(url: str) -> None:
    Store(url).close()
    Store(url).close()
    path = Path(url.removeprefix("sqlite:///"))
    assert not list(path.parent.glob("*.before-*"))


def test_several_that_open_an_older_database_at_once_find_it_done(url: str) -> None:
    old_database(url, stamped=False)
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(Store, [url] * 6))
    assert all(len(store.export_rows("pilot")) == 1 for store in stores)
    for store in stores:
        store.close()


def test_a_step_that_fails_leaves_the_database_as_it_was(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_database(url, stamped=True)

    def fail(*_: object) -> None:
        raise StoreError("The disk of the ratings database is full.")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.drop_column", fail)
        with pytest.raises(StoreError, match="full"):
            Store(url)
    store = Store(url)
    assert len(store.export_rows("pilot")) == 1
    store.close()


def test_a_database_of_a_later_version_is_refused(engine: Engine, each_url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="made by a later version"):
        Store(each_url)
