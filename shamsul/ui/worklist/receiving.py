"""Where files are dropped, and the table of what became of them, on this screen only."""

import csv
import io
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from shamsul.radiographs.unpacking import Given
from shamsul.settings import settings
from shamsul.storage.spreadsheet import as_cell
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import counted
from shamsul.ui.worklist.uploads import Became, Outcome, take_in

_HELP = (
    "DICOM (CR, DX), PNG or JPEG, also in ZIP archives. Names, dates and all other identifying "
    "attributes are dropped while a file is read; only its pixels are kept."
)
_COLUMNS = ("File", "Case", "What became of it", "Why")


def uploaders() -> None:
    """Take in what is uploaded, by files or by the folder."""
    turn = st.session_state.setdefault("upload_round", 0)
    files, folder = st.columns(2)
    most = settings().max_upload_mb
    uploaded = files.file_uploader(
        "Upload radiographs",
        accept_multiple_files=True,
        key=f"uploads-{turn}",
        max_upload_size=most,
        help=_HELP,
    ) or folder.file_uploader(
        "Upload a folder",
        accept_multiple_files="directory",
        key=f"folder-{turn}",
        max_upload_size=most,
        help=f"With all folders in it. {_HELP}",
    )
    if not uploaded:
        return
    shown = st.progress(0.0, text="Reading …")

    def progress(done: int, of: int) -> None:
        shown.progress(done / max(1, of), text=f"{done} of {of} files read")

    st.session_state["uploaded"] = take_in(
        (Given(file.name, file.getvalue) for file in uploaded),
        study=session.UPLOADS,
        store=session.store(),
        archive=session.archive(),
        thumbnails=session.thumbnails(),
        max_bytes=most * 2**20,
        progress=progress,
    )
    # A new key empties the widget, and with it the server's memory of the original files.
    st.session_state["upload_round"] = turn + 1
    st.session_state["study"] = session.UPLOADS
    st.session_state["just_uploaded"] = True
    st.rerun()


def outcomes() -> None:
    """Say what became of the files uploaded last, until that is put away or the list is left."""
    came: Sequence[Outcome] = st.session_state.get("uploaded", ())
    if not came:
        return
    number = {kind: sum(one.became is kind for one in came) for kind in Became}
    with st.container(border=True):
        if number[Became.ADDED]:
            added = counted(number[Became.ADDED], "radiograph")
            st.success(f"{added} added without identifying attributes.")
        if number[Became.KNOWN]:
            files = counted(number[Became.KNOWN], "file")
            st.info(f"{files} here already: nothing was added for that.")
        if number[Became.REFUSED]:
            files = counted(number[Became.REFUSED], "file")
            st.error(f"{files} not added; the table says why.")
        rows = [_row(one) for one in came]
        st.dataframe(
            pd.DataFrame(rows, columns=list(_COLUMNS)),
            hide_index=True,
            width="stretch",
            height=min(280, 38 + 35 * len(rows)),
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.download_button(
                "Save this table (CSV)",
                data=lambda: _csv(rows),
                file_name="files-and-cases.csv",
                mime="text/csv",
                on_click="ignore",
                icon=":material/download:",
            )
            st.button("Put away", on_click=_forget)
            st.caption(
                "Only this table knows which file became which case: file names may name patients, "
                "and are not kept."
            )


def _row(one: Outcome) -> tuple[str, str, str, str]:
    return one.file, one.case.name if one.case else "", one.became.value, one.reason


def _csv(rows: Sequence[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([as_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _forget() -> None:
    st.session_state.pop("uploaded", None)
