"""Which exported rows count for what, and how many do not count."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shamsul.reading.design.questionnaire import Question
from shamsul.reading.exports.codebook import CASES, RATINGS, Column

#: A reading: one reader's look at one label of one case. Another session is another reading.
READING = ["reader", "session", "case", "label"]
#: What is rated once: an item of a map in a reading.
_RATING = [*READING, "method", "control", "repeat_of", "warm_up", "item"]

CANNOT_JUDGE = "cannot judge"


@dataclass(frozen=True)
class Selection:
    """The rows of an export, sorted into what they are evidence of.

    Attributes
    ----------
    main : DataFrame
        Ratings of real maps in first readings of cases that are no practice; score is NaN where the
        reader could not judge.
    ranked : DataFrame
        Rows of the same maps, those without a rated item too.
    repeats : DataFrame
        Ratings of real maps in repeated readings.
    beside : DataFrame
        Ratings of control maps and of the real maps beside them, in repeated readings too.
    screens : DataFrame
        Reader, session, case, label, case_order and active_seconds of each answer in a first
        reading, from both tables.
    replaced : DataFrame
        Reader, session, case, label and method of each first reading in which a control map stood
        in place of the method's: missing by design, not because somebody left it out.
    answers : DataFrame
        Answers about cases in first readings.
    rows : DataFrame
        Columns table, reason, rows: how many rows are left out of the main analysis and why, each
        for the first reason that applies, and how many are used.
    """

    main: pd.DataFrame
    ranked: pd.DataFrame
    repeats: pd.DataFrame
    beside: pd.DataFrame
    screens: pd.DataFrame
    replaced: pd.DataFrame
    answers: pd.DataFrame
    rows: pd.DataFrame


def select(
    ratings: pd.DataFrame,
    cases: pd.DataFrame,
    items: Sequence[Question],
    methods: Collection[str],
) -> Selection:
    """Sort the rows of an export.

    Parameters
    ----------
    ratings, cases : DataFrame
        With the columns of :data:`RATINGS` and :data:`CASES`.
    items : sequence of Question
    methods : collection of str
        Registered names.

    Raises
    ------
    ValueError
        If a column is missing, the rows are of several studies or a score is not on its scale.
    """
    ratings, cases = typed(ratings, RATINGS), typed(cases, CASES)
    if len({*ratings["study"], *cases["study"]}) > 1:
        raise ValueError("the rows are of several studies")
    ratings["score"] = ratings["score"].mask(ratings["cannot_judge"])
    _check_scores(ratings, items)
    # Sorted, so that a seed draws the same cases in whatever order the rows come. A map may have
    # been computed again between two of its ratings: what was said last counts, by the number of
    # its revision, since a clock may have been set back.
    order = [*_RATING, "revision", "changed_at"]
    ratings = ratings.sort_values(order, kind="stable", ignore_index=True)
    superseded = ratings.duplicated(_RATING, keep="last")
    other_method = ~ratings["method"].isin(list(methods))
    other_item = ~ratings["item"].isin([item.id for item in items])
    control, repeat = ratings["control"] != "", ratings["repeat_of"] != ""
    reasons = {
        "warm-up case": ratings["warm_up"],
        "rated again later": superseded,
        "control map": control,
        "repeated case": repeat,
        "other method": other_method,
        "no item, only a rank, tags or a comment": ratings["item"] == "",
        "other item": other_item,
        CANNOT_JUDGE: ratings["score"].isna(),
    }
    why = np.select(list(reasons.values()), list(reasons), "")
    read = ~ratings["warm_up"] & ~superseded
    rated = read & ~other_item & (control | ~other_method)
    case_reasons = {"warm-up case": cases["warm_up"], "repeated case": cases["repeat_of"] != ""}
    case_why = np.select(list(case_reasons.values()), list(case_reasons), "")
    counts = _count("ratings", why, reasons) + _count("cases", case_why, case_reasons)
    columns = [*READING, "case_order", "active_seconds"]
    first = ratings.loc[~ratings["warm_up"] & ~repeat, columns]
    return Selection(
        main=ratings[np.isin(why, ["", CANNOT_JUDGE])],
        ranked=ratings[read & ~control & ~repeat & ~other_method],
        repeats=ratings[rated & ~control & repeat],
        beside=ratings[rated],
        replaced=_replaced(ratings[read & ~repeat]),
        answers=cases[case_why == ""],
        screens=pd.concat([first, cases.loc[case_why == "", columns]], ignore_index=True),
        rows=pd.DataFrame(counts, columns=["table", "reason", "rows"]),
    )


def _replaced(ratings: pd.DataFrame) -> pd.DataFrame:
    """Which method's map a reading lacks, because its control stood there.

    A study's controls either are a panel more, with the method's own map beside them, or replace
    it, so that nobody can have rated it. Rows do not say which: a single reading with both does, in
    which maps that were not rated are merely that.
    """
    key = [*READING, "method"]
    shown = ratings[[*key, "control"]].drop_duplicates()
    real = shown.loc[shown["control"] == "", key].assign(real=True)
    controls = shown.loc[shown["control"] != "", key].merge(real, on=key, how="left")
    if controls["real"].notna().any():
        controls = controls.head(0)
    return controls[key].drop_duplicates(ignore_index=True)


def typed(table: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """A copy with the types that the codebook gives; missing text is empty text.

    Raises
    ------
    ValueError
        If a column is missing or a number is none.
    """
    missing = [column.name for column in columns if column.name not in table]
    if missing:
        raise ValueError(f"columns are missing: {', '.join(missing)}")
    return pd.DataFrame({column.name: _cells(table[column.name], column) for column in columns})


def _cells(cells: pd.Series, column: Column) -> pd.Series:
    if column.type == "text":
        return cells.fillna("").astype(str)
    if column.type == "boolean":
        # As in the files too, where the cells are words and may be empty.
        return cells.astype(str).str.lower() == "true"
    return pd.to_numeric(cells) if column.type in ("integer", "number") else cells


def _check_scores(ratings: pd.DataFrame, items: Sequence[Question]) -> None:
    for item in items:
        scores = ratings.loc[ratings["item"] == item.id, "score"].dropna()
        wrong = scores[~scores.isin(range(1, len(item.options) + 1))]
        if len(wrong):
            raise ValueError(
                f"{item.id} is rated from 1 to {len(item.options)}, not {wrong.iloc[0]:g}"
            )


def _count(table: str, why: np.ndarray, reasons: Collection[str]) -> list[tuple[str, str, int]]:
    left_out = [(table, reason, int(np.sum(why == reason))) for reason in reasons]
    return [*left_out, (table, "used", int(np.sum(why == "")))]
