"""Where readers looked at images, to score maps against."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import Annotation, of_findings
from shamsul.annotations.marks import Gaze
from shamsul.localisation.reference import Reference
from shamsul.metrics import fixations


@dataclass(frozen=True, eq=False)
class Viewing:
    """Where one reader looked at an image.

    Attributes
    ----------
    reader : str
        Source and author of the gaze; the source alone where no author is known.
    gazes : tuple of Gaze
        One or more.
    """

    reader: str
    gazes: tuple[Gaze, ...]

    @property
    def fixations(self) -> NDArray[np.float64]:
        """Row and column in image coordinates, and seconds; shape (n, 3)."""
        return np.concatenate([one.fixations for one in self.gazes])

    @property
    def sigmas(self) -> NDArray[np.float64]:
        """Standard deviations of the Gaussian around each, in pixels of the image; shape (n,)."""
        return np.concatenate([one.spread.mean(1) for one in self.gazes])

    def density(
        self, shape: tuple[int, int], grid: tuple[int, int], by_duration: bool
    ) -> NDArray[np.float64]:
        """Where was looked how often, or how long, on a grid over an image of a shape."""
        total = np.zeros(grid)
        for one in self.gazes:
            often = one.fixations * (1, 1, 0) + (0, 0, 1)
            counted = one if by_duration else replace(one, fixations=often)
            total += counted.on_grid(shape, grid).heatmap(grid)
        return total


@dataclass(frozen=True, eq=False)
class Gazed:
    """An image that readers have looked at.

    Attributes
    ----------
    image : str
        The image's id.
    shape : (int, int)
        Rows and columns.
    viewings : tuple of Viewing
        One for each reader.
    labels : frozenset of str or None
        The findings that are annotated in it; None where nothing but gaze is.
    """

    image: str
    shape: tuple[int, int]
    viewings: tuple[Viewing, ...]
    labels: frozenset[str] | None

    @classmethod
    def of(cls, reference: Reference) -> "Gazed | None":
        """What annotations say; None where none of them is gaze."""
        marked = of_findings(reference.annotations)
        labels = frozenset(one.label for one in marked if one.mask(reference.shape).any())
        found = viewings(reference.annotations)
        return cls(reference.image, reference.shape, found, labels or None) if found else None


def viewings(annotations: Iterable[Annotation]) -> tuple[Viewing, ...]:
    """The gaze among annotations, reader by reader.

    Gaze of one author from two sources, such as of two data sets, is that of two readers.
    """
    readers: dict[str, list[Gaze]] = defaultdict(list)
    for one in annotations:
        if isinstance(one.mark, Gaze):
            name = f"{one.source}, {one.author}" if one.author else one.source
            readers[name].append(one.mark)
    return tuple(Viewing(name, tuple(marks)) for name, marks in sorted(readers.items()))


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Fixations on all images, for what is expected of gaze on one that nobody has looked at.

    Attributes
    ----------
    places : ndarray of shape (n, 3), float64
        Row and column as shares of the image's height and width, and seconds.
    images : ndarray of shape (n,), int64
        Which image each is on, as its place in `names`.
    names : tuple of str
    """

    places: NDArray[np.float64]
    images: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, gazed: Iterable[Gazed]) -> "Elsewhere":
        """Of images with gaze."""
        listed = list(gazed)
        of_images = [
            fixations.brought(
                np.concatenate([viewing.fixations for viewing in one.viewings]), one.shape, (1, 1)
            )
            for one in listed
        ]
        places = np.concatenate([np.empty((0, 3)), *of_images])
        images = np.repeat(np.arange(len(listed)), [len(each) for each in of_images])
        return cls(places, images, tuple(one.image for one in listed))

    def without(self, image: str) -> NDArray[np.float64]:
        """Those on other images than one."""
        own = self.names.index(image) if image in self.names else -1
        return np.asarray(self.places[self.images != own])
