"""What readers draw in the viewer: kept together for each reader and label, apart from experts'.

Each reading of a study has drawings of its own (`Occasion`). Whoever meets a case again, in a
repeat or a second session, finds it as blank as at first: what was drawn then would tell that the
case comes again, and so would tools that are missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation, Marked, Occasion
from shamsul.annotations.marks import Boxes, Mark, Points, Polygons, join

M = TypeVar("M", bound=Marked)

#: Source of what readers draw.
DRAWN = "drawn in the viewer"


def experts(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Those that no reader has drawn in the viewer."""
    return tuple(one for one in annotations if one.source != DRAWN)


def own(
    reader: str, annotations: Iterable[Annotation], occasion: Occasion | None = None
) -> tuple[Annotation, ...]:
    """What a reader drew on an occasion, None outside of studies."""
    wanted = (DRAWN, reader, occasion)
    return tuple(one for one in annotations if (one.source, one.author, one.occasion) == wanted)


def seen_by(
    reader: str, annotations: Sequence[Annotation], occasion: Occasion | None = None
) -> tuple[Annotation, ...]:
    """What a reader may see: what experts marked, and what they drew themselves then."""
    return (*experts(annotations), *own(reader, annotations, occasion))


def counted(annotations: Iterable[M]) -> tuple[M, ...]:
    """Those that are compared: of each reader's drawings in a study, the first reading's."""
    return tuple(one for one in annotations if one.occasion is None or one.occasion.counts)


def in_studies(annotations: Iterable[M]) -> tuple[M, ...]:
    """Without what readers drew outside of studies: while they review they try and show things."""
    return tuple(one for one in annotations if one.source != DRAWN or one.occasion is not None)


def mark_of(drawing: Any, shape: tuple[int, int]) -> Mark:
    """The mark that a browser says was drawn.

    Parameters
    ----------
    drawing : object
        ``{"kind": KIND, "corners": [[row, column], ...]}``, not trusted. The corners of a polygon,
        two opposite ones of a box, or the one place of a point, in image coordinates.
    shape : (int, int)
        The radiograph's rows and columns; what lies off it is moved to its edge.

    Raises
    ------
    ValueError
        If it is none, or a polygon or box without any extent.
    """
    try:
        kind, corners = drawing["kind"], np.array(drawing["corners"], float)
    except (KeyError, TypeError, ValueError):
        raise ValueError("that is no drawing") from None
    if corners.ndim != 2 or corners.shape[1] != 2 or not np.isfinite(corners).all():
        raise ValueError("a corner is a row and a column")
    corners = np.clip(corners, 0, shape)
    if kind == "point" and len(corners) == 1:
        # The far edge belongs to no pixel.
        return Points(np.minimum(corners, np.nextafter(shape, 0)))
    if len(corners) < 2 or (np.ptp(corners, axis=0) == 0).any():
        raise ValueError("a drawing has a height and a width")
    if kind == "polygon" and len(corners) > 2:
        return Polygons((corners,))
    if kind == "box" and len(corners) == 2:
        return Boxes(np.concatenate([corners.min(0), corners.max(0)])[None])
    raise ValueError(f"{len(corners)} corners are no {kind}")


def added(
    annotations: Sequence[Annotation],
    label: str,
    author: str,
    mark: Mark,
    now: datetime,
    occasion: Occasion | None = None,
) -> tuple[Annotation, ...]:
    """The annotations with one more drawing.

    A reader's drawings of a label and occasion are one annotation of each kind: another polygon is
    one more ring, another box or point one more row. One that is there already, as what is sent
    again is, changes nothing.
    """
    new = Annotation(label, DRAWN, mark, author, now, occasion)
    kept = []
    for one in annotations:
        if _is_of(one, label, author, occasion) and one.kind == new.kind:
            if _holds(one.mark, mark):
                return tuple(annotations)
            new = replace(new, mark=join([one.mark, mark]))
        else:
            kept.append(one)
    return (*kept, new)


def taken_back(
    annotations: Iterable[Annotation], label: str, author: str, occasion: Occasion | None = None
) -> tuple[Annotation, ...]:
    """The annotations without a reader's drawings of a label and occasion."""
    return tuple(one for one in annotations if not _is_of(one, label, author, occasion))


def _is_of(one: Annotation, label: str, author: str, occasion: Occasion | None) -> bool:
    return one.label == label and bool(own(author, [one], occasion))


def _holds(mark: Mark, part: Mark) -> bool:
    """Whether a mark has another one of its kind as a part."""
    parts = [ring.tolist() for ring in _rows(mark)]
    return all(row.tolist() in parts for row in _rows(part))


def _rows(mark: Mark) -> Iterable[NDArray[np.float64]]:
    match mark:
        case Polygons():
            return mark.rings
        case Boxes():
            return mark.edges
        case Points():
            return mark.places
    raise TypeError(f"{mark.kind} cannot be drawn in the viewer")
