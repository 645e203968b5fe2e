"""The attributes of a DICOM file that decide how its image is shown, and no others."""

import zlib
from dataclasses import dataclass
from io import SEEK_CUR, BytesIO
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from shamsul.radiographs import refusal
from shamsul.radiographs.grayscale import LookupTable
from shamsul.radiographs.radiograph import RadiographError

#: The only attributes ever taken from a file: none of them names a person, place or date. Free text
#: among them (Window Center & Width Explanation) is kept where all its words are known ones.
ATTRIBUTES = (
    "SOPClassUID",
    "Modality",
    "BurnedInAnnotation",
    "ViewPosition",
    "ViewCodeSequence",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "EstimatedRadiographicMagnificationFactor",
    "PatientOrientation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "PixelSpacingCalibrationType",
    "PixelAspectRatio",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
    "ModalityLUTSequence",
    "VOILUTSequence",
    "PresentationLUTShape",
    "PixelData",
)

_PIXEL_DATA = 0x7FE00010
# Group of items and delimiters, an item's tag, and a length that is told by a delimiter
# (PS3.5 7.5).
_ITEMS = 0xFFFE
_ITEM = b"\xfe\xff\x00\xe0"
_UNDEFINED = 0xFFFFFFFF
_PREAMBLE = 132
# A radiograph of the most pixels accepted, four bytes each, and its header.
_MAX_INFLATED = 5 * refusal.MAX_PIXELS
# Beyond these no window or spacing is meant, and float32 arithmetic would fail.
_LARGEST = 1e9


def is_dicom(data: bytes) -> bool:
    """Whether a file is DICOM (PS3.10 7.1), or a data set stored without preamble.

    Without preamble a file must begin with an element of group 0002 or 0008 that is either
    explicit, with a value representation in capitals, or implicit and short.
    """
    if data[128:_PREAMBLE] == b"DICM":
        return True
    if data[:2] not in (b"\x02\x00", b"\x08\x00") or len(data) < 16 or data[3] != 0:
        return False
    vr = data[4:6]
    return (vr.isalpha() and vr.isupper()) or int.from_bytes(data[4:8], "little") <= 64


@dataclass(frozen=True)
class Header:
    """Attributes read one by one; what is malformed counts as absent.

    Attributes
    ----------
    dataset : pydicom.Dataset
        Of :data:`ATTRIBUTES` only. Stays within the reading of one file.
    syntax : str
        Transfer Syntax UID.
    storage : str
        Media Storage SOP Class UID, "" where unknown.
    """

    dataset: Dataset
    syntax: str
    storage: str

    @classmethod
    def of(cls, data: bytes) -> "Header":
        """Header of a file for which :func:`is_dicom` holds."""
        stream = BytesIO(data)
        stream.seek(_PREAMBLE if data[128:_PREAMBLE] == b"DICM" else 0)
        # File meta information is explicit little endian whatever follows (PS3.10 7.1).
        meta = read_dataset(stream, False, True, stop_when=lambda tag, *_: tag >> 16 != 2)
        found = cls(meta, "", "")
        syntax = found.text("TransferSyntaxUID")
        storage = found.text("MediaStorageSOPClassUID")
        if syntax == DeflatedExplicitVRLittleEndian:
            stream = BytesIO(_inflated(stream.read()))
        big = _is_big_endian(stream)
        if big != (syntax == ExplicitVRBigEndian):
            syntax = str(ExplicitVRBigEndian if big else ExplicitVRLittleEndian)

        def after_pixels(tag: int, _: object, length: int) -> bool:
            if tag == _PIXEL_DATA and length == _UNDEFINED:
                start = stream.tell()
                if stream.read(4) != _ITEM:
                    raise RadiographError(refusal.UNDEFINED_LENGTH)
                stream.seek(start)
            # An item that no sequence holds is passed over, as by other readers.
            return tag > _PIXEL_DATA and tag >> 16 != _ITEMS

        # pydicom itself notices explicit value representations where implicit were promised.
        dataset = read_dataset(
            stream,
            syntax in ("", ImplicitVRLittleEndian),
            not big,
            stop_when=after_pixels,
            specific_tags=[Tag(name) for name in ATTRIBUTES],
        )
        if not syntax:
            implicit = dataset.original_encoding[0]
            syntax = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        return cls(dataset, str(syntax), storage)

    def value(self, keyword: str) -> Any:
        """Value as pydicom has it, None where absent, empty or malformed."""
        try:
            return self.dataset.get(keyword)
        except Exception:
            return None

    def text(self, keyword: str) -> str:
        """First value in capitals without surrounding blanks, "" where absent."""
        return next(iter(self.texts(keyword)), "")

    def texts(self, keyword: str) -> list[str]:
        """Values in capitals without surrounding blanks, "" for one that is no text."""
        value = self.value(keyword)
        several = isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue"
        return [
            one.strip(" \0").upper() if isinstance(one, str) else ""
            for one in (value if several else [value])
        ]

    def numbers(self, keyword: str) -> list[float]:
        """Values up to the first that is not a number of sensible size."""
        value = self.value(keyword)
        numbers: list[float] = []
        for one in [value] if isinstance(value, (str, int, float)) else value or ():
            try:
                number = float(one)
            except (TypeError, ValueError):
                break
            if not abs(number) <= _LARGEST:
                break
            numbers.append(number)
        return numbers

    def number(self, keyword: str) -> float | None:
        """First value, None where absent."""
        return next(iter(self.numbers(keyword)), None)

    def integer(self, keyword: str, default: int) -> int:
        """First value as a whole number."""
        number = self.number(keyword)
        return default if number is None else int(number)

    def item(self, keyword: str) -> "Header | None":
        """First item of a sequence."""
        items = self.value(keyword)
        first = next(iter(items), None) if isinstance(items, (list, tuple)) or items else None
        return Header(first, self.syntax, self.storage) if isinstance(first, Dataset) else None

    def table(self, keyword: str, signed: bool) -> LookupTable | None:
        """First table of a LUT sequence (PS3.3 C.11.1.1.1, C.11.2.1.1).

        Parameters
        ----------
        keyword : str
            Of the sequence.
        signed : bool
            The table's inputs may be negative, so that its first input is to be read as signed.

        Returns
        -------
        LookupTable or None
            None where absent or malformed.
        """
        item = self.item(keyword)
        if item is None:
            return None
        descriptor = [int(number) for number in item.numbers("LUTDescriptor")]
        entries = _entries(
            item.value("LUTData"),
            descriptor[0] if descriptor else 0,
            ">u2" if self.syntax == ExplicitVRBigEndian else "<u2",
        )
        if len(descriptor) != 3 or entries is None or entries.size < 2:
            return None
        first, bits = descriptor[1], descriptor[2]
        if signed and first > 0x7FFF:
            first -= 0x10000
        # Some files claim fewer bits than their entries have.
        return LookupTable(first, max(min(bits, 16), int(entries.max()).bit_length(), 1), entries)


def _entries(value: Any, count: int, kind: str) -> np.ndarray[Any, Any] | None:
    """Entries of LUT Data, which is OW bytes or US numbers."""
    count = count % 0x10000 or 0x10000  # 0 stands for 65536
    try:
        if not isinstance(value, bytes):
            return (np.atleast_1d(np.asarray(value, dtype=np.int64)) & 0xFFFF)[:count]
        # 8-bit entries may be packed two to a word, padded to an even length.
        wide = len(value) >= 2 * count
        return np.frombuffer(value, dtype=kind if wide else "u1", count=count)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_big_endian(stream: BytesIO) -> bool:
    """Byte order of a data set, by the group of its first element, which has one byte (PS3.6).

    Raises
    ------
    RadiographError
        It does not begin with an element at all.
    """
    start = stream.read(2)
    stream.seek(-len(start), SEEK_CUR)
    if len(start) == 2 and 0 not in start:
        raise RadiographError(refusal.CODED_OTHERWISE)
    return start[:1] == b"\0" != start[1:]


def _inflated(data: bytes) -> bytes:
    """Deflated data set (PS3.5 A.5), unless it is a bomb; one that is not deflated as it is."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(data, _MAX_INFLATED)
    except zlib.error:
        if 0 in data[:2]:
            return data
        raise
    if inflater.unconsumed_tail:
        raise RadiographError(refusal.TOO_MANY_PIXELS)
    return plain
