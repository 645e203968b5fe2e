"""Study set-up: a study file by form or by hand, made into a study that is then followed."""

import streamlit as st

from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Study
from shamsul.ui.reading import preview, rehearsal
from shamsul.ui.setup import choosing, editor, form, links, running, sample_size, study_text
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.damaged import tell_coordinator
from shamsul.ui.shared.wording import plain


def page() -> None:
    """A study that is chosen, or a new one."""
    planned = {study.name: study for study in session.store().studies() if study.plan is not None}
    top = st.columns([3, 2, 1], vertical_alignment="bottom")
    with top[0]:
        study = choosing.study(planned)
    with top[1]:
        follows = study is not None and choosing.follows()
    menu = top[2].popover(
        "More",
        icon=":material/more_vert:",
        width="stretch",
    )
    choosing.told()
    with menu:
        preview_here = st.container()
    if study is not None and follows:
        follow(study)
        with menu:
            running.menu(study)
        if study.plan and study.plan.readers and choosing.wants_preview(preview_here):
            rehearsal.begin(study, running.rehearsal(study))
            st.rerun()
        return
    checked = study_text.check()
    made = editor.made_of(checked, planned)
    left, right = st.columns([1.3, 1])
    with right:
        st.text_area("Study file (TOML)", key=study_text.TEXT, height=430)
        editor.act(checked, made)
    with left:  # second: what the model says of many pictures takes a while
        form.form(checked, made)
    with menu:
        editor.menu(checked, made)
    file = checked.file if made is None else None
    wanted = file is not None and choosing.wants_preview(preview_here)
    if file is not None and wanted and (given := editor.rehearsal(file)):
        rehearsal.begin(file.study, given)
        st.rerun()
    sample_size.panel()


def follow(study: Study) -> None:
    """A study that was made."""
    st.markdown(f"**{plain(study.title)}** :gray[{running.state(study)}]")
    if study.closed_at is None:
        running.maps(study)
        links.panel(study)
    else:
        running.review(study)
    running.readers(study)


sign_in.require(Role.COORDINATOR)
tell_coordinator(session.store().damaged())
if (tried := rehearsal.current()) is not None:
    preview.show(tried)
    session.warm_up()
else:
    page()
