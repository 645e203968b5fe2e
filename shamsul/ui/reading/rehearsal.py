"""A reading that is only tried: what is answered stays in the page, nothing reaches the store."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from shamsul.reading.database.screens import Happened
from shamsul.reading.database.store import Refused
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.design.progress import Assigned, still_missing, unanswered
from shamsul.reading.design.questionnaire import Step
from shamsul.reading.design.study import Answer, MapShown, SavedAnswer, Shown, Study
from shamsul.ui.shared.outbox import Event

_KEPT: Final = "rehearsal"
#: Said of whatever is done.
NOTHING_KEPT: Final = "Preview: nothing is kept"


@dataclass
class Rehearsal:
    """Stands in for the store of readings and screens, of one browser's session.

    Attributes
    ----------
    study : Study
    mine : list of Assigned
        Made up.
    given : dict
        What was answered, by reading, then by question and map.
    """

    study: Study
    mine: list[Assigned]
    given: dict[int, dict[tuple[str, ...], SavedAnswer]] = field(default_factory=dict)

    def of(self, study: str, reader: str) -> tuple[Assigned, ...]:
        """As :meth:`shamsul.reading.database.readings.Readings.of` gives it."""
        return tuple(self.mine)

    def answers(self, reading_id: int) -> tuple[SavedAnswer, ...]:
        """As :meth:`shamsul.reading.database.screens.Screens.answers` gives them."""
        return tuple(self.given.get(reading_id, {}).values())

    def note(self, reading_id: int, happened: Happened, active_seconds: float) -> None:
        """A pause ends it."""
        end()

    def lock(
        self,
        reading_id: int,
        screen: Step,
        active_seconds: float,
        without: Collection[PanelPlan] = (),
    ) -> None:
        """Go on from a screen, if a reader could.

        Raises
        ------
        Refused
            If required answers are missing.
        """
        (one,) = [one for one in self.mine if one.id == reading_id]
        answers = self.answers(reading_id)
        missing = [
            what
            for what in unanswered(one, self.study.questionnaire, answers, screen)
            if what.panel not in without
        ]
        if missing:
            raise Refused(still_missing(len(missing)))
        self.skip(one, screen)

    def skip(self, assigned: Assigned, screen: Step) -> None:
        """Go on from a screen, whatever was answered."""
        locked = {**assigned.locked, screen: datetime.now(UTC)}
        place = [one.id for one in self.mine].index(assigned.id)
        self.mine[place] = replace(assigned, locked=locked)

    def hold(self, assigned: Assigned, shown: Shown, event: Event) -> str:
        """Show an answer as given, as long as this lasts."""
        question = self.study.questionnaire.question(event.item)
        method = (shown.method, shown.control or "") if isinstance(shown, MapShown) else ()
        now = datetime.now(UTC)
        answer = Answer(
            case=assigned.case,
            reader=assigned.reading.reader,
            shown=shown,
            item=question.id,
            value=question.parse(event.value),
        )
        mine = self.given.setdefault(assigned.id, {})
        mine[question.id, *method] = SavedAnswer(answer, 1, now, now)
        return NOTHING_KEPT


def begin(study: Study, mine: Collection[Assigned]) -> None:
    """Try a study from now on."""
    st.session_state[_KEPT] = Rehearsal(study, list(mine))


def end() -> None:
    """Try it no longer."""
    st.session_state.pop(_KEPT, None)


def current() -> Rehearsal | None:
    """What is tried, if anything."""
    found: Rehearsal | None = st.session_state.get(_KEPT)
    return found
