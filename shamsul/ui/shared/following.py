"""How far the readers of a study are, looked at again by itself."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Study
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import counted

#: Seconds between two looks.
_LOOK = 5.0


@st.fragment(run_every=_LOOK)
def readers(study: Study) -> None:
    """Each reader's readings, finished and to come, the time they take and the last activity."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        active = session.readings().activity(study.name)
        now = datetime.now(UTC)
        rows = [
            {
                "Reader": one.reader,
                "Session": one.session,
                "Finished": f"{one.finished} of {one.readings}",
                "Done": one.finished / one.readings,
                "Last activity": "none yet" if last is None else ago(now, last),
                "Active minutes": round(one.active_seconds / 60, 1),
                "Minutes left": None if one.seconds_left is None else round(one.seconds_left / 60),
            }
            for one in session.readings().progress(study)
            for last in [active.get((one.reader, one.session))]
        ]
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            placeholder="",
            column_config={"Done": st.column_config.ProgressColumn(format="percent")},
            key=f"progress-of-{study.name}",
            alt="How far each reader is",
        )


def ago(now: datetime, then: datetime) -> str:
    """How long ago something was, in words.

    Examples
    --------
    >>> now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    >>> ago(now, datetime(2026, 3, 2, 11, 59, 30, tzinfo=UTC))
    'just now'
    >>> ago(now, datetime(2026, 3, 2, 10, 58, tzinfo=UTC))
    '1 hour ago'
    >>> ago(now, datetime(2026, 2, 27, 12, 0, tzinfo=UTC))
    '3 days ago'
    """
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{counted(minutes, 'minute')} ago"
    if minutes < 24 * 60:
        return f"{counted(minutes // 60, 'hour')} ago"
    return f"{counted(minutes // (24 * 60), 'day')} ago"
