"""DICOM files of projection radiographs."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels import apply_color_lut
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
)

from shamsul.radiographs import refusal
from shamsul.radiographs.calibration import read_aspect, read_spacing
from shamsul.radiographs.codec import PixelFormat, decode
from shamsul.radiographs.grayscale import Grayscale, Rescale
from shamsul.radiographs.header import Header, is_dicom
from shamsul.radiographs.radiograph import Radiograph, RadiographError
from shamsul.radiographs.turn import Turn
from shamsul.radiographs.windows import stated_windows, window_of

__all__ = ["is_dicom", "read_dicom"]

#: Computed and digital radiography, digitised film (PS3.3 C.7.3.1.1.1); DR is old usage.
PROJECTIONS = ("CR", "DX", "DR", "RG")
#: Modalities that say nothing: other, secondary capture (old usage), absent.
UNSTATED = ("OT", "SC", "")
#: Kinds of object that may be a radiograph where the modality says nothing.
RADIOGRAPH_STORAGE = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    "",
)

WINDOW_SHOWS_NOTHING = (
    "The window that the file states shows nothing of the image; its full range of values is shown."
)

TURNED = "The file has this film {}, as its Patient Orientation says; it is shown upright."

_GRAY = ("MONOCHROME1", "MONOCHROME2")
_VIEWS = ("PA", "AP", "LL", "RL")
#: View codes (PS3.16 CID 4010) of SNOMED CT and its predecessor.
_VIEW_CODES = {
    "272479007": "PA",
    "R-10214": "PA",
    "399348003": "AP",
    "R-10206": "AP",
    "399173006": "LL",
    "R-10236": "LL",
    "399198007": "RL",
    "R-10232": "RL",
}
#: What values may be (Rescale Type, Modality LUT Type; PS3.3 C.11.1.1.2), but for unspecified.
_UNITS = ("OD", "HU", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT")
# Channels of a gray image differ by less than this share of the range, but for lossy noise and
# coloured marks on few pixels.
_TINT = 0.1
_TINTED_PIXELS = 0.01


def read_dicom(
    data: bytes, sha256: str, on_size: Callable[[int], None] = lambda pixels: None
) -> Radiograph:
    """Radiograph of a DICOM file.

    Parameters
    ----------
    data : bytes
        The file.
    sha256 : str
        Its hash, carried along.
    on_size : callable
        Told the number of pixels before they are decoded.

    Raises
    ------
    RadiographError
        Not one projection radiograph, or coded in a way that has no decoder here.
    Exception
        Whatever pydicom and the decoders raise for a damaged file;
        :func:`~shamsul.radiographs.read_radiograph` turns it into a sentence.

    Notes
    -----
    Accepted are the modalities CR, DX, DR and RG. Where the modality is absent or says "other",
    as in much de-identified data, the SOP class must be that of a computed or digital radiograph
    or of a secondary capture, or be absent too. Mammograms, dental radiographs, fluoroscopy and
    angiography are projections, but not of the chest. The body part is not looked at, for it is
    often wrong.

    MONOCHROME1 and Presentation LUT Shape INVERSE say the same (PS3.3 C.8.11.3.1.2): either
    inverts, both together invert once. Overlays, in unused bits or apart, are not drawn. Of
    several windows or tables the first is shown, and tables go before windows. One that leaves
    a single value of the image is noted, and the full range shown instead.

    A frontal film whose Patient Orientation says that it is stored otherwise is turned upright, and
    that is noted; see :meth:`Turn.upright`.
    """
    header = Header.of(data)
    _check_kind(header)
    element = header.dataset.get("PixelData") and header.dataset["PixelData"]
    if not element or not isinstance(element.value, bytes):
        raise RadiographError(refusal.NO_IMAGE)
    if header.integer("NumberOfFrames", 1) > 1:
        raise RadiographError(refusal.SEVERAL)
    pixel = _pixel_format(header)
    on_size(pixel.rows * pixel.columns)
    stored, pixel = decode(element.value, element.VR, header.syntax, pixel)
    notes: list[str] = []
    if pixel.photometric in _GRAY:
        stated = _grayscale(header, pixel)
        pipeline = stated.that_shows_something(stored)
        if pipeline is not stated:
            notes.append(WINDOW_SHOWS_NOTHING)
        values, window = pipeline.render(stored)
        told = _told(header, pipeline)
    else:
        values, window = _gray_of_colour(header, pixel, stored)
        told = {}
    view = _view(header)
    turn = Turn.upright(header.texts("PatientOrientation"), view)
    if turn.words:
        notes.append(TURNED.format(turn.words))
    (spacing, kind, magnification), aspect = read_spacing(header), read_aspect(header)
    if turn.swapped:
        spacing, aspect = spacing and (spacing[1], spacing[0]), 1 / aspect
    return Radiograph(
        values=turn.pixels(values),
        window=window,
        spacing_mm=spacing,
        view=view if view in _VIEWS else "",
        sha256=sha256,
        burned_in_annotation=header.text("BurnedInAnnotation") == "YES",
        declared_aspect=aspect,
        turn=turn,
        notes=tuple(notes),
        spacing_kind=kind,
        magnification=magnification,
        sides=turn.directions(header.texts("PatientOrientation")),
        **told,
    )


def _check_kind(header: Header) -> None:
    modality = header.text("Modality")
    if modality in PROJECTIONS:
        return
    if modality not in UNSTATED:
        raise RadiographError(refusal.other_modality(modality))
    if (header.text("SOPClassUID") or header.storage) not in RADIOGRAPH_STORAGE:
        raise RadiographError(refusal.NOT_A_PROJECTION)


def _pixel_format(header: Header) -> PixelFormat:
    allocated = header.integer("BitsAllocated", 0)
    stored = header.integer("BitsStored", allocated)
    samples = header.integer("SamplesPerPixel", 1)
    photometric = header.text("PhotometricInterpretation") or "MONOCHROME2"
    if not allocated or not header.integer("Rows", 0) or not header.integer("Columns", 0):
        raise RadiographError(refusal.DAMAGED)
    return PixelFormat(
        rows=header.integer("Rows", 0),
        columns=header.integer("Columns", 0),
        samples=samples,
        photometric=photometric,
        allocated=allocated,
        stored=stored,
        high_bit=header.integer("HighBit", stored - 1),
        signed=header.integer("PixelRepresentation", 0) == 1,
        planar=header.integer("PlanarConfiguration", 0),
    )


def _grayscale(header: Header, pixel: PixelFormat) -> Grayscale:
    modality = header.table("ModalityLUTSequence", pixel.signed)
    rescale = Rescale(header.number("RescaleSlope") or 1.0, header.number("RescaleIntercept") or 0)
    # A modality LUT has no negative output (PS3.3 C.11.1.1.1).
    negative = modality is None and (pixel.signed or rescale.intercept < 0)
    return Grayscale(
        bits=pixel.stored,
        signed=pixel.signed,
        modality=modality or rescale,
        voi=header.table("VOILUTSequence", negative)
        or window_of(
            header.number("WindowCenter"),
            header.number("WindowWidth"),
            header.text("VOILUTFunction"),
        ),
        inverted=pixel.photometric == "MONOCHROME1"
        or header.text("PresentationLUTShape") == "INVERSE",
        padding=_padding(header, pixel),
    )


def _told(header: Header, grayscale: Grayscale) -> dict[str, Any]:
    """What the file tells of the values that are shown, as fields of the radiograph."""
    item = header.item("ModalityLUTSequence")
    unit = item.text("ModalityLUTType") if item else header.text("RescaleType")
    return {
        "windows": stated_windows(header, grayscale),
        "unit": unit if unit in _UNITS and grayscale.is_linear else "",
        "reflection": grayscale.reflection,
    }


def _padding(header: Header, pixel: PixelFormat) -> tuple[int, int] | None:
    """Lowest and highest stored value of padding (PS3.3 C.7.5.1.1.2)."""
    ends = [header.number(name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    span = 1 << pixel.stored
    whole = [int(end) for end in ends if end is not None]
    if ends[0] is None:
        return None
    # Read with the wrong sign where the value representation does not fit.
    if pixel.signed:
        whole = [end - 0x10000 if span // 2 <= end <= 0xFFFF else end for end in whole]
    else:
        whole = [end % span if end < 0 else end for end in whole]
    return min(whole), max(whole)


def _gray_of_colour(
    header: Header, pixel: PixelFormat, stored: NDArray[Any]
) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Luma (ITU-R BT.601) of a colour image whose colours are gray."""
    top = float(2**pixel.stored - 1)
    if pixel.photometric == "PALETTE COLOR":
        stored = apply_color_lut(stored, header.dataset)
        top = float(np.iinfo(stored.dtype).max)
    rgb = stored.astype(np.float32)
    if np.mean(np.ptp(rgb, axis=-1) > _TINT * top) > _TINTED_PIXELS:
        raise RadiographError(refusal.COLOUR)
    luma = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.rint(luma).astype(np.float32), (0.0, top)


def _view(header: Header) -> str:
    """View Position (PS3.3 C.8.7.1, C.8.11.5), else the view's code; may be none of `_VIEWS`."""
    view = header.text("ViewPosition")
    code = header.item("ViewCodeSequence")
    if view in _VIEWS or code is None:
        return view
    return _VIEW_CODES.get(code.text("CodeValue"), view or code.text("CodeValue"))
