"""Expert annotations kept by the image that they belong to."""

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from shamsul.annotations.annotation import Annotation, Occasion
from shamsul.annotations.formats.masks import read_mask
from shamsul.annotations.marks import Mask, from_json, to_json
from shamsul.storage.atomic import write_atomically
from shamsul.storage.damage import SENSELESS

_SHA256 = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")


@dataclass(frozen=True)
class Description:
    """What an annotation is, without its mark: pictures of masks take long to read.

    Attributes
    ----------
    label, source, author : str
    kind : str
        What was drawn, for example "polygons".
    created_at : datetime or None
        With time zone; None where it is not known.
    occasion : Occasion or None
        The reading in which it was drawn; None elsewhere.
    digest : str
        Of all that is kept of it, the mark too, hexadecimal.
    """

    label: str
    source: str
    author: str
    kind: str
    created_at: datetime | None
    occasion: Occasion | None
    digest: str


class AnnotationArchive:
    """Annotations in a directory: ``IMAGE_SHA256.json``, and ``masks/SHA256.png`` of masks.

    Parameters
    ----------
    directory : Path
        Made when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __contains__(self, image_sha256: str) -> bool:
        return self._index(image_sha256).exists()

    def put(self, image_sha256: str, annotations: Iterable[Annotation]) -> None:
        """Keep the annotations of an image in place of those it had."""
        with self._lock():
            self._write(image_sha256, annotations)

    def add(
        self, image_sha256: str, annotations: Iterable[Annotation], *, whoever: bool = False
    ) -> None:
        """Keep annotations of an image besides those it has.

        Those of the same label and source that the same author made before are replaced.

        Parameters
        ----------
        image_sha256 : str
        annotations : iterable of Annotation
        whoever : bool
            Replace those of the same label and source whoever made them, as is wanted of what puts
            several authors together.

        Raises
        ------
        ValueError
            If what is stored cannot be read.
        """

        def key(one: Annotation) -> tuple[str, ...]:
            return (one.label, one.source) if whoever else (one.label, one.source, one.author)

        new = tuple(annotations)
        replaced = {key(one) for one in new}
        self.revise(
            image_sha256, lambda old: (*(one for one in old if key(one) not in replaced), *new)
        )

    def revise(
        self,
        image_sha256: str,
        revision: Callable[[tuple[Annotation, ...]], Iterable[Annotation]],
    ) -> None:
        """Keep what a revision makes of the annotations of an image.

        Parameters
        ----------
        image_sha256 : str
        revision : callable
            From the annotations that the image has to those that it shall have.

        Raises
        ------
        ValueError
            If what is stored cannot be read.

        Notes
        -----
        Threads and processes of one machine wait for each other: none of what they add is lost.
        """
        with self._lock():
            self._write(image_sha256, revision(self.get(image_sha256)))

    def _lock(self) -> FileLock:
        self._directory.mkdir(parents=True, exist_ok=True)
        return FileLock(self._directory / ".lock")

    def _write(self, image_sha256: str, annotations: Iterable[Annotation]) -> None:
        masks = self._directory / "masks"
        masks.mkdir(parents=True, exist_ok=True)
        entries = []
        for annotation in annotations:
            entry: dict[str, object] = {"label": annotation.label, "source": annotation.source}
            if annotation.author:
                entry["author"] = annotation.author
            if annotation.created_at:
                entry["created_at"] = annotation.created_at.isoformat()
            if annotation.occasion:
                entry["occasion"] = asdict(annotation.occasion)
            if isinstance(annotation.mark, Mask):
                png = io.BytesIO()
                Image.fromarray(annotation.mark.region).save(png, "PNG")
                digest = hashlib.sha256(png.getvalue()).hexdigest()
                write_atomically(masks / f"{digest}.png", png.getvalue())
                entry["mask"] = digest
            else:
                entry["mark"] = to_json(annotation.mark)
            entries.append(entry)
        text = json.dumps({"annotations": entries}, ensure_ascii=False, indent=1)
        # Last, so that it never names a mask that is not there yet.
        write_atomically(self._index(image_sha256), text.encode())

    def get(self, image_sha256: str) -> tuple[Annotation, ...]:
        """The annotations of an image, none if it has none.

        Raises
        ------
        ValueError
            If what is stored cannot be read.
        """
        index = self._index(image_sha256)
        return _read(index, self._annotation) if index.exists() else ()

    def describe(self, image_sha256: str) -> tuple[Description, ...]:
        """What the annotations of an image are, none if it has none.

        Raises
        ------
        ValueError
            If what is stored cannot be read.
        """
        index = self._index(image_sha256)
        try:
            found = index.stat()
        except FileNotFoundError:
            return ()
        return _described(index, found.st_ino, found.st_mtime_ns, found.st_size)

    def _annotation(self, entry: dict[str, Any]) -> Annotation:
        about = _description(entry)
        mark = Mask(self._mask(entry["mask"])) if "mask" in entry else from_json(entry["mark"])
        return Annotation(
            about.label, about.source, mark, about.author, about.created_at, about.occasion
        )

    def _index(self, image_sha256: str) -> Path:
        return self._directory / f"{_checked(image_sha256)}.json"

    def _mask(self, digest: str) -> NDArray[np.bool_]:
        return read_mask(self._directory / "masks" / f"{_checked(digest)}.png")


def _read(index: Path, read: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
    try:
        entries = json.loads(index.read_bytes())["annotations"]
        return tuple(read(entry) for entry in entries)
    except (OSError, *SENSELESS) as error:
        raise ValueError(f"the annotations in {index} are damaged: {error}") from error


@lru_cache(maxsize=4096)
def _described(index: Path, file: int, changed: int, size: int) -> tuple[Description, ...]:
    """Kept, as pages ask for those of all cases at every click; another file is read anew."""
    return _read(index, _description)


def _description(entry: dict[str, Any]) -> Description:
    made, occasion = entry.get("created_at"), entry.get("occasion")
    return Description(
        entry["label"],
        entry["source"],
        entry.get("author", ""),
        Mask.kind if "mask" in entry else entry["mark"]["kind"],
        datetime.fromisoformat(made) if made else None,
        Occasion(**occasion) if occasion else None,
        hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest(),
    )


def _checked(digest: str) -> str:
    if not _SHA256.fullmatch(digest):  # it becomes a file name
        raise ValueError(f"{digest!r} is no SHA-256")
    return digest
