"""The part of the review page that says how far the maps of a label agree."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from shamsul.computing.jobs import Job
from shamsul.explainers.heatmap import Heatmap
from shamsul.metrics import agreement
from shamsul.reporting.pictures import two_decimals
from shamsul.settings import HOME
from shamsul.ui.review import charts
from shamsul.ui.review.conclusion import conclusion
from shamsul.ui.shared import maps
from shamsul.ui.shared.wording import plain


@dataclass(frozen=True)
class Measure:
    """A number for two maps.

    Attributes
    ----------
    title : str
    agreement : callable
    meaning : str
        What the number says, in a sentence.
    """

    title: str
    agreement: agreement.Agreement
    meaning: str


MEASURES = (
    Measure(
        "Rank correlation (Spearman)",
        agreement.spearman,
        "Whether the maps put all pixels in the same order, from what speaks against the label to "
        "what speaks for it: 1 the same order, 0 unrelated, −1 reversed.",
    ),
    Measure(
        "Structural similarity (SSIM)",
        agreement.ssim,
        "Whether the maps look alike place by place when shown positive only: 1 identical, about 0 "
        "unlike. Where both are blank they are alike.",
    ),
    Measure(
        "Overlap of the top 10%",
        agreement.top_overlap,
        "Of the pixels in either map's most relevant tenth, the share that is in both: 1 the same "
        "region, 0 apart, about 0.05 by chance.",
    ),
)
#: Which of them the conclusion is from.
OVERLAP = 2
#: Numbers in the page's own colour: Streamlit's grey is too pale on coloured cells.
STYLE = "<style>.st-key-compare svg text { fill: currentcolor !important; }</style>"
#: Of the window's height; frame.css has it too.
SHARE = 0.4


def comparison(asked: Mapping[str, Job], labels: Sequence[str]) -> None:
    """Pairwise agreement of the maps of each label, and what it says.

    Parameters
    ----------
    asked : mapping of str to Job
        By method name, in the order of panels.
    labels : sequence of str
        Labels shown.
    """
    st.html(STYLE)
    with st.container(key="compare"):
        _draw([job for job in asked.values() if job.maps], labels)


def _draw(there: Sequence[Job], labels: Sequence[str]) -> None:
    """The numbers' meanings, then the charts of each label below them."""
    if len(there) < 2:
        st.markdown("There is nothing to compare before the maps of two methods are there.")
        return
    titles = [job.method.title for job in there]
    with st.popover("When methods disagree", icon=":material/help:", type="tertiary"):
        text = (HOME / "docs" / "disagreement.md").read_text(encoding="utf-8")
        st.markdown(re.sub(r"^#+ ", "##### ", text, flags=re.M))
    for label in labels:
        st.markdown(f"**{plain(label)}**")
        heatmaps = [found for job in there if (found := maps.heatmap(job, label))]
        matrices = _matrices(tuple(heatmap.sha256 for heatmap in heatmaps), heatmaps)
        st.markdown(conclusion(titles, matrices[OVERLAP]))
        for place, measure, matrix in zip(st.columns(3), MEASURES, matrices, strict=True):
            place.markdown(f"**{measure.title}**", help=measure.meaning)
            place.plotly_chart(
                charts.agreement(titles, matrix),
                config={"displayModeBar": False},
                key=f"agreement-{label}-{measure.title}",
                alt=f"{measure.title} for {label}: {_in_words(titles, matrix)}",
            )
    st.caption(
        "Agreement of each two maps. Maps that agree may still be wrong together; a dash means "
        "that there is no number, since a map is constant or nowhere positive."
    )


def _in_words(titles: Sequence[str], matrix: NDArray[np.float64]) -> str:
    """Each pair's number, for those who do not see the chart."""
    return "; ".join(
        f"{titles[i]} and {titles[j]} {two_decimals(matrix[i, j])}"
        for i, j in itertools.combinations(range(len(titles)), 2)
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _matrices(
    sha256s: tuple[str, ...], _heatmaps: Sequence[Heatmap]
) -> tuple[NDArray[np.float64], ...]:
    values = [heatmap.values for heatmap in _heatmaps]
    return tuple(agreement.pairwise(values, measure.agreement) for measure in MEASURES)
