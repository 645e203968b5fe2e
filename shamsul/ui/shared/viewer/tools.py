"""What the viewer's tools are told: spacing, windows, sides, and what has been measured."""

import streamlit as st

from shamsul.annotations.annotation import Occasion
from shamsul.annotations.measurements import Measurement
from shamsul.radiographs.radiograph import NamedWindow, Radiograph
from shamsul.radiographs.windows import presets


def facts(digest: str, radiograph: Radiograph) -> dict[str, object]:
    """Of a radiograph, JSON-able; `digest` tells radiographs apart."""
    spacing, kind = radiograph.spacing_mm, radiograph.spacing_kind
    return {
        "spacing": spacing,
        "spacing_words": kind.words(radiograph.magnification) if spacing else "",
        # Said beside every length.
        "caveat": spacing is not None and kind.is_elsewhere,
        "windows": [window._asdict() for window in _presets(digest, radiograph)],
        "unit": radiograph.unit,
        "reflection": radiograph.reflection,
        "sides": radiograph.sides,
        "burned_in": radiograph.burned_in_annotation,
    }


def measurement(one: Measurement, reader: str, occasion: Occasion | None) -> dict[str, object]:
    """Of a measurement, JSON-able, for a reader on an occasion."""
    own = (one.author, one.occasion) == (reader, occasion)
    return {
        "id": one.id,
        "kind": one.kind.value,
        "places": one.places,
        "author": "" if own else one.author,
        "own": own,
    }


@st.cache_resource(max_entries=32, show_spinner=False)
def _presets(digest: str, _radiograph: Radiograph) -> tuple[NamedWindow, ...]:
    return presets(_radiograph)
