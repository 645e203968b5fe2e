"""Parts of the results page: how far readers are, what they said, and files of both."""

import hashlib
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from shamsul.analysis.page import SECTIONS
from shamsul.explainers.registry import METHODS
from shamsul.reading.design.study import Study
from shamsul.reading.exports import ratings
from shamsul.reading.exports.transfer import dump
from shamsul.ui.shared import session
from shamsul.ui.shared.downloads import offer, zipped

#: Bootstrap replicates, and their seed.
REPLICATES = 1000
SEED = 0


def progress(study: Study) -> None:
    """Each reader's readings, finished and to come, and the time they take."""
    rows = [
        {
            "Reader": one.reader,
            "Session": one.session,
            "Finished": f"{one.finished} of {one.readings}",
            "Done": one.finished / one.readings,
            "Active minutes": round(one.active_seconds / 60, 1),
            "Minutes left": None if one.seconds_left is None else round(one.seconds_left / 60),
            "Last finished": one.last,
        }
        for one in session.readings().progress(study)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="",
        column_config={
            "Done": st.column_config.ProgressColumn(format="percent"),
            "Last finished": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
    )


def fingerprint(study: Study) -> str:
    """What the results depend on: another text wherever an answer is another one."""
    answers = session.store().export_rows(study.name)
    about = session.about_readers().all(study.name)
    # All of them, not the latest moment: a clock may have been set back.
    kept = [(one.revision, one.changed_at.isoformat()) for one in answers]
    kept += [(one.revision, one.changed_at.isoformat()) for one in about]
    digest = hashlib.sha256(repr(kept).encode()).hexdigest()
    return f"{study.name} {study.created_at.isoformat()} {digest}"


@st.cache_data(show_spinner="Computing the statistics …", max_entries=8)
def results(study: str, fingerprint: str) -> tuple[Mapping[str, pd.DataFrame], Mapping[str, bytes]]:
    """The analysis of a study: its tables, and its files by name."""
    # Imported here: statistics and figures take seconds, which other pages do not need.
    from shamsul.analysis.figures import draw
    from shamsul.analysis.from_store import analyse_stored
    from shamsul.analysis.report import files
    from shamsul.analysis.steps import truth_table
    from shamsul.studies.localisation import located
    from shamsul.studies.reference import reference_standard

    store = session.store()
    truth = reference_standard(store, session.annotations(), study)
    analysis = analyse_stored(
        store,
        study,
        {name: method.title for name, method in METHODS.items()},
        localisation=located(session.desk(), store, study),
        truth=truth_table(truth),
        replicates=REPLICATES,
        seed=SEED,
    )
    made = files(analysis, draw(analysis))
    if truth:
        made["truth.csv"] = ratings.export_truth(truth)
    return analysis.tables, made


def sections(tables: Mapping[str, pd.DataFrame], files: Mapping[str, bytes]) -> None:
    """The figures and tables of the report."""
    for section in SECTIONS:
        drawn = [name for name in section.pictures if f"{name}.svg" in files]
        filled = {name: title for name, title in section.tables.items() if len(tables[name])}
        if not drawn and not filled:
            continue
        st.markdown(f"##### {section.title}")
        for name in drawn:
            # On white in the dark theme too: it is what will be published.
            st.image(files[f"{name}.png"], width=900)
        for name, title in filled.items():
            with st.expander(title, expanded=not drawn):
                st.dataframe(tables[name], hide_index=True, placeholder="")


def downloads(study: Study, files: Mapping[str, bytes]) -> None:
    """Buttons for the report, everything as one archive, and the answers in other layouts."""
    store = session.store()
    scales = [item.id for item in study.questionnaire.items]
    offered = {
        "Report (HTML)": ("report.html", lambda: files["report.html"]),
        "All tables and figures (ZIP)": ("analysis.zip", lambda: zipped(files)),
        "Ratings (CSV)": ("csv", lambda: ratings.export_ratings(store, study.name).ratings),
        "Ratings, wide (CSV)": ("wide.csv", lambda: ratings.wide(store, study.name)),
        "Everything (JSON)": ("json", lambda: dump(store, study.name).encode()),
    }
    if scales:
        offered["iMRMC (CSV)"] = (
            "imrmc.csv",
            lambda: ratings.imrmc(store, study.name, scales[0]),
        )
    offer(study, offered)
