"""The worklist's table in the browser: one page of cases, and what is asked of them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "shamsul_worklist",
    css=(_FOLDER / "table.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "table.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Row:
    """A case as the table shows it.

    Attributes
    ----------
    id : int
    name, note : str
    picture : str
        A data URI; empty where there is none yet.
    origin : str
        Where it came from, in a word.
    added : str
        ISO 8601; empty where it is not known.
    finding : str or None
    probability : float or None
        Its probability, in [0, 1]; None until it is computed.
    threshold : float
        Its operating point.
    warnings, maps : int or None
    disagreement : float or None
    answered : int
    """

    id: int
    name: str
    note: str
    picture: str
    origin: str
    added: str
    finding: str | None
    probability: float | None
    threshold: float
    warnings: int | None
    maps: int | None
    disagreement: float | None
    answered: int


def mount(
    *,
    key: str,
    rows: Sequence[Row],
    ask: dict[str, object],
    labels: Sequence[str],
    size: int,
    found: int,
    total: int,
    rated: int,
    removable: bool,
    noted: Sequence[str],
    fault: str,
    on_open: Callable[[], None],
    on_remove: Callable[[], None],
) -> None:
    """Draw the table.

    Parameters
    ----------
    key : str
        Under it the browser's answers are in the session's state: ``ask``, ``notes`` that it does
        not know to be saved, and for one run ``open`` and ``remove``.
    rows : sequence of Row
        One page.
    ask : dict
        What they answer.
    labels : sequence of str
        Findings that can be asked for.
    size : int
        Cases on a page.
    found, total, rated : int
        Cases that fit, all of them, and how many are rated.
    removable : bool
    noted : sequence of str
        Which of the notes that the browser sent are on the disk.
    fault : str
        Why others are not, one sentence.
    on_open, on_remove : callable
        Called when a case is to be opened, or cases to be removed.
    """
    _component(
        key=key,
        data={
            "rows": [asdict(row) for row in rows],
            "ask": ask,
            "labels": list(labels),
            "size": size,
            "found": found,
            "total": total,
            "rated": rated,
            "removable": removable,
            "noted": list(noted),
            "fault": fault,
        },
        on_ask_change=_ignore,
        on_notes_change=_ignore,
        on_open_change=on_open,
        on_remove_change=on_remove,
    )


def _ignore() -> None:
    """Streamlit keeps a state only where it has a callback."""
