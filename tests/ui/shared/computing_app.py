"""A page of jobs for the bar. The first is held until the file that HELD names is gone; the others
then come at once, and the page says in which order.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from shamsul.computing.jobs import Computation, Jobs
from shamsul.explainers.cache import MapCache
from shamsul.explainers.method import Progress
from shamsul.ui.shared import computing, session


@dataclass
class Named(Computation[str]):
    """A computation of a letter's name."""

    name: str
    kept: list[str]
    case: str = "a case whose name is long"
    quick: bool = False

    @property
    def counted(self) -> tuple[str, str]:
        return "named", ""

    @property
    def digest(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        return "named"

    def find(self) -> bool:
        return self.name in self.kept

    def take(self, result: str) -> None:
        self.kept.append(result)

    def failure(self, error: Exception) -> str:
        return str(error)


class Desk:
    """As much of the desk as the bar knows."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        jobs = Jobs(MapCache(Path("never")))
        self.queue, self.stop, self.move = jobs.queue, jobs.stop, jobs.move
        self.submit = jobs.submit

    def ask(self, name: str) -> None:
        """Have a letter computed."""
        self.submit(Named(name, self.kept), self._compute(name))

    def _compute(self, name: str) -> Callable[[Progress], str]:
        def compute(progress: Progress) -> str:
            done = 0
            while name == "Held" and Path(os.environ["HELD"]).exists():
                done = min(done + 1, 90)
                progress(done, 100)
                time.sleep(0.05)
            progress(100, 100)
            return name

        return compute


@st.cache_resource
def desks() -> list[Desk]:
    """The last one is open, for all pages."""
    return [Desk()]


st.set_page_config(layout="wide")
st.text_input("Something else")
if st.button("Ask"):
    Path(os.environ["HELD"]).touch()
    desks().append(Desk())
    session._desk["open"] = desks()[-1]  # type: ignore[assignment]
    for name in ("Held", "A", "B", "C"):
        desks()[-1].ask(name)
st.text(f"Done: {' '.join(desks()[-1].kept)}")
computing.indicator()
