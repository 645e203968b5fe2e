"""Pixel Data to stored values, one decoder per transfer syntax.

All decoders have permissive licences; pylibjpeg-libjpeg (GPL) is never asked, even if installed.
"""

import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.encaps import get_frame
from pydicom.pixels import convert_color_space, get_decoder

from shamsul.radiographs import refusal
from shamsul.radiographs.radiograph import RadiographError

#: pydicom's name of the decoder of each transfer syntax (PS3.5 A); uncompressed ones need none.
#: Where pyjpegls is not installed, see `decoder_of`.
DECODERS = {
    uid.ImplicitVRLittleEndian: "",
    uid.ExplicitVRLittleEndian: "",
    uid.ExplicitVRBigEndian: "",
    uid.DeflatedExplicitVRLittleEndian: "",
    uid.RLELossless: "pydicom",
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGExtended12Bit: "pillow",  # of 8 bits; of 12, gdcm
    uid.JPEGLossless: "gdcm",
    uid.JPEGLosslessSV1: "gdcm",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    uid.JPEG2000Lossless: "pylibjpeg",
    uid.JPEG2000: "pylibjpeg",
    uid.HTJ2KLossless: "pylibjpeg",
    uid.HTJ2KLosslessRPCL: "pylibjpeg",
    uid.HTJ2K: "pylibjpeg",
}

_WORKER = Path(__file__).with_name("gdcm_worker.py")
# Seconds; the largest image accepted takes about ten.
_PATIENCE = 120

_JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
_JPEG2000 = (*uid.JPEG2000TransferSyntaxes, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL, uid.HTJ2K)
_JPEG2000_START = b"\xff\x4f\xff\x51"
# Frame headers of JPEG (ISO/IEC 10918-1 B.1.1.3) and JPEG-LS (ISO/IEC 14495-1 C.1).
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class PixelFormat:
    """Image Pixel module (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    planar: int

    def __post_init__(self) -> None:
        if self.rows * self.columns > refusal.MAX_PIXELS:
            raise RadiographError(refusal.TOO_MANY_PIXELS)
        if self.allocated not in (8, 16, 32):
            raise RadiographError(refusal.UNSUPPORTED)
        if not 0 < self.stored <= self.high_bit + 1 <= self.allocated:
            raise RadiographError(refusal.DAMAGED)


def decoder_of(syntax: str) -> str:
    """pydicom's name of the decoder that a transfer syntax has in this environment.

    pyjpegls is not published for every Python; gdcm decodes JPEG-LS as well, all but the 6 or 7
    bits per sample that no radiograph has.

    Raises
    ------
    RadiographError
        There is none here.
    """
    if syntax not in DECODERS:
        raise RadiographError(refusal.UNSUPPORTED)
    plugin = DECODERS[uid.UID(syntax)]
    if syntax in _JPEG_LS and plugin not in get_decoder(uid.UID(syntax)).available_plugins:
        return "gdcm"
    return plugin


def decode(data: bytes, vr: str, syntax: str, pixel: PixelFormat) -> NDArray[Any]:
    """Stored values of the first frame.

    Parameters
    ----------
    data : bytes
        Value of Pixel Data.
    vr : str
        Its value representation, which decides the byte order of 8-bit big endian data.
    syntax : str
        Transfer Syntax UID.
    pixel : PixelFormat
        What the values are.

    Returns
    -------
    ndarray of shape (rows, columns) or (rows, columns, 3), integer
        Values of `pixel.stored` bits; whatever else the allocated bits hold, such as overlays,
        is removed (PS3.5 8.1.1). Colours are RGB, but a palette index stays one.

    Raises
    ------
    RadiographError
        The transfer syntax has no decoder here, or the data is not of the promised size.
    """
    plugin = decoder_of(syntax)
    compressed = uid.UID(syntax).is_encapsulated
    if compressed:
        frame = get_frame(data, 0, number_of_frames=1)
        precision = _check_frame(frame, syntax, pixel)
        # pydicom lets GDCM decode no JPEG Extended of 12 bits, though GDCM can.
        if plugin == "gdcm" or (syntax == uid.JPEGExtended12Bit and precision > 8):
            cells = _gdcm(frame, syntax, precision, pixel)
            return _stored_bits(cells, pixel.stored, 0, pixel.signed)
    decoder = get_decoder(uid.UID(syntax))
    if not decoder.is_available:
        raise RadiographError(refusal.UNSUPPORTED)
    cells, _ = decoder.as_array(
        data,
        index=0,
        decoding_plugin=plugin,
        rows=pixel.rows,
        columns=pixel.columns,
        samples_per_pixel=pixel.samples,
        planar_configuration=pixel.planar,
        photometric_interpretation=pixel.photometric,
        bits_allocated=pixel.allocated,
        bits_stored=pixel.stored,
        pixel_representation=int(pixel.signed),
        pixel_keyword="PixelData",
        pixel_vr=vr,
        number_of_frames=1,
        as_rgb=True,
        # Removes what lies above Bits Stored, but takes no notice of High Bit.
        correct_unused_bits=False,
    )
    # Bits that a codec has compressed start at the lowest; RLE and no compression keep cells.
    in_cells = not compressed or syntax == uid.RLELossless
    above = pixel.high_bit + 1 - pixel.stored if in_cells else 0
    return _stored_bits(cells, pixel.stored, above, pixel.signed)


def _stored_bits(cells: NDArray[Any], stored: int, lowest: int, signed: bool) -> NDArray[Any]:
    """`stored` bits of each cell from the `lowest` on, sign extended if `signed`."""
    width = 8 * cells.dtype.itemsize
    stored = min(stored, width)
    if lowest == 0 and stored == width:
        return cells
    kind = np.dtype(f"{'i' if signed else 'u'}{cells.dtype.itemsize}")
    shifted = np.left_shift(cells.astype(kind), width - lowest - stored)
    values: NDArray[Any] = np.right_shift(shifted, width - stored)
    return values


def _check_frame(frame: bytes, syntax: str, pixel: PixelFormat) -> int:
    """Bits per sample in a compressed frame, once its size is that of the image.

    A frame that claims another size could make a decoder reserve memory without end, or leave
    part of the image unset.
    """
    if syntax == uid.RLELossless:
        # At worst a byte precedes 128 (PS3.5 G.3.1); the decoder stops only at the data's end.
        cells = pixel.rows * pixel.columns * pixel.samples * pixel.allocated // 8
        if len(frame) > 2 * cells + 4096:
            raise RadiographError(refusal.DAMAGED)
        return pixel.allocated
    if syntax in _JPEG2000:
        start = frame.index(_JPEG2000_START)
        right, bottom, left, top = struct.unpack_from(">4I", frame, start + 8)
        size = [bottom - top, right - left]
        precision = (frame[start + 42] & 0x7F) + 1
    else:
        precision, *size = _jpeg_size(frame)
    if (size[0], size[1]) != (pixel.rows, pixel.columns):
        raise RadiographError(refusal.DAMAGED)
    return precision


def _jpeg_size(frame: bytes) -> tuple[int, int, int]:
    """Bits per sample, rows and columns in a JPEG or JPEG-LS frame header."""
    position = frame.index(b"\xff\xd8") + 2
    while True:
        while frame[position] == 0xFF:  # markers may be preceded by fill bytes
            position += 1
        marker = frame[position]
        if marker in _FRAME_MARKERS:
            precision, rows, columns = struct.unpack_from(">BHH", frame, position + 3)
            return precision, rows, columns
        position += 1 + int.from_bytes(frame[position + 1 : position + 3])


def _gdcm(frame: bytes, syntax: str, precision: int, pixel: PixelFormat) -> NDArray[Any]:
    """JPEG and JPEG-LS by GDCM, in a process of its own: see the worker."""
    allocated = pixel.allocated
    if syntax in _JPEG_LS:
        allocated = 8 if precision <= 8 else 16  # whatever the file says, GDCM's cells are these
    elif pixel.samples != 1:
        raise RadiographError(refusal.UNSUPPORTED)
    shape = (pixel.rows, pixel.columns, *([pixel.samples] if pixel.samples > 1 else []))
    numbers = (*shape[:2], pixel.samples, allocated, precision, int(pixel.signed))
    worker = subprocess.run(
        # -P keeps this folder's modules from hiding those of the same name elsewhere.
        [sys.executable, "-P", str(_WORKER), syntax, *map(str, numbers)],
        input=frame,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_PATIENCE,
        check=True,
    )
    kind = np.dtype(f"<{'i' if pixel.signed else 'u'}{allocated // 8}")
    cells: NDArray[Any] = np.frombuffer(worker.stdout, dtype=kind).reshape(shape)
    if pixel.samples > 1 and pixel.photometric.startswith("YBR_FULL"):
        cells = convert_color_space(cells, pixel.photometric, "RGB")
    return cells
