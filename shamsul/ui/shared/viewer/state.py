"""How the reader has set the viewer, as far as a rating records it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

E = TypeVar("E", bound=Enum)


class Display(Enum):
    """Which relevance is coloured."""

    POSITIVE = "positive"
    """What speaks for the label."""
    SIGNED = "signed"
    """What speaks for it and what speaks against it."""


class AnnotationShown(Enum):
    """How the expert annotation is drawn."""

    OFF = "off"
    OUTLINE = "outline"
    FILL = "fill"
    """Outline and translucent fill."""


class Normalisation(Enum):
    """What a map's values are divided by before colouring."""

    EACH_MAP = "p99.5"
    """The 99.5th percentile of the map's own |value|."""
    ACROSS_LABELS = "p99.5-across-labels"
    """The greatest such percentile among the method's maps shown."""


#: Opacity of a map that the reader has not touched.
DEFAULT_OPACITY = 0.6


@dataclass(frozen=True)
class ViewerState:
    """State of the viewer when the reader last let go of a control.

    Attributes
    ----------
    opacity : mapping of str to mapping of str to float
        In [0, 1], for each row's label and each panel's title.
    window : (float, float)
        Values shown as black and as white.
    zoom : float
        1 where the whole image is seen; less where a small film is shown pixel by pixel.
    threshold : float
        Part of each map's scale below which nothing is coloured, in [0, 1].
    inverted : bool
    display : Display
    colour_map : str
    normalisation : Normalisation
    annotation : AnnotationShown
    """

    opacity: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    window: tuple[float, float] = (0.0, 1.0)
    zoom: float = 1.0
    threshold: float = 0.0
    inverted: bool = False
    display: Display = Display.POSITIVE
    colour_map: str = "Inferno"
    normalisation: Normalisation = Normalisation.EACH_MAP
    annotation: AnnotationShown = AnnotationShown.OFF

    @classmethod
    def from_browser(cls, reported: object, default: "ViewerState", image: str) -> "ViewerState":
        """Read what the browser reported; what is missing or senseless is as in `default`.

        Parameters
        ----------
        reported : object
            Decoded JSON, not trusted.
        default : ViewerState
            Names the maps that exist: others are left out.
        image : str
            Id of the radiograph shown. A report about another one is out of date.
        """
        if not isinstance(reported, Mapping) or reported.get("image") != image:
            return default
        opacity = {
            label: {
                title: _fraction(_entry(_entry(reported.get("opacity"), label), title), usual)
                for title, usual in maps.items()
            }
            for label, maps in default.opacity.items()
        }
        return cls(
            opacity=opacity,
            window=_window(reported.get("window"), default.window),
            zoom=_zoom(reported.get("zoom")),
            threshold=_fraction(reported.get("threshold"), default.threshold),
            inverted=reported.get("inverted") is True,
            display=_member(Display, reported.get("display"), default.display),
            colour_map=str(reported.get("colour_map", default.colour_map))[:40],
            normalisation=_member(
                Normalisation, reported.get("normalisation"), default.normalisation
            ),
            annotation=_member(AnnotationShown, reported.get("annotation"), default.annotation),
        )


def _entry(mapping: object, name: str) -> object:
    return mapping.get(name) if isinstance(mapping, Mapping) else None


def _number(value: object) -> bool:
    # Neither NaN nor what no viewer of ours could show.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _fraction(value: object, default: float) -> float:
    return min(1.0, max(0.0, float(value))) if _number(value) else default  # type: ignore[arg-type]


def _zoom(value: object) -> float:
    sensible = _number(value) and value > 0  # type: ignore[operator]
    return min(20.0, max(0.01, float(value))) if sensible else 1.0  # type: ignore[arg-type]


def _window(value: object, default: tuple[float, float]) -> tuple[float, float]:
    if isinstance(value, list) and len(value) == 2 and all(map(_number, value)):
        black, white = map(float, value)
        return (black, white) if black < white else default
    return default


def _member(kind: type[E], value: object, default: E) -> E:
    try:
        return kind(value)
    except ValueError:
        return default
