"""The radiograph that is adjudicated, with its maps side by side, all names seen."""

from collections.abc import Sequence

import streamlit as st

from shamsul.classifiers.manifest import ModelError
from shamsul.computing.jobs import Job
from shamsul.explainers.registry import METHODS
from shamsul.radiographs import ArchiveError
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.design import PanelPlan
from shamsul.reading.design.study import Case, Study
from shamsul.studies.panels import Source, open_sources, source
from shamsul.ui.shared import drawings, maps, notes, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.viewer import pictures, shown, viewer, viewer_progress
from shamsul.ui.shared.wording import plain


def show(study: Study, case: Case, label: str, methods: Sequence[str]) -> None:
    """Draw it; maps that are not there come as they are computed.

    Parameters
    ----------
    study : Study
    case : Case
    label : str
    methods : sequence of str
        Whose maps readers scored.
    """
    try:
        radiograph = session.radiograph(case.image_sha256)
        wanted = _sources(study, case, methods)
        prediction = session.prediction(study, case)
    except ArchiveError as error:
        st.error(plain(str(error)))
        return
    except ModelError as error:
        st.error(plain(f"The study's model cannot be used: {error}"))
        return
    notes.show(radiograph)
    key = f"adjudicate-{case.id}"

    def request() -> dict[str, Job]:
        return maps.request(session.desk(), wanted, [label])

    asked = request()
    settled = maps.settled(asked)
    seen = drawings.seen(case.image_sha256)
    rows = maps.rows(asked, [label], prediction, seen)
    viewer(radiograph, rows, key=key, annotations=seen)
    pictures(radiograph, shown(rows), key=key)

    @st.fragment(run_every=maps.next_look(asked, settled))
    def progress() -> None:
        """While maps are being computed."""
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            now = request()
            viewer_progress(maps.progress(now, [label]), key=key)
            if maps.settled(now) != settled:
                st.rerun()

    progress()


def _sources(study: Study, case: Case, methods: Sequence[str]) -> list[Source]:
    if study.plan is None:
        return open_sources(study, [case], [METHODS[name] for name in methods if name in METHODS])
    cases = session.store().cases(study.name)
    return [source(study, cases, case, PanelPlan(name)) for name in methods]
