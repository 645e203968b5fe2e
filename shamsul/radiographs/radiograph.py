"""The radiograph as every other room sees it: pixels without a person."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shamsul.radiographs.spacing import SpacingKind
from shamsul.radiographs.turn import AS_STORED, Turn


class RadiographError(ValueError):
    """Why a file was not accepted: one sentence for the reader, free of anything the file says.

    Examples
    --------
    >>> from shamsul.radiographs import read_radiograph
    >>> read_radiograph(b"hello")
    Traceback (most recent call last):
    shamsul.radiographs.radiograph.RadiographError: The file is not a DICOM, PNG or JPEG image.
    """


class NamedWindow(NamedTuple):
    """A window to choose: its name, and the values shown as black and as white."""

    name: str
    black: float
    white: float


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One frontal or lateral projection radiograph, free of identifying attributes.

    All of it is about the film as it is shown: upright, where the file says how it is stored.

    Attributes
    ----------
    values : ndarray of shape (H, W), float32
        Brightness before windowing, larger is brighter (MONOCHROME1 already inverted), modality
        LUT applied. Where the file's VOI transform is not linear, the values after it.
    window : (float, float)
        The values shown as black and as white by default.
    spacing_mm : (float, float) or None
        Distance of pixel centres down the rows and across the columns, in mm.
    view : str
        "PA", "AP", "LL", "RL" or "" where unknown.
    sha256 : str
        SHA-256 of the file's bytes, hexadecimal.
    burned_in_annotation : bool
        The file says that text which may identify the patient is part of the picture
        (Burned In Annotation, PS3.3 C.7.6.1). False also where the file does not say.
    declared_aspect : float
        Height of a pixel divided by its width where `spacing_mm` is None.
    turn : Turn
        What has been done to the file's pixels for it.
    notes : tuple of str
        Sentences for the reader: where what is shown is not what the file states.
    spacing_kind : SpacingKind
        What `spacing_mm` refers to. UNSTATED also where there is none.
    magnification : float
        What the file's spacing was divided by for `spacing_mm`.
    windows : tuple of NamedWindow
        Those that the file states, for `values`.
    unit : str
        Of the file's values (Rescale Type or Modality LUT Type, PS3.3 C.11.1.1.2), for example
        "HU"; "" where it is unspecified, and where `values` are no longer those.
    reflection : float or None
        What a value of the file and the one in `values` add up to, where small ones are bright;
        None where they are the same.
    sides : (str, str)
        Where rows and columns lead (Patient Orientation, PS3.3 C.7.6.1.1.1), for example "L" and
        "F"; "" where the file does not say.
    """

    values: NDArray[np.float32]
    window: tuple[float, float]
    spacing_mm: tuple[float, float] | None
    view: str
    sha256: str
    burned_in_annotation: bool = False
    declared_aspect: float = 1.0
    turn: Turn = AS_STORED
    notes: tuple[str, ...] = ()
    spacing_kind: SpacingKind = SpacingKind.UNSTATED
    magnification: float = 1.0
    windows: tuple[NamedWindow, ...] = ()
    unit: str = ""
    reflection: float | None = None
    sides: tuple[str, str] = ("", "")

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype != np.float32 or self.values.size == 0:
            raise ValueError("values must be a non-empty float32 array of rows and columns")
        if not np.isfinite(self.values).all():
            raise ValueError("values must be finite")
        if not self.window[0] < self.window[1]:
            raise ValueError("window needs black below white")
        if not 0 < self.declared_aspect < np.inf:
            raise ValueError("declared_aspect must be positive")
        self.values.setflags(write=False)

    @cached_property
    def pixels(self) -> NDArray[np.float32]:
        """Displayed brightness, shape (H, W), float32 in [0, 1], the default window applied."""
        black, white = self.window
        pixels: NDArray[np.float32] = np.clip(
            (self.values - np.float32(black)) / np.float32(white - black), 0, 1
        )
        pixels.setflags(write=False)
        return pixels

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.values.shape[0], self.values.shape[1]

    @property
    def pixel_aspect(self) -> float:
        """Height of a pixel divided by its width, 1.0 where the file does not say."""
        if self.spacing_mm is None:
            return self.declared_aspect
        return self.spacing_mm[0] / self.spacing_mm[1]

    def shown(self, limits: tuple[float, float]) -> tuple[float, float]:
        """Two of the file's values as they are in `values`, the darker one first."""
        total = self.reflection
        return limits if total is None else (total - limits[1], total - limits[0])
