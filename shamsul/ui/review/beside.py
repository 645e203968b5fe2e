"""Another case beside the one that is reviewed: a prior film, or one to compare with."""

from collections.abc import Mapping, Sequence

import streamlit as st

from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import Method, Value
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.studies.panels import open_sources
from shamsul.ui.review.strip import BESIDE
from shamsul.ui.shared import drawings, maps, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.viewer import pictures, shown, viewer, viewer_progress
from shamsul.ui.shared.wording import plain


def chosen(case: Case) -> Case | None:
    """The case that is to be shown beside, if it is of the same study and another one."""
    number = st.session_state.get(BESIDE)
    other = None if number in (None, case.id) else session.open_case(number)
    return other if other is not None and other.study == case.study else None


def show(
    study: Study,
    case: Case,
    labels: Sequence[str],
    methods: Sequence[Method],
    parameters: Mapping[str, Mapping[str, Value]],
    target: Target,
) -> None:
    """Draw its film and maps of the same labels, linked to the other's zoom and window.

    Parameters
    ----------
    study : Study
    case : Case
        The one beside.
    labels, methods, parameters, target
        As the maps of the case that is reviewed.
    """
    sources = open_sources(study, [case], methods, parameters=parameters, target=target)
    try:
        radiograph = session.radiograph(case.image_sha256)
    except ArchiveError as error:
        st.error(plain(f"{case.name} cannot be shown: {error}"))
        return
    asked = maps.request(session.desk(), sources)
    settled = maps.settled(asked)
    annotations = drawings.seen(case.image_sha256)
    rows = maps.rows(asked, labels, session.prediction(study, case), annotations)
    key = f"beside-{case.id}"
    viewer(radiograph, rows, key=key, beside=case.name, annotations=annotations)
    pictures(radiograph, shown(rows), key=key)

    @st.fragment(run_every=None if settled == asked.keys() else 1.0)
    def progress() -> None:
        """Every second while maps are still to come."""
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            now = maps.request(session.desk(), sources)
            viewer_progress(maps.progress(now, labels), key=key)
            if maps.settled(now) != settled:
                st.rerun()

    progress()
