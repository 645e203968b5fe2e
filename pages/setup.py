"""Study set-up: a study file by form or by hand, checked as one writes, and made into a study."""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.ui.setup import editor, sample_size
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.damaged import tell_coordinator
from shamsul.ui.shared.wording import plain

sign_in.require(Role.COORDINATOR)
tell_coordinator(session.store().damaged())
planned = [study for study in session.store().studies() if study.plan is not None]
st.session_state.setdefault(editor.TEXT, editor.new())

top = st.columns([1, 2, 2, 1], vertical_alignment="bottom")
top[0].button("New study", on_click=editor.start, args=(editor.new(),), width="stretch")
chosen = top[1].selectbox(
    "Open the file of a study", planned, index=None, format_func=lambda study: study.title
)
if chosen is not None and chosen.plan is not None:
    top[2].button("Open", on_click=editor.start, args=(chosen.plan.source,))

left, right = st.columns([1, 1.3])
with left:
    editor.form()
with right:
    st.text_area("Study file (TOML)", key=editor.TEXT, height=430)
    file = editor.check()
    buttons = st.columns(4)
    buttons[0].download_button(
        "Download",
        data=st.session_state[editor.TEXT],
        file_name="study.toml",
        on_click="ignore",
        width="stretch",
    )
    buttons[1].button(
        "Add questions",
        on_click=editor.add_usual_questions,
        disabled="[[question]]" in st.session_state[editor.TEXT],
        help="The usual ones, to change their words; without any in the file they are asked.",
        width="stretch",
    )
    if file is not None:
        there = next((study for study in planned if study.name == file.study.name), None)
        if there is None:
            st.success("The file is in order.")
            editor.button(buttons[2], "Create the study", primary=True)
        elif there.closed_at is not None:
            st.info(f"{plain(there.title)} is closed.")
        else:
            editor.button(buttons[2], "Update the study", primary=True)
            editor.button(buttons[3], "Close the study")
        match editor.pressed():
            case "Create the study":
                editor.create(file)
            case "Update the study":
                editor.update(file)
            case "Close the study" if there is not None:
                editor.close(there)
            case editor.CLOSE_FOR_GOOD if there is not None:
                editor.close_for_good(there)

sample_size.panel()
