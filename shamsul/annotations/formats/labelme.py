"""LabelMe: shapes drawn on one image.

References
----------
.. [1] Wada K, et al. Labelme: image polygonal annotation with Python.
   https://github.com/wkentaro/labelme (doi:10.5281/zenodo.5711226)
"""

import base64
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Fault, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.rle import MOST_PIXELS
from shamsul.annotations.formats.values import name, numbers, size
from shamsul.annotations.marks import Boxes, Ellipses, Mark, Mask, Points, Polygons


def _mark(drawn: Any, shape: tuple[int, int] | None) -> Mark:
    places = numbers(drawn["points"], 2)[:, ::-1]
    match drawn.get("shape_type") or "polygon":
        case "polygon":
            return Polygons((places,))
        case "rectangle":
            return Boxes(np.array([_edges(places)]))
        case "circle":
            centre, edge = places
            radius = float(np.hypot(*(edge - centre)))
            return Ellipses(np.array([[*centre, radius, radius, 0]]))
        case "point":
            return Points(places)
        case "mask" if shape is not None:
            return Mask(_region(drawn["mask"], places, shape))
        case other:
            raise ValueError(f"shapes of the type {other!r} are not read")


def _edges(places: NDArray[np.float64]) -> list[float]:
    """Top, left, bottom and right of two opposite corners, or of four in turn (X-AnyLabeling)."""
    edges = [*places.min(0), *places.max(0)]
    corners = {(row, column) for row in edges[::2] for column in edges[1::2]}
    if len(places) not in (2, 4) or (len(places) == 4 and set(map(tuple, places)) != corners):
        raise ValueError("its rectangle has neither two corners nor four upright ones")
    return edges


def _region(text: str, places: Any, shape: tuple[int, int]) -> np.ndarray:
    """The mask, which is a picture of the part between two pixels, both included."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
            part = np.asarray(picture.convert("L")) > 0
    except (OSError, Image.DecompressionBombError):
        raise ValueError("its mask is no picture") from None
    top, left, bottom, right = _edges(places)
    if part.shape != (bottom - top + 1, right - left + 1):
        raise ValueError("its mask is of another size than the rectangle that it fills")
    top, left = round(top), round(left)
    if shape[0] * shape[1] > MOST_PIXELS:
        raise ValueError("the image that it is on is too large to be one")
    region = np.zeros(shape, bool)
    if top < 0 or left < 0 or region[top:, left:][: len(part), : part.shape[1]].shape != part.shape:
        raise ValueError("its mask is off the image")
    region[top : top + part.shape[0], left : left + part.shape[1]] = part
    return region


def _entries(given: Given) -> Iterator[Entry]:
    image = given.json.get("imagePath") or given.path.stem
    try:
        image = name(image, "image")
        shape = size(given.json.get("imageHeight"), given.json.get("imageWidth"))
    except ValueError as error:
        yield Fault(str(image), str(error))
        return

    def read(drawn: Any) -> Iterator[Entry]:
        label = name(drawn["label"], "label")
        yield Found(image, Annotation(label, "LabelMe", _mark(drawn, shape)), shape)

    shapes = enumerate(given.json["shapes"], 1)
    yield from each(((f"{image}, shape {n}", drawn) for n, drawn in shapes), read)


LABELME = Format(
    "labelme",
    "LabelMe shapes",
    "Wada, doi:10.5281/zenodo.5711226",
    "https://github.com/wkentaro/labelme",
    (".json",),
    lambda given: isinstance(given.json, dict) and isinstance(given.json.get("shapes"), list),
    _entries,
)
