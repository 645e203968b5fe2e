"""How far readers agree with each other and with themselves."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from shamsul.metrics.reliability import (
    Coefficient,
    fleiss_kappa,
    intraclass_correlation,
    krippendorff_alpha,
    weighted_kappa,
)
from shamsul.reading.design.questionnaire import Question
from shamsul.reporting.resampling import ESTIMATED, Resample, estimated, of_rows, why

_UNIT = ["session", "case", "label", "method"]


def _icc_2_1(ratings: NDArray[np.float64]) -> Coefficient:
    icc = intraclass_correlation(ratings)
    return Coefficient(icc.icc_2_1, icc.n, icc.left_out)


#: Each takes ratings of shape (readers, units).
COEFFICIENTS: dict[str, Callable[[NDArray[np.float64]], Coefficient]] = {
    "krippendorff_alpha": krippendorff_alpha,
    "fleiss_kappa": fleiss_kappa,
    "icc_2_1": _icc_2_1,
}


def agreement(ratings: pd.DataFrame, items: Sequence[Question], resample: Resample) -> pd.DataFrame:
    """Agreement of the readers on each item.

    Returns
    -------
    DataFrame
        Columns item, statistic (one of `COEFFICIENTS`), readers, value, then `ESTIMATED`. n are
        the maps used, in each session of their own; cases are those of all maps.
    """
    rows = []
    for item in items:
        chosen = ratings[ratings["item"] == item.id]
        table = chosen.pivot(index="reader", columns=_UNIT, values="score")
        units = table.to_numpy(dtype=float)
        case = table.columns.get_level_values("case").to_numpy()
        readers = int(np.sum(~np.isnan(units).all(axis=1)))
        for name, coefficient in COEFFICIENTS.items():
            found = coefficient(units)
            spread = of_rows(_resampled(coefficient, units), case, resample)
            reasons = (
                (readers < 2, "Fewer than two readers."),
                (not found.n, "No map is rated by enough readers."),
                (np.isnan(found.value), "The ratings do not vary enough."),
            )
            cells = estimated(spread, found.n, found.left_out, *reasons)
            rows.append((item.id, name, readers, *cells))
    return pd.DataFrame(rows, columns=["item", "statistic", "readers", "value", *ESTIMATED])


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


def _resampled(
    coefficient: Callable[[NDArray[np.float64]], Coefficient], units: NDArray[np.float64]
) -> Callable[[NDArray[np.int64]], float]:
    return lambda drawn: coefficient(units[:, drawn]).value
