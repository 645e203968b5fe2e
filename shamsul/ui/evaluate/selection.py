"""Parts of the Evaluate page: maps beside expert annotations."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from shamsul.annotations.annotation import of_findings
from shamsul.annotations.drawings import DRAWN
from shamsul.computing.jobs import Job
from shamsul.explainers.baselines import BASELINES, EXPLAINERS
from shamsul.explainers.registry import USUAL
from shamsul.localisation.protocol import Rules
from shamsul.metrics.thresholds import parse
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.settings import HOME
from shamsul.studies import localisation
from shamsul.studies.gaze import with_gaze
from shamsul.studies.localisation import MapScore
from shamsul.studies.panels import Source
from shamsul.ui.shared import choosing, session, sign_in
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.refusals import possible_in
from shamsul.ui.shared.wording import counted, plain

VIEWS = (
    "Cases",
    "Study",
    "Gaze",
    "Faithfulness",
    "Shortcuts",
    "Annotations",
    "Phantom benchmark",
)
CASES, STUDY, GAZE, FAITHFULNESS, SHORTCUTS, ANNOTATIONS, PHANTOMS = VIEWS
#: Said of a study without cases.
NO_CASES = (
    "This study has no cases yet. Radiographs are uploaded on the Worklist; planned studies get "
    "their cases on the Study set-up page."
)
#: Thresholds that are offered, as the command line has them.
THRESHOLDS = ("otsu", *(f"0.{tenth}" for tenth in range(1, 10)), "top5%", "top10%", "top20%")
#: Maps waiting to be computed at a time.
AT_ONCE = 8


@dataclass(frozen=True)
class Choice:
    """What is evaluated.

    Attributes
    ----------
    study : Study
    cases : tuple of Case
        Those with annotations.
    sources : tuple of Source
        Their maps, case by case, in the order of the methods.
    threshold : str
        One of `THRESHOLDS`.
    by : tuple of str
        Sources of the annotations that count; none where only readers have drawn and their
        drawings were not chosen.
    marked : tuple of (str, str)
        Which annotations the cases have: the image's SHA-256 and the annotation's digest.
    """

    study: Study
    cases: tuple[Case, ...]
    sources: tuple[Source, ...]
    threshold: str
    by: tuple[str, ...]
    marked: tuple[tuple[str, str], ...]


def views() -> tuple[str, ...]:
    """The views that are offered: that of gaze where the study that is looked at has any.

    Who is in that view and chooses another study stays there, and is told.
    """
    studies = session.store().studies()
    # As the choice has it, or the address before the choice has been drawn.
    asked = st.session_state.get("study")
    titled = st.query_params.get("study")
    looked = next((one for one in studies if asked == one.name), None) or next(
        (one for one in studies if titled == one.title), studies[0] if studies else None
    )
    cases = session.store().cases(looked.name) if looked else ()
    try:
        offered = st.session_state.get("view") == GAZE or with_gaze(session.desk(), cases)
    except ValueError:  # damaged: told where annotations are shown
        offered = False
    if offered:
        return VIEWS
    return tuple(one for one in VIEWS if one != GAZE)


def methods_of(study: Study) -> list[str]:
    """The methods of a study that there are: a damaged one may name others."""
    return [one for one in (study.plan.methods if study.plan else USUAL) if one in EXPLAINERS]


def study() -> Study:
    """Let a coordinator choose a study, the same in all views."""
    return choosing.study("pages/evaluate.py", "collapsed")


def choice() -> Choice | None:
    """Let a coordinator choose; None where no case of the study is annotated."""
    left, right = st.columns([3, 2])
    with left:
        chosen = study()
    archive = session.annotations()
    described = {
        case: of_findings(archive.describe(case.image_sha256))
        for case in session.store().cases(chosen.name)
    }
    cases = tuple(case for case, marks in described.items() if marks)
    if not cases:
        return None
    marked = [(case, one) for case in cases for one in described[case]]
    sources = sorted({one.source for _, one in marked})
    experts = [one for one in sources if one != DRAWN]
    with right.popover("What is compared", icon=":material/tune:", width="stretch"):
        ordered = compared(chosen)
        threshold = st.selectbox(
            "Threshold",
            THRESHOLDS,
            format_func=_threshold_title,
            key="evaluated-threshold",
            help="Where maps are cut. A share is of the map's highest value.",
        )
        by = st.multiselect(
            "Annotations by",
            sources,
            default=experts,
            help="Others are compared with them as people, beside the methods. What readers drew "
            "on the Review page counts only if it is chosen here.",
        )
    wanted = localisation.to_compare(chosen, cases, ordered)
    digests = tuple((case.image_sha256, one.digest) for case, one in marked)
    return Choice(chosen, cases, tuple(wanted), str(threshold), tuple(by or experts), digests)


def compared(study: Study) -> list[str]:
    """Let a coordinator choose methods and baselines; their names in the registry's order."""
    there, others = possible_in(EXPLAINERS, study)
    usual = methods_of(study)
    methods = st.pills(
        "Methods and baselines",
        list(there),
        format_func=lambda name: there[name].title,
        selection_mode="multi",
        default=[one for one in (*usual, *BASELINES) if one in there],
        key=f"evaluated-{study.name}",
        wrap=True,
    )
    if others:
        st.caption(plain(others))
    return [one for one in there if one in methods]


def _threshold_title(threshold: str) -> str:
    if threshold == "otsu":
        return "Otsu"
    return threshold.replace("top", "Top ") if "%" in threshold else f"{float(threshold):.0%}"


def computing(study: Study, sources: Sequence[Source]) -> None:
    """How many maps are there, and a button that has the others computed."""
    desk = session.desk()
    missing = [one for one in sources if one not in desk]
    going = f"evaluating-{study.name}"
    if not missing:
        st.session_state[going] = False
        return

    def start() -> None:
        st.session_state[going] = True
        st.session_state[f"{going}-failed"] = []

    words = f"{len(sources) - len(missing)} of {len(sources)} maps are computed."
    if not st.session_state.get(going, False):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(words, width="stretch")
            st.button("Compute the missing maps", on_click=start)
        for reason, count in Counter(st.session_state.get(f"{going}-failed", [])).items():
            st.error(plain(f"{reason} ({counted(count, 'case')})"))
        return

    @st.fragment(run_every=2.0)
    def compute() -> None:
        """Keep the next maps wanted until all are there or have failed."""
        with error_boundary():
            sign_in.require(Role.COORDINATOR)
            left = [one for one in missing if one not in desk]
            failed: list[str] = []
            stopped: list[Job] = []
            asked = 0
            for one in left:
                job = desk.request(one)
                if job.stopped:
                    stopped.append(job)
                elif reason := desk.failure(job):
                    failed.append(reason)
                else:
                    asked += 1
                if asked == AT_ONCE:
                    break
            there = len(sources) - len(left)
            st.progress(there / len(sources), text=f"{there} of {len(sources)} maps computed")
            desk.retry(stopped)  # once they are wanted again
            if not asked or stopped:
                st.session_state[going] = False
                st.session_state[f"{going}-failed"] = failed
                st.rerun()

    compute()


def map_scores(chosen: Choice) -> list[MapScore]:
    """Every map that is there, scored, and people beside them; with a bar meanwhile."""
    desk = session.desk()
    there = [one for one in chosen.sources if one in desk]
    # Another text wherever a map has come or an annotation is another one.
    stamp = [one.key.digest for one in there], chosen.threshold, chosen.by, chosen.marked
    known = st.session_state.get("scored")
    if known is not None and known[0] == stamp:
        kept: list[MapScore] = known[1]
        return kept
    found: list[MapScore] = []
    groups = localisation.map_scores(
        desk, there, Rules(threshold=parse(chosen.threshold)), by=chosen.by
    )
    with st.empty():
        for done, group in enumerate(groups, 1):
            found += group
            if done % max(1, len(there) // 100) == 0:  # what is kept goes faster than pages do
                st.progress(done / len(there), text=f"Scoring maps: {done} of {len(there)}")
        st.write("")
    if found:
        found += localisation.human_benchmark(desk, chosen.cases, chosen.by)
    st.session_state["scored"] = stamp, found
    return found


def phantoms() -> None:
    """The leaderboard that comes with the app."""
    file = HOME / "docs" / "phantom-benchmark.md"
    if not file.is_file():
        st.info("The leaderboard is made by `shamsul evaluate --phantom 200 --out DIR`.")
        return
    # Its links are to other documents, which the app does not have.
    text = file.read_text(encoding="utf-8")
    with st.container(key="leaderboard"):
        st.markdown(re.sub(r"\[([^]]+)\]\([^)]+\)", r"`\1`", text))
