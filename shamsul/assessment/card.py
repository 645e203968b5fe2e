"""A model card, written from an assessment.

References
----------
Mitchell et al. 2019, Model cards for model reporting, doi 10.1145/3287560.3287596
"""

from collections.abc import Iterator, Sequence

import pandas as pd

from shamsul.assessment.results import Assessment
from shamsul.assessment.scored import FACTORS
from shamsul.assessment.words import apart, harmed, shown

_CARD = """\
# Model card: {name}

In the form of Mitchell et al. 2019, doi 10.1145/3287560.3287596. Written from an assessment by
SHAMSUL {version}, {date}. What nobody has told is said to be not known: fill it in before this card
is handed on.

## Model details
{details}
- Who made it, when, licence, how to cite it: not known.

## Intended use
- Research on explanations of chest radiograph classifiers.
- Not for diagnosis, triage, or any decision about a patient. Not for other than frontal or lateral
  chest radiographs, or for findings other than its labels.
- What its makers intend it for: not known.

## Factors
{factors}
- Scanner, hospital, ethnicity: not told by the data set, not looked at.

## Metrics
- Area under the ROC curve and average precision (AUPRC) for each label; sensitivity and specificity
  at the operating points of `model.toml`; expected calibration error.
- Intervals are 95%: bootstrap over patients, {replicates} replicates, seed {seed}. `report.html`
  has DeLong's and Wilson's too.

## Evaluation data
{evaluation}

## Training data
- {trained_on}

## Quantitative analyses
{numbers}

{groups}
- Groups that are of several factors at once: not looked at.

## Ethical considerations
- Radiographs are of patients. This card names none and holds no picture; the gallery of
  `report.html` shows films as the model saw them.
- A finding that is missed, or seen where there is none, would harm if anybody acted on it.

## Caveats and recommendations
{caveats}
"""


def card(found: Assessment) -> str:
    """The card, Markdown."""
    details = ("Architecture", "Weights (SHA-256)", "Labels", "Probabilities")
    data = ("Data", "Images", "Patients", "Uncertain and blank labels")
    facts = found.facts
    trained_on = found.manifest.trained_on
    return _CARD.format(
        name=found.manifest.name,
        version=found.software["shamsul"],
        date=found.date,
        details=_listed(f"{name}: {facts[name]}" for name in details),
        factors=_listed(_factors(found)),
        replicates=f"{found.replicates:,}",
        seed=found.seed,
        evaluation=_listed([*(f"{name}: {facts[name]}" for name in data), *found.notes]),
        trained_on=f"As its folder says: {trained_on}" if trained_on else "Not known.",
        numbers=_markdown(_numbers(found)),
        groups=_listed(
            [*apart(found), *harmed(found)]
            or ["No subgroup's difference to the others has an interval without zero."]
        ),
        caveats=_listed(found.limits),
    )


def _listed(sentences: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _factors(found: Assessment) -> Iterator[str]:
    for factor, names in FACTORS.items():
        told = list(found.scored.groups[factor])
        counts = [f"{name}: {told.count(name):,}" for name in names if name in told]
        yield f"{factor.capitalize()} — {', '.join(counts) or 'not told by the data set'}."


def _numbers(found: Assessment) -> pd.DataFrame:
    tables = shown(found)
    areas = tables["discrimination"]
    return pd.DataFrame(
        {
            "label": areas["label"],
            "images": tables["labels"]["images"],
            "with finding": tables["labels"]["with finding"],
            "AUROC": areas["AUROC (bootstrap)"],
            "AUPRC": areas["AUPRC (bootstrap)"],
            "sensitivity": tables["sensitivity"]["sensitivity (bootstrap)"],
            "specificity": tables["specificity"]["specificity (bootstrap)"],
            "ECE": tables["calibration"]["ECE"],
        }
    )


def _markdown(table: pd.DataFrame) -> str:
    rows = [list(table), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)
