"""The question before cases are removed: what hangs on them."""

from collections.abc import Sequence

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import counted, plain


def asked(study: Study) -> None:
    """Ask whether the cases that were chosen are really to be removed."""
    numbers = st.session_state.pop("removing", None)
    if not isinstance(numbers, list):
        return
    found = (session.store().case(one) for one in numbers if type(one) is int)
    cases = [case for case in found if case is not None and case.study == study.name]
    if cases:
        _dialog(study, cases)


@st.dialog("Remove cases", width="medium")
def _dialog(study: Study, cases: Sequence[Case]) -> None:
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        # Imported where it is used: torch takes seconds, which the list does not need.
        from shamsul.studies import removal

        hangs = removal.hanging(session.worklist(), session.desk(), study, cases)
        names = ", ".join(plain(case.name) for case in cases[:10])
        more = f" and {len(cases) - 10} more" if len(cases) > 10 else ""
        st.markdown(f"**{counted(len(cases), 'case')}** of {plain(study.title)}: {names}{more}.")
        marks = (
            f"{counted(hangs.answers, 'answer')} of {counted(hangs.readers, 'reader')}, "
            f"{counted(hangs.drawings, 'drawing')} of readers and "
            f"{counted(hangs.annotations, 'annotation')} of experts"
        )
        st.markdown(
            f"- **Deleted**: {counted(len(cases) - hangs.shared, 'radiograph')} and "
            f"{counted(hangs.maps, 'set')} of maps.\n"
            f"- **Out of sight and of every export**: {marks}. They are there again if the same "
            "file is uploaded again."
        )
        if hangs.shared:
            st.markdown(
                f"- **Kept**: {counted(hangs.shared, 'radiograph')} that other studies show too, "
                "with the maps."
            )
        leave, go = st.columns(2)
        if leave.button("Keep them", width="stretch"):
            st.rerun()
        if go.button(f"Remove {counted(len(cases), 'case')}", type="primary", width="stretch"):
            removal.remove(session.worklist(), session.desk(), session.thumbnails(), study, cases)
            st.rerun()
