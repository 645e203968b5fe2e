"""Attention checks: whether readers rate maps lower that cannot be right."""

import numpy as np
import pandas as pd

from shamsul.analysis.comparison import ESTIMATED, of_mean
from shamsul.analysis.selection import READING

_SCREEN = [*READING, "repeat_of"]


def failures(beside: pd.DataFrame) -> pd.DataFrame:
    """How many control maps each reader took for good ones.

    A control map fails when its mean item score is at least the mean of the real maps beside it in
    the same reading, each of these with its own mean item score.

    Returns
    -------
    DataFrame
        Columns reader, control (its kind), rated, failed, left_out (control maps without a score,
        or without a real map with one beside them).
    """
    maps = _compared(beside)
    rows = []
    for (reader, kind), group in maps.groupby(["reader", "control"]):
        compared = group.dropna(subset=["score", "real"])
        failed = int((compared["score"] >= compared["real"]).sum())
        rows.append((reader, kind, len(compared), failed, len(group) - len(compared)))
    return pd.DataFrame(rows, columns=["reader", "control", "rated", "failed", "left_out"])


def effects(beside: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of control maps and of the real maps beside them.

    Returns
    -------
    DataFrame
        Columns control (its kind), mean_control, mean_real, difference (control - real), then
        `ESTIMATED` of the difference. n are the control maps compared.
    """
    rows = []
    for kind, group in _compared(beside).groupby("control"):
        compared = group.dropna(subset=["score", "real"])
        control, _ = of_mean(compared.assign(value=compared["score"]))
        real, _ = of_mean(compared.assign(value=compared["real"]))
        difference, cells = of_mean(group.assign(value=group["score"] - group["real"]))
        means = {"mean_control": control, "mean_real": real, "difference": difference}
        rows.append({"control": kind, **means, **cells})
    columns = ["control", "mean_control", "mean_real", "difference", *ESTIMATED]
    return pd.DataFrame(rows, columns=columns)


def _compared(beside: pd.DataFrame) -> pd.DataFrame:
    """One row for each control map: its mean score, and real, that of the maps beside it."""
    maps = beside.groupby([*_SCREEN, "method", "control"], as_index=False)["score"].mean()
    real = maps[maps["control"] == ""].groupby(_SCREEN, as_index=False)["score"].mean()
    real = real.rename(columns={"score": "real"})
    controls = maps[maps["control"] != ""].merge(real, on=_SCREEN, how="left")
    # Means of the same scores in another order may differ in their last digit.
    return controls.assign(score=np.round(controls["score"], 9), real=np.round(controls["real"], 9))
