"""CheXlocalize: polygons, masks of run lengths, and most representative points.

References
----------
.. [1] Saporta A, et al. Benchmarking saliency methods for chest X-ray interpretation. Nat Mach
   Intell. 2022;4:867-878. doi:10.1038/s42256-022-00536-x
.. [2] https://github.com/rajpurkarlab/cheXlocalize (README, ``eval.py``; folder ``sample``)
.. [3] Run lengths: https://github.com/cocodataset/cocoapi, common/maskApi.h
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.rle import region
from shamsul.annotations.formats.values import numbers, whole
from shamsul.annotations.marks import Mark, Mask, Points, Polygons
from shamsul.radiographs.turn import Turn
from shamsul.storage.text import number, read_json

_REFERENCE = "Saporta 2022, doi:10.1038/s42256-022-00536-x"
_LINK = "https://github.com/rajpurkarlab/cheXlocalize"
_SOURCE = "CheXlocalize"
_SIZE = "img_size"


@dataclass(frozen=True, eq=False)
class RunLengths:
    """A mask that stays compressed [3]_ until it is asked for: many would not fit in memory.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    counts : str or list of int
        As COCO has them.
    """

    kind: ClassVar[str] = "mask"
    shape: tuple[int, int]
    counts: str | list[int]

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`."""
        if self.shape != shape:
            raise ValueError(f"annotation is for an image of {self.shape}, not {shape}")
        columns = region({"size": shape, "counts": self.counts}).T.view(np.uint8)
        mask: NDArray[np.bool_] = cv2.transpose(columns).view(np.bool_)  # numpy's copy is slower
        return mask

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        return self.shape == shape

    def turned(self, turn: Turn, shape: tuple[int, int]) -> Mask:
        """See `Mark`."""
        return Mask(turn.pixels(self.mask(shape)))


def listed(path: Path) -> dict[str, tuple[tuple[int, int], tuple[Annotation, ...]]]:
    """What a file of polygons or segmentations says of every image, those without findings too.

    Returns
    -------
    dict of str to (shape, annotations)
        By image. A mask stays in run lengths; that of a finding that is absent is empty.

    Raises
    ------
    ValueError
        If it is no such file; one sentence without a full stop.
    """
    try:
        return {image: _of_image(image, entry) for image, entry in read_json(path).items()}
    except (AttributeError, KeyError, TypeError, IndexError):
        raise ValueError(f"{path} holds neither CheXlocalize polygons nor segmentations") from None


def _of_image(
    image: str, entry: Mapping[str, Any]
) -> tuple[tuple[int, int], tuple[Annotation, ...]]:
    marks: list[tuple[str, Mark]]
    if _SIZE in entry:
        shape = _shape(entry[_SIZE])
        marks = [
            (label, Polygons(tuple(map(_places, rings))))
            for label, rings in entry.items()
            if label != _SIZE and rings
        ]
    else:
        masks = {label: _run_lengths(content) for label, content in entry.items()}
        shapes = {mask.shape for mask in masks.values()}
        if len(shapes) != 1:
            raise ValueError(f"the masks of {image} differ in size, or there is none")
        (shape,) = shapes
        marks = list(masks.items())
    return shape, tuple(Annotation(label, _SOURCE, mark) for label, mark in marks)


def read_points(path: Path) -> dict[str, dict[str, NDArray[np.float64]]]:
    """People's most representative points: by image and label, rows and columns of shape (n, 2).

    Raises
    ------
    ValueError
        If it is not JSON of the form ``{image: {label: [[column, row], ...]}}`` [2]_.
    """
    try:
        return {
            image: {label: _places(points) for label, points in entry.items() if label != _SIZE}
            for image, entry in read_json(path).items()
        }
    except (AttributeError, TypeError, ValueError):
        raise ValueError(f"{path} holds no CheXlocalize points") from None


def _places(content: Any) -> NDArray[np.float64]:
    """Rows and columns of places that the file has as columns and rows."""
    return numbers(content, 2)[:, ::-1]


def _run_lengths(content: Any) -> RunLengths:
    return RunLengths(_shape(content["size"]), content["counts"])


def _labels(given: Given) -> Iterator[tuple[str, tuple[str, Any, str, Any]]]:
    """Each label's content, with its image and that image's size, and where it stands."""
    for image, labels in given.json.items():
        for label, content in labels.items():
            if label != _SIZE:
                yield f"{image}, {label}", (image, labels.get(_SIZE), label, content)


def _shape(size: Any) -> tuple[int, int]:
    rows, columns = size
    return whole(rows), whole(columns)


def _stated(size: Any) -> tuple[int, int] | None:
    return None if size is None else _shape(size)


def _depth(content: Any) -> int:
    """How many lists contain a label's first number; 0 where there is none."""
    depth = 0
    while isinstance(content, list) and content:
        content, depth = content[0], depth + 1
    try:
        number(content)
    except ValueError:
        return 0
    return depth


def _first_depth(given: Given) -> int:
    """How deep the first label's numbers stand that has any; -1 where it is another file."""
    if not isinstance(given.json, dict) or not given.json:
        return -1
    if not all(isinstance(labels, dict) for labels in given.json.values()):
        return -1
    contents = [content for _, (_, _, _, content) in _labels(given)]
    if not all(isinstance(content, list) for content in contents):
        return -1
    return next((depth for depth in map(_depth, contents) if depth), 0)


def _are_polygons(given: Given) -> bool:
    depth = _first_depth(given)
    return depth >= 3 or (depth == 0 and all(_SIZE in labels for labels in given.json.values()))


def _are_masks(given: Given) -> bool:
    return (
        isinstance(given.json, dict)
        and all(isinstance(labels, dict) for labels in given.json.values())
        and any(
            isinstance(content, dict) and {"size", "counts"} <= content.keys()
            for _, (_, _, _, content) in _labels(given)
        )
    )


def _polygons(given: Given) -> Iterator[Entry]:
    def read(item: tuple[str, Any, str, Any]) -> Iterator[Entry]:
        image, size, label, ring = item
        mark = Polygons((_places(ring),))
        yield Found(image, Annotation(label, _SOURCE, mark), _stated(size))

    rings = (
        (f"{place}, polygon {n}", (image, size, label, ring))
        for place, (image, size, label, content) in _labels(given)
        for n, ring in enumerate(content if isinstance(content, list) else [content], 1)
    )
    return each(rings, read)


def _masks(given: Given) -> Iterator[Entry]:
    def read(item: tuple[str, Any, str, Any]) -> Iterator[Entry]:
        image, _, label, content = item
        mark = _run_lengths(content)
        mask = mark.mask(mark.shape)
        if mask.any():  # findings that are absent have an empty mask
            yield Found(image, Annotation.of_region(label, _SOURCE, mask), mask.shape)

    return each(_labels(given), read)


def _points(given: Given) -> Iterator[Entry]:
    def read(item: tuple[str, Any, str, Any]) -> Iterator[Entry]:
        image, size, label, content = item
        if content:
            source = f"{_SOURCE} points"
            mark = Points(_places(content))
            yield Found(image, Annotation(label, source, mark), _stated(size))

    return each(_labels(given), read)


POLYGONS = Format(
    "chexlocalize",
    "CheXlocalize polygons",
    _REFERENCE,
    _LINK,
    (".json",),
    _are_polygons,
    _polygons,
)
MASKS = Format(
    "chexlocalize-masks",
    "CheXlocalize segmentations",
    _REFERENCE,
    _LINK,
    (".json",),
    _are_masks,
    _masks,
)
POINTS = Format(
    "chexlocalize-points",
    "CheXlocalize most representative points",
    _REFERENCE,
    _LINK,
    (".json",),
    lambda given: _first_depth(given) == 2,
    _points,
)
