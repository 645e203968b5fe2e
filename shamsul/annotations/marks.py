"""What an expert can draw on a radiograph, and which pixels it covers.

Places are image coordinates, row before column: (0, 0) is the top-left corner of the first pixel.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shamsul.annotations import gaze
from shamsul.annotations.gaze import Gaze
from shamsul.annotations.places import table, within
from shamsul.radiographs.turn import Turn

__all__ = [
    "Boxes",
    "Ellipses",
    "Gaze",
    "Mark",
    "Mask",
    "Points",
    "Polygons",
    "from_json",
    "join",
    "to_json",
]


class Mark(Protocol):
    """Something drawn on a radiograph.

    Attributes
    ----------
    kind : str
        Its name in files: "mask", "polygons", "boxes", "points", "ellipses" or "gaze".
    """

    kind: ClassVar[str]

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """The pixels it covers, on a radiograph of some rows and columns.

        Raises
        ------
        ValueError
            If it was drawn on an image of another shape and knows so.
        """
        ...

    def inside(self, shape: tuple[int, int]) -> bool:
        """Whether nothing of it lies off a radiograph of some rows and columns."""
        ...

    def turned(self, turn: Turn, shape: tuple[int, int]) -> "Mark":
        """The same on the radiograph turned, which has some rows and columns before."""
        ...


M = TypeVar("M", bound=Mark)


@dataclass(frozen=True, eq=False, init=False)
class Mask:
    """Single pixels, kept as bits: a data set may have thousands of masks.

    Parameters
    ----------
    region : ndarray of shape (H, W), bool

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    """

    kind: ClassVar[str] = "mask"
    shape: tuple[int, int]
    _bits: NDArray[np.uint8]

    def __init__(self, region: NDArray[np.bool_]) -> None:
        if region.ndim != 2 or region.dtype != np.bool_:
            raise ValueError("region must be a boolean array of rows and columns")
        object.__setattr__(self, "shape", region.shape)
        object.__setattr__(self, "_bits", np.packbits(region))

    @property
    def region(self) -> NDArray[np.bool_]:
        """The pixels, of shape (H, W), bool, read-only."""
        rows, columns = self.shape
        bits = np.unpackbits(self._bits, count=rows * columns)
        region = bits.view(np.bool_).reshape(self.shape)
        region.setflags(write=False)
        return region

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`."""
        if self.shape != shape:
            raise ValueError(f"annotation is for an image of {self.shape}, not {shape}")
        return self.region

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        return self.shape == shape

    def turned(self, turn: Turn, shape: tuple[int, int]) -> "Mask":
        """See `Mark`."""
        return Mask(turn.pixels(self.mask(shape)))


@dataclass(frozen=True, eq=False)
class Polygons:
    """Closed lines and what they enclose; overlaps count once.

    Attributes
    ----------
    rings : tuple of ndarray of shape (n, 2), float64
        Rows and columns of the corners of each.

    Notes
    -----
    Filled as Pillow draws them, which is how the CheXlocalize masks were made.
    """

    kind: ClassVar[str] = "polygons"
    rings: tuple[NDArray[np.float64], ...]

    def __post_init__(self) -> None:
        rings = tuple(table(ring, 2) for ring in self.rings)
        if not rings or min(map(len, rings)) < 2:
            raise ValueError("a polygon has at least two corners")
        object.__setattr__(self, "rings", rings)

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`."""
        drawn = Image.new("1", (shape[1], shape[0]))
        for ring in self.rings:
            corners = [(column, row) for row, column in ring.tolist()]
            ImageDraw.Draw(drawn).polygon(corners, outline=1, fill=1)
        return np.asarray(drawn)

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        return all(within(ring, shape) for ring in self.rings)

    def turned(self, turn: Turn, shape: tuple[int, int]) -> "Polygons":
        """See `Mark`."""
        return Polygons(tuple(turn.places(ring, shape) for ring in self.rings))


@dataclass(frozen=True, eq=False)
class Boxes:
    """Rectangles.

    Attributes
    ----------
    edges : ndarray of shape (n, 4), float64
        Top, left, bottom and right of each.
    """

    kind: ClassVar[str] = "boxes"
    edges: NDArray[np.float64]

    def __post_init__(self) -> None:
        edges = table(self.edges, 4)
        if len(edges) == 0 or (edges[:, 2:] <= edges[:, :2]).any():
            raise ValueError("a box has a height and a width")
        object.__setattr__(self, "edges", edges)

    def rotated(self, degrees: float) -> Polygons:
        """The rectangles, each turned about its centre, clockwise as one sees it."""
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        rings = []
        for top, left, bottom, right in self.edges:
            centre = np.array([top + bottom, left + right]) / 2
            corners = np.array([(top, left), (top, right), (bottom, right), (bottom, left)])
            rings.append(centre + (corners - centre) @ [[cosine, -sine], [sine, cosine]])
        return Polygons(tuple(rings))

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`; pixels whose centre is inside."""
        region = np.zeros(shape, bool)
        for top, left, bottom, right in np.clip(np.ceil(self.edges - 0.5), 0, None).astype(int):
            region[top:bottom, left:right] = True
        return region

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        return within(self.edges.reshape(-1, 2), shape)

    def turned(self, turn: Turn, shape: tuple[int, int]) -> "Boxes":
        """See `Mark`."""
        corners = turn.places(self.edges.reshape(-1, 2), shape).reshape(-1, 2, 2)
        return Boxes(np.concatenate([corners.min(1), corners.max(1)], 1))


@dataclass(frozen=True, eq=False)
class Points:
    """Single places, such as the most representative point of a finding.

    Attributes
    ----------
    places : ndarray of shape (n, 2), float64
        Row and column of each.
    """

    kind: ClassVar[str] = "points"
    places: NDArray[np.float64]

    def __post_init__(self) -> None:
        places = table(self.places, 2)
        if len(places) == 0:
            raise ValueError("there is no point")
        object.__setattr__(self, "places", places)

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`; the pixels that the points are in."""
        region = np.zeros(shape, bool)
        pixels = np.floor(self.places).astype(int)
        seen = pixels[((pixels >= 0) & (pixels < shape)).all(1)]
        region[tuple(seen.T)] = True
        return region

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        return within(self.places, shape)

    def turned(self, turn: Turn, shape: tuple[int, int]) -> "Points":
        """See `Mark`."""
        return Points(turn.places(self.places, shape))


@dataclass(frozen=True, eq=False)
class Ellipses:
    """Ellipses.

    Attributes
    ----------
    axes : ndarray of shape (n, 5), float64
        Row and column of the centre, half of the height, half of the width, and by how many degrees
        it is turned, counter-clockwise as one sees it.
    """

    kind: ClassVar[str] = "ellipses"
    axes: NDArray[np.float64]

    def __post_init__(self) -> None:
        axes = table(self.axes, 5)
        if len(axes) == 0 or (axes[:, 2:4] <= 0).any():
            raise ValueError("an ellipse has a height and a width")
        object.__setattr__(self, "axes", axes)

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`; pixels whose centre is inside."""
        region = np.zeros(shape, bool)
        for row, column, high, wide, degrees in self.axes:
            down = np.arange(shape[0])[:, None] + 0.5 - row
            across = np.arange(shape[1])[None, :] + 0.5 - column
            cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            along = (across * cosine - down * sine) / wide
            upright = (across * sine + down * cosine) / high
            region |= along**2 + upright**2 <= 1
        return region

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        row, column, high, wide, degrees = self.axes.T
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        reach = np.stack(
            [np.hypot(high * cosine, wide * sine), np.hypot(wide * cosine, high * sine)], 1
        )
        centres = np.stack([row, column], 1)
        return within(centres - reach, shape) and within(centres + reach, shape)

    def turned(self, turn: Turn, shape: tuple[int, int]) -> "Ellipses":
        """See `Mark`."""
        axes = self.axes[:, [0, 1, 3, 2, 4]] if turn.swapped else self.axes.copy()
        axes[:, :2] = turn.places(self.axes[:, :2], shape)
        axes[:, 4] *= (-1) ** sum(turn)  # each is a reflection
        return Ellipses(axes)


def join(marks: Sequence[Mark]) -> Mark:
    """One mark that covers what several of one kind cover.

    Raises
    ------
    ValueError
        If there is none, they are of different kinds, masks of different shapes, or gaze with
        different Gaussians.
    """
    if len(marks) == 1:
        return marks[0]
    match list(marks):
        case [Polygons(), *_] if polygons := _all(marks, Polygons):
            return Polygons(tuple(ring for one in polygons for ring in one.rings))
        case [Boxes(), *_] if boxes := _all(marks, Boxes):
            return Boxes(np.concatenate([one.edges for one in boxes]))
        case [Points(), *_] if points := _all(marks, Points):
            return Points(np.concatenate([one.places for one in points]))
        case [Ellipses(), *_] if ellipses := _all(marks, Ellipses):
            return Ellipses(np.concatenate([one.axes for one in ellipses]))
        case [Mask(), *_] if masks := _all(marks, Mask):
            if len({one.shape for one in masks}) == 1:
                return Mask(np.logical_or.reduce([one.region for one in masks]))
        case [Gaze(), *_] if gazes := _all(marks, Gaze):
            with suppress(ValueError):
                return gaze.together(gazes)
    raise ValueError("marks of different kinds cannot be one mark")


def _all(marks: Sequence[Mark], kind: type[M]) -> list[M]:
    """The marks if all are of a kind, else none."""
    alike = [mark for mark in marks if isinstance(mark, kind)]
    return alike if len(alike) == len(marks) else []


def to_json(mark: Mark) -> dict[str, Any]:
    """A mark as JSON-able content; masks are kept as pictures instead.

    Raises
    ------
    TypeError
        If it is a mask.
    """
    match mark:
        case Polygons():
            return {"kind": mark.kind, "rings": [ring.tolist() for ring in mark.rings]}
        case Boxes():
            return {"kind": mark.kind, "edges": mark.edges.tolist()}
        case Points():
            return {"kind": mark.kind, "places": mark.places.tolist()}
        case Ellipses():
            return {"kind": mark.kind, "axes": mark.axes.tolist()}
        case Gaze():
            return {"kind": mark.kind, **mark.to_json()}
    raise TypeError("a mask is kept as a picture")


def from_json(content: Mapping[str, Any]) -> Mark:
    """The mark that :func:`to_json` wrote.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it wrote no such thing.
    """
    values = {name: value for name, value in content.items() if name != "kind"}
    if content["kind"] == Polygons.kind:
        return Polygons(tuple(np.asarray(ring, float) for ring in values["rings"]))
    kinds: dict[str, Any] = {one.kind: one for one in (Boxes, Points, Ellipses, Gaze)}
    if content["kind"] not in kinds:
        raise ValueError(f"there is no kind of mark {content['kind']!r}")
    mark: Mark = kinds[content["kind"]](**values)
    return mark
