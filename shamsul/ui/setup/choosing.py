"""Which study the set-up page is about, and whether it is followed or its file is changed."""

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shamsul.reading.design.study import Study
from shamsul.ui.setup.study_text import open_file
from shamsul.ui.shared import address
from shamsul.ui.shared.wording import plain

_OF = "setup-of"
_LAST = "setup-last"
_VIEW = "setup-view"
_NEXT = "setup-next"
_TOLD = "setup-told"
_NEW = "A new study"
_FOLLOW, _FILE = "Follow", "Study file"


def study(planned: Mapping[str, Study]) -> Study | None:
    """The study that is chosen; None for a new one."""
    titles = {"": _NEW} | {name: one.title for name, one in planned.items()}
    address.check(_OF, list(planned), "study", "pages/setup.py")
    if (name := st.session_state.pop(_NEXT, None)) is not None:
        st.session_state[_OF], st.session_state[_VIEW] = name, _FOLLOW
    elif st.session_state.get(_OF) not in titles:
        # Of the address, or where one was before: Streamlit forgets what no control has shown.
        last = st.query_params.get(_OF, st.session_state.get(_LAST, ""))
        st.session_state[_OF] = last if last in titles else ""
    name = st.selectbox("Study", list(titles), format_func=titles.__getitem__, key=_OF)
    st.session_state[_LAST] = name
    if name:
        st.query_params[_OF] = name
    else:
        st.query_params.pop(_OF, None)
    chosen = planned.get(name)
    plan = chosen and chosen.plan
    open_file(name, plan.source if plan else None)
    return chosen


def follows() -> bool:
    """Whether the study is followed; else its file is shown."""
    st.session_state.setdefault(_VIEW, _FOLLOW)
    view = st.segmented_control("View", [_FOLLOW, _FILE], required=True, key=_VIEW)
    return bool(view == _FOLLOW)


def go_on_with(name: str, told: str, warnings: tuple[str, ...] = ()) -> None:
    """Follow a study from now on, and say what became of it."""
    st.session_state[_NEXT], st.session_state[_TOLD] = name, (told, warnings)
    st.rerun()


def told() -> None:
    """Say once what became of what was done last."""
    said, warnings = st.session_state.pop(_TOLD, ("", ()))
    if said:
        st.success(plain(said))
    for warning in warnings:
        st.warning(plain(warning))


def wants_preview(place: DeltaGenerator) -> bool:
    """Whether the study is to be seen as its readers will see it."""
    return place.button(
        "Preview as a reader",
        icon=":material/visibility:",
        help="As a reader sees it; nothing is kept.",
        width="stretch",
    )
