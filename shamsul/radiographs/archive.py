"""De-identified radiographs on disk, named by the hash of the file they came from."""

import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from shamsul.radiographs.pseudonym import is_sha256
from shamsul.radiographs.radiograph import NamedWindow, Radiograph
from shamsul.radiographs.spacing import SpacingKind
from shamsul.radiographs.turn import AS_STORED, Turn
from shamsul.storage.atomic import replacing
from shamsul.storage.damage import opened_arrays

Loaded = TypeVar("Loaded")

#: A window in a file.
_WINDOW = [("name", "U64"), ("black", "f8"), ("white", "f8")]


@dataclass(frozen=True)
class Extent:
    """How large a radiograph is.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    spacing_mm : (float, float) or None
        Millimetres from pixel to pixel, rows before columns; None where it is not known.
    turn : Turn
        From the file's pixels to these.
    """

    shape: tuple[int, int]
    spacing_mm: tuple[float, float] | None
    turn: Turn = AS_STORED


class ArchiveError(KeyError):
    """A radiograph is missing from the archive, or its file there is damaged."""

    def __str__(self) -> str:
        # KeyError would show the sentence in quotation marks.
        return str(self.args[0])


class RadiographArchive:
    """Radiographs that outlive the process.

    Parameters
    ----------
    directory : Path
        Where they are kept, one file each; made when the first is put.

    Notes
    -----
    A file is a NumPy archive, read without unpickling, of the fields of :class:`Radiograph` and
    nothing else. Values that are whole numbers take one or two bytes per pixel. Files are
    written beside and renamed, so that a crash leaves the old state or the new one, and several
    processes may share a directory.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)

    def put(self, radiograph: Radiograph) -> None:
        """Keep a radiograph.

        One that is there already stays as it is: what readers have judged does not change. A
        file that is damaged is replaced.
        """
        path = self._path(radiograph.sha256)
        with suppress(ArchiveError):
            self.get(radiograph.sha256)
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        spacing = radiograph.spacing_mm or ()
        with replacing(path) as file:
            np.savez_compressed(
                file,
                values=_compact(radiograph.values),
                window=np.array(radiograph.window, dtype=np.float64),
                spacing_mm=np.array(spacing, dtype=np.float64),
                view=np.array(radiograph.view),
                sha256=np.array(radiograph.sha256),
                burned_in_annotation=np.array(radiograph.burned_in_annotation),
                declared_aspect=np.array(radiograph.declared_aspect, dtype=np.float64),
                turn=np.array(radiograph.turn),
                notes=np.array(radiograph.notes, dtype=np.str_),
                spacing_kind=np.array(radiograph.spacing_kind.value),
                magnification=np.array(radiograph.magnification, dtype=np.float64),
                windows=np.array(list(radiograph.windows), dtype=_WINDOW),
                unit=np.array(radiograph.unit),
                reflection=np.array(_listed(radiograph.reflection), dtype=np.float64),
                sides=np.array(radiograph.sides, dtype=np.str_),
            )

    def get(self, sha256: str) -> Radiograph:
        """The radiograph put under this hash, bit for bit.

        Raises
        ------
        ArchiveError
            None was put, or its file is damaged; a KeyError.
        ValueError
            Not a SHA-256.
        """
        radiograph = self._loaded(sha256, _load)
        if radiograph.sha256 != sha256:
            raise ArchiveError("The archive holds another radiograph under this name.")
        return radiograph

    def extent(self, sha256: str) -> Extent:
        """How large the radiograph put under this hash is, and how turned; no pixels are read.

        Raises
        ------
        ArchiveError, ValueError
            As of `get`.
        """
        return self._loaded(sha256, _extent)

    def _loaded(self, sha256: str, load: Callable[[Path], Loaded]) -> Loaded:
        path = self._path(sha256)
        if not path.exists():
            raise ArchiveError("The radiograph is not in the archive.")
        try:
            return load(path)
        except Exception as error:
            raise ArchiveError("The radiograph's file in the archive is damaged.") from error

    def __contains__(self, sha256: str) -> bool:
        return is_sha256(sha256) and self._path(sha256).exists()

    def delete(self, sha256: str) -> None:
        """Forget a radiograph; nothing happens if there is none.

        Raises
        ------
        ValueError
            Not a SHA-256.
        """
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if not is_sha256(sha256):
            raise ValueError("a SHA-256 has 64 lower-case hexadecimal digits")
        return self.directory / f"{sha256}.npz"


def _extent(path: Path) -> Extent:
    with zipfile.ZipFile(path) as fields:
        with fields.open("values.npy") as values:
            np.lib.format.read_magic(values)
            shape, _, _ = np.lib.format.read_array_header_1_0(values)
        with fields.open("spacing_mm.npy") as stated:
            spacing = np.lib.format.read_array(stated, allow_pickle=False).tolist()
        turn = AS_STORED
        if "turn.npy" in fields.namelist():  # files of 0.1.0 have none
            with fields.open("turn.npy") as stated:
                turn = Turn(*np.lib.format.read_array(stated, allow_pickle=False).tolist())
    return Extent((shape[0], shape[1]), (spacing[0], spacing[1]) if spacing else None, turn)


def _load(path: Path) -> Radiograph:
    with opened_arrays(path) as fields:
        black, white = fields["window"].tolist()
        spacing = fields["spacing_mm"].tolist()
        return Radiograph(
            values=fields["values"].astype(np.float32),
            window=(black, white),
            spacing_mm=(spacing[0], spacing[1]) if spacing else None,
            view=fields["view"].item(),
            sha256=fields["sha256"].item(),
            burned_in_annotation=fields["burned_in_annotation"].item(),
            declared_aspect=fields["declared_aspect"].item(),
            # Files of 0.1.0 have neither.
            turn=Turn(*fields["turn"].tolist()) if "turn" in fields else AS_STORED,
            notes=tuple(fields["notes"].tolist()) if "notes" in fields else (),
            **(_told(fields) if "spacing_kind" in fields else {}),
        )


def _told(fields: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """What earlier files do not have."""
    rows, columns = fields["sides"].tolist()
    return {
        "spacing_kind": SpacingKind(fields["spacing_kind"].item()),
        "magnification": fields["magnification"].item(),
        "windows": tuple(NamedWindow(*one) for one in fields["windows"].tolist()),
        "unit": fields["unit"].item(),
        "reflection": next(iter(fields["reflection"].tolist()), None),
        "sides": (rows, columns),
    }


def _listed(value: float | None) -> list[float]:
    return [] if value is None else [value]


def _compact(values: NDArray[np.float32]) -> NDArray[Any]:
    """The same values in the smallest integer type that keeps every bit, if there is one."""
    low, high = values.min(), values.max()
    for kind in (np.uint8, np.uint16, np.int16):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            whole = values.astype(kind)
            # Compared as bits, for -0.0 equals 0.
            if np.array_equal(whole.astype(np.float32).view(np.uint32), values.view(np.uint32)):
                return whole
    return values
