"""Balance, exactly, over simulated studies."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from shamsul.reading.design.design import (
    Arm,
    Control,
    Design,
    Mode,
    Reading,
    assign,
    most_repeats,
    williams,
)

METHODS = ("lime", "shap", "grad_cam", "lrp")
READERS = ("Ada", "Bo", "Cy", "Di")


def cases(count: int, labels: tuple[str, ...] = ("Edema",)) -> dict[str, tuple[str, ...]]:
    return {f"case-{number:03d}": labels for number in range(count)}


def by_reader(readings: tuple[Reading, ...], session: int = 1) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.session == session:
            found.setdefault(reading.reader, []).append(reading)
    return found


@pytest.mark.parametrize("treatments", range(1, 10))
def test_williams_square_is_balanced(treatments: int) -> None:
    square = williams(treatments)
    times = len(square) // treatments
    assert times == (1 if treatments % 2 == 0 or treatments == 1 else 2)
    for column in square.T:
        assert np.bincount(column, minlength=treatments).tolist() == [times] * treatments
    followed = Counter(pair for row in square.tolist() for pair in pairwise(row))
    expected = {(a, b): times for a in range(treatments) for b in range(treatments) if a != b}
    assert followed == expected


@pytest.mark.parametrize("seed", range(5))
def test_each_method_is_as_often_in_each_position(seed: int) -> None:
    design = Design(seed=seed, warm_up=3, repeats=3)
    for mine in by_reader(assign(design, cases(27), READERS, METHODS)).values():
        main = [r for r in mine if not r.warm_up and not r.repeat]
        assert len(main) == 24
        places = Counter((p.method, place) for r in main for place, p in enumerate(r.panels))
        assert places == {(method, place): 6 for method in METHODS for place in range(4)}
        after = Counter(pair for r in main for pair in pairwise(p.method for p in r.panels))
        assert after == {(a, b): 6 for a in METHODS for b in METHODS if a != b}


def test_over_many_readings_every_order_is_used() -> None:
    mine = assign(Design(), cases(400), ["Ada"], METHODS)
    orders = Counter(tuple(panel.method for panel in r.panels) for r in mine)
    assert len(orders) == 24


def test_without_counterbalancing_panels_keep_the_order_of_the_methods() -> None:
    for reading in assign(Design(counterbalanced=False), cases(9), READERS, METHODS):
        assert tuple(panel.method for panel in reading.panels) == METHODS


def test_the_same_seed_gives_the_same_assignment() -> None:
    design = Design(seed=7, repeats=2, warm_up=1, controls=tuple(Control), controlled=0.3)
    given = assign(design, cases(20), READERS, METHODS)
    assert given == assign(design, cases(20), READERS, METHODS)
    assert given != assign(Design(seed=8), cases(20), READERS, METHODS)


def test_a_reader_added_later_changes_nobody_elses_readings() -> None:
    before = assign(Design(repeats=2), cases(20), READERS, METHODS)
    after = assign(Design(repeats=2), cases(20), (*READERS, "Eve"), METHODS)
    assert after[: len(before)] == before


def test_readers_have_orders_of_their_own() -> None:
    mine = by_reader(assign(Design(), cases(30), READERS, METHODS))
    orders = {tuple(r.case for r in readings) for readings in mine.values()}
    assert len(orders) == len(READERS)
    assert {frozenset(order) for order in orders} == {frozenset(cases(30))}
    fixed = by_reader(assign(Design(shuffled=False), cases(30), READERS, METHODS))
    assert all([r.case for r in readings] == list(cases(30)) for readings in fixed.values())


def test_order_is_uniform() -> None:
    first = Counter(
        assign(Design(seed=seed), cases(4), ["Ada"], METHODS)[0].case for seed in range(400)
    )
    # 100 expected each, standard deviation 8.7.
    assert all(65 < first[case] < 135 for case in cases(4))


def test_labels_of_a_case_are_read_one_after_the_other() -> None:
    readings = assign(Design(), cases(6, ("Edema", "Mass")), ["Ada"], METHODS)
    assert [r.place for r in readings] == list(range(1, 13))
    assert [r.case_order for r in readings] == [order for order in range(1, 7) for _ in range(2)]
    assert [r.label for r in readings] == ["Edema", "Mass"] * 6
    assert all(a.case == b.case for a, b in zip(readings[::2], readings[1::2], strict=True))


def test_warm_up_comes_first_and_is_the_same_for_all() -> None:
    mine = by_reader(assign(Design(warm_up=2), cases(10), READERS, METHODS))
    starts = {tuple(r.case for r in readings[:2]) for readings in mine.values()}
    assert len(starts) == 1
    for readings in mine.values():
        assert [r.warm_up for r in readings] == [True] * 2 + [False] * 8
        assert len({r.case for r in readings}) == 10


@pytest.mark.parametrize("seed", range(10))
def test_repeats_come_apart_from_their_originals(seed: int) -> None:
    for count, gap in ((40, 10), (8, 4)):
        design = Design(seed=seed, repeats=4, warm_up=2)
        for mine in by_reader(assign(design, cases(count + 2), READERS, METHODS)).values():
            repeats = [r for r in mine if r.repeat]
            assert len({r.case for r in repeats}) == len(repeats) == 4
            for repeat in repeats:
                (original,) = (r for r in mine if r.case == repeat.case and not r.repeat)
                assert not original.warm_up
                assert repeat.case_order - original.case_order > gap


def test_repeats_are_not_all_at_the_end() -> None:
    places = [
        r.case_order
        for seed in range(20)
        for r in assign(Design(seed=seed, repeats=4), cases(40), ["Ada"], METHODS)
        if r.repeat
    ]
    assert min(places) < 20 and len(set(places)) > 20


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 1.0])
def test_controls_are_shared_out_among_kinds_and_methods(share: float) -> None:
    design = Design(controls=tuple(Control), controlled=share, warm_up=2)
    for mine in by_reader(assign(design, cases(82), READERS, METHODS)).values():
        controls = [panel for r in mine for panel in r.panels if panel.control]
        assert len(controls) == round(80 * share)
        assert not any(panel.control for r in mine if r.warm_up for panel in r.panels)
        for panels in (
            Counter(panel.method for panel in controls),
            Counter(panel.control for panel in controls),
        ):
            if panels:
                assert max(panels.values()) - min(panels.values()) <= 1
        for reading in mine:
            real = [panel.method for panel in reading.panels if not panel.control]
            assert sorted(real) == sorted(METHODS)
            assert len(reading.panels) - len(real) <= 1


def test_a_control_is_as_often_in_each_position() -> None:
    design = Design(controls=(Control.OTHER_PATIENT,), controlled=0.5)
    mine = assign(design, cases(200), ["Ada"], METHODS)
    places = Counter(
        place for r in mine for place, panel in enumerate(r.panels) if panel.control is not None
    )
    assert places == {place: 20 for place in range(5)}


def replacing(methods: tuple[str, ...], controlled: int, kinds: int = 1, seed: int = 0) -> Design:
    return Design(
        seed=seed,
        controls=tuple(Control)[:kinds],
        controlled=controlled / 200,
        controls_replace=True,
        warm_up=1,
    )


@pytest.mark.parametrize("methods", [METHODS[:3], METHODS])
@pytest.mark.parametrize("seed", range(3))
def test_a_control_that_replaces_is_even_over_methods_and_positions(
    methods: tuple[str, ...], seed: int
) -> None:
    """Exactly, where controls are as many as methods times the rows of a square."""
    k, rows = len(methods), len(williams(len(methods)))
    design = replacing(methods, 2 * k * rows, seed=seed)
    for mine in by_reader(assign(design, cases(201), READERS, methods)).values():
        # The number of panels tells nothing, nor does which methods there are.
        assert all(sorted(p.method for p in r.panels) == sorted(methods) for r in mine)
        marked = [r for r in mine if any(p.control for p in r.panels)]
        assert len(marked) == 2 * k * rows
        assert all(sum(p.control is not None for p in r.panels) == 1 for r in marked)
        placed = Counter(
            (panel.method, place)
            for r in marked
            for place, panel in enumerate(r.panels)
            if panel.control is not None
        )
        assert placed == {(m, place): 2 * rows // k for m in methods for place in range(k)}
        real = Counter(
            (panel.method, place)
            for r in marked
            for place, panel in enumerate(r.panels)
            if panel.control is None
        )
        assert real == {(m, place): 2 * rows // k * (k - 1) for m in methods for place in range(k)}


@pytest.mark.parametrize("controlled", [1, 7, 50, 199])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_missing_by_design_is_even_to_within_one(controlled: int, seed: int) -> None:
    design = replacing(METHODS, controlled, kinds=2, seed=seed)
    for mine in by_reader(assign(design, cases(201), READERS, METHODS)).values():
        controls = [panel for r in mine for panel in r.panels if panel.control]
        assert len(controls) == controlled
        missing = Counter(panel.method for panel in controls)
        kinds = Counter(panel.control for panel in controls)
        for counts, of in ((missing, METHODS), (kinds, tuple(Control))):
            assert max(counts.values()) - min(counts[one] for one in of) <= 1


def test_a_control_that_replaces_stands_in_its_methods_place_where_orders_do_not_change() -> None:
    design = Design(
        controls=tuple(Control), controlled=0.5, controls_replace=True, counterbalanced=False
    )
    mine = assign(design, cases(20), ["Ada"], METHODS)
    assert {tuple(panel.method for panel in r.panels) for r in mine} == {METHODS}
    assert sum(panel.control is not None for r in mine for panel in r.panels) == 10


def test_with_one_method_a_control_is_beside_it() -> None:
    design = Design(controls=tuple(Control)[:1], controlled=1, controls_replace=True)
    for reading in assign(design, cases(4), ["Ada"], ("lrp",)):
        assert sorted(str(panel.control) for panel in reading.panels) == [
            "Control.OTHER_PATIENT",
            "None",
        ]


@pytest.mark.parametrize(
    ("count", "design", "most"),
    [
        (40, Design(), 30),
        (21, Design(), 11),
        (20, Design(), 10),
        (8, Design(), 4),
        (8, Design(warm_up=1), 4),
        (2, Design(), 1),
        (1, Design(), 1),
        (0, Design(warm_up=3), 0),
        (100, Design(cases_per_reader=12), 6),
    ],
)
def test_as_many_repeats_as_keep_their_distance(count: int, design: Design, most: int) -> None:
    assert most_repeats(design, count) == most
    if count > design.warm_up and most:
        asked = replace(design, repeats=most + 5)
        mine = assign(asked, cases(count), ["Ada"], METHODS)
        assert sum(r.repeat for r in mine) == most


def test_two_sessions_read_the_same_cases_in_other_orders() -> None:
    readings = assign(Design(sessions=2), cases(12), READERS, METHODS)
    first, second = by_reader(readings, 1), by_reader(readings, 2)
    for reader in READERS:
        assert {r.case for r in first[reader]} == {r.case for r in second[reader]}
        assert [r.case for r in first[reader]] != [r.case for r in second[reader]]


def test_in_a_crossover_each_case_is_read_once_with_and_once_without() -> None:
    design = Design(mode=Mode.CROSSOVER, sessions=2)
    readings = assign(design, cases(12), READERS, METHODS)
    for session in (1, 2):
        for mine in by_reader(readings, session).values():
            assert Counter(r.arm for r in mine) == {Arm.WITH: 6, Arm.WITHOUT: 6}
            assert all(bool(r.panels) == (r.arm is Arm.WITH) for r in mine)
    for reader in READERS:
        arms = Counter((r.case, r.arm) for r in readings if r.reader == reader)
        assert set(arms.values()) == {1} and len(arms) == 24
    # Who reads a case without the maps first is drawn for each reader.
    assert (
        len(
            {
                frozenset(r.case for r in mine if r.arm is Arm.WITHOUT)
                for mine in by_reader(readings).values()
            }
        )
        > 1
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("count", "size", "readers", "each", "shared"),
    [(7, 3, 7, 3, {1}), (6, 3, 4, 2, {1}), (12, 6, 4, 2, {2}), (13, 4, 13, 4, {1})],
)
def test_incomplete_blocks_are_balanced(
    count: int, size: int, readers: int, each: int, shared: set[int]
) -> None:
    # The first is the projective plane of order 2, the last that of order 3.
    names = [f"reader {number}" for number in range(readers)]
    design = Design(cases_per_reader=size)
    mine = {
        reader: {r.case for r in readings}
        for reader, readings in by_reader(assign(design, cases(count), names, METHODS)).items()
    }
    assert all(len(block) == size for block in mine.values())
    assert Counter(c for block in mine.values() for c in block) == dict.fromkeys(cases(count), each)
    overlaps = {len(a & b) for a, b in combinations(mine.values(), 2)}
    assert overlaps == shared


@pytest.mark.long
def test_blocks_that_do_not_divide_are_even_to_within_one() -> None:
    design = Design(cases_per_reader=7)
    readings = assign(design, cases(10), ["a", "b", "c"], METHODS)
    counts = Counter(r.case for r in readings)
    assert sum(counts.values()) == 21
    assert set(counts.values()) == {2, 3}


def test_more_cases_a_reader_than_there_are_means_all() -> None:
    readings = assign(Design(cases_per_reader=99), cases(5), ["Ada"], METHODS)
    assert {r.case for r in readings} == set(cases(5))


def test_warm_up_that_leaves_no_case_is_refused() -> None:
    with pytest.raises(ValueError, match="3 warm-up cases leave none of the 3 cases"):
        assign(Design(warm_up=3), cases(3), READERS, METHODS)


@pytest.mark.parametrize(
    ("switches", "says"),
    [
        ({"sessions": 3}, "1 or 2"),
        ({"mode": Mode.CROSSOVER}, "needs sessions = 2"),
        ({"controlled": 1.5}, "from 0 to 1"),
        ({"changes": True}, "exclude each other"),
        ({"repeats": -1}, "repeats must not be negative"),
    ],
)
def test_switches_that_contradict_are_refused(switches: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Design(**switches)
