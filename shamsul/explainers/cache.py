"""Computed maps on disk, found again by what they are maps of."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shamsul import __version__
from shamsul.explainers.heatmap import Heatmap, Target
from shamsul.explainers.method import Value
from shamsul.radiographs.geometry import Geometry


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
    """

    image_sha256: str
    model: str
    method: str
    parameters: Mapping[str, Value] = field(hash=False)
    target: Target = Target.LOGIT
    seed: int = 0

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
        ]
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


class MapCache:
    """Heatmaps in a directory, one file for all labels of an image, model and method.

    Parameters
    ----------
    directory : Path
        Made when the first map is put.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def _path(self, key: MapKey) -> Path:
        return self.directory / f"{key.digest}.npz"

    def get(self, key: MapKey) -> tuple[Heatmap, ...] | None:
        """The maps of all labels, or None where they are not there or not whole."""
        path = self._path(key)
        try:
            # Opened here, since numpy leaves a file open that turns out not to be whole.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                values = stored["values"]
            geometry = Geometry(
                tuple(map(tuple, about["grid_to_image"])),  # type: ignore[arg-type]
                tuple(about["grid_shape"]),
                tuple(about["image_shape"]),
            )
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
                )
                for map_values, label, output in zip(
                    values, about["labels"], about["outputs"], strict=True
                )
            )
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            # A damaged file is as good as none: the maps are computed again and replace it.
            return None

    def put(self, key: MapKey, maps: tuple[Heatmap, ...]) -> None:
        """Keep maps; a reader never sees half a file."""
        first = maps[0]
        about = {
            "labels": [m.label for m in maps],
            "outputs": [m.output for m in maps],
            "evaluations": first.evaluations,
            "seconds": first.seconds,
            "grid_to_image": first.geometry.grid_to_image,
            "grid_shape": first.geometry.grid_shape,
            "image_shape": first.geometry.image_shape,
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.directory, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(
                    file, about=json.dumps(about), values=np.stack([m.values for m in maps])
                )
            os.replace(name, self._path(key))
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
