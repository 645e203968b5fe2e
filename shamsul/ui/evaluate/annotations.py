"""The view "Annotations" of the Evaluate page: what a study's cases have, removal and import."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from functools import partial

import pandas as pd
import streamlit as st

from shamsul.annotations.drawings import DRAWN
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.studies import annotation_files
from shamsul.ui.evaluate import importing
from shamsul.ui.evaluate.selection import NO_CASES
from shamsul.ui.shared import session, sign_in
from shamsul.ui.shared.downloads import for_coordinators
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.wording import counted, plain

#: Session state: what the next run is to do, and of which source.
_TO_DO = "annotations-to-do"


def view(study: Study) -> None:
    """What a study's cases have, with removal, and the import."""
    cases = session.store().cases(study.name)
    to_do, source = st.session_state.pop(_TO_DO, ("", ""))
    if not cases:
        st.info(NO_CASES)
        return
    if to_do == "remove":
        _remove(study, cases, source)
    elif to_do == "ask":
        _ask(study, cases, source)
    # Filled last: an import changes what is there.
    there = st.container()
    st.markdown("##### Import")
    importing.form(study, cases)
    with there:
        _annotated(study, cases)


# ---- What there is -------------------------------------------------------------------------------


def _annotated(study: Study, cases: Sequence[Case]) -> None:
    """A table of the annotations, with a way to a case and a way to remove a source's."""
    archive = session.annotations()
    try:
        rows = [
            {
                "Case": case.name,
                "Finding": one.label,
                "Source": one.source,
                "Author": one.author,
                "Reading": str(one.occasion or ""),
                "Kind": one.kind,
                "Made (UTC)": one.created_at and f"{one.created_at.astimezone(UTC):%Y-%m-%d %H:%M}",
            }
            for case in cases
            for one in archive.describe(case.image_sha256)
        ]
    except ValueError as error:
        st.error(plain(f"What is annotated cannot be shown: {error}."))
        return
    sources = Counter(str(row["Source"]) for row in rows)
    if rows:
        marked = len({row["Case"] for row in rows})
        counts = ", ".join(f"{source} {count}" for source, count in sources.items())
        words, button = st.columns([4, 1], vertical_alignment="center")
        words.markdown(
            f"**{counted(len(rows), 'annotation')}** on {marked} of "
            f"{counted(len(cases), 'case')} :gray[({plain(counts)})]"
        )
        button.download_button(
            "Annotations (JSON)",
            data=for_coordinators(
                partial(
                    annotation_files.exported, cases, archive=session.archive(), annotations=archive
                )
            ),
            file_name=f"{study.name}.annotations.json",
            on_click="ignore",
            width="stretch",
            help="All of them, readers' drawings too, as COCO has it: other programs read it, and "
            "the import below.",
        )
        table = pd.DataFrame(rows).fillna("")
        st.dataframe(table, hide_index=True, height=min(320, 38 + 35 * len(rows)))
    else:
        st.info("No case of this study is annotated yet: import annotations below.")
    left, right = st.columns(2, gap="large")
    with left:
        _way_to_a_case(cases)
    with right:
        _removal(study, [source for source in sources if source != DRAWN])


def _way_to_a_case(cases: Sequence[Case]) -> None:
    """A link to a case on the review page, where it is on it."""
    shown = {case.image_sha256: case.id for case in session.open_cases()}
    # A radiograph may be a case of several studies.
    ids = {case.name: shown[case.image_sha256] for case in cases if case.image_sha256 in shown}
    ids |= {case.name: case.id for case in cases if case.id in shown.values()}
    if not ids:
        st.caption("Cases of planned studies are not on the Review page.")
        return
    select, link = st.columns([1.6, 1], vertical_alignment="bottom")
    name = select.selectbox("Look at a case", list(ids), key="annotated-case")
    link.page_link(
        "pages/review.py",
        label="Open case",
        icon=":material/radiology:",
        query_params={"case": str(ids[name])},
        width="stretch",
    )


def _removal(study: Study, sources: Sequence[str]) -> None:
    if not sources:
        return
    select, button = st.columns([1.6, 1], vertical_alignment="bottom")
    source = select.selectbox(
        "Remove the annotations of",
        sources,
        key=f"removed-source-{study.name}",
        help="Not what readers have drawn in the viewer: they take it back there themselves.",
    )
    button.button(
        "Remove …",
        icon=":material/delete:",
        width="stretch",
        on_click=st.session_state.update,
        args=({_TO_DO: ("ask", source)},),
    )


@st.dialog("Remove annotations?")
def _ask(study: Study, cases: Sequence[Case], source: str) -> None:
    """Ask, and have the page remove a source's annotations."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        if _TO_DO in st.session_state:
            st.rerun()
        archive = session.annotations()
        own = {
            case.image_sha256: count
            for case in cases
            if (count := sum(one.source == source for one in archive.describe(case.image_sha256)))
        }
        st.write(
            plain(
                f"{counted(sum(own.values()), 'annotation')} of {source} on "
                f"{counted(len(own), 'case')} of {study.title} will be removed; those of other "
                "sources stay. It cannot be undone."
            )
        )
        others = [
            other.title
            for other in session.store().studies()
            if other.name != study.name
            and any(case.image_sha256 in own for case in session.store().cases(other.name))
        ]
        if others:
            st.warning(plain(f"The same radiographs lose them in: {', '.join(others)}."))
        st.button(
            "Remove them for good",
            type="primary",
            on_click=st.session_state.update,
            args=({_TO_DO: ("remove", source)},),
        )


def _remove(study: Study, cases: Sequence[Case], source: str) -> None:
    importing.forget()
    try:
        count = annotation_files.remove(cases, source, session.annotations())
    except ValueError as error:
        st.error(plain(f"Not everything was removed: {error}."))
    else:
        st.success(plain(f"{counted(count, 'annotation')} of {source} removed."))
