"""Whether the model's probability, and then its maps, help readers to tell who has a finding.

A reader's answers at two steps or more are compared: the image alone, with the model's probability
in view, and with its maps. What a study asks for that is recognised by the ids of the usual
questions: `finding_probability` (0 to 100), `finding_present` (yes or no) and `confidence`.

References
----------
.. [1] Brier 1950, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from shamsul.analysis.selection import READING
from shamsul.metrics import mrmc, roc
from shamsul.reading.design.questionnaire import ASKED_AGAIN, Step
from shamsul.reading.exports.codebook import TRUTH
from shamsul.reading.exports.ratings import Truth
from shamsul.reporting.differences import FEWEST_CASES
from shamsul.reporting.resampling import why
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
EVERYBODY: Final = "all readers"

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


@dataclass(frozen=True)
class Helped:
    """What the steps made of readers; tables without rows where the image is read once.

    Attributes
    ----------
    readers, change, roc : DataFrame
        See :func:`readers`, :func:`change` and :func:`curves`.
    means : DataFrame
        Mean AUC of the readers by step: columns label, step, auc, low, high, then readers, cases,
        with_finding (of these), why.
    test : DataFrame
        Whether AUC is the same at all steps, readers and cases taken as drawn from more of them
        (:mod:`shamsul.metrics.mrmc`): columns label, f, df1, df2, p, then those.
    differences : DataFrame
        What was gained from one step to another one: columns label, before, after, gain (of AUC),
        low, high, p, p_holm (for all pairs), then those.
    """

    readers: pd.DataFrame
    means: pd.DataFrame
    change: pd.DataFrame
    test: pd.DataFrame
    differences: pd.DataFrame
    roc: pd.DataFrame

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by name."""
        return {f"helped_{name}": table for name, table in vars(self).items()}


def helped(answers: pd.DataFrame, truth: pd.DataFrame | None) -> Helped:
    """Compare the steps of a study.

    Parameters
    ----------
    answers : DataFrame
        About cases, as exported, without practice and repeats.
    truth : DataFrame or None
        Columns case, label, present (true or false, 1 or 0, yes or no); one row a case and label.

    Raises
    ------
    ValueError
        If the truth lacks a column, has two rows of a case and label, or says neither.
    """
    groups = list(compared(answers, truth))
    means, test, differences = _tested(groups, [_analysed(group) for group in groups])
    return Helped(readers(groups), means, change(groups), test, differences, curves(groups))


def truth_table(truth: Iterable[Truth]) -> pd.DataFrame:
    """A study's reference standard, as :func:`helped` takes it."""
    return pd.DataFrame(list(truth), columns=[column.name for column in TRUTH])


def read_truth(path: Path) -> pd.DataFrame:
    """The reference standard from a file, as :func:`helped` takes it.

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


def compared(answers: pd.DataFrame, truth: pd.DataFrame | None) -> Iterator[Compared]:
    """What can be compared: all findings at once where every case is read for one, else each.

    Labels of one case are not independent of each other, which the analysis takes cases for.
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


def readers(groups: Sequence[Compared]) -> pd.DataFrame:
    """How well each reader did at each step.

    Returns
    -------
    DataFrame
        Columns label, step, reader, n (cases), with_finding (of these), auc, sensitivity and
        specificity (of what the reader says, or of a probability from 50%), brier (mean squared
        error of the probability, 0 is best [1]_), confidence_right and confidence_wrong (mean
        points of the answers that were right, or wrong), median_seconds (spent on the step),
        left_out, why.
    """
    rows = [
        (group.label, step, reader, *_performance(group.of(reader, step)), left_out, reason)
        for group in groups
        for step in group.steps
        for reader, left_out in group.left_out.items()
        for reason in [_lacking(group.of(reader, step))]
    ]
    names = "label step reader n with_finding auc sensitivity specificity brier confidence_right "
    names += "confidence_wrong median_seconds left_out why"
    return pd.DataFrame(rows, columns=names.split())


def change(groups: Sequence[Compared]) -> pd.DataFrame:
    """How answers changed from step to step, towards the truth or away from it.

    Returns
    -------
    DataFrame
        Columns label, reader (or `EVERYBODY`), before, after (steps), n, towards, away, unchanged
        (probabilities), mean_change (percentage points towards the truth), corrected, spoiled (what
        the reader says became right, or wrong), left_out, why.
    """
    rows = []
    for group in groups:
        everybody = {EVERYBODY: list(group.left_out)} if len(group.left_out) > 1 else {}
        for who, names in {**{name: [name] for name in group.left_out}, **everybody}.items():
            left_out = sum(group.left_out[name] for name in names)
            for first, second in itertools.combinations(group.steps, 2):
                before, after = (
                    pd.concat([group.of(name, step) for name in names]) for step in (first, second)
                )
                moved = _moved(before, after)
                reason = why((not len(before), _NOTHING))
                rows.append((group.label, who, first, second, *moved, left_out, reason))
    columns = "label reader before after n towards away unchanged mean_change corrected spoiled "
    columns += "left_out why"
    return pd.DataFrame(rows, columns=columns.split())


def curves(groups: Sequence[Compared]) -> pd.DataFrame:
    """ROC curves of the readers' probabilities.

    Returns
    -------
    DataFrame
        Columns label, step, reader, false_positive_rate, sensitivity: the corners from (0, 0) to
        (1, 1), none where there are no cases with or none without the finding.
    """
    found = []
    for group in groups:
        for step, reader in itertools.product(group.steps, group.left_out):
            mine = group.of(reader, step)
            if mine["truth"].nunique() == 2:
                x, y, _ = roc_curve(
                    mine["truth"].astype(bool), mine["finding_probability"], drop_intermediate=False
                )
                found += [
                    (group.label, step, reader, float(a), float(b))
                    for a, b in zip(x, y, strict=True)
                ]
    names = ["label", "step", "reader", "false_positive_rate", "sensitivity"]
    return pd.DataFrame(found, columns=names)


# ---- What is compared ----------------------------------------------------------------------------


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


# ---- What is computed of it ----------------------------------------------------------------------

_NOTHING: Final = (
    "No case of known truth was answered for at every step with a probability of the finding."
)


def _performance(mine: pd.DataFrame) -> tuple[object, ...]:
    truth = mine["truth"].to_numpy(float) > 0
    probability, says = (mine[name].to_numpy(float) for name in ("finding_probability", "says"))
    right = (says > 0) == truth
    confidence = mine["confidence"]
    return (
        len(mine),
        int(truth.sum()),
        roc.auc(probability, truth),
        _share(says[truth] > 0),
        _share(says[~truth] == 0),
        float(((probability - truth) ** 2).mean()) if len(mine) else np.nan,
        float(confidence[right].mean()),
        float(confidence[~right].mean()),
        float(mine["seconds"].median()),
    )


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else np.nan


def _lacking(mine: pd.DataFrame) -> str:
    """Why a number of a reader's performance is not there."""
    truth = mine["truth"] > 0
    right = (mine["says"] > 0) == truth
    told = mine["confidence"].notna()
    return why(
        (not len(mine), _NOTHING),
        (not truth.any(), "No case has the finding."),
        (truth.all(), "No case is without the finding."),
        (not told.any(), "The confidence was not told."),
        (not (told & right).any(), "No answer was right."),
        (not (told & ~right).any(), "No answer was wrong."),
        (mine["seconds"].isna().all(), "No time was recorded."),
    )


def _moved(before: pd.DataFrame, after: pd.DataFrame) -> tuple[object, ...]:
    """Counts of changes between the answers to the same cases, which `of` has in the same order."""
    keys = ["reader", "label"]
    before, after = (table.set_index(keys, append=True).sort_index() for table in (before, after))
    truth = before["truth"] > 0
    sign = np.where(truth, 1, -1)
    towards = sign * (after["finding_probability"] - before["finding_probability"])
    was, now = ((table["says"] > 0) == truth for table in (before, after))
    return (
        len(before),
        int((towards > 0).sum()),
        int((towards < 0).sum()),
        int((towards == 0).sum()),
        float(100 * towards.mean()),
        int((~was & now).sum()),
        int((was & ~now).sum()),
    )


def _analysed(group: Compared) -> mrmc.Analysis | str:
    """The multi-reader multi-case analysis of AUC between steps; or why there is none."""
    cases = group.cases
    names = [name for name in group.left_out if len(group.of(name, group.steps[0]))]
    if not names:
        return _NOTHING
    if len(cases) < FEWEST_CASES:
        return f"Fewer than {FEWEST_CASES} cases: no test and no interval."
    # Later steps first, so that differences are what was gained.
    steps = group.steps[::-1]
    scores = np.array(
        [
            [group.of(name, step)["finding_probability"].reindex(cases.index) for name in names]
            for step in steps
        ],
        float,
    )
    readings = mrmc.Readings(steps, tuple(names), scores, cases.to_numpy(float) > 0)
    try:
        found = mrmc.analyse(readings, mrmc.auc)
    except ValueError as error:
        sentence = str(error)
        return f"{sentence[0].upper()}{sentence[1:]}."
    if not found.differences[0].interval.standard_error:
        return "AUCs vary neither between readers nor with the cases: no test and no interval."
    return found


def _tested(
    groups: Sequence[Compared], analyses: Sequence[mrmc.Analysis | str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The tables means, test and differences of :class:`Helped`."""
    means: list[tuple[object, ...]] = []
    tests: list[tuple[object, ...]] = []
    differences: list[tuple[object, ...]] = []
    for group, found in zip(groups, analyses, strict=True):
        cases = group.cases
        counts = group.rows["reader"].nunique(), len(cases), int(cases.sum())
        pairs = [pair[::-1] for pair in itertools.combinations(group.steps[::-1], 2)]
        if isinstance(found, str):
            nothing = [np.nan] * 5
            tests.append((group.label, *nothing[:4], *counts, found))
            means += [(group.label, step, *nothing[:3], *counts, found) for step in group.steps]
            differences += [(group.label, *pair, *nothing, *counts, found) for pair in pairs]
            continue
        tests.append((group.label, found.f, found.df1, found.df2, found.p, *counts, ""))
        for step in group.steps:
            mean = found.methods[step]
            means.append((group.label, step, mean.estimate, mean.low, mean.high, *counts, ""))
        for one, pair in zip(found.differences, pairs, strict=True):
            gain = one.interval
            numbers = gain.estimate, gain.low, gain.high, one.p, one.p_holm
            differences.append((group.label, *pair, *numbers, *counts, ""))
    counted = ["readers", "cases", "with_finding", "why"]
    return (
        pd.DataFrame(means, columns=["label", "step", "auc", "low", "high", *counted]),
        pd.DataFrame(tests, columns=["label", "f", "df1", "df2", "p", *counted]),
        pd.DataFrame(
            differences,
            columns=["label", "before", "after", "gain", "low", "high", "p", "p_holm", *counted],
        ),
    )
