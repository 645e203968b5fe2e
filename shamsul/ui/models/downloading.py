"""A published model's download: a button, then how far it is, then why it failed."""

import streamlit as st

from shamsul.classifiers import registry
from shamsul.classifiers.downloads import Download, Downloads
from shamsul.classifiers.registry import ModelInfo
from shamsul.computing.pace import in_time
from shamsul.reading.database.accounts import Role
from shamsul.ui.shared import sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import plain


@st.cache_resource(show_spinner=False)
def downloads() -> Downloads:
    """What is downloaded, for all pages of the server."""
    return Downloads()


def download(info: ModelInfo, *, primary: bool) -> None:
    """A button that fetches a model; while it comes, how far it is and a button that stops it.

    It goes on while one is elsewhere.
    """
    known = downloads().of(info.name)
    if known is not None and known.is_going:
        _going(info.name)
        return
    st.button(
        "Download",
        key=f"download-{info.name}",
        icon=":material/download:",
        type="primary" if primary else "secondary",
        on_click=downloads().start,
        args=(info.name,),
        help="About 28 MiB from GitHub; once only.",
    )
    if known is not None and known.failure:
        st.error(plain(known.failure))
        _bring(info.name)


@st.fragment(run_every=0.5)
def _going(name: str) -> None:
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        known = downloads().of(name)
        if known is None or not known.is_going:
            st.rerun()
            return
        bar, button = st.columns([5, 1], vertical_alignment="center")
        bar.progress(known.received / known.total if known.total else 0.0, text=words(known))
        button.button(
            "Stop",
            key=f"stop-{name}",
            icon=":material/stop:",
            on_click=known.stop,
            width="stretch",
            disabled=known.is_whole,
        )


def words(known: Download) -> str:
    """How far a download is, for people."""
    if known.is_whole:
        return "Checking the file and making a model of it …"
    if not known.received:
        return "Connecting …"
    text = f"{known.received / 2**20:.1f} MiB"
    if known.total:
        text = f"{known.received / 2**20:.1f} of {known.total / 2**20:.1f} MiB"
    left = known.seconds_left
    return text if left is None else f"{text}, {in_time(left)} left"


def _bring(name: str) -> None:
    """An uploader for the file that a download could not get."""
    turn = f"brought-{name}"
    file = st.file_uploader(
        "Or choose the saved file here",
        type=["pt"],
        key=f"bring-{name}-{st.session_state.setdefault(turn, 0)}",
    )
    if file is not None:
        st.session_state[turn] += 1
        registry.bring(name, file.getvalue())
        downloads().start(name)
        st.rerun()
