"""Maps to score: found by name, read one image at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from shamsul.radiographs import pseudonym
from shamsul.radiographs.geometry import Geometry
from shamsul.radiographs.interpolation import sampled
from shamsul.radiographs.pseudonym import is_sha256
from shamsul.radiographs.turn import AS_STORED, Turn
from shamsul.storage.damage import SENSELESS, opened_arrays
from shamsul.storage.text import read_json

#: Names of the files that ``shamsul explain`` writes.
MAPS, FACTS = "heatmaps.npz", "explanation.json"

#: Method of maps that do not say which made them.
UNNAMED = "map"


@dataclass(frozen=True, eq=False)
class LabelMap:
    """One method's map for one label.

    Attributes
    ----------
    label, method : str
    values : ndarray of shape (h, w), float32
        Raw signed relevance on the model's grid.
    probability : float or None
        The model's, where the maps' file tells.
    """

    label: str
    method: str
    values: NDArray[np.float32]
    probability: float | None = None


@dataclass(frozen=True)
class MapFile:
    """Where all maps of one image are; reads them when asked.

    Attributes
    ----------
    image : str
        The image's id.
    path : Path
        An ``.npz`` file; its keys are METHOD/LABEL if all have a slash, otherwise labels.
    method : str
        Only maps of this method, or the method of keys that are labels; empty for all.
    facts : Path or None
        What ``shamsul explain`` wrote beside the file.
    sha256 : str
        Of the radiograph's file, where the facts tell; else empty.
    names : tuple of str
        What else the image may be called.
    """

    image: str
    path: Path
    method: str = ""
    facts: Path | None = None
    sha256: str = ""
    names: tuple[str, ...] = ()

    def geometry(self) -> Geometry | None:
        """From the maps' grid to the image; None where maps cover all of it."""
        if self.facts is None:
            return None
        facts = _facts(self.facts)
        try:
            return Geometry.from_json(facts)
        except SENSELESS:
            raise ValueError(f"{self.facts} does not say where its maps lie") from None

    def spacing(self) -> tuple[float, float] | None:
        """Millimetres from pixel to pixel of the image, rows before columns; None if unknown."""
        stated = _facts(self.facts).get("spacing_mm") if self.facts else None
        try:
            return (float(stated[0]), float(stated[1])) if stated else None
        except SENSELESS:
            raise ValueError(f"{self.facts} does not say how large its pixels are") from None

    def turn(self) -> Turn:
        """From the pixels of the radiograph's file to those that the maps are about."""
        stated = _facts(self.facts).get("turned") if self.facts else None
        try:
            return Turn.from_json(stated) if stated else AS_STORED
        except SENSELESS:
            raise ValueError(f"{self.facts} does not say how its radiograph was turned") from None

    def labels(self) -> frozenset[str]:
        """The labels that have maps.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        with self._opened() as arrays:
            return frozenset(self._named(key, arrays.files)[0] for key in arrays.files)

    @contextmanager
    def _opened(self) -> Iterator[NpzFile]:
        try:
            with opened_arrays(self.path) as arrays:
                yield arrays
        except OSError as error:
            raise ValueError(f"{self.path} cannot be read: {error}") from None

    def read(self) -> Iterator[LabelMap]:
        """The maps, each loaded when it is its turn, those of one label after each other.

        Raises
        ------
        ValueError
            If the file is damaged, or a map is not finite numbers in rows and columns.
        """
        known = _entries(self.facts) if self.facts else {}
        with self._opened() as arrays:
            named = [(self._named(key, arrays.files), key) for key in arrays.files]
            for (label, method), key in sorted(named):
                if self.method in ("", method):
                    values = _checked(arrays[key], f"{self.path}: {key}")
                    yield LabelMap(label, method, values, known.get(key))

    def _named(self, key: str, keys: Iterable[str]) -> tuple[str, str]:
        """A key's label and method."""
        if all("/" in one for one in keys):
            method, _, label = key.partition("/")
            return label, method
        return key, self.method or UNNAMED


def _checked(array: NDArray[Any], what: str) -> NDArray[np.float32]:
    """Leading axes of one go: maps are often kept as (1, 1, h, w)."""
    if array.dtype.kind not in "fiu" or array.ndim < 2 or array.size != np.prod(array.shape[-2:]):
        raise ValueError(f"{what} is not a map of rows and columns")
    values = np.ascontiguousarray(array.reshape(array.shape[-2:]), np.float32)
    if not values.size or not np.isfinite(values).all():
        raise ValueError(f"{what} is empty or has values that are not finite")
    return values


def _facts(path: Path) -> dict[str, Any]:
    try:
        facts = read_json(path)
    except (OSError, ValueError):
        raise ValueError(f"{path} is not JSON") from None
    if not isinstance(facts, dict):
        raise ValueError(f"{path} says nothing about maps")
    return facts


def _entries(path: Path) -> dict[str, float | None]:
    """The model's probability, where it is told, by the key of each map."""
    facts = _facts(path)
    try:
        told = {str(entry["key"]): entry.get("probability") for entry in facts["maps"]}
        return {key: None if value is None else float(value) for key, value in told.items()}
    except SENSELESS:
        raise ValueError(f"{path} does not list its maps") from None


#: By a radiograph's SHA-256.
Names = Mapping[str, Collection[str]]
_NO_NAMES: Names = MappingProxyType({})


def find(
    path: Path,
    image: str = "",
    method: str = "",
    known: Collection[str] = (),
    radiographs: Names = _NO_NAMES,
) -> list[MapFile]:
    """The maps in a file or folder, by image.

    Parameters
    ----------
    path : Path
        An ``.npz`` file of one image's maps; a folder that ``shamsul explain`` wrote, or a tree of
        them; or a folder of files IMAGE.npz.
    image : str
        Id of the image, if there are maps of one only; of several only this image.
    method : str
        See `MapFile`.
    known : collection of str
        Ids of images. What ``shamsul explain`` wrote takes the one that fits a name of its
        radiograph: without suffix, with as many folders before it as there are in the id, joined by
        "_"; the name itself; the hash; or the pseudonym.
    radiographs : mapping of str to collection of str
        Names of radiographs by their SHA-256, which is all that maps tell of theirs unless they
        were written with the file's name.

    Raises
    ------
    ValueError
        If there are none, or an image has maps in two files.
    """
    if path.is_file():
        files = [_file(path, method, known, radiographs)]
    else:
        files = _files(path, method, known, radiographs)
    if image and len(files) == 1:
        return [replace(files[0], image=image)]
    if image:
        files = [file for file in files if file.image == image]
    if not files:
        raise ValueError(f"there are no maps in {path}" + (f" of {image}" if image else ""))
    for one, other in pairwise(sorted(files, key=lambda file: file.image)):
        if one.image == other.image:
            raise ValueError(f"{one.image} has maps in {one.path} and in {other.path}")
    return files


def _file(path: Path, method: str, known: Collection[str], radiographs: Names) -> MapFile:
    """A file that was named itself, with the facts beside it if it is of ``shamsul explain``."""
    facts = path.with_name(FACTS)
    if path.name != MAPS or not facts.is_file():
        return MapFile(path.stem, path, method)
    return _explained(facts, path.parent, method, known, radiographs)


def _files(path: Path, method: str, known: Collection[str], radiographs: Names) -> list[MapFile]:
    return [
        _explained(facts, path, method, known, radiographs) for facts in sorted(path.rglob(FACTS))
    ] or [
        MapFile(file.relative_to(path).with_suffix("").as_posix(), file, method)
        for file in sorted(path.rglob("*.npz"))
    ]


def _explained(
    facts: Path, root: Path, method: str, known: Collection[str], radiographs: Names
) -> MapFile:
    """What ``shamsul explain`` wrote, with the id of the image that was explained."""
    stated = _facts(facts)
    sha256 = str(stated.get("sha256", ""))
    own = [str(stated["file"])] if "file" in stated else []
    own += radiographs.get(sha256, ())
    names = [name for file in own for name in _ends(PurePath(file))] + [sha256]
    if is_sha256(sha256):
        names.append(pseudonym(sha256))
    folder = facts.parent.relative_to(root).as_posix()
    unknown = folder if folder != "." else PurePath(own[0]).stem if own else names[-1]
    image = next((name for name in names if name in known), unknown)
    return MapFile(image, facts.with_name(MAPS), method, facts, sha256, tuple(own))


def _ends(file: PurePath) -> list[str]:
    """A file's name without suffix, with all its folders, then one less each time; its name."""
    parts = (*file.parent.parts, file.stem)
    return ["_".join(parts[start:]) for start in range(len(parts))] + [file.name]


def on_image(values: NDArray[np.float32], geometry: Geometry) -> NDArray[np.float32]:
    """A map at the pixels of its image, bilinear.

    Parameters
    ----------
    values : ndarray of shape (h, w), float32
    geometry : Geometry
        From the map's grid to the image, its axes along the image's.

    Returns
    -------
    ndarray of shape (H, W), float32
        Zero at pixels that the grid does not cover: the model never saw them. Half a pixel of the
        grid around its outermost centres has their values.

    Raises
    ------
    ValueError
        If the map has another shape than the grid or the grid is turned against the image.
    """
    if values.shape != geometry.grid_shape:
        raise ValueError(f"map has shape {values.shape}, its grid {geometry.grid_shape}")
    matrix = np.asarray(geometry.grid_to_image)
    if matrix[0, 1] or matrix[1, 0]:
        raise ValueError("the map's grid is turned against its image")
    rows, columns = (
        (np.arange(size) + 0.5 - matrix[axis, 2]) / matrix[axis, axis]
        for axis, size in enumerate(geometry.image_shape)
    )
    return sampled(values, rows, columns)
