"""Who reads what, when and in which order: a study's design, and the assignment made from it."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum

import numpy as np

#: Readings between a case and its repeat, at least, where there are so many.
GAP = 10
#: Longest pause between two sessions: ten years, beyond which a calendar ends sooner or later.
MAX_WASHOUT_DAYS = 3650
#: Exchanges tried in the search for even overlaps.
_EXCHANGES = 20_000


class Mode(Enum):
    """When the model and its maps are shown."""

    WITH = "with"
    """At once, after the questions about the image alone."""
    WITHOUT_THEN_WITH = "without_then_with"
    """The image is read alone; then, with the maps, it is read again."""
    IMAGE_PROBABILITY_MAPS = "image_probability_maps"
    """The image is read alone; again with the model's probability; again with the maps too."""
    CROSSOVER = "crossover"
    """Each case in two sessions: in one it is read again with the maps, in the other without."""


class Arm(Enum):
    """What a reading shows."""

    WITH = "with"
    """The model and its maps."""
    WITHOUT = "without"
    """The image alone."""


class Control(Enum):
    """Maps that say nothing about the case, as attention checks."""

    OTHER_PATIENT = "other_patient"
    """The method's map of the same label for another case."""
    RANDOM_MODEL = "random_model"
    """The method's map for the model with randomised weights."""


@dataclass(frozen=True)
class Design:
    """The switches of a reading study.

    Attributes
    ----------
    seed : int
        All that is drawn is drawn from it.
    blinded : bool
        Methods are shown as letters, the expert annotation not before the case is locked.
    shuffled : bool
        Whether each reader gets the cases in an order of their own; else in the study's.
    counterbalanced : bool
        Whether the panels' order changes by Williams squares; else it is that of the methods.
    repeats : int
        Readings that each reader is given twice in a session, for intra-reader reliability.
    warm_up : int
        Cases read first and left out of the analysis, the same for all readers.
    controls : tuple of Control
    controlled : float
        Share of the readings with a control map, in [0, 1]; kinds and methods take turns.
    controls_replace : bool
        A control map stands in place of its method's own, so that the number of panels does not
        give it away; else, and with one method, beside which nothing would be, it is a panel more.
    mode : Mode
    sessions : int
        1 or 2; a crossover has 2.
    washout_days : float
        Between a reader's sessions, at least.
    cases_per_reader : int
        0: each reader reads all cases; else incomplete blocks of so many, as balanced as can be.
    drawing : bool
        Whether readers may draw where the finding is while they read the image alone.
    changes : bool
        Whether answers of a finished reading may be changed while the study is open. Never once
        names and annotation were revealed.
    back : bool
        Whether a reader may go back to finished readings.
    debrief : bool
        Whether names and annotation are revealed once nothing of the case is left to read; with
        repeats or two sessions, once all cases are read.

    References
    ----------
    Williams 1949, doi 10.1071/CH9490149 (squares balanced for first-order carry-over)
    """

    seed: int = 0
    blinded: bool = True
    shuffled: bool = True
    counterbalanced: bool = True
    repeats: int = 0
    warm_up: int = 0
    controls: tuple[Control, ...] = ()
    controlled: float = 0.1
    controls_replace: bool = False
    mode: Mode = Mode.WITH
    sessions: int = 1
    washout_days: float = 14.0
    cases_per_reader: int = 0
    drawing: bool = False
    changes: bool = False
    back: bool = True
    debrief: bool = True

    def __post_init__(self) -> None:
        for one in fields(self):
            kind = type(one.default)
            if type(getattr(self, one.name)) not in ((float, int) if kind is float else (kind,)):
                raise ValueError(f"{one.name} must be of kind {kind.__name__}")
        if self.sessions not in (1, 2):
            raise ValueError("sessions is 1 or 2")
        if self.mode is Mode.CROSSOVER and self.sessions != 2:
            raise ValueError("a crossover needs sessions = 2")
        if not 0 <= self.controlled <= 1:
            raise ValueError("controlled is a share, from 0 to 1")
        if self.drawing and not self.blinded:
            raise ValueError(
                "drawing needs blinded = true: who sees the expert annotation only draws it again"
            )
        if self.changes and self.debrief:
            raise ValueError(
                "changes and debrief exclude each other: once names and annotation are revealed, "
                "answers stay as they are"
            )
        for name in ("seed", "repeats", "warm_up", "washout_days", "cases_per_reader"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative")
        if not self.washout_days <= MAX_WASHOUT_DAYS:  # nor is NaN
            raise ValueError(f"washout_days is at most {MAX_WASHOUT_DAYS}")


@dataclass(frozen=True)
class PanelPlan:
    """One map of a reading: a method's, or a control made with it."""

    method: str
    control: Control | None = None


@dataclass(frozen=True)
class Reading:
    """One case and label, as one reader is given it.

    Attributes
    ----------
    reader : str
    session : int
        From 1.
    place : int
        Among the reader's readings of the session, from 1.
    case : str
        Name of the case.
    case_order : int
        Place of the case among those the reader meets in the session, from 1.
    label : str
        The finding asked about.
    panels : tuple of PanelPlan
        From left to right; none without the model.
    arm : Arm
    warm_up : bool
    repeat : bool
        Whether the reader has had it before in the session.
    """

    reader: str
    session: int
    place: int
    case: str
    case_order: int
    label: str
    panels: tuple[PanelPlan, ...]
    arm: Arm = Arm.WITH
    warm_up: bool = False
    repeat: bool = False


@dataclass(frozen=True)
class _Visit:
    """A case as a reader meets it, with all its labels."""

    case: str
    warm_up: bool = False
    repeat: bool = False
    labels: tuple[str, ...] = field(default=())


def williams(treatments: int) -> np.ndarray:
    """A Williams square: every treatment as often in each place, and after each other treatment.

    Parameters
    ----------
    treatments : int
        k, at least 1.

    Returns
    -------
    ndarray of shape (k, k), or (2 k, k) if k is odd
        Orders of the treatments 0 to k - 1, one a row.

    References
    ----------
    Williams 1949, doi 10.1071/CH9490149

    Examples
    --------
    >>> williams(4).tolist()
    [[0, 3, 1, 2], [1, 0, 2, 3], [2, 1, 3, 0], [3, 2, 0, 1]]
    """
    zigzag = [place // 2 if place % 2 == 0 else -(place + 1) // 2 for place in range(treatments)]
    square = (np.array(zigzag) + np.arange(treatments)[:, None]) % treatments
    return (
        square if treatments % 2 == 0 or treatments == 1 else np.vstack([square, square[:, ::-1]])
    )


def assign(
    design: Design,
    cases: Mapping[str, Sequence[str]],
    readers: Sequence[str],
    methods: Sequence[str],
) -> tuple[Reading, ...]:
    """Every reading of a study, the same for the same seed.

    What a reader gets depends on the reader's place in the list alone, so that readers can be
    added at its end without changing the others' readings, unless they share the cases out.

    Parameters
    ----------
    design : Design
    cases : mapping of str to sequence of str
        Labels to read, by the case's name, in the study's order.
    readers, methods : sequence of str

    Returns
    -------
    tuple of Reading
        Sorted by reader, session and place.

    Raises
    ------
    ValueError
        If there are too few cases for the design.
    """
    names = list(cases)
    if len(names) <= design.warm_up:
        raise ValueError(
            f"{design.warm_up} warm-up cases leave none of the {len(names)} cases to be read"
        )
    drawn = np.random.default_rng([design.seed, 0]).permutation(len(names))[: design.warm_up]
    warm_up = [names[index] for index in sorted(drawn)]
    main = [name for name in names if name not in warm_up]
    blocks = _blocks(design, main, len(readers))
    readings: list[Reading] = []
    for number, reader in enumerate(readers):
        for session in range(1, design.sessions + 1):
            rng = np.random.default_rng([design.seed, 1 + number, session])
            visits = _visits(design, warm_up, blocks[number], cases, rng)
            arms = _arms(design, blocks[number], number, session)
            readings += _readings(design, reader, session, visits, arms, methods, rng)
    return tuple(readings)


def _blocks(design: Design, cases: list[str], readers: int) -> list[list[str]]:
    """The cases of each reader: all, or incomplete blocks of one size.

    Each case is read equally often, to within one; from there, cases are exchanged between readers
    as long as that evens out how many cases any two readers share.
    """
    size = design.cases_per_reader
    if not size or size >= len(cases):
        return [cases] * readers
    rng = np.random.default_rng([design.seed, 0, 1])
    order = rng.permutation(len(cases))
    held = np.zeros((readers, len(cases)), bool)
    # Dealt out in turn: a reader's cases are consecutive in a circle, hence different.
    for number in range(readers):
        held[number, order[np.arange(number * size, (number + 1) * size) % len(cases)]] = True

    def unevenness() -> int:
        shared = held.astype(int) @ held.T
        return int((shared[np.triu_indices(readers, 1)] ** 2).sum())

    best = unevenness()
    for _ in range(_EXCHANGES if readers > 1 else 0):
        one, other = rng.choice(readers, 2, replace=False)
        gives, takes = held[one] & ~held[other], held[other] & ~held[one]
        if not gives.any() or not takes.any():
            continue
        exchanged = [rng.choice(np.flatnonzero(gives)), rng.choice(np.flatnonzero(takes))]
        held[np.ix_([one, other], exchanged)] ^= True
        now = unevenness()
        if now > best:
            held[np.ix_([one, other], exchanged)] ^= True
        best = min(best, now)
    return [[case for case, mine in zip(cases, row, strict=True) if mine] for row in held]


def most_repeats(design: Design, cases: int) -> int:
    """How many of a study's cases a reader can be given twice in a session.

    Between a case and its repeat stand `GAP` others, or half of the reader's where those are fewer.
    """
    mine = max(cases - design.warm_up, 0)
    mine = min(mine, design.cases_per_reader or mine)
    gap = min(GAP, mine // 2)
    return mine - gap


def _visits(
    design: Design,
    warm_up: list[str],
    block: list[str],
    cases: Mapping[str, Sequence[str]],
    rng: np.random.Generator,
) -> list[_Visit]:
    """The cases of one reader and session, in order, repeats among them."""
    order = [block[index] for index in rng.permutation(len(block))] if design.shuffled else block
    visits = [_Visit(case, labels=tuple(cases[case])) for case in order]
    gap = min(GAP, len(order) // 2)
    # Originals come early enough for their repeats to be apart from them.
    early = visits[: max(len(visits) - gap, 1)]
    chosen = rng.permutation(len(early))[: design.repeats]
    for original in (early[index] for index in sorted(chosen)):
        first = visits.index(original) + gap + 1
        place = int(rng.integers(min(first, len(visits)), len(visits) + 1))
        visits.insert(place, _Visit(original.case, repeat=True, labels=original.labels))
    return [_Visit(case, warm_up=True, labels=tuple(cases[case])) for case in warm_up] + visits


def _arms(design: Design, block: list[str], number: int, session: int) -> dict[str, Arm]:
    """With or without the maps: in a crossover half of the cases each, exchanged in session 2."""
    if design.mode is not Mode.CROSSOVER:
        return {}
    drawn = np.random.default_rng([design.seed, 1 + number, 0]).permutation(len(block))
    without_first = {block[index] for index in drawn[: len(block) // 2]}
    return {
        case: Arm.WITHOUT if (case in without_first) == (session == 1) else Arm.WITH
        for case in block
    }


def _readings(
    design: Design,
    reader: str,
    session: int,
    visits: Sequence[_Visit],
    arms: Mapping[str, Arm],
    methods: Sequence[str],
    rng: np.random.Generator,
) -> Iterator[Reading]:
    """One for each visit and label, with the order of its panels."""
    planned = [
        (order, visit, label) for order, visit in enumerate(visits, 1) for label in visit.labels
    ]
    shown = [
        index
        for index, (_, visit, _) in enumerate(planned)
        if not visit.warm_up and arms.get(visit.case, Arm.WITH) is Arm.WITH
    ]
    controls = _controls(design, shown, methods, rng)
    # Readings with a control have squares of their own, one that replaces for each method: so it is
    # as often in each position. What is left out of the analysis must not unbalance the rest.
    orders: dict[object, Iterator[tuple[PanelPlan | None, ...]]] = {}
    for index, (order, visit, label) in enumerate(planned):
        arm = arms.get(visit.case, Arm.WITH)
        panels: tuple[PanelPlan, ...] = ()
        if arm is Arm.WITH:
            control = controls.get(index)
            places = _places(design, methods, control)
            key = (places, visit.warm_up or visit.repeat)
            if key not in orders:
                orders[key] = _orders(design, places, rng)
            chosen = next(orders[key])
            panels = tuple(panel or control for panel in chosen)  # type: ignore[misc]
        yield Reading(
            reader,
            session,
            index + 1,
            visit.case,
            order,
            label,
            panels,
            arm,
            visit.warm_up,
            visit.repeat,
        )


def _controls(
    design: Design, shown: Sequence[int], methods: Sequence[str], rng: np.random.Generator
) -> dict[int, PanelPlan]:
    """Which readings get a control map, by index; kinds and methods take turns."""
    if not design.controls:
        return {}
    count = round(design.controlled * len(shown))
    chosen = sorted(rng.permutation(len(shown))[:count])
    named, kinds = rng.permutation(len(methods)), rng.permutation(len(design.controls))
    # Every method with every kind, and after each step both are as evenly used as can be.
    turns = (
        PanelPlan(methods[named[turn % len(named)]], design.controls[kinds[kind % len(kinds)]])
        for turn in itertools.count()
        for kind in [turn % len(named) + turn // len(named)]
    )
    return {shown[index]: next(turns) for index in chosen}


def _places(
    design: Design, methods: Sequence[str], control: PanelPlan | None
) -> tuple[PanelPlan | None, ...]:
    """The panels of a reading, in the order of the methods; None is where its control goes."""
    real = tuple(map(PanelPlan, methods))
    if control is None:
        return real
    if design.controls_replace and len(methods) > 1:
        return tuple(None if panel.method == control.method else panel for panel in real)
    return (*real, None)


def _orders(
    design: Design, panels: Sequence[PanelPlan | None], rng: np.random.Generator
) -> Iterator[tuple[PanelPlan | None, ...]]:
    """Orders of panels without end: squares, each with panels and rows drawn anew."""
    square = williams(len(panels))
    while True:
        if not design.counterbalanced:
            yield tuple(panels)
            continue
        named = rng.permutation(len(panels))
        for row in square[rng.permutation(len(square))]:
            yield tuple(panels[named[index]] for index in row)
