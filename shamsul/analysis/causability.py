"""The System Causability Scale: how good readers find the explanations as a whole.

References
----------
.. [1] Holzinger, Carrington, Müller 2020, Measuring the quality of explanations: the System
   Causability Scale (SCS), doi 10.1007/s13218-020-00636-z
"""

import numpy as np
import pandas as pd

from shamsul.reporting.resampling import why

#: The ten items, scored from 1 to 5.
ITEMS = tuple(f"scs_{number}" for number in range(1, 11))


def scales(readers: pd.DataFrame) -> pd.DataFrame:
    """The scale of each reader, sum / 50 [1]_, from 0.2 to 1.

    Parameters
    ----------
    readers : DataFrame
        Columns reader, item, answer, changed_at, revision; other items do not count, and of several
        answers to one the latest revision.

    Returns
    -------
    DataFrame
        Columns reader, scs, n (items answered), left_out (items not), why.

    Raises
    ------
    ValueError
        If a column is missing or an answer is not from 1 to 5.
    """
    missing = {"reader", "item", "answer", "changed_at", "revision"} - set(readers)
    if missing:
        raise ValueError(f"columns are missing: {', '.join(sorted(missing))}")
    answers = readers[readers["item"].isin(ITEMS)]
    answers = answers.sort_values(["revision", "changed_at"], kind="stable")
    answers = answers.drop_duplicates(["reader", "item"], keep="last")
    scores = answers.assign(answer=pd.to_numeric(answers["answer"])).dropna(subset="answer")
    if not scores["answer"].isin(range(1, 6)).all():
        raise ValueError("the System Causability Scale is answered from 1 to 5")
    rows = []
    for reader in sorted(answers["reader"].unique()):
        mine = scores.loc[scores["reader"] == reader, "answer"]
        complete = len(mine) == len(ITEMS)
        scs = float(mine.sum()) / 50 if complete else np.nan
        reason = why((not complete, "Not all ten items are answered."))
        rows.append((reader, scs, len(mine), len(ITEMS) - len(mine), reason))
    return pd.DataFrame(rows, columns=["reader", "scs", "n", "left_out", "why"])


def mean_scale(scales: pd.DataFrame) -> pd.DataFrame:
    """The mean of the readers in one row: mean, sd, n, left_out (readers), why.

    The standard deviation is that of the sample, with n - 1.
    """
    complete = scales["scs"].dropna()
    n = len(complete)
    mean = float(complete.mean()) if n else np.nan
    sd = float(complete.std()) if n > 1 else np.nan
    reason = why(
        (not n, "No reader answered all ten items."),
        (n == 1, "One reader: no standard deviation."),
    )
    row = (mean, sd, n, len(scales) - n, reason)
    return pd.DataFrame([row], columns=["mean", "sd", "n", "left_out", "why"])
