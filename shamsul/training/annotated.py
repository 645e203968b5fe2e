"""Annotations of a data set's images on the model's grid, brought there once."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.annotation import union
from shamsul.annotations.formats.entry import Entry, Fault, Found
from shamsul.annotations.formats.registry import read
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Gaze
from shamsul.annotations.matching import Annotators, bring
from shamsul.classifiers.grid import resample
from shamsul.classifiers.manifest import Manifest, Resize
from shamsul.findings.labels import BUILT_IN, GAZE
from shamsul.parallel.each import each
from shamsul.radiographs import ArchiveError, Radiograph, RadiographError
from shamsul.radiographs.archive import Extent
from shamsul.training import store
from shamsul.training.datasets.asked import Data
from shamsul.training.guidance import Guidance, Guides
from shamsul.training.images import digest, opened

#: The one image that a task is about.
_THIS: Final = "0" * 64
_Task = tuple[int, Path, tuple[Entry, ...], tuple[str, ...], Guidance, int, Resize]


def guides(
    data: Data,
    guidance: Guidance,
    place: Path,
    manifest: Manifest,
    size: int,
    directory: Path,
    *,
    processes: int,
    say: Callable[[str], None],
) -> Guides:
    """Where people looked in a data set's images, or what they marked.

    Parameters
    ----------
    data : Data
        N images.
    guidance : Guidance
    place : Path
        What the annotations' path is relative to.
    manifest : Manifest
        Whose labels and whose way onto the grid they have.
    size : int
        Rows and columns of the guides.
    directory : Path
        Keeps them, as that of `shamsul.training.images.images`.
    processes : int
        That bring them there; 0: this one.
    say : callable
        Takes a line for each that cannot be used.

    Returns
    -------
    Guides
        Gaze as seconds of all who looked, blurred as the gaze says, the maximum being 1. Marks as
        what any annotator marked. A label that is known to be absent has an empty one.

    Raises
    ------
    OSError
        The annotations cannot be opened.
    ValueError
        They are of no known format, or none of them is of an image; one sentence.
    """
    path = place / guidance.annotations
    try:
        contents = read(path, guidance.format or None)
    except ValueError as error:
        raise ValueError(f"{error}.") from None
    gaze = guidance.use == "gaze"
    entries = _by_image(data, contents.entries, gaze, say)
    if not entries:
        raise ValueError(f"Nothing in {path} is {guidance.use} in one of the images.")
    labels = manifest.labels
    maps = 1 if gaze else len(labels)
    name = hashlib.sha256(
        f"{digest(data.files, size, manifest.resize)}{digest(_files(path), maps, manifest.resize)}"
        f"{guidance.use}{guidance.sigma}{labels}".encode()
    )
    folder = directory / f"guides-{name.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    count = len(data.files)
    arrays = {
        "maps": store.array(folder / "maps.npy", (count, maps, size, size)),
        "given": store.array(folder / "given.npy", (count, maps)),
    }
    done = store.array(folder / "done.npy", (count,))
    tasks: list[_Task] = [
        (n, data.files[n], tuple(found), labels, guidance, size, manifest.resize)
        for n, found in sorted(entries.items())
        if not done[n]
    ]
    done[[n for n in range(count) if n not in entries]] = 1

    def results() -> Iterator[tuple[int, Mapping[str, NDArray[np.uint8]]]]:
        for number, found, faults in each(_brought, tasks, processes, chunk=store.CHUNK):
            for fault in faults:
                say(f"{data.files[number]}: {fault}")
            yield number, found

    store.fill(arrays, done, results(), "reading annotations")
    given = np.array(arrays["given"], bool)
    if not gaze:
        given |= data.targets.known & (data.targets.values == 0)
    return Guides(arrays["maps"], given)


def _by_image(
    data: Data, entries: Sequence[Entry], gaze: bool, say: Callable[[str], None]
) -> dict[int, list[Entry]]:
    """The wanted ones of each image, by its place; those of other images are passed over."""
    images = Images({str(n): (name,) for n, name in enumerate(data.table.images)})
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Fault):
            say(str(entry))
        elif isinstance(entry, Found) and isinstance(entry.annotation.mark, Gaze) is gaze:
            try:
                found[int(images.find(entry.image))].append(entry)
            except ValueError:
                continue
    return found


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _brought(task: _Task) -> tuple[int, Mapping[str, NDArray[np.uint8]], list[str]]:
    """An image's guides, and what of it could not be used."""
    number, file, entries, labels, guidance, size, resize = task
    gaze = guidance.use == "gaze"
    try:
        radiograph = opened(file)
    except (OSError, ArchiveError, RadiographError):
        return number, {}, []  # told where images are read
    shape = radiograph.shape
    brought = bring(
        entries,
        Images({_THIS: tuple({one.image for one in entries if isinstance(one, Found)})}),
        lambda _: Extent(shape, radiograph.spacing_mm, radiograph.turn),
        labels,
        BUILT_IN,
        Annotators.EACH,
    )
    annotations = brought.annotations.get(_THIS, ())
    names = (GAZE,) if gaze else labels
    maps = np.zeros((len(names), size, size), np.uint8)
    given = np.zeros(len(names), np.uint8)
    for row, name in enumerate(names):
        own = [one for one in annotations if one.label == name]
        if not own:
            continue
        if gaze:
            looks = [one.mark for one in own if isinstance(one.mark, Gaze)]
            if guidance.sigma is not None:
                sigma = guidance.sigma * shape[0]
                looks = [replace(one, sigma=sigma, per_degree=np.empty((0, 2))) for one in looks]
            brightness = np.sum([one.heatmap(shape) for one in looks], axis=0)
        else:
            brightness = union(own, shape).astype(float)
        maps[row] = _on_grid(brightness, radiograph, size, resize, gaze)
        given[row] = 1
    return number, {"maps": maps, "given": given}, [str(fault) for fault in brought.faults]


def _on_grid(
    values: NDArray[np.float64], radiograph: Radiograph, size: int, resize: Resize, scaled: bool
) -> NDArray[np.uint8]:
    highest = values.max() if scaled else 1.0
    share = (values / (highest or 1.0)).astype(np.float32)
    grid = resample(share, size, resize, radiograph.pixel_aspect).values
    return np.rint(grid * 255).astype(np.uint8)
