"""The phantom benchmark in words: which method points best at findings known exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from shamsul.localisation import tables
from shamsul.localisation.figures import NAMES
from shamsul.localisation.results import Results
from shamsul.reporting.differences import ALL, FEWEST_CASES

#: Scores on the board, the first of them decides the order.
BOARD = ("iou", "hit", "mass", "rank", "auprc", "auroc")


@dataclass(frozen=True)
class Run:
    """How a benchmark was made.

    Attributes
    ----------
    command : str
    model : str
        Name of the classifier.
    phantoms, seed : int
        Rendered, and which.
    on : date
    """

    command: str
    model: str
    phantoms: int
    seed: int
    on: date


def board(results: Results) -> pd.DataFrame:
    """Methods and baselines, the best first.

    Returns
    -------
    DataFrame
        Columns place, method (its title), kind ("method" or "baseline"), then each of `BOARD` as
        words, mean (low to high), then better_than_baselines for `BOARD`'s first score: "yes",
        "not shown" where it is better but its interval includes zero, "no", or empty for baselines
        and where there are too few cases to judge.
    """
    whole = results.tables["overall"]
    first = whole[whole["metric"] == BOARD[0]].set_index("method")["mean"]
    order = first.sort_values(ascending=False, kind="stable").index
    against = results.tables["against_baselines"]
    beaten = against[(against["label"] == ALL) & (against["metric"] == BOARD[0])]
    verdicts = {row["method"]: _verdict(row) for row in beaten.to_dict("records")}
    rows = []
    for place, method in enumerate(order, 1):
        mine = whole[whole["method"] == method].set_index("metric")
        cells = {name: _words(mine.loc[name]) for name in BOARD if name in mine.index}
        is_method = method in results.compared
        verdict = verdicts.get(method, "") if is_method else ""
        kind = "method" if is_method else "baseline"
        rows.append(
            {"place": place, "method": results.titles[method], "kind": kind}
            | cells
            | {"better_than_baselines": verdict}
        )
    return pd.DataFrame(rows)


def _verdict(row: Mapping[str, Any]) -> str:
    if row["cases"] < FEWEST_CASES:
        return ""
    return "yes" if row["better"] else "not shown" if row["ahead"] else "no"


def _words(row: pd.Series) -> str:
    if np.isnan(row["low"]):
        return f"{row['mean']:.3f}"
    return f"{row['mean']:.3f} ({row['low']:.3f} to {row['high']:.3f})"


def sentences(results: Results) -> list[str]:
    """Each method beside the best baseline, and beside people, over all labels, in words."""
    found = pd.concat([results.tables["against_baselines"], results.tables["against_people"]])
    shown = found[(found["label"] == ALL) & (found["metric"] == BOARD[0]) & (found["n"] > 0)]
    return [f"{words}." for words in shown["words"]]


def markdown(results: Results, run: Run) -> str:
    """The benchmark as a page of documentation."""
    board_table = board(results)
    named = board_table.rename(
        columns={name: NAMES[name] for name in BOARD} | {"better_than_baselines": "beats baselines"}
    )
    findings = results.tables["scores"].drop_duplicates(["image", "label"])
    parts = [
        "# Phantom benchmark",
        f"`{run.command}`, {run.on:%Y-%m-%d}: {run.phantoms} phantoms (seed {run.seed}), of which "
        f"{results.images} have {len(findings)} findings in all; model *{run.model}*; threshold "
        f"{results.threshold}, {results.replicates:,} bootstrap replicates over images "
        f"(seed {results.seed}), SHAMSUL {results.software['shamsul']}.",
        "Means over all findings with 95% intervals, ordered by IoU. Every method has its default "
        "parameters and explains the logit of each finding that is there, whether or not the model "
        "finds it. Three baselines know nothing of the finding; [docs/faithfulness.md]"
        "(faithfulness.md) describes them and [docs/localisation.md](localisation.md) the scores.",
        _table(named),
        "## Against the baselines",
        "\n".join(f"- {sentence}" for sentence in sentences(results)),
        "## IoU by finding",
        _table(
            tables.by_label(
                results.tables["summary"], results.tables["overall"], BOARD[0], list(results.titles)
            ).rename(columns=results.titles)
        ),
        "## What this proves, and what it does not",
        "The masks are exact: a phantom's finding is where its generator put it, so no annotator's "
        "judgement is in these numbers, and all methods explain the same classifier on the same "
        "images. That shows which methods can find what *this* network uses in *these* images, and "
        "that a change of a method or its defaults makes it better or worse.",
        "It says nothing about patients. Phantoms lack most of what makes radiographs hard; the "
        "network was trained on them and may look at what only phantoms have. A map that misses "
        "the mask may be right about the network: a classifier may use a finding's surroundings. "
        "IoU prefers maps of the finding's size, so that a smooth map and a sparse one of the same "
        "quality score differently. Nor does the order here foretell how radiologists judge the "
        "maps, which is what reading studies are for.",
    ]
    return "\n\n".join(parts) + "\n"


def _table(table: pd.DataFrame) -> str:
    def line(cells: Sequence[object]) -> str:
        return f"| {' | '.join(map(str, cells))} |"

    rows = [line(list(table.columns)), line(["---"] * len(table.columns))]
    return "\n".join([*rows, *(line(row) for row in table.to_numpy().tolist())])
