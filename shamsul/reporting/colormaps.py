"""Colours of relevance: the same scaling for every method, safe for colour-blind readers.

Sequential maps show positive relevance only; diverging maps show both signs, symmetric about zero.
"""

import numpy as np
from numpy.typing import NDArray
from plotly import colors

from shamsul.metrics.scale import PERCENTILE, full_scale

#: Name shown to the reader to Plotly's name and where the map starts: the near-black fifth of some
#: is cut, since on a radiograph it reads as darker anatomy.
_SEQUENTIAL = {
    "Inferno": ("Inferno", 0.2),
    "Viridis": ("Viridis", 0.0),
    "Magma": ("Magma", 0.2),
    "Cividis": ("Cividis", 0.0),
}
#: The one of gaze: unlike those of relevance, and not among what readers choose for maps.
GAZE = "Green to yellow"
_GAZE = {GAZE: ("Aggrnyl", 0.1)}
#: Name shown to the reader to Plotly's name.
_DIVERGING = {
    "Blue to red": "RdBu_r",
    "Purple to orange": "PuOr_r",
    "Blue, yellow, red": "RdYlBu_r",
}
#: Part of each arm of a diverging map, from its middle (0) to its end (0.5), that is used: the
#: middle is white, which would veil the radiograph, and the end nearly black.
_ARM = (0.1, 0.4)

#: For positive relevance, the default first.
SEQUENTIAL = tuple(_SEQUENTIAL)
#: For signed relevance, the default first.
DIVERGING = tuple(_DIVERGING)


def table(name: str, count: int = 256) -> NDArray[np.uint8]:
    """Colours of a map from its lowest to its highest value.

    Parameters
    ----------
    name : str
        One of `SEQUENTIAL` or `DIVERGING`, or `GAZE`.
    count : int
        How many colours; odd for a diverging map, so that zero has a colour of its own.

    Returns
    -------
    ndarray of shape (count, 3), uint8
        Red, green and blue.

    Examples
    --------
    >>> table("Inferno")[-1].tolist()
    [252, 255, 164]
    """
    rising = _SEQUENTIAL | _GAZE
    if name in rising:
        plotly_name, start = rising[name]
        places = np.linspace(start, 1, count)
    else:
        plotly_name = _DIVERGING[name]
        signed = np.linspace(-1, 1, count)
        places = 0.5 + np.sign(signed) * (_ARM[0] + np.abs(signed) * (_ARM[1] - _ARM[0]))
    family = colors.sequential if name in rising else colors.diverging
    anchors = 255 * np.array(colors.validate_colors(getattr(family, plotly_name), "tuple"))
    # Not plotly's own interpolation, which first loads what checks figures.
    steps = np.linspace(0, 1, len(anchors))
    rgb = np.stack([np.interp(places, steps, part) for part in anchors.T], 1)
    return np.asarray(np.rint(rgb), np.uint8)


def display_scale(values: NDArray[np.float32]) -> tuple[float, str]:
    """What a map is divided by for display, and in words.

    Returns
    -------
    scale : float
        See :func:`full_scale`.
    words : str
        Empty where the map is zero everywhere.

    Examples
    --------
    >>> display_scale(np.array([[-2, 2]], dtype=np.float32))
    (2.0, 'scaled to its 99.5th percentile')
    """
    scale = full_scale(values)
    if not scale:
        return 0.0, ""
    sparse = np.percentile(np.abs(values), PERCENTILE) == 0
    kind = "maximum (almost all zero)" if sparse else f"{PERCENTILE:g}th percentile"
    return scale, f"scaled to its {kind}"
