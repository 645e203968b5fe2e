"""How far readers agree with each other and with themselves."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shamsul.analysis.comparison import ROUGHLY, few
from shamsul.metrics.reliability import Sums, alpha_sums, icc_sums, kappa_sums, weighted_kappa
from shamsul.metrics.reliability_intervals import of_readers_and_cases, of_these_readers
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.differences import FEWEST_CASES
from shamsul.reporting.resampling import why

_UNIT = ["session", "case", "label", "method"]


#: Each takes ratings of shape (readers, units).
COEFFICIENTS: dict[str, Callable[[NDArray[np.float64]], Sums]] = {
    "krippendorff_alpha": alpha_sums,
    "fleiss_kappa": kappa_sums,
    "icc_2_1": icc_sums,
}

#: Columns after a coefficient: its interval for readers like these, and for these very readers.
_BOUNDS = ("low", "high", "low_these_readers", "high_these_readers")


def agreement(
    ratings: pd.DataFrame, items: Sequence[Question], replicates: int, seed: int
) -> pd.DataFrame:
    """Agreement of the readers on each item.

    Parameters
    ----------
    ratings : DataFrame
    items : sequence of Question
    replicates, seed : int
        Of the bootstrap for these very readers.

    Returns
    -------
    DataFrame
        Columns item, statistic (one of `COEFFICIENTS`), value, low and high for readers and cases
        like these, low_these_readers and high_these_readers for cases like these, then n (the maps
        used, in each session of their own), readers, cases (those of the maps used), left_out,
        worth, why.
    """
    rows = []
    for item in items:
        chosen = ratings[ratings["item"] == item.id]
        table = chosen.pivot(index="reader", columns=_UNIT, values="score")
        units = table.to_numpy(dtype=float)
        units = units[~np.isnan(units).all(axis=1)]
        case = table.columns.get_level_values("case").to_numpy()
        for name, coefficient in COEFFICIENTS.items():
            cells = _agreement(coefficient, units, case, replicates, seed)
            rows.append({"item": item.id, "statistic": name, **cells})
    counted = ("n", "readers", "cases", "left_out", "worth", "why")
    columns = ["item", "statistic", "value", *_BOUNDS, *counted]
    return pd.DataFrame(rows, columns=columns)


def _agreement(
    coefficient: Callable[[NDArray[np.float64]], Sums],
    units: NDArray[np.float64],
    case: NDArray[np.object_],
    replicates: int,
    seed: int,
) -> dict[str, object]:
    sums = coefficient(units)
    found, readers = sums.whole, len(units)
    cases = len(set(case[sums.used]))
    bounds = [np.nan] * 4
    if cases >= FEWEST_CASES:
        bounds = [
            *of_readers_and_cases(coefficient, units, case),
            *of_these_readers(sums, case, replicates, seed),
        ]
    reason = why(
        (readers < 2, "Fewer than two readers."),
        (not found.n, "No map is rated by enough readers."),
        (np.isnan(found.value), "The ratings do not vary enough."),
        (cases < FEWEST_CASES, "Fewer than five cases: no interval."),
        (readers < 3, "Two readers: no interval for others."),
        (np.isnan(bounds).any(), "Without some case or reader the ratings do not vary enough."),
    )
    small = few(readers, cases)
    worth = ROUGHLY.format(small) if small else ""
    return {
        "value": found.value,
        **dict(zip(_BOUNDS, bounds, strict=True)),
        **{"n": found.n, "readers": readers, "cases": cases, "left_out": found.left_out},
        **{"worth": "" if np.isnan(bounds).all() else worth, "why": reason},
    }


def repeats(
    ratings: pd.DataFrame, repeated: pd.DataFrame, items: Sequence[Question]
) -> pd.DataFrame:
    """Agreement of each reader with themselves on cases read again.

    A repeated reading is compared with the latest first reading of the case by the same reader
    that is not of a later session.

    Returns
    -------
    DataFrame
        Columns reader, item, kappa (quadratic weights), identical (part of the pairs with one
        score), n, left_out (ratings of repeated maps without a pair of scores), why.
    """
    key = ["reader", "case", "label", "method", "item"]
    pairs = repeated.reset_index(drop=True)
    first = pairs.assign(case=pairs["repeat_of"], row=pairs.index).merge(
        ratings[[*key, "session", "score"]], on=key, suffixes=("", "_first")
    )
    first = first[first["session_first"] <= first["session"]].sort_values("session_first")
    pairs["first"] = first.drop_duplicates("row", keep="last").set_index("row")["score_first"]
    rows = []
    for reader in sorted(pairs["reader"].unique()):
        for item in items:
            chosen = pairs[(pairs["reader"] == reader) & (pairs["item"] == item.id)]
            kappa = weighted_kappa(chosen["first"], chosen["score"])
            both = chosen.dropna(subset=["first", "score"])
            same = float((both["first"] == both["score"]).mean())
            reason = why(
                (not kappa.n, "No pair of scores."),
                (np.isnan(kappa.value), "All scores are equal."),
            )
            rows.append((reader, item.id, kappa.value, same, kappa.n, kappa.left_out, reason))
    columns = ["reader", "item", "kappa", "identical", "n", "left_out", "why"]
    return pd.DataFrame(rows, columns=columns)
