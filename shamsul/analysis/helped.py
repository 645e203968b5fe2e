"""Whether the model's probability, and then its maps, help readers to tell who has a finding.

A reader's answers at two steps or more are compared, see :mod:`shamsul.analysis.steps`.

References
----------
.. [1] Brier 1950, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_curve

from shamsul.analysis.comparison import ROUGHLY, few
from shamsul.analysis.steps import Compared, compared
from shamsul.metrics import mrmc, roc
from shamsul.reporting.differences import FEWEST_CASES
from shamsul.reporting.resampling import why

#: What is compared between steps, and the answer that it is computed of: of yes and no what the
#: reader says.
FIGURES: Final[dict[str, tuple[mrmc.Figure, str]]] = {
    "auc": (mrmc.auc, "finding_probability"),
    "sensitivity": (mrmc.sensitivity(0.5), "says"),
    "specificity": (mrmc.specificity(0.5), "says"),
}
#: Whose changes are summed up.
EVERYBODY: Final = "all readers"


@dataclass(frozen=True)
class Helped:
    """What the steps made of readers; tables without rows where the image is read once.

    Attributes
    ----------
    readers, confidence, change, roc : DataFrame
        See :func:`readers`, :func:`confidence`, :func:`change` and :func:`curves`.
    means : DataFrame
        The readers' means by step: columns label, statistic (one of `FIGURES`), step, mean,
        low, high, then readers, cases, with_finding (of these), worth, why.
    test : DataFrame
        Whether a statistic is the same at all steps, readers and cases taken as drawn from more of
        them (:mod:`shamsul.metrics.mrmc`): columns label, statistic, f, df1, df2, p, then those.
    differences : DataFrame
        What was gained from one step to another one: columns label, statistic, before, after, gain,
        low, high, p, p_holm (for all pairs), then those.
    """

    readers: pd.DataFrame
    confidence: pd.DataFrame
    change: pd.DataFrame
    roc: pd.DataFrame
    means: pd.DataFrame
    test: pd.DataFrame
    differences: pd.DataFrame

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
        As :func:`shamsul.analysis.steps.truth_table` or `read_truth` gives it.

    Raises
    ------
    ValueError
        If the truth lacks a column, has two rows of a case and label, or says neither.
    """
    groups = list(compared(answers, truth))
    means, test, differences = _tested(groups)
    return Helped(
        readers(groups),
        confidence(groups),
        change(groups),
        curves(groups),
        means,
        test,
        differences,
    )


def readers(groups: Sequence[Compared]) -> pd.DataFrame:
    """How well each reader told who has the finding at each step.

    Returns
    -------
    DataFrame
        Columns label, step, reader, n (cases), with_finding (of these), auc, sensitivity and
        specificity (of what the reader says, or of a probability from 50%), left_out, why.
    """
    rows = []
    for group, step, reader in _each(groups):
        mine, left_out = group.of(reader, step), group.left_out[reader]
        truth, says = mine["truth"].to_numpy(float) > 0, mine["says"].to_numpy(float)
        auc = roc.auc(mine["finding_probability"].to_numpy(float), truth)
        shares = _share(says[truth] > 0), _share(says[~truth] == 0)
        reason = why(
            (not len(mine), _NOTHING),
            (not truth.any(), "No case has the finding."),
            (truth.all(), "No case is without the finding."),
        )
        counts = len(mine), int(truth.sum())
        rows.append((group.label, step, reader, *counts, auc, *shares, left_out, reason))
    columns = "label step reader n with_finding auc sensitivity specificity left_out why"
    return pd.DataFrame(rows, columns=columns.split())


def confidence(groups: Sequence[Compared]) -> pd.DataFrame:
    """How rightly sure each reader was at each step, and how long it took.

    Returns
    -------
    DataFrame
        Columns label, step, reader, n (cases), brier (mean squared error of the probability, 0 is
        best [1]_), confidence_right and confidence_wrong (mean points of the answers that were
        right, or wrong), median_seconds (spent on the step), why.
    """
    rows = []
    for group, step, reader in _each(groups):
        mine = group.of(reader, step)
        truth = mine["truth"] > 0
        right = (mine["says"] > 0) == truth
        sure = mine["confidence"]
        numbers = (
            ((mine["finding_probability"] - truth) ** 2).mean(),
            sure[right].mean(),
            sure[~right].mean(),
            mine["seconds"].median(),
        )
        reason = why(
            (not len(mine), _NOTHING),
            (sure.isna().all(), "The confidence was not told."),
            (sure[right].isna().all(), "No answer was right."),
            (sure[~right].isna().all(), "No answer was wrong."),
            (mine["seconds"].isna().all(), "No time was recorded."),
        )
        rows.append((group.label, step, reader, len(mine), *map(float, numbers), reason))
    columns = "label step reader n brier confidence_right confidence_wrong median_seconds why"
    return pd.DataFrame(rows, columns=columns.split())


def change(groups: Sequence[Compared]) -> pd.DataFrame:
    """How answers changed from step to step, towards the truth or away from it.

    Returns
    -------
    DataFrame
        Columns label, reader (or `EVERYBODY`), before, after (steps), n, towards, away
        (probabilities; the others stayed), mean_change (percentage points towards the truth),
        corrected, spoiled (what the reader says became right, or wrong), why.
    """
    rows = []
    for group in groups:
        everybody = {EVERYBODY: list(group.left_out)} if len(group.left_out) > 1 else {}
        for who, names in {**{name: [name] for name in group.left_out}, **everybody}.items():
            for first, second in itertools.combinations(group.steps, 2):
                before, after = (
                    pd.concat([group.of(name, step) for name in names]) for step in (first, second)
                )
                moved = _moved(before, after)
                reason = why((not len(before), _NOTHING))
                rows.append((group.label, who, first, second, *moved, reason))
    columns = "label reader before after n towards away mean_change corrected spoiled why"
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
    for group, step, reader in _each(groups):
        mine = group.of(reader, step)
        if mine["truth"].nunique() == 2:
            x, y, _ = roc_curve(
                mine["truth"].astype(bool), mine["finding_probability"], drop_intermediate=False
            )
            found += [
                (group.label, step, reader, float(a), float(b)) for a, b in zip(x, y, strict=True)
            ]
    names = ["label", "step", "reader", "false_positive_rate", "sensitivity"]
    return pd.DataFrame(found, columns=names)


_NOTHING: Final = (
    "No case of known truth was answered for at every step with a probability of the finding."
)


def _each(groups: Sequence[Compared]) -> Iterator[tuple[Compared, str, str]]:
    """Every step and reader of every group."""
    for group in groups:
        for step, reader in itertools.product(group.steps, group.left_out):
            yield group, step, reader


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean()) if len(which) else np.nan


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
        float(100 * towards.mean()),
        int((~was & now).sum()),
        int((was & ~now).sum()),
    )


def _analysed(group: Compared, name: str) -> mrmc.Analysis | str:
    """The multi-reader multi-case analysis of a figure between steps; or why there is none."""
    figure, answer = FIGURES[name]
    cases = group.cases
    readers = [reader for reader in group.left_out if len(group.of(reader, group.steps[0]))]
    if not readers:
        return _NOTHING
    if len(cases) < FEWEST_CASES:
        return f"Fewer than {FEWEST_CASES} cases: no test and no interval."
    # Later steps first, so that differences are what was gained.
    steps = group.steps[::-1]
    scores = np.array(
        [
            [group.of(reader, step)[answer].reindex(cases.index) for reader in readers]
            for step in steps
        ],
        float,
    )
    readings = mrmc.Readings(steps, tuple(readers), scores, cases.to_numpy(float) > 0)
    try:
        found = mrmc.analyse(readings, figure)
    except ValueError as error:
        sentence = str(error)
        return f"{sentence[0].upper()}{sentence[1:]}."
    if not found.differences[0].interval.standard_error:
        return "It varies neither between readers nor with the cases: no test and no interval."
    return found


def _tested(
    groups: Sequence[Compared],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The tables means, test and differences of :class:`Helped`."""
    means: list[tuple[object, ...]] = []
    tests: list[tuple[object, ...]] = []
    differences: list[tuple[object, ...]] = []
    for group, figure in itertools.product(groups, FIGURES):
        found, cases = _analysed(group, figure), group.cases
        key = group.label, figure
        readers = group.rows["reader"].nunique()
        small = "" if isinstance(found, str) else few(readers, len(cases))
        worth = ROUGHLY.format(small) if small else ""
        counts = readers, len(cases), int(cases.sum()), worth
        pairs = [pair[::-1] for pair in itertools.combinations(group.steps[::-1], 2)]
        if isinstance(found, str):
            nothing = [np.nan] * 5
            tests.append((*key, *nothing[:4], *counts, found))
            means += [(*key, step, *nothing[:3], *counts, found) for step in group.steps]
            differences += [(*key, *pair, *nothing, *counts, found) for pair in pairs]
            continue
        tests.append((*key, found.f, found.df1, found.df2, found.p, *counts, ""))
        for step in group.steps:
            mean = found.methods[step]
            means.append((*key, step, mean.estimate, mean.low, mean.high, *counts, ""))
        for one, pair in zip(found.differences, pairs, strict=True):
            gain = one.interval
            numbers = gain.estimate, gain.low, gain.high, one.p, one.p_holm
            differences.append((*key, *pair, *numbers, *counts, ""))
    counted = ["readers", "cases", "with_finding", "worth", "why"]
    return (
        pd.DataFrame(
            means, columns=["label", "statistic", "step", "mean", "low", "high", *counted]
        ),
        pd.DataFrame(tests, columns=["label", "statistic", "f", "df1", "df2", "p", *counted]),
        pd.DataFrame(
            differences,
            columns=[
                *("label", "statistic", "before", "after", "gain", "low", "high", "p", "p_holm"),
                *counted,
            ],
        ),
    )
