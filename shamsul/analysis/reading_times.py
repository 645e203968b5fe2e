"""How much was read, how long it took and how that changed."""

import pandas as pd

from shamsul.analysis.selection import READING
from shamsul.reporting.resampling import why

_CASE = ["reader", "session", "case"]
_NO_TIME = "No time was recorded."


def completeness(ratings: pd.DataFrame, screens: pd.DataFrame) -> pd.DataFrame:
    """What each reader did.

    Returns
    -------
    DataFrame
        Columns reader, readings (of a label of a case, started), maps (with an item answered),
        answered (items), cannot_judge (of these).
    """
    rows = []
    for reader in sorted(screens["reader"].unique()):
        answered = ratings[ratings["reader"] == reader]
        started = screens.loc[screens["reader"] == reader, READING].drop_duplicates()
        maps = answered[[*READING, "method"]].drop_duplicates()
        abstained = int(answered["score"].isna().sum())
        rows.append((reader, len(started), len(maps), len(answered), abstained))
    return pd.DataFrame(rows, columns=["reader", "readings", "maps", "answered", "cannot_judge"])


def times(screens: pd.DataFrame) -> pd.DataFrame:
    """Seconds that each reader was active on a case.

    A case's seconds are the largest that any of its answers was recorded with.

    Returns
    -------
    DataFrame
        Columns reader, median, q1, q3, n (cases, in each session of their own), left_out (without
        a time), why.
    """
    rows = []
    for reader, group in _timed(screens).groupby("reader"):
        seconds = group["seconds"]
        n = int(seconds.count())
        reason = why((not n, _NO_TIME))
        rows.append((reader, *_quartiles(seconds), n, len(seconds) - n, reason))
    return pd.DataFrame(rows, columns=["reader", "median", "q1", "q3", "n", "left_out", "why"])


def learning(ratings: pd.DataFrame, screens: pd.DataFrame) -> pd.DataFrame:
    """Time and score against the order in which readers met the cases.

    Returns
    -------
    DataFrame
        Columns session, case_order, median_seconds, q1, q3, n (readers' times), left_out (readers
        without), mean_score, ratings (with a score), cannot_judge, why.
    """
    timed = _timed(screens)
    scores = ratings.merge(timed[[*_CASE, "first_met"]], on=_CASE)
    rows = []
    for (session, order), group in timed.groupby(["session", "first_met"]):
        seconds = group["seconds"]
        here = scores.loc[(scores["session"] == session) & (scores["first_met"] == order), "score"]
        n, rated = int(seconds.count()), int(here.count())
        reason = why((not n, _NO_TIME), (not rated, "No map was scored."))
        timing = (*_quartiles(seconds), n, len(seconds) - n)
        scoring = (float(here.mean()), rated, len(here) - rated)
        rows.append((session, order, *timing, *scoring, reason))
    columns = "session case_order median_seconds q1 q3 n left_out mean_score ratings cannot_judge"
    return pd.DataFrame(rows, columns=[*columns.split(), "why"])


def _quartiles(seconds: pd.Series) -> tuple[float, ...]:
    """The median, then the first and third quartile."""
    return tuple(float(seconds.quantile(part)) for part in (0.5, 0.25, 0.75))


def _timed(screens: pd.DataFrame) -> pd.DataFrame:
    """One row for each reader, session and case: when it was first met, and its seconds."""
    return screens.groupby(_CASE, as_index=False).agg(
        first_met=("case_order", "min"), seconds=("active_seconds", "max")
    )
