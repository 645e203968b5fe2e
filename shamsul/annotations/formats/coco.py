"""COCO: segmentations and boxes.

References
----------
.. [1] Lin TY, et al. Microsoft COCO: common objects in context. ECCV 2014. arXiv:1405.0312
.. [2] https://cocodataset.org/#format-data
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.entry import Entry, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.rle import coco_runs, from_runs, to_runs
from shamsul.annotations.marks import Boxes, Mark, Mask, Points, Polygons


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
    for number, image in enumerate(images, 1):
        rows, columns = image.shape
        content["images"].append(
            {"id": number, "file_name": image.name, "height": rows, "width": columns}
        )
        for one in image.annotations:
            category = labels.setdefault(one.label, len(labels) + 1)
            for part in _parts(one.mark, image.shape):
                content["annotations"].append(
                    {
                        "id": len(content["annotations"]) + 1,
                        "image_id": number,
                        "category_id": category,
                        **part,
                        "attributes": _attributes(one),
                    }
                )
    content["categories"] = [
        {"id": number, "name": label, "keypoints": ["point"]} for label, number in labels.items()
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
    if isinstance(drawn, dict):
        rows, columns = drawn["size"]
        runs = drawn["counts"]
        if isinstance(runs, str):
            runs = coco_runs(runs)
        return Mask(from_runs(runs, (int(rows), int(columns))))
    if drawn:
        # Columns and rows of the corners by turns.
        return Polygons(tuple(np.reshape(ring, (-1, 2))[:, ::-1] for ring in drawn))
    if annotation.get("keypoints"):
        places = np.reshape(annotation["keypoints"], (-1, 3))
        return Points(places[places[:, 2] > 0, 1::-1])  # the others are not labelled
    left, top, width, height = annotation["bbox"]
    return Boxes(np.array([[top, left, top + height, left + width]]))


def _entries(given: Given) -> Iterator[Entry]:
    images = {image["id"]: image for image in given.json["images"]}
    labels = {category["id"]: category["name"] for category in given.json["categories"]}

    def read(annotation: Any) -> Iterator[Entry]:
        if annotation["image_id"] not in images:
            raise ValueError(f"there is no image with the id {annotation['image_id']}")
        if annotation["category_id"] not in labels:
            raise ValueError(f"there is no category with the id {annotation['category_id']}")
        image, label = images[annotation["image_id"]], labels[annotation["category_id"]]
        size = (image.get("height"), image.get("width"))
        shape = (int(size[0]), int(size[1])) if all(size) else None
        attributes = annotation.get("attributes")
        author = attributes.get("author", "") if isinstance(attributes, dict) else ""
        one = Annotation(label, "COCO", _mark(annotation), str(author))
        yield Found(image["file_name"], one, shape)

    annotations = given.json["annotations"]
    return each(
        ((f"annotation {one.get('id', n)}", one) for n, one in enumerate(annotations, 1)), read
    )


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
