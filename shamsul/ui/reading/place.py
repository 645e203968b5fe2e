"""Where a reader is, and stays when the database fails: the study, and the case looked at again."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from shamsul.reading import StoreError
from shamsul.reading.database.accounts import Role
from shamsul.reading.database.readings import Readings
from shamsul.reading.database.screens import Screens
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.study import Study
from shamsul.ui.reading.rehearsal import Rehearsal, current
from shamsul.ui.shared import questionnaire, session, sign_in

#: One component for all screens, so that what one sends is not lost by opening another.
KEY = "reading"
#: In the address: the study that is read.
STUDY = "study"


@contextmanager
def held() -> Iterator[None]:
    """Where the database fails, keep the questions that were drawn last: answers wait in them."""
    try:
        yield
    except StoreError as error:
        questionnaire.hold(key=KEY, error=str(error))
        raise


def enter(study: str) -> None:
    """Go on in a study."""
    st.query_params[STUDY] = study


def leave() -> None:
    """Go back to the list of studies."""
    st.query_params.pop(STUDY, None)


def looked_at(mine: Sequence[Assigned]) -> Assigned | None:
    """A finished reading that is shown once more: just locked, or gone back to."""
    chosen = st.session_state.get("looked_at")
    return next((one for one in mine if one.id == chosen), None)


def may_be_looked_at(study: Study, mine: Sequence[Assigned]) -> list[Assigned]:
    """The finished readings that a reader may go back to, in order.

    Not those of an earlier session, nor of the case that is to be read, before all is read: what
    was answered there must not be seen.
    """
    assert study.plan is not None
    if not study.plan.design.back:
        return []
    finished = [one for one in mine if one.screen(study.questionnaire) is None]
    due = next((one for one in mine if one not in finished), None)
    if due is None:
        return finished
    return [
        one
        for one in finished
        if one.reading.session == due.reading.session
        and not (due.reading.repeat and one.case == due.case)
    ]


def look_at(reading_id: int | None) -> None:
    """Show a finished reading once more; None: whatever comes next."""
    st.session_state["looked_at"] = reading_id


def check_reader(assigned: Assigned) -> None:
    """A fragment runs without its page: whose reading it is has to be looked at again."""
    sign_in.require(Role.COORDINATOR if assigned.made_up else Role.READER)
    if not assigned.made_up and session.reader() != assigned.reading.reader:
        st.rerun()


def screens(assigned: Assigned) -> Screens | Rehearsal:
    """Where the screens of a reading are kept, or what stands in for it where it is only tried."""
    return _rehearsal() if assigned.made_up else session.screens()


def readings(assigned: Assigned) -> Readings | Rehearsal:
    """Where a reading and its reader's others are kept, or what stands in for it."""
    return _rehearsal() if assigned.made_up else session.readings()


def _rehearsal() -> Rehearsal:
    tried = current()
    if tried is None:  # it has ended meanwhile, in another part of the page
        st.rerun()
    return tried
