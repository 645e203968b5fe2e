"""Stored pixel values to displayed brightness: DICOM's grayscale pipeline (PS3.4 N.2).

Every step is a function of one stored value, so that up to 16 bits it is computed once per
possible value and then looked up.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Share of pixels left darker than black and brighter than white where no window is given.
CLIPPED_PERCENT = 0.5
# The percentiles of a million pixels are those of the image.
_SAMPLE = 1_000_000
# A window or table shows nothing where so many percent of the measurements at either end left
# aside, what remains differs by less than one of the 256 levels of a screen.
_OUTLIERS_PERCENT = 2
_LEVEL = 1 / 255
# Stored values of more bits are computed pixel by pixel.
_TABLE_BITS = 16


@dataclass(frozen=True, eq=False)
class LookupTable:
    """Modality LUT (PS3.3 C.11.1.1) or VOI LUT (C.11.2.1.1).

    Attributes
    ----------
    first : int
        The input that is mapped to the first entry; lower inputs are too, and inputs beyond the
        end are mapped to the last.
    bits : int
        Bits of an entry: outputs lie in [0, 2**bits - 1].
    entries : ndarray of shape (n,)
        Outputs.
    """

    first: int
    bits: int
    entries: NDArray[Any]

    @property
    def top(self) -> float:
        """Largest output that the table can express."""
        return float(2**self.bits - 1)

    def __call__(self, inputs: Floats) -> Floats:
        """Outputs, same shape; fractional inputs are rounded."""
        index = np.clip(np.rint(inputs) - self.first, 0, len(self.entries) - 1)
        outputs: Floats = self.entries[index.astype(np.intp)].astype(np.float64)
        return outputs


@dataclass(frozen=True)
class Rescale:
    """Rescale Slope and Intercept (PS3.3 C.11.1.1.2)."""

    slope: float = 1.0
    intercept: float = 0.0

    def __call__(self, inputs: Floats) -> Floats:
        """Outputs, same shape."""
        return inputs * self.slope + self.intercept


@dataclass(frozen=True)
class Window:
    """Window Center, Window Width and VOI LUT Function (PS3.3 C.11.2.1.2, C.11.2.1.3)."""

    center: float
    width: float
    function: str = "LINEAR"

    @property
    def limits(self) -> tuple[float, float]:
        """Inputs shown as black and as white by the linear functions.

        Notes
        -----
        LINEAR maps x to (x - (c - 0.5)) / (w - 1) + 0.5 (C.11.2.1.2.1), LINEAR_EXACT to
        (x - c) / w + 0.5 (C.11.2.1.3.2), both clipped to [0, 1].

        Examples
        --------
        >>> Window(2048, 4096).limits, Window(2048, 4096, "LINEAR_EXACT").limits
        ((0.0, 4095.0), (0.0, 4096.0))
        """
        center, width = self.center, self.width
        if self.function != "LINEAR_EXACT":
            center, width = center - 0.5, width - 1
        return center - width / 2, center + width / 2

    def sigmoid(self, inputs: Floats) -> Floats:
        """Outputs in (0, 1): 1 / (1 + exp(-4 (x - c) / w)) (C.11.2.1.3.1)."""
        exponent = -4 * (inputs - self.center) / self.width
        return 1 / (1 + np.exp(np.clip(exponent, -700, 700)))


@dataclass(frozen=True)
class Grayscale:
    """The pipeline of one image.

    Attributes
    ----------
    bits : int
        Bits stored per pixel.
    signed : bool
        Stored values are two's complement.
    modality : Rescale or LookupTable
        Stored values to manufacturer independent ones (PS3.3 C.11.1).
    voi : LookupTable, Window or None
        Those to the range of interest (C.11.2).
    inverted : bool
        Small values are bright: MONOCHROME1 (C.7.6.3.1.2) or Presentation LUT Shape INVERSE
        (C.11.6).
    padding : (int, int) or None
        Lowest and highest stored value that stands for no measurement (C.7.5.1.1.2).
    """

    bits: int
    signed: bool = False
    modality: Rescale | LookupTable = field(default_factory=Rescale)
    voi: LookupTable | Window | None = None
    inverted: bool = False
    padding: tuple[int, int] | None = None

    def render(self, stored: NDArray[Any]) -> tuple[NDArray[np.float32], tuple[float, float]]:
        """Brightness and default window.

        Parameters
        ----------
        stored : ndarray of shape (H, W), integer
            Stored values, within the range of `bits` and `signed`.

        Returns
        -------
        values : ndarray of shape (H, W), float32
            Brightness before linear windowing; after a VOI LUT or the SIGMOID function, its
            output. An inverted image is reflected within the range that the last step can
            produce (4095 - v for 12 unsigned bits), so that values stay whole and positive.
        window : (float, float)
            Values shown as black and as white.

        Notes
        -----
        Padding becomes as dark as the darkest measurement or the window's black, whichever is
        less. Without a VOI the window leaves 0.5 % of the measurements darker and 0.5 % brighter,
        but an unsigned image of at most 8 bits that is not rescaled is ready for display as it
        is.
        """
        low, high = self._stored
        levels = (
            np.arange(low, high + 1, dtype=np.float64)
            if self.bits <= _TABLE_BITS
            else stored.astype(np.float64)
        )
        values, reach, window = self._tones(levels)
        if self.inverted:
            total = reach[0] + reach[1]
            values = total - values
            window = window and (total - window[1], total - window[0])
        empty = np.zeros(levels.shape, dtype=bool)
        if self.padding is not None:
            empty = (levels >= self.padding[0]) & (levels <= self.padding[1])
        if self.bits <= _TABLE_BITS:
            index = stored.astype(np.intp) - low
            return _finish(values.astype(np.float32)[index], empty[index], window)
        return _finish(values.astype(np.float32), empty, window)

    def that_shows_something(self, stored: NDArray[Any]) -> "Grayscale":
        """This pipeline, or one of the full range of values where the stated VOI leaves one.

        Parameters
        ----------
        stored : ndarray of shape (H, W), integer
            As for `render`.

        Returns
        -------
        Grayscale
            The same object where its window or table shows something, where it has none, and
            where the values are one themselves.

        Notes
        -----
        The standard has nothing to say of a window beside all values: it maps them to one end
        (PS3.3 C.11.2.1.2.1).
        """
        measured = stored.ravel()
        if self.padding is not None:
            measured = measured[(measured < self.padding[0]) | (measured > self.padding[1])]
        sample = measured[:: max(1, measured.size // _SAMPLE)]
        if self.voi is None or not sample.size:
            return self
        values, (black, white) = replace(self, padding=None).render(sample)
        shown = np.clip((values - black) / (white - black), 0, 1)
        if _bulk(shown) >= _LEVEL or not _bulk(self.modality(sample.astype(np.float64))):
            return self
        every = self.modality(measured.astype(np.float64))
        low, high = float(every.min()), float(every.max())
        full = Window((low + high) / 2, high - low, "LINEAR_EXACT")
        return replace(self, voi=full)

    @property
    def is_linear(self) -> bool:
        """Whether what is rendered are the modality's values, reflected or not."""
        return not isinstance(self.voi, LookupTable) and (
            self.voi is None or self.voi.function != "SIGMOID"
        )

    @property
    def reflection(self) -> float | None:
        """What a modality's value and the rendered one add up to; None where they are the same."""
        return sum(self._reach) if self.inverted and self.is_linear else None

    def shown(self, limits: tuple[float, float]) -> tuple[float, float]:
        """Two of the modality's values as they are rendered, the darker one first."""
        total = self.reflection
        return limits if total is None else (total - limits[1], total - limits[0])

    @property
    def _stored(self) -> tuple[int, int]:
        """The lowest and the highest stored value."""
        low = -(2 ** (self.bits - 1)) if self.signed else 0
        return low, low + 2**self.bits - 1

    @property
    def _reach(self) -> tuple[float, float]:
        """The lowest and the highest value that the modality could give."""
        if isinstance(self.modality, LookupTable):
            return 0.0, self.modality.top
        ends = self.modality(np.array(self._stored, dtype=np.float64))
        return float(ends.min()), float(ends.max())

    def _tones(
        self, levels: Floats
    ) -> tuple[Floats, tuple[float, float], tuple[float, float] | None]:
        """Values of stored `levels`, the range they could reach, and the window if stated."""
        values, reach = self.modality(levels), self._reach
        if isinstance(self.voi, LookupTable):
            reach = (0.0, self.voi.top)
            return self.voi(values), reach, reach
        if self.voi is None:
            ready = self.bits <= 8 and not self.signed and self.modality == Rescale()
            return values, reach, reach if ready else None
        if self.voi.function == "SIGMOID":
            return self.voi.sigmoid(values), (0.0, 1.0), (0.0, 1.0)
        return values, reach, self.voi.limits


def _bulk(values: NDArray[Any]) -> float:
    """How far values differ, outliers left aside."""
    return float(np.ptp(np.percentile(values, [_OUTLIERS_PERCENT, 100 - _OUTLIERS_PERCENT])))


def _finish(
    values: NDArray[np.float32], empty: NDArray[np.bool_], window: tuple[float, float] | None
) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Window chosen from the measured pixels where none is stated, and padding darkened."""
    padded = bool(empty.any())
    measured = values[~empty] if padded else values.ravel()
    if window is None:
        sample = measured[:: max(1, measured.size // _SAMPLE)]
        ends = np.percentile(sample, [CLIPPED_PERCENT, 100 - CLIPPED_PERCENT]) if sample.size else 0
        black, white = np.broadcast_to(ends, 2).tolist()
        if not black < white and sample.size:
            black, white = float(measured.min()), float(measured.max())
        window = (black, white)
    window = _apart(*window)
    if padded:
        darkest = np.floor(window[0])
        values[empty] = min(darkest, measured.min()) if measured.size else darkest
    return values, window


def _apart(black: float, white: float) -> tuple[float, float]:
    """The window, widened where float32 could not tell its ends apart.

    A LINEAR window of width 1 is a step: what exceeds black is white.
    """
    if np.float32(white) > np.float32(black):
        return black, white
    return black, float(np.nextafter(np.float32(black), np.float32(np.inf)))
