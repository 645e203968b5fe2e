"""What experts say about images, to score maps against: the reference standard."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation, of_findings, of_gaze, union
from shamsul.annotations.formats import chexlocalize, registry
from shamsul.annotations.formats.entry import Entry, Fault, Found
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Boxes
from shamsul.annotations.matching import BEYOND, Annotators, bring
from shamsul.findings.labels import LabelTable
from shamsul.localisation.maps import MapFile
from shamsul.metrics.localisation import boxes
from shamsul.radiographs.archive import Extent
from shamsul.radiographs.turn import AS_STORED, Turn


@dataclass(frozen=True, eq=False)
class Reference:
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

    def boxes(self, label: str) -> NDArray[np.int64]:
        """The boxes of a label: those that were drawn, and around the parts of what else was.

        Returns
        -------
        ndarray of shape (n, 4), int64
            Top, left, bottom and right of each, within the image.
        """
        rows, columns = self.shape
        found = [
            np.clip(np.ceil(one.mark.edges - 0.5), 0, (rows, columns, rows, columns)).astype(int)
            if isinstance(one.mark, Boxes)
            else boxes(one.mask(self.shape))
            for one in self.annotations
            if one.label == label
        ]
        return np.concatenate([np.zeros((0, 4), np.int64), *found])

    def named(self, labels: Mapping[str, str]) -> "Reference":
        """The same with other labels, by those it has."""
        annotations = (replace(one, label=labels[one.label]) for one in self.annotations)
        return replace(self, annotations=tuple(annotations))

    def turned(self, turn: Turn) -> "Reference":
        """The same of the image turned."""
        if turn == AS_STORED:  # thousands of masks stay as they are
            return self
        annotations = tuple(
            replace(one, mark=one.mark.turned(turn, self.shape)) for one in self.annotations
        )
        return Reference(self.image, turn.shape(self.shape), annotations)


def read_references(path: Path) -> dict[str, Reference]:
    """Of each image in a CheXlocalize file, see :func:`.formats.chexlocalize.listed`."""
    return {image: Reference(image, *about) for image, about in chexlocalize.listed(path).items()}


@dataclass(frozen=True)
class AnnotationFile:
    """A file of annotations, of any format.

    Attributes
    ----------
    images : frozenset of str
        Names of the images that it is about, as it has them.
    read : Mapping of str to Reference
        Of a CheXlocalize file, which lists all its images, those without findings too.
    entries : tuple of Entry
        Of a file of another format.
    """

    images: frozenset[str]
    read: Mapping[str, Reference]
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
            references = read_references(path)
            return cls(frozenset(references), references)
        entries = registry.read(path).entries
        images = frozenset(one.image for one in entries if not isinstance(one, Fault))
        return cls(images, {}, entries)

    def references(
        self,
        files: Sequence[MapFile],
        table: LabelTable,
        annotators: Annotators = Annotators.UNION,
        *,
        gaze: bool = False,
    ) -> tuple[dict[str, Reference], tuple[Fault, ...]]:
        """The annotations of the images that have maps, and what could not be used.

        Labels that have no map under their own name take the one that stands for it in the table.
        Where people looked is among them only with `gaze`, parts of the body never are.
        Of a CheXlocalize file, images without maps are kept.

        Returns
        -------
        (dict of str to Reference, tuple of Fault)
            By the maps' image.
        """
        labels = frozenset().union(*(file.labels() for file in files))
        if not self.entries:
            named = {
                label: table.of_model(label, labels) or label
                for reference in self.read.values()
                for label in {one.label for one in reference.annotations}
            }
            beyond = tuple(
                Fault(f"{image}, {one.label}", BEYOND)
                for image in sorted({file.image for file in files} & self.read.keys())
                for one in self.read[image].annotations
                if not one.mark.inside(self.read[image].shape)
            )
            turns = {file.image: file.turn() for file in files}
            return {
                image: one.named(named).turned(turns.get(image, AS_STORED))
                for image, one in self.read.items()
            }, beyond
        images = Images({file.image: [file.image, *file.names] for file in files})
        sizes = self._sizes(files, images)
        turns = {file.image: file.turn() for file in files}
        brought = bring(
            self.entries,
            images,
            lambda image: Extent(_only(sizes[image], image), None, turns[image]),
            labels,
            table,
            annotators,
        )
        references = {
            image: Reference(image, _only(sizes[image], image), found)
            for image, marks in brought.annotations.items()
            if (found := (*of_findings(marks), *(of_gaze(marks) if gaze else ())))
        }
        return references, brought.faults

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
