"""Cases are appraised while nobody waits: one thread for all who look at the list."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from shamsul.reading.database.appraisals import Appraisals
from shamsul.reading.design.study import Study
from shamsul.ui.shared import session

#: Of the time that a case took, how much is left to the pages after it.
REST: Final = 1.0


@dataclass(frozen=True)
class _Wanted:
    study: Study
    first: tuple[int, ...]


class Background:
    """Goes through a study's cases, those on the screen first."""

    def __init__(self) -> None:
        self._wanted: _Wanted | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether more may come."""
        return self._wanted is not None

    def look(self, study: Study, first: Sequence[int]) -> None:
        """Go through a study next, or from other cases on; returns at once."""
        with self._lock:
            self._wanted = _Wanted(study, tuple(first))
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="shamsul-appraisal", daemon=True
                )
                self._thread.start()

    def _work(self) -> None:
        # Loads torch, which the page itself does without.
        from shamsul.studies.appraisal import Appraiser

        appraiser = Appraiser(
            Appraisals(session.store().database),
            session.desk(),
            session.thumbnails(),
            session.classifier,
        )
        while (wanted := self._wanted) is not None:
            started = time.monotonic()
            for _ in appraiser.appraise(wanted.study, wanted.first):
                if wanted is not self._wanted:
                    break
                time.sleep(REST * (time.monotonic() - started))
                started = time.monotonic()
            with self._lock:
                if wanted is self._wanted:
                    self._wanted = self._thread = None
                    return


@st.cache_resource(show_spinner=False)
def background() -> Background:
    """The one of this process."""
    return Background()
