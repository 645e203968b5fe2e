"""Pixel Data to stored values, one decoder per transfer syntax.

All decoders have permissive licences; pylibjpeg-libjpeg (GPL) is never asked, even if installed.
"""

import struct
from dataclasses import dataclass, replace
from typing import Any

import gdcm  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray
from pydicom import uid
from pydicom.encaps import encapsulate, generate_fragments
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

# A scan of progressive JPEG goes over all pixels. Ordinary ones have about ten, hostile ones
# thousands.
_MAX_SCANNED = 20 * refusal.MAX_PIXELS
_NATIVE = [syntax for syntax, plugin in DECODERS.items() if not plugin]
_JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
_JPEG2000_START = b"\xff\x4f\xff\x51"
_JPEG_START = b"\xff\xd8"
# Tag of the items that hold compressed data (PS3.5 A.4).
_ITEM = b"\xfe\xff\x00\xe0"
# Frame headers of JPEG (ISO/IEC 10918-1 B.1.1.3) and JPEG-LS (ISO/IEC 14495-1 C.1), and the
# transfer syntax that a frame with one has, whatever the file declares.
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_JPEG_SYNTAX = {
    0xC0: uid.JPEGBaseline8Bit,
    0xC1: uid.JPEGExtended12Bit,
    0xC2: uid.JPEGExtended12Bit,  # progressive: retired (PS3.5 A.4.1), but Pillow reads it
    0xC3: uid.JPEGLossless,
    0xF7: uid.JPEGLSLossless,
}
_ONE_SAMPLE = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")


@dataclass(frozen=True)
class PixelFormat:
    """Image Pixel module (PS3.3 C.7.6.3), as a file states it."""

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

    def of_cells(self) -> "PixelFormat":
        """The same where the pixels are cells of Bits Allocated each: without compression, or RLE.

        Notes
        -----
        High Bit can only be Bits Stored - 1 (PS3.5 8.1.1). One above is old usage, and followed;
        one below leaves no room for the stored bits, and one beyond the cell is none: both are
        read as Bits Stored - 1, as DCMTK does.

        Raises
        ------
        RadiographError
            The attributes contradict each other.
        """
        if self.allocated not in (8, 16, 32):
            raise RadiographError(refusal.UNSUPPORTED)
        if not 0 < self.stored <= self.allocated:
            raise RadiographError(refusal.BITS_CONTRADICT)
        if (self.samples == 1) != (self.photometric in _ONE_SAMPLE):
            raise RadiographError(refusal.SAMPLES_CONTRADICT)
        if self.stored <= self.high_bit + 1 <= self.allocated:
            return self
        return replace(self, high_bit=self.stored - 1)


@dataclass(frozen=True)
class _Stream:
    """What a compressed frame says of itself.

    Attributes
    ----------
    syntax : UID
        A transfer syntax whose decoder reads it.
    rows, columns, samples, precision : int
        Size, samples per pixel and bits per sample.
    signed : bool or None
        None where this kind of stream cannot say: JPEG, JPEG-LS.
    """

    syntax: uid.UID
    rows: int
    columns: int
    samples: int
    precision: int
    signed: bool | None

    def applied_to(self, pixel: PixelFormat) -> PixelFormat:
        """What the decoded values are: the stream decides (PS3.5 8.2.1, 8.2.3, 8.2.4).

        Raises
        ------
        RadiographError
            It is of another size than the image, or of samples that no photometric
            interpretation has.
        """
        # One that claims another size could make a decoder reserve memory without end, or leave
        # part of the image unset.
        if (self.rows, self.columns) != (pixel.rows, pixel.columns):
            raise RadiographError(refusal.SIZE_CONTRADICTS)
        if self.samples not in (1, 3) or not 0 < self.precision <= 32:
            raise RadiographError(refusal.UNSUPPORTED)
        photometric = pixel.photometric
        if (self.samples == 1) != (photometric in _ONE_SAMPLE):
            is_jpeg = self.syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
            photometric = "YBR_FULL_422" if is_jpeg else "RGB"
            photometric = "MONOCHROME2" if self.samples == 1 else photometric
        return replace(
            pixel,
            samples=self.samples,
            photometric=photometric,
            allocated=next(bits for bits in (8, 16, 32) if bits >= self.precision),
            stored=self.precision,
            high_bit=self.precision - 1,
            signed=pixel.signed if self.signed is None else self.signed,
        )


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


def decode(
    data: bytes, vr: str, syntax: str, pixel: PixelFormat
) -> tuple[NDArray[Any], PixelFormat]:
    """Stored values of the only frame.

    Parameters
    ----------
    data : bytes
        Value of Pixel Data.
    vr : str
        Its value representation, which decides the byte order of 8-bit big endian data.
    syntax : str
        Transfer Syntax UID. Where the data says better whether and how it is compressed, that
        counts.
    pixel : PixelFormat
        What the file says that the values are.

    Returns
    -------
    stored : ndarray of shape (rows, columns) or (rows, columns, 3), integer
        Values of as many bits as `format` has stored; whatever else the allocated bits hold, such
        as overlays, is removed (PS3.5 8.1.1). Colours are RGB, but a palette index stays one.
    format : PixelFormat
        What the values are: a compressed stream decides itself (PS3.5 8.2).

    Raises
    ------
    RadiographError
        The transfer syntax has no decoder here, the data is not of the promised size, or the file
        contradicts itself.
    """
    if not _is_compressed(data, syntax, pixel):
        decoder_of(syntax)
        if syntax not in _NATIVE:
            syntax = uid.ExplicitVRLittleEndian
        return _of_cells(data, vr, syntax, pixel.of_cells())
    # All fragments are of the one frame, whatever the table of offsets says (PS3.5 A.4).
    _, *fragments = generate_fragments(data)
    frame = b"".join(fragments)
    stream = _stream(frame)
    if stream is None:
        _check_rle(frame, syntax, pixel)
        return _of_cells(encapsulate([frame]), vr, uid.RLELossless, pixel.of_cells())
    coded = stream.applied_to(pixel)
    cells = _decompress(frame, stream.syntax, vr, coded)
    fewer = pixel.stored < coded.stored and cells.min() >= 0 == cells.max() >> pixel.stored
    if coded.signed and stream.signed is None and fewer:
        # No value needs more than Bits Stored, so that the sign is the highest of these.
        coded = replace(coded, stored=pixel.stored)
    return _stored_bits(cells, coded.stored, 0, coded.signed), coded


def _is_compressed(data: bytes, syntax: str, pixel: PixelFormat) -> bool:
    """Whether Pixel Data is compressed, by its content: then it begins with an item (PS3.5 A.4).

    What is not declared so is told by its size, for the first pixels may look like an item.

    Raises
    ------
    RadiographError
        Neither compressed as declared, nor of the size that it has without compression.
    """
    size = pixel.rows * pixel.columns * pixel.samples * pixel.allocated // 8
    is_of_cells = len(data) == size + size % 2
    declared = syntax not in _NATIVE
    if declared and not data.startswith(_ITEM) and not is_of_cells:
        decoder_of(syntax)
        raise RadiographError(refusal.CODED_OTHERWISE)
    return data.startswith(_ITEM) and (declared or not is_of_cells)


def _of_cells(
    data: bytes, vr: str, syntax: str, pixel: PixelFormat
) -> tuple[NDArray[Any], PixelFormat]:
    """Stored values where each pixel has cells of Bits Allocated, and High Bit says which."""
    cells = _pydicom(data, vr, syntax, pixel)
    lowest = pixel.high_bit + 1 - pixel.stored
    return _stored_bits(cells, pixel.stored, lowest, pixel.signed), pixel


def _decompress(frame: bytes, syntax: uid.UID, vr: str, pixel: PixelFormat) -> NDArray[Any]:
    """Cells of a compressed frame of JPEG, JPEG-LS or JPEG 2000."""
    # pydicom lets GDCM decode no JPEG Extended of 12 bits, though GDCM can.
    if decoder_of(syntax) == "gdcm" or (syntax == uid.JPEGExtended12Bit and pixel.stored > 8):
        return _gdcm(frame, syntax, pixel)
    try:
        return _pydicom(encapsulate([frame]), vr, syntax, pixel)
    except Exception:
        # CharLS ends at bytes between the data and the end of the image, which GDCM skips.
        if syntax not in _JPEG_LS:
            raise
        return _gdcm(frame, syntax, pixel)


def _pydicom(data: bytes, vr: str, syntax: str, pixel: PixelFormat) -> NDArray[Any]:
    """Cells of the value of Pixel Data, by pydicom and its plugins."""
    plugin = decoder_of(syntax)
    decoder = get_decoder(uid.UID(syntax))
    if not decoder.is_available:
        raise RadiographError(refusal.UNSUPPORTED)
    cells: NDArray[Any]
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
    return cells


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


def _check_rle(frame: bytes, syntax: str, pixel: PixelFormat) -> None:
    """Whether a frame is of RLE and of these pixels.

    It begins with the number of segments, one for each byte of a pixel, and where they are, the
    first behind that table of 64 bytes (PS3.5 G.2, G.5).
    """
    segments, first = struct.unpack("<2I", frame[:8])
    if first != 64:
        decoder_of(syntax)
        raise RadiographError(
            refusal.DAMAGED if syntax == uid.RLELossless else refusal.CODED_OTHERWISE
        )
    bytes_a_pixel = pixel.samples * pixel.allocated // 8
    if segments != bytes_a_pixel:
        raise RadiographError(refusal.SEGMENTS_CONTRADICT)
    # At worst a byte precedes 128 (PS3.5 G.3.1); the decoder stops only at the data's end.
    if len(frame) > 2 * pixel.rows * pixel.columns * bytes_a_pixel + 4096:
        raise RadiographError(refusal.DAMAGED)


def _stream(frame: bytes) -> _Stream | None:
    """What a frame of JPEG, JPEG-LS or JPEG 2000 says of itself, None where it is none of them.

    A file of JPEG 2000 (JP2) has its codestream further in; padding may precede any.
    """
    if frame.lstrip(b"\0").startswith(_JPEG_START):
        return _jpeg_stream(frame)
    start = frame.find(_JPEG2000_START, 0, 4096)
    if start < 0:
        return None
    # ISO/IEC 15444-1 A.5.1
    right, bottom, left, top = struct.unpack_from(">4I", frame, start + 8)
    samples = int.from_bytes(frame[start + 40 : start + 42])
    depths = set(frame[start + 42 : start + 42 + 3 * samples : 3])
    if len(depths) != 1:
        raise RadiographError(refusal.UNSUPPORTED)
    depth = depths.pop()
    return _Stream(
        syntax=uid.JPEG2000,
        rows=bottom - top,
        columns=right - left,
        samples=samples,
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
    )


def _jpeg_stream(frame: bytes) -> _Stream:
    position = frame.index(_JPEG_START) + 2
    while True:
        while frame[position] == 0xFF:  # markers may be preceded by fill bytes
            position += 1
        marker = frame[position]
        if marker in _FRAME_MARKERS:
            if marker not in _JPEG_SYNTAX:
                raise RadiographError(refusal.UNSUPPORTED)
            precision, rows, columns, samples = struct.unpack_from(">BHHB", frame, position + 3)
            if marker not in (0xC3, 0xF7):
                # Lossy JPEG has 8 or 12 bits (B.2.2); GDCM writes 16 for 12.
                precision = min(precision, 12)
            check_scans(frame, rows * columns)
            return _Stream(_JPEG_SYNTAX[marker], rows, columns, samples, precision, None)
        position += 1 + int.from_bytes(frame[position + 1 : position + 3])


def check_scans(frame: bytes, pixels: int) -> None:
    """Refuse a JPEG whose scans go over more pixels than any radiograph needs.

    Parameters
    ----------
    frame : bytes
        A JPEG stream; the marker of a scan occurs in no compressed data (ISO/IEC 10918-1 B.1.1.5).
    pixels : int
        Rows times columns.

    Raises
    ------
    RadiographError
        They do.
    """
    if frame.count(b"\xff\xda") * pixels > _MAX_SCANNED:
        raise RadiographError(refusal.TOO_DEMANDING)


def _gdcm(frame: bytes, syntax: str, pixel: PixelFormat) -> NDArray[Any]:
    """JPEG and JPEG-LS by GDCM, which some damaged frames make end the process."""
    if syntax not in _JPEG_LS and pixel.samples != 1:
        raise RadiographError(refusal.UNSUPPORTED)
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((pixel.columns, pixel.rows, 1))
    meaning = gdcm.PhotometricInterpretation
    image.SetPhotometricInterpretation(
        meaning(meaning.MONOCHROME2 if pixel.samples == 1 else meaning.RGB)
    )
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    image.SetPixelFormat(
        gdcm.PixelFormat(
            pixel.samples, pixel.allocated, pixel.stored, pixel.high_bit, int(pixel.signed)
        )
    )
    image.SetDataElement(element)
    # The binding hands out a char* as text with its bytes escaped.
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    kind = np.dtype(f"<{'i' if pixel.signed else 'u'}{pixel.allocated // 8}")
    shape = (pixel.rows, pixel.columns, *([pixel.samples] if pixel.samples > 1 else []))
    cells: NDArray[Any] = np.frombuffer(buffer, dtype=kind).reshape(shape)
    if pixel.samples > 1 and pixel.photometric.startswith("YBR_FULL"):
        cells = convert_color_space(cells, pixel.photometric, "RGB")
    return cells
