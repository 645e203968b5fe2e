"""The viewer: a radiograph and its heatmaps side by side, all drawing done in the browser.

Three kinds of message go out, so that none repeats what another carries: parcels (the radiograph's
pixels and each map, content-addressed, once each), the arrangement (small JSON), and progress
texts. Back comes the state that ratings record, when the reader lets go of a control, and what
the reader draws, by way of an outbox.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from shamsul.annotations import drawings
from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.marks import Points
from shamsul.annotations.measurements import Measurement
from shamsul.explainers.heatmap import Heatmap
from shamsul.metrics.curve import OverlapCurve
from shamsul.radiographs.radiograph import Radiograph
from shamsul.reporting import colormaps
from shamsul.ui.shared import outbox
from shamsul.ui.shared.viewer import gaze, tools
from shamsul.ui.shared.viewer.packing import Parcel, contours, pack_map, pack_pixels
from shamsul.ui.shared.viewer.state import (
    DEFAULT_OPACITY,
    AnnotationShown,
    Display,
    Normalisation,
    ViewerState,
)

__all__ = [
    "CURVE_LEVELS",
    "MEASURE",
    "REMOVE_MEASUREMENT",
    "TAKE_BACK",
    "About",
    "AnnotationShown",
    "Display",
    "Drawing",
    "Normalisation",
    "Panel",
    "PanelProgress",
    "Row",
    "ViewerState",
    "pictures",
    "shown",
    "viewer",
    "viewer_progress",
]

#: What keeps a measurement, and what removes one.
MEASURE, REMOVE_MEASUREMENT = "measure", "remove measurement"

#: Shares of a map's scale at which the slider "Hide relevance below" stands.
CURVE_LEVELS = np.arange(101) / 100

#: What an event of the viewer's outbox asks for that keeps no drawing: to drop those of a label.
TAKE_BACK = "take back"

#: Said of a map whose scale is not told.
SCALED = "on a scale of its own"

_FOLDER = Path(__file__).parent


def _source(*names: str) -> str:
    """Scripts joined into one module: inline components have no files to import from."""
    return "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in names)


_arrangement = st.components.v2.component(
    "shamsul_viewer",
    css=_source("viewer.css", "tools.css"),
    js=outbox.SCRIPT
    + _source(
        "hub.js",
        "painting.js",
        "isolines.js",
        "controls.js",
        "marks.js",
        "drawing.js",
        "gaze.js",
        "gazebar.js",
        "turning.js",
        "state.js",
        "measuring.js",
        "overlay.js",
        "magnifier.js",
        "snapshot.js",
        "tools.js",
        "toolbar.js",
        "layout.js",
        "about.js",
        "legend.js",
        "panel.js",
        "viewer.js",
    ),
)
# Not isolated: its style is for the page around it.
_transfer = st.components.v2.component(
    "shamsul_transfer",
    css=_source("transfer.css"),
    js=_source("hub.js", "transfer.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class About:
    """What a panel tells about its map on request.

    Attributes
    ----------
    reading : str
        How to read the map, in a sentence.
    facts, parameters : tuple of (str, str)
        Names with values, as they are shown.
    citation : str
        Where the method is from; its DOI or arXiv number is made a link.
    """

    reading: str
    facts: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    citation: str = ""

    @property
    def link(self) -> str:
        """Address of the citation's DOI or arXiv number, empty where it has none.

        Examples
        --------
        >>> About("", citation="Selvaraju et al. 2017, doi 10.1109/ICCV.2017.74").link
        'https://doi.org/10.1109/ICCV.2017.74'
        """
        found = re.search(r"\b(doi|arXiv) (\S+)$", self.citation)
        if found is None:
            return ""
        site = {"doi": "https://doi.org", "arXiv": "https://arxiv.org/abs"}[found[1]]
        return f"{site}/{found[2]}"


@dataclass(frozen=True)
class Panel:
    """One method's place in a row.

    Attributes
    ----------
    method_title : str
        Name shown, for example "Grad-CAM", or "Map A" in a blinded reading. Unique in its row.
    heatmap : Heatmap or None
        None while it is being computed, or if that failed.
    pending : str
        What is being waited for.
    failed : str
        Why there will be no map.
    facts : str
        Small print beside the name. Say nothing here that gives a blinded method away.
    warning : str
        A few words on how far the map can be trusted, seen at every size. As for `facts`.
    about : About or None
        Behind the button "About the ... map". None, and there is no button: so it has to be in a
        blinded reading.
    curve : OverlapCurve or None
        Of a mask and the map divided by its display scale, at `CURVE_LEVELS`: the panel tells IoU
        and Dice for the slider "Hide relevance below" and outlines what is above it. As it is
        computed at full resolution, what is told is exact.
    scaled : bool
        The map's values are shares of its scale, and how it was scaled is not told: in a blinded
        reading that would tell sparse methods from others.
    """

    method_title: str
    heatmap: Heatmap | None
    pending: str = "Waiting"
    failed: str = ""
    facts: str = ""
    warning: str = ""
    about: About | None = None
    curve: OverlapCurve | None = None
    scaled: bool = False

    def __post_init__(self) -> None:
        if self.curve is not None and not np.array_equal(self.curve.levels, CURVE_LEVELS):
            raise ValueError(f"the curve of {self.method_title} is not at the slider's levels")


@dataclass(frozen=True)
class Row:
    """One label: the plain radiograph is drawn first, then the panels.

    Attributes
    ----------
    label : str
        Unique among the rows.
    panels : tuple of Panel
    annotations : tuple of Annotation
        Shown only if the reader wants them; leave them out where they must not be seen yet.
    caption : str
        Beside the label, for example the probability.
    """

    label: str
    panels: tuple[Panel, ...]
    annotations: tuple[Annotation, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        titles = [panel.method_title for panel in self.panels]
        if len(set(titles)) < len(titles):
            raise ValueError(f"two panels of {self.label} have the same title")


@dataclass(frozen=True)
class PanelProgress:
    """How far a pending panel is.

    Attributes
    ----------
    label, method_title : str
        Which panel.
    text : str
        For example "SHAP 240/512 model evaluations".
    fraction : float or None
        In [0, 1]; None where it is not known.
    """

    label: str
    method_title: str
    text: str
    fraction: float | None = None


@dataclass(frozen=True)
class Drawing:
    """That the reader may draw on the radiograph, and what became of what they drew.

    Attributes
    ----------
    reader : str
    tokens : mapping of str to str
        By row's label: comes back with what is drawn for it.
    occasion : Occasion or None
        The reader's drawings of it can be taken back here, and are shown apart.
    saved : mapping of str to int, or None
        By outbox, the number up to which all of its events are on the disk. None where drawings
        wait with the answers: the questionnaire sends them in order and tells what became of them.
    notice : str
        What became of the last drawing, if all is well.
    error : str
        Why the last drawings are not saved, one sentence; empty if they are.
    measurements : tuple of Measurement
        Those of the radiograph that the reader may see; they are kept where drawings are.
    """

    reader: str
    tokens: Mapping[str, str]
    occasion: Occasion | None = None
    saved: Mapping[str, int] | None = None
    notice: str = ""
    error: str = ""
    measurements: tuple[Measurement, ...] = ()


def viewer(
    radiograph: Radiograph,
    rows: Sequence[Row],
    *,
    key: str,
    annotation_visible: bool = False,
    no_annotation: str = "No expert annotation here",
    opacity: float = DEFAULT_OPACITY,
    threshold: float = 0.0,
    pointing: str = "",
    enter_enlarges: bool = True,
    drawing: Drawing | None = None,
    model: str = "",
    legend: str = "",
    beside: str = "",
    free: float = 0.0,
    annotations: Sequence[Annotation] = (),
) -> ViewerState:
    """Mount the viewer.

    Parameters
    ----------
    radiograph : Radiograph
    rows : sequence of Row
    key : str
        One per viewer of a page. The reader's zoom, window and opacities are kept per key and
        radiograph, colour map and layout for all.
    annotation_visible : bool
        Whether annotations are outlined before the reader has chosen.
    no_annotation : str
        Why the annotation control is disabled where no row has any.
    opacity : float
        In [0, 1], before the reader has chosen.
    threshold : float
        Below which share of its scale relevance is hidden until the reader chooses another.
    pointing : str
        Token of the case whose question about a point a click answers; empty if there is none.
    enter_enlarges : bool
        Whether Enter enlarges the picture that has the focus, as E always does.
    drawing : Drawing, optional
        What is drawn then waits in the outbox that `shamsul.ui.shared.outbox.received` reads by
        `key`, or by the questionnaire's.
    model : str
        Named in the caption of pictures that the reader saves.
    legend : str
        What the colours mean in full, behind the legend's few words.
    beside : str
        What this one is called, where another viewer shows what is worked on: this one has no
        controls of its own, and both share zoom and window.
    free : float
        Share of the window's height that the pictures leave to what is below them.
    annotations : sequence of Annotation
        Of those that the reader may see of the radiograph, what is of no finding can be shown:
        gaze, and parts of the body. Leave them out where annotations must not be seen yet.

    Returns
    -------
    ViewerState
    """
    if len({row.label for row in rows}) < len(rows):
        raise ValueError("two rows have the same label")
    pixels = _pixels(_digest(radiograph), radiograph)
    maps = {
        panel.heatmap.sha256: _map(panel.heatmap.sha256, panel.heatmap)
        for row in rows
        for panel in row.panels
        if panel.heatmap is not None
    }
    default = ViewerState(
        opacity={r.label: {p.method_title: opacity for p in r.panels} for r in rows},
        window=radiograph.window,
        colour_map=colormaps.SEQUENTIAL[0],
        annotation=AnnotationShown.OUTLINE if annotation_visible else AnnotationShown.OFF,
        threshold=threshold,
    )
    message = {
        "key": key,
        "image": {
            **_image_facts(radiograph, pixels),
            **tools.facts(_digest(radiograph), radiograph),
        },
        "rows": [_row(row, radiograph, maps, drawing) for row in rows],
        "colours": _colours(),
        "opacity": opacity,
        "threshold": threshold,
        "annotation": default.annotation.value,
        "no_annotation": no_annotation,
        "pointing": pointing,
        "enter_enlarges": enter_enlarges,
        "legend": legend,
        "beside": beside,
        "free": free,
        "gaze": _besides(annotations, radiograph.shape),
        "drawing": drawing
        and {
            "reader": drawing.reader,
            "saved": drawing.saved,
            "notice": drawing.notice,
            "error": drawing.error,
            "measurements": [
                tools.measurement(one, drawing.reader, drawing.occasion)
                for one in drawing.measurements
            ],
        },
        "model": model,
    }
    result = _arrangement(key=key, data=message, on_state_change=_ignore, on_outbox_change=_ignore)
    return ViewerState.from_browser(result.get("state"), default, pixels.id)


def pictures(radiograph: Radiograph, heatmaps: Iterable[Heatmap], *, key: str) -> None:
    """Send what a viewer shows, or will show next so that it stands at once when its page opens.

    Not for fragments: of what the browser has already, Streamlit sends the place alone, and where a
    fragment's run follows at once on one of its page it keeps those but drops the block around.

    Parameters
    ----------
    radiograph : Radiograph
    heatmaps : iterable of Heatmap
    key : str
        That viewer's.
    """
    parcels = [_pixels(_digest(radiograph), radiograph)]
    parcels += [_map(heatmap.sha256, heatmap).parcel for heatmap in heatmaps]
    with st.container(key=f"pictures-{key}"):
        for parcel in {parcel.id: parcel for parcel in parcels}.values():
            # Under the same key it is the same message, which Streamlit sends once.
            _transfer(key=f"{key}-{parcel.id}", data=parcel.data)


def shown(rows: Iterable[Row]) -> list[Heatmap]:
    """The maps in rows, which go with the `pictures`."""
    return [one.heatmap for row in rows for one in row.panels if one.heatmap is not None]


def viewer_progress(progress: Sequence[PanelProgress], *, key: str) -> None:
    """Tell a viewer's pending panels how far they are, without touching images or maps.

    May be called anywhere on the page, for example in a fragment with ``run_every``.

    Parameters
    ----------
    progress : sequence of PanelProgress
        Of all pending panels: a panel left out shows its own `Panel.pending`.
    key : str
        The viewer's.
    """
    items = [
        {"label": p.label, "title": p.method_title, "text": p.text, "fraction": p.fraction}
        for p in progress
    ]
    _transfer(key=f"{key}-progress", data={"id": f"progress/{key}", "items": items})


def _ignore() -> None:
    """Streamlit keeps a state only where it has a callback."""


def _digest(radiograph: Radiograph) -> str:
    # Hashing every pixel in every rerun would cost more than all the rest: the file's hash and a
    # sample of the values tell radiographs apart.
    digest = blake2b(np.ascontiguousarray(radiograph.values[::8, ::8]).tobytes(), digest_size=12)
    digest.update(f"{radiograph.sha256} {radiograph.shape}".encode())
    return digest.hexdigest()


@st.cache_resource(max_entries=32, show_spinner=False)
def _pixels(digest: str, _radiograph: Radiograph) -> Parcel:
    return pack_pixels(_radiograph)


@dataclass(frozen=True)
class _Map:
    """A heatmap as it is sent, with the magnitude that is drawn at full colour, and in words."""

    parcel: Parcel
    scale: float
    scaled: str


@st.cache_resource(max_entries=256, show_spinner=False)
def _map(sha256: str, _heatmap: Heatmap) -> _Map:
    return _Map(pack_map(_heatmap), *colormaps.display_scale(_heatmap.values))


@st.cache_resource(max_entries=256, show_spinner=False)
def _contours(digest: str, _annotation: Annotation, shape: tuple[int, int]) -> list[list[float]]:
    return contours(_annotation, shape)


def _image_facts(radiograph: Radiograph, pixels: Parcel) -> dict[str, object]:
    (rows, columns), spacing = radiograph.shape, radiograph.spacing_mm
    facts = [f"{rows} × {columns} pixels"]
    if pixels.header["height"] != rows:
        facts.append(f"shown at {pixels.header['height']} × {pixels.header['width']}")
    if spacing:
        facts.append(f"{spacing[0]:.3g} × {spacing[1]:.3g} mm each")
    if radiograph.view:
        facts.append(radiograph.view)
    return {
        "id": pixels.id,
        "rows": rows,
        "columns": columns,
        "pixel_aspect": radiograph.pixel_aspect,
        "window": list(radiograph.window),
        "facts": ", ".join(facts),
    }


def _besides(annotations: Sequence[Annotation], shape: tuple[int, int]) -> dict[str, object]:
    """What there is besides findings, and the colours of gaze."""
    return {**gaze.facts(annotations, shape), "colours": _gaze_colours()}


@cache
def _gaze_colours() -> list[list[int]]:
    colours: list[list[int]] = colormaps.table(colormaps.GAZE, 33).tolist()
    return colours


def _row(
    row: Row, radiograph: Radiograph, maps: dict[str, _Map], drawing: Drawing | None
) -> dict[str, object]:
    return {
        "label": row.label,
        "caption": row.caption,
        "annotations": [_annotation(one, radiograph.shape, drawing) for one in row.annotations],
        "token": drawing and drawing.tokens.get(row.label),
        "panels": [_panel(panel, maps) for panel in row.panels],
    }


def _annotation(
    annotation: Annotation, shape: tuple[int, int], drawing: Drawing | None
) -> dict[str, object]:
    curves, points = [], []
    if isinstance(annotation.mark, Points):
        points = annotation.mark.places.tolist()
    else:
        digest = blake2b(annotation.mask(shape).tobytes(), digest_size=12).hexdigest()
        curves = _contours(digest, annotation, shape)
    own = drawing is not None and bool(drawings.own(drawing.reader, [annotation], drawing.occasion))
    who = "you" if own else annotation.author
    return {
        "name": f"{annotation.source}, {who}" if who else annotation.source,
        "own": own,
        "curves": curves,
        "points": points,
    }


def _panel(panel: Panel, maps: dict[str, _Map]) -> dict[str, object]:
    about = panel.about and {**vars(panel.about), "link": panel.about.link}
    common: dict[str, object] = {
        "title": panel.method_title,
        "facts": panel.facts,
        "warning": panel.warning,
        "about": about,
    }
    if panel.heatmap is None:
        return {**common, "map": None, "pending": panel.pending, "failed": panel.failed}
    shown = maps[panel.heatmap.sha256]
    scale, words = shown.scale, shown.scaled
    if panel.scaled:
        # Dividing leaves the last digits of 1 to chance, which differs from map to map.
        scale, words = float(scale > 0), SCALED
    return {
        **common,
        "map": shown.parcel.id,
        "grid_to_image": panel.heatmap.geometry.grid_to_image,
        "scale": scale,
        "scaled": words,
        # Ties tell sparse methods from others, as the scale does.
        "ranked": not panel.scaled,
        "curve": panel.curve
        and {"iou": _numbers(panel.curve.iou), "dice": _numbers(panel.curve.dice)},
    }


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    """For JSON, which has no NaN."""
    return [float(value) if np.isfinite(value) else None for value in values]


@cache
def _colours() -> dict[str, dict[str, list[list[int]]]]:
    """Tables of all colour maps, coarse enough to send and fine enough to interpolate."""
    return {
        display.value: {name: colormaps.table(name, 33).tolist() for name in names}
        for display, names in (
            (Display.POSITIVE, colormaps.SEQUENTIAL),
            (Display.SIGNED, colormaps.DIVERGING),
        )
    }
