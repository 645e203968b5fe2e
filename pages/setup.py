"""Study set-up: a study file by form or by hand, checked as one writes, and made into a study."""

import streamlit as st

from shamsul.reading.accounts import Role
from shamsul.ui import session, setup, sign_in
from shamsul.ui.frame import ensure_frame

ensure_frame()
sign_in.require(Role.COORDINATOR)
planned = [study for study in session.store().studies() if study.plan is not None]
st.session_state.setdefault(setup.TEXT, setup.new())

top = st.columns([1, 2, 2, 1], vertical_alignment="bottom")
top[0].button("New study", on_click=setup.start, args=(setup.new(),), width="stretch")
chosen = top[1].selectbox(
    "Open the file of a study", planned, index=None, format_func=lambda study: study.title
)
if chosen is not None and chosen.plan is not None:
    top[2].button("Open", on_click=setup.start, args=(chosen.plan.source,))

left, right = st.columns([1, 1.3])
with left:
    setup.form()
with right:
    st.text_area("Study file (TOML)", key=setup.TEXT, height=430)
    file = setup.check()
    buttons = st.columns(4)
    buttons[0].download_button(
        "Download",
        data=st.session_state[setup.TEXT],
        file_name="study.toml",
        on_click="ignore",
        width="stretch",
    )
    buttons[1].button(
        "Add questions",
        on_click=setup.add_usual_questions,
        disabled="[[question]]" in st.session_state[setup.TEXT],
        help="The usual ones, to change their words; without any in the file they are asked.",
        width="stretch",
    )
    if file is not None:
        there = next((study for study in planned if study.name == file.study.name), None)
        if there is None:
            st.success("The file is in order.")
            setup.button(buttons[2], "Create the study", primary=True)
        elif there.closed_at is not None:
            st.info(f"{there.title} is closed.")
        else:
            setup.button(buttons[2], "Update the study", primary=True)
            setup.button(buttons[3], "Close the study")
        match setup.pressed():
            case "Create the study":
                setup.create(file)
            case "Update the study":
                setup.update(file)
            case "Close the study" if there is not None:
                setup.close(there)
