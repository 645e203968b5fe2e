"""Views Cases and Study of the Evaluate page: maps beside annotations, with their scores."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image
from skimage.segmentation import find_boundaries

from shamsul.annotations.annotation import Annotation, union
from shamsul.explainers.baselines import EXPLAINERS
from shamsul.explainers.heatmap import Heatmap
from shamsul.localisation.maps import on_image
from shamsul.localisation.score import Score
from shamsul.metrics.curve import OverlapCurve, overlap_curve
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reading.database.accounts import Role
from shamsul.reading.design.study import Case, Study
from shamsul.reporting.colormaps import display_scale
from shamsul.reporting.overlay import overlay
from shamsul.studies import localisation
from shamsul.studies.localisation import MapScore
from shamsul.studies.panels import Source
from shamsul.ui.evaluate.selection import Choice
from shamsul.ui.shared import drawings, session, sign_in
from shamsul.ui.shared.downloads import offer, zipped
from shamsul.ui.shared.frame import error_boundary
from shamsul.ui.shared.pictures import Shown, on_page, show
from shamsul.ui.shared.viewer import CURVE_LEVELS, Panel, Row, pictures, shown, viewer
from shamsul.ui.shared.wording import plain

if TYPE_CHECKING:
    from shamsul.localisation.results import Results

#: Bootstrap replicates, and their seed.
REPLICATES, SEED = 1000, 0
#: Colour of an annotation's outline, red, green and blue.
OUTLINE = (80, 220, 240)
#: Columns under the maps of a case.
SHOWN = {
    "method": "Method",
    "iou": "IoU",
    "dice": "Dice",
    "precision": "Precision",
    "recall": "Recall",
    "hit": "Hit",
    "mass": "Relevance mass",
    "rank": "Relevance rank",
    "auprc": "AUPRC",
    "auroc": "AUROC",
    "centre_distance_px": "Centres apart (pixels)",
    "centre_distance_mm": "Centres apart (mm)",
}


# ---- A case --------------------------------------------------------------------------------------


def case(chosen: Choice, found: Sequence[MapScore]) -> None:
    """One case and finding: maps beside the annotation, with their scores."""
    cases = {one.case.name: one.case for one in found}
    left, right = st.columns([1, 3], vertical_alignment="center")
    name = left.selectbox("Case", list(cases), key="evaluated-case", label_visibility="collapsed")
    labels = sorted({one.score.label for one in found if one.case.name == name})
    label = right.pills(
        "Finding",
        labels,
        format_func=plain,
        default=labels[0],
        required=True,
        key=f"finding-{name}",
        label_visibility="collapsed",
    )
    shown_here = [one for one in found if (one.case.name, one.score.label) == (name, label)]
    _beside(chosen, cases[name], str(label), [one.score.method for one in shown_here])
    table = pd.DataFrame([vars(one.score) for one in shown_here])[list(SHOWN)]
    table["method"] = [_title(one) for one in table["method"]]
    st.dataframe(
        table.rename(columns=SHOWN).dropna(axis="columns", how="all").round(3),
        hide_index=True,
        placeholder="",
    )
    st.caption(
        f"Scores of the whole maps at full resolution; maps are cut at {_cut(chosen.threshold)}, "
        "negative relevance counts as none. The slider *Hide relevance below* cuts the maps "
        "elsewhere: IoU and Dice under each panel follow it."
    )


def _title(method: str) -> str:
    """A method's, or whose annotation it is."""
    return EXPLAINERS[method].title if method in EXPLAINERS else method


def _cut(threshold: str) -> str:
    if threshold == "otsu":
        return "Otsu's threshold"
    return (
        f"the {threshold.replace('top', 'top ')} of pixels"
        if "%" in threshold
        else (f"{float(threshold):.0%} of their highest value")
    )


def _beside(chosen: Choice, case: Case, label: str, methods: Sequence[str]) -> None:
    """A case's maps with the annotation that they are measured by."""
    radiograph = session.radiograph(case.image_sha256)
    own = localisation.regions(session.annotations().get(case.image_sha256), label, chosen.by)
    mask = union(own, radiograph.shape)
    panels = []
    for source in chosen.sources:
        if source.case.id != case.id or source.method.name not in methods:
            continue
        found = _map(source, label)
        if found is not None:
            curve = _curve(found.sha256, localisation.digest(mask), found, mask)
            panels.append(Panel(source.method.title, found, curve=curve))
    probability = session.prediction(chosen.study, case)[label].probability
    row = Row(label, tuple(panels), own, f"probability {probability:.2f}")
    key = f"evaluate-{case.id}"
    _film(radiograph, row, drawings.seen(case.image_sha256), key)
    pictures(radiograph, shown([row]), key=key)


@st.fragment
def _film(radiograph: Radiograph, row: Row, seen: tuple[Annotation, ...], key: str) -> None:
    """The viewer; letting go of one of its controls redraws it alone."""
    with error_boundary():
        sign_in.require(Role.COORDINATOR)
        viewer(radiograph, [row], key=key, annotation_visible=True, threshold=0.5, annotations=seen)


def _map(source: Source, label: str) -> Heatmap | None:
    return next(
        (one for one in session.desk().maps.get(source.key) or () if one.label == label), None
    )


@st.cache_data(max_entries=256, show_spinner=False)
def _curve(heatmap: str, marked: str, _heatmap: Heatmap, _mask: np.ndarray) -> OverlapCurve:
    scale, _ = display_scale(_heatmap.values)
    brought = on_image(_heatmap.values, _heatmap.geometry)
    return overlap_curve(brought / np.float32(scale or 1), _mask, CURVE_LEVELS)


# ---- A study -------------------------------------------------------------------------------------


def study(chosen: Choice, found: Sequence[MapScore]) -> None:
    """Tables and figures over all cases, and files of them."""
    scores = json.dumps([one.score.to_json() for one in found])
    people = tuple({one.score.method: None for one in found if one.score.method not in EXPLAINERS})
    made = _results(scores, chosen.threshold, people)
    present(chosen.study, made, lambda: _gallery(chosen, made.tables["cases"]))


@dataclass(frozen=True)
class Made:
    """What is shown of an evaluation.

    Attributes
    ----------
    tables : mapping of str to DataFrame
    parts : list of (str, list of str, dict of str to str)
        Sections: a title, names of pictures, and tables with their captions.
    files : mapping of str to bytes
    words : list of str
        Sentences.
    figures : mapping of str to Shown
    """

    tables: Mapping[str, pd.DataFrame]
    parts: list[tuple[str, list[str], dict[str, str]]]
    files: Mapping[str, bytes]
    words: list[str]
    figures: Mapping[str, Shown]

    @classmethod
    def of(cls, results: "Results", content: Mapping[str, object]) -> "Made":
        """Draw what there are results of; `content` is that of `evaluation.json`."""
        # Imported here: statistics and figures take seconds, which other pages do not need.
        from shamsul.localisation.figures import draw
        from shamsul.localisation.leaderboard import sentences
        from shamsul.localisation.page import sections_of, shown_tables
        from shamsul.localisation.report import files
        from shamsul.ui.evaluate import localisation_charts

        pictures = draw(results)
        drawn = {one.name for one in pictures}
        tables = shown_tables(results)
        parts = []
        for section in sections_of(results, drawn):
            filled = {name: title for name, title in section.tables.items() if len(tables[name])}
            parts.append((section.title, [one for one in section.pictures if one in drawn], filled))
        made = files(results, pictures, content)
        figures = on_page(pictures, localisation_charts.draw(results, drawn), made)
        return cls(tables, parts, made, sentences(results), figures)


def present(study: Study, made: Made, gallery: Callable[[], bool] = lambda: False) -> None:
    """Files, sentences, figures and tables of an evaluation.

    Parameters
    ----------
    study : Study
    made : Made
    gallery : callable
        Draws the best and the worst maps, and says whether there are any.
    """
    _downloads(study, made.files)
    for sentence in made.words:
        st.markdown(f"- {plain(sentence)}")
    for title, drawn, named in made.parts:
        st.markdown(f"##### {title}")
        for picture in drawn:
            show(picture, made.figures[picture])
        pictured = "cases" in named and gallery()
        for name, caption in named.items():
            with st.expander(caption, expanded=not (drawn or pictured)):
                st.dataframe(made.tables[name], hide_index=True, placeholder="")


# Not copied for each run, which takes a third of a second for the figures: nothing changes them.
@st.cache_resource(show_spinner="Computing the statistics …", max_entries=8)
def _results(scores: str, threshold: str, people: tuple[str, ...]) -> Made:
    from shamsul.localisation.results import collect
    from shamsul.localisation.summary import summarise

    rows = json.loads(scores)
    found = [Score.from_json(row) for row in rows]
    means = summarise(found, replicates=REPLICATES, seed=SEED)
    results = collect(
        found,
        means,
        protocol="shamsul",
        threshold=threshold,
        people=people,
        replicates=REPLICATES,
        seed=SEED,
    )
    content = {"protocol": "shamsul", "threshold": threshold, "scores": rows}
    return Made.of(results, content)


def _downloads(study: Study, files: Mapping[str, bytes]) -> None:
    offered = {
        "Report (HTML)": ("report.html", lambda: files["report.html"]),
        "Tables and figures (ZIP)": ("evaluation.zip", lambda: zipped(files)),
        "Scores (CSV)": ("scores.csv", lambda: files["scores.csv"]),
        "Everything (JSON)": ("evaluation.json", lambda: files["evaluation.json"]),
        "Table (LaTeX)": ("table.tex", lambda: files["table.tex"]),
    }
    offer(study, offered)


def _gallery(chosen: Choice, cases: pd.DataFrame) -> bool:
    """The best and the worst map of each method; whether there are any."""
    first = cases[(cases["place"] == 1) & cases["method"].isin(list(EXPLAINERS))]
    columns = st.columns(max(2, first["method"].nunique()))
    for column, (method, both) in zip(columns, first.groupby("method", sort=False), strict=False):
        title = EXPLAINERS[str(method)].title
        column.markdown(f"**{title}**")
        for row in both.itertuples():
            picture = _picture(chosen, str(row.image), str(method), str(row.label))
            if picture:
                words = f"{row.end}: {row.image}, {row.label}, IoU {row.score:.2f}"
                column.image(picture, caption=plain(words), alt=f"{title} map, {words}")
    return not first.empty


def _picture(chosen: Choice, name: str, method: str, label: str) -> bytes:
    """A map over its radiograph with the annotation, small, as PNG; empty if it is gone."""
    for source in chosen.sources:
        if (source.case.name, source.method.name) == (name, method):
            found = _map(source, label)
            if found is not None:
                sha256 = source.key.image_sha256
                own = localisation.regions(session.annotations().get(sha256), label, chosen.by)
                mask = union(own, found.geometry.image_shape)
                return _small(found.sha256, localisation.digest(mask), found, mask, sha256)
    return b""


@st.cache_data(max_entries=64, show_spinner=False)
def _small(
    heatmap: str, marked: str, _heatmap: Heatmap, _mask: np.ndarray, image_sha256: str
) -> bytes:
    drawn = overlay(session.radiograph(image_sha256), _heatmap)
    small = Image.fromarray(_mask).resize((drawn.shape[1], drawn.shape[0]))
    drawn[find_boundaries(np.asarray(small), connectivity=2)] = OUTLINE
    picture = Image.fromarray(drawn)
    picture.thumbnail((480, 480))
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()
