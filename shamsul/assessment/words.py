"""Numbers of an assessment as they are read, and tables of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from shamsul.assessment.results import Assessment


def number(value: float) -> str:
    """Three decimals; a dash for NaN.

    Examples
    --------
    >>> number(-0.01234), number(float("nan"))
    ('−0.012', '–')
    """
    return "–" if np.isnan(value) else f"{value:z.3f}".replace("-", "−")


def between(value: float, low: float, high: float) -> str:
    """A number and its interval, on one line.

    Examples
    --------
    >>> between(0.5, 0.25, 0.75).replace("\\u00a0", " ")
    '0.500 (0.250 to 0.750)'
    """
    if np.isnan(low):
        return number(value)
    return _whole(f"{number(value)} ({number(low)} to {number(high)})")


def shown(found: Assessment) -> dict[str, pd.DataFrame]:
    """The tables as a page has room for them: cells are texts, but counts."""
    metrics, subgroups, calibration, comparison = (
        found.tables[name] for name in ("metrics", "subgroups", "calibration", "comparison")
    )
    tables = {
        "labels": pd.DataFrame(
            {
                "label": metrics["label"],
                "images": metrics["images"],
                "patients": metrics["patients"],
                "with finding": metrics["positives"],
                "left out": metrics["left_out"],
                "prevalence": _cells(metrics, "prevalence", "prevalence_low", "prevalence_high"),
            }
        ),
        "discrimination": pd.DataFrame(
            {
                "label": metrics["label"],
                "AUROC (bootstrap)": _cells(metrics, "auroc", "auroc_low", "auroc_high"),
                "AUROC (DeLong)": _cells(metrics, "auroc", "delong_low", "delong_high"),
                "AUPRC (bootstrap)": _cells(metrics, "auprc", "auprc_low", "auprc_high"),
                "why": metrics["why"],
            }
        ),
        "sensitivity": _operating(metrics, "sensitivity", "positives"),
        "specificity": _operating(metrics, "specificity", "negatives"),
        "calibration": pd.DataFrame(
            {
                "label": calibration["label"],
                "share with finding": calibration["prevalence"].map(number),
                "mean probability": calibration["mean_probability"].map(number),
                "ECE": calibration["ece"].map(number),
                "Brier score": calibration["brier"].map(number),
            }
        ),
        "subgroups": pd.DataFrame(
            {
                "group": (subgroups["factor"] + " " + subgroups["group"]).map(_whole),
                "label": subgroups["label"].map(_whole),
                "images": subgroups["images"],
                "with finding": subgroups["positives"],
                "AUROC": _cells(subgroups, "auroc", "low", "high"),
                "less the others'": _cells(
                    subgroups, "difference", "difference_low", "difference_high"
                ),
                "why": subgroups["why"],
            }
        ),
        "comparison": comparison,
    }
    if found.manifest.calibration is not None:
        tables["calibration"] = tables["calibration"].assign(
            **{
                "ECE as trained": calibration["raw_ece"].map(number),
                "Brier as trained": calibration["raw_brier"].map(number),
                "slope": calibration["slope"].map(number),
                "offset": calibration["offset"].map(number),
            }
        )
    if len(comparison):
        tables["comparison"] = pd.DataFrame(
            {
                "label": comparison["label"].map(_whole),
                "images": comparison["images"],
                "AUROC": comparison["auroc"].map(number),
                "other's": comparison["auroc_other"].map(number),
                "difference (DeLong)": _cells(
                    comparison, "difference", "delong_low", "delong_high"
                ),
                "difference (bootstrap)": _cells(comparison, "difference", "low", "high"),
                "p": comparison["p"],
                "p_holm": comparison["p_holm"],
                "why": comparison["why"],
            }
        )
    return tables


def _operating(metrics: pd.DataFrame, name: str, cases: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": metrics["label"],
            "operating point": metrics["threshold"].map(number),
            "images": metrics[cases],
            f"{name} (bootstrap)": _cells(metrics, name, f"{name}_low", f"{name}_high"),
            f"{name} (Wilson)": _cells(metrics, name, f"{name}_wilson_low", f"{name}_wilson_high"),
        }
    )


def _whole(text: str) -> str:
    """On one line."""
    return text.replace(" ", "\u00a0")


def _cells(table: pd.DataFrame, value: str, low: str, high: str) -> list[str]:
    return [between(*row) for row in table[[value, low, high]].itertuples(index=False)]


def apart(found: Assessment) -> list[str]:
    """Subgroups whose difference to the others has an interval without zero, in sentences."""
    table = found.tables["subgroups"]
    away = table[(table["difference_low"] > 0) | (table["difference_high"] < 0)]
    return [_sentence(row) for row in away.to_dict("records")]


def harmed(found: Assessment) -> list[str]:
    """That a calibration made labels' error larger, in a sentence if it did."""
    table = found.tables["calibration"]
    worse = list(table.loc[table["ece"] > table["raw_ece"], "label"])
    if not worse:
        return []
    return [f"Calibrated, these labels are further from what is so than before: {', '.join(worse)}"]


def _sentence(row: Mapping[str, float]) -> str:
    kind = "higher" if row["difference"] > 0 else "lower"
    numbers = between(row["difference"], row["difference_low"], row["difference_high"])
    group = f"{row['factor']} {row['group']}"
    return f"{row['label']}, {group}: AUROC {kind} than of all others, difference {numbers}"
