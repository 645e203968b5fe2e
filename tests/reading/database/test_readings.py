"""What readers are given, how far they are, and what is locked; in both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shamsul.reading import Answer, MapShown, Shown, Store, Study
from shamsul.reading.database.about_readers import AboutReaders
from shamsul.reading.database.findings import GivenFindings
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Happened, Screens
from shamsul.reading.database.store import Refused
from shamsul.reading.design.design import Arm, Control, Design, Mode, assign
from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.design.plan import Plan
from shamsul.reading.design.progress import Assigned, unanswered
from shamsul.reading.design.questionnaire import Kind, Question, Questionnaire, Step

METHODS = ("lime", "lrp")
SHORT = Questionnaire(
    (
        Question("years", "Years?", Kind.NUMBER, Step.START, minimum=0, required=True),
        Question(
            "present", "Present?", Kind.CHOICE, Step.IMAGE, options=("yes", "no"), required=True
        ),
        Question("agree", "Agree?", Kind.CHOICE, Step.REVEAL, options=("yes", "no"), required=True),
        Question(
            "location", "Right place?", Kind.SCALE, Step.MAPS, options=("1", "2"), required=True
        ),
        Question("comment", "Comment", Kind.TEXT, Step.MAPS),
    )
)


@pytest.fixture
def url(each_url: str) -> str:
    return each_url


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def create(store: Store, clock: Clock) -> Callable[..., Readings]:
    """Make a study of three cases for Ada and Bo."""

    def make(**design: object) -> Readings:
        plan = Plan(METHODS, ("Ada", "Bo"), Design(**design))  # type: ignore[arg-type]
        study = Study("trial", "Trial", model="phantom", questionnaire=SHORT, plan=plan)
        cases = {f"case-{letter}": letter * 64 for letter in "abc"}
        labels = {name: ["Edema"] for name in cases}
        readings = Readings(store.database, clock)
        readings.create(study, cases, assign(plan.design, labels, plan.readers, METHODS))
        return readings

    return make


def answer(assigned: Assigned, item: str, value: object, panel: int | None = None) -> Answer:
    """As the page would make it of a reading."""
    reading = assigned.reading
    shown: dict = {
        "label": reading.label,
        "model": "phantom",
        "blinded": True,
        "case_order": reading.case_order,
        "repeat_of": reading.case if reading.repeat else None,
        "warm_up": reading.warm_up,
    }
    about: Shown = Shown(**shown)
    if panel is not None:
        plan = reading.panels[panel]
        about = MapShown(
            **shown,
            method=plan.method,
            method_name_shown="ABCDE"[panel],
            panel_position=panel + 1,
            heatmap_sha256="b" * 64,
            opacity=0.5,
            normalisation="p99.5",
            control=plan.control and plan.control.value,
        )
    return Answer(
        case=assigned.case,
        reader=reading.reader,
        shown=about,
        item=item,
        value=value,  # type: ignore[arg-type]
        session=reading.session,
    )


def screens(readings: Readings) -> Screens:
    """Of the same readings, on the same clock."""
    return Screens(readings._database, readings._clock)


def about(readings: Readings) -> AboutReaders:
    return AboutReaders(readings._database, readings._clock)


def now(readings: Readings, assigned: Assigned) -> Assigned:
    return next(one for one in readings.of("trial") if one.id == assigned.id)


def finish(store: Store, readings: Readings, assigned: Assigned) -> Assigned:
    if Step.IMAGE not in now(readings, assigned).locked:
        store.record([answer(assigned, "present", "yes")])
    assigned = screens(readings).lock(assigned.id, Step.IMAGE, 5.0)
    if assigned.reading.arm is Arm.WITHOUT:
        return assigned
    store.record(
        [
            answer(assigned, "agree", "no"),
            *(answer(assigned, "location", 2, n) for n in range(len(assigned.reading.panels))),
        ]
    )
    return screens(readings).lock(assigned.id, Step.MAPS, 9.0)


def test_a_study_comes_back_as_it_was_made(store: Store, create: Callable[..., Readings]) -> None:
    readings = create(controls=(Control.RANDOM_MODEL,), controlled=0.5, mode=Mode.WITH)
    study = store.study("trial")
    assert study.plan is not None
    expected = assign(
        study.plan.design,
        {case.name: ["Edema"] for case in store.cases("trial")},
        ("Ada", "Bo"),
        METHODS,
    )
    assert tuple(one.reading for one in readings.of("trial")) == expected
    assert {one.reading.reader for one in readings.of("trial", " Bo ")} == {"Bo"}
    assert readings.studies_of("Ada") == (study,)
    assert readings.studies_of("Eve") == ()


def test_models_beside_a_study_s_own_are_kept_and_changed(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create()
    study = store.study("trial")
    assert study.beside == ()
    for beside in (("b", "a"), ("a", "b", "c"), ("c",), ()):
        assert readings.change(replace(study, beside=beside)).beside == beside
        assert store.study("trial").beside == beside
    made = store.ensure_study(Study("open", "Open", model="a", beside=("b", "c")))
    assert made.beside == store.study("open").beside == ("b", "c")
    # What is beside may become the study's own.
    assert store.set_model("open", "b").beside == ("b", "c")


def test_a_name_is_given_once_and_nothing_is_half_made(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create()
    before = readings.of("trial")
    with pytest.raises(ValueError, match="a study named 'trial' already"):
        create()
    assert readings.of("trial") == before
    study = replace(store.study("trial"), name="other")
    with pytest.raises(ValueError, match="spaces to trim"):
        readings.create(study, {"case ": "a" * 64}, ())
    assert [one.name for one in store.studies()] == ["trial"]


def test_a_reading_goes_screen_by_screen(store: Store, create: Callable[..., Readings]) -> None:
    readings = create()
    (first, *_) = readings.of("trial", "Ada")
    assert first.screens(SHORT) == (Step.IMAGE, Step.MAPS)
    assert first.screen(SHORT) is Step.IMAGE
    with pytest.raises(Refused, match=r"^1 required answer is missing\.$"):
        screens(readings).lock(first.id, Step.IMAGE, 1.0)
    with pytest.raises(Refused, match="earlier part"):
        screens(readings).lock(first.id, Step.MAPS, 1.0)
    store.record([answer(first, "present", "yes")])
    first = screens(readings).lock(first.id, Step.IMAGE, 5.0)
    assert first.screen(SHORT) is Step.MAPS
    store.record([answer(first, "agree", "no"), answer(first, "location", 1, 0)])
    (missing,) = unanswered(first, SHORT, screens(readings).answers(first.id), Step.MAPS)
    assert (missing.question.id, missing.panel) == ("location", first.reading.panels[1])
    with pytest.raises(Refused, match=r"^1 required answer is missing\.$"):
        screens(readings).lock(first.id, Step.MAPS, 8.0)
    store.record([answer(first, "location", 2, 1)])
    done = screens(readings).lock(first.id, Step.MAPS, 9.0)
    assert done.screen(SHORT) is None
    assert done.active_seconds == 9.0
    assert [one.id for one in readings.of("trial", "Ada") if one.screen(SHORT)] == [
        one.id for one in readings.of("trial", "Ada")[1:]
    ]


def test_locked_answers_stay(store: Store, create: Callable[..., Readings]) -> None:
    readings = create()
    (first, *_) = readings.of("trial", "Ada")
    store.record([answer(first, "present", "yes")])
    locked = screens(readings).lock(first.id, Step.IMAGE, 5.0)
    assert screens(readings).lock(first.id, Step.IMAGE, 50.0) == locked
    with pytest.raises(Refused, match="stay as they are"):
        store.record([answer(first, "agree", "yes"), answer(first, "present", "no")])
    # All or none.
    assert [saved.answer.value for saved in screens(readings).answers(first.id)] == ["yes"]
    store.record([answer(first, "agree", "yes")])
    finish(store, readings, first)
    with pytest.raises(Refused, match="stay as they are"):
        store.record([answer(first, "location", 1, 0)])


def test_where_changes_are_allowed_locked_answers_can_change(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create(changes=True, debrief=False)
    first = finish(store, readings, readings.of("trial", "Ada")[0])
    (saved,) = store.record([answer(first, "location", 1, 0)])
    assert (saved.revision, saved.answer.value) == (2, 1)


def test_what_belongs_to_a_screen_is_done_until_it_is_locked(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings, done = create(), []
    first, second, *_ = readings.of("trial", "Ada")
    screens(readings).while_open(first.id, Step.IMAGE, lambda: done.append("before"))
    store.record([answer(first, "present", "yes")])
    screens(readings).lock(first.id, Step.IMAGE, 5.0)
    with pytest.raises(Refused, match="stay as they are"):
        screens(readings).while_open(first.id, Step.IMAGE, lambda: done.append("after"))
    screens(readings).while_open(second.id, Step.IMAGE, lambda: done.append("of another case"))
    readings.close("trial")
    with pytest.raises(Refused, match="The study Trial is closed"):
        screens(readings).while_open(second.id, Step.IMAGE, lambda: done.append("closed"))
    assert done == ["before", "of another case"]


def test_where_changes_are_allowed_it_is_done_afterwards_too(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings, done = create(changes=True, debrief=False), []
    first = finish(store, readings, readings.of("trial", "Ada")[0])
    screens(readings).while_open(first.id, Step.IMAGE, lambda: done.append("after"))
    assert done == ["after"]


def test_nobody_answers_what_another_was_given(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create()
    (first, *_) = readings.of("trial", "Ada")
    stranger = replace(answer(first, "present", "yes"), reader="Eve")
    with pytest.raises(Refused, match="Eve was not given this case"):
        store.record([stranger])
    other = replace(answer(first, "present", "yes"), session=2)
    with pytest.raises(Refused, match="not given"):
        store.record([other])


def test_a_closed_study_takes_no_answer(store: Store, create: Callable[..., Readings]) -> None:
    readings = create()
    (first, *_) = readings.of("trial", "Ada")
    store.record([answer(first, "present", "yes")])
    closed = readings.close("trial")
    assert closed.closed_at is not None
    assert readings.close("trial") == closed
    for work in (
        lambda: store.record([answer(first, "present", "no")]),
        lambda: screens(readings).lock(first.id, Step.IMAGE, 1.0),
        lambda: about(readings).record("trial", "Ada", {"years": 3}),
    ):
        with pytest.raises(Refused, match="The study Trial is closed"):
            work()
    assert [saved.answer.value for saved in screens(readings).answers(first.id)] == ["yes"]


def test_a_reopened_study_goes_on_where_it_was(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create()
    (first, *_) = readings.of("trial", "Ada")
    store.record([answer(first, "present", "yes")])
    screens(readings).lock(first.id, Step.IMAGE, 1.0)
    readings.close("trial")
    assert readings.reopen("trial").closed_at is None
    assert readings.of("trial", "Ada")[0].screen(SHORT) is Step.MAPS
    with pytest.raises(Refused, match="finished"):
        store.record([answer(first, "present", "no")])
    store.record([answer(first, "agree", "yes")])


def test_the_last_activity_is_an_answer_a_lock_or_a_pause(
    store: Store, create: Callable[..., Readings], clock: Clock
) -> None:
    readings = create(sessions=2)
    assert readings.activity("trial") == {}
    (first, *_) = readings.of("trial", "Ada")
    before = datetime.now(UTC)
    store.record([answer(first, "present", "yes")])
    assert before <= readings.activity("trial")["Ada", 1] <= datetime.now(UTC)
    clock.now = datetime.now(UTC) + timedelta(hours=1)
    screens = Screens(store.database, clock)
    screens.note(first.id, Happened.PAUSED, 3.0)
    later = next(one for one in readings.of("trial", "Bo") if one.reading.session == 2)
    screens.note(later.id, Happened.PAUSED, 3.0)
    now = pytest.approx(clock.now.timestamp(), abs=0.001)
    found = {key: at.timestamp() for key, at in readings.activity("trial").items()}
    assert found == {("Ada", 1): now, ("Bo", 2): now}


def test_added_cases_are_kept_with_their_readings_or_not_at_all(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create()
    (last,) = [one.reading for one in readings.of("trial", "Bo") if one.reading.place == 3]
    new = replace(last, case="case-d", place=4, case_order=4)
    readings.extend("trial", {"case-d": "d" * 64}, [new], {"case-d": {"Edema": True}})
    assert [case.order for case in store.cases("trial")] == [1, 2, 3, 4]
    assert readings.of("trial", "Bo")[-1].reading == new
    assert GivenFindings(store.database).of("trial") == {"case-d": {"Edema": True}}
    for cases in ({"case-e": "d" * 64}, {"case-d": "e" * 64}):
        with pytest.raises(ValueError, match="has one of these cases already"):
            readings.extend("trial", cases, [])
    assert len(store.cases("trial")) == 4


def test_a_repeat_has_answers_of_its_own(store: Store, create: Callable[..., Readings]) -> None:
    readings = create(repeats=1)
    mine = readings.of("trial", "Ada")
    (repeat,) = (one for one in mine if one.reading.repeat)
    (original,) = (one for one in mine if one.case == repeat.case and not one.reading.repeat)
    store.record([answer(original, "present", "yes"), answer(repeat, "present", "no")])
    assert [saved.answer.value for saved in screens(readings).answers(original.id)] == ["yes"]
    assert [saved.answer.value for saved in screens(readings).answers(repeat.id)] == ["no"]


def test_a_control_has_answers_of_its_own(store: Store, create: Callable[..., Readings]) -> None:
    readings = create(controls=(Control.OTHER_PATIENT,), controlled=1.0)
    (first, *_) = readings.of("trial", "Ada")
    assert len(first.reading.panels) == 3
    store.record([answer(first, "location", 1, panel) for panel in range(3)])
    assert len(screens(readings).answers(first.id)) == 3
    assert not [
        m
        for m in unanswered(first, SHORT, screens(readings).answers(first.id), Step.MAPS)
        if m.panel
    ]


def test_the_second_session_waits_for_the_washout(
    store: Store, create: Callable[..., Readings], clock: Clock
) -> None:
    readings = create(sessions=2, washout_days=14)
    study = store.study("trial")
    assert readings.opens_at(study, "Ada", 1) is None
    assert readings.opens_at(study, "Ada", 2) == datetime.max.replace(tzinfo=UTC)
    for day, one in enumerate(o for o in readings.of("trial", "Ada") if o.reading.session == 1):
        clock.now = datetime(2026, 3, 1 + day, tzinfo=UTC)
        finish(store, readings, one)
    assert readings.opens_at(study, "Ada", 2) == datetime(2026, 3, 17, tzinfo=UTC)
    assert readings.opens_at(study, "Bo", 2) == datetime.max.replace(tzinfo=UTC)


def test_without_the_maps_only_the_image_is_read(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create(mode=Mode.CROSSOVER, sessions=2)
    without = next(one for one in readings.of("trial") if one.reading.arm is Arm.WITHOUT)
    assert without.screens(SHORT) == (Step.IMAGE,)
    done = finish(store, readings, without)
    assert done.screen(SHORT) is None


def test_wording_is_frozen_by_the_first_answer(
    store: Store, create: Callable[..., Readings], clock: Clock
) -> None:
    readings = create()
    study = store.study("trial")
    reworded = Questionnaire((*SHORT.questions[:3], replace(SHORT.questions[3], wording="There?")))
    assert readings.change(replace(study, questionnaire=reworded)).questionnaire == reworded
    readings.change(study)
    (first, *_) = readings.of("trial", "Ada")
    store.record([answer(first, "location", 2, 0), answer(first, "comment", "Good", 0)])
    changed = readings.change(replace(study, title="New title", questionnaire=reworded))
    assert (changed.title, changed.questionnaire) == ("New title", reworded)
    # What was answered under the first wording is still read under it.
    assert {saved.answer.item: saved.wording for saved in store.export_rows("trial")} == {
        "location": 1,
        "comment": 1,
    }
    (saved,) = store.record([answer(first, "location", 2, 0)])
    assert (saved.revision, saved.wording) == (2, 2)
    with pytest.raises(ValueError, match="no item 'comment'"):
        store.record([answer(first, "comment", "Better", 0)])


def test_readers_can_be_added(store: Store, create: Callable[..., Readings]) -> None:
    readings = create()
    study = store.study("trial")
    assert study.plan is not None
    before = readings.of("trial")
    plan = replace(study.plan, readers=("Ada", "Bo", "Cy"))
    labels = {case.name: ["Edema"] for case in store.cases("trial")}
    every = assign(plan.design, labels, plan.readers, METHODS)
    readings.change(replace(study, plan=plan), [one for one in every if one.reader == "Cy"])
    assert readings.of("trial")[: len(before)] == before
    assert len(readings.of("trial", "Cy")) == 3
    assert store.study("trial").plan == plan


def test_answers_about_the_reader_are_revisions(
    store: Store, create: Callable[..., Readings]
) -> None:
    readings = create()
    about(readings).record("trial", "Ada", {"years": 7})
    about(readings).record("trial", "Ada", {"years": 7})
    about(readings).record("trial", "Ada", {"years": 8})
    assert about(readings).of("trial", "Ada") == {"years": 8.0}
    assert about(readings).of("trial", "Bo") == {}
    about(readings).record("trial", "Ada", {"years": None})
    assert about(readings).of("trial", "Ada") == {}
    with pytest.raises(ValueError, match="years must be a number from 0"):
        about(readings).record("trial", "Ada", {"years": -1})
    with pytest.raises(ValueError, match="not a question about the reader"):
        about(readings).record("trial", "Ada", {"present": "yes"})


@pytest.mark.long
def test_two_readers_on_one_case_do_not_meet(store: Store, create: Callable[..., Readings]) -> None:
    readings = create()
    ada, bo = (
        next(one for one in readings.of("trial", name) if one.case.name == "case-a")
        for name in ("Ada", "Bo")
    )

    def rate(who: Assigned, value: str) -> None:
        for _ in range(20):
            store.record([answer(who, "present", "no"), answer(who, "agree", "no")])
            store.record([answer(who, "present", value), answer(who, "agree", value)])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rate, (ada, bo), ("yes", "no")))
    assert {saved.answer.value for saved in screens(readings).answers(ada.id)} == {"yes"}
    assert {saved.answer.value for saved in screens(readings).answers(bo.id)} == {"no"}


def test_a_clock_set_back_changes_no_order(
    store: Store, create: Callable[..., Readings], clock: Clock
) -> None:
    readings = create()
    (first, *_) = readings.of("trial", "Ada")
    store.record([answer(first, "present", "yes")])
    screens(readings).lock(first.id, Step.IMAGE, 5.0)
    clock.now -= timedelta(days=400)
    done = finish(store, readings, first)
    assert done.screen(SHORT) is None
    about(readings).record("trial", "Ada", {"years": 1})
    clock.now -= timedelta(days=400)
    about(readings).record("trial", "Ada", {"years": 2})
    assert about(readings).of("trial", "Ada") == {"years": 2.0}


def test_the_usual_questionnaire_can_be_read_again_with_the_maps() -> None:
    again = DEFAULT.read_again(Step.AGAIN)
    assert [q.id for q in again.at(Step.AGAIN)] == [
        f"{q.id}_with_maps" for q in DEFAULT.at(Step.IMAGE)
    ]
