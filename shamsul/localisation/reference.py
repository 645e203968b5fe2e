"""What experts say about images, to score maps against.

References
----------
.. [1] CheXlocalize: Saporta et al. 2022, doi 10.1038/s42256-022-00536-x; files as in
   https://github.com/rajpurkarlab/cheXlocalize, folder sample
.. [2] Run lengths: https://github.com/cocodataset/cocoapi, common/maskApi.h
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation, union
from shamsul.annotations.formats import chexlocalize, registry
from shamsul.annotations.formats.entry import Entry, Fault, Found
from shamsul.annotations.formats.rle import coco_runs, from_runs
from shamsul.annotations.image_names import Images
from shamsul.annotations.labels import LabelTable
from shamsul.annotations.marks import Mark, Polygons
from shamsul.annotations.matching import BEYOND, Annotators, bring
from shamsul.localisation.maps import MapFile

SOURCE = "CheXlocalize"


@dataclass(frozen=True, eq=False)
class Truth:
    """All annotations of one image.

    Attributes
    ----------
    image : str
        The image's id.
    shape : (int, int)
        Rows and columns.
    annotations : tuple of Annotation
    """

    image: str
    shape: tuple[int, int]
    annotations: tuple[Annotation, ...]

    def mask(self, label: str) -> NDArray[np.bool_]:
        """The pixels that any annotation of a label covers, of shape `shape`."""
        own = [one for one in self.annotations if one.label == label]
        return own[0].mask(self.shape) if len(own) == 1 else union(own, self.shape)

    def named(self, labels: Mapping[str, str]) -> "Truth":
        """The same with other labels, by those it has."""
        annotations = (replace(one, label=labels[one.label]) for one in self.annotations)
        return replace(self, annotations=tuple(annotations))


@dataclass(frozen=True, eq=False)
class _RunLengths:
    """A mask that stays compressed [2]_ until it is asked for: many would not fit in memory."""

    kind: ClassVar[str] = "mask"
    shape: tuple[int, int]
    counts: str

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """See `Mark`."""
        if self.shape != shape:
            raise ValueError(f"annotation is for an image of {self.shape}, not {shape}")
        columns = from_runs(coco_runs(self.counts), shape).T.view(np.uint8)
        region: NDArray[np.bool_] = cv2.transpose(columns).view(np.bool_)  # numpy's copy is slower
        return region

    def inside(self, shape: tuple[int, int]) -> bool:
        """See `Mark`."""
        return self.shape == shape


def read_truths(path: Path) -> dict[str, Truth]:
    """Annotations by image id, from a file of polygons or of segmentations [1]_.

    Parameters
    ----------
    path : Path
        JSON: for each image its img_size and, for each label, polygons of columns and rows; or for
        each image and label a mask in run lengths.

    Raises
    ------
    ValueError
        If it is neither.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {image: _truth(image, entry) for image, entry in content.items()}
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError(f"{path} is not JSON") from None
    except (AttributeError, KeyError, TypeError, IndexError):
        raise ValueError(f"{path} holds neither CheXlocalize polygons nor segmentations") from None


def _truth(image: str, entry: Mapping[str, Any]) -> Truth:
    marks: list[tuple[str, Mark]] = []
    if "img_size" in entry:
        rows, columns = map(int, entry["img_size"])
        for label, polygons in entry.items():
            if label != "img_size" and polygons:
                rings = tuple(np.asarray(ring, float)[:, ::-1] for ring in polygons)
                marks.append((label, Polygons(rings)))
    else:
        shapes = {(int(run["size"][0]), int(run["size"][1])) for run in entry.values()}
        if len(shapes) != 1:
            raise ValueError(f"the masks of {image} differ in size, or there is none")
        ((rows, columns),) = shapes
        marks = [(name, _RunLengths((rows, columns), run["counts"])) for name, run in entry.items()]
    annotations = (Annotation(name, SOURCE, mark) for name, mark in marks)
    return Truth(image, (rows, columns), tuple(annotations))


@dataclass(frozen=True)
class AnnotationFile:
    """A file of annotations, of any format.

    Attributes
    ----------
    images : frozenset of str
        Names of the images that it is about, as it has them.
    read : Mapping of str to Truth
        Of a CheXlocalize file, which lists all its images, those without findings too.
    entries : tuple of Entry
        Of a file of another format.
    """

    images: frozenset[str]
    read: Mapping[str, Truth]
    entries: tuple[Entry, ...] = ()

    @classmethod
    def open(cls, path: Path) -> "AnnotationFile":
        """Read a file or folder.

        Raises
        ------
        OSError
            If it cannot be opened.
        ValueError
            If it has none of the known formats; one sentence.
        """
        if path.is_file() and registry.recognise(path) in (
            chexlocalize.POLYGONS,
            chexlocalize.MASKS,
        ):
            truths = read_truths(path)
            return cls(frozenset(truths), truths)
        entries = registry.read(path).entries
        images = frozenset(one.image for one in entries if not isinstance(one, Fault))
        return cls(images, {}, entries)

    def truths(
        self,
        files: Sequence[MapFile],
        table: LabelTable,
        annotators: Annotators = Annotators.UNION,
    ) -> tuple[dict[str, Truth], tuple[Fault, ...]]:
        """The annotations of the images that have maps, and what could not be used.

        Labels that have no map under their own name take the one that stands for it in the table.
        Of a CheXlocalize file, images without maps are kept.

        Returns
        -------
        (dict of str to Truth, tuple of Fault)
            By the maps' image.
        """
        labels = frozenset().union(*(file.labels() for file in files))
        if not self.entries:
            named = {
                label: table.of_model(label, labels) or label
                for truth in self.read.values()
                for label in {one.label for one in truth.annotations}
            }
            beyond = tuple(
                Fault(f"{image}, {one.label}", BEYOND)
                for image in sorted({file.image for file in files} & self.read.keys())
                for one in self.read[image].annotations
                if not one.mark.inside(self.read[image].shape)
            )
            return {image: one.named(named) for image, one in self.read.items()}, beyond
        images = Images({file.image: [file.image] for file in files})
        sizes = self._sizes(files, images)
        brought = bring(
            self.entries,
            images,
            lambda image: _only(sizes[image], image),
            labels,
            table,
            annotators,
        )
        truths = {
            image: Truth(image, _only(sizes[image], image), found)
            for image, found in brought.annotations.items()
        }
        return truths, brought.faults

    def _sizes(self, files: Sequence[MapFile], images: Images) -> dict[str, set[tuple[int, int]]]:
        """Rows and columns of each image: as its maps say, else as the annotations do."""
        stated: dict[str, set[tuple[int, int]]] = defaultdict(set)
        for name, shape in {
            one.image: one.shape for one in self.entries if isinstance(one, Found)
        }.items():
            with contextlib.suppress(ValueError):  # it is of no image that has maps
                stated[images.find(name)] |= {shape} if shape else set()
        geometries = {file.image: file.geometry() for file in files}
        return {
            image: stated[image] if geometry is None else {geometry.image_shape}
            for image, geometry in geometries.items()
        }


def _only(sizes: set[tuple[int, int]], image: str) -> tuple[int, int]:
    if len(sizes) != 1:
        raise ValueError(f"neither the maps nor the annotations tell the size of {image}")
    (size,) = sizes
    return size


def read_points(path: Path) -> dict[str, dict[str, NDArray[np.float64]]]:
    """People's most representative points: by image and label, rows and columns of shape (n, 2).

    Raises
    ------
    ValueError
        If it is not JSON of the form ``{image: {label: [[column, row], ...]}}`` [1]_.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            image: {
                label: np.asarray(points, float).reshape(-1, 2)[:, ::-1]
                for label, points in entry.items()
                if label != "img_size"
            }
            for image, entry in content.items()
        }
    except (UnicodeDecodeError, AttributeError, TypeError, ValueError):
        raise ValueError(f"{path} holds no CheXlocalize points") from None
