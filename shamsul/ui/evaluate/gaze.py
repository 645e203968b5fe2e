"""The view "Gaze" of the Evaluate page: maps beside where readers looked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from shamsul.localisation.gaze import Gazed
from shamsul.localisation.gaze_scores import GazeRules, GazeScore, Prior
from shamsul.reading.design.study import Case, Study
from shamsul.studies import localisation as maps_of_studies
from shamsul.studies.gaze import gaze_scores, gazed, with_gaze
from shamsul.studies.panels import Source
from shamsul.ui.evaluate import selection
from shamsul.ui.evaluate.localisation import REPLICATES, SEED, Made, present
from shamsul.ui.shared import session
from shamsul.ui.shared.wording import plain

#: Of the information gain.
PRIORS = {
    Prior.OTHERS: "Fixations on the other cases",
    Prior.CENTRE: "A Gaussian in the middle",
}


@dataclass(frozen=True)
class Choice:
    """What is compared with gaze.

    Attributes
    ----------
    study : Study
    cases : tuple of Case
        Those with gaze.
    sources : tuple of Source
        Maps of the cases with gaze, case by case.
    rules : GazeRules
    """

    study: Study
    cases: tuple[Case, ...]
    sources: tuple[Source, ...]
    rules: GazeRules


def choice() -> Choice:
    """Let a coordinator choose."""
    left, right = st.columns([3, 2])
    with left:
        study = selection.study()
    with right.popover("What is compared", icon=":material/tune:", width="stretch"):
        methods = selection.compared(study)
        every = st.toggle(
            "All labels",
            key="gaze-labels",
            help="Otherwise maps of the findings that a case is known to have; of a case of which "
            "nothing is known, maps of all labels.",
        )
        lasting = st.toggle(
            "Weigh fixations by their duration",
            key="gaze-durations",
            help="Otherwise all weigh the same, as in the papers.",
        )
        prior = st.selectbox(
            "Prior of the information gain",
            list(PRIORS),
            format_func=PRIORS.__getitem__,
            key="gaze-prior",
        )
    cases = with_gaze(session.desk(), session.store().cases(study.name))
    wanted = maps_of_studies.to_compare(study, cases, methods)
    return Choice(study, cases, tuple(wanted), GazeRules(not every, lasting, prior))


def view(chosen: Choice) -> None:
    """Scores of the maps that are there, as sentences, figures, tables and files."""
    if not chosen.cases:
        st.info(
            "No case of this study has gaze. Files of fixations are imported in the view "
            "Annotations."
        )
        return
    if not chosen.sources:
        st.info("Choose a method or a baseline under *What is compared*.")
        return
    selection.computing(chosen.study, chosen.sources)
    looked = gazed(session.desk(), session.store(), chosen.study.name)
    found = _scores(chosen, looked)
    if not found:
        st.info(
            "No map of a finding in a case with gaze has been computed yet. *All labels* under "
            "*What is compared* takes maps of what the cases do not have, too."
        )
        return
    made = _results(json.dumps([one.to_json() for one in found]), chosen.rules)
    st.caption(plain(_about(found)))
    present(chosen.study, made)


def _scores(chosen: Choice, looked: Mapping[str, Gazed]) -> list[GazeScore]:
    """Scores of every map that is there, with a bar meanwhile; what is kept comes at once."""
    desk = session.desk()
    there = [one for one in chosen.sources if one in desk]
    cases = len({one.case.id for one in there})
    found: list[GazeScore] = []
    with st.empty():
        for done, group in enumerate(gaze_scores(desk, there, looked, chosen.rules), 1):
            found += group
            if done % max(1, cases // 100) == 0:
                st.progress(done / cases, text=f"Scoring maps: {done} of {cases} cases")
        st.write("")
    return found


def _about(found: list[GazeScore]) -> str:
    from shamsul.localisation.gaze_results import frame, labels_in_words, readers_in_words

    table = frame(found)
    return f"Readers: {readers_in_words(table)}. Labels scored: {labels_in_words(table)}."


@st.cache_resource(show_spinner="Computing the statistics …", max_entries=8)
def _results(scores: str, rules: GazeRules) -> Made:
    from shamsul.localisation.gaze_results import collect, summarise
    from shamsul.localisation.gaze_scores import PROTOCOL

    rows = json.loads(scores)
    found = [GazeScore.from_json(row) for row in rows]
    means = summarise(found, replicates=REPLICATES, seed=SEED)
    results = collect(found, means, rules, replicates=REPLICATES, seed=SEED)
    content = {
        "protocol": PROTOCOL,
        "prior": rules.prior.value,
        "by_duration": rules.by_duration,
        "scores": rows,
    }
    return Made.of(results, content)
