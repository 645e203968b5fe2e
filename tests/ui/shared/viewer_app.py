"""A page with nothing but the viewer, for the browser tests.

The query parameters choose what is shown: ``rows`` (1 or 2), ``annotated``, ``pending`` (a method
whose map comes when the button "Finish" is pressed, its progress ticking until then), ``blinded``
(nothing about the methods is told), ``drawing`` (the name of a reader who may draw, on one of two
radiographs; "Other case" goes to the other one), ``curve`` (of each map and the disc), ``film``
(one of `scene.FILMS`), ``gaze`` (readers whose gaze there is, set off by commas), ``anatomy``.
"""

from collections.abc import Mapping

import streamlit as st

from shamsul.annotations.annotation import Annotation
from shamsul.ui.shared import drawings
from shamsul.ui.shared.viewer import (
    About,
    Panel,
    PanelProgress,
    Row,
    pictures,
    shown,
    viewer,
    viewer_progress,
)
from tests.ui.shared.scene import (
    IMAGE,
    LABELS,
    METHODS,
    curve,
    disc,
    gaze,
    heart,
    heatmap,
    radiograph,
)


def about(method: str) -> About:
    return About(
        reading=f"Where {method} says so; look at where relevance gathers, not at single pixels.",
        facts=(("Fit R²", "0.31 (poor)"), ("Evaluations", "1,000 (all labels)")),
        parameters=tuple((f"Parameter {number}", "a_value_of_some_length") for number in range(12)),
        citation="Somebody et al. 2016, doi 10.1145/2939672.2939778",
    )


def annotations(query: Mapping[str, str], image: str) -> tuple[Annotation, ...]:
    """The disc, or the one that maps are measured by, and what has been drawn."""
    if "curve" in query:
        return (disc(250, 120),)
    own = drawings.seen(image) if "drawing" in query else ()
    return (*([disc()] if "annotated" in query else []), *own)


def go_on() -> None:
    st.session_state["case"] = "b" if st.session_state.get("case") != "b" else "a"


@st.fragment(run_every=0.2)
def tick(method: str) -> None:
    done = st.session_state["done"] = st.session_state.get("done", 0) + 1
    text = f"{method} {done}/512 model evaluations"
    viewer_progress([PanelProgress(LABELS[0], method, text, done / 512)], key="harness")


query = st.query_params
st.set_page_config(layout="wide")
finished = st.button("Finish")
pending = "" if finished else query.get("pending", "")
case = st.session_state.get("case", "a")
key, image = f"harness-{case}" if "drawing" in query else "harness", case * 64
drawing = None
if "drawing" in query:
    st.session_state["name"] = query["drawing"]
    drawing = drawings.offered(key, image, IMAGE, LABELS)
rows = [
    Row(
        label,
        tuple(
            Panel(
                method,
                None if method == pending else heatmap(label, method),
                "Waiting its turn",
                warning=""
                if "blinded" in query or method != METHODS[0]
                else "not stable, poor fit",
                about=None if "blinded" in query else about(method),
                curve=curve(method) if "curve" in query else None,
            )
            for method in METHODS
        ),
        annotations=tuple(one for one in annotations(query, image) if one.label == label),
        caption=f"probability 0.83, case {case}",
    )
    for label in LABELS[: int(query.get("rows", 1))]
]
state = viewer(
    radiograph(query.get("film", "")),
    rows,
    key=key,
    annotation_visible="curve" in query,
    drawing=drawing,
    model="phantom",
    annotations=[
        *(gaze(reader) for reader in query.get("gaze", "").split(",") if reader),
        *([heart()] if "anatomy" in query else []),
    ],
)
pictures(radiograph(query.get("film", "")), shown(rows), key=key)
if pending:
    tick(pending)
runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
st.button("Run again")
st.button("Other case", on_click=go_on)
st.text(f"runs {runs}")
st.text(f"grad-cam opacity {state.opacity[LABELS[0]]['Grad-CAM']:.2f}")
st.text(f"window {state.window[0]:.0f} {state.window[1]:.0f}")
st.text(f"threshold {state.threshold:.2f} zoom {state.zoom:.2f}")
st.text(f"display {state.display.value} colours {state.colour_map}")
st.text(f"annotation {state.annotation.value} normalisation {state.normalisation.value}")
