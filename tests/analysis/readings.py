"""Exported tables of a reading study that never was, with known scores."""

from collections.abc import Callable

import pandas as pd

from shamsul.reading.design.instrument import DEFAULT
from shamsul.reading.exports.codebook import CASES, RATINGS

METHODS = {"lime": "LIME", "shap": "SHAP", "grad_cam": "Grad-CAM", "lrp": "LRP"}
ITEMS = DEFAULT.items[:2]
CASE_NAMES = [f"case-{number:03}" for number in range(1, 7)]
READERS = ["Ada", "Grace", "Marie"]

#: Gives a score, None for "cannot judge", from reader, case, method and item.
Score = Callable[[str, str, str, str], float | None]


def row(**changes: object) -> dict[str, object]:
    """A rating as exported, with whatever a test is about."""
    about = {
        "study": "pilot",
        "reader": "Ada",
        "session": 1,
        "case": "case-001",
        "image_sha256": "a" * 64,
        "label": "Cardiomegaly",
        "method": "lime",
        "method_name_shown": "A",
        "panel_position": 1,
        "case_order": 1,
        "repeat_of": "",
        "warm_up": False,
        "control": "",
        "item": ITEMS[0].id,
        "score": 3.0,
        "cannot_judge": False,
        "failure_tags": "",
        "comment": "",
        "rank": float("nan"),
        "model": "phantom",
        "model_sha256": "",
        "probability": 0.5,
        "heatmap_sha256": "b" * 64,
        "opacity": 0.5,
        "normalisation": "symmetric",
        "blinded": True,
        "created_at": "2026-11-21T10:00:00.000Z",
        "changed_at": "2026-11-21T10:00:00.000Z",
        "revision": 1,
        "active_seconds": 30.0,
    }
    if changes.get("score", 3.0) is None:
        changes |= {"score": float("nan"), "cannot_judge": True}
    return about | changes


def table(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[column.name for column in RATINGS])


def study(
    score: Score,
    readers: list[str] = READERS,
    cases: list[str] = CASE_NAMES,
    **changes: object,
) -> list[dict[str, object]]:
    """Every item of every map by every reader."""
    return [
        row(
            reader=reader,
            case=case,
            method=method,
            item=item.id,
            score=score(reader, case, method, item.id),
            heatmap_sha256=f"{case}/{method}",
            case_order=number,
            **changes,
        )
        for reader in readers
        for number, case in enumerate(cases, 1)
        for method in METHODS
        for item in ITEMS
    ]


def no_cases() -> pd.DataFrame:
    return pd.DataFrame([], columns=[column.name for column in CASES])


def case_row(**changes: object) -> dict[str, object]:
    """An answer about a case as exported."""
    names = [column.name for column in CASES]
    known = {name: value for name, value in row().items() if name in names}
    return known | {"item": "finding_present", "answer": "yes"} | changes


def case_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[column.name for column in CASES])


def no_readers() -> pd.DataFrame:
    return reader_table({})


def reader_table(answers: dict[str, list[int | None]]) -> pd.DataFrame:
    """Answers to the System Causability Scale, those that are None left out."""
    time = "2026-11-21T12:00:00.000Z"
    rows = [
        ("pilot", reader, f"scs_{number}", answer, time, time, 1)
        for reader, scores in answers.items()
        for number, answer in enumerate(scores, 1)
        if answer is not None
    ]
    columns = ["study", "reader", "item", "answer", "created_at", "changed_at", "revision"]
    return pd.DataFrame(rows, columns=columns)
