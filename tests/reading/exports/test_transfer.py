"""A study leaves as one text, and comes back as it was; and the other layouts of its ratings."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shamsul.reading import CANNOT_JUDGE, Store
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Happened, Screens
from shamsul.reading.design.design import Control, Design, assign
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import Study
from shamsul.reading.exports.ratings import export_ratings, imrmc, wide, write_assignment
from shamsul.reading.exports.transfer import TransferError, dump, load, remove
from tests.reading.database.test_readings import answer

METHODS = ("lime", "lrp")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A study half read, with repeats, controls, changed answers and answers about readers."""
    store = Store(f"sqlite:///{tmp_path / 'one.db'}")
    design = Design(seed=2, repeats=1, warm_up=1, controls=(Control.OTHER_PATIENT,), controlled=0.5)
    plan = Plan(METHODS, ("Ada", "=Bo"), design, source="# text")
    study = Study("trial", "Trial", model="phantom", questionnaire=DEFAULT, plan=plan)
    names = [f"case-{letter}" for letter in "abcd"]
    readings, screens = Readings(store.database), Screens(store.database)
    about = AboutReaders(store.database)
    labels = {name: ["Edema"] for name in names}
    readings.create(
        study,
        {name: name[-1] * 64 for name in names},
        assign(design, labels, plan.readers, METHODS),
    )
    about.record("trial", "Ada", {"experience": 7})
    about.record("trial", "Ada", {"experience": 8, "scs_1": 5})
    for one in readings.of("trial", "Ada"):
        store.record([answer(one, "finding_present", "yes"), answer(one, "point", [3.5, 4.25])])
        for panel in range(len(one.reading.panels)):
            store.record([answer(one, "location", 2, panel), answer(one, "comment", '"ü', panel)])
            store.record([answer(one, "location", CANNOT_JUDGE if panel else 5, panel)])
        screens.note(one.id, Happened.PAUSED, 3.0)
    first = readings.of("trial", "Ada")[0]
    store.record([answer(first, "finding_probability", 30), answer(first, "confidence", 2)])
    screens.lock(first.id, Step.IMAGE, 4.5)
    readings.change(store.study("trial"))
    yield store
    store.close()


@pytest.fixture
def other(each_url: str) -> Iterator[Store]:
    other = Store(each_url)
    # Numbers of rows must not matter.
    other.ensure_study(Study("mine", "Mine"))
    other.add_case("mine", "a" * 64)
    yield other
    other.close()


@pytest.mark.long
def test_a_study_comes_back_as_it_was(store: Store, other: Store, tmp_path: Path) -> None:
    assert load(other, dump(store, "trial")) == "trial"
    assert other.study("trial") == store.study("trial")
    assert export_ratings(other, "trial") == export_ratings(store, "trial")
    one, two = Readings(store.database), Readings(other.database)
    assert [(o.reading, o.case.name, o.locked, o.active_seconds) for o in two.of("trial")] == [
        (o.reading, o.case.name, o.locked, o.active_seconds) for o in one.of("trial")
    ]
    assert AboutReaders(other.database).all("trial") == AboutReaders(store.database).all("trial")
    for number, of in enumerate((store, other)):
        write_assignment(of, "trial", tmp_path / f"{number}.csv")
    assert (tmp_path / "0.csv").read_bytes() == (tmp_path / "1.csv").read_bytes()


@pytest.mark.long
def test_revisions_are_part_of_it(store: Store, other: Store) -> None:
    load(other, dump(store, "trial"))

    def history(of: Store) -> list[tuple[object, ...]]:
        tables = json.loads(dump(of, "trial"))["tables"]
        return sorted((r["number"], r["value"], r["changed_at"]) for r in tables["revision"])

    assert history(other) == history(store)
    assert max(number for number, *_ in history(store)) == 2


@pytest.mark.long
def test_models_beside_are_part_of_it_and_gone_with_it(store: Store, other: Store) -> None:
    assert "beside" not in json.loads(dump(store, "trial"))["tables"]  # as before there were any
    beside = ("gaze", "xrv/densenet121-res224-all")
    Readings(store.database).change(replace(store.study("trial"), beside=beside))
    load(other, dump(store, "trial"))
    assert other.study("trial").beside == beside
    remove(other, "trial")
    assert load(other, dump(store, "trial")) == "trial"
    assert other.study("trial").beside == beside


@pytest.mark.long
def test_a_study_is_imported_once(store: Store, other: Store) -> None:
    text = dump(store, "trial")
    load(other, text)
    with pytest.raises(TransferError, match="a study named 'trial' already"):
        load(other, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"format": 1, "tables": {"study": []}}',
        '{"format": 1, "tables": {"study": [{"name": "a"}, {"name": "b"}]}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_study_is_refused(other: Store, text: str) -> None:
    with pytest.raises(TransferError, match="not a study as"):
        load(other, text)


@pytest.mark.long
def test_a_layout_of_the_future_is_refused(store: Store, other: Store) -> None:
    text = json.dumps(json.loads(dump(store, "trial")) | {"format": 2})
    with pytest.raises(TransferError, match="layout 2"):
        load(other, text)


@pytest.mark.long
@pytest.mark.parametrize(
    "damage",
    [
        lambda tables: tables["answer"][0].update(case_id=999_999),
        lambda tables: tables["revision"][0].pop("value"),
        lambda tables: tables["reading_event"][0].update(at="yesterday"),
        lambda tables: tables["reading_event"][0].update(kind="vanished"),
        lambda tables: tables["reading_event"][-1].update(step=77),
        lambda tables: tables["study"][0].update(plan="nonsense"),
        lambda tables: tables["study"][0].update(plan=None),
        lambda tables: tables["study"][0].update(plan="[" * 20_000),
        lambda tables: tables["study"][0].update(title=5),
        lambda tables: tables["study"][0].update(title=None),
        lambda tables: tables["wording"].clear(),
        lambda tables: tables["wording"][0].update(content="[]", version=2),
        lambda tables: tables["study_case"][0].update(image_sha256="../../x"),
        lambda tables: tables["study_case"][0].update(position=2**40),
        lambda tables: tables["study_case"][1].update(position=1),
        lambda tables: tables["reading"][0].update(panels='[["lrp"]]'),
        lambda tables: tables["reading"][0].update(reader="x" * 81),
        lambda tables: tables["reading"][0].update(arm="both"),
        lambda tables: tables["revision"][0].update(value='"perhaps"'),
        lambda tables: tables["revision"][-1].update(active_seconds=float("nan")),
        lambda tables: tables["reader_answer"][0].update(item="unasked"),
        lambda tables: tables["reader_answer"][0].update(value="[" * 20_000),
    ],
)
def test_a_study_that_is_not_whole_leaves_nothing(
    store: Store, other: Store, damage: Callable[[dict], None]
) -> None:
    content = json.loads(dump(store, "trial"))
    damage(content["tables"])
    with pytest.raises(TransferError, match="not whole"):
        load(other, json.dumps(content))
    assert [study.name for study in other.studies()] == ["mine"]


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_wide_has_a_row_for_each_reading(store: Store) -> None:
    found = rows(wide(store, "trial"))
    mine = Readings(store.database).of("trial", "Ada")
    assert len(found) == len(mine)
    by_case = {(row["case"], row["repeat_of"]): row for row in found}
    for one in mine:
        row = by_case[one.case.name, one.case.name if one.reading.repeat else ""]
        for position, panel in enumerate(one.reading.panels):
            control = f"/{panel.control.value}" if panel.control else ""
            name = f"{panel.method}{control}"
            assert row[f"{name}.location"] == ("cannot judge" if position else "5")
            assert row[f"{name}.comment"] == '"ü'
        shown = {f"{p.method}/{p.control.value}" for p in one.reading.panels if p.control}
        for column, cell in row.items():
            if "/" in column and column.split(".")[0] not in shown:
                assert cell == ""


def test_imrmc_has_its_four_columns(store: Store) -> None:
    found = rows(imrmc(store, "trial", "location"))
    assert set(found[0]) == {"readerID", "caseID", "modalityID", "score"}
    first = [
        (one, one.reading.panels[0])
        for one in Readings(store.database).of("trial", "Ada")
        if not one.reading.warm_up and not one.reading.repeat
    ]
    expected = {
        ("Ada", f"{one.case.name}/Edema", panel.method, "5")
        for one, panel in first
        if panel.control is None
    }
    assert {tuple(row.values()) for row in found} == expected
    with pytest.raises(ValueError, match="no scale 'comment' about maps; it has location"):
        imrmc(store, "trial", "comment")


def test_answers_about_readers_are_exported(store: Store) -> None:
    found = rows(export_ratings(store, "trial").readers)
    assert [(row["reader"], row["item"], row["answer"], row["revision"]) for row in found] == [
        ("Ada", "experience", "8.0", "2"),
        ("Ada", "scs_1", "5", "1"),
    ]


def test_a_repeat_stands_in_rows_of_its_own(store: Store) -> None:
    found = rows(export_ratings(store, "trial").ratings)
    repeats = [row for row in found if row["repeat_of"]]
    assert repeats and all(row["repeat_of"] == row["case"] for row in repeats)
    assert {row["comment"] for row in found} == {'"ü'}
