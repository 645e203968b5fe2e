"""Label Studio: regions of an exported project, in percent of width and height.

References
----------
.. [1] https://labelstud.io/guide/export (JSON), and of each tag, such as
   https://labelstud.io/tags/rectanglelabels
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import UNFIT, Entry, Found, Looked, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.values import name, names, numbers, size
from shamsul.annotations.image_names import without_prefix
from shamsul.annotations.marks import Boxes, Ellipses, Mark, Points, Polygons
from shamsul.storage.text import number

_SHAPES = ("rectangle", "ellipse", "polygon", "keypoint")
_ENDINGS = (".png", ".jpg", ".jpeg", ".dcm", ".tif", ".tiff", ".bmp", ".webp")


def _path(task: Any) -> str:
    """Where a task's image is."""
    data = task["data"]
    named = data.get("image")
    if named is None:
        texts = [str(value) for value in data.values() if "/" in str(value)]
        pictures = [text for text in texts if urlsplit(text).path.lower().endswith(_ENDINGS)]
        if len(pictures or texts) > 1:
            raise ValueError(f"it may be of any of {len(pictures or texts)} images")
        named = next(iter(pictures or texts), None)
    parts = urlsplit(name(named, "image"))
    local = parts.query.startswith("d=")
    return unquote(parts.query.removeprefix("d=") if local else parts.path)


def _image(path: str) -> str:
    """An image's name as it was before it was uploaded."""
    return without_prefix(PurePosixPath(path).name) if "/upload/" in path else path


def _mark(kind: str, value: Any, shape: tuple[int, int]) -> Mark:
    """A region's mark.

    Rectangles turn about their top-left corner and ellipses about their centre, which is what x and
    y are of an ellipse; both clockwise, by degrees, in pixels and not in percent.
    """
    turn = number(value.get("rotation") or 0) % 360
    share = np.array(shape) / 100
    if kind == "polygon":
        return Polygons((numbers(value["points"], 2)[:, ::-1] * share,))
    top, left = share * [number(value["y"]), number(value["x"])]
    if kind == "keypoint":
        return Points(np.array([[top, left]]))
    if kind == "ellipse":
        high, wide = share * [number(value["radiusY"]), number(value["radiusX"])]
        return Ellipses(np.array([[top, left, high, wide, -turn]]))
    height, width = share * [number(value["height"]), number(value["width"])]
    box = Boxes(np.array([[top, left, top + height, left + width]]))
    if not turn:
        return box
    cosine, sine = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    corners = np.array([(0, 0), (0, width), (height, width), (height, 0)])
    return Polygons(((top, left) + corners @ [[cosine, -sine], [sine, cosine]],))


def _shape(region: Any) -> str:
    """What a region is; empty where it is none that is drawn, such as a choice."""
    kind = str(region.get("type")).removesuffix("labels")
    return kind if kind in _SHAPES else ""


def _labels(region: Any, others: Sequence[Any]) -> Sequence[str]:
    """A region's labels: its own, or those of the result "labels" of the same id.

    A tag Rectangle beside a tag Labels writes two results for one region, the shape without the
    label and the label with the shape; a tag RectangleLabels writes one.
    """
    value = region["value"]
    own = value.get(f"{_shape(region)}labels") or value.get("labels")
    if own:
        return names(own, "label")
    same = [other for other in others if _same(region, other)]
    if sum(bool(_shape(other)) for other in same) > 1:
        raise ValueError("another region has the same id, so that it cannot be told whose label is")
    told = [other["value"]["labels"] for other in same if other.get("type") == "labels"]
    if not any(told):
        raise ValueError("it has no label")
    return [label for labels in told for label in names(labels, "label")]


def _same(region: Any, other: Any) -> bool:
    """Whether two results say that they are of one region."""
    wanted = region.get("id")
    return wanted is not None and isinstance(other, dict) and other.get("id") == wanted


def _region(
    region: Any, others: Sequence[Any], image: str, author: str, made: datetime | None
) -> Iterator[Entry]:
    kind = _shape(region)
    if region.get("type") == "labels" and any(_same(region, one) and _shape(one) for one in others):
        return  # read with the shape
    if not kind:
        raise ValueError(f"regions of the type {region['type']!r} are not read")
    if number(region.get("image_rotation") or 0) % 360:
        raise ValueError("it was drawn on an image that was turned")
    shape = size(region["original_height"], region["original_width"])
    if shape is None:
        raise ValueError("the size of its image is not stated, of which it is in percent")
    labels = _labels(region, others)
    mark = _mark(kind, region["value"], shape)
    for label in labels:
        yield Found(image, Annotation(label, "Label Studio", mark, author, made), shape)


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _entries(given: Given) -> Iterator[Entry]:
    """The regions of the submitted annotations; each was made by one annotator."""

    uploads: dict[str, set[str]] = defaultdict(set)
    for task in given.json:
        with suppress(ValueError, *UNFIT):
            path = _path(task)
            uploads[_image(path)].add(path)

    def task_entries(task: Any) -> Iterator[Entry]:
        image = _image(_path(task))
        if len(uploads[image]) > 1:
            raise ValueError(f"{len(uploads[image])} different uploads are named {image}")
        for done in task["annotations"]:
            if done.get("was_cancelled"):
                continue
            by = done.get("completed_by", "")
            author = str(by.get("id", "") if isinstance(by, dict) else by)
            made = _time(done.get("created_at"))
            yield Looked(image, author)
            regions = done["result"]
            if len({one["to_name"] for one in regions if "to_name" in one and _shape(one)}) > 1:
                raise ValueError("its regions are on several images, of which one is named")
            yield from each(
                (
                    (f"{image}, region {region.get('id', n)}", region)
                    for n, region in enumerate(regions, 1)
                ),
                partial(_region, others=regions, image=image, author=author, made=made),
            )

    return each(((f"task {n}", task) for n, task in enumerate(given.json, 1)), task_entries)


def _fits(given: Given) -> bool:
    tasks = given.json
    return (
        isinstance(tasks, list)
        and bool(tasks)
        and isinstance(tasks[0], dict)
        and {"data", "annotations"} <= tasks[0].keys()
    )


LABEL_STUDIO = Format(
    "label-studio",
    "Label Studio export (JSON)",
    "labelstud.io/guide/export",
    "https://labelstud.io/guide/export",
    (".json",),
    _fits,
    _entries,
)
