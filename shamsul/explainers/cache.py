"""Computed maps on disk, found again by what they are maps of."""

import hashlib
import io
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul import __version__
from shamsul.classifiers.classifier import Classifier
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.method import Method, Value
from shamsul.radiographs.geometry import Geometry
from shamsul.storage.atomic import write_atomically
from shamsul.storage.damage import SENSELESS, opened_arrays


@dataclass(frozen=True)
class MapKey:
    """What a set of maps, one per label of the model, is computed from.

    Attributes
    ----------
    image_sha256 : str
        Of the radiograph's file.
    model : str
        :attr:`Manifest.fingerprint`: of the weights and the preprocessing.
    method : str
    parameters : mapping of str to value
        All of the method's parameters, as :meth:`Method.settle` gives them.
    target : Target
    seed : int
    engine : str
        Of the evaluations in half precision that the map may be made of; see `half_engine`. Empty
        where there are none: others differ by less than 1e-3 of a map.
    """

    image_sha256: str
    model: str
    method: str
    parameters: Mapping[str, Value] = field(hash=False)
    target: Target = Target.LOGIT
    seed: int = 0
    engine: str = ""

    @classmethod
    def of(
        cls,
        radiograph_sha256: str,
        classifier: Classifier,
        method: Method,
        given: Mapping[str, object],
        target: Target = Target.LOGIT,
    ) -> "MapKey":
        """The key of a method's maps of a radiograph; parameters not given have defaults."""
        return cls(
            image_sha256=radiograph_sha256,
            model=classifier.manifest.fingerprint,
            method=method.name,
            parameters=method.settle(given),
            target=target,
            engine=classifier.half.name if classifier.half and method.half else "",
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the key, hexadecimal: the name of its file."""
        about = [
            # Another release may compute another map.
            __version__,
            self.image_sha256,
            self.model,
            self.method,
            dict(self.parameters),
            self.target.value,
            self.seed,
            *filter(None, [self.engine]),
        ]
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "MapKey":
        """The key that :meth:`to_json` gave, after its way through JSON."""
        return cls(**{**stored, "target": Target(stored["target"])})

    def to_json(self) -> dict[str, Any]:
        """All attributes, for JSON."""
        return {**vars(self), "parameters": dict(self.parameters), "target": self.target.value}


def to_parts(maps: Sequence[Heatmap]) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Maps of one key as facts for JSON and arrays of shape (labels, h, w).

    Standard errors, where there are any, follow the values: shape (2 labels, h, w) then.
    """
    first = maps[0]
    about = {
        "labels": [m.label for m in maps],
        "outputs": [m.output for m in maps],
        "fits": [m.fit for m in maps],
        "evaluations": first.evaluations,
        "seconds": first.seconds,
        "engine": first.engine,
        "geometry": first.geometry.to_json(),
    }
    errors = [m.error for m in maps if m.error is not None]
    return about, np.stack([m.values for m in maps] + errors)


def from_parts(
    key: MapKey, about: dict[str, Any], values: NDArray[np.float32]
) -> tuple[Heatmap, ...]:
    """The maps of a key that :func:`to_parts` took apart."""
    geometry = Geometry.from_json(about["geometry"])
    count = len(about["labels"])
    errors = list(values[count:]) or [None] * count
    return tuple(
        Heatmap(
            values=np.array(map_values),
            label=label,
            method=key.method,
            parameters={**key.parameters, "seed": key.seed},
            geometry=geometry,
            evaluations=about["evaluations"],
            seconds=about["seconds"],
            target=key.target,
            output=output,
            fit=fit,
            error=None if error is None else np.array(error),
            engine=about.get("engine", ""),  # files of 0.1.0 have none
        )
        for map_values, error, label, output, fit in zip(
            values[:count],
            errors,
            about["labels"],
            about["outputs"],
            about["fits"],
            strict=True,
        )
    )


def pack(maps: Sequence[Heatmap], *, half: bool = False, least: float = 0.0) -> bytes:
    """Maps of one key as the content of their file.

    Parameters
    ----------
    maps : sequence of Heatmap
    half : bool
        Keep values as float16, in shares of each map's largest magnitude: they are then right to a
        4096th of it, which is half of float16's last place below 1 (IEEE 754-2019, table 3.5).
    least : float
        The probability that the labels have at least, as :meth:`Prediction.likely` has it; 0: of
        all labels.
    """
    about, values = to_parts(maps)
    if least:
        about["least"] = least
    file = io.BytesIO()
    np.savez_compressed(file, about=json.dumps(about), **_encoded(values, half))
    return file.getvalue()


def _encoded(values: NDArray[np.float32], half: bool) -> dict[str, Any]:
    if not half:
        return {"values": values}
    largest = np.abs(values).max((1, 2), keepdims=True)
    largest[largest == 0] = 1
    return {"values": (values / largest).astype(np.float16), "largest": largest}


def _decoded(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    kept = arrays["values"]
    values: NDArray[np.float32] = kept.astype(np.float32)
    return values * arrays["largest"] if kept.dtype == np.float16 else values


class MapCache:
    """Heatmaps in a directory, one file for all labels of an image, model and method.

    Beside these, or instead, there may be a file of the likely labels' maps alone, see
    :meth:`Prediction.likely`; it is looked for by who says which labels are wanted.

    Parameters
    ----------
    directory : Path
        Made when the first map is put.
    half : bool
        Whether maps are kept as float16; see :func:`pack`. Whatever is there is found either way.
    """

    def __init__(self, directory: Path, *, half: bool = False) -> None:
        self.directory, self.half = directory, half

    def _path(self, key: MapKey) -> Path:
        return self.directory / f"{key.digest}.npz"

    def _likely_path(self, key: MapKey) -> Path:
        return self.directory / f"{key.digest}.likely.npz"

    def __contains__(self, key: MapKey) -> bool:
        return self._path(key).exists()

    def changed(self, key: MapKey) -> int | None:
        """When the maps were kept, in nanoseconds; None where they are not there."""
        try:
            return self._path(key).stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def get(self, key: MapKey) -> tuple[Heatmap, ...] | None:
        """The maps of all labels, or None where they are not there or not whole.

        A damaged file is removed: the maps are computed again.
        """
        return self._read(key, self._path(key))

    def get_likely(self, key: MapKey, labels: Collection[str]) -> tuple[Heatmap, ...] | None:
        """The maps of some labels at least, of likely ones; None where they are not all there."""
        found = self._read(key, self._likely_path(key))
        return found if found and {*labels} <= {one.label for one in found} else None

    def likely_from(self, key: MapKey) -> float | None:
        """The probability from which on maps of likely labels are there; None where none is."""
        try:
            with opened_arrays(self._likely_path(key)) as stored:
                return float(json.loads(str(stored["about"]))["least"])
        except (OSError, *SENSELESS):
            return None

    def _read(self, key: MapKey, path: Path) -> tuple[Heatmap, ...] | None:
        try:
            with opened_arrays(path) as stored:
                about = json.loads(str(stored["about"]))
                values = _decoded(stored)
            return from_parts(key, about, values)
        except (OSError, MemoryError):
            return None
        except SENSELESS:
            with suppress(OSError):
                path.unlink()
            return None

    def remove(self, key: MapKey) -> None:
        """Forget maps; nothing happens where there are none."""
        self._path(key).unlink(missing_ok=True)
        self._likely_path(key).unlink(missing_ok=True)

    def put(self, key: MapKey, maps: tuple[Heatmap, ...]) -> tuple[Heatmap, ...]:
        """Keep maps, and give them as they will be found; a reader never sees half a file."""
        self.put_packed(key, pack(maps, half=self.half))
        if not self.half:
            return maps
        about, values = to_parts(maps)
        return from_parts(key, about, _decoded(_encoded(values, half=True)))

    def put_packed(self, key: MapKey, content: bytes, *, likely: bool = False) -> None:
        """Keep maps that :func:`pack` packed, on whatever machine; of all labels or likely ones."""
        self.directory.mkdir(parents=True, exist_ok=True)
        write_atomically(self._likely_path(key) if likely else self._path(key), content)
        if not likely:
            self._likely_path(key).unlink(missing_ok=True)  # they are among these
