"""What measures gave for the maps of radiographs: rows, files of them, means, and words.

A row has `COLUMNS`, one for each image, label, method, measure, statistic and detail. Undefined
numbers are None in rows and NaN in tables.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import pandas as pd

from shamsul.classifiers.manifest import Manifest
from shamsul.explainers.baselines import BASELINES, EXPLAINERS
from shamsul.explainers.method import Value
from shamsul.faithfulness.measure import Better, Measure, Statistic
from shamsul.metrics.bootstrap import interval
from shamsul.reporting.differences import ALL, FEWEST_CASES, against, in_words
from shamsul.reporting.files import csv
from shamsul.reporting.resampling import ESTIMATED, LEVEL, estimated, of_mean
from shamsul.storage.result_cache import Rows

COLUMNS: Final = (
    "image",
    "image_sha256",
    "label",
    "method",
    "heatmap_sha256",
    "measure",
    "statistic",
    "detail",
    "value",
    "random",
    "reversed",
)
#: Numbers of a row.
NUMBERS: Final = ("value", "random", "reversed")
#: Whole cases are drawn again, the same for every number.
RESAMPLE: Final = partial(interval, replicates=1000, level=LEVEL, seed=0)
_TITLES: Final = {name: explainer.title for name, explainer in EXPLAINERS.items()}


def document(
    model: Manifest,
    target: str,
    seed: int,
    parameters: Mapping[str, Mapping[str, Value]],
    rows: Rows,
    errors: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """Rows and how they came about, for JSON.

    Parameters
    ----------
    model : Manifest
    target : str
        What the maps explain.
    seed : int
    parameters : mapping
        Of each measure, by its name.
    rows : list of dict
    errors : sequence of mapping
        With the keys file and reason.
    """
    return {
        "model": model.name,
        "model_sha256": model.sha256,
        "target": target,
        "seed": seed,
        "parameters": parameters,
        "rows": rows,
        "errors": errors,
    }


def table(rows: Rows) -> pd.DataFrame:
    """Rows as a table of `COLUMNS`."""
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(NUMBERS, float))


def as_csv(rows: Rows) -> bytes:
    """Rows as a file that a spreadsheet opens as it is meant; undefined is empty."""
    return csv(table(rows))


def as_json(result: Mapping[str, Any]) -> bytes:
    """What :func:`document` gives as a file."""
    return (json.dumps(result, ensure_ascii=False, indent=1) + "\n").encode()


def summary(found: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Means of a measure's numbers over all maps of a method, every map counting alike.

    Parameters
    ----------
    found : DataFrame
        As :func:`table` gives it.
    measure : Measure

    Returns
    -------
    DataFrame
        Columns statistic, detail, method, mean, then
        :data:`~shamsul.reporting.resampling.ESTIMATED` (intervals are of whole cases drawn again),
        then the means of random and reversed. Statistics come in the measure's order, details in
        that of the rows, methods in that of the registry.
    """
    mine = found[found["measure"] == measure.name]
    rows = []
    for statistic in measure.statistics:
        of_statistic = mine[mine["statistic"] == statistic.name]
        for detail in of_statistic["detail"].unique():
            for method in methods_of(mine):
                here = of_statistic["detail"].eq(detail) & of_statistic["method"].eq(method)
                part = of_statistic[here]
                n = int(part["value"].count())
                mean = of_mean(part["value"], part["image"], RESAMPLE)
                cells = estimated(mean, n, len(part) - n, (not n, "Undefined for every map."))
                chance = (part["random"].mean(), part["reversed"].mean())
                rows.append((statistic.name, detail, method, *cells, *chance))
    columns = ["statistic", "detail", "method", "mean", *ESTIMATED, "random", "reversed"]
    return pd.DataFrame(rows, columns=columns)


def sentences(found: pd.DataFrame, measure: Measure) -> list[str]:
    """Which methods beat the baselines by a measure, and which do not, in words.

    No verdict is given from fewer than :data:`~shamsul.reporting.differences.FEWEST_CASES` cases.

    Parameters
    ----------
    found : DataFrame
        As :func:`table` gives it.
    measure : Measure

    Returns
    -------
    list of str
        Empty where neither end of the measure is the better one, or there is nothing to compare.
    """
    judged = measure.statistics[0]
    if judged.better is None:
        return []
    mine = found[(found["measure"] == measure.name) & (found["statistic"] == judged.name)]
    # A map has a number at each detail: their mean, so that it counts once.
    keys = ["image", "label", "method"]
    of_maps = mine.groupby(keys, as_index=False)[list(NUMBERS)].mean()
    methods = [name for name in methods_of(mine) if name not in BASELINES]
    if methods and of_maps["image"].nunique() < 2:
        return ["One case only: whether methods beat the baselines cannot be said."]
    sign = 1 if judged.better is Better.HIGHER else -1
    said = _beside_baselines(of_maps, judged, methods)
    gain = sign * (of_maps["value"] - of_maps["random"])
    unproven = []
    for method in methods:
        own = of_maps["method"] == method
        chance = of_mean(gain[own], of_maps.loc[own, "image"], RESAMPLE)
        if chance.cases >= FEWEST_CASES and not chance.low > 0:
            unproven.append(EXPLAINERS[method].title)
    if unproven:
        said.append(f"Not shown to be better than a map without order: {', '.join(unproven)}.")
    return said


def _beside_baselines(
    of_maps: pd.DataFrame, judged: Statistic, methods: Sequence[str]
) -> list[str]:
    baselines = [name for name in methods_of(of_maps) if name in BASELINES]
    if not methods:
        return []
    if not baselines:
        return ["No baseline is beside the methods, and a random order is easily beaten."]
    if of_maps["image"].nunique() < FEWEST_CASES:
        few = f"Fewer than {FEWEST_CASES} cases"
        return [f"{few}: whether methods beat the baselines cannot be said."]
    lower_better = ["value"] if judged.better is Better.LOWER else []
    compared = against(of_maps, ["value"], methods, baselines, RESAMPLE, lower_better)
    compared = compared[(compared["label"] == ALL) & (compared["n"] > 0)]
    shown = compared["better"] & (compared["cases"] >= FEWEST_CASES)
    better = [EXPLAINERS[name].title for name in compared.loc[shown, "method"]]
    said = []
    if better:
        reference = EXPLAINERS[compared["reference"].iloc[0]].title
        said.append(
            f"Better than the best baseline, {reference}, by {judged.title.lower()}: "
            f"{', '.join(better)}."
        )
    rest = compared[~shown].to_dict("records")
    return said + [f"{in_words(row, _TITLES)} maps." for row in rest]


def methods_of(found: pd.DataFrame) -> list[str]:
    """Names of the methods and baselines of a table, in the registry's order."""
    there = set(found["method"])
    return [name for name in EXPLAINERS if name in there]
