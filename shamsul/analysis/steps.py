"""What readers answered at each step of a case, beside the truth, ready to be compared.

A step is the image alone, the model's probability in view, or its maps. What is asked is recognised
by the ids of the usual questions: `finding_probability` (0 to 100), `finding_present` (yes or no)
and `confidence`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from shamsul.analysis.selection import READING
from shamsul.reading.design.questionnaire import ASKED_AGAIN, Step
from shamsul.reading.exports.codebook import TRUTH
from shamsul.reading.exports.ratings import Truth
from shamsul.storage.spreadsheet import as_cell
from shamsul.storage.text import Table

#: What each step is called, in their order.
STEPS: Final = {
    "image": "image alone",
    "probability": "with the model's probability",
    "maps": "with the model's maps",
}
_ENDINGS: Final = {
    "image": "",
    "probability": ASKED_AGAIN[Step.PROBABILITY],
    "maps": ASKED_AGAIN[Step.AGAIN],
}
_ASKED: Final = ("finding_probability", "finding_present", "confidence")
#: A reader says that the finding is there from this probability on, unless asked.
THRESHOLD: Final = 0.5
#: Where cases with several findings are each read once.
ALL: Final = "all findings"

_UNIT: Final = ["reader", "case", "label"]
_PRESENT: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True, eq=False)
class Compared:
    """Answers that are compared between steps.

    Attributes
    ----------
    label : str
        The finding, or `ALL`.
    steps : tuple of str
        Keys of `STEPS`, at least two.
    rows : DataFrame
        Columns reader, case, label, step, finding_probability (0 to 1), says (whether the reader
        says that the finding is there), confidence, seconds, truth. Each reader's cases are the
        same at every step.
    left_out : mapping of str to int
        By reader, cases of which the truth is not known or the probability was not told at every
        step.
    """

    label: str
    steps: tuple[str, ...]
    rows: pd.DataFrame
    left_out: dict[str, int]

    def of(self, reader: str, step: str) -> pd.DataFrame:
        """A reader's answers at a step, by case."""
        mine = self.rows[(self.rows["reader"] == reader) & (self.rows["step"] == step)]
        return mine.set_index("case")

    @property
    def cases(self) -> pd.Series:
        """Whether each case has the finding, by its name."""
        return self.rows.drop_duplicates("case").set_index("case")["truth"].sort_index()


def compared(answers: pd.DataFrame, truth: pd.DataFrame | None) -> Iterator[Compared]:
    """What can be compared: all findings at once where every case is read for one, else each.

    Labels of one case are not independent of each other, which the analysis takes cases for.

    Parameters
    ----------
    answers : DataFrame
        About cases, as exported, without practice and repeats.
    truth : DataFrame or None
        Columns case, label, present (true or false, 1 or 0, yes or no); one row a case and label.

    Yields
    ------
    Compared
        Of each finding; nothing where there are answers at fewer than two steps.

    Raises
    ------
    ValueError
        If the truth lacks a column, has two rows of a case and label, or says neither.
    """
    rows = _first_of_each(_at_steps(answers)).merge(_known(truth), on=["case", "label"], how="left")
    steps = tuple(step for step in STEPS if step in set(rows["step"]))
    if len(steps) < 2:
        return
    probability = rows["finding_probability"]
    taken_for = (probability >= THRESHOLD).astype(float).where(probability.notna())
    rows["says"] = rows["finding_present"].fillna(taken_for)
    labels = sorted(rows["label"].unique())
    if len(labels) > 1 and (rows.groupby("case")["label"].nunique() == 1).all():
        yield _complete(ALL, steps, rows)
    else:
        for label in labels:
            yield _complete(label, steps, rows[rows["label"] == label])


def truth_table(truth: Iterable[Truth]) -> pd.DataFrame:
    """A study's reference standard, as :func:`compared` takes it."""
    table = pd.DataFrame(list(truth), columns=[column.name for column in TRUTH])
    # As the exported answers have them.
    return table.assign(case=table["case"].map(as_cell), label=table["label"].map(as_cell))


def read_truth(path: Path) -> pd.DataFrame:
    """The reference standard from a file, as :func:`compared` takes it.

    Raises
    ------
    ValueError
        If it is no table with its columns.
    OSError
        If it cannot be opened.
    """
    table = Table.read(path).require("case", "label", "present")
    names = ["case", "label", "present"]
    rows = [[row[name] for name in names] for _, row in table.rows()]
    return pd.DataFrame(rows, columns=names)


def _at_steps(answers: pd.DataFrame) -> pd.DataFrame:
    """A row for each reading and step, with what was answered there and the seconds it took."""
    about = {
        f"{item}{ending}": (step, item) for step, ending in _ENDINGS.items() for item in _ASKED
    }
    known = answers[answers["item"].isin(about)]
    known = known.assign(
        step=known["item"].map(lambda item: about[item][0]),
        asked=known["item"].map(lambda item: about[item][1]),
    )
    key = [*READING, "step"]
    given = known.groupby([*key, "asked"])["answer"].last().unstack().reindex(columns=list(_ASKED))
    numbers = given.apply(pd.to_numeric, errors="coerce")
    table = pd.DataFrame(
        {
            "finding_probability": numbers["finding_probability"] / 100,
            "finding_present": given["finding_present"].map({"yes": 1.0, "no": 0.0}).astype(float),
            "confidence": numbers["confidence"],
            "until": known.groupby(key)["active_seconds"].max(),
        }
    ).reset_index()
    table = table.sort_values("step", key=lambda step: step.map(list(STEPS).index), kind="stable")
    before = table.groupby(READING)["until"].shift(fill_value=0.0)
    spent = table["until"] - before
    return table.assign(seconds=spent.where(spent >= 0)).drop(columns="until")


def _first_of_each(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each reader, case, label and step: that of the first session which has it.

    Of a crossover the image step is the reading without maps, since the image was read alone, but
    another time, in the session with maps too.
    """
    with_maps = rows.groupby(READING)["step"].transform(lambda steps: (steps == "maps").any())
    rows = rows.assign(with_maps=with_maps.astype(bool))
    both = rows.groupby(_UNIT)["with_maps"].transform("nunique") > 1
    rows = rows[~(both & rows["with_maps"] & (rows["step"] == "image"))]
    kept = rows.sort_values("session", kind="stable").drop_duplicates([*_UNIT, "step"])
    return kept.drop(columns=["session", "with_maps"])


def _known(truth: pd.DataFrame | None) -> pd.DataFrame:
    names = ["case", "label", "present"]
    if truth is None:
        truth = pd.DataFrame(columns=names)
    missing = set(names) - set(truth)
    if missing:
        raise ValueError(f"the truth has no column {', '.join(sorted(missing))}")
    said = truth["present"].astype(str).str.strip().str.lower()
    if not said.isin(list(_PRESENT)).all():
        wrong = said[~said.isin(list(_PRESENT))].iloc[0]
        raise ValueError(f"whether a finding is present is true or false, not {wrong!r}")
    if truth.duplicated(["case", "label"]).any():
        raise ValueError("the truth of a case and label is told twice")
    return pd.DataFrame(
        {
            "case": truth["case"].astype(str),
            "label": truth["label"].astype(str),
            "truth": said.map(_PRESENT).astype(float),
        }
    )


def _complete(label: str, steps: tuple[str, ...], rows: pd.DataFrame) -> Compared:
    usable = rows["truth"].notna() & rows["finding_probability"].notna()
    count = usable.groupby([rows[name] for name in _UNIT]).transform("sum")
    kept = rows[count == len(steps)]
    met, used = (table.drop_duplicates(_UNIT).groupby("reader").size() for table in (rows, kept))
    left_out = (met - used.reindex(met.index, fill_value=0)).sort_index()
    return Compared(label, steps, kept, {str(name): int(n) for name, n in left_out.items()})
