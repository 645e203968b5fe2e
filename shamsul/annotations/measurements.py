"""What readers measure in the viewer: lengths, angles and the cardiothoracic ratio."""

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from shamsul.annotations.annotation import Occasion
from shamsul.radiographs.pseudonym import is_sha256
from shamsul.storage.atomic import write_atomically
from shamsul.storage.damage import SENSELESS

Place = tuple[float, float]

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


class Kind(StrEnum):
    """What is measured."""

    RULER = "ruler"
    """Length of a line, from its two ends."""
    ANGLE = "angle"
    """Angle at the second of three places."""
    CARDIOTHORACIC_RATIO = "cardiothoracic_ratio"
    """Width of the heart by that of the thorax: two ends of either, level with each other."""

    @property
    def words(self) -> str:
        """For the reader."""
        return self.value.replace("_", " ")


_PLACES = {Kind.RULER: 2, Kind.ANGLE: 3, Kind.CARDIOTHORACIC_RATIO: 4}


@dataclass(frozen=True)
class Measurement:
    """One measurement of a reader.

    Attributes
    ----------
    id : str
        One per measurement of an image; the browser makes it.
    kind : Kind
    places : tuple of (float, float)
        Rows and columns, image coordinates, in the order in which `kind` names them.
    author : str
    created_at : datetime
        With time zone; when it was made or last changed.
    occasion : Occasion or None
        The reading of a study in which it was made; None outside of studies.
    """

    id: str
    kind: Kind
    places: tuple[Place, ...]
    author: str
    created_at: datetime
    occasion: Occasion | None = None

    def value(self, spacing: tuple[float, float]) -> float:
        """What was measured.

        Parameters
        ----------
        spacing : (float, float)
            Distance of rows and of columns, in whatever unit the lengths shall have.

        Returns
        -------
        float
            A length in that unit, an angle in degrees from 0 to 180, or a ratio without unit.

        Examples
        --------
        >>> ends = ((10.0, 10.0), (20.0, 40.0))
        >>> Measurement("1", Kind.RULER, ends, "Ada", datetime.min).value((0.4, 0.1))
        5.0
        """
        points = np.array(self.places) * spacing
        if self.kind is Kind.ANGLE:
            one, other = points[0] - points[1], points[2] - points[1]
            across = one[0] * other[1] - one[1] * other[0]
            return math.degrees(abs(math.atan2(across, float(one @ other))))
        first = math.dist(points[0], points[1])
        return first if self.kind is Kind.RULER else first / math.dist(points[2], points[3])


def measurement_of(
    sent: Any,
    shape: tuple[int, int],
    author: str,
    now: datetime,
    occasion: Occasion | None = None,
) -> Measurement:
    """The measurement that a browser says was made.

    Parameters
    ----------
    sent : object
        ``{"id": ID, "kind": KIND, "places": [[row, column], ...]}``, not trusted.
    shape : (int, int)
        The radiograph's rows and columns; what lies off it is moved to its edge.
    author : str
    now : datetime
    occasion : Occasion, optional

    Raises
    ------
    ValueError
        If it is none, or something measured is of no length.
    """
    try:
        kind, name = Kind(sent["kind"]), str(sent["id"])
        places = np.array(sent["places"], float)
    except (KeyError, TypeError, ValueError):
        raise ValueError("that is no measurement") from None
    if (
        not _ID.fullmatch(name)
        or places.shape != (_PLACES[kind], 2)
        or not np.isfinite(places).all()
    ):
        raise ValueError("that is no measurement")
    places = np.clip(places, 0, shape)
    if kind is Kind.CARDIOTHORACIC_RATIO:
        lines = [places[:2], places[2:]]
        level = {tuple(np.ptp(line, axis=0) == 0) for line in lines}
        if level not in ({(True, False)}, {(False, True)}):
            raise ValueError("both widths lie level with each other")
    elif (np.ptp(np.stack([places[:-1], places[1:]]), axis=0) == 0).all(axis=1).any():
        raise ValueError("what is measured has a length")
    ends = tuple((row, column) for row, column in places.tolist())
    return Measurement(name, kind, ends, author, now, occasion)


def own(
    reader: str, measurements: Iterable[Measurement], occasion: Occasion | None = None
) -> tuple[Measurement, ...]:
    """What a reader measured on an occasion, None outside of studies."""
    return tuple(one for one in measurements if (one.author, one.occasion) == (reader, occasion))


def added(measurements: Iterable[Measurement], new: Measurement) -> tuple[Measurement, ...]:
    """The measurements with one more, in place of its author's of the same name and occasion."""
    earlier = tuple(measurements)
    before = next((one for one in earlier if _are_one(one, new)), None)
    if before and (before.kind, before.places) == (new.kind, new.places):
        return earlier  # sent again
    return (*(one for one in earlier if one is not before), new)


def removed(
    measurements: Iterable[Measurement], name: str, author: str, occasion: Occasion | None = None
) -> tuple[Measurement, ...]:
    """The measurements without one of an author and occasion."""
    gone = (name, author, occasion)
    return tuple(one for one in measurements if (one.id, one.author, one.occasion) != gone)


def _are_one(one: Measurement, other: Measurement) -> bool:
    return replace(one, places=(), kind=other.kind, created_at=other.created_at) == replace(
        other, places=()
    )


class MeasurementArchive:
    """Measurements in a directory: ``IMAGE_SHA256.json`` each.

    Parameters
    ----------
    directory : Path
        Made when first written to.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def get(self, image_sha256: str) -> tuple[Measurement, ...]:
        """The measurements of an image, oldest first; none if it has none.

        Raises
        ------
        ValueError
            If what is stored cannot be read.
        """
        path = self._path(image_sha256)
        if not path.exists():
            return ()
        try:
            return tuple(map(_from_json, json.loads(path.read_bytes())["measurements"]))
        except (OSError, *SENSELESS) as error:
            raise ValueError(f"the measurements in {path} are damaged: {error}") from error

    def revise(
        self,
        image_sha256: str,
        revision: Callable[[tuple[Measurement, ...]], Iterable[Measurement]],
    ) -> None:
        """Keep what a revision makes of the measurements of an image.

        Threads and processes of one machine wait for each other: none of what they add is lost.

        Raises
        ------
        ValueError
            If what is stored cannot be read.
        """
        path = self._path(image_sha256)
        self._directory.mkdir(parents=True, exist_ok=True)
        with FileLock(self._directory / ".lock"):
            entries = [_to_json(one) for one in revision(self.get(image_sha256))]
            text = json.dumps({"measurements": entries}, ensure_ascii=False, indent=1)
            write_atomically(path, text.encode())

    def _path(self, image_sha256: str) -> Path:
        if not is_sha256(image_sha256):  # it becomes a file name
            raise ValueError(f"{image_sha256!r} is no SHA-256")
        return self._directory / f"{image_sha256}.json"


def _to_json(one: Measurement) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "places": one.places,
        "author": one.author,
        "created_at": one.created_at.isoformat(),
        **({"occasion": asdict(one.occasion)} if one.occasion else {}),
    }


def _from_json(entry: dict[str, Any]) -> Measurement:
    occasion = entry.get("occasion")
    return Measurement(
        entry["id"],
        Kind(entry["kind"]),
        tuple((float(row), float(column)) for row, column in entry["places"]),
        entry["author"],
        datetime.fromisoformat(entry["created_at"]),
        Occasion(**occasion) if occasion else None,
    )
