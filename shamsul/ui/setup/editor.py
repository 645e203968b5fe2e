"""What is done with a study file: it is made into a study, or changes or extends one."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from shamsul.reading.database.transactions import StoreError
from shamsul.reading.design.progress import Assigned
from shamsul.reading.design.study import Study
from shamsul.reading.design.study_file import StudyFile
from shamsul.settings import settings
from shamsul.studies import opening
from shamsul.studies.opening import Made
from shamsul.studies.rehearsal import of_file
from shamsul.studies.taking_in import StudyError
from shamsul.ui.setup import choosing
from shamsul.ui.setup.study_text import TEXT, Checked, add_usual_questions, folder
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import plain

_PRESSED: Final = "setup-pressed"
_CREATE, _UPDATE, _ADD = "Create the study", "Update the study", "Add cases"


def menu(checked: Checked, made: Study | None) -> None:
    """What is done now and then."""
    st.download_button(
        "Download the file",
        data=st.session_state[TEXT],
        file_name="study.toml",
        icon=":material/download:",
        on_click="ignore",
        width="stretch",
    )
    st.button(
        "Add questions",
        icon=":material/quiz:",
        on_click=add_usual_questions,
        disabled="[[question]]" in st.session_state[TEXT],
        help="The usual ones, to change their words; without any in the file they are asked.",
        width="stretch",
    )
    if made is not None and made.closed_at is None and checked.file is not None:
        _button(
            st.container(),
            _ADD,
            help="Those that the file names and the study does not have, after all that each "
            "reader has.",
        )


def rehearsal(file: StudyFile) -> tuple[Assigned, ...]:
    """What a reader of the study would be given, as long as it is not made; why not is said."""
    try:
        return of_file(
            file,
            store=session.store(),
            archive=session.archive(),
            annotations=session.annotations(),
            load=cache(session.classifier),
        )
    except StudyError as error:
        st.error(plain(str(error)))
        return ()


def act(checked: Checked, made: Study | None) -> None:
    """The faults of the file, or what it can be made into."""
    if checked.faults:
        st.error("\n".join(f"- {plain(str(fault))}" for fault in checked.faults))
    file = checked.file
    if file is None:
        return
    if made is None:
        st.success("The file is in order.")
        _button(st.container(), _CREATE, primary=True)
    elif made.closed_at is not None:
        st.info(f"{plain(made.title)} is closed; reopened, it can be changed.")
    else:
        st.caption(
            "Title, description, questions and models beside the study's own may change, readers "
            "be added at the end of the list, and cases be added. Model, methods, findings and "
            "design stay as they are."
        )
        _button(st.container(), _UPDATE, primary=True)
    match str(st.session_state.pop(_PRESSED, "")):
        case "Create the study":
            _done(file, lambda: _taking_in(file, opening.create), "made")
        case "Add cases":
            _done(file, lambda: _taking_in(file, opening.extend), "extended")
        case "Update the study":
            _done(file, lambda: opening.update(file, session.store()), "updated")


def made_of(checked: Checked, planned: Mapping[str, Study]) -> Study | None:
    """The study that there is of the file's name."""
    return None if checked.file is None else planned.get(checked.file.study.name)


def _button(
    place: DeltaGenerator, label: str, *, primary: bool = False, help: str | None = None
) -> None:
    """A button whose press is dealt with by :func:`act`, in whatever run comes next."""
    place.button(
        label,
        type="primary" if primary else "secondary",
        width="stretch",
        on_click=st.session_state.update,
        args=({_PRESSED: label},),
        help=help,
    )


def _done(file: StudyFile, work: Callable[[], Made], what: str) -> None:
    """Do it and follow the study from then on, or say why it cannot be done."""
    try:
        made = work()
    except (StudyError, StoreError) as error:
        st.error(plain(str(error)))
        return
    choosing.go_on_with(
        made.study.name,
        f"{made.study.title} {what}: {made.cases} cases, {made.readings} readings.",
        tuple(f"{name} was left out: {reason}." for name, reason in made.left_out),
    )


def _taking_in(file: StudyFile, make: Callable[..., Made]) -> Made:
    """Take the file's cases in, with a progress bar."""
    bar = st.progress(0.0, text="Taking the cases in …")

    def progress(done: int, planned: int) -> None:
        bar.progress(done / max(planned, 1), text="Taking the cases in …")

    try:
        made: Made = make(
            file,
            folder(),
            store=session.store(),
            archive=session.archive(),
            annotations=session.annotations(),
            load=cache(session.classifier),
            max_bytes=settings().max_upload_mb * 2**20,
            allowed=settings().study_folders,
            progress=progress,
        )
    finally:
        bar.empty()
    return made
