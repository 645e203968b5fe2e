"""The view "Shortcuts" of the Evaluate page: what maps lie on that no person would decide by."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.classifiers.prediction import NO_FINDING
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.heatmap import Heatmap
from shamsul.reading.design.study import Case, Study
from shamsul.reporting.files import csv
from shamsul.reporting.overlay import overlay, png
from shamsul.shortcuts.clusters import ALARM, ENOUGH, SMALLEST, Cluster, Part
from shamsul.shortcuts.regions import Known
from shamsul.studies import localisation as maps_of_studies
from shamsul.studies.flagged import keep_flags
from shamsul.studies.panels import Source
from shamsul.studies.shortcuts import (
    Clustered,
    LookedMap,
    clustered,
    flags,
    look_at_maps,
    shares_of,
)
from shamsul.ui.evaluate import selection, shortcut_charts
from shamsul.ui.shared import session
from shamsul.ui.shared.address import on_the_way
from shamsul.ui.shared.downloads import offer
from shamsul.ui.shared.pictures import CONFIG
from shamsul.ui.shared.wording import counted, plain

#: Pixels of the longer side of a typical case's picture.
PICTURED = 260
#: Cases of a cluster that have a link each.
LINKED = 60
#: What maps may be compared by.
PARTS = {
    Part.OUTSIDE: "What lies outside of the chest",
    Part.WHOLE: "Whole maps",
}
#: How regions are known, in words.
KNOWN = {
    Known.ANNOTATION: "marked by somebody",
    Known.PHANTOM: "exact, of a phantom",
    Known.LUNG_FIELD: "the mean lung field of 200 synthetic patients, which knows nothing of the "
    "radiograph but its frame and assumes a frontal view of the whole chest",
}
#: Columns of the table of shares.
SHOWN = {
    "method": "Method",
    "region": "Region",
    "positive": "Positive relevance",
    "low": "95% from",
    "high": "95% to",
    "absolute": "All relevance",
    "absolute_low": "from",
    "absolute_high": "to",
    "area": "Of the picture",
    "cases": "Maps",
    "left_out": "Undefined",
    "known": "Known from",
}
PERCENT = ("positive", "low", "high", "absolute", "absolute_low", "absolute_high", "area")


@dataclass(frozen=True)
class Choice:
    """What is looked at.

    Attributes
    ----------
    study : Study
    sources : tuple of Source
        Maps of all cases, case by case.
    part : Part
        What maps are compared by.
    """

    study: Study
    sources: tuple[Source, ...]
    part: Part


def choice() -> Choice | None:
    """Let a coordinator choose; None where the study's model cannot be used, which is told."""
    left, right = st.columns([3, 2])
    with left:
        study = selection.study()
    with right.popover("What is compared", icon=":material/tune:", width="stretch"):
        methods = selection.compared(study)
        part = st.selectbox(
            "Maps are compared by",
            list(PARTS),
            format_func=PARTS.__getitem__,
            key="shortcut-part",
            help="Findings are now here, now there: whole maps fall into clusters of places. What "
            "lies outside of the chest tells tags, markers and borders apart.",
        )
    try:
        cases = session.store().cases(study.name)
        wanted = maps_of_studies.to_compare(study, cases, methods)
    except ModelError as error:
        st.error(plain(f"The study's model cannot be used: {error}"))
        return None
    return Choice(study, tuple(wanted), part)


def view(chosen: Choice) -> None:
    """Shares of relevance and clusters of the maps that are there."""
    if not session.store().cases(chosen.study.name):
        st.info(selection.NO_CASES)
        return
    if not chosen.sources:
        st.info("Choose a method or a baseline under *What is compared*.")
        return
    selection.computing(chosen.study, chosen.sources)
    stamp, looked = _looked(chosen)
    if not looked:
        st.info("No map has been computed yet.")
        return
    label, method = _about(looked)
    table = _shares(stamp, looked)
    offer(
        chosen.study,
        {"Shares of relevance (CSV)": ("shares.csv", lambda: csv(table))},
    )
    _show_shares(table[table["label"] == label])
    made = _clustered(stamp, label, method, chosen.part.value, looked)
    if chosen.part is Part.OUTSIDE:
        model = Manifest.read(registry.folder_of(chosen.study.model)).fingerprint
        keep_flags(session.desk().scores, chosen.study, model, (label, method), flags(made))
    _show_clusters(chosen, made)


def _looked(chosen: Choice) -> tuple[tuple[object, ...], Sequence[LookedMap]]:
    """Where the relevance of every map that is there lies, and a text that is another one if any
    map or annotation is; with a bar meanwhile."""
    desk = session.desk()
    there = [one for one in chosen.sources if one in desk]
    images = dict.fromkeys(one.key.image_sha256 for one in there)
    marked = (each.digest for one in images for each in desk.annotations.describe(one))
    made = ((one.key.digest, desk.maps.changed(one.key)) for one in there)
    stamp = (*made, *marked)
    known = st.session_state.get("looked-maps")
    if known is not None and known[0] == stamp:
        kept: Sequence[LookedMap] = known[1]
        return stamp, kept
    found: list[LookedMap] = []
    with st.empty():
        for done, group in enumerate(look_at_maps(desk, there), 1):
            found += group
            if done % max(1, len(there) // 100) == 0:
                st.progress(done / len(there), text=f"Looking at maps: {done} of {len(there)}")
        st.write("")
    st.session_state["looked-maps"] = stamp, found
    return stamp, found


def _about(looked: Sequence[LookedMap]) -> tuple[str, str]:
    """Let a coordinator choose a label, and the method whose maps are compared."""
    # The absence of findings last: it is seldom what one asks for.
    labels = sorted({one.label for one in looked}, key=lambda one: (one == NO_FINDING, one))
    methods = list(dict.fromkeys(one.method for one in looked))
    left, right = st.columns(2)
    label = left.selectbox("Label", labels, key="shortcut-label")
    method = right.selectbox(
        "Method whose maps are compared",
        methods,
        format_func=lambda name: EXPLAINERS[name].title,
        key="shortcut-method",
    )
    return label, method


@st.cache_resource(show_spinner="Computing the statistics …", max_entries=8)
def _shares(stamp: tuple[object, ...], _looked: Sequence[LookedMap]) -> pd.DataFrame:
    return shares_of(_looked)


@st.cache_resource(show_spinner="Comparing maps …", max_entries=32)
def _clustered(
    stamp: tuple[object, ...], label: str, method: str, part: str, _looked: Sequence[LookedMap]
) -> Clustered:
    return clustered(_looked, label, method, Part(part))


# ---- Shares --------------------------------------------------------------------------------------


def _show_shares(table: pd.DataFrame) -> None:
    st.markdown("##### Where the relevance lies")
    known = [one for one in Known if table["known"].str.contains(one.value).any()]
    words = "; ".join(f"“{one.value}” is {KNOWN[one]}" for one in known)
    st.caption(
        plain(
            "Mean shares of each map's positive relevance, with percentile intervals over cases "
            "(95 %). Regions may overlap; the chest is what is known of lungs, heart and "
            f"mediastinum, generously, and where the label is annotated. Of the regions {words}."
        )
    )
    st.plotly_chart(
        shortcut_charts.shares(table),
        config=CONFIG,
        key="shortcut-shares",
        alt="Shares of positive relevance by region and method; the table has them.",
    )
    shown = table[list(SHOWN)].copy()
    shown[list(PERCENT)] *= 100
    shown["method"] = [EXPLAINERS[one].title for one in shown["method"]]
    with st.expander("Table"):
        st.dataframe(
            shown.rename(columns=SHOWN),
            hide_index=True,
            placeholder="",
            column_config={
                SHOWN[one]: st.column_config.NumberColumn(format="%.1f %%") for one in PERCENT
            },
        )


# ---- Clusters ------------------------------------------------------------------------------------


def _show_clusters(chosen: Choice, made: Clustered) -> None:
    st.markdown("##### Maps that are alike")
    count = counted(len(made.maps), "case")
    if not made.clusters:
        st.info(
            f"Clusters need {ENOUGH} maps with positive relevance; this label has "
            f"{counted(len(made.maps), 'map')}."
        )
        return
    where = f"{count} in which the model finds it" if made.found else f"all {count}"
    st.caption(
        plain(
            f"Maps of {made.label} in {where}, compared by "
            f"{PARTS[chosen.part][0].lower()}{PARTS[chosen.part][1:]} (SpRAy, Lapuschkin et al. "
            "2019). A cluster is flagged if its maps have, in one spot outside of the chest, "
            f"{ALARM:.0%} of their relevance more than those of another cluster. A flag is a "
            "reason to look, not a verdict; a shortcut inside of the chest raises none."
        )
    )
    for number, one in enumerate(made.clusters, 1):
        _show_cluster(chosen, made, number, one)
    _show_cases(made)


def _show_cluster(chosen: Choice, made: Clustered, number: int, one: Cluster) -> None:
    members = [made.maps[n].case for n in one.members]
    with st.container(border=True, key=f"cluster-{number}"):
        title = f"**Cluster {number}** · {counted(len(members), 'case')}"
        st.markdown(f"{title} · {100 * one.outside:.0f} % outside of the chest")
        if one.suspicion is None:
            st.caption(f"Of fewer than {SMALLEST} cases nothing is said.")
        elif one.alarms:
            st.warning(plain(one.suspicion.reason), icon=":material/flag:")
        columns = st.columns(1 + len(one.typical))
        columns[0].image(
            png(shortcut_charts.picture(one.mean)),
            caption="Mean map",
            alt=f"Mean map of cluster {number}",
        )
        for column, n in zip(columns[1:], one.typical, strict=True):
            with column:
                _typical(chosen, made.maps[n])
        with st.expander("Its cases"), st.container(horizontal=True):
            for case in members[:LINKED]:
                _link(case)
            if len(members) > LINKED:
                st.caption(f"and {len(members) - LINKED} more; all are in the table below.")


def _typical(chosen: Choice, looked: LookedMap) -> None:
    """The picture of a map over its radiograph, and the way to its case."""
    for source in chosen.sources:
        if (source.case.id, source.method.name) == (looked.case.id, looked.method):
            kept = session.desk().kept(source)
            heatmap = next((one for one in kept if one.label == looked.label), None)
            if heatmap is not None:
                st.image(
                    _picture(heatmap.sha256, source.key.image_sha256, heatmap),
                    alt=f"Map of {looked.label} over {looked.case.name}",
                )
    _link(looked.case)


@st.cache_data(max_entries=256, show_spinner=False)
def _picture(sha256: str, image_sha256: str, _heatmap: Heatmap) -> bytes:
    picture = Image.fromarray(overlay(session.radiograph(image_sha256), _heatmap))
    picture.thumbnail((PICTURED, PICTURED))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def _link(case: Case) -> None:
    """The way to a case on the Review page; its name where it is not on it."""
    if session.open_case(case.id) is None:
        st.caption(plain(case.name))
        return
    st.page_link(
        "pages/review.py",
        label=plain(case.name),
        icon=":material/radiology:",
        query_params=on_the_way(case=str(case.id)),
    )


def _show_cases(made: Clustered) -> None:
    """All compared cases with their cluster; why one is flagged."""
    of = {n: number for number, one in enumerate(made.clusters, 1) for n in one.members}
    reasons = {one.case: one.reason for one in flags(made)}
    there = sorted(of)
    st.dataframe(
        shortcut_charts.case_table(
            [made.maps[n].case.name for n in there],
            [of[n] for n in there],
            [float(np.sum(made.maps[n].small.outside)) for n in there],
            [reasons.get(made.maps[n].case.name, "") for n in there],
        ),
        hide_index=True,
        placeholder="",
        column_config={"Outside the chest": st.column_config.NumberColumn(format="%.0f %%")},
    )
