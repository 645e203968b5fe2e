"""COCO: segmentations and boxes.

References
----------
.. [1] Lin TY, et al. Microsoft COCO: common objects in context. ECCV 2014. arXiv:1405.0312
.. [2] https://cocodataset.org/#format-data
.. [3] https://docs.cvat.ai/docs/dataset_management/formats/format-coco/ and
   https://docs.cvat.ai/docs/annotation/manual-annotation/shapes/annotation-with-rectangles/
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import UNFIT, Entry, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.rle import region, to_runs
from shamsul.annotations.formats.values import flat, name, numbers, size
from shamsul.annotations.marks import Boxes, Mark, Mask, Points, Polygons
from shamsul.storage.text import number


@dataclass(frozen=True)
class Annotated:
    """An image and what is marked on it.

    Attributes
    ----------
    name : str
    shape : (int, int)
        Rows and columns.
    annotations : sequence of Annotation
    """

    name: str
    shape: tuple[int, int]
    annotations: Sequence[Annotation]


def document(images: Iterable[Annotated]) -> dict[str, Any]:
    """Annotations as JSON-able content that other programs read, and this one again.

    Polygons, masks and boxes are what COCO has for them, points are key points. An ellipse or gaze
    becomes the mask that it covers. `attributes` says what COCO has no place for: source, author,
    time, and the reading of a study in which it was drawn.

    Parameters
    ----------
    images : iterable of Annotated

    Returns
    -------
    dict
        `images`, `categories` and `annotations` as [2]_ has them, areas and boxes in pixels.

    Raises
    ------
    ValueError
        If a mask is of another shape than its image.
    """
    content: dict[str, Any] = {"images": [], "categories": [], "annotations": []}
    labels: dict[str, int] = {}
    for n, image in enumerate(images, 1):
        rows, columns = image.shape
        content["images"].append(
            {"id": n, "file_name": image.name, "height": rows, "width": columns}
        )
        for one in image.annotations:
            category = labels.setdefault(one.label, len(labels) + 1)
            for part in _parts(one.mark, image.shape):
                content["annotations"].append(
                    {
                        "id": len(content["annotations"]) + 1,
                        "image_id": n,
                        "category_id": category,
                        **part,
                        "attributes": _attributes(one),
                    }
                )
    content["categories"] = [
        {"id": n, "name": label, "keypoints": ["point"]} for label, n in labels.items()
    ]
    return content


def _parts(mark: Mark, shape: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """What stands for a mark: one part, or one for each box and point."""
    match mark:
        case Boxes():
            for top, left, bottom, right in mark.edges.tolist():
                size = [right - left, bottom - top]
                yield {"bbox": [left, top, *size], "area": size[0] * size[1], "iscrowd": 0}
        case Points():
            for row, column in mark.places.tolist():
                drawn = {"keypoints": [column, row, 2], "num_keypoints": 1}
                yield drawn | {"bbox": [column, row, 0, 0], "area": 0, "iscrowd": 0}
        case _:
            mask = mark.mask(shape)
            if isinstance(mark, Polygons):
                rings = [ring[:, ::-1].ravel().tolist() for ring in mark.rings]
                drawn = {"segmentation": rings, "iscrowd": 0}
            else:
                runs = {"size": list(shape), "counts": to_runs(mask)}
                drawn = {"segmentation": runs, "iscrowd": 1}
            left, top, right, bottom = Image.fromarray(mask).getbbox() or (0, 0, 0, 0)
            yield drawn | {"bbox": [left, top, right - left, bottom - top], "area": int(mask.sum())}


def _attributes(one: Annotation) -> dict[str, Any]:
    attributes: dict[str, Any] = {"source": one.source, "kind": one.kind}
    if one.author:
        attributes["author"] = one.author
    if one.created_at:
        attributes["created_at"] = one.created_at.isoformat()
    return attributes | (asdict(one.occasion) if one.occasion else {})


def _mark(annotation: Any) -> Mark:
    """The segmentation, which says more, or else the key points, or else the box."""
    drawn = annotation.get("segmentation")
    turn = _turn(annotation)
    if turn and (drawn or annotation.get("keypoints")):
        raise ValueError(f"it states a rotation of {turn:g} degrees for more than a box")
    if isinstance(drawn, dict):
        return Mask(region(drawn))
    if drawn:
        # Columns and rows of the corners by turns.
        return Polygons(tuple(flat(ring, 2)[:, ::-1] for ring in drawn))
    if annotation.get("keypoints"):
        places = flat(annotation["keypoints"], 3)
        return Points(places[places[:, 2] > 0, 1::-1])  # the others are not labelled
    ((left, top, width, height),) = numbers([annotation["bbox"]], 4)
    box = Boxes(np.array([[top, left, top + height, left + width]]))
    return box.rotated(turn) if turn else box


def _turn(annotation: Any) -> float:
    """By how many degrees a box is turned clockwise about its centre, as CVAT has it [3]_.

    Raises
    ------
    ValueError
        If that is no number, or another program says so elsewhere, in whatever way it means it.
    """
    if any(annotation.get(key) not in (None, 0, "0", "") for key in ("rotation", "angle")):
        raise ValueError("it is turned in a way that COCO has no place for")
    attributes = annotation.get("attributes")
    stated = attributes.get("rotation") if isinstance(attributes, dict) else None
    return 0.0 if stated in (None, "") else number(stated) % 360


def _of_id(items: Sequence[Any], what: str) -> Callable[[Any], Any]:
    """Finds an image or a category by its id, which may be text in one place and not in another.

    Items that are the same in all but their id's spelling are one.
    """
    known: dict[str, list[Any]] = {}
    for item in items:
        about = {key: value for key, value in item.items() if key != "id"}
        same = known.setdefault(name(item["id"], "id"), [])
        if about not in same:
            same.append(about)

    def find(wanted: Any) -> Any:
        found = known.get(name(wanted, f"{what}_id"), [])
        if not found:
            raise ValueError(f"there is no {what} with the id {wanted}")
        if len(found) > 1:
            raise ValueError(f"{what} {wanted} may be any of {len(found)} with this id")
        return found[0]

    return find


def _entries(given: Given) -> Iterator[Entry]:
    image_of = _of_id(given.json["images"], "image")
    category_of = _of_id(given.json["categories"], "category")

    def place(n: int, annotation: Any) -> str:
        where = f"annotation {annotation.get('id', n)}"
        try:
            return f"{image_of(annotation['image_id'])['file_name']}, {where}"
        except (ValueError, *UNFIT):
            return where

    def read(annotation: Any) -> Iterator[Entry]:
        image = image_of(annotation["image_id"])
        label = name(category_of(annotation["category_id"])["name"], "label")
        shape = size(image.get("height"), image.get("width"))
        attributes = annotation.get("attributes")
        author = attributes.get("author", "") if isinstance(attributes, dict) else ""
        one = Annotation(label, "COCO", _mark(annotation), str(author))
        yield Found(name(image["file_name"], "file_name"), one, shape)

    annotations = given.json["annotations"]
    return each(((place(n, one), one) for n, one in enumerate(annotations, 1)), read)


def _fits(given: Given) -> bool:
    return isinstance(given.json, dict) and all(
        isinstance(given.json.get(name), list)
        and all(isinstance(one, dict) for one in given.json[name])
        for name in ("images", "annotations", "categories")
    )


COCO = Format(
    "coco",
    "COCO object annotations",
    "Lin 2014, arXiv:1405.0312",
    "https://cocodataset.org/#format-data",
    (".json",),
    _fits,
    _entries,
)
