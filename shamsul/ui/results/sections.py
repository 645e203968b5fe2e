"""Parts of the results page: what readers said, and files of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from shamsul.analysis.about import About
from shamsul.analysis.page import ABOUT, LIMITS, SECTIONS, STATISTICS, facts
from shamsul.explainers.registry import METHODS
from shamsul.reading.design.study import Study
from shamsul.reading.exports import ratings
from shamsul.reading.exports.transfer import dump
from shamsul.reporting.page import heading, named, noted
from shamsul.ui.shared import session
from shamsul.ui.shared.downloads import offer, zipped
from shamsul.ui.shared.pictures import Shown, on_page, show
from shamsul.ui.shared.wording import plain

#: Bootstrap replicates, and their seed.
REPLICATES = 1000
SEED = 0
#: What methods and statistics are called in tables.
NAMES = {**{name: method.title for name, method in METHODS.items()}, **STATISTICS}

#: The report's tables of facts in this page's colours, dark or light.
_FACTS = """<style>
.facts { width: 100%; max-width: 70rem; table-layout: fixed; border-collapse: collapse; }
.facts th { width: 14rem; text-align: left; font-weight: 600; }
.facts th, .facts td { padding: .3rem .6rem; vertical-align: top; overflow-wrap: anywhere;
  border: 0; border-bottom: 1px solid rgb(128 128 128 / 25%); }
.facts td { white-space: pre-line; }
.facts td.blank { border-left: 3px solid #e69f00; font-style: italic; }
</style>"""


def fingerprint(study: Study) -> str:
    """What the results depend on: another text wherever an answer is another one.

    So are the study's words, its closing, how far readers are and what was adjudicated, which the
    report tells.
    """
    answers = session.store().export_rows(study.name)
    about = session.about_readers().all(study.name)
    # All of them, not the latest moment: a clock may have been set back.
    kept = [(one.revision, one.changed_at.isoformat()) for one in answers]
    kept += [(one.revision, one.changed_at.isoformat()) for one in about]
    done = [(one.reader, one.finished) for one in session.readings().progress(study)]
    agreed = session.consensuses().of(study.name)
    digest = hashlib.sha256(repr((kept, done, agreed, study)).encode()).hexdigest()
    return f"{study.name} {study.created_at.isoformat()} {digest}"


@dataclass(frozen=True)
class Results:
    """The analysis of a study.

    Attributes
    ----------
    about : About
        What it was.
    tables : mapping of str to DataFrame
    files : mapping of str to bytes
        By name.
    figures : mapping of str to Shown
        By name.
    """

    about: About
    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, bytes]
    figures: Mapping[str, Shown]


# Not copied for each run, which takes a third of a second for the figures: nothing changes them.
@st.cache_resource(show_spinner="Computing the statistics …", max_entries=8)
def results(study: str, fingerprint: str) -> Results:
    """The analysis of a study."""
    # Imported here: statistics and figures take seconds, which other pages do not need.
    from shamsul.analysis.figures import draw
    from shamsul.analysis.from_store import analyse_stored
    from shamsul.analysis.report import files
    from shamsul.analysis.steps import truth_table
    from shamsul.studies.described import describe
    from shamsul.studies.localisation import located
    from shamsul.studies.reference import reference_standard
    from shamsul.ui.results import charts

    store = session.store()
    about, flow = describe(session.desk(), store, study)
    truth = reference_standard(store, session.annotations(), study)
    analysis = analyse_stored(
        store,
        study,
        {name: method.title for name, method in METHODS.items()},
        about=about,
        flow=flow,
        localisation=located(session.desk(), store, study),
        truth=truth_table(truth),
        replicates=REPLICATES,
        seed=SEED,
    )
    drawn = draw(analysis)
    made = files(analysis, drawn)
    if truth:
        made["truth.csv"] = ratings.export_truth(truth)
    if agreed := ratings.export_ratings(store, study).consensus:
        made["consensus.csv"] = agreed
    figures = on_page(drawn, charts.draw(analysis, {one.name for one in drawn}), made)
    return Results(analysis.about, analysis.tables, made, figures)


def what_it_was(about: About) -> None:
    """The facts that the report begins with, blanks marked, and its limits."""
    with st.expander(ABOUT):
        st.html(_FACTS + "".join(facts(about)))
        if about.limits:
            st.markdown(f"##### {LIMITS}")
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in about.limits))


def sections(found: Results) -> None:
    """The figures and tables of the report."""
    tables = found.tables
    for section in SECTIONS:
        drawn = [name for name in section.pictures if name in found.figures]
        filled = {name: title for name, title in section.tables.items() if _says(tables[name])}
        if not drawn and not filled:
            continue
        st.markdown(f"##### {section.title}")
        for name in drawn:
            show(name, found.figures[name])
        for name, title in filled.items():
            with st.expander(title, expanded=not drawn):
                table, notes = noted(named(tables[name], NAMES))
                st.dataframe(table.rename(columns=heading), hide_index=True, placeholder="")
                for number, note in enumerate(notes, 1):
                    st.caption(f"{number}: {note}")


def _says(table: pd.DataFrame) -> bool:
    """Whether a table tells of anything at all."""
    return len(table) > 0 and ("n" not in table or bool(table["n"].any()))


def downloads(study: Study, files: Mapping[str, bytes]) -> None:
    """Buttons for the report, everything as one archive, and the answers in other layouts."""
    store = session.store()
    scales = [item.id for item in study.questionnaire.items]
    offered = {
        "Report (HTML)": ("report.html", lambda: files["report.html"]),
        "Checklist (HTML)": ("checklist.html", lambda: files["checklist.html"]),
        "All files (ZIP)": ("analysis.zip", lambda: zipped(files)),
        "Ratings (CSV)": ("csv", lambda: ratings.export_ratings(store, study.name).ratings),
        "Ratings, wide (CSV)": ("wide.csv", lambda: ratings.wide(store, study.name)),
        "Everything (JSON)": ("json", lambda: dump(store, study.name).encode()),
    }
    if "consensus.csv" in files:
        offered["Consensus (CSV)"] = ("consensus.csv", lambda: files["consensus.csv"])
    if scales:
        offered["iMRMC (CSV)"] = (
            "imrmc.csv",
            lambda: ratings.imrmc(store, study.name, scales[0]),
        )
    offer(study, offered)
