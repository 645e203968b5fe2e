"""What units are called by phantoms, where everything in the picture is known exactly."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers.grid import GridImage, resample
from shamsul.classifiers.manifest import Manifest
from shamsul.phantom import Phantom, render
from shamsul.phantom.patient import ASPECT
from shamsul.phantom.structures import structures
from shamsul.units.survey import Survey

#: Of the first phantom, out of the way of those that models are trained and tested on.
FIRST_SEED: Final = 60_000_000
#: Rows of the pictures.
HEIGHT: Final = 390

Marks = dict[str, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Looked:
    """A phantom that was looked at.

    Attributes
    ----------
    image : GridImage
    survey : Survey
    marks : dict of str to ndarray of shape (h, w), bool
        Its findings and its anatomy, on the model's grid.
    """

    image: GridImage
    survey: Survey
    marks: Marks


def look_at_phantoms(
    manifest: Manifest,
    look: Callable[[GridImage], Survey],
    count: int,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> list[Looked]:
    """What units do in phantoms, and what is in those.

    Parameters
    ----------
    manifest : Manifest
        Of the model.
    look : callable
        Surveys a layer on an image.
    count : int
        Of phantoms.
    progress : callable
        Called with phantoms done and planned.
    """
    shape = (HEIGHT, round(HEIGHT / ASPECT))
    phantoms = (render(FIRST_SEED + n, shape=shape) for n in range(count))
    found: list[Looked] = []
    for image, marks in marked(manifest, phantoms):
        progress(len(found), count)
        found.append(Looked(image, look(image), marks))
    progress(count, count)
    return found


def marked(manifest: Manifest, phantoms: Iterable[Phantom]) -> Iterator[tuple[GridImage, Marks]]:
    """Phantoms on a model's grid, and where their findings and their anatomy are on it.

    Yields
    ------
    (GridImage, dict of str to ndarray of shape (h, w), bool)
    """
    for phantom in phantoms:
        aspect = phantom.spacing_mm[0] / phantom.spacing_mm[1]
        image = resample(phantom.pixels, manifest.input_size, manifest.resize, aspect)
        marks = {}
        for one in phantom.findings:
            marks[one.label] = on_grid(one.mask, manifest, aspect)
        for name, mask in structures(phantom.seed).items():
            # The planning grid covers the same picture with other pixels.
            own = aspect * np.divide(*phantom.pixels.shape) / np.divide(*mask.shape)
            marks[name] = on_grid(mask, manifest, float(own))
        yield image, marks


def on_grid(mask: NDArray[np.bool_], manifest: Manifest, aspect: float = 1.0) -> NDArray[np.bool_]:
    """A mask of a radiograph on a model's grid: pixels of which half is in it.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
    manifest : Manifest
    aspect : float
        Height of the mask's pixels divided by their width.
    """
    there = resample(mask.astype(np.float32), manifest.input_size, manifest.resize, aspect)
    return np.asarray(there.values >= 0.5)
