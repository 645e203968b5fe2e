"""Parts of the worklist page."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from shamsul.radiographs import ArchiveError
from shamsul.reading.design.study import Case, CaseProgress, Study
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import counted, plain
from shamsul.ui.worklist.uploads import Outcome

#: Cases side by side.
COLUMNS = 5
#: Rows and columns of a thumbnail's square.
THUMBNAIL = 256


@st.cache_data(show_spinner=False, max_entries=512)
def _thumbnail(sha256: str) -> NDArray[np.uint8]:
    """The radiograph in a black square, so that cards are of one height."""
    radiograph = session.archive().get(sha256)
    (rows, columns), aspect = radiograph.shape, radiograph.pixel_aspect
    scale = min(1.0, THUMBNAIL / max(rows * aspect, columns))
    size = max(1, round(columns * scale)), max(1, round(rows * aspect * scale))
    picture = Image.fromarray(np.rint(radiograph.pixels * 255).astype(np.uint8))
    picture = picture.resize(size, Image.Resampling.BOX)
    square = np.zeros((THUMBNAIL, THUMBNAIL), np.uint8)
    top, left = (THUMBNAIL - picture.height) // 2, (THUMBNAIL - picture.width) // 2
    square[top : top + picture.height, left : left + picture.width] = np.asarray(picture)
    return square


def _show_thumbnail(case: Case) -> None:
    try:
        picture = _thumbnail(case.image_sha256)
    except ArchiveError as error:
        st.error(plain(str(error)))
    else:
        # Decorative: the button below has the case's name.
        st.image(picture, width="stretch", alt="")


def upload_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Say what became of the files uploaded last."""
    added = sum(outcome.made for outcome in outcomes)
    if added:
        st.success(f"{counted(added, 'radiograph')} added without identifying attributes.")
    if again := [one for one in outcomes if one.case is not None and not one.made]:
        names = ", ".join(dict.fromkeys(one.case.name for one in again if one.case is not None))
        files = f"{counted(len(again), 'file')} {'was' if len(again) == 1 else 'were'}"
        st.info(f"{files} here already, as {names}: nothing was added for that.")
    for outcome in outcomes:
        if outcome.case is None:
            st.error(f"{plain(outcome.file)}: {plain(outcome.reason)}")


def model_choice(study: Study, usable: Sequence[str]) -> None:
    """Let the reader choose which model a study is read with."""
    index = usable.index(study.model) if study.model in usable else None
    chosen = st.selectbox("Model", usable, index=index, key=f"model-{study.name}")
    if chosen and chosen != study.model:
        session.store().set_model(study.name, chosen)
        st.rerun()


def case_grid(cases: Sequence[Case], progress: Mapping[int, CaseProgress]) -> None:
    """Cards of the cases: thumbnail, pseudonym, rating progress and a button to open it."""
    for start in range(0, len(cases), COLUMNS):
        for column, case in zip(st.columns(COLUMNS), cases[start : start + COLUMNS], strict=False):
            with column, st.container(border=True):
                _show_thumbnail(case)
                state = progress.get(case.id)
                if state is None or not state.answered:
                    text, share = "not rated yet", 0.0
                else:
                    share = min(1.0, state.answered / state.expected)
                    text = f"{state.answered} of {state.expected} answers"
                st.progress(share, text=text)
                st.button(
                    plain(case.name),
                    key=f"open-{case.id}",
                    icon=":material/radiology:",
                    width="stretch",
                    help=f"Open {plain(case.name)}",
                    on_click=_open,
                    args=(case.id,),
                )


def _open(case_id: int) -> None:
    st.session_state["opened"] = case_id


def open_case() -> None:
    """Go to the case whose button was clicked."""
    if (case_id := st.session_state.pop("opened", None)) is not None:
        st.session_state.pop("uploaded", None)
        st.switch_page("pages/review.py", query_params={"case": str(case_id)})
