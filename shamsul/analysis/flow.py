"""From what readers were given to what was analysed: the flow of a study's readings."""

from collections.abc import Collection, Iterable, Sequence

import pandas as pd
from matplotlib.figure import Figure

from shamsul.reading.design.design import Arm
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.questionnaire import Questionnaire
from shamsul.reading.design.study import Answer, MapShown, SavedAnswer
from shamsul.reporting.pictures import INK, LINE, SMALL, Picture, blank, picture

#: Counts of readings: all of a reader's, how far they are, and what became of those begun.
STATES = ("finished", "partly", "not_begun")
FATES = ("practice", "repeated", "image_only", "unscored", "analysed")
COLUMNS = ("reader", "assigned", *STATES, *FATES)

_WORDS = {
    "practice": "practice cases",
    "repeated": "repeated cases",
    "image_only": "image only, no maps",
    "unscored": "no map scored",
}
#: A reading, as answers name it: reader, session, case, label and whether it is a repeat.
_Key = tuple[str, int, str, str, bool]


def flow(
    readings: Iterable[Assigned], answers: Iterable[SavedAnswer], questionnaire: Questionnaire
) -> pd.DataFrame:
    """What became of the readings of a study that was assigned.

    Parameters
    ----------
    readings : iterable of Assigned
    answers : iterable of SavedAnswer
        The current ones.
    questionnaire : Questionnaire

    Returns
    -------
    DataFrame
        A row for each reader; counts of readings, which are looks of a reader at one label of a
        case in a session. assigned = finished + partly + not_begun; finished + partly =
        practice + repeated + image_only + unscored + analysed, each for the first of these reasons
        that applies. Analysed is a reading with a score for a map that is no control.
    """
    items = {item.id for item in questionnaire.items}
    given = [saved.answer for saved in answers if saved.answer.value is not None]
    begun = {_key_of(answer) for answer in given}
    scored = {
        _key_of(answer)
        for answer in given
        if isinstance(answer.shown, MapShown)
        and answer.shown.control is None
        and answer.item in items
        and isinstance(answer.value, int)
    }
    rows = [(one.reading.reader, *_sorted(one, begun, scored, questionnaire)) for one in readings]
    found = pd.DataFrame(rows, columns=["reader", "state", "fate"])
    counts: list[tuple[str | int, ...]] = []
    for reader, mine in found.groupby("reader"):
        states, fates = mine["state"].value_counts(), mine["fate"].value_counts()
        counts.append(
            (
                str(reader),
                len(mine),
                *(int(states.get(name, 0)) for name in STATES),
                *(int(fates.get(name, 0)) for name in FATES),
            )
        )
    return pd.DataFrame(counts, columns=list(COLUMNS))


def diagram(table: pd.DataFrame) -> Picture:
    """The flow as boxes, after STARD: what was left out stands beside what went on.

    Parameters
    ----------
    table : DataFrame
        As :func:`flow` gives, with at least one row.

    References
    ----------
    Bossuyt et al. 2015, doi 10.1136/bmj.h5527 (STARD)
    """
    count = {name: int(table[name].sum()) for name in COLUMNS[1:]}
    begun = count["finished"] + count["partly"]
    rated = int((table["analysed"] > 0).sum())
    left_out = [f"{words}: {count[name]}" for name, words in _WORDS.items() if count[name]]
    steps = (
        (f"Readings assigned\n{count['assigned']} to {len(table)} {_readers(len(table))}", ""),
        (
            f"Readings begun\n{begun}, of these {count['finished']} finished",
            f"Not begun: {count['not_begun']}",
        ),
        (
            f"In the main analysis\n{count['analysed']} readings by {rated} {_readers(rated)}",
            "\n".join([f"Left out: {begun - count['analysed']}", *left_out]),
        ),
    )
    caption = (
        f"n = {count['assigned']} readings: a reader's looks at one label of a case in a session. "
        f"Left out: {count['not_begun']} not begun, {begun - count['analysed']} begun."
    )
    return picture("flow", "From assignment to analysis", caption, _boxes(steps))


def _boxes(steps: Sequence[tuple[str, str]]) -> Figure:
    """Boxes under each other, each with what left before it to its right."""
    figure = blank(0.9 * len(steps) + 0.4)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    axes.set_ylim(len(steps) - 0.5, -0.5)
    box = {"boxstyle": "square,pad=0.5", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8}
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    for place, (words, beside) in enumerate(steps):
        if place:
            axes.annotate("", (0.3, place - 0.22), (0.3, place - 0.78), arrowprops=arrow)
        if beside:
            axes.annotate("", (0.55, place - 0.5), (0.3, place - 0.5), arrowprops=arrow)
            axes.text(
                0.56,
                place - 0.5,
                beside,
                ha="left",
                va="center",
                fontsize=SMALL,
                bbox=box | {"edgecolor": LINE},
            )
        axes.text(0.3, place, words, ha="center", va="center", fontsize=SMALL, bbox=box)
    return figure


def _sorted(
    one: Assigned, begun: Collection[_Key], scored: Collection[_Key], questionnaire: Questionnaire
) -> tuple[str, str]:
    """How far a reading is, and what became of it if it was begun."""
    reading = one.reading
    key = (reading.reader, reading.session, one.case.name, reading.label, reading.repeat)
    if one.screen(questionnaire) is None:
        state = "finished"
    elif one.locked or key in begun:
        state = "partly"
    else:
        return "not_begun", ""
    if reading.warm_up:
        return state, "practice"
    if reading.repeat:
        return state, "repeated"
    if key in scored:
        return state, "analysed"
    return state, "image_only" if reading.arm is Arm.WITHOUT else "unscored"


def _key_of(answer: Answer) -> _Key:
    shown = answer.shown
    repeat = shown.repeat_of is not None
    return answer.reader, answer.session, answer.case.name, shown.label, repeat


def _readers(count: int) -> str:
    return "reader" if count == 1 else "readers"
