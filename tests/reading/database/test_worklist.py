"""The worklist: what is found, in which order, and what removing leaves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from shamsul.reading import Answer, Case, Store, Study
from shamsul.reading.database.appraisals import Appraisals
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.store import study_row
from shamsul.reading.database.tables import CaseRow
from shamsul.reading.database.worklist import Worklist
from shamsul.reading.design.listing import Appraisal, Ask, Order, Place, Seen, Show
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.study import Origin
from shamsul.reading.exports.transfer import dump, load, remove

MODEL = "f" * 64
SEEN = Seen("pilot", model=MODEL, thresholds={"Edema": 0.5, "Mass": 0.5})


@pytest.fixture
def store(each_url: str) -> Iterator[Store]:
    store = Store(each_url)
    store.ensure_study(Study("pilot", "Pilot", model="phantom"))
    store.ensure_study(Study("other", "Other", model="phantom"))
    yield store
    store.close()


@pytest.fixture
def cases(store: Store) -> list[Case]:
    """Three: the second doubtful, the third not appraised."""
    made = [
        store.add_case("pilot", digit * 64, name, Origin.UPLOAD)
        for digit, name in (("1", "Beta"), ("2", "alpha"), ("3", "Gamma"))
    ]
    appraisals = Appraisals(store.database)
    appraisals.put("1" * 64, MODEL, Appraisal(0, {"Edema": 0.9, "Mass": 0.1}, "Edema", 4, 0.5))
    appraisals.put("2" * 64, MODEL, Appraisal(2, {"Edema": 0.2, "Mass": 0.6}, "Mass"))
    return made


def names(store: Store, ask: Ask, seen: Seen = SEEN) -> list[str]:
    return [entry.case.name for entry in Worklist(store.database).page(seen, ask, 0, 50).entries]


@pytest.mark.usefixtures("cases")
@pytest.mark.parametrize(
    ("ask", "found"),
    [
        (Ask(), ["Beta", "alpha", "Gamma"]),
        (Ask(order=Order.NAME), ["alpha", "Beta", "Gamma"]),
        (Ask(order=Order.NAME, descending=True), ["Gamma", "Beta", "alpha"]),
        (Ask(order=Order.PROBABILITY), ["alpha", "Beta", "Gamma"]),
        (Ask(order=Order.PROBABILITY, label="Mass"), ["Beta", "alpha", "Gamma"]),
        (Ask(order=Order.PROBABILITY, label="Mass", descending=True), ["alpha", "Beta", "Gamma"]),
        (Ask(order=Order.DISAGREEMENT), ["Beta", "alpha", "Gamma"]),
        (Ask(order=Order.WARNINGS, descending=True), ["alpha", "Beta", "Gamma"]),
        (Ask(order=Order.ADDED, descending=True), ["Gamma", "alpha", "Beta"]),
        (Ask(show=Show.WARNINGS), ["alpha"]),
        (Ask(show=Show.POSITIVE, label="Edema"), ["Beta"]),
        (Ask(show=Show.POSITIVE), ["Beta", "alpha"]),
        (Ask(show=Show.POSITIVE, label="Nothing"), []),
        (Ask(text="ET"), ["Beta"]),
        (Ask(text="a", order=Order.NAME, show=Show.UNRATED), ["alpha", "Beta", "Gamma"]),
        (Ask(text="%"), []),
    ],
)
def test_what_is_asked_for_is_found_in_order(store: Store, ask: Ask, found: list[str]) -> None:
    assert names(store, ask) == found


def test_an_entry_says_what_is_known(store: Store, cases: list[Case]) -> None:
    first, _, third = Worklist(store.database).page(SEEN, Ask(), 0, 50).entries
    assert (first.case, first.origin, first.note) == (cases[0], Origin.UPLOAD, "")
    assert first.added_at is not None
    assert abs((datetime.now(UTC) - first.added_at).total_seconds()) < 600
    assert (first.warnings, first.finding, first.probability) == (0, "Edema", 0.9)
    assert (first.maps, first.disagreement) == (4, 0.5)
    assert (third.warnings, third.finding, third.probability, third.maps) == (None,) * 4
    _, second, third = Worklist(store.database).page(SEEN, Ask(label="Mass"), 0, 50).entries
    assert (second.finding, second.probability) == ("Mass", 0.6)
    assert (third.finding, third.probability) == (None, None)


@pytest.mark.usefixtures("cases")
def test_another_model_has_appraised_nothing(store: Store) -> None:
    page = Worklist(store.database).page(Seen("pilot", model="e" * 64), Ask(), 0, 50)
    assert [entry.finding for entry in page.entries] == [None] * 3


def test_an_appraisal_is_replaced_and_found_again(store: Store, cases: list[Case]) -> None:
    appraisals = Appraisals(store.database)
    new = Appraisal(1, {"Edema": 0.3, "Mass": 0.2}, "Edema", 2, 0.25)
    appraisals.put("1" * 64, MODEL, new)
    assert appraisals.get("1" * 64, MODEL) == new
    assert appraisals.get("3" * 64, MODEL) is None
    known = [(case, maps) for case, maps in appraisals.of("pilot", MODEL).values()]
    assert known == [(cases[0], 2), (cases[1], 0), (cases[2], None)]


def test_a_note_is_kept_and_found_whatever_its_letters(store: Store, cases: list[Case]) -> None:
    listed = Worklist(store.database)
    listed.note(cases[2].id, "  Übergröße,\n 左  ")
    assert names(store, Ask(text="ÜBERGR")) == ["Gamma"]
    assert names(store, Ask(text="左")) == ["Gamma"]
    (entry,) = listed.page(SEEN, Ask(text="über"), 0, 50).entries
    assert entry.note == "Übergröße, 左"
    with pytest.raises(ValueError, match="at most 500"):
        listed.note(cases[2].id, "x" * 501)
    with pytest.raises(ValueError, match="not there"):
        listed.note(9999, "lost")
    assert names(store, Ask(text="ÜBERGR")) == ["Gamma"]


@pytest.mark.usefixtures("cases")
def test_rated_is_what_this_reader_answered_and_did_not_take_back(
    store: Store, cases: list[Case], rating: Callable[..., Answer]
) -> None:
    store.record([rating(case=cases[0]), rating("coverage", 3, case=cases[0])])
    store.record([rating(case=cases[1], reader="Bo")])
    ada = Seen("pilot", "Ada", MODEL)
    assert names(store, Ask(show=Show.RATED), ada) == ["Beta"]
    assert names(store, Ask(show=Show.UNRATED), ada) == ["alpha", "Gamma", "case-004"]
    assert names(store, Ask(show=Show.RATED)) == ["Beta", "alpha"]
    page = Worklist(store.database).page(ada, Ask(), 0, 50)
    assert [entry.answered for entry in page.entries] == [2, 0, 0, 0]
    assert (page.found, page.total, page.rated) == (4, 4, 1)
    store.record([rating(value=None, case=cases[0]), rating("coverage", None, case=cases[0])])
    assert names(store, Ask(show=Show.RATED), ada) == []


def test_a_case_knows_its_place_and_neighbours(store: Store, cases: list[Case]) -> None:
    listed = Worklist(store.database)
    beta, alpha, gamma = cases
    by_name = Ask(order=Order.NAME)
    assert listed.place(SEEN, by_name, alpha.id) == Place(1, 3, (), (beta,))
    assert listed.place(SEEN, by_name, beta.id) == Place(2, 3, (alpha,), (gamma,))
    assert listed.place(SEEN, by_name, gamma.id, 2) == Place(3, 3, (alpha, beta), ())
    assert listed.place(SEEN, Ask(show=Show.WARNINGS), alpha.id) == Place(1, 1, (), ())
    assert listed.place(SEEN, Ask(show=Show.WARNINGS), beta.id) is None
    assert store.case(beta.id) == beta
    assert store.case(9999) is None


def test_what_is_removed_is_out_of_sight_until_it_is_added_again(
    store: Store, cases: list[Case], rating: Callable[..., Answer]
) -> None:
    listed = Worklist(store.database)
    beta = cases[0]
    store.record([rating(case=beta), rating(case=beta, reader="Bo")])
    listed.note(beta.id, "first")
    assert listed.hanging([case.id for case in cases]) == (2, 2)
    assert listed.remove([beta.id]) == (beta.image_sha256,)
    assert names(store, Ask()) == ["alpha", "Gamma", "case-004"]
    assert store.cases("pilot")[:2] == (cases[1], cases[2])
    assert store.case(beta.id) is None
    assert store.export_rows("pilot") == ()
    with pytest.raises(ValueError, match="no such case"):
        store.record([rating(case=beta)])
    with pytest.raises(ValueError, match="not there"):
        listed.remove([beta.id])
    assert store.add_case("pilot", "4" * 64).order == 5
    assert store.add_case("pilot", beta.image_sha256, "whatever") == beta
    assert len(store.export_rows("pilot")) == 2
    assert names(store, Ask(text="first")) == ["Beta"]


def test_a_radiograph_that_another_case_shows_stays(store: Store, cases: list[Case]) -> None:
    twin = store.add_case("other", cases[0].image_sha256)
    listed = Worklist(store.database)
    both = [cases[0].id, cases[1].id]
    assert listed.shared(both) == 1
    assert listed.remove(both) == (cases[1].image_sha256,)
    assert listed.remove([twin.id]) == (twin.image_sha256,)


def test_cases_of_a_planned_study_are_not_removed(store: Store) -> None:
    plan = Plan(("lrp",), ("Ada",))
    planned = Study("planned", "Planned", model="phantom", plan=plan)
    Readings(store.database).create(planned, {"one": "1" * 64}, ())
    (case,) = store.cases("planned")
    with pytest.raises(ValueError, match="planned"):
        Worklist(store.database).remove([case.id])
    assert store.cases("planned") == (case,)


def test_a_study_is_moved_with_its_notes(store: Store, cases: list[Case]) -> None:
    Worklist(store.database).note(cases[0].id, "first")
    text = dump(store, "pilot")
    remove(store, "pilot")
    load(store, text)
    (entry,) = Worklist(store.database).page(SEEN, Ask(text="first"), 0, 50).entries
    assert (entry.case.name, entry.origin) == ("Beta", Origin.UPLOAD)


def many(store: Store, count: int) -> None:
    """A study of so many cases."""

    def add(session: object) -> None:
        study = study_row(session, "pilot").id  # type: ignore[arg-type]
        session.execute(  # type: ignore[attr-defined]
            insert(CaseRow),
            [
                {
                    "study_id": study,
                    "name": f"C-{n:05d}",
                    "image_sha256": f"{n:064x}",
                    "position": n,
                }
                for n in range(1, count + 1)
            ],
        )

    store.database.write(add)


def test_ten_thousand_cases_come_page_by_page(store: Store) -> None:
    many(store, 10_000)
    listed = Worklist(store.database)
    page = listed.page(SEEN, Ask(order=Order.NAME, descending=True), 50, 50)
    assert page.total == page.found == 10_000
    assert [page.entries[0].case.name, page.entries[-1].case.name] == ["C-09950", "C-09901"]
    found = listed.page(SEEN, Ask(text="c-0123"), 0, 50)
    assert (found.found, [entry.case.order for entry in found.entries]) == (
        10,
        [*range(1230, 1240)],
    )
    middle = found.entries[4].case.id
    place = listed.place(SEEN, Ask(), middle, 3)
    assert place is not None
    assert (place.number, place.count) == (1234, 10_000)
    assert [case.order for case in place.before] == [1231, 1232, 1233]
    assert place.after == tuple(entry.case for entry in found.entries[5:8])
