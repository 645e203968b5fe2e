"""What the model says, as bars that are switches: which label is shown, and which beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from shamsul.classifiers.prediction import NO_FINDING, LabelScore, Prediction
from shamsul.reading.design.study import Case

_FOLDER = Path(__file__).parent
_bars = st.components.v2.component(
    "shamsul_labels",
    css=(_FOLDER / "labels.css").read_text(encoding="utf-8"),
    js="".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("stops.js", "labels.js")),
)


@dataclass(frozen=True)
class Opinion:
    """What another model says of the same film.

    Attributes
    ----------
    name, than : str
        The model's, and that of the study's own.
    about : str
        Whether its probabilities are calibrated.
    scores : mapping of str to LabelScore
        By the label that stands for it here; those that it does not have are left out.
    """

    name: str
    than: str
    about: str
    scores: Mapping[str, LabelScore]


def choose(
    case: Case,
    prediction: Prediction,
    about: str,
    annotated: Collection[str],
    other: Opinion | None = None,
) -> tuple[str, ...]:
    """Draw the bars, most probable first.

    Parameters
    ----------
    case : Case
    prediction : Prediction
    about : str
        Whether its probabilities are calibrated.
    annotated : collection of str
        Labels of which the reader may see an annotation.
    other : Opinion, optional
        Of the model whose film stands beside.

    Returns
    -------
    tuple of str
        The labels to show, at least one; before the reader has chosen the most probable one above
        its operating point.
    """
    ranked = sorted(prediction.scores, key=lambda score: -score.probability)
    names = [score.label for score in ranked]
    key = f"labels-{case.id}-{prediction.model}"
    kept: dict[str, Sequence[str]] = st.session_state.setdefault("labels-shown", {})
    chosen = [name for name in kept.get(key, ()) if name in names] or [usual(prediction)]
    result = _bars(
        key=key,
        data={
            "chosen": chosen,
            "about": about,
            "other": other and {"name": other.name, "than": other.than, "about": other.about},
            "labels": [
                {
                    **_score(score),
                    "annotated": score.label in annotated,
                    "other": other and (there := other.scores.get(score.label)) and _score(there),
                }
                for score in ranked
            ],
        },
        on_chosen_change=_ignore,
    )
    sent = result.get("chosen")
    if isinstance(sent, list) and (known := [name for name in names if name in sent]):
        chosen = known
    kept[key] = chosen
    return tuple(chosen)


def _score(score: LabelScore) -> dict[str, object]:
    return {
        "name": score.label,
        "probability": score.probability,
        "threshold": score.threshold,
        "positive": score.positive,
    }


def usual(prediction: Prediction) -> str:
    """The label shown first: the most probable finding above its operating point, if any."""
    ranked = sorted(prediction.scores, key=lambda score: -score.probability)
    positive = set(prediction.shown_labels) - {NO_FINDING}
    return next((score.label for score in ranked if score.label in positive), ranked[0].label)


def _ignore() -> None:
    """Streamlit keeps a state only where it has a callback."""
