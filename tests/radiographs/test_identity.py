"""Nothing that names a patient leaves the room, whatever the file does wrong."""

import io
import logging
import struct
import traceback
import warnings
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.uid import ImplicitVRLittleEndian

from shamsul.radiographs import RadiographArchive, RadiographError, pseudonym, read_radiograph
from shamsul.radiographs.header import ATTRIBUTES

PIXELS = np.arange(48, dtype=np.uint16).reshape(6, 8) * 80
SECRET = "ZWINGLI"
#: Attributes in free text of which known words alone are kept.
KNOWN_WORDS_ONLY = {"RescaleType", "WindowCenterWidthExplanation"}


@pytest.fixture
def everything_heard(caplog, capfd):
    """A function giving all that was logged, warned and printed so far."""
    for name in ("", "pydicom", "pydicom.dataset", "pydicom.pixels.decoders.base", "PIL",
                 "PIL.PngImagePlugin", "PIL.TiffImagePlugin", "PIL.Image"):  # fmt: skip
        caplog.set_level(logging.DEBUG, logger=name)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        def heard() -> str:
            warned = [str(warning.message) for warning in caught]
            return "\n".join([caplog.text, *warned, *capfd.readouterr()])

        yield heard


def raw_element(group: int, element: int, vr: str, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    if vr in ("OB", "OW", "SQ", "UN", "UT"):
        return struct.pack("<HH2sHI", group, element, vr.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, element, vr.encode(), len(value)) + value


def planted(make_dicom, **given: object) -> bytes:
    """A file with the secret in its preamble, and in every public attribute of any text VR."""
    dataset = dcmread(BytesIO(make_dicom(PIXELS, 12, **given)))
    for tag, (vr, _, _, retired, _) in DicomDictionary.items():
        if tag in dataset or tag >> 16 in (0, 2, 4) or retired or keyword_for_tag(tag) == "":
            continue
        kept = set(ATTRIBUTES) - KNOWN_WORDS_ONLY
        if keyword_for_tag(tag) in kept or tag >> 16 >= 0x7FE0:
            continue
        if vr in ("PN", "LO", "LT", "SH", "ST", "UT", "UC", "AE", "CS"):
            dataset.add_new(tag, vr, SECRET)
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.add_new((0x0009, 0x0010), "LO", SECRET)
    dataset.add_new((0x0009, 0x1001), "LO", SECRET)
    dataset.add_new((0x6000, 0x4000), "LT", SECRET)
    nested = Dataset()
    nested.PatientName = SECRET
    dataset.ReferencedStudySequence = [nested]
    dataset.preamble = SECRET.encode() * 2 + bytes(128 - 2 * len(SECRET))
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def test_planted_names_are_nowhere(make_dicom, everything_heard, tmp_path):
    data = planted(make_dicom, WindowCenter=2000, WindowWidth=2000)
    assert data.count(SECRET.encode()) > 1000
    radiograph = read_radiograph(data)
    assert radiograph.shape == (6, 8)
    RadiographArchive(tmp_path).put(radiograph)
    (path,) = tmp_path.iterdir()
    with zipfile.ZipFile(path) as archive:
        kept = b"".join(archive.read(name) for name in archive.namelist())
    assert SECRET.encode() not in kept + path.read_bytes()
    assert SECRET not in repr(vars(radiograph)) + pseudonym(radiograph.sha256) + path.name
    assert SECRET not in everything_heard()


def tampered(make_dicom) -> dict[str, bytes]:
    """Files whose attributes of any kind hold the secret where it is not valid."""
    data = make_dicom(PIXELS, 12, WindowCenter="2000", WindowWidth="2000")
    elements = {
        "date": raw_element(0x0008, 0x0020, "DA", SECRET.encode()),
        "character set": raw_element(0x0008, 0x0005, "CS", SECRET.encode()),
        "modality": raw_element(0x0008, 0x0060, "CS", SECRET.encode()),
        "no such VR": raw_element(0x0008, 0x0020, "ZZ", SECRET.encode()),
        "spacing": raw_element(0x0028, 0x0030, "DS", f"{SECRET}\\1".encode()),
        "window": raw_element(0x0028, 0x1050, "DS", SECRET.encode()),
        "frames": raw_element(0x0028, 0x0008, "IS", SECRET.encode()),
        "photometric": raw_element(0x0028, 0x0004, "CS", SECRET.encode()),
        "rows": raw_element(0x0028, 0x0010, "US", SECRET.encode()),
        "bits": raw_element(0x0028, 0x0100, "LO", SECRET.encode()),
        "representation": raw_element(0x0028, 0x0103, "LO", SECRET.encode()),
        "padding": raw_element(0x0028, 0x0120, "LO", SECRET.encode()),
        "table": raw_element(0x0028, 0x3010, "SQ", SECRET.encode()),
        "table as text": raw_element(0x0028, 0x3010, "LO", SECRET.encode()),
        "view": raw_element(0x0018, 0x5101, "CS", SECRET.encode()),
        "pixels": raw_element(0x7FE0, 0x0010, "OW", SECRET.encode()),
        "pixels as text": raw_element(0x7FE0, 0x0010, "LO", SECRET.encode()),
    }
    files = {}
    for name, element in elements.items():
        # In place of the file's own element, or before the first one above it.
        dataset = dcmread(BytesIO(data))
        group, number = struct.unpack("<HH", element[:4])
        if (group, number) in dataset:
            del dataset[group, number]
        stream = BytesIO()
        dataset.save_as(stream)
        file = stream.getvalue()
        position = next(
            (
                found
                for tag in sorted(dataset.keys())
                if tag > (group << 16 | number)
                and (found := file.find(struct.pack("<HH", tag.group, tag.element), 300)) > 0
            ),
            len(file),
        )
        files[name] = file[:position] + element + file[position:]
    syntax = ImplicitVRLittleEndian.encode()
    files["syntax"] = data.replace(b"1.2.840.10008.1.2.1\0", (SECRET + ".1" * 6).encode()[:20])
    files["cut"] = data[: len(data) // 2] + SECRET.encode()
    files["wrong syntax"] = data.replace(b"1.2.840.10008.1.2.1\0", syntax.ljust(20, b"\0"))
    return files


def test_malformed_attributes_are_not_quoted(make_dicom, everything_heard):
    for name, data in tampered(make_dicom).items():
        assert SECRET.encode() in data or name == "wrong syntax"
        try:
            radiograph = read_radiograph(data)
        except RadiographError as error:
            told = "".join(traceback.format_exception(error))
            assert SECRET not in told, name
            assert error.__context__ is None
            assert error.__cause__ is None
        else:
            assert SECRET not in repr(vars(radiograph)), name
    assert SECRET not in everything_heard()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_texts_within_pictures_are_not_passed_on(kind, request, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = SECRET  # image description
    exif[0x0112] = 3
    stream = io.BytesIO()
    Image.fromarray(PIXELS.astype(np.uint8)).save(stream, kind, exif=exif)
    # Only from here on, for Pillow speaks when it writes, too.
    heard = request.getfixturevalue("everything_heard")
    radiograph = read_radiograph(stream.getvalue())
    RadiographArchive(tmp_path).put(radiograph)
    (path,) = tmp_path.iterdir()
    with np.load(path) as fields:
        assert SECRET not in "".join(str(fields[name]) for name in fields)
    assert SECRET not in repr(vars(radiograph))
    assert SECRET not in heard()


def test_other_rooms_may_log_and_warn_again_afterwards(make_dicom, caplog):
    read_radiograph(make_dicom(PIXELS, 12))
    for name in ("pydicom", "pydicom.pixels.decoders.base", "PIL.Image"):
        assert not logging.getLogger(name).disabled
        assert logging.getLogger(name).level <= logging.CRITICAL
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", stacklevel=1)


def test_attributes_taken_from_files_name_nobody():
    text = {"PN", "DA", "DT", "TM", "LO", "LT", "ST", "UT", "AE", "AS", "UC", "UR"}
    kinds = {entry[4]: entry[0] for entry in DicomDictionary.values()}
    assert {name for name in ATTRIBUTES if kinds[name] in text} == KNOWN_WORDS_ONLY
